"""The ONVIF services of a simulated camera: namespace → operations. Operations answer with the XML of the response element."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from edged.simulator.camera import Camera
from edged.simulator.services import device, events, imaging, media, ptz
from edged.simulator.soap import PREFIXES, Envelope

Operation = Callable[[Camera, Envelope], str | Awaitable[str]]

SERVICES: dict[str, Mapping[str, Operation]] = {
    PREFIXES["tds"]: device.OPERATIONS,
    PREFIXES["trt"]: media.OPERATIONS,
    PREFIXES["tptz"]: ptz.OPERATIONS,
    PREFIXES["timg"]: imaging.OPERATIONS,
    PREFIXES["tev"]: events.OPERATIONS,
    PREFIXES["wsnt"]: events.SUBSCRIPTION_OPERATIONS,
}
PRE_AUTH = {
    "GetSystemDateAndTime", "GetServices", "GetCapabilities", "GetServiceCapabilities", "GetWsdlUrl", "GetHostname", "GetEndpointReference",
}  # fmt: skip
"""Device operations that need no login (ONVIF Core §5.9, access class PRE_AUTH)."""

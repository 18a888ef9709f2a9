"""Who the camera is."""

from __future__ import annotations

from edged.camera.base import DeviceInfo
from edged.camera.onvif.session import OnvifSession


def read_info(session: OnvifSession) -> DeviceInfo:
    """Ask for the camera's identity; the first call that proves the login. Raises CameraError."""
    told = session.call("devicemgmt", "GetDeviceInformation")

    def word(name: str) -> str:
        return str(getattr(told, name, None) or "").strip()[:80]

    return DeviceInfo(word("Manufacturer"), word("Model"), word("FirmwareVersion"), word("SerialNumber"))

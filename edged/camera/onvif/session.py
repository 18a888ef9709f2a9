"""One camera over ONVIF: clock read before anything is signed, services from both lists, the login found out once and remembered.

Built on `onvif.ONVIFCamera`, with two of its methods replaced: `update_xaddrs` (which would leave a subscription behind on every camera)
and `create_onvif_service` (which would parse every WSDL again for every camera).
"""

from __future__ import annotations

import email.utils
import functools
import importlib
import threading
from datetime import UTC, datetime, timedelta
from typing import Any, Literal
from urllib.parse import urlsplit, urlunsplit

from edged.camera.base import CameraLacks
from edged.camera.onvif import wsdl
from edged.camera.onvif.breaker import Breaker
from edged.camera.onvif.errors import Refusal, refused_words, translated
from edged.camera.onvif.transport import CameraTransport
from edged.camera.secret import Login
from edged.camera.settings import CameraSettings, FleetSettings
from edged.model.errors import CameraError, CameraGarbled, CameraRefused

Mode = Literal["none", "digest", "wsse"]
PRE_AUTH = frozenset({"GetSystemDateAndTime", "GetServices", "GetCapabilities", "GetServiceCapabilities", "GetHostname", "GetWsdlUrl"})
"""Answered without a login by the standard (ONVIF Core, access policy), so they prove none."""
WHOLE_SECONDS_S = 0.5
"""A clock told in whole seconds is half a second behind itself on average."""
DEVICE = "http://www.onvif.org/ver10/device/wsdl"


@functools.cache
def _camera_class() -> Any:
    onvif = wsdl.load_onvif()
    zeep: Any = importlib.import_module("zeep")
    addressing: Any = importlib.import_module("zeep.wsa")

    class SharedCamera(onvif.ONVIFCamera):  # type: ignore[misc,name-defined]
        """onvif-zeep's camera over shared documents."""

        def update_xaddrs(self) -> None:
            self.xaddrs: dict[str, str] = {}
            self.dt_diff = None
            self.login = Login()
            self.mode = "none"

        def create_onvif_service(self, name: str, from_template: bool = True, portType: str | None = None, xaddr: str = "",
                                 transport: Any = None) -> Any:  # fmt: skip
            found, path, binding = self.get_definition(name.lower(), portType) if not xaddr else (xaddr, *_files(self.wsdl_dir, name))
            wsse = None
            if self.mode == "wsse":
                wsse = onvif.client.UsernameDigestTokenDtDiff(self.user, self.login.password, dt_diff=self.dt_diff, use_digest=True)
            addressed = [addressing.WsAddressingPlugin()] if name == "subscription" else []
            client = zeep.Client(
                wsdl.document(path), wsse=wsse, transport=transport or self.transport, settings=wsdl.zeep_settings(), plugins=addressed
            )
            return onvif.ONVIFService(found, "", "", path, zeep_client=client, binding_name=binding)

    return SharedCamera


def _files(folder: str, name: str) -> tuple[str, str]:
    row = wsdl.load_onvif().definition.SERVICES[name]
    return f"{folder}/{row['wsdl']}", f"{{{row['ns']}}}{row['binding']}"


def _listed(capabilities: Any) -> dict[str, str]:
    """Return namespace → address of GetCapabilities, whose extension holds the younger services."""
    services = wsdl.load_onvif().definition.SERVICES
    found: dict[str, str] = {}
    for level in (capabilities, getattr(capabilities, "Extension", None)):
        for name in dir(level) if level is not None else ():
            address = getattr(getattr(level, name, None), "XAddr", None)
            if address and name.lower() in ("device", *services):
                row = services["devicemgmt" if name == "Device" else name.lower()]
                found[row["ns"]] = str(address)
    return found


class OnvifSession:
    """Calls to one camera. Thread-safe: one call at a time. No method waits longer than `call_timeout_s` (pulls: their hold more)."""

    def __init__(self, camera: CameraSettings, fleet: FleetSettings, login: Login, breaker: Breaker | None = None) -> None:
        self.camera, self.fleet, self.login = camera, fleet, login
        self.breaker = breaker or Breaker(camera, fleet.refused_pause_s)
        self.transport = CameraTransport(fleet.connect_timeout_s, fleet.call_timeout_s)
        self.clock_offset_s: float | None = None
        self.namespaces: frozenset[str] = frozenset()
        self._lock = threading.RLock()
        self._services: dict[tuple[str, str, float], Any] = {}
        self._proved = self._again = False
        with wsdl.proxies_kept():
            self._onvif = _camera_class()(
                camera.address, camera.onvif_port, login.username, "", wsdl_dir=str(wsdl.wsdl_dir()), transport=self.transport
            )
        self._onvif.login = login
        self._use("none" if not login or camera.auth == "none" else "wsse" if camera.auth == "wsse" else "digest")

    @property
    def mode(self) -> Mode:
        """The login in use."""
        mode: Mode = self._onvif.mode
        return mode

    @property
    def device_xaddr(self) -> str:
        """Address of the device service."""
        return f"http://{self.camera.address}:{self.camera.onvif_port}/onvif/device_service"

    def connect(self) -> None:
        """Read the clock, then the services. Raises CameraError."""
        self.read_clock()
        self._find_services()

    def has(self, service: str) -> bool:
        """Tell whether the camera lists a service of onvif-zeep's table (`media`, `ptz`, `events`, …)."""
        return wsdl.load_onvif().definition.SERVICES[service]["ns"] in self.namespaces

    def call(self, service: str, operation: str, params: dict[str, Any] | None = None, *, xaddr: str = "", hold_s: float = 0.0) -> Any:
        """Call one operation and return zeep's result, which may be None where the camera answered nothing.

        `xaddr`: the address of a subscription; `hold_s`: how long the camera may wait before it answers.
        Raises CameraRefused, CameraUnreachable, CameraGarbled, CameraLacks, SubscriptionGone, CameraError.
        """
        with self._lock:
            for _ in range(3):
                if self.mode != "none":
                    self.breaker.check(operation)
                try:
                    with translated(self.camera, operation, self.login):
                        result = getattr(self._service(service, xaddr, hold_s), operation)(params)
                except Refusal as refusal:
                    following = self._after(refusal)
                    if following is None:
                        raise
                    self._use(following)
                    continue
                if operation not in PRE_AUTH:
                    self._proved = True
                    self.breaker.good()
                self._again = False
                return result
            raise CameraRefused(*refused_words(self.camera, operation, "every form of login"))

    def call_signed(self, service: str, operation: str, headers: list[Any], xaddr: str, hold_s: float = 0.0, **params: Any) -> Any:
        """Call an operation of a subscription with SOAP headers echoed (ReferenceParameters). Raises as `call`."""
        with self._lock:
            self.breaker.check(operation)
            with translated(self.camera, operation, self.login):
                bound = getattr(self._service(service, xaddr, hold_s).ws_client, operation)
                return bound(_soapheaders=headers, **params) if headers else bound(**params)

    def read_clock(self) -> float | None:
        """Read the camera's clock; from then on logins are signed in its time. Returns the offset in seconds, None where it tells none."""
        began = datetime.now(UTC)
        answer = self.call("devicemgmt", "GetSystemDateAndTime")
        middle = began + (datetime.now(UTC) - began) / 2
        told = getattr(answer, "UTCDateTime", None)
        if told is None or told.Date is None or told.Time is None:
            return self.clock_offset_s
        try:
            moment = datetime(
                told.Date.Year, told.Date.Month, told.Date.Day, told.Time.Hour, told.Time.Minute, min(told.Time.Second, 59), tzinfo=UTC
            )
        except (ValueError, TypeError) as fault:
            raise CameraGarbled(
                f"camera {self.camera.label}: ONVIF GetSystemDateAndTime tells a time that does not exist: set its clock, best by NTP",
                zh=f"摄像机 {self.camera.label}: 报告了不存在的时间: 请校时, 最好使用 NTP",
            ) from fault
        self._sign_with((moment - middle).total_seconds() + WHOLE_SECONDS_S)
        return self.clock_offset_s

    def close(self) -> None:
        """Close the connections."""
        self.transport.close()

    def rewritten(self, address: str) -> str:
        """Return an address of the camera's with the host that reaches it: behind NAT cameras name themselves wrongly."""
        parts = urlsplit(address)
        if parts.scheme != "http" or not parts.hostname:
            return address
        port = self.camera.onvif_port if parts.port in (None, self._inner_port) else parts.port
        return urlunsplit(("http", f"{self.camera.address}:{port}", parts.path, parts.query, ""))

    _inner_port: int | None = None

    def _find_services(self) -> None:
        found: dict[str, str] = {}
        faults: list[CameraError] = []
        try:
            found |= _listed(self.call("devicemgmt", "GetCapabilities", {"Category": "All"}))
        except CameraRefused:
            raise
        except CameraError as fault:
            faults.append(fault)
        try:
            for listed in self.call("devicemgmt", "GetServices", {"IncludeCapability": False}) or ():
                if getattr(listed, "Namespace", None) and getattr(listed, "XAddr", None):
                    found[str(listed.Namespace)] = str(listed.XAddr)
        except CameraRefused:
            raise
        except CameraError as fault:
            faults.append(fault)
        if not found:
            raise (
                faults[0]
                if faults
                else CameraLacks(
                    f"camera {self.camera.label}: it lists no ONVIF service: check that ONVIF is switched on",
                    zh=f"摄像机 {self.camera.label}: 未列出任何 ONVIF 服务: 请检查 ONVIF 是否启用",
                )
            )
        self._inner_port = urlsplit(found.get(DEVICE, "")).port or 80
        with self._lock:
            self._onvif.xaddrs = {ns: self.rewritten(address) for ns, address in found.items()}
            self.namespaces = frozenset(found) | {DEVICE}
            self._services.clear()

    def _service(self, name: str, xaddr: str, hold_s: float) -> Any:
        known = (name, xaddr, hold_s)
        if known not in self._services:
            if not xaddr and name != "devicemgmt" and not self.has(name):
                raise CameraLacks(
                    f"camera {self.camera.label}: it has no ONVIF service {name}", zh=f"摄像机 {self.camera.label}: 没有 ONVIF 服务 {name}"
                )
            patient = self.transport.post_within(hold_s + self.fleet.call_timeout_s) if hold_s else None
            if len(self._services) > 24:
                self._services.clear()
            self._services[known] = self._onvif.create_onvif_service(name, xaddr=xaddr, transport=patient)
        return self._services[known]

    def _use(self, mode: Mode) -> None:
        self._onvif.mode = mode
        self._services.clear()
        self.transport.use_digest(self.login if mode == "digest" else None)

    def _sign_with(self, offset_s: float) -> None:
        before = self.clock_offset_s
        self.clock_offset_s = round(offset_s, 3)
        if before is None or abs(before - offset_s) > 0.5:
            self._onvif.dt_diff = timedelta(seconds=offset_s)
            self._services.clear()

    def _after(self, refusal: Refusal) -> Mode | None:
        """Return the login to try after a refusal, or None to give up."""
        sent = refusal.sent if self.mode == "digest" else self.mode == "wsse"
        if sent:
            self.breaker.note()
        if not self.login or self.breaker.wait_s > 0 or self._again:
            return None
        self._hint(refusal.date)
        if self._proved:
            self._again = True
            return self.mode
        if self.mode == "digest" and self.camera.auth == "auto":
            return "wsse"
        return None

    def _hint(self, date: str) -> None:
        """Take the clock from an HTTP Date header while the camera tells it only after a login."""
        if self.clock_offset_s is not None or not date:
            return
        try:
            told = email.utils.parsedate_to_datetime(date)
        except ValueError:
            return
        self._sign_with((told.replace(tzinfo=told.tzinfo or UTC) - datetime.now(UTC)).total_seconds())


def sibling(session: OnvifSession) -> OnvifSession:
    """Return a second session with the same camera over a connection of its own, knowing what the first found out."""
    other = OnvifSession(session.camera, session.fleet, session.login, session.breaker)
    other._use(session.mode)
    other._proved, other.namespaces, other._inner_port = session._proved, session.namespaces, session._inner_port
    other._onvif.xaddrs = dict(session._onvif.xaddrs)
    other.clock_offset_s, other._onvif.dt_diff = session.clock_offset_s, session._onvif.dt_diff
    return other

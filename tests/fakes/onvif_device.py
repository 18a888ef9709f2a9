"""A small strict ONVIF device whose one oddity is chosen: what it answers, how it checks logins, how slowly it speaks. 127.0.0.1 only."""

from __future__ import annotations

import http.server
import threading
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Literal

Oddity = Literal["none", "dribble", "silent", "broken", "entity", "huge", "refuse_all"]
ENV = "http://www.w3.org/2003/05/soap-envelope"


class FakeDevice:
    """One device. `calls` counts requests by operation, `logins` those that carried a login."""

    def __init__(self, oddity: Oddity = "none", clock_offset_s: float = 0.0) -> None:
        self.oddity, self.clock_offset_s = oddity, clock_offset_s
        self.calls: Counter[str] = Counter()
        self.logins = 0
        self.hold = threading.Event()
        device = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                device.answer(self)

            def log_message(self, format: str, *args: object) -> None:
                return

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.port = int(self._server.server_address[1])
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)

    def __enter__(self) -> FakeDevice:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.hold.set()
        self._server.shutdown()
        self._server.server_close()

    def answer(self, request: http.server.BaseHTTPRequestHandler) -> None:
        """Answer one request."""
        body = request.rfile.read(int(request.headers.get("Content-Length", "0"))).decode("utf-8")
        operation = next((name for name in ANSWERS if f"{name}" in body), "unknown")
        self.calls[operation] += 1
        signed = "UsernameToken" in body or "Authorization" in request.headers
        self.logins += signed
        match self.oddity:
            case "silent":
                self.hold.wait(30)
                return
            case "dribble":
                self._dribble(request)
                return
            case "refuse_all" if operation != "GetSystemDateAndTime":
                self._send(request, 401, "", {"WWW-Authenticate": 'Digest realm="x", nonce="abc", qop="auth", algorithm=MD5'})
                return
            case "broken" if operation != "GetSystemDateAndTime":
                self._send(request, 200, "<soap:Envelope><soap:Body><tptz:Nothing></soap:Body>")
                return
            case "entity" if operation != "GetSystemDateAndTime":
                bomb = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>'
                self._send(request, 200, bomb + _envelope("<x>&b;</x>"))
                return
            case "huge" if operation != "GetSystemDateAndTime":
                self._send(request, 200, _envelope("<x>" + "a" * 5_000_000 + "</x>"))
                return
        self._send(request, 200, _envelope(ANSWERS[operation](self) if operation in ANSWERS else ""))

    def now(self) -> datetime:
        """Return the device's own time."""
        return datetime.now(UTC) + timedelta(seconds=self.clock_offset_s)

    def _dribble(self, request: http.server.BaseHTTPRequestHandler) -> None:
        for byte in b"HTTP/1.1 200 OK\r\nContent-Type: application/soap+xml\r\nContent-Length: 4000\r\n\r\n" + b"<" * 4000:
            if self.hold.wait(0.1):
                return
            try:
                request.wfile.write(bytes([byte]))
            except OSError:
                return

    def _send(self, request: http.server.BaseHTTPRequestHandler, status: int, text: str, headers: dict[str, str] | None = None) -> None:
        data = text.encode()
        request.send_response(status)
        request.send_header("Content-Type", "application/soap+xml; charset=utf-8")
        request.send_header("Content-Length", str(len(data)))
        for name, value in (headers or {}).items():
            request.send_header(name, value)
        request.end_headers()
        try:
            request.wfile.write(data)
        except OSError:
            return


def _envelope(body: str) -> str:
    return (
        f'<?xml version="1.0"?><e:Envelope xmlns:e="{ENV}" xmlns:d="http://www.onvif.org/ver10/device/wsdl" '
        f'xmlns:t="http://www.onvif.org/ver10/schema"><e:Body>{body}</e:Body></e:Envelope>'
    )


def _clock(device: FakeDevice) -> str:
    now = device.now()
    return (
        "<d:GetSystemDateAndTimeResponse><d:SystemDateAndTime><t:DateTimeType>NTP</t:DateTimeType><t:DaylightSavings>false</t:DaylightSavings>"
        f"<t:UTCDateTime><t:Time><t:Hour>{now.hour}</t:Hour><t:Minute>{now.minute}</t:Minute><t:Second>{now.second}</t:Second></t:Time>"
        f"<t:Date><t:Year>{now.year}</t:Year><t:Month>{now.month}</t:Month><t:Day>{now.day}</t:Day></t:Date></t:UTCDateTime>"
        "</d:SystemDateAndTime></d:GetSystemDateAndTimeResponse>"
    )


def _services(device: FakeDevice) -> str:
    """A device behind NAT: it names itself by an address that nobody reaches."""
    rows = "".join(
        f"<d:Service><d:Namespace>{ns}</d:Namespace><d:XAddr>http://10.255.255.1/onvif/{name}</d:XAddr>"
        "<d:Version><t:Major>2</t:Major><t:Minor>0</t:Minor></d:Version></d:Service>"
        for ns, name in (("http://www.onvif.org/ver10/device/wsdl", "device_service"), ("http://www.onvif.org/ver10/media/wsdl", "media"))
    )
    return f"<d:GetServicesResponse>{rows}</d:GetServicesResponse>"


def _capabilities(device: FakeDevice) -> str:
    """PTZ stands only here, as with one server of the field."""
    return (
        "<d:GetCapabilitiesResponse><d:Capabilities><t:PTZ><t:XAddr>http://10.255.255.1:80/onvif/ptz</t:XAddr></t:PTZ></d:Capabilities>"
        "</d:GetCapabilitiesResponse>"
    )


def _info(device: FakeDevice) -> str:
    return (
        "<d:GetDeviceInformationResponse><d:Manufacturer>Fake</d:Manufacturer><d:Model>F1</d:Model><d:FirmwareVersion>1</d:FirmwareVersion>"
        "<d:SerialNumber>1</d:SerialNumber><d:HardwareId>1</d:HardwareId></d:GetDeviceInformationResponse>"
    )


def _profiles(device: FakeDevice) -> str:
    return '<m:GetProfilesResponse xmlns:m="http://www.onvif.org/ver10/media/wsdl"/>'


ANSWERS: dict[str, Callable[[FakeDevice], str]] = {
    "GetSystemDateAndTime": _clock,
    "GetServices": _services,
    "GetCapabilities": _capabilities,
    "GetDeviceInformation": _info,
    "GetProfiles": _profiles,
}

"""SOAP 1.2 as a strict camera speaks it: reads envelopes with a hardened parser, writes answers and faults."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from xml.sax.saxutils import escape

from lxml import etree

ENV = "http://www.w3.org/2003/05/soap-envelope"
WSSE = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"
WSU = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd"
WSA = "http://www.w3.org/2005/08/addressing"
PREFIXES = {
    "env": ENV, "wsa": WSA, "ter": "http://www.onvif.org/ver10/error", "tt": "http://www.onvif.org/ver10/schema",
    "tds": "http://www.onvif.org/ver10/device/wsdl", "trt": "http://www.onvif.org/ver10/media/wsdl",
    "tptz": "http://www.onvif.org/ver20/ptz/wsdl", "timg": "http://www.onvif.org/ver20/imaging/wsdl",
    "tev": "http://www.onvif.org/ver10/events/wsdl", "wsnt": "http://docs.oasis-open.org/wsn/b-2",
    "wstop": "http://docs.oasis-open.org/wsn/t-1", "tns1": "http://www.onvif.org/ver10/topics",
}  # fmt: skip
TT = PREFIXES["tt"]
_DECLARED = " ".join(f'xmlns:{p}="{uri}"' for p, uri in PREFIXES.items())
_DURATION = re.compile(r"^P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?$")


class SoapFault(Exception):
    """An answer that says no. `subcodes` from the general to the particular, e.g. ter:InvalidArgVal, ter:NoProfile."""

    def __init__(self, code: str, subcodes: tuple[str, ...], reason: str, status: int = 400) -> None:
        super().__init__(reason)
        self.code, self.subcodes, self.status = code, subcodes, status

    def xml(self) -> str:
        """Return the whole envelope."""
        nested = ""
        for name in reversed(self.subcodes):
            nested = f"<env:Subcode><env:Value>{name}</env:Value>{nested}</env:Subcode>"
        return envelope(
            f"<env:Fault><env:Code><env:Value>{self.code}</env:Value>{nested}</env:Code>"
            f'<env:Reason><env:Text xml:lang="en">{escape(str(self))}</env:Text></env:Reason></env:Fault>'
        )


def bad_argument(reason: str, *subcodes: str) -> SoapFault:
    """Return the fault for a wrong argument."""
    return SoapFault("env:Sender", ("ter:InvalidArgVal", *subcodes), reason)


def unsupported(reason: str) -> SoapFault:
    """Return the fault for an operation that this camera does not have."""
    return SoapFault("env:Receiver", ("ter:ActionNotSupported",), reason, 500)


@dataclass(frozen=True, slots=True)
class Envelope:
    """A request. `name`: the local name, `namespace`: the service; `body`: its element; `token`: UsernameToken fields."""

    namespace: str
    name: str
    body: Any
    token: dict[str, str]
    header: Any
    path_id: str = ""
    """What follows `/subscription/` in the address."""


def read(data: bytes, path_id: str = "") -> Envelope:
    """Return the one request of an envelope. Raises SoapFault."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False, load_dtd=False)
    try:
        root = etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError) as fault:
        raise SoapFault("env:Sender", ("ter:WellFormed",), "the request is not well-formed XML") from fault
    if root.getroottree().docinfo.doctype:
        raise SoapFault("env:Sender", ("ter:WellFormed",), "a document type is not accepted")
    if root.tag != f"{{{ENV}}}Envelope":
        raise SoapFault("env:VersionMismatch", (), "only SOAP 1.2 envelopes are accepted", 500)
    body = root.find(f"{{{ENV}}}Body")
    requests = [] if body is None else [e for e in body if isinstance(e.tag, str)]
    if len(requests) != 1:
        raise SoapFault("env:Sender", ("ter:WellFormed",), "the body must hold one request")
    header = root.find(f"{{{ENV}}}Header")
    qname = etree.QName(requests[0])
    return Envelope(qname.namespace or "", qname.localname, requests[0], _token(header), header, path_id)


def _token(header: Any) -> dict[str, str]:
    if header is None:
        return {}
    found = header.find(f"{{{WSSE}}}Security/{{{WSSE}}}UsernameToken")
    if found is None:
        return {}
    password = found.find(f"{{{WSSE}}}Password")
    return {
        "Username": found.findtext(f"{{{WSSE}}}Username") or "",
        "Password": (password.text or "") if password is not None else "",
        "Type": password.get("Type", "") if password is not None else "",
        "Nonce": (found.findtext(f"{{{WSSE}}}Nonce") or "").strip(),
        "Created": found.findtext(f"{{{WSU}}}Created") or "",
    }


def envelope(body: str) -> str:
    """Return an envelope around the XML of a body."""
    return f'<?xml version="1.0" encoding="UTF-8"?><env:Envelope {_DECLARED}><env:Body>{body}</env:Body></env:Envelope>'


def text(element: Any, path: str, default: str | None = None) -> str:
    """Return the text at a path such as `tptz:ProfileToken`. Raises SoapFault where it is missing and has no default."""
    found = element.findtext(path, namespaces=PREFIXES)
    if found is None or not found.strip():
        if default is None:
            raise bad_argument(f"{path.rsplit(':', 1)[-1]} is missing")
        return default
    return str(found.strip())


def number(given: str | None, name: str) -> float:
    """Return a finite number. Raises SoapFault."""
    try:
        value = float(given or "")
    except ValueError as fault:
        raise bad_argument(f"{name} is not a number") from fault
    if not -1e6 < value < 1e6:
        raise bad_argument(f"{name} is out of range")
    return value


def duration_s(given: str) -> float:
    """Return the seconds of an xs:duration without months. Raises SoapFault."""
    match = _DURATION.match(given.strip())
    if match is None or given.strip() in ("P", "PT"):
        raise bad_argument(f"{given[:40]} is not a duration")
    days, hours, minutes, seconds = (float(part or 0) for part in match.groups())
    return days * 86_400 + hours * 3600 + minutes * 60 + seconds


def moment(utc: datetime) -> str:
    """Return an xs:dateTime in UTC."""
    return utc.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"

"""onvif-zeep's WSDLs, parsed once for all cameras: 276 sessions cost 66 MB instead of 4 GB.

`onvif` is imported on first use, because its import installs a root log handler and its cameras drop proxy variables; both are undone.
"""

from __future__ import annotations

import functools
import importlib
import logging
import os
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

EVENTS = "http://www.onvif.org/ver10/events/wsdl"
SUBSCRIPTION = {"ns": EVENTS, "wsdl": "events.wsdl", "binding": "SubscriptionManagerBinding"}
"""The row that onvif-zeep's table of services lacks."""

_LOCK = threading.RLock()
_TOPIC_TYPE = re.compile(rb'<xsd:complexType name="TopicExpressionType" mixed="true">.*?</xsd:complexType>', re.DOTALL)
_TOPIC_TEXT = b"""<xsd:complexType name="TopicExpressionType"><xsd:simpleContent><xsd:extension base="xsd:string">
<xsd:attribute name="Dialect" type="xsd:anyURI"/><xsd:anyAttribute/></xsd:extension></xsd:simpleContent></xsd:complexType>"""


@functools.cache
def zeep_settings() -> Any:
    """Return the settings of every parse of a camera's answer: lenient about order, deaf to DTDs and entities, limits of libxml2 on."""
    from zeep import Settings

    return Settings(strict=False, forbid_dtd=True, forbid_entities=True, forbid_external=True, xml_huge_tree=False)


@functools.cache
def load_onvif() -> Any:
    """Return the `onvif` package, imported without its side effects."""
    with _LOCK, _environment_kept():
        root = logging.getLogger()
        before, level = list(root.handlers), root.level
        onvif: Any = importlib.import_module("onvif")
        for handler in [h for h in root.handlers if h not in before]:
            root.removeHandler(handler)
        root.setLevel(level)
        onvif.definition.SERVICES.setdefault("subscription", SUBSCRIPTION)
        logging.getLogger("zeep").setLevel(logging.CRITICAL)
        return onvif


def wsdl_dir() -> Path:
    """Return onvif-zeep's folder of WSDLs, the sibling of its package."""
    return Path(load_onvif().__file__ or "").parent.parent / "wsdl"


@functools.cache
def _document(path: str) -> Any:
    zeep: Any = importlib.import_module("zeep")

    class RepairingTransport(zeep.Transport):  # type: ignore[misc]
        """Loads files only, and repairs the one type of b-2.xsd that loses the topic of an event."""

        def load(self, url: str) -> bytes:
            content: bytes = super().load(url)
            return _TOPIC_TYPE.sub(_TOPIC_TEXT, content) if url.endswith("b-2.xsd") else content

    return zeep.wsdl.Document(path, RepairingTransport(), settings=zeep_settings())


def document(path: str | Path) -> Any:
    """Return the parsed WSDL at `path`, shared by all threads."""
    with _LOCK:
        return _document(str(path))


@contextmanager
def _environment_kept() -> Iterator[None]:
    names = ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY")
    kept = {name: value for name in names if (value := os.environ.get(name)) is not None}
    yield
    os.environ.update(kept)


@contextmanager
def proxies_kept() -> Iterator[None]:
    """Undo what the constructor of `ONVIFCamera` does to the proxy variables."""
    with _LOCK, _environment_kept():
        yield

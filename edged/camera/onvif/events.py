"""Events of one camera through a pull point: topics kept, renewed in time, made again when the camera forgot it, released at the end."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any, Literal, cast

from edged.camera.base import CameraLacks, Notification, SubscriptionGone
from edged.camera.onvif.session import OnvifSession
from edged.model.errors import CameraError, CameraGarbled, CameraUnreachable

TERM_S = 120
"""Life of a subscription. A string goes out: zeep writes a timedelta in this union type as `0:02:00`, which devices read as 1970."""
RENEW_S = 0.6 * TERM_S
MOST_MESSAGES = 50
SCHEMA = "{http://www.onvif.org/ver10/schema}"
ANONYMOUS = "{http://www.w3.org/2005/08/addressing}"


class PullPoint:
    """One subscription. Not thread-safe: one thread pulls."""

    def __init__(self, session: OnvifSession, mono_s: Callable[[], float] = time.monotonic) -> None:
        self._session, self._mono_s = session, mono_s
        self._xaddr = ""
        self._headers: list[Any] = []
        self._renew_at = 0.0
        self.made = 0

    @property
    def open(self) -> bool:
        """Whether the camera holds a subscription for us."""
        return bool(self._xaddr)

    def subscribe(self) -> None:
        """Make the subscription; the camera sends the present state of every property first. Raises CameraError."""
        answer = self._session.call("events", "CreatePullPointSubscription", {"InitialTerminationTime": f"PT{TERM_S}S"})
        reference = getattr(answer, "SubscriptionReference", None)
        address = getattr(reference, "Address", None)
        xaddr = str(getattr(address, "_value_1", address) or "").strip()
        if not xaddr.startswith(("http://", "https://")):
            raise CameraGarbled(
                f"camera {self._session.camera.label}: ONVIF CreatePullPointSubscription gives no address: its events are not used",
                zh=f"摄像机 {self._session.camera.label}: 订阅事件未给出地址: 不使用其事件",
            )
        self._xaddr = self._session.rewritten(xaddr)
        self._headers = _echoed(getattr(reference, "ReferenceParameters", None))
        self._renew_at = self._mono_s() + RENEW_S
        self.made += 1

    def pull(self, hold_s: float) -> tuple[Notification, ...]:
        """Wait at the camera for up to `hold_s` and return what came. Raises SubscriptionGone, CameraError; then subscribe anew."""
        try:
            self._renew()
            answer = self._session.call_signed(
                "pullpoint", "PullMessages", self._headers, self._xaddr, hold_s, Timeout=f"PT{max(1, round(hold_s))}S",
                MessageLimit=MOST_MESSAGES,
            )  # fmt: skip
        except CameraUnreachable:
            raise
        except CameraError:
            self._xaddr = ""
            raise
        return tuple(n for each in (getattr(answer, "NotificationMessage", None) or ()) if (n := read_notification(each)) is not None)

    def release(self) -> None:
        """Give the subscription back; what fails then is left to its end of term."""
        if not self._xaddr:
            return
        try:
            self._session.call_signed("subscription", "Unsubscribe", self._headers, self._xaddr)
        except CameraError:
            return
        finally:
            self._xaddr = ""

    def _renew(self) -> None:
        if not self._xaddr:
            raise SubscriptionGone(f"camera {self._session.camera.label}: there is no event subscription")
        if self._mono_s() < self._renew_at:
            return
        self._renew_at = self._mono_s() + RENEW_S
        try:
            self._session.call_signed("subscription", "Renew", self._headers, self._xaddr, TerminationTime=f"PT{TERM_S}S")
        except (CameraLacks, CameraGarbled):
            return


def read_notification(message: Any) -> Notification | None:
    """Return one wsnt:NotificationMessage as zeep parsed it; None where it has no topic."""
    topic = _words(getattr(message, "Topic", None))
    body = getattr(getattr(message, "Message", None), "_value_1", None)
    if not topic or body is None:
        return None
    if hasattr(body, "tag"):
        return _from_element(topic, body)
    operation = str(getattr(body, "PropertyOperation", None) or "")
    when = getattr(body, "UtcTime", None)
    return Notification(
        topic, _operation(operation), _items(getattr(body, "Source", None)), _items(getattr(body, "Data", None)),
        when.astimezone(UTC) if isinstance(when, datetime) and when.tzinfo else datetime.now(UTC),
    )  # fmt: skip


def _from_element(topic: str, body: Any) -> Notification:
    def pairs(name: str) -> dict[str, str]:
        found = [item for part in body.iterfind(f"{SCHEMA}{name}") for item in part.iterfind(f"{SCHEMA}SimpleItem")]
        out = {str(item.get("Name", ""))[:80]: str(item.get("Value", ""))[:200] for item in found[:32]}
        for part in body.iterfind(f"{SCHEMA}{name}"):
            for item in part.iterfind(f"{SCHEMA}ElementItem"):
                out |= _attributes(child for child in item if isinstance(child.tag, str))
        return out

    try:
        when = datetime.fromisoformat(str(body.get("UtcTime", "")).replace("Z", "+00:00"))
    except ValueError:
        when = datetime.now(UTC)
    when = when.replace(tzinfo=UTC) if when.tzinfo is None else when.astimezone(UTC)
    return Notification(topic, _operation(str(body.get("PropertyOperation", ""))), pairs("Source"), pairs("Data"), when)


def _items(listed: Any) -> dict[str, str]:
    items = getattr(listed, "SimpleItem", None) or ()
    out = {str(i.Name)[:80]: str(i.Value)[:200] for i in items[:32]}
    for item in (getattr(listed, "ElementItem", None) or ())[:8]:
        value = getattr(item, "_value_1", None)
        out |= _attributes([value] if hasattr(value, "attrib") else [])
    return out


def _attributes(elements: Iterable[Any]) -> dict[str, str]:
    """Return the attributes of an ElementItem's elements by name: a radiometry reading's temperatures stand there."""
    found = [(str(name)[:80], str(value)[:200]) for element in elements for name, value in element.attrib.items()]
    return dict(found[:32])


def _words(topic: Any) -> str:
    text = str(getattr(topic, "_value_1", topic) or "").strip()
    return "/".join(part.removeprefix("tns1:") for part in text.split("/"))[:200]


def _operation(word: str) -> Literal["Initialized", "Changed", "Deleted", ""]:
    return cast("Literal['Initialized', 'Changed', 'Deleted', '']", word if word in ("Initialized", "Changed", "Deleted") else "")


def _echoed(parameters: Any) -> list[Any]:
    """Return the ReferenceParameters' elements; some cameras know a subscription only by them (WS-Addressing 1.0 §2.1)."""
    found = list(getattr(parameters, "_value_1", None) or ())
    for element in found:
        if hasattr(element, "set"):
            element.set(f"{ANONYMOUS}IsReferenceParameter", "true")
    return found

"""The events of one camera: properties with their last value, and pull-point subscriptions that wait for changes.

Changes may come from any thread; pulling is for the server's loop. Source: ONVIF Core §9, event-vs.wsdl.
"""

from __future__ import annotations

import asyncio
import secrets
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

MAX_SUBSCRIPTIONS = 8
MAX_QUEUE = 200
MAX_HOLD_S = 60.0
LONGEST_S, DEFAULT_S = 3600.0, 60.0
Operation = Literal["Initialized", "Changed", "Deleted"]
Items = tuple[tuple[str, str], ...]


class UnknownSubscription(Exception):
    """There is no such subscription, or it ended."""


class TooManySubscriptions(Exception):
    """The camera holds no more."""


@dataclass(frozen=True, slots=True)
class Notice:
    """One property event."""

    topic: str
    operation: Operation
    source: Items
    data: Items
    utc: datetime


@dataclass(slots=True)
class Subscription:
    """One pull point. `topics`: filter expressions, empty for all."""

    subscription_id: str
    topics: tuple[str, ...]
    ends_at: datetime
    queue: deque[Notice] = field(default_factory=lambda: deque(maxlen=MAX_QUEUE))

    def wants(self, topic: str) -> bool:
        """Tell whether its filter lets a topic through; `A//.` means the topic and all below it."""
        return not self.topics or any(
            topic == e or (e.endswith("//.") and (topic + "/").startswith(e[:-3].rstrip("/") + "/")) for e in self.topics
        )


class EventHub:
    """Properties and subscriptions. Times are on the camera's clock."""

    def __init__(self, utc: Callable[[], datetime], *, reference_parameters: bool) -> None:
        self._utc, self.reference_parameters = utc, reference_parameters
        self._lock = threading.Lock()
        self._values: dict[tuple[str, Items], Items] = {}
        self._open: dict[str, Subscription] = {}
        self.created = 0

    def declare(self, topic: str, source: dict[str, str], data: dict[str, str]) -> None:
        """Set a property without an event."""
        with self._lock:
            self._values[topic, tuple(source.items())] = tuple(data.items())

    def change(self, topic: str, source: dict[str, str], data: dict[str, str]) -> None:
        """Set a property; an event goes out where its value is another one."""
        key, value = (topic, tuple(source.items())), tuple(data.items())
        with self._lock:
            if self._values.get(key) == value:
                return
            operation: Operation = "Changed" if key in self._values else "Initialized"
            self._values[key] = value
            notice = Notice(topic, operation, key[1], value, self._utc())
            for subscription in self._open.values():
                if subscription.wants(topic):
                    subscription.queue.append(notice)

    def topics(self) -> list[tuple[str, Items, Items]]:
        """Return every property with its source and data."""
        with self._lock:
            return [(topic, source, data) for (topic, source), data in self._values.items()]

    def create(self, topics: tuple[str, ...], life_s: float) -> Subscription:
        """Open a pull point that begins with every property. Raises TooManySubscriptions."""
        with self._lock:
            self._sweep()
            if len(self._open) >= MAX_SUBSCRIPTIONS:
                raise TooManySubscriptions
            new = Subscription(secrets.token_hex(6), topics, self._utc() + timedelta(seconds=min(life_s, LONGEST_S)))
            self._open[new.subscription_id] = new
            self.created += 1
            self._initialise(new)
            return new

    def find(self, subscription_id: str) -> Subscription:
        """Return an open subscription. Raises UnknownSubscription."""
        with self._lock:
            self._sweep()
            if subscription_id not in self._open:
                raise UnknownSubscription(subscription_id)
            return self._open[subscription_id]

    async def pull(self, subscription_id: str, hold_s: float, limit: int) -> list[Notice]:
        """Return waiting events, or wait for the first one at most `hold_s`. It keeps the subscription. Raises UnknownSubscription."""
        hold_s = min(hold_s, MAX_HOLD_S)
        subscription = self.find(subscription_id)
        subscription.ends_at = max(subscription.ends_at, self._utc() + timedelta(seconds=hold_s + 10.0))
        end = asyncio.get_running_loop().time() + hold_s
        while not subscription.queue and (left := end - asyncio.get_running_loop().time()) > 0:
            await asyncio.sleep(min(0.1, left))
            if subscription_id not in self._open:
                raise UnknownSubscription(subscription_id)
        with self._lock:
            return [subscription.queue.popleft() for _ in range(min(limit, len(subscription.queue)))]

    def renew(self, subscription_id: str, life_s: float) -> Subscription:
        """Give it a new end. Raises UnknownSubscription."""
        subscription = self.find(subscription_id)
        subscription.ends_at = self._utc() + timedelta(seconds=min(life_s, LONGEST_S))
        return subscription

    def synchronise(self, subscription_id: str) -> None:
        """Send every property again as Initialized. Raises UnknownSubscription."""
        subscription = self.find(subscription_id)
        with self._lock:
            self._initialise(subscription)

    def close(self, subscription_id: str) -> None:
        """End a subscription. Raises UnknownSubscription."""
        self.find(subscription_id)
        with self._lock:
            self._open.pop(subscription_id, None)

    def close_all(self) -> None:
        """End all of them."""
        with self._lock:
            self._open.clear()

    def forget(self) -> None:
        """End all subscriptions and drop all properties, as a restart does."""
        with self._lock:
            self._open.clear()
            self._values.clear()

    def open_count(self) -> int:
        """Return how many are open."""
        with self._lock:
            self._sweep()
            return len(self._open)

    def _initialise(self, subscription: Subscription) -> None:
        for (topic, source), data in self._values.items():
            if subscription.wants(topic):
                subscription.queue.append(Notice(topic, "Initialized", source, data, self._utc()))

    def _sweep(self) -> None:
        now = self._utc()
        for name in [n for n, s in self._open.items() if s.ends_at < now]:
            del self._open[name]

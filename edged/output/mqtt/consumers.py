"""Named consumers: their cursors, and replay on request. The broker's access list proves that each writes only its own topics."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Any

from edged.model.errors import OutputGarbled
from edged.model.event import Noticed
from edged.model.journal import Lane
from edged.output.base import Control, JournalReader
from edged.output.mqtt.contract import parse
from edged.output.mqtt.envelope import compact
from edged.output.mqtt.link import Link
from edged.output.mqtt.publisher import LanePublisher
from edged.output.mqtt.topics import Topics
from edged.output.mqtt.wire import Arrived, Message
from edged.output.radio.airtime import Bucket
from edged.output.settings import ConsumerSettings

MOST_ROWS = 1000
"""Rows of one answer; the end of it says where to go on."""
REQUEST_EVERY_S = 0.5
REQUEST_BURST = 4
SHARE = 8
"""In-flight messages that a replay may use while live rows go first."""


@dataclass(slots=True)
class Replay:
    """A request under way."""

    consumer: str
    lane: Lane
    request_id: str
    epoch: str
    first: int
    last: int
    topic: str
    correlation: bytes | None
    next: int
    sent: int = 0


class Consumers:
    """Works off `cursor/…` and `replay/request/…`."""

    def __init__(
        self,
        settings: tuple[ConsumerSettings, ...],
        journal: JournalReader,
        topics: Topics,
        link: Link,
        control: Control,
        publishers: dict[Lane, LanePublisher],
    ) -> None:
        self._known = {one.name: one for one in settings}
        self._journal = journal
        self._topics = topics
        self._link = link
        self._control = control
        self._publishers = publishers
        self._buckets: dict[str, Bucket] = {}
        self._jobs: deque[Replay] = deque()
        self._generation = 0
        self._passed: dict[tuple[str, Lane], tuple[str, int]] = {}
        self._complained: set[tuple[str, str]] = set()

    def on_cursor(self, lane: Lane, consumer: str, arrived: Arrived) -> None:
        """Take a consumer's position. Retained ones count too: they are how a position outlives both sides. Raises StoreError."""
        settings = self._known.get(consumer)
        if settings is None or settings.delivery == "one_way":
            self._complain(
                consumer, "cursor_unknown", f"{arrived.topic}: {consumer} is not a consumer with a cursor: add it to mqtt.consumers"
            )
            return
        try:
            said = parse(arrived.topic, arrived.payload)
        except OutputGarbled as fault:
            self._complain(consumer, "cursor_garbled", str(fault))
            return
        if said is None:
            return
        epoch, newest, _ = self._journal.newest(lane)
        sequence = int(said["sequence"])
        if said["epoch"] != epoch:
            return
        if sequence > newest:
            text = f"{arrived.topic}: cursor {sequence} is beyond the newest row {newest}: is {consumer} of another station or journal?"
            self._complain(consumer, "cursor_beyond_newest", text)
            self._control.advance(consumer, lane, epoch, sequence)
            return
        before = self._passed.get((consumer, lane), ("", 0))
        if before[0] == epoch and sequence <= before[1]:
            return
        self._passed[(consumer, lane)] = (epoch, sequence)
        self._control.advance(consumer, lane, epoch, sequence)

    def on_request(self, lane: Lane, consumer: str, arrived: Arrived, now: float) -> None:
        """Take a request for replay, or say why not."""
        if arrived.retain:
            self._complain(consumer, "replay_retained", f"{arrived.topic}: a retained request is never carried out: clear it")
            return
        topic = arrived.response_topic or self._topics.reply(consumer)
        if consumer not in self._known or not self._topics.may_answer(topic, consumer):
            self._complain(
                consumer,
                "replay_refused",
                f"{arrived.topic}: no known consumer, or its response topic is not below {self._topics.reply(consumer)}",
            )
            return
        try:
            said = parse(arrived.topic, arrived.payload)
        except OutputGarbled as fault:
            self._answer(topic, arrived.correlation, consumer, "", False, str(fault), {}, now)
            return
        if said is None:
            return
        request_id, first, last = str(said["request_id"]), int(said["from"]), int(said["to"])
        bucket = self._buckets.setdefault(consumer, Bucket(REQUEST_EVERY_S, REQUEST_BURST))
        if any(job.consumer == consumer for job in self._jobs) or not bucket.take(now):
            wait = {"retry_after_s": round(max(REQUEST_EVERY_S, bucket.wait_s(now)), 1)}
            self._answer(
                topic, arrived.correlation, consumer, request_id, False, "too many requests: wait for the end of the last one", wait, now
            )
            return
        if first > last:
            self._answer(topic, arrived.correlation, consumer, request_id, False, f"from {first} is after to {last}", {}, now)
            return
        last = min(last, first + MOST_ROWS - 1)
        self._jobs.append(Replay(consumer, lane, request_id, str(said["epoch"]), first, last, topic, arrived.correlation, first))

    def step(self, now: float) -> bool:
        """Send a part of the replays. Returns whether there is more to send. Raises StoreError."""
        if not self._link.up or self._link.generation != self._generation:
            self._generation = self._link.generation
            self._jobs.clear()
            return False
        while self._jobs:
            room = min(SHARE, self._link.receive_maximum - 2) - self._link.unacknowledged
            if room <= 0:
                return True
            job = self._jobs[0]
            wanted = min(room, job.last - job.next + 1)
            entries = self._journal.entries(job.lane, job.next - 1, wanted, job.epoch) if wanted > 0 else []
            entries = [entry for entry in entries if entry.sequence <= job.last]
            for entry in entries:
                row = self._publishers[job.lane].message(entry)
                self._link.publish(Message(job.topic, row.payload, content_type=row.content_type, correlation=job.correlation), now)
                job.next = entry.sequence + 1
                job.sent += 1
            if not entries:
                self._jobs.popleft()
                self._end(job, now)
        return False

    def _end(self, job: Replay, now: float) -> None:
        epoch, newest, _ = self._journal.newest(job.lane)
        data = {
            "epoch": job.epoch,
            "from": job.first,
            "to": job.last,
            "sent": job.sent,
            "present_epoch": epoch,
            "first_kept": self._journal.oldest(job.lane),
            "last_sequence": newest,
        }
        self._answer(job.topic, job.correlation, job.consumer, job.request_id, True, "", data, now)

    def _answer(
        self,
        topic: str,
        correlation: bytes | None,
        consumer: str,
        request_id: str,
        accepted: bool,
        text: str,
        data: dict[str, Any],
        now: float,
    ) -> None:
        value = {"kind": "replay_end", "command_id": request_id, "actor": consumer, "accepted": accepted, "text": text, "data": data}
        self._link.publish(Message(topic, compact(value), correlation=correlation, content_type="application/json"), now)

    def _complain(self, consumer: str, code: str, text: str) -> None:
        if (consumer, code) in self._complained or len(self._complained) > 256:
            return
        self._complained.add((consumer, code))
        self._control.on_event(Noticed("system", code, text, 3, {"consumer": consumer}))

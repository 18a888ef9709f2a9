"""The journal's rows to the broker, in order, QoS 1. `published` moves by PUBACK alone.

A connection's in-flight rows are forgotten with it and sent again from the oldest unaccepted one: same bytes, same id. Reason 0x10
(nobody subscribed) keeps the row and slows down; a row that the broker refuses for good goes out as a stand-in, so that it blocks nothing.
"""

from __future__ import annotations

from collections import deque

from edged.model.errors import StoreError
from edged.model.event import Noticed
from edged.model.journal import Entry, Lane
from edged.output.base import BROKER, Control, JournalReader
from edged.output.mqtt.envelope import CONTENT_TYPE, refused, render
from edged.output.mqtt.link import NO_SUBSCRIBER, Link
from edged.output.mqtt.topics import Topics
from edged.output.mqtt.wire import Message
from edged.output.settings import Identity

WINDOW = 16
FIRST_PAUSE_S = 0.5
LONGEST_PAUSE_S = 10.0
FOR_GOOD = frozenset({0x90, 0x95, 0x99})
"""Topic name invalid, packet too large, payload format invalid: the same bytes will never be taken."""


class LanePublisher:
    """Publishes one lane. Every method runs on the output's thread."""

    def __init__(self, lane: Lane, journal: JournalReader, topics: Topics, identity: Identity, link: Link, control: Control) -> None:
        self.lane: Lane = lane
        self.position: tuple[str, int] | None = None
        self.unheard = False
        self._journal = journal
        self._topics = topics
        self._identity = identity
        self._link = link
        self._control = control
        self._generation = 0
        self._attempt = 0
        self._flying: deque[tuple[int, bool]] = deque()
        self._sent = 0
        self._told = 0
        self._now = 0.0
        self._retry_at = 0.0
        self._tried_at = 0.0
        self._pause = FIRST_PAUSE_S
        self._newest = 0
        self._stand_ins: dict[int, str] = {}
        self.accepted_now: list[int] = []

    @property
    def idle(self) -> bool:
        """Tell whether nothing is in flight."""
        return not self._flying

    def message(self, entry: Entry) -> Message:
        """Return the message of a row; the stand-in where the row itself cannot be sent."""
        reason = self._stand_ins.get(entry.sequence)
        payload = render(entry, self._identity) if reason is None else refused(entry, self._identity, reason)
        limit = self._link.maximum_packet
        if reason is None and limit is not None and len(payload) + 512 > limit:
            reason = f"{len(payload)} bytes, the broker takes {limit}"
            self._stand_in(entry.sequence, reason)
            payload = refused(entry, self._identity, reason)
        return Message(self._topics.event(entry.row.topic, self.lane), payload, content_type=CONTENT_TYPE)

    def step(self, now: float) -> None:
        """Send what fits into the window. Raises StoreError."""
        self._now = now
        epoch, newest, _ = self._journal.newest(self.lane)
        if self.position is None:
            self.position = self._journal.cursor(BROKER, self.lane) or (next(iter(self._journal.epochs(self.lane)), epoch), 0)
            self._sent = self._told = self.position[1]
        if not self._link.up or self._link.generation != self._generation:
            self._generation = self._link.generation
            self._restart()
            self._retry_at = now
            if not self._link.up:
                return
        if newest != self._newest:
            self._newest = newest
            if self.unheard:
                self._retry_at = min(self._retry_at, self._tried_at + 1.0)
        if now < self._retry_at:
            return
        window = 1 if self.unheard else max(1, min(WINDOW, self._link.receive_maximum - 3))
        room = window - len(self._flying)
        if room <= 0:
            return
        entries = self._journal.entries(self.lane, self._sent, room, self.position[0])
        if not entries and not self._flying and self.position[0] != epoch:
            epoch = self._following(self.position[0], epoch)
            self.position = (epoch, 0)
            self._sent = self._told = 0
            entries = self._journal.entries(self.lane, 0, room, epoch)
        for entry in entries:
            attempt, sequence, before = self._attempt, entry.sequence, self._sent
            self._flying.append((sequence, False))
            self._sent, self._tried_at = sequence, now
            if not self._link.publish(self.message(entry), now, lambda code, a=attempt, s=sequence: self._answered(a, s, code)):  # type: ignore[misc]
                self._flying.pop()
                self._sent = before
            if self._sent != sequence or self._attempt != attempt:
                break

    def _following(self, before: str, present: str) -> str:
        names = self._journal.epochs(self.lane)
        return names[names.index(before) + 1] if before in names[:-1] else present

    def report(self) -> None:
        """Tell control how far the broker has taken the rows."""
        if self.position is not None and self.position[1] > self._told:
            self._told = self.position[1]
            self._control.advance(BROKER, self.lane, *self.position)

    def _restart(self) -> None:
        self._attempt += 1
        self._flying.clear()
        if self.position is not None:
            self._sent = self.position[1]

    def _answered(self, attempt: int, sequence: int, code: int) -> None:
        if attempt != self._attempt or self.position is None:
            return
        if code == NO_SUBSCRIBER or code >= 0x80:
            self._not_taken(sequence, code)
            return
        self._pause, self.unheard = FIRST_PAUSE_S, False
        self._flying = deque((number, done or number == sequence) for number, done in self._flying)
        while self._flying and self._flying[0][1]:
            number, _ = self._flying.popleft()
            self.position = (self.position[0], number)
            self._stand_ins.pop(number, None)
            self.accepted_now.append(number)

    def _not_taken(self, sequence: int, code: int) -> None:
        self._restart()
        if code in FOR_GOOD and sequence not in self._stand_ins:
            self._stand_in(sequence, f"the broker refused it for good, reason 0x{code:02x}")
            return
        if code == NO_SUBSCRIBER:
            if not self.unheard:
                self._control.log("warning", f"mqtt: nobody has subscribed to {self._topics.root(self.lane)}/alarm/event/#: rows wait")
            self.unheard = True
        else:
            self._pause = LONGEST_PAUSE_S
            self._control.log(
                "error", f"mqtt: row {sequence} refused with reason 0x{code:02x}: give the daemon's user its access list at the broker"
            )
        self._retry_at = self._now + self._pause
        self._pause = min(LONGEST_PAUSE_S, self._pause * 2)

    def _stand_in(self, sequence: int, reason: str) -> None:
        self._stand_ins[sequence] = reason
        self._control.on_event(
            Noticed(
                "system",
                "row_refused",
                f"row {sequence} of lane {self.lane} went out as a stand-in: {reason}; its content is in the journal",
                2,
                {"lane": self.lane, "sequence": sequence, "reason": reason},
            )
        )


def last_entry(journal: JournalReader, lane: Lane, sequence: int, epoch: str) -> Entry | None:
    """Return one row, None when it was freed or cannot be read now."""
    try:
        found = journal.entries(lane, sequence - 1, 1, epoch)
    except StoreError:
        return None
    return found[0] if found and found[0].sequence == sequence else None

"""What the broker holds for late comers: status, index and the active set.

The active set is a fold of the journal's rows. What the broker should hold is compared with what was sent on this connection or found
there from an earlier life; the difference is sent. So a broker that forgot everything and a daemon that did are the same case.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from edged.model.instant import Instant
from edged.model.journal import Entry
from edged.output.base import JournalReader
from edged.output.mqtt.envelope import CONTENT_TYPE, compact, render, stamp
from edged.output.mqtt.link import Link
from edged.output.mqtt.topics import Topics
from edged.output.mqtt.wire import Message
from edged.output.settings import Identity

PAGE = 200
INDEX_EVERY_S = 0.2
INDEX_AT_LATEST_S = 1.0
ONE_WAY_INDEX_S = 60.0
NATURE = (
    "supplementary early warning, not a fire detector under EN 54, GB 15631 or UL 2684; sees neither through glass nor into containers / "
    "辅助早期预警, 不是 EN 54、GB 15631 或 UL 2684 意义上的火灾探测器; 不能透过玻璃或看入集装箱"
)


class ActiveSet:
    """The newest row of every active alarm of the real lane, folded as far as `position`."""

    def __init__(self) -> None:
        self.position: tuple[str, int] = ("", 0)
        self.rows: dict[str, Entry] = {}
        self.complete = False
        self.version = 0

    def restore(self, rows: Iterable[Entry], epoch: str, sequence: int) -> None:
        """Start from what control already folded: the newest row of each active alarm, as of `sequence`."""
        self.rows = {entry.row.alarm.alarm_id: entry for entry in rows if entry.row.alarm is not None}
        self.position = (epoch, sequence)
        self.version += 1

    def catch_up(self, journal: JournalReader) -> None:
        """Read one page of rows. Raises StoreError."""
        epoch, newest, _ = journal.newest("real")
        if self.position[0] != epoch:
            self.position = (epoch, max(0, journal.oldest("real") - 1))
        entries = journal.entries("real", self.position[1], PAGE, epoch)
        for entry in entries:
            self._apply(entry)
        if entries:
            self.position = (epoch, entries[-1].sequence)
        self.complete = self.position[1] >= newest

    def _apply(self, entry: Entry) -> None:
        alarm = entry.row.alarm
        if alarm is None:
            return
        self.version += 1
        if alarm.state not in ("active", "acknowledged"):
            self.rows.pop(alarm.alarm_id, None)
        elif entry.row.publish or alarm.alarm_id in self.rows:
            self.rows[alarm.alarm_id] = entry if entry.row.publish else self.rows[alarm.alarm_id]


class Retained:
    """Keeps the broker's retained messages right."""

    def __init__(self, journal: JournalReader, topics: Topics, identity: Identity, link: Link, one_way: bool) -> None:
        self.active = ActiveSet()
        self._journal = journal
        self._topics = topics
        self._identity = identity
        self._link = link
        self._one_way = one_way
        self._generation = 0
        self._there: dict[str, Entry] = {}
        self._found: set[str] = set()
        self._settled: tuple[int, int] | None = None
        self._index: dict[str, Any] = {}
        self._index_at = float("-inf")
        self._coverage: dict[str, Any] | None = None
        self._air: dict[str, Any] | None = None
        self._status_due = False

    def cover(self, coverage: dict[str, Any]) -> None:
        """Show what share of the zone is watched, with the status from now on."""
        self._coverage, self._status_due = coverage, True

    def show_air(self, air: dict[str, Any]) -> None:
        """Show what is taken of the air, with the status from now on."""
        self._air, self._status_due = air, True

    def status(self, state: str, at: Instant | None) -> Message:
        """Return the status message. The will has no time: it is written before the connection is."""
        value: dict[str, Any] = {"state": state, "station": self._identity.station, "name": self._identity.name}
        value["version"] = self._identity.version
        if at is not None:
            epoch, newest, _ = self._journal.newest("real")
            value |= {"epoch": epoch, "last_sequence": newest, "at": stamp(at.utc, self._identity)}
        value["nature"] = NATURE
        if state == "online" and self._coverage is not None:
            value["coverage"] = self._coverage
        if state == "online" and self._air is not None:
            value["air"] = self._air
        return Message(f"{self._topics.root()}/status", compact(value), retain=True)

    def found(self, topic: str, payload: bytes) -> None:
        """Note a retained message that the broker already held."""
        if payload:
            self._found.add(topic)
            self._settled = None

    def step(self, at: Instant, busy: bool) -> None:
        """Fold new rows and send what differs; `busy` while rows are in flight. Raises StoreError."""
        self.active.catch_up(self._journal)
        if not self._link.up:
            return
        if self._link.generation != self._generation:
            self._generation = self._link.generation
            self._there.clear()
            self._found.clear()
            self._settled = None
            self._index = {}
            self._index_at = float("-inf")
            self._status_due = not self._link.publish(self.status("online", at), at.mono_s)
        elif self._status_due:
            self._status_due = not self._link.publish(self.status("online", at), at.mono_s)
        if not self.active.complete:
            return
        self._send_active(at.mono_s)
        self._send_index(at, busy)

    def _send_active(self, now: float) -> None:
        if self._settled is not None and self._settled == (self.active.version, len(self._found)):
            return
        wanted = {self._topics.active(alarm_id): entry for alarm_id, entry in self.active.rows.items()}
        for topic in [topic for topic in dict.fromkeys([*self._there, *self._found]) if topic not in wanted]:
            if not self._send(topic, b"", now):
                return
            self._there.pop(topic, None)
            self._found.discard(topic)
        for topic, entry in wanted.items():
            if self._there.get(topic) is not entry:
                if not self._send(topic, render(entry, self._identity), now):
                    return
                self._there[topic] = entry
        self._settled = (self.active.version, len(self._found))

    def _send(self, topic: str, payload: bytes, now: float) -> bool:
        if self._link.unacknowledged >= self._link.receive_maximum - 1:
            return False
        return self._link.publish(Message(topic, payload, retain=True, content_type=CONTENT_TYPE), now)

    def _send_index(self, at: Instant, busy: bool) -> None:
        age = at.mono_s - self._index_at
        if age < INDEX_EVERY_S or (busy and age < INDEX_AT_LATEST_S):
            return
        epoch, sequence = self.active.position
        digest = self._digest(epoch, sequence)
        if digest is None:
            return
        value = {
            "epoch": epoch,
            "first_sequence": max(1, self._journal.oldest("real")),
            "last_sequence": sequence,
            "active": sorted(self.active.rows),
            "digest": digest,
            "complete": self.active.complete,
        }
        if value == self._index and not (self._one_way and age >= ONE_WAY_INDEX_S):
            return
        message = Message(self._topics.index(), compact(value | {"at": stamp(at.utc, self._identity)}), retain=True)
        if self._link.publish(message, at.mono_s):
            self._index, self._index_at = value, at.mono_s

    def _digest(self, epoch: str, sequence: int) -> str | None:
        """Return the chain's digest at `sequence`; None when the journal has moved on meanwhile."""
        newest_epoch, newest, digest = self._journal.newest("real")
        if (newest_epoch, newest) == (epoch, sequence):
            return digest
        if sequence == 0:
            return None
        entries = self._journal.entries("real", sequence - 1, 1, epoch)
        return entries[0].digest if entries and entries[0].sequence == sequence else None

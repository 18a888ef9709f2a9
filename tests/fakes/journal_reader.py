"""A journal in memory that passes `tests/output/test_journal_contract.py`, and rows to put into it."""

from __future__ import annotations

import hashlib
import threading
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from edged.model.alarm import Alarm, AlarmState, Evidence, SeenBy
from edged.model.event import Event, RadioReported
from edged.model.journal import Address, Entry, Lane, Row, Tell, TellPath
from edged.model.place import Ellipse, IgnitionPoint, PlaceWords
from edged.model.sighting import Temperature
from edged.output.base import PtzOrder

AT = datetime(2026, 11, 21, 19, 14, 3, 412000, UTC)


def make_alarm(alarm_id: str = "01JD9W7A0000000000000000AA", state: AlarmState = "active", **changes: Any) -> Alarm:
    """Return the alarm of the design's example."""
    heat = Temperature("radiometric", 312.4, 8.1, True)
    found = Evidence(("hot", "new", "growing", "stationary"), ("arrived_warm",), 14.2, AT, AT, heat, 120.0, 41.7, 6.2)
    seen = SeenBy("th-03", "yard-a3", 10.0, -3.0, 45.2, -3.1, AT)
    point = IgnitionPoint(29.6135, 106.6061, "triangulated", Ellipse(11, 4, 132))
    words = PlaceWords("A3堆场东北角", "A3", "2门", None)
    whole = Alarm(
        alarm_id, "0142", 4, state, 2, "detector", False, AT, AT, found, (seen,), point, words, verified="second_lens", arming="radio",
        radio_s="火警已核A3堆场东北角2门进#4按14", radio_l="火警 已核 A3堆场东北角 2门进 #4 按14",
    )  # fmt: skip
    return replace(whole, **changes)


def make_row(number: int, lane: Lane = "real", **changes: Any) -> Row:
    """Return an alarm row."""
    alarm = make_alarm(f"01JD9W7A{number:018d}", test=lane == "test")
    whole = Row(f"01JD9W7K{lane[0].upper()}{number:017d}", lane, "fire", "alarm", "active", AT, True, 1, alarm)
    return replace(whole, **changes)


def make_tell(tell_id: str, path: TellPath = "gateway", made_at: datetime = AT, **changes: Any) -> Tell:
    """Return a tell that lives 900 s."""
    to = (Address("group", "8012"),)
    whole = Tell(tell_id, (f"A-{tell_id}",), "real", path, to, "火警未核A3堆场#4按14", "", made_at, made_at + timedelta(seconds=900), 1)
    return replace(whole, **changes)


class MemoryJournal:
    """Rows, cursors and tells in lists. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._epochs: dict[Lane, list[str]] = {"real": ["e1"], "test": ["t1"]}
        self._rows: dict[tuple[Lane, str], list[Entry]] = {("real", "e1"): [], ("test", "t1"): []}
        self._cursors: dict[tuple[str, Lane], tuple[str, int]] = {}
        self.tells: dict[str, Tell] = {}

    def append(self, *rows: Row) -> list[Entry]:
        out = []
        with self._lock:
            for row in rows:
                epoch = self._epochs[row.lane][-1]
                entries = self._rows[row.lane, epoch]
                before = entries[-1].digest if entries else ""
                digest = hashlib.sha256(f"{before}{row!r}".encode()).hexdigest()
                entries.append(Entry(len(entries) + 1, epoch, digest, row))
                out.append(entries[-1])
        return out

    def begin_epoch(self, lane: Lane, name: str) -> None:
        with self._lock:
            self._epochs[lane].append(name)
            self._rows[lane, name] = []

    def entries(self, lane: Lane, after: int, limit: int, epoch: str | None = None) -> list[Entry]:
        with self._lock:
            return self._rows.get((lane, epoch or self._epochs[lane][-1]), [])[max(0, after) : max(0, after) + max(0, limit)]

    def epochs(self, lane: Lane) -> list[str]:
        return list(self._epochs[lane])

    def newest(self, lane: Lane) -> tuple[str, int, str]:
        with self._lock:
            epoch = self._epochs[lane][-1]
            entries = self._rows[lane, epoch]
            return (epoch, len(entries), entries[-1].digest) if entries else (epoch, 0, "")

    def oldest(self, lane: Lane) -> int:
        return 1

    def cursor(self, consumer: str, lane: Lane) -> tuple[str, int] | None:
        return self._cursors.get((consumer, lane))

    def advance(self, consumer: str, lane: Lane, epoch: str, sequence: int) -> None:
        with self._lock:
            both = (self._cursors.get((consumer, lane), (epoch, 0)), (epoch, sequence))
            self._cursors[consumer, lane] = max(both, key=lambda one: (self._epochs[lane].index(one[0]), one[1]))

    def open_tells(self, path: TellPath, now: datetime) -> list[Tell]:
        with self._lock:
            return [tell for tell in self.tells.values() if tell.path == path]


@dataclass
class MemoryControl:
    """Control that writes down what it is told. As the real journal, it does not move a cursor beyond the newest row."""

    journal: MemoryJournal
    events: list[Event] = field(default_factory=list)
    orders: list[PtzOrder] = field(default_factory=list)
    done: list[tuple[str, str]] = field(default_factory=list)
    lines: list[tuple[str, str]] = field(default_factory=list)
    ahead: list[tuple[str, int]] = field(default_factory=list)

    def advance(self, consumer: str, lane: Lane, epoch: str, sequence: int) -> None:
        if sequence > self.journal.newest(lane)[1] and epoch == self.journal.newest(lane)[0]:
            self.ahead.append((consumer, sequence))
            return
        self.journal.advance(consumer, lane, epoch, sequence)

    def on_event(self, event: Event) -> None:
        self.events.append(event)

    def on_ptz(self, order: PtzOrder) -> None:
        self.orders.append(order)

    def tell_done(self, tell_id: str, outcome: str, detail: str) -> None:
        self.done.append((tell_id, outcome))
        self.journal.tells.pop(tell_id, None)

    def log(self, level: str, text: str) -> None:
        self.lines.append((level, text))

    def of(self, kind: type) -> list[Any]:
        return [event for event in self.events if isinstance(event, kind)]

    def reports(self) -> list[RadioReported]:
        return self.of(RadioReported)

"""Rows, tells and a clock for these tests."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from edged.model.alarm import Alarm, AlarmState, Evidence
from edged.model.instant import Instant
from edged.model.journal import Address, Lane, Row, RowKind, Tell, TellPath
from edged.model.place import PlaceWords
from edged.store.form import ulid
from edged.store.journal import Journal
from edged.store.settings import StoreSettings

START = datetime(2026, 11, 22, 3, 14, 3, tzinfo=UTC)
SMALL = StoreSettings(reserve_mb=0)


@dataclass
class FakeClock:
    """A clock that stands until it is moved."""

    present: Instant = field(default_factory=lambda: Instant(1000.0, START))

    def __call__(self) -> Instant:
        return self.present

    def later(self, **span: float) -> Instant:
        seconds = timedelta(**span).total_seconds()
        self.present = self.present.later(seconds)
        return self.present


OpenJournal = Callable[..., Journal]


def row(number: int, lane: Lane = "real", kind: RowKind = "notice", at: datetime = START, **data: Any) -> Row:
    return Row(ulid(at, lane, str(number)), lane, "system", kind, f"step {number}", at, True, 3, data={"number": number, **data})


def alarm_row(number: int, alarm_id: str, state: AlarmState, lane: Lane = "real") -> Row:
    evidence = Evidence(("hot", "new"), (), 14.2, START, START, None, 41.7, None, 6.2)
    alarm = Alarm(
        alarm_id, "0142", 4, state, number, "detector", lane == "test", START, START, evidence, (), None, PlaceWords("A3堆场东北角")
    )
    return Row(ulid(START, lane, "alarm", str(number)), lane, "fire", "alarm", state, START, True, 1, alarm=alarm)


def tell(number: int, path: TellPath = "gateway", at: datetime = START, minutes: float = 10, severity: Any = 1) -> Tell:
    return Tell(
        ulid(at, "tell", str(number)), ("A1",), "real", path, (Address("group", "8012"),), "火警未核A3堆场#4按14", "火警……", at,
        at + timedelta(minutes=minutes), severity,
    )  # fmt: skip


def open_journal(folder: Path, clock: FakeClock, **changes: Any) -> Journal:
    consumers = changes.pop("consumers", ())
    station = changes.pop("station", "cuntan-01")
    return Journal.open(folder / "journal.db", station, SMALL.model_copy(update=changes), clock, consumers)

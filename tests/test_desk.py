"""Control's desk for the outputs: reports reach journal and core, faults of the journal reach nobody but the log."""

from __future__ import annotations

import logging
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import pytest

from edged.desk import Desk
from edged.model.errors import StoreUnreachable
from edged.model.event import Event, RadioReported, RadioStatus
from edged.model.instant import Instant
from edged.store.delivery import CursorAhead

AT = datetime(2026, 11, 22, tzinfo=UTC)


class Book:
    """A journal that keeps what it is told, or raises."""

    def __init__(self) -> None:
        self.fault: Exception | None = None
        self.kept: list[tuple[Any, ...]] = []

    def advance(self, *position: Any) -> bool:
        return self._keep("advance", *position)

    def tell_done(self, *report: Any) -> bool:
        return self._keep("tell_done", *report)

    def _keep(self, *what: Any) -> bool:
        if self.fault is not None:
            raise self.fault
        self.kept.append(what)
        return True


class Room:
    """A desk and what it passed on."""

    def __init__(self) -> None:
        self.book, self.events, self.ahead = Book(), list[Event](), list[CursorAhead]()
        self.moved = 0
        self.thread = ThreadPoolExecutor(1)
        self.desk = Desk(
            self.book,  # type: ignore[arg-type]
            self.thread, lambda: Instant(1.0, AT), self.events.append, lambda _: None, self._moved, self.ahead.append,
        )  # fmt: skip

    def _moved(self) -> None:
        self.moved += 1

    def settled(self) -> Room:
        self.thread.shutdown(wait=True)
        return self


def test_a_radios_report_goes_to_its_tell_and_to_core() -> None:
    room = Room()
    report = RadioReported("T1", "8012", "delivered", "", "r-1")
    room.desk.on_event(report)
    room.settled()
    assert room.events == [report]
    assert room.book.kept == [("tell_done", "T1", "delivered", "", AT, "8012", "r-1")]
    assert room.moved == 1


def test_an_answer_goes_to_core_alone() -> None:
    room = Room()
    status = RadioStatus("8012", 14, "r-2")
    room.desk.on_event(status)
    room.settled()
    assert (room.events, room.book.kept) == ([status], [])


def test_a_full_disk_keeps_no_answer_from_core(caplog: pytest.LogCaptureFixture) -> None:
    room = Room()
    room.book.fault = StoreUnreachable("disk full")
    with caplog.at_level(logging.ERROR, "edged.output"):
        room.desk.on_event(RadioReported("T1", None, "sent", "", "r-3"))
        room.desk.tell_done("T1", "sent", "accepted")
        room.settled()
    assert len(room.events) == 1
    assert [record.message for record in caplog.records] == ["report of T1: disk full", "tell T1: disk full"]
    assert room.moved == 0


def test_a_consumer_ahead_of_the_journal_begins_an_epoch_and_is_no_error(caplog: pytest.LogCaptureFixture) -> None:
    room = Room()
    room.book.fault = CursorAhead("city", "real", "7c1e", 90, 12)
    with caplog.at_level(logging.ERROR, "edged.output"):
        room.desk.advance("city", "real", "7c1e", 90)
        room.settled()
    assert [(one.lane, one.sequence) for one in room.ahead] == [("real", 90)]
    assert caplog.records == []

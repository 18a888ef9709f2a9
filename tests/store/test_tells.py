"""Tells: open until handed over, failed or too late; reports move them upwards only."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from edged.model.errors import StoreGarbled
from edged.model.instant import Instant
from edged.store import tells
from edged.store.journal import Journal
from tests.store.making import START, FakeClock, open_journal, row, tell


def ids(found: list[object]) -> list[str]:
    return [each.tell_id for each in found]  # type: ignore[attr-defined]


def test_open_tells_come_severest_then_newest(journal: Journal, clock: FakeClock) -> None:
    first, severe, newer = tell(1, severity=2), tell(2), tell(3, at=START + timedelta(seconds=5), severity=2)
    journal.append([row(1)], [first, severe, newer, tell(4, "serial")])
    assert journal.open_tells("gateway", clock()) == [severe, newer, first]
    assert journal.open_tells("serial", clock()) == [tell(4, "serial")]
    assert journal.open_tells("siren", clock()) == []


def test_a_tell_handed_over_is_not_open_after_a_restart(tmp_path: Path, clock: FakeClock) -> None:
    journal = open_journal(tmp_path, clock)
    journal.append([row(1)], [tell(1), tell(2)])
    assert journal.tell_done(tell(1).tell_id, "sent", "PUBACK", START)
    journal.close()
    again = open_journal(tmp_path, clock)
    again.append([row(1)], [tell(1), tell(2)])
    assert again.open_tells("gateway", clock()) == [tell(2)]
    again.close()


def test_reports_are_kept_and_move_a_tell_upwards_only(journal: Journal, clock: FakeClock) -> None:
    journal.append([row(1)], [tell(1)])
    name = tell(1).tell_id
    assert journal.tell_done(name, "sent", "", START)
    assert journal.tell_done(name, "read", "", START + timedelta(seconds=2), "1001", "r-1")
    assert not journal.tell_done(name, "read", "", START + timedelta(seconds=9), "1001", "r-1")
    assert journal.tell_done(name, "failed", "unreachable", START + timedelta(seconds=3), "1002", "r-2")
    assert [(each.result, each.radio) for each in journal.reports(name)] == [("sent", None), ("read", "1001"), ("failed", "1002")]
    assert journal._connection.execute("SELECT state FROM tell").fetchall() == [("read",)]
    with pytest.raises(StoreGarbled, match="no such tell"):
        journal.tell_done("garbage", "sent", "", START)
    assert journal.open_tells("gateway", clock()) == []


def test_a_tell_past_its_deadline_ends_as_expired(journal: Journal, clock: FakeClock) -> None:
    journal.append([row(1)], [tell(1), tell(2, minutes=30)])
    assert journal.expire(clock.later(minutes=9)) == []
    assert journal.expire(clock.later(minutes=2)) == [tell(1)]
    assert journal.expire(clock()) == []
    assert journal.open_tells("gateway", clock()) == [tell(2, minutes=30)]
    assert [each.result for each in journal.reports(tell(1).tell_id)] == ["expired"]
    assert journal.tell_done(tell(1).tell_id, "sent", "late", clock().utc)


def test_a_step_of_the_wall_clock_expires_no_tell_in_this_run(journal: Journal) -> None:
    journal.append([row(1)], [tell(1)])
    assert journal.open_tells("gateway", Instant(1010.0, START + timedelta(hours=8))) == [tell(1)]
    assert journal.open_tells("gateway", Instant(1601.0, START - timedelta(days=9))) == []


def test_after_a_reboot_the_wall_clock_decides(journal: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
    journal.append([row(1)], [tell(1)])
    monkeypatch.setattr(tells, "boot", lambda: "another run")
    assert journal.open_tells("gateway", Instant(5.0, START + timedelta(minutes=9))) == [tell(1)]
    assert journal.open_tells("gateway", Instant(6.0, START + timedelta(minutes=11))) == []


def test_a_reader_shows_late_tells_last_and_ends_none(journal: Journal, clock: FakeClock) -> None:
    journal.append([row(1)], [tell(1), tell(2, minutes=30, severity=3)])
    reader = journal.reader()
    assert ids(list(reader.open_tells("gateway", START + timedelta(minutes=11)))) == [tell(2).tell_id, tell(1).tell_id]
    reader.close()
    assert journal.reports(tell(1).tell_id) == []

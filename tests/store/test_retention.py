"""Retention: what goes, what stays, what is said about it; cursors forward only."""

from __future__ import annotations

from pathlib import Path

import pytest

from edged.model.errors import StoreGarbled
from edged.model.instant import Instant
from edged.store import fold, retention
from edged.store.delivery import CursorAhead
from edged.store.journal import Journal
from edged.store.verify import verify
from tests.store.making import FakeClock, alarm_row, open_journal, row, tell


@pytest.fixture(autouse=True)
def small_fold(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fold, "NEWEST", 3)
    monkeypatch.setattr(fold, "CLEARED_ALARMS", 2)


def free_all(journal: Journal, now: Instant) -> tuple[int, int]:
    rows = unread = 0
    while True:
        freed = journal.free(now)
        rows, unread = rows + freed.rows, unread + freed.unread
        if not freed.more:
            return rows, unread


def numbers(journal: Journal) -> list[int]:
    return [entry.row.data["number"] for entry in journal.entries("real", 0, 1000) if "number" in entry.row.data]


def test_cursors_move_forward_only_and_only_to_rows_that_exist(journal: Journal) -> None:
    epoch = journal.append([row(number) for number in range(5)])[0].epoch
    assert journal.cursor("police", "real") is None
    assert journal.advance("police", "real", epoch, 4)
    assert not journal.advance("police", "real", epoch, 4)
    assert not journal.advance("police", "real", epoch, 2)
    assert journal.cursor("police", "real") == (epoch, 4)
    with pytest.raises(CursorAhead, match="beyond the newest row 6"):
        journal.advance("police", "real", epoch, 2**80)
    with pytest.raises(StoreGarbled, match="never had"):
        journal.advance("police", "real", "ffff", 1)
    with pytest.raises(StoreGarbled):
        journal.advance("police", "real", epoch, -1)
    for name in ("", "x" * 65, "a\nb"):
        with pytest.raises(StoreGarbled, match="printable"):
            journal.advance(name, "real", epoch, 1)
    assert journal.cursor("police", "real") == (epoch, 4)
    assert journal.cursor("police", "test") is None


def test_read_rows_go_after_their_days_and_leave_a_chain(journal: Journal, clock: FakeClock) -> None:
    entries = journal.append([row(number) for number in range(10)])
    journal.advance("police", "real", entries[-1].epoch, entries[-1].sequence)
    assert free_all(journal, clock.later(days=29)) == (0, 0)
    assert free_all(journal, clock.later(days=3)) == (7, 0)
    assert numbers(journal) == [7, 8, 9]
    assert journal.oldest("real") == 9
    found = verify(journal.path)
    assert found.right
    assert verify(journal.path, "real", 4).right
    assert verify(journal.path, "real", 10).rows == 2


def test_freeing_an_unread_row_is_a_row(journal: Journal, clock: FakeClock) -> None:
    entries = journal.append([row(number) for number in range(10)])
    journal.advance("police", "real", entries[2].epoch, entries[2].sequence)
    rows, unread = free_all(journal, clock.later(days=40))
    assert unread == 4
    last = journal.entries("real", 11, 10)[-1].row
    assert (last.kind, last.change) == ("freed", "unread")
    assert last.data == {
        "epoch": entries[0].epoch, "first": 5, "last": 8, "rows": 4, "reason": "age", "consumers": ["police"],
    }  # fmt: skip
    assert rows >= 7
    assert verify(journal.path).right


def test_a_box_that_was_off_for_weeks_delivers_before_it_frees(tmp_path: Path, clock: FakeClock) -> None:
    journal = open_journal(tmp_path, clock, consumers=("police",))
    journal.append([row(number) for number in range(10)])
    journal.close()
    clock.later(days=60)
    again = open_journal(tmp_path, clock, consumers=("police",))
    assert free_all(again, clock()) == (0, 0)
    assert free_all(again, clock.later(days=1))[1] > 0
    again.close()


@pytest.mark.parametrize("trusted", [True, False])
def test_a_clock_that_jumps_frees_nothing(journal: Journal, clock: FakeClock, trusted: bool) -> None:
    clock.present = Instant(1000.0, clock.present.utc.replace(year=1970), False)
    journal.append([row(number) for number in range(10)])
    clock.present = Instant(2000.0, clock.present.utc.replace(year=2026, day=23), True)
    journal.append([row(number) for number in range(10, 20)])
    jumped = Instant(90_000.0, clock.present.utc.replace(year=2099 if not trusted else 2026), trusted)
    assert free_all(journal, jumped) == (0, 0)


def test_what_a_restart_needs_stays_whatever_its_age_and_freeing_changes_no_fold(journal: Journal, clock: FakeClock) -> None:
    journal.append([alarm_row(1, "open", "suspect"), alarm_row(2, "open", "active"), row(3, alarm_id="open", kind="answered")])
    journal.append([row(4, kind="armed", camera_id="th-03"), row(5, kind="notice")])
    for number in range(10, 20):
        journal.append([alarm_row(2 * number, f"gone{number}", "active"), alarm_row(2 * number + 1, f"gone{number}", "cleared")])
    entries = journal.append([row(number) for number in range(50, 60)])
    journal.advance("police", "real", entries[-1].epoch, entries[-1].sequence)
    before = list(journal.fold())
    assert free_all(journal, clock.later(days=400))[0] == 18 + 1 + 7
    assert list(journal.fold()) == before
    kept = [entry.row for entry in journal.entries("real", 0, 1000)]
    assert [each for each in kept if each.kind != "epoch"] == [each for each in before if each.kind != "epoch"]
    assert alarm_row(1, "open", "suspect") in kept
    assert row(4, kind="armed", camera_id="th-03") in kept
    assert verify(journal.path).right


def test_a_file_that_is_too_large_frees_read_rows_first(tmp_path: Path, clock: FakeClock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "BATCH", 50)
    journal = open_journal(tmp_path, clock, consumers=("police",), max_size_mb=16)
    journal.append([row(0, kind="armed", text="x" * 10_000)])
    for begin in range(1, 1700, 100):
        entries = journal.append([row(number, text="x" * 12_000) for number in range(begin, begin + 100)])
        if begin < 300:
            journal.advance("police", "real", entries[-1].epoch, entries[-1].sequence)
    freed = journal.free(clock())
    assert (freed.rows, freed.unread, freed.more) == (50, 0, True)
    assert free_all(journal, clock())[1] > 0
    assert retention.used_bytes(journal._connection) <= 16_000_000
    assert 0 in numbers(journal)
    notes = [entry.row for entry in journal.entries("real", 0, 5000) if entry.row.kind == "freed"]
    assert {note.data["reason"] for note in notes} == {"size"}
    assert verify(journal.path).right
    journal.close()


def test_a_file_that_cannot_shrink_says_by_how_much(tmp_path: Path, clock: FakeClock) -> None:
    journal = open_journal(tmp_path, clock, max_size_mb=16)
    journal.append([row(number, kind="armed", text="x" * 100_000) for number in range(200)])
    freed = journal.free(clock())
    assert freed.rows == 0
    assert freed.over_bytes > 1_000_000
    assert not freed.more
    journal.close()


def test_ended_tells_go_with_their_rows_and_open_ones_stay(journal: Journal, clock: FakeClock) -> None:
    journal.append([row(1)], [tell(1), tell(2, minutes=10_000_000)])
    journal.tell_done(tell(1).tell_id, "sent", "", clock().utc)
    journal.append([row(number) for number in range(10, 20)])
    now = clock.later(days=40)
    free_all(journal, now)
    assert journal.reports(tell(1).tell_id) == []
    assert [each.tell_id for each in journal.open_tells("gateway", now)] == [tell(2).tell_id]

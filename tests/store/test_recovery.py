"""What a start finds: damaged files, older copies, missing marks, other stations."""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from edged.model.errors import StoreGarbled
from edged.store.delivery import CursorAhead
from edged.store.journal import Journal
from edged.store.mark import SLOT_BYTES, Head, Mark
from edged.store.verify import copy, verify
from tests.store.making import FakeClock, alarm_row, open_journal, row, tell


def left(folder: Path, clock: FakeClock, rows: int = 5, **how: Any) -> tuple[str, int, str]:
    """Leave a journal behind, with an open alarm, an arming and an open tell; return its newest row."""
    journal = open_journal(folder, clock, **how)
    journal.append([alarm_row(1000, "A1", "active"), row(1001, kind="armed", camera_id="th-03")], [tell(1)])
    journal.append([row(number) for number in range(rows)])
    newest = journal.newest("real")
    journal.close()
    return newest


def continues(journal: Journal) -> dict[str, Any]:
    first = journal.entries("real", 0, 1)[0]
    assert first.row.kind == "epoch"
    assert isinstance(first.row.data["continues"], dict)
    return first.row.data["continues"]


@pytest.mark.parametrize("harm", ["header", "half", "text", "garbage", "middle"])
def test_a_damaged_file_is_set_aside_and_a_new_epoch_continues(tmp_path: Path, clock: FakeClock, harm: str) -> None:
    epoch, sequence, digest = left(tmp_path, clock, 300)
    path = tmp_path / "journal.db"
    data = bytearray(path.read_bytes())
    if harm == "header":
        data[:100] = bytes(100)
    elif harm == "half":
        del data[len(data) // 2 :]
    elif harm == "text":
        at = data.index(b'"number":150')
        data[at : at + 12] = b'"number":151'
    elif harm == "garbage":
        data[:] = b"not a database at all, but long enough to be looked at" * 100
    else:
        data[len(data) // 2 : len(data) // 2 + 5000] = b"\xff" * 5000
    path.write_bytes(data)
    journal = open_journal(tmp_path, clock)
    assert journal.opening.cause == "damaged"
    assert journal.opening.reason
    assert continues(journal) == {"epoch": epoch, "last_seq": sequence, "digest": digest}
    assert journal.newest("real")[0] != epoch
    (aside,) = tmp_path.glob("journal-*.damaged.db")
    assert journal.opening.set_aside == aside.name
    assert verify(path).right
    if harm in ("text", "middle"):
        fold = list(journal.fold())
        assert alarm_row(1000, "A1", "active") in fold
        assert row(1001, kind="armed", camera_id="th-03") in fold
        assert journal.open_tells("gateway", clock()) == [tell(1)]
        assert journal.opening.carried > 100
    newest = journal.newest("real")
    journal.close()
    again = open_journal(tmp_path, clock)
    assert again.opening.cause is None
    assert again.newest("real") == newest
    again.close()


def test_a_start_that_was_cut_off_after_setting_aside_still_carries_over(tmp_path: Path, clock: FakeClock) -> None:
    left(tmp_path, clock)
    (tmp_path / "journal.db").rename(tmp_path / "journal.db.damaged")
    journal = open_journal(tmp_path, clock)
    assert journal.opening.cause == "damaged"
    assert alarm_row(1000, "A1", "active") in list(journal.fold())
    assert not (tmp_path / "journal.db.damaged").exists()
    journal.close()


def test_rows_that_nobody_read_are_carried_over_with_their_ids(tmp_path: Path, clock: FakeClock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("edged.store.salvage.NEWEST", 0)
    journal = open_journal(tmp_path, clock, consumers=("police",))
    entries = journal.append([row(number) for number in range(10)])
    journal.advance("police", "real", entries[5].epoch, entries[5].sequence)
    journal.close()
    (tmp_path / "journal.db").rename(tmp_path / "journal.db.damaged")
    again = open_journal(tmp_path, clock, consumers=("police",))
    reader = again.reader()
    carried = [entry.row.row_id for entry in reader.unread("police", "real", 100) if entry.row.kind == "notice"]
    assert carried == [row(number).row_id for number in range(6, 10)]
    reader.close()
    again.close()


def test_a_restored_older_copy_begins_a_new_epoch(tmp_path: Path, clock: FakeClock) -> None:
    left(tmp_path, clock)
    older = tmp_path / "older"
    copy(tmp_path / "journal.db", older)
    journal = open_journal(tmp_path, clock)
    journal.append([row(500), row(501)])
    epoch, sequence, digest = journal.newest("real")
    journal.close()
    shutil.copy(older, tmp_path / "journal.db")
    restored = open_journal(tmp_path, clock)
    assert restored.opening.cause == "restored_copy"
    assert continues(restored) == {"epoch": epoch, "last_seq": sequence, "digest": digest}
    assert restored.advance("police", "real", epoch, sequence)
    found = verify(restored.path)
    assert found.right
    assert f"rows {sequence - 1} to {sequence} are not in this file" in found.notes[0]
    reader = restored.reader()
    unread = reader.unread("police", "real", 100)
    assert [entry.row.kind for entry in unread] == ["epoch"]
    assert reader.epochs("real") == [epoch, restored.newest("real")[0]]
    reader.close()
    restored.close()


def test_a_copy_that_went_on_elsewhere_is_noticed_by_its_digest(tmp_path: Path, clock: FakeClock) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    left(here, clock)
    shutil.copytree(here, there)
    for folder, number in ((here, 1), (there, 2)):
        journal = open_journal(folder, clock)
        journal.append([row(number * 100)])
        journal.close()
    shutil.copy(there / "journal.db", here / "journal.db")
    journal = open_journal(here, clock)
    assert journal.opening.cause == "restored_copy"
    assert verify(journal.path).right
    journal.close()


@pytest.mark.parametrize(("gone", "cause"), [("journal.mark", "mark_lost"), ("journal.db", "journal_lost")])
def test_a_missing_half_begins_a_new_epoch_that_continues_the_other(tmp_path: Path, clock: FakeClock, gone: str, cause: str) -> None:
    epoch, sequence, digest = left(tmp_path, clock)
    (tmp_path / gone).unlink()
    journal = open_journal(tmp_path, clock)
    assert journal.opening.cause == cause
    assert continues(journal) == {"epoch": epoch, "last_seq": sequence, "digest": digest}
    assert verify(journal.path).right
    journal.close()


def test_another_station_id_begins_a_new_epoch(tmp_path: Path, clock: FakeClock) -> None:
    left(tmp_path, clock)
    journal = open_journal(tmp_path, clock, station="cuntan-02")
    assert journal.opening.cause == "renamed"
    journal.close()
    again = open_journal(tmp_path, clock, station="cuntan-02")
    assert again.opening.cause is None
    again.close()


def test_many_epochs_verify_in_one_file(tmp_path: Path, clock: FakeClock) -> None:
    for number in range(4):
        journal = open_journal(tmp_path, clock)
        journal.append([row(number), row(number, "test")])
        journal.close()
        (tmp_path / "journal.mark").unlink()
    found = verify(tmp_path / "journal.db")
    assert found.right
    assert found.rows == 16


def test_a_consumer_that_knows_more_than_the_journal_leads_to_a_new_epoch(tmp_path: Path, clock: FakeClock) -> None:
    journal = open_journal(tmp_path, clock)
    epoch, _, digest = journal.newest("real")
    with pytest.raises(CursorAhead) as ahead:
        journal.advance("police", "real", epoch, 150)
    begun = journal.begin_epoch("cursor_ahead", {ahead.value.lane: ahead.value.sequence})
    assert begun[0].row.data["continues"] == {"epoch": epoch, "last_seq": 150, "digest": digest}
    assert journal.advance("police", "real", epoch, 150)
    assert journal.newest("real")[:2] == (begun[0].epoch, 1)
    assert verify(journal.path).right
    journal.close()


@pytest.mark.parametrize("name", ["first row", "middle", "last row", "missing", "tail"])
def test_verify_names_the_first_wrong_row(journal: Journal, name: str) -> None:
    journal.append([row(number) for number in range(10)])
    where, wrong = {
        "first row": ("UPDATE event SET payload = replace(payload, 'system', 'camera') WHERE sequence = 1 AND lane = 'real'", 1),
        "middle": ("UPDATE event SET payload = replace(payload, '\"number\":4', '\"number\":9') WHERE lane = 'real'", 6),
        "last row": ("UPDATE event SET digest = '00' WHERE sequence = 11", 11),
        "missing": ("DELETE FROM event WHERE sequence = 7", 7),
        "tail": ("DELETE FROM event WHERE sequence >= 10", 10),
    }[name]
    assert verify(journal.path).right
    other = sqlite3.connect(journal.path)
    with other:
        other.execute(where)
    other.close()
    found = verify(journal.path)
    assert found.wrong is not None
    assert (found.wrong.lane, found.wrong.sequence) == ("real", wrong)
    assert verify(journal.path, "test").right
    if wrong > 3:
        assert verify(journal.path, "real", 1, wrong - 1).right


def test_verify_of_a_part_and_of_what_is_no_journal(journal: Journal, tmp_path: Path) -> None:
    journal.append([row(number) for number in range(20)])
    assert verify(journal.path, "real", 5, 9).rows == 5
    assert verify(journal.path, "real", 15).rows == 7
    assert verify(journal.path, "real", 500).rows == 0
    other = tmp_path / "else.db"
    with sqlite3.connect(other) as made:
        made.execute("CREATE TABLE x (y)")
    with pytest.raises(StoreGarbled, match="not a journal"):
        verify(other)
    text = tmp_path / "text.db"
    text.write_text("鱼" * 5000)
    with pytest.raises(StoreGarbled):
        verify(text)


def test_a_torn_mark_falls_back_to_its_other_slot(tmp_path: Path) -> None:
    mark = Mark.open(tmp_path / "journal.mark")
    first, second = {"real": Head("aa", 1, "11")}, {"real": Head("aa", 2, "22")}
    mark.write(first)
    mark.write(second)
    mark.close()
    data = bytearray((tmp_path / "journal.mark").read_bytes())
    newest = data.index(b'"22"') // SLOT_BYTES
    data[newest * SLOT_BYTES + 30] ^= 0x55
    (tmp_path / "journal.mark").write_bytes(data)
    again = Mark.open(tmp_path / "journal.mark")
    assert again.heads == first
    again.close()

"""Appending and reading: contiguous, chained, once, atomic, one daemon."""

from __future__ import annotations

import hashlib
import sqlite3
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from edged.model.errors import StoreGarbled, StoreRefused
from edged.model.journal import Row
from edged.store import schema
from edged.store.digest import GENESIS, chained
from edged.store.form import ROW, canonical
from edged.store.journal import Journal
from edged.store.reader import JournalReader
from edged.store.verify import verify
from tests.store.making import START, FakeClock, alarm_row, open_journal, row, tell


def test_first_row_of_each_lane_names_the_epoch(journal: Journal) -> None:
    for lane in ("real", "test"):
        (first,) = journal.entries(lane, 0, 10)
        assert (first.sequence, first.row.kind, first.row.change) == (1, "epoch", "first")
        assert first.row.data == {"epoch": first.epoch, "continues": None}
    assert journal.opening.cause == "first"


def test_rows_are_contiguous_in_each_lane_and_chained(journal: Journal) -> None:
    written = journal.append([row(1), row(2, "test"), row(3), alarm_row(4, "A1", "active")])
    assert [(entry.row.lane, entry.sequence) for entry in written] == [("real", 2), ("test", 2), ("real", 3), ("real", 4)]
    read = journal.entries("real", 0, 10)
    assert [entry.sequence for entry in read] == [1, 2, 3, 4]
    assert read[3] == written[3]
    before = GENESIS
    for entry in read:
        before = chained(before, "real", entry.epoch, entry.sequence, canonical(ROW, entry.row))
        assert entry.digest == before
    assert journal.newest("real") == (read[3].epoch, 4, read[3].digest)
    assert journal.oldest("real") == 1


def test_digest_is_the_formula_of_the_contract() -> None:
    whole = bytes(32) + b"real\n7c1e\n" + b"00000000000000000005\n" + b'{"a":1}'
    assert chained(GENESIS, "real", "7c1e", 5, b'{"a":1}') == hashlib.sha256(whole).hexdigest()


def test_a_row_that_comes_twice_is_written_once_and_returns_its_first_entry(journal: Journal) -> None:
    first = journal.append([row(1), row(2)])
    again = journal.append([row(1), row(3), row(3)])
    assert again[0] == first[0]
    assert again[1] == again[2]
    assert [entry.row.data.get("number") for entry in journal.entries("real", 1, 10)] == [1, 2, 3]


def test_the_same_id_with_another_content_is_refused_and_nothing_written(journal: Journal) -> None:
    journal.append([row(1)])
    before = journal.newest("real")
    with pytest.raises(StoreGarbled, match="another content"):
        journal.append([row(2), replace(row(1), change="else")])
    assert journal.newest("real") == before


def test_rows_and_tells_go_together_or_not_at_all(journal: Journal, clock: FakeClock) -> None:
    journal.append([row(1)], [tell(1)])
    with pytest.raises(StoreGarbled):
        journal.append([row(2)], [replace(tell(1), text_s="else")])
    assert journal.newest("real")[1] == 2
    with pytest.raises(StoreGarbled):
        journal.append([row(3), replace(row(4), data={"socket": object()})], [tell(2)])
    assert journal.newest("real")[1] == 2
    assert [found.tell_id for found in journal.open_tells("gateway", clock())] == [tell(1).tell_id]


def test_odd_text_and_odd_numbers_do_not_cost_a_row(journal: Journal) -> None:
    odd = row(1, text="地\ud800址\0\n", value=float("nan"), big=2**80)
    journal.append([odd, row(2)])
    read = journal.entries("real", 1, 10)
    assert read[0].row.data["text"] == "地?址\0\n"
    assert read[0].row.data["big"] == 2**80
    assert read[1].row == row(2)
    assert verify(journal.path).right


def test_a_payload_of_a_newer_edged_keeps_its_number_as_a_notice(journal: Journal) -> None:
    journal.append([row(1), row(2)])
    other = sqlite3.connect(journal.path)
    with other:
        other.execute(
            "UPDATE event SET payload = replace(payload, '\"notice\"', '\"from_the_future\"') WHERE sequence = 2 AND lane = 'real'"
        )
    other.close()
    read = journal.entries("real", 1, 10)
    assert [entry.sequence for entry in read] == [2, 3]
    assert (read[0].row.kind, read[0].row.change, read[0].row.row_id) == ("notice", "unreadable", row(1).row_id)
    assert "kind" in read[0].row.data["reason"]
    assert read[1].row == row(2)


def test_a_second_daemon_is_refused_with_the_holders_pid(journal: Journal, tmp_path: Path, clock: FakeClock) -> None:
    import os

    with pytest.raises(StoreRefused, match=f"process {os.getpid()}") as refused:
        open_journal(tmp_path, clock)
    assert "systemctl stop edged" in refused.value.said("zh")
    journal.close()
    open_journal(tmp_path, clock).close()


def test_reopening_continues_the_same_epoch(tmp_path: Path, clock: FakeClock) -> None:
    first = open_journal(tmp_path, clock)
    first.append([row(1)])
    newest = first.newest("real")
    first.close()
    again = open_journal(tmp_path, clock)
    assert again.opening.cause is None
    assert again.newest("real") == newest
    (entry,) = again.append([row(2)])
    assert (entry.epoch, entry.sequence) == (newest[0], 3)
    again.close()


def test_a_reader_on_another_thread_sees_commits_and_cannot_write(journal: Journal) -> None:
    reader = journal.reader()
    seen: list[int] = []

    def read() -> None:
        seen.append(reader.newest("real")[1])

    journal.append([row(1)])
    other = threading.Thread(target=read)
    other.start()
    other.join(10)
    assert seen == [2]
    assert reader.oldest("real") == 1
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        reader._connection.execute("DELETE FROM event")
    reader.close()


def test_entries_honours_after_limit_and_epoch(journal: Journal) -> None:
    journal.append([row(number) for number in range(20)])
    assert [entry.sequence for entry in journal.entries("real", 5, 3)] == [6, 7, 8]
    assert journal.entries("real", 2**70, 3) == []
    assert journal.entries("real", 0, -1) == []
    assert journal.entries("real", 0, 5, "nosuch") == []


def test_a_newer_schema_is_refused_with_the_way_out(tmp_path: Path, clock: FakeClock) -> None:
    open_journal(tmp_path, clock).close()
    raw = sqlite3.connect(tmp_path / "journal.db")
    raw.execute("PRAGMA user_version=99").close()
    raw.close()
    with pytest.raises(StoreRefused, match="newer edged"):
        open_journal(tmp_path, clock)
    assert not list(tmp_path.glob("*damaged*"))


def test_a_migration_step_runs_once_and_whole(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    connection = schema.opened(path, 1.0)
    schema.migrate(connection, path)
    steps = (*schema.STEPS, "CREATE TABLE extra (x INTEGER); INSERT INTO extra VALUES (7)")
    assert schema.migrate(connection, path, steps) == len(schema.STEPS)
    assert schema.migrate(connection, path, steps) == len(steps)
    assert connection.execute("SELECT x FROM extra").fetchall() == [(7,)]
    broken = (*steps, "CREATE TABLE more (x INTEGER); INSERT INTO nosuch VALUES (1)")
    with pytest.raises(sqlite3.OperationalError):
        schema.migrate(connection, path, broken)
    assert schema.version_of(connection, path) == len(steps)
    assert connection.execute("SELECT count(*) FROM sqlite_master WHERE name = 'more'").fetchone() == (0,)
    connection.close()


def test_a_probe_commits_and_leaves_no_row(journal: Journal) -> None:
    before = journal.newest("real")
    journal.probe()
    assert journal.newest("real") == before


def test_fold_gives_both_lanes_in_order_of_commit(journal: Journal) -> None:
    rows: list[Row] = [alarm_row(1, "A1", "active"), row(2, "test"), row(3, kind="armed"), alarm_row(4, "T1", "active", "test")]
    for each in rows:
        journal.append([each])
    assert [each for each in journal.fold() if each.kind != "epoch"] == rows
    for each in journal.fold():
        journal.append([row(100, at=START)])
        assert each.at == START


def test_a_missing_journal_is_told_in_words(tmp_path: Path) -> None:
    from edged.model.errors import StoreUnreachable

    with pytest.raises(StoreUnreachable, match="No such file"):
        JournalReader.open(tmp_path / "journal.db")


def test_each_thing_that_is_tried_has_chinese_words() -> None:
    import re

    from edged.store import faults

    source = "".join(path.read_text(encoding="utf-8") for path in Path(faults.__file__).parent.glob("*.py"))
    tried = set(re.findall(r'(?:told\([\w.]+, |_writing\(|doing = )"([^"]+)"', source))
    assert tried == set(faults.DOING)

"""One suite over the journal in memory and the journal on disk: what outputs rely on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from edged.model.journal import Row
from edged.output.base import JournalReader
from tests.fakes.journal_reader import AT, MemoryJournal, make_row, make_tell


class Disk:
    """The journal on disk with the writing calls of the one in memory."""

    def __init__(self, folder: Path) -> None:
        from edged import clock
        from edged.store.journal import Journal
        from edged.store.reader import JournalReader as Reader
        from edged.store.settings import StoreSettings

        self.writer = Journal.open(folder / "journal.sqlite3", "cuntan-01", StoreSettings(), clock.now)
        self.reader = Reader.open(self.writer.path)


@pytest.fixture(params=["memory", "disk"])
def made(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[JournalReader, Any]]:
    if request.param == "memory":
        journal = MemoryJournal()
        yield journal, journal
        return
    disk = Disk(tmp_path)
    yield disk.reader, disk.writer
    disk.reader.close()
    disk.writer.close()


def put(writer: Any, *rows: Row) -> None:
    if isinstance(writer, MemoryJournal):
        writer.append(*rows)
    else:
        writer.append(list(rows))


def test_rows_are_contiguous_by_lane_and_heads_agree(made: tuple[JournalReader, Any]) -> None:
    reader, writer = made
    start = reader.newest("real")[1]
    put(writer, *[make_row(n) for n in range(1, 6)], make_row(1, "test"))
    epoch, newest, digest = reader.newest("real")
    entries = reader.entries("real", 0, 100)
    assert [entry.sequence for entry in entries] == list(range(1, newest + 1))
    assert newest == start + 5
    assert (entries[-1].digest, entries[-1].epoch) == (digest, epoch)
    assert reader.entries("real", newest, 10) == []
    assert [entry.sequence for entry in reader.entries("real", newest - 2, 1)] == [newest - 1]
    assert reader.entries("real", 0, 10, "no-such-epoch") == []
    assert reader.oldest("real") == 1
    assert reader.epochs("real")[-1] == epoch
    assert reader.newest("test")[0] in reader.epochs("test")
    assert entries[-1].row == make_row(5)


def test_cursors_move_forward_only(made: tuple[JournalReader, Any]) -> None:
    reader, writer = made
    put(writer, *[make_row(n) for n in range(1, 6)])
    epoch, newest, _ = reader.newest("real")
    assert reader.cursor("city", "real") is None
    writer.advance("city", "real", epoch, newest)
    writer.advance("city", "real", epoch, newest - 1)
    assert reader.cursor("city", "real") == (epoch, newest)
    assert reader.cursor("city", "test") is None


def test_open_tells_by_path_late_ones_included(made: tuple[JournalReader, Any]) -> None:
    reader, writer = made
    tells = [make_tell("T1"), make_tell("T2", path="duty")]
    if isinstance(writer, MemoryJournal):
        writer.append(make_row(1))
        writer.tells.update({tell.tell_id: tell for tell in tells})
    else:
        writer.append([make_row(1)], tells)
    assert [tell.tell_id for tell in reader.open_tells("gateway", AT)] == ["T1"]
    assert [tell.tell_id for tell in reader.open_tells("duty", AT.replace(year=2027))] == ["T2"]

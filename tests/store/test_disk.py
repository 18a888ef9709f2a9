"""A full or read-only disk: words, nothing half-written, and rows that still fit where room was kept."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from edged.model.errors import StoreGarbled, StoreUnreachable
from edged.store.journal import Journal
from edged.store.schema import opened_for_reading
from edged.store.verify import copy, verify
from tests.store.making import FakeClock, open_journal, row, tell

ROOT = Path(__file__).parents[2]


def test_a_full_file_is_told_and_nothing_is_half_written(journal: Journal, clock: FakeClock) -> None:
    journal.append([row(1)])
    (pages,) = journal._connection.execute("PRAGMA page_count").fetchone()
    journal._connection.execute(f"PRAGMA max_page_count={pages}").close()
    before = journal.newest("real")
    with pytest.raises(StoreUnreachable, match="free room on this disk") as full:
        journal.append([row(2), row(3, text="x" * 200_000)], [tell(2)])
    assert "清理磁盘空间" in full.value.said("zh")
    assert journal.newest("real") == before
    assert journal.open_tells("gateway", clock()) == []
    journal._connection.execute("PRAGMA max_page_count=1000000").close()
    assert journal.append([row(2), row(3, text="x" * 200_000)], [tell(2)])[1].sequence == 4
    assert verify(journal.path).right


def test_room_that_was_kept_takes_rows_when_no_file_can_grow(tmp_path: Path) -> None:
    """The file size limit of a child stands in for a full disk: it refuses growth and allows writing what is there."""
    script = """
import resource, signal, sys
from pathlib import Path
from edged.model.errors import StoreUnreachable
from tests.store.making import FakeClock, open_journal, row
folder, reserve = Path(sys.argv[1]), int(sys.argv[2])
journal = open_journal(folder, FakeClock(), reserve_mb=reserve)
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
largest = max(path.stat().st_size for path in folder.iterdir())
resource.setrlimit(resource.RLIMIT_FSIZE, (largest, resource.RLIM_INFINITY))
written = 0
try:
    while written < 3000:
        journal.append([row(written, text="x" * 1000)])
        written += 1
except StoreUnreachable as fault:
    print(written, fault)
else:
    print(written)
"""
    told = {}
    for reserve in (0, 4):
        folder = tmp_path / str(reserve)
        done = subprocess.run(
            [sys.executable, "-c", script, str(folder), str(reserve)], cwd=ROOT, capture_output=True, text=True, timeout=60, check=True
        )
        told[reserve] = int(done.stdout.split()[0])
        assert "disk" in done.stdout or told[reserve] == 3000
        assert verify(folder / "journal.db").right
    assert told[0] < 1000 < told[4]


def test_a_locked_file_is_told_within_its_time(tmp_path: Path, clock: FakeClock) -> None:
    import sqlite3

    journal = open_journal(tmp_path, clock, busy_timeout_s=0.05)
    other = sqlite3.connect(journal.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreUnreachable, match="another program holds the file"):
        journal.append([row(1)])
    other.execute("ROLLBACK")
    other.close()
    assert journal.append([row(1)])[0].sequence == 2
    journal.close()


def test_a_mark_that_cannot_be_written_is_told_and_repeating_is_harmless(journal: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(descriptor: int) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr("edged.store.mark.os.fdatasync", refuse)
    with pytest.raises(StoreUnreachable, match="mark"):
        journal.append([row(1)])
    monkeypatch.undo()
    (entry,) = journal.append([row(1)])
    assert entry.sequence == 2
    assert journal._mark.heads["real"].sequence == 2


def test_damage_met_while_running_is_garbled(journal: Journal) -> None:
    journal.append([row(number, text="x" * 2000) for number in range(200)])
    journal._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").close()
    journal._connection.execute("PRAGMA shrink_memory").close()
    size = journal.path.stat().st_size
    with journal.path.open("r+b") as file:
        file.seek(4096)
        file.write(os.urandom(size - 4096))
    with pytest.raises(StoreGarbled, match="restart edged"):
        journal.append([row(1000)])


def test_a_copy_is_read_without_write_permission(journal: Journal, tmp_path: Path) -> None:
    journal.append([row(number) for number in range(50)])
    target = tmp_path / "away" / "copy.db"
    target.parent.mkdir()
    copy(journal.path, target)
    copy(journal.path, target)
    assert sorted(path.name for path in target.parent.iterdir()) == ["copy.db"]
    target.chmod(0o444)
    target.parent.chmod(0o555)
    found = as_nobody(target)
    assert found in ("(51, True)", "skipped: not root"), found
    target.parent.chmod(0o755)


def test_a_journal_after_a_clean_stop_is_read_without_write_permission(tmp_path: Path, clock: FakeClock) -> None:
    journal = open_journal(tmp_path, clock)
    journal.append([row(number) for number in range(50)])
    journal.close()
    connection = opened_for_reading(journal.path)
    connection.close()
    found = as_nobody(journal.path)
    assert found in ("(51, True)", "skipped: not root"), found


def as_nobody(path: Path) -> str:
    """Return (rows of the lane, chain right) as a user without any write permission sees them; only root can become one."""
    if os.geteuid() != 0:
        pytest.skip("only root can become another user")
    script = (
        "import os, sys; from edged.store.verify import verify; from pathlib import Path; "
        "os.setgroups([]); os.setgid(65534); os.setuid(65534); "
        "found = verify(Path(sys.argv[1]), 'real'); print((found.rows, found.right))"
    )
    for folder in path.parents:
        if folder != Path("/") and folder.stat().st_uid == os.geteuid() and str(folder).startswith("/tmp/"):
            folder.chmod(folder.stat().st_mode | 0o055)
    path.chmod(0o444)
    done = subprocess.run([sys.executable, "-c", script, str(path)], cwd=ROOT, capture_output=True, text=True, timeout=30, check=False)
    return done.stdout.strip() or done.stderr.strip()

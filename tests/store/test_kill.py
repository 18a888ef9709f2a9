"""SIGKILL at any moment: contiguous, chained, and every acknowledged row and tell is there."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from edged.store.journal import Journal
from edged.store.verify import verify
from tests.store.making import SMALL, FakeClock

ROOT = Path(__file__).parents[2]


def acknowledged_until_killed(path: Path, first: int, lines: int, pause_s: float) -> list[tuple[str, str, int, str, str]]:
    child = subprocess.Popen(
        [sys.executable, "-m", "tests.store.appender", str(path), str(first)], stdout=subprocess.PIPE, cwd=ROOT, text=True
    )
    assert child.stdout is not None
    read = [child.stdout.readline() for _ in range(lines)]
    time.sleep(pause_s)  # the moment of the kill is what is varied here
    os.kill(child.pid, signal.SIGKILL)
    read += child.stdout.read().splitlines(keepends=True)
    child.wait(10)
    assert child.returncode == -signal.SIGKILL
    whole = [line.split() for line in read if line.endswith("\n")]
    return [(lane, epoch, int(sequence), row_id, tell_id) for lane, epoch, sequence, row_id, tell_id in whole]


def play(folder: Path, kills: int) -> int:
    path = folder / "journal.db"
    chance = random.Random(20261122)
    known: list[tuple[str, str, int, str, str]] = []
    for number in range(kills):
        known += acknowledged_until_killed(path, number * 1_000_000, chance.randint(1, 60), chance.random() * 0.02)
        found = verify(path)
        assert found.right, found
        journal = Journal.open(path, "cuntan-01", SMALL, FakeClock())
        assert journal.opening.cause is None
        connection = journal._connection
        rows = {row[0]: row[1:] for row in connection.execute("SELECT row_id, lane, epoch, sequence FROM event")}
        tells = {tell_id for (tell_id,) in connection.execute("SELECT tell_id FROM tell")}
        for lane, epoch, sequence, row_id, tell_id in known:
            assert rows[row_id] == (lane, epoch, sequence)
            assert tell_id in tells
        for lane in ("real", "test"):
            sequences = [at for (at,) in connection.execute("SELECT sequence FROM event WHERE lane = ? ORDER BY sequence", (lane,))]
            assert sequences == list(range(1, len(sequences) + 1))
        journal.close()
    return len(known)


def test_five_kills_lose_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    assert play(tmp_path, 5) > 50


@pytest.mark.long
@pytest.mark.timeout(600)
def test_fifty_kills_lose_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    assert play(tmp_path, 50) > 500

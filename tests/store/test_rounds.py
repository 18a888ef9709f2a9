"""The file of the temperature rounds: a year of them in bounded room, and nothing that a kill, a full disk or a clock can spoil."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sqlite3
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from edged.model.errors import StoreUnreachable
from edged.model.instant import Instant
from edged.model.rounds import SpotMeasure
from edged.store.retention import used_bytes
from edged.store.rounds import RoundStore
from edged.store.settings import StoreSettings

NOW = Instant(0.0, datetime(2026, 11, 22, 3, 0, tzinfo=UTC))
DAY = 86_400.0


def measure(ago_s: float, value: float | None = 40.0, name: str = "t1", valid: bool = True) -> SpotMeasure:
    at = NOW.utc - timedelta(seconds=ago_s)
    cause = None if value is not None else "hot_track"
    return SpotMeasure(name, "th-1", "v", 1, 0.0, at, "radiometric", 60, 5, valid, value, value, value, value, cause=cause)  # type: ignore[arg-type]


def opened(tmp_path: Path, **settings: int) -> RoundStore:
    return RoundStore.open(tmp_path / "rounds.db", StoreSettings(**settings))


def test_what_is_written_is_read_once_however_often_it_comes(tmp_path: Path) -> None:
    store = opened(tmp_path)
    visit = [measure(600.0, 41.0), measure(600.0, None, "t2")]
    store.add(visit, True)
    store.add([measure(600.0, 99.0)], True)
    store.close()
    store = opened(tmp_path)
    (row,) = store.read("t1", NOW.utc.timestamp() - DAY)
    assert (row.high, row.object_high_c, row.cause, row.span_s, row.at_s) == (41.0, 41.0, None, 0, NOW.utc.timestamp() - 600.0)
    assert [r.cause for r in store.read("t2", 0.0)] == ["hot_track"]
    assert store.read("t1", NOW.utc.timestamp() - 60.0) == []
    assert (tmp_path / "rounds.db").stat().st_mode & 0o777 == 0o640


def test_a_long_course_is_thinned_in_reading_and_keeps_its_newest(tmp_path: Path) -> None:
    store = opened(tmp_path)
    store.add([measure(60.0 * n, float(n)) for n in range(100)], True)
    rows = store.read("t1", 0.0, most=30)
    assert len(rows) <= 30
    assert rows[-1].high == 0.0


def test_after_a_month_only_hourly_means_are_left(tmp_path: Path) -> None:
    store = opened(tmp_path)
    base = 40 * DAY
    store.add([measure(base + 600.0 * n, 30.0 + n) for n in range(6)], True)
    store.add([measure(base + 5.0, None), measure(base + 7200.0, None), measure(DAY, 50.0)], True)
    while store.free(NOW):
        pass
    rows = store.read("t1", 0.0)
    assert [r.span_s for r in rows] == [3600] * (len(rows) - 1) + [0]
    assert sum(r.count for r in rows) == 7
    assert max(r.high_most or 0.0 for r in rows[:-1]) == 35.0
    assert sum((r.high or 0.0) * r.count for r in rows[:-1]) == pytest.approx(sum(30.0 + n for n in range(6)))
    again = store.read("t1", 0.0)
    store.free(NOW)
    assert store.read("t1", 0.0) == again


def test_over_a_year_and_over_the_limit_the_oldest_go(tmp_path: Path) -> None:
    store = opened(tmp_path, rounds_mb=2)
    store.add([measure(400 * DAY), measure(300 * DAY)], True)
    store.free(NOW)
    assert [round((NOW.utc.timestamp() - r.at_s) / DAY) for r in store.read("t1", 0.0)] == [300]
    store.add([measure(10.0 * n, name=f"spot-{n % 9}") for n in range(20_000)], True)
    assert used_bytes(store._connection) > 2_000_000
    for _ in range(20):
        store.free(NOW)
    assert used_bytes(store._connection) <= 2_000_000
    store.add([measure(-10.0, 77.0)], True)
    assert store.read("t1", 0.0)[-1].high == 77.0
    (rows,) = store._connection.execute("SELECT count(*) FROM measure").fetchone()
    assert 12_000 < rows < 18_000


def test_a_clock_that_jumps_or_is_not_trusted_frees_nothing(tmp_path: Path) -> None:
    store = opened(tmp_path)
    store.add([measure(60.0, 41.0), measure(120.0, 42.0)], True)
    assert not store.free(Instant(0.0, NOW.utc + timedelta(days=3650), False))
    store.add([measure(-3650 * DAY, 43.0)], False)
    assert not store.free(NOW)
    assert len(store.read("t1", 0.0)) == 3


def test_means_for_slopes_are_of_what_is_valid_and_trusted(tmp_path: Path) -> None:
    store = opened(tmp_path)
    store.add([measure(600.0 * n, 40.0 + n) for n in range(1, 19)], True)
    store.add([measure(650.0, None), measure(660.0, 900.0, valid=False)], True)
    store.add([measure(670.0, 900.0)], False)
    until = NOW.utc.timestamp()
    means = store.means("t1", until - DAY, until, 1800.0)
    assert 6 <= len(means) <= 7
    assert [at for at, _ in means] == sorted(at for at, _ in means)
    assert all(40.0 <= value <= 58.0 for _, value in means)
    assert means[0][1] > means[-1][1]


@pytest.mark.parametrize("damage", ["garbage", "other", "newer"])
def test_a_damaged_file_is_set_aside_and_begun_anew(tmp_path: Path, damage: str) -> None:
    path = tmp_path / "rounds.db"
    if damage == "garbage":
        path.write_bytes(b"not a database" * 1000)
    else:
        connection = sqlite3.connect(path)
        connection.execute("CREATE TABLE alien (x)")
        connection.execute(f"PRAGMA user_version={0 if damage == 'other' else 99}")
        connection.commit()
        connection.close()
    store = opened(tmp_path)
    assert store.set_aside == tmp_path / "rounds.db.damaged"
    assert store.set_aside.exists()
    store.add([measure(1.0)], True)
    assert len(store.read("t1", 0.0)) == 1


def test_a_full_disk_costs_the_row_and_no_other(tmp_path: Path) -> None:
    store = opened(tmp_path)
    store.add([measure(60.0)], True)
    pages = store._connection.execute("PRAGMA page_count").fetchone()[0]
    store._connection.execute(f"PRAGMA max_page_count={pages}")
    with pytest.raises(StoreUnreachable, match="free room"):
        store.add([measure(1000.0 + n, name="x" * 400) for n in range(200)], True)
    store._connection.execute("PRAGMA max_page_count=1000000")
    store.add([measure(30.0)], True)
    assert len(store.read("t1", 0.0)) == 2
    assert store.read("x" * 400, 0.0) == []


def _write_until_killed(folder: str, ready: int) -> None:
    store = opened(Path(folder))
    for number in range(100_000):
        store.add([replace(measure(float(number)), px=number), measure(float(number), name="t2")], True)
        if number == 30:
            os.write(ready, b"x")


def test_a_kill_leaves_whole_visits(tmp_path: Path) -> None:
    end, ready = os.pipe()
    child = multiprocessing.get_context("fork").Process(target=_write_until_killed, args=(str(tmp_path), ready))
    child.start()
    os.read(end, 1)
    assert child.pid is not None
    os.kill(child.pid, signal.SIGKILL)
    child.join(10.0)
    store = opened(tmp_path)
    assert store.set_aside is None
    first, second = store.read("t1", 0.0), store.read("t2", 0.0)
    assert len(first) == len(second) > 30

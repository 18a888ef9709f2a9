"""Kept sightings: what goes in comes out, a wrong clock or a full disk costs little and nothing else, and a damaged file is set aside."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from edged.model.errors import StoreError, StoreGarbled, StoreUnreachable
from edged.model.instant import Instant
from edged.model.visit import BlindRun, InArea, Judgement, Visit, WatchCell
from edged.store.settings import StoreSettings
from edged.store.sightings import NAME, SightingReader, SightingStore, VisitAt

T0 = datetime(2026, 11, 27, 2, 0, tzinfo=UTC)
NOW = Instant(1000.0, T0)
VISIT = Visit(
    "th-1/a/1/1/0", "th-1", "a", 1, 1, T0, T0 + timedelta(seconds=30), 10.0, -3.0, 0.1, 4.0, "radiometric", 40.0, 25.0, 1.8, 1.8, 2.0,
    1.9, 2.3, 0.0, ("hot", "new"), ("known_heat",), (InArea("chimney", "known_heat", 3.0),), lat_wgs84=29.6, lon_wgs84=106.6, place="A3",
)  # fmt: skip


def anything(_: VisitAt) -> bool:
    return True


def store(folder: Path, **settings: int) -> SightingStore:
    return SightingStore(folder / NAME, StoreSettings(**settings))


def kept(folder: Path) -> list[Visit]:
    return SightingReader(folder / NAME).visits(T0 - timedelta(days=4000), T0 + timedelta(days=9000), anything, 100_000)[0]


def many(count: int, age: timedelta = timedelta()) -> list[Visit]:
    at = T0 - age
    return [replace(VISIT, key=f"{age}/{n}", first_seen_at=at, last_seen_at=at + timedelta(seconds=n)) for n in range(count)]


def test_a_visit_comes_back_whole_and_the_newest_version_counts(tmp_path: Path) -> None:
    held = store(tmp_path)
    held.put([VISIT])
    later = replace(VISIT, last_seen_at=T0 + timedelta(minutes=9), state="suspect", alarm_id="A", display_id="0007")
    held.put([later])
    reader = SightingReader(tmp_path / NAME)
    assert reader.visits(T0, T0 + timedelta(hours=1), lambda v: v.camera_id == "th-1" and v.pan_deg == 10.0) == ([later], 0)
    assert reader.of_alarm("A") == reader.of_alarm("0007") == [later]
    assert reader.visits(T0, T0 + timedelta(hours=1), lambda v: v.camera_id == "th-2") == ([], 0)
    assert reader.visits(T0 - timedelta(hours=2), T0 - timedelta(hours=1), anything) == ([], 0)


def test_the_newest_come_first_and_the_rest_is_counted(tmp_path: Path) -> None:
    store(tmp_path).put(many(8))
    found, more = SightingReader(tmp_path / NAME).visits(T0, T0 + timedelta(hours=1), anything, 3)
    assert ([v.key.split("/")[1] for v in found], more) == (["7", "6", "5"], 5)


def test_watching_is_added_up_and_blindness_kept(tmp_path: Path) -> None:
    held, end = store(tmp_path), T0 + timedelta(seconds=40)
    cell = WatchCell("th-1", "a", T0, 30.0, T0 + timedelta(seconds=30), (("moving", 4.0),))
    held.put(cells=[cell])
    held.put(cells=[replace(cell, watched_s=10.0, last_at=None, blind_s=(("moving", 1.0), ("fog", 2.0)))])
    held.put(runs=[BlindRun("th-1", T0, T0 + timedelta(seconds=5), "fog"), BlindRun("th-1", T0, end, "frozen")])
    reader = SightingReader(tmp_path / NAME)
    assert reader.cells(T0, T0, ["th-1"]) == [replace(cell, watched_s=40.0, blind_s=(("moving", 5.0), ("fog", 2.0)))]
    assert reader.last_watched("th-1", "a") == reader.last_watched("th-1", None) == cell.last_at
    assert reader.last_watched("th-1", "b") is None
    assert reader.blind(T0 + timedelta(seconds=20), T0 + timedelta(hours=1), ["th-1"]) == [BlindRun("th-1", T0, end, "frozen")]
    assert reader.first() == T0


def test_without_a_file_nothing_is_known_and_none_is_made(tmp_path: Path) -> None:
    reader = SightingReader(tmp_path / NAME)
    assert (kept(tmp_path), reader.first(), reader.judgements(), reader.proposed()) == ([], None, [], {})
    assert list(tmp_path.iterdir()) == []


def test_what_is_old_goes(tmp_path: Path) -> None:
    held = store(tmp_path, sightings_days=90)
    held.put(many(20, timedelta(days=91)) + many(20, timedelta(days=89)))
    held.free(NOW)
    assert len(kept(tmp_path)) == 20


def test_a_clock_that_jumps_costs_little_and_one_that_is_not_trusted_nothing(tmp_path: Path) -> None:
    held = store(tmp_path)
    held.put(many(3000))
    ahead = NOW.utc + timedelta(days=3650)
    held.free(Instant(1000.0, ahead, False))
    assert len(kept(tmp_path)) == 3000
    held.free(Instant(1000.0, ahead, True))
    assert 2800 < len(kept(tmp_path)) < 3000
    held.free(Instant(1000.0, datetime(1970, 1, 2, tzinfo=UTC), True))
    assert len(kept(tmp_path)) > 2800


def test_the_oldest_go_when_the_room_is_used_up(tmp_path: Path) -> None:
    held = store(tmp_path, sightings_mb=1)
    held.put(many(2000))
    before = len(kept(tmp_path))
    for _ in range(20):
        held.free(NOW)
    left = kept(tmp_path)
    assert 300 < len(left) < before
    assert max(v.last_seen_at for v in left) == T0 + timedelta(seconds=1999)
    assert (tmp_path / NAME).stat().st_size < 1_200_000


def test_a_killed_writer_loses_nothing_that_was_put(tmp_path: Path) -> None:
    store(tmp_path).put([VISIT])
    again = store(tmp_path)
    again.put(many(1))
    assert len(kept(tmp_path)) == 2


def test_a_damaged_file_is_set_aside_and_a_new_one_begun(tmp_path: Path) -> None:
    held = store(tmp_path)
    held.put(many(50))
    held.close()
    (tmp_path / NAME).write_bytes(b"no database " * 5000)
    with pytest.raises(StoreGarbled):
        held.put([VISIT])
    held.put([VISIT])
    assert kept(tmp_path) == [VISIT]
    assert (tmp_path / "sightings.damaged").exists()


def test_a_full_disk_raises_ours_and_leaves_the_file_whole(tmp_path: Path) -> None:
    held = store(tmp_path)
    held.put([VISIT])
    held._opened().execute("PRAGMA max_page_count=1")
    with pytest.raises(StoreUnreachable, match="keep sightings"):
        held.put(many(5000, timedelta(days=1)))
    held.put([replace(VISIT, area_px=5.0)])
    assert [v.area_px for v in kept(tmp_path)] == [5.0]


def test_a_reader_that_takes_too_long_is_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store(tmp_path).put(many(3000))
    monkeypatch.setattr("edged.store.sightings.READ_S", -1.0)
    with pytest.raises(StoreError):
        kept(tmp_path)


def test_what_people_said_and_what_was_proposed_stays(tmp_path: Path) -> None:
    held = store(tmp_path)
    one = Judgement("A", "0001", T0, "sun", "false_alarm", False, False, "th-1", "a", 1.0, 2.0, "A3")
    held.put(said=[one])
    held.put(said=[replace(one, marked_false="vehicle")])
    held.propose(["k"], T0)
    reader = SightingReader(tmp_path / NAME)
    assert reader.judgements() == [replace(one, marked_false="vehicle")]
    assert reader.proposed() == {"k": T0}
    with sqlite3.connect(tmp_path / NAME) as db:
        assert db.execute("PRAGMA journal_mode").fetchone() == ("wal",)

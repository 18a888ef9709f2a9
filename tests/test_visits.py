"""From what eyes say to what `why` answers: kept beside core, with core's verdict, by place, and with the times when nobody looked."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Coroutine
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from edged.camera.settings import CameraSettings
from edged.core.settings import CoreSettings
from edged.geometry.head import to_world
from edged.model.errors import CommandRefused
from edged.model.event import Event, Noticed, Sighted, Verb, ViewHeld, WatchedView
from edged.model.view import HeadPolygon, View, Watched
from edged.model.visit import CELL_S, Visit, WatchCell
from edged.store.settings import StoreSettings
from edged.visits import Visits
from edged.why import Why, moment, unwatched
from tests.core.station import HAZARD, LAT, LON, MOUNTS, T0, YARD, Bench, aim, rules, sighting

TZ = ZoneInfo("Asia/Shanghai")
PAN, TILT = aim("th-1", *YARD)


def camera(camera_id: str) -> CameraSettings:
    mount = next(m for m in MOUNTS if m.camera_id == camera_id)
    pan, tilt = aim(camera_id, *YARD) if camera_id != "th-4" else (0.0, 0.0)
    place = {"lat_wgs84": mount.lat_wgs84, "lon_wgs84": mount.lon_wgs84, "height_m": 40.0}
    views = [{"id": "yard", "pan_deg": pan, "tilt_deg": tilt, "hfov_deg": 20.0}, {"id": "away", "pan_deg": pan + 120.0, "tilt_deg": -3.0}]
    given = {"id": camera_id, "kind": "lookout", "address": f"192.0.2.{camera_id[-1]}", "mount": place, "views": views}
    return CameraSettings.model_validate_json(json.dumps(given))


class Station:
    """Core, what is kept beside it, and the questions; time is told, nothing runs by itself."""

    def __init__(self, folder: Path, **settings: Any) -> None:
        self.bench = Bench(rules(tz=TZ))
        self.notices: list[Event] = []
        self.visits = Visits(folder, StoreSettings(**settings), lambda: self.bench.now, lambda: self.bench.state, self.notices.append)
        self.why = Why(lambda: self.bench.state, lambda: self.bench.now, self.visits, lambda: [camera(m.camera_id) for m in MOUNTS])

    def post(self, event: Event) -> None:
        self.bench.play(event)
        self.visits.hear(event)

    def see(self, seconds: float, camera_id: str = "th-1", pan: float = PAN, tilt: float = TILT, ll: float = 0.2, **changes: Any) -> None:
        """Report a source once a second."""
        for _ in range(round(seconds)):
            self.pass_s(1.0)
            self.post(Sighted(sighting(self.bench.now, camera_id, pan, tilt, ll, **changes)))
        self.visits.scan()

    def pass_s(self, seconds: float) -> None:
        self.bench.now = self.bench.now.later(seconds)

    def watch(self, seconds: float, camera_id: str = "th-1", view_id: str | None = "yard", frames: int = 8, cause: Any = None) -> None:
        """Report watching once in ten seconds."""
        for _ in range(round(seconds / 10.0)):
            self.pass_s(10.0)
            now = self.bench.now.mono_s
            blind = ((cause, 10.0),) if cause else ()
            self.post(WatchedView(Watched(camera_id, view_id, 1, now - 10.0, now, frames, now if frames else None, blind)))

    async def ask(self, what: str, **args: Any) -> dict[str, Any]:
        answer = await self.why.answer({"what": what, **args})
        json.dumps(answer)
        return answer


def played(work: Callable[[], Coroutine[Any, Any, None]]) -> None:
    asyncio.run(work())


def test_a_held_source_is_kept_with_what_core_made_of_it(tmp_path: Path) -> None:
    async def run() -> None:
        station = Station(tmp_path)
        box = tuple((PAN + dx, TILT + dy) for dx, dy in ((-1.0, -1.0), (1.0, -1.0), (1.0, 1.0), (-1.0, 1.0)))
        station.post(ViewHeld(View("th-1", "yard", 1, PAN, TILT, 20.0, 0.0, (HeadPolygon("flue", box, "known_heat", 3.0),))))
        station.see(6, ll=0.3, reasons_against=("known_heat",), first_seen_mono_s=T0.mono_s)
        answer = await station.ask("A3")
        (one,) = answer["visits"]
        assert (one["place"], one["zone_id"], one["state"], one["alarm_id"]) == ("A3堆场", "a3", "none", None)
        assert one["areas"] == [{"name": "flue", "kind": "known_heat", "extra_evidence": 3.0}]
        assert one["greatest"] == pytest.approx(1.8)
        assert (one["fire_evidence"], one["needed"]) == (pytest.approx(1.8), pytest.approx(2.3, abs=0.05))
        assert datetime.fromisoformat(one["first_seen_at"]) == T0.utc
        assert one["azimuth_deg"] == pytest.approx(to_world(MOUNTS[0], PAN, TILT)[0])

    played(run)


def test_what_raised_an_alarm_is_found_by_alarm_and_by_place(tmp_path: Path) -> None:
    async def run() -> None:
        station = Station(tmp_path)
        station.see(5, ll=3.0)
        alarm = await station.ask("#1")
        assert (alarm["state"], alarm["display_id"], len(alarm["visits"])) == ("active", "0001", 1)
        assert (await station.ask("1"))["display_id"] == (await station.ask("0001"))["display_id"] == "0001"
        (one,) = (await station.ask("A3堆场"))["visits"]
        assert (one["alarm_id"], one["state"]) == (alarm["alarm_id"], "active")
        station.post(Verb("clear", "chen", "shift_leader", "socket", "c1", display_id="0001", args={"reason": "extinguished"}))
        station.visits.scan()
        await station.visits.write()
        (said,) = station.visits.reader.judgements()
        assert (said.is_fire, said.clear_reason, said.camera_id) == (True, "extinguished", "th-1")

    played(run)


@pytest.mark.parametrize(
    ("what", "found"),
    [
        ("a3", 1), ("th-1", 1), ("th-2", 0), (f"th-1@{PAN + 0.2},{TILT}", 1), (f"th-1@{PAN + 2.0},{TILT}", 0), (f"{YARD[0]},{YARD[1]}", 1),
        (f"{LAT},{LON}", 0), ("危化品库", 0), ("H1", 0), ("2门", 0),
    ],
)  # fmt: skip
def test_a_place_has_many_names(tmp_path: Path, what: str, found: int) -> None:
    async def run() -> None:
        station = Station(tmp_path)
        station.see(3)
        assert len((await station.ask(what))["visits"]) == found

    played(run)


def test_a_head_without_calibration_counts_by_its_bearing_and_a_camera_of_it_by_name(tmp_path: Path) -> None:
    async def run() -> None:
        station = Station(tmp_path)
        pan, tilt = aim("th-4", *HAZARD)
        station.see(3, "th-4", pan, tilt)
        assert len((await station.ask("H1"))["visits"]) == 1
        assert len((await station.ask("th-4"))["visits"]) == 1
        assert (await station.ask("A3"))["visits"] == []

    played(run)


def test_what_the_eye_held_back_is_kept_and_changes_nothing_in_core(tmp_path: Path) -> None:
    async def run() -> None:
        station = Station(tmp_path)
        for value in (-1.5, 0.4, -2.0):
            station.pass_s(5.0)
            station.visits.held_back(sighting(station.bench.now, "th-1", PAN, TILT, value, reasons_against=("arrived_warm",)))
        station.visits.scan()
        (one,) = (await station.ask("A3"))["visits"]
        assert (one["reported"], one["greatest"], one["evidence"], one["fire_evidence"]) == (False, 0.4, -2.0, None)
        assert station.bench.state.live.fires == {}
        station.see(1, ll=1.6)
        (one,) = (await station.ask("A3"))["visits"]
        assert (one["reported"], one["evidence"], one["greatest"]) == (True, 1.6, 1.6)

    played(run)


def test_nothing_seen_says_who_sees_the_place_when_they_looked_and_when_not(tmp_path: Path) -> None:
    async def run() -> None:
        station = Station(tmp_path)
        station.watch(60)
        station.watch(40, frames=0, cause="frozen")
        station.watch(1000, view_id="away")
        station.watch(1800, view_id=None, frames=0, cause="head_taken")
        answer = await station.ask("A3", since="11:00")
        assert answer["visits"] == []
        seers = {one["camera_id"]: one for one in answer["lookouts"]}
        one = seers["th-1"]
        assert (one["views"], one["sees"], one["watched_s"]) == (["yard"], True, 60.0)
        assert datetime.fromisoformat(one["last_watched"]) == T0.utc + timedelta(seconds=60)
        assert next((run["cause"], run["from_at"]) for run in one["blind"]) == (
            "frozen",
            (T0.utc + timedelta(seconds=60)).isoformat().replace("+00:00", "Z"),
        )
        assert one["blind"][1]["cause"] == "head_taken"
        assert one["unwatched"][0]["from_at"] == (T0.utc + timedelta(seconds=900)).isoformat()
        assert seers["th-2"]["last_watched"] is None
        assert answer["kept_since"] is not None

    played(run)


def test_a_silent_eye_is_blind_time(tmp_path: Path) -> None:
    async def run() -> None:
        station = Station(tmp_path)
        station.watch(20)
        station.pass_s(300.0)
        station.watch(20)
        (run_,) = (await station.ask("th-1"))["lookouts"][0]["blind"]
        assert run_["cause"] == "stopped"

    played(run)


def test_a_full_disk_costs_what_is_kept_and_is_said_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async def run() -> None:
        station = Station(tmp_path / "not there")
        station.see(3, ll=5.0)
        for _ in range(3):
            await station.visits.write()
            station.see(1)
        assert station.bench.one().state == "active"
        assert sum("alarms are not affected" in record.message for record in caplog.records) == 1
        (tmp_path / "not there").mkdir()
        station.see(1)
        await station.visits.stop()
        assert station.visits.reader.visits(T0.utc, T0.utc + timedelta(hours=1), lambda _: True)[0] != []

    played(run)


def test_garbage_and_too_many_tracks_are_not_kept_and_what_ended_is_forgotten(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("edged.visits.MOST_VISITS", 5)

    async def run() -> None:
        station = Station(tmp_path)
        station.visits.hear(Sighted(sighting(station.bench.now, "th-1", float("nan"), 0.0, 1.0)))
        for n in range(9):
            station.visits.hear(Sighted(sighting(station.bench.now, "th-1", float(n), 0.0, 1.0, track_id=n)))
        assert (len(station.visits.live()), station.visits.lost) == (5, 4)
        station.pass_s(120.0)
        await station.visits.write()
        assert station.visits.live() == []
        assert len((await station.ask("th-1"))["visits"]) == 5

    played(run)


def test_a_source_of_three_days_is_told_once_and_another_a_week_later(tmp_path: Path) -> None:
    async def run() -> None:
        station = Station(tmp_path)
        seen = [
            replace(_visit(T0.utc + timedelta(days=n)), key=f"{n}", pan_deg=10.0 + 0.05 * n, state="suspect", reasons_for=("stationary",))
            for n in range(3)
        ]
        station.visits._store.put(seen)
        station.pass_s(4 * 86_400.0)
        await station.visits.propose()
        await station.visits.propose()
        station.visits._store.put([replace(v, key=f"x{v.key}", pan_deg=v.pan_deg + 9.0) for v in seen])
        await station.visits.propose()
        (told,) = station.notices
        assert isinstance(told, Noticed)
        assert (told.code, told.data["count"]) == ("known_heat_proposed", 1)
        station.pass_s(8 * 86_400.0)
        for _ in range(2):
            await station.visits.propose()
        assert len(station.notices) == 2
        found = (await station.ask("", proposals=True))["proposals"]
        assert ["known_heat" in one["yaml"] for one in found] == [True, True]
        assert station.bench.state.rules.settings == CoreSettings()

    played(run)


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("02:00", "2026-11-22T02:00+08:00"), ("23:30", "2026-11-21T23:30+08:00"), ("6h", "2026-11-22T05:00+08:00"),
        ("90m", "2026-11-22T09:30+08:00"), ("2026-11-20T02:00", "2026-11-20T02:00+08:00"), ("2026-11-20", "2026-11-20T00:00+08:00"),
        ("2026-11-20T02:00Z", "2026-11-20T10:00+08:00"), (None, "2026-11-21T11:00+08:00"),
    ],
)  # fmt: skip
def test_since_is_the_stations_time(text: str | None, at: str) -> None:
    assert moment(text, TZ, T0.utc) == datetime.fromisoformat(at)


@pytest.mark.parametrize("what", ["A4", "th-9", "th-9@1,2", "th-1@x", "91,200", "", "#9", "0777", "x" * 500])
def test_what_is_no_place_names_the_next_step(tmp_path: Path, what: str) -> None:
    async def run() -> None:
        with pytest.raises(CommandRefused, match=r"near it|write CAMERA@|latitude"):
            await Station(tmp_path).ask(what)
        for since in ("25:00", "2027-01-01", "soon"):
            with pytest.raises(CommandRefused, match="--since"):
                await Station(tmp_path).ask("A3", since=since)

    played(run)


def test_unwatched_are_whole_quarters_without_a_look() -> None:
    cells = [WatchCell("c", "v", T0.utc + timedelta(seconds=n * CELL_S), 5.0, None) for n in (0, 3)]
    gaps = unwatched(cells, T0.utc, T0.utc + timedelta(seconds=5.5 * CELL_S))
    assert [(round((a - T0.utc).total_seconds() / CELL_S), round((b - T0.utc).total_seconds() / CELL_S)) for a, b in gaps] == [
        (1, 3),
        (4, 5),
    ]


def _visit(at: datetime) -> Visit:
    return Visit("k", "th-1", "yard", 1, 1, at, at + timedelta(seconds=60), 10.0, -3.0, 0.1, 4.0, "radiometric")


def test_no_room_given_keeps_nothing(tmp_path: Path) -> None:
    async def run() -> None:
        station = Station(tmp_path, sightings_mb=0)
        station.see(3)
        station.watch(20)
        await station.visits.write()
        assert list(tmp_path.iterdir()) == []

    played(run)

"""The aim of heads in core: said once, remembered over a restart, taken out of bearings, replayed from the input log to the same rows."""

from __future__ import annotations

import dataclasses
import random
from pathlib import Path
from typing import Any

import pytest

from edged.commands.wording import status_lines
from edged.core import view
from edged.core.draft import Draft
from edged.core.mounts import mount_of
from edged.core.step import restore, start, step, with_rules
from edged.geometry.earth import azimuth_deg, distance_m
from edged.model.aim import BEACON, REFERENCE, Aim
from edged.model.command import Append, Verify
from edged.model.event import AimMeasured
from edged.model.journal import Row
from edged.model.site import Mount, SitePlan
from edged.store.inputlog import Header, InputLog, read
from edged.store.settings import StoreSettings
from tests.core.station import MOUNTS, PLAN, YARD, Bench, aim, rules

CODES = {"pose_drift", "pose_unknown", "same_picture", "beacon_missing", "defocus"}
LAMP = BEACON + "lamp"


class Heads(Bench):
    """A bench whose eyes measure their aim."""

    looks = 0

    def aim(self, pan: float = 0.0, tilt: float = 0.0, camera_id: str = "th-1", **changes: Any) -> None:
        """One look of the reference picture, and of the lamp where `lamp` says what of it."""
        self.looks += 1
        self.now = self.now.later(20.0)
        lamp = changes.pop("lamp", None)
        made = Aim(camera_id, f"v{self.looks % 4}", self.looks, "c1", REFERENCE, True, self.now.mono_s, self.now.utc, pan, tilt, 0.02)
        aims = [dataclasses.replace(made, **changes)]
        if lamp is not None:
            aims.append(dataclasses.replace(made, source=LAMP, **lamp))
        self.play(AimMeasured(tuple(aims)))

    def said(self) -> list[str]:
        return [r.change for r in self.rows if r.kind == "notice" and r.data.get("code") in CODES]

    def mount(self, camera_id: str = "th-1") -> Mount | None:
        return mount_of(Draft(self.state.rules, self.state.epoch, self.state.book, self.state.live, self.now), camera_id)

    def restarted(self) -> Heads:
        again = Heads(self.state.rules)
        again.state, again.now = restore(self.state.rules, self.state.epoch, self.rows), self.now.later(5.0)
        again.wait(1.0)
        return again


def lines(b: Bench, language: str = "en") -> str:
    return "\n".join(status_lines(view.status(b.state, b.now), language))


def test_drift_is_said_once_and_taken_out_of_the_bearings() -> None:
    b = Heads()
    before = b.mount()
    assert before == MOUNTS[0]
    for _ in range(3):
        b.aim()
    assert b.mount() is not None
    assert b.mount().azimuth_deg == MOUNTS[0].azimuth_deg  # type: ignore[union-attr]
    for _ in range(6):
        b.aim(0.5, -0.3)
    assert b.said() == ["pose_drift"]
    mount = b.mount()
    assert mount is not None
    assert (mount.azimuth_deg, mount.tilt_zero_deg) == pytest.approx((-0.5, 0.3))
    assert mount.sigma_deg >= MOUNTS[0].sigma_deg
    assert "th-1" not in {c["camera_id"] for c in view.status(b.state, b.now)["cameras"] if not c["aim"]["faults"]}
    assert "edged calibrate th-1" in lines(b)
    assert "画面较标定时偏移 水平 +0.50°、俯仰 -0.30°" in lines(b, "zh")
    for _ in range(3):
        b.aim()
    assert b.said() == ["pose_drift", "pose_drift_ended"]
    assert "edged calibrate" not in lines(b)


def test_a_drifted_head_places_a_fire_where_it_is() -> None:
    def placed(b: Heads, off: float) -> float:
        for camera_id in ("th-1", "th-2"):
            pan, tilt = aim(camera_id, *YARD)
            b.see(camera_id, pan + (off if camera_id == "th-1" else 0.0), tilt)
        point = b.one().ignition_point
        assert point is not None
        return distance_m(point.lat_wgs84, point.lon_wgs84, *YARD)

    plain, corrected = Heads(), Heads()
    for _ in range(4):
        corrected.aim(0.6)
    assert placed(plain, 0.6) > 5.0
    assert placed(corrected, 0.6) < 1.5
    azimuths = [next(s.azimuth_deg for s in b.one().seen_by if s.camera_id == "th-1") for b in (plain, corrected)]
    truth = azimuth_deg(MOUNTS[0].lat_wgs84, MOUNTS[0].lon_wgs84, *YARD)
    assert azimuths == pytest.approx([truth + 0.6, truth], abs=0.05), "the published azimuth is corrected as well"


def test_another_head_is_turned_by_what_it_shows_and_not_one_that_is_astray() -> None:
    def verified(b: Heads) -> Verify:
        b.see_at(*YARD, "th-1")
        return next(c for c in b.out if isinstance(c, Verify))

    plain, drifted, astray = Heads(), Heads(), Heads()
    first = verified(plain)
    for _ in range(4):
        drifted.aim(0.4, camera_id=first.camera_id)
        astray.aim(seen=False, shows="v9", view_id="v1", camera_id=first.camera_id)
    turned = verified(drifted)
    assert (turned.camera_id, turned.pan_deg) == (first.camera_id, pytest.approx(first.pan_deg + 0.4))
    assert verified(astray).camera_id != first.camera_id


def test_unknown_drift_widens_the_ellipse() -> None:
    def axis(b: Heads) -> float:
        for camera_id in ("th-1", "th-2"):
            b.see(camera_id, *aim(camera_id, *YARD))
        point = b.one().ignition_point
        assert point is not None
        assert point.ellipse is not None
        return point.ellipse.semi_major_m

    sooner = rules(settings=rules().settings.model_copy(update={"drift_unknown_h": 0.1}))
    known, unknown = Heads(sooner), Heads(sooner)
    for b, looks in ((known, 71), (unknown, 73)):
        for camera_id in ("th-1", "th-2"):
            b.aim(camera_id=camera_id)
        for _ in range(looks):
            for camera_id in ("th-1", "th-2"):
                b.watch(camera_id, 5.0)
    assert known.said() == []
    assert unknown.said() == ["pose_unknown", "pose_unknown"]
    assert axis(unknown) > 2.0 * axis(known)
    assert "beacons" in lines(unknown)


def test_blind_or_uncalibrated_time_is_no_watching() -> None:
    b = Heads(rules(lookouts=("th-1", "th-4"), settings=rules().settings.model_copy(update={"drift_unknown_h": 0.01})))
    for _ in range(20):
        b.watch("th-1", 5.0, frames=0)
        b.watch("th-1", 5.0, blind_s=(("moving", 5.0),))
        b.watch("th-4", 5.0)
    assert b.said() == []
    for _ in range(8):
        b.watch("th-1", 5.0)
    assert b.said() == ["pose_unknown"]


def test_a_head_that_shows_one_picture_everywhere_gives_no_bearing() -> None:
    b = Heads()
    for _ in range(2):
        b.aim(seen=False, shows="v9", view_id="v1")
    assert b.said() == ["same_picture"]
    assert b.mount() is None
    b.see("th-1")
    assert b.one().ignition_point is None
    b.aim(view_id="v1")
    assert b.said() == ["same_picture", "same_picture_ended"]
    assert b.mount() is not None


def test_a_missing_beacon_and_lost_focus_are_said_with_its_name() -> None:
    b = Heads()
    wide = {"width_px": 4.0, "commissioned_width_px": 1.5, "excess": 40.0, "commissioned_excess": 80.0, "range_m": 1000.0}
    for _ in range(4):
        b.aim(lamp=wide)
    for _ in range(4):
        b.aim(lamp={"seen": False})
    assert b.said() == ["defocus", "beacon_missing"]
    assert {r.data["beacon"] for r in b.rows if r.kind == "notice"} == {"lamp"}
    assert all(r.topic == "camera" and r.data["message"] and r.data["zh"] for r in b.rows if r.kind == "notice")
    shown = next(c["aim"] for c in view.status(b.state, b.now)["cameras"] if c["camera_id"] == "th-1")
    assert shown["beacons"]["lamp"]["transmission"] == 0.5
    assert shown["beacons"]["lamp"]["extinction_per_km"] == 0.693
    assert "beacon lamp" in lines(b)
    assert "信标 lamp" in lines(b, "zh")


def test_a_restart_remembers_what_was_said_and_corrects_at_once() -> None:
    b = Heads()
    for _ in range(4):
        b.aim(0.5, lamp={"seen": False, "clear": True})
    assert sorted(b.said()) == ["beacon_missing", "pose_drift"]
    again = b.restarted()
    assert again.state.book.aim_faults == b.state.book.aim_faults
    mount = again.mount()
    assert mount is not None
    assert mount.azimuth_deg == pytest.approx(-0.5)
    for _ in range(4):
        again.aim(0.5, lamp={"seen": False, "clear": True})
    assert again.said() == []
    for _ in range(3):
        again.aim(lamp={})
    assert sorted(again.said()) == ["beacon_missing_ended", "pose_drift_ended"]


def test_a_new_calibration_begins_anew() -> None:
    b = Heads()
    for _ in range(4):
        b.aim(0.5)
    turned = dataclasses.replace(MOUNTS[0], azimuth_deg=-0.5)
    b.state = with_rules(b.state, rules(plan=dataclasses.replace(PLAN, mounts=(turned, *MOUNTS[1:]))))
    assert b.mount() == turned, "what was counted from the old calibration is not taken out of the new one"
    b.aim(commission_id="c2")
    assert b.said() == ["pose_drift", "pose_drift_ended"]
    assert b.mount().azimuth_deg == -0.5  # type: ignore[union-attr]
    other = restore(rules(plan=SitePlan((turned,))), "7c1e", b.rows[:1])
    other, _ = step(other, AimMeasured(()), b.now)
    assert mount_of(Draft(other.rules, other.epoch, other.book, other.live, b.now), "th-1") == turned


def test_what_makes_no_sense_changes_nothing() -> None:
    b = Heads()
    for _ in range(5):
        b.aim(float("nan"))
        b.aim(0.5, camera_id="th-9")
    b.play(AimMeasured(()))
    assert b.said() == []
    assert b.state.live.aims.keys() <= {"th-1"}
    b.watch("th-9", 5.0)
    assert "th-9" not in b.state.live.aims


def test_the_input_log_replays_to_the_same_rows(tmp_path: Path) -> None:
    b = Heads()
    log = InputLog.open(tmp_path, StoreSettings(), lambda: Header("cuntan-01", "r"))
    play = b.play

    def logged(event: Any) -> Any:
        log.write(event, b.now)
        return play(event)

    b.play = logged  # type: ignore[method-assign]
    rng = random.Random(4)
    for n in range(60):
        camera_id = rng.choice(("th-1", "th-2"))
        lamp = {"seen": rng.random() < 0.6, "clear": rng.random() < 0.5, "width_px": rng.choice((1.5, 4.0)), "commissioned_width_px": 1.5}
        b.aim(0.5 if 10 < n < 40 else 0.0, rng.gauss(0, 0.01), camera_id=camera_id, seen=rng.random() < 0.8, lamp=lamp)
        b.watch(camera_id, 2.0)
    log.close()
    assert {"pose_drift", "pose_drift_ended", "beacon_missing"} <= set(b.said())
    state, rows = start(rules(), "7c1e"), list[Row]()
    for event, now in read(sorted(tmp_path.iterdir())):
        state, commands = step(state, event, now)
        rows += [c.row for c in commands if isinstance(c, Append)]
    assert rows == b.rows
    assert state.live.aims == b.state.live.aims

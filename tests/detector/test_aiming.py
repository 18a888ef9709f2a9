"""The aim of a head, visit by visit: commissioned once, measured against that, never replaced while its settings stay."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field

import numpy as np
import pytest

from edged.detector import aiming
from edged.detector.aiming import Reference
from edged.detector.chain import Detector
from edged.detector.registration import moved
from edged.detector.scalar import Scalar
from edged.detector.settings import DetectionSettings
from edged.geometry import lens
from edged.model.aim import Aim, Beacon
from edged.model.view import View
from tests.detector.scenes import HEIGHT, WIDTH, Array, frames, view, yard
from tests.detector.test_beacon import lamp

HFOV_DEG = 24.0
IFOV_DEG = HFOV_DEG / WIDTH
LAMP_PX = (200.0, 150.0)
PAN, TILT = lens.direction(30.0, -3.0, *LAMP_PX, WIDTH, HEIGHT, HFOV_DEG)
BEACON = Beacon("lamp", round(PAN + 0.2, 1), round(TILT - 0.1, 1), 1200.0)
SCENE = yard(3)
LIT = lamp(SCENE, *LAMP_PX, 1.2, 300.0)


@dataclass
class Head:
    """A head that visits views, each time for some seconds."""

    eye: Detector = field(default_factory=lambda: Detector(DetectionSettings(), "th-01"))
    now_s: float = 100.0
    generation: int = 0

    def visit(self, heat: Array, seconds: float = 8.0, *, grey: bool = False, at: View | None = None) -> list[Aim]:
        """Look at a scene from the view `at`; return what was measured."""
        self.generation += 1
        self.eye.drop("moving")
        held = at or dataclasses.replace(view(), commission_id="c1", beacons=(BEACON,))
        self.eye.hold(dataclasses.replace(held, generation=self.generation, valid_from_mono_s=self.now_s))
        scalar = Scalar("white-hot" if grey else "celsius")
        for frame in frames(heat, seconds, from_s=self.now_s, grey=grey, seed=self.generation):
            self.eye.judge(scalar.thermogram(frame), frame)
        self.now_s += seconds + 0.2
        return [aim for aims in self.eye.aims() for aim in aims]

    def commissioned(self, heat: Array = LIT, grey: bool = False) -> Head:
        """Return the head after its reference and its beacon are commissioned."""
        self.visit(heat, 24.0, grey=grey)
        for _ in range(aiming.COMMISSIONING):
            self.visit(heat, 6.0, grey=grey)
        return self


def only(aims: list[Aim], source: str) -> Aim:
    (found,) = [aim for aim in aims if aim.source == source]
    return found


@pytest.mark.parametrize("grey", [False, True])
def test_a_head_that_slipped_is_measured_by_both(grey: bool) -> None:
    head = Head().commissioned(grey=grey)
    still = head.visit(LIT, grey=grey)
    assert {aim.source for aim in still} == {"reference", "beacon:lamp"}
    for aim in still:
        assert aim.seen
        assert (aim.pan_off_deg, aim.tilt_off_deg) == pytest.approx((0.0, 0.0), abs=0.04)
    x, y = 14.0, -9.0
    slipped = [aim for _ in range(3) for aim in head.visit(moved(LIT, x, y), grey=grey)][-2:]
    assert {aim.source for aim in slipped if aim.seen} == {"reference", "beacon:lamp"}
    for aim in slipped:
        assert (aim.pan_off_deg, aim.tilt_off_deg) == pytest.approx((x * IFOV_DEG, -y * IFOV_DEG), abs=0.05)
        assert 0.0 < aim.sigma_deg < 0.1


def test_offsets_are_those_of_the_bearings_while_a_small_step_is_taken_for_sway() -> None:
    head = Head().commissioned()
    for n in range(4):
        aims = head.visit(moved(LIT, 5.0, 0.0), 6.0)
        scene = head.eye._scenes["yard"]
        assert only(aims, "reference").pan_off_deg == pytest.approx(scene.mean_px[0] * IFOV_DEG, abs=0.05), n
        assert only(aims, "beacon:lamp").pan_off_deg == pytest.approx(only(aims, "reference").pan_off_deg, abs=0.05), n


def test_sway_is_no_drift() -> None:
    head = Head().commissioned()
    head.generation += 1
    head.eye.hold(dataclasses.replace(view(), commission_id="c1", beacons=(BEACON,), generation=head.generation))
    scalar = Scalar("celsius")
    for frame in frames(
        LIT, 12, lambda heat, t: moved(heat, 4.0 * float(np.sin(5.3 * t)), 2.0 * float(np.sin(4.1 * t))), from_s=head.now_s
    ):
        head.eye.judge(scalar.thermogram(frame), frame)
    for aim in [aim for aims in head.eye.aims() for aim in aims]:
        assert aim.seen
        assert (aim.pan_off_deg, aim.tilt_off_deg) == pytest.approx((0.0, 0.0), abs=max(0.1, 3 * aim.sigma_deg))


def test_one_look_a_visit_and_none_without_a_commission() -> None:
    head = Head().commissioned()
    assert [aim.source for aim in head.visit(LIT, 20.0)] == ["reference", "beacon:lamp"]
    assert head.visit(LIT, 20.0, at=view()) == []
    assert Head().visit(LIT, 30.0, at=view()) == []


def test_a_view_that_is_held_on_is_looked_at_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(aiming, "AGAIN_S", 8.0)
    head = Head().commissioned()
    assert len([aim for aim in head.visit(LIT, 30.0) if aim.source == "reference"]) == 4


def test_a_lamp_that_is_out_is_missed_in_clear_air_only() -> None:
    head = Head().commissioned()
    missed = only(head.visit(SCENE), "beacon:lamp")
    assert not missed.seen
    assert missed.clear
    fog = np.asarray(12.0 + 0.02 * (SCENE - 12.0), np.float32)
    assert not only(head.visit(fog), "beacon:lamp").clear


def test_strength_and_focus_are_told_against_commissioning() -> None:
    head = Head().commissioned()
    fog = only(head.visit(lamp(SCENE, *LAMP_PX, 1.2, 150.0)), "beacon:lamp")
    assert fog.range_m == 1200.0
    assert fog.excess is not None
    assert fog.commissioned_excess is not None
    assert fog.excess / fog.commissioned_excess == pytest.approx(0.5, abs=0.05)
    soft = only(head.visit(lamp(SCENE, *LAMP_PX, 2.4, 300.0)), "beacon:lamp")
    assert soft.width_px is not None
    assert soft.commissioned_width_px is not None
    assert soft.width_px / soft.commissioned_width_px == pytest.approx(2.0, abs=0.3)
    grey = only(Head().commissioned(grey=True).visit(LIT, grey=True), "beacon:lamp")
    assert grey.excess is None, "grey levels say nothing of transmission"


def test_a_reference_stays_until_its_settings_change() -> None:
    head = Head().commissioned()
    kept = head.eye.references()
    assert kept is not None
    assert head.eye.references() is None, "asked for once"
    first = kept["yard"]
    for _ in range(3):
        head.visit(moved(LIT, 14.0, 0.0))
    assert head.eye.references() is None, "drift is never learnt as the reference"
    again = Head(now_s=9000.0)
    again.eye.commissioned(kept)
    again.visit(moved(LIT, 14.0, 0.0))
    found = again.visit(moved(LIT, 14.0, 0.0))
    assert only(found, "reference").pan_off_deg == pytest.approx(14.0 * IFOV_DEG, abs=0.05), "after a restart of the eye as well"
    other = dataclasses.replace(view(), commission_id="c2", beacons=(BEACON,))
    again.visit(moved(LIT, 14.0, 0.0), 24.0, at=other)
    assert only(again.visit(moved(LIT, 14.0, 0.0), at=other), "reference").pan_off_deg == pytest.approx(0.0, abs=0.04)
    renewed = again.eye.references()
    assert renewed is not None
    assert (first.commission_id, renewed["yard"].commission_id) == ("c1", "c2")


def test_what_counts_is_the_pose_at_commissioning_and_not_an_older_background() -> None:
    before = Head()
    before.visit(LIT, 24.0, at=view())
    head = Head(now_s=900.0)
    head.eye.restore(before.eye.saved())
    head.visit(moved(LIT, 6.0, 0.0), 24.0)
    assert head.eye._scenes["yard"].mean_px[0] == pytest.approx(6.0, abs=0.3), "the background still stands where it was learnt"
    assert only(head.visit(moved(LIT, 6.0, 0.0)), "reference").pan_off_deg == pytest.approx(0.0, abs=0.04)


def test_a_beacon_that_is_commissioned_later_counts_from_the_same_pose() -> None:
    head = Head()
    head.visit(LIT, 24.0)
    for _ in range(aiming.COMMISSIONING):
        head.visit(moved(LIT, 14.0, 0.0))
    for heat, off in ((moved(LIT, 14.0, 0.0), 14.0 * IFOV_DEG), (LIT, 0.0)):
        head.visit(heat)
        assert [aim.pan_off_deg for aim in head.visit(heat)] == pytest.approx([off, off], abs=0.05)


def test_another_scene_claims_nothing() -> None:
    head = Head().commissioned()
    for _ in range(3):
        aims = head.visit(yard(8))
    assert not only(aims, "reference").seen
    assert all(not aim.seen and not aim.clear for aim in aims)


def test_a_head_that_shows_one_picture_everywhere_says_so() -> None:
    left = dataclasses.replace(view(view_id="left"), commission_id="c1", pan_deg=-60.0)
    head = Head()
    for heat, at in ((SCENE, None), (yard(8), left)):
        head.visit(heat, 26.0, at=at)
    for heat, at in ((SCENE, None), (yard(8), left)):
        assert only(head.visit(heat, 8.0, at=at), "reference").seen
    head.visit(SCENE)
    stuck = head.visit(SCENE, 14.0, at=left)
    assert [(aim.seen, aim.shows) for aim in stuck] == [(False, "yard")]
    assert only(head.visit(SCENE), "reference").seen, "where it hangs it sees what it should"
    fresh = Head()
    fresh.visit(SCENE, 26.0)
    assert [aim.shows for aim in fresh.visit(SCENE, 26.0, at=left)] == ["yard"], "nor is it commissioned so"
    assert "left" not in (fresh.eye.references() or {})


def test_a_reference_is_compact() -> None:
    kept = Head().commissioned().eye.references()
    assert kept is not None
    one: Reference = kept["yard"]
    assert one.mean16.nbytes == HEIGHT // 4 * (WIDTH // 4) * 2
    assert set(one.beacons) == {"lamp"}
    assert (one.beacons["lamp"].pan_deg, one.beacons["lamp"].tilt_deg) == pytest.approx((PAN, TILT), abs=0.02)

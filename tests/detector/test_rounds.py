"""Temperature rounds by the eye: spots are measured at each visit, corrected, where they really are; what hides them is said."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field

import cv2
import numpy as np
import pytest

from edged.detector import rounds
from edged.detector.chain import Detector
from edged.detector.registration import moved
from edged.detector.scalar import Scalar
from edged.detector.settings import DetectionSettings
from edged.geometry import lens
from edged.geometry.measurement import Path, apparent_temp_c
from edged.model.aim import REFERENCE, Aim
from edged.model.frame import Frame
from edged.model.rounds import Spot, SpotMeasure
from edged.model.view import View
from edged.model.weather import Air
from tests.detector.scenes import START, Array, frames, yard

W, H, HFOV = 160, 128, 24.0
AT = View("th-01", "yard", 1, 30.0, -3.0, HFOV, 0.0)
AIR = Air(0.7, 31.0)


def angles(x: float, y: float) -> tuple[float, float]:
    return lens.direction(30.0, -3.0, x, y, W, H, HFOV)


def box(heat: Array, x: int, y: int, w: int, h: int, temp_c: float) -> Array:
    out = heat.copy()
    out[y : y + h, x : x + w] = temp_c
    return out


SCENE = box(yard(3, H, W), 60, 60, 16, 12, 40.0)
BLOCK = Spot("block", tuple(angles(x, y) for x, y in ((61, 61), (74, 61), (74, 70), (61, 70))), emissivity=1.0)


@dataclass
class Head:
    """A head that visits one view, and another in between."""

    spots: tuple[Spot, ...] = (BLOCK,)
    eye: Detector = field(default_factory=lambda: Detector(DetectionSettings(), "th-01"))
    now_s: float = 100.0
    generation: int = 0

    def __post_init__(self) -> None:
        self.eye.rounds(self.spots)
        self.eye.air(AIR)

    def visit(self, heat: Array | None, seconds: float = 4.0, *, grey: bool = False) -> list[SpotMeasure]:
        """Look at a scene, None: at pictures that say nothing; then turn away. Returns what was measured."""
        self.generation += 1
        self.eye.hold(dataclasses.replace(AT, generation=self.generation, valid_from_mono_s=self.now_s))
        self.look(heat, seconds, grey=grey)
        self.generation += 1
        self.eye.hold(dataclasses.replace(AT, view_id="away", pan_deg=120.0, generation=self.generation, valid_from_mono_s=self.now_s))
        self.look(yard(9, H, W), 0.3, grey=grey)
        return self.said()

    def look(self, heat: Array | None, seconds: float, *, grey: bool = False) -> None:
        """Play pictures of the held view."""
        scalar = Scalar("white-hot" if grey else "celsius")
        shown = np.zeros((H, W), np.float32) if heat is None else heat
        for frame in frames(
            shown, seconds, from_s=self.now_s, grey=grey, seed=self.generation, fps=4.0, noise=0.0 if heat is None else 0.13
        ):
            played: Frame = frame
            self.eye.judge(scalar.thermogram(played), played)
        self.now_s += seconds + 0.3

    def said(self) -> list[SpotMeasure]:
        return [m for together in self.eye.spots() for m in together]


def test_a_spot_is_measured_once_a_visit_with_middle_and_hottest() -> None:
    head = Head()
    for _ in range(2):
        (m,) = head.visit(SCENE)
        assert (m.name, m.kind, m.valid, m.cause, m.looks) == ("block", "radiometric", True, None, rounds.LOOKS)
        assert m.px == pytest.approx(14 * 10, abs=24)
        assert (m.median, m.high) == pytest.approx((40.0, 40.2), abs=0.15)
        assert m.object_median_c == pytest.approx(m.median, abs=0.02), "emissivity 1 and near: nothing to correct"


def test_what_is_far_and_shines_less_is_corrected_by_the_measurement_equation() -> None:
    spot = dataclasses.replace(BLOCK, emissivity=0.9, range_m=800.0, reflected_temp_c=10.0)
    path = Path(0.9, 10.0, float(np.exp(-0.7 * 0.8)), 31.0)
    scene = box(SCENE, 60, 60, 16, 12, float(apparent_temp_c(85.0, path)))
    head = Head((spot,))
    (m,) = head.visit(scene)
    assert m.median is not None
    assert m.median < 62.0
    assert m.object_median_c == pytest.approx(85.0, abs=0.5)
    assert (m.celsius, m.air_assumed) == (m.object_high_c, True)
    head.eye.air(dataclasses.replace(AIR, assumed=()))
    assert not head.visit(scene)[0].air_assumed
    head.eye.air(dataclasses.replace(AIR, extinction_per_km=8.0))
    assert head.visit(scene)[0].object_high_c is None, "too little of it arrives"


def test_one_hot_pixel_is_no_temperature() -> None:
    (m,) = Head().visit(box(SCENE, 66, 65, 1, 1, 140.0))
    assert m.high is not None
    assert m.high < 55.0
    assert m.median == pytest.approx(40.0, abs=0.1)


@pytest.mark.parametrize(("side", "valid"), [(7, True), (4, False)])
def test_small_areas_are_measured_and_not_valid(side: int, valid: bool) -> None:
    corners = ((61, 61), (61 + side - 1, 61), (61 + side - 1, 61 + side - 1), (61, 61 + side - 1))
    (m,) = Head((dataclasses.replace(BLOCK, points=tuple(angles(x, y) for x, y in corners)),)).visit(SCENE)
    assert (m.valid, m.celsius is not None) == (valid, valid)
    assert m.median == pytest.approx(40.0, abs=0.2)


def test_a_point_is_a_patch_around_it() -> None:
    (m,) = Head((Spot("p", (angles(68, 66),), emissivity=1.0),)).visit(SCENE)
    assert (m.px, m.valid) == (49, True)


def test_grey_levels_are_no_temperature() -> None:
    (m,) = Head().visit(SCENE, grey=True)
    assert (m.kind, m.valid, m.object_high_c, m.celsius) == ("relative", False, None, None)
    assert m.high == pytest.approx(40 * 6 + 15, abs=30)


def test_spots_follow_sway_and_drift() -> None:
    steep = yard(5, H, W) + np.linspace(0, 40, W, dtype=np.float32)[None, :]
    spot = dataclasses.replace(BLOCK, points=tuple(angles(x, y) for x, y in ((96, 61), (104, 61), (104, 69), (96, 69))))
    plain, swung = Head((spot,)), Head((spot,))
    (before,) = plain.visit(steep)
    swung.visit(steep, 24.0)
    swung.now_s += 400.0
    (now,) = swung.visit(np.asarray(moved(steep, 3.0, 1.0), np.float32))
    assert now.median == pytest.approx(before.median, abs=0.35), "three pixels are 0.75 K here"
    degrees = 4 * HFOV / W
    aim = Aim("th-01", "yard", 1, "c", REFERENCE, True, 0.0, START, pan_off_deg=degrees)
    plain.eye._rounder.aimed((aim,), plain.eye._scenes["yard"])
    (drifted,) = plain.visit(steep)
    assert drifted.median == pytest.approx(float(np.median(steep[61:70, 100:109])), abs=0.2)
    assert abs(float(np.median(steep[61:70, 96:105])) - drifted.median) > 1.0, "elsewhere it would be another"


def test_something_hot_before_it_is_said_and_its_own_heat_is_measured() -> None:
    cool = box(SCENE, 60, 60, 16, 12, 14.0)
    head = Head()
    head.visit(cool, 12.0)
    (m,) = head.visit(box(cool, 56, 57, 24, 18, 40.0))
    assert (m.cause, m.value, m.high) == ("hot_track", None, None)
    (m,) = head.visit(box(cool, 65, 63, 6, 5, 90.0))
    assert m.cause is None
    assert m.high == pytest.approx(90.0, abs=1.0)
    (m,) = head.visit(box(cool, 50, 52, 14, 12, 90.0))
    assert m.cause is None
    assert m.high is not None
    assert m.high < 30.0, "what stands before a corner of it is left out"


def test_a_blind_visit_says_why() -> None:
    head = Head()
    head.visit(SCENE)
    frozen = frames(SCENE, 0.25, from_s=head.now_s, fps=4.0)
    picture = next(iter(frozen)).pixels
    head.generation += 1
    head.eye.hold(dataclasses.replace(AT, generation=head.generation, valid_from_mono_s=head.now_s))
    scalar = Scalar("celsius")
    for number in range(60):
        frame = Frame(picture, number, head.now_s + number / 4, START, damaged=True)
        head.eye.judge(scalar.thermogram(frame), frame)
    head.now_s += 60.0
    said = head.visit(SCENE)
    assert said[0].cause is not None
    assert said[0].mono_s > 100.0
    assert said[0].value is None
    assert said[-1].cause is None


def test_what_lies_outside_the_picture_is_not_of_this_view_and_a_held_view_is_measured_again() -> None:
    head = Head((BLOCK, Spot("far", ((200.0, -3.0),)), Spot("edge", (angles(1, 60),))))
    head.eye.hold(AT)
    head.look(SCENE, 4.0)
    head.look(SCENE, 4.0)
    assert [m.name for m in head.said()] == ["block"]
    head.now_s += rounds.AGAIN_S
    head.look(SCENE, 4.0)
    assert [m.name for m in head.said()] == ["block"]


def test_without_spots_nothing_is_done() -> None:
    head = Head(())
    assert head.visit(SCENE) == []
    assert head.eye._rounder._visit is None


def test_a_tilted_area_is_filled() -> None:
    corners = ((68.0, 60.0), (75.0, 66.0), (68.0, 71.0), (61.0, 66.0))
    (m,) = Head((dataclasses.replace(BLOCK, points=tuple(angles(*c) for c in corners)),)).visit(SCENE)
    polygon = np.zeros((H, W), np.uint8)
    cv2.fillPoly(polygon, [np.round(np.array(corners)).astype(np.int32)], 1)
    assert m.px == pytest.approx(int(polygon.sum()), abs=12)

"""Every picture kind becomes heat, and only what proves over range counts as over range."""

from __future__ import annotations

from datetime import UTC, datetime

import cv2
import numpy as np
import numpy.typing as npt
import pytest

from edged.detector import palettes
from edged.detector.scalar import Scalar, range_end
from edged.geometry.measurement import PlanckCounts
from edged.model.frame import Frame, Picture
from tests.detector.scenes import hot, yard

AT = datetime(2026, 1, 1, tzinfo=UTC)


def frame(pixels: npt.NDArray[np.generic]) -> Frame:
    return Frame(pixels, 0, 0.0, AT)


def test_celsius_and_centikelvin_agree() -> None:
    scene = yard()
    raw = ((scene + 273.15) * 100).astype(np.uint16)
    one, two = Scalar().thermogram(frame(scene)), Scalar().thermogram(frame(raw))
    assert one.kind == two.kind == "radiometric"
    assert np.abs(one.heat - two.heat).max() < 0.011


def test_counts_claim_no_temperature() -> None:
    seen = Scalar().thermogram(frame(np.full((120, 160), 2900, np.uint16)))
    assert seen.kind == "relative"
    assert seen.over_range is None


@pytest.mark.parametrize("step_k", [0.01, 0.04, 0.1])
def test_linear_kelvin_of_any_step(step_k: float) -> None:
    scene = yard()
    raw = np.round((scene + 273.15) / step_k).astype(np.uint16)
    seen = Scalar("kelvin-linear", kelvin_per_count=step_k).thermogram(frame(raw))
    assert seen.kind == "radiometric"
    assert np.abs(seen.heat - scene).max() <= 0.51 * step_k + 1e-3


def test_flir_counts_by_planck_constants_and_what_lies_off_their_scale() -> None:
    planck = PlanckCounts(14861.56, 1395.6, 1.0, -992.0, 0.03234)
    scene = yard()
    raw = np.round(planck.counts(scene)).astype(np.uint16)
    raw[50:60, 50:60], raw[80:84, 80:84] = 65535, 0
    seen = Scalar("flir-counts", planck=planck).thermogram(frame(raw))
    assert np.abs(seen.heat - scene)[100:].max() < 0.05
    assert seen.heat[55, 55] > 390.0
    assert seen.over_range is not None
    assert seen.over_range[55, 55]
    assert seen.usable is not None
    assert seen.usable[55, 55]
    assert not seen.usable[82, 82]
    with pytest.raises(ValueError, match="Planck"):
        Scalar("flir-counts")


@pytest.mark.parametrize(
    ("declared", "kind"), [("centikelvin", np.uint8), ("flir-counts", np.uint8), ("white-hot", np.uint16), ("centikelvin", np.float32)]
)
def test_pixels_that_cannot_be_what_is_declared_claim_nothing(declared: Picture, kind: type) -> None:
    seen = Scalar(declared, planck=PlanckCounts(15000.0, 1400.0)).thermogram(frame(np.full((64, 64), 100, kind)))
    assert (seen.kind, seen.degraded, seen.assumed) == ("relative", True, True)


def test_a_guess_is_named_and_a_declared_picture_is_none() -> None:
    grey = np.full((64, 64), 100, np.uint8)
    assert Scalar().thermogram(frame(grey)).assumed
    assert not Scalar("white-hot").thermogram(frame(grey)).assumed


def test_infinite_heat_is_over_range_and_not_left_out() -> None:
    scene = yard()
    scene[100:104, 100:104] = np.inf
    seen = Scalar("celsius").thermogram(frame(scene))
    assert seen.usable is not None
    assert seen.usable.all()
    assert seen.over_range is not None
    assert seen.over_range[101, 101]


def test_a_palette_that_changes_is_followed_within_two_pictures() -> None:
    index = (yard() * 8 + 60).clip(0, 255).astype(np.uint8)
    one, two = (palettes.tables()[name][index].astype(np.uint8) for name in ("inferno", "jet"))
    scalar = Scalar()
    for _ in range(3):
        scalar.thermogram(frame(one))
    doubted = scalar.thermogram(frame(two))
    assert doubted.usable is not None
    assert not doubted.usable.any()
    seen = scalar.thermogram(frame(two))
    assert np.median(np.abs(seen.heat - index.astype(np.float32))) <= 4
    assert scalar.reading is not None
    assert scalar.reading.palette == "jet"


def test_black_hot_is_turned_over() -> None:
    grey = np.full((64, 64), 200, np.uint8)
    grey[30:34, 30:34] = 10
    heat = Scalar("black-hot").thermogram(frame(grey)).heat
    assert heat[31, 31] > heat[0, 0]


def test_bright_grey_is_not_over_range() -> None:
    grey = np.full((64, 64), 90, np.uint8)
    grey[20:40, 20:40] = 255
    assert Scalar().thermogram(frame(grey)).over_range is None


@pytest.mark.parametrize("name", ["inferno", "jet", "hot", "ironbow", "iron-vivid", "turbo"])
def test_palette_is_recognised_through_jpeg_and_text(name: str) -> None:
    index = (yard() * 8 + 60).clip(0, 255).astype(np.uint8)
    picture = palettes.tables()[name][index].astype(np.uint8)
    cv2.putText(picture, "2026-01-01 TH-01", (5, 20), cv2.FONT_HERSHEY_SIMPLEX, 0.6, (255, 255, 255), 2)
    picture = cv2.imdecode(cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 92])[1], cv2.IMREAD_COLOR)
    scalar = Scalar()
    seen = scalar.thermogram(frame(np.asarray(picture)))
    assert scalar.reading is not None
    assert scalar.reading.palette == name
    assert not seen.degraded
    assert np.median(np.abs(seen.heat[60:] - index[60:].astype(np.float32))) <= 4


def test_unknown_colours_are_degraded_and_not_silent() -> None:
    rng = np.random.default_rng(2)
    seen = Scalar().thermogram(frame(rng.integers(0, 255, (120, 160, 3), dtype=np.uint8)))
    assert seen.degraded
    assert seen.heat.shape == (120, 160)


def test_black_core_inside_a_hot_ring_is_over_range() -> None:
    heat = hot(np.full((240, 320), 60.0, np.float32), 160, 120, 40, 190.0)
    index = heat.clip(0, 255).astype(np.uint8)
    cv2.circle(index, (160, 120), 14, 0, -1)
    seen = Scalar().thermogram(frame(palettes.tables()["iron-vivid"][index].astype(np.uint8)))
    assert seen.over_range is not None
    assert seen.over_range[120, 160]
    assert seen.heat[120, 160] == 255.0
    assert not seen.over_range[20, 20]


def test_dark_thing_in_front_of_a_warm_wall_is_not_over_range() -> None:
    index = np.full((240, 320), 120, np.uint8)
    cv2.circle(index, (160, 120), 14, 0, -1)
    assert Scalar().thermogram(frame(palettes.tables()["iron-vivid"][index].astype(np.uint8))).over_range is None


def test_clipped_range_is_found_and_a_peak_is_not() -> None:
    rng = np.random.default_rng(4)
    peak = hot(yard(), 150, 120, 6, 165.0) + rng.normal(0, 0.13, (240, 320)).astype(np.float32)
    assert range_end(peak) is None
    clipped = np.minimum(hot(yard(), 150, 120, 6, 400.0), 187.42).astype(np.float32)
    assert range_end(clipped) == pytest.approx(187.42, abs=0.01)
    assert range_end(yard()) is None


def test_not_a_number_is_not_used() -> None:
    scene = yard()
    scene[5:9, 5:9] = np.nan
    seen = Scalar().thermogram(frame(scene))
    assert seen.usable is not None
    assert not seen.usable[6, 6]
    assert np.isfinite(seen.heat).all()

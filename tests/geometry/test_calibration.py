"""Calibration from landmarks: truth comes back, wrong landmarks are named, what is hidden is said, what is not determined stays."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from edged.geometry.calibrated import Calibration
from edged.geometry.calibration import calibrate
from edged.geometry.datum import to_gcj02
from edged.geometry.earth import from_enu
from edged.geometry.landmark import FIELD, Observation, Sights
from edged.geometry.lens import pixel
from edged.geometry.suspicion import suspect
from edged.model.errors import CalibrationError
from edged.model.lens import Lens
from edged.model.site import Mount
from tests.geometry.technician import EDGES, LAT, LON, PLACES, head_angles, rolled, taken

TRUE = Mount("th-01", LAT, LON, 45.0, azimuth_deg=211.3, tilt_zero_deg=0.7, roll_deg=-0.4)
BEFORE = Mount("th-01", LAT, LON, 45.0, azimuth_deg=31.0, calibrated=False)
BENT = Lens(k=(-0.2, 0.03), roll_deg=0.3, pan_off_deg=0.25, tilt_off_deg=-0.1)


def off(a_deg: float, b_deg: float) -> float:
    return abs((a_deg - b_deg + 180.0) % 360.0 - 180.0)


def sigma(found: Calibration, name: str) -> float | None:
    return next(p.sigma for p in found.parameters if p.name == name)


@pytest.mark.parametrize("lens", [Lens(), BENT, Lens("fisheye", (0.02,), tilt_off_deg=0.5), Lens("cylindrical", pan_off_deg=1.0)])
def test_the_model_is_the_shared_lens_and_head(lens: Lens) -> None:
    mount = replace(TRUE, lean_deg=0.8, lean_azimuth_deg=200.0)
    observations = taken(mount, 17.2, lens=lens, count=8)
    sights = Sights(mount, observations, 0.13)
    theta = sights.start(mount)
    theta[FIELD] = 17.2 / 17.5 - 1.0
    for o, (x, y) in zip(observations, sights.pixels(theta), strict=True):
        to = head_angles(mount, o.lat_wgs84, o.lon_wgs84, o.height_m)
        assert pixel(o.pan_deg, o.tilt_deg, *to, 640, 512, 17.2, rolled(lens, mount)) == pytest.approx((x, y), abs=1e-9)
    azimuth, tilt = sights.implied(theta)
    assert azimuth % 360.0 == pytest.approx(mount.azimuth_deg, abs=1e-9)
    assert tilt == pytest.approx(mount.tilt_zero_deg, abs=1e-9)


@given(
    azimuth=st.floats(0, 359.9), before=st.floats(0, 359.9), tilt=st.floats(-2, 2), roll=st.floats(-2, 2), field=st.floats(0.96, 1.04),
    lean=st.floats(0.2, 1.5), towards=st.floats(0, 359.9),
)  # fmt: skip
@settings(max_examples=20, deadline=None, phases=(Phase.explicit, Phase.reuse, Phase.generate))
def test_noise_free_truth_comes_back(
    azimuth: float, before: float, tilt: float, roll: float, field: float, lean: float, towards: float
) -> None:
    true = Mount("a", LAT, LON, 45.0, azimuth, tilt, roll, lean_deg=lean, lean_azimuth_deg=towards)
    found = calibrate(replace(BEFORE, azimuth_deg=before), taken(true, 17.5 * field, count=8))
    assert found.rejected == ()
    assert off(found.mount.azimuth_deg, azimuth) < 1e-5
    assert found.mount.tilt_zero_deg == pytest.approx(tilt, abs=1e-5)
    assert found.mount.roll_deg == pytest.approx(roll, abs=1e-5)
    assert found.mount.lean_deg == pytest.approx(lean, abs=1e-5)
    assert off(found.mount.lean_azimuth_deg, towards) < 1e-2
    assert found.fields[0][1] == pytest.approx(17.5 * field, abs=1e-5)


@pytest.mark.parametrize("lens", [Lens(), BENT])
def test_an_azimuth_that_is_off_by_180_is_survived(lens: Lens) -> None:
    found = calibrate(replace(BEFORE, azimuth_deg=TRUE.azimuth_deg - 180.0), taken(TRUE, 17.3, lens=lens, noise_px=1.0))
    assert off(found.mount.azimuth_deg, TRUE.azimuth_deg) < 0.04
    assert found.mount.calibrated
    assert found.rejected == ()
    assert found.findings == ()


def test_six_landmarks_meet_the_bar() -> None:
    pans, tilts, fields, inside = [], [], [], []
    for seed in range(40):
        found = calibrate(BEFORE, taken(TRUE, 17.3, noise_px=1.0, seed=seed))
        pans.append(off(found.mount.azimuth_deg, TRUE.azimuth_deg))
        tilts.append(found.mount.tilt_zero_deg - TRUE.tilt_zero_deg)
        fields.append(found.fields[0][1] / 17.3 - 1.0)
        inside.append(pans[-1] < 2.0 * (sigma(found, "azimuth_deg") or 0.0))
    assert np.sqrt(np.mean(np.square(pans))) < 0.015
    assert np.sqrt(np.mean(np.square(tilts))) < 0.015
    assert np.sqrt(np.mean(np.square(fields))) < 0.0022
    assert np.mean(inside) > 0.85


def test_swapped_names_and_a_landmark_100_m_off_are_named() -> None:
    right = taken(TRUE, 17.3, noise_px=1.0, count=8)
    a, b = right[1], right[4]
    exchanged = [
        replace(o, lat_wgs84=p.lat_wgs84, lon_wgs84=p.lon_wgs84, height_m=p.height_m) if p is not None else o
        for o in right
        for p in [{a.name: b, b.name: a}.get(o.name)]
    ]
    found = calibrate(BEFORE, exchanged)
    assert {r.name for r in found.rejected} == {a.name, b.name}
    assert off(found.mount.azimuth_deg, TRUE.azimuth_deg) < 0.04
    lat, lon = from_enu(LAT, LON, *(_metres(right[2], (100.0, 0.0))))
    moved = [replace(o, lat_wgs84=lat, lon_wgs84=lon) if o.name == "L3" else o for o in right]
    found = calibrate(BEFORE, moved)
    assert [r.name for r in found.rejected] == ["L3"]
    assert 40.0 < found.rejected[0].miss_m < 110.0
    assert [r.used for r in found.residuals if r.name == "L3"] == [False]
    assert off(found.mount.azimuth_deg, TRUE.azimuth_deg) < 0.04
    assert found.landmarks == 7


def _metres(one: Observation, more: tuple[float, float]) -> tuple[float, float]:
    from edged.geometry.earth import enu_m

    east, north, _ = enu_m(LAT, LON, one.lat_wgs84, one.lon_wgs84)
    return east + more[0], north + more[1]


def test_right_landmarks_are_not_named_and_noise_is_not_reported() -> None:
    named = reported = 0
    for seed in range(100, 140):
        found = calibrate(BEFORE, taken(TRUE, 17.3, noise_px=1.0, seed=seed))
        named += bool(found.rejected)
        reported += bool(found.findings)
    assert named <= 1
    assert reported <= 2


@pytest.mark.parametrize("share", [-0.01, 0.01])
def test_a_hidden_focal_error_is_said(share: float) -> None:
    found = calibrate(BEFORE, taken(TRUE, 17.5 * (1.0 + share), noise_px=1.0, seed=4), fix_fov=True)
    assert found.rejected == ()
    assert found.fields[0] == (17.5, 17.5)
    assert [f.kind for f in found.findings] == ["field"]
    assert found.findings[0].value[0] == pytest.approx(share, abs=0.004)
    assert ("wider" if share > 0 else "narrower") in found.findings[0].words.en
    assert ("大" if share > 0 else "小") in found.findings[0].words.zh
    assert found.mount.sigma_deg > 1.5 * calibrate(BEFORE, taken(TRUE, 17.5 * (1.0 + share), noise_px=1.0, seed=4)).mount.sigma_deg


def test_a_mast_that_stands_elsewhere_is_said_with_its_place() -> None:
    lat, lon = from_enu(LAT, LON, -5.0, 3.0)
    found = calibrate(replace(BEFORE, lat_wgs84=lat, lon_wgs84=lon), taken(TRUE, 17.3, noise_px=1.0, count=10))
    first = found.findings[0]
    assert first.kind == "position"
    assert first.value == pytest.approx((5.0, -3.0), abs=1.0)
    assert "east" in first.words.en
    assert "东" in first.words.zh
    lower = calibrate(replace(BEFORE, height_m=42.0), taken(TRUE, 17.3, noise_px=1.0, count=10))
    assert lower.findings[0].kind == "height"
    assert lower.findings[0].value[0] == pytest.approx(3.0, abs=0.6)


def test_distortion_and_a_wrong_scale_of_pan_are_said() -> None:
    edges = [*EDGES, (0.2, 0.1), (0.3, -0.3)]
    bent = taken(TRUE, 17.3, noise_px=1.0, count=10, edges=edges, lens=Lens(k=(2.0,)))
    found = calibrate(BEFORE, [replace(o, lens=Lens()) for o in bent])
    assert [f.kind for f in found.findings][:1] == ["distortion"]
    scaled = [replace(o, pan_deg=((o.pan_deg + 180.0) % 360.0 - 180.0) / 1.003) for o in taken(TRUE, 17.3, noise_px=1.0, count=10)]
    found = calibrate(BEFORE, scaled)
    assert found.findings[0].kind == "pan_scale"
    assert found.findings[0].value[0] == pytest.approx(0.003, abs=0.0005)


def test_landmarks_in_the_middle_leave_field_and_roll_as_they_were() -> None:
    middle = [(0.0, 0.0), (0.004, 0.0), (0.0, 0.004), (-0.004, 0.0)]
    found = calibrate(replace(BEFORE, roll_deg=0.25), taken(TRUE, 17.3, noise_px=0.5, edges=middle))
    assert found.mount.roll_deg == 0.25
    assert found.fields[0] == (17.5, 17.5)
    assert sigma(found, "roll_deg") is None
    assert sigma(found, "hfov_deg") is None
    assert len(found.kept) == 2
    assert any("roll stays 0.25°" in w.en and "横滚角保持" in w.zh for w in found.kept)
    assert any("17.5°" in w.en and "edges" in w.en for w in found.kept)
    assert off(found.mount.azimuth_deg, TRUE.azimuth_deg) < 0.04


def test_aimed_landmarks_need_no_pixel() -> None:
    aimed = [replace(o, x_px=None, y_px=None) for o in taken(TRUE, 17.3, edges=[(0.0, 0.0)])]
    found = calibrate(BEFORE, aimed)
    assert off(found.mount.azimuth_deg, TRUE.azimuth_deg) < 1e-3


def test_lean_is_held_where_landmarks_do_not_reach_round() -> None:
    leaning = replace(TRUE, lean_deg=0.4, lean_azimuth_deg=70.0)
    near = [(a, r, h) for a, (_, r, h) in zip(range(40, 100, 8), PLACES, strict=False)]
    found = calibrate(BEFORE, taken(leaning, 17.3, noise_px=1.0, count=7, places=near))
    assert found.mount.lean_deg == 0.0
    assert sigma(found, "lean_east_deg") is None
    assert any("lean stays 0.00°" in w.en and "立杆倾斜保持" in w.zh for w in found.kept)
    assert calibrate(BEFORE, taken(leaning, 17.3, noise_px=1.0, count=7)).mount.lean_deg == pytest.approx(0.4, abs=0.05)


def test_two_zooms_get_two_fields() -> None:
    wide, tele = taken(TRUE, 17.3, noise_px=1.0, count=5), taken(TRUE, 6.05, 5.9, noise_px=1.0, count=5, seed=2)
    found = calibrate(BEFORE, [*wide, *(replace(o, name=f"tele {o.name}") for o in tele)])
    assert dict(found.fields)[17.5] == pytest.approx(17.3, rel=0.004)
    assert dict(found.fields)[5.9] == pytest.approx(6.05, rel=0.004)
    assert found.fitted[-2:] == ("hfov_deg at 17.5", "hfov_deg at 5.9")


def test_errors_to_expect_follow_from_the_angles() -> None:
    found = calibrate(BEFORE, taken(TRUE, 17.3, noise_px=1.0))
    one, three = found.expected
    assert one.across_m == pytest.approx(np.radians(found.sigma_deg[0]) * 1000.0)
    assert three.along_m == pytest.approx(np.radians(found.sigma_deg[1]) * (3000.0**2 + 45.0**2) / 45.0)
    assert found.mount.sigma_deg >= 0.02


def test_too_few_and_contradicting_landmarks_are_refused() -> None:
    right = taken(TRUE, 17.3)
    with pytest.raises(CalibrationError, match="2 landmarks") as few:
        calibrate(BEFORE, right[:2])
    assert "至少需要 3" in few.value.zh
    turned = [replace(o, pan_deg=-o.pan_deg) for o in right]
    with pytest.raises(CalibrationError, match="contradict one another") as fault:
        calibrate(BEFORE, turned)
    assert "地标互相矛盾" in fault.value.zh
    assert "L1 " in str(fault.value)


def test_the_common_mistake_is_guessed() -> None:
    right = taken(TRUE, 17.3, noise_px=1.0, count=8)
    shifted = []
    for o in right:
        lat, lon = to_gcj02(o.lat_wgs84, o.lon_wgs84)
        shifted.append(replace(o, lat_wgs84=lat, lon_wgs84=lon))
    guess = suspect(BEFORE, shifted)
    assert guess is not None
    assert "--datum GCJ-02" in guess.en
    turned = suspect(BEFORE, [replace(o, pan_deg=-o.pan_deg) for o in right])
    assert turned is not None
    assert "水平角正负号反了" in turned.zh


def test_an_axis_that_moves_with_zoom_is_fitted() -> None:
    wide, tele = taken(TRUE, 17.3, noise_px=1.0, count=6), taken(TRUE, 5.95, 5.9, lens=Lens(pan_off_deg=0.08, tilt_off_deg=-0.05), count=5)
    both = [*wide, *(replace(o, name=f"tele {o.name}", lens=Lens()) for o in tele)]
    found = calibrate(BEFORE, both)
    assert found.rejected == ()
    ((claimed, right, up),) = found.axes
    assert claimed == 5.9
    assert (right, up) == pytest.approx((0.08, -0.05), abs=0.025)
    assert off(found.mount.azimuth_deg, TRUE.azimuth_deg) < 0.03
    assert calibrate(BEFORE, [*wide, *(replace(o, name=f"tele {o.name}") for o in taken(TRUE, 5.95, 5.9, count=5))]).axes == ()

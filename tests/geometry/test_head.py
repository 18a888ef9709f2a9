"""Head angles and the world: there and back, with a mast that leans; against SciPy's rotations."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from edged.geometry import head, lens
from edged.model.site import Mount

pans = st.floats(-720, 720)
tilts = st.floats(-89, 89)
mounts = st.builds(
    lambda azimuth, zero, lean, towards: Mount(
        "th-01", 0, 0, 30, azimuth_deg=azimuth, tilt_zero_deg=zero, lean_deg=lean, lean_azimuth_deg=towards
    ),
    st.floats(-360, 360), st.floats(-10, 10), st.just(0.0) | st.floats(0.001, 20), st.floats(-360, 720),
)  # fmt: skip


@given(mounts, pans, st.floats(-400, 400))
def test_there_and_back(mount: Mount, pan: float, tilt: float) -> None:
    azimuth, elevation = head.to_world(mount, pan, tilt)
    assert 0.0 <= azimuth <= 360.0
    back = head.to_head(mount, azimuth, elevation)
    assert lens.separation_deg(pan, tilt + mount.tilt_zero_deg, back[0], back[1] + mount.tilt_zero_deg) < 1e-9
    if not mount.lean_deg:
        assert back[1] == pytest.approx(tilt, abs=1e-12)


@given(mounts, pans, tilts)
def test_a_lean_is_one_rotation(mount: Mount, pan: float, tilt: float) -> None:
    """East, north, up; the lean turns up towards the azimuth, about the horizontal line 90° to the left of it."""
    a = np.radians(mount.lean_azimuth_deg)
    rotation: Any = Rotation.from_rotvec(np.radians(mount.lean_deg) * np.array([-np.cos(a), np.sin(a), 0.0]))
    want = rotation.apply(lens.unit(mount.azimuth_deg + pan, tilt + mount.tilt_zero_deg))
    assert lens.unit(*head.to_world(mount, pan, tilt)) == pytest.approx(want, abs=1e-12)


def test_a_mast_that_leans_north_looks_down_in_the_north_and_up_in_the_south() -> None:
    mount = Mount("th-01", 0, 0, 30, lean_deg=1.0)
    assert head.to_world(mount, 0.0, 0.0) == pytest.approx((0.0, -1.0))
    assert head.to_world(mount, 180.0, 0.0) == pytest.approx((180.0, 1.0))
    assert head.to_world(mount, 90.0, 0.0) == pytest.approx((90.0, 0.0), abs=1e-9)


@given(mounts, st.lists(st.tuples(pans, tilts), min_size=1, max_size=5))
def test_arrays_say_the_same(mount: Mount, directions: list[tuple[float, float]]) -> None:
    world = head.all_to_world(mount, np.array(directions))
    assert world == pytest.approx(np.array([head.to_world(mount, *d) for d in directions]), abs=1e-9)
    assert head.all_to_head(mount, world) == pytest.approx(np.array([head.to_head(mount, *w) for w in world]), abs=1e-9)


@pytest.mark.parametrize(("angle", "is_"), [(0, 0), (190, -170), (-180, 180), (180, 180), (540, 180), (-190, 170)])
def test_wrapped_angles(angle: float, is_: float) -> None:
    assert head.wrap_deg(angle) == is_

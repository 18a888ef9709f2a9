"""ONVIF's spaces and zoom tables: there and back, signs, ends, and the law of the simulated lens as a second opinion."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edged.geometry.spaces import Space, boresight_at, hfov_at, zoom_for
from edged.simulator.head import zoomed_hfov_deg

TABLE = ((0.0, 25.0), (0.3, 14.0), (0.8, 6.0), (1.0, 4.5))
signs = st.sampled_from((1, -1))
spaces = st.one_of(
    st.builds(Space.degrees, signs, signs), st.builds(Space.generic, st.just(180.0) | st.just(170.0), st.floats(20, 180), signs, signs)
)


@given(spaces, st.floats(-1, 1), st.floats(-1, 1))
def test_positions_come_home(space: Space, x: float, y: float) -> None:
    assert space.from_degrees(*space.to_degrees(x, y)) == pytest.approx((x, y), abs=1e-9) or abs(x) > 1.0 - 1e-9


def test_signs_and_ends() -> None:
    down_left = Space.generic(180.0, 45.0, -1, -1)
    assert down_left.to_degrees(0.5, 0.5) == (-90.0, -22.5)
    assert down_left.from_degrees(-90.0, -22.5) == (0.5, 0.5)
    assert down_left.from_degrees(0.0, 80.0) == (0.0, -1.0)
    assert Space.generic(170.0).from_degrees(178.0, 0.0) == (1.0, 0.0)
    assert Space.degrees().from_degrees(190.0, -95.0) == (-170.0, -95.0)
    assert Space.degrees(-1).to_degrees(-180.0, 3.0) == (180.0, 3.0)


@given(st.floats(0, 1))
def test_between_two_ends_the_focal_length_is_linear_in_zoom(zoom: float) -> None:
    tele = zoomed_hfov_deg(17.5, 3.0, 1.0)
    assert hfov_at(((0.0, 17.5), (1.0, tele)), zoom) == pytest.approx(zoomed_hfov_deg(17.5, 3.0, zoom), abs=1e-9)


@given(st.floats(0, 1))
def test_zoom_for_a_field_is_the_inverse(zoom: float) -> None:
    assert zoom_for(TABLE, hfov_at(TABLE, zoom)) == pytest.approx(zoom, abs=1e-9)


def test_rows_hold_and_so_do_the_ends() -> None:
    assert [hfov_at(TABLE, z) for z in (-1.0, 0.0, 0.3, 0.8, 1.0, 2.0)] == pytest.approx([25.0, 25.0, 14.0, 6.0, 4.5, 4.5])
    assert [zoom_for(TABLE, h) for h in (90.0, 25.0, 6.0, 1.0)] == pytest.approx([0.0, 0.0, 0.8, 1.0])
    assert hfov_at(((0.2, 360.0),), 0.7) == 360.0
    assert zoom_for(((0.2, 17.5),), 5.0) == 0.2
    with pytest.raises(ValueError, match="at least one row"):
        hfov_at((), 0.0)


def test_boresight_is_linear_in_zoom() -> None:
    rows = ((0.0, 0.3, -0.1), (1.0, 0.1, 0.1))
    assert boresight_at((), 0.5) == (0.0, 0.0)
    assert boresight_at(rows, 0.25) == pytest.approx((0.25, -0.05))
    assert boresight_at(rows, 9.0) == pytest.approx((0.1, 0.1))

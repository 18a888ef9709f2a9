"""Rows as the journal keeps them: what a place says comes back whole, and rows from before it said so still load."""

from __future__ import annotations

import json
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from edged.model.journal import Row
from edged.model.place import Ellipse, IgnitionPoint, RangeInterval
from edged.store.form import ROW, canonical, row_of
from tests.store.making import alarm_row

NEW = ("height_m", "surface", "structure_id", "side", "floor", "mirrored")
FULL = IgnitionPoint(
    29.6135, 106.6061, "single_lookout", Ellipse(21.5, 4.25, 45.0), None, 14.2, "facade", "w12", "SW", 5, True,
)  # fmt: skip

metres = st.floats(0.1, 6000)
points = st.builds(
    IgnitionPoint,
    st.floats(-90, 90),
    st.floats(-180, 180),
    st.sampled_from(["triangulated", "single_lookout", "bearing_only", "person", "none"]),
    st.none() | st.builds(Ellipse, metres, metres, st.floats(0, 180)),
    st.none() | st.builds(RangeInterval, st.floats(0, 360), st.floats(0.01, 5), metres, metres),
    st.none() | st.floats(-5, 200),
    st.none() | st.sampled_from(["ground", "roof", "facade"]),
    st.none() | st.text(min_size=1, max_size=8),
    st.none() | st.sampled_from(["N", "NE", "E", "SE", "S", "SW", "W", "NW"]),
    st.none() | st.integers(1, 60),
    st.booleans(),
)


def row_with(point: IgnitionPoint | None) -> Row:
    row = alarm_row(1, "A1", "active")
    assert row.alarm is not None
    return replace(row, alarm=replace(row.alarm, ignition_point=point))


def read(payload: bytes) -> Row:
    return row_of(payload, "R1", "real", "2026-11-22T03:14:03+00:00")


def test_a_point_with_every_field_comes_back_equal() -> None:
    assert all(getattr(FULL, name) not in (None, False) for name in NEW)
    row = row_with(FULL)
    payload = canonical(ROW, row)
    assert read(payload) == row
    assert canonical(ROW, read(payload)) == payload


@given(st.none() | points)
def test_any_point_comes_back_equal(point: IgnitionPoint | None) -> None:
    row = row_with(point)
    assert read(canonical(ROW, row)) == row


def test_a_row_from_before_a_point_said_what_it_met_still_loads() -> None:
    old = json.loads(canonical(ROW, row_with(FULL)))
    for name in NEW:
        del old["alarm"]["ignition_point"][name]
    del old["alarm"]["words"]["near"]
    row = read(json.dumps(old).encode())
    assert row == row_with(IgnitionPoint(29.6135, 106.6061, "single_lookout", Ellipse(21.5, 4.25, 45.0)))

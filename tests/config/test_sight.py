"""Zones that no lookout sees, judged as rays run: over hills, from a leaning mast, through a lens beside its head, from a roof."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edged.config.load import load
from edged.config.report import ConfigFaults
from tests.config.drawing import at, box, point, polygon, write
from tests.config.test_meaning import advice, cameras, judged, mount, unseen

NORTH = {"views": [{"id": "yard", "pan_deg": 0, "tilt_deg": -4}]}
YARD = polygon(box(0, 400, 40, 40), name="查验区", code="C1")


def hill(station: Path, north_m: float, high_m: float, wide_m: float = 60.0) -> None:
    """Lay ground of 200 m round the station, with a ridge that runs east and west `north_m` away from it."""
    count, cell = 120, 0.0006
    lat = 29.61 + (np.arange(count)[::-1] - count / 2 + 0.5) * cell
    rise = high_m * np.exp(-((((lat - 29.61) * 110_850 - north_m) / wide_m) ** 2))
    rows = [" ".join([f"{200 + one:.3f}"] * count) for one in rise]
    corner = (106.60 - count / 2 * cell, 29.61 - count / 2 * cell)
    head = [f"ncols {count}", f"nrows {count}", f"xllcorner {corner[0]}", f"yllcorner {corner[1]}", f"cellsize {cell}"]
    (station.parent / "heights.asc").write_text("\n".join([*head, *rows]))
    station.write_text(station.read_text().split("site:")[0] + "site: {terrain: heights.asc}\n")


def visible(station: Path) -> bool:
    return judged(station, "not_visible") == []


def test_a_hill_hides_a_zone(station: Path) -> None:
    cameras(station, {"views": [{"id": "far", "pan_deg": 0, "tilt_deg": -1}]})
    yard = polygon(box(0, 1200, 100, 100), name="查验区", code="C1")
    write(station, yard)
    assert visible(station)
    hill(station, 800, 40)
    fault = unseen(station)
    assert fault.words.en.endswith("within 3 km: hidden from th-01 by the ground")
    assert "th-01 被地形遮挡" in fault.words.zh
    assert "a lookout elsewhere or higher would see it" in advice(fault)
    hill(station, 800, 5)
    assert visible(station)
    hill(station, 1200, 40, 200)
    assert visible(station), "a zone on the hill itself"


def test_a_mast_on_a_hill_looks_over_a_wall(station: Path) -> None:
    """`height_m` counts from the ground at the mast's foot."""
    cameras(station, {"views": [{"id": "down", "pan_deg": 0, "tilt_deg": -7}]})
    wall = polygon(box(0, 200, 200, 10), kind="building", name="高架库", code="W1", height_m=22)
    write(station, YARD, wall)
    assert "hidden from th-01 by 高架库" in unseen(station).words.en
    hill(station, 0, 40, 100)
    assert visible(station)


@pytest.mark.parametrize(("towards_deg", "seen"), [(180, False), (0, False), (90, True)])
def test_a_leaning_mast_looks_past_the_zone(station: Path, towards_deg: float, seen: bool) -> None:
    """Leaning towards the view or away from it the picture lies 9° too low or too high; aside it turns in itself."""
    cameras(station, {**NORTH, "mount": mount(0, 0, lean_deg=9, lean_azimuth_deg=towards_deg)})
    write(station, YARD)
    assert visible(station) == seen
    if not seen:
        assert "not in the views of th-01" in unseen(station).words.en


@pytest.mark.parametrize(("lean_deg", "lean_azimuth_deg", "boresight"), [(6, 200, [0, 0, 0]), (3, 75, [0, 1.5, -2.5])])
def test_the_view_that_is_advised_shows_the_zone_from_a_leaning_mast(
    station: Path, lean_deg: float, lean_azimuth_deg: float, boresight: list[float]
) -> None:
    lookout: dict[str, Any] = {
        "mount": mount(0, 0, azimuth_deg=123, lean_deg=lean_deg, lean_azimuth_deg=lean_azimuth_deg),
        "thermal": {"hfov_deg": 17.5, "boresight": [boresight]},
    }
    cameras(station, lookout)
    write(station, polygon(box(-300, -200, 60, 60), name="查验区", code="C1"))
    pan, tilt = (float(word.split(": ")[1]) for word in advice(unseen(station)).split("at ")[1].split(", "))
    cameras(station, {**lookout, "views": [{"id": "new", "pan_deg": pan, "tilt_deg": tilt, "hfov_deg": 1.0}]})
    assert visible(station)
    cameras(station, {**lookout, "views": [{"id": "new", "pan_deg": pan, "tilt_deg": tilt + 6.0, "hfov_deg": 1.0}]})
    assert not visible(station)


@pytest.mark.parametrize(
    ("thermal", "mounted", "seen"),
    [
        ({}, {}, False),
        ({"boresight": [[0, 4, 0]]}, {}, True),
        ({"boresight": [[0, -4, 0]]}, {}, False),
        ({}, {"roll_deg": 90}, False),
        ({"projection": "fisheye", "hfov_deg": 24}, {}, True),
    ],
    ids=["ahead", "right", "left", "upright", "wider"],
)
def test_the_lens_decides_what_a_view_holds(station: Path, thermal: dict[str, Any], mounted: dict[str, Any], seen: bool) -> None:
    """The zone lies 11° right of the axis, just outside a picture of 17.5°."""
    cameras(station, {**NORTH, "thermal": thermal, "mount": mount(0, 0, **mounted)})
    a = math.radians(11.0)
    write(station, polygon(box(400 * math.sin(a), 400 * math.cos(a), 4, 4), name="查验区", code="C1"))
    assert visible(station) == seen


@pytest.mark.parametrize(("roll_deg", "seen"), [(0, True), (90, False)])
def test_a_picture_that_stands_upright_is_narrower(station: Path, roll_deg: float, seen: bool) -> None:
    """8° right of the axis: within 8.75° of a picture that lies, outside the 7° of one that stands."""
    cameras(station, {**NORTH, "mount": mount(0, 0, roll_deg=roll_deg)})
    a = math.radians(8.0)
    write(station, polygon(box(400 * math.sin(a), 400 * math.cos(a), 2, 2), name="查验区", code="C1"))
    assert visible(station) == seen


@pytest.mark.parametrize(("lens_m", "edge_m", "seen"), [(22, 10, True), (22, 100, False), (30, 100, True)])
def test_a_mast_on_a_roof_looks_over_its_edge(station: Path, lens_m: float, edge_m: float, seen: bool) -> None:
    """2 m over a roof whose edge is 10 m ahead all is seen but the foot of the house; over one of 100 m the yard is hidden."""
    cameras(station, {**NORTH, "mount": mount(0, 0, lens_m)})
    house = box(0, 0, 60, 2 * edge_m)
    write(station, YARD, polygon(house, kind="building", name="航站楼", code="T1", height_m=20))
    assert visible(station) == seen
    if not seen:
        assert "hidden from th-01 by 航站楼" in unseen(station).words.en


def test_the_earth_bends_away_under_a_wall(station: Path) -> None:
    """Half-way to a yard at 5.8 km the line of sight runs 0.6 m lower over the ground than on a flat earth: at 14.9 m, not at 15.5 m."""
    station.write_text(station.read_text() + "site: {radius_m: 6000}\n")
    cameras(station, {"views": [{"id": "far", "pan_deg": 0, "tilt_deg": 0}], "mount": mount(0, 0, 30)})
    wall = {"kind": "building", "name": "高架库", "code": "W1"}
    yard = polygon(box(0, 5800, 20, 20), name="查验区", code="C1")
    write(station, yard, polygon(box(0, 2900, 200, 10), height_m=15.2, **wall))
    assert not visible(station)
    write(station, yard, polygon(box(0, 2900, 200, 10), height_m=14.5, **wall))
    assert visible(station)


def test_a_tall_building_is_seen_from_below_by_its_wall(station: Path) -> None:
    cameras(station, {"views": [{"id": "up", "pan_deg": 0, "tilt_deg": 23}]})
    ring = box(0, 400, 40, 40)
    zone, tower = polygon(ring, name="一号楼", code="C1"), polygon(ring, kind="building", name="高楼", code="W1", height_m=200)
    write(station, zone, tower)
    assert visible(station)
    write(station, zone, tower, polygon(box(0, 300, 200, 10), kind="building", name="前楼", code="W2", height_m=190))
    assert "hidden from th-01 by 前楼" in unseen(station).words.en


@pytest.mark.parametrize(("lean_deg", "masked"), [(0, True), (9, False)])
def test_a_mask_lies_where_the_leaning_head_looks(station: Path, lean_deg: float, masked: bool) -> None:
    area = {"name": "烟道", "kind": "mask", "points": [[-6, -2], [6, -2], [6, -6], [-6, -6]]}
    cameras(station, {"areas": [area], "mount": mount(0, 0, lean_deg=lean_deg, lean_azimuth_deg=180)})
    write(station, polygon(box(0, 400, 60, 60), name="挂车场", code="A4", policy="priority"))
    assert (judged(station, "masked") != []) == masked


def test_a_fixed_lookout_with_a_named_view_stares_along_pan_zero(station: Path) -> None:
    cameras(station, {"views": [{"id": "gate"}]})
    write(station, polygon(box(400, 0, 20, 20), name="查验区", code="C1"))
    assert "not in the views of th-01" in unseen(station).words.en
    write(station, polygon(box(0, 400, 20, 20), name="查验区", code="C1"))
    assert visible(station)


def test_a_mistyped_mast_does_not_bend_the_plane_of_the_others(station: Path) -> None:
    far = {"mount": {"lat_wgs84": 29.61, "lon_wgs84": 16.60, "height_m": 30}}
    cameras(station, {"views": [{"id": "tele", "pan_deg": 90, "tilt_deg": -0.8, "hfov_deg": 2.0}]}, far)
    write(station, polygon(box(2000, 0, 30, 30), name="查验区", code="C1"), point(at(0, 0), kind="mast", name="一号杆"))
    assert visible(station)


def test_without_a_station_file_that_can_be_read_sight_is_not_guessed(station: Path) -> None:
    """Radius and ground stand in it: the faults of the file come first."""
    write(station, polygon(box(400, 0, 20, 20), name="查验区", code="C1"))
    station.write_text("station: {id: t-01}\nsite: {radius_m: none}\n")
    with pytest.raises(ConfigFaults) as caught:
        load(station)
    assert "not_visible" not in {fault.rule for fault in caught.value.faults}
    assert caught.value.faults


@pytest.mark.parametrize(("pan_deg", "faults"), [(3.0, 0), (40.0, 1)])
def test_a_beacon_that_no_view_holds_is_named(station: Path, pan_deg: float, faults: int) -> None:
    cameras(station, {**NORTH, "beacons": [{"name": "烟道", "pan_deg": pan_deg, "tilt_deg": -3}]})
    write(station, YARD)
    found = judged(station, "beacon_unseen")
    assert len(found) == faults
    if found:
        assert found[0].words.en == "beacon 烟道 lies in no view of th-01"
        assert "pan_deg: 40, tilt_deg: -3" in advice(found[0])
        assert found[0].severity == "warning"


def test_a_view_by_preset_may_hold_any_beacon(station: Path) -> None:
    cameras(station, {"views": [{"id": "p", "preset": "1"}], "beacons": [{"name": "烟道", "pan_deg": 90, "tilt_deg": -3}]})
    assert judged(station, "beacon_unseen") == []

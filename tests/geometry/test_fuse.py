"""Two and more lookouts: known answers, gates, ghosts, mirrors, and ellipses that hold the truth as often as they say."""

from __future__ import annotations

import math

import numpy as np
import pytest

from edged.geometry import head
from edged.geometry.earth import distance_m, enu_m
from edged.geometry.fuse import Bearing, chi2_limit, fuse
from edged.geometry.place import SOURCE_HEIGHT_M
from edged.geometry.site import SiteModel
from edged.model.site import Mount
from tests.geometry.yard import at, building, hills, mount, site, water

WEST, EAST, NORTH = mount("a"), mount("b", east=2900.0, azimuth_deg=30.0), mount("c", north=2500.0, azimuth_deg=-70.0)


def look(
    model: SiteModel,
    post: Mount,
    east: float,
    north: float,
    above_m: float = SOURCE_HEIGHT_M,
    sigma: float = 0.1,
    error: tuple[float, float] = (0, 0),
) -> Bearing:
    """Return the bearing under which a post sees a place."""
    pan, tilt = head.to_head(post, *model.direction_to(post, *at(east, north), above_m))
    return Bearing(post, pan + error[0], tilt + error[1], sigma)


def miss_m(found: object, east: float, north: float) -> float:
    """Return the metres between a fix and a place."""
    point = found.point  # type: ignore[attr-defined]
    return distance_m(*at(east, north), point.lat_wgs84, point.lon_wgs84)


@pytest.mark.parametrize("terrain", [None, hills()], ids=["level", "hilly"])
def test_two_and_three_lookouts_meet_at_the_source(terrain: object) -> None:
    model = site(WEST, EAST, NORTH, terrain=terrain)
    looks = [look(model, post, 1400.0, 1300.0) for post in (WEST, EAST, NORTH)]
    for some in (looks, looks[:2], looks[1:]):
        found = fuse(model, some)
        assert found is not None
        assert found.point.method == "triangulated"
        assert miss_m(found, 1400.0, 1300.0) < 0.1
        assert found.chi2 < 0.05


def test_bearings_that_miss_one_another_are_no_place() -> None:
    model = site(WEST, EAST, NORTH)
    looks = [look(model, WEST, 1500.0, 1500.0), look(model, EAST, 1500.0, 900.0), look(model, NORTH, 1500.0, 1500.0)]
    assert fuse(model, looks) is None


def test_a_crossing_at_another_height_is_a_ghost() -> None:
    """Azimuths cross at (1500, 1500), but one head looks 400 m beyond and the other 400 m short of it."""
    model = site(WEST, EAST)
    first, second = look(model, WEST, 1500.0, 1500.0, sigma=0.02), look(model, EAST, 1500.0, 1500.0, sigma=0.02)
    assert fuse(model, [first, Bearing(EAST, second.pan_deg, second.tilt_deg - 0.6, 0.02)]) is None


def test_parallel_bearings_over_the_horizon_are_no_triangulation() -> None:
    model = site(mount("a"), mount("b", east=100.0))
    found = fuse(model, [Bearing(mount("a"), 0.0, 1.0, 0.1), Bearing(mount("b", east=100.0), 0.0, 1.0, 0.1)])
    assert found is None or found.point.method != "triangulated"


def test_heads_that_face_each_other_agree_by_their_ranges() -> None:
    """No azimuths cross; the place is no triangulation but the better head's, and the bearings are of one source."""
    west, east = mount("a", height=60.0), mount("b", east=1600.0, height=60.0)
    model = site(west, east)
    found = fuse(model, [look(model, west, 800.0, 0.0), look(model, east, 800.0, 0.0)])
    assert found is not None
    assert miss_m(found, 800.0, 0.0) < 5.0
    assert fuse(model, [look(model, west, 400.0, 0.0), look(model, east, 1300.0, 0.0)]) is None


def test_a_fire_on_a_roof_and_on_a_wall() -> None:
    model = site(WEST, NORTH, structures=(building("w1", 900, 900, 25, 25, 24.0, floors=6),))
    roof = fuse(model, [look(model, post, 900.0, 900.0, 24.5, 0.03) for post in (WEST, NORTH)])
    assert roof is not None
    assert (roof.point.surface, roof.point.structure_id) == ("roof", "w1")
    wall = fuse(model, [look(model, post, 874.0, 900.0, 14.0, 0.03) for post in (WEST, NORTH)])
    assert wall is not None
    assert (wall.point.surface, wall.point.structure_id, wall.point.side, wall.point.floor) == ("facade", "w1", "W", 4)
    assert wall.point.height_m == pytest.approx(14.0, abs=1.5)


def test_a_crossing_that_nobody_could_see_is_tested_against_its_mirror_image() -> None:
    """The source (900, 600) is mirrored in glass at north = 1000: `a` sees the image at (900, 1400), `b` the source itself."""
    glass = building("g", 600, 1040, 400, 40, 60.0, glass=True)
    post, other = mount("a", height=20.0), mount("b", east=1900.0, north=300.0, height=40.0)
    model = site(post, other, structures=(glass,))
    found = fuse(model, [look(model, post, 900.0, 1400.0, sigma=0.03), look(model, other, 900.0, 600.0, sigma=0.03)])
    assert found is not None
    assert found.point.mirrored
    assert miss_m(found, 900.0, 600.0) < 1.0


def test_an_image_on_water_and_a_direct_look_meet_at_the_source() -> None:
    crane = building("crane", 700, 700, 10, 10, 40.0)
    model = site(WEST, NORTH, structures=(crane,), surfaces=(water(500, 500, 150, 150),))
    found = fuse(model, [look(model, WEST, 690.0, 695.0, -17.0, 0.03), look(model, NORTH, 695.0, 710.0, 17.0, 0.03)])
    assert found is not None
    assert found.point.mirrored
    assert found.point.structure_id == "crane"


def test_ellipse_of_two_lookouts_holds_the_truth_as_often_as_it_says() -> None:
    rng = np.random.default_rng(7)
    model = site(WEST, EAST)
    held, draws = 0, 400
    for _ in range(draws):
        found = fuse(
            model, [look(model, p, 1500.0, 1500.0, max(0.0, rng.normal(1, 1)), 0.1, tuple(rng.normal(0, 0.1, 2))) for p in (WEST, EAST)]
        )
        if found is None or found.point.ellipse is None:
            continue
        shape = found.point.ellipse
        east, north, _ = enu_m(found.point.lat_wgs84, found.point.lon_wgs84, *at(1500.0, 1500.0))
        a = math.radians(shape.azimuth_deg)
        along, across = east * math.sin(a) + north * math.cos(a), east * math.cos(a) - north * math.sin(a)
        held += (along / shape.semi_major_m) ** 2 + (across / shape.semi_minor_m) ** 2 <= 1.0
    assert 0.92 <= held / draws <= 0.985


def test_chi2_limits_are_the_tabled_ones() -> None:
    assert chi2_limit(0.95, 2) == pytest.approx(5.991, rel=0.02)
    assert chi2_limit(0.95, 4) == pytest.approx(9.488, rel=0.01)
    assert chi2_limit(0.99999, 4) == pytest.approx(28.47, rel=0.05)


def test_one_bearing_is_refused() -> None:
    with pytest.raises(ValueError, match="two bearings"):
        fuse(site(WEST), [Bearing(WEST, 0.0, -2.0, 0.1)])

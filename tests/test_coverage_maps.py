"""The map of a coverage as GeoJSON and as a picture."""

from __future__ import annotations

import json
from typing import Any

import cv2
import numpy as np
import pytest
from matplotlib.colors import to_rgb
from pyproj import Geod
from shapely import contains_xy
from shapely.geometry import shape

from edged.covermap import geojson, outline
from edged.coverpicture import LEVELS, OUTSIDE, colours, picture
from edged.geometry.cells import Cells
from edged.geometry.coverage import TARGETS, WHY, Area, Coverage
from edged.geometry.site import SiteModel
from edged.model.site import SitePlan, Structure, Zone
from edged.survey import Survey, survey
from tests.test_survey import SPOT, small


def ring(west: float, south: float, east: float, north: float) -> tuple[tuple[float, float], ...]:
    """Return a rectangle of metres about the spot, near enough."""
    lat, lon = 1 / 110_800.0, 1 / 96_800.0
    return tuple((SPOT[1] + x * lon, SPOT[0] + y * lat) for x, y in ((west, south), (east, south), (east, north), (west, north)))


@pytest.fixture(scope="module")
def made() -> tuple[SiteModel, Survey]:
    """Return a site with a zone and a wall, and its survey."""
    inputs = small(cell_m=10.0)
    plan = SitePlan(
        mounts=inputs.plan.mounts,
        zones=(Zone("a1", "A1", "A1", ring(100, -60, 350, 60)),),
        structures=(Structure("w", "w", "building", ring(150, -20, 160, 20), 12.0),),
        radius_m=400.0,
    )
    inputs = small(plan=plan, cell_m=10.0)
    return SiteModel(plan), survey(inputs)


def test_geojson_holds_every_cell_where_it_is(made: tuple[SiteModel, Survey]) -> None:
    site, done = made
    coverage, _ = done.combined(("th-02",))
    found = json.loads(geojson(site, done.area, coverage))
    shapes = [(one["properties"], shape(one["geometry"])) for one in found["features"]]
    assert all(one.is_valid for _, one in shapes)
    rng, cells = np.random.default_rng(3), done.area.cells
    east, north = cells.middles()
    for cell in rng.choice(cells.count, 300, replace=False):
        lat, lon = site.world(east[cell], north[cell])
        inside = [properties for properties, one in shapes if contains_xy(one, lon, lat)]
        level, why = int(coverage.level[cell]), WHY[coverage.why[cell]]
        if not done.area.counts[cell] and why == "too_far":
            assert inside == []
            continue
        assert [(p["level"], p["why"]) for p in inside] == [(level, why)]
        assert inside[0]["target"] == (TARGETS[level - 1].name if level else None)
        assert level == 0 or inside[0]["revisit_s"] >= coverage.revisit_s[cell]
    assert {one["properties"]["why"] for one in found["features"]} >= {"seen", "hidden", "head_down", "not_in_tour"}


def test_geojson_areas_are_the_ellipsoids(made: tuple[SiteModel, Survey]) -> None:
    site, done = made
    found = json.loads(geojson(site, done.area, done.combined(())[0]))
    for one in found["features"]:
        area_m2, _ = Geod(ellps="WGS84").geometry_area_perimeter(shape(one["geometry"]))
        assert area_m2 / 1e6 == pytest.approx(one["properties"]["area_km2"], rel=0.02, abs=2e-4)
        assert area_m2 > 0, "outer rings turn left (RFC 7946)"


def test_a_large_map_is_made_coarser_and_never_better(made: tuple[SiteModel, Survey]) -> None:
    site, done = made
    coverage, _ = done.combined(())
    fine = geojson(site, done.area, coverage)
    coarse = geojson(site, done.area, coverage, most_bytes=len(fine.encode()) // 3)
    assert len(coarse.encode()) <= len(fine.encode()) // 3
    small_map, large_map = json.loads(coarse), json.loads(fine)
    assert small_map["cell_m"] >= 2 * large_map["cell_m"]

    def seen_km2(features: dict[str, Any]) -> float:
        return sum(one["properties"]["area_km2"] for one in features["features"] if one["properties"]["level"])

    assert 0.0 < seen_km2(small_map) <= seen_km2(large_map)


def test_outline_is_as_large_as_its_cells() -> None:
    rng = np.random.default_rng(5)
    cells = Cells(5.0, 5.0, 10.0, 20, 30)
    inside = rng.random(cells.count) < 0.6
    shape_m = outline(cells, inside)
    assert shape_m.area == pytest.approx(inside.sum() * 100.0)
    east, north = cells.middles()
    assert np.array_equal(contains_xy(shape_m, east, north), inside)


def test_picture_is_a_map_with_these_colours(made: tuple[SiteModel, Survey]) -> None:
    site, done = made
    coverage, found = done.combined(("th-01",))
    png = picture(site, done, coverage, found, "cuntan-01", ("th-01",))
    pixels = cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_COLOR)
    assert pixels.shape[1] >= 1200
    hidden = np.array(to_rgb("#4d4d4d"))[::-1] * 255
    assert int((np.abs(pixels - hidden).max(axis=2) < 3).sum()) > 1000, "what the blind head watched is marked"
    blind = np.array(to_rgb("#b00020"))[::-1] * 255
    assert int((np.abs(pixels - blind).max(axis=2) < 3).sum()) > 100, "the blind head is marked"


def test_colours_are_paler_outside_the_zone() -> None:
    cells = Cells(0.0, 0.0, 1.0, 1, 3)
    level = np.array([3, 3, 0], np.uint8)
    coverage = Coverage(level, np.zeros(3, np.uint16), np.array([0, 0, 1], np.uint8), np.zeros(3, np.int16))
    area = Area(cells, np.zeros(3, np.int16), np.array([True, False, False]))
    rgba = colours(cells, area.counts, coverage)[0]
    assert np.allclose(rgba[0, :3], to_rgb(LEVELS[2]), atol=1e-6)
    assert np.allclose(rgba[1, :3], 1.0 - OUTSIDE * (1.0 - np.array(to_rgb(LEVELS[2]))), atol=1e-6)
    assert rgba[:, 3].tolist() == [1.0, 1.0, 0.0], "where no head reaches there is nothing"

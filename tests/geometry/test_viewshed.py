"""What a mast sees of the ground, against shadows by hand and against single rays."""

from __future__ import annotations

from math import hypot

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import contains_xy, distance, points
from shapely.geometry import Polygon

from edged.geometry.cells import Cells, cells_round, floor_m
from edged.geometry.earth import SEMI_MAJOR_M, azimuth_deg, from_enu
from edged.geometry.site import SiteModel
from edged.geometry.viewshed import Sightlines, sweep
from edged.model.site import Mount, SitePlan, Structure
from edged.model.terrain import Terrain

ORIGIN = (29.61, 106.60)
Corners = list[tuple[float, float]]


def ring(corners: Corners) -> tuple[tuple[float, float], ...]:
    """Return a plan's ring of corners given in metres."""
    return tuple((lon, lat) for lat, lon in (from_enu(*ORIGIN, east, north) for east, north in corners))


def box(name: str, west: float, south: float, east: float, north: float, height_m: float) -> Structure:
    """Return an upright box."""
    return Structure(name, name, "building", ring([(west, south), (east, south), (east, north), (west, north)]), height_m)


def mount(east: float, north: float, height_m: float, name: str = "th-01") -> Mount:
    """Return a mast."""
    return Mount(name, *from_enu(*ORIGIN, east, north), height_m)


def terrain(height_m: npt.NDArray[np.float64], cell_m: float) -> Terrain:
    """Return a grid whose middle is the origin."""
    rows, cols = height_m.shape
    grid = height_m.astype(np.float32)
    return Terrain(grid, -cell_m * (cols - 1) / 2, -cell_m * (rows - 1) / 2, cell_m, *ORIGIN, 0.5, str(hash(grid.tobytes())))


def seen_from(site: SiteModel, mast: Mount, cells: Cells, radius_m: float) -> Sightlines:
    """Return the sweep over a site."""
    return sweep(site, mast, cells, floor_m(site, cells), radius_m)


def clear_of(lines: Sightlines, cells: Cells, east: float, north: float) -> float:
    """Return from which height on a target at a place is seen."""
    return float(lines.clear_m[lines.cell == cells.at(east, north)][0])


def test_shadow_of_a_wall_is_as_long_as_the_mast_says() -> None:
    """Mast 30 m, wall 10 m high at 200 m: ground is hidden up to 200·30/(30 − 10) = 300 m, and its shadow ends beside the wall."""
    site = SiteModel(SitePlan(mounts=(mount(0, 0, 30.0),), structures=(box("wall", -50, 199, 50, 200, 10.0),)), ORIGIN)
    cells = cells_round([(-205, -205, 205, 605)], 10.0, 10_000_000)
    lines = seen_from(site, site.plan.mounts[0], cells, 600.0)
    hidden = {north for north in range(-200, 600, 10) if clear_of(lines, cells, 0.0, north) > 0.05}
    assert hidden == set(range(210, 300, 10))
    assert clear_of(lines, cells, 0.0, 250.0) == pytest.approx(10.0 - 50.0 * 20.0 / 200.0, abs=0.3)
    assert clear_of(lines, cells, 100.0, 250.0) <= 0.0, "beside the wall's end the ray passes"
    assert clear_of(lines, cells, 60.0, 290.0) > 0.05
    assert lines.ground_clear_m.max() <= 0.05, "level ground hides nothing so near"


def test_a_wall_thinner_than_any_cell_hides() -> None:
    site = SiteModel(SitePlan(mounts=(mount(0, 0, 20.0),), structures=(box("fence", -300, 303.0, 300, 303.05, 15.0),)), ORIGIN)
    cells = cells_round([(-305, -305, 305, 605)], 10.0, 10_000_000)
    lines = seen_from(site, site.plan.mounts[0], cells, 600.0)
    assert all(clear_of(lines, cells, 0.0, north) > 5.0 for north in range(320, 590, 10))


def test_a_roof_is_seen_from_above_and_hidden_from_below() -> None:
    plan = SitePlan(mounts=(mount(0, 0, 40.0), mount(0, 0, 8.0, "low")), structures=(box("hall", -40, 200, 40, 280, 12.0),))
    site = SiteModel(plan, ORIGIN)
    cells = cells_round([(-305, -305, 305, 305)], 10.0, 10_000_000)
    assert clear_of(seen_from(site, plan.mounts[0], cells, 300.0), cells, 0.0, 250.0) <= 0.0
    assert clear_of(seen_from(site, plan.mounts[1], cells, 300.0), cells, 0.0, 250.0) > 0.5
    assert floor_m(site, cells)[cells.at(0.0, 250.0)] == 12.0


def test_a_mast_on_a_roof_looks_over_its_own_edge() -> None:
    """A lens 5 m above a roof of 20 m whose edge is 20 m away sees the ground from 20·25/5 = 100 m on."""
    site = SiteModel(SitePlan(mounts=(mount(0, 0, 25.0),), structures=(box("tower", -20, -20, 20, 20, 20.0),)), ORIGIN)
    cells = cells_round([(-305, -305, 305, 305)], 10.0, 10_000_000)
    lines = seen_from(site, site.plan.mounts[0], cells, 300.0)
    assert [north for north in range(30, 300, 10) if clear_of(lines, cells, 0.0, north) > 0.05] == list(range(30, 100, 10))


def test_a_mast_within_a_higher_structure_looks_out_of_it() -> None:
    """A lens 15 m up on a tower drawn 20 m high stands on its edge, not inside."""
    site = SiteModel(SitePlan(mounts=(mount(0, 0, 15.0),), structures=(box("tower", -20, -20, 20, 20, 20.0),)), ORIGIN)
    cells = cells_round([(-305, -305, 305, 305)], 10.0, 10_000_000)
    assert clear_of(seen_from(site, site.plan.mounts[0], cells, 300.0), cells, 0.0, 200.0) <= 0.05


def test_azimuths_are_true_at_the_mast() -> None:
    """20 km east of the origin the plane's north is 0.1° off."""
    site = SiteModel(SitePlan(mounts=(mount(20_000, 0, 30.0),)), ORIGIN)
    cells = Cells(20_000.0, 0.0, 10.0, 200, 1)
    lines = seen_from(site, site.plan.mounts[0], cells, 1500.0)
    lat, lon = site.world(20_000.0, 1000.0)
    true = azimuth_deg(site.plan.mounts[0].lat_wgs84, site.plan.mounts[0].lon_wgs84, lat, lon)
    assert 0.05 < true < 0.2
    assert float(lines.azimuth_deg[lines.cell == cells.at(20_000.0, 1000.0)][0]) == pytest.approx(true, abs=0.005)


def test_a_hill_hides_and_says_that_the_ground_did() -> None:
    north = np.arange(-1000.0, 1001.0, 10.0)
    hill = np.tile(30.0 * np.exp(-(((north - 500.0) / 60.0) ** 2))[:, None], (1, 201))
    site = SiteModel(SitePlan(mounts=(mount(0, 0, 20.0),), terrain=terrain(hill, 10.0)), ORIGIN)
    cells = cells_round([(-905, -905, 905, 905)], 10.0, 10_000_000)
    lines = seen_from(site, site.plan.mounts[0], cells, 900.0)
    behind = lines.cell == cells.at(0.0, 700.0)
    assert lines.hidden(1.0)[behind]
    assert lines.hidden_by_ground(1.0)[behind]
    assert clear_of(lines, cells, 0.0, 500.0) <= 0.5
    assert clear_of(lines, cells, 0.0, -700.0) <= 0.0
    crest = max((30.0 * np.exp(-(((y - 500.0) / 60.0) ** 2)) - 20.0) / y for y in np.arange(300.0, 700.0))
    floor = 30.0 * np.exp(-((200.0 / 60.0) ** 2))
    assert clear_of(lines, cells, 0.0, 700.0) == pytest.approx(20.0 + 700.0 * crest - floor, abs=0.3)


def test_the_earth_bends_away_behind_its_horizon() -> None:
    """Lens 3 m up, k = 0.13: the horizon lies at √(2·R·3/(1 − k)) = 6,632 m; at 9 km a target must be 0.384 m high."""
    site = SiteModel(SitePlan(mounts=(mount(0, 0, 3.0),), refraction_k=0.13), ORIGIN)
    cells = Cells(0.0, 0.0, 100.0, 120, 1)
    lines = seen_from(site, site.plan.mounts[0], cells, 11_000.0)
    bend = (1.0 - 0.13) / (2.0 * SEMI_MAJOR_M)
    horizon = float(np.sqrt(3.0 / bend))
    assert horizon == pytest.approx(6632, abs=1)
    assert clear_of(lines, cells, 0.0, 6500.0) <= 0.01
    assert clear_of(lines, cells, 0.0, 9000.0) == pytest.approx(bend * (9000.0 - horizon) ** 2, abs=0.02)


@pytest.mark.parametrize("seed", [1, 2])
def test_agrees_with_single_rays_but_for_edges(seed: int) -> None:
    rng = np.random.default_rng(seed)
    boxes = []
    for number in range(60):
        west, south, wide, tall = *rng.uniform(-700, 650, 2), *rng.uniform(5, 80, 2)
        boxes.append(box(str(number), west, south, west + wide, south + tall, float(rng.uniform(3, 25))))
    waves = np.add.outer(np.sin(np.arange(161) / 11.0), np.cos(np.arange(161) / 9.0)) * 6.0
    site = SiteModel(SitePlan(mounts=(mount(30, -40, 28.0),), structures=tuple(boxes), terrain=terrain(waves, 10.0)), ORIGIN)
    cells = cells_round([(-700, -700, 700, 700)], 10.0, 10_000_000)
    floor, mast = floor_m(site, cells), site.plan.mounts[0]
    lines, post = sweep(site, mast, cells, floor, 600.0), site.post(mast)
    east, north = cells.middles()
    wrong = []
    for at in rng.choice(len(lines.cell), 1500, replace=False):
        cell = lines.cell[at]
        hides = site.hides(post, east[cell], north[cell], floor[cell] + 1.0)
        if (hides is not None) is not bool(lines.hidden(1.0)[at]):
            near = [(east[cell] + dx, north[cell] + dy) for dx in (-10, 0, 10) for dy in (-10, 0, 10)]
            around = {site.hides(post, e, n, floor[cells.at(e, n)] + 1.0) is not None for e, n in near}
            wrong.append((hypot(east[cell] - 30, north[cell] + 40), len(around) == 2))
    hidden = float(lines.hidden(1.0).mean())
    assert 0.1 < hidden < 0.9, "the scene must have both"
    assert len(wrong) <= 0.02 * 1500, wrong
    assert all(at_an_edge for _, at_an_edge in wrong), wrong


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.floats(-90, 90), st.floats(-90, 90)), min_size=3, max_size=9, unique=True), st.floats(3, 20))
def test_cells_in_a_ring_are_shapelys(corners: Corners, cell_m: float) -> None:
    shape = np.array(corners)
    middle = shape.mean(axis=0)
    shape = shape[np.argsort(np.arctan2(*(shape - middle).T))]
    outline = Polygon(shape)
    if not outline.is_valid or outline.area < 1.0:
        return
    cells = Cells(-70.3, -65.7, cell_m, int(130 / cell_m), int(150 / cell_m))
    east, north = cells.middles()
    with np.errstate(divide="ignore"):
        far = distance(outline.exterior, points(east, north)) > 1e-6
    assert np.array_equal(cells.within([shape])[far], contains_xy(outline, east, north)[far])

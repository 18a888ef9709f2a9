"""What each kind of feature becomes, in which datum, and what a bad one costs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from edged.config.document import Document
from edged.config.load import load
from edged.config.plane import Plane
from edged.config.site_source import built, site
from edged.geometry.datum import to_gcj02
from edged.geometry.earth import distance_m
from edged.model.site import Landmark, SitePlan, Structure, Surface, Zone
from tests.config.drawing import LAT0, LON0, at, box, line, point, polygon, write

YARD = box(0, 400, 200, 100)


def ring_of(given: list[list[float]]) -> tuple[tuple[float, float], ...]:
    return tuple((lon, lat) for lon, lat in given[:-1])


def corners(plan: SitePlan) -> list[tuple[float, float]]:
    """Return every (lat, lon) of a plan."""
    out = [(lat, lon) for shape in (*plan.zones, *plan.structures, *plan.surfaces) for lon, lat in shape.ring]
    return out + [(mark.lat_wgs84, mark.lon_wgs84) for mark in plan.landmarks]


def whole_plan() -> list[dict[str, Any]]:
    return [
        polygon(YARD, kind="yard", name="A1堆场", code="A1", contact="值守 0141", policy="priority"),
        polygon(box(0, 400, 40, 20), kind="building", name="一号仓库", code="W1", height_m=12, floors=2, hazard="危化", gate="2门"),
        polygon(box(80, 400, 12, 60), kind="stack", name="A1箱区1排", height_m=10.4, sigma_m=1.3),
        polygon(box(0, 900, 900, 200), kind="water", name="长江"),
        line([at(-200, 300), at(0, 310), at(200, 300)], kind="road", name="港区大道", width_m=12),
        polygon(box(-300, 400, 20, 200), kind="road"),
        point(at(10, 330), kind="gate", name="2门"),
        point(at(0, 0), kind="mast", name="一号杆"),
    ]


def test_each_kind_becomes_its_shape(station: Path) -> None:
    write(station, *whole_plan())
    loaded = load(station)
    assert loaded.errors() == ()
    plan = loaded.site
    assert plan.zones == (Zone("a1", "A1堆场", "A1", ring_of(YARD), kind="yard", contact="值守 0141", policy="priority"),)
    ring = ring_of(box(0, 400, 40, 20))
    assert plan.structures[0] == Structure("w1", "一号仓库", "building", ring, 12.0, "W1", 2, gate="2门", hazard="危化")
    assert (plan.structures[1].structure_id, plan.structures[1].kind, plan.structures[1].sigma_m) == ("A1箱区1排", "stack", 1.3)
    assert [(one.surface_id, one.kind, one.name) for one in plan.surfaces] == [
        ("长江", "water", "长江"),
        ("港区大道", "road", "港区大道"),
        ("road", "road", ""),
    ]
    assert [(mark.name, mark.kind) for mark in plan.landmarks] == [("2门", "gate"), ("一号杆", "mast")]
    assert plan.structures[0].policy == "normal"


def test_settings_of_the_site_reach_the_plan(station: Path) -> None:
    station.write_text(station.read_text() + "site: {radius_m: 2500, ground_sigma_m: 1.5, refraction_k: 0.2, refraction_sigma: 0.3}\n")
    plan = load(station).site
    assert (plan.radius_m, plan.ground_sigma_m, plan.refraction_k, plan.refraction_sigma) == (2500.0, 1.5, 0.2, 0.3)
    assert plan.terrain is None


@given(
    turns=st.lists(st.tuples(st.floats(30, 120), st.floats(-100, 100)), min_size=1, max_size=6),
    width=st.floats(2, 30),
)
def test_road_is_as_wide_as_it_says(turns: list[tuple[float, float]], width: float) -> None:
    """Every place within half the width of the line is on the road, sideways; nothing twice as far is."""
    east, way = -300.0, [(-300.0, 0.0)]
    for step, north in turns:
        east += step
        way.append((east, north))
    data = {"type": "FeatureCollection", "features": [line([at(*p) for p in way], kind="road", name="路", width_m=width)]}
    (feature,) = site(Document("site.geojson", data)).features
    plane = Plane(LAT0, LON0)
    drawn = shapely.union_all([shapely.Polygon(plane.metres(shape.ring)) for shape in feature.shapes if isinstance(shape, Surface)])
    middle = shapely.LineString(plane.metres([(lon, lat) for lon, lat in (at(*p) for p in way)]))
    inner = middle.buffer(width / 2 - 0.05, cap_style="flat")
    assert inner.difference(drawn).area < 0.02 * inner.area
    assert drawn.difference(middle.buffer(1.05 * width)).area < 1e-6


def test_road_that_comes_round_leaves_its_middle_free(station: Path) -> None:
    loop = [at(-100, 300), at(100, 300), at(100, 500), at(-100, 500), at(-100, 300)]
    write(station, line(loop, kind="road", name="环路", width_m=10))
    plane = Plane(LAT0, LON0)
    surfaces = load(station).site.surfaces
    assert len(surfaces) > 1
    assert len({one.surface_id for one in surfaces}) == len(surfaces)
    drawn = shapely.union_all([shapely.Polygon(plane.metres(one.ring)) for one in surfaces])
    assert not drawn.contains(shapely.Point(0, 400))
    assert drawn.area == pytest.approx(4 * 200 * 10, rel=0.05)


def test_pieces_of_one_road_may_share_its_name(station: Path) -> None:
    write(station, *(line([at(0, 300 + 50 * n), at(100, 300 + 50 * n)], kind="road", name="港区大道") for n in range(3)))
    loaded = load(station)
    assert loaded.faults == ()
    assert [one.surface_id for one in loaded.site.surfaces] == ["港区大道", "港区大道#2", "港区大道#3"]


def test_empty_columns_of_a_map_editor_count_as_left_out(station: Path) -> None:
    nothing = dict.fromkeys(("height_m", "floors", "glass", "policy", "width_m", "hazard", "gate", "contact", "arming", "talkgroup", "id"))
    write(station, polygon(YARD, **{**nothing, "kind": "yard", "name": "A1堆场", "code": "A1"}),
          point(at(0, 350), **{**nothing, "kind": "gate", "name": "2门"}))  # fmt: skip
    loaded = load(station)
    assert loaded.faults == ()
    assert (loaded.site.zones[0].policy, loaded.site.landmarks[0].name) == ("normal", "2门")


@pytest.mark.parametrize("single", [True, False])
def test_multipolygon_of_one_part_is_a_polygon(station: Path, single: bool) -> None:
    feature = polygon(YARD, kind="yard", name="A1堆场", code="A1")
    parts = [[YARD]] if single else [[YARD], [box(0, 700, 50, 50)]]
    write(station, {**feature, "geometry": {"type": "MultiPolygon", "coordinates": parts}})
    loaded = load(station)
    assert len(loaded.site.zones) == single
    assert [fault.rule for fault in loaded.errors()] == ([] if single else ["geojson"])


def shifted(value: Any) -> Any:
    """Return a plan's coordinates in GCJ-02."""
    if isinstance(value, list) and value and isinstance(value[0], float):
        lat, lon = to_gcj02(value[1], value[0])
        return [lon, lat]
    if isinstance(value, list):
        return [shifted(one) for one in value]
    return {key: shifted(one) for key, one in value.items()} if isinstance(value, dict) else value


def test_plan_in_gcj02_lands_within_a_centimetre(station: Path) -> None:
    write(station, *whole_plan())
    plain = corners(load(station).site)
    write(station, *shifted(whole_plan()), datum="GCJ-02")
    loaded = load(station)
    assert loaded.errors() == ()
    converted = corners(loaded.site)
    assert len(converted) == len(plain) > 25
    assert max(distance_m(*one, *two) for one, two in zip(plain, converted, strict=True)) < 0.01
    write(station, *shifted(whole_plan()))
    unsaid = corners(load(station).site)
    assert min(distance_m(*one, *two) for one, two in zip(plain, unsaid, strict=True)) > 400.0


def test_cgcs2000_is_taken_as_it_is(station: Path) -> None:
    write(station, *whole_plan())
    plain = load(station).site
    write(station, *whole_plan(), datum="CGCS2000")
    assert load(station).site == plain


def test_place_of_a_crossing_is_told_in_the_files_own_coordinates(station: Path) -> None:
    bow = [at(0, 300), at(100, 400), at(100, 300), at(0, 400), at(0, 300)]
    write(station, polygon(shifted(bow), kind="zone", name="查验区", code="C1"), datum="GCJ-02")
    (fault,) = load(station).errors()
    lon, lat = shifted(at(50, 350))
    told = [float(word) for word in fault.words.en.split("[")[1].rstrip("]").split(",")]
    assert distance_m(told[1], told[0], lat, lon) < 0.5


def test_crossing_is_found_among_any_number_of_corners(station: Path) -> None:
    angles = np.linspace(0.0, 2.0 * np.pi, 1500, endpoint=False)
    ring = [at(200 * np.cos(a), 600 + 200 * np.sin(a)) for a in angles]
    ring[700], ring[720] = ring[720], ring[700]
    write(station, polygon([*ring, ring[0]], kind="zone", name="圆区", code="C1"))
    (fault,) = load(station).errors()
    assert fault.rule == "crossing"
    told = [float(word) for word in fault.words.en.split("[")[1].rstrip("]").split(",")]
    assert min(distance_m(told[1], told[0], lat, lon) for lon, lat in (ring[700], ring[720])) < 30.0


def test_one_bad_building_costs_only_itself(station: Path, tmp_path: Path) -> None:
    write(station, *whole_plan())
    good = load(station, tmp_path / "state").site
    bad = whole_plan()
    del bad[1]["properties"]["height_m"]
    bad[6]["geometry"]["coordinates"] = [106.6]
    write(station, *bad)
    alone = load(station)
    assert [fault.rule for fault in alone.errors()] == ["missing_key", "geojson"]
    assert [one.name for one in alone.site.structures] == ["A1箱区1排"]
    assert (alone.site.zones, alone.site.surfaces) == (good.zones, good.surfaces)
    kept = load(station, tmp_path / "state")
    states = {status.entry: status.state for status in kept.entries if status.entry.startswith("site:")}
    assert states == {"site:w1": "config_stale", "site:2门": "config_stale"}
    assert {one.structure_id for one in kept.site.structures} == {"w1", "A1箱区1排"}
    assert {mark.name for mark in kept.site.landmarks} == {"2门", "一号杆"}


def test_last_good_plan_keeps_its_datum(station: Path, tmp_path: Path) -> None:
    write(station, *shifted(whole_plan()), datum="GCJ-02")
    good = load(station, tmp_path / "state").site
    for damage in ({"datum": "gcj"}, {"type": "Features"}):
        write(station, *shifted(whole_plan()), **damage)
        assert load(station, tmp_path / "state").site == good
    assert built("x", {"datum": ["GCJ-02"], "geometry": {}, "properties": {}}) is None


PLAIN = st.none() | st.booleans() | st.floats(allow_nan=True) | st.text(max_size=5)
WORDS = st.sampled_from(["type", "geometry", "properties", "coordinates", "kind", "name", "features", "datum"])
NONSENSE = st.recursive(PLAIN, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(WORDS, inner, max_size=4), max_leaves=20)


@given(
    data=NONSENSE,
    drawn=st.sampled_from(["Polygon", "LineString", "Point", "MultiPolygon", 7]),
    kind=st.sampled_from(["road", "building", "gate", None, 3]),
)
def test_nonsense_costs_itself(data: Any, drawn: Any, kind: Any) -> None:
    odd = {"geometry": {"type": drawn, "coordinates": data}, "properties": {"kind": kind, "name": "x", "height_m": 3, "more": data}}
    good = point([106.6, 29.612], kind="gate", name="2门")
    found = site(Document("site.geojson", {"type": "FeatureCollection", "features": [data, odd, good]}))
    assert found.features[-1].value == Landmark("2门", "gate", 29.612, 106.6)
    assert len(found.features) + len(found.lost) == 3


def test_order_of_the_zones_survives_a_bad_one(station: Path, tmp_path: Path) -> None:
    """Zones drawn first take precedence: also those that run on their last good version."""
    zones = [polygon(box(0, 400, 20 * n, 20 * n), name=f"{code}区", code=code) for n, code in ((1, "Z1"), (2, "M1"), (3, "A1"))]
    write(station, *zones)
    good = load(station, tmp_path / "state")
    assert [zone.code for zone in good.site.zones] == ["Z1", "M1", "A1"]
    write(station, {**zones[0], "geometry": {}}, *zones[1:])
    assert load(station, tmp_path / "state").site == good.site
    (station.parent / "site.geojson").write_text("{")
    assert load(station, tmp_path / "state").site == good.site

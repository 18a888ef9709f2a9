"""The plan: zones, landmarks, and faults that name the feature."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from edged.config.load import load
from edged.model.site import Landmark, Zone

SQUARE = [[106.6, 29.613], [106.601, 29.613], [106.601, 29.614], [106.6, 29.614], [106.6, 29.613]]


def zone(code: str, ring: Any = SQUARE, **more: Any) -> dict[str, Any]:
    return {
        "type": "Feature",
        "properties": {"name": f"{code}堆场", "code": code, **more},
        "geometry": {"type": "Polygon", "coordinates": [ring]},
    }


def write(station: Path, *features: Any) -> None:
    (station.parent / "site.geojson").write_text(
        json.dumps({"type": "FeatureCollection", "features": features}, ensure_ascii=False, indent=1), encoding="utf-8"
    )


def test_zones_and_landmarks(station: Path) -> None:
    gate = {"type": "Feature", "properties": {"kind": "gate", "name": "2门"}, "geometry": {"type": "Point", "coordinates": [106.6, 29.612]}}
    write(station, zone("A1", gate="2门", hazard="危化", talkgroup="patrol"), gate)
    station.write_text(station.read_text() + "zones:\n  a1: {arming: duty}\n")
    loaded = load(station)
    assert loaded.faults == ()
    ring = tuple((lon, lat) for lon, lat in SQUARE[:-1])
    assert loaded.site.zones == (Zone("a1", "A1堆场", "A1", ring, "2门", "危化", "8001", "duty"),)
    assert loaded.site.landmarks == (Landmark("2门", "gate", 29.612, 106.6),)
    assert [mount.camera_id for mount in loaded.site.mounts] == ["th-01", "th-02"]


@pytest.mark.parametrize(
    ("feature", "rule", "path"),
    [
        (zone("A1234"), "length", "features[a1234].properties.code"),
        (zone("A2", [[29.61, 106.6]] * 3), "geojson", "features[a2].geometry.coordinates"),
        (zone("A2", [[29.61, 16.6], [29.6, 16.6], [29.6, 16.7]]), "far", "features[a2].geometry.coordinates"),
        (zone("A2", SQUARE[:2]), "geojson", "features[a2].geometry.coordinates"),
        (zone("A2", [SQUARE[0], SQUARE[2], SQUARE[1], SQUARE[3]]), "crossing", "features[a2].geometry.coordinates"),
        (zone("A2", gat="2门"), "unknown_key", "features[a2].properties.gat"),
        (zone("A2", talkgroup="patroll"), "unknown_name", "features[a2].properties.talkgroup"),
        (zone("A1", id="a9", name="别名"), "duplicate_id", "features[a9].properties.code"),
        (zone("A1"), "duplicate_id", "features[a1].properties"),
        ({"type": "Feature", "properties": {}, "geometry": {"type": "MultiPolygon"}}, "geojson", "features[2].geometry.type"),
        (7, "geojson", "features[2]"),
    ],
)
def test_bad_feature_costs_itself_and_is_named(station: Path, feature: Any, rule: str, path: str) -> None:
    write(station, zone("A1"), feature)
    loaded = load(station)
    assert [(fault.rule, fault.path) for fault in loaded.errors()] == [(rule, path)]
    assert loaded.errors()[0].place.line > 1
    assert loaded.site.zones[0].code == "A1"


def test_broken_plan_keeps_the_last_one(station: Path, tmp_path: Path) -> None:
    write(station, zone("A1"), zone("A2"))
    good = load(station, tmp_path / "state")
    write(station, zone("A1"), zone("A2", SQUARE[:2]))
    assert load(station, tmp_path / "state").site == good.site
    (station.parent / "site.geojson").write_text("{")
    loaded = load(station, tmp_path / "state")
    assert loaded.site == good.site
    assert {e.state for e in loaded.entries if e.entry.startswith("site:")} == {"config_stale"}

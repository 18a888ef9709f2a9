"""Features of a plan for tests, and the file they stand in."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from edged.geometry.earth import from_enu

LAT0, LON0 = 29.61, 106.60
"""Where the mounts of the test station stand."""


def at(east_m: float, north_m: float) -> list[float]:
    """Return [lon, lat] this far from the mounts."""
    lat, lon = from_enu(LAT0, LON0, east_m, north_m)
    return [lon, lat]


def box(east_m: float, north_m: float, wide_m: float, deep_m: float) -> list[list[float]]:
    """Return the closed ring of a rectangle round a middle."""
    corners = ((-1, -1), (1, -1), (1, 1), (-1, 1), (-1, -1))
    return [at(east_m + sx * wide_m / 2, north_m + sy * deep_m / 2) for sx, sy in corners]


def polygon(ring: Any, **properties: Any) -> dict[str, Any]:
    return {"type": "Feature", "properties": properties, "geometry": {"type": "Polygon", "coordinates": [ring]}}


def line(points: Any, **properties: Any) -> dict[str, Any]:
    return {"type": "Feature", "properties": properties, "geometry": {"type": "LineString", "coordinates": points}}


def point(place: Any, **properties: Any) -> dict[str, Any]:
    return {"type": "Feature", "properties": properties, "geometry": {"type": "Point", "coordinates": place}}


def write(station: Path, *features: Any, **members: Any) -> Path:
    """Write site.geojson beside station.yaml."""
    path = station.parent / "site.geojson"
    whole = {"type": "FeatureCollection", **members, "features": features}
    path.write_text(json.dumps(whole, ensure_ascii=False, indent=1), encoding="utf-8")
    return path

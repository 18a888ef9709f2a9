"""The plan's words for a place: zone and corner, else distance to a landmark, else mast and bearing."""

from __future__ import annotations

from collections.abc import Sequence

from edged.geometry.earth import azimuth_deg as azimuth_between
from edged.geometry.earth import distance_m, enu_m
from edged.model.place import PlaceWords
from edged.model.site import Landmark, SitePlan, Zone

_POINTS = {"zh": ("北", "东北", "东", "东南", "南", "西南", "西", "西北"), "en": ("N", "NE", "E", "SE", "S", "SW", "W", "NW")}
NEAR_LANDMARK_M = 500.0


def inside(ring: Sequence[tuple[float, float]], lat: float, lon: float) -> bool:
    """Tell whether a point lies in a ring of (lon, lat) corners, by crossings; rings are small, degrees serve as a plane."""
    odd = False
    for (x1, y1), (x2, y2) in zip(ring, (*ring[1:], ring[0]), strict=True):
        if (y1 > lat) != (y2 > lat) and lon < (x2 - x1) * (lat - y1) / (y2 - y1) + x1:
            odd = not odd
    return odd


def zone_at(plan: SitePlan, lat: float, lon: float) -> Zone | None:
    """Return the first zone of the plan that holds the point."""
    return next((zone for zone in plan.zones if inside(zone.ring, lat, lon)), None)


def nearest(landmarks: Sequence[Landmark], lat: float, lon: float) -> tuple[Landmark, float] | None:
    """Return the nearest landmark and its distance in metres."""
    found = [(mark, distance_m(lat, lon, mark.lat_wgs84, mark.lon_wgs84)) for mark in landmarks]
    return min(found, key=lambda pair: pair[1]) if found else None


def words(
    plan: SitePlan, lat: float | None, lon: float | None, azimuth_deg: float | None, mast: str | None, language: str = "zh"
) -> PlaceWords:
    """Return the words for a place; (lat, lon) None means that only the bearing `azimuth_deg` from `mast` is known."""
    if lat is None or lon is None:
        return PlaceWords(_bearing(mast, azimuth_deg, language))
    gate = nearest([mark for mark in plan.landmarks if mark.kind == "gate"], lat, lon)
    zone = zone_at(plan, lat, lon)
    if zone is not None:
        corner = _corner(zone, lat, lon, language)
        space = "" if language == "zh" or not corner else " "
        return PlaceWords(zone.name + space + corner, zone.code, zone.gate or (gate[0].name if gate else None), zone.hazard, zone.zone_id)
    mark = nearest(plan.landmarks, lat, lon)
    if mark is not None and mark[1] <= NEAR_LANDMARK_M:
        name, away = mark[0].name, round(mark[1] / 5.0) * 5
        return PlaceWords(f"距{name}{away}m" if language == "zh" else f"{away} m from {name}", None, gate[0].name if gate else None)
    return PlaceWords(_bearing(mast, azimuth_deg, language), None, gate[0].name if gate else None)


def compass(azimuth_deg: float, language: str = "zh") -> str:
    """Return the nearest of eight compass points in words."""
    return _POINTS["zh" if language == "zh" else "en"][round(azimuth_deg / 45.0) % 8]


def _bearing(mast: str | None, azimuth_deg: float | None, language: str) -> str:
    if azimuth_deg is None:
        return mast or ("位置不明" if language == "zh" else "place unknown")
    return f"{mast or ''}{round(azimuth_deg) % 360:03d}°"


def _corner(zone: Zone, lat: float, lon: float, language: str) -> str:
    """Return `东北角`, `北侧` or nothing near the middle, judged against the zone's own extent."""
    lats, lons = [p[1] for p in zone.ring], [p[0] for p in zone.ring]
    mid_lat, mid_lon = (min(lats) + max(lats)) / 2.0, (min(lons) + max(lons)) / 2.0
    east, north, _ = enu_m(mid_lat, mid_lon, lat, lon)
    half_east, half_north, _ = enu_m(mid_lat, mid_lon, max(lats), max(lons))
    x, y = east / max(half_east, 1.0), north / max(half_north, 1.0)
    if max(abs(x), abs(y)) < 1.0 / 3.0:
        return ""
    both = min(abs(x), abs(y)) >= 1.0 / 3.0
    eastward = "" if abs(x) < 1.0 / 3.0 else ("东" if x > 0 else "西") if language == "zh" else ("E" if x > 0 else "W")
    northward = "" if abs(y) < 1.0 / 3.0 else ("北" if y > 0 else "南") if language == "zh" else ("N" if y > 0 else "S")
    if language == "zh":
        return eastward + northward + ("角" if both else "侧")
    return northward + eastward + (" corner" if both else " side")


__all__ = ["azimuth_between", "compass", "distance_m", "inside", "nearest", "words", "zone_at"]

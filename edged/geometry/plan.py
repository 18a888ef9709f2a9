"""The plan's words for a place: building, side and floor, or zone and corner, else distance to a landmark, else mast and bearing."""

from __future__ import annotations

from collections.abc import Sequence

from edged.geometry.earth import distance_m, enu_m
from edged.geometry.place import COMPASS
from edged.model.place import IgnitionPoint, PlaceWords
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


def words(plan: SitePlan, point: IgnitionPoint | None, azimuth_deg: float | None, mast: str | None, language: str = "zh") -> PlaceWords:
    """Return the words for a place; None means that only the bearing `azimuth_deg` from `mast` is known.

    A structure goes by its name, side and floor, a zone by its corner, anything else near a landmark by its distance; `near` is the
    nearest gate's in any case.
    """
    if point is None:
        return PlaceWords(_bearing(mast, azimuth_deg, language))
    lat, lon = point.lat_wgs84, point.lon_wgs84
    gate = nearest([mark for mark in plan.landmarks if mark.kind == "gate"], lat, lon)
    near = _away(*gate, language) if gate is not None and gate[1] <= NEAR_LANDMARK_M else None
    zone = zone_at(plan, lat, lon)
    structure = next((one for one in plan.structures if one.structure_id == point.structure_id), None)
    if structure is not None and (structure.kind == "building" or zone is None):
        return PlaceWords(
            structure.name + _on_structure(point, language),
            structure.code or (zone.code if zone else None),
            structure.gate or (zone.gate if zone else None) or (gate[0].name if gate else None),
            structure.hazard or (zone.hazard if zone else None),
            zone.zone_id if zone else None,
            near,
        )
    if zone is not None:
        corner = _corner(zone, lat, lon, language)
        space = "" if language == "zh" or not corner else " "
        name = zone.name + space + corner
        return PlaceWords(name, zone.code, zone.gate or (gate[0].name if gate else None), zone.hazard, zone.zone_id, near)
    mark = nearest(plan.landmarks, lat, lon)
    if mark is not None and mark[1] <= NEAR_LANDMARK_M:
        return PlaceWords(_away(*mark, language), None, gate[0].name if gate else None, near=near)
    return PlaceWords(_bearing(mast, azimuth_deg, language), None, gate[0].name if gate else None)


def _away(mark: Landmark, distance: float, language: str) -> str:
    away = round(distance / 5.0) * 5
    return f"距{mark.name}{away}m" if language == "zh" else f"{away} m from {mark.name}"


def _on_structure(point: IgnitionPoint, language: str) -> str:
    """Return `南侧5层`, `顶` or nothing."""
    if point.surface == "roof":
        return "顶" if language == "zh" else " roof"
    if point.surface != "facade" or point.side is None:
        return ""
    side = _POINTS["zh" if language == "zh" else "en"][COMPASS.index(point.side)]
    floor = "" if point.floor is None else f"{point.floor}层" if language == "zh" else f" floor {point.floor}"
    return f"{side}侧{floor}" if language == "zh" else f" {side} side{floor}"


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

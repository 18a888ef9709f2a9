"""Coordinates of a feature of site.geojson into WGS-84 outlines, points and strips of road, each fault at its corner."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Any, Literal

from edged.config.document import Document, Way
from edged.config.plane import Plane
from edged.config.report import Fault
from edged.geometry.datum import to_wgs84
from edged.model.words import Words

Corner = tuple[float, float]
Ring = tuple[Corner, ...]
Datum = Literal["WGS-84", "GCJ-02", "CGCS2000"]
MAX_CORNERS = 20_000
FAR_DEG = 1.0
"""A plan farther than this from the station's own position is somewhere else, or has latitude and longitude exchanged."""

_AGAIN = Words("draw it again in the map editor", "请在地图软件中重画")
_SWAP = Words("GeoJSON writes [longitude, latitude]", "GeoJSON 的顺序是 [经度, 纬度]")
_AT = re.compile(r"\[([-+.\deE]+) ([-+.\deE]+)\]")


@dataclass(frozen=True, slots=True)
class Drawing:
    """One feature as it was drawn: its document, its name for people, the datum of its coordinates, where the station is (lat, lon)."""

    document: Document
    name: str
    datum: Datum = "WGS-84"
    near: tuple[float, float] | None = None

    def fault(
        self, way: Way, rule: str, words: Words, advice: Words | None, severity: Literal["error", "warning"] = "error", *, key: bool = False
    ) -> Fault:
        """Return a fault of this feature at `way`."""
        path = f"features[{self.name}]" + "".join(f".{step}" for step in way if isinstance(step, str))
        return Fault(self.document.place(way, key=key), path, rule, words, advice, severity, self.name)

    def inside(self, raw: Corner) -> Corner:
        """Return a corner of the file as (lon, lat) WGS-84. CGCS2000 is WGS-84 within centimetres."""
        if self.datum != "GCJ-02":
            return raw
        lat, lon = to_wgs84(raw[1], raw[0])
        return lon, lat


def outline(drawing: Drawing, way: Way, given: Any) -> tuple[Ring | None, list[Fault]]:
    """Return the corners of a Polygon, or None and why. An open one is closed, with a warning."""
    if not isinstance(given, list) or not given or not isinstance(given[0], list):
        words = Words("a Polygon needs a list of corners", "Polygon 需要顶点列表")
        return None, [drawing.fault(way, "geojson", words, _AGAIN)]
    if len(given) > 1:
        words = Words("a shape with a hole in it is not supported", "不支持中空的图形")
        advice = Words(
            "zone: draw two, the inner one first; others: draw two shapes side by side", "区域: 画两个, 内侧的在前; 其他: 画成并排的两块"
        )
        return None, [drawing.fault((*way, 1), "geojson", words, advice)]
    raw, faults = _corners(drawing, (*way, 0), given[0])
    if raw is None:
        return None, faults
    if raw[0] == raw[-1]:
        raw = raw[:-1]
    elif len(set(raw)) >= 3:
        words = Words("the outline is open: closed from its last corner to its first", "轮廓线未闭合: 已从最后一个顶点连到第一个顶点")
        advice = Words("write the first corner once more at the end", "请在末尾再写一次第一个顶点")
        faults.append(drawing.fault((*way, 0, len(given[0]) - 1), "open", words, advice, "warning"))
    if len(set(raw)) < 3:
        words = Words("an outline needs at least three corners", "轮廓线至少需要三个顶点")
        return None, [drawing.fault(way, "geojson", words, _AGAIN)]
    if crossing := _crossing(drawing, (*way, 0), raw):
        return None, [*faults, crossing]
    return tuple(drawing.inside(corner) for corner in raw), faults


def strips(drawing: Drawing, way: Way, given: Any, width_m: float) -> tuple[list[Ring], list[Fault]]:
    """Return a LineString as outlines `width_m` wide: one, or several where the line comes round upon itself."""
    raw, faults = _corners(drawing, way, given)
    if raw is None:
        return [], faults
    if len(set(raw)) < 2:
        words = Words("a line needs at least two corners", "线至少需要两个顶点")
        return [], [drawing.fault(way, "geojson", words, _AGAIN)]
    line = [drawing.inside(corner) for corner in raw]
    plane = Plane(line[0][1], line[0][0])
    return [plane.places(ring) for ring in _widened(plane.metres(line), width_m / 2.0)], faults


def spot(drawing: Drawing, way: Way, given: Any) -> tuple[Corner | None, list[Fault]]:
    """Return a Point as (lon, lat) WGS-84, or None and why."""
    raw, faults = _raw(drawing, way, given)
    return (None if raw is None else drawing.inside(raw)), faults


def _corners(drawing: Drawing, way: Way, given: Any) -> tuple[list[Corner] | None, list[Fault]]:
    if not isinstance(given, list) or not given:
        words = Words("a line needs a list of corners", "线需要顶点列表")
        return None, [drawing.fault(way, "geojson", words, _AGAIN)]
    if len(given) > MAX_CORNERS:
        words = Words(f"has {len(given)} corners, at most {MAX_CORNERS}", f"有 {len(given)} 个顶点, 至多 {MAX_CORNERS} 个")
        return None, [drawing.fault(way, "geojson", words, Words("simplify it in the map editor", "请在地图软件中简化"))]
    out: list[Corner] = []
    for number, one in enumerate(given):
        corner, wrong = _raw(drawing, (*way, number), one)
        if corner is None:
            return None, wrong
        out.append(corner)
    return out, []


def _raw(drawing: Drawing, way: Way, given: Any) -> tuple[Corner | None, list[Fault]]:
    numbers = given[:2] if isinstance(given, list) and len(given) in (2, 3) else []
    if len(numbers) != 2 or any(
        isinstance(v, bool) or not isinstance(v, int | float) or not math.isfinite(v) or abs(v) > 1e8 for v in numbers
    ):
        words = Words("a position is [longitude, latitude]", "位置应为 [经度, 纬度]")
        return None, [drawing.fault(way, "geojson", words, _SWAP)]
    lon, lat = float(numbers[0]), float(numbers[1])
    if abs(lon) > 1000 or abs(lat) > 1000:
        words = Words(f"[{lon:.10g}, {lat:.10g}] are metres of a projection", f"[{lon:.10g}, {lat:.10g}] 是投影坐标 (米)")
        advice = Words("export the plan with longitude and latitude (EPSG:4326)", "请按经纬度 (EPSG:4326) 导出")
        return None, [drawing.fault(way, "geojson", words, advice)]
    if abs(lon) > 180 or abs(lat) > 90:
        words = Words(f"[{lon:g}, {lat:g}] is not on the earth", f"[{lon:g}, {lat:g}] 不是地球上的位置")
        return None, [drawing.fault(way, "geojson", words, _SWAP)]
    if (near := drawing.near) and (abs(lat - near[0]) > FAR_DEG or abs(lon - near[1]) > FAR_DEG):
        words = Words(f"[{lon:g}, {lat:g}] is far from the station", f"[{lon:g}, {lat:g}] 离本站太远")
        return None, [drawing.fault(way, "far", words, _SWAP)]
    return (lon, lat), []


def _crossing(drawing: Drawing, way: Way, ring: list[Corner]) -> Fault | None:
    import shapely

    shape = shapely.Polygon(ring)
    if shape.is_valid:
        return None
    reason = str(shapely.is_valid_reason(shape))
    found = _AT.search(reason)
    lon, lat = (float(found[1]), float(found[2])) if found else ring[0]
    edges = shapely.linestrings([[a, b] for a, b in zip(ring, [*ring[1:], ring[0]], strict=True)])
    number = int(shapely.distance(edges, shapely.Point(lon, lat)).argmin())
    where = f"[{lon:.6f}, {lat:.6f}]"
    if reason.startswith("Ring Self-intersection"):
        words = Words(f"the outline touches itself at {where}", f"轮廓线在 {where} 处与自身相接")
        advice = Words("draw the two parts as two shapes", "请把两部分画成两个图形")
    else:
        words = Words(f"the outline crosses itself at {where}", f"轮廓线在 {where} 处自相交")
        advice = Words("put the corners in order round the shape", "请按顺序排列顶点")
    return drawing.fault((*way, number), "crossing", words, advice)


def _widened(line: Any, half_m: float) -> list[Any]:
    import shapely

    shape = shapely.LineString(line).buffer(half_m, cap_style="flat", join_style="mitre", mitre_limit=2.0)
    whole = not isinstance(shape, shapely.Polygon) or shape.interiors
    if whole and len(line) > 2:
        middle = len(line) // 2
        return [*_widened(line[: middle + 1], half_m), *_widened(line[middle:], half_m)]
    return [] if shape.is_empty else [shapely.get_coordinates(shape.exterior)[:-1]]

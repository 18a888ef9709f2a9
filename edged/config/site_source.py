"""site.geojson into zones and landmarks; a bad feature costs itself. Faults name the feature and its line."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any, Literal

from edged.config.document import Document, entries
from edged.config.report import Fault
from edged.config.validate import validated
from edged.model.alarm import Arming
from edged.model.section import Section, key
from edged.model.site import Landmark, Zone
from edged.model.words import Words

Ring = tuple[tuple[float, float], ...]
MAX_CORNERS = 2000
FAR_DEG = 1.0
"""A plan farther than this from the station's own position is somewhere else, or has latitude and longitude exchanged."""


class ZoneProperties(Section):
    """`properties` of a Polygon: an area of the plan. Zones drawn first take precedence."""

    kind: Literal["zone"] = key("zone", "zone", "区域")
    id: str | None = key(
        None, "Name in files; without it the code in small letters", "文件中的名称; 省略则用小写代码", pattern=r"^[\w.-]{1,40}$"
    )
    name: str = key(
        ..., "Name that people read and that goes into radio texts", "给人看的名称, 会写入电台短信", min_length=1, max_length=20
    )
    code: str = key(..., "At most 4 characters", "代码, 至多 4 个字符", min_length=1, max_length=4)
    gate: str | None = key(None, "Gate to enter by", "进入的大门", max_length=12)
    hazard: str | None = key(None, "Class of dangerous goods; texts go out at once", "危险品类别; 短信立即发出", max_length=12)
    talkgroup: str | None = key(None, "Talkgroup, by its name in station.yaml", "通话组 (station.yaml 中的名称)")
    arming: Arming | None = key(None, "How far alarms go until a person arms it otherwise", "警情级别 (由人员改动前)")


class PointProperties(Section):
    """`properties` of a Point: what place words count distances from."""

    kind: Literal["gate", "hydrant", "mast"] = key(..., "gate, hydrant or mast", "gate 大门, hydrant 消火栓, mast 立杆")
    id: str | None = key(None, "Name in files", "文件中的名称", max_length=40)
    name: str = key(..., "Name that people read", "给人看的名称", min_length=1, max_length=20)


@dataclass(frozen=True, slots=True)
class Feature:
    """One feature that can be used, and the plain values it came from."""

    name: str
    value: Zone | Landmark
    data: dict[str, Any]
    document: Document


@dataclass(slots=True)
class SiteFile:
    """What site.geojson holds. `lost` names the features that could not be used; `unreadable`: the whole file."""

    features: list[Feature] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    unreadable: bool = False


def site(document: Document, near: tuple[float, float] | None = None) -> SiteFile:
    """Return the features of a GeoJSON document. `near`: (lat, lon) WGS-84 of the station."""
    out = SiteFile(faults=list(document.faults), unreadable=document.unreadable)
    if document.unreadable:
        return out
    data = document.data
    if not isinstance(data, dict) or data.get("type") != "FeatureCollection" or not isinstance(data.get("features"), list):
        words = Words("is no GeoJSON FeatureCollection", "不是 GeoJSON FeatureCollection")
        advice = Words("export the plan as GeoJSON (EPSG:4326)", "请把平面图导出为 GeoJSON (EPSG:4326)")
        out.faults.append(Fault(document.place(()), "", "geojson", words, advice))
        out.unreadable = True
        return out
    seen: set[str] = set()
    for number, one in enumerate(entries(document, ("features",)), 1):
        name = _name(one, number)
        feature, faults = _feature(one, name, near)
        if feature is not None and feature.name in seen:
            words = Words("this id or code is in the plan twice", "该 id 或代码在图中出现两次")
            faults.append(_fault(one, name, ("properties",), "duplicate_id", words, Words("rename one of the two", "请改名其中一个")))
            feature = None
        out.faults += faults
        if feature is None:
            out.lost.append(name)
        else:
            seen.add(feature.name)
            out.features.append(feature)
    return out


def built(data: dict[str, Any]) -> Zone | Landmark | None:
    """Return a feature from plain values that worked once, or None where they no longer do."""
    feature, _ = _feature(Document("last good", data), "?", None)
    return feature.value if feature else None


def _name(one: Document, number: int) -> str:
    properties = one.data.get("properties") if isinstance(one.data, dict) else None
    known = properties if isinstance(properties, dict) else {}
    word = known.get("id") or known.get("code") or known.get("name")
    return str(word).lower() if isinstance(word, str) else str(number)


def _feature(one: Document, name: str, near: tuple[float, float] | None) -> tuple[Feature | None, list[Fault]]:
    data = one.data if isinstance(one.data, dict) else {}
    geometry, properties = data.get("geometry"), data.get("properties")
    if not isinstance(geometry, dict) or not isinstance(properties, dict):
        words = Words("a feature needs geometry and properties", "要素缺少 geometry 或 properties")
        return None, [_fault(one, name, (), "geojson", words, Words("draw it again in the map editor", "请在地图软件中重画"))]
    inner = Document(one.file, properties, one.lines)
    for kind in ("values", "keys"):
        getattr(inner, kind).update({w[1:]: p for w, p in getattr(one, kind).items() if w[:1] == ("properties",)})
    inner.broken = {bad[1:] for bad in one.broken if bad[:1] == ("properties",)}
    prefix = f"features[{name}].properties"
    if geometry.get("type") == "Polygon":
        settings, faults = validated(inner, ZoneProperties, prefix=prefix, entry=name)
        ring, wrong = _ring(one, name, geometry.get("coordinates"), near)
        if settings is None or ring is None or one.hurt(("geometry",)):
            return None, faults + wrong
        zone_id = settings.id or settings.code.lower()
        known = settings.model_dump(include={"name", "code", "gate", "hazard", "talkgroup", "arming"})
        return Feature(zone_id, Zone(zone_id, ring=ring, **known), data, one), faults + wrong
    if geometry.get("type") == "Point":
        point, faults = validated(inner, PointProperties, prefix=prefix, entry=name)
        spot, wrong = _spot(one, name, ("geometry", "coordinates"), geometry.get("coordinates"), near)
        if point is None or spot is None or one.hurt(("geometry",)):
            return None, faults + wrong
        return Feature(point.id or point.name, Landmark(point.name, point.kind, spot[1], spot[0]), data, one), faults + wrong
    words = Words(
        f"geometry {geometry.get('type')!r} is neither Polygon nor Point", f"几何类型 {geometry.get('type')!r} 既不是 Polygon 也不是 Point"
    )
    advice = Words("draw zones as Polygon, gates and hydrants as Point", "区域请画成 Polygon, 大门与消火栓请画成 Point")
    return None, [_fault(one, name, ("geometry", "type"), "geojson", words, advice)]


def _ring(one: Document, name: str, given: Any, near: tuple[float, float] | None) -> tuple[Ring | None, list[Fault]]:
    way: tuple[str | int, ...] = ("geometry", "coordinates")
    if not isinstance(given, list) or not given or not isinstance(given[0], list) or len(given[0]) > MAX_CORNERS:
        words = Words("a Polygon needs a list of corners", "Polygon 需要顶点列表")
        return None, [_fault(one, name, way, "geojson", words, Words("draw it again in the map editor", "请在地图软件中重画"))]
    if len(given) > 1:
        words = Words("a zone with a hole in it is not supported", "不支持中空的区域")
        return None, [
            _fault(one, name, (*way, 1), "geojson", words, Words("draw two zones, the inner one first", "请画成两个区域, 内侧的放在前面"))
        ]
    corners: list[tuple[float, float]] = []
    for number, corner in enumerate(given[0]):
        spot, wrong = _spot(one, name, (*way, 0, number), corner, near)
        if spot is None:
            return None, wrong
        corners.append(spot)
    if len(corners) > 1 and corners[0] == corners[-1]:
        corners.pop()
    if len(set(corners)) < 3:
        words = Words("a zone needs at least three corners", "区域至少需要三个顶点")
        return None, [_fault(one, name, way, "geojson", words, Words("draw it again in the map editor", "请在地图软件中重画"))]
    if len(corners) <= 200 and _crosses(corners):
        words = Words("the outline crosses itself", "轮廓线自相交")
        return None, [_fault(one, name, way, "geojson", words, Words("put the corners in order round the zone", "请按顺序排列顶点"))]
    return tuple(corners), []


def _spot(
    one: Document, name: str, way: tuple[str | int, ...], given: Any, near: tuple[float, float] | None
) -> tuple[tuple[float, float] | None, list[Fault]]:
    swap = Words("GeoJSON writes [longitude, latitude]", "GeoJSON 的顺序是 [经度, 纬度]")
    numbers = given[:2] if isinstance(given, list) and len(given) in (2, 3) else []
    if len(numbers) != 2 or any(isinstance(v, bool) or not isinstance(v, int | float) or abs(v) > 1000 for v in numbers):
        return None, [_fault(one, name, way, "geojson", Words("a position is [longitude, latitude]", "位置应为 [经度, 纬度]"), swap)]
    lon, lat = float(numbers[0]), float(numbers[1])
    if abs(lon) > 180 or abs(lat) > 90:
        words = Words(f"[{lon:g}, {lat:g}] is not on the earth", f"[{lon:g}, {lat:g}] 不是地球上的位置")
        return None, [_fault(one, name, way, "geojson", words, swap)]
    if near and (abs(lat - near[0]) > FAR_DEG or abs(lon - near[1]) > FAR_DEG):
        words = Words(f"[{lon:g}, {lat:g}] is far from the station", f"[{lon:g}, {lat:g}] 离本站太远")
        return None, [_fault(one, name, way, "far", words, swap)]
    return (lon, lat), []


def _crosses(corners: list[tuple[float, float]]) -> bool:
    def side(a: tuple[float, float], b: tuple[float, float], c: tuple[float, float]) -> float:
        return math.copysign(1.0, v) if (v := (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])) else 0.0

    count = len(corners)
    edges = [(corners[i], corners[(i + 1) % count]) for i in range(count)]
    for i, (a, b) in enumerate(edges):
        for j in range(i + 2, count):
            if i == 0 and j == count - 1:
                continue
            c, d = edges[j]
            if side(a, b, c) * side(a, b, d) < 0 and side(c, d, a) * side(c, d, b) < 0:
                return True
    return False


def _fault(one: Document, name: str, way: tuple[str | int, ...], rule: str, words: Words, advice: Words) -> Fault:
    path = f"features[{name}]" + "".join(f".{step}" for step in way if isinstance(step, str))
    return Fault(one.place(way), path, rule, words, advice, "error", name)

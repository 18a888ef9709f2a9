"""site.geojson into zones, structures, surfaces and landmarks; a bad feature costs itself. Faults name the feature and its line."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, get_args

from edged.config.document import Document, Way, entries
from edged.config.report import Fault
from edged.config.site_properties import (
    DRAWN_AS,
    LineProperties,
    PointProperties,
    Properties,
    StructureProperties,
    ZoneProperties,
)
from edged.config.site_shapes import Datum, Drawing, Ring, outline, spot, strips
from edged.config.validate import validated
from edged.config.wording import closest, complaint
from edged.model.site import Landmark, Structure, Surface, Zone
from edged.model.words import Words

Shape = Zone | Structure | Surface | Landmark
_MULTI = {"MultiPolygon": "Polygon", "MultiLineString": "LineString", "MultiPoint": "Point"}


@dataclass(frozen=True, slots=True)
class Feature:
    """One feature that can be used, and the plain values it came from. A road that comes round upon itself is several surfaces."""

    name: str
    shapes: tuple[Shape, ...]
    data: dict[str, Any]
    document: Document

    @property
    def value(self) -> Shape:
        """The shape, or the first of several."""
        return self.shapes[0]


@dataclass(slots=True)
class SiteFile:
    """What site.geojson holds. `order`: all names, top to bottom; `lost`: those that cannot be used; `unreadable`: the whole file."""

    features: list[Feature] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    order: list[str] = field(default_factory=list)
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
    datum, wrong = _datum(document, data)
    out.faults += wrong
    if datum is None:
        out.unreadable = True
        return out
    seen: set[str] = set()
    pieces: Counter[str] = Counter()
    for number, one in enumerate(entries(document, ("features",)), 1):
        name, repeats = _name(one.data, number)
        if repeats:
            pieces[name] += 1
            name += f"#{pieces[name]}" if pieces[name] > 1 else ""
        out.order.append(name)
        feature, faults = _feature(Drawing(one, name, datum, near))
        if feature is not None and name in seen:
            words = Words("this id, code or name is in the plan twice", "该 id、代码或名称在图中出现两次")
            advice = Words("rename one of the two, or give it an `id`", "请改名其中一个, 或写上 id")
            faults.append(Drawing(one, name).fault(("properties",), "duplicate_id", words, advice))
            feature = None
        out.faults += faults
        if feature is None:
            out.lost.append(name)
        else:
            seen.add(name)
            out.features.append(feature)
    return out


def built(name: str, data: dict[str, Any]) -> Feature | None:
    """Return a feature from plain values that worked once, or None where they no longer do."""
    datum = data.get("datum", "WGS-84")
    if datum not in get_args(Datum):
        return None
    return _feature(Drawing(Document("last good", data), name, datum))[0]


def _datum(document: Document, data: dict[str, Any]) -> tuple[Datum | None, list[Fault]]:
    known = get_args(Datum)
    given = data.get("datum", "WGS-84")
    if given not in known:
        rule, words, advice = complaint(
            {"type": "literal_error", "input": given, "ctx": {"expected": ", ".join(f"'{one}'" for one in known)}}
        )
        return None, [Fault(document.place(("datum",)), "datum", rule, words, advice)]
    faults = []
    for member in data:
        if member != "datum" and closest(member, ["datum"]):
            words = Words(f'"{member}" means nothing here: coordinates are read as {given}', f"“{member}” 在此无意义: 坐标按 {given} 读取")
            advice = Words("did you mean `datum`?", "是不是 `datum`?")
            faults.append(Fault(document.place((member,), key=True), member, "unknown_key", words, advice, "warning"))
    return next(one for one in known if one == given), faults


def _name(data: Any, number: int) -> tuple[str, bool]:
    """Return what a feature goes by, and whether another may go by it too (roads and water without an id)."""
    properties = data.get("properties") if isinstance(data, dict) else None
    known = properties if isinstance(properties, dict) else {}
    repeats = known.get("kind") in ("road", "water") and not isinstance(known.get("id"), str)
    for word, small in (("id", False), ("code", True), ("name", False)):
        if isinstance(value := known.get(word), str) and value:
            return (value.lower() if small else value), repeats
    return (str(known["kind"]), True) if repeats else (str(number), False)


def _feature(drawing: Drawing) -> tuple[Feature | None, list[Fault]]:
    one = drawing.document
    data = one.data if isinstance(one.data, dict) else {}
    geometry, properties = data.get("geometry"), data.get("properties")
    if not isinstance(geometry, dict) or not isinstance(properties, dict):
        words = Words("a feature needs geometry and properties", "要素缺少 geometry 或 properties")
        return None, [drawing.fault((), "geojson", words, Words("draw it again in the map editor", "请在地图软件中重画"))]
    drawn, given = geometry.get("type"), geometry.get("coordinates")
    way: Way = ("geometry", "coordinates")
    if isinstance(drawn, str) and drawn in _MULTI and isinstance(given, list) and len(given) == 1:
        drawn, given, way = _MULTI[drawn], given[0], (*way, 0)
    section, wrong = _section(drawing, drawn, properties.get("kind"))
    if section is None:
        return None, wrong
    prefix = f"features[{drawing.name}].properties"
    settings, faults = validated(_properties(one, properties), section, prefix=prefix, entry=drawing.name)
    rings: list[Ring]
    if drawn == "Point":
        place, bent = spot(drawing, way, given)
        rings = [(place,)] if place else []
    elif drawn == "LineString":
        rings, bent = strips(drawing, way, given, settings.width_m if isinstance(settings, LineProperties) else 1.0)
    else:
        ring, bent = outline(drawing, way, given)
        rings = [ring] if ring else []
    faults += bent
    if settings is None or not rings or one.hurt(("geometry",)):
        return None, faults
    kept = data if drawing.datum == "WGS-84" else {**data, "datum": drawing.datum}
    return Feature(drawing.name, tuple(_shapes(drawing.name, settings, rings)), kept, one), faults


def _properties(one: Document, properties: dict[str, Any]) -> Document:
    """Return the properties as a document of their own; map editors write null for what was left empty."""
    inner = Document(one.file, {name: value for name, value in properties.items() if value is not None}, one.lines)
    for kind in ("values", "keys"):
        getattr(inner, kind).update({w[1:]: p for w, p in getattr(one, kind).items() if w[:1] == ("properties",)})
    inner.broken = {bad[1:] for bad in one.broken if bad[:1] == ("properties",)}
    return inner


def _section(drawing: Drawing, drawn: Any, kind: Any) -> tuple[Properties | None, list[Fault]]:
    """Return the class of a feature's properties, by its geometry and its kind."""
    sections = DRAWN_AS.get(drawn) if isinstance(drawn, str) else None
    if sections is None:
        several = isinstance(drawn, str) and drawn in _MULTI
        words = Words(f"geometry {drawn!r} is none of {', '.join(DRAWN_AS)}", f"几何类型 {drawn!r} 不在可选值之内: {', '.join(DRAWN_AS)}")
        advice = (
            Words("split it into single parts in the map editor", "请在地图软件中拆分为单部件")
            if several
            else Words("areas: Polygon; roads: LineString; gates, hydrants: Point", "区域: Polygon; 道路: LineString; 大门, 消火栓: Point")
        )  # fmt: skip
        return None, [drawing.fault(("geometry", "type"), "geojson", words, advice)]
    if kind is None:
        return next(iter(sections.values())), []
    if isinstance(kind, str) and kind in sections:
        return sections[kind], []
    way: Way = ("properties", "kind")
    homes = [name for name, kinds in DRAWN_AS.items() if isinstance(kind, str) and kind in kinds]
    if homes:
        words = Words(f"a {kind} is not drawn as {drawn}", f"{kind} 不应画成 {drawn}")
        return None, [drawing.fault(way, "choice", words, Words(f"draw it as {' or '.join(homes)}", f"请画成 {' 或 '.join(homes)}"))]
    expected = ", ".join(f"'{name}'" for name in sections)
    rule, words, found = complaint({"type": "literal_error", "input": kind, "ctx": {"expected": expected}})
    return None, [drawing.fault(way, rule, words, found)]


def _shapes(name: str, settings: Any, rings: Sequence[Ring]) -> list[Shape]:
    if isinstance(settings, PointProperties):
        ((lon, lat),) = rings[0]
        return [Landmark(settings.name, settings.kind, lat, lon)]
    known = settings.model_dump(exclude={"id", "width_m"})
    if isinstance(settings, ZoneProperties):
        return [Zone(name, ring=rings[0], **known)]
    if isinstance(settings, StructureProperties):
        return [Structure(name, ring=rings[0], **known)]
    first = Surface(name, ring=rings[0], **known)
    return [first, *(replace(first, surface_id=f"{name}+{n}", ring=ring) for n, ring in enumerate(rings[1:], 1))]

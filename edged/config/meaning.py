"""What a plan says that cannot be meant: names twice, heights that look wrong, cameras inside buildings, structures in one another."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal

from edged.camera.settings import CameraSettings
from edged.config.document import Document
from edged.config.plane import Plane
from edged.config.report import Fault
from edged.config.site_shapes import Drawing
from edged.config.site_source import Feature
from edged.geometry.datum import to_wgs84
from edged.geometry.earth import distance_m
from edged.model.site import Landmark, Mount, Structure, Surface, Zone
from edged.model.words import Words

Cameras = Mapping[str, tuple[CameraSettings, Document]]
SAME_PLACE_M = 50.0
"""A gate and a zone of one name this near each other are one place to a person."""
TALLEST_M = {"building": 400.0, "stack": 40.0}
STOREY_M = (2.0, 30.0)
MAST_M = 50.0
"""A mast of the plan with no camera within this distance is misplaced, or the cameras are."""
OVERLAP_M2 = 5.0


def across_shapes(features: Sequence[Feature], cameras: Cameras) -> Iterator[Fault]:
    """Yield what features of the plan say against one another and against the cameras' mounts."""
    if not features:
        return
    yield from _names(features)
    yield from _heights(features)
    yield from _masts(features, [camera.placed() for camera, _ in cameras.values()])
    standing = [(feature, shape) for feature in features for shape in feature.shapes if isinstance(shape, Structure)]
    if standing:
        yield from _standing(standing, cameras)


def _names(features: Sequence[Feature]) -> Iterator[Fault]:
    first: dict[str, list[Feature]] = {}
    for feature in features:
        shape = feature.value
        if isinstance(shape, Surface):
            continue
        for other in first.setdefault(shape.name, []):
            if shape.kind != other.value.kind and _apart_m(shape, other.value) < SAME_PLACE_M:
                continue
            yield _fault(
                feature,
                ("properties", "name"),
                "same_name",
                Words(f"{shape.name} is the name of {other.name} too: nobody can tell them apart on the radio",
                      f"{shape.name} 与 {other.name} 同名: 电台中无法区分"),
                Words("give one of the two another name", "请改名其中一个"),
                "warning" if {"stack", "mast"} & {shape.kind, other.value.kind} else "error",
            )  # fmt: skip
            break
        first[shape.name].append(feature)


def _heights(features: Sequence[Feature]) -> Iterator[Fault]:
    for feature in features:
        shape = feature.value
        if not isinstance(shape, Structure):
            continue
        storey_m = shape.height_m / shape.floors if shape.floors else None
        if shape.height_m > TALLEST_M[shape.kind]:
            words = Words(f"{shape.height_m:g} m looks wrong for a {shape.kind}", f"高度 {shape.height_m:g} 米不像是真的")
        elif storey_m is not None and not STOREY_M[0] <= storey_m <= STOREY_M[1]:
            words = Words(
                f"{shape.height_m:g} m and {shape.floors} floors: {storey_m:.1f} m each",
                f"{shape.height_m:g} 米, {shape.floors} 层: 每层 {storey_m:.1f} 米",
            )
        else:
            continue
        advice = Words(
            "height_m is metres from the ground to the roof; mend it or floors", "height_m 为地面到顶面的米数; 请改正它或 floors"
        )
        yield _fault(feature, ("properties", "height_m"), "height", words, advice, "warning")


def _masts(features: Sequence[Feature], mounts: Sequence[Mount | None]) -> Iterator[Fault]:
    placed = [mount for mount in mounts if mount is not None]
    for feature in features:
        mast = feature.value
        if not placed or not isinstance(mast, Landmark) or mast.kind != "mast":
            continue
        away, nearest = _nearest(placed, mast.lat_wgs84, mast.lon_wgs84)
        if away <= MAST_M:
            continue
        shifted, _ = _nearest(placed, *to_wgs84(mast.lat_wgs84, mast.lon_wgs84))
        advice = Words(f"compare with mount of {nearest.camera_id}", f"请与 {nearest.camera_id} 的 mount 核对")
        if shifted <= MAST_M and "datum" not in feature.data:
            advice = Words('the plan was drawn in GCJ-02: write "datum": "GCJ-02" at the top of site.geojson',
                           '图是按 GCJ-02 绘制的: 请在 site.geojson 顶层写 "datum": "GCJ-02"')  # fmt: skip
        yield _fault(
            feature,
            ("geometry", "coordinates"),
            "far_mast",
            Words(f"the nearest camera, {nearest.camera_id}, stands {away:.0f} m from this mast",
                  f"最近的摄像机 {nearest.camera_id} 离此立杆 {away:.0f} 米"),
            advice,
            "warning",
        )  # fmt: skip


def _standing(standing: Sequence[tuple[Feature, Structure]], cameras: Cameras) -> Iterator[Fault]:
    import shapely

    plane = Plane(standing[0][1].ring[0][1], standing[0][1].ring[0][0])
    shapes = [shapely.Polygon(plane.metres(structure.ring)) for _, structure in standing]
    tree = shapely.STRtree(shapes)
    for camera, document in cameras.values():
        if camera.mount is None or camera.kind == "corridor":
            continue
        ((x, y),) = plane.metres([(camera.mount.lon_wgs84, camera.mount.lat_wgs84)])
        for number in tree.query(shapely.Point(x, y), predicate="within"):
            _, building = standing[int(number)]
            if camera.mount.height_m < building.height_m:
                yield Fault(
                    document.place(("mount", "height_m")),
                    f"cameras[{camera.id}].mount.height_m",
                    "inside",
                    Words(f"camera stands inside {building.kind} {_called(building)}: height_m is above ground, "
                          f"the roof is {building.height_m:g} m",
                          f"摄像机位于 {_called(building)} 内部: height_m 从地面算起, 屋顶高 {building.height_m:g} 米"),
                    Words("on the roof: write the lens's height above the ground; on the wall: move it outside the outline",
                          "在屋顶: 写镜头离地高度; 在外墙: 请移到轮廓线之外"),
                    "error",
                    camera.id,
                )  # fmt: skip
    for one, two in sorted({(min(a, b), max(a, b)) for a, b in tree.query(shapes, predicate="intersects").T.tolist() if a != b}):
        if (shared := shapes[one].intersection(shapes[two]).area) <= OVERLAP_M2 or _stepped(standing, shapes, one, two):
            continue
        (_, first), (feature, _) = standing[one], standing[two]
        yield _fault(
            feature,
            ("geometry", "coordinates"),
            "overlap",
            Words(f"overlaps {_called(first)} by {shared:.0f} m²", f"与 {_called(first)} 重叠 {shared:.0f} 平方米"),
            Words("draw them side by side, or delete one", "请画成并排, 或删去一个"),
            "warning",
        )


def _stepped(standing: Sequence[tuple[Feature, Structure]], shapes: Sequence[Any], one: int, two: int) -> bool:
    """Tell whether one is a tower that rises out of the other."""
    tall, wide = (one, two) if standing[one][1].height_m > standing[two][1].height_m else (two, one)
    higher = standing[tall][1].height_m > standing[wide][1].height_m
    return higher and bool(shapes[wide].buffer(0.5).contains(shapes[tall]))


def _nearest(mounts: Sequence[Mount], lat: float, lon: float) -> tuple[float, Mount]:
    return min(((distance_m(lat, lon, m.lat_wgs84, m.lon_wgs84), m) for m in mounts), key=lambda pair: pair[0])


def _apart_m(one: Zone | Structure | Surface | Landmark, two: Zone | Structure | Surface | Landmark) -> float:
    import shapely

    rings = [((shape.lon_wgs84, shape.lat_wgs84),) if isinstance(shape, Landmark) else shape.ring for shape in (one, two)]
    plane = Plane(rings[0][0][1], rings[0][0][0])
    shapes = [shapely.Point(*plane.metres(ring)[0]) if len(ring) == 1 else shapely.Polygon(plane.metres(ring)) for ring in rings]
    return float(shapes[0].distance(shapes[1]))


def _called(structure: Structure) -> str:
    return f"{structure.code} {structure.name}" if structure.code else structure.name


def _fault(feature: Feature, way: tuple[str, ...], rule: str, words: Words, advice: Words, severity: Literal["error", "warning"]) -> Fault:
    return Drawing(feature.document, feature.name).fault(way, rule, words, advice, severity)

"""Which zones no lookout can see, and why; which priority zones a mask lies over. A quick look: ground level, the earth flat."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from edged.camera.settings import CameraSettings
from edged.config.meaning import Cameras
from edged.config.plane import Plane, Points
from edged.config.report import Fault
from edged.config.site_shapes import Drawing
from edged.config.site_source import Feature
from edged.model.site import Mount, Structure, Zone
from edged.model.words import Words

SAMPLES = 30
FIRST_RAYS = 6
FIRE_M = 1.0
"""A fire is looked for this high above the ground or the roof it stands on."""
ASPECT = 0.8
"""Height of a thermal picture over its width (640 × 512)."""
MASKED_SHARE = 0.05
MASKED_KINDS = ("mask", "known_heat")
NAMED = 3

Mask = npt.NDArray[np.bool_]
Numbers = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class _Eye:
    """A camera on its mast, and where that stands on the plane."""

    camera: CameraSettings
    mount: Mount
    foot: Points

    def angles(self, spots: Points, heights: Numbers) -> tuple[Numbers, Numbers]:
        """Return pan (−180..180) and tilt of spots, as the mount reads them without roll and lean."""
        east, north = (spots - self.foot).T
        pan = (np.degrees(np.arctan2(east, north)) - self.mount.azimuth_deg + 180.0) % 360.0 - 180.0
        tilt = np.degrees(np.arctan2(heights - self.mount.height_m, np.hypot(east, north))) - self.mount.tilt_zero_deg
        return pan, tilt

    def looks_at(self, spots: Points, heights: Numbers) -> Mask:
        """Tell which spots lie in one of its views. A preset may point anywhere; without views the lens looks along pan and tilt zero."""
        pan, tilt = self.angles(spots, heights)
        widest = self.camera.thermal.hfov_deg if self.camera.thermal else 60.0
        views = [(v.pan_deg, v.tilt_deg, self.camera.hfov_of(v)) for v in self.camera.views] or [(0.0, 0.0, widest)]
        seen = np.zeros(len(spots), dtype=np.bool_)
        for pan_deg, tilt_deg, hfov_deg in views:
            if pan_deg is None or tilt_deg is None:
                return np.ones(len(spots), dtype=np.bool_)
            off = np.abs((pan - pan_deg + 180.0) % 360.0 - 180.0)
            seen |= (off <= hfov_deg / 2.0) & (np.abs(tilt - tilt_deg) <= hfov_deg * ASPECT / 2.0)
        return seen


class _Ground:
    """The plan's structures on a plane, and rays between them."""

    def __init__(self, features: Sequence[Feature], plane: Plane) -> None:
        import shapely

        self._plane = plane
        self.standing = [shape for feature in features for shape in feature.shapes if isinstance(shape, Structure)]
        self._shapes = np.array([shapely.Polygon(plane.metres(one.ring)) for one in self.standing], dtype=object)
        self._heights = np.array([one.height_m for one in self.standing], dtype=np.float64)
        self._tree = shapely.STRtree(self._shapes)

    def spots(self, zone: Zone) -> tuple[Points, Numbers]:
        """Return about thirty places of a zone and how high a fire would be there."""
        import shapely

        outline = shapely.Polygon(self._plane.metres(zone.ring))
        west, south, east, north = outline.bounds
        step = max(1e-3, float(np.sqrt(outline.area / SAMPLES)), (east - west + north - south) / 400.0)
        mesh = np.meshgrid(np.arange(west + step / 2.0, east, step), np.arange(south + step / 2.0, north, step))
        grid = np.column_stack([axis.ravel() for axis in mesh])
        spots = grid[shapely.contains_xy(outline, *grid.T)] if len(grid) else grid
        if len(spots) < FIRST_RAYS:
            middle = outline.representative_point()
            spots = np.array([(middle.x, middle.y), *(outline.exterior.interpolate(n / 8.0, normalized=True).coords[0] for n in range(8))])
        heights = np.full(len(spots), FIRE_M)
        below, structure = self._tree.query(shapely.points(spots), predicate="intersects")
        np.maximum.at(heights, below, self._heights[structure] + FIRE_M)
        return spots, heights

    def blocked(self, eye: _Eye, spots: Points, heights: Numbers) -> list[int | None]:
        """Return for each spot the structure that stands between, or None. What a spot lies on does not hide it."""
        import shapely

        out: list[int | None] = [None] * len(spots)
        lines = shapely.linestrings(np.stack([np.broadcast_to(eye.foot, spots.shape), spots], axis=1))
        ray, structure = self._tree.query(lines, predicate="intersects")
        if not len(ray):
            return out
        own = shapely.intersects_xy(self._shapes[structure], *spots[ray].T)
        ray, structure = ray[~own], structure[~own]
        parts, part_of = shapely.get_coordinates(shapely.intersection(lines[ray], self._shapes[structure]), return_index=True)
        along = spots[ray] - eye.foot
        share = ((parts - eye.foot) * along[part_of]).sum(axis=1) / np.maximum((along[part_of] ** 2).sum(axis=1), 1e-9)
        lowest = np.full(len(ray), np.inf)
        np.minimum.at(lowest, part_of, eye.mount.height_m + share * (heights[ray][part_of] - eye.mount.height_m))
        for number, which in zip(ray[lowest < self._heights[structure]], structure[lowest < self._heights[structure]], strict=True):
            out[int(number)] = int(which)
        return out


def across_sight(features: Sequence[Feature], cameras: Cameras, radius_m: float) -> Iterator[Fault]:
    """Yield zones of which no lookout sees anything within `radius_m`, and masks over more than 5 % of a priority zone."""
    zones = [(feature, shape) for feature in features for shape in feature.shapes if isinstance(shape, Zone)]
    if not zones:
        return
    plane = Plane(zones[0][1].ring[0][1], zones[0][1].ring[0][0])
    eyes = [
        _Eye(camera, mount, plane.metres([(mount.lon_wgs84, mount.lat_wgs84)])[0])
        for camera, _ in cameras.values()
        if camera.enabled and (camera.kind == "lookout" or camera.areas) and (mount := camera.placed()) is not None
    ]
    lookouts = [eye for eye in eyes if eye.camera.kind == "lookout"]
    ground = _Ground(features, plane)
    for feature, zone in zones:
        spots, heights = ground.spots(zone)
        if lookouts and (fault := _unseen(feature, zone, ground, lookouts, spots, heights, radius_m)):
            yield fault
        if zone.policy == "priority":
            for eye in eyes:
                yield from _masked(zone, ground, eye, cameras, spots, heights, radius_m)


def _unseen(
    feature: Feature, zone: Zone, ground: _Ground, lookouts: Sequence[_Eye], spots: Points, heights: Numbers, radius_m: float
) -> Fault | None:
    middle = spots.mean(axis=0)
    far: list[tuple[str, float]] = []
    aside: list[_Eye] = []
    hidden: list[tuple[str, str]] = []
    for eye in sorted(lookouts, key=lambda one: float(np.hypot(*(one.foot - middle)))):
        away = np.hypot(*(spots - eye.foot).T)
        near = away <= radius_m
        if not near.any():
            far.append((eye.camera.id, float(away.min()) / 1000.0))
            continue
        watched = np.flatnonzero(near & eye.looks_at(spots, heights))
        if not len(watched):
            aside.append(eye)
            continue
        between: Counter[int] = Counter()
        for some in (watched[:: max(1, len(watched) // FIRST_RAYS)], watched):
            blocked = ground.blocked(eye, spots[some], heights[some])
            if None in blocked:
                return None
            between = Counter(one for one in blocked if one is not None)
        hidden.append((eye.camera.id, ground.standing[between.most_common(1)[0][0]].name))
    en, zh = [], []
    if aside:
        names = ", ".join(eye.camera.id for eye in aside[:NAMED])
        en.append(f"not in the views of {names}")
        zh.append(f"不在 {names} 的 views 之内")
    if hidden:
        en.append("hidden from " + ", ".join(f"{name} by {what}" for name, what in hidden[:NAMED]))
        zh.append(", ".join(f"{name} 被{what}遮挡" for name, what in hidden[:NAMED]))
    if far:
        names = ", ".join(f"{name} ({away:.1f} km)" for name, away in far[:NAMED])
        en.append(f"too far from {names}")
        zh.append(f"离 {names} 太远")
    within = f"{radius_m / 1000.0:g}"
    return Drawing(feature.document, feature.name).fault(
        ("properties", "name"),
        "not_visible",
        Words(f"nothing of zone {_called(zone)} is visible from any lookout within {within} km: {'; '.join(en)}",
              f"{within} km 内没有瞭望镜头能看到区域 {_called(zone)} 的任何部分: {'; '.join(zh)}"),
        _advice(ground, aside, hidden, spots, heights, radius_m),
        "warning",
    )  # fmt: skip


def _advice(
    ground: _Ground, aside: Sequence[_Eye], hidden: Sequence[tuple[str, str]], spots: Points, heights: Numbers, radius_m: float
) -> Words:
    """Say which view would show the zone, or what stands in the way."""
    for eye in aside:
        away = np.hypot(*(spots - eye.foot).T)
        free = [n for n, one in enumerate(ground.blocked(eye, spots, heights)) if one is None and away[n] <= radius_m]
        if free:
            best = min(free, key=lambda n: float(np.hypot(*(spots[n] - spots[free].mean(axis=0)))))
            pan, tilt = (float(angle[best]) for angle in eye.angles(spots, heights))
            return Words(f"{eye.camera.id} would see it with a view at pan_deg: {pan:.1f}, tilt_deg: {tilt:.1f}",
                         f"给 {eye.camera.id} 加一个视野 pan_deg: {pan:.1f}, tilt_deg: {tilt:.1f} 即可看到")  # fmt: skip
    if hidden or aside:
        return Words(
            "check the heights in the plan; a lookout elsewhere or higher would see it", "请核对图中高度; 需在别处或更高处设瞭望点"
        )
    return Words("mend the outline or the mounts; else a lookout is missing there", "请核对轮廓与各 mount; 否则该处缺少瞭望点")


def _masked(zone: Zone, ground: _Ground, eye: _Eye, cameras: Cameras, spots: Points, heights: Numbers, radius_m: float) -> Iterator[Fault]:
    import shapely

    for number, area in enumerate(eye.camera.areas):
        if area.kind not in MASKED_KINDS:
            continue
        pan, tilt = eye.angles(spots, heights)
        inside = shapely.intersects_xy(shapely.make_valid(shapely.Polygon(area.points)), pan, tilt)
        inside = np.flatnonzero(inside & (np.hypot(*(spots - eye.foot).T) <= radius_m))
        covered = sum(one is None for one in ground.blocked(eye, spots[inside], heights[inside])) if len(inside) else 0
        if covered / len(spots) <= MASKED_SHARE:
            continue
        share = f"{covered / len(spots):.0%}"
        yield Fault(
            cameras[eye.camera.id][1].place(("areas", number, "points")),
            f"cameras[{eye.camera.id}].areas[{area.name}].points",
            "masked",
            Words(f"this {area.kind} lies over {share} of priority zone {_called(zone)}",
                  f"该 {area.kind} 覆盖优先区域 {_called(zone)} 的 {share}"),
            Words("draw it closer round the heat source", "请紧贴热源绘制"),
            "warning",
            eye.camera.id,
        )  # fmt: skip


def _called(zone: Zone) -> str:
    return f"{zone.code} {zone.name}"

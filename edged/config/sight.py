"""Which zones no lookout can see, and why; which priority and hazard zones a mask lies over.

`geometry` judges: lens, mount, ground, what stands.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from edged.assembly import lookout_of
from edged.camera.settings import CameraSettings
from edged.config.meaning import Cameras
from edged.config.report import Fault
from edged.config.site_shapes import Drawing
from edged.config.site_source import Feature
from edged.geometry.site import Obstacle, Post, SiteModel
from edged.geometry.vantage import FIRE_M, Lookout, axis_on, stands_m, toward
from edged.model.site import SitePlan, Zone
from edged.model.words import Words

SAMPLES = 30
FIRST_RAYS = 6
MASKED_SHARE = 0.05
MASKED_KINDS = ("mask", "known_heat")
NAMED = 3

Array = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class _Eye:
    """A camera on its mast."""

    camera: CameraSettings
    lookout: Lookout
    post: Post

    def watched(self, site: SiteModel, spots: Array) -> Array:
        """Return those spots (N, 3) that lie in one of its views. A preset may point anywhere."""
        if any(view.preset is not None and view.pan_deg is None for view in self.camera.views):
            return spots
        return np.asarray(spots[self.lookout.holds(toward(site, self.lookout.mount, spots))])

    def away_m(self, spots: Array) -> Array:
        """Return how far spots (N, 3) are, along the ground."""
        return np.asarray(np.hypot(*(spots[:, :2] - self.post.at).T))

    def hidden_by(self, site: SiteModel, spot: Array) -> Obstacle | None:
        """Return what stands between, or None. What a spot lies on does not hide it: its walls are seen."""
        east, north, height = spot.tolist()
        found = site.hides(self.post, east, north, height)
        if found is None or found.structure is None:
            return found
        under = (site.plan.structures[number] for number in site.structures.holding(east, north))
        return None if any(one is found.structure for one in under) else found


def across_beacons(cameras: Cameras) -> Iterator[Fault]:
    """Yield the beacons that lie in no view of their head, so that nobody ever looks at them."""
    for camera, document in cameras.values():
        lookout = lookout_of(camera) if camera.beacons and camera.enabled else None
        if lookout is None or any(view.preset is not None and view.pan_deg is None for view in camera.views):
            continue
        held = lookout.holds(np.array([(beacon.pan_deg, beacon.tilt_deg) for beacon in camera.beacons]))
        for number in np.flatnonzero(~held):
            beacon = camera.beacons[number]
            yield Fault(
                document.place(("beacons", int(number))),
                f"cameras[{camera.id}].beacons[{beacon.name}]",
                "beacon_unseen",
                Words(f"beacon {beacon.name} lies in no view of {camera.id}", f"信标 {beacon.name} 不在 {camera.id} 的任何视野内"),
                Words(
                    f"correct its pan_deg, tilt_deg, or add a view at pan_deg: {beacon.pan_deg:g}, tilt_deg: {beacon.tilt_deg:g}",
                    f"请改正 pan_deg、tilt_deg, 或添加视野 pan_deg: {beacon.pan_deg:g}, tilt_deg: {beacon.tilt_deg:g}",
                ),
                "warning",
                camera.id,
            )


def across_sight(features: Sequence[Feature], cameras: Cameras, plan: SitePlan) -> Iterator[Fault]:
    """Yield zones of which no lookout sees anything within the plan's radius, and masks over more than 5 % of a priority or hazard zone.

    `plan`: made of these features and cameras.
    """
    zones = [(feature, shape) for feature in features for shape in feature.shapes if isinstance(shape, Zone)]
    if not zones:
        return
    lon, lat = zones[0][1].ring[0]
    site = SiteModel(plan, (lat, lon))
    eyes = [
        _Eye(camera, lookout, site.post(lookout.mount))
        for camera, _ in cameras.values()
        if camera.enabled and (camera.kind == "lookout" or camera.areas) and (lookout := lookout_of(camera)) is not None
    ]
    lookouts = [eye for eye in eyes if eye.camera.kind == "lookout"]
    for (feature, zone), outline in zip(zones, site.zones.rings, strict=True):
        spots = _spots(site, outline)
        if lookouts and (fault := _unseen(feature, zone, site, lookouts, spots)):
            yield fault
        if zone.policy == "priority" or zone.hazard is not None:
            for eye in eyes:
                yield from _masked(zone, site, eye, cameras, spots)


def _spots(site: SiteModel, ring: Array) -> Array:
    """Return about thirty places in a ring and how high a fire would be there, (N, 3) in the plane."""
    import shapely

    outline = shapely.Polygon(ring)
    west, south, east, north = outline.bounds
    step = max(1e-3, float(np.sqrt(outline.area / SAMPLES)), (east - west + north - south) / 400.0)
    mesh = np.meshgrid(np.arange(west + step / 2.0, east, step), np.arange(south + step / 2.0, north, step))
    grid = np.column_stack([axis.ravel() for axis in mesh])
    places = grid[shapely.contains_xy(outline, *grid.T)] if len(grid) else grid
    if len(places) < FIRST_RAYS:
        middle = outline.representative_point()
        places = np.array([(middle.x, middle.y), *(outline.exterior.interpolate(n / 8.0, normalized=True).coords[0] for n in range(8))])
    heights = [stands_m(site, *place) + FIRE_M for place in places.tolist()]
    return np.column_stack([places, heights])


def _unseen(feature: Feature, zone: Zone, site: SiteModel, lookouts: Sequence[_Eye], spots: Array) -> Fault | None:
    radius_m, middle = site.plan.radius_m, spots[:, :2].mean(axis=0)
    far: list[tuple[str, float]] = []
    aside: list[_Eye] = []
    hidden: list[tuple[str, Words]] = []
    for eye in sorted(lookouts, key=lambda one: float(np.hypot(*(one.post.at - middle)))):
        away = eye.away_m(spots)
        near = spots[away <= radius_m]
        if not len(near):
            far.append((eye.camera.id, float(away.min()) / 1000.0))
            continue
        watched = eye.watched(site, near)
        if not len(watched):
            aside.append(eye)
            continue
        between: Counter[Words] = Counter()
        for spot in _few_first(watched):
            obstacle = eye.hidden_by(site, spot)
            if obstacle is None:
                return None
            between[_named(obstacle)] += 1
        hidden.append((eye.camera.id, between.most_common(1)[0][0]))
    en, zh = [], []
    if aside:
        names = ", ".join(eye.camera.id for eye in aside[:NAMED])
        en.append(f"not in the views of {names}")
        zh.append(f"不在 {names} 的 views 之内")
    if hidden:
        en.append("hidden from " + ", ".join(f"{name} by {what.en}" for name, what in hidden[:NAMED]))
        zh.append(", ".join(f"{name} 被{what.zh}遮挡" for name, what in hidden[:NAMED]))
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
        _advice(site, aside, bool(hidden), spots),
        "warning",
    )  # fmt: skip


def _advice(site: SiteModel, aside: Sequence[_Eye], hidden: bool, spots: Array) -> Words:
    """Say which view would show the zone, or what stands in the way."""
    for eye in aside:
        near = spots[eye.away_m(spots) <= site.plan.radius_m]
        free = near[[eye.hidden_by(site, spot) is None for spot in near]]
        if len(free):
            best = free[np.argmin(np.hypot(*(free - free.mean(axis=0))[:, :2].T))]
            pan, tilt = axis_on(eye.lookout.lens, *toward(site, eye.lookout.mount, best[None])[0].tolist())
            return Words(f"{eye.camera.id} would see it with a view at pan_deg: {pan:.1f}, tilt_deg: {tilt:.1f}",
                         f"给 {eye.camera.id} 加一个视野 pan_deg: {pan:.1f}, tilt_deg: {tilt:.1f} 即可看到")  # fmt: skip
    if hidden or aside:
        return Words(
            "check the heights in the plan; a lookout elsewhere or higher would see it", "请核对图中高度; 需在别处或更高处设瞭望点"
        )
    return Words("mend the outline or the mounts; else a lookout is missing there", "请核对轮廓与各 mount; 否则该处缺少瞭望点")


def _masked(zone: Zone, site: SiteModel, eye: _Eye, cameras: Cameras, spots: Array) -> Iterator[Fault]:
    import shapely

    near = spots[eye.away_m(spots) <= site.plan.radius_m]
    for number, area in enumerate(eye.camera.areas):
        if area.kind not in MASKED_KINDS:
            continue
        inside = shapely.intersects_xy(shapely.make_valid(shapely.Polygon(area.points)), *toward(site, eye.lookout.mount, near).T)
        covered = sum(eye.hidden_by(site, spot) is None for spot in near[inside])
        if covered / len(spots) <= MASKED_SHARE:
            continue
        share = f"{covered / len(spots):.0%}"
        ranked = Words("priority", "优先区域") if zone.policy == "priority" else Words("dangerous", "危险区域")
        yield Fault(
            cameras[eye.camera.id][1].place(("areas", number, "points")),
            f"cameras[{eye.camera.id}].areas[{area.name}].points",
            "masked",
            Words(f"this {area.kind} lies over {share} of {ranked.en} zone {_called(zone)}",
                  f"该 {area.kind} 覆盖{ranked.zh} {_called(zone)} 的 {share}"),
            Words("draw it closer round the heat source", "请紧贴热源绘制"),
            "warning",
            eye.camera.id,
        )  # fmt: skip


def _few_first(spots: Array) -> Iterable[Array]:
    """Return all spots, a few that lie far apart before the others."""
    step = max(1, len(spots) // FIRST_RAYS)
    numbers = dict.fromkeys([*range(0, len(spots), step), *range(len(spots))])
    return (spots[number] for number in numbers)


def _named(obstacle: Obstacle) -> Words:
    name = obstacle.structure.name if obstacle.structure else None
    return Words(name, name) if name else Words("the ground", "地形")


def _called(zone: Zone) -> str:
    return f"{zone.code} {zone.name}"

"""Where a fire burns by the bearings of its looks, which fires are one source, and which look is of another."""

from __future__ import annotations

import math
from collections.abc import Sequence

from edged.core.draft import Draft
from edged.core.live import Fire, Look
from edged.core.mounts import mount_of
from edged.geometry.associate import LIKELIER, Detection, associate
from edged.geometry.earth import distance_m
from edged.geometry.fuse import Bearing, Fix, fuse
from edged.geometry.head import to_world, wrap_deg
from edged.geometry.place import locate
from edged.model.place import IgnitionPoint
from edged.model.sighting import Sighting

SIGMAS = 3.0
CROWD = 12
"""Fires that are compared at once; the nearest ones."""
NOTABLE = 0.05
TRACK_S = 600.0
"""How long an independent source stays in question."""
WATCHED_BEFORE_S = 15.0
"""A view must have been held this long before a source appears in it, so that the appearance says when it began."""


def bearing(draft: Draft, look: Look) -> Bearing | None:
    """Return the direction of a look, None where its head's bearings are not used."""
    mount = mount_of(draft, look.camera_id)
    return None if mount is None else Bearing(mount, look.pan_deg, look.tilt_deg, look.sigma_deg)


def newest_looks(draft: Draft, fire: Fire) -> list[tuple[Look, Bearing]]:
    """Return the newest usable look of each camera."""
    found = []
    for camera_id in fire.cameras():
        look = fire.look(camera_id)
        way = None if look is None else bearing(draft, look)
        if look is not None and way is not None:
            found.append((look, way))
    return found


def place(draft: Draft, fire: Fire) -> IgnitionPoint | None:
    """Return where a fire burns by all its bearings, else by its newest; a place that a person named stays where no bearing is."""
    known = newest_looks(draft, fire)
    if not known or (len(known) == 1 and fire.point is not None and fire.point.method == "person"):
        return fire.point
    if len(known) > 1 and (fix := _fix(draft, known)) is not None:
        return fix.point
    look, way = max(known, key=lambda pair: pair[0].last_mono_s)
    return locate(draft.rules.site, way.mount, look.pan_deg, look.tilt_deg, look.sigma_deg)


def stranger(draft: Draft, fire: Fire, camera_id: str) -> bool:
    """Tell whether what a camera sees of a fire is not what the others see."""
    known = newest_looks(draft, fire)
    return len(known) > 1 and any(look.camera_id == camera_id for look, _ in known) and _fix(draft, known) is None


def radius_m(point: IgnitionPoint) -> float:
    """Return how far from a place its source may lie."""
    if point.ellipse is not None:
        return point.ellipse.semi_major_m
    if point.interval is not None:
        return max(point.interval.far_m - point.interval.near_m, 0.0)
    return 0.0


def apart_m(one: IgnitionPoint, other: IgnitionPoint) -> float:
    """Return the metres between two places."""
    return distance_m(one.lat_wgs84, one.lon_wgs84, other.lat_wgs84, other.lon_wgs84)


def on_bearing(draft: Draft, fire: Fire, s: Sighting) -> bool:
    """Tell whether a place that a person named lies on a sighting's bearing."""
    mount, point = mount_of(draft, s.camera_id), fire.point
    if mount is None or point is None:
        return False
    azimuth, _ = draft.rules.site.direction_to(mount, point.lat_wgs84, point.lon_wgs84)
    off = abs(wrap_deg(to_world(mount, s.pan_deg, s.tilt_deg)[0] - azimuth))
    range_m = distance_m(mount.lat_wgs84, mount.lon_wgs84, point.lat_wgs84, point.lon_wgs84)
    sigma = math.hypot(s.bearing_sigma_deg, mount.sigma_deg)
    mine = locate(draft.rules.site, mount, s.pan_deg, s.tilt_deg, s.bearing_sigma_deg)
    merge_m = draft.rules.settings.merge_m
    return math.radians(off) * range_m <= merge_m + math.radians(SIGMAS * sigma) * range_m and apart_m(mine, point) <= merge_m + radius_m(
        mine
    ) + radius_m(point)


def twins(draft: Draft, fire: Fire) -> list[Fire]:
    """Return the other fires that are this one: bearings that belong together for sure enough, no head that resolves them."""
    if fire.point is None:
        return []
    rivals = _rivals(draft, fire)
    near = [other for other in rivals if not set(other.cameras()) & set(fire.cameras())]
    if not near:
        return []
    merge_m = draft.rules.settings.merge_m
    found = [
        other
        for other in near
        if other.point is not None and (not fire.looks or not other.looks) and apart_m(fire.point, other.point) <= merge_m
    ]
    looks: list[tuple[str, Detection]] = []
    for one in [fire, *rivals]:
        looks += [(one.fire_id, _detection(draft, look, way)) for look, way in newest_looks(draft, one)]
    told = associate(draft.rules.site, [detection for _, detection in looks], chance_per_km2(draft, len(draft.fires)))
    owners = [{looks[n][0] for n in group} for group in told.groups]
    mates = {owner for group in owners if fire.fire_id in group for owner in group} - {fire.fire_id}
    if not mates:
        shares: dict[str, float] = {}
        for pair, share in told.together.items():
            left, right = (looks[n][0] for n in pair)
            if fire.fire_id in (left, right) and left != right:
                other_id = right if left == fire.fire_id else left
                shares[other_id] = shares.get(other_id, 0.0) + share
        mates = _all_the_same(draft, shares)
    return found + [other for other in near if other.fire_id in mates and other not in found]


def _all_the_same(draft: Draft, shares: dict[str, float]) -> set[str]:
    """Return the likeliest partner where those in question lie in one place, so that it does not matter which it is."""
    likely = sorted((name for name, share in shares.items() if share >= NOTABLE), key=lambda name: -shares[name])
    if not likely or sum(shares.values()) < LIKELIER:
        return set()
    points = [draft.fires[name].point for name in likely]
    best = points[0]
    merge_m = draft.rules.settings.merge_m
    alike = best is not None and all(point is not None and apart_m(best, point) <= merge_m for point in points)
    return {likely[0]} if alike else set()


def chance_per_km2(draft: Draft, fires: int) -> float:
    """Return how many independent sources are in question on a square kilometre at any moment."""
    plan, settings = draft.rules.plan, draft.rules.settings
    area = math.pi * (plan.radius_m / 1000.0) ** 2
    return max(settings.decisions_per_day * TRACK_S / 86_400.0, fires - 2.0) / area


def _rivals(draft: Draft, fire: Fire) -> list[Fire]:
    """Return the fires of the same kind whose place may be this one's, nearest first."""
    point = fire.point
    assert point is not None
    merge_m = draft.rules.settings.merge_m
    found = []
    for other in draft.fires.values():
        if other.fire_id == fire.fire_id or other.test is not fire.test or other.point is None:
            continue
        off = apart_m(point, other.point)
        if off <= merge_m + radius_m(point) + radius_m(other.point):
            found.append((off, other.fire_id, other))
    return [other for _, _, other in sorted(found, key=lambda f: f[:2])[:CROWD]]


def _detection(draft: Draft, look: Look, way: Bearing) -> Detection:
    held = draft.live.held_from.get(look.camera_id)
    began = look.first_mono_s if held is not None and look.first_mono_s - held >= WATCHED_BEFORE_S else None
    strength = None if look.irradiance_w_m2 is None else math.log(look.irradiance_w_m2)
    return Detection(look.camera_id, way, strength, began, look.last_mono_s, look.stationary)


def _fix(draft: Draft, known: Sequence[tuple[Look, Bearing]]) -> Fix | None:
    return fuse(draft.rules.site, [way for _, way in known])

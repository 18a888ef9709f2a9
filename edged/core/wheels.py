"""Hot wheels in core: one notice a vehicle, its place kept watched, nothing of it evidence for a fire.

The same place is said again after six hours, or when it has grown clearly hotter. Where the range is known, what is as large as a gap
between containers is no bogie and is not said.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from edged.core.book import WHEEL, Book, WheelSaid
from edged.core.draft import Draft
from edged.core.fire import apart_deg
from edged.core.mounts import mount_of
from edged.core.places import radius_m
from edged.geometry.earth import distance_m
from edged.geometry.head import to_world
from edged.geometry.place import locate
from edged.geometry.plan import words
from edged.model.place import IgnitionPoint
from edged.model.site import Mount
from edged.model.view import WatchPoint
from edged.model.wheel import HotWheel
from edged.model.words import Words

AGAIN = timedelta(hours=6)
AGAIN_K = 30.0
"""The same place is told again after so long, or when it is so much hotter."""
SPACINGS, LEAST_APART_DEG = 3.0, 0.2
"""What lies within so many gaps between axles, or within the repeat of a head, is the same vehicle."""
AXLES_M = (0.4, 2.2)
"""Gap between the axles of a bogie as it may look from aside and from behind: 1.2–2.05 m."""
MOST_WATCHED = 4
"""Places of one camera that are watched for their hot wheels, the newest ones: each takes a track."""


def seen(draft: Draft, wheel: HotWheel) -> None:
    """Take one in. Stale generations, garbage, what is too large and what was said lately change nothing."""
    if wheel.generation < draft.generations.get(wheel.camera_id, wheel.generation) or wheel.kind == "relative":
        return
    numbers = (wheel.pan_deg, wheel.tilt_deg, wheel.bearing_sigma_deg, wheel.wheel_c, wheel.neighbours_c, wheel.spacing_deg)
    if not all(map(math.isfinite, numbers)) or not 0.0 < wheel.spacing_deg < 30.0:
        return
    if any(_same(known, wheel) and _lately(known, draft.now.utc) and wheel.over_k < known.over_k + AGAIN_K for known in draft.book.wheels):
        return
    mount, point, azimuth = mount_of(draft, wheel.camera_id), None, None
    if mount is not None:
        azimuth, _ = to_world(mount, wheel.pan_deg, wheel.tilt_deg)
        point = locate(draft.rules.site, mount, wheel.pan_deg, wheel.tilt_deg, wheel.bearing_sigma_deg)
        if point.method == "bearing_only":
            point = None
        elif not _bogie(mount, point, wheel.spacing_deg):
            return
    mast = draft.rules.name(wheel.camera_id)
    place = {language: words(draft.rules.plan, point, azimuth, mast, language) for language in ("en", "zh")}
    said = WheelSaid(
        camera_id=wheel.camera_id, view_id=wheel.view_id, at=draft.now.utc, pan_deg=wheel.pan_deg, tilt_deg=wheel.tilt_deg,
        spacing_deg=wheel.spacing_deg, over_k=round(wheel.over_k, 1), wheel_c=round(wheel.wheel_c, 1), kind=wheel.kind, wheels=wheel.wheels,
        place_en=place["en"].place, place_zh=place["zh"].place, lat=None if point is None else point.lat_wgs84,
        lon=None if point is None else point.lon_wgs84, doubt_m=0.0 if point is None else round(radius_m(point), 1),
    )  # fmt: skip
    told = sentence(said)
    data = {
        "code": "hot_wheel", "camera_id": wheel.camera_id, "view_id": wheel.view_id, "over_k": said.over_k,
        "neighbours_c": round(wheel.neighbours_c, 1), "azimuth_deg": None if azimuth is None else round(azimuth, 2),
        "place": place[draft.rules.language if draft.rules.language in place else "zh"].place, "message": told.en, "zh": told.zh,
        "wheel": WHEEL.dump_python(said, mode="json"),
    }  # fmt: skip
    draft.append("notice", "hot_wheel", topic="analytics", severity=3, data=data)


def sentence(said: WheelSaid) -> Words:
    """Return what is told to people: where, by how much, and what to do."""
    return Words(
        f"{said.place_en}: one wheel of a vehicle is {said.over_k:.0f} K hotter than its neighbours ({said.wheel_c:.0f} °C apparent), "
        "no fire yet: have its brake and hub looked at, water at hand",
        f"{said.place_zh}: 车辆有一只车轮比相邻车轮高 {said.over_k:.0f} K (表观 {said.wheel_c:.0f} °C), 尚未起火: "
        "请派人查看制动器和轮毂, 备水",
    )


def told_since(book: Book, since: datetime) -> list[WheelSaid]:
    """Return the hot wheels that were told since then, newest first; the book keeps a day of them."""
    return [known for known in reversed(book.wheels) if known.at >= since]


def shown(told: Iterable[WheelSaid]) -> list[dict[str, Any]]:
    """Return hot wheels with their sentences. Plain values for JSON."""
    return [{**WHEEL.dump_python(one, mode="json"), "message": sentence(one).en, "zh": sentence(one).zh} for one in told]


def watched(book: Book, now: datetime, radius_deg: float) -> dict[str, list[WatchPoint]]:
    """Return the places that each camera keeps watched for their hot wheels."""
    out: dict[str, list[WatchPoint]] = {}
    for known in reversed(book.wheels):
        points = out.setdefault(known.camera_id, [])
        if _lately(known, now) and len(points) < MOST_WATCHED:
            name = f"wheel:{known.camera_id}:{known.at:%H%M%S}"
            points.append(WatchPoint(name, known.pan_deg, known.tilt_deg, max(radius_deg, known.spacing_deg), False, known.view_id))
    return {camera_id: points for camera_id, points in out.items() if points}


def _lately(known: WheelSaid, now: datetime) -> bool:
    return now - known.at < AGAIN


def _same(known: WheelSaid, wheel: HotWheel) -> bool:
    reach = max(LEAST_APART_DEG, SPACINGS * wheel.spacing_deg)
    return known.camera_id == wheel.camera_id and apart_deg(known.pan_deg, known.tilt_deg, wheel.pan_deg, wheel.tilt_deg) <= reach


def _bogie(mount: Mount, point: IgnitionPoint, spacing_deg: float) -> bool:
    """Tell whether the gap between two wheels may be that of a bogie at any range that the place may have."""
    range_m, doubt_m = distance_m(mount.lat_wgs84, mount.lon_wgs84, point.lat_wgs84, point.lon_wgs84), radius_m(point)
    gap = math.radians(spacing_deg)
    return gap * max(range_m - doubt_m, 0.0) <= AXLES_M[1] and gap * (range_m + doubt_m) >= AXLES_M[0]

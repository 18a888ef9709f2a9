"""Settings and features into the plan that core and geometry take, with the ground under it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from math import ceil
from pathlib import Path

from edged.config.document import Document
from edged.config.report import Fault
from edged.config.site_source import Feature
from edged.geometry.earth import distance_m
from edged.model.errors import StoreError
from edged.model.site import Landmark, Mount, SitePlan, Structure, Surface, Zone
from edged.model.terrain import Terrain
from edged.model.words import Words
from edged.settings import StationSettings
from edged.store.terrain import KEPT, keep_terrain, kept_terrain, read_terrain

STEP_M = 500.0
"""The grid's extent grows in such steps, so that a mount moved by a metre does not change it."""
FAR_M = 30_000.0
"""A mount farther from the station than this does not stretch the grid."""


@dataclass(frozen=True, slots=True)
class GroundFound:
    """The heights to run on (None: level), whether they are the last good ones, and what is wrong with the file."""

    terrain: Terrain | None = None
    stale: bool = False
    fault: Fault | None = None


def site_plan(settings: StationSettings, features: Sequence[Feature], terrain: Terrain | None) -> SitePlan:
    """Return the plan. Mounts are those of the cameras in `settings`; a zone's talkgroup becomes the group's address."""
    shapes = [shape for feature in features for shape in feature.shapes]
    zones: list[Zone] = []
    for zone in shapes:
        if isinstance(zone, Zone):
            own = settings.zones.get(zone.zone_id)
            group = settings.talkgroup((own.talkgroup if own else None) or zone.talkgroup)
            arming = (own.arming if own else None) or zone.arming
            zones.append(replace(zone, talkgroup=group.id if group else None, arming=arming))
    return SitePlan(
        mounts=mounts_of(settings),
        zones=tuple(zones),
        landmarks=tuple(shape for shape in shapes if isinstance(shape, Landmark)),
        structures=tuple(shape for shape in shapes if isinstance(shape, Structure)),
        surfaces=tuple(shape for shape in shapes if isinstance(shape, Surface)),
        terrain=terrain,
        ground_sigma_m=settings.site.ground_sigma_m,
        refraction_k=settings.site.refraction_k,
        refraction_sigma=settings.site.refraction_sigma,
        radius_m=settings.site.radius_m,
    )


def mounts_of(settings: StationSettings) -> tuple[Mount, ...]:
    """Return the mounts of the cameras that have one."""
    return tuple(mount for camera in settings.cameras if (mount := camera.placed()) is not None)


def ground_under(settings: StationSettings, document: Document, state: Path | None) -> GroundFound:
    """Return the ground that `site.terrain` names, or the last good one kept in `state`. File names in `settings` are absolute."""
    path = settings.site.terrain
    if path is None:
        return GroundFound()
    mounts = mounts_of(settings)
    origin = _origin(settings, mounts)
    if origin is None:
        words = Words("where the station lies is unknown: the heights cannot be placed", "不知本站位置, 无法放置高程")
        advice = Words("write station.lat_wgs84 and station.lon_wgs84", "请填写 station.lat_wgs84 和 station.lon_wgs84")
        return GroundFound(fault=_fault(document, words, advice))
    reach = [away for m in mounts if (away := distance_m(*origin, m.lat_wgs84, m.lon_wgs84)) <= FAR_M]
    half_m = ceil((max(reach, default=0.0) + settings.site.radius_m) / STEP_M) * STEP_M
    try:
        known = path.stat()
        stamp = known.st_mtime_ns, known.st_size
    except OSError:
        stamp = 0, 0
    try:
        terrain = _read(path, stamp, *origin, half_m, settings.site.terrain_epsg, settings.site.terrain_sigma_m)
    except StoreError as error:
        kept = kept_terrain(state) if state else None
        if kept is not None and distance_m(*origin, kept.lat0_wgs84, kept.lon0_wgs84) > FAR_M:
            kept = None
        advice = (
            Words("until then the station runs on the last good heights", "在此之前按上一次可用的高程运行")
            if kept
            else Words("until then the station runs on level ground: places on slopes are off", "在此之前按平地运行: 坡地上的定位有偏差")
        )
        return GroundFound(kept, kept is not None, _fault(document, Words(str(error), error.zh), advice))
    return GroundFound(terrain)


def keep_ground(state: Path, found: GroundFound) -> None:
    """Keep the heights that worked; forget them where none are wanted any more. Raises OSError."""
    if found.terrain is not None:
        keep_terrain(state, found.terrain)
    elif found.fault is None:
        (state / KEPT).unlink(missing_ok=True)


def position(settings: StationSettings | None) -> tuple[float, float] | None:
    """Return (lat, lon) WGS-84 of the station, where it is written."""
    if settings is None or settings.station.lat_wgs84 is None or settings.station.lon_wgs84 is None:
        return None
    return settings.station.lat_wgs84, settings.station.lon_wgs84


def _origin(settings: StationSettings, mounts: Sequence[Mount]) -> tuple[float, float] | None:
    return position(settings) or next(((m.lat_wgs84, m.lon_wgs84) for m in mounts), None)


@lru_cache(maxsize=1)
def _read(path: Path, _stamp: tuple[int, int], lat0: float, lon0: float, half_m: float, epsg: int | None, sigma_m: float) -> Terrain:
    """Read the file, once for each of its versions: a reload that leaves it alone costs nothing."""
    return read_terrain(path, lat0, lon0, half_m, epsg, sigma_m)


def _fault(document: Document, words: Words, advice: Words) -> Fault:
    return Fault(document.place(("site", "terrain")), "site.terrain", "terrain", words, advice, "error", "site:terrain")

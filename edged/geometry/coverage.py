"""What fire would be seen where: per head once, then joined for whichever heads see.

Three targets, each easier than the next: whoever sees the third sees the first two. A cell that no head watches says why not.
It is a forecast from lens, air, plan and tour; a head's own word on its sight comes as `down`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from math import hypot

import numpy as np
import numpy.typing as npt

from edged.geometry.cells import Cells, Flags, cells_round, floor_m
from edged.geometry.head import all_to_head
from edged.geometry.lens import focal_px, separation_deg
from edged.geometry.radiance import peak_rise_k
from edged.geometry.site import SiteModel
from edged.geometry.vantage import in_picture
from edged.geometry.viewshed import Sightlines, sweep
from edged.model.lens import IDEAL, Lens
from edged.model.site import Mount
from edged.model.words import Words

Array = npt.NDArray[np.float64]
Codes = npt.NDArray[np.uint8]
Seconds = npt.NDArray[np.uint16]

MOST_CELLS = 4_000_000
WIDTH_PX, HEIGHT_PX = 640, 512
"""The usual long-wave sensor, where nothing else is known of a lens."""
SLEW_S, SLEW_DEG_S = 2.0, 30.0
"""A head takes at least 2 s to its next view (facts: thermal B.5), more over a wide turn."""
NEVER_S = 65_535
LEAST_STEP_M = 5.0


@dataclass(frozen=True, slots=True)
class Target:
    """A fire to be found: an upright rectangle whose middle is `above_m` over ground or roof."""

    name: str
    words: Words
    target_c: float
    width_m: float
    height_m: float
    emissivity: float
    above_m: float


TARGETS = (
    Target("vehicle_fire", Words("a vehicle on fire", "车辆火灾"), 800.0, 2.0, 2.0, 0.6, 1.0),
    Target("ember", Words("0.3 m at 500 °C", "0.3米 500°C"), 500.0, 0.3, 0.3, 0.95, 0.5),
    Target("warm_patch", Words("1 m² at 60 °C", "1平方米 60°C"), 60.0, 1.0, 1.0, 0.95, 0.5),
)
"""Level 1, 2 and 3: ever less radiance, and never higher above the ground."""

SEEN, TOO_FAR, HIDDEN_BY_GROUND, HIDDEN, NOT_IN_TOUR, TOO_SMALL, HEAD_DOWN = range(7)
WHY = ("seen", "too_far", "hidden", "hidden", "not_in_tour", "too_small", "head_down")
"""Why a cell is not watched, by code. The greater the code, the less is missing: of several heads the greatest is told."""


@dataclass(frozen=True, slots=True)
class HeadView:
    """One direction of a tour. `pan_deg` None: a preset whose direction is not known; it takes time and covers nothing.

    `lens` holds the mount's roll too.
    """

    pan_deg: float | None
    tilt_deg: float
    hfov_deg: float
    dwell_s: float
    width_px: int = WIDTH_PX
    height_px: int = HEIGHT_PX
    lens: Lens = IDEAL


@dataclass(frozen=True, slots=True)
class Head:
    """One thermal lookout. `gate_k`: by how much a hot spot must stand out; `turns` false: a staring lens."""

    mount: Mount
    views: tuple[HeadView, ...]
    gate_k: float
    turns: bool

    def period_s(self) -> float:
        """Return how long a whole tour takes."""
        if not self.turns or len(self.views) < 2:
            return 0.0
        spent = sum(view.dwell_s for view in self.views)
        for view, after in zip(self.views, (*self.views[1:], self.views[0]), strict=True):
            known = view.pan_deg is not None and after.pan_deg is not None
            angle = separation_deg(view.pan_deg or 0.0, view.tilt_deg, after.pan_deg or 0.0, after.tilt_deg) if known else 0.0
            spent += max(SLEW_S, angle / SLEW_DEG_S)
        return spent


@dataclass(frozen=True, slots=True)
class Air:
    """What lies between."""

    extinction_per_km: float
    background_c: float


@dataclass(frozen=True, slots=True, eq=False)
class HeadCover:
    """What one head does for each cell while it sees. Shapes: (count,). `level` 0…3, `revisit_s` NEVER_S where 0, `why` by code."""

    camera_id: str
    level: Codes
    revisit_s: Seconds
    why: Codes


@dataclass(frozen=True, slots=True, eq=False)
class Area:
    """The cells, and what of them counts. `zone`: number of the plan's zone in each cell, −1 for none; `counts`: what share is taken of."""

    cells: Cells
    zone: npt.NDArray[np.int16]
    counts: Flags


@dataclass(frozen=True, slots=True, eq=False)
class Coverage:
    """All heads together. Shapes: (count,). `head` numbers who sees a cell best, −1 where nobody does."""

    level: Codes
    revisit_s: Seconds
    why: Codes
    head: npt.NDArray[np.int16]


def area_of(site: SiteModel, heads: Sequence[Head], cell_m: float) -> Area:
    """Return the ground to judge: zones, yards and buildings of the plan, else everything within a head's radius; water apart."""
    plan, radius = site.plan, site.plan.radius_m
    posts = [site.post(head.mount) for head in heads]
    rings = [*site.zones.rings, *site.structures.rings]
    boxes = [(p.east_m - radius, p.north_m - radius, p.east_m + radius, p.north_m + radius) for p in posts]
    boxes += [(*ring.min(axis=0), *ring.max(axis=0)) for ring in rings]
    cells = cells_round(boxes, cell_m, MOST_CELLS)
    zone = np.full(cells.count, -1, np.int16)
    for number in reversed(range(len(site.zones))):
        cells.fill(site.zones.rings[number], zone, number)
    for number in set(range(len(site.zones))) - set(np.unique(zone).tolist()):
        zone[cells.at(*site.zones.rings[number].mean(axis=0))] = number
    if plan.zones:
        buildings = [ring for ring, one in zip(site.structures.rings, plan.structures, strict=True) if one.kind == "building"]
        counts = cells.within(buildings) | (zone >= 0)
    else:
        counts = np.zeros(cells.count, np.bool_)
        east, north = cells.axes()
        for post in posts:
            counts |= (np.hypot(east[None, :] - post.east_m, north[:, None] - post.north_m) <= radius).reshape(-1)
    water = [ring for ring, one in zip(site.surfaces.rings, plan.surfaces, strict=True) if one.kind == "water"]
    counts &= ~cells.within(water)
    return Area(cells, zone, counts)


def cover_each(site: SiteModel, heads: Sequence[Head], area: Area, air: Air) -> Iterator[HeadCover]:
    """Yield what each head does, one after another."""
    floor = floor_m(site, area.cells)
    for head in heads:
        yield _cover(head, sweep(site, head.mount, area.cells, floor, site.plan.radius_m), area.cells.count, air)


def combine(covers: Sequence[HeadCover], down: Iterable[str] = ()) -> Coverage:
    """Join heads; those in `down` see nothing. Of heads that see a cell equally well the one that comes more often is named."""
    if not covers:
        raise ValueError("no head to combine")
    blind, count = frozenset(down), len(covers[0].level)
    best, head = np.zeros(count, np.uint32), np.full(count, -1, np.int16)
    why = np.full(count, TOO_FAR, np.uint8)
    for number, cover in enumerate(covers):
        if cover.camera_id in blind:
            np.maximum(why, np.where(cover.level > 0, np.uint8(HEAD_DOWN), cover.why), out=why)
            continue
        merit = (cover.level.astype(np.uint32) << 16) | (NEVER_S - cover.revisit_s)
        np.copyto(head, np.int16(number), where=merit > best)
        np.maximum(best, merit, out=best)
        np.maximum(why, cover.why, out=why)
    level = (best >> 16).astype(np.uint8)
    seen = level > 0
    why[seen] = SEEN
    head[~seen] = -1
    return Coverage(level, np.where(seen, NEVER_S - (best & 0xFFFF), NEVER_S).astype(np.uint16), why, head)


def reach_m(target: Target, view: HeadView, gate_k: float, air: Air, radius_m: float) -> float:
    """Return how far away a lens lifts a target over the gate, at most `radius_m`; 0 where it never does."""
    ranges = np.append(np.arange(LEAST_STEP_M, radius_m, LEAST_STEP_M), radius_m)
    ifov_mrad = 1000.0 / focal_px(view.width_px, view.hfov_deg, view.lens.projection)
    rise = peak_rise_k(
        target.target_c, target.width_m, target.height_m, target.emissivity, ranges, ifov_mrad, air.extinction_per_km, air.background_c
    )
    good = np.flatnonzero(rise >= gate_k)
    return float(ranges[good[-1]]) if good.size else 0.0


def _cover(head: Head, lines: Sightlines, count: int, air: Air) -> HeadCover:
    looks = np.zeros((len(TARGETS), len(lines.cell)), np.uint16)
    in_tour = np.zeros(len(lines.cell), np.bool_)
    visible = [~lines.hidden(target.above_m) for target in TARGETS]
    farthest = hypot(float(lines.range_m.max(initial=1.0)), head.mount.height_m)
    rays = _rays(head.mount, lines)
    reaches: dict[tuple[float, int], tuple[float, ...]] = {}
    for view in head.views:
        if view.pan_deg is None:
            continue
        inside = in_picture(view.pan_deg, view.tilt_deg, rays, view.width_px, view.height_px, view.hfov_deg, view.lens)
        in_tour[inside] = True
        lens = (view.hfov_deg, view.width_px)
        if lens not in reaches:
            reaches[lens] = tuple(reach_m(target, view, head.gate_k, air, farthest) for target in TARGETS)
        for number, far in enumerate(reaches[lens]):
            looks[number, inside] += visible[number][inside] & (lines.slant_m[inside] <= far)
    level = np.zeros(len(lines.cell), np.uint8)
    often = np.zeros(len(lines.cell), np.uint16)
    for number, seen in enumerate(looks):
        level[seen > 0], often[seen > 0] = number + 1, seen[seen > 0]
    revisit = np.full(len(level), NEVER_S, np.uint16)
    revisit[level > 0] = np.minimum(np.ceil(head.period_s() / often[level > 0]), NEVER_S - 1)
    easiest = TARGETS[0].above_m
    why = np.where(in_tour, TOO_SMALL, NOT_IN_TOUR)
    why = np.where(lines.hidden(easiest), np.where(lines.hidden_by_ground(easiest), HIDDEN_BY_GROUND, HIDDEN), why)
    why[level > 0] = SEEN
    out = HeadCover(head.mount.camera_id, np.zeros(count, np.uint8), np.full(count, NEVER_S, np.uint16), np.full(count, TOO_FAR, np.uint8))
    out.level[lines.cell], out.revisit_s[lines.cell], out.why[lines.cell] = level, revisit, why
    return out


def _rays(mount: Mount, lines: Sightlines) -> Array:
    """Return the directions of the cells in the head frame, (M, 3)."""
    world = np.stack([lines.azimuth_deg, lines.elevation_deg], axis=1).astype(np.float64)
    pan, tilt = np.radians(all_to_head(mount, world)).T
    flat = np.cos(tilt)
    return np.stack([flat * np.sin(pan), flat * np.cos(pan), np.sin(tilt)], axis=1)

"""What ground a lens on its mast sees over terrain and structures: one polar sweep a mast.

Along each azimuth the steepest slope so far is kept, for the ground and for the ground with its structures. Walls enter where a ray
crosses them, so that a thin one hides as much as it does. Frames and the bent ray: edged/geometry/NOTE.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, pi

import numpy as np
import numpy.typing as npt

from edged.geometry.cells import Cells
from edged.geometry.site import Post, SiteModel
from edged.model.site import Mount

Array = npt.NDArray[np.float64]
Slopes = npt.NDArray[np.float32]
Index = npt.NDArray[np.intp]
BELOW = np.float32(-1e6)
"""A slope that hides nothing."""
OWN_M = 1.0
"""A mast's own roof or wall is not what it looks at."""
_CHUNK = 256


@dataclass(frozen=True, slots=True, eq=False)
class Sightlines:
    """The cells within a mast's radius. Shapes: all (M,).

    `cell` numbers them; `azimuth_deg` true, `elevation_deg` of the floor in the cell, `range_m` horizontal and `slant_m` to it. A target
    that reaches `clear_m` above the floor is seen; `ground_clear_m` is the same were there no structures.
    """

    cell: Index
    azimuth_deg: npt.NDArray[np.float32]
    elevation_deg: npt.NDArray[np.float32]
    range_m: npt.NDArray[np.float32]
    slant_m: npt.NDArray[np.float32]
    clear_m: npt.NDArray[np.float32]
    ground_clear_m: npt.NDArray[np.float32]

    def hidden(self, above_m: float) -> npt.NDArray[np.bool_]:
        """Return where a target of this height is not seen."""
        return np.asarray(self.clear_m > above_m)

    def hidden_by_ground(self, above_m: float) -> npt.NDArray[np.bool_]:
        """Return where the ground alone would hide it."""
        return np.asarray(self.ground_clear_m > above_m)


def sweep(site: SiteModel, mount: Mount, cells: Cells, floor: Array, radius_m: float) -> Sightlines:
    """Return what a mast sees within `radius_m`. `floor`: heights of `floor_m`, (count,)."""
    post = site.post(mount)
    step_m = cells.cell_m / 2.0
    reach = ceil(radius_m / step_m) + 2
    ways = ceil(2.0 * pi * radius_m / step_m)
    east, north = cells.axes()
    away = np.hypot(east[None, :] - post.east_m, north[:, None] - post.north_m).reshape(-1)
    cell = np.flatnonzero(away <= radius_m)
    row, col = np.divmod(cell, cells.cols)
    dx, dy, range_m = east[col] - post.east_m, north[row] - post.north_m, np.maximum(away[cell], OWN_M)
    turn = np.arctan2(dx, dy)
    slope = (floor[cell] - post.height_m) / range_m - site.curvature * range_m
    at = np.minimum((range_m / step_m).astype(np.intp), reach - 1)
    way = np.rint(turn * (ways / (2.0 * pi))).astype(np.intp) % ways
    ground, walls = _ground(site, post, ways, reach, step_m), _walls(site, post, ways, reach, step_m)
    by_ground = ground[way if len(ground) > 1 else 0, at]
    highest = np.maximum(by_ground, walls[way, at])
    return Sightlines(
        cell,
        ((np.degrees(turn) + post.convergence_deg) % 360.0).astype(np.float32),
        np.degrees(np.arctan(slope)).astype(np.float32),
        range_m.astype(np.float32),
        np.hypot(range_m, floor[cell] - post.height_m).astype(np.float32),
        ((highest - slope) * range_m).astype(np.float32),
        ((by_ground - slope) * range_m).astype(np.float32),
    )


def _ground(site: SiteModel, post: Post, ways: int, reach: int, step_m: float) -> Slopes:
    """Return the steepest slope of the ground up to each step, (ways, reach); one way where the ground is level."""
    s = step_m * np.arange(1, reach)
    bend = site.curvature * s
    count = 1 if site.ground.level else ways
    out = np.full((count, reach), BELOW, np.float32)
    for first in range(0, count, _CHUNK):
        turn = 2.0 * pi / ways * np.arange(first, min(first + _CHUNK, count))[:, None]
        heights = site.ground.height_m(post.east_m + s * np.sin(turn), post.north_m + s * np.cos(turn))
        out[first : first + _CHUNK, 1:] = (heights - post.height_m) / s - bend
    np.maximum.accumulate(out, axis=1, out=out)
    return out


def _walls(site: SiteModel, post: Post, ways: int, reach: int, step_m: float) -> Slopes:
    """Return the steepest slope of the structures' tops up to each step, (ways, reach)."""
    out = np.full((ways, reach), BELOW, np.float32)
    rings = site.structures
    tops = np.array([site.span(number)[1] for number in range(len(rings))])
    inside = {int(number) for number in rings.holding(post.east_m, post.north_m)} if len(rings) else set()
    kept = [number for number in range(len(rings)) if number not in inside or tops[number] < post.height_m]
    edges = rings.edges_of(np.array(kept, np.intp))
    start, vector = rings.start[edges] - post.at, rings.vector[edges]
    end = start + vector
    near = (np.abs(start[:, 0] * vector[:, 1] - start[:, 1] * vector[:, 0]) / np.maximum(np.hypot(*vector.T), 1e-9)) <= reach * step_m
    edges, start, vector, end = edges[near], start[near], vector[near], end[near]
    unit = 2.0 * pi / ways
    begin, finish = np.arctan2(start[:, 0], start[:, 1]) / unit, np.arctan2(end[:, 0], end[:, 1]) / unit
    span = (finish - begin + ways / 2.0) % ways - ways / 2.0
    low = np.where(span < 0, begin + span, begin)
    first = np.ceil(low)
    count = np.maximum(np.floor(low + np.abs(span)) - first + 1, 0).astype(np.intp)
    which = np.repeat(np.arange(len(edges)), count)
    number = np.arange(len(which)) - np.repeat(np.cumsum(count) - count, count)
    way = (first[which].astype(np.intp) + number) % ways
    ray_x, ray_y = np.sin(way * unit), np.cos(way * unit)
    turn = ray_x * vector[which, 1] - ray_y * vector[which, 0]
    with np.errstate(divide="ignore", invalid="ignore"):
        along = (start[which, 0] * vector[which, 1] - start[which, 1] * vector[which, 0]) / turn
    good = np.isfinite(along) & (along > OWN_M) & (along < (reach - 1) * step_m)
    along, way = along[good], way[good]
    slope = (tops[rings.owner[edges[which[good]]]] - post.height_m) / along - site.curvature * along
    np.maximum.at(out.reshape(-1), way * reach + np.ceil(along / step_m).astype(np.intp), slope.astype(np.float32))
    np.maximum.accumulate(out, axis=1, out=out)
    return out

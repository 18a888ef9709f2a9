"""Coverage as GeoJSON: polygons of equal cells in WGS-84, small enough to be sent and opened anywhere.

Where it would be too large, cells are joined by four, and the worst of the four speaks for all.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
from shapely import MultiPolygon, Polygon, box, unary_union
from shapely.geometry.polygon import orient

from edged.geometry.cells import Cells
from edged.geometry.coverage import NEVER_S, SEEN, TARGETS, TOO_FAR, WHY, Area, Coverage
from edged.geometry.site import SiteModel

Array = npt.NDArray[np.float64]
MOST_BYTES = 5_000_000
DECIMALS = 6
LONGEST_S = (0, 30, 60, 120, 300, 900, NEVER_S)
"""Cells are one polygon while their revisit times lie in one of these steps."""


def geojson(site: SiteModel, area: Area, coverage: Coverage, most_bytes: int = MOST_BYTES) -> str:
    """Return the text of a FeatureCollection, at most `most_bytes` long.

    `level` 0…3 and the hardest `target` seen (null for none), `revisit_s` the longest in the polygon, `why` it is not watched
    (`seen` where it is), `area_km2`.
    """
    cells = area.cells
    shown = _Shown(coverage.level, coverage.revisit_s, coverage.why, area.counts | (coverage.why != TOO_FAR))
    while True:
        text = json.dumps(_collection(site, cells, shown), ensure_ascii=False, separators=(",", ":"))
        if len(text.encode()) <= most_bytes or cells.count <= 4:
            return text
        cells, shown = _coarser(cells, shown)


class _Shown:
    """What each cell shows. Shapes: all (count,)."""

    def __init__(
        self, level: npt.NDArray[np.uint8], revisit_s: npt.NDArray[np.uint16], why: npt.NDArray[np.uint8], wanted: npt.NDArray[np.bool_]
    ) -> None:
        self.level, self.revisit_s, self.why, self.wanted = level, revisit_s, why, wanted


def _collection(site: SiteModel, cells: Cells, shown: _Shown) -> dict[str, Any]:
    step = np.searchsorted(LONGEST_S, shown.revisit_s)
    key = np.where(shown.wanted, (shown.level.astype(np.int32) << 8) | (step << 4) | shown.why, -1)
    world = _Plane(site, cells)
    features = []
    for one in np.unique(key[key >= 0]).tolist():
        inside = key == one
        level, why = one >> 8, one & 0xF
        properties = {
            "level": level,
            "target": TARGETS[level - 1].name if level else None,
            "revisit_s": int(shown.revisit_s[inside].max()) if level else None,
            "why": WHY[why],
            "area_km2": round(float(inside.sum()) * cells.cell_m**2 / 1e6, 4),
        }
        shape = outline(cells, inside)
        parts = shape.geoms if isinstance(shape, MultiPolygon) else [shape]
        rings = [[world.ring(ring) for ring in (p.exterior, *p.interiors)] for p in (orient(part) for part in parts)]
        features.append({"type": "Feature", "properties": properties, "geometry": {"type": "MultiPolygon", "coordinates": rings}})
    return {"type": "FeatureCollection", "cell_m": round(cells.cell_m, 2), "features": features}


def outline(cells: Cells, inside: npt.NDArray[np.bool_]) -> Polygon | MultiPolygon:
    """Return the outline of some cells in the plane: runs along the rows, joined to the rows below where they are alike."""
    rows = np.zeros((cells.rows, cells.cols + 2), np.int8)
    rows[:, 1:-1] = inside.reshape(cells.rows, cells.cols)
    turns = np.diff(rows, axis=1)
    runs: dict[tuple[int, int], int] = {}
    boxes = []
    half = cells.cell_m / 2.0
    west, south = cells.east_m - half, cells.north_m - half

    def closed(run: tuple[int, int], first: int, end: int) -> None:
        m = cells.cell_m
        boxes.append(box(west + run[0] * m, south + first * m, west + run[1] * m, south + end * m))

    for row in range(cells.rows):
        begin, end = np.flatnonzero(turns[row] == 1), np.flatnonzero(turns[row] == -1)
        here = set(zip(begin.tolist(), end.tolist(), strict=True))
        for run in [run for run in runs if run not in here]:
            closed(run, runs.pop(run), row)
        for run in here:
            runs.setdefault(run, row)
    for run, first in runs.items():
        closed(run, first, cells.rows)
    joined = unary_union(boxes).simplify(0.0)
    assert isinstance(joined, Polygon | MultiPolygon)
    return joined


def _coarser(cells: Cells, shown: _Shown) -> tuple[Cells, _Shown]:
    rows, cols = (cells.rows + 1) // 2, (cells.cols + 1) // 2
    larger = replace(
        cells,
        east_m=cells.east_m + cells.cell_m / 2,
        north_m=cells.north_m + cells.cell_m / 2,
        cell_m=2 * cells.cell_m,
        rows=rows,
        cols=cols,
    )

    def fours(values: npt.NDArray[Any], beyond: int) -> npt.NDArray[Any]:
        padded = np.full((2 * rows, 2 * cols), beyond, values.dtype)
        padded[: cells.rows, : cells.cols] = values.reshape(cells.rows, cells.cols)
        return padded.reshape(rows, 2, cols, 2).transpose(0, 2, 1, 3).reshape(-1, 4)

    wanted = fours(shown.wanted, 0)
    level, revisit, why = fours(shown.level, 0), fours(shown.revisit_s, NEVER_S), fours(shown.why, SEEN)
    merit = np.where(wanted, (level.astype(np.int64) << 16) | (NEVER_S - revisit), np.iinfo(np.int64).max)
    worst = np.argmin(merit, axis=1)
    at = np.arange(len(worst))
    return larger, _Shown(level[at, worst], revisit[at, worst], why[at, worst], np.asarray(wanted.any(axis=1)))


class _Plane:
    """Metres of the plane to WGS-84 for many points: polynomials through points of the exact conversion, to a centimetre."""

    def __init__(self, site: SiteModel, cells: Cells) -> None:
        self._middle = np.array([cells.east_m + cells.cell_m * cells.cols / 2, cells.north_m + cells.cell_m * cells.rows / 2])
        self._half = np.array([cells.cell_m * (cells.cols + 1) / 2, cells.cell_m * (cells.rows + 1) / 2])
        grid = np.stack(np.meshgrid(np.linspace(-1, 1, 7), np.linspace(-1, 1, 7)), axis=-1).reshape(-1, 2)
        spots = grid * self._half + self._middle
        known = np.array([site.world(east, north) for east, north in spots.tolist()])
        self._lat0, self._lon0 = known.mean(axis=0)
        self._fit, *_ = np.linalg.lstsq(_powers(grid), known - (self._lat0, self._lon0), rcond=None)

    def ring(self, ring: Any) -> list[list[float]]:
        """Return a shapely ring as GeoJSON's [lon, lat] corners."""
        flat = (np.asarray(ring.coords, np.float64)[:, :2] - self._middle) / self._half
        lat, lon = (_powers(flat) @ self._fit).T
        return np.round(np.stack([lon + self._lon0, lat + self._lat0], axis=1), DECIMALS).tolist()  # type: ignore[no-any-return]


def _powers(xy: Array) -> Array:
    return np.stack([xy[:, 0] ** i * xy[:, 1] ** j for i in range(5) for j in range(5 - i)], axis=1)

"""Square cells over the local plane: where they lie, and which rings of a plan hold their middles."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import ceil, floor
from typing import Any

import numpy as np
import numpy.typing as npt

from edged.geometry.site import SiteModel

Array = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Cells:
    """A grid of square cells. Cell [0, 0] is the south-western one; flat arrays run over rows, then columns.

    Units: metres of the local plane; `east_m`, `north_m` of the middle of cell [0, 0].
    """

    east_m: float
    north_m: float
    cell_m: float
    rows: int
    cols: int

    @property
    def count(self) -> int:
        """How many cells there are."""
        return self.rows * self.cols

    def axes(self) -> tuple[Array, Array]:
        """Return the middles' (east (cols,), north (rows,))."""
        east = self.east_m + self.cell_m * np.arange(self.cols, dtype=np.float64)
        return east, self.north_m + self.cell_m * np.arange(self.rows, dtype=np.float64)

    def middles(self) -> tuple[Array, Array]:
        """Return every middle's (east, north), each (count,)."""
        east, north = self.axes()
        return np.tile(east, self.rows), np.repeat(north, self.cols)

    def at(self, east_m: float, north_m: float) -> int:
        """Return the number of the cell that holds a place, or of the nearest one."""
        row = min(max(round((north_m - self.north_m) / self.cell_m), 0), self.rows - 1)
        return row * self.cols + min(max(round((east_m - self.east_m) / self.cell_m), 0), self.cols - 1)

    def fill(self, ring: Array, into: npt.NDArray[Any], value: float) -> None:
        """Write `value` into the flat array `into` where the middle of a cell lies in the ring (K, 2), by crossings."""
        low, high = ring.min(axis=0), ring.max(axis=0)
        first, last = (low - (self.east_m, self.north_m)) / self.cell_m, (high - (self.east_m, self.north_m)) / self.cell_m
        left, right = max(ceil(first[0]), 0), min(floor(last[0]), self.cols - 1)
        below, above = max(ceil(first[1]), 0), min(floor(last[1]), self.rows - 1)
        if left > right or below > above:
            return
        y = self.north_m + self.cell_m * np.arange(below, above + 1)[:, None]
        start, end = ring, np.roll(ring, -1, axis=0)
        met = (start[:, 1] > y) != (end[:, 1] > y)
        row, edge = np.nonzero(met)
        part = (y[row, 0] - start[edge, 1]) / (end[edge, 1] - start[edge, 1])
        crossing = start[edge, 0] + part * (end[edge, 0] - start[edge, 0])
        begin = np.clip(np.ceil((crossing - self.east_m) / self.cell_m).astype(np.intp) - left, 0, right - left + 1)
        turns = np.zeros((above - below + 1, right - left + 2), np.uint8)
        np.bitwise_xor.at(turns, (row, begin), 1)
        inside = np.bitwise_xor.accumulate(turns, axis=1)[:, :-1] == 1
        into.reshape(self.rows, self.cols)[below : above + 1, left : right + 1][inside] = value

    def within(self, rings: Iterable[Array]) -> Flags:
        """Return which middles lie in any of the rings, (count,)."""
        flags = np.zeros(self.count, np.bool_)
        for ring in rings:
            self.fill(ring, flags, True)
        return flags


def cells_round(boxes: Iterable[tuple[float, float, float, float]], cell_m: float, most: int) -> Cells:
    """Return the cells that cover all boxes (west, south, east, north in metres), coarser than `cell_m` where they would be over `most`.

    Raises ValueError without a box.
    """
    every = np.array(list(boxes), np.float64).reshape(-1, 4)
    if not len(every):
        raise ValueError("no ground to lay cells over")
    west, south = every[:, 0].min(), every[:, 1].min()
    wide, tall = every[:, 2].max() - west, every[:, 3].max() - south
    size = max(cell_m, float(np.sqrt(wide * tall / most)))
    cols, rows = max(ceil(wide / size), 1), max(ceil(tall / size), 1)
    return Cells(float(west) + size / 2.0, float(south) + size / 2.0, size, rows, cols)


def floor_m(site: SiteModel, cells: Cells) -> Array:
    """Return the height in the plane of what a target in each cell stands on: the ground, or the roof over it. Shape: (count,)."""
    heights = site.ground.height_m(*cells.middles())
    order = sorted(range(len(site.structures)), key=lambda number: site.span(number)[1])
    for number in order:
        cells.fill(site.structures.rings[number], heights, site.span(number)[1])
    return heights

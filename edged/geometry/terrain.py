"""The height of the ground anywhere in the local plane, from a grid or level."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from edged.geometry.earth import enu_m
from edged.model.terrain import Terrain

Array = npt.NDArray[np.float64]


class Ground:
    """The ground ready for rays. Without a grid it is level at height 0.

    Units: metres of the local plane at (`lat0`, `lon0`). Outside the grid its edge goes on.
    """

    def __init__(self, terrain: Terrain | None, lat0: float, lon0: float, level_sigma_m: float) -> None:
        self.sigma_m = level_sigma_m if terrain is None else terrain.sigma_m
        self.cell_m = None if terrain is None else terrain.cell_m
        self._grid: npt.NDArray[np.float32] | None = None
        self.lowest_m = 0.0 if terrain is None else float(terrain.height_m.min())
        if terrain is not None:
            east, north, _ = enu_m(lat0, lon0, terrain.lat0_wgs84, terrain.lon0_wgs84)
            self._grid = np.ascontiguousarray(terrain.height_m)
            self._east, self._north = east + terrain.east_m, north + terrain.north_m

    @property
    def level(self) -> bool:
        """Whether the ground has one height everywhere."""
        return self._grid is None

    def height_m(self, east_m: npt.ArrayLike, north_m: npt.ArrayLike) -> Array:
        """Return heights, bilinear between the middles of the cells; any shape, float64."""
        east, north = np.asarray(east_m, np.float64), np.asarray(north_m, np.float64)
        if self._grid is None or self.cell_m is None:
            return np.zeros(np.broadcast_shapes(east.shape, north.shape))
        grid = self._grid
        rows, cols = grid.shape
        x = np.clip((east - self._east) / self.cell_m, 0.0, cols - 1.0)
        y = np.clip((north - self._north) / self.cell_m, 0.0, rows - 1.0)
        col, row = np.minimum(x.astype(np.intp), max(cols - 2, 0)), np.minimum(y.astype(np.intp), max(rows - 2, 0))
        u, v = x - col, y - row
        flat = grid.reshape(-1)
        at = row * cols + col
        right, above = (1 if cols > 1 else 0), (cols if rows > 1 else 0)
        low = flat[at] * (1.0 - u) + flat[at + right] * u
        high = flat[at + above] * (1.0 - u) + flat[at + above + right] * u
        return np.asarray(low * (1.0 - v) + high * v, np.float64)

    def slope(self, east_m: float, north_m: float) -> tuple[float, float]:
        """Return the rise towards east and north, metres a metre, over one cell."""
        if self.cell_m is None:
            return 0.0, 0.0
        d = self.cell_m
        h = self.height_m([east_m + d, east_m - d, east_m, east_m], [north_m, north_m, north_m + d, north_m - d])
        return float(h[0] - h[1]) / (2 * d), float(h[2] - h[3]) / (2 * d)

"""The height of the ground on a grid."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True, slots=True, eq=False)
class Terrain:
    """Heights over a local plane. Two grids are equal when their `digest` is.

    Shapes: `height_m` (rows, cols) float32, finite; row 0 the southernmost, column 0 the westernmost.
    Units: metres above one level of the file's own; `east_m`, `north_m` of the middle of cell [0, 0] in the local plane at
    (`lat0_wgs84`, `lon0_wgs84`); square cells of `cell_m`; `sigma_m` 1σ of a height.
    """

    height_m: npt.NDArray[np.float32] = field(repr=False)
    east_m: float
    north_m: float
    cell_m: float
    lat0_wgs84: float
    lon0_wgs84: float
    sigma_m: float
    digest: str

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Terrain) and self.digest == other.digest

    def __hash__(self) -> int:
        return hash(self.digest)

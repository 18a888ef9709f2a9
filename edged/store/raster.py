"""A height raster as a file holds it: values, and where each pixel's middle lies in the file's own coordinates."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from edged.model.errors import StoreError, StoreGarbled, StoreRefused

MAX_BYTES = 200_000_000
LOWEST_M, HIGHEST_M = -500.0, 9_000.0
"""Heights beyond these are voids that the file does not declare (−32768, −9999, 3.4e38)."""

_CUT = "cut out the station's surroundings: gdal_translate -projwin …"
_CUT_ZH = "请裁出站点周边: gdal_translate -projwin …"


@dataclass(frozen=True, slots=True, eq=False)
class Raster:
    """Heights with their place.

    Shapes: `values` (rows, cols) of any numeric type. Frame: the middle of pixel [row, col] lies at x = a·col + b·row + c,
    y = d·col + e·row + f with `affine` = (a, b, c, d, e, f), in the coordinates of `epsg` (None: the file does not say), x east.
    Units: `metre_per_unit` turns a value into metres; `nodata` marks a void.
    """

    values: npt.NDArray[Any] = field(repr=False)
    affine: tuple[float, float, float, float, float, float]
    epsg: int | None
    nodata: float | None = None
    metre_per_unit: float = 1.0

    def heights_m(self, rows: slice, cols: slice) -> npt.NDArray[np.float32]:
        """Return a window in metres, voids as NaN."""
        part = self.values[rows, cols]
        out = part.astype(np.float32)
        with np.errstate(invalid="ignore", over="ignore"):
            out *= np.float32(self.metre_per_unit)
            bad = ~np.isfinite(out) | (out < LOWEST_M) | (out > HIGHEST_M)
            if self.nodata is not None:
                bad |= part.astype(np.float32) == np.float32(self.nodata)
        out[bad] = np.nan
        return out


def sized(path: Path) -> int:
    """Return the size of a raster file. Raises StoreRefused where it cannot be read or is too large."""
    try:
        size = path.stat().st_size
    except OSError as fault:
        raise unreadable(path, fault) from fault
    if size > MAX_BYTES:
        raise too_large(path, f"{size / 1e6:.0f} MB")
    return size


def unreadable(path: Path, fault: OSError) -> StoreError:
    """Return the error for a file that the system does not give."""
    reason = fault.strerror or str(fault)
    return StoreRefused(
        f"{path}: cannot be read: {reason}; check that it exists and that group edged may read it",
        f"{path}: 无法读取: {reason}; 请检查文件是否存在, edged 组是否可读",
    )


def too_large(path: Path, size: str) -> StoreError:
    """Return the error for a file beyond the bounds."""
    limit = f"{MAX_BYTES / 1e6:.0f} MB"
    return StoreRefused(f"{path}: {size} of heights, at most {limit}; {_CUT}", f"{path}: 高程数据 {size}, 上限 {limit}; {_CUT_ZH}")


def garbled(path: Path, en: str, zh: str) -> StoreGarbled:
    """Return the error for a file whose form is wrong."""
    return StoreGarbled(
        f"{path}: is no height grid that can be read: {en}; export it again (GeoTIFF or ESRI ASCII grid)",
        f"{path}: 不是可读的高程网格: {zh}; 请重新导出 (GeoTIFF 或 ESRI ASCII 网格)",
    )

"""A technician's height file onto a square local grid round the station, and the last one that worked.

Reads GeoTIFF and ESRI ASCII grid; refuses what lies elsewhere or is mostly void, and says what to do.
"""

from __future__ import annotations

import hashlib
import os
import zipfile
from collections.abc import Callable
from math import ceil, hypot, inf
from pathlib import Path

import numpy as np
import numpy.typing as npt

from edged.geometry.earth import enu_m, from_enu
from edged.model.errors import StoreError, StoreRefused
from edged.model.terrain import Terrain
from edged.store.asciigrid import read_ascii_grid
from edged.store.geotiff import read_geotiff
from edged.store.raster import Raster, garbled

Grid = npt.NDArray[np.float64]
Heights = npt.NDArray[np.float32]
Transform = Callable[[Grid, Grid], tuple[Grid, Grid]]

MAX_CELLS = 1_500
MAX_VOID_SHARE = 0.2
MESH = 33
"""Positions are exact on a mesh this fine and bilinear between: below 4 cm over 40 km."""
BAND_ROWS = 128
FINEST_M = 0.01
GEOGRAPHIC = {4326, 4490, 4979}
"""WGS 84 and CGCS2000, one within centimetres."""
TIFF = (".tif", ".tiff")
KEPT = "terrain.npz"


def read_terrain(path: Path, lat0: float, lon0: float, half_m: float, epsg: int | None = None, sigma_m: float = 1.0) -> Terrain:
    """Return the heights within `half_m` of (lat0, lon0) WGS-84, on at most 1,500 × 1,500 cells no finer than the file's.

    `epsg`: of the file's coordinates where it does not say. Voids are filled from their neighbours.
    Raises StoreError, with what to do.
    """
    raster = read_geotiff(path) if path.suffix.lower() in TIFF else read_ascii_grid(path)
    there, back = _projection(path, _code(path, raster, epsg))
    ticks = np.linspace(-half_m, half_m, MESH)
    mesh = np.array([[from_enu(lat0, lon0, float(east), float(north)) for east in ticks] for north in ticks])
    col, row = _pixels(raster, *there(mesh[..., 1], mesh[..., 0]))
    if not (np.isfinite(col).all() and np.isfinite(row).all()):
        raise _elsewhere(path, raster, back, lat0, lon0)
    source_m = _pixel_m(col, row, half_m)
    if not FINEST_M <= source_m <= half_m:
        raise garbled(path, f"its pixels are {source_m:g} m wide", f"像元宽 {source_m:g} 米")
    cell_m = max(source_m, 2.0 * half_m / (MAX_CELLS - 2))
    side = ceil(half_m / cell_m)
    heights = _resampled(raster, col, row, np.arange(-side, side + 1, dtype=np.float64) * cell_m, half_m, max(1, int(cell_m / source_m)))
    offsets = np.hypot(*np.meshgrid(np.arange(-side, side + 1), np.arange(-side, side + 1))) * cell_m
    void = np.isnan(heights)
    share = float(void[offsets <= half_m].mean())
    if share >= 1.0:
        raise _elsewhere(path, raster, back, lat0, lon0)
    if share > MAX_VOID_SHARE:
        raise StoreError(
            f"{path}: {share:.0%} of the ground within {half_m / 1000:.1f} km of the station has no height; "
            "export a larger or gapless grid, or lower site.radius_m",
            f"{path}: 站点周围 {half_m / 1000:.1f} km 内有 {share:.0%} 没有高程; 请导出范围更大或无空洞的网格, 或减小 site.radius_m",
        )
    return _terrain(_filled(heights, void), -side * cell_m, cell_m, lat0, lon0, sigma_m)


def keep_terrain(folder: Path, terrain: Terrain) -> None:
    """Keep a terrain that worked under the state folder, whole or not at all. Raises OSError."""
    target = folder / KEPT
    if (kept := kept_terrain(folder)) is not None and kept == terrain:
        return
    folder.mkdir(parents=True, exist_ok=True)
    made = folder / f".{KEPT}.{os.getpid()}.new"
    try:
        with made.open("wb") as out:
            np.savez(
                out,
                height_m=terrain.height_m,
                placed=np.array(
                    [terrain.east_m, terrain.north_m, terrain.cell_m, terrain.lat0_wgs84, terrain.lon0_wgs84, terrain.sigma_m], np.float64
                ),
            )
            out.flush()
            os.fsync(out.fileno())
        made.chmod(0o640)
        made.replace(target)
    finally:
        made.unlink(missing_ok=True)


def kept_terrain(folder: Path) -> Terrain | None:
    """Return the terrain that was kept, or None where there is none or it is damaged."""
    try:
        with np.load(folder / KEPT, allow_pickle=False) as kept:
            heights, placed = kept["height_m"], kept["placed"]
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return None
    if heights.dtype != np.float32 or heights.ndim != 2 or placed.shape != (6,) or not np.isfinite(heights).all():
        return None
    east, north, cell, lat0, lon0, sigma = (float(one) for one in placed)
    digest = _digest(heights, east, north, cell, lat0, lon0, sigma)
    return Terrain(heights, east, north, cell, lat0, lon0, sigma, digest)


def _code(path: Path, raster: Raster, epsg: int | None) -> int:
    if raster.epsg is not None and epsg is not None and raster.epsg != epsg:
        raise StoreRefused(
            f"{path}: the file says EPSG:{raster.epsg}, site.terrain_epsg {epsg}; delete site.terrain_epsg, or correct the file",
            f"{path}: 文件注明 EPSG:{raster.epsg}, 而 site.terrain_epsg 为 {epsg}; 请删去 site.terrain_epsg 或改正文件",
        )
    if (code := raster.epsg or epsg) is not None:
        return code
    a, _, x, _, e, y = raster.affine
    if abs(x) <= 180.0 and abs(y) <= 90.0 and abs(a) < 0.1 and abs(e) < 0.1:
        return 4326
    raise StoreRefused(
        f"{path}: does not say which coordinates it is in; write their EPSG code: site.terrain_epsg (UTM 48N: 32648; CGCS2000 105E: 4544)",
        f"{path}: 未注明坐标系; 请在 site.terrain_epsg 写明 EPSG 代码 (UTM 48N: 32648; CGCS2000 105E: 4544)",
    )


def _projection(path: Path, epsg: int) -> tuple[Transform, Transform]:
    """Return WGS-84 (lon, lat) → file's (x, y), and back."""
    if epsg in GEOGRAPHIC:
        return (lambda lon, lat: (lon, lat)), (lambda x, y: (x, y))
    from pyproj import CRS, Transformer
    from pyproj.exceptions import ProjError

    try:
        crs = CRS.from_epsg(epsg)
        base = crs.geodetic_crs.to_epsg() if crs.is_projected and crs.geodetic_crs is not None else None
        start = base if base in GEOGRAPHIC else 4326
        both = Transformer.from_crs(start, crs, always_xy=True, allow_ballpark=False)
    except ProjError as fault:
        raise StoreRefused(
            f"{path}: no way is known from EPSG:{epsg} to WGS-84; reproject it (gdalwarp -t_srs EPSG:4326), "
            "or write the right code as site.terrain_epsg",
            f"{path}: EPSG:{epsg} 无法换算到 WGS-84; 请重投影 (gdalwarp -t_srs EPSG:4326), 或在 site.terrain_epsg 写明正确代码",
        ) from fault
    return (lambda lon, lat: both.transform(lon, lat)), (lambda x, y: both.transform(x, y, direction="INVERSE"))


def _pixels(raster: Raster, x: Grid, y: Grid) -> tuple[Grid, Grid]:
    a, b, c, d, e, f = raster.affine
    det = a * e - b * d
    with np.errstate(invalid="ignore", over="ignore"):
        return (e * (x - c) - b * (y - f)) / det, (a * (y - f) - d * (x - c)) / det


def _pixel_m(col: Grid, row: Grid, half_m: float) -> float:
    """Return the longer side of a pixel at the station."""
    mid, step = MESH // 2, 4.0 * half_m / (MESH - 1)
    change = np.array(
        [
            [col[mid, mid + 1] - col[mid, mid - 1], col[mid + 1, mid] - col[mid - 1, mid]],
            [row[mid, mid + 1] - row[mid, mid - 1], row[mid + 1, mid] - row[mid - 1, mid]],
        ]
    )
    if abs(np.linalg.det(change / step)) < 1e-12:
        return inf
    sides = np.linalg.inv(change / step)
    return float(max(hypot(*sides[:, 0]), hypot(*sides[:, 1])))


def _resampled(raster: Raster, col: Grid, row: Grid, axis_m: Grid, half_m: float, block: int) -> Heights:
    """Return heights at the cells of a square grid, bilinear among the means of `block` × `block` pixels; NaN where there are none."""
    rows, cols = raster.values.shape
    side = len(axis_m)
    top, bottom = _span(row, rows, block)
    left, right = _span(col, cols, block)
    if bottom <= top or right <= left:
        return np.full((side, side), np.nan, np.float32)
    bands = range(top, bottom, BAND_ROWS * block)
    source = np.concatenate(
        [_means(raster.heights_m(slice(r, min(r + BAND_ROWS * block, bottom)), slice(left, right)), block) for r in bands]
    )
    out = np.empty((side, side), np.float32)
    at = (axis_m + half_m) / (2.0 * half_m) * (MESH - 1)
    low = np.clip(at.astype(np.intp), 0, MESH - 2)
    part = at - low
    for start in range(0, side, BAND_ROWS):
        band = slice(start, start + BAND_ROWS)
        here = []
        for mesh, first in ((row, top), (col, left)):
            along = mesh[low[band]] * (1.0 - part[band, None]) + mesh[low[band] + 1] * part[band, None]
            whole = along[:, low] * (1.0 - part) + along[:, low + 1] * part
            here.append((whole - first - (block - 1) / 2.0) / block)
        out[band] = _bilinear(source, *here)
    return out


def _span(pixels: Grid, count: int, block: int) -> tuple[int, int]:
    margin = 2 * block
    return int(np.clip(np.floor(pixels.min()) - margin, 0, count)), int(np.clip(np.ceil(pixels.max()) + margin + 1, 0, count))


def _means(source: Heights, block: int) -> Heights:
    """Return the means of whole blocks; what is left over at the far edges belongs to no cell."""
    if block == 1:
        return source
    rows, cols = (size // block for size in source.shape)
    parts = source[: rows * block, : cols * block].reshape(rows, block, cols, block)
    known = ~np.isnan(parts)
    count = known.sum(axis=(1, 3))
    total = np.where(known, parts, np.float32(0.0)).sum(axis=(1, 3), dtype=np.float64)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan).astype(np.float32)


def _bilinear(source: Heights, row: Grid, col: Grid) -> Heights:
    """Interpolate; voids carry no weight. Half a pixel beyond the outermost middles still belongs to the file."""
    rows, cols = source.shape
    if not rows or not cols:
        return np.full(row.shape, np.nan, np.float32)
    outside = (row < -0.5) | (col < -0.5) | (row > rows - 0.5) | (col > cols - 0.5)
    row, col = np.clip(row, 0.0, rows - 1.0), np.clip(col, 0.0, cols - 1.0)
    top, left = np.minimum(row.astype(np.intp), max(rows - 2, 0)), np.minimum(col.astype(np.intp), max(cols - 2, 0))
    v, u = row - top, col - left
    total, weight = np.zeros(row.shape), np.zeros(row.shape)
    for down, along, share in ((0, 0, (1 - v) * (1 - u)), (0, 1, (1 - v) * u), (1, 0, v * (1 - u)), (1, 1, v * u)):
        value = source[np.minimum(top + down, rows - 1), np.minimum(left + along, cols - 1)]
        known = ~np.isnan(value)
        total += np.where(known, value, 0.0) * share
        weight += known * share
    outside |= weight < 0.25
    return np.where(outside, np.nan, total / np.where(outside, 1.0, weight)).astype(np.float32)


def _filled(heights: Heights, void: npt.NDArray[np.bool_]) -> Heights:
    if not void.any():
        return heights
    from scipy.ndimage import distance_transform_edt

    nearest = distance_transform_edt(void, return_distances=False, return_indices=True)
    return np.ascontiguousarray(heights[tuple(nearest)])


def _terrain(heights: Heights, first_m: float, cell_m: float, lat0: float, lon0: float, sigma_m: float) -> Terrain:
    digest = _digest(heights, first_m, first_m, cell_m, lat0, lon0, sigma_m)
    return Terrain(heights, first_m, first_m, cell_m, lat0, lon0, sigma_m, digest)


def _digest(heights: Heights, *placed: float) -> str:
    digest = hashlib.sha256(repr((heights.shape, *placed)).encode())
    digest.update(np.ascontiguousarray(heights, "<f4").tobytes())
    return digest.hexdigest()


def _elsewhere(path: Path, raster: Raster, back: Transform, lat0: float, lon0: float) -> StoreError:
    a, b, c, d, e, f = raster.affine
    col, row = (raster.values.shape[1] - 1) / 2.0, (raster.values.shape[0] - 1) / 2.0
    lon, lat = (float(one) for one in back(np.float64(a * col + b * row + c), np.float64(d * col + e * row + f)))  # type: ignore[arg-type]
    known = abs(lat) <= 90.0 and abs(lon) <= 360.0
    away = f"{hypot(*enu_m(lat0, lon0, lat, lon)) / 1000.0:.0f} km" if known else "?"
    return StoreError(
        f"{path}: does not hold the station: the middle of the grid lies {away} away; take another file, or correct site.terrain_epsg "
        "or station.lat_wgs84 and lon_wgs84",
        f"{path}: 不含本站: 网格中心在 {away} 之外; 请换文件, 或改正 site.terrain_epsg 或 station.lat_wgs84、lon_wgs84",
    )

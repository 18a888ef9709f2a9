"""GeoTIFF of heights: the values of its first page and the GeoKeys that say where they lie. Source: OGC 19-008r4."""

from __future__ import annotations

import logging
import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np

from edged.model.errors import StoreRefused
from edged.store.raster import MAX_BYTES, Raster, garbled, sized, too_large, unreadable

USER_DEFINED = 32_767
METRES = {0: 1.0, USER_DEFINED: 1.0, 9001: 1.0, 9002: 0.3048, 9003: 1200.0 / 3937.0}
"""EPSG codes of units of height; metres where none is told."""
DEGREE = 9102
UNPACKED = {1, 8, 32773, 32946}
BY_OPENCV = {5, 8, 32946}
"""Codes of compression: 1 none, 5 LZW, 8 and 32946 deflate, 32773 PackBits."""

_BROKEN = (
    ValueError,
    TypeError,
    KeyError,
    IndexError,
    AttributeError,
    OverflowError,
    ArithmeticError,
    MemoryError,
    RuntimeError,
    zlib.error,
)
"""What a reader of a damaged TIFF meets."""


def read_geotiff(path: Path) -> Raster:
    """Return the first page. Raises StoreRefused for a file that cannot be read or is too large, StoreGarbled for what is no GeoTIFF."""
    import tifffile

    sized(path)
    logger = logging.getLogger("tifffile")
    before, logger.disabled = logger.disabled, True
    try:
        with tifffile.TiffFile(path) as tiff:
            if not tiff.pages:
                raise garbled(path, "it has no picture", "其中没有图像")
            return _raster(path, tiff, tiff.pages[0])
    except (tifffile.TiffFileError, struct.error, *_BROKEN) as fault:
        raise garbled(path, f"{type(fault).__name__}: {fault}"[:200], f"{type(fault).__name__}: {fault}"[:200]) from fault
    except OSError as fault:
        raise unreadable(path, fault) from fault
    finally:
        logger.disabled = before


def _raster(path: Path, tiff: Any, page: Any) -> Raster:
    rows, cols, samples = int(page.imagelength), int(page.imagewidth), int(page.samplesperpixel)
    if samples != 1 or page.dtype is None or np.dtype(page.dtype).kind not in "iuf":
        raise garbled(
            path, f"{samples} bands of {page.dtype}, one of heights is due", f"有 {samples} 个波段 ({page.dtype}), 应为一个高程波段"
        )
    size = rows * cols * np.dtype(page.dtype).itemsize
    if size > MAX_BYTES:
        raise too_large(path, f"{size / 1e6:.0f} MB")
    keys = dict(tiff.geotiff_metadata or {}) if page.is_geotiff else {}
    affine = _affine(path, keys)
    values = np.asarray(_values(path, page)).reshape(rows, cols)
    nodata = page.nodata if 42113 in page.tags else None
    unit = int(keys.get("VerticalUnitsGeoKey", 0))
    if unit not in METRES:
        raise garbled(path, f"unit of height EPSG:{unit}", f"高程单位 EPSG:{unit}")
    return Raster(values, affine, _epsg(path, keys), None if nodata is None else float(nodata), METRES[unit])


def _values(path: Path, page: Any) -> Any:
    """Return the pixels: by OpenCV what tifffile leaves to a package of its own (LZW, differences of floats)."""
    packed, predictor = int(page.compression), int(page.predictor)
    if packed in UNPACKED and predictor in (1, 2):
        return page.asarray()
    if packed in BY_OPENCV and predictor in (1, 2, 3):
        import cv2

        try:
            values = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
        except cv2.error as fault:
            raise garbled(path, "its pixels are damaged", "像元数据已损坏") from fault
        if values is not None and values.dtype.itemsize == np.dtype(page.dtype).itemsize:
            return values.view(np.dtype(page.dtype).newbyteorder("="))
        raise garbled(path, "its pixels are damaged", "像元数据已损坏")
    how = f"{getattr(page.compression, 'name', packed)}, predictor {predictor}"
    raise StoreRefused(
        f"{path}: its compression ({how}) is not supported; gdal_translate -co COMPRESS=DEFLATE OLD.tif NEW.tif",
        f"{path}: 不支持其压缩方式 ({how}); 请转换: gdal_translate -co COMPRESS=DEFLATE 旧.tif 新.tif",
    )


def _affine(path: Path, keys: dict[str, Any]) -> tuple[float, float, float, float, float, float]:
    """Return the middle of a pixel: PixelIsArea ties its corner, PixelIsPoint its middle."""
    half = 0.0 if int(keys.get("GTRasterTypeGeoKey", 1)) == 2 else 0.5
    if "ModelTransformation" in keys:
        m = np.asarray(keys["ModelTransformation"], dtype=np.float64).reshape(4, 4)
        a, b, c, d, e, f = (float(v) for v in (m[0, 0], m[0, 1], m[0, 3], m[1, 0], m[1, 1], m[1, 3]))
    elif "ModelPixelScale" in keys and "ModelTiepoint" in keys:
        sx, sy = (float(v) for v in keys["ModelPixelScale"][:2])
        tie = np.asarray(keys["ModelTiepoint"], dtype=np.float64).ravel()[:6]
        a, b, d, e = sx, 0.0, 0.0, -sy
        c, f = float(tie[3] - sx * tie[0]), float(tie[4] + sy * tie[1])
    else:
        raise garbled(path, "it does not say where it lies (no GeoKeys)", "未注明位置 (无 GeoKeys)")
    if not np.isfinite([a, b, c, d, e, f]).all() or a * e - b * d == 0.0:
        raise garbled(path, "its pixels have no size", "像元大小无效")
    return a, b, c + half * (a + b), d, e, f + half * (d + e)


def _epsg(path: Path, keys: dict[str, Any]) -> int | None:
    projected, geographic = (int(keys.get(name, 0)) for name in ("ProjectedCSTypeGeoKey", "GeographicTypeGeoKey"))
    model = int(keys.get("GTModelTypeGeoKey", 1 if projected else 2 if geographic else 0))
    code = projected if model == 1 else geographic if model == 2 else 0
    if model == 2 and int(keys.get("GeogAngularUnitsGeoKey", DEGREE)) != DEGREE:
        raise garbled(path, "its coordinates are not in degrees", "坐标单位不是度")
    return code if 1024 <= code < USER_DEFINED else None

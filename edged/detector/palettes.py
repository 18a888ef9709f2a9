"""Colours back to heat: known false-colour tables, which of them a picture uses, and the index of each pixel in it.

A table is found by the residual of the picture's colours to it, never by a file's own claim (facts: the EXIF name can be wrong).
Frame: BGR, index 0 cold, 255 hot. A picture near no table stays `unknown`: its heat is a guess and the thermogram says `degraded`.
"""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np
import numpy.typing as npt

Table = npt.NDArray[np.float32]

RESIDUAL_LEVELS = 14.0
"""Median distance to the nearest colour up to which a table is taken as known. A clean picture gives 1–2 levels; H.264 with halved
chroma on a small sensor's enlarged pixels 5–10; a wrong table 20 and more (measured on real clips)."""
SAMPLE = 3000

_CV2 = (
    "BONE", "JET", "RAINBOW", "OCEAN", "PINK", "HOT", "PARULA", "MAGMA", "INFERNO", "PLASMA", "VIRIDIS", "CIVIDIS", "TURBO",
)  # fmt: skip
"""Without the two-colour ramps: no camera draws them, and their colours are part of others (autumn of hot)."""
_POINTS: dict[str, tuple[tuple[float, str], ...]] = {
    "iron": ((0.0, "00000a"), (0.14, "20008c"), (0.37, "cc0077"), (0.59, "ff6a00"), (0.79, "ffd700"), (1.0, "ffffff")),
    "ironbow": (
        (0.0, "000000"), (0.125, "20008c"), (0.25, "640095"), (0.375, "a00090"), (0.5, "d0404a"), (0.625, "ee6410"), (0.75, "ffa200"),
        (0.875, "ffe040"), (1.0, "fffff0"),
    ),
    "iron-vivid": (
        (0.0, "08051e"), (0.05, "06005f"), (0.1, "260094"), (0.15, "4500b9"), (0.2, "6700d7"), (0.25, "8d00cf"), (0.3, "a400a7"),
        (0.35, "b30081"), (0.4, "c10459"), (0.45, "d01631"), (0.5, "de320f"), (0.55, "f05102"), (0.6, "fc7301"), (0.65, "fd9201"),
        (0.7, "fdb201"), (0.75, "fdd401"), (0.8, "fdee12"), (0.85, "fcf847"), (0.9, "fcfa7e"), (0.95, "faf9b5"), (1.0, "fffff4"),
    ),
}  # fmt: skip
"""Position and RGB of the tables that OpenCV lacks; `iron-vivid` as measured from a Seek camera's recording."""


@lru_cache(maxsize=1)
def tables() -> dict[str, Table]:
    """Return all known tables, name → (256, 3) float32 BGR."""
    ramp = np.arange(256, dtype=np.uint8)[:, None]
    known = {name.lower(): cv2.applyColorMap(ramp, getattr(cv2, f"COLORMAP_{name}"))[:, 0].astype(np.float32) for name in _CV2}
    where = np.linspace(0.0, 1.0, 256)
    for name, points in _POINTS.items():
        at = [position for position, _ in points]
        bgr = np.array([[int(rgb[i : i + 2], 16) for i in (4, 2, 0)] for _, rgb in points], np.float64)
        known[name] = np.stack([np.interp(where, at, bgr[:, channel]) for channel in range(3)], axis=1).astype(np.float32)
    return known


def identify(picture: npt.NDArray[np.uint8]) -> tuple[str, float]:
    """Return the nearest table's name and the median residual in levels.

    Shapes: `picture` (H, W, 3) uint8 BGR. Text and logos are outvoted by the median.
    """
    flat = picture.reshape(-1, 3)
    sample = flat[:: max(1, len(flat) // SAMPLE)].astype(np.float32)
    scores = {name: float(np.median(_nearest(sample, table)[1])) for name, table in tables().items()}
    best = min(scores, key=lambda name: scores[name])
    return best, scores[best]


@lru_cache(maxsize=4)
def inverse(name: str) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.uint8]]:
    """Return (index, residual in levels, at most 255) for each 15-bit colour, at b·1024 + g·32 + r of the five high bits."""
    high = np.arange(32, dtype=np.float32) * 8 + 4
    cube = np.stack(np.meshgrid(high, high, high, indexing="ij"), axis=-1).reshape(-1, 3)
    index, residual = _nearest(cube, tables()[name])
    return index.astype(np.uint8), np.minimum(residual, 255).astype(np.uint8)


def read(picture: npt.NDArray[np.uint8], name: str) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.uint8]]:
    """Return (index, residual) of each pixel in a table. Shapes: (H, W, 3) uint8 BGR → twice (H, W) uint8."""
    index, residual = inverse(name)
    high = (picture >> 3).astype(np.uint16)
    key = (high[..., 0] << 10) | (high[..., 1] << 5) | high[..., 2]
    return index[key], residual[key]


def _nearest(colours: Table, table: Table) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.float32]]:
    squared = (colours**2).sum(1)[:, None] - 2.0 * colours @ table.T + (table**2).sum(1)[None]
    index = squared.argmin(1)
    return index, np.sqrt(np.maximum(squared[np.arange(len(colours)), index], 0.0))

"""Pixels above the background → hot spots of one frame, each against its own surroundings.

Cheap tests first: one comparison and one count decide a quiet frame.
"""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from edged.detector.middles import median
from edged.geometry.radiance import radiance as band_radiance
from edged.model.frame import Thermogram
from edged.model.sighting import Hotspot

Array = npt.NDArray[np.float32]
MARGIN_PX = 15
RING_SAMPLE = 2500
JOIN_PX = 3
ALONE_GATES = 0.25
"""Room below the end of a grey scale that the surroundings of a spot at its end must leave."""


def above(
    heat: Array, limit: Array, over_range: npt.NDArray[np.bool_] | None, into: npt.NDArray[np.uint8] | None = None
) -> npt.NDArray[np.uint8]:
    """Return the mask of pixels to look at, 0 or 255, written into `into` where it fits. Shapes: all (H, W)."""
    if into is None or into.shape != heat.shape:
        into = np.empty(heat.shape, np.uint8)
    cv2.compare(heat, limit, cv2.CMP_GT, dst=into)
    if over_range is not None:
        into[over_range] = 255
    return into


def add_clipped(mask: npt.NDArray[np.uint8], raw: Array, limit: Array, known_below: float, top: float) -> None:
    """Add to `mask` what has reached the end of a grey scale, `raw` ≥ `top`, where the limit lies below `known_below`: how far it goes
    beyond cannot be seen, and the limit may lie beyond as well. Shapes: all (H, W)."""
    if float(cv2.minMaxLoc(raw)[1]) < top:
        return
    mask[(raw >= top) & (limit < known_below)] = 255


def find(
    thermogram: Thermogram, heat: Array, mask: npt.NDArray[np.uint8], gate: float, sigma: float, noise: float, most: int,
    end: float = np.inf, known: Array | None = None,
) -> tuple[list[Hotspot], int]:  # fmt: skip
    """Return the hot spots in `mask`, greatest excess first, and how many were left out beyond `most`.

    `heat` is the normalised heat of the thermogram. `gate`, `noise`, and `end` of a grey scale in its units; `sigma` robust z against
    the ring; `known`, (H, W): what the place of a spot was known to have at most, None while it is learnt.
    """
    joined = np.asarray(cv2.morphologyEx(mask, cv2.MORPH_CLOSE, np.ones((JOIN_PX, JOIN_PX), np.uint8)), np.uint8)
    outlines, nested = cv2.findContours(joined, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_SIMPLE)
    outer = [outline for outline, (*_, parent) in zip(outlines, nested[0] if nested is not None else (), strict=True) if parent < 0]
    boxes = sorted((cv2.boundingRect(outline), n) for n, outline in enumerate(outer))
    boxes.sort(key=lambda box: -box[0][2] * box[0][3])
    found: list[Hotspot] = []
    for (x, y, w, h), n in boxes[: 4 * most]:
        region = _region(joined[y : y + h, x : x + w], outer[n][0, 0] - (x, y))
        spot = _measure(thermogram, heat, mask, (x, y, w, h), region, sigma, noise, gate, end, known)
        if spot is not None:
            found.append(spot)
    found.sort(key=lambda spot: (-spot.over_range, -spot.excess))
    return found[:most], max(0, len(found) - most)


def _top(around: Array) -> float:
    """Return the 98th percentile. Where roofs, roads and sky meet, the scatter of the surroundings says nothing; an edge that moves never
    outshines them, a source does."""
    at = int(0.98 * (around.size - 1))
    return float(np.partition(around, at)[at])


def _outshines(peak: float, top: float, gate: float, end: float) -> bool:
    """Tell whether a peak outshines its surroundings, `top`. At the end of a scale it must only be alone there."""
    return peak >= top + gate or (peak >= end and top < end - ALONE_GATES * gate)


def _region(joined: npt.NDArray[np.uint8], seed: npt.NDArray[np.intp]) -> npt.NDArray[np.bool_]:
    """Return the pixels of a box that hang together with one of them, `seed` (column, row)."""
    count, labels = cv2.connectedComponents(joined, connectivity=8)
    return np.asarray(joined > 0 if count == 2 else labels == labels[seed[1], seed[0]])


def _measure(
    thermogram: Thermogram, heat: Array, mask: npt.NDArray[np.uint8], box: tuple[int, int, int, int], region: npt.NDArray[np.bool_],
    sigma: float, noise: float, gate: float, end: float, known: Array | None,
) -> Hotspot | None:  # fmt: skip
    x, y, w, h = box
    margin = MARGIN_PX + max(w, h) // 2
    rows = slice(max(0, y - margin), min(heat.shape[0], y + h + margin))
    cols = slice(max(0, x - margin), min(heat.shape[1], x + w + margin))
    crop = heat[rows, cols]
    inside = np.zeros(crop.shape, np.bool_)
    inside[y - rows.start : y - rows.start + h, x - cols.start : x - cols.start + w] = region
    usable = thermogram.usable[rows, cols] if thermogram.usable is not None else None
    if usable is not None and float(np.mean(usable[inside])) < 0.5:
        return None
    around = crop[mask[rows, cols] == 0] if usable is None else crop[(mask[rows, cols] == 0) & usable]
    if len(around) < 20:
        around = heat[::8, ::8].ravel()
    around = around[:: max(1, len(around) // RING_SAMPLE)]
    level = median(around)
    scatter = max(1.4826 * median(np.abs(around - level)), noise)
    values = crop[inside]
    peak = float(values.max())
    over = bool(thermogram.over_range is not None and thermogram.over_range[rows, cols][inside].any())
    z = (peak - level) / scatter
    if not over and peak - level < gate:
        return None
    exceeds_place = z < sigma and known is not None and bool(np.any(values > known[rows, cols][inside]))
    if not (over or z >= sigma or exceeds_place or _outshines(peak, _top(around), gate, end)):
        return None
    weight = np.maximum(crop - np.float32(level), 0.0) * inside
    excess = float(weight.sum())
    if excess <= 0.0:
        return None
    half = int(np.count_nonzero(values > level + 0.5 * (peak - level)))
    radiance = None
    if thermogram.kind != "relative":
        radiance = float((band_radiance(values) - band_radiance(level)).clip(0.0).sum())
    column = float(weight.sum(0) @ np.arange(cols.start, cols.stop)) / excess
    row = float(weight.sum(1) @ np.arange(rows.start, rows.stop)) / excess
    return Hotspot(column, row, (x, y, w, h), half, peak, level, excess, radiance, z, over)

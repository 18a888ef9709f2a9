"""Where a picture carries burnt-in text: lines of thin strokes that step from white to black within two pixels.

A lens cannot image such a step, and a fire does not come as four or more strokes of one height in a row, there from the first picture on.
Only lines in the upper and lower fifth count. What the mask hides is counted and published.
"""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from edged.detector import gates
from edged.model.frame import Thermogram

LOOKS_S = (0.0, 2.0)
"""Text is looked for so long after the first picture."""
WHITE, BLACK = 200.0, 48.0
STEP_PX = 3
MARGIN_SHARE = 0.2
LEAST_PX, MOST_PX = 6, 40
GLYPHS, FILL = 4, 0.75
GAP_HEIGHTS, PAD_PX = 1.6, 3


class BurntIn:
    """The text of one view, learnt from two of the first pictures."""

    def __init__(self) -> None:
        self.mask: npt.NDArray[np.bool_] | None = None
        """Where it lies, (H, W)."""
        self._looks = 0

    @classmethod
    def only(cls, mask: npt.NDArray[np.bool_]) -> BurntIn:
        """Return what is not looked at, (H, W), and stays so."""
        text = cls()
        text.mask, text._looks = mask, len(LOOKS_S)
        return text

    def look(self, thermogram: Thermogram, since_s: float) -> None:
        """Look for text in a picture `since_s` after the first, when due."""
        if not gates.is_grey(thermogram) or self._looks >= len(LOOKS_S) or since_s < LOOKS_S[self._looks]:
            return
        self._looks += 1
        found = lines(thermogram.heat)
        if found is not None:
            self.mask = found if self.mask is None else self.mask | found


def lines(heat: npt.NDArray[np.float32]) -> npt.NDArray[np.bool_] | None:
    """Return where lines of text lie in a grey picture of 0–255, (H, W) bool, or None."""
    height, width = heat.shape
    band = max(LEAST_PX + 2, round(MARGIN_SHARE * height))
    out = np.zeros(heat.shape, np.bool_)
    for top in (0, height - band):
        for x, y, w, h in _lines(heat[top : top + band]):
            out[max(0, top + y - PAD_PX) : top + y + h + PAD_PX, max(0, x - h - PAD_PX) : min(width, x + w + h + PAD_PX)] = True
    return out if out.any() else None


def _lines(band: npt.NDArray[np.float32]) -> list[tuple[int, int, int, int]]:
    white = (band > WHITE).astype(np.uint8)
    near_black = cv2.erode(band, np.ones((2 * STEP_PX + 1, 2 * STEP_PX + 1), np.uint8)) < BLACK
    glyphs = []
    count, labels, stats, _ = cv2.connectedComponentsWithStats(white, connectivity=8)
    for label in range(1, min(count, 400)):
        x, y, w, h, area = (int(v) for v in stats[label])
        if not LEAST_PX <= h <= MOST_PX or w > 8 * h or area > FILL * w * h + 2 * h:
            continue
        inside = labels[y : y + h, x : x + w] == label
        if float(np.mean(near_black[y : y + h, x : x + w][inside])) >= 0.9:
            glyphs.append((x, y, w, h))
    rows: list[list[tuple[int, int, int, int]]] = []
    for glyph in sorted(glyphs):
        for row in rows:
            last, first = row[-1], row[0]
            level = abs(glyph[1] + glyph[3] / 2 - first[1] - first[3] / 2) <= 0.5 * first[3]
            if level and glyph[0] - last[0] - last[2] <= GAP_HEIGHTS * first[3] and glyph[3] <= 2 * first[3] <= 4 * glyph[3]:
                row.append(glyph)
                break
        else:
            rows.append([glyph])
    found = []
    for row in rows:
        left, top = min(g[0] for g in row), min(g[1] for g in row)
        right, below = max(g[0] + g[2] for g in row), max(g[1] + g[3] for g in row)
        if len(row) >= GLYPHS or (len(row) >= 2 and right - left >= 6 * (below - top)):
            found.append((left, top, right - left, below - top))
    return found

"""How much of a view's structure still shows: fog and rain take it, and with it the range. Judged now and then at quarter size.

Fog is told from a scene that cools evenly by its speed: contrast is compared with what this view had within the last hours, rising fast and
sinking slowly. Nothing is called blind while anything compact stands out, so a fire that shines through is judged.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from edged.detector.middles import upper_median
from edged.detector.registration import FINE_CELLS

REDUCED, WHOLE_AGAIN = 0.4, 0.55
"""Share of the known structure under which the range is reduced, and over which it is not any more."""
GONE, GONE_NOISES = 0.15, 1.0
"""Blind: the structure is under this share of the known one, and under the noise of its own cells."""
KNOWN_NOISES = 3.0
"""A view whose structure never stood so far over the noise has none to lose."""
RISES_S, SINKS_S = 300.0, 3.0 * 3600.0
SINCE_S = 5.0
CLIP = 3.0
NTH = 7
"""Each nth cell says enough."""
STANDS_OUT = 8.0
"""A cell so many noises over the rest is something to judge."""

Quarter = npt.NDArray[np.float32]


@dataclass(slots=True)
class Structure:
    """One view's structure: `known` in units of heat, and since when it is missing."""

    known: float = 0.0
    looked_s: float = 0.0
    fine: Quarter | None = None
    gone_since_s: float | None = None
    reduced: bool = False
    blind: bool = False

    def look(self, quarter: Quarter, now: float) -> None:
        """Take a picture at quarter size, (h, w)."""
        fine = quarter - np.asarray(cv2.blur(quarter, (FINE_CELLS, FINE_CELLS)), np.float32)
        before, self.fine = self.fine, fine
        passed, self.looked_s = now - self.looked_s, now
        if before is None or before.shape != fine.shape:
            return
        some, was = fine.ravel()[::NTH], before.ravel()[::NTH]
        middle = upper_median(np.abs(some)) * 1.4826
        most = CLIP * max(middle, 1e-6)
        clipped = some.clip(-most, most)
        noise = max(upper_median(np.abs(some - was)) * 1.4826 / float(np.sqrt(2.0)), 1e-3)
        power = float(np.vdot(clipped, clipped)) / clipped.size
        shows = float(np.sqrt(max(power - noise * noise, 0.0)))
        if self.known == 0.0:
            self.known = shows
        stands_out = float(fine.max()) > STANDS_OUT * max(middle, noise)
        share = shows / self.known if self.known > KNOWN_NOISES * noise or self.blind else 1.0
        self.reduced = share < (WHOLE_AGAIN if self.reduced else REDUCED)
        gone = share < GONE and shows < GONE_NOISES * noise and not stands_out
        self.gone_since_s = (now if self.gone_since_s is None else self.gone_since_s) if gone else None
        self.blind = self.gone_since_s is not None and now - self.gone_since_s >= SINCE_S
        slow = RISES_S if shows > self.known else SINKS_S
        self.known += min(1.0, min(passed, 60.0) / slow) * (shows - self.known)

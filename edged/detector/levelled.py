"""One picture with the camera's gain taken out. Each form of it is made when it is first asked for: a quiet picture needs none."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from edged.detector.background import peaks, quarter_of
from edged.detector.gaincurve import LEVELS, Curve
from edged.model.frame import Thermogram

Array = npt.NDArray[np.float32]


class Levelled:
    """A thermogram; after `level` its heat is (heat − offset) / gain less the doubt, after `bend` a curve's."""

    def __init__(self, thermogram: Thermogram) -> None:
        self.thermogram = thermogram
        self.gain, self.offset, self.doubt = 1.0, 0.0, 0.0
        self.curve: Curve | None = None
        self._heat: Array | None = None
        self._quarter: Array | None = None

    def level(self, gain: float, offset: float, doubt: float = 0.0) -> None:
        """Take out this gain and offset. `doubt`: by so much noise may make heat, not means, seem greater than it is."""
        self.gain, self.offset, self.doubt, self._heat = gain, offset, doubt, None

    def bend(self, curve: Curve) -> None:
        """Take out a curve, from a picture that has `levels`."""
        self.curve, self._heat = curve, None

    @property
    def plain(self) -> bool:
        """Tell whether nothing is taken out."""
        return self.curve is None and self.gain == 1.0 and self.offset == 0.0 and self.doubt == 0.0

    @property
    def heat(self) -> Array:
        """The levelled heat, (H, W)."""
        if self._heat is None:
            if self.curve is not None:
                self._heat = self._looked_up(self.curve.sure)
            else:
                self._heat = self.thermogram.heat if self.plain else self._of(self.thermogram.heat, self.doubt)
        return self._heat

    @property
    def raw_quarter(self) -> Array:
        """The mean of each cell as it came, (H // 4, W // 4)."""
        if self._quarter is None:
            self._quarter = quarter_of(self.thermogram.heat)
        return self._quarter

    @property
    def quarter(self) -> Array:
        """The levelled mean of each cell, (H // 4, W // 4)."""
        if self.curve is not None:
            return np.asarray(np.interp(self.raw_quarter, LEVELS, self.curve.heat), np.float32)
        return self.raw_quarter if self.plain else self._of(self.raw_quarter)

    def cells(self) -> tuple[Array, Array]:
        """Return the levelled mean and maximum of each cell, both (H // 4, W // 4)."""
        levels = self.thermogram.levels
        if levels is None or self.gain <= 0.0:
            return self.quarter, peaks(self.heat)
        if self.curve is not None:
            return self.quarter, self.curve.sure[peaks(levels)]
        peak = peaks(levels).astype(np.float32)
        return self.quarter, peak if self.plain else self._of(peak, self.doubt)

    def _looked_up(self, table: Array) -> Array:
        assert self.thermogram.levels is not None
        return np.asarray(cv2.LUT(self.thermogram.levels, table), np.float32)

    def _of(self, heat: Array, doubt: float = 0.0) -> Array:
        offset = np.float32(self.offset + doubt * self.gain)
        return heat - offset if self.gain == 1.0 else (heat - offset) * np.float32(1.0 / self.gain)

"""One picture with the camera's gain taken out. Each form of it is made when it is first asked for: a quiet picture needs none."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from edged.detector.background import peaks, quarter_of
from edged.model.frame import Thermogram

Array = npt.NDArray[np.float32]


class Levelled:
    """A thermogram; after `level` its heat is (heat − offset) / gain, which `plain` says is the same."""

    def __init__(self, thermogram: Thermogram) -> None:
        self.thermogram = thermogram
        self.gain, self.offset = 1.0, 0.0
        self._heat: Array | None = None
        self._quarter: Array | None = None

    def level(self, gain: float, offset: float) -> None:
        """Take out this gain and offset."""
        self.gain, self.offset, self._heat = gain, offset, None

    @property
    def plain(self) -> bool:
        """Tell whether nothing is taken out."""
        return self.gain == 1.0 and self.offset == 0.0

    @property
    def heat(self) -> Array:
        """The levelled heat, (H, W)."""
        if self._heat is None:
            self._heat = self.thermogram.heat if self.plain else self._of(self.thermogram.heat)
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
        return self.raw_quarter if self.plain else self._of(self.raw_quarter)

    def cells(self) -> tuple[Array, Array]:
        """Return the levelled mean and maximum of each cell, both (H // 4, W // 4)."""
        levels = self.thermogram.levels
        if levels is None or self.gain <= 0.0:
            return self.quarter, peaks(self.heat)
        peak = peaks(levels).astype(np.float32)
        return self.quarter, peak if self.plain else self._of(peak)

    def _of(self, heat: Array) -> Array:
        if self.gain == 1.0:
            return heat - np.float32(self.offset)
        return (heat - np.float32(self.offset)) * np.float32(1.0 / self.gain)

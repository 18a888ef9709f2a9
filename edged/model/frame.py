"""Pictures: what came out of a decoder, and what it says about heat."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt

TemperatureKind = Literal["radiometric", "calibrated", "relative"]
"""`radiometric`: °C from the sensor. `calibrated`: grey level regressed on the camera's own readings. `relative`: grey level only."""

Picture = Literal["celsius", "centikelvin", "kelvin-linear", "flir-counts", "counts", "white-hot", "black-hot", "palette"]
"""How the pixels of a stream or file encode heat. `centikelvin`: 0.01 K a count; `kelvin-linear`: another step; `flir-counts`: by Planck
constants; `counts`: nothing is known but that more is hotter."""


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """One decoded picture.

    Shapes: `pixels` (H, W) uint8 | uint16 | float32, or (H, W, 3) uint8 BGR for palettes.
    Units: `mono_s` arrival, seconds monotonic; `captured_at` UTC on the daemon's clock; `camera_time` the camera's own UTC claim.
    `index` counts frames of this source from 0. `damaged`: the decoder reported an error in it. `held`: a replay repeats this picture
    on purpose, so that not changing is no sign of a frozen sensor.
    """

    pixels: npt.NDArray[np.generic]
    index: int
    mono_s: float
    captured_at: datetime
    camera_time: datetime | None = None
    key: bool = False
    damaged: bool = False
    held: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Thermogram:
    """A scalar picture of heat.

    Shapes: `heat` (H, W) float32, °C for `radiometric` and `calibrated`, grey levels 0–255 (white-hot) or counts for `relative`;
    `usable` (H, W) bool, false under OSD, dead pixels and decoding damage; `over_range` (H, W) bool, true where the
    sensor's radiometric range ended or a palette drew its over-range colour.
    `levels_per_k` is the nominal slope for `relative` pictures (1.0 for °C). `degraded`: the heat is a guess (palette not recognised, or
    the pixels cannot be what the settings say). `assumed`: nothing in the picture proves how it encodes heat.
    `levels` (H, W) uint8: the same as `heat`, where that is whole grey levels; whoever replaces one replaces both.
    """

    heat: npt.NDArray[np.float32]
    kind: TemperatureKind
    usable: npt.NDArray[np.bool_] | None = None
    over_range: npt.NDArray[np.bool_] | None = None
    levels_per_k: float = 1.0
    degraded: bool = False
    assumed: bool = False
    levels: npt.NDArray[np.uint8] | None = None

    @classmethod
    def grey(cls, levels: npt.NDArray[np.uint8], levels_per_k: float, *, degraded: bool = False, assumed: bool = False) -> Thermogram:
        """Return a `relative` picture of grey levels, (H, W). Its `heat` is made when it is first asked for: most pictures need none."""
        made = cls.__new__(cls)
        known: dict[str, Any] = {"kind": "relative", "usable": None, "over_range": None, "levels_per_k": levels_per_k}
        for name, value in (known | {"degraded": degraded, "assumed": assumed, "levels": levels}).items():
            object.__setattr__(made, name, value)
        return made

    @property
    def shape(self) -> tuple[int, int]:
        """(H, W)."""
        height, width = self.heat.shape if self.levels is None else self.levels.shape
        return height, width

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> object:
            """Make `heat` of the levels; called only while its slot is empty."""
            if name != "heat":
                raise AttributeError(name)
            heat = self.levels.astype(np.float32)
            object.__setattr__(self, "heat", heat)
            return heat

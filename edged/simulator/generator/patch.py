"""What every stimulus is made of: flat patches of one temperature as one lens sees them, and the verbs that paint them.

Frame: pixels of the lens, (0, 0) the centre of the upper-left one, x right, y down. Time: seconds of the sequence.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

Shape = Literal["box", "disc"]


@dataclass(frozen=True, slots=True)
class Patch:
    """One flat part of a source, upright in the picture.

    Units: pixels, °C, metres. `range_m`: through how much air it is seen, and which patch lies in front. `reflected_c` None: the patch
    lets through what lies behind it (a flame, whose emissivity is that of its depth); else it is opaque, and 1 − `emissivity` of its
    light comes from surroundings of that temperature.
    """

    x_px: float
    y_px: float
    width_px: float
    height_px: float
    temp_c: float
    range_m: float
    emissivity: float = 0.95
    reflected_c: float | None = 15.0
    shape: Shape = "box"


class Stimulus(Protocol):
    """Something hot, warm or cold that the picture shows for a while.

    `kind` names it in tables; `burns` is the truth: an alarm for it is right. `patches` is a pure function of time: the same time, the
    same patches, in any order; none while it is not there.
    """

    @property
    def kind(self) -> str: ...

    @property
    def burns(self) -> bool: ...

    def patches(self, t_s: float) -> Sequence[Patch]: ...

"""What a camera's own thermometry says of spots and boxes of its picture."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal


@dataclass(frozen=True, slots=True)
class SpotReading:
    """A temperature that the camera claims, °C. Frame: shares of the picture, (0, 0) its upper left corner, (1, 1) its lower right.

    A point has no width and height; a box names the greatest and, where the camera tells them, the least and the mean in it.
    """

    x: float
    y: float
    temp_c: float
    width: float = 0.0
    height: float = 0.0
    mean_c: float | None = None
    least_c: float | None = None


@dataclass(frozen=True, slots=True)
class HeatRead:
    """Readings of one moment. `at`: UTC, when the camera took them."""

    camera_id: str
    at: datetime
    readings: tuple[SpotReading, ...]
    kind: Literal["heat_read"] = "heat_read"

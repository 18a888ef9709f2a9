"""The tour of one head as its settings have it: stops, and what it may spend on suspects."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from edged.geometry.coverage import HEIGHT_PX, WIDTH_PX
from edged.geometry.lens import pixel
from edged.model.aim import Beacon
from edged.model.lens import IDEAL, Lens
from edged.model.view import HeadPolygon, WatchPoint


@dataclass(frozen=True, slots=True)
class PatrolStop:
    """One direction of a tour, in head angles or by the camera's preset; `dwell_s` is how long it is watched.

    `hfov_deg`, `lens`: as the settings have them; what the camera reports on arrival stands for them. `passing`, `aloft_deg`: see `View`.
    """

    view_id: str
    pan_deg: float
    tilt_deg: float
    hfov_deg: float
    dwell_s: float
    preset: str | None = None
    areas: tuple[HeadPolygon, ...] = ()
    lens: Lens = IDEAL
    beacons: tuple[Beacon, ...] = ()
    commission_id: str = ""
    passing: bool = False
    aloft_deg: float | None = None

    def holds(self, point: WatchPoint) -> bool:
        """Tell whether a point lies in this stop's picture; of a preset, whose direction may not be known, only what was seen from it."""
        if self.preset is not None or self.view_id == point.view_id:
            return self.view_id == point.view_id
        return _in_picture(self.pan_deg, self.tilt_deg, self.hfov_deg, self.lens, point.pan_deg, point.tilt_deg)


@dataclass(frozen=True, slots=True)
class HeadPlan:
    """The tour of one head. `turns` false: a fixed lens, whose only stop is held for ever.

    `linger_s`: for how long it stops and looks for the sake of one suspect (0: never); `linger_share`: the share of its time that all
    suspects together may take.
    """

    camera_id: str
    stops: tuple[PatrolStop, ...]
    turns: bool
    foreign_idle_s: float = 60.0
    arrive_timeout_s: float = 25.0
    pause_s: float = 10.0
    linger_s: float = 0.0
    linger_share: float = 0.0


@lru_cache(maxsize=1024)
def _in_picture(pan_deg: float, tilt_deg: float, hfov_deg: float, lens: Lens, to_pan_deg: float, to_tilt_deg: float) -> bool:
    at = pixel(pan_deg, tilt_deg, to_pan_deg, to_tilt_deg, WIDTH_PX, HEIGHT_PX, hfov_deg, lens)
    return at is not None and -0.5 <= at[0] <= WIDTH_PX - 0.5 and -0.5 <= at[1] <= HEIGHT_PX - 0.5

"""Temperature rounds: named spots that are measured at each visit, what was measured, and hazards that follow from it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from edged.model.frame import TemperatureKind
from edged.model.view import BlindCause

SpotCause = Literal["hot_track", "text", "degraded"] | BlindCause
"""Why a spot was not measured: something hot stands before it, burnt-in text, a picture whose heat is a guess, or the view was blind."""

LimitName = Literal["limit_c", "over_neighbours_k", "over_neighbours_levels", "slope_k_per_h", "slope_k_per_day"]
HazardState = Literal["present", "gone", "closed"]


@dataclass(frozen=True, slots=True)
class Spot:
    """A place that is measured. `points`: one corner (a point with `radius_deg` around it) or at least three, head angles (pan, tilt).

    `reflected_temp_c` None: as the air; `range_m` None: near, so that the air does not count.
    """

    name: str
    points: tuple[tuple[float, float], ...]
    radius_deg: float = 0.0
    emissivity: float = 0.95
    reflected_temp_c: float | None = None
    range_m: float | None = None


@dataclass(frozen=True, slots=True)
class SpotMeasure:
    """One spot at one visit, or `cause` why not. °C, grey levels or counts where `kind` is `relative`.

    `median` and `high` (the hottest 3 × 3 px, so that no single pixel counts) are apparent, at emissivity 1; `object_…` corrected for
    emissivity, reflection and air, None where impossible or `relative`. `valid`: radiometric and at least 5 × 5 px. `looks`: pictures
    of which the middle is given. `air_assumed`: the correction rests on an assumed air.
    """

    name: str
    camera_id: str
    view_id: str
    generation: int
    mono_s: float
    at: datetime
    kind: TemperatureKind
    px: int = 0
    looks: int = 0
    valid: bool = False
    median: float | None = None
    high: float | None = None
    object_median_c: float | None = None
    object_high_c: float | None = None
    cause: SpotCause | None = None
    air_assumed: bool = False

    @property
    def value(self) -> float | None:
        """What is compared with neighbours: the hottest of it, corrected where that is possible; None where nothing was measured."""
        if self.cause is not None:
            return None
        return self.high if self.kind == "relative" or self.object_high_c is None else self.object_high_c

    @property
    def celsius(self) -> float | None:
        """What may be called a temperature; None where it is none."""
        return self.value if self.valid else None


@dataclass(frozen=True, slots=True)
class RoundRule:
    """What is wanted of a spot: its owner, whom it is compared with, and its limits, None where there is none."""

    name: str
    camera_id: str
    owner: str = ""
    neighbours: tuple[str, ...] = ()
    due_h: float = 72.0
    limit_c: float | None = None
    over_neighbours_k: float | None = None
    over_neighbours_levels: float | None = None
    slope_k_per_h: float | None = None
    slope_k_per_day: float | None = None

    def limits(self) -> tuple[tuple[LimitName, float], ...]:
        """Return the limits that are set."""
        every: tuple[tuple[LimitName, float | None], ...] = (
            ("limit_c", self.limit_c),
            ("over_neighbours_k", self.over_neighbours_k),
            ("over_neighbours_levels", self.over_neighbours_levels),
            ("slope_k_per_h", self.slope_k_per_h),
            ("slope_k_per_day", self.slope_k_per_day),
        )
        return tuple((name, value) for name, value in every if value is not None)


@dataclass(frozen=True, slots=True)
class Hazard:
    """A limit that was crossed, until a person closes it. `gone`: it is back, and nobody has looked yet.

    `value` as of `since`, the last change; `peak` the most that was measured. `returns`: how often it came back.
    """

    hazard_id: str
    spot: str
    camera_id: str
    limit_name: LimitName
    limit: float
    opened_at: datetime
    state: HazardState
    since: datetime
    value: float
    peak: float
    owner: str
    due: datetime
    overdue: bool = False
    returns: int = 0
    note: str = ""
    closed_by: str | None = None

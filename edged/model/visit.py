"""What is kept of what an eye saw, for months: one record a track and visit of a view, and how a place was watched."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from edged.model.alarm import AlarmState, ClearReason, FalseAlarmReason
from edged.model.frame import TemperatureKind
from edged.model.sighting import ReasonAgainst, ReasonFor


@dataclass(frozen=True, slots=True)
class InArea:
    """An area of the head that a source lay in, with the evidence asked on top."""

    name: str
    kind: Literal["mask", "known_heat", "work_zone"]
    extra_evidence: float


@dataclass(frozen=True, slots=True)
class Visit:
    """One track during one visit of a view. `key` names it for ever.

    Frame: head angles; `azimuth_deg`, `elevation_deg` and the place where the head is calibrated. Units: `peak_k` over its surroundings,
    None without temperatures. `evidence` as it last stood, `greatest` its greatest; `fire_evidence` the greatest sum that core gave the
    fire it belongs to, of `needed` for the next state. `state`: the furthest that fire came; `held_by`: the alarm that a person marked
    false and that silences it. `reported` false: the eye itself held it back. `log_likelihood` sums what was reported.
    """

    key: str
    camera_id: str
    view_id: str
    generation: int
    track_id: int
    first_seen_at: datetime
    last_seen_at: datetime
    pan_deg: float
    tilt_deg: float
    sigma_deg: float
    area_px: float
    temperature_kind: TemperatureKind
    apparent_temp_c: float | None = None
    peak_k: float | None = None
    log_likelihood: float = 0.0
    evidence: float = 0.0
    greatest: float = 0.0
    fire_evidence: float | None = None
    needed: float = 0.0
    extra: float = 0.0
    reasons_for: tuple[ReasonFor, ...] = ()
    reasons_against: tuple[ReasonAgainst, ...] = ()
    areas: tuple[InArea, ...] = ()
    state: AlarmState | Literal["none"] = "none"
    alarm_id: str | None = None
    display_id: str | None = None
    held_by: str | None = None
    azimuth_deg: float | None = None
    elevation_deg: float | None = None
    lat_wgs84: float | None = None
    lon_wgs84: float | None = None
    doubt_m: float = 0.0
    zone_id: str | None = None
    place: str = ""
    reported: bool = True
    standing: bool = False
    test: bool = False

    @property
    def notable(self) -> bool:
        """Whether it came near to an alarm, or stood there hot."""
        return self.state != "none" or self.standing


@dataclass(frozen=True, slots=True)
class Judgement:
    """What people said of an alarm: marked false, cleared, or confirmed as a fire; and from where it was seen first."""

    alarm_id: str
    display_id: str
    raised_at: datetime
    marked_false: FalseAlarmReason | None
    clear_reason: ClearReason | None
    is_fire: bool
    test: bool
    camera_id: str | None
    view_id: str | None
    pan_deg: float
    tilt_deg: float
    place: str


@dataclass(frozen=True, slots=True)
class WatchCell:
    """How one view was watched in a quarter of an hour. `view_id` empty: the head between its views. Units: seconds."""

    camera_id: str
    view_id: str
    begins_at: datetime
    watched_s: float
    last_at: datetime | None
    blind_s: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True, slots=True)
class BlindRun:
    """A stretch in which one head judged no picture, with the cause that it had most."""

    camera_id: str
    from_at: datetime
    until_at: datetime
    cause: str


CELL_S = 900.0

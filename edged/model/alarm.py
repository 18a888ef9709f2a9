"""One alarm as the journal holds it: the whole value after each transition."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from edged.model.place import IgnitionPoint, PlaceWords
from edged.model.sighting import ReasonAgainst, ReasonFor, Temperature

AlarmState = Literal["suspect", "pre_alarm", "active", "acknowledged", "cleared"]
Arming = Literal["shadow", "console", "duty", "radio"]
"""How far an alarm of this head or zone goes. Default for anything new: `shadow`."""

Role = Literal["viewer", "duty", "shift_leader", "technician", "administrator", "auditor"]
Via = Literal["console", "socket", "mqtt", "radio", "core"]
VerbName = Literal[
    "going", "on_scene", "no_fire_seen", "seen", "confirm", "raise", "clear", "false_alarm", "shelve", "unshelve", "verify", "permit",
    "arm", "maintenance", "told_119", "drill", "weather", "hazard",
]  # fmt: skip
FalseAlarmReason = Literal[
    "permit", "vehicle", "sun", "glint", "exhaust", "reefer", "cooking", "ritual", "fireworks", "test", "unknown"
]  # fmt: skip
ClearReason = Literal[
    "extinguished", "burnt_out", "no_fire_found", "false_alarm", "superseded", "expired", "test_over", "handed_over", "other"
]
LostCause = Literal["occluded", "out_of_view", "head_taken", "fog", "eye_down", "gone"]

ANSWER_VERBS: dict[int, VerbName] = {1: "going", 2: "on_scene", 3: "no_fire_seen", 4: "seen"}
"""Radio status message = 10 × verb + slot."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a person said to an alarm."""

    verb: VerbName
    actor: str
    via: Via
    at: datetime
    response_s: float | None = None


@dataclass(frozen=True, slots=True)
class SeenBy:
    """One view that sees the fire. Azimuth clockwise from true north, None where the head is not calibrated."""

    camera_id: str
    view_id: str
    pan_deg: float
    tilt_deg: float
    azimuth_deg: float | None
    elevation_deg: float | None
    captured_at: datetime


@dataclass(frozen=True, slots=True)
class Evidence:
    """Why: the reasons for and against, the summed log-likelihood, and the measure that growth is judged by."""

    reasons_for: tuple[ReasonFor, ...]
    reasons_against: tuple[ReasonAgainst, ...]
    log_likelihood: float
    first_seen_at: datetime
    last_seen_at: datetime
    temperature: Temperature | None
    excess: float
    excess_radiance: float | None
    area_px: float


@dataclass(frozen=True, slots=True)
class Alarm:
    """One fire, one alarm.

    `revision` rises with each journal row of this alarm. `slot` 1–9 while open and a slot was free. `test` never changes once `state`
    is `active`, except that one unmarked sighting makes a *new real* alarm beside the test.
    `announced_excess` is the excess at the last announcement: growth ×3 over it announces again.
    `release_due_at`: when silence sends the talkgroup text. `released_at`: when it went.
    """

    alarm_id: str
    display_id: str
    slot: int | None
    state: AlarmState
    revision: int
    source: Literal["detector", "person", "camera"]
    test: bool
    raised_at: datetime
    updated_at: datetime
    evidence: Evidence
    seen_by: tuple[SeenBy, ...]
    ignition_point: IgnitionPoint | None
    words: PlaceWords
    severity_level: Literal[1, 2, 3, 4] = 1
    verified: Literal["no", "second_lens", "second_head", "person"] = "no"
    arming: Arming = "shadow"
    active_at: datetime | None = None
    released_at: datetime | None = None
    release_due_at: datetime | None = None
    released_by: str | None = None
    not_seen_since: datetime | None = None
    not_seen_cause: LostCause | None = None
    announced_excess: float = 0.0
    announcements: int = 0
    answers: tuple[Answer, ...] = ()
    shelved_until: datetime | None = None
    shelved_by: str | None = None
    marked_false: FalseAlarmReason | None = None
    cleared_at: datetime | None = None
    cleared_by: str | None = None
    clear_reason: ClearReason | None = None
    superseded_by: str | None = None
    supersedes: tuple[str, ...] = ()
    told_119_at: datetime | None = None
    radio_s: str = ""
    radio_l: str = ""

"""Where a head looks, for how long, and what is known about that view."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from edged.model.aim import Beacon
from edged.model.calendar import ALWAYS, Calendar
from edged.model.lens import IDEAL, Lens


@dataclass(frozen=True, slots=True)
class Pose:
    """Head angles of the mount, degrees: pan turning right positive, tilt up positive; `hfov_deg` of the thermal lens.

    For a fixed camera pan and tilt are 0 and lens angles carry the direction.
    """

    pan_deg: float
    tilt_deg: float
    hfov_deg: float
    zoom_norm: float = 0.0


@dataclass(frozen=True, slots=True)
class HeadPolygon:
    """A named area in head angles. `points`: (pan_deg, tilt_deg) corners, at least three, closed by itself.

    `when`: it counts only then; control looks at the clock, so that in a `View` it is always `ALWAYS`.
    """

    name: str
    points: tuple[tuple[float, float], ...]
    kind: Literal["mask", "known_heat", "work_zone"]
    extra_evidence: float = 3.0
    """Log-likelihood that a track inside must have on top; suppression raises the bar and never switches detection off."""
    when: Calendar = ALWAYS


@dataclass(frozen=True, slots=True)
class WatchPoint:
    """A direction that is kept out of a head's backgrounds: an alarm that is open, or was lately. It also goes to a restarted eye.

    `pan_deg`, `tilt_deg`: direction in head angles; `radius_deg` around it is kept out of the background. `open`: a suspect or a pre-alarm,
    for which a head stops and looks; `view_id`: the view that saw it.
    """

    alarm_id: str
    pan_deg: float
    tilt_deg: float
    radius_deg: float
    open: bool = False
    view_id: str = ""


@dataclass(frozen=True, slots=True)
class View:
    """One held direction of one head. Frames outside a View are blind time and are not judged.

    `generation` rises with every View of this camera; sightings of an older generation are dropped.
    `commission_id` names the settings that its reference picture belongs to; empty: none is kept.
    `valid_from_mono_s`: the head had arrived and settled at this moment (CLOCK_MONOTONIC is one clock for all processes).
    `passing`: a direction of no tour, held once for another head's suspect. Its background is learnt anew and forgotten with it, so what is
    hot there from the first picture on says nothing by itself: only absolute limits, growth and flicker do.
    `aloft_deg`: the tilt, in head angles, above which nothing stands on the ground or a roof of the zone; None where nobody knows.
    """

    camera_id: str
    view_id: str
    generation: int
    pan_deg: float
    tilt_deg: float
    hfov_deg: float
    valid_from_mono_s: float
    areas: tuple[HeadPolygon, ...] = ()
    watch: tuple[WatchPoint, ...] = ()
    lens: Lens = IDEAL
    beacons: tuple[Beacon, ...] = ()
    commission_id: str = ""
    passing: bool = False
    aloft_deg: float | None = None


BlindCause = Literal[
    "no_view", "moving", "frozen", "level_step", "damaged", "fog", "defocus", "dark", "no_stream", "head_taken", "maintenance", "drill",
    "starting", "unreachable", "auth_failed", "overload", "garbled", "stopped", "warm_up", "wiper", "heater",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Watched:
    """What an eye really looked at since its last report: the proof of sight, and the blind time with its causes.

    `judged_frames` are distinct frames that went through the detector in that interval. `last_distinct_mono_s` is the arrival of
    the newest picture that *changed*. `blind_s` sums seconds by cause. `osd_px`: pixels under burnt-in text, not looked at.
    `window_spots`, `pixel_spots`: hot or cold spots that keep their pixel while the head turns, not looked at. `assumed`: nothing proves
    how the pictures encode heat. `waiting_sources`: hot spots that wait their turn, since more show than are followed at a time.
    `fit_error_k`: 1σ of the temperatures where they are regressed on the camera's own readings.
    """

    camera_id: str
    view_id: str | None
    generation: int
    from_mono_s: float
    until_mono_s: float
    judged_frames: int
    last_distinct_mono_s: float | None
    blind_s: tuple[tuple[BlindCause, float], ...] = ()
    learning: bool = False
    range_reduced: bool = False
    key_interval_s: float | None = None
    dropped_frames: int = 0
    at: datetime | None = None
    osd_px: int = 0
    window_spots: int = 0
    pixel_spots: int = 0
    assumed: bool = False
    waiting_sources: int = 0
    fit_error_k: float | None = None

"""The passing part of the state: what eyes, heads and clocks said lately. Rebuilt from the book and new events after a restart."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from edged.core.slopes import Bins
from edged.geometry.drift import Head
from edged.model.event import HeadMoved
from edged.model.place import IgnitionPoint
from edged.model.rounds import LimitName, SpotMeasure
from edged.model.sighting import ReasonAgainst, ReasonFor, Temperature
from edged.model.site import Mount
from edged.model.view import BlindCause, WatchPoint
from edged.model.weather import Air, Measured


@dataclass(frozen=True, slots=True)
class Look:
    """One view's contribution to a fire. `measures` are its last three sizes.

    `log_likelihood`: the most that any of the view's tracks says. A track that took over the name of another shows the same heat again:
    `own` sums the present one's increments, `earlier` is what those before it had.
    """

    camera_id: str
    view_id: str
    generation: int
    track_id: int
    pan_deg: float
    tilt_deg: float
    sigma_deg: float
    first_mono_s: float
    last_mono_s: float
    captured_at: datetime
    log_likelihood: float
    measures: tuple[float, ...]
    stationary: bool
    irradiance_w_m2: float | None = None
    own: float = 0.0
    earlier: float = 0.0

    def less(self, nats: float) -> Look:
        """Return it with less evidence."""
        own, earlier = self.own - nats, self.earlier - nats
        return replace(self, own=own, earlier=earlier, log_likelihood=self.log_likelihood - nats)

    @property
    def steady_measure(self) -> float:
        """The smallest of the last three sizes: one noisy frame is no growth."""
        return min(self.measures) if self.measures else 0.0


@dataclass(frozen=True, slots=True)
class Fire:
    """What is believed to burn in one place, before and after it has an alarm. Tests and real fires never share one.

    `held_by`: a person marked the alarm of this source false; it is silent until it outgrows `held_sizes` or enters another zone.
    """

    fire_id: str
    test: bool
    looks: tuple[Look, ...]
    first_seen_at: datetime
    last_seen_at: datetime
    last_mono_s: float
    common_cause: float = 0.0
    bonus: float = 0.0
    alarm_id: str | None = None
    held_by: str | None = None
    held_sizes: tuple[tuple[str, float], ...] = ()
    held_zone: str | None = None
    reasons_for: tuple[ReasonFor, ...] = ()
    reasons_against: tuple[ReasonAgainst, ...] = ()
    temperature: Temperature | None = None
    excess: float = 0.0
    excess_radiance: float | None = None
    area_px: float = 0.0
    point: IgnitionPoint | None = None
    fast: bool = False
    watched_unseen_s: float = 0.0
    grown_mono_s: float = -1e9
    updated_mono_s: float = -1e9
    paired_mono_s: float = -1e9
    apart_mono_s: float | None = None

    def look(self, camera_id: str) -> Look | None:
        """Return this camera's newest look."""
        return max((k for k in self.looks if k.camera_id == camera_id), key=lambda k: k.last_mono_s, default=None)

    def cameras(self) -> tuple[str, ...]:
        """Return the cameras that have seen it, sorted."""
        return tuple(sorted({look.camera_id for look in self.looks}))


@dataclass(frozen=True, slots=True)
class Watching:
    """What is known of one lookout's sight now. `causes`: seconds of blindness by cause since it last saw."""

    judged_mono_s: float
    fresh_since_mono_s: float | None = None
    limit_s: float | None = None
    cause: BlindCause = "starting"
    causes: tuple[tuple[BlindCause, float], ...] = ()
    view_id: str | None = None
    range_reduced: bool = False
    learning: bool = False
    waiting_sources: int = 0
    eye_down: bool = False
    watched_mono_s: float = -1e9


@dataclass(frozen=True, slots=True)
class Aimed:
    """What is known of one head's aim, and the mount that it is counted from: under another one it is counted anew."""

    mount: Mount | None
    head: Head = field(default_factory=Head)


@dataclass(frozen=True, slots=True)
class Reading:
    """One quantity of the weather as it was last measured. `mono_s`: when, on the monotonic clock, however late it came."""

    measured: Measured
    mono_s: float


@dataclass(frozen=True, slots=True)
class Series:
    """What is known of one spot of the rounds. `good`: the last measurement with a number; `unseen`: visits in a row without one.

    `turning`: by limit, how many visits in a row speak for a change, since when (monotonic), and the most that was measured.
    """

    last: SpotMeasure | None = None
    good: SpotMeasure | None = None
    bins: Bins = ()
    unseen: int = 0
    turning: Mapping[LimitName, tuple[int, float, float]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Asked:
    """When other heads were last asked to look at a fire, which (none: none could), and the one that was free and went."""

    mono_s: float
    camera_ids: tuple[str, ...] = ()
    lent: str | None = None


@dataclass(frozen=True, slots=True)
class Live:
    """`duty`: people at the post, None while unknown. `due`: deadlines on the monotonic clock by (alarm, what), with their labels.

    `reloaded`: the rules changed since the last step. `held_from`: since when a camera holds its present view, monotonic.
    """

    awake: bool = False
    reloaded: bool = False
    candidates: int = 0
    fires: Mapping[str, Fire] = field(default_factory=dict)
    generations: Mapping[str, int] = field(default_factory=dict)
    held_from: Mapping[str, float] = field(default_factory=dict)
    watching: Mapping[str, Watching] = field(default_factory=dict)
    heads: Mapping[str, HeadMoved] = field(default_factory=dict)
    duty: tuple[str, ...] | None = None
    outputs: Mapping[str, bool] = field(default_factory=dict)
    due: Mapping[tuple[str, str], tuple[datetime, float]] = field(default_factory=dict)
    watch_sent: Mapping[str, tuple[WatchPoint, ...]] = field(default_factory=dict)
    standing: Mapping[tuple[str, int, int], float] = field(default_factory=dict)
    verified: frozenset[str] = frozenset()
    asked: Mapping[str, Asked] = field(default_factory=dict)
    aims: Mapping[str, Aimed] = field(default_factory=dict)
    weather: Mapping[str, Reading] = field(default_factory=dict)
    air_sent: Mapping[str, Air] = field(default_factory=dict)
    rounds: Mapping[str, Series] = field(default_factory=dict)

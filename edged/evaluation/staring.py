"""A staring lens without a camera: pictures through the daemon's detector into its core, without journal, broker or radio.

`edged replay` and `edged evaluate` share it, so that both judge by the same code. Time comes from the frames.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, field

from edged.camera.replay import Played, Replay
from edged.core.confirm import total
from edged.core.live import Fire
from edged.core.patrol import applying
from edged.core.rules import Rules
from edged.core.step import start, step
from edged.detector.chain import Detector
from edged.detector.scalar import Scalar
from edged.detector.scene import Stage
from edged.detector.settings import DetectionSettings
from edged.geometry.measurement import PlanckCounts
from edged.model.alarm import Alarm
from edged.model.command import Append
from edged.model.event import Event, Sighted, Tick, ViewHeld, WatchedView
from edged.model.frame import Frame, Picture
from edged.model.instant import Instant
from edged.model.lens import IDEAL, Lens
from edged.model.sighting import ReasonAgainst, ReasonFor, Sighting
from edged.model.view import HeadPolygon, View, Watched

TICK_S = 1.0
DEFAULT_HFOV_DEG = 24.0
EPOCH = "replay"


@dataclass(frozen=True, slots=True)
class Staring:
    """Whom the pictures play: id, rules of its station, how its pictures are read and judged.

    `without`: reasons that count for nothing; `off`: stages that do nothing. Of its `areas` those count that
    do at the hour of the first picture.
    """

    camera_id: str
    rules: Rules
    detection: DetectionSettings = field(default_factory=DetectionSettings)
    picture: Picture | None = None
    hfov_deg: float = DEFAULT_HFOV_DEG
    areas: tuple[HeadPolygon, ...] = ()
    lens: Lens = IDEAL
    without: frozenset[ReasonFor | ReasonAgainst] = frozenset()
    off: frozenset[Stage] = frozenset()
    kelvin_per_count: float = 0.04
    planck: PlanckCounts | None = None


@dataclass(frozen=True, slots=True)
class Changed:
    """A transition that the daemon would have committed."""

    alarm: Alarm
    change: str


@dataclass(frozen=True, slots=True)
class Taken:
    """One sighting, or None for a tick, and what it changed."""

    sighting: Sighting | None
    changes: tuple[Changed, ...]


class Core:
    """The same core as the daemon's, without a journal."""

    def __init__(self, rules: Rules) -> None:
        self._state = start(rules, EPOCH)

    def take(self, event: Event, now: Instant) -> tuple[Changed, ...]:
        """Step one event. Returns the alarms that it changes."""
        self._state, commands = step(self._state, event, now)
        rows = (command.row for command in commands if isinstance(command, Append))
        return tuple(Changed(row.alarm, row.change) for row in rows if row.alarm is not None)

    def fires(self) -> tuple[tuple[Fire, float], ...]:
        """Return what is believed to burn, each with its evidence in nats."""
        return tuple((fire, total(fire, self._state.rules.settings)) for fire in self._state.live.fires.values())


class Stare:
    """One scene from its first picture on: a view of its own, learnt afresh, before a core that may be shared."""

    def __init__(self, who: Staring, camera_id: str, picture: Picture | None, first: Frame, core: Core) -> None:
        self.began_s = self._ticked_s = self._last_s = first.mono_s
        self.frames = 0
        self.spent_s = 0.0
        self.blind_s: dict[str, float] = {}
        self._core = core
        self._scalar = Scalar(who.picture or picture or "auto", who.detection.range_end_c, who.kelvin_per_count, who.planck)
        areas = applying(who.areas, first.captured_at.astimezone(who.rules.tz))
        view = View(camera_id, "staring", 1, 0.0, 0.0, who.hfov_deg, first.mono_s, areas, lens=who.lens)
        self._detector = Detector(who.detection, camera_id, view, who.without, who.off)
        core.take(ViewHeld(view), _now(first))

    @property
    def length_s(self) -> float:
        """From the first picture to the last."""
        return self._last_s - self.began_s

    def take(self, frame: Frame) -> Iterator[Taken]:
        """Judge one picture: its sightings one after the other, then the tick that is due."""
        now = _now(frame)
        self._last_s = frame.mono_s
        clock = time.process_time()
        sightings = self._detector.judge(self._scalar.thermogram(frame), frame)
        self.spent_s += time.process_time() - clock
        self.frames += 1
        for sighting in sightings:
            yield Taken(sighting, self._core.take(Sighted(sighting), now))
        if frame.mono_s - self._ticked_s >= TICK_S:
            self._ticked_s = frame.mono_s
            changes = self._core.take(WatchedView(self._watched()), now)
            yield Taken(None, changes + self._core.take(Tick(), now))

    def end(self) -> None:
        """Count the blind time since the last tick."""
        self._watched()

    def _watched(self) -> Watched:
        watched = self._detector.watched()
        for cause, seconds in watched.blind_s:
            self.blind_s[cause] = self.blind_s.get(cause, 0.0) + seconds
        return watched


@dataclass(slots=True)
class Scene:
    """One scene of a replay: its first picture, and all of them."""

    first: Played
    rest: Iterator[Played]

    def all(self) -> Iterator[Played]:
        """Yield every picture of the scene, the first included."""
        yield self.first
        yield from self.rest


def scenes(source: Replay) -> Iterator[Scene]:
    """Yield the scenes one after another. A scene has to be read to its end before the next."""
    stream = iter(source)
    ahead = next(stream, None)
    while ahead is not None:
        first = ahead
        ahead = None

        def rest(number: int) -> Iterator[Played]:
            nonlocal ahead
            for played in stream:
                if played.scene != number:
                    ahead = played
                    return
                yield played

        yield Scene(first, rest(first.scene))


def _now(frame: Frame) -> Instant:
    return Instant(frame.mono_s, frame.captured_at)

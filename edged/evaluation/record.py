"""Pictures of one scene to a staring lens, or to several that differ in what they leave out, and what each made of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace

from edged.detector.scene import Stage
from edged.evaluation.outcome import FAST_NATS, KEPT_NATS, Outcome, Rang
from edged.evaluation.staring import Core, Stare, Staring, Taken
from edged.model.frame import Frame, Picture
from edged.model.sighting import ReasonAgainst, Sighting

Without = ReasonAgainst | Stage | None
"""What a run leaves out; None: nothing."""
Truth = Callable[[Sighting, float], tuple[bool, str | None]]
"""(sighting, seconds of the scene) → (does it burn there, what stands there)."""


@dataclass(slots=True)
class Recorder:
    """One lens, its core, and what was noted."""

    stare: Stare
    core: Core
    truth: Truth
    sightings: int = 0
    rang: list[Rang] = field(default_factory=list)
    curve: list[tuple[float, float]] = field(default_factory=list)
    peaks: dict[int, float] = field(default_factory=dict)
    burning: dict[int, tuple[bool, str | None]] = field(default_factory=dict)
    known: set[str] = field(default_factory=set)

    def take(self, frame: Frame) -> None:
        """Judge one picture."""
        at_s = frame.mono_s - self.stare.began_s
        for taken in self.stare.take(frame):
            if taken.sighting is not None:
                self.sightings += 1
                self.burning[taken.sighting.track_id] = self.truth(taken.sighting, at_s)
                self._weigh(at_s)
            self._ring(taken, at_s)

    def found_by(self, mono_s: float) -> bool:
        """Tell whether a right alarm had come at that moment."""
        return any(each.right and self.stare.began_s + each.at_s <= mono_s for each in self.rang)

    def outcome(self, base: Outcome, held_s: float) -> Outcome:
        """Return `base` with what came of it."""
        self.stare.end()
        return replace(
            base, exposure_s=round(self.stare.length_s, 3), held_s=round(held_s, 3), frames=self.stare.frames, sightings=self.sightings,
            detector_ms=round(1e3 * self.stare.spent_s / max(1, self.stare.frames), 3),
            blind_s={cause: round(seconds, 2) for cause, seconds in self.stare.blind_s.items()}, rang=tuple(self.rang),
            curve=tuple(self.curve), peaks=tuple(sorted((round(v, 2) for v in self.peaks.values() if v >= KEPT_NATS), reverse=True)),
        )  # fmt: skip

    def _weigh(self, at_s: float) -> None:
        for fire, nats in self.core.fires():
            if not fire.looks:
                continue
            track, value = fire.looks[0].track_id, FAST_NATS if fire.fast else nats
            if self.burning.get(track, (False, None))[0]:
                if value > (self.curve[-1][1] if self.curve else KEPT_NATS):
                    self.curve.append((round(at_s, 2), round(value, 2)))
            else:
                self.peaks[track] = max(value, self.peaks.get(track, 0.0))

    def _ring(self, taken: Taken, at_s: float) -> None:
        for changed in taken.changes:
            alarm = changed.alarm
            if alarm.state != "active" or alarm.alarm_id in self.known:
                continue
            self.known.add(alarm.alarm_id)
            track = taken.sighting.track_id if taken.sighting is not None else -1
            right, cause = self.burning.get(track, (False, None))
            self.rang.append(Rang(round(at_s, 2), right, alarm.evidence.reasons_for, cause))


def play(
    frames: Iterable[Frame],
    who: Staring,
    picture: Picture | None,
    truth: Truth,
    base: Outcome,
    withouts: Mapping[str, Without],
    stop_after_s: float | None = None,
) -> dict[str, Outcome]:
    """Show every frame to one lens for each entry of `withouts`. Returns what came of it, by the same names; empty without frames.

    `stop_after_s`: end so long after the last of them found what burns; None: play to the end.
    """
    recorders: dict[str, Recorder] = {}
    held_s, last_s = 0.0, None
    for frame in frames:
        if not recorders:
            for name, without in withouts.items():
                core = Core(who.rules)
                recorders[name] = Recorder(Stare(_left_out(who, without), who.camera_id, picture, frame, core), core, truth)
        held_s += frame.mono_s - last_s if frame.held and last_s is not None else 0.0
        last_s = frame.mono_s
        for recorder in recorders.values():
            recorder.take(frame)
        if stop_after_s is not None and all(recorder.found_by(frame.mono_s - stop_after_s) for recorder in recorders.values()):
            break
    return {name: recorder.outcome(base, held_s) for name, recorder in recorders.items()}


def _left_out(who: Staring, without: Without) -> Staring:
    match without:
        case None:
            return who
        case "registration" | "osd_mask" | "frame_health":
            return replace(who, off=frozenset({without}))
        case _:
            return replace(who, without=frozenset({without}))

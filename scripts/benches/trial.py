"""One sequence of the generator through the daemon's detector and core, faster than real time, and what came of it.

Shared by the benches that insert heat into pictures. An alarm belongs to the stimulus that stood nearest its last sighting.
"""

from __future__ import annotations

import math
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from edged.core.rules import Rules
from edged.core.step import start, step
from edged.detector.chain import Detector
from edged.detector.scalar import Scalar
from edged.detector.settings import DetectionSettings
from edged.model.command import Append
from edged.model.event import Sighted, Tick, ViewHeld, WatchedView
from edged.model.instant import Instant
from edged.model.sighting import ReasonAgainst, ReasonFor, Sighting
from edged.model.view import View
from edged.simulator.generator.patch import Stimulus
from edged.simulator.generator.sequence import Sequence

PATH_KEPT = 80


@dataclass(frozen=True, slots=True)
class Told:
    """An alarm that reached `state` at `at_s`, at a pixel; `kind` of the stimulus it is about, None where there is none."""

    alarm_id: str
    state: str
    at_s: float
    x_px: float
    y_px: float
    kind: str | None
    burns: bool
    reasons: tuple[str, ...]


@dataclass(slots=True)
class Outcome:
    """What came of a sequence. Seconds of the sequence, infinite where it never came; the first of each.

    `suspect_s`, `alarm_s`: of what burns. `told`: each alarm's first arrival at each state. `log`: the sightings near what burns.
    """

    visible_s: float = math.inf
    suspect_s: float = math.inf
    alarm_s: float = math.inf
    false_alarms: int = 0
    false_suspects: int = 0
    told: list[Told] = field(default_factory=list)
    reasons: Counter[str] = field(default_factory=Counter)
    blind_s: Counter[str] = field(default_factory=Counter)
    log: list[str] = field(default_factory=list)
    frames: int = 0
    detector_ms: float = 0.0
    generator_ms: float = 0.0


def run(
    sequence: Sequence,
    *,
    px: int = 4,
    kelvin: float = 20.0,
    without: frozenset[ReasonFor | ReasonAgainst] = frozenset(),
    settings: DetectionSettings | None = None,
    stop_s: float | None = None,
    visible_s: float | None = None,
    keep_log: bool = False,
) -> Outcome:
    """Judge `sequence`. `without`: reasons that count for nothing. `visible_s`: where known, else it is searched by `px`, `kelvin`.

    `stop_s`: end so long after the first alarm of what burns; None: play to the end.
    """
    out = Outcome(visible_s=sequence.first_visible_s(px, kelvin) if visible_s is None else visible_s)
    hfov = math.degrees(2.0 * math.atan(sequence.background.celsius.shape[1] / 2.0 * sequence.sensor.ifov_mrad / 1000.0))
    view = View("th-01", "trial", 1, 0.0, -4.0, hfov, sequence.begin_s)
    output = sequence.sensor.output
    scalar = Scalar("white-hot" if output == "white-hot" else output)
    detector = Detector(settings or DetectionSettings(), "th-01", view, without)
    state = start(Rules.build("trial", lookouts=(), paths=(), simulated=True), "bench")
    states: dict[str, set[str]] = {}
    sums: Counter[int] = Counter()
    at: dict[str, tuple[float, float]] = {}
    spent, began, tick_s = 0.0, time.process_time(), -1.0
    for frame in sequence:
        now, t_s = Instant(frame.mono_s, frame.captured_at), frame.mono_s - sequence.begin_s
        clock = time.process_time()
        found = detector.judge(scalar.thermogram(frame), frame)
        spent, out.frames = spent + time.process_time() - clock, out.frames + 1
        events: list[Any] = [ViewHeld(view)] if frame.index == 0 else []
        events += [Sighted(sighting) for sighting in found]
        if t_s - tick_s >= 1.0:
            tick_s, watched = t_s, detector.watched()
            out.blind_s.update(dict(watched.blind_s))
            events += [WatchedView(watched), Tick()]
        for event in events:
            if isinstance(event, Sighted):
                here = event.sighting
                at["last"] = (here.x_px, here.y_px)
                sums[here.track_id] += here.log_likelihood  # type: ignore[assignment]
                if keep_log:
                    out.log.append(shown(here, sums[here.track_id], t_s))
            state, commands = step(state, event, now)
            for command in commands:
                if isinstance(command, Append) and command.row.alarm is not None and "last" in at:
                    _book(out, command.row.alarm, states, at["last"], sequence, t_s)
        if stop_s is not None and t_s > out.alarm_s + stop_s:
            break
    whole = time.process_time() - began
    out.detector_ms = 1e3 * spent / max(1, out.frames)
    out.generator_ms = 1e3 * whole / max(1, out.frames) - out.detector_ms
    return out


def shown(s: Sighting, total: float, t_s: float) -> str:
    """Return a sighting as a line."""
    what = f"tr{s.track_id} ({s.x_px:.0f},{s.y_px:.0f}) {s.area_px:.0f} px {s.excess:.0f}"
    return f"{t_s:6.2f} {what} {total:.1f} {'+'.join(s.reasons_for)} - {'+'.join(s.reasons_against)}"


def _book(out: Outcome, alarm: Any, states: dict[str, set[str]], place: tuple[float, float], sequence: Sequence, t_s: float) -> None:
    known = states.setdefault(alarm.alarm_id, set())
    if alarm.state in known:
        return
    known.add(alarm.state)
    cause: Stimulus | None = sequence.cause(*place, t_s)
    burns = cause is not None and cause.burns
    reasons = tuple(alarm.evidence.reasons_for)
    out.told.append(Told(alarm.alarm_id, alarm.state, t_s, *place, None if cause is None else cause.kind, burns, reasons))
    if burns:
        out.suspect_s = min(out.suspect_s, t_s)
    elif len(known) == 1:
        out.false_suspects += 1
    if alarm.state == "active":
        out.reasons.update(reasons)
        if burns:
            out.alarm_s = min(out.alarm_s, t_s)
        else:
            out.false_alarms += 1

"""A real fire within one pixel and one second of a drill: always Actual, never later than without the drill."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

from edged.core.step import State, start, step
from edged.model.alarm import Alarm
from edged.model.event import Event, Sighted, Tick
from edged.model.instant import Instant
from edged.model.journal import Row
from tests.core.station import T0, rules, sighting

SEEDS = 1_000
PIXEL_DEG = 0.03
RULES = rules()


def story(seed: int) -> tuple[list[tuple[Instant, Event]], list[tuple[Instant, Event]]]:
    """Return (drill events, real events): one camera, within 1 px and 1 s, the same or another track number."""
    chance = random.Random(seed)
    pan, tilt = chance.uniform(-60, -20), chance.uniform(-4, -2)
    drill, real = [], []
    begin = T0.later(1.0)
    shift_s = chance.uniform(-1.0, 1.0)
    for n in range(8):
        at = begin.later(1.0 + 0.125 * n)
        drill.append(
            (at, Sighted(sighting(at, "th-1", pan, tilt, chance.choice([0.5, 3.0, 12.0]), test=True, fast_path=chance.random() < 0.2)))
        )
        at = at.later(shift_s)
        near = pan + chance.uniform(-1, 1) * PIXEL_DEG, tilt + chance.uniform(-1, 1) * PIXEL_DEG
        seen = sighting(at, "th-1", *near, chance.choice([0.5, 1.5, 3.0]), track_id=chance.choice([1, 1, 2]) if n == 0 else 1)
        real.append((at, Sighted(replace(seen, fast_path=chance.random() < 0.05))))
    return drill, real


def play(events: list[tuple[Instant, Event]]) -> list[Row]:
    state: State = start(RULES, "e")
    rows: list[Row] = []
    end = T0.later(40.0)
    for at, event in [*sorted(events, key=lambda e: e[0].mono_s), (end, Tick())]:
        state, commands = step(state, event, at)
        rows += [c.row for c in commands if c.kind == "append"]
    return rows


def life(rows: list[Row]) -> list[tuple[Any, ...]]:
    """Return the real alarm's transitions with everything but identities."""
    found = [(r.at, r.change, r.alarm) for r in rows if r.kind == "alarm" and r.lane == "real" and r.alarm is not None]
    return [(at, change, _nameless(alarm)) for at, change, alarm in found]


def _nameless(alarm: Alarm) -> Alarm:
    return replace(alarm, alarm_id="", slot=0, radio_s="", radio_l="")


def test_a_drill_never_delays_masks_or_lowers_a_real_fire() -> None:
    drills = fires = 0
    for seed in range(SEEDS):
        drill, real = story(seed)
        with_drill, without = play([*drill, *real]), play(real)
        assert life(with_drill) == life(without), f"seed {seed}: the drill changed the real alarm"
        alarms = [r.alarm for r in with_drill if r.alarm is not None]
        assert all(a.test is (r.lane == "test") for r in with_drill if (a := r.alarm) is not None)
        assert {a.alarm_id for a in alarms if a.test}.isdisjoint({a.alarm_id for a in alarms if not a.test})
        drills += any(a.test for a in alarms)
        fires += any(not a.test and a.state == "active" for a in alarms)
        assert all(not a.test for a in (r.alarm for r in without) if a is not None)
    assert fires > SEEDS // 2
    assert drills > SEEDS * 9 // 10


def test_a_drill_alone_makes_only_a_test_and_ends_by_itself() -> None:
    for seed in range(50):
        drill, _ = story(seed)
        state = start(RULES, "e")
        for at, event in drill:
            state, _ = step(state, event, at)
        state, _ = step(state, Tick(), at.later(200.0))
        assert state.book.alarms == {}
        assert all(a.test and a.clear_reason == "test_over" for a in state.book.cleared.values())

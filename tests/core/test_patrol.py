"""One head's tour: it arrives before it is believed, yields to others, and never fights."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from hypothesis import given
from hypothesis import strategies as st

from edged.core import patrol
from edged.core.patrol import Drop, HeadFault, HeadPlan, Hold, Patrol, PatrolStop, TurnTo
from edged.model.calendar import ALWAYS, Calendar
from edged.model.lens import Lens
from edged.model.view import HeadPolygon

STOPS = (PatrolStop("a", 0.0, -5.0, 20.0, 6.0), PatrolStop("b", 20.0, -5.0, 20.0, 6.0))
PLAN = HeadPlan("th-01", STOPS, turns=True)


def arrive(state: Patrol, at_s: float) -> Patrol:
    state, orders = patrol.turned(state, state.request_id, True, at_s, "")
    assert isinstance(orders[0], Hold)
    return state


def test_a_fixed_lens_holds_its_only_view_at_once() -> None:
    state, orders = patrol.tick(Patrol(replace(PLAN, stops=STOPS[:1], turns=False)), 5.0)
    assert isinstance(orders[0], Hold)
    assert orders[0].view.valid_from_mono_s == 5.0
    assert patrol.tick(state, 1e6)[1] == ()


def test_the_tour_goes_round_and_generations_rise() -> None:
    state, seen, now = Patrol(PLAN), [], 0.0
    for _ in range(4):
        state, orders = patrol.tick(state, now)
        assert isinstance(orders[0], Drop)
        assert isinstance(orders[1], TurnTo)
        state = arrive(state, now + 2.0)
        seen.append((state.stop.view_id, state.generation))
        now += 9.0
    assert [view for view, _ in seen] == ["a", "b", "a", "b"]
    assert sorted({g for _, g in seen}) == [g for _, g in seen]


def test_an_answer_to_an_older_turn_is_dropped() -> None:
    state, _ = patrol.tick(Patrol(PLAN), 0.0)
    assert patrol.turned(state, "th-01/0/0", True, 1.0, "") == (state, ())


def test_a_head_that_never_arrives_is_a_fault_after_two_tries() -> None:
    state, _ = patrol.tick(Patrol(PLAN), 0.0)
    state, orders = patrol.tick(state, 30.0)
    assert any(isinstance(o, TurnTo) for o in orders)
    state, orders = patrol.tick(state, 60.0)
    assert isinstance(orders[0], HeadFault)
    assert "th-01" in orders[0].message
    assert "edged probe th-01" in orders[0].message
    assert patrol.tick(state, 61.0)[1] == ()


def test_a_foreign_movement_is_yielded_to_and_taken_back_after_a_minute() -> None:
    state = arrive(patrol.tick(Patrol(PLAN), 0.0)[0], 1.0)
    state, orders = patrol.moved(state, 40.0, -5.0, True, True, 3.0)
    assert orders == (Drop(state.generation, "head_taken"),)
    state, _ = patrol.moved(state, 50.0, -5.0, True, True, 50.0)
    assert patrol.tick(state, 70.0)[1] == ()
    assert any(isinstance(o, TurnTo) for o in patrol.tick(state, 111.0)[1])


def test_a_quiet_shift_of_a_held_head_is_noticed() -> None:
    state = arrive(patrol.tick(Patrol(PLAN), 0.0)[0], 1.0)
    assert patrol.moved(state, 0.1, -5.0, False, False, 2.0)[1] == ()
    assert patrol.moved(state, 2.0, -5.0, False, False, 2.0)[1] != ()


@given(st.lists(st.tuples(st.sampled_from(["tick", "arrive", "miss", "foreign"]), st.floats(0, 100)), max_size=60))
def test_no_view_stands_while_the_head_turns(script: list[tuple[str, float]]) -> None:
    """Whatever happens: Hold and Drop alternate in meaning, and the newest Hold has the newest generation."""
    state, now, standing = Patrol(PLAN), 0.0, False
    newest = 0
    for what, step in script:
        now += step
        if what == "tick":
            state, orders = patrol.tick(state, now)
        elif what == "foreign":
            state, orders = patrol.moved(state, 90.0, 0.0, True, True, now)
        else:
            state, orders = patrol.turned(state, state.request_id, what == "arrive", now, "stuck")
        for order in orders:
            if isinstance(order, Hold):
                standing = True
                assert order.view.generation > newest
                newest = order.view.generation
            elif isinstance(order, Drop):
                standing = False
        assert standing == (state.phase == "held")


def test_a_view_carries_its_lens_and_the_field_that_the_camera_reports_stands_for_the_settings() -> None:
    bent, reported = Lens(k=(-0.1,)), (17.0, Lens(k=(-0.1,), pan_off_deg=0.2))
    plan = replace(PLAN, stops=tuple(replace(stop, lens=bent) for stop in STOPS))
    state, orders = patrol.turned(patrol.tick(Patrol(plan), 0.0)[0], "th-01/1/0", True, 1.0, "")
    assert isinstance(orders[0], Hold)
    assert (orders[0].view.hfov_deg, orders[0].view.lens) == (20.0, bent)
    turning, _ = patrol.tick(state, 8.0)
    state, orders = patrol.turned(turning, turning.request_id, True, 9.0, "", reported)
    assert isinstance(orders[0], Hold)
    assert (orders[0].view.hfov_deg, orders[0].view.lens) == reported
    _, orders = patrol.again(state, 10.0)
    assert isinstance(orders[0], Hold)
    assert (orders[0].view.hfov_deg, orders[0].view.lens) == reported, "a replaced eye gets the same view"
    on, _ = patrol.tick(state, 20.0)
    assert on.seen is None, "what one stop got is no word on the next"


def test_areas_count_by_the_clock_while_a_view_is_held() -> None:
    night = HeadPolygon("flue", ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0)), "known_heat", 3.0, Calendar(hours=((1320, 360),)))
    always = HeadPolygon("stack", night.points, "mask")
    state = Patrol(replace(PLAN, stops=(replace(STOPS[0], areas=(night, always)),), turns=False))
    state, orders = patrol.tick(state, 5.0)
    assert isinstance(orders[0], Hold)
    first = orders[0].view
    assert first.areas == (always,)
    state, orders = patrol.at(state, datetime(2026, 11, 27, 22, 0))
    assert orders == (Hold(replace(first, areas=(replace(night, when=ALWAYS), always))),)
    assert patrol.at(state, datetime(2026, 11, 28, 5, 59))[1] == ()
    state, orders = patrol.at(state, datetime(2026, 11, 28, 6, 0))
    assert orders == (Hold(first),)


def test_a_turning_head_is_not_told_of_areas() -> None:
    timed = HeadPolygon("flue", ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0)), "mask", 3.0, Calendar(hours=((60, 120),)))
    stops = tuple(replace(stop, areas=(timed,)) for stop in STOPS)
    state = arrive(patrol.tick(Patrol(replace(PLAN, stops=stops)), 0.0)[0], 2.0)
    state, _ = patrol.tick(state, 9.0)
    state, orders = patrol.at(state, datetime(2026, 11, 27, 1, 30))
    assert orders == ()
    state, orders = patrol.turned(state, state.request_id, True, 12.0, "")
    assert isinstance(orders[0], Hold)
    assert [area.name for area in orders[0].view.areas] == ["flue"]

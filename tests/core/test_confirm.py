"""What is added and what is not: tracks and views of one lens show the same heat, a second lens adds a little, increments go on."""

from __future__ import annotations

import pytest

from edged.core.confirm import SECOND_LENS, total
from edged.model.event import EyeChanged
from tests.core.station import YARD, Bench

FAR = {"first_seen_mono_s": 1e6}
"""A track that began after the one before it was last seen."""


def evidence(b: Bench) -> float:
    (fire,) = b.state.live.fires.values()
    return total(fire, b.state.rules.settings)


def test_a_track_that_takes_over_says_the_same_heat_again() -> None:
    b = Bench()
    b.see(ll=6.0, evidence=6.0, track_id=1)
    b.see(ll=6.0, evidence=6.0, track_id=2, **FAR)
    assert evidence(b) == pytest.approx(6.0)
    b.see(ll=2.0, evidence=8.0, track_id=2, **FAR)
    assert evidence(b) == pytest.approx(8.0)
    assert b.one().state == "pre_alarm"
    b.see(ll=2.0, evidence=10.0, track_id=2, **FAR)
    assert b.one().state == "active"


def test_increments_without_their_sum_are_added_by_track() -> None:
    b = Bench()
    b.see(ll=4.0, track_id=1)
    b.see(ll=3.0, track_id=1)
    b.see(ll=5.0, track_id=2, **FAR)
    assert evidence(b) == pytest.approx(7.0)


def test_an_eye_that_was_replaced_goes_on_from_what_its_predecessor_said() -> None:
    b = Bench()
    b.see(ll=6.0, track_id=5)
    b.play(EyeChanged("th-1", "started", "pid 7"))
    b.see(ll=4.0, track_id=1)
    assert b.one().state == "active"


def test_two_views_of_one_lens_show_the_same_heat() -> None:
    b = Bench()
    b.see(ll=7.0, evidence=7.0, view_id="v")
    b.see(ll=7.0, evidence=7.0, view_id="w", generation=3)
    assert evidence(b) == pytest.approx(7.0)


def test_a_second_lens_adds_a_little_and_makes_no_alarm_of_a_lorry_that_both_see() -> None:
    b = Bench()
    for camera in ("th-1", "th-2", "th-3"):
        b.see_at(*YARD, camera, ll=7.7, evidence=7.7)
    assert evidence(b) == pytest.approx(7.7 + SECOND_LENS)
    assert b.one().state == "pre_alarm"


def test_the_lens_that_says_most_is_believed() -> None:
    b = Bench()
    b.see_at(*YARD, "th-1", ll=-4.0, evidence=-4.0)
    b.see_at(*YARD, "th-2", ll=9.5, evidence=9.5)
    assert b.one().state == "active"

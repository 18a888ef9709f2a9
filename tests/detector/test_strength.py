"""What stands out so far that being new is nearly enough, with temperatures and at the end of a grey scale."""

from __future__ import annotations

import numpy as np
import pytest

from edged.detector.endplace import EndPlace
from edged.detector.evidence import weigh
from edged.detector.settings import DetectionSettings
from edged.detector.strength import CLIMBED_S, Context, burns_where_it_began, is_strong, since_it_stands, stands_out
from edged.detector.takenscale import Taking
from edged.detector.track import Sample, Track
from edged.model.frame import Thermogram
from edged.model.sighting import Hotspot


def track(
    area_px: int, peak: float, background: float, known: float = -300.0, *, excess: float | None = None, varies: float = 0.05
) -> Track:
    whole = area_px * (peak - background) if excess is None else excess
    spot = Hotspot(40.0, 30.0, (36, 26, 8, 8), area_px, peak, background, whole, None, 40.0)
    made = Track(1, 0.0, False, False, spot, 9.0, known_level=known)
    for n in range(30):
        light = whole * (1.0 + varies * (-1) ** n)
        made.samples.append(Sample(3.0 + 0.2 * n, 40.0, 30.0, float(area_px), peak, whole, light))
    return made


@pytest.mark.parametrize(
    ("area_px", "rise_k", "strong"),
    [(4, 22.5, True), (4, 18.0, False), (1, 58.0, False), (1, 65.0, True), (2, 30.0, False), (2, 48.0, True), (3, 34.0, True)],
    ids=["the bar", "too cool", "one pixel", "one hot pixel", "two", "two with the excess of four", "three with the excess of four"],
)
def test_fewer_pixels_with_the_excess_of_four_are_as_strong(area_px: int, rise_k: float, strong: bool) -> None:
    assert is_strong(track(area_px, 10.0 + rise_k, 10.0), "celsius", Context(True, 5.0, 0.8)) is strong


def grey(
    one: Track,
    *,
    clutter: float = 8.0,
    brightest: float = 250.0,
    end: float = 254.0,
    fresh: int = 0,
    foremost: bool = True,
    bending: bool = False,
) -> bool:
    context = Context(True, 24.0, clutter, brightest=brightest, fresh=fresh, room=24.0, end=end, foremost=foremost, bending=bending)
    return is_strong(one, "relative", context)


def stirs(area_px: int, varies: float) -> bool:
    context = Context(True, 24.0, 8.0, brightest=200.0, room=24.0, noise=1.0)
    return is_strong(track(area_px, 255.0, 180.0, 180.0, varies=varies), "relative", context)


def test_at_the_end_of_the_scale_it_need_not_outshine_what_cannot_be_outshone() -> None:
    assert grey(track(20, 255.0, 180.0, 200.0))
    assert not grey(track(20, 250.0, 180.0, 200.0)), "below the end it must"
    assert not grey(track(300, 255.0, 180.0, 200.0)), "too large"
    assert not grey(track(20, 255.0, 180.0, 235.0)), "hardly brighter than its place was"
    assert not grey(track(20, 255.0, 180.0, 200.0), fresh=5), "the picture is full of new things"
    still = track(20, 255.0, 180.0, 200.0, varies=0.003)
    assert not grey(still), "it was switched on, or drove out from behind something"
    assert stands_out(still, "relative", Context(True, 24.0, 8.0, brightest=250.0, room=24.0, end=254.0)), "but it stands out"
    still.climbed_s = CLIMBED_S
    assert grey(still), "its light grew until it was there"
    for area_px, counts in ((300, True), (700, False)):
        wide = track(area_px, 255.0, 180.0, 200.0, varies=0.003)
        wide.climbed_s = CLIMBED_S
        assert grey(wide) is counts, "a square metre near by is large, a roof is larger"
    spreads = track(20, 255.0, 180.0, 200.0, varies=0.003)
    for n, sample in enumerate(list(spreads.samples)):
        spreads.samples[n] = sample._replace(light=sample.light * (1.0 + 0.03 * n))
    assert grey(spreads), "embers spread"
    stepped = track(20, 255.0, 180.0, 200.0, varies=0.001)
    for n, sample in enumerate(list(stepped.samples)):
        stepped.samples[n] = sample._replace(light=sample.light * (1.06 if n >= 24 else 1.0))
    assert not grey(stepped), "one step is the gain's"
    assert not stirs(2, 0.03), "two pixels vary by so much with their noise"
    assert stirs(20, 0.03)
    pumped = track(20, 255.0, 180.0, 200.0)
    pumped.hunted_s = 6.0
    assert not grey(pumped), "its light may vary with the gain"


@pytest.mark.parametrize(
    ("light", "moves_px", "hunted_s", "climbed_s"),
    [(0.03, 0.0, -1e9, 12.0), (0.0, 0.0, -1e9, 10.0), (0.03, 0.0, 8.0, 10.0), (0.03, 2.0, -1e9, 0.0)],
    ids=["grows", "stays", "with the gain", "drives"],
)
def test_for_how_long_its_light_grew_is_counted_until_it_drives(light: float, moves_px: float, hunted_s: float, climbed_s: float) -> None:
    one = track(20, 255.0, 180.0, 200.0, varies=0.003)
    one.climbed_s, one.hunted_s, one.seen, one.looks = 10.0, hunted_s, 100, 100
    for n, sample in enumerate(list(one.samples)):
        one.samples[n] = sample._replace(light=sample.light * (1.0 + light * n), x=sample.x + moves_px * n)
    picture = Thermogram(np.full((64, 80), 180.0, np.float32), "relative", levels_per_k=6.0)
    for n in range(8):
        weigh(one, picture, Context(True, 24.0, 8.0, end=254.0), DetectionSettings(), 9.0 + 0.25 * n, 0.25)
    assert one.climbed_s == pytest.approx(climbed_s)
    weigh(one, picture, Context(True, 24.0, 8.0, end=254.0), DetectionSettings(), 11.25, 0.25, held=True)
    assert one.climbed_s == pytest.approx(climbed_s), "a replay that repeats a picture"


@pytest.mark.parametrize(("grows", "steady"), [(0.02, False), (0.0, True)])
def test_what_climbs_is_not_steady(grows: float, steady: bool) -> None:
    """A skin whose body was let go of was held back for two minutes more, as steady, while it climbed."""
    one = track(20, 240.0, 180.0, varies=0.0)
    one.seen = one.looks = 100
    for n, sample in enumerate(list(one.samples)):
        one.samples[n] = sample._replace(light=sample.light * (1.0 + grows * n))
    one.held_against["steady"] = 20.0
    picture = Thermogram(np.full((64, 80), 180.0, np.float32), "relative", levels_per_k=6.0)
    weigh(one, picture, Context(True, 24.0, 8.0, end=254.0), DetectionSettings(), 9.0, 0.25)
    assert ("steady" in one.held_against) is steady


def test_in_clutter_it_must_exceed_its_place_by_more_than_a_gate() -> None:
    assert grey(track(20, 255.0, 195.0, 209.0), clutter=46.0)
    assert not grey(track(20, 255.0, 195.0, 225.0), clutter=46.0)
    assert grey(track(20, 255.0, 195.0, 225.0), clutter=20.0)


def test_what_made_the_gain_collapse_outshone_all_else_then() -> None:
    made = track(20, 240.0, 130.0, 170.0)
    assert not grey(made, end=279.0)
    made.taking = Taking(350.0, 7000.0, None)
    assert grey(made, end=279.0)
    assert not grey(made, end=279.0, foremost=False), "another one did"
    assert grey(made, end=279.0, bending=True)
    other = track(20, 255.0, 180.0, 200.0)
    assert grey(other, bending=True)
    assert not grey(other, bending=True, foremost=False), "while a curve is on its way"
    assert grey(made, end=279.0, fresh=9), "what shows with the gain is no crowd"
    made.taking = Taking(60.0, 7000.0, None)
    made.birth_rise = 60.0
    assert not grey(made, end=279.0)


def test_what_stood_at_the_end_of_the_scale_says_that_it_grew_by_its_spread_alone() -> None:
    """A fire of a megawatt moved the end from 285 to 326: two lorries that had ended there were alarms, as what grows."""
    made = track(24, 326.0, 128.0)
    made.stood_excess, made.stood_peak, made.reference_background = 2800.0, 285.0, 128.0
    made.end = EndPlace(1, (30, 20, 50, 40), 18.0, 18.0, 285.0, 8.0)
    assert since_it_stands(made, moves=False) > 1.5, "it was below the end when it came to stand"
    made.stood_excess = None
    since_it_stands(made, moves=False)
    assert made.stood_ended, "it is there as it comes to stand"
    made.stood_excess, made.stood_peak = 2800.0, 285.0
    assert since_it_stands(made, moves=False) == made.end.factor < 1.1


def test_what_made_the_gain_collapse_is_not_what_was_lost_near_by() -> None:
    for took_scale, moved_in in ((False, True), (True, False)):
        made = track(20, 80.0, 20.0)
        made.after_another, made.birth_rise, made.taking = True, 55.0, Taking(55.0, 900.0, None) if took_scale else None
        burns_where_it_began(made, "celsius", Context(True, 5.0, 0.8))
        assert made.moved_in is moved_in


def test_in_few_looks_nobody_can_tell_that_it_does_not_creep() -> None:
    """At one picture a second a reach stacker that crossed the view was strong after five of them."""
    made = track(20, 80.0, 20.0)
    assert burns_where_it_began(made, "celsius", Context(True, 5.0, 0.8))
    for _ in range(21):
        made.samples.pop()
    assert not burns_where_it_began(made, "celsius", Context(True, 5.0, 0.8))

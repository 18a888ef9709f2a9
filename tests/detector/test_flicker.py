"""What makes a flicker a flame's: what else may vary an area is ruled out one by one."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from edged.detector.endplace import EndPlace
from edged.detector.evidence import weigh
from edged.detector.flicker import look
from edged.detector.posture import Posture
from edged.detector.settings import DetectionSettings
from edged.detector.strength import Context
from edged.detector.track import Sample, Track, Visit
from edged.model.frame import Thermogram
from edged.model.sighting import Hotspot

GREY = Thermogram(np.full((64, 80), 120.0, np.float32), "relative", levels_per_k=6.0)
STANDS = Posture(
    drifting=False, stays=True, standing=True, creeps=False, arrived=False, came=False, whole=True, over=60.0, clear=True,
    seen=True, held=False,
)  # fmt: skip
NOW_S = 40.0


def flame(areas: tuple[float, ...] = (10.0, 22.0, 14.0, 30.0)) -> Track:
    """A track whose area goes through these again and again."""
    spot = Hotspot(40.0, 30.0, (36, 26, 8, 8), 16, 255.0, 120.0, 2000.0, None, 40.0)
    track = Track(1, 0.0, True, False, spot, NOW_S, seen=200, looks=200, birth_px=16)
    for n in range(80):
        area = areas[n % len(areas)]
        track.samples.append(Sample(NOW_S - 0.25 * (79 - n), 40.0, 30.0, area, 255.0, 2000.0, 30.0 * area))
    track.recent.append(track.samples[-1])
    return track


@pytest.mark.parametrize(("hunting", "visited", "flickers"), [(False, True, True), (True, True, False), (True, False, True)])
def test_a_gain_on_its_way_flickers_for_a_head_that_has_just_come_back(hunting: bool, visited: bool, flickers: bool) -> None:
    track = flame()
    track.visits = [Visit(0.0, 40.0, 30.0, 20.0, 100.0, 2000.0, 600.0)] if visited else []
    assert look(track, GREY, Context(True, 24.0, 2.0, hunting=hunting), STANDS, NOW_S).flickers is flickers


@pytest.mark.parametrize(("age_s", "flickers"), [(4.5, False), (6.0, True)])
def test_what_just_began_does_not_flicker_before_it_can_be_told_whether_it_creeps(age_s: float, flickers: bool) -> None:
    track = flame()
    track.first_look, track.born_s = False, NOW_S - age_s
    assert look(track, GREY, Context(True, 24.0, 2.0), STANDS, NOW_S).flickers is flickers
    track.visits = [Visit(0.0, 40.0, 30.0, 20.0, 100.0, 2000.0, 600.0)]
    assert look(track, GREY, Context(True, 24.0, 2.0), STANDS, NOW_S).flickers, "a head does not look for so long"


def licked(areas: tuple[float, ...], ended_px: tuple[int, ...] = (24, 40, 28, 48)) -> Track:
    """A steady track of these areas, at a place at the end of the scale that a flame licks out of."""
    track = flame(areas)
    track.end = place = EndPlace(1, (30, 20, 50, 40), 30.0, 20.0, 254.0, NOW_S, grown=True, calm_px=0.1, _here=60)
    for n in range(20):
        place.count(ended_px[n % 4], 200, NOW_S - 0.25 * (19 - n))
    return track


@pytest.mark.parametrize(("areas", "licks"), [((30.0, 40.0, 33.0, 44.0), True), ((36.0, 36.0, 37.0, 36.0), False)])
def test_what_licks_at_the_end_of_a_scale_moves_its_area_at_half_level_too(areas: tuple[float, ...], licks: bool) -> None:
    assert look(licked(areas), GREY, Context(True, 24.0, 2.0), STANDS, NOW_S) == (licks, licks)


@pytest.mark.parametrize(("areas", "licks"), [((32.0, 37.0, 32.0, 38.0), False), ((29.0, 40.0, 29.0, 42.0), True)])
def test_an_area_that_moves_by_no_more_than_the_pixel_grid_makes_licks_nowhere(areas: tuple[float, ...], licks: bool) -> None:
    assert look(licked(areas, (31, 38, 32, 40)), GREY, Context(True, 24.0, 2.0), STANDS, NOW_S).licks is licks


def test_what_licks_is_no_longer_steady() -> None:
    track = licked((30.0, 40.0, 33.0, 44.0))
    track.held_against["steady"] = 40.0
    weigh(track, GREY, Context(True, 24.0, 2.0), DetectionSettings(), NOW_S, 0.25)
    assert "steady" not in track.held_against


@pytest.mark.parametrize(("apart_px", "flickers"), [(0.0, True), (6.0, False)])
def test_parts_of_a_machine_that_part_and_join_are_no_flame(apart_px: float, flickers: bool) -> None:
    """Its area varies as a flame's, but its middle does not stay."""
    track = flame()
    for n, sample in enumerate(list(track.samples)):
        track.samples[n] = sample._replace(x=sample.x + apart_px * (n % 2))
    assert look(track, GREY, Context(True, 24.0, 2.0), STANDS, NOW_S).flickers is flickers


@pytest.mark.parametrize(("end", "cools"), [(300.0, True), (254.0, False)])
def test_what_is_beyond_the_scale_is_not_seen_to_cool(end: float, cools: bool) -> None:
    """The scale ends elsewhere from picture to picture, and what exceeds the surroundings with it."""
    track = flame((16.0,))
    for n, sample in enumerate(list(track.samples)):
        track.samples[n] = sample._replace(excess=3000.0 - 20.0 * n + 15.0 * (n % 3))
    for n in range(8):
        weigh(track, GREY, Context(True, 24.0, 2.0, end=end), DetectionSettings(), NOW_S + 0.25 * n, 0.25)
    assert ("cooling" in track.held_against) is cools


def test_in_a_view_that_sways_an_outline_varies_more() -> None:
    track = flame((14.0, 24.0, 12.0, 26.0))
    assert look(track, GREY, Context(True, 24.0, 2.0), STANDS, NOW_S).flickers
    assert not look(track, GREY, Context(True, 24.0, 2.0, sways=True), STANDS, NOW_S).flickers
    assert look(flame(), GREY, Context(True, 24.0, 2.0, sways=True), STANDS, NOW_S).flickers
    wall = flame((78.0, 136.0, 80.0, 134.0))
    for sway_px, flickers in ((1.0, True), (3.0, False)):
        assert look(wall, GREY, Context(True, 24.0, 2.0, sways=True, sway_px=sway_px), STANDS, NOW_S).flickers is flickers
    assert look(flame(), GREY, Context(True, 24.0, 2.0, sways=True, sway_px=1.0), STANDS, NOW_S).flickers


@pytest.mark.parametrize(("moved_in", "excused"), [(True, True), (False, False)])
def test_what_moved_in_may_well_grow_hotter(moved_in: bool, excused: bool) -> None:
    track = flame((16.0,))
    track.first_look, track.moved_in = False, moved_in
    weigh(track, GREY, Context(True, 24.0, 2.0), DetectionSettings(), NOW_S, 0.25)
    assert track.excused is excused


def test_in_a_view_that_sways_a_centre_is_known_to_a_pixel_less() -> None:
    track = flame()
    track.spot = replace(track.spot, box_px=(38, 28, 4, 4))
    for n, sample in enumerate(list(track.samples)):
        track.samples[n] = sample._replace(x=sample.x + 3.0 * (n % 2))
    assert not look(track, GREY, Context(True, 24.0, 2.0), STANDS, NOW_S).flickers
    assert look(track, GREY, Context(True, 24.0, 2.0, sways=True), STANDS, NOW_S).flickers


@pytest.mark.parametrize(("apart_px", "flickers"), [(0.0, True), (4.0, False)])
def test_the_light_of_what_wanders_is_no_flames(apart_px: float, flickers: bool) -> None:
    track = flame((8.0,))
    track.first_look, track.spot = False, replace(track.spot, area_px=8, box_px=(38, 28, 4, 4))
    for n, sample in enumerate(list(track.samples)):
        track.samples[n] = sample._replace(x=sample.x + apart_px * (n % 2), light=500.0 + 150.0 * ((7 * n) % 5 - 2))
    assert look(track, GREY, Context(True, 24.0, 2.0, noise=0.5), STANDS, NOW_S).flickers is flickers

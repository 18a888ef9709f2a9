"""When a rise is a fire's: sooner for what began before the lens, later for what came, never in the sun's first seconds in a mirror."""

from __future__ import annotations

import numpy as np
import pytest

from edged.detector.evidence import total
from edged.detector.growth import grows
from edged.detector.life import Life, Pace
from edged.detector.scalar import Scalar
from edged.detector.strength import CLIMBED_S, Context, since_it_stands
from edged.detector.track import Sample, Track, Visit
from edged.model.frame import Thermogram
from edged.model.sighting import Hotspot
from tests.detector.scenes import ACTIVE, detector, frames, hot, yard
from tests.detector.test_flicker import STANDS

PICTURE = Thermogram(np.full((64, 80), 20.0, np.float32), "radiometric")
NOW_S = 300.0


def rising(since_s: float, *, gains: bool = False) -> Track:
    """A steady-looking track that has kept its pace since it began `since_s` ago."""
    spot = Hotspot(40.0, 30.0, (36, 26, 8, 8), 40, 60.0, 20.0, 1600.0, None, 40.0)
    begun_s = NOW_S - since_s
    track = Track(1, begun_s, False, False, spot, NOW_S, seen=200, looks=200, known_since_s=begun_s)
    track.samples.extend(Sample(NOW_S - 0.5 * (39 - n), 40.0, 30.0, 40.0, 60.0, 1600.0, 1600.0) for n in range(40))
    track.life = Life(Pace(keeps=True, gains=gains, begun_s=begun_s))
    return track


def grown(track: Track, since: float, *, came: bool = False) -> bool:
    return grows(track, PICTURE, STANDS._replace(came=came), since, NOW_S, licks=False)


@pytest.mark.parametrize(("since", "grows_on"), [(1.6, True), (1.3, False)])
def test_what_began_before_the_lens_burns_when_it_has_half_as_much_again(since: float, grows_on: bool) -> None:
    assert grown(rising(150.0), since) is grows_on


@pytest.mark.parametrize("what", ["unwatched", "first_look"])
def test_what_nobody_saw_begin_may_soak(what: str) -> None:
    track = rising(150.0)
    setattr(track, what, True)
    assert not grown(track, 1.6)


def test_what_just_came_turns_its_hot_parts_to_the_lens() -> None:
    assert grown(rising(80.0, gains=True), 3.5, came=True)
    assert not grown(rising(40.0, gains=True), 3.5, came=True)
    assert grown(rising(40.0, gains=True), 3.5), "what came with nothing does not"


def test_the_sun_in_a_mirror_grows_as_it_comes_out_of_a_cloud() -> None:
    for since_s, told in ((10.0, False), (20.0, True)):
        track = rising(since_s, gains=True)
        track.may_glint = True
        assert grown(track, 3.5) is told
    again = rising(10.0, gains=True)
    again.may_glint, again.visits = True, [Visit(NOW_S - 90.0, 40.0, 30.0, 40.0, 20.0, 800.0, 800.0)]
    assert grown(again, 3.5), "from visit to visit the sun moves on"


@pytest.mark.parametrize("came", [True, False])
def test_what_came_to_a_place_that_was_known_to_be_warm_is_known_from_then_on(came: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """A hub that warmed for two minutes where its lorry had been learnt: its rise seemed to begin long after the view was first seen."""
    monkeypatch.setattr("edged.detector.lost.is_another", lambda *_: came)
    warm = hot(yard(1, 128, 160), 90.0, 80.0, 2.0, 9.0)
    eye, scalar = detector(), Scalar("celsius")
    known = set()
    for frame in frames(warm, 330.0, lambda heat, t: hot(heat, 90.0, 80.0, 2.0, 8.0) if t >= 310.0 else heat, fps=4.0):
        eye.judge(scalar.thermogram(frame), frame)
        known |= {track.known_since_s for scene in eye._scenes.values() for track in scene.tracks.live if frame.mono_s > 420.0}
    (since_s,) = known
    assert since_s == pytest.approx(410.0 if came else 100.0, abs=1.0)


def passing(areas: list[float], excesses: list[float]) -> Track:
    """A track that has stood for 30 s, of which these are the areas and excesses."""
    track = rising(30.0)
    track.life = Life()
    track.samples.clear()
    for n, (area, excess) in enumerate(zip(areas, excesses, strict=True)):
        track.samples.append(Sample(NOW_S - 0.5 * (len(areas) - 1 - n), 40.0, 30.0, area, 60.0, excess, excess))
    return track


def test_a_pixel_that_passes_the_limit_is_no_growth() -> None:
    """A lamp far off had 2 px, 3, and 4: its excess grew by three quarters, its light by a twentieth."""
    few = passing([2.0] * 20 + [3.0] * 20 + [4.0] * 20, [18.0] * 20 + [26.0] * 20 + [32.0] * 20)
    assert not grown(few, 1.0)
    wide = passing([20.0] * 20 + [30.0] * 20 + [40.0] * 20, [180.0] * 20 + [260.0] * 20 + [320.0] * 20)
    assert grown(wide, 1.0)


@pytest.mark.parametrize(("change", "counts"), [({}, True), ({"first_look": True}, False), ({"stood_peak": 50.0}, False)])
def test_what_has_grown_hotter_where_it_began_grows_though_it_hardly_stands_out(change: dict[str, object], counts: bool) -> None:
    """A skin in the shade as warm as the sunlit ground beside it: 10 K over that, where it had 6."""
    track = rising(150.0, gains=True)
    track.reference_background, track.stood_peak = 20.0, 40.0
    for name, value in change.items():
        setattr(track, name, value)
    assert grows(track, PICTURE, STANDS._replace(clear=False), 3.2, NOW_S, licks=False) is counts
    grey = Thermogram(PICTURE.heat, "relative", levels_per_k=6.0)
    assert not grows(track, grey, STANDS._replace(clear=False), 3.2, NOW_S, licks=False), "a gain moves all peaks"


@pytest.mark.parametrize(("change", "counts"), [({}, True), ({"climbed_s": 5.0}, False), ({"unwatched": True}, False)])
def test_what_spreads_where_it_was_seen_to_grow_need_not_stand_out_clearly_of_a_grey_picture(
    change: dict[str, object], counts: bool
) -> None:
    """Embers spread at the end of a scale, on a roof as bright: 50 px, and 500 after 45 s."""
    track = passing([50.0 + 4.0 * n for n in range(60)], [2500.0 + 250.0 * n + 50.0 * (n % 2) for n in range(60)])
    track.climbed_s = CLIMBED_S
    for name, value in change.items():
        setattr(track, name, value)
    grey = Thermogram(PICTURE.heat, "relative", levels_per_k=6.0)
    assert grows(track, grey, STANDS._replace(clear=False), 1.0, NOW_S, licks=False) is counts


@pytest.mark.parametrize(("area_px", "factor"), [(4.0, 2.0), (40.0, 3.8)])
def test_by_how_much_it_is_stronger_than_when_it_came_to_stand_leaves_pixels_out_that_pass(area_px: float, factor: float) -> None:
    track = rising(60.0)
    track.stood_excess, track.stood_peak, track.reference_background = 400.0, 60.0, 20.0
    track.samples[-1] = track.samples[-1]._replace(area=area_px)
    for n in range(1, 9):
        track.samples[-n] = track.samples[-n]._replace(area=area_px)
    assert since_it_stands(track, moves=False) == pytest.approx(factor)


def test_what_surely_gains_burns_however_it_came() -> None:
    """A hub that came in over the edge, with its lorry: three signs of one coming outweighed the fire in it for ever."""
    track = rising(400.0, gains=True)
    for reason in ("hot", "new", "stationary", "growing", "rising"):
        track.held_for[reason] = 100.0
    for against in ("edge_entry", "arrived_warm", "parked_vehicle"):
        track.held_against[against] = 100.0
    assert total(track, "radiometric", Context(False, 5.0, 0.5))[0] >= ACTIVE
    track.held_for.pop("growing")
    assert total(track, "radiometric", Context(False, 5.0, 0.5))[0] < ACTIVE

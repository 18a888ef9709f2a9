"""Under a gain on its way a source lives by what its light does against the gain, not with it."""

from __future__ import annotations

import math

import numpy as np
import pytest

from edged.detector.ownlight import own_light
from edged.detector.strength import Context, climbs, is_strong
from edged.detector.track import Sample, Track
from edged.model.sighting import Hotspot

END, SECONDS, BASE = 254.0, 32.0, 1000.0


def pumped(own: float = 0.0, grows: float = 0.0, *, opens: float = 0.0, lags_s: float = 0.0, seconds: float = SECONDS) -> Track:
    """Return a source of 12 px at the end of a scale that moves by 10 levels at 0.4 Hz, and by `opens` in all. Its light follows the end,
    `lags_s` late, varies by the share `own` by itself, and grows by the share `grows`."""
    spot = Hotspot(40.0, 30.0, (36, 26, 8, 8), 12, END + 12.0, 150.0, 1000.0, None, 20.0)
    made = Track(1, 0.0, False, False, spot, seconds, known_level=170.0, birth_px=12)
    rng = np.random.default_rng(3)
    for n in range(int(seconds / 0.2) + 1):
        t = 0.2 * n
        end, seen = (END + 10.0 * math.sin(0.8 * math.pi * at) + opens * t / seconds for at in (t, t - lags_s))
        light = (BASE + 12.0 * (seen - END)) * (1.0 + own * float(rng.standard_normal()) + grows * t / seconds)
        made.samples.append(Sample(t, 40.0, 30.0, 12.0, end, light, light))
    made.recent.extend(list(made.samples)[-8:])
    made.hunted_s = seconds
    return made


def lives(track: Track, *, noise: float = 1.0, sway_px: float = 0.0) -> bool:
    return is_strong(track, "relative", Context(True, 24.0, 6.0, brightest=210.0, room=24.0, noise=noise, end=END, sway_px=sway_px))


def test_light_that_goes_with_the_end_of_the_scale_is_the_pumps() -> None:
    flame, lamp = pumped(own=0.07), pumped()
    assert lives(flame)
    assert not lives(lamp)
    assert float(np.std([look.light for look in lamp.samples])) > 0.07 * BASE, "though it varies by as much"
    assert not lives(pumped(lags_s=0.15)), "a coder's picture lags behind the gain"
    alone = own_light(lamp, 8.0)
    assert alone is not None
    assert alone.half < 1e-6


@pytest.mark.parametrize(
    ("change", "noise", "sway_px"),
    [({"bent_s": SECONDS - 5.0}, 1.0, 0.0), ({}, 1.0, 0.4), ({}, 6.0, 0.0), ({"born_s": SECONDS - 6.0}, 1.0, 0.0)],
    ids=["a curve was taken out", "sways", "noise makes as much", "the gain has just made a step"],
)
def test_what_else_makes_light_vary_against_the_gain_is_no_life(change: dict[str, float], noise: float, sway_px: float) -> None:
    flame = pumped(own=0.07)
    for what, value in change.items():
        setattr(flame, what, value)
    assert not lives(flame, noise=noise, sway_px=sway_px)


def test_below_the_end_of_the_scale_its_peak_says_nothing_of_the_gain() -> None:
    flame = pumped(own=0.07)
    bright = Context(True, 24.0, 6.0, brightest=210.0, room=24.0, noise=1.0, end=END + 30.0)
    assert not is_strong(flame, "relative", bright)


@pytest.mark.parametrize(
    ("grows", "opens", "bent", "climbing"),
    [(0.5, 0.0, False, True), (0.0, 60.0, False, False), (0.5, 0.0, True, False), (1.2, 0.0, True, True)],
    ids=["grows", "the scale opens", "as a lamp's curve may settle", "grows by more than that"],
)
def test_what_grows_over_many_turns_of_the_gain_climbs(grows: float, opens: float, bent: bool, climbing: bool) -> None:
    one = pumped(own=0.01, grows=grows, opens=opens)
    one.bent_s = SECONDS if bent else one.bent_s
    assert climbs(one) is climbing
    assert lives(one) is climbing
    assert not lives(one, sway_px=0.4), "a lamp's light varies as the view sways"


def test_what_has_grown_over_its_whole_way_climbs_in_its_place() -> None:
    """A warm skin passes its limit in bits, from below, and its middle moves by pixels."""
    skin = pumped(own=0.01, grows=2.0)
    for n, look in enumerate(list(skin.samples)):
        skin.samples[n] = look._replace(y=look.y - 3.0 * n / len(skin.samples) + 1.6 * math.sin(1.3 * n))
    assert not climbs(skin), "it may drive"
    skin.recent.extend(list(skin.samples)[-8:])
    skin.birth_px, skin.birth_rise, skin.path = 1, 30.0, (38.0, 25.0, 41.0, 31.0)
    assert climbs(skin)
    skin.path = (30.0, 20.0, 41.0, 33.0)
    assert not climbs(skin), "it has left where it was"

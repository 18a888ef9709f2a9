"""The ceiling never calls a picture quiet in which the limit itself finds something; and a grey picture makes its heat only when asked."""

import numpy as np
import pytest

from edged.detector import candidates
from edged.detector.background import spread
from edged.detector.ceiling import Ceiling
from edged.detector.levelled import Levelled
from edged.detector.scaletop import CLIPPED
from edged.model.frame import Thermogram

SHAPE = (37, 50)


def cells(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).uniform(90.0, 180.0, (SHAPE[0] // 4, SHAPE[1] // 4)).astype(np.float32)


def exceeds(shown: Levelled, level: np.ndarray, below: float) -> np.ndarray:
    limit = spread(level, SHAPE)
    mask = candidates.above(shown.heat, limit, None)
    candidates.add_clipped(mask, shown.thermogram.heat, limit, below, CLIPPED)
    return mask > 0


@pytest.mark.parametrize(("gain", "offset"), [(1.0, 0.0), (0.7, 31.3), (1.6, -70.4), (-1.0, 260.0)])
def test_what_exceeds_the_limit_by_one_level_is_never_missed(gain: float, offset: float) -> None:
    level, ceiling, rng = cells(1), Ceiling(), np.random.default_rng(2)
    below = (254.0 - offset) / gain - 12.0
    held = 0
    for n in range(60):
        quiet = np.floor(gain * spread(level, SHAPE) + offset - rng.integers(1, 4)).clip(0, 253).astype(np.uint8)
        if n % 3:
            row, col = rng.integers(0, SHAPE[0]), rng.integers(0, SHAPE[1])
            quiet[row, col] = min(255, int(quiet[row, col]) + int(rng.integers(1, 6)) if n % 2 else 254)
        shown = Levelled(Thermogram.grey(quiet, 6.0))
        shown.level(gain, offset)
        held += (calm := ceiling.holds(shown, level, below, None, CLIPPED))
        assert not (calm and exceeds(shown, level, below).any())
    assert (held >= 20) == (gain > 0.0), "a calm picture is called so, else the ceiling saves nothing"


def test_the_end_of_the_scale_exceeds_a_limit_beyond_it_unless_the_place_was_always_so_bright() -> None:
    level, ceiling = cells(3), Ceiling()
    level[2, 3], level[5, 6] = 260.0, 300.0
    picture = np.full(SHAPE, 80, np.uint8)
    picture[22, 26] = 254
    assert ceiling.holds(Levelled(Thermogram.grey(picture, 6.0)), level, 270.0, None, CLIPPED)
    picture[9, 13] = 254
    assert not ceiling.holds(Levelled(Thermogram.grey(picture, 6.0)), level, 270.0, None, CLIPPED)


def test_text_is_not_looked_at_and_a_new_mask_counts_at_once() -> None:
    level, ceiling, osd = cells(4), Ceiling(), np.zeros(SHAPE, np.bool_)
    picture = np.full(SHAPE, 80, np.uint8)
    picture[2:6, 3:20] = 250
    shown = Levelled(Thermogram.grey(picture, 6.0))
    assert not ceiling.holds(shown, level, 266.0, osd, CLIPPED)
    written = osd.copy()
    written[2:6, 3:20] = True
    assert ceiling.holds(shown, level, 266.0, written, CLIPPED)
    assert not ceiling.holds(shown, level - np.float32(200.0), 266.0, written, CLIPPED), "a level of 0 would exceed it"


def test_heat_is_made_when_it_is_asked_for_and_then_kept() -> None:
    picture = np.arange(20, dtype=np.uint8).reshape(4, 5)
    made = Thermogram.grey(picture, 6.0, degraded=True)
    assert (made.shape, made.kind, made.levels_per_k, made.degraded, made.assumed) == ((4, 5), "relative", 6.0, True, False)
    heat = made.heat
    assert heat.dtype == np.float32
    assert np.array_equal(heat, picture)
    assert made.heat is heat
    with pytest.raises(AttributeError):
        made.heart  # noqa: B018

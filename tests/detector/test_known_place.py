"""What exceeds all that its own place was known to have is seen, however bright and cluttered its surroundings are."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from edged.detector import candidates
from edged.detector.background import Background
from edged.detector.registration import Shift
from edged.detector.steadiness import Steadiness
from edged.detector.sway import RECENT
from edged.model.frame import Thermogram
from edged.model.sighting import Hotspot
from tests.detector.scenes import Array, detector, frames, hot, play, yard

SHAPE = (64, 80)


def cluttered() -> Array:
    """Shade and sunlit roofs, 60 to 250 levels."""
    return np.random.default_rng(1).uniform(60.0, 250.0, SHAPE).astype(np.float32)


@pytest.mark.parametrize(("known", "seen"), [(None, False), (100.0, True), (252.0, False)])
def test_what_its_surroundings_outshine_is_seen_where_its_place_was_known_to_be_darker(known: float | None, seen: bool) -> None:
    """A skin in the shade between sunlit roofs, as bright as they are: its ring says nothing, its place does."""
    heat, mask = cluttered(), np.zeros(SHAPE, np.uint8)
    heat[30:35, 40:45], mask[30:35, 40:45] = 251.0, 255
    limit = None if known is None else np.full(SHAPE, known, np.float32)
    spots, _ = candidates.find(Thermogram.grey(heat.astype(np.uint8), 6.0), heat, mask, 24.0, 3.5, 1.0, 20, known=limit)
    assert [(round(spot.x_px), round(spot.y_px)) for spot in spots] == ([(42, 32)] if seen else [])


def test_while_a_view_is_learnt_its_places_are_not_known(monkeypatch: pytest.MonkeyPatch) -> None:
    known: list[tuple[float, bool]] = []

    def find(*asked: Any) -> tuple[list[Hotspot], int]:
        known.append((eye.watched().learning, asked[-1] is not None))
        return found(*asked)

    found, eye = candidates.find, detector()
    monkeypatch.setattr(candidates, "find", find)
    play(eye, frames(yard(), 20.0, lambda heat, t: hot(heat, 150.0, 140.0, 2.0, 40.0) if t >= 2.0 else heat))
    assert set(known) == {(True, False), (False, True)}


def test_a_hotter_neighbour_raises_the_limit_of_a_place_by_as_far_as_the_picture_may_lie_off() -> None:
    scene = np.full(SHAPE, 80.0, np.float32)
    scene[:, 40:] = 200.0
    background = Background(scene, 300.0)
    for slack_px, level in ((1.0, 210.0), (0.2, 114.0)):
        assert background.level(10.0, 4.0, slack_px=slack_px)[8, 9] == pytest.approx(level)
        assert background.level(10.0, 4.0, slack_px=slack_px)[8, 4] == pytest.approx(90.0), "far from it"
        assert background.limit(SHAPE, 10.0, 4.0, slack_px=slack_px)[33, 38] == pytest.approx(level)


def stands(offs_px: list[float], shift: tuple[float, float] = (0.0, 0.0)) -> float:
    steady = Steadiness()
    for n, off_px in enumerate(offs_px):
        steady.sway.look(Shift(off_px, 0.0, known=True), 100.0 + n)
    steady.shift = shift
    return steady.slack_px


def test_only_a_view_that_is_known_to_stand_still_has_little_slack() -> None:
    assert stands([0.0] * (RECENT - 1)) == 1.0, "not known yet"
    assert stands([0.0] * RECENT) == pytest.approx(0.1)
    assert stands([-0.09, 0.09] * RECENT) == pytest.approx(0.2)
    assert stands([0.35] * RECENT) == pytest.approx(0.5), "a mast that the sun bends"
    assert stands([0.0] * RECENT + [-0.95]) == 1.0
    assert stands([0.0] * RECENT, (0.6, 0.0)) == 1.0, "moved back"

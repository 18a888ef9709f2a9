"""What exceeds all that its own place was known to have is seen, however bright and cluttered its surroundings are."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from edged.detector import candidates
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

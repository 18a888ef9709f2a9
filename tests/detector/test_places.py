"""A yard full of lamps, and text in the picture, must not hide a fire."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from edged.detector.osd import lines
from edged.detector.places import Places
from tests.detector.scenes import Array, detector, first_active, frames, hot, play, yard


def lamps(count: int, seed: int, clear_of: tuple[float, float], height: int = 240, width: int = 320) -> Array:
    """Return a yard with so many lamps of 3–5 px and +30 K, none within 14 px of a place."""
    rng = np.random.default_rng(seed)
    heat, done = yard(seed, height, width), 0
    while done < count:
        x, y = int(rng.integers(6, width - 6)), int(rng.integers(height // 4, height - 6))
        if np.hypot(x - clear_of[0], y - clear_of[1]) > 14:
            cv2.circle(heat, (x, y), 1, float(heat[y, x]) + 30.0, -1)
            done += 1
    return np.asarray(cv2.GaussianBlur(heat, (0, 0), 0.6), np.float32)


@pytest.mark.parametrize("count", [60, 200])
@pytest.mark.parametrize("at_s", [2.0, 60.0])
def test_new_flame_among_lamps_is_active_in_ten_seconds(count: int, at_s: float) -> None:
    scene = lamps(count, 5, (150, 140), 360, 480)
    found = play(detector(), frames(scene, at_s + 11.0, lambda h, t: h if t < at_s else hot(h, 150, 140, 1.8, 45), fps=5.0))
    ours = [s for s in found if np.hypot(s.x_px - 150, s.y_px - 140) < 8]
    assert first_active(ours) - at_s <= 10.0
    assert first_active([s for s in found if s not in ours]) == float("inf")


def test_every_lamp_is_published_as_standing() -> None:
    scene = lamps(40, 6, (0, 0), 360, 480)
    found = play(detector(), frames(scene, 62.0, fps=4.0))
    places = {(round(s.x_px / 6), round(s.y_px / 6)) for s in found if s.standing}
    regions, _ = cv2.connectedComponents((scene > yard(6, 360, 480) + 15).astype(np.uint8))
    assert len(places) >= 0.8 * (regions - 1)
    assert min(s.mono_s for s in found if s.standing) <= 160.0


def test_lamp_of_the_first_look_that_becomes_a_fire_later_is_found() -> None:
    scene = lamps(60, 7, (150, 140))
    found = play(detector(), frames(scene, 75.0, lambda h, t: hot(h, 150, 140, 1.2 if t < 40 else 1.2 + 0.2 * (t - 40), 30), fps=5.0))
    assert 40.0 < first_active([s for s in found if np.hypot(s.x_px - 150, s.y_px - 140) < 12]) < 70.0


def clock(grey: Array, text: str) -> Array:
    out = grey.clip(0, 255).astype(np.uint8)
    cv2.rectangle(out, (4, 4), (300, 24), 0, -1)
    cv2.putText(out, text, (8, 19), cv2.FONT_HERSHEY_SIMPLEX, 0.45, 255, 1, cv2.LINE_AA)
    return np.asarray(out, np.float32)


def test_clock_in_the_picture_is_no_heat_and_a_fire_below_it_is() -> None:
    scene = yard(3) + 8.0

    def change(heat: Array, t: float) -> Array:
        heat = hot(heat, 60, 34, 2.5 + 0.06 * max(0.0, t - 12), 30) if t >= 12 else heat
        return np.asarray((clock(heat * 6.0 + 40.0, f"2026-01-01 18:00:{int(t):02d} th-01") - 40.0) / 6.0, np.float32)

    eye = detector()
    found = play(eye, frames(scene, 36, change, grey=True), "white-hot")
    assert not [s for s in found if s.y_px < 26]
    assert first_active(found) < 36.0
    assert eye.watched().osd_px > 500


def test_hot_row_of_lamps_is_no_text() -> None:
    grey = np.full((240, 320), 120.0, np.float32)
    for x in range(40, 280, 12):
        cv2.circle(grey, (x, 20), 4, 255.0, -1)
    assert lines(cv2.GaussianBlur(grey, (0, 0), 0.7)) is None
    assert lines(clock(grey, "2026-01-01 18:00:00")) is not None


def test_a_small_spot_on_a_large_known_place_is_something_on_it() -> None:
    hot = np.zeros((32, 40), np.bool_)
    hot[4:24, 4:34] = hot[28:31, 4:10] = True
    peak = np.where(hot, np.float32(60.0), np.float32(20.0)).astype(np.float32)
    places = Places(hot, peak, np.full((32, 40), 20.0, np.float32))
    assert not places.at(10, 10, 4.0)
    assert places.at(10, 10, 100.0)
    assert not places.at(26, 38, 100.0)
    assert places.at(29, 6, 1.0), "of a small one it is a piece"
    max(places.all, key=lambda place: len(place.cells[0])).opened_s = 5.0
    assert places.at(10, 10, 4.0), "while it is followed its pieces are its own"

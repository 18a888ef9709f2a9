"""What is learnt, what is kept out, and that it survives a restart."""

from __future__ import annotations

import warnings

import numpy as np

from edged.detector.background import Background, cells, first_look
from edged.model.sighting import Hotspot
from edged.model.view import View, WatchPoint
from tests.detector.scenes import ACTIVE, Array, detector, frames, hot, play, sums, view, yard


def test_hot_place_of_the_first_look_is_not_learnt() -> None:
    scene = hot(yard(), 150, 140, 3, 40)
    background = Background(scene, 5.0)
    assert background.held_out[35, 37]
    assert background.mean[35, 37] < 20.0


def test_broad_warm_ground_is_scenery() -> None:
    scene = yard()
    scene[120:] += 15.0
    found, _ = first_look(*cells(scene), 5.0)
    assert found.mean() < 0.06


def test_saved_and_restored_is_the_same_to_a_hundredth() -> None:
    background = Background(yard(), 5.0)
    quarter, peak = cells(yard())
    background.update(quarter, peak, np.zeros(quarter.shape, np.bool_), 1.0, 120.0)
    saved = background.save()
    again = Background.restore(saved)
    assert saved.mean16.nbytes + saved.mad8.nbytes == 3 * quarter.size
    assert np.abs(again.mean - background.mean).max() < 0.01
    assert np.all(again.mad >= background.mad - 1e-6)


def test_restored_view_calls_what_burns_new_at_once() -> None:
    eye = detector()
    play(eye, frames(yard(), 20))
    kept = eye.saved()
    again = detector()
    again = type(again)(again._settings, "th-01")
    again.restore(kept)
    again.hold(view(2))
    found = play(again, frames(hot(yard(), 150, 140, 2, 45), 10, from_s=500.0))
    assert any("new" in s.reasons_for for s in found)
    assert not again.watched().learning


def test_standing_heat_is_published_within_a_minute_and_then_learnt() -> None:
    eye = detector()
    found = play(eye, frames(hot(yard(), 150, 140, 2, 40), 90))
    standing = [s for s in found if s.standing]
    assert standing
    assert standing[0].mono_s - 100.0 <= 60.0
    assert "long_standing" in standing[0].reasons_for
    assert max(most for most, _ in sums(found).values()) < 4.6
    assert max(s.mono_s for s in found) < 100.0 + 75.0


def test_watched_place_is_never_learnt() -> None:
    eye = detector()
    held = view()
    from edged.geometry import lens

    pan, tilt = lens.direction(held.pan_deg, held.tilt_deg, 150, 140, 320, 240, held.hfov_deg)
    eye.hold(View(held.camera_id, held.view_id, 1, held.pan_deg, held.tilt_deg, held.hfov_deg, 0.0, (), (WatchPoint("a", pan, tilt, 0.5),)))
    found = play(eye, frames(hot(yard(), 150, 140, 2, 40), 90))
    assert not any(s.standing for s in found)
    assert max(s.mono_s for s in found) > 185.0


def test_what_is_learnt_does_not_swing_itself_up_at_any_width() -> None:
    shape, kept = (40, 48), np.zeros((40, 48), np.bool_)
    kept[8:14, 20:27] = True
    flat, x, y = np.full(shape, 110.0, np.float32), np.arange(shape[1]), np.arange(shape[0])[:, None]
    for keep_out in (np.zeros(shape, np.bool_), kept):
        background = Background(np.full((160, 192), 110.0, np.float32), 24.0)
        background.updates = 1000
        for cells_wide in (8, 12, 16, 20, 24, 32):
            background.mean += (0.1 * np.cos(2.0 * np.pi * x / cells_wide) * np.cos(2.0 * np.pi * y / (1.3 * cells_wide))).astype(
                np.float32
            )
        for _ in range(900):
            background.update(flat, flat, keep_out, 1.0, 600.0)
        assert np.abs(background.mean - flat)[~keep_out].max() < 0.3


def test_where_a_grey_scale_ends_for_most_of_the_time_is_learnt_and_forgotten() -> None:
    scene = hot(yard(), 60, 60, 2, 250.0)
    background = Background(scene, 5.0, 255.0)
    assert background.ended[15, 15] == 1.0
    quarter, peak = cells(hot(yard(), 100, 100, 2, 250.0))
    keep = np.zeros(quarter.shape, np.bool_)
    keep[15, 15] = True
    background.updates = 1000
    background.update(quarter, peak, keep, 1.0, 120.0, 255.0)
    assert background.ended[25, 25] < 0.1, "one picture, the first of a fire, says nothing"
    assert background.ended[15, 15] == 1.0, "what is kept out keeps what is known of it"
    for _ in range(120):
        background.update(quarter, peak, np.zeros_like(keep), 1.0, 120.0, 255.0)
    assert background.ended[25, 25] > 0.5
    assert background.ended[15, 15] < 0.5


def test_what_a_restored_view_finds_at_once_may_have_come_while_nobody_looked() -> None:
    kept = detector()
    play(kept, frames(yard(), 20))
    for begins_s, alarms in ((0.0, False), (40.0, True)):
        again = detector()
        again = type(again)(again._settings, "th-01")
        again.restore(kept.saved())
        again.hold(view(2))

        def burns(heat: Array, t: float, begins_s: float = begins_s) -> Array:
            return hot(heat, 150, 140, 2, 45) if t >= begins_s else heat

        found = play(again, frames(yard(), begins_s + 10.0, burns, from_s=500.0, fps=4.0))
        assert (max(most for most, _ in sums(found).values()) >= ACTIVE) is alarms


def test_heat_that_fills_the_picture_has_nothing_round_it_to_stand_out_from() -> None:
    eye, scene = detector(), yard(height=128, width=160)
    found = play(eye, frames(scene, 14.0, lambda heat, t: heat + np.float32(40.0 if t > 10.0 else 0.0), fps=4.0))
    (seen,) = eye._scenes.values()
    fills = Hotspot(80.0, 64.0, (0, 0, 160, 128), 20_000, 90.0, 20.0, 1e6, None, 40.0)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert seen._ground.stood_out(fills) == 0.0
    assert all(value < ACTIVE for value, _ in sums(found).values())

"""By how much an inserted fire changes its place in the picture, whoever looks at it: the same scene painted with and without, no noise.

Each goes through a gain control of its own, which does not pump. What counts is how far it is above all that the pixels within one of it
have without the fire, since no view stands stiller, and above the middle of what is round it: what is less is scenery that changed.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import dataclass, replace

import cv2
import numpy as np
import numpy.typing as npt

from edged.simulator.generator.gain import GainControl
from edged.simulator.generator.sensor import Sensor
from edged.simulator.generator.sequence import Sequence

STEP_S, SETTLE_S, AFTER_S = 2.0, 20.0, 60.0
"""Pictures are made so far apart, from so long before the fire begins until so long after it is first visible."""
NEAR_PX, FOURTH = 24, 3
REACH = np.ones((3, 3), np.uint8)
NOISY = 8
Picture = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Difference:
    """Levels, or kelvin: change of the `most` changed pixel and of the `fourth`, `beyond`: of the fourth over all that its neighbours have
    without the fire, `around`: of the fourth over that and over its surroundings, each the greatest from when it is first visible until the
    end; `since_s` after it is first visible, since when `around` was a gate, None where it never was; `noise` (1σ) of a pixel there."""

    most: float
    fourth: float
    beyond: float
    around: float
    since_s: float | None
    noise: float


def difference(sequence: Sequence, at: tuple[float, float], begins_s: float, visible_s: float, gate: float) -> Difference:
    """Return what the picture holds of a fire at a place of it, px, that begins and is first visible at these seconds."""
    most = fourth = beyond = around = noise = 0.0
    since: float | None = None
    near = _near(at)
    for t_s, sound, burning, sigma in _looks(sequence, near, begins_s, visible_s):
        known, now = np.asarray(cv2.dilate(sound, REACH))[near], burning[near]
        changes, over = _greatest(now - sound[near]), _greatest(now - known)
        clear = _greatest(now - np.maximum(known, np.float32(np.median(sound[near]))))[FOURTH]
        if t_s >= visible_s:
            most, fourth, noise = max(most, changes[0]), max(fourth, changes[FOURTH]), sigma
            beyond, around = max(beyond, over[FOURTH]), max(around, clear)
        if since is None and clear >= gate:
            since = t_s - visible_s
    return Difference(most, fourth, beyond, around, since, noise)


def _greatest(change: Picture) -> list[float]:
    """Return the four greatest changes, the greatest first."""
    return [float(value) for value in np.sort(change, axis=None)[: -FOURTH - 2 : -1]]


def _looks(
    sequence: Sequence, near: tuple[slice, slice], begins_s: float, visible_s: float
) -> Iterator[tuple[float, Picture, Picture, float]]:
    """Yield time, picture without and with the fire, and a pixel's noise in it."""
    how, sound = sequence.sensor, replace(sequence, stimuli=())
    controls = [GainControl(how.control, 0.0, 0.0, 1.0 / STEP_S) for _ in range(2)]
    rng = np.random.default_rng(0)
    for t_s in np.arange(max(0.0, begins_s - SETTLE_S), visible_s + AFTER_S + 0.5 * STEP_S, STEP_S):
        pictures = [np.minimum(each.clean(float(t_s)), np.float32(_end_c(how, float(t_s)))) for each in (sound, sequence)]
        sigma = how.netd_mk / 1000.0
        if how.grey:
            sigma = _noise(controls[0], pictures[0], near, sigma, rng) if t_s > visible_s + AFTER_S - STEP_S else 0.0
            pictures = [control.grey(each, float(t_s)).astype(np.float32) for control, each in zip(controls, pictures, strict=True)]
        yield float(t_s), *pictures, sigma


def _end_c(how: Sensor, t_s: float) -> float:
    return how.low_end_c if how.low_gain_s is not None and t_s >= how.low_gain_s else how.range_end_c


def _near(at: tuple[float, float]) -> tuple[slice, slice]:
    x, y = (round(value) for value in at)
    return slice(max(0, y - NEAR_PX), y + NEAR_PX), slice(max(0, x - NEAR_PX), x + NEAR_PX)


def _noise(control: GainControl, picture: Picture, near: tuple[slice, slice], sigma_k: float, rng: np.random.Generator) -> float:
    """Return what noise makes of a pixel's level near a place, 1σ, in the middle."""
    noisy = [
        copy.deepcopy(control).grey(picture + rng.normal(0.0, sigma_k, picture.shape).astype(np.float32), 0.0)[near] for _ in range(NOISY)
    ]
    return float(np.median(np.std(np.array(noisy, np.float32), axis=0)))

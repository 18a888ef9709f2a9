"""Synthetic radiometric and grey scenes for the detector's tests: a yard, sensor noise from a bank, things that burn or walk."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import cv2
import numpy as np
import numpy.typing as npt

from edged.detector.chain import Detector
from edged.detector.scalar import Scalar
from edged.detector.settings import DetectionSettings
from edged.model.frame import Frame, Picture
from edged.model.sighting import Sighting
from edged.model.view import View

HEIGHT, WIDTH = 240, 320
START = datetime(2026, 1, 1, tzinfo=UTC)
Array = npt.NDArray[np.float32]
Change = Callable[[Array, float], Array]
ACTIVE, PRE_ALARM, SUSPECT = 9.2, 4.6, 2.3


def yard(seed: int = 1, height: int = HEIGHT, width: int = WIDTH) -> Array:
    """Return a scene in °C: ground, container blocks, sky, 0.5 K of texture."""
    rng = np.random.default_rng(seed)
    heat = np.full((height, width), 12.0, np.float32)
    heat[: height // 4] = 2.0
    for _ in range(24):
        x, y = int(rng.integers(0, width - 40)), int(rng.integers(height // 4, height - 20))
        heat[y : y + 14, x : x + 36] = 12.0 + float(rng.uniform(-3, 3))
    texture = cv2.GaussianBlur(rng.normal(0, 4, (height, width)).astype(np.float32), (0, 0), 3)
    return np.asarray(heat + texture * np.float32(0.5), np.float32)


def noise_bank(seed: int, shape: tuple[int, int], sigma: float) -> list[Array]:
    """Return 16 pictures of sensor noise."""
    rng = np.random.default_rng(seed)
    return [rng.normal(0, sigma, shape).astype(np.float32) for _ in range(16)]


def hot(heat: Array, x: float, y: float, radius: float, rise_k: float) -> Array:
    """Return the scene with a blurred disc of `rise_k` on top."""
    ys, xs = np.mgrid[: heat.shape[0], : heat.shape[1]]
    share = 1.0 / (1.0 + np.exp(-2.0 * np.clip((radius - np.hypot(xs - x, ys - y)) / 0.8, -20, 20)))
    return np.asarray(heat + rise_k * share, np.float32)


def frames(scene: Array, seconds: float, change: Change | None = None, *, fps: float = 8.0, seed: int = 3, noise: float = 0.13,
           from_s: float = 100.0, grey: bool = False) -> Iterator[Frame]:  # fmt: skip
    """Yield frames of the scene with noise; `change(heat, seconds since the start)` alters the noiseless scene."""
    bank = noise_bank(seed, scene.shape, noise)
    for number in range(int(seconds * fps)):
        since = number / fps
        heat = change(scene, since) if change else scene
        noisy = heat + bank[(7 * number + number // 16) % 16]
        pixels = (noisy * 6.0 + 40.0).clip(0, 255).astype(np.uint8) if grey else noisy.astype(np.float32)
        at = from_s + since
        yield Frame(pixels, number, at, START + timedelta(seconds=at), key=number % 16 == 0)


def view(generation: int = 1, view_id: str = "yard", valid_from_s: float = 0.0) -> View:
    """Return a view of 24° without areas."""
    return View("th-01", view_id, generation, 30.0, -3.0, 24.0, valid_from_s)


def detector(**settings: float) -> Detector:
    """Return a detector that holds `view()`."""
    return Detector(DetectionSettings(**settings), "th-01", view())


def play(eye: Detector, pictures: Iterator[Frame], picture: Picture = "celsius") -> list[Sighting]:
    """Judge all pictures."""
    scalar = Scalar(picture)
    return [s for frame in pictures for s in eye.judge(scalar.thermogram(frame), frame)]


def sums(sightings: list[Sighting]) -> dict[int, tuple[float, float]]:
    """Return track id → (greatest sum of log-likelihood, seconds from 100.0 at which it became active, or infinity)."""
    now: dict[int, float] = {}
    out: dict[int, tuple[float, float]] = {}
    for s in sightings:
        now[s.track_id] = now.get(s.track_id, 0.0) + s.log_likelihood
        most, when = out.get(s.track_id, (-99.0, float("inf")))
        if (now[s.track_id] >= ACTIVE or s.fast_path) and when == float("inf"):
            when = s.mono_s - 100.0
        out[s.track_id] = (max(most, now[s.track_id]), when)
    return out


def first_active(sightings: list[Sighting]) -> float:
    """Return when the first track became active, or infinity."""
    return min((when for _, when in sums(sightings).values()), default=float("inf"))

"""What a thermal core and its encoder make of a noiseless picture: noise, pattern, flat-field pauses, sway, gain control, H.264.

`Sensor` says what it is like, `Imager` is one of it at work: pictures must come in the order of time. The same seed, the same pictures.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import cv2
import numpy as np
import numpy.typing as npt

from edged.simulator.generator.codec import RoundTrip
from edged.simulator.generator.gain import Control, GainControl

Picture = npt.NDArray[np.float32]
Output = Literal["celsius", "centikelvin", "white-hot", "black-hot", "palette"]
BANK, SLACK_PX = 12, 96
"""Noise is a random window of one of so many planes, each so much wider than the picture."""
SWAY_HZ = (0.13, 0.31, 0.74)
LOW_GAIN_NOISE = 4.0
"""In the low-gain range a core is so much noisier."""
ZERO_C = 273.15


@dataclass(frozen=True, slots=True)
class Sensor:
    """One thermal camera.

    Units: `netd_mk` temporal noise, `pattern_mk` fixed pattern, mK; `flat_field_s` mean time between corrections (None: none), each a
    pause of `pause_s` with the picture standing still, then another pattern and a level step of `step_k` (sigma); `sway_deg` the
    greatest movement of the mast, a pixel being `ifov_mrad`; `range_end_c` where the high-gain range ends, `low_gain_s` when it
    switches to low gain for good, `low_end_c` where that ends; `pump_hz` how fast and `pump_share` how far a gain control hunts
    to and fro; `kbps` None: pictures arrive as they were made, else through H.264.
    """

    output: Output = "centikelvin"
    netd_mk: float = 50.0
    pattern_mk: float = 20.0
    flat_field_s: float | None = None
    pause_s: float = 0.7
    step_k: float = 0.3
    sway_deg: float = 0.0
    ifov_mrad: float = 0.24
    range_end_c: float = 160.0
    low_gain_s: float | None = None
    low_end_c: float = 550.0
    control: Control = "percentile"
    pump_hz: float = 0.0
    pump_share: float = 0.0
    palette: int = cv2.COLORMAP_INFERNO
    kbps: int | None = None

    @property
    def grey(self) -> bool:
        """Whether no temperatures come out of it."""
        return self.output not in ("celsius", "centikelvin")


@dataclass(frozen=True, slots=True, eq=False)
class Shot:
    """One picture as it arrives. `taken_s`: when it was taken."""

    pixels: npt.NDArray[np.generic]
    taken_s: float
    key: bool


class Imager:
    """One sensor at work. `shape`: (H, W) of its pictures."""

    def __init__(self, sensor: Sensor, shape: tuple[int, int], fps: float, seed: int) -> None:
        self.sensor, self._shape, self._fps = sensor, shape, fps
        self._rng = np.random.default_rng([seed, 71])
        self._pattern = self._new_pattern(0.0)
        waves = np.random.default_rng([seed, 72])
        self._phases = waves.uniform(0, 2 * math.pi, (2, len(SWAY_HZ)))
        self._weights = waves.dirichlet(np.ones(len(SWAY_HZ)), 2) * np.array([[1.0], [0.6]])
        self._pause_from = self._next_pause(0.0)
        self._pause_to = -1.0
        self._last: npt.NDArray[np.generic] | None = None
        self._gain = GainControl(sensor.control, sensor.pump_hz, sensor.pump_share, fps)
        self._codec = None if sensor.kbps is None else RoundTrip(shape[1], shape[0], fps, sensor.kbps)
        self._sent: deque[float] = deque()
        self._count = 0

    @property
    def reach_px(self) -> float:
        """How far sway moves the picture at most."""
        return math.radians(self.sensor.sway_deg) * 1000.0 / self.sensor.ifov_mrad

    def shift(self, t_s: float) -> tuple[float, float]:
        """Return by how many pixels the picture is moved, right and down."""
        if self.reach_px == 0.0:
            return 0.0, 0.0
        waves = [np.sin(2 * math.pi * hz * t_s + self._phases[:, n]) for n, hz in enumerate(SWAY_HZ)]
        x, y = self.reach_px * np.sum(self._weights * np.array(waves).T, axis=1)
        return float(x), float(y)

    def image(self, picture: Picture, t_s: float) -> list[Shot]:
        """Return what comes out for `picture` ((H, W) float32, °C; it may be overwritten); through H.264 it may come later."""
        made = self._made(picture, t_s)
        key = self._count % max(1, round(2.0 * self._fps)) == 0
        self._count += 1
        if self._codec is None:
            return [Shot(made, t_s, key)]
        self._sent.append(t_s)
        return [Shot(grey, self._sent.popleft(), coded_key) for grey, coded_key in self._codec.send(np.asarray(made, np.uint8))]

    def _made(self, picture: Picture, t_s: float) -> npt.NDArray[np.generic]:
        if t_s >= self._pause_from:
            self._pause_to = self._pause_from + self.sensor.pause_s
            self._pause_from = self._next_pause(self._pause_to)
            self._pattern = self._new_pattern(self.sensor.step_k * float(self._rng.normal()))
        if t_s < self._pause_to and self._last is not None:
            return self._last
        self._last = self._output(self._noisy(picture, t_s), t_s)
        return self._last

    def _noisy(self, picture: Picture, t_s: float) -> Picture:
        low = self.sensor.low_gain_s is not None and t_s >= self.sensor.low_gain_s
        end = self.sensor.low_end_c if low else self.sensor.range_end_c
        y, x = (int(v) for v in self._rng.integers(0, SLACK_PX, 2))
        plane = _bank(self._shape)[int(self._rng.integers(BANK))][y : y + self._shape[0], x : x + self._shape[1]]
        noisy = cv2.scaleAdd(plane, self.sensor.netd_mk / 1000.0 * (LOW_GAIN_NOISE if low else 1.0), picture)
        cv2.add(noisy, self._pattern, dst=noisy)
        return np.asarray(cv2.threshold(noisy, end, 0.0, cv2.THRESH_TRUNC, dst=noisy)[1], np.float32)

    def _output(self, celsius: Picture, t_s: float) -> npt.NDArray[np.generic]:
        if self.sensor.output == "celsius":
            return celsius
        if self.sensor.output == "centikelvin":
            return np.asarray(cv2.addWeighted(celsius, 100.0, celsius, 0.0, 100.0 * ZERO_C, dtype=cv2.CV_16U))
        grey = self._gain.grey(celsius, t_s)
        if self.sensor.output == "black-hot":
            return np.asarray(255 - grey)
        return np.asarray(cv2.applyColorMap(grey, self.sensor.palette)) if self.sensor.output == "palette" else grey

    def _next_pause(self, after_s: float) -> float:
        mean = self.sensor.flat_field_s
        return math.inf if mean is None else after_s + mean * float(self._rng.uniform(0.5, 1.5))

    def _new_pattern(self, level_k: float) -> Picture:
        dots = self._rng.normal(0.0, 1.0, self._shape) + 0.7 * self._rng.normal(0.0, 1.0, (1, self._shape[1]))
        return np.asarray(level_k + self.sensor.pattern_mk / 1000.0 * dots, np.float32)


@lru_cache(maxsize=2)
def _bank(shape: tuple[int, int]) -> npt.NDArray[np.float32]:
    rng = np.random.default_rng(73)
    return rng.standard_normal((BANK, shape[0] + SLACK_PX, shape[1] + SLACK_PX), np.float32)

"""A background, what is put into it, and the sensor that sees it: frames for a detector, and the truth about them.

Time: seconds of the sequence; frames carry `begin_s` more as `mono_s`. The truth is noiseless and without sway.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from collections.abc import Sequence as Many
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import numpy as np
import numpy.typing as npt

from edged.model.frame import Frame
from edged.simulator.generator.background import Background, Swaying, clutter_k
from edged.simulator.generator.paint import PSF_SIGMA_PX, paint
from edged.simulator.generator.patch import Patch, Stimulus
from edged.simulator.generator.sensor import Imager, Sensor

Picture = npt.NDArray[np.float32]
START = datetime(2026, 1, 1, 18, tzinfo=UTC)
CLUTTERS = 2.0
"""A place counts as visible by so many kelvin over so many times the local clutter."""
MARGIN_PX = 40
REACH_PX = 12.0
"""An alarm so near the patches of a stimulus is about it."""
SCAN_S = 0.25


@dataclass(frozen=True, slots=True, eq=False)
class Sequence:
    """What one lens sees for `seconds`. `instants`: the times of the pictures where they are not evenly `fps` apart."""

    background: Background
    stimuli: Many[Stimulus]
    sensor: Sensor = field(default_factory=Sensor)
    fps: float = 8.0
    seconds: float = 60.0
    seed: int = 0
    extinction_per_km: float = 0.3
    air_temp_c: float = 15.0
    psf_sigma_px: float = PSF_SIGMA_PX
    begin_s: float = 100.0
    instants: Iterable[float] | None = None

    def __iter__(self) -> Iterator[Frame]:
        """Yield the frames. Each is written once and may be kept."""
        high, wide = self.background.celsius.shape
        imager = Imager(self.sensor, (high, wide), self.fps, self.seed)
        times = self.instants if self.instants is not None else (n / self.fps for n in range(int(self.seconds * self.fps)))
        swaying = Swaying(self.background.celsius, math.ceil(imager.reach_px)) if imager.reach_px else None
        index = 0
        for t_s in times:
            if swaying is None:
                picture = self.clean(t_s)
            else:
                picture, shift = swaying.seen(imager.shift(t_s))
                self._paint(picture, self._patches(t_s), shift)
            for shot in imager.image(picture, t_s):
                mono_s = self.begin_s + shot.taken_s
                yield Frame(shot.pixels, index, mono_s, START + timedelta(seconds=mono_s), key=shot.key)
                index += 1

    def clean(self, t_s: float) -> Picture:
        """Return (H, W) float32, °C apparent, without noise and sway."""
        picture = self.background.celsius.copy()
        self._paint(picture, self._patches(t_s))
        return picture

    def rise(self, t_s: float) -> Picture:
        """Return (H, W) float32: by how many kelvin the burning patches raise the noiseless picture over the one without them."""
        out = np.zeros_like(self.background.celsius)
        if (found := self._burning(t_s)) is not None:
            (left, top, right, bottom), risen, _ = found
            out[top:bottom, left:right] = risen
        return out

    def visible(self, t_s: float, px: int = 4, kelvin: float = 20.0) -> bool:
        """Tell whether at least `px` pixels rise by `kelvin` over twice the local clutter of the picture without what burns."""
        found = self._burning(t_s)
        if found is None:
            return False
        _, risen, without = found
        if int(np.count_nonzero(risen >= kelvin)) < px:
            return False
        y, x = (int(v) for v in np.unravel_index(int(np.argmax(risen)), risen.shape))
        return int(np.count_nonzero(risen >= kelvin + CLUTTERS * clutter_k(without, x, y))) >= px

    def first_visible_s(self, px: int = 4, kelvin: float = 20.0, step_s: float = SCAN_S) -> float:
        """Return the first moment, to `step_s`, at which what burns is `visible`; infinite if never."""
        times = (n * step_s for n in range(int(self.seconds / step_s) + 1))
        return next((t_s for t_s in times if self.visible(t_s, px, kelvin)), math.inf)

    def cause(self, x_px: float, y_px: float, t_s: float) -> Stimulus | None:
        """Return what at `t_s` stands at or within 12 px of a place: what burns rather than what does not, the nearest first."""
        near = [
            (not stimulus.burns, gap, n)
            for n, stimulus in enumerate(self.stimuli)
            if (gap := min((_gap(patch, x_px, y_px) for patch in stimulus.patches(t_s)), default=math.inf)) <= REACH_PX
        ]
        return self.stimuli[min(near)[2]] if near else None

    def _patches(self, t_s: float) -> list[Patch]:
        return [patch for stimulus in self.stimuli for patch in stimulus.patches(t_s)]

    def _paint(self, picture: Picture, patches: list[Patch], shift: tuple[float, float] = (0.0, 0.0)) -> None:
        if patches:
            paint(picture, patches, self.air_temp_c, self.extinction_per_km, self.psf_sigma_px, shift)

    def _burning(self, t_s: float) -> tuple[tuple[int, int, int, int], Picture, Picture] | None:
        """Return the window round what burns, its rise there, and that window without what burns."""
        burning = [patch for stimulus in self.stimuli if stimulus.burns for patch in stimulus.patches(t_s)]
        if not burning:
            return None
        high, wide = self.background.celsius.shape
        left = max(0, int(min(p.x_px - p.width_px / 2 for p in burning)) - MARGIN_PX)
        top = max(0, int(min(p.y_px - p.height_px / 2 for p in burning)) - MARGIN_PX)
        right = min(wide, int(max(p.x_px + p.width_px / 2 for p in burning)) + MARGIN_PX)
        bottom = min(high, int(max(p.y_px + p.height_px / 2 for p in burning)) + MARGIN_PX)
        if left >= right or top >= bottom:
            return None
        others = [patch for stimulus in self.stimuli if not stimulus.burns for patch in stimulus.patches(t_s)]
        without = self.background.celsius[top:bottom, left:right].copy()
        burnt = without.copy()
        self._paint(without, others, (-left, -top))
        self._paint(burnt, others + burning, (-left, -top))
        return (left, top, right, bottom), burnt - without, without


def _gap(patch: Patch, x_px: float, y_px: float) -> float:
    """Return how many pixels a place lies outside the rectangle of a patch."""
    across = max(0.0, abs(x_px - patch.x_px) - patch.width_px / 2)
    return math.hypot(across, max(0.0, abs(y_px - patch.y_px) - patch.height_px / 2))

"""Radiometric pictures without fire: real no-fire frames brought to 640 × 512, or the rendered yard; each with the site it counts for.

Real frames carry noise of their own, which would stand still: it is taken out by a light Gaussian, so that the sensor can add noise that
moves. Smaller frames are enlarged, larger ones averaged down: their clutter becomes smoother or stays, never sharper.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from edged.simulator.generator.paint import PSF_SIGMA_PX
from edged.simulator.painter import REACH_M, Eyepoint, focal_px, paint_still
from edged.simulator.yard import Yard, build_yard

Picture = npt.NDArray[np.float32]
WIDTH, HEIGHT = 640, 512
RING_PX = 15
"""Local clutter is taken over 31 × 31 px."""
OWN_NOISE_K, LOW_PASS_PX = 0.03, 0.7
MAD_TO_SIGMA = 1.4826
STEPS_PER_PX = 8
REAL: tuple[tuple[str, str], ...] = (
    ("dji/H20N_0001_centikelvin.png", "river"),
    ("dji/H20N_0005_centikelvin.png", "river"),
    ("dji/H30T_0003_centikelvin.png", "plant"),
    ("dji/M2EA_0005_centikelvin.png", "roadside"),
    ("dji/M3TD_0003_centikelvin.png", "yard"),
    ("dji/M3TD_0008_centikelvin.png", "yard"),
    ("dji/M3TD_0009_centikelvin.png", "yard"),
    ("dji/M3TD_0010_centikelvin.png", "yard"),
    ("dji/M3T_0005_centikelvin.png", "coast"),
    ("dji/M4T_0002_centikelvin.png", "car park"),
    ("flir_rjpeg/11_ir_moving_car.jpg", "street"),
    ("flir_rjpeg/20_flying_foxes_hot_day.jpg", "trees"),
    ("flir_rjpeg/24_pv_roof.jpg", "roof"),
)
"""Outdoor radiometric frames of the development data, and the site that each counts for: where trees and roofs look the same, one."""


@dataclass(frozen=True, slots=True, eq=False)
class Background:
    """One picture without fire. Shapes: `celsius` (H, W) float32, °C apparent. `tier`: semi-synthetic on real frames, else synthetic."""

    name: str
    site: str
    real: bool
    celsius: Picture

    @property
    def tier(self) -> str:
        """The table that results on it belong to."""
        return "semi-synthetic" if self.real else "synthetic"

    def clutter_k(self, x_px: float, y_px: float) -> float:
        """Return the robust sigma of the 31 × 31 px round a place."""
        return clutter_k(self.celsius, x_px, y_px)

    def mirrored(self) -> Background:
        """Return the picture seen in a mirror: another picture of the same site."""
        return Background(f"{self.name}-mirrored", self.site, self.real, np.ascontiguousarray(self.celsius[:, ::-1]))


class Swaying:
    """A background under a mast that sways: it is resampled once for each eighth of a pixel, and cut out for each picture.

    By cubics: linear weights would smear small hot things at each half pixel. Beyond `reach_px` it stands still.
    """

    def __init__(self, celsius: Picture, reach_px: int) -> None:
        self._shape, self._reach = celsius.shape, reach_px
        self._wide = cv2.copyMakeBorder(celsius, *4 * (reach_px + 1,), cv2.BORDER_REPLICATE)
        self._known: dict[tuple[int, int], Picture] = {}

    def seen(self, shift_px: tuple[float, float]) -> tuple[Picture, tuple[float, float]]:
        """Return a (H, W) copy moved right and down, and by how much it is really moved, in eighths of a pixel."""
        x, y = (round(STEPS_PER_PX * min(self._reach, max(-self._reach, shift))) for shift in shift_px)
        phase = (x % STEPS_PER_PX, y % STEPS_PER_PX)
        if phase not in self._known:
            way = np.array([[1.0, 0.0, phase[0] / STEPS_PER_PX], [0.0, 1.0, phase[1] / STEPS_PER_PX]])
            size = (self._wide.shape[1], self._wide.shape[0])
            moved = cv2.warpAffine(self._wide, way, size, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
            self._known[phase] = np.asarray(moved, np.float32)
        left, top = (self._reach + 1 - at // STEPS_PER_PX for at in (x, y))
        part = self._known[phase][top : top + self._shape[0], left : left + self._shape[1]]
        return part.copy(), (x / STEPS_PER_PX, y / STEPS_PER_PX)


def clutter_k(picture: Picture, x_px: float, y_px: float) -> float:
    """Return 1.4826 × the median absolute deviation of the 31 × 31 px of `picture` round a place, cut at its edges."""
    x, y = round(x_px), round(y_px)
    ring = picture[max(0, y - RING_PX) : y + RING_PX + 1, max(0, x - RING_PX) : x + RING_PX + 1]
    return MAD_TO_SIGMA * float(np.median(np.abs(ring - np.median(ring))))


def real_folder() -> Path | None:
    """Return the folder of the real data ($EDGED_REAL_DATA, else ../shared/data beside the checkout), or None."""
    known = [Path(os.environ["EDGED_REAL_DATA"])] if "EDGED_REAL_DATA" in os.environ else []
    beside = Path(__file__).resolve().parents[3].parent / "shared" / "data"
    return next((path for path in [*known, beside] if (path / "files.json").is_file()), None)


def real(folder: Path) -> tuple[Background, ...]:
    """Return the real backgrounds.

    Raises:
        FileNotFoundError: a frame is missing.
    """
    return tuple(Background(Path(name).stem, site, True, ready(_read(folder / name))) for name, site in REAL)


def rendered(
    seed: int, air_temp_c: float = 12.0, hfov_deg: float = 17.5, azimuth_deg: float = 0.0, tilt_deg: float = -4.0,
    height_m: float = 30.0, extinction_per_km: float = 0.3,
) -> Background:  # fmt: skip
    """Return the simulated yard of `seed` from a mast at its origin, without trucks and walkers; a site of its own."""
    at = np.array([0.0, 0.0, height_m])
    yard = _yard(seed, air_temp_c).near(at, REACH_M)
    eye = Eyepoint(at, azimuth_deg, tilt_deg, focal_px(WIDTH, hfov_deg), WIDTH, HEIGHT)
    still = cv2.GaussianBlur(paint_still(yard, eye, "thermal", extinction_per_km), (3, 3), PSF_SIGMA_PX)
    return Background(f"yard-{seed}-{azimuth_deg:g}", f"yard-{seed}", False, np.asarray(still, np.float32))


def flat(temp_c: float = 20.0, width: int = WIDTH, height: int = HEIGHT) -> Background:
    """Return a picture of one temperature."""
    return Background("flat", "flat", False, np.full((height, width), temp_c, np.float32))


@lru_cache(maxsize=4)
def _yard(seed: int, air_temp_c: float) -> Yard:
    return build_yard(seed, air_temp_c)


def _read(path: Path) -> Picture:
    if path.suffix == ".jpg":
        import flyr

        return np.asarray(flyr.unpack(str(path)).celsius, np.float32)
    raw = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    if raw is None:
        raise FileNotFoundError(f"{path}: no such picture; is the real data complete?")
    return np.asarray(raw, np.float32) / np.float32(100.0) - np.float32(273.15)


def ready(celsius: Picture) -> Picture:
    """Return a radiometric picture cut to 5 : 4, without its own noise, at 640 × 512."""
    noise = celsius - cv2.medianBlur(celsius, 5)
    if MAD_TO_SIGMA * float(np.median(np.abs(noise - np.median(noise)))) > OWN_NOISE_K:
        celsius = np.asarray(cv2.GaussianBlur(celsius, (0, 0), LOW_PASS_PX), np.float32)
    high, wide = celsius.shape
    width, height = min(wide, high * WIDTH // HEIGHT), min(high, wide * HEIGHT // WIDTH)
    x, y = (wide - width) // 2, (high - height) // 2
    how = cv2.INTER_AREA if width > WIDTH else cv2.INTER_CUBIC
    return np.ascontiguousarray(cv2.resize(celsius[y : y + height, x : x + width], (WIDTH, HEIGHT), interpolation=how), np.float32)

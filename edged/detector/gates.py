"""What a pixel must exceed, and its usual noise, in the units of a thermogram's heat."""

from __future__ import annotations

from edged.detector.settings import DetectionSettings
from edged.model.frame import Thermogram

NOISE_K, NOISE_LEVELS = 0.15, 1.5


def contrast(thermogram: Thermogram, settings: DetectionSettings) -> float:
    """Return by how much a hot spot must exceed its surroundings."""
    if thermogram.kind != "relative":
        return settings.contrast_k
    if thermogram.levels_per_k > 10.0:
        return settings.contrast_k * thermogram.levels_per_k
    return settings.contrast_levels


def is_grey(thermogram: Thermogram) -> bool:
    """Tell whether the heat is an 8-bit grey level."""
    return thermogram.kind == "relative" and thermogram.levels_per_k <= 10.0


def temporal(thermogram: Thermogram, settings: DetectionSettings) -> float:
    """Return by how much it must exceed the learnt background of its place."""
    return contrast(thermogram, settings) * (settings.temporal_k / settings.contrast_k)


def noise_of(thermogram: Thermogram) -> float:
    """Return the usual noise of a pixel."""
    if thermogram.kind != "relative":
        return NOISE_K
    return NOISE_LEVELS if thermogram.levels_per_k <= 10.0 else NOISE_K * thermogram.levels_per_k

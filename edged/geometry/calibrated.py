"""What a calibration found: the mount, how well it is known, what each landmark misses, who was left out, and what is still wrong."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from edged.geometry.landmark import Array
from edged.geometry.misfit import Finding
from edged.model.site import Mount
from edged.model.words import Words


@dataclass(frozen=True, slots=True)
class Parameter:
    """One of mount and lens. `sigma` None: not fitted, it stays as it was. Unit as in the name."""

    name: str
    before: float
    after: float
    sigma: float | None


@dataclass(frozen=True, slots=True)
class Residual:
    """One observation. Seen minus expected in px, x right and y down: by the fit, and by the fit of the others (None: they do not tell).

    `miss_deg`, `miss_m` (across the line of sight): length by the fit of the others, or of all where they do not tell.
    """

    name: str
    used: bool
    x_px: float
    y_px: float
    offset_px: tuple[float, float]
    miss_px: tuple[float, float]
    left_out_px: tuple[float, float] | None
    miss_deg: float
    miss_m: float
    range_m: float


@dataclass(frozen=True, slots=True)
class Rejected:
    """A landmark that contradicts the others, with the largest of its misses."""

    name: str
    miss_px: float
    miss_deg: float
    miss_m: float


@dataclass(frozen=True, slots=True)
class Expected:
    """1σ of a place found by this lookout alone on level ground at `range_m`: across the bearing and along it, metres."""

    range_m: float
    across_m: float
    along_m: float


@dataclass(frozen=True, slots=True)
class Calibration:
    """A fitted mount.

    `fields`: each claimed field of view with what it is, degrees. `axes`: (claimed field, degrees right, up) of zooms whose optical axis
    lies elsewhere than at the widest. `fitted` names rows and columns of `covariance` (k, k), which has the
    scale of the residuals. `rms_px` of the observations in use, per axis. `sigma_deg`: (across, upright) 1σ of a direction.
    """

    mount: Mount
    fields: tuple[tuple[float, float], ...]
    axes: tuple[tuple[float, float, float], ...]
    parameters: tuple[Parameter, ...]
    fitted: tuple[str, ...]
    covariance: Array
    residuals: tuple[Residual, ...]
    rejected: tuple[Rejected, ...]
    landmarks: int
    rms_px: float
    scale: float
    sigma_deg: tuple[float, float]
    expected: tuple[Expected, ...]
    kept: tuple[Words, ...]
    findings: tuple[Finding, ...]


def expected(height_m: float, range_m: float, across_deg: float, upright_deg: float) -> Expected:
    """Return the error to expect on level ground from 1σ of a direction across and upright."""
    along = (range_m**2 + height_m**2) / max(height_m, 0.1)
    return Expected(range_m, float(np.radians(across_deg)) * range_m, float(np.radians(upright_deg)) * along)

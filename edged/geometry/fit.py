"""A least-squares fit of some parameters of `Sights` to the observations in use, and what leaving a landmark out would show."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from edged.geometry.landmark import Array, Mask, Sights

KNOWN_DOF = 10.0
"""The stated 1σ of pixels counts as much as this many degrees of freedom where a spread is judged from few residuals."""
WORST_SCALE = 6.0
"""Pixels are not worse than stated by more than this: what is left over then is no scatter."""
Priors = Mapping[int, tuple[float, float]]


@dataclass(frozen=True, slots=True)
class Fit:
    """A solution. n observations, P parameters, k of them `free`.

    `miss_px` (n, 2) seen minus expected, of all observations; `white`, `slopes` the same and its model's derivatives (n, 2, P) over 1σ;
    `covariance` (k, k) for observations of the stated 1σ; `chi2` with `dof` over the observations in use.
    """

    theta: Array
    free: tuple[int, ...]
    used: Mask
    miss_px: Array
    white: Array
    slopes: Array
    covariance: Array
    chi2: float
    dof: int
    cost: float

    @property
    def scale2(self) -> float:
        """How much larger than stated the variance is; never below 1."""
        return max(1.0, self.chi2 / self.dof) if self.dof > 0 else 1.0

    def sigma(self, parameter: int) -> float:
        """Return 1σ of a free parameter with the scale of the residuals; huge where nothing determines it."""
        return float(np.sqrt(self.scale2)) * self.stated_sigma(parameter)

    def stated_sigma(self, parameter: int) -> float:
        """Return 1σ of a free parameter if pixels are as good as stated."""
        at = self.free.index(parameter)
        return float(np.sqrt(self.covariance[at, at]))


@dataclass(frozen=True, slots=True)
class Deletion:
    """A landmark against the fit of the others.

    `miss_px` (m, 2), or None where the others do not determine it; `chance` that a right one misses as far.
    """

    miss_px: Array | None
    chance: float


def solve(sights: Sights, theta: Array, free: tuple[int, ...], used: Mask, priors: Priors, *, robust: bool = False) -> Fit:
    """Fit the `free` parameters from `theta` on. `priors`: parameter → (value, 1σ). `robust`: Cauchy loss, and `cost` to compare starts."""
    from scipy.optimize import least_squares

    index = list(free)
    held = {at: priors[at] for at in free if at in priors}
    mean, spread = (np.array([held[at][i] for at in held]) for i in (0, 1))
    rows = np.zeros((len(held), len(free)))
    for row, at in enumerate(held):
        rows[row, index.index(at)] = 1.0 / held[at][1]

    def whole(x: Array) -> Array:
        full = theta.copy()
        full[index] = x
        return full

    def residuals(x: Array) -> Array:
        full = whole(x)
        miss = ((sights.pixels(full) - sights.seen) / sights.sigma)[used].ravel()
        return np.concatenate([miss, (full[list(held)] - mean) / spread])

    def derivatives(x: Array) -> Array:
        slopes = (sights.slopes(whole(x)) / sights.sigma[..., None])[used][..., index]
        return np.concatenate([slopes.reshape(-1, len(index)), rows])

    def cauchy(squares: Array) -> Array:
        """Return the loss and its derivatives: Cauchy's for observations, plain for priors, which no landmark may outvote."""
        rho = np.stack([np.log1p(squares), 1.0 / (1.0 + squares), -1.0 / (1.0 + squares) ** 2])
        at = len(squares) - len(held)
        rho[:, at:] = np.stack([squares[at:], np.ones(len(held)), np.zeros(len(held))])
        return rho

    found = least_squares(
        residuals, theta[index], derivatives, method="trf", x_scale="jac", loss=cauchy if robust else "linear", xtol=1e-12, ftol=1e-10,
        max_nfev=100,
    )  # fmt: skip
    full = whole(found.x)
    miss_px = sights.seen - sights.pixels(full)
    slopes = sights.slopes(full) / sights.sigma[..., None]
    inside = np.concatenate([slopes[used][..., index].reshape(-1, len(index)), rows])
    final = residuals(found.x)
    return Fit(
        full, free, used, miss_px, miss_px / sights.sigma, slopes, _inverse(inside.T @ inside), float(final @ final),
        len(final) - len(index), float(found.cost),
    )  # fmt: skip


def deletion(sights: Sights, fit: Fit, rows: Mask) -> Deletion:
    """Judge the observations `rows` of one landmark, in use or not, by the fit of the others."""
    from scipy.special import fdtrc

    own = fit.slopes[rows][..., list(fit.free)].reshape(-1, len(fit.free))
    miss = fit.white[rows].ravel()
    inside = bool(fit.used[rows].any())
    lever = own @ fit.covariance @ own.T
    if (np.abs(fit.miss_px[rows]) > sights.size[rows]).any():
        return Deletion(fit.miss_px[rows], 0.0)
    spread = np.eye(len(miss)) + (-lever if inside else lever)
    if inside and np.linalg.eigvalsh(spread)[0] < 1e-6:
        return Deletion(None, 1.0)
    scaled = np.linalg.solve(spread, miss)
    distance2 = float(miss @ scaled)
    chi2, dof = (fit.chi2 - distance2, fit.dof - len(miss)) if inside else (fit.chi2, fit.dof)
    scale2 = min(max(1.0, chi2 / dof), WORST_SCALE**2) if dof > 0 else 1.0
    chance = float(fdtrc(len(miss), KNOWN_DOF + max(dof, 0), distance2 / len(miss) / scale2))
    return Deletion(scaled.reshape(-1, 2) * sights.sigma[rows] if inside else fit.miss_px[rows], chance)


def _inverse(information: Array) -> Array:
    """Invert with the parameters scaled alike; a parameter that nothing determines gets a huge variance."""
    size = np.sqrt(np.maximum(np.diag(information), 1e-30))
    values, vectors = np.linalg.eigh(information / np.outer(size, size))
    return np.asarray((vectors / np.maximum(values, 1e-12)) @ vectors.T / np.outer(size, size))

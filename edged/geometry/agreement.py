"""Which landmarks agree with one another: a start that knows no azimuth, and the names of those that no plausible error explains.

Judged under a model that is wider than the one fitted: field of view, lean, the mast's place and the lens may all be a little wrong, so a
mount that is wrong does not cost landmarks that are right.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from edged.geometry.fit import Deletion, Fit, deletion, solve
from edged.geometry.landmark import (
    ASPECT,
    AZIMUTH,
    DISTORTION,
    EAST,
    FIELD,
    LEAN_EAST,
    LEAN_NORTH,
    NORTH,
    PAN_SCALE,
    ROLL,
    TILT_ZERO,
    UP,
    Array,
    Mask,
    Sights,
)  # fmt: skip

PLAUSIBLE = {
    ROLL: 2.0, LEAN_EAST: 0.3, LEAN_NORTH: 0.3, EAST: 3.0, NORTH: 3.0, UP: 1.0, DISTORTION: 0.01, ASPECT: 0.005, PAN_SCALE: 0.003,
}  # fmt: skip
"""1σ of what is usually wrong at an installation, in the units of `PARAMETERS`."""
PLAUSIBLE_FIELD = 0.05
"""… and of a field of view, as a share: data sheets are 1–3 % off."""
PLAUSIBLE_AXIS_DEG = 0.1
"""… and of an optical axis that moves with zoom."""
FALSE_NAMING = 0.01
"""Share of fits of right landmarks in which one may be named."""
ROUNDS = 30
NEAR = 5.0
FAR_COST = 10.0
"""Cost of an observation that a start leaves out: that of a miss by some hundred pixels under Cauchy's loss."""


@dataclass(frozen=True, slots=True)
class Agreement:
    """The wide fit on what agrees. `agreed` (groups,): which landmarks do; `deletions` of all, in order of `Sights.names`."""

    fit: Fit
    agreed: Mask
    deletions: tuple[Deletion, ...]


def agree(sights: Sights, theta: Array) -> Agreement:
    """Find the landmarks that agree, whatever the azimuth in `theta` is."""
    free = tuple(range(sights.count))
    priors = {at: (float(theta[at]), sigma) for at, sigma in PLAUSIBLE.items()}
    axes = FIELD + len(sights.fields)
    priors |= {at: (float(theta[at]), PLAUSIBLE_FIELD if at < axes else PLAUSIBLE_AXIS_DEG) for at in range(FIELD, sights.count)}
    tried = [solve(sights, start.theta, free, start.near, priors, robust=True) for start in starts(sights, theta)]
    robust = min(tried, key=lambda fit: fit.cost + FAR_COST * float((~fit.used).sum()))
    far = np.array([float(np.sqrt((robust.white[sights.group == g] ** 2).mean())) for g in range(len(sights.names))])
    agreed = far <= max(5.0, 3.0 * float(np.sort(far)[len(far) // 2]))
    known: set[tuple[bool, ...]] = set()
    fit = robust
    limit = FALSE_NAMING / len(sights.names)
    for _ in range(ROUNDS):
        fit = solve(sights, fit.theta, free, agreed[sights.group], priors)
        judged = tuple(deletion(sights, fit, sights.group == g) for g in range(len(sights.names)))
        known.add(tuple(bool(a) for a in agreed))
        chances = np.array([d.chance for d in judged])
        worst, best = int(np.argmin(np.where(agreed, chances, np.inf))), int(np.argmax(np.where(agreed, -1.0, chances)))
        following = agreed.copy()
        if chances[worst] < limit:
            following[worst] = False
        elif not agreed[best] and chances[best] >= limit:
            following[best] = True
        if tuple(bool(a) for a in following) in known or following.sum() < 2:
            break
        agreed = following
    return Agreement(fit, agreed, judged)


@dataclass(frozen=True, slots=True)
class Start:
    """Parameters to begin with, and the observations `near` (n,) that they can mean; the others are wrong whatever the lens is."""

    theta: Array
    near: Mask


def starts(sights: Sights, theta: Array, most: int = 3) -> list[Start]:
    """Return up to `most` starts with the azimuth and tilt zero that the most landmarks ask for, the likeliest first."""
    azimuth, tilt = sights.implied(theta)
    width = 0.5 + 0.03 * sights.hfov
    apart = ((azimuth[:, None] - azimuth + 180.0) % 360.0 - 180.0) / width
    distance2 = apart**2 + ((tilt[:, None] - tilt) / width) ** 2
    cost = np.log1p(distance2).sum(axis=1)
    friends = (distance2 < 4.0).sum(axis=1)
    out: list[Start] = []
    taken: list[int] = []
    for at in np.argsort(cost):
        if friends[at] >= friends.max() - 1 and all(distance2[at, other] > 4.0 for other in taken):
            taken.append(int(at))
            start = theta.copy()
            start[[AZIMUTH, TILT_ZERO]] = azimuth[at], tilt[at]
            out.append(Start(start, np.asarray(distance2[at] < NEAR**2)))
        if len(out) == most:
            break
    return out

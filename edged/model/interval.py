"""95 % intervals of counts, exact: a share by Wilson, a rate by Garwood's Poisson limits. Pure.

A count of nothing bounds a rate from above alone, so its limit is the one-sided one: 3.00 events.
"""

from __future__ import annotations

import math
from typing import NamedTuple

LEVEL = 0.95
Z = 1.959964
"""Of the normal distribution, two-sided 95 %."""
NOTHING = -math.log(1.0 - LEVEL)


class Interval(NamedTuple):
    """From `low` to `high`, both may be."""

    low: float
    high: float


def wilson(found: int, of: int) -> Interval:
    """Return the interval of a share. Of nothing: 0 to 1. Source: E. B. Wilson (1927). Raises ValueError for impossible counts."""
    if not 0 <= found <= of:
        raise ValueError(f"{found} of {of}")
    if of == 0:
        return Interval(0.0, 1.0)
    share, z2 = found / of, Z * Z
    middle = (share + z2 / (2 * of)) / (1 + z2 / of)
    half = Z / (1 + z2 / of) * math.sqrt(share * (1 - share) / of + z2 / (4 * of * of))
    return Interval(0.0 if found == 0 else middle - half, 1.0 if found == of else middle + half)


def poisson(events: int) -> Interval:
    """Return the interval of the number expected where `events` came. Source: F. Garwood (1936). Raises ValueError for a negative count."""
    if events < 0:
        raise ValueError(f"{events} events")
    if events == 0:
        return Interval(0.0, NOTHING)
    tail = (1.0 - LEVEL) / 2
    return Interval(_mean(events - 1, 1.0 - tail), _mean(events, tail))


def _mean(events: int, chance: float) -> float:
    """Return the mean at which `events` or fewer come with this chance."""
    low, high = 0.0, 2.0 * events + 20.0
    while high - low > 1e-9 * high:
        middle = (low + high) / 2
        low, high = (middle, high) if _at_most(events, middle) > chance else (low, middle)
    return (low + high) / 2


def _at_most(events: int, mean: float) -> float:
    return math.fsum(math.exp(n * math.log(mean) - mean - math.lgamma(n + 1)) for n in range(events + 1)) if mean > 0 else 1.0

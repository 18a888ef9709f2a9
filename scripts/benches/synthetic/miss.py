"""How one published place stood against the truth."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Miss:
    """One draw: how the published doubt stood against the truth. Units: metres; `bound_m` the Cramér–Rao 1σ along the ray."""

    lookouts: int
    law: str
    shape: str
    range_m: float
    inside: bool
    error_m: float
    along_m: float
    across_m: float
    half_m: float
    bound_m: float

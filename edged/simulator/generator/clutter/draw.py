"""Parameters drawn from a law: named ranges and one generator. The same seed, the same thing."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np

LOG_FROM = 10.0
"""A range whose ends differ by this factor or more is drawn log-even, else even."""

Ranges = Mapping[str, Sequence[float]]


class Draw:
    """Draws the named parameters of one kind. Raises KeyError with the name of a range that the law lacks."""

    def __init__(self, rng: np.random.Generator, ranges: Ranges) -> None:
        self.rng = rng
        self._ranges = ranges

    def __call__(self, name: str) -> float:
        """Return a number from the range of that name."""
        low, high = (float(v) for v in self._ranges[name])
        if low > 0.0 and high / low >= LOG_FROM:
            return math.exp(float(self.rng.uniform(math.log(low), math.log(high))))
        return float(self.rng.uniform(low, high))

    def whole(self, name: str) -> int:
        """Return a whole number from the range, both ends included."""
        low, high = self._ranges[name]
        return int(self.rng.integers(int(low), int(high) + 1))

    def chance(self, name: str) -> bool:
        """Return True with the probability that stands at the lower end of the range."""
        return bool(self.rng.random() < self._ranges[name][0])

    def even(self, low: float, high: float) -> float:
        """Return a number between two ends that are no matter of the law (where in the picture, which phase)."""
        return float(self.rng.uniform(low, high))

    def sign(self) -> float:
        """Return −1 or 1."""
        return 1.0 if self.rng.random() < 0.5 else -1.0

    @property
    def seed(self) -> int:
        """A seed for what is drawn over time."""
        return int(self.rng.integers(1, 1 << 62))

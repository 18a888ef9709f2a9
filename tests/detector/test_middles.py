"""Medians: as numpy's, of odd and even numbers of values."""

from __future__ import annotations

import numpy as np
import pytest

from edged.detector.middles import median, upper_median


@pytest.mark.parametrize("count", [1, 2, 7, 8, 500])
def test_the_middle_of_some_values_is_numpys(count: int) -> None:
    values = np.random.default_rng(count).normal(20.0, 5.0, count).astype(np.float32)
    assert median(values) == float(np.median(values))
    assert upper_median(values) == float(np.sort(values)[count // 2])

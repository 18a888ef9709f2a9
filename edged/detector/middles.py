"""The middle of some values. np.median takes two to four times as long on as few as a picture's samples are."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Values = npt.NDArray[np.floating[Any]]


def median(values: Values) -> float:
    """Return the median of one or more values, (N,)."""
    half = len(values) // 2
    if len(values) % 2:
        return upper_median(values)
    ranked = np.partition(values, (half - 1, half))
    return float((ranked[half - 1] + ranked[half]) / 2)


def upper_median(values: Values) -> float:
    """Return the median of one or more values, (N,); of an even number the upper one of both in the middle."""
    half = values.size // 2
    return float(np.partition(values, half)[half])

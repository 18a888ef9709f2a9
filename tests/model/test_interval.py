"""Exact intervals against independent formulas."""

from __future__ import annotations

import pytest
from scipy.special import gammaincinv

from edged.model.interval import poisson, wilson


@pytest.mark.parametrize("events", [1, 2, 7, 60, 400])
def test_poisson_is_garwood(events: int) -> None:
    low, high = poisson(events)
    assert low == pytest.approx(gammaincinv(events, 0.025), rel=1e-6)
    assert high == pytest.approx(gammaincinv(events + 1, 0.975), rel=1e-6)


def test_nothing_seen_bounds_a_rate_at_three() -> None:
    assert poisson(0) == (0.0, pytest.approx(2.9957, abs=1e-4))


def test_wilson_of_few_says_little() -> None:
    assert wilson(2, 2) == (pytest.approx(0.3424, abs=1e-4), 1.0)
    assert wilson(0, 10) == (0.0, pytest.approx(0.2775, abs=1e-4))
    assert wilson(3, 7) == (pytest.approx(0.1582, abs=1e-4), pytest.approx(0.7495, abs=1e-4))
    assert wilson(0, 0) == (0.0, 1.0)


@pytest.mark.parametrize(("found", "of"), [(-1, 3), (4, 3)])
def test_impossible_counts_are_refused(found: int, of: int) -> None:
    with pytest.raises(ValueError, match=f"{found} of {of}"):
        wilson(found, of)
    with pytest.raises(ValueError, match="-1 events"):
        poisson(-1)

"""Drift of a head: believed when three looks agree, said without flapping, taken out of bearings or added to their doubt."""

from __future__ import annotations

import dataclasses
import itertools
import math
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edged.geometry.drift import Drift, Fault, Head, Limits, drift, taken, watched, widened
from edged.geometry.head import to_world
from edged.model.aim import BEACON, REFERENCE, Aim
from edged.model.site import Mount

LIMITS = Limits()
START = datetime(2026, 11, 27, tzinfo=UTC)
MOUNT = Mount("th-1", 29.6, 106.6, 30.0, azimuth_deg=40.0, tilt_zero_deg=0.5, sigma_deg=0.05)


def aim(n: int, pan: float = 0.0, tilt: float = 0.0, source: str = REFERENCE, **changes: Any) -> Aim:
    at_s = 60.0 * n
    made = Aim("th-1", f"v{n % 6}", n, "c1", source, True, at_s, START + timedelta(seconds=at_s), pan, tilt, 0.02)
    return dataclasses.replace(made, **changes)


def after(looks: Iterable[Aim | tuple[Aim, ...]], head: Head | None = None) -> Head:
    head = head or Head()
    for look in looks:
        head = taken(head, look if isinstance(look, tuple) else (look,), LIMITS)
    return head


def codes(head: Head) -> list[str]:
    return [fault.code for fault in head.faults]


def test_nothing_is_known_before_anything_is_measured() -> None:
    assert drift(Head()) is None
    assert widened(MOUNT, None, LIMITS) == MOUNT


@given(st.floats(0.2, 2.0), st.sampled_from([-1.0, 1.0]), st.floats(-0.1, 0.1), st.integers(0, 2**32 - 1), st.integers(0, 12))
def test_a_step_is_found_in_three_visits_and_taken_out(size: float, sign: float, tilt: float, seed: int, before: int) -> None:
    rng = np.random.default_rng(seed)
    noise = rng.normal(0.0, 0.012, (before + 3, 2)).clip(-0.03, 0.03)
    head = after(aim(n, *noise[n]) for n in range(before))
    assert "pose_drift" not in codes(head)
    head = after((aim(n, sign * size + noise[n, 0], tilt + noise[n, 1]) for n in range(before, before + 3)), head)
    assert codes(head) == ["pose_drift"]
    found = drift(head)
    assert found is not None
    assert (found.pan_deg, found.tilt_deg) == pytest.approx((sign * size, tilt), abs=0.04)
    mount = widened(MOUNT, found, LIMITS)
    assert to_world(mount, 10.0 + found.pan_deg, -3.0 + found.tilt_deg) == pytest.approx(to_world(MOUNT, 10.0, -3.0), abs=1e-9)
    assert MOUNT.sigma_deg < mount.sigma_deg < 0.12


@given(st.integers(0, 2**32 - 1), st.floats(-0.3, 0.3))
def test_noise_about_any_offset_does_not_flap(seed: int, offset: float) -> None:
    rng = np.random.default_rng(seed)
    head, said = Head(), []
    for n in range(120):
        head = after([aim(n, offset + float(rng.normal(0.0, 0.01)), float(rng.normal(0.0, 0.01)))], head)
        said.append("pose_drift" in codes(head))
    changes = sum(a is not b for a, b in itertools.pairwise(said))
    assert changes <= 1
    if abs(offset) < 0.1:
        assert not any(said)


@given(st.lists(st.floats(-2.5, 2.5), min_size=1, max_size=1), st.integers(5, 20), st.integers(0, 2))
def test_single_wrong_looks_are_outvoted(wrong: list[float], after_n: int, repeats: int) -> None:
    head = after(aim(n) for n in range(after_n))
    head = after((aim(after_n + n, wrong[0], -wrong[0]) for n in range(repeats)), head)
    assert codes(head) == []
    found = drift(head)
    assert found is not None
    assert (found.pan_deg, found.tilt_deg) == (0.0, 0.0)


def test_drift_that_is_repaired_ends() -> None:
    head = after(aim(n, 0.5) for n in range(5))
    assert codes(head) == ["pose_drift"]
    head = after((aim(n) for n in range(5, 8)), head)
    assert codes(head) == []
    assert widened(MOUNT, drift(head), LIMITS).azimuth_deg == MOUNT.azimuth_deg


def test_drift_below_the_limit_is_doubt_and_no_correction() -> None:
    mount = widened(MOUNT, drift(after(aim(n, 0.1) for n in range(5))), LIMITS)
    assert mount.azimuth_deg == MOUNT.azimuth_deg
    assert mount.sigma_deg == pytest.approx(math.hypot(0.05, 0.1), abs=0.002)


def test_reference_and_beacon_that_agree_are_believed_at_once_at_the_first_look() -> None:
    both = (aim(0, 0.4), aim(0, 0.41, source=BEACON + "lamp"))
    assert codes(after([both])) == ["pose_drift"]
    assert codes(after([aim(0, 0.4)])) == []
    contradiction = (aim(0, 0.4), aim(0, -0.4, source=BEACON + "lamp"))
    assert after([contradiction]).visits == (), "of two that contradict one another neither is believed"


def test_unknown_after_a_day_of_watching_and_known_again() -> None:
    head = after(aim(n) for n in range(5))
    for _ in range(23):
        head = watched(head, 3600.0, LIMITS)
    assert codes(head) == []
    head = watched(head, 3600.0, LIMITS)
    assert codes(head) == ["pose_unknown"]
    found = drift(head)
    assert found is not None
    assert not found.known
    assert widened(MOUNT, found, LIMITS).sigma_deg == pytest.approx(math.hypot(0.05, 0.3), abs=0.001)
    assert codes(after((aim(n, seen=False) for n in range(5, 9)), head)) == ["pose_unknown"]
    assert codes(after((aim(n) for n in range(5, 8)), head)) == []
    never = watched(Head(), 86_400.0, LIMITS)
    assert codes(never) == ["pose_unknown"]
    assert widened(MOUNT, drift(never), LIMITS).sigma_deg > 0.3


def test_unknown_keeps_a_drift_that_was_known() -> None:
    head = watched(after(aim(n, 0.5) for n in range(5)), 90_000.0, LIMITS)
    assert codes(head) == ["pose_drift", "pose_unknown"]
    mount = widened(MOUNT, drift(head), LIMITS)
    assert mount.azimuth_deg == pytest.approx(MOUNT.azimuth_deg - 0.5)
    assert mount.sigma_deg > 0.3


def test_a_head_that_never_stands_the_same_way_twice_is_unknown() -> None:
    loose = [0.0, 1.2, -0.9, 0.5, -1.6, 0.9, -0.4]
    head = after(aim(n, off) for n, off in enumerate(loose))
    assert codes(head) == ["pose_unknown"]
    assert widened(MOUNT, drift(head), LIMITS).sigma_deg > 0.3


def test_a_beacon_is_missing_after_two_misses_in_clear_air() -> None:
    def missed(n: int, **changes: Any) -> tuple[Aim, ...]:
        return (aim(n), aim(n, source=BEACON + "lamp", seen=False, **changes))

    def seen(n: int) -> tuple[Aim, ...]:
        return (aim(n), aim(n, source=BEACON + "lamp"))

    head = after([seen(0), missed(1)])
    assert codes(head) == []
    head = after([missed(2)], head)
    assert head.faults == (Fault("beacon_missing", "lamp"),)
    assert codes(after([seen(3)], head)) == ["beacon_missing"], "one find may be a lorry"
    assert codes(after([seen(3), seen(4)], head)) == []
    assert codes(after(missed(n, clear=False) for n in range(9))) == [], "fog is no fault of the head"
    other = [(*missed(n, clear=False), aim(n, source=BEACON + "flue")) for n in range(2)]
    assert codes(after(other)) == ["beacon_missing"], "another beacon says that the air is clear"


def test_lost_focus_begins_and_ends_once() -> None:
    def wide(n: int, ratio: float) -> Aim:
        return aim(n, source=BEACON + "lamp", width_px=1.5 * ratio, commissioned_width_px=1.5)

    head = after(wide(n, 1.05) for n in range(4))
    assert codes(head) == []
    head = after((wide(n, 2.0) for n in range(4, 6)), head)
    assert codes(head) == ["defocus"]
    assert codes(after((wide(n, 1.5) for n in range(6, 12)), head)) == ["defocus"], "no flapping between the limits"
    assert codes(after((wide(n, 1.1) for n in range(6, 9)), head)) == []


def test_transmission_by_a_beacon() -> None:
    head = after(aim(n, source=BEACON + "lamp", excess=55.0, commissioned_excess=100.0, range_m=1200.0) for n in range(3))
    lamp = head.lamps["lamp"]
    assert lamp.transmission == pytest.approx(0.55)
    assert lamp.extinction_per_km == pytest.approx(-math.log(0.55) / 1.2)
    assert after([aim(0, source=BEACON + "lamp")]).lamps["lamp"].transmission is None


def test_a_head_that_shows_another_views_picture_twice_is_astray() -> None:
    def shows(n: int) -> Aim:
        return aim(n, seen=False, view_id="b", shows="a")

    def own(n: int) -> Aim:
        return aim(n, view_id="a")

    head = after([own(0), shows(1), own(2)])
    assert codes(head) == []
    head = after([shows(3)], head)
    assert codes(head) == ["same_picture"], "where it hangs it sees its own picture, and that clears nothing"
    assert codes(after([own(4)], head)) == ["same_picture"]
    assert codes(after([aim(5, view_id="b")], head)) == []


def test_other_settings_begin_anew() -> None:
    head = after(aim(n, 0.5, view_id="v") for n in range(5))
    head = after([aim(5, 0.0, view_id="v", commission_id="c2")], head)
    assert [v.pan_deg for v in head.visits] == [0.0]


@given(st.lists(st.tuples(*[st.floats(allow_nan=True, allow_infinity=True)] * 4), max_size=8))
def test_garbage_changes_nothing_and_never_raises(values: list[tuple[float, float, float, float]]) -> None:
    for pan, tilt, sigma, excess in values:
        made = aim(0, pan, tilt, source=BEACON + "lamp", sigma_deg=sigma, excess=excess, commissioned_excess=excess)
        head = after([made])
        found = drift(head)
        assert found is None or all(map(math.isfinite, (found.pan_deg, found.tilt_deg, found.sigma_deg)))


def test_widening_never_narrows() -> None:
    for found in (Drift(0.0, 0.0, 0.0, True, False, None), Drift(1.0, 1.0, 0.0, True, True, None), Drift(0, 0, 0, False, False, None)):
        assert widened(MOUNT, found, LIMITS).sigma_deg >= MOUNT.sigma_deg

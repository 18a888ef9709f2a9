"""What is heated settles, what burns keeps its pace or gains: told from the bend of a rise, before one lens and from visit to visit."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest

from edged.detector.life import Life

Course = Callable[[float], float]
ROUND_S, DWELL_S, FPS = 54.0, 6.0, 4.0


def settling(amplitude_k: float, tau_s: float, from_k: float = 0.0) -> Course:
    return lambda t: from_k + amplitude_k * (1.0 - math.exp(-t / tau_s))


def told(course: Course, lasts_s: float, *, patrols: bool = False, seed: int = 0) -> set[str]:
    """Return what the pace said at any time of a source that is seen from 2 K on, through the noise of a sensor and of a head's repeat."""
    rng, life, said = np.random.default_rng(seed), Life(), set()
    beside = 0.0
    for n in range(int(lasts_s * FPS)):
        t = n / FPS
        if patrols and t % ROUND_S >= DWELL_S:
            if t % ROUND_S < DWELL_S + 1.0 / FPS:
                life.away()
                beside = float(rng.normal(0.0, 0.08))
            continue
        rise = course(t) * (1.0 + beside)
        if rise >= 2.0:
            life.add(100.0 + t, rise + float(rng.normal(0.0, 0.15)), 3.0 * rise * (1.0 + float(rng.normal(0.0, 0.05))))
            said |= {name for name in ("settles", "keeps") if getattr(life.pace, name)}
    return said


@pytest.mark.parametrize(("amplitude_k", "tau_s", "from_k"), [(50, 120, 0), (60, 600, 0), (100, 200, 0), (50, 480, 20)])
def test_what_is_heated_settles(amplitude_k: float, tau_s: float, from_k: float) -> None:
    assert told(settling(amplitude_k, tau_s, from_k), 0.9 * tau_s + 30.0) == {"settles"}


@pytest.mark.parametrize("k_per_min", [3.0, 10.0, 30.0])
def test_a_smoulder_keeps_its_pace(k_per_min: float) -> None:
    assert told(lambda t: k_per_min * t / 60.0, 240.0) == {"keeps"}


@pytest.mark.parametrize("growth", [0.005, 0.02])
def test_a_fire_gains_and_is_told_within_a_minute(growth: float) -> None:
    assert told(lambda t: growth * t * t, 70.0) == {"keeps"}


def test_what_stays_as_it_is_or_cools_says_nothing() -> None:
    assert told(lambda t: 30.0, 200.0) == set()
    assert told(lambda t: 60.0 * math.exp(-t / 600.0), 200.0) == set()


@pytest.mark.parametrize("seed", range(3))
def test_visits_tell_a_fire_from_what_settles(seed: int) -> None:
    assert "keeps" in told(lambda t: 0.003 * t * t, 400.0, patrols=True, seed=seed)
    assert "keeps" not in told(settling(60.0, 300.0, 10.0), 900.0, patrols=True, seed=seed)


def test_a_life_of_hours_stays_small() -> None:
    life = Life()
    for n in range(20_000):
        if n % 100 == 99:
            life.away()
        life.add(100.0 + n, 10.0 + 0.001 * n, 30.0 + 0.003 * n)
    assert len(life._bins) <= 41
    assert life.pace.keeps or not life.pace.settles


@pytest.mark.parametrize(("excesses", "keeps"), [((122, 180, 167, 227, 900), False), ((100, 103, 180, 330, 700), True)])
def test_one_step_between_two_looks_is_no_pace(excesses: tuple[float, ...], keeps: bool) -> None:
    life = Life()
    for number, excess in enumerate(excesses):
        for n in range(20):
            life.add(100.0 + ROUND_S * number + n / FPS, excess / 5.0, excess, 20.0)
        if number < len(excesses) - 1:
            life.away()
    assert life.pace.keeps is keeps


@pytest.mark.parametrize(("lights", "keeps"), [((200, 290, 10, 30, 70, 130, 230), False), ((200, 290, 10, 30, 70, 130, 230, 600), True)])
def test_what_works_in_turns_keeps_no_pace_until_it_outgrows_all_it_ever_had(lights: tuple[float, ...], keeps: bool) -> None:
    life = Life()
    for number, light in enumerate(lights):
        for n in range(20):
            life.add(100.0 + ROUND_S * number + n / FPS, light / 8.0, light, 20.0)
        life.away()
    assert life.pace.keeps is keeps


@pytest.mark.parametrize(("light", "gains"), [(lambda t: 88.0, False), (lambda t: 88.0 + 0.08 * t * t, True)])
def test_a_peak_that_steps_gains_nothing_while_the_light_stays(light: Course, gains: bool) -> None:
    life = Life()
    for n in range(160):
        t = n / FPS
        life.add(100.0 + t, 11.0 + 0.05 * max(0.0, t - 15.0) ** 2, light(t))
    assert life.pace.gains is gains


def test_what_is_heated_again_settles_again() -> None:
    """A lorry's engine that cools and is started again."""

    def course(t: float) -> float:
        return settling(30.0, 150.0, 10.0)(t) - (8.0 * min(1.0, (t - 600.0) / 300.0) if t > 600.0 else 0.0) + max(
            0.0, settling(20.0, 120.0)(t - 1000.0)
        )  # fmt: skip

    life, rng, said = Life(), np.random.default_rng(3), set[str]()
    for n in range(int(1500 * FPS)):
        t = n / FPS
        life.add(100.0 + t, course(t) + float(rng.normal(0.0, 0.15)), 12.0 * course(t) * (1.0 + float(rng.normal(0.0, 0.02))))
        said |= {name for name in ("keeps", "gains") if getattr(life.pace, name)}
    assert said == set()


def test_what_is_long_ago_is_kept_in_long_spans_and_what_was_just_now_in_short_ones() -> None:
    life = Life()
    for n in range(1, int(3000 * FPS) + 1):
        life.add(100.0 + n / FPS, 30.0, 300.0)
        if n % 200 == 0:
            spans_s = [each[0] / FPS for each in life._bins]
            assert len(spans_s) <= 41
            assert max(spans_s[-4:]) <= 9.0
            assert sum(spans_s) == pytest.approx(n / FPS)
    assert spans_s[0] > 200.0

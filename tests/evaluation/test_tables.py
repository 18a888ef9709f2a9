"""Outcomes to rows, and the threshold varied over recorded evidence: by hand-made outcomes with known answers."""

from __future__ import annotations

from dataclasses import replace

import pytest

from edged.evaluation import tables
from edged.evaluation.outcome import FAST_NATS, Outcome, Rang
from edged.evaluation.sweep import sweep

RIGHT, FALSE = Rang(22.0, True, ("hot",)), Rang(5.0, False, ("hot",))
FIRE = Outcome("synthetic", "embers", "a", "s1", True, 60.0, kind="embers", range_m=300.0, visible_s=20.0)
QUIET = Outcome("synthetic", "quiet", "a", "q1", False, 43200.0)


def test_time_counts_from_first_visible_and_misses_are_infinite() -> None:
    found = replace(FIRE, rang=(RIGHT,))
    row = tables.fires([found, replace(found, scene="s2", visible_s=10.0), replace(FIRE, site="b")])[-1]
    assert (row.visible, row.found, row.missed, row.sites, row.sites_found) == (3, 2, 1, 2, 1)
    assert (row.p50_s, row.p95_s) == (12.0, None)


def test_fires_below_the_bar_are_neither_found_nor_missed() -> None:
    faint = replace(FIRE, visible_s=None)
    row = tables.fires([faint, replace(faint, rang=(RIGHT,))])[-1]
    assert (row.visible, row.found, row.missed, row.faint, row.faint_found) == (0, 0, 0, 2, 1)


def test_each_kind_has_a_row_for_each_range_and_one_for_all() -> None:
    rows = tables.fires([FIRE, replace(FIRE, range_m=600.0), replace(FIRE, kind="skin"), QUIET])
    assert [(row.kind, row.range_m, row.fires) for row in rows] == [
        ("embers", 300.0, 1), ("embers", 600.0, 1), ("embers", None, 2), ("skin", 300.0, 1), ("skin", None, 1),
    ]  # fmt: skip


def test_a_rate_is_over_judged_time_and_an_alarm_beside_a_fire_is_false() -> None:
    half_blind = replace(QUIET, blind_s={"frozen": 21600.0}, rang=(FALSE,))
    said = tables.silence([half_blind, QUIET])
    assert said.false_alarms == 1
    assert said.per_day == pytest.approx(1 / 0.75)
    assert said.per_day_95 == (pytest.approx(0.0253 / 0.75, rel=1e-2), pytest.approx(5.572 / 0.75, rel=1e-3))
    assert tables.silence([replace(FIRE, rang=(FALSE, RIGHT))]).false_alarms == 1
    assert tables.silence([]).per_day is None


def test_scenes_of_one_site_are_one_sample() -> None:
    row = tables.group("g", 5, True, [replace(FIRE, scene=str(n), rang=(RIGHT,)) for n in range(5)])
    assert (row.silence.scenes, row.silence.sites, row.sites_found) == (5, 1, 1)
    assert row.share_95 == (pytest.approx(0.2065, abs=1e-4), 1.0)


def test_a_fire_group_is_found_when_each_of_its_sites_is_by_any_form() -> None:
    found = replace(FIRE, rang=(RIGHT,))
    groups = {"one": [found, FIRE], "two": [found, replace(FIRE, site="b")], "three": []}
    assert tables.lost(groups) == ["two", "three"]


def test_worth_names_the_scenes_that_alarm_without_a_reason() -> None:
    noisy = replace(QUIET, scene="q2", rang=(FALSE,))
    said = tables.worth("drifting", [QUIET, noisy], [replace(QUIET, rang=(FALSE, FALSE)), noisy])
    assert (said.alarms, said.alarms_without, said.where) == (1, 3, ("q1",))


def test_a_higher_threshold_trades_false_alarms_for_misses_but_not_the_absolute_rule() -> None:
    burning = replace(FIRE, curve=((21.0, 3.0), (24.0, 10.0)), rang=(RIGHT,))
    quiet = replace(QUIET, peaks=(FAST_NATS, 9.5, 4.0))
    low, now, high = sweep([burning, quiet], [3.5, 9.2, 12.0])
    assert [(p.false_alarms, p.missed, p.fires) for p in (low, now, high)] == [(3, 0, 1), (2, 0, 1), (1, 1, 1)]
    assert low.per_day == pytest.approx(3 / (43260 / 86400))

"""Temperature rounds in core: limits absolute, over neighbours and by slope, each said once; hazards stay until a person closes them."""

from __future__ import annotations

import dataclasses
import math
import random
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from edged.core import view
from edged.core.rounds import UNSEEN_VISITS
from edged.core.slopes import BIN_S, Bin, added, over, per_day, per_hour
from edged.core.step import restore, with_rules
from edged.model.event import SpotsMeasured, SpotsRecalled
from edged.model.rounds import Hazard, RoundRule, SpotMeasure
from tests.core.station import Bench, rules

PLAIN = RoundRule("t1", "th-1", "wang", ("t2", "t3", "t4"), limit_c=70.0, over_neighbours_k=15.0)
OTHERS = tuple(RoundRule(name, "th-1") for name in ("t2", "t3", "t4"))


class Rounds(Bench):
    """A bench whose first head measures four transformers each ten minutes."""

    visits = 0

    def visit(self, t1: float | None, others: float = 30.0, minutes: float = 10.0, **changes: Any) -> None:
        """One visit; None: something stands before t1."""
        self.visits += 1
        self.now = self.now.later(60.0 * minutes)
        values = {"t1": t1, "t2": others - 1.0, "t3": others, "t4": others + 40.0}
        self.play(SpotsMeasured(tuple(self.measure(name, value, **changes) for name, value in values.items())))

    def measure(self, name: str, value: float | None, **changes: Any) -> SpotMeasure:
        made = SpotMeasure(
            name, "th-1", "v", self.visits, self.now.mono_s, self.now.utc, "radiometric", 60, 5, True, value, value, value, value,
            cause="hot_track" if value is None else None,
        )  # fmt: skip
        return dataclasses.replace(made, **changes)

    def said(self) -> list[str]:
        return [f"{r.change} {r.data['hazard']['limit_name']}" for r in self.rows if r.kind == "hazard"]

    def open(self) -> list[Hazard]:
        return [h for h in self.book.hazards.values() if h.state != "closed"]


def station(*given: RoundRule, **changes: Any) -> Rounds:
    return Rounds(rules(language="en", rounds=(*(given or (PLAIN,)), *OTHERS), **changes))


def test_a_limit_is_said_once_when_crossed_and_once_when_kept_again() -> None:
    b = station(dataclasses.replace(PLAIN, over_neighbours_k=None))
    for value in (50.0, 69.0, 71.0):
        b.visit(value)
    assert b.said() == [], "one visit is none"
    b.visit(72.0)
    for value in (74.0, 71.0, 80.0, 69.0, 69.0, 69.0, 71.0, 68.5):
        b.visit(value)
    assert b.said() == ["opened limit_c"], "69 °C lies within the margin"
    b.visit(60.0)
    b.visit(60.0)
    b.visit(60.0)
    assert b.said() == ["opened limit_c", "gone limit_c"]
    (row, _) = [r for r in b.rows if r.kind == "hazard"]
    assert (row.topic, row.severity_level, row.publish) == ("analytics", 2, True)
    assert row.data["message"] == "H1 t1 (1号杆): temperature 72.0 °C, limit 70 °C: owner wang looks at it by 11-25 03:40; edged rounds t1"
    assert "请责任人 wang" in row.data["zh"]
    (hazard,) = b.open()
    assert (hazard.hazard_id, hazard.state, hazard.peak, hazard.owner) == ("H1", "gone", 80.0, "wang")
    assert hazard.due - hazard.opened_at == timedelta(hours=72)


def test_against_neighbours_by_their_middle_of_the_same_round() -> None:
    b = station(dataclasses.replace(PLAIN, limit_c=None))
    for _ in range(3):
        b.visit(44.0)
    assert b.said() == [], "14 K over the middle one; a hot neighbour does not count"
    b.visit(46.0)
    b.visit(46.0)
    assert b.said() == ["opened over_neighbours_k"]
    (spot,) = [s for s in view.spots(b.state, b.now) if s["name"] == "t1"]
    assert spot["values"] == {"over_neighbours_k": 16.0}
    b.visit(46.0, others=45.0)
    b.visit(46.0, others=45.0)
    assert b.said()[-1] == "gone over_neighbours_k", "the sun warms them all"


def test_neighbours_of_another_round_say_nothing() -> None:
    b = station(dataclasses.replace(PLAIN, limit_c=None))
    b.visit(30.0)
    for _ in range(4):
        b.now = b.now.later(2000.0)
        b.play(SpotsMeasured((b.measure("t1", 90.0),)))
    assert b.said() == []


def test_grey_levels_are_compared_in_one_picture_and_are_no_temperature() -> None:
    grey = {"kind": "relative", "valid": False, "object_high_c": None, "object_median_c": None}
    b = station(dataclasses.replace(PLAIN, over_neighbours_levels=60.0, slope_k_per_h=1.0))
    for _ in range(20):
        b.visit(200.0, others=90.0, **grey)
    assert b.said() == ["opened over_neighbours_levels"]
    assert b.state.live.rounds["t1"].bins == ()
    assert "°C" not in next(r for r in b.rows if r.kind == "hazard").data["message"]
    other = station(dataclasses.replace(PLAIN, over_neighbours_levels=60.0))
    for _ in range(4):
        other.visit(90.0, others=90.0, **grey)
        other.play(SpotsMeasured((other.measure("t1", 200.0, view_id="w", **grey),)))
    assert other.said() == [], "two pictures have two scales"


def test_what_is_not_valid_is_compared_and_not_held_against_a_temperature() -> None:
    b = station()
    for _ in range(4):
        b.visit(90.0, valid=False)
    assert b.said() == ["opened over_neighbours_k"]


def test_something_before_it_changes_nothing_and_is_said_after_some_visits() -> None:
    b = station()
    b.visit(90.0)
    for _ in range(UNSEEN_VISITS + 3):
        b.visit(None)
    assert [r.change for r in b.rows if r.kind == "notice" and r.topic == "analytics"] == ["spot_unseen"]
    b.visit(90.0)
    assert [r.change for r in b.rows if r.kind == "notice" and r.topic == "analytics"] == ["spot_unseen", "spot_unseen_ended"]
    assert b.said() == ["opened limit_c", "opened over_neighbours_k"]


def test_a_slope_over_hours_and_over_days() -> None:
    b = station(RoundRule("t1", "th-1", slope_k_per_h=3.0))
    rng = random.Random(4)
    for number in range(30):
        b.visit(30.0 + rng.gauss(0.0, 0.5))
        assert b.said() == [], number
    for number in range(24):
        b.visit(30.0 + number * 5.0 / 6.0 + rng.gauss(0.0, 0.5))
    assert b.said() == ["opened slope_k_per_h"]
    b = station(RoundRule("t1", "th-1", slope_k_per_day=2.0))
    for number in range(9 * 48):
        day = number / 48
        b.visit(30.0 + 10.0 * math.sin(2 * math.pi * day) + 0.5 * day, minutes=30.0)
    assert b.said() == [], "the sun's daily course is no slope over days"
    for number in range(9 * 48):
        day = number / 48
        b.visit(37.0 + 10.0 * math.sin(2 * math.pi * day) + 2.6 * day, minutes=30.0)
    assert b.said() == ["opened slope_k_per_day"]


def test_with_neighbours_the_sun_makes_no_slope() -> None:
    b = station(dataclasses.replace(PLAIN, limit_c=None, over_neighbours_k=None, slope_k_per_h=3.0))
    for number in range(60):
        b.visit(30.0 + number, others=30.0 + number)
    assert b.said() == []
    for number in range(30):
        b.visit(90.0 + 0.8 * number, others=90.0)
    assert b.said() == ["opened slope_k_per_h"]


def test_slopes_are_robust_and_need_enough() -> None:
    line = tuple(Bin(n, 10.0 + n, 1) for n in range(12))
    assert per_hour(line) == pytest.approx(2.0)
    spiked = tuple(dataclasses.replace(b, value=500.0) if b.index in (1, 10) else b for b in line)
    assert per_hour(spiked) == pytest.approx(2.0, abs=0.3)
    assert per_hour((*line[:-1], Bin(11, 500.0, 1))) == pytest.approx(2.0, abs=0.1)
    assert per_hour(tuple(Bin(n, 20.0 + 0.3 * n + 5.0 * (-1) ** n, 1) for n in range(12))) == 0.0, "scatter"
    assert per_hour(line[:5]) is None
    assert per_hour(()) is None
    assert per_hour(tuple(Bin(n, 20.0 + (-1) ** n, 1) for n in range(12))) == 0.0
    assert per_day(tuple(Bin(n, 0.0, 1) for n in range(4 * 48))) is None
    assert per_day(tuple(Bin(n, n / 48.0, 1) for n in range(8 * 48))) == pytest.approx(1.0)
    assert over(line, [line, line]) == tuple(Bin(n, 0.0, 1) for n in range(12))
    assert over(line, [line[:3], ()]) == tuple(Bin(n, 0.0, 1) for n in range(3))
    late = added(added(line, 0.0, 99.0), 12 * BIN_S, 5.0)
    assert late[-1] == Bin(12, 5.0, 1)
    assert added(late, 12.5 * BIN_S, 7.0)[-1] == Bin(12, 6.0, 2)
    assert len(added(line, 1000 * BIN_S, 5.0)) == 1


def test_after_a_restart_hazards_and_slopes_stand() -> None:
    rule = RoundRule("t1", "th-1", "wang", limit_c=70.0, slope_k_per_h=3.0)
    b = station(rule)
    for number in range(20):
        b.visit(60.0 + number)
    assert b.said() == ["opened limit_c", "opened slope_k_per_h"]
    again = Rounds(b.state.rules)
    again.state, again.now, again.visits = restore(b.state.rules, b.state.epoch, b.rows), b.now.later(600.0), 99
    assert again.book == b.book
    moments = [b.now.utc.timestamp() - 600.0 * (19 - n) for n in range(20)]
    again.play(SpotsRecalled("t1", tuple((at, 60.0 + n) for n, at in enumerate(moments))))
    again.visit(80.0)
    again.visit(81.0)
    assert again.said() == [], "nothing is said twice"
    (spot,) = [s for s in view.spots(again.state, again.now) if s["name"] == "t1"]
    assert spot["values"]["slope_k_per_h"] > 3.0
    future = again.now.utc.timestamp() + 1e6
    again.play(SpotsRecalled("t1", ((future, 500.0), (math.nan, 1.0), (0.0, math.nan))))
    assert all(x.value < 100.0 for x in again.state.live.rounds["t1"].bins)


def test_a_hazard_that_flaps_is_not_said_each_time() -> None:
    b = station(dataclasses.replace(PLAIN, over_neighbours_k=None))
    for number in range(144):
        b.visit(80.0 if number // 2 % 2 else 50.0)
    assert len(b.said()) <= 12
    assert b.said()[:3] == ["opened limit_c", "gone limit_c", "again limit_c"]
    assert len(b.open()) == 1


def test_closing_needs_words_and_that_it_is_gone() -> None:
    b = station(dataclasses.replace(PLAIN, over_neighbours_k=None))
    b.visit(80.0)
    b.visit(80.0)
    refused = b.order("hazard", action="close", id="H1", note="bolt tightened")
    assert (refused.accepted, "still there" in refused.text) == (False, True)
    b.visit(50.0)
    b.visit(50.0)
    assert not b.order("hazard", action="close", id="H1").accepted
    assert not b.order("hazard", action="close", id="H7", note="x").accepted
    assert not b.order("hazard", action="burn", id="H1", note="x").accepted
    assert not b.order("hazard", role="viewer", action="close", id="H1", note="x").accepted
    done = b.order("hazard", actor="chen", action="close", id="h1", note="bolt tightened")
    assert (done.accepted, b.open()) == (True, [])
    row = [r for r in b.rows if r.kind == "hazard"][-1]
    assert (row.change, row.actor, row.data["hazard"]["note"], row.data["hazard"]["closed_by"]) == (
        "closed",
        "chen",
        "bolt tightened",
        "chen",
    )
    assert not b.order("hazard", action="close", id="H1", note="again").accepted
    b.visit(80.0)
    b.visit(80.0)
    assert [h.hazard_id for h in b.open()] == ["H2"], "a new crossing is a new hazard"
    assert [h["state"] for h in view.hazard_list(b.state, b.now, closed=True)] == ["present", "closed"]


def test_a_limit_that_is_no_longer_set_can_be_closed() -> None:
    b = station(dataclasses.replace(PLAIN, over_neighbours_k=None))
    b.visit(80.0)
    b.visit(80.0)
    b.state = with_rules(b.state, rules(language="en"))
    assert b.order("hazard", action="close", id="H1", note="limit was wrong").accepted


def test_owner_and_date_and_that_it_passed() -> None:
    b = station(dataclasses.replace(PLAIN, over_neighbours_k=None, owner=""))
    b.visit(80.0)
    b.visit(80.0)
    until = (b.now.utc + timedelta(hours=5)).isoformat()
    assert b.order("hazard", action="assign", id="H1", owner="li", until=until).accepted
    assert not b.order("hazard", action="assign", id="H1").accepted
    assert not b.order("hazard", action="assign", id="H1", until=datetime(2020, 1, 1, tzinfo=UTC).isoformat()).accepted
    (hazard,) = b.open()
    assert (hazard.owner, hazard.due.isoformat()) == ("li", until)
    b.wait(4.9 * 3600, 1800.0)
    assert b.said()[-1] == "assigned limit_c"
    b.wait(3600.0, 1800.0)
    b.wait(36_000.0, 1800.0)
    assert b.said()[-2:] == ["assigned limit_c", "overdue limit_c"]
    assert view.status(b.state, b.now)["hazards"] == {"open": 1, "present": 1, "overdue": 1}
    later = (b.now.utc + timedelta(hours=5)).isoformat()
    assert b.order("hazard", action="assign", id="H1", until=later).accepted
    assert not b.open()[0].overdue


def test_strangers_spots_are_not_taken() -> None:
    b = station()
    for _ in range(3):
        b.now = b.now.later(600.0)
        b.play(SpotsMeasured((b.measure("t1", 90.0, camera_id="th-2"), b.measure("nobody", 90.0))))
    assert (b.said(), b.state.live.rounds) == ([], {})

"""A head stops and looks, comes back soon, lends itself to others, and never spends more on it than its account holds."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edged.core import patrol
from edged.core.linger import ACCOUNT_S, RESERVE_S
from edged.core.patrol import Drop, HeadPlan, Hold, Order, Patrol, PatrolStop, TurnTo
from edged.model.command import Glance
from edged.model.view import WatchPoint

BEAT_S, TURN_S, DWELL_S = 0.2, 3.0, 6.0
STOPS = tuple(PatrolStop(f"v{n}", 20.0 * n, -3.0, 17.5, DWELL_S) for n in range(5))
PLAN = HeadPlan("th-1", STOPS, turns=True, linger_s=30.0, linger_share=0.2)
ROUND_S = len(STOPS) * (DWELL_S + TURN_S)
GLANCE = Glance("th-1", None, 150.0, -2.0, 17.5)


def suspect(name: str, view: int, *, unsure: bool = True) -> WatchPoint:
    return WatchPoint(name, 20.0 * view + 1.0, -3.0, 0.6, unsure, f"v{view}")


@dataclass
class Head:
    """A tour played by the beat; turns take `TURN_S`. `visits`: (view, from, until), the last one open."""

    plan: HeadPlan = PLAN
    now: float = 100.0
    visits: list[tuple[str, float, float | None]] = field(default_factory=list)
    turns: list[TurnTo] = field(default_factory=list)
    answers: bool = True

    def __post_init__(self) -> None:
        self.state = Patrol(self.plan)
        self._arrives: tuple[float, str] | None = None

    def do(self, result: tuple[Patrol, tuple[Order, ...]]) -> None:
        self.state, orders = result
        for order in orders:
            match order:
                case Hold(view):
                    self.visits.append((view.view_id, self.now, None))
                case Drop() if self.visits and self.visits[-1][2] is None:
                    self.visits[-1] = (*self.visits[-1][:2], self.now)
                case TurnTo(request_id):
                    self.turns.append(order)
                    self._arrives = (self.now + TURN_S, request_id)
                case _:
                    pass

    def run(self, seconds: float) -> Head:
        until = self.now + seconds
        while self.now < until - 1e-9:
            self.now += BEAT_S
            if self.answers and self._arrives is not None and self.now >= self._arrives[0] - 1e-9:
                (_, request_id), self._arrives = self._arrives, None
                self.do(patrol.turned(self.state, request_id, True, self.now, ""))
            self.do(patrol.tick(self.state, self.now))
        return self

    def watch(self, *points: WatchPoint) -> None:
        self.state = patrol.watched(self.state, points)

    def to_view(self, view: str) -> Head:
        while self.state.phase != "held" or self.state.stop.view_id != view:
            self.run(BEAT_S)
        return self

    def lend(self, alarm_id: str = "b", glance: Glance = GLANCE, longest_s: float = 20.0) -> bool:
        result = patrol.look(self.state, alarm_id, glance, longest_s, self.now)
        if result is not None:
            self.do(result)
        return result is not None

    def lasted(self) -> list[tuple[str, float]]:
        return [(view, round(until - since, 1)) for view, since, until in self.visits if until is not None]


def tour_only(visits: Iterable[tuple[str, float]]) -> list[int]:
    return [int(view[1:]) for view, _ in visits]


def test_without_suspects_nothing_changes() -> None:
    head = Head().run(6 * ROUND_S)
    assert all(DWELL_S - 0.01 <= lasted <= DWELL_S + 0.3 for _, lasted in head.lasted())
    assert tour_only(head.lasted())[:6] == [0, 1, 2, 3, 4, 0]
    assert head.state.account.left_s == ACCOUNT_S, "what nobody uses does not grow without end"


def test_a_suspect_of_the_last_second_makes_the_head_stay_and_come_back_after_the_next_view() -> None:
    head = Head().run(4 * ROUND_S).to_view("v1")
    head.run(DWELL_S - 0.4)
    head.watch(suspect("a", 1))
    head.run(60.0)
    tour = head.lasted()
    assert head.state.account.spent["a"] >= 30.0
    stayed = next(n for n, (view, lasted) in enumerate(tour) if view == "v1" and lasted > 30.0)
    assert tour[stayed][1] == pytest.approx(36.0, abs=0.5)
    assert tour_only(tour[stayed:])[:3] == [1, 2, 1]
    assert tour[stayed + 2][1] == pytest.approx(DWELL_S, abs=0.3), "it had its time: now it is only looked at"


@pytest.mark.parametrize("end", ["gone", "confirmed"])
def test_the_tour_goes_on_when_the_suspect_is_confirmed_or_vanishes(end: str) -> None:
    head = Head().run(4 * ROUND_S).to_view("v1")
    head.watch(suspect("a", 1))
    head.run(DWELL_S + 5.0)
    assert head.state.doing == ("stays", ("a",))
    head.watch(*([suspect("a", 1, unsure=False)] if end == "confirmed" else []))
    head.run(3.0 * ROUND_S)
    after = head.lasted()[[view for view, _ in head.lasted()].index("v1", 17) :]
    assert after[0][1] < DWELL_S + 6.0
    assert [(b - a) % 5 for a, b in zip(tour_only(after), tour_only(after)[1:], strict=False)] == [1] * (len(after) - 1)
    assert head.state.account.spent == {}


def test_a_suspect_beside_the_picture_holds_nothing() -> None:
    head = Head().run(4 * ROUND_S).to_view("v1")
    head.watch(WatchPoint("a", 20.0 + 10.0, -3.0, 0.6, True, "elsewhere"))
    head.run(DWELL_S + 1.0)
    assert head.state.stop.view_id == "v2"


def test_a_suspect_that_stands_for_an_hour_takes_a_fifth_and_leaves_a_reserve_to_the_next() -> None:
    head = Head().run(60.0)
    before = head.now
    head.watch(suspect("a", 1))
    head.run(3600.0)
    assert RESERVE_S - 12.0 <= head.state.account.left_s <= RESERVE_S + 12.0
    mine = sum(lasted for view, lasted in head.lasted() if view == "v1")
    rounds = sum(view == "v0" for view, since, _ in head.visits if since > before)
    extra = mine - rounds * DWELL_S
    assert 0.1 * 3600.0 <= extra <= ACCOUNT_S + 0.2 * 3600.0
    assert rounds >= 0.75 * 3600.0 / ROUND_S, "everything else is visited nearly as often as ever"
    head.watch(suspect("a", 1), suspect("new", 3))
    head.to_view("v3").run(DWELL_S + 10.0)
    assert head.state.doing == ("stays", ("new",))


def test_suspects_take_turns() -> None:
    head = Head().run(10.0)
    head.watch(suspect("a", 1), suspect("c", 3), suspect("d", 4))
    head.run(ROUND_S + 20.0)
    first = {view: max(lasted for name, lasted in head.lasted() if name == view) for view in ("v1", "v3", "v4")}
    assert min(first.values()) > DWELL_S + 4.0, f"each was stopped for, none took it all: {first}"
    head.run(1800.0)
    counts = {view: sum(name == view for name, _ in head.lasted()[20:]) for view in ("v1", "v3", "v4")}
    assert max(counts.values()) <= 1.5 * min(counts.values()), counts


def test_a_long_visit_is_interrupted_and_taken_up_again() -> None:
    plan = replace(PLAN, stops=(*STOPS[:2], replace(STOPS[2], dwell_s=100.0), *STOPS[3:]))
    head = Head(plan).run(300.0).to_view("v1")
    head.watch(suspect("a", 1))
    head.to_view("v3")
    long = [lasted for view, lasted in head.lasted()[-8:] if view == "v2"]
    assert len(long) > 1
    assert long[0] == pytest.approx(30.0, abs=0.3)
    assert sum(long[-len(long) :]) == pytest.approx(100.0, abs=1.5)


def test_a_lent_head_looks_once_for_its_time_and_goes_on_where_it_was() -> None:
    head = Head().run(2 * ROUND_S).to_view("v2")
    head.run(2.0)
    before = head.state.account.left_s
    assert head.lend()
    assert head.turns[-1].by == "verification"
    assert not head.lend(), "an order that comes twice"
    assert not head.lend("c"), "another fire meanwhile"
    head.run(TURN_S + 10.0)
    view = head.state.view
    assert view is not None
    assert (view.passing, view.pan_deg, view.hfov_deg) == (True, 150.0, 17.5)
    assert head.state.doing == ("verifies", ("b",))
    head.run(40.0)
    names = head.lasted()
    at = next(n for n, (name, _) in enumerate(names) if name.startswith("@"))
    assert names[at][1] == pytest.approx(20.0, abs=0.3)
    assert names[at - 1] == ("v2", pytest.approx(2.0, abs=0.1))
    assert (names[at + 1][0], names[at + 1][1]) == ("v2", pytest.approx(4.0, abs=0.3))
    assert head.turns[-1].by == "patrol"
    assert head.state.account.left_s < before + 0.2 * 60.0 - 20.0, "it was paid for"


def test_a_lent_head_uses_its_own_view_where_it_has_one() -> None:
    head = Head().run(2 * ROUND_S).to_view("v2")
    turns = len(head.turns)
    assert head.lend(glance=Glance("th-1", "v2", 40.0, -3.0, 17.5))
    assert len(head.turns) == turns, "it looks there already"
    head.run(19.0)
    assert head.state.stop.view_id == "v2"
    assert head.state.view is not None
    assert not head.state.view.passing
    head.run(2.0)
    assert head.state.stop.view_id == "v3"
    assert not head.lend(glance=Glance("th-1", "left", 40.0, -3.0, 17.5)), "a view that the settings no longer have"


def test_an_eye_that_is_replaced_does_not_lengthen_a_lease() -> None:
    head = Head().run(2 * ROUND_S).to_view("v2")
    assert head.lend()
    head.run(TURN_S + 15.0)
    head.do(patrol.again(head.state, head.now))
    head.run(6.0)
    assert head.state.errand is None


def test_operator_before_verification_before_patrol() -> None:
    head = Head().run(2 * ROUND_S).to_view("v2")
    assert head.lend()
    head.do(patrol.taken(head.state, head.now))
    turns = len(head.turns)
    head.run(PLAN.foreign_idle_s - 1.0)
    assert (head.state.phase, len(head.turns)) == ("yielded", turns), "the lease is over, its turn's answer counts no more"
    assert not head.lend("c"), "a person has it"
    head.run(TURN_S + 2.0)
    assert (head.state.errand, head.turns[-1].by) == (None, "patrol")


def test_a_head_taken_while_it_stays_goes_on_with_its_tour() -> None:
    head = Head().run(2 * ROUND_S).to_view("v1")
    head.watch(suspect("a", 1))
    head.run(DWELL_S + 3.0)
    head.do(patrol.moved(head.state, 90.0, 0.0, True, True, head.now))
    left = head.state.account.left_s
    head.run(PLAN.foreign_idle_s - 1.0)
    assert head.state.account.left_s == left, "another's time is no time of the tour"
    head.run(TURN_S + 3.0)
    assert head.state.stop.view_id == "v1"


def test_a_lease_that_does_not_arrive_is_given_up_and_told_to_nobody() -> None:
    head = Head().run(2 * ROUND_S).to_view("v2")
    assert head.lend()
    head.answers = False
    head.run(PLAN.arrive_timeout_s + 0.4)
    head.answers = True
    assert head.state.errand is None
    head.run(TURN_S + 1.0)
    assert head.state.phase == "held"


def test_a_camera_that_comes_back_in_the_middle_of_a_lease_tours_on() -> None:
    head = Head().run(2 * ROUND_S).to_view("v2")
    assert head.lend()
    head.state = patrol.afresh(head.state)
    head.run(TURN_S + 1.0)
    assert (head.state.errand, head.state.stop.view_id) == (None, "v2")


def test_an_hour_without_an_answer_in_the_middle_of_a_look_is_no_debt_of_an_hour() -> None:
    head = Head().run(2 * ROUND_S).to_view("v2")
    assert head.lend()
    head.run(TURN_S + 5.0)
    head.now += 3600.0
    head.run(2.0)
    assert head.state.errand is None
    assert -ACCOUNT_S - 1.0 <= head.state.account.left_s < 0.0
    head.run((ACCOUNT_S + 25.0) / PLAN.linger_share)
    assert head.lend("c")


def test_a_head_that_stays_for_its_own_suspect_or_has_no_seconds_is_not_lent() -> None:
    head = Head().run(2 * ROUND_S).to_view("v1")
    head.watch(suspect("a", 1))
    assert not head.lend()
    head = Head().to_view("v0")
    assert head.lend()
    head.run(TURN_S + 25.0)
    assert not head.lend("c"), "the account of a new start is empty after one"
    fixed, _ = patrol.tick(Patrol(HeadPlan("th-9", STOPS[:1], turns=False)), 0.0)
    assert patrol.look(fixed, "b", GLANCE, 20.0, 1.0) is None


@settings(max_examples=25, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from(["suspects", "lend", "taken", "eye", "camera"]), st.integers(0, 31), st.sampled_from([0.6, 7.0, 41.0])),
        max_size=12,
    )
)
def test_whatever_happens_the_account_bounds_what_suspects_take_and_every_view_keeps_its_turn(script: list[tuple[str, int, float]]) -> None:
    head, number = Head(), 0
    for what, which, seconds in script:
        match what:
            case "suspects":
                head.watch(*(suspect(f"{view}-{number}", view) for view in range(5) if which & 1 << view))
                number += which % 2
            case "lend":
                head.lend(str(number))
            case "taken":
                head.do(patrol.taken(head.state, head.now))
            case "eye":
                head.do(patrol.again(head.state, head.now))
            case "camera":
                head.state = patrol.afresh(head.state)
        head.run(seconds)
        assert head.state.account.left_s > -(PLAN.arrive_timeout_s + TURN_S + DWELL_S)
    begun = head.now
    head.do(patrol.taken(head.state, head.now))
    head.watch(*(suspect(f"all-{view}", view) for view in range(5)))
    head.run(500.0)
    for view in range(5):
        starts = [since for name, since, _ in head.visits if name == f"v{view}" and since > begun]
        longest = max(b - a for a, b in zip([begun + 61.0, *starts], [*starts, head.now], strict=True))
        assert longest <= (ROUND_S + ACCOUNT_S + 4 * TURN_S) / 0.8

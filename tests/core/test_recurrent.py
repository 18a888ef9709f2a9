"""What comes again is proposed with an entry that loads; where people saw a fire, never."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import yaml

from edged.camera.settings import AreaSettings
from edged.core.recurrent import Proposal, clustered, entry, recurrent
from edged.geometry.plan import inside
from edged.model.visit import InArea, Judgement, Visit

TZ = ZoneInfo("Asia/Shanghai")
T0 = datetime(2026, 11, 1, 21, 30, tzinfo=TZ).astimezone(UTC)
VISIT = Visit(
    "k", "th-1", "a", 1, 1, T0, T0 + timedelta(minutes=40), 10.0, -3.0, 0.1, 4.0, "radiometric", state="suspect",
    reasons_for=("hot", "stationary"), place="A3堆场",
)  # fmt: skip


def on_days(days: int, **changes: Any) -> list[Visit]:
    return [
        replace(
            VISIT,
            key=str(n),
            first_seen_at=VISIT.first_seen_at + timedelta(days=n),
            last_seen_at=VISIT.last_seen_at + timedelta(days=n),
            pan_deg=10.0 + 0.1 * (n % 3),
            **changes,
        )
        for n in range(days)
    ]


def mark(n: int, cause: Any = "exhaust", **changes: Any) -> Judgement:
    one = Judgement(
        f"A{n}", f"{n:04d}", T0 + timedelta(days=n), cause, "false_alarm", False, False, "th-1", "a", 10.0 + 0.1 * n, -3.0, "A3"
    )
    return replace(one, **changes)


def proposed(visits: list[Visit], said: list[Judgement] | None = None, days: int = 3) -> list[Proposal]:
    return recurrent(visits, said or [], days, TZ)


def test_a_source_on_three_days_is_proposed_once() -> None:
    assert proposed(on_days(2)) == []
    (one,) = proposed(on_days(4))
    assert (one.camera_id, one.view_id, one.times, one.days, one.place) == ("th-1", "a", 4, 4, "A3堆场")
    assert one.hours == (21 * 60, 22 * 60 + 30)
    assert proposed([*on_days(2), *(replace(v, key="x") for v in on_days(2))]) == []
    assert proposed(on_days(4), days=5) == []


@pytest.mark.parametrize(
    "changes",
    [{"state": "none"}, {"test": True}, {"reasons_for": ("hot",)}, {"reasons_against": ("arrived_warm",)},
     {"areas": (InArea("chimney", "known_heat", 3.0),)}],
)  # fmt: skip
def test_what_passes_by_is_known_or_a_drill_is_not(changes: dict[str, Any]) -> None:
    assert proposed(on_days(9, **changes)) == []


def test_places_apart_or_of_other_views_are_not_one() -> None:
    assert proposed([replace(v, pan_deg=10.0 + n) for n, v in enumerate(on_days(3))]) == []
    assert proposed([replace(v, view_id=str(n)) for n, v in enumerate(on_days(3))]) == []


def test_where_people_saw_a_fire_nothing_is_ever_proposed() -> None:
    fire = mark(0, None, is_fire=True, clear_reason="extinguished")
    assert proposed(on_days(5), [fire]) == []
    assert proposed(on_days(5), [replace(fire, pan_deg=14.0)]) != []
    burnt = [replace(v, alarm_id="A0") for v in on_days(5)]
    assert proposed(burnt, [replace(fire, pan_deg=14.0)]) == []
    assert proposed([], [mark(0), mark(1), mark(2), fire]) == []


def test_three_marks_of_one_cause_are_a_proposal() -> None:
    assert proposed([], [mark(0), mark(1)]) == []
    assert proposed([], [mark(0), mark(1), mark(2, "sun")]) == []
    assert proposed([], [mark(n, "unknown") for n in range(3)]) == []
    (one,) = proposed([], [mark(n) for n in range(3)])
    assert (one.cause, one.times, one.camera_id) == ("exhaust", 3, "th-1")


@pytest.mark.parametrize(
    ("times", "hours"),
    [
        (["23:10", "01:20"], (22 * 60 + 30, 2 * 60)),
        (["06:00"], (5 * 60 + 30, 6 * 60 + 30)),
        (["00:05", "23:50"], (23 * 60 + 30, 30)),
        (["03:00", "11:00", "19:00"], None),
    ],
)
def test_hours_are_the_shortest_stretch_that_holds_all(times: list[str], hours: tuple[int, int] | None) -> None:
    at = [datetime.fromisoformat(f"2026-11-0{1 + n}T{text}") for n, text in enumerate(times)]
    assert clustered([(one, one) for one in at]) == hours


def test_the_entry_loads_and_holds_every_visit() -> None:
    visits = on_days(4)
    (one,) = proposed(visits)
    (given,) = yaml.safe_load(entry(one, date(2026, 11, 27)))["areas"]
    area = AreaSettings.model_validate_json(json.dumps(given))
    assert (area.kind, area.hours, area.expires) == ("known_heat", ("21:00-22:30",), "2027-05-26")
    assert all(inside(area.points, v.tilt_deg, v.pan_deg) for v in visits)
    assert all(area.calendar.holds(v.first_seen_at.astimezone(TZ) + timedelta(days=30)) for v in visits)

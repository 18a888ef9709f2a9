"""A hot wheel is one notice with its place, is kept watched, shown and remembered, and never evidence for a fire."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from edged.core import view
from edged.core.step import restore, with_rules
from edged.model.command import WatchOn
from edged.model.event import HotWheelSeen, Tick, ViewHeld
from edged.model.journal import Row
from edged.model.view import View
from edged.model.wheel import HotWheel
from edged.why import Target, lies
from tests.core.station import MOUNTS, YARD, Bench, aim, rules

RANGE_M = 708.0
SPACING_DEG = math.degrees(1.3 / RANGE_M)


def see(b: Bench, at: tuple[float, float] = YARD, **changes: Any) -> None:
    b.now = b.now.later(1.0)
    pan, tilt = aim("th-1", *at)
    wheel = HotWheel("th-1", "v", 1, b.now.utc, b.now.mono_s, pan, tilt, 0.05, "radiometric", 78.0, 33.0, 3, SPACING_DEG)
    b.play(HotWheelSeen(replace(wheel, **changes)))


def notices(b: Bench) -> list[Row]:
    return [row for row in b.rows if row.change == "hot_wheel"]


def test_it_is_one_notice_with_place_words_and_figures_and_no_alarm() -> None:
    b = Bench()
    for _ in range(3):
        see(b)
    (row,) = notices(b)
    assert (row.kind, row.topic, row.severity_level, row.lane) == ("notice", "analytics", 3, "real")
    assert row.data["code"] == "hot_wheel"
    assert row.data["camera_id"] == "th-1"
    assert row.data["over_k"] == 45.0
    assert "A3" in row.data["place"]
    assert "45 K" in row.data["message"]
    assert "A3" in row.data["message"]
    assert "45 K" in row.data["zh"]
    assert "火警" not in row.data["zh"]
    assert not b.real()
    assert not b.state.live.fires
    assert not b.tells


def test_the_same_place_is_said_again_after_six_hours_or_when_it_is_far_hotter() -> None:
    b = Bench()
    see(b)
    see(b, wheel_c=100.0)
    assert len(notices(b)) == 1
    see(b, wheel_c=110.0)
    assert len(notices(b)) == 2
    b.now = b.now.later(6 * 3600.0)
    see(b)
    assert len(notices(b)) == 3


def test_another_lorry_is_another_notice() -> None:
    b = Bench()
    see(b)
    see(b, (YARD[0], YARD[1] + 40 / 111_000.0))
    assert len(notices(b)) == 2


@pytest.mark.parametrize(
    "changes",
    [
        {"spacing_deg": SPACING_DEG * 3.0},
        {"spacing_deg": SPACING_DEG * 0.2},
        {"spacing_deg": float("nan")},
        {"wheel_c": float("inf")},
        {"kind": "relative"},
        {"generation": 0},
    ],
    ids=["gaps of 4 m are no bogie", "gaps of 0.3 m are none", "no number", "endless", "grey levels", "an older view"],
)
def test_what_is_no_wheel_or_garbage_or_stale_says_nothing(changes: dict[str, Any]) -> None:
    b = Bench()
    b.play(ViewHeld(View("th-1", "v", 1, 0.0, 0.0, 24.0, 0.0)))
    see(b, **changes)
    assert not notices(b)


def test_a_head_without_a_mount_says_it_by_its_name() -> None:
    b = Bench(rules(lookouts=("th-1", "th-9"), names={"th-9": "9号杆"}))
    see(b, camera_id="th-9", spacing_deg=9.0)
    (row,) = notices(b)
    assert "9号杆" in row.data["zh"]


def test_the_place_is_kept_out_of_the_background_for_six_hours() -> None:
    b = Bench()
    see(b)
    (points,) = [c.points for c in b.out if isinstance(c, WatchOn) and c.camera_id == "th-1"]
    assert not points[0].open
    assert points[0].radius_deg >= SPACING_DEG
    b.now = b.now.later(6 * 3600.0 + 1.0)
    b.play(Tick())
    assert [c.points for c in b.out if isinstance(c, WatchOn)][-1] == ()


def test_status_shows_it_for_six_hours_and_a_restart_forgets_nothing() -> None:
    b = Bench()
    see(b)
    again = restore(rules(), "7c1e", b.rows)
    assert again.book == b.book
    (shown,) = view.status(again, b.now)["hot_wheels"]
    assert (shown["over_k"], shown["camera_id"]) == (45.0, "th-1")
    c = Bench()
    c.state, c.now = with_rules(again, rules()), b.now
    see(c)
    assert not notices(c)
    assert view.status(again, b.now.later(6 * 3600.0 + 1.0))["hot_wheels"] == []


def test_it_lies_where_it_was_seen_for_those_who_ask_why() -> None:
    b = Bench()
    see(b)
    (said,) = b.book.wheels
    assert lies(b.state, Target("yard", *YARD), said)
    assert not lies(b.state, Target("mast", MOUNTS[1].lat_wgs84, MOUNTS[1].lon_wgs84), said)
    assert said.at - b.now.utc < timedelta(seconds=1)

"""What `edged rounds` and `edged hazards` say to people, in both languages, and the picture of a course."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from edged.commands import ask, hazards, rounds
from edged.commands.rounds import all_lines, one_lines, sparkline
from edged.commands.roundsplot import draw
from edged.model.errors import CommandRefused

T0 = datetime(2026, 11, 22, 3, 0, tzinfo=UTC).timestamp()
AIR = {"air_temp_c": 20.0, "extinction_per_km": 0.3, "assumed": ["air_temp_c"], "measured_at": None}
SPOT: dict[str, Any] = {
    "name": "t1", "camera_id": "th-1", "camera": "1号杆", "owner": "wang", "neighbours": ["t2", "t3"],
    "limits": {"limit_c": 70.0, "over_neighbours_k": 15.0}, "values": {"limit_c": 74.5, "over_neighbours_k": None}, "at": "…",
    "age_s": 240.0, "kind": "radiometric", "valid": True, "median": 40.0, "high": 62.0, "object_median_c": 45.0, "object_high_c": 74.5,
    "px": 80, "air_assumed": True, "view_id": "v", "unseen": None, "unseen_visits": 0,
}  # fmt: skip
GREY = {
    **SPOT, "name": "t2", "kind": "relative", "valid": False, "object_high_c": None, "object_median_c": None, "high": 190.0,
    "limits": {"over_neighbours_levels": 40.0}, "values": {"over_neighbours_levels": 12.0}, "unseen": "hot_track", "unseen_visits": 3,
}  # fmt: skip
NEVER = {**SPOT, "name": "t3", "limits": {}, "high": None, "age_s": None, "kind": None, "valid": False, "air_assumed": False}


def row(number: int, value: float | None, **changes: Any) -> dict[str, Any]:
    made = {
        "at_s": T0 + 600.0 * number, "span_s": 0, "count": 1, "kind": "radiometric", "valid": True, "px": 80, "median": value,
        "high": value, "high_most": value, "object_median_c": value, "object_high_c": value,
        "cause": None if value is not None else "hot_track",
        "camera_id": "th-1", "view_id": "v",
    }  # fmt: skip
    return made | changes


def data(**changes: Any) -> dict[str, Any]:
    rows = [row(n, None if n == 20 else 40.0 + n / 4) for n in range(40)]
    hazard = {"hazard_id": "H1", "limit_words": {"en": "temperature", "zh": "温度"}}
    return {"spots": [SPOT], "rows": rows, "hazards": [hazard], "time_zone": "Asia/Shanghai", "air": AIR, **changes}


def test_a_line_a_spot() -> None:
    said = list(all_lines(data(spots=[SPOT, GREY, NEVER]), "en"))
    assert said[0] == ("t1  1号杆       74.5 °C (apparent 62.0, air assumed)  limit 74.5/70 °C !  over neighbours –/15 K  4 min ago")
    assert "190 grey levels" in said[1]
    assert "°C" not in said[1]
    assert "over neighbours +12.0/40" in said[1]
    assert "since then 3 visits without: something hot before it" in said[1]
    assert said[2].endswith("never measured")
    assert "尚未测量" in next(all_lines(data(spots=[NEVER]), "zh"))


def test_one_spot_with_its_course() -> None:
    said = list(one_lines(data(), "en"))
    assert any(line.startswith("HAZARD H1: temperature") for line in said)
    course = next(line for line in said if "▁" in line)
    assert course.startswith("11-22 11:00 ▁")
    assert course.endswith("█ 11-22 17:30   40.0 … 49.8 °C")
    assert any("something hot before it" in line for line in said)
    assert said[-1] == "11-22 17:30  49.8 °C  middle 49.8, 80 px"
    assert "nothing was measured" in list(one_lines(data(rows=[row(0, None)]), "en"))[-1]


def test_gaps_of_a_course_are_blank() -> None:
    assert sparkline([(0.0, 1.0), (60.0, 8.0)]).strip("▁█") == " " * 58
    assert sparkline([(5.0, 3.0)]).strip() == "▁"


@pytest.mark.parametrize("rows", [data()["rows"], []])
def test_a_course_is_drawn(tmp_path: Path, rows: list[dict[str, Any]]) -> None:
    draw(tmp_path / "t1.png", data(rows=rows))
    assert (tmp_path / "t1.png").read_bytes()[:4] == b"\x89PNG"


def test_hazards_say_what_who_and_until_when() -> None:
    zone = ZoneInfo("Asia/Shanghai")
    hazard = {
        "hazard_id": "H1", "spot": "t1", "camera": "1号杆", "limit_name": "limit_c", "limit": 70.0, "unit": "°C", "value": 60.0,
        "peak": 82.0,
        "limit_words": {"en": "temperature", "zh": "温度"}, "state": "gone", "since": "2026-11-22T03:00:00Z", "owner": "wang",
        "opened_at": "2026-11-21T03:00:00Z", "due": "2026-11-24T03:00:00Z", "overdue": True, "returns": 2, "note": "", "closed_by": None,
    }  # fmt: skip
    first, second = hazards.lines(hazard, zone, "en")
    assert first == "H1   t1 (1号杆)  temperature 60.0/70 °C, peak 82.0  gone, nobody looked yet 11-22 11:00"
    assert second == "     owner wang, due 11-24 11:00  OVERDUE, since 11-21 11:00  came back 2×"
    assert "已逾期" in list(hazards.lines(hazard, zone, "zh"))[1]
    closed = hazard | {"state": "closed", "closed_by": "chen", "note": "tightened", "overdue": False}
    assert list(hazards.lines(closed, zone, "en"))[1] == "     by chen: tightened"


def test_a_date_is_the_end_of_that_day_at_the_station(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    asked: list[tuple[str, dict[str, Any]]] = []

    def request(path: str, verb: str, **fields: Any) -> dict[str, Any]:
        asked.append((verb, fields["args"]))
        return {"text": "H1 …", "data": {"time_zone": "Asia/Shanghai", "hazards": []}}

    monkeypatch.setattr(ask, "request", request)
    given = {"socket": "", "json": False, "language": "en", "note": "", "owner": "li", "until": "2026-12-05", "all": False}
    assert hazards.run(argparse.Namespace(action="assign", id="H1", **given)) == 0
    assert asked[-1] == ("hazard", {"action": "assign", "id": "H1", "owner": "li", "until": "2026-12-05T23:59:00+08:00"})
    assert hazards.run(argparse.Namespace(action=None, id=None, **given)) == 0
    assert capsys.readouterr().out.endswith("no open hazard\n")
    with pytest.raises(CommandRefused, match="such as H3"):
        hazards.run(argparse.Namespace(action="close", id=None, **given))
    with pytest.raises(CommandRefused, match="draws one spot"):
        rounds.run(argparse.Namespace(name=None, plot=Path("x.png"), since="1d", socket="", json=False, language="en"))

"""What a technician reads at 3 a.m.: first whether the station sees, then each trouble with the next step; both languages."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, get_args

import pytest

from edged.commands import alarms, ask, status
from edged.commands.wording import _CAUSES, STATES, alarm_line, status_lines
from edged.model.alarm import AlarmState
from edged.model.view import BlindCause

SEEING = {"camera_id": "th-01", "name": "东塔", "sees": True, "range_reduced": False}
BLIND = {"camera_id": "th-02", "name": "th-02", "sees": False, "cause": "frozen", "since": "2026-11-22T19:14:00+00:00"}
WELL: dict[str, Any] = {
    "sees": True, "seeing": 1, "lookouts": 1, "armed": 1, "time_zone": "Asia/Shanghai", "mqtt_up": True, "cameras": [SEEING],
    "open_alarms": [], "outputs": {"mqtt": True},
}  # fmt: skip
ALARM: dict[str, Any] = {
    "alarm_id": "A", "display_id": "0142", "slot": 4, "state": "active", "test": False, "raised_at": "2026-11-22T19:14:03+00:00",
    "words": {"place": "A3堆场", "gate": "2门", "hazard": None}, "answers": [],
}  # fmt: skip


def said(language: str = "zh", **changes: Any) -> list[str]:
    return list(status_lines({**WELL, **changes}, language))


def test_a_station_that_is_well_says_so_in_three_lines() -> None:
    assert said() == ["现在看得见 1/1", "没有未结警情", "其余一切正常。"]
    assert said("en") == ["SEES: 1 of 1 lookouts", "No open alarm", "Everything else works."]


def test_a_lookout_that_sees_more_hot_spots_than_it_follows_says_so() -> None:
    busy = [{**SEEING, "waiting_sources": 7}]
    assert any("热点过多, 另有 7 处轮流跟踪" in line for line in said(cameras=busy))
    assert any("sees 7 more hot spots than it follows at a time" in line for line in said("en", cameras=busy))
    assert said(cameras=[{**SEEING, "waiting_sources": 0}]) == said()
    assert said(cameras=[{**BLIND, "waiting_sources": 7}]) == said(cameras=[BLIND]), "what a blind one saw last is old"


def test_the_second_line_says_how_much_is_watched() -> None:
    words = {"zh": "现在看得见87%, 雾, 3号头失明", "en": "87 % watched now, fog, head 3 blind"}
    known = {"sentence": words, "stale": False}
    assert said(coverage=known)[1] == "站区现在看得见87%, 雾, 3号头失明: edged coverage"
    assert said("en", coverage=known)[1] == "Of the zone 87 % watched now, fog, head 3 blind: edged coverage"
    assert "设置改动前" in said(coverage={**known, "stale": True})[1]
    assert said(coverage=None, coverage_fault={"zh": "空间不足", "en": "no room"})[-1] == "  - 覆盖范围未知: 空间不足"


@pytest.mark.parametrize(
    ("changes", "zh", "en"),
    [
        ({"lookouts": 2, "cameras": [SEEING, BLIND]}, "部分失明: 现在看得见 1/2", "BLIND IN PART: 1 of 2"),
        ({"sees": False, "seeing": 0, "cameras": [BLIND]}, "失明: 1 个镜头全部看不见", "BLIND: none of 1"),
        ({"sees": None, "seeing": 0}, "尚未判明", "NOT YET KNOWN"),
        ({"lookouts": 0, "seeing": 0, "sees": None, "cameras": []}, "失明: 没有任何热像镜头", "BLIND: no camera"),
        ({"simulated": True}, "现在看得见 1/1 (模拟站点", "SEES: 1 of 1 lookouts (simulated"),
    ],
)
def test_the_first_line_is_whether_it_sees(changes: dict[str, Any], zh: str, en: str) -> None:
    assert said(**changes)[0].startswith(zh)
    assert said("en", **changes)[0].startswith(en)


@pytest.mark.parametrize(
    ("changes", "zh", "en"),
    [
        ({"lookouts": 2, "cameras": [SEEING, BLIND]}, "th-02 自 11-23 03:14 失明: 画面冻结: 请重启摄像机", "restart the camera"),
        ({"mqtt_up": False}, "systemctl status mosquitto", "systemctl status mosquitto"),
        ({"outputs": {"gateway": False}}, "语音", "call them"),
        ({"journal_failing": "disk full: free room"}, "日志库写不进去", "free room"),
        ({"armed": 0}, "edged arm", "edged arm"),
        ({"children": [{"name": "fleet", "state": "parked"}]}, "journalctl", "journalctl"),
        ({"faults": {"co-001": "no answer: check its cable"}, "faults_zh": {"co-001": "无应答: 请查网线"}}, "请查网线", "its cable"),
        (
            {"entries": [{"entry": "th-09", "file": "a.yaml", "state": "quarantined", "en": "bad", "zh": "有误"}]},
            "有误: edged check",
            "edged check",
        ),
    ],
)
def test_every_trouble_names_itself_and_the_next_step(changes: dict[str, Any], zh: str, en: str) -> None:
    for language, words in (("zh", zh), ("en", en)):
        lines = said(language, **changes)
        assert len(lines) == 4, lines
        assert words in lines[3]


def test_the_eye_of_a_blind_lookout_is_not_told_twice() -> None:
    lines = said(lookouts=2, cameras=[SEEING, BLIND], children=[{"name": "eye th-02", "state": "lost"}], faults={"th-02": "frozen"})
    assert len(lines) == 4


@pytest.mark.parametrize("language", ["zh", "en"])
def test_an_unanswered_alarm_is_named(language: str) -> None:
    short = {"slot": 4, "display_id": "0142", "state": "active", "place": "A3堆场"}
    line = said(language, open_alarms=[short], oldest_unanswered=short)[1]
    assert "#4 A3堆场" in line
    assert ("无人应答" if language == "zh" else "NOBODY ANSWERED") in line


def test_no_cause_and_no_state_is_left_without_words() -> None:
    assert set(_CAUSES) == set(get_args(BlindCause))
    assert set(STATES) == set(get_args(AlarmState))
    for cause, step in _CAUSES.values():
        assert cause.en.isascii()
        assert all(any("\u4e00" <= letter <= "\u9fff" for letter in words.zh) for words in (cause,))
        assert step.en
        assert step.zh


def test_an_alarm_is_one_line_in_the_stations_time() -> None:
    assert alarm_line(ALARM, "zh", "Asia/Shanghai") == "#4  0142  火警  A3堆场  2门进  11-23 03:14 起  无人应答"
    answered = {**ALARM, "state": "acknowledged", "answers": [{"verb": "going", "actor": "radio:8012"}], "test": True}
    assert (
        alarm_line(answered, "en", "Asia/Shanghai") == "#4  0142  acknowledged  A3堆场  by 2门  since 11-23 03:14  DRILL  going radio:8012"
    )
    assert alarm_line({}, "zh") == "--"


def test_the_commands_print_words_and_json_prints_all(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    answers = {"status": {**WELL, "sees": False, "seeing": 0}, "alarms": {"alarms": [ALARM], "time_zone": "Asia/Shanghai"}}
    monkeypatch.setattr(ask, "request", lambda path, verb, **_: {"text": "", "data": answers[verb]})
    told = argparse.Namespace(socket="/nowhere", json=False, watch=False, language="zh", all=False)
    assert status.run(told) == 1
    assert capsys.readouterr().out.startswith("失明: 1 个镜头全部看不见")
    assert alarms.run(told) == 0
    assert "03:14 起" in capsys.readouterr().out
    assert status.run(argparse.Namespace(**{**vars(told), "json": True})) == 1
    assert json.loads(capsys.readouterr().out) == answers["status"]


def test_a_watched_status_is_said_again(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    @contextmanager
    def closing(every: Iterator[Any]) -> Iterator[Any]:
        yield every

    both = iter([{"text": "", "data": WELL}, {"text": "", "data": {**WELL, "mqtt_up": False}}])
    monkeypatch.setattr(ask, "answers", lambda *_, **__: both)
    monkeypatch.setattr(status.contextlib, "closing", closing)
    assert status.run(argparse.Namespace(socket="/nowhere", json=False, watch=True, language="en")) == 0
    first, second = capsys.readouterr().out.split("---\n")
    assert "Everything else works." in first
    assert "the broker is not reached" in second


def test_what_heads_do_besides_touring_is_said_with_the_alarm_that_it_is_for() -> None:
    heads = {
        "th-01": {"doing": "stays", "view_id": "v1", "alarm_ids": ["a"]},
        "th-02": {"doing": "verifies", "view_id": "@a-7", "alarm_ids": ["a"]},
        "th-03": {"doing": "patrol", "view_id": "v2", "alarm_ids": []},
    }
    data = {
        "lookouts": 3,
        "sees": True,
        "seeing": 3,
        "heads": heads,
        "open_alarms": [{"alarm_id": "a", "slot": None, "display_id": "0142"}],
    }
    assert "Heads: th-01 stays for 0142; th-02 verifies 0142" in "\n".join(status_lines(data, "en"))
    assert "云台: th-01 停留观察 0142; th-02 复核 0142" in "\n".join(status_lines(data, "zh"))
    assert "Heads" not in "\n".join(status_lines({"lookouts": 3, "heads": {"th-03": heads["th-03"]}}, "en"))

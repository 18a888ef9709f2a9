"""What users send: verbs, PTZ orders, cursors, replay; and what is refused."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from edged.model.command import Reply
from edged.model.event import Noticed, RadioReported, RadioStatus, Verb, Weathered
from tests.fakes.journal_reader import make_row
from tests.output.conftest import STATION, Station, User, until

ROOT = f"edged/v1/{STATION}"


def command(actor: str, seconds: float = 2400, **more: Any) -> bytes:
    ends = datetime.now(UTC) + timedelta(seconds=seconds)
    return json.dumps({"command_id": f"cmd-{actor}-0001", "actor": actor, "verb": "going", "expires_at": ends.isoformat()} | more).encode()


@pytest.fixture
def running(station: Station) -> Station:
    station.start()
    until(lambda: station.output.up, "up")
    return station


def test_a_verb_arrives_and_its_answer_comes_home(running: Station, user: Any) -> None:
    duty = user("duty1", f"{ROOT}/reply/duty1/#")
    duty.say(f"{ROOT}/alarm/command/duty1", command("duty1", slot=4), response=f"{ROOT}/reply/duty1/a", correlation=b"7")
    until(lambda: running.control.of(Verb), "verb")
    verb = running.control.of(Verb)[0]
    assert (verb.verb, verb.actor, verb.role, verb.via, verb.slot) == ("going", "duty1", "duty", "mqtt", 4)
    running.output.reply(Reply(verb.command_id, "duty1", True, "已前往 #4"))
    until(lambda: duty.seen, "reply")
    topic, said, message = duty.seen[0]
    assert (topic, said["accepted"], said["text"], message.properties.CorrelationData) == (f"{ROOT}/reply/duty1/a", True, "已前往 #4", b"7")


def test_two_users_with_the_same_command_id_each_get_their_own_answer(running: Station, user: Any) -> None:
    both = {name: user(name, f"{ROOT}/reply/{name}/#") for name in ("duty1", "leader")}
    for name, one in both.items():
        one.say(f"{ROOT}/alarm/command/{name}", command(name, command_id="cmd-1234-5678", slot=4), response=f"{ROOT}/reply/{name}/a")
    until(lambda: len(running.control.of(Verb)) == 2, "verbs")
    for name in both:
        running.output.reply(Reply("cmd-1234-5678", name, True, name))
    for name, one in both.items():
        until(lambda one=one: one.seen, name)
        assert [said["text"] for _, said, _ in one.seen] == [name]


@pytest.mark.parametrize(
    ("actor", "payload", "retain", "said"),
    [
        ("duty1", command("duty1", seconds=-1), False, "过期"),
        ("duty1", command("duty1", seconds=7200), False, "一小时"),
        ("duty1", command("leader"), False, "不符"),
        ("stranger", command("stranger"), False, "无角色"),
        ("duty1", b'{"verb":"going"}', False, "不合规约"),
        ("duty1", b"\x00\xff", False, "不合规约"),
        ("duty1", command("duty1", verb="explode"), False, "不合规约"),
        ("duty1", command("duty1", expires_at="2026-13-45T00:00:00Z"), False, "不合规约"),
        ("duty1", command("duty1", expires_at="2026-11-22T00:00:00"), False, "不合规约"),
    ],
)
def test_what_must_not_become_a_verb_is_answered(running: Station, user: Any, actor: str, payload: bytes, retain: bool, said: str) -> None:
    one = user(actor, f"{ROOT}/reply/{actor}")
    one.say(f"{ROOT}/alarm/command/{actor}", payload, retain)
    until(lambda: one.seen, "refusal")
    answer = one.seen[0][1]
    assert answer is not None
    assert (answer["accepted"], said in answer["text"]) == (False, True)
    assert running.control.of(Verb) == []


def test_a_retained_command_is_refused_after_a_restart(station: Station, user: Any) -> None:
    duty = user("duty1", f"{ROOT}/reply/duty1")
    duty.say(f"{ROOT}/alarm/command/duty1", command("duty1", seconds=3000), retain=True)
    station.start()
    until(lambda: duty.seen, "refusal")
    assert "保留" in duty.seen[0][1]["text"]
    assert station.control.of(Verb) == []


def test_an_answer_never_goes_to_a_topic_that_is_not_the_users(running: Station, user: Any) -> None:
    gateway = user("pdt-gateway", f"{ROOT}/radio/tx")
    duty = user("duty1", f"{ROOT}/reply/duty1")
    duty.say(f"{ROOT}/alarm/command/duty1", command("duty1", seconds=-5), response=f"{ROOT}/radio/tx")
    until(lambda: duty.seen, "refusal on the own topic")
    assert gateway.seen == []


def test_a_head_is_ordered(running: Station, user: Any) -> None:
    duty = user("duty1", f"{ROOT}/reply/duty1")
    body = json.loads(command("duty1")) | {"order": "look_at", "args": {"pan_deg": 45.0, "tilt_deg": -3.0}}
    del body["verb"]
    duty.say(f"{ROOT}/ptz/th-03/command/duty1", json.dumps(body).encode())
    until(lambda: running.control.orders, "order")
    order = running.control.orders[0]
    assert (order.camera_id, order.order, order.role, order.args) == ("th-03", "look_at", "duty", {"pan_deg": 45.0, "tilt_deg": -3.0})


def test_reports_and_statuses_are_checked(running: Station, user: Any) -> None:
    gateway = user("pdt-gateway")
    topic = f"{ROOT}/radio/report"
    for body in (
        {"report_id": "r1", "mr": "T1", "result": "delivered", "radio": "1001"},
        {"report_id": "r2", "radio": "1001", "status": 14},
        {"report_id": "r3", "radio": "1001", "status": 2},
        {"report_id": "r4", "radio": "1001", "status": 77},
        {"report_id": "r5", "radio": "1001", "status": 10},
        {"report_id": "r6", "radio": "1001", "status": 4000},
        {"report_id": "r7", "mr": "T1", "result": "eaten"},
    ):
        gateway.say(topic, json.dumps(body).encode())
    until(lambda: len(running.control.of(Noticed)) == 4, "four refused")
    assert [event.status for event in running.control.of(RadioStatus)] == [14, 2]
    assert [(event.tell_id, event.result) for event in running.control.reports()] == [("T1", "delivered")]
    assert isinstance(running.control.of(RadioReported)[0], RadioReported)


def test_cursors_advance_and_nonsense_is_noticed(running: Station, user: Any) -> None:
    running.journal.append(*[make_row(n) for n in range(1, 6)])
    city = user("city")
    for body in (
        {"epoch": "e1", "sequence": 3},
        {"epoch": "e0", "sequence": 5},
        {"epoch": "e1", "sequence": 2},
        {"epoch": "e1", "sequence": 99},
    ):
        city.say(f"{ROOT}/cursor/city", json.dumps(body).encode(), retain=True)
    city.say(f"{ROOT}/cursor/nobody", b'{"epoch":"e1","sequence":1}')
    city.say(f"{ROOT}/cursor/gap", b'{"epoch":"e1","sequence":1}')
    until(lambda: len(running.control.of(Noticed)) == 3, "three noticed")
    assert running.journal.cursor("city", "real") == ("e1", 3)
    assert [event.code for event in running.control.of(Noticed)] == ["cursor_beyond_newest", "cursor_unknown", "cursor_unknown"]
    assert running.journal.cursor("gap", "real") is None
    assert running.control.ahead == [("city", 99)], "control decides whether a journal that a consumer overtook may go on"


def ask(city: User, first: int, last: int, **more: Any) -> None:
    body = json.dumps({"request_id": f"r-{first}-{last}", "epoch": "e1", "from": first, "to": last} | more).encode()
    city.say(f"{ROOT}/replay/request/city", body, response=f"{ROOT}/reply/city/replay", correlation=b"c")


def test_replay_sends_the_same_bytes_and_ends_with_a_count(running: Station, user: Any) -> None:
    city = user("city", f"{ROOT}/alarm/event/#", f"{ROOT}/reply/city/#")
    running.journal.append(*[make_row(n) for n in range(1, 41)])
    running.output.wake()
    until(lambda: len(city.of("/alarm/event/")) == 40, "live rows")
    ask(city, 5, 99)
    until(lambda: any("kind" in one for one in city.of("/reply/")), "end")
    rows = [message for topic, value, message in city.seen if "/reply/" in topic and "sequence" in value]
    live = {value["id"]: message.payload for topic, value, message in city.seen if "/event/" in topic}
    assert [json.loads(one.payload)["sequence"][-2:] for one in rows] == [f"{n:02d}" for n in range(5, 41)]
    assert all(live[json.loads(one.payload)["id"]] == one.payload for one in rows)
    end = next(one for one in city.of("/reply/") if "kind" in one)
    assert (end["data"]["sent"], end["data"]["last_sequence"], end["command_id"]) == (36, 40, "r-5-99")


def test_replay_is_limited_and_checked(running: Station, user: Any) -> None:
    city = user("city", f"{ROOT}/reply/city/#")
    for n in range(12):
        ask(city, 9, 3 + n % 2)
    until(lambda: len(city.of("/reply/")) == 12, "twelve answers")
    answers = city.of("/reply/")
    assert all(not one["accepted"] for one in answers)
    assert any("retry_after_s" in one["data"] for one in answers)
    ask(city, 1, 2, more="x")
    until(lambda: len(city.of("/reply/")) == 13, "a malformed one is answered")
    assert "contract" not in city.of("/reply/")[-1]["text"]


def test_a_cursor_outlives_the_daemon_at_the_broker(station: Station, user: Any) -> None:
    station.journal.append(*[make_row(n) for n in range(1, 6)])
    city = user("city")
    city.say(f"{ROOT}/cursor/city", b'{"epoch":"e1","sequence":4}', retain=True)
    station.start()
    until(lambda: station.journal.cursor("city", "real") == ("e1", 4), "the retained cursor")


def test_rows_of_a_former_epoch_go_out_before_the_new_ones(station: Station, user: Any) -> None:
    city = user("city", f"{ROOT}/alarm/#")
    station.journal.append(make_row(1), make_row(2))
    station.journal.begin_epoch("real", "e2")
    station.journal.advance("broker", "real", "e1", 1)
    station.journal.append(make_row(3))
    station.start()
    until(lambda: len(city.of("/alarm/event/")) == 2, "two rows")
    assert [(row["epoch"], int(row["sequence"])) for row in city.of("/alarm/event/")] == [("e1", 2), ("e2", 1)]
    until(lambda: any(one["epoch"] == "e2" and one["last_sequence"] == 1 for one in city.of("/alarm/index")), "index of the new epoch")


def test_a_flood_of_nonsense_costs_neither_log_nor_rows(running: Station, user: Any) -> None:
    duty = user("duty1", f"{ROOT}/reply/duty1")
    city = user("city", f"{ROOT}/alarm/event/#")
    duty.say(f"{ROOT}/alarm/command/duty1", b"x" * 100_000)
    for _ in range(60):
        duty.client.publish(f"{ROOT}/alarm/command/duty1", b"{", 1)
    running.journal.append(make_row(1))
    running.output.wake()
    until(lambda: city.of("/alarm/event/"), "the row")
    until(lambda: len(duty.seen) == 60, "an answer each")
    assert len([text for _, text in running.control.lines if "refused" in text]) <= 6
    assert any("100000 bytes" in text for _, text in running.control.lines)


def test_an_instrument_says_the_weather_and_nobody_else_does(running: Station, user: Any) -> None:
    mast, stranger = user("mast"), user("stranger")
    at = "2026-11-22T03:14:03+08:00"
    stranger.say(f"{ROOT}/weather/stranger", b'{"air_temp_c":55}')
    for garbage in (
        b"{}",
        b"warm",
        b'{"air_temp_c":999}',
        b'{"air_temp_c":"31"}',
        b'{"fog":1}',
        b'{"air_temp_c":NaN}',
        b'{"at":"now","rain_mm_h":1}',
    ):
        mast.say(f"{ROOT}/weather/mast", garbage)
    mast.say(f"{ROOT}/weather/mast", json.dumps({"at": at, "air_temp_c": 31.5, "humidity_share": 0.8, "rain_mm_h": None}).encode())
    until(lambda: running.control.of(Weathered), "weather")
    assert running.control.of(Weathered) == [Weathered("mast", datetime.fromisoformat(at), air_temp_c=31.5, humidity_share=0.8)]


def test_a_flood_and_an_old_retained_message_are_not_taken(station: Station, user: Any) -> None:
    mast = user("mast")
    mast.say(f"{ROOT}/weather/mast", b'{"air_temp_c":1}', retain=True)
    station.start()
    until(lambda: station.output.up, "up")
    for number in range(30):
        mast.say(f"{ROOT}/weather/mast", json.dumps({"air_temp_c": 10 + number / 10}).encode())
    until(lambda: station.control.of(Weathered), "weather")
    mast.say(f"{ROOT}/alarm/command/mast", b"{}")
    until(lambda: mast.acknowledged, "the broker")
    taken = [event.air_temp_c for event in station.control.of(Weathered)]
    assert 1.0 not in taken
    assert len(taken) <= 12
    station.output.air({"air_temp_c": 12.0, "extinction_per_km": 0.4, "assumed": [], "measured_at": None, "source": "mast"})
    watcher = user("watcher", f"{ROOT}/status")
    until(lambda: any(said.get("air") for said in watcher.of("/status")), "the air in the status")

"""Rows on a real broker: order, position, retained messages, refusal, an absent audience, a broker that dies."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from edged.model.event import Noticed, OutputChanged
from edged.output.base import BROKER
from edged.survey import survey
from tests.fakes.broker import MOSQUITTO, OPEN, Mosquitto, needs_mosquitto
from tests.fakes.journal_reader import make_alarm, make_row
from tests.output.conftest import STATION, Station, User, until
from tests.test_survey import small

ROOT = f"edged/v1/{STATION}"


def test_rows_come_in_order_once_and_the_position_follows(station: Station, user: Any) -> None:
    city = user("city", f"{ROOT}/#")
    station.journal.append(*[make_row(n) for n in range(1, 51)])
    station.start()
    until(lambda: len(city.of("/alarm/event/")) >= 50, "50 rows")
    until(lambda: station.journal.cursor(BROKER, "real") == ("e1", 50), "position 50")
    assert [int(row["sequence"]) for row in city.of("/alarm/event/")] == list(range(1, 51))
    until(lambda: any(one["last_sequence"] == 50 for one in city.of("/alarm/index")), "index")
    index = city.of("/alarm/index")[-1]
    assert index["digest"] == station.journal.newest("real")[2]
    assert len(index["active"]) == 50
    assert city.of("/status")[0]["state"] == "online"
    assert [event.up for event in station.control.of(OutputChanged) if event.output == "mqtt"] == [True]


def test_tests_live_apart(station: Station, user: Any) -> None:
    naive = user("naive", f"{ROOT}/alarm/#")
    tester = user("tester", f"{ROOT}/test/#")
    station.journal.append(make_row(1, "test"), make_row(2, "test"))
    station.start()
    until(lambda: len(tester.of("/alarm/event/")) == 2, "the test's rows")
    until(lambda: naive.of("/alarm/index"), "index")
    assert naive.of("/alarm/event/") == []
    assert naive.of("/alarm/index")[-1]["active"] == []
    assert naive.of("/alarm/active/") == []


def test_a_row_only_for_the_station_leaves_no_gap_and_no_content(station: Station, user: Any) -> None:
    city = user("city", f"{ROOT}/alarm/#")
    station.journal.append(make_row(1, publish=False), make_row(2))
    station.start()
    until(lambda: len(city.of("/alarm/event/")) == 2, "two rows")
    first = city.of("/alarm/event/")[0]
    assert (first["type"], "alarm_id" in first["data"]) == ("cn.edged.kept.v1", False)


def test_the_active_set_is_retained_cleared_and_swept(station: Station, user: Any) -> None:
    before = user("other", "nothing")
    stale = f"{ROOT}/alarm/active/01STALE"
    from edged.output.mqtt.envelope import render
    from tests.fakes.journal_reader import MemoryJournal
    from tests.output.conftest import IDENTITY

    (old,) = MemoryJournal().append(make_row(9))
    before.say(stale, render(old, IDENTITY), retain=True)
    alarm = make_alarm()
    station.journal.append(replace(make_row(1), alarm=alarm))
    station.start()
    watcher = user("watcher", f"{ROOT}/alarm/active/#")
    until(lambda: any(topic.endswith(alarm.alarm_id) for topic, value, _ in watcher.seen if value), "active")
    station.journal.append(replace(make_row(2), alarm=make_alarm(state="cleared", clear_reason="extinguished")))
    station.output.wake()
    until(lambda: any(topic.endswith(alarm.alarm_id) and value is None for topic, value, _ in watcher.seen), "cleared")
    late = user("late", f"{ROOT}/alarm/active/#", f"{ROOT}/alarm/index")
    until(lambda: late.of("/alarm/index"), "index for the late one")
    assert late.of("/alarm/active/") == []
    assert not any(topic == stale and value for topic, value, _ in late.seen)


def test_clean_stop_and_will(broker: Any, user: Any) -> None:
    watcher = user("watcher", f"{ROOT}/status")
    one = Station(broker.port).start()
    until(lambda: [s["state"] for s in watcher.of("/status")] == ["online"], "online")
    one.stop()
    until(lambda: [s["state"] for s in watcher.of("/status")] == ["online", "stopped"], "stopped")
    assert watcher.of("/status")[-1]["last_sequence"] == 0


@needs_mosquitto
def test_status_shows_what_share_is_watched(broker: Any, user: Any) -> None:
    running = Station(broker.port).start()
    watcher = user("watcher", f"{ROOT}/status")
    until(lambda: watcher.of("/status") != [], "online")
    assert "coverage" not in watcher.of("/status")[-1]
    done = survey(small())
    for down in ((), ("th-01",)):
        running.output.coverage({**done.figures(done.combined(down)[1], down), "stale": False})
        until(lambda down=down: watcher.of("/status")[-1].get("coverage", {}).get("blind") == list(down), "the share")
    shown = watcher.of("/status")[-1]
    assert (shown["state"], shown["coverage"]["watched_share"] < 1.0) == ("online", True)
    assert shown["coverage"]["sentence"]["zh"].endswith("1号头失明")
    late = user("late", f"{ROOT}/status")
    until(lambda: late.of("/status") == [shown], "the same, retained")
    running.stop()
    until(lambda: watcher.of("/status")[-1]["state"] == "stopped", "stopped")
    assert "coverage" not in watcher.of("/status")[-1]


def test_without_a_subscriber_rows_wait_and_then_flow(mosquitto: Mosquitto) -> None:
    station = Station(mosquitto.port)
    station.journal.append(*[make_row(n) for n in range(1, 31)])
    station.start()
    try:
        until(lambda: station.output.publishers["real"].unheard, "reason 0x10")
        assert station.journal.cursor(BROKER, "real") is None
        city = User(mosquitto.port, "city", f"{ROOT}/alarm/event/#")
        until(lambda: len(city.of("/alarm/event/")) >= 30, "30 rows")
        until(lambda: station.journal.cursor(BROKER, "real") == ("e1", 30), "position")
        assert [int(row["sequence"]) for row in city.of("/alarm/event/")] == list(range(1, 31))
        city.close()
    finally:
        station.stop()


@needs_mosquitto
def test_a_row_that_the_broker_never_takes_blocks_nothing(tmp_path: Path) -> None:
    broker = Mosquitto(tmp_path, OPEN + "max_packet_size 9000\n").start()
    station = Station(broker.port)
    city = User(broker.port, "city", f"{ROOT}/alarm/event/#")
    big = replace(make_row(2), alarm=None, kind="notice", topic="system", data={"text": "火" * 5000})
    station.journal.append(make_row(1), big, make_row(3))
    station.start()
    try:
        until(lambda: len(city.of("/alarm/event/")) == 3, "three rows")
        assert [row["type"] for row in city.of("/alarm/event/")] == ["cn.edged.alarm.v1", "cn.edged.kept.v1", "cn.edged.alarm.v1"]
        assert "broker takes 9000" in city.of("/alarm/event/")[1]["data"]["refused"]
        assert [event.code for event in station.control.of(Noticed)] == ["row_refused"]
    finally:
        station.stop()
        city.close()
        broker.stop()


@needs_mosquitto
def test_wrong_password_waits_the_longest_pause_and_says_who(tmp_path: Path) -> None:
    broker = Mosquitto(tmp_path, "listener {port} 127.0.0.1\nallow_anonymous false\n").start()
    secret = tmp_path / "password"
    secret.write_text("Perlmutt-7719\n")
    station = Station(broker.port, username="edged", password_file=secret)
    station.start()
    try:
        until(lambda: station.control.of(OutputChanged), "down")
        assert "login of user edged refused" in station.control.of(OutputChanged)[0].detail
        assert station.output.link._next_try - station.output.advanced_at() > 10
        assert "Perlmutt" not in repr(station.control.lines) + repr(station.control.events)
    finally:
        station.stop()
        broker.stop()


def test_an_absent_broker_is_said_once_and_stop_is_prompt() -> None:
    from edged.simulator.broker import free_port

    station = Station(free_port()).start()
    until(lambda: station.control.of(OutputChanged), "down")
    until(lambda: station.output.link.generation >= 2, "a second try")
    assert len([line for line in station.control.lines if line[0] == "warning"]) == 1
    assert not station.output.up
    station.stop()


@needs_mosquitto
def test_a_killed_broker_gets_everything_again(tmp_path: Path) -> None:
    assert MOSQUITTO
    broker = Mosquitto(tmp_path).start()
    station = Station(broker.port)
    station.journal.append(replace(make_row(1), alarm=make_alarm()))
    station.start()
    try:
        until(lambda: station.output.up, "up")
        broker.kill()
        until(lambda: not station.output.up, "down")
        broker.start()
        until(lambda: station.output.up, "up again")
        late = User(broker.port, "late", f"{ROOT}/#")
        until(lambda: late.of("/alarm/index") and late.of("/alarm/active/") and late.of("/status"), "retained again")
        until(lambda: late.of("/alarm/event/"), "the row")
        late.close()
    finally:
        station.stop()
        broker.stop()


def test_falls_back_to_3_1_1_and_says_what_is_lost() -> None:
    import socket
    import threading

    server = socket.create_server(("127.0.0.1", 0))
    heard: list[int] = []

    def play() -> None:
        for answer in (b"\x20\x03\x00\x84\x00", b"\x20\x02\x00\x00"):
            peer, _ = server.accept()
            peer.settimeout(5)
            hello = peer.recv(4096)
            heard.append(hello[hello.index(b"MQTT") + 4])
            peer.sendall(answer)
            if answer[3] == 0:
                peer.recv(4096)
            peer.close()

    thread = threading.Thread(target=play)
    thread.start()
    station = Station(server.getsockname()[1]).start()
    thread.join(10)
    station.stop()
    server.close()
    assert heard == [5, 4]
    assert any("MQTT 3.1.1, without message expiry" in text for _, text in station.control.lines)


def test_a_peer_that_talks_nonsense_or_nothing_is_left(broker: Any) -> None:
    import socket

    for answer in (b"\x20\xff\xff\xff\xff\xff\xff", b"HTTP/1.1 400 Bad Request\r\n\r\n", b""):
        server = socket.create_server(("127.0.0.1", 0))
        station = Station(server.getsockname()[1], connect_timeout_s=0.3).start()
        peer, _ = server.accept()
        peer.sendall(answer)
        until(lambda one=station: one.control.of(OutputChanged), "down")
        peer.close()
        server.close()
        station.stop()
        assert json.dumps(station.control.lines)

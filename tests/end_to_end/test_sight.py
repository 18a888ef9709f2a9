"""Cameras that fail on the running daemon: who is blind, since when, why, and who sees again by itself; and a drill."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest

from edged.practice import STATION, TEST_RADIO
from edged.simulator.faults import FaultKind
from edged.simulator.mosquitto import installed
from tests.end_to_end.station import House

ROOT = f"edged/v1/{STATION}"
ONE, TWO = "th-01", "th-02"
BLIND_S = 10.0
TURNED_S = 20.0
"""A suspect of the other lookout may turn the head before its freeze is found."""
ASKED_LATE_S = 1.0
"""A shared machine asks and answers late; the rule itself is 9 s and a tick a second."""


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A station with two lookouts that see."""
    if installed() is None:
        pytest.skip("mosquitto is not installed")
    made = House(tmp_path_factory.mktemp("house"), traffic=False)
    try:
        made.start()
        made.sees(ONE, TWO)
        yield made
    finally:
        made.stop()


def blind_s(house: House, camera_id: str) -> float:
    began = time.monotonic()
    house.until(lambda: house.lookout(camera_id).get("sees") is False, 15, f"{camera_id} is blind")
    return time.monotonic() - began


def pulled(house: House, fault: FaultKind, camera_id: str) -> tuple[float, dict[str, Any], str, dict[str, Any]]:
    """Let a fault begin; returns seconds to blindness, the lookout's line, the words, and the published state."""
    every = house.listen("edged", f"{ROOT}/camera/{camera_id}/state")
    house.practice.simulator.fault(fault, camera_id)
    took_s = blind_s(house, camera_id)
    words = str(house.status()["faults"].get(camera_id))
    house.until(lambda: any(state["sees"] is False for state in every.bodies("/state")[-1:]), 5, "the published state says blind")
    return took_s, house.lookout(camera_id), words, every.bodies("/state")[-1]


def drilled(house: House, camera_id: str) -> int:
    """Drill until a test alarm is open, as a technician would, at most three times; returns how often."""
    for tries in range(1, 4):
        assert house.ask("drill", args={"camera": camera_id})["data"]["test"] is True
        end = time.monotonic() + 12.0
        while time.monotonic() < end:
            if house.status()["open_tests"]:
                return tries
            time.sleep(0.1)
    raise AssertionError(f"three drills at {camera_id} made no test alarm:\n{house.practice.tail()}")


def test_a_drill_is_a_test_everywhere_and_reaches_test_radios_only(house: House) -> None:
    house.until(lambda: house.lookout(ONE).get("learning") is False, 30, "the view is learnt")
    every = house.listen("edged", f"{ROOT}/#")
    texts = len(house.practice.gateway.texts)
    print(f"a test alarm after {drilled(house, ONE)} drills")
    alarm = house.status()["open_tests"][0]
    house.ask("confirm", alarm_id=alarm["alarm_id"])
    house.until(lambda: any("/test/radio/tx" in topic for topic, _, _ in every.seen), 15, "the drill's text")
    house.until(lambda: any(body["data"]["state"] == "active" for body in every.bodies("/test/alarm/event/fire")), 10, "the test event")
    assert alarm["test"] is True
    for topic, payload, _ in every.seen:
        if alarm["alarm_id"].encode() in payload and "/reply/" not in topic:
            assert topic.startswith(f"{ROOT}/test/"), topic
    assert all(event["type"].startswith("cn.edged.test.") for event in every.bodies("/test/alarm/event"))
    assert {event["data"]["cap"]["status"] for event in every.bodies("/test/alarm/event/fire") if "cap" in event["data"]} == {"Test"}
    told = [text for text in house.practice.gateway.texts[texts:] if text.test]
    assert {to for text in told for to in text.to} == {f"individual:{TEST_RADIO}"}
    assert all(text.text_s.startswith("演练勿出警") for text in told)
    assert [text for text in house.practice.gateway.texts if not text.test and "演练" in text.text_s] == []
    house.ask("clear", alarm_id=alarm["alarm_id"], args={"reason": "test_over"})


def test_a_camera_that_answers_but_sends_nothing_is_blind_with_its_words(house: House) -> None:
    took_s, line, words, state = pulled(house, "stall", ONE)
    print(f"stall: blind after {took_s:.1f} s, cause {line['cause']}: {words}")
    try:
        assert took_s <= BLIND_S + ASKED_LATE_S
        assert line["cause"] in ("no_stream", "unreachable")
        assert (state["rung"], state["fault"], state["sees"]) == ("login_ok", "no_stream", False)
        assert words == state["message"]
        assert "no pictures" in words or "brings nothing" in words
        assert house.status()["sees"] is True
        assert house.lookout(TWO)["sees"] is True
    finally:
        house.practice.simulator.lift("stall", ONE)
    print(f"sees again {house.sees(ONE, within_s=40):.1f} s after the stall ended")
    house.until(lambda: ONE not in house.status()["faults"], 15, "its fault is over")


def test_cameras_pulled_out_make_the_station_blind_and_come_back_by_themselves(house: House) -> None:
    every = house.listen("edged", f"{ROOT}/camera/+/state")
    house.practice.simulator.fault("reset", ONE)
    house.practice.simulator.fault("reboot", TWO, 14.0)
    took_s = max(blind_s(house, ONE), blind_s(house, TWO))
    house.until(lambda: house.status()["sees"] is False, 2, "the station is blind")
    found = house.status()
    print(f"pulled out: blind after {took_s:.1f} s; {found['faults']}")
    try:
        assert took_s <= BLIND_S + ASKED_LATE_S
        assert all(line["cause"] in ("unreachable", "no_stream", "garbled") for line in found["cameras"])
        assert all("127.0.0.1" in found["faults"][name] and "check" in found["faults"][name] for name in (ONE, TWO))
        latest = {state["camera_id"]: state for state in every.bodies("/state")}
        assert {latest[name]["rung"] for name in (ONE, TWO)} <= {"unreachable", "reachable"}
        house.until(lambda: bool(house.texts("失明")), 10, "the talkgroup hears that the station is blind")
    finally:
        house.practice.simulator.lift("reset", ONE)
    print(f"both see again after {house.sees(ONE, TWO, within_s=60):.1f} s")
    house.until(lambda: house.status()["sees"] is True and house.status()["faults"] == {}, 15, "all is well again")


def test_a_frozen_picture_with_a_running_clock_is_called_frozen(house: House) -> None:
    house.sees(TWO)
    every = house.listen("edged", f"{ROOT}/camera/{TWO}/state")
    try:
        began = time.monotonic()
        took_s, *_ = pulled(house, "frozen", TWO)
        assert took_s <= BLIND_S + 8.0
        house.until(lambda: house.lookout(TWO)["cause"] == "frozen", TURNED_S, "the cause is told, also when the head is turned meanwhile")
        words = str(house.status()["faults"].get(TWO))
        print(f"frozen: blind after {took_s:.1f} s, called frozen after {time.monotonic() - began:.1f} s: {words}")
        assert "frozen" in words
        house.until(lambda: every.bodies("/state")[-1]["fault"] == "frozen", 5, "the published state says frozen")
    finally:
        house.practice.simulator.lift("frozen", TWO)
    house.sees(TWO)

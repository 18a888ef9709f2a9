"""An alarm on the running daemon, from a person's word to MQTT and radio, through a lost broker and a killed daemon."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest

from edged.practice import CONSUMER, DUTY, STATION, TALKGROUP
from edged.simulator.mosquitto import Mosquitto
from tests.end_to_end.station import LEADER, PATROL_RADIO, House, command

ROOT = f"edged/v1/{STATION}"


@pytest.fixture
def alarm(house: House) -> Iterator[dict[str, Any]]:
    """An alarm that people raised and that everybody was told of; cleared afterwards."""
    raised = house.raised("A3堆场")
    house.until(lambda: bool(house.texts(f"#{raised['slot']}按")), 15, "the talkgroup has the text")
    yield raised
    clear(house, raised)


def clear(house: House, alarm: dict[str, Any]) -> None:
    house.ask("clear", alarm_id=alarm["alarm_id"], args={"reason": "extinguished"})
    house.until(lambda: states(house, alarm)[-1:] == ["cleared"], 10, "the consumer has the end")


def states(house: House, alarm: dict[str, Any]) -> list[str]:
    return [str(event["data"]["state"]) for event in house.events(alarm["alarm_id"])]


def why(house: House, alarm: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = house.ask("why", args={"alarm": alarm["alarm_id"]})["data"]
    return found


def test_the_broker_is_gone_when_it_begins_to_burn(house: House) -> None:
    broker = house.practice.broker
    assert isinstance(broker, Mosquitto)
    broker.kill()
    house.until(lambda: house.status()["mqtt_up"] is False, 20, "MQTT is known to be down")
    before = house.ask("position")["data"]["cursors"]
    alarm = house.raised("A3堆场")
    position = house.ask("position")["data"]
    assert alarm["state"] == "active"
    assert house.events(alarm["alarm_id"]) == []
    assert position["cursors"]["broker"]["real"] == before["broker"]["real"] < position["newest"]["real"][1]
    assert not any(told["reported"] for told in why(house, alarm)["told"])
    house.practice.start_broker()
    took_s = house.until(lambda: house.delivered(alarm["alarm_id"]), 20, "the consumer's cursor passed it")
    print(f"delivered {took_s:.1f} s after the broker came back")
    house.until(
        lambda: any(told["reported"] for told in why(house, alarm)["told"] if told["path"] == "gateway"), 10, "the gateway's report"
    )
    assert house.upstream is not None
    assert (house.upstream.missing(), house.upstream.duplicates()) == ([], 0)
    assert states(house, alarm)[0] == "active"
    told = [(to, text) for to, text in house.texts(f"#{alarm['slot']}按") if text.startswith("火警")]
    assert [to for to, _ in told] == [(f"group:{TALKGROUP}",)]
    assert house.ask("position")["data"]["cursors"][CONSUMER]["real"] > before[CONSUMER]["real"]
    house.until(lambda: _broker_has_what_was_delivered(house), 10, "the broker's own cursor passed it: its receipts come in their own time")
    clear(house, alarm)


def _broker_has_what_was_delivered(house: House) -> bool:
    cursors = house.ask("position")["data"]["cursors"]
    return int(cursors["broker"]["real"]) >= int(cursors[CONSUMER]["real"])


def test_a_radio_answers_for_its_own_alarm_only(house: House, alarm: dict[str, Any]) -> None:
    slot = int(alarm["slot"])
    wrong = slot % 9 + 1
    house.practice.gateway.status(PATROL_RADIO, 10 + wrong)
    house.practice.gateway.status(PATROL_RADIO, 10 + slot)
    house.until(lambda: why(house, alarm)["state"] == "acknowledged", 10, "the answer by radio")
    answers = [(a["verb"], a["actor"], a["via"]) for a in why(house, alarm)["answers"]]
    assert answers == [("going", f"radio:{PATROL_RADIO}", "radio")]
    house.until(lambda: "acknowledged" in states(house, alarm), 10, "the consumer has the answer")


def test_a_retained_or_borrowed_command_never_acts(house: House, alarm: dict[str, Any]) -> None:
    duty = house.listen(DUTY, f"{ROOT}/reply/{DUTY}")
    leader = house.listen(LEADER, f"{ROOT}/reply/{LEADER}")
    named = {"alarm_id": alarm["alarm_id"], "args": {"reason": "extinguished"}}
    try:
        assert duty.publish(f"{ROOT}/alarm/command/{DUTY}", command("clear", DUTY, "old-command", **named), retain=True) == "Success"
        house.until(lambda: len(duty.bodies("/reply/")) == 1, 10, "the retained command is answered")
        house.practice.stop_daemon()
        house.practice.start_daemon()
        house.until(lambda: len(duty.bodies("/reply/")) == 2, 20, "the broker's kept copy is refused after the restart")
        assert [body["accepted"] for body in duty.bodies("/reply/")] == [False, False]
        assert "保留" in duty.bodies("/reply/")[-1]["text"]
    finally:
        duty.client.publish(f"{ROOT}/alarm/command/{DUTY}", b"", retain=True)
    # On another user's topic the broker itself refuses; on the own topic another user's name is refused by edged.
    assert leader.publish(f"{ROOT}/alarm/command/{DUTY}", command("clear", DUTY, "borrowed-command", **named)) == "Not authorized"
    assert leader.publish(f"{ROOT}/alarm/command/{LEADER}", command("clear", DUTY, "masked-command", **named)) == "Success"
    house.until(lambda: bool(leader.bodies("/reply/")), 10, "the masked command is answered")
    assert leader.bodies("/reply/")[0]["accepted"] is False
    assert why(house, alarm)["state"] == "active"
    # The same words, sent as a command, act: nothing else was wrong with them.
    assert duty.publish(f"{ROOT}/alarm/command/{DUTY}", command("going", DUTY, "new-command", alarm_id=alarm["alarm_id"])) == "Success"
    house.until(lambda: why(house, alarm)["state"] == "acknowledged", 10, "the command acts")


def test_killed_with_an_open_alarm_nothing_is_lost_or_told_twice(house: House, alarm: dict[str, Any]) -> None:
    house.until(lambda: house.delivered(alarm["alarm_id"]), 10, "delivered before the kill")
    before = house.texts(f"#{alarm['slot']}按")
    sent = len(house.practice.gateway.texts)
    house.practice.kill_daemon()
    began = time.monotonic()
    house.practice.start_daemon()
    house.until(lambda: bool(house.status().get("mqtt_up")), 20, "the daemon is back")
    print(f"back on MQTT {time.monotonic() - began:.1f} s after the start that followed the kill")
    found = next(a for a in house.status()["open_alarms"] if a["alarm_id"] == alarm["alarm_id"])
    assert (found["slot"], found["state"], found["display_id"]) == (alarm["slot"], "active", alarm["display_id"])
    # A later alarm proves that whatever the new process had to say of the first one has gone out before it.
    other = house.ask("raise", args={"place": "2号楼", "new": True})["data"]
    house.until(lambda: bool(house.texts(f"#{other['slot']}按")), 15, "the later alarm's text")
    house.until(lambda: house.delivered(other["alarm_id"]), 10, "the later alarm is delivered")
    assert house.texts(f"#{alarm['slot']}按") == before
    again = [text for text in house.practice.gateway.texts[sent:] if f"#{alarm['slot']}按" in text.text_s]
    assert again == []
    assert house.upstream is not None
    assert (house.upstream.missing(), house.upstream.duplicates()) == ([], 0)
    clear(house, other)


def test_why_answers_for_a_place_and_says_who_sees_it(house: House) -> None:
    house.sees("th-01")
    house.until(lambda: house.ask("why", args={"what": "th-01"})["data"]["kept_since"] is not None, 20, "watching is kept")
    answer = house.ask("why", args={"what": "A3堆场", "since": "1h"})["data"]
    (seer,) = answer["lookouts"]
    assert (seer["camera_id"], seer["sees"], seer["views"]) == ("th-01", True, ["yard"])
    assert seer["last_watched"] is not None
    assert (house.practice.folder / "state" / "sightings.db").exists()

"""Camera topics: state on change and apart, no credentials, events, labels, pictures."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edged.model.event import CameraEvent
from edged.model.health import CameraHealth
from edged.model.view import Pose
from edged.output.base import CameraView
from edged.output.mqtt.camera_topics import CameraTopics, state, without_credentials
from edged.output.mqtt.contract import validate
from edged.output.mqtt.topics import Topics
from tests.fakes.journal_reader import AT
from tests.output.conftest import IDENTITY, STATION, Station, until
from tests.output.test_one_way import Taker

ROOT = f"edged/v1/{STATION}"
HEALTH = CameraHealth("th-03", "fresh", "none", "camera th-03: rtsp://admin:Perlmutt-7719@10.1.2.3/live answers", AT, 0.31)
VIEW = CameraView(HEALTH, True, None, Pose(10.001, -3.0, 12.5), "rtsp://admin:Perlmutt-7719@10.1.2.3:554/live?token=x", None, AT)


def cameras() -> tuple[CameraTopics, Taker]:
    link = Taker()
    return CameraTopics(IDENTITY, Topics(STATION), link), link  # type: ignore[arg-type]


def test_state_on_change_a_second_apart_and_again_on_a_new_connection() -> None:
    one, link = cameras()
    one.put(VIEW)
    one.step(100.0)
    one.put(VIEW)
    one.step(105.0)
    assert len(link.sent) == 1
    one.put(replace(VIEW, sees=False, blind_cause="frozen"))
    one.step(105.0)
    one.put(replace(VIEW, sees=False, blind_cause="fog"))
    one.step(105.5)
    assert len(link.sent) == 2
    one.step(106.1)
    assert json.loads(link.sent[-1].payload)["blind_cause"] == "fog"
    link.generation = 2
    one.step(106.2)
    assert len(link.sent) == 4
    one.gone("th-03")
    one.step(108.0)
    assert (link.sent[-1].payload, link.sent[-1].retain) == (b"", True)
    for message in link.sent:
        validate(message.topic, message.payload)


def test_no_credentials_anywhere() -> None:
    payload = state(VIEW, IDENTITY)
    assert b"Perlmutt" not in payload
    assert b"admin" not in payload
    assert json.loads(payload)["thermal_url"] == "rtsp://10.1.2.3:554/live"


@given(st.text(max_size=40), st.text(max_size=40))
def test_whatever_the_address_the_password_stays(user: str, password: str) -> None:
    found = without_credentials(f"rtsp://{user}:Perl{password}mutt@10.0.0.1:554/s")
    assert found is None or ("Perl" not in found and "@" not in found)


@pytest.mark.parametrize("url", ["", "no address", "rtsp://", "rtsp://h:99999999/x", "rtsp://[::1", None])
def test_no_address_is_none(url: str | None) -> None:
    assert without_credentials(url) is None


def test_events_mirror_and_clear() -> None:
    one, link = cameras()
    source = {"VideoSource": "vs/0", "Rule": "hot+spot"}
    for operation in ("Changed", "Deleted"):
        one.event(CameraEvent("th-03", "tns1:RuleEngine/Radiometry/TemperatureAlarm", operation, source, {"State": "true"}, AT))  # type: ignore[arg-type]
    one.event(CameraEvent("th-03", "//#+", "", {}, {}, AT))
    one.step(1.0)
    assert [message.topic for message in link.sent] == [
        f"{ROOT}/camera/th-03/onvif-ej/RuleEngine/Radiometry/TemperatureAlarm/&vs0&hotspot"
    ] * 2
    assert link.sent[1].payload == b""
    for message in link.sent:
        validate(message.topic, message.payload)


def test_an_event_with_an_endless_topic_holds_nothing_up() -> None:
    one, link = cameras()
    one.event(CameraEvent("th-03", "tns1:" + "x" * 70_000, "", {}, {}, AT))
    one.event(CameraEvent("th-03", "tns1:Device/Trigger", "", {}, {}, AT))
    one.step(1.0)
    assert [message.topic for message in link.sent] == [f"{ROOT}/camera/th-03/onvif-ej/Device/Trigger"]


def test_what_cannot_be_published_ends_no_thread(station: Station, user: Any) -> None:
    station.start()
    until(lambda: station.output.up, "up")
    city = user("city", f"{ROOT}/camera/#")
    station.output.camera_event(CameraEvent("th-03", "tns1:Device/Trigger", "", {}, {"State": "\ud800"}, AT))
    station.output.camera_state(VIEW)
    until(lambda: city.seen, "the state behind it")
    assert station.faults == []


def test_a_picture_goes_out_and_a_wrong_one_is_said(station: Station, user: Any) -> None:
    city = user("city", f"{ROOT}/alarm/media/#", f"{ROOT}/camera/#")
    station.start()
    until(lambda: station.output.up, "up")
    station.output.media("real", "A1", 1, b"\xff\xd8" + b"x" * 1000)
    station.output.media("real", "A1", 2, b"GIF")
    station.output.camera_state(VIEW)
    until(lambda: len(city.seen) == 2, "picture and state")
    assert any("wanted a JPEG" in text for _, text in station.control.lines)

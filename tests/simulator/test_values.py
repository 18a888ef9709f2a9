"""The pure parts: faults, settings, head, RTP, logins, events."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import hashlib
import struct
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edged.model.errors import ConfigError
from edged.simulator.events import MAX_SUBSCRIPTIONS, EventHub, TooManySubscriptions, UnknownSubscription
from edged.simulator.faults import parse_fault, parse_fire
from edged.simulator.fire import paint, size_at
from edged.simulator.head import Head, OutOfRange, Position, norm_to_tilt, tilt_to_norm, zoomed_hfov_deg
from edged.simulator.login import HttpDigest, LoginRefused, TokenCheck
from edged.simulator.rtp import MTU, NTP_EPOCH_S, Sender, fragment
from edged.simulator.settings import SimulatorSettings, read_settings
from edged.simulator.soap import SoapFault, duration_s, read
from edged.simulator.wire import WireGarbled, parse_head

NOW = datetime(2026, 11, 22, 13, 0, tzinfo=UTC)


def test_fault_and_fire_arguments() -> None:
    fault = parse_fault("frozen:th-01@20s+10s")
    assert (fault.kind, fault.camera_id, fault.at_s, fault.length_s) == ("frozen", "th-01", 20.0, 10.0)
    assert parse_fault("wrong-password:th-02").length_s is None
    assert parse_fire("th-01@5s") == ("th-01", 5.0)
    for bad in ("", "melted:th-01", "frozen", "frozen:th-01@x", "frozen:th 01"):
        with pytest.raises(ConfigError, match="expected KIND:CAMERA"):
            parse_fault(bad)


def test_example_station_and_subset() -> None:
    settings = SimulatorSettings()
    assert [c.id for c in settings.cameras if c.has_head] == [f"th-{n:02d}" for n in range(1, 7)]
    assert [c.id for c in settings.cameras if c.kind == "panorama"] == ["ar-01", "ar-02", "ar-03"]
    assert [c.id for c in settings.only(("th-02",)).cameras] == ["th-02"]
    with pytest.raises(ConfigError, match="no camera th-99; there are ar-01"):
        settings.only(("th-99",))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("cameras: [{id: a, colour: red}]", "cameras.0.colour"),
        ("cameras: [{id: a}, {id: a}]", "camera id given twice: a"),
        ("cameras: [{id: a, http_port: 8}, {id: b, rtsp_port: 8}]", "port given twice: 8"),
        ("cameras: [{id: a}]\nfires: [{camera_id: b}]", "no camera b"),
        ("cameras: [{id: a}]\nfires: [{camera_id: a, pan_deg: 3}]", "both pan_deg and tilt_deg"),
        ("speed: 1\nspeed: 2", "key speed given twice"),
        ("speed: [", "cannot be read"),
    ],
)
def test_bad_files_are_named(tmp_path: Path, text: str, message: str) -> None:
    file = tmp_path / "station.yaml"
    file.write_text(text)
    with pytest.raises(ConfigError, match=message.replace(".", r"\.")) as fault:
        read_settings(file)
    assert str(file) in str(fault.value)


def test_clip_paths_start_at_the_file(tmp_path: Path) -> None:
    file = tmp_path / "station.yaml"
    file.write_text("cameras: [{id: a, clip: films/x.mp4}]")
    assert read_settings(file).cameras[0].clip == str(tmp_path / "films/x.mp4")


def test_head_takes_its_time_and_the_short_way() -> None:
    head = Head.resting(Position(170.0, -4.0, 0.0)).turn_to(10.0, -170.0, None, None)
    assert head.turning(10.1)
    assert not head.turning(11.0)
    assert head.at(11.0).pan_deg == pytest.approx(-170.0)
    half = head.at(10.45).pan_deg
    assert half > 175 or half < -175
    with pytest.raises(OutOfRange, match="tilt 60"):
        head.turn_to(0.0, 0.0, 60.0, None)


@given(st.floats(-180, 180), st.floats(-90, 40), st.floats(0, 1), st.floats(0.05, 1))
def test_head_always_arrives_without_a_jump(pan: float, tilt: float, zoom: float, speed: float) -> None:
    head = Head.resting(Position(0.0, -4.0, 0.2)).turn_to(0.0, pan, tilt, zoom, speed)
    times = np.linspace(0.0, head.tilt.duration_s, 200)
    tilts = [head.tilt.at(float(t)) for t in times]
    assert np.abs(np.diff(tilts)).max(initial=0.0) <= 20.0 * speed * (times[1] - times[0]) + 1e-6
    end = head.at(1e6)
    assert end.tilt_deg == pytest.approx(tilt)
    assert end.zoom_norm == pytest.approx(zoom)
    assert abs((end.pan_deg - pan + 180) % 360 - 180) < 1e-6


def test_drive_and_stop() -> None:
    head = Head.resting(Position(0.0, 0.0, 0.0)).drive(0.0, 0.5, 0.0, 0.0, 60.0)
    stopped = head.stop(2.0)
    assert 30.0 < stopped.at(50.0).pan_deg < 40.0
    assert not stopped.turning(2.0)
    assert norm_to_tilt(tilt_to_norm(-12.5)) == pytest.approx(-12.5)
    assert zoomed_hfov_deg(17.5, 3.0, 1.0) == pytest.approx(5.87, abs=0.02)


@given(st.binary(min_size=1, max_size=6000))
def test_fragments_reassemble(body: bytes) -> None:
    nal = b"\x65" + body
    parts = fragment(nal)
    assert all(len(p) <= MTU for p in parts)
    if len(parts) == 1:
        assert parts == [nal]
    else:
        assert parts[0][1] & 0x80
        assert parts[-1][1] & 0x40
        assert bytes([(parts[0][0] & 0xE0) | (parts[0][1] & 0x1F)]) + b"".join(p[2:] for p in parts) == nal


def test_sender_counts_marks_and_reports() -> None:
    sender = Sender(7, 96, 65535)
    packets = sender.picture((b"\x67ab", b"\x65" + b"x" * 3000), 2**32 + 5)
    assert [struct.unpack(">H", p[2:4])[0] for p in packets] == [65535, 0, 1, 2]
    assert [p[1] >> 7 for p in packets] == [0, 0, 0, 1]
    assert all(struct.unpack(">I", p[4:8])[0] == 5 for p in packets)
    report = sender.report(1000.25, 90)
    assert struct.unpack(">II", report[8:16]) == (1000 + NTP_EPOCH_S, 2**30)
    assert struct.unpack(">III", report[16:28]) == (90, 4, sender.octets)
    assert len(report) % 4 == 0


def _digest(nonce: str, count: str, password: str, uri: str = "/x") -> str:
    def md5(text: str) -> str:
        return hashlib.md5(text.encode()).hexdigest()

    ha1, ha2 = md5(f"edged:edged simulated camera:{password}"), md5(f"POST:{uri}")
    response = md5(f"{ha1}:{nonce}:{count}:cn:auth:{ha2}")
    return f'Digest username="edged", nonce="{nonce}", uri="{uri}", response="{response}", qop=auth, nc={count}, cnonce="cn"'


def test_http_digest() -> None:
    door = HttpDigest()
    nonce = door.challenge(0.0).split('nonce="')[1].split('"')[0]
    door.check(_digest(nonce, "00000001", "secret"), "POST", "/x", "edged", "secret", 1.0)
    for header, target, when, why in (
        (_digest(nonce, "00000001", "secret"), "/x", 1.0, "used before"),
        (_digest(nonce, "00000002", "wrong"), "/x", 1.0, "wrong user name"),
        (_digest(nonce, "00000002", "secret"), "/y", 1.0, "another address"),
        (_digest(nonce, "00000002", "secret"), "/x", 999.0, "not valid any more"),
        (_digest("0" * 32, "00000001", "secret"), "/x", 1.0, "not valid any more"),
        ("Basic ZWRnZWQ6c2VjcmV0", "/x", 1.0, "no digest"),
        ("", "/x", 1.0, "no digest"),
    ):
        with pytest.raises(LoginRefused, match=why):
            door.check(header, "POST", target, "edged", "secret", when)


def _token(password: str, created: datetime, nonce: bytes = b"0123456789abcdef") -> dict[str, str]:
    text = created.strftime("%Y-%m-%dT%H:%M:%SZ")
    digest = base64.b64encode(hashlib.sha1(nonce + text.encode() + password.encode()).digest()).decode()
    return {"Username": "edged", "Password": digest, "Type": "x#PasswordDigest", "Nonce": base64.b64encode(nonce).decode(), "Created": text}


def test_username_token() -> None:
    check = TokenCheck(30.0)
    check.check(_token("secret", NOW), "edged", "secret", NOW)
    for token, why in (
        (_token("secret", NOW), "used before"),
        (_token("wrong", NOW, b"b"), "wrong user name"),
        (_token("secret", NOW - timedelta(seconds=31), b"c"), "too far"),
        ({**_token("secret", NOW, b"d"), "Type": "x#PasswordText"}, "only password digests"),
        ({**_token("secret", NOW, b"e"), "Created": "yesterday"}, "cannot be read"),
        ({}, "only password digests"),
    ):
        with pytest.raises(LoginRefused, match=why):
            check.check(token, "edged", "secret", NOW)


def test_event_hub() -> None:
    hub = EventHub(lambda: NOW, reference_parameters=False)
    hub.declare("tns1:VideoSource/RadiometryAlarm", {"VideoSource": "v"}, {"State": "false"})
    hub.declare("tns1:Device/Trigger", {}, {"State": "false"})
    some = hub.create(("tns1:VideoSource//.",), 60.0)
    everything = hub.create((), 60.0)

    async def pull(name: str) -> list[tuple[str, str, str]]:
        return [(n.topic, n.operation, n.data[0][1]) for n in await hub.pull(name, 0.0, 10)]

    assert asyncio.run(pull(some.subscription_id)) == [("tns1:VideoSource/RadiometryAlarm", "Initialized", "false")]
    assert len(asyncio.run(pull(everything.subscription_id))) == 2
    hub.change("tns1:VideoSource/RadiometryAlarm", {"VideoSource": "v"}, {"State": "false"})
    hub.change("tns1:VideoSource/RadiometryAlarm", {"VideoSource": "v"}, {"State": "true"})
    hub.change("tns1:Device/Trigger", {}, {"State": "true"})
    assert asyncio.run(pull(some.subscription_id)) == [("tns1:VideoSource/RadiometryAlarm", "Changed", "true")]
    hub.close(some.subscription_id)
    with pytest.raises(UnknownSubscription):
        asyncio.run(pull(some.subscription_id))
    for _ in range(MAX_SUBSCRIPTIONS - 1):
        hub.create((), 60.0)
    with pytest.raises(TooManySubscriptions):
        hub.create((), 60.0)


def test_fire_grows_as_a_square_and_shows_as_a_mixed_pixel() -> None:
    assert size_at(100, "fast", 1e5).heat_kw == pytest.approx(469)
    assert size_at(1e4, "fast", 5000).heat_kw == 5000
    peaks = []
    for age in (2.0, 20.0, 60.0):
        picture = np.full((64, 64), 10.0, np.float32)
        paint(picture, 31.3, 40.6, 0.5, size_at(age, "fast", 5000), age, 0.8)
        peaks.append(float(picture.max()))
        assert picture[0, 0] == 10.0
    assert 10.3 < peaks[0] < peaks[1] < peaks[2] < 700
    y, x = np.unravel_index(int(picture.argmax()), picture.shape)
    assert abs(x - 31.3) <= 3
    assert 25 < y <= 41


def test_fire_at_the_edge_or_outside_is_harmless() -> None:
    picture = np.full((64, 64), 10.0, np.float32)
    for x, y in ((0.0, 0.0), (63.0, 63.0), (-500.0, 20.0), (20.0, 900.0)):
        paint(picture, x, y, 0.05, size_at(60, "ultrafast", 5000), 60, 1.0)
    assert np.isfinite(picture).all()


@given(st.binary(max_size=300))
def test_garbage_is_a_soap_fault(data: bytes) -> None:
    with pytest.raises(SoapFault):
        read(data)


def test_entities_are_refused() -> None:
    bomb = b'<!DOCTYPE x [<!ENTITY a "b">]><e:Envelope xmlns:e="http://www.w3.org/2003/05/soap-envelope"><e:Body><q>&a;</q></e:Body></e:Envelope>'
    with pytest.raises(SoapFault, match="document type"):
        read(bomb)
    assert duration_s("PT1M30.5S") == 90.5
    with pytest.raises(SoapFault, match="not a duration"):
        duration_s("0:01:00")


@given(st.binary(max_size=200))
def test_heads_are_read_or_refused(data: bytes) -> None:
    with contextlib.suppress(WireGarbled):
        assert parse_head(data + b"\r\n\r\n").version.startswith(("HTTP/1.", "RTSP/1."))

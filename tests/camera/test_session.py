"""ONVIF sessions: deadlines, logins, clocks, hosts, errors in words, and no password anywhere."""

from __future__ import annotations

import logging
import os
import time

import pytest

from edged.camera.onvif.breaker import Breaker
from edged.camera.onvif.device import read_info
from edged.camera.onvif.session import OnvifSession
from edged.camera.secret import Login, redacted
from edged.camera.settings import FleetSettings
from edged.model.errors import CameraGarbled, CameraRefused, CameraUnreachable
from edged.simulator.station import Station
from tests.camera.conftest import PASSWORD, entry
from tests.fakes.onvif_device import FakeDevice, Oddity

QUICK = FleetSettings(call_timeout_s=1.5, connect_timeout_s=1.0)
LOGIN = Login("edged", PASSWORD)


def session_with(device: FakeDevice, login: Login = LOGIN, **more: object) -> OnvifSession:
    return OnvifSession(entry("cam", device.port, **more), QUICK, login)


@pytest.mark.parametrize("oddity", ["silent", "dribble"])
def test_a_call_ends_at_its_deadline_whatever_the_camera_does(oddity: Oddity) -> None:
    with FakeDevice(oddity) as device:
        began = time.monotonic()
        with pytest.raises(CameraUnreachable, match="camera cam: ONVIF GetSystemDateAndTime: no whole answer"):
            session_with(device).connect()
        assert time.monotonic() - began < 3.0


@pytest.mark.parametrize("oddity", ["broken", "entity", "huge"])
def test_garbage_is_a_camera_fault_with_a_next_step(oddity: Oddity) -> None:
    with FakeDevice(oddity) as device, pytest.raises(CameraGarbled, match="edged probe cam") as caught:
        session_with(device).connect()
    assert "摄像机 cam" in caught.value.zh
    assert len(str(caught.value)) < 800


def test_nobody_listens() -> None:
    with pytest.raises(CameraUnreachable, match="refuses connections: check address, onvif_port"):
        OnvifSession(entry("cam", 1), QUICK, LOGIN).connect()


def test_services_are_the_union_of_both_lists_on_the_host_that_reaches_the_camera() -> None:
    with FakeDevice() as device:
        session = session_with(device)
        session.connect()
        assert session.has("media")
        assert session.has("ptz")
        assert session._onvif.xaddrs["http://www.onvif.org/ver20/ptz/wsdl"] == f"http://127.0.0.1:{device.port}/onvif/ptz"
        assert read_info(session).manufacturer == "Fake"
        assert device.calls["GetServices"] == device.calls["GetCapabilities"] == 1


@pytest.mark.parametrize("camera_id", ["digest", "wsse"])
def test_the_login_is_found_out_with_a_clock_eight_hours_off(station: Station, camera_id: str) -> None:
    session = OnvifSession(entry(camera_id, station.camera(camera_id).http_port), FleetSettings(), LOGIN)
    session.connect()
    assert read_info(session).model
    assert session.mode == camera_id
    assert session.clock_offset_s == pytest.approx(8 * 3600, abs=2.0)


def test_a_wrong_password_is_tried_at_most_twice_in_half_an_hour() -> None:
    now = [0.0]
    with FakeDevice("refuse_all") as device:
        settings = entry("cam", device.port)
        breaker = Breaker(settings, 1800.0, lambda: now[0])
        for _ in range(20):
            with pytest.raises(CameraRefused):
                OnvifSession(settings, QUICK, Login("edged", "wrong"), breaker).connect()
        assert device.logins <= 2
        with pytest.raises(CameraRefused, match="next try in 30 min"):
            breaker.check("GetDeviceInformation")
        now[0] = 1801.0
        breaker.check("GetDeviceInformation")


def test_ipycam_which_wants_a_login_even_for_its_clock(ipycam: int) -> None:
    session = OnvifSession(entry("ipy", ipycam), FleetSettings(), LOGIN)
    session.connect()
    assert session.mode == "wsse"
    assert abs(session.clock_offset_s or 99.0) < 2.0
    assert read_info(session).manufacturer == "PythonCam"
    with pytest.raises(CameraGarbled, match="GetStatus"):
        session.call("ptz", "GetStatus", {"ProfileToken": "Profile_Main"})


def test_a_password_appears_nowhere(ipycam: int, caplog: pytest.LogCaptureFixture, station: Station) -> None:
    caplog.set_level(logging.DEBUG)
    secret = "Zz9!geheim/wörd%41"
    said = []
    for port in (ipycam, station.camera("digest").http_port, station.camera("wsse").http_port):
        session = OnvifSession(entry("cam", port), FleetSettings(), Login("edged", secret))
        with pytest.raises(CameraRefused) as caught:
            session.connect() or read_info(session)
        said += [str(caught.value), caught.value.zh, repr(caught.value), repr(session.login), repr(session.__dict__)]
    said += [caplog.text]
    text = "\n".join(said)
    assert "geheim" not in text
    assert repr(Login("edged", secret)) == "Login('edged', •••)"


def test_redaction_knows_every_spelling() -> None:
    line = f"rtsp://edged:{PASSWORD}@10.0.0.1/x failed; password={PASSWORD}; {PASSWORD}; Gr%21%23p%40ss%2Fw%C3%B6rd%2540"
    assert "p@ss" not in redacted(line, LOGIN)
    assert "p%40ss" not in redacted(line, LOGIN)
    assert "10.0.0.1/x" in redacted(line, LOGIN)


def test_276_sessions_cost_less_than_a_second_and_the_environment_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    handlers = list(logging.getLogger().handlers)
    OnvifSession(entry("warm", 1), FleetSettings(), LOGIN)._service("devicemgmt", "", 0.0)
    began = time.process_time()
    for n in range(276):
        OnvifSession(entry(f"cam-{n}", 1), FleetSettings(), LOGIN)._service("devicemgmt", "", 0.0)
    spent = time.process_time() - began
    print(f"276 sessions: {spent:.2f} CPU s")
    assert spent < 1.0
    assert logging.getLogger().handlers == handlers
    assert os.environ["http_proxy"] == "http://127.0.0.1:9"

"""Fleet and eye as the processes that they are, against the simulated station."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from edged.camera.secret import Login, with_login
from edged.camera.settings import CameraSettings
from edged.messages import (
    Beat,
    CameraGone,
    CameraSetup,
    ChildLog,
    EyeSetup,
    FleetSetup,
    HoldView,
    Message,
    PictureTaken,
    PictureWanted,
    Slow,
    StreamFound,
    Turn,
    Turned,
    Unframer,
    encode,
)
from edged.model.event import CameraEvent, HeadMoved, HealthChanged, WatchedView
from edged.model.view import View
from edged.simulator.settings import SimulatedCamera, SimulatorSettings
from edged.simulator.station import Station
from tests.camera.conftest import PASSWORD, entry
from tests.fakes.onvif_device import FakeDevice

SECRET = "Zz9!geheim/wörd%41"


class Process:
    """One child at the other end of a socketpair."""

    def __init__(self, module: str) -> None:
        ours, theirs = socket.socketpair()
        self.socket = ours
        self.said: list[Message] = []
        self._unframer = Unframer()
        self.process = subprocess.Popen(
            [sys.executable, "-m", module, "--fd", str(theirs.fileno())],
            pass_fds=(theirs.fileno(),), stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        theirs.close()
        ours.settimeout(0.2)

    def send(self, *messages: Message) -> None:
        for message in messages:
            self.socket.sendall(encode(message))

    def until(self, good: Callable[[Message], bool], within_s: float = 20.0) -> Message:
        """Return the first message from now on that is `good`."""
        limit = time.monotonic() + within_s
        while time.monotonic() < limit:
            try:
                data = self.socket.recv(65_536)
            except TimeoutError:
                continue
            assert data, f"the child ended: {self.process.wait(5)}"
            for message in (fresh := self._unframer.feed(data)):
                self.said.append(message)
            for message in fresh:
                if good(message):
                    return message
        raise AssertionError(f"nothing came in {within_s} s; said: {self.said[-5:]}")

    def end(self) -> float:
        """Close the socket and return the seconds until the process was gone."""
        began = time.monotonic()
        self.socket.close()
        self.process.wait(10)
        return time.monotonic() - began

    def printed(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.read().decode()


@pytest.fixture(scope="module")
def station() -> Iterator[Station]:
    cameras = (
        SimulatedCamera(id="th-01", password=PASSWORD, width=320, height=256),
        SimulatedCamera(id="co-01", password=PASSWORD, kind="corridor"),
    )
    with Station(SimulatorSettings(cameras=cameras)) as running:
        yield running


@pytest.fixture
def child(request: pytest.FixtureRequest) -> Iterator[Process]:
    process = Process(request.param)
    yield process
    if process.process.poll() is None:
        process.process.kill()
        process.process.wait()
    process.socket.close()


def settings(station: Station, camera_id: str, kind: str = "lookout") -> CameraSettings:
    return entry(camera_id, station.camera(camera_id).http_port, kind)


@pytest.mark.parametrize("child", ["edged.fleet"], indirect=True)
def test_the_fleet_finds_streams_turns_heads_tells_events_and_releases(child: Process, station: Station, tmp_path: Path) -> None:
    login = Login("edged", PASSWORD)
    child.send(FleetSetup({}, str(tmp_path)))
    child.send(*(CameraSetup(with_login(settings(station, c, k), login)) for c, k in (("th-01", "lookout"), ("co-01", "corridor"))))
    child.until(lambda m: isinstance(m, HealthChanged) and m.health.camera_id == "co-01" and m.health.rung == "stream_ok")
    if not any(isinstance(m, StreamFound) and m.camera_id == "th-01" for m in child.said):
        child.until(lambda m: isinstance(m, StreamFound) and m.camera_id == "th-01")
    found = {m.camera_id: m for m in child.said if isinstance(m, StreamFound)}
    assert found["th-01"].thermal_url == f"rtsp://127.0.0.1:{station.camera('th-01').rtsp_port}/thermal"
    assert found["co-01"].thermal_url is None
    assert any(isinstance(m, CameraEvent) and m.topic == "VideoSource/RadiometryAlarm" for m in child.said) or child.until(
        lambda m: isinstance(m, CameraEvent)
    )
    child.until(lambda m: isinstance(m, HeadMoved) and not m.moving)
    child.send(Turn("r1", "th-01", "patrol", 8.0, -4.0))
    turned = child.until(lambda m: isinstance(m, Turned))
    assert isinstance(turned, Turned)
    assert turned.arrived
    child.send(Turn("r2", "co-01", "patrol", 8.0, -4.0))
    refused = child.until(lambda m: isinstance(m, Turned))
    assert isinstance(refused, Turned)
    assert not refused.arrived
    child.send(PictureWanted("p1", "co-01", "visible"))
    picture = child.until(lambda m: isinstance(m, PictureTaken))
    assert isinstance(picture, PictureTaken)
    assert picture.jpeg_b64
    child.send(CameraGone("co-01"))
    assert station.camera("th-01").events.open_count() == 1
    assert child.end() < 2.5
    assert [station.camera(c).events.open_count() for c in ("th-01", "co-01")] == [0, 0]
    assert child.printed() == ""


@pytest.mark.parametrize("child", ["edged.fleet"], indirect=True)
def test_a_refused_login_is_told_once_in_words_and_no_password_leaks(child: Process, station: Station, tmp_path: Path) -> None:
    child.send(FleetSetup({}, str(tmp_path)), CameraSetup(with_login(settings(station, "th-01"), Login("edged", SECRET))))
    health = child.until(lambda m: isinstance(m, HealthChanged))
    assert isinstance(health, HealthChanged)
    assert (health.health.rung, health.health.fault) == ("onvif_no_login", "auth_failed")
    assert health.health.zh != health.health.message
    assert "摄像机" in health.health.zh
    assert "check username and password_file" in health.health.message
    for _ in range(3):
        child.until(lambda m: isinstance(m, Beat))
    title = Path(f"/proc/{child.process.pid}/cmdline").read_bytes() + Path(f"/proc/{child.process.pid}/environ").read_bytes()
    assert b"geheim" not in title
    child.end()
    assert "geheim" not in "".join(map(repr, child.said)) + child.printed()


@pytest.mark.parametrize("child", ["edged.fleet"], indirect=True)
def test_a_corrected_password_file_is_tried_at_once(child: Process, station: Station, tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_text(SECRET, encoding="utf-8")
    camera = settings(station, "th-01").model_copy(update={"password_file": str(file)})
    child.send(FleetSetup({}, str(tmp_path)), CameraSetup(camera.model_dump(mode="json")))
    child.until(lambda m: isinstance(m, HealthChanged) and m.health.fault == "auth_failed")
    file.write_text(PASSWORD, encoding="utf-8")
    child.until(lambda m: isinstance(m, HealthChanged) and m.health.rung == "stream_ok", 15.0)
    child.end()


@pytest.mark.parametrize("child", ["edged.fleet"], indirect=True)
def test_garbage_from_control_and_unknown_cameras_do_no_harm(child: Process, tmp_path: Path) -> None:
    child.send(FleetSetup({"call_timeout_s": "soon"}, str(tmp_path)), CameraSetup({"id": "x", "password": "geheim"}), CameraGone("nobody"))
    child.send(Turn("r1", "nobody", "operator", 0.0, 0.0))
    child.until(lambda m: isinstance(m, Turned) and not m.arrived)
    logged = "".join(m.text for m in child.said if isinstance(m, ChildLog))
    assert "call_timeout_s" in logged
    assert "geheim" not in logged
    child.socket.sendall(b"\xff\xff\xff\xff garbage")
    child.process.wait(5)


@pytest.mark.parametrize("child", ["edged.fleet"], indirect=True)
def test_a_camera_without_a_profile_is_told_and_asked_again_politely(child: Process, tmp_path: Path) -> None:
    with FakeDevice() as device:
        fleet = {"clock_period_s": 5.0}
        child.send(
            FleetSetup(fleet, str(tmp_path)), CameraSetup(entry("co-9", device.port, "corridor", username="").model_dump(mode="json"))
        )
        health = child.until(lambda m: isinstance(m, HealthChanged))
        assert isinstance(health, HealthChanged)
        assert (health.health.rung, health.health.fault) == ("login_ok", "no_profile")
        assert "make one in the camera" in health.health.message
        for _ in range(6):
            child.until(lambda m: isinstance(m, Beat))
        assert device.calls["GetSystemDateAndTime"] >= 2
        assert device.calls["GetDeviceInformation"] == 1
        assert sum(isinstance(m, HealthChanged) for m in child.said) == 1
        child.end()


@pytest.mark.parametrize("child", ["edged.eye"], indirect=True)
def test_an_eye_says_why_it_is_blind_then_judges_then_is_blind_again(child: Process, station: Station, tmp_path: Path) -> None:
    camera = settings(station, "th-01")
    child.send(EyeSetup(with_login(camera, Login("edged", PASSWORD)), {}, str(tmp_path)))
    child.until(lambda m: isinstance(m, WatchedView) and dict(m.watched.blind_s).get("starting", 0.0) > 0.0)
    port = station.camera("th-01").rtsp_port
    child.send(StreamFound("th-01", f"rtsp://127.0.0.1:{port}/thermal", f"rtsp://127.0.0.1:{port}/visible", 0.0))
    child.until(lambda m: isinstance(m, WatchedView) and "no_view" in dict(m.watched.blind_s))
    child.send(HoldView(View("th-01", "a", 7, 0.0, -4.0, 17.5, time.monotonic())))
    seen = child.until(lambda m: isinstance(m, WatchedView) and m.watched.judged_frames > 0)
    assert isinstance(seen, WatchedView)
    assert (seen.watched.view_id, seen.watched.generation) == ("a", 7)
    child.send(PictureWanted("p1", "th-01", "thermal", 20_000))
    picture = child.until(lambda m: isinstance(m, PictureTaken))
    assert isinstance(picture, PictureTaken)
    assert picture.jpeg_b64
    child.send(Slow(1.0))
    child.until(lambda m: isinstance(m, WatchedView) and m.watched.dropped_frames > 0)
    child.send(Slow(None))
    station.fault("stall", "th-01")
    try:
        blind = child.until(lambda m: isinstance(m, WatchedView) and {"no_stream", "unreachable"} & set(dict(m.watched.blind_s)), 10.0)
        assert isinstance(blind, WatchedView)
    finally:
        station.lift("stall", "th-01")
    child.until(lambda m: isinstance(m, WatchedView) and m.watched.judged_frames > 0, 30.0)
    beat = child.until(lambda m: isinstance(m, Beat))
    assert isinstance(beat, Beat)
    print(f"eye: {beat.rss_mb} MB, {beat.cpu_s:.1f} CPU s")
    assert beat.rss_mb < 170.0
    assert (tmp_path / "streams" / "th-01.json").exists()
    assert child.end() < 2.0
    assert PASSWORD not in (tmp_path / "streams" / "th-01.json").read_text()


@pytest.mark.parametrize("child", ["edged.eye"], indirect=True)
def test_an_eye_with_a_wrong_password_says_so(child: Process, station: Station, tmp_path: Path) -> None:
    url = f"rtsp://127.0.0.1:{station.camera('th-01').rtsp_port}/thermal"
    camera = settings(station, "th-01").model_copy(
        update={"thermal": settings(station, "th-01").thermal.model_copy(update={"stream": url})}
    )
    child.send(EyeSetup(with_login(camera, Login("edged", SECRET)), {}, str(tmp_path)))
    child.until(lambda m: isinstance(m, WatchedView) and "auth_failed" in dict(m.watched.blind_s))
    child.end()
    assert "geheim" not in "".join(map(repr, child.said)) + child.printed()

"""The RTSP side against PyAV (FFmpeg), against aio-rtsp-toolkit where installed, and against bad requests; faults in the picture."""

from __future__ import annotations

import asyncio
import itertools
import socket
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import pytest

from edged.simulator.camera import Camera
from edged.simulator.settings import SimulatedCamera
from edged.simulator.station import Station
from tests.fakes.relay import Relay
from tests.simulator.conftest import PASSWORD, USER

OPTIONS = {"rtsp_transport": "tcp", "timeout": "4000000", "probesize": "32", "analyzeduration": "0"}


def opened(camera: Camera, lens: str = "thermal", password: str = PASSWORD, port: int | None = None, **more: str) -> Any:
    url = f"rtsp://{USER}:{password}@127.0.0.1:{port or camera.rtsp_port}/{lens}"
    return av.open(url, options={**OPTIONS, **more}, timeout=(4, 3))


def pictures(container: Any, count: int) -> Iterator[tuple[Any, np.ndarray[Any, Any]]]:
    """Yield `count` packets of video with their grey pictures. FFmpeg gives the first one no time."""
    for packet in container.demux(video=0):
        for frame in packet.decode():
            grey = np.frombuffer(frame.planes[0], np.uint8).reshape(-1, frame.planes[0].line_size)[: frame.height, : frame.width].copy()
            yield packet, grey
            count -= 1
            if count == 0:
                return


def prft_us(packet: Any) -> int | None:
    for side in packet.iter_sidedata():
        if str(side.data_type) == "prft":
            return int.from_bytes(bytes(side)[:8], "little")
    return None


def test_pyav_sees_a_living_stream_with_the_cameras_time(make_station: Any) -> None:
    camera = make_station(SimulatedCamera(id="c", clock_offset_s=600.0)).camera("c")
    with opened(camera) as container:
        assert [s.type for s in container.streams] == ["video", "data"]
        got = list(pictures(container, 12))
        pts = [p.pts for p, _ in got[1:]]
        assert np.all(np.diff(pts) > 0)
        assert np.median(np.diff(pts)) == pytest.approx(90000 / 8, rel=0.05)
        assert got[0][0].is_keyframe
        assert got[0][1].shape == (512, 640)
        stamps = [u for p, _ in got if (u := prft_us(p))]
        assert len(stamps) >= 10
        assert stamps[-1] / 1e6 - time.time() == pytest.approx(600.0, abs=1.0)
        assert camera.counters.rtsp_sessions == 1
    _until(lambda: camera.counters.rtsp_sessions == 0)


def test_two_viewers_share_one_encoder(make_station: Any) -> None:
    camera = make_station(SimulatedCamera(id="c", auth="none")).camera("c")
    with opened(camera) as one, opened(camera) as two:
        assert len(list(pictures(one, 4))) == 4
        before = camera.stream("thermal").encoded
        first, second = ([(prft_us(p), g) for p, g in pictures(c, n)] for c, n in ((one, 8), (two, 12)))
        assert camera.stream("thermal").encoded - before <= 16
    pairs = [(a, b) for at, a in first for bt, b in second if at and bt and abs(at - bt) < 3000]
    assert len(pairs) >= 4
    assert sum(np.array_equal(a, b) for a, b in pairs) >= len(pairs) - 1, "the same pictures, but for the one before a key frame"


def test_wrong_password_and_unknown_path(station: Station) -> None:
    camera = station.camera("th-01")
    before = camera.counters.refused_logins
    with pytest.raises(av.FFmpegError):
        opened(camera, password="wrong")
    assert camera.counters.refused_logins > before
    with pytest.raises(av.FFmpegError):
        opened(camera, lens="nothing")


def test_metadata_track_alone_tells_the_position(station: Station) -> None:
    camera = station.camera("th-01")
    text = b""
    with opened(camera, allowed_media_types="data") as container:
        for packet in container.demux():
            text += bytes(packet)
            if b"MetadataStream>" in text:
                break
    assert b"<tt:PTZStatus>" in text
    assert b"SphericalPositionSpaceDegrees" in text


def test_visible_and_corridor_streams(station: Station) -> None:
    for camera_id in ("th-02", "co-001"):
        with opened(station.camera(camera_id), "visible") as container:
            _, grey = next(pictures(container, 1))
            assert grey.shape == (360, 640)
            assert grey.std() > 5


def test_frozen_picture_with_a_running_clock(make_station: Any) -> None:
    station = make_station(SimulatedCamera(id="c", auth="none"))
    with opened(station.camera("c")) as container:
        live = [g for _, g in pictures(container, 3)]
        assert (live[1][60:] != live[2][60:]).mean() > 0.01
        station.fault("frozen", "c")
        frozen = [g for _, g in pictures(container, 18)][6:]
        station.lift("frozen", "c")
        again = [g for _, g in pictures(container, 5)]
    changes = [np.abs(a[60:].astype(int) - b[60:]).mean() for a, b in itertools.pairwise(frozen)]
    assert float(np.median(changes)) < 0.25, "outside the clock only coding noise remains"
    clock = [g[4:28, 4:300] for g in frozen]
    assert (np.abs(clock[0].astype(int) - clock[-1]) > 60).any(), "the clock runs"
    assert (again[-2][60:] != again[-1][60:]).mean() > 0.01


def test_black_and_lying_head(make_station: Any) -> None:
    station = make_station(SimulatedCamera(id="c", auth="none"))
    camera = station.camera("c")
    station.fault("lying-head", "c")
    before = camera.stream("thermal").picture()[60:512].astype(int)
    camera.order(camera.head.turn_to(camera.now_s() - 60, 30.0, -6.0, None))
    assert camera.head.at(camera.now_s()).pan_deg == 30.0
    assert np.abs(camera.stream("thermal").picture()[60:512] - before).mean() < 2
    station.lift("lying-head", "c")
    assert np.abs(camera.stream("thermal").picture()[60:512] - before).mean() > 4
    station.fault("black", "c")
    assert camera.stream("thermal").picture()[60:512].max() == 0


def test_stall_keeps_the_connection_and_sends_nothing(make_station: Any) -> None:
    station = make_station(SimulatedCamera(id="c", auth="none"))
    camera = station.camera("c")
    with closing(_playing(camera)) as talk:
        assert talk.recv(65536)
        station.fault("stall", "c")
        talk.settimeout(0.6)
        with pytest.raises(TimeoutError):
            _drain(talk)
        station.lift("stall", "c")
        talk.settimeout(3)
        assert talk.recv(65536)


def test_dribble_sends_single_bytes(make_station: Any) -> None:
    station = make_station(SimulatedCamera(id="c", auth="none"))
    station.fault("dribble", "c")
    with closing(socket.create_connection(("127.0.0.1", station.camera("c").rtsp_port), 5)) as talk:
        talk.sendall(b"OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n\r\n")
        talk.settimeout(3)
        assert [len(talk.recv(4096)) for _ in range(2)] == [1, 1]


def test_reset_reboot_and_new_password(make_station: Any) -> None:
    station = make_station(SimulatedCamera(id="c"))
    camera = station.camera("c")
    with closing(_playing(camera, PASSWORD)) as talk:
        station.fault("wrong-password", "c", 0.5)
        with pytest.raises(ConnectionResetError):
            _drain(talk)
    with pytest.raises(av.FFmpegError):
        opened(camera)
    _until(lambda: not camera.faults.has("wrong-password"))
    ports = camera.http_port, camera.rtsp_port
    camera.order(camera.head.turn_to(camera.now_s() - 60, 30.0, -6.0, None))
    station.fault("reboot", "c", 0.5)
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", camera.rtsp_port), 5)
    _until(lambda: not camera.faults.has("reboot"))
    _until(lambda: _answers(camera.rtsp_port))
    assert (camera.http_port, camera.rtsp_port) == ports
    assert camera.head.at(camera.now_s()).pan_deg == 0.0
    with opened(camera) as container:
        assert next(pictures(container, 1))[0].is_keyframe
    station.fault("reset", "c")
    with pytest.raises(ConnectionResetError):
        _connect_and_drain(camera.rtsp_port)


def test_bad_requests(station: Station) -> None:
    camera = station.camera("co-001")
    base = f"rtsp://127.0.0.1:{camera.rtsp_port}/visible"
    tcp, udp = "RTP/AVP/TCP;unicast;interleaved=0-1", "RTP/AVP;unicast;client_port=5000-5001"
    for request, code in (
        (f"DESCRIBE {base} RTSP/1.0\r\n\r\n", 400),
        (f"DESCRIBE {base}x RTSP/1.0\r\nCSeq: 1\r\n\r\n", 404),
        (f"SETUP {base}/track1 RTSP/1.0\r\nCSeq: 1\r\nTransport: {udp}\r\n\r\n", 461),
        (f"SETUP {base} RTSP/1.0\r\nCSeq: 1\r\nTransport: {tcp}\r\n\r\n", 459),
        (f"SETUP {base}/track2 RTSP/1.0\r\nCSeq: 1\r\nTransport: {tcp}\r\n\r\n", 404),
        (f"PLAY {base} RTSP/1.0\r\nCSeq: 1\r\nSession: 1\r\n\r\n", 454),
        (f"RECORD {base} RTSP/1.0\r\nCSeq: 1\r\n\r\n", 501),
        ("nonsense\r\n\r\n", 400),
        (f"OPTIONS {base} HTTP/9.9\r\nCSeq: 1\r\n\r\n", 505),
    ):
        with closing(socket.create_connection(("127.0.0.1", camera.rtsp_port), 5)) as talk:
            talk.sendall(request.encode())
            assert talk.recv(4096).startswith(f"RTSP/1.0 {code} ".encode()), request


def test_stills_are_looped(make_station: Any, tmp_path: Path) -> None:
    for n in range(3):
        cv2.imwrite(str(tmp_path / f"{n}.png"), np.full((130, 200), 60 + 60 * n, np.uint8))
    camera = make_station(SimulatedCamera(id="c", auth="none", kind="thermal", clip=str(tmp_path), fps=20)).camera("c")
    with opened(camera) as container:
        got = list(pictures(container, 12))
    means = [round(float(g[40:].mean()) / 60) * 60 for _, g in got]
    assert set(means) == {60, 120, 180}
    assert np.all(np.diff([p.pts for p, _ in got[1:]]) > 0)
    assert got[0][1].shape == (130, 200)


def test_video_keeps_its_speed_and_loops(make_station: Any, tmp_path: Path) -> None:
    film = tmp_path / "film.mp4"
    with av.open(str(film), "w") as out:
        stream = out.add_stream("libx264", rate=20)
        stream.width, stream.height, stream.pix_fmt = 160, 128, "yuv420p"
        for n in range(20):
            frame = av.VideoFrame.from_ndarray(np.full((192, 160), 40 + 10 * n, np.uint8), format="yuv420p")
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    camera = make_station(SimulatedCamera(id="c", auth="none", kind="thermal", clip=str(film), fps=10)).camera("c")
    levels = [float(camera.stream("thermal").picture()[:128].mean()) for _ in range(12)]
    assert np.diff(levels)[:9] == pytest.approx([20.0] * 9, abs=4), "each second picture of 20 a second"
    assert levels[10] == pytest.approx(levels[0], abs=6), "then from the beginning"


def test_clips_that_cannot_be_shown_are_named(tmp_path: Path) -> None:
    from edged.model.errors import ConfigError
    from edged.simulator.clip import Clip

    (tmp_path / "empty").mkdir()
    (tmp_path / "junk.mp4").write_bytes(b"junk" * 100)
    for name, why in (("empty", "no pictures"), ("missing.mp4", "no such file"), ("junk.mp4", "cannot be decoded")):
        with pytest.raises(ConfigError, match=why):
            Clip(tmp_path / name, 8.0)


def test_relay_spoils_a_stream(make_station: Any) -> None:
    camera = make_station(SimulatedCamera(id="c", auth="none")).camera("c")
    with Relay(camera.rtsp_port) as relay, closing(_playing(camera, port=relay.port)) as talk:
        assert talk.recv(65536)
        relay.mode = "half_open"
        talk.settimeout(0.5)
        with pytest.raises(TimeoutError):
            _drain(talk)
        relay.mode = "reset"
        talk.settimeout(3)
        with pytest.raises(ConnectionResetError):
            talk.recv(10)
        assert relay.accepted == 1


def test_an_independent_client_agrees(station: Station) -> None:
    toolkit = pytest.importorskip("aio_rtsp_toolkit", reason="aio-rtsp-toolkit is not installed: no second RTSP client to check against")
    camera = station.camera("th-01")

    async def watch() -> list[tuple[float, int]]:
        seen: list[tuple[float, int]] = []
        url = f"rtsp://{USER}:{PASSWORD}@127.0.0.1:{camera.rtsp_port}/thermal"
        async with toolkit.RtspSession(url, timeout=5) as session:
            async for event in session.iter_events(asyncio.Event()):
                if isinstance(event, toolkit.VideoFrameEvent):
                    seen.append((event.frame.timestamp, len(event.frame.data)))
                if len(seen) >= 10:
                    break
        return seen

    seen = asyncio.run(asyncio.wait_for(watch(), 20))
    assert len(seen) == 10
    assert all(b >= a for (a, _), (b, _) in itertools.pairwise(seen))
    assert sum(size for _, size in seen) > 5000


def _playing(camera: Camera, password: str | None = None, port: int | None = None) -> socket.socket:
    """Return a raw connection that plays the first lens."""
    import hashlib

    talk = socket.create_connection(("127.0.0.1", port or camera.rtsp_port), 5)
    base, login, session = f"rtsp://127.0.0.1:{camera.rtsp_port}/{camera.lenses[0]}", "", ""
    steps = [("DESCRIBE", base, ""), ("SETUP", f"{base}/track1", "Transport: RTP/AVP/TCP;unicast;interleaved=0-1\r\n"), ("PLAY", base, "")]
    if password is not None:
        steps.insert(0, steps[0])
    nonce = ""
    for n, (method, url, more) in enumerate(steps):
        if nonce:

            def md5(text: str) -> str:
                return hashlib.md5(text.encode()).hexdigest()

            answer = md5(f"{md5(f'{USER}:edged simulated camera:{password}')}:{nonce}:{md5(f'{method}:{url}')}")
            login = f'Authorization: Digest username="{USER}", nonce="{nonce}", uri="{url}", response="{answer}"\r\n'
        talk.sendall(f"{method} {url} RTSP/1.0\r\nCSeq: {n + 1}\r\n{login}{session}{more}\r\n".encode())
        head = b""
        while b"\r\n\r\n" not in head:
            head += talk.recv(1)
        text = head.decode()
        if "Content-Length: " in text:
            left = int(text.split("Content-Length: ")[1].split("\r\n")[0])
            while left:
                left -= len(talk.recv(left))
        if "401" in text.split("\r\n")[0]:
            nonce = text.split('nonce="')[1].split('"')[0]
        elif method == "SETUP":
            session = f"Session: {text.split('Session: ')[1].split(';')[0]}\r\n"
    assert "200 OK" in text
    return talk


def _drain(talk: socket.socket) -> None:
    """Read until an exception; an end in order is none."""
    while talk.recv(65536):
        continue


def _connect_and_drain(port: int) -> None:
    """Connect and read; the reset may come during either."""
    with closing(socket.create_connection(("127.0.0.1", port), 5)) as talk:
        talk.settimeout(3)
        _drain(talk)


def _answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except OSError:
        return False
    return True


def _until(claim: Any, seconds: float = 5.0) -> None:
    end = datetime.now(UTC).timestamp() + seconds
    while not claim():
        assert datetime.now(UTC).timestamp() < end, "did not come true in time"
        time.sleep(0.02)

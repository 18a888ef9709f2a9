"""RTSP ingest against the simulated station: pictures, time, ring, stalls, refusals, no password."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from fractions import Fraction
from pathlib import Path
from queue import Empty, Queue
from types import SimpleNamespace
from typing import Any

import av
import numpy as np
import pytest

from edged.camera.latest import COMPANY, MOST_WAITING, Latest
from edged.camera.ring import Ring, jpeg
from edged.camera.secret import Login
from edged.camera.stream import Stream, with_login
from edged.model.errors import CameraError, CameraRefused, CameraUnreachable
from edged.model.frame import Frame
from edged.simulator.encoder import Encoder
from edged.simulator.station import Station
from edged.simulator.stream import i420
from tests.camera.conftest import PASSWORD


def url_of(station: Station, path: str = "thermal") -> str:
    return f"rtsp://127.0.0.1:{station.camera('digest').rtsp_port}/{path}"


def receive(stream: Stream, count: int) -> list[Frame]:
    got: list[Frame] = []
    limit = time.monotonic() + 20.0
    stream.run(lambda: len(got) >= count or time.monotonic() > limit, got.append)
    return got


def test_pictures_with_the_time_of_the_camera(station: Station) -> None:
    stream = Stream("cam", url_of(station), Login("edged", PASSWORD), clock_offset_s=8 * 3600.0)
    frames = receive(stream, 25)
    last = frames[-1]
    assert last.pixels.shape == (256, 320)
    assert last.pixels.dtype == np.uint8
    assert [f.index for f in frames] == list(range(25))
    assert frames[0].key
    assert last.camera_time is not None
    assert (last.camera_time - last.captured_at).total_seconds() == pytest.approx(8 * 3600, abs=2.0)
    assert stream.ring.jpeg("cam")[:2] == b"\xff\xd8"
    assert stream.damaged == 0


def test_packets_only_and_a_picture_on_request(station: Station) -> None:
    stream = Stream("cam", url_of(station, "visible"), Login("edged", PASSWORD), decode=False)
    limit = time.monotonic() + 3.0
    stream.run(lambda: time.monotonic() > limit, lambda frame: pytest.fail("nothing was to be decoded"))
    assert len(stream.ring.jpeg("cam", None, 20_000)) <= 20_000


@pytest.mark.parametrize("wrong", [Login("edged", "Zz!geheim@/#"), Login()])
def test_a_refused_stream_needs_a_person_and_names_no_password(station: Station, wrong: Login) -> None:
    with pytest.raises(CameraRefused, match="check username and password_file") as caught:
        receive(Stream("cam", url_of(station), wrong), 1)
    chain = [caught.value, caught.value.__cause__, caught.value.__context__ if not caught.value.__suppress_context__ else None]
    assert "geheim" not in "".join(map(repr, chain)) + str(caught.value)


def test_a_stall_ends_in_time(station: Station) -> None:
    stream = Stream("cam", url_of(station), Login("edged", PASSWORD), read_s=1.0)
    began: list[float] = []

    def take(frame: Frame) -> None:
        if not began:
            began.append(time.monotonic())
            station.fault("stall", "digest")

    try:
        with pytest.raises(CameraError):
            stream.run(lambda: False, take)
        assert time.monotonic() - began[0] < 6.0
        with pytest.raises(CameraUnreachable):
            receive(Stream("cam", url_of(station), Login("edged", PASSWORD), open_s=1.5), 1)
    finally:
        station.lift("stall", "digest")


def test_nobody_serves() -> None:
    with pytest.raises(CameraUnreachable, match="cannot be opened"):
        receive(Stream("cam", "rtsp://127.0.0.1:1/x", Login("edged", PASSWORD)), 1)


def test_the_login_is_percent_encoded() -> None:
    assert with_login("rtsp://h:554/a?b=c", Login("ed ged", PASSWORD)) == "rtsp://ed%20ged:Gr%21%23p%40ss%2Fw%C3%B6rd%2540@h:554/a?b=c"


def test_the_newest_picture_wins_and_the_others_are_counted() -> None:
    latest = Latest()
    assert latest.get(0.0) is None
    frames = [Frame(np.zeros((2, 2), np.uint8), n, float(n), None) for n in range(3)]  # type: ignore[arg-type]
    for frame in frames:
        latest.put(frame)
    assert latest.get(0.0) is frames[2]
    assert latest.dropped == 2


def test_a_picture_that_is_in_no_hurry_waits_for_company_but_not_for_a_slow_one() -> None:
    latest, taken = Latest(), Queue()  # type: ignore[var-annotated]
    latest.hurry = False

    def shown(at_s: float) -> Frame:
        frame = Frame(np.zeros((2, 2), np.uint8), 0, at_s, None)  # type: ignore[arg-type]
        latest.put(frame)
        return frame

    def take() -> None:
        while (frame := latest.get(5.0)) is not None:
            taken.put(frame)

    threading.Thread(target=take, daemon=True).start()
    slow = shown(10.0)
    assert taken.get(timeout=2.0) is slow
    company = [shown(10.0 + n / 8.0) for n in range(1, COMPANY)]
    with pytest.raises(Empty):
        taken.get(timeout=0.05)
    company.append(shown(10.5))
    assert [taken.get(timeout=2.0) for _ in company] == company
    lone = shown(10.625)
    latest.wake()
    assert taken.get(timeout=2.0) is lone
    assert latest.dropped == 0


def video(path: Path, count: int) -> Path:
    """Write so many small pictures, one key frame, as a camera codes them."""
    encoder = Encoder(160, 128, 8, 500, 10)
    with av.open(str(path), "w", format="mpegts") as container:
        out = container.add_mux_stream("h264", rate=8)
        out.time_base = Fraction(1, 90_000)
        for number in range(count):
            for unit in encoder.encode(i420(np.full((128, 160), 90 + number, np.uint8)), number * 11_250):
                packet = av.Packet(b"".join(b"\x00\x00\x00\x01" + nal for nal in unit.nals))
                packet.stream, packet.time_base, packet.is_keyframe = out, Fraction(1, 90_000), unit.key
                packet.pts = packet.dts = unit.rtp_time
                container.mux(packet)
    return path


def test_packets_are_decoded_in_company_while_nobody_is_in_a_hurry_and_none_is_lost_at_the_end(tmp_path: Path) -> None:
    got: list[Frame] = []
    at_packet: list[int] = []

    def stop() -> bool:
        at_packet.append(len(got))
        return False

    hurry = [False] * 2 * COMPANY + [True] * 4 + [False] * 3
    stream = Stream("cam", str(video(tmp_path / "clip.ts", len(hurry))), Login(), patient=lambda: not hurry[len(at_packet) - 1])
    with pytest.raises(CameraUnreachable, match="ended"):
        stream.run(stop, got.append)
    assert at_packet[: len(hurry)] == [0] * COMPANY + [COMPANY] * COMPANY + [8, 9, 10, 11, 12, 12, 12]
    assert [frame.index for frame in got] == list(range(len(hurry)))
    assert [frame.key for frame in got] == [True] + [False] * (len(hurry) - 1)
    assert [frame.mono_s for frame in got] == sorted(frame.mono_s for frame in got)


class Reading:
    """Packets of a file, and whether they were closed: the garbage collector does not make up for it (PyAV 18)."""

    def __init__(self, packets: Iterator[Any]) -> None:
        self.packets, self.closed = packets, False

    def __iter__(self) -> Iterator[Any]:
        return self.packets

    def close(self) -> None:
        self.packets.close()  # type: ignore[attr-defined]
        self.closed = True


@pytest.mark.parametrize("pictures", [2, 20], ids=["stopped", "ended"])
def test_what_was_read_from_is_closed_because_it_leaves_memory_otherwise(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pictures: int
) -> None:
    readings: list[Reading] = []
    opened = av.open

    @contextmanager
    def seen(*args: Any, **more: Any) -> Iterator[Any]:
        with opened(*args, **more) as container:

            def demux(video: Any) -> Reading:
                readings.append(Reading(container.demux(video)))
                return readings[-1]

            yield SimpleNamespace(streams=container.streams, demux=demux)

    file = video(tmp_path / "clip.ts", 5)
    monkeypatch.setattr(av, "open", seen)
    got: list[Frame] = []
    with suppress(CameraUnreachable):
        Stream("cam", str(file), Login()).run(lambda: len(got) >= pictures, got.append)
    assert len(got) == min(pictures, 5)
    assert [reading.closed for reading in readings] == [True]


def test_pictures_that_nobody_takes_give_way_to_the_newest() -> None:
    latest = Latest()
    latest.hurry = False
    frames = [Frame(np.zeros((2, 2), np.uint8), n, n / 8.0, None) for n in range(MOST_WAITING + 3)]  # type: ignore[arg-type]
    for frame in frames:
        latest.put(frame)
    assert latest.get(0.0) is frames[3]
    assert latest.dropped == 3
    latest.hurry = True
    assert latest.get(0.0) is frames[-1]
    assert latest.dropped == MOST_WAITING + 1


def test_the_ring_is_bounded_and_begins_with_a_key_frame() -> None:
    ring = Ring(seconds=10.0, most_bytes=1000)
    ring.begin("h264", b"")
    for n in range(40):
        ring.put(b"x" * 100, n, n % 5 == 0, float(n))
    assert ring._bytes <= 1000
    assert ring._packets[0].key
    with pytest.raises(CameraUnreachable, match="no picture in the last 10 s"):
        ring.jpeg("cam", at_mono_s=-1.0)


def test_a_jpeg_fits() -> None:
    noise = np.random.default_rng(1).integers(0, 255, (512, 640, 3), dtype=np.uint8)
    assert len(jpeg(noise, 24_000)) <= 24_000

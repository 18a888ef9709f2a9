"""The flight recorder: what is read back is what the camera sent, whatever the disk, the clock or a kill does."""

from __future__ import annotations

import errno
import gc
import os
import signal
import stat
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any, BinaryIO

import av
import numpy as np
import pytest

from edged.model.errors import StoreGarbled
from edged.store import recorder as recorder_module
from edged.store.keeping import Kept, locked
from edged.store.recorder import Recorder
from edged.store.recording import Coded, Recording, new_file
from edged.store.segments import Named, Segment, holes, listed, named, read
from edged.store.settings import RecorderSettings

FPS, WIDTH, HEIGHT = 8, 64, 48
BEGIN = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)


@cache
def coded(encoder: str = "libx264", width: int = WIDTH) -> tuple[bytes, tuple[tuple[bytes, bool], ...]]:
    """Return (parameter sets, 48 packets, key frames each 8) of a small moving picture."""
    codec: Any = av.CodecContext.create(encoder, "w")
    codec.width, codec.height, codec.pix_fmt, codec.time_base, codec.framerate = width, HEIGHT, "yuv420p", Fraction(1, FPS), Fraction(FPS)
    codec.gop_size, codec.max_b_frames = 8, 0
    codec.options = {
        "preset": "ultrafast", "tune": "zerolatency", "x265-params": "keyint=8:min-keyint=8:bframes=0:log-level=none", "forced-idr": "1"
    }  # fmt: skip
    codec.flags |= av.codec.context.Flags.global_header
    codec.open()
    out = []
    for number in range(48):
        grey = np.full((HEIGHT * 3 // 2, width), 128, np.uint8)
        grey[:HEIGHT] = np.add.outer(np.arange(HEIGHT), np.arange(width) + 3 * number) % 200
        frame = av.VideoFrame.from_ndarray(grey, format="yuv420p")
        frame.pts = number
        out += codec.encode(frame)
    out += codec.encode(None)
    return bytes(codec.extradata), tuple((bytes(packet), packet.is_keyframe) for packet in out)


class Disk:
    """A clock, a free space and files that fail on demand, beside a recorder that is turned by hand."""

    def __init__(self, tmp_path: Path, camera_id: str = "th-01", **settings: Any) -> None:
        self.now_s, self.ahead_s, self.free = 1000.0, 0.0, 10**12
        self.fault: OSError | None = None
        self.sent = 0
        known = RecorderSettings(**{"segment_s": 2.0, **settings})
        self.recorder = Recorder(
            tmp_path, camera_id, known, utc=self.utc, mono=lambda: self.now_s, free_bytes=lambda _: self.free, opener=self.open
        )

    def utc(self) -> datetime:
        return BEGIN + timedelta(seconds=self.now_s - 1000.0 + self.ahead_s)

    def open(self, path: Path) -> BinaryIO:
        disk, file = self, new_file(path)

        class Failing:
            def write(self, data: bytes) -> int:
                if disk.fault is not None:
                    raise disk.fault
                return int(file.write(data) or 0)

            def close(self) -> None:
                file.close()

        return Failing()  # type: ignore[return-value]

    def opened(self, encoder: str = "libx264", width: int = WIDTH) -> None:
        self.recorder.opened("h264" if encoder == "libx264" else "hevc", coded(encoder, width)[0])

    def send(self, seconds: float, encoder: str = "libx264", *, width: int = WIDTH, turn: bool = True) -> None:
        packets = coded(encoder, width)[1]
        for _ in range(round(seconds * FPS)):
            data, key = packets[self.sent % len(packets)]
            self.recorder.packet(Coded(data, self.sent, Fraction(1, FPS), key, self.now_s, self.utc(), None))
            self.sent += 1
            self.now_s += 1.0 / FPS
            if turn:
                self.recorder.turn()

    def end(self) -> list[Segment]:
        ended = threading.Event()
        ended.set()
        self.recorder.run(ended)
        return self.kept()

    def kept(self) -> list[Segment]:
        return [read(name) for name in listed(self.recorder.folder)]


def decoded(name: Named) -> list[tuple[int, np.ndarray[Any, Any]]]:
    with av.open(str(name.video)) as container:
        return [(int(frame.pts or 0), frame.to_ndarray()[:HEIGHT]) for frame in container.decode(video=0)]


@pytest.mark.parametrize("encoder", ["libx264", "libx265"])
def test_what_is_read_back_is_what_the_camera_sent(tmp_path: Path, encoder: str) -> None:
    disk = Disk(tmp_path)
    disk.opened(encoder)
    disk.recorder.told({"kind": "hold_view", "view": {"generation": 1}})
    disk.send(2.5, encoder)
    disk.recorder.told({"kind": "drop_view", "generation": 2})
    disk.send(1.5, encoder)
    segments = disk.end()
    decoder: Any = av.CodecContext.create("h264" if encoder == "libx264" else "hevc", "r")
    decoder.extradata = coded(encoder)[0]
    wanted = [frame.to_ndarray()[:HEIGHT] for data, _ in coded(encoder)[1][:32] for frame in decoder.decode(av.Packet(data))]
    wanted += [frame.to_ndarray()[:HEIGHT] for frame in decoder.decode(None)]
    got = [each for segment in segments for each in decoded(segment.name)]
    assert [s.whole for s in segments] == [True, True]
    assert np.array_equal(np.array([picture for _, picture in got]), np.array(wanted))
    assert [pts for pts, _ in got] == [packet.pts for segment in segments for packet in segment.packets]
    assert [packet.mono_s for packet in segments[0].packets] == [1000.0 + n / FPS for n in range(16)]
    assert segments[0].standing[0].message["view"] == {"generation": 1}
    assert [order.message["kind"] for order in segments[1].orders] == ["drop_view"]
    assert segments[0].name.stem.name == "th-01_20261122T030000.000Z_000001"
    assert stat.S_IMODE(segments[0].name.video.stat().st_mode) == 0o640
    assert stat.S_IMODE(disk.recorder.folder.stat().st_mode) == 0o750


def test_a_segment_that_has_ended_waits_for_no_collector(tmp_path: Path) -> None:
    disk = Disk(tmp_path)
    disk.opened()
    gc.collect()
    gc.disable()
    try:
        disk.send(9.0)
        left = [each for each in gc.get_objects() if isinstance(each, Recording | av.container.OutputContainer)]
        assert len(listed(disk.recorder.folder)) > 3
        assert len(left) <= 2
    finally:
        gc.enable()


def test_a_kill_at_any_byte_costs_the_last_packet(tmp_path: Path) -> None:
    disk = Disk(tmp_path, segment_s=60.0)
    disk.opened()
    disk.send(4.0)
    (name,) = listed(disk.recorder.folder)
    video, lines = name.video.read_bytes(), name.lines.read_bytes()
    for share in (0.95, 0.6, 0.31):
        name.video.write_bytes(video[: int(len(video) * share)])
        name.lines.write_bytes(lines[: int(len(lines) * share)])
        segment = read(name)
        assert not segment.whole
        assert len(segment.packets) > 32 * share - 4
        assert len(decoded(name)) > 32 * share - 4
    name.lines.write_bytes(lines[:20])
    with pytest.raises(StoreGarbled, match="left out"):
        read(name)


def test_a_killed_process_leaves_what_it_was_given_and_its_successor_goes_on(tmp_path: Path) -> None:
    script = (
        "import sys, os, signal; from pathlib import Path; from tests.store.test_recorder import Disk\n"
        "d = Disk(Path(sys.argv[1]), segment_s=60.0); d.opened(); d.send(3.0); os.kill(os.getpid(), signal.SIGKILL)"
    )
    assert subprocess.run([sys.executable, "-c", script, str(tmp_path)], check=False).returncode == -signal.SIGKILL
    disk = Disk(tmp_path)
    disk.opened()
    disk.send(1.0)
    first, second = disk.end()
    assert (len(first.packets), first.whole, len(second.packets)) == (24, False, 8)
    assert len(decoded(first.name)) == 24
    assert second.name.number == 2


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO, errno.EROFS])
def test_a_disk_that_fails_costs_packets_and_nothing_else(tmp_path: Path, number: int) -> None:
    disk = Disk(tmp_path)
    disk.opened()
    disk.send(3.0)
    disk.fault = OSError(number, os.strerror(number))
    disk.send(3.0)
    state = disk.recorder.state()
    assert state.state == "failing"
    assert state.dropped == 24
    assert errno.errorcode[number] in state.words.en
    assert "录像" in state.words.zh
    disk.fault = None
    disk.send(12.0)
    assert disk.recorder.state().state == "recording"
    segments = disk.end()
    assert sum(len(segment.packets) for segment in segments) > 24 + 60
    assert any(segment.dropped for segment in segments)


def test_a_full_disk_stops_recording_and_room_lets_it_go_on(tmp_path: Path) -> None:
    disk = Disk(tmp_path, min_free_gb=1.0)
    disk.opened()
    disk.send(4.0)
    disk.free = 999_000_000
    disk.send(8.0)
    before = len(disk.kept())
    assert disk.recorder.state().state == "full"
    disk.free = 1_020_000_000
    disk.send(20.0)
    assert (disk.recorder.state().state, len(disk.kept())) == ("full", before)
    disk.free = 2_000_000_000
    disk.send(70.0)
    assert disk.recorder.state().state == "recording"


def test_the_ring_is_bounded_by_bytes_shared_with_the_other_cameras(tmp_path: Path) -> None:
    other = Disk(tmp_path, "th-02", max_size_gb=0.1)
    other.opened()
    other.send(1.0)
    disk = Disk(tmp_path, max_size_gb=0.1)
    disk.recorder.settings = disk.recorder.settings.model_copy(update={"max_size_gb": 2 * 120e3 / 1e9})
    disk.opened()
    disk.send(60.0)
    state = disk.recorder.state()
    assert 60_000 < state.size_bytes < 160_000
    on_disk = sum(path.stat().st_size for path in disk.recorder.folder.iterdir())
    assert on_disk == state.size_bytes
    assert disk.kept()[-1].name.number == 30
    assert other.kept()[0].packets


def test_the_ring_is_bounded_by_age_and_a_clock_that_leaps_costs_little(tmp_path: Path) -> None:
    disk = Disk(tmp_path, hours=1.0)
    disk.opened()
    disk.send(20.0)
    disk.now_s += 3560.0
    disk.send(40.0)
    assert disk.kept()[0].name.begin > BEGIN
    before = len(disk.kept())
    disk.ahead_s = 366 * 86400.0
    disk.send(2.0)
    disk.ahead_s = 0.0
    disk.send(2.0)
    assert len(disk.kept()) > before - 6
    disk.ahead_s = -7200.0
    disk.send(10.0)
    numbers = [segment.name.number for segment in disk.kept()]
    assert numbers == sorted(numbers)
    assert disk.kept()[-1].name.begin < BEGIN


def test_a_folder_that_no_eye_writes_is_trimmed_by_the_others(tmp_path: Path) -> None:
    gone = Disk(tmp_path, "gone")
    gone.opened()
    gone.send(4.0)
    gone.end()
    disk = Disk(tmp_path, hours=1.0)
    disk.now_s += 7200.0
    disk.opened()
    disk.send(1.0)
    assert gone.kept() == []


def test_two_recorders_of_one_camera_do_not_mix(tmp_path: Path) -> None:
    first, second = Disk(tmp_path), Disk(tmp_path)
    first.opened()
    first.send(1.0)
    second.opened()
    second.send(1.0)
    assert second.recorder.state().state == "held"
    first.end()
    second.send(10.0)
    assert second.recorder.state().state == "recording"
    assert [segment.name.number for segment in second.end()][:2] == [1, 2]


def test_another_size_or_codec_begins_another_segment(tmp_path: Path) -> None:
    disk = Disk(tmp_path, segment_s=60.0)
    disk.opened()
    disk.send(1.0)
    disk.opened("libx264", 96)
    disk.send(1.0, width=96)
    disk.opened("libx265")
    disk.send(1.0, "libx265")
    assert [decoded(segment.name)[0][1].shape[1] for segment in disk.end()] == [64, 96, 64]
    disk.recorder.opened("mjpeg", b"")
    disk.send(1.0)
    assert disk.recorder.state().state == "unfit"


def test_who_hands_in_never_waits_and_what_is_lost_is_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recorder_module, "QUEUE_BYTES", 5_000)
    disk = Disk(tmp_path, segment_s=60.0)
    disk.opened()
    disk.send(20.0, turn=False)
    disk.recorder.told({"kind": "hold_view", "view": {"generation": 7}})
    assert disk.recorder.state().state == "hung"
    lost = disk.recorder.state().dropped
    assert lost > 0
    disk.recorder.turn()
    disk.send(2.0)
    segments = disk.end()
    assert sum(len(segment.packets) for segment in segments) + disk.recorder.state().dropped == 22 * FPS
    assert segments[-1].dropped >= lost
    assert segments[-1].standing[-1].message["view"] == {"generation": 7}
    assert all(segment.packets[0].key for segment in segments)


def test_times_that_the_camera_makes_up_do_no_harm(tmp_path: Path) -> None:
    disk = Disk(tmp_path, segment_s=60.0)
    disk.opened()
    for number, pts in enumerate([5, None, 4, 4, 2**40, -3, 6, 7]):
        data, key = coded()[1][number]
        disk.recorder.packet(Coded(data, pts, Fraction(1, FPS), key, disk.now_s, disk.utc(), disk.utc()))
        disk.now_s += 1.0 / FPS
    (segment,) = disk.end()
    got = [pts for pts, _ in decoded(segment.name)]
    assert got == [packet.pts for packet in segment.packets]
    assert got == sorted(set(got))
    assert segment.packets[0].camera_time == BEGIN


def test_the_hours_that_were_not_recorded() -> None:
    at = [BEGIN + timedelta(seconds=s) for s in range(0, 601, 60)]
    assert holes([(at[2], at[4]), (at[3], at[5]), (at[5], at[8])], at[1], at[10]) == [(at[1], at[2]), (at[8], at[10])]
    assert holes([], at[0], at[1]) == [(at[0], at[1])]
    assert holes([(at[0], at[10])], at[1], at[2]) == []


def test_a_strange_file_is_no_recording(tmp_path: Path) -> None:
    assert named(tmp_path / "th-01_20261399T000000.000Z_000001.ts") is None
    (tmp_path / "notes.txt").write_text("x")
    assert listed(tmp_path) == []
    assert len(Kept(tmp_path)) == 0
    fd = locked(tmp_path)
    assert fd is not None
    assert locked(tmp_path) is None
    os.close(fd)

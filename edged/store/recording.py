"""One segment being written: packets re-muxed into MPEG-TS without touching them, and the lines beside them.

Every packet is with the kernel when `packet` returns: a kill at any byte costs the last one. Used from one thread.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence
from datetime import datetime
from fractions import Fraction
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import av

from edged import __version__
from edged.store.segments import CLOCK_HZ, VERSION, Order, named, stem

CODECS = ("h264", "hevc")
"""What MPEG-TS carries of what cameras send."""
_KIND = {"h264": (0x1F, 0, 7), "hevc": (0x3F, 1, 33)}
"""Mask and shift of a NAL unit's type, and the type of its sequence parameter set (H.264 7.4.1, H.265 7.4.2.2)."""
CLOCK = Fraction(1, CLOCK_HZ)
OPTIONS = {"mpegts_copyts": "1", "flush_packets": "1"}
BUFFER_BYTES = 131_072
"""A packet mostly fits into it, and is then one write."""
Opener = Callable[[Path], BinaryIO]


class Coded(NamedTuple):
    """One packet of a camera. `pts` in `time_base` seconds, None where the camera gave none; `captured_at` on the daemon's clock."""

    data: bytes
    pts: int | None
    time_base: Fraction | None
    key: bool
    mono_s: float
    captured_at: datetime
    camera_time: datetime | None


def new_file(path: Path) -> BinaryIO:
    """Return a new file, unbuffered, that its group may read."""
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o640), "wb", buffering=0)


class Recording:
    """A segment from its first key frame to `close`. Every method may raise OSError; then `abandon` it."""

    def __init__(
        self,
        folder: Path,
        camera_id: str,
        number: int,
        codec: str,
        extradata: bytes,
        first: Coded,
        *,
        boot: str,
        utc: datetime,
        told: Sequence[Order],
        dropped: int,
        opener: Opener = new_file,
    ) -> None:
        self.begin_mono_s, self.begin_utc = first.mono_s, utc
        self.last_mono_s = first.mono_s
        self.codec, self._lines_bytes = codec, 0
        found = named(folder / f"{stem(camera_id, utc, number)}.ts")
        assert found is not None
        self.name = found
        self._first_pts, self._last_pts, self._extra = first.pts, -1, extradata
        self._lines = opener(found.lines)
        try:
            self._video = opener(found.video)
        except OSError:
            self._lines.close()
            raise
        self._sink = _Sink(self._video)
        try:
            self._line(
                {
                    "v": VERSION, "camera": camera_id, "boot": boot, "mono_s": round(first.mono_s, 4), "utc": utc.timestamp(),
                    "codec": codec, "edged": __version__, "dropped": dropped, "told": [[round(at, 4), message] for at, message in told],
                }
            )  # fmt: skip
            self._container = av.open(self._sink, "w", format="mpegts", options=OPTIONS, buffer_size=BUFFER_BYTES)
            self._stream = self._container.add_mux_stream(codec, rate=25)
            self._stream.time_base = CLOCK
        except (OSError, ValueError):
            self.abandon()
            raise

    @property
    def size_bytes(self) -> int:
        """Bytes of both files."""
        return self._lines_bytes + self._sink.size_bytes

    def packet(self, coded: Coded) -> None:
        """Write a packet and its line."""
        pts = self._pts(coded)
        data = coded.data
        if coded.key and self._extra and not _has_parameters(self.codec, data):
            data = self._extra + data
        packet: Any = av.Packet(data)
        packet.stream, packet.time_base = self._stream, CLOCK
        packet.pts = packet.dts = pts
        packet.is_keyframe = coded.key
        self._container.mux(packet)
        self.last_mono_s = coded.mono_s
        camera = "null" if coded.camera_time is None else repr(round(coded.camera_time.timestamp(), 3))
        at = f"{round(coded.mono_s, 4)!r},{round(coded.captured_at.timestamp(), 3)!r},{camera}"
        self._write(f'["p",{pts},{at},{int(coded.key)}]\n'.encode())

    def order(self, order: Order) -> None:
        """Write what the eye was told."""
        self._line(["o", round(order.mono_s, 4), order.message])

    def gap(self, mono_s: float, seconds: float, why: str) -> None:
        """Write that packets are missing here."""
        self._line(["g", round(mono_s, 4), round(seconds, 3), why])

    def close(self) -> None:
        """End it in order."""
        try:
            self._container.close()
            self._line(["e", round(self.last_mono_s, 4)])
        finally:
            self.abandon()

    def abandon(self) -> None:
        """Let go of the files as they are; never raises."""
        for file in (self._video, self._lines):
            try:
                file.close()
            except OSError:
                continue

    def _pts(self, coded: Coded) -> int:
        """Return the packet's time in the segment: the camera's own where it rises in step with arrival, else arrival."""
        arrived = coded.mono_s - self.begin_mono_s
        own = None
        if coded.pts is not None and self._first_pts is not None and coded.time_base:
            own = (coded.pts - self._first_pts) * coded.time_base.numerator / coded.time_base.denominator
        seconds = own if own is not None and abs(own - arrived) < 10.0 else arrived
        self._last_pts = max(self._last_pts + 1, round(seconds * CLOCK_HZ))
        return self._last_pts

    def _line(self, value: Any) -> None:
        self._write(json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode() + b"\n")

    def _write(self, data: bytes) -> None:
        view = memoryview(data)
        while view:
            view = view[self._lines.write(view) :]
        self._lines_bytes += len(data)


class _Sink:
    """What the muxer writes to. A short write is carried on, because libavformat takes it for a whole one.

    It does not know its recording: in a circle with it the muxer and its buffers would stay until the collector comes.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file, self.size_bytes = file, 0

    def write(self, data: bytes) -> int:
        view = memoryview(data)
        while view:
            view = view[self._file.write(view) :]
        self.size_bytes += len(data)
        return len(data)


def _has_parameters(codec: str, data: bytes) -> bool:
    """Tell whether a packet brings its own sequence parameter set near its begin."""
    mask, shift, wanted = _KIND[codec]
    at = data.find(b"\x00\x00\x01", 0, 512)
    while 0 <= at < len(data) - 3:
        if (data[at + 3] >> shift) & mask == wanted:
            return True
        at = data.find(b"\x00\x00\x01", at + 3, at + 512)
    return False

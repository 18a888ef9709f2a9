"""The last minute of a stream as packets, and a picture out of it on request."""

from __future__ import annotations

import threading
import time
from collections import deque
from typing import Any, NamedTuple

import av
import cv2
import numpy as np

from edged.model.errors import CameraGarbled, CameraUnreachable

RING_S, RING_BYTES = 60.0, 32_000_000


class _Coded(NamedTuple):
    data: bytes
    pts: int | None
    key: bool
    mono_s: float


class Ring:
    """Packets of the last `seconds`, bounded in bytes; always begins with a key frame. Thread-safe."""

    def __init__(self, seconds: float = RING_S, most_bytes: int = RING_BYTES) -> None:
        self._seconds, self._most = seconds, most_bytes
        self._packets: deque[_Coded] = deque()
        self._bytes = 0
        self._codec, self._extra = "", b""
        self._lock = threading.Lock()

    @property
    def codec(self) -> str:
        """Name of the stream's codec; empty before the first opening."""
        return self._codec

    def begin(self, codec: str, extradata: bytes) -> None:
        """Forget what is held: a stream was opened, whose parameters may differ."""
        with self._lock:
            self._packets.clear()
            self._bytes, self._codec, self._extra = 0, codec, extradata

    def put(self, data: bytes, pts: int | None, key: bool, mono_s: float) -> None:
        """Add a packet."""
        with self._lock:
            self._packets.append(_Coded(data, pts, key, mono_s))
            self._bytes += len(data)
            while self._packets and (self._bytes > self._most or mono_s - self._packets[0].mono_s > self._seconds):
                self._drop()
                while self._packets and not self._packets[0].key:
                    self._drop()

    def jpeg(self, label: str, at_mono_s: float | None = None, most_bytes: int = 262_144) -> bytes:
        """Return the newest picture, or the one shown at a moment, as JPEG. Raises CameraUnreachable, CameraGarbled."""
        with self._lock:
            wanted = [p for p in self._packets if at_mono_s is None or p.mono_s <= at_mono_s]
            codec, extra = self._codec, self._extra
        last_key = next((n for n in range(len(wanted) - 1, -1, -1) if wanted[n].key), None)
        if last_key is None or time.monotonic() - wanted[-1].mono_s > self._seconds:
            raise CameraUnreachable(
                f"camera {label}: no picture in the last {self._seconds:.0f} s", zh=f"摄像机 {label}: 最近 {self._seconds:.0f} 秒没有画面"
            )
        return jpeg(self._decoded(label, codec, extra, wanted[last_key:]), most_bytes)

    def _decoded(self, label: str, codec: str, extra: bytes, packets: list[_Coded]) -> np.ndarray[Any, Any]:
        picture = None
        try:
            decoder: Any = av.CodecContext.create(codec, "r")
            decoder.extradata = extra or None
            decoder.thread_count = 1
            for coded in packets:
                picture = next(reversed(decoder.decode(av.Packet(coded.data))), picture)
            picture = next(reversed(decoder.decode(None)), picture)
        except (av.error.FFmpegError, ValueError) as fault:
            raise CameraGarbled(f"camera {label}: the last pictures cannot be decoded ({type(fault).__name__})") from None
        if picture is None:
            raise CameraGarbled(f"camera {label}: the last packets hold no whole picture")
        out: np.ndarray[Any, Any] = picture.to_ndarray(format="bgr24")
        return out

    def _drop(self) -> None:
        self._bytes -= len(self._packets.popleft().data)


def jpeg(pixels: np.ndarray[Any, Any], most_bytes: int) -> bytes:
    """Return an 8-bit picture as JPEG of at most `most_bytes`: worse first, smaller then."""
    for _ in range(6):
        for quality in (85, 65, 45):
            data = bytes(cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, quality])[1])
            if len(data) <= most_bytes:
                return data
        pixels = cv2.resize(pixels, None, fx=0.6, fy=0.6, interpolation=cv2.INTER_AREA)
    raise CameraGarbled(f"a picture does not fit into {most_bytes} bytes")

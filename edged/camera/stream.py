"""RTSP into pictures, with PyAV: bounded opening and reading, the newest picture wins, the camera's own time where it sends it.

A `Stream` runs until it breaks and raises; whoever started it owns the retry. Its errors never hold an address with a login.
Traps: PyAV without time-outs waits for ever; its errors contain the password; after a stall it hands out pictures that it held back;
packets that are neither read to the end nor closed leave memory behind.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from functools import cache
from typing import Any, NamedTuple, Protocol
from urllib.parse import quote, urlsplit, urlunsplit

import av
import numpy as np
import numpy.typing as npt

from edged.camera.latest import COMPANY, SLOW_S
from edged.camera.ring import Ring
from edged.camera.secret import Login, redacted
from edged.model.errors import CameraError, CameraGarbled, CameraRefused, CameraUnreachable
from edged.model.frame import Frame

OPEN_S, READ_S, STALL_S = 6.0, 3.0, 8.0
"""Time to open, time without a byte, time without a new time stamp."""
MAX_SKEW_S = 5.0
"""A camera's time farther than this from arrival is not used as time of capture."""
MAX_SIDE = 4096
LATE_S = 1.5
"""A pause between packets after which the next picture may be an old one."""


class Tap(Protocol):
    """Hears every packet from the first key frame on, in company and before it is decoded. Must not wait."""

    def opened(self, codec: str, extradata: bytes) -> None:
        """The stream was opened; parameter sets in `extradata` where the camera gave them apart."""

    def packet(
        self, data: bytes, pts: int | None, time_base: Fraction | None, key: bool, mono_s: float, captured_at: datetime,
        camera_time: datetime | None,
    ) -> None:  # fmt: skip
        """One packet; times as in `Frame`, `pts` in `time_base` seconds."""


class _Arrived(NamedTuple):
    """A packet that waits. `stale`: what it shows may be old."""

    packet: Any
    pts: int | None
    stale: bool
    mono_s: float


class Stream:
    """One RTSP stream. `url` without credentials; `colour`: pictures as BGR instead of the luma plane; `decode` false: packets only.

    `ring` holds the last packets, `tap` hears them. `key_interval_s`, `frames`, `damaged` tell how it does. While `patient` says so,
    packets are handled in company: one by one each costs a sixth more, because decoder and interpreter were out of the caches.
    """

    def __init__(
        self, label: str, url: str, login: Login, *, colour: bool = False, decode: bool = True, clock_offset_s: float = 0.0,
        ring: Ring | None = None, tap: Tap | None = None, patient: Callable[[], bool] = lambda: False, open_s: float = OPEN_S,
        read_s: float = READ_S,
    ) -> None:  # fmt: skip
        self.label, self.url = label, redacted(url, limit=500)
        self.clock_offset_s = clock_offset_s
        self.ring = ring or Ring()
        self._tap, self._patient = tap, patient
        self._waiting: list[_Arrived] = []
        self._spoiled = False
        self.frames = self.damaged = 0
        self.key_interval_s: float | None = None
        self.size = (0, 0)
        self._login, self._colour, self._decode, self._open_s, self._read_s = login, colour, decode, open_s, read_s
        self._last_key_pts: int | None = None

    def run(self, stop: Callable[[], bool], take: Callable[[Frame], None]) -> None:
        """Receive until `stop()` or until it breaks. Raises CameraUnreachable, CameraRefused, CameraGarbled, all without credentials."""
        began = time.monotonic()
        try:
            self._run(stop, take)
        except CameraError:
            raise
        except (av.error.FFmpegError, OSError, ValueError, RuntimeError, MemoryError) as fault:
            if isinstance(fault, av.error.InvalidDataError) and not self.frames and time.monotonic() - began >= 0.9 * self._open_s:
                fault = TimeoutError()
            raise translate(self.label, self.url, fault, self._login) from None

    def _run(self, stop: Callable[[], bool], take: Callable[[Frame], None]) -> None:
        began = time.monotonic()
        options = {"rtsp_transport": "tcp", "timeout": str(int(self._open_s * 1e6)), "probesize": "32", "analyzeduration": "0"}
        if not self.url.startswith(("rtsp://", "rtsps://")):
            options = {}
        with av.open(with_login(self.url, self._login), options=options, timeout=(self._open_s, self._read_s)) as container:
            if not container.streams.video:
                raise CameraGarbled(
                    f"camera {self.label}: {self.url} carries no video: correct the profile or the address",
                    zh=f"摄像机 {self.label}: {self.url} 没有视频: 请更正 profile 或地址",
                )
            video = container.streams.video[0]
            video.codec_context.thread_count = 1
            codec, extradata = video.codec_context.name, bytes(video.codec_context.extradata or b"")
            self.ring.begin(codec, extradata)
            if self._tap is not None:
                self._tap.opened(codec, extradata)
            packets: Any = container.demux(video)
            try:
                with closing(packets):
                    self._receive(packets, video.time_base, stop, take, began)
            finally:
                self._handle_waiting(video.time_base, take)

    def _receive(
        self, packets: Iterable[Any], time_base: Fraction | None, stop: Callable[[], bool], take: Callable[[Frame], None], began: float
    ) -> None:
        last_packet = last_new = time.monotonic()
        last_pts: int | None = None
        seen_key = False
        for packet in packets:
            now = time.monotonic()
            if stop():
                return
            if packet.size == 0:
                break
            pause_s, last_packet = now - last_packet, now
            stale = pause_s > LATE_S and last_pts is not None
            pts = packet.pts
            if pts is not None and (last_pts is None or pts != last_pts):
                last_pts, last_new = pts, now
            elif now - last_new > STALL_S:
                raise CameraUnreachable(
                    f"camera {self.label}: {self.url} repeats one picture for {STALL_S:.0f} s: the stream is opened again",
                    zh=f"摄像机 {self.label}: {self.url} 画面时间戳 {STALL_S:.0f} 秒未变: 重新打开",
                )
            if not seen_key:
                if not packet.is_keyframe:
                    if now - began > 4 * STALL_S:
                        raise CameraGarbled(
                            f"camera {self.label}: {self.url} sends no key frame in {4 * STALL_S:.0f} s: set its key-frame interval to 2 s",
                            zh=f"摄像机 {self.label}: {self.url} {4 * STALL_S:.0f} 秒内无关键帧: 请将关键帧间隔设为 2 秒",
                        )
                    continue
                seen_key = True
            self._waiting.append(_Arrived(packet, pts, stale, now))
            if len(self._waiting) >= COMPANY or pause_s > SLOW_S or not self._patient():
                self._handle_waiting(time_base, take)
        raise CameraUnreachable(
            f"camera {self.label}: {self.url} ended: the camera closed the stream; it is opened again",
            zh=f"摄像机 {self.label}: {self.url} 已被摄像机关闭: 重新打开",
        )

    def _handle_waiting(self, time_base: Fraction | None, take: Callable[[Frame], None]) -> None:
        waiting, self._waiting = self._waiting, []
        now, now_s = datetime.now(UTC), time.monotonic()
        timed = []
        for packet, pts, stale, mono_s in waiting:
            key = packet.is_keyframe
            if key:
                self._note_key(pts, time_base)
            data = bytes(packet)
            self.ring.put(data, pts, key, mono_s)
            camera_time = _producer_time(packet)
            captured = self._captured(now - timedelta(seconds=now_s - mono_s), camera_time)
            if self._tap is not None:
                self._tap.packet(data, pts, time_base, key, mono_s, captured, camera_time)
            timed.append((packet, key, stale, mono_s, captured, camera_time))
        if not self._decode:
            return
        for packet, key, stale, mono_s, captured, camera_time in timed:
            if key:
                self._spoiled = False
            try:
                decoded = packet.decode()
            except av.error.InvalidDataError:
                self.damaged += 1
                self._spoiled = True
                continue
            for picture in decoded[1:] if stale else decoded:
                pixels, damaged = self._pixels(picture), bool(picture.is_corrupt or packet.is_corrupt or self._spoiled)
                self.damaged += damaged
                index, self.frames = self.frames, self.frames + 1
                take(Frame(pixels, index, mono_s, captured, camera_time, bool(picture.key_frame), damaged))

    def _captured(self, arrived: datetime, camera_time: datetime | None) -> datetime:
        if camera_time is None:
            return arrived
        claimed = camera_time - timedelta(seconds=self.clock_offset_s) if self.clock_offset_s else camera_time
        late_s = (arrived - claimed).total_seconds()
        return claimed if 0.0 <= late_s <= MAX_SKEW_S else arrived

    def _pixels(self, picture: Any) -> npt.NDArray[np.generic]:
        pixels: npt.NDArray[np.generic] = picture.to_ndarray(format="bgr24") if self._colour else luma(picture)
        if max(pixels.shape[:2]) > MAX_SIDE:
            raise CameraGarbled(
                f"camera {self.label}: {self.url} sends pictures of {pixels.shape[1]}×{pixels.shape[0]}: "
                f"choose a profile up to {MAX_SIDE} px",
                zh=f"摄像机 {self.label}: 画面 {pixels.shape[1]}×{pixels.shape[0]} 过大: 请选择不超过 {MAX_SIDE} 像素的配置",
            )
        self.size = (pixels.shape[1], pixels.shape[0])
        return pixels

    def _note_key(self, pts: int | None, time_base: Fraction | None) -> None:
        if pts is None or time_base is None:
            return
        if self._last_key_pts is not None and 0 < (interval := float((pts - self._last_key_pts) * time_base)) < 600:
            self.key_interval_s = round(interval, 2)
        self._last_key_pts = pts


def luma(picture: Any) -> npt.NDArray[np.generic]:
    """Return the luma plane without swscale: (H, W) uint8, uint16 for deeper formats.

    Its rows are not copied but lent by the decoder: they may lie apart, and cannot be written.
    """
    kind = _luma_kind(picture.format.name)
    if kind is None:
        grey: npt.NDArray[np.generic] = picture.to_ndarray(format="gray")
        return grey
    plane = picture.planes[0]
    rows = np.frombuffer(plane, kind).reshape(plane.height, plane.line_size // kind.itemsize)
    seen = rows[: picture.height, : picture.width]
    seen.flags.writeable = False
    return seen


@cache
def _luma_kind(format_name: str) -> np.dtype[Any] | None:
    """Return how a format holds its luma plane; None where it has none that can be taken as it is."""
    known = av.VideoFormat(format_name)
    bits = known.components[0].bits
    if known.is_rgb or known.has_palette or bits not in (8, 10, 12, 14, 16):
        return None
    return np.dtype(np.uint8 if bits == 8 else np.uint16)


def with_login(url: str, login: Login) -> str:
    """Return the address with the login percent-encoded in it. Only for the library's ears: never log it."""
    parts = urlsplit(url)
    if not login or parts.scheme not in ("rtsp", "rtsps"):
        return url
    user = f"{quote(login.username, safe='')}:{quote(login.password, safe='')}"
    return urlunsplit((parts.scheme, f"{user}@{parts.netloc.rsplit('@', 1)[-1]}", parts.path, parts.query, ""))


def translate(label: str, url: str, fault: BaseException, login: Login) -> CameraError:
    """Return our error for one of PyAV's, whose text may hold the password."""
    text = redacted(type(fault).__name__ + (f" {fault.strerror}" if isinstance(fault, OSError) and fault.strerror else ""), login, 120)
    head, kopf_zh = f"camera {label}: stream {url}", f"摄像机 {label}: 视频流 {url}"
    if isinstance(fault, av.error.HTTPUnauthorizedError | av.error.HTTPForbiddenError):
        return CameraRefused(
            f"{head} refused (401): check username and password_file, that this user may view live video, and that the camera offers MD5 "
            f"digest for RTSP (SHA-256 only is not supported yet)",
            zh=f"{kopf_zh} 被拒绝 (401): 请检查 username 和 password_file、该用户的预览权限, 以及 RTSP 是否允许 MD5 摘要认证",
        )
    if isinstance(fault, av.error.HTTPNotFoundError):
        return CameraGarbled(
            f"{head}: there is no such stream (404): correct profile or stream of this camera",
            zh=f"{kopf_zh}: 不存在 (404): 请更正 profile 或 stream",
        )
    if isinstance(fault, av.error.ExitError | av.error.TimeoutError | TimeoutError):
        return CameraUnreachable(
            f"{head}: no data in time: check network load and camera; it is opened again",
            zh=f"{kopf_zh}: 未及时收到数据: 请检查网络负载和摄像机; 将重新打开",
        )
    if isinstance(fault, av.error.InvalidDataError | av.error.DecoderNotFoundError | av.error.PatchWelcomeError | ValueError | MemoryError):
        return CameraGarbled(
            f"{head} cannot be decoded ({text}): set the profile to H.264 or H.265",
            zh=f"{kopf_zh} 无法解码 ({text}): 请将编码设为 H.264 或 H.265",
        )
    return CameraUnreachable(
        f"{head} cannot be opened ({text}): check address, RTSP port and cable; it is tried again",
        zh=f"{kopf_zh} 无法打开 ({text}): 请检查地址、RTSP 端口和网线; 将重试",
    )


def _producer_time(packet: Any) -> datetime | None:
    """Return the camera's wall clock of a packet (`prft`, from RTCP sender reports), None before the first report."""
    microseconds = int.from_bytes(bytes(packet.get_sidedata("prft"))[:8], "little", signed=True)
    if not 0 < microseconds < 4_102_444_800_000_000:
        return None
    return datetime.fromtimestamp(microseconds / 1e6, UTC)

"""H.264 as a small camera makes it: no B frames, a key frame each few seconds, parameter sets apart. Uses the x264 in PyAV's wheel."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction

import av
import numpy as np
import numpy.typing as npt
from av.video.codeccontext import VideoCodecContext
from av.video.frame import PictureType

CLOCK_HZ = 90_000
_START = re.compile(b"\x00\x00\x00?\x01")
KEY, SPS, PPS, SEI, DELIMITER = 5, 7, 8, 6, 9
"""H.264 NAL unit types."""


@dataclass(frozen=True, slots=True)
class AccessUnit:
    """One coded picture: its NAL units without start codes, and its 90 kHz time."""

    nals: tuple[bytes, ...]
    rtp_time: int
    key: bool


class Encoder:
    """One encoder. `sps`, `pps`: its parameter sets."""

    def __init__(self, width: int, height: int, fps: float, bitrate_kbps: int, key_interval_s: float) -> None:
        codec = av.CodecContext.create("libx264", "w")
        assert isinstance(codec, VideoCodecContext)
        codec.width, codec.height, codec.pix_fmt = width, height, "yuv420p"
        codec.time_base = Fraction(1, CLOCK_HZ)
        codec.framerate = Fraction(fps).limit_denominator(1000)
        codec.bit_rate = bitrate_kbps * 1000
        codec.gop_size = max(1, round(fps * key_interval_s))
        codec.max_b_frames = 0
        codec.thread_count = 1
        codec.options = {
            "preset": "ultrafast", "tune": "zerolatency", "profile": "baseline", "forced-idr": "1",
            "x264-params": f"scenecut=0:vbv-maxrate={bitrate_kbps}:vbv-bufsize={bitrate_kbps}:repeat-headers=0",
        }  # fmt: skip
        codec.flags |= av.codec.context.Flags.global_header
        codec.open()
        self._codec = codec
        sets = {nal[0] & 31: nal for nal in split(bytes(codec.extradata or b""))}
        self.sps, self.pps = sets[SPS], sets[PPS]
        self.width, self.height = width, height

    def encode(self, picture: npt.NDArray[np.uint8], rtp_time: int, *, force_key: bool = False) -> list[AccessUnit]:
        """Return what a (H × 3/2, W) I420 picture becomes. `rtp_time` must rise."""
        frame = av.VideoFrame.from_ndarray(picture, format="yuv420p")
        frame.pts, frame.time_base = rtp_time, Fraction(1, CLOCK_HZ)
        frame.pict_type = PictureType.I if force_key else PictureType.NONE
        out = []
        for packet in self._codec.encode(frame):
            nals = tuple(n for n in split(bytes(packet)) if n[0] & 31 not in (DELIMITER, SEI))
            key = any(n[0] & 31 == KEY for n in nals)
            own = tuple(n for n in nals if n[0] & 31 not in (SPS, PPS))
            out.append(AccessUnit((self.sps, self.pps, *own) if key else own, int(packet.pts or 0), key))
        return out


def split(annex_b: bytes) -> list[bytes]:
    """Return the NAL units of a byte stream with start codes."""
    return [part.rstrip(b"\x00") if n == 0 else part for n, part in enumerate(_START.split(annex_b)) if part and any(part)]

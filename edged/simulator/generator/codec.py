"""An 8-bit picture through H.264 and back, as a small camera codes it and the eye decodes it: libx264 and FFmpeg of PyAV's wheel."""

from __future__ import annotations

import av
import numpy as np
import numpy.typing as npt
from av.video.codeccontext import VideoCodecContext

from edged.simulator.clip import i420
from edged.simulator.encoder import CLOCK_HZ, Encoder

Grey = npt.NDArray[np.uint8]
KEY_INTERVAL_S = 2.0


class RoundTrip:
    """One encoder and its decoder."""

    def __init__(self, width: int, height: int, fps: float, kbps: int) -> None:
        self._encoder = Encoder(width, height, fps, kbps, KEY_INTERVAL_S)
        codec = av.CodecContext.create("h264", "r")
        assert isinstance(codec, VideoCodecContext)
        codec.thread_count = 1
        self._decoder, self._fps, self._count = codec, fps, 0

    def send(self, grey: Grey) -> list[tuple[Grey, bool]]:
        """Return the (H, W) pictures that come out when `grey` goes in, each with whether it is a key frame."""
        out = []
        for unit in self._encoder.encode(i420(grey), int(self._count * CLOCK_HZ / self._fps)):
            for frame in self._decoder.decode(av.Packet(b"".join(b"\x00\x00\x00\x01" + nal for nal in unit.nals))):
                out.append((np.asarray(frame.to_ndarray(format="gray"), np.uint8), bool(frame.key_frame)))
        self._count += 1
        return out

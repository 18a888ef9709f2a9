"""A recorded segment back into pictures, one thread, as the live stream decodes them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import av
import numpy as np
import numpy.typing as npt

from edged.camera.stream import luma
from edged.model.errors import CameraGarbled


class Picture(NamedTuple):
    """One decoded picture; `pts` in 1/90000 s from the segment's begin."""

    pts: int
    key: bool
    damaged: bool
    decoded: Any

    def pixels(self, colour: bool) -> npt.NDArray[np.generic]:
        """Return it as the live stream does: (H, W, 3) BGR with `colour`, else the (H, W) luma plane."""
        return np.asarray(self.decoded.to_ndarray(format="bgr24")) if colour else luma(self.decoded)


def pictures(video: Path) -> Iterator[Picture]:
    """Yield the pictures of a segment up to where its bytes end. Raises CameraGarbled where it holds none that can be opened."""
    try:
        with av.open(str(video), timeout=10.0) as container:
            stream = container.streams.video[0]
            stream.codec_context.thread_count = 1
            spoiled = False
            for packet in container.demux(stream):
                if packet.is_keyframe:
                    spoiled = False
                try:
                    decoded = packet.decode()
                except av.error.InvalidDataError:
                    spoiled = True
                    continue
                for frame in decoded:
                    if frame.pts is not None:
                        yield Picture(int(frame.pts), bool(frame.key_frame), bool(frame.is_corrupt or packet.is_corrupt or spoiled), frame)
    except (av.error.FFmpegError, OSError, IndexError, ValueError) as fault:
        raise CameraGarbled(
            f"{video}: cannot be played ({type(fault).__name__}): this segment is left out",
            zh=f"{video}: 无法播放 ({type(fault).__name__}): 略过该段",
        ) from fault

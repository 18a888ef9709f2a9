"""Recorded pictures in place of the rendered yard: a video file, one still or a folder of stills, looped without end.

A video keeps its own speed whatever rate is asked; stills come one a picture, in the order of their names.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import av
import cv2
import numpy as np
import numpy.typing as npt

from edged.model.errors import ConfigError

Bytes = npt.NDArray[np.uint8]
STILLS = {".png", ".jpg", ".jpeg", ".tif", ".tiff", ".bmp"}


class Clip:
    """An endless source of (H × 3/2, W) uint8 I420 pictures of one size. Raises ConfigError for what cannot be shown."""

    def __init__(self, path: Path, fps: float) -> None:
        self._path, self._fps = path, fps
        if path.is_dir():
            self._stills = sorted(p for p in path.iterdir() if p.suffix.lower() in STILLS)
            if not self._stills:
                raise ConfigError(f"clip {path}: no pictures in this folder", zh=f"素材 {path}:文件夹中没有图片")
        else:
            self._stills = [path] if path.suffix.lower() in STILLS else []
        if not path.exists():
            raise ConfigError(f"clip {path}: no such file or folder", zh=f"素材 {path}:不存在")
        self._limits: tuple[float, float] | None = None
        self._frames = self._loop_stills() if self._stills else self._loop_video()
        first = next(self._frames)
        self.height, self.width = first.shape[0] * 2 // 3, first.shape[1]
        self._first: Bytes | None = first

    def next(self) -> Bytes:
        """Return the picture due at the next tick of the asked rate."""
        if self._first is not None:
            first, self._first = self._first, None
            return first
        return next(self._frames)

    def _loop_stills(self) -> Iterator[Bytes]:
        size: tuple[int, int] | None = None
        while True:
            for path in self._stills:
                picture = self._grey_or_colour(path)
                size = size or (picture.shape[1] // 2 * 2, picture.shape[0] // 2 * 2)
                if picture.shape[1::-1] != size:
                    picture = np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8)
                yield i420(picture)

    def _grey_or_colour(self, path: Path) -> Bytes:
        picture = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
        if picture is None:
            raise ConfigError(f"clip {path}: not a picture", zh=f"素材 {path}:不是图片")
        if picture.dtype != np.uint8:
            heat = picture.astype(np.float32)
            self._limits = self._limits or (float(np.percentile(heat, 0.5)), float(np.percentile(heat, 99.8)) + 1e-3)
            low, high = self._limits
            picture = np.clip((heat - low) / (high - low) * 255.0, 0, 255).astype(np.uint8)
        if picture.ndim == 3:
            colour = picture[:, :, :3]
            spread = int(np.abs(colour[..., 0].astype(np.int16) - colour[..., 2]).max())
            picture = colour[..., 0] if spread <= 2 else colour
        return np.ascontiguousarray(picture)

    def _loop_video(self) -> Iterator[Bytes]:
        while True:
            shown = 0
            try:
                with av.open(str(self._path)) as container:
                    stream = container.streams.video[0]
                    due, first_s = 0.0, None
                    for frame in container.decode(stream):
                        at = float(frame.time or 0.0)
                        first_s = at if first_s is None else first_s
                        while at - first_s >= due - 1e-6:
                            due += 1.0 / self._fps
                            shown += 1
                            width, height = frame.width // 2 * 2, frame.height // 2 * 2
                            yield np.ascontiguousarray(frame.reformat(width, height, "yuv420p").to_ndarray())
            except (av.FFmpegError, IndexError, OSError) as fault:
                raise ConfigError(f"clip {self._path}: cannot be decoded", zh=f"素材 {self._path}:无法解码") from fault
            if not shown:
                raise ConfigError(f"clip {self._path}: holds no pictures", zh=f"素材 {self._path}:没有画面")


def i420(picture: Bytes) -> Bytes:
    """Return a grey (H, W) or BGR (H, W, 3) picture of even size as (H × 3/2, W) I420."""
    if picture.ndim == 3:
        even = picture[: picture.shape[0] // 2 * 2, : picture.shape[1] // 2 * 2]
        return np.asarray(cv2.cvtColor(np.ascontiguousarray(even), cv2.COLOR_BGR2YUV_I420), np.uint8)
    height, width = picture.shape[0] // 2 * 2, picture.shape[1] // 2 * 2
    out = np.full((height * 3 // 2, width), 128, np.uint8)
    out[:height] = picture[:height, :width]
    return out

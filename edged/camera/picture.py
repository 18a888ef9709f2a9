"""One file or one decoder frame → pixels, and how they encode heat where the file proves it.

Reads PNG, TIFF and JPEG by OpenCV, radiometric FLIR JPEGs by flyr, CPTV clips by cptv, video by PyAV on one thread. Never
cv2.VideoCapture. Every library error becomes `CameraGarbled` with the file's name.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from edged.model.errors import CameraGarbled
from edged.model.frame import Picture

STILLS = frozenset({".png", ".tif", ".tiff", ".jpg", ".jpeg", ".bmp"})
CLIPS = frozenset({".mp4", ".mkv", ".avi", ".mov", ".ts", ".m4v", ".h264", ".h265", ".webm"})
CPTV_FPS = 9.0
"""Frame rate of the FLIR Lepton that CPTV clips come from; early files do not say."""
_FLIR_MARK = b"FLIR\x00"


@dataclass(frozen=True, slots=True, eq=False)
class Raw:
    """Pixels as in `Frame`, `at_s` since the clip's start (None for a still), and the form where the file proves it."""

    pixels: npt.NDArray[np.generic]
    at_s: float | None = None
    picture: Picture | None = None
    key: bool = True
    damaged: bool = False


def readable(path: Path) -> bool:
    """Tell whether the name looks like a picture or clip."""
    return path.suffix.lower() in STILLS | CLIPS | {".cptv"}


def is_still(path: Path) -> bool:
    """Tell whether the file holds one picture."""
    return path.suffix.lower() in STILLS


def still(path: Path) -> Raw:
    """Read one picture. Raises CameraGarbled."""
    try:
        data = path.read_bytes()
    except OSError as fault:
        raise CameraGarbled(f"replay: {path}: cannot be read: {fault.strerror}", f"回放: {path}: 无法读取: {fault.strerror}") from fault
    if path.suffix.lower() in (".jpg", ".jpeg") and _FLIR_MARK in data[:65536]:
        return Raw(_flir(path), picture="celsius")
    try:
        pixels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED) if data else None
    except cv2.error as fault:
        raise _garbled(path, fault.err) from fault
    if pixels is None or pixels.ndim not in (2, 3) or min(pixels.shape[:2]) < 16:
        raise _garbled(path, "not a picture that OpenCV can decode, or under 16 pixels wide")
    if pixels.dtype == np.float64:
        pixels = pixels.astype(np.float32)
    if pixels.dtype not in (np.uint8, np.uint16, np.float32):
        raise _garbled(path, f"pixels of type {pixels.dtype}; 8-bit, 16-bit or float is needed")
    return Raw(np.asarray(pixels))


def clip(path: Path) -> Iterator[Raw]:
    """Yield the pictures of a video or CPTV clip. Raises CameraGarbled at the first picture that cannot be had."""
    return _cptv(path) if path.suffix.lower() == ".cptv" else _video(path)


def _flir(path: Path) -> npt.NDArray[np.generic]:
    import flyr

    try:
        celsius = np.asarray(flyr.unpack(str(path)).celsius, np.float32)
    except (ValueError, KeyError, IndexError, OSError, ArithmeticError, AttributeError, TypeError, AssertionError) as fault:
        raise _garbled(path, f"FLIR data in the JPEG: {fault}") from fault
    if celsius.ndim != 2 or min(celsius.shape) < 16:
        raise _garbled(path, f"FLIR data of shape {celsius.shape}")
    return celsius


def _cptv(path: Path) -> Iterator[Raw]:
    import cptv

    try:
        with path.open("rb") as file:
            reader = cptv.CPTVReader(file)
            fps = float(getattr(reader, "fps", 0) or CPTV_FPS)
            for number, frame in enumerate(reader):
                yield Raw(np.array(frame.pix, np.uint16), number / fps, "counts")
    except (OSError, EOFError, ValueError, KeyError, IndexError, AttributeError) as fault:
        raise _garbled(path, f"CPTV: {fault}") from fault


def _video(path: Path) -> Iterator[Raw]:
    import av

    try:
        with av.open(str(path), timeout=10.0) as container:
            if not container.streams.video:
                raise _garbled(path, "no video in it")
            stream = container.streams.video[0]
            stream.codec_context.thread_count = 1
            rate = float(stream.average_rate or 25)
            begin: float | None = None
            last = -1.0 / rate
            for frame in container.decode(stream):
                at = float(frame.pts * frame.time_base) if frame.pts is not None and frame.time_base else last + 1.0 / rate
                begin = at if begin is None else begin
                last = max(at - begin, last + 1e-3)
                yield Raw(pixels(frame), last, key=bool(frame.key_frame), damaged=bool(frame.is_corrupt))
    except av.FFmpegError as fault:
        raise _garbled(path, f"decoder: {type(fault).__name__}: {fault.strerror}") from fault


def pixels(frame: Any) -> npt.NDArray[np.generic]:
    """Return the pixels of a PyAV frame: its luma plane where the picture is grey, else BGR, or 16-bit grey as it is."""
    if frame.format.name.startswith("gray16"):
        return np.asarray(frame.to_ndarray())
    if frame.format.name in ("gray", "gray8") or _colourless(frame):
        return np.asarray(frame.to_ndarray(format="gray"))
    return np.asarray(frame.to_ndarray(format="bgr24"))


def _colourless(frame: Any) -> bool:
    """Tell whether the chroma planes of a YUV frame hold nothing but the middle (±6 in 99 of 100)."""
    if not frame.format.name.startswith(("yuv", "nv12")) or len(frame.planes) < 2:
        return False
    for plane in frame.planes[1:]:
        chroma = np.frombuffer(plane, np.uint8).reshape(-1, plane.line_size)[::4, : plane.width : 4]
        if np.mean((chroma > 121) & (chroma < 135)) < 0.99:
            return False
    return True


def _garbled(path: Path, what: str) -> CameraGarbled:
    return CameraGarbled(
        f"replay: {path}: {what}: check the file, or leave it out", f"回放: {path}: {what}: 请检查该文件或不回放它"
    )  # fmt: skip

"""Whole pictures of temperatures as vendors hand them out: bytes in, °C out. Pure; whoever fetched the bytes names the camera in errors.

Hikvision's `jpegPicWithAppendData`: multipart; a JSON head, the thermal JPEG, the matrix, optionally the visible JPEG. The head's sizes are
checked against what came, never taken from a model's data sheet. Source: hikvision-thermal-parser, hiktemp 0.2.0 (facts A).
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from edged.model.errors import CameraGarbled

ZERO_C_K = 273.15
MOST_SIDE, MOST_BYTES = 4096, 64_000_000
MOST_PARTS = 8


@dataclass(frozen=True, slots=True, eq=False)
class TemperatureMatrix:
    """One picture of temperatures. `celsius` (H, W) float32, NaN where the camera gave no finite number; `jpeg` its thermal picture."""

    celsius: npt.NDArray[np.float32]
    jpeg: bytes


def celsius(data: bytes, width: int, height: int, bytes_each: int, scale: float = 1.0, offset: float = 0.0) -> npt.NDArray[np.float32]:
    """Return (H, W) float32 °C of a little-endian matrix. Raises ValueError where sizes and bytes differ.

    `bytes_each` 4: float32 °C; 2: int16, value / scale + offset kelvin.
    """
    if not (0 < width <= MOST_SIDE and 0 < height <= MOST_SIDE) or bytes_each not in (2, 4):
        raise ValueError(f"a matrix of {width} × {height} with {bytes_each} bytes each")
    if len(data) != width * height * bytes_each:
        raise ValueError(f"{len(data)} bytes of temperatures for {width} × {height} × {bytes_each}")
    if bytes_each == 4:
        return np.frombuffer(data, "<f4").reshape(height, width).astype(np.float32)
    if not (math.isfinite(scale) and scale > 0.0 and math.isfinite(offset)):
        raise ValueError(f"a scale of {scale} and an offset of {offset}")
    values = np.frombuffer(data, "<i2").reshape(height, width).astype(np.float32)
    return np.asarray(values / np.float32(scale) + np.float32(offset - ZERO_C_K), np.float32)


def append_data(body: bytes, content_type: str) -> TemperatureMatrix:
    """Return the temperatures of an answer to `jpegPicWithAppendData`. Raises CameraGarbled that names what was wrong."""
    try:
        return _append_data(body, content_type)
    except (ValueError, KeyError, TypeError, UnicodeDecodeError, RecursionError) as fault:
        raise CameraGarbled(
            f"thermometry: the answer to jpegPicWithAppendData cannot be read: {fault}: check firmware and pixelToPixelParam",
            zh=f"测温: jpegPicWithAppendData 的应答无法解析: {fault}: 请检查固件及 pixelToPixelParam",
        ) from fault


def _append_data(body: bytes, content_type: str) -> TemperatureMatrix:
    parts = _parts(body, content_type)
    found = json.loads(parts[0])
    head: dict[str, Any] = found["JpegPictureWithAppendData"]
    width, height, each = (int(head[name]) for name in ("jpegPicWidth", "jpegPicHeight", "temperatureDataLength"))
    if int(head["p2pDataLen"]) != width * height * each:
        raise ValueError(f"p2pDataLen {head['p2pDataLen']} is not {width} × {height} × {each}")
    if len(parts) < 3:
        raise ValueError(f"{len(parts)} parts instead of 3 or 4")
    scale, offset = float(head.get("scale", 1.0)), float(head.get("offset", 0.0))
    found_c = celsius(parts[2][: int(head["p2pDataLen"])], width, height, each, scale, offset)
    return TemperatureMatrix(np.where(np.isfinite(found_c), found_c, np.float32(np.nan)), parts[1][: int(head["jpegPicLen"])])


def _parts(body: bytes, content_type: str) -> list[bytes]:
    """Return the bodies of a multipart answer. A part that says its length is cut by it: a picture may hold the boundary's bytes."""
    boundary = next(
        (word.split("=", 1)[1].strip().strip('"') for word in content_type.split(";") if word.strip().startswith("boundary=")), ""
    )
    if not boundary or len(body) > MOST_BYTES:
        raise ValueError("no boundary" if not boundary else f"{len(body)} bytes")
    mark = b"--" + boundary.encode("ascii")
    parts: list[bytes] = []
    at = body.find(mark)
    while at >= 0 and len(parts) < MOST_PARTS:
        at += len(mark)
        if body[at : at + 2] == b"--":
            break
        end_of_head = body.find(b"\r\n\r\n", at)
        if end_of_head < 0:
            break
        length = _length(body[at:end_of_head])
        begin = end_of_head + 4
        after = begin + length if length is not None else body.find(b"\r\n" + mark, begin)
        if after < begin or after > len(body):
            raise ValueError("the answer ends within a part")
        parts.append(body[begin:after])
        at = body.find(mark, after)
    if not parts:
        raise ValueError("no parts in it")
    return parts


def _length(head: bytes) -> int | None:
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.strip().lower() == b"content-length" and value.strip().isdigit():
            return int(value)
    return None

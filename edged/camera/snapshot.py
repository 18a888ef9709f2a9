"""One picture of a camera that no eye watches: by HTTP where it offers that, else one key frame of its stream."""

from __future__ import annotations

import time
from typing import Literal

import cv2
import numpy as np

from edged.camera.base import Streams
from edged.camera.onvif.errors import translated
from edged.camera.onvif.session import OnvifSession
from edged.camera.ring import jpeg
from edged.camera.secret import Login
from edged.camera.stream import Stream
from edged.model.errors import CameraError, CameraGarbled, CameraUnreachable
from edged.model.frame import Frame

GRAB_S = 12.0


def take_picture(session: OnvifSession, streams: Streams, login: Login, lens: Literal["thermal", "visible"], most_bytes: int) -> bytes:
    """Return a JPEG of one lens. Raises CameraError."""
    url = streams.thermal_url if lens == "thermal" else streams.visible_url
    if streams.snapshot_url is not None and lens == "visible":
        try:
            return _fetched(session, streams.snapshot_url, most_bytes)
        except CameraError:
            if url is None:
                raise
    if url is None:
        label = session.camera.label
        raise CameraUnreachable(f"camera {label}: it has no {lens} stream", zh=f"摄像机 {label}: 没有该镜头的视频流")
    return grab(session.camera.label, url, login, most_bytes)


def grab(label: str, url: str, login: Login, most_bytes: int) -> bytes:
    """Return the first whole picture of a stream as JPEG. Raises CameraError."""
    limit = time.monotonic() + GRAB_S
    got: list[Frame] = []
    Stream(label, url, login, colour=True).run(lambda: bool(got) or time.monotonic() > limit, got.append)
    if not got:
        raise CameraUnreachable(f"camera {label}: no picture in {GRAB_S:.0f} s", zh=f"摄像机 {label}: {GRAB_S:.0f} 秒内没有画面")
    return jpeg(got[0].pixels, most_bytes)


def _fetched(session: OnvifSession, url: str, most_bytes: int) -> bytes:
    with translated(session.camera, "snapshot", session.login):
        data = session.transport.get_bytes(url)
        if data[:2] == b"\xff\xd8" and len(data) <= most_bytes:
            return data
        picture = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_REDUCED_COLOR_2 if len(data) > 4_000_000 else cv2.IMREAD_COLOR)
    if picture is None:
        raise CameraGarbled(f"camera {session.camera.label}: its snapshot is no picture", zh=f"摄像机 {session.camera.label}: 抓图不是图片")
    return jpeg(picture, most_bytes)

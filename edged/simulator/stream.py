"""One live picture source of a simulated camera: renders or replays, burns in the clock, encodes once for all who watch.

Its thread runs only while somebody watches. Pictures obey the camera's fault of the moment.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Literal, Protocol

import cv2
import numpy as np
import numpy.typing as npt

from edged.simulator.clip import Clip, i420
from edged.simulator.corridor import Corridor
from edged.simulator.encoder import CLOCK_HZ, AccessUnit, Encoder
from edged.simulator.faults import SLOW_PICTURES
from edged.simulator.head import Position
from edged.simulator.scene import Scene, World
from edged.simulator.settings import SimulatedCamera
from edged.simulator.wire import Faults
from edged.supervise import guard

Bytes = npt.NDArray[np.uint8]
Lens = Literal["thermal", "visible"]
VISIBLE_FPS, VISIBLE_KBPS = 5.0, 800


class Owner(Protocol):
    """What a stream needs of its camera."""

    settings: SimulatedCamera
    world: World
    faults: Faults

    def now_s(self) -> float:
        """Return the seconds since the station's start."""

    def utc(self) -> datetime:
        """Return the camera's own clock."""

    def looks(self) -> tuple[Position, bool]:
        """Return where the lens looks and whether it moves."""


class LiveStream:
    """The stream of one lens. `size`: width, height; `fps`."""

    def __init__(self, owner: Owner, lens: Lens) -> None:
        self.owner, self.lens = owner, lens
        settings = owner.settings
        first_lens = lens == "thermal" or not settings.has_thermal
        self.fps = settings.fps if lens == "thermal" else VISIBLE_FPS
        self.kbps = settings.bitrate_kbps if lens == "thermal" else VISIBLE_KBPS
        self._clip = Clip(Path(settings.clip), self.fps) if settings.clip and first_lens else None
        self._scene: Scene | Corridor = (
            Corridor(owner.world, settings) if settings.kind == "corridor" else Scene(owner.world, settings, lens)
        )
        self.size = (self._clip.width, self._clip.height) if self._clip else (self._scene.width, self._scene.height)
        self.encoder = Encoder(self.size[0], self.size[1], self.fps, self.kbps, settings.key_interval_s)
        self.encoded = 0
        self._drawing = threading.Lock()
        self._watching = threading.Lock()
        self._watchers: list[Callable[[AccessUnit | None], None]] = []
        self._thread: threading.Thread | None = None
        self._key_wanted = False
        self._held: Bytes | None = None
        self._last_rtp = -1

    @property
    def scene(self) -> Scene | None:
        """The rendered yard behind it, None for a corridor."""
        return self._scene if isinstance(self._scene, Scene) else None

    def watch(self, watcher: Callable[[AccessUnit | None], None]) -> None:
        """Call `watcher` from the stream's thread with each access unit, the first one a key frame, and None when it broke."""
        with self._watching:
            self._watchers.append(watcher)
            self._key_wanted = True
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name=f"sim-{self.owner.settings.id}-{self.lens}", daemon=True)
                self._thread.start()

    def unwatch(self, watcher: Callable[[AccessUnit | None], None]) -> None:
        """Stop calling it."""
        with self._watching:
            if watcher in self._watchers:
                self._watchers.remove(watcher)

    def rtp_now(self) -> int:
        """Return the present moment on the stream's 90 kHz clock, which started with the station."""
        return int(self.owner.now_s() * CLOCK_HZ)

    def jpeg(self) -> bytes:
        """Return the picture of this moment as JPEG."""
        picture = self.picture()
        bgr = cv2.cvtColor(picture, cv2.COLOR_YUV2BGR_I420) if self.lens == "visible" else picture[: self.size[1]]
        return bytes(cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, 85])[1])

    def picture(self) -> Bytes:
        """Return the picture of this moment as (H × 3/2, W) I420, clock and faults included."""
        with self._drawing:
            return self._picture()

    def _picture(self) -> Bytes:
        faults, height = self.owner.faults, self.size[1]
        if not faults.has("frozen"):
            self._held = None
        if faults.has("black"):
            bare = i420(np.zeros((height, self.size[0]), np.uint8))
        elif self._held is not None:
            bare = self._held
        else:
            bare = self._clip.next() if self._clip else self._rendered()
            if faults.has("frozen"):
                self._held = bare
        if self._clip is None or self.owner.settings.clip_osd:
            bare = bare.copy()
            _burn_in(bare[:height], f"{self.owner.utc():%Y-%m-%d %H:%M:%S} {self.owner.settings.id}")
        return bare

    def _rendered(self) -> Bytes:
        where, moving = self.owner.looks()
        now_s = self.owner.now_s()
        picture = i420(self._scene.grey(now_s, where, moving))
        if self.lens == "visible" and isinstance(self._scene, Scene):
            _light(picture, self.size, self._scene.glow(now_s, where))
        return picture

    def _run(self) -> None:
        due, tick = self.owner.now_s(), 0
        while True:
            with self._watching:
                watchers = tuple(self._watchers)
                if not watchers:
                    self._thread = None
                    return
            units: list[AccessUnit | None] = [None]
            with guard(f"simulated camera {self.owner.settings.id}, {self.lens} stream"):
                units = self._encode(tick, due)
            for unit in units:
                for watcher in watchers:
                    watcher(unit)
            if units == [None]:
                with self._watching:
                    self._watchers.clear()
            tick += 1
            due = max(due + 1.0 / self.fps, self.owner.now_s() - 0.5)
            time.sleep(max(0.0, due - self.owner.now_s()))

    def _encode(self, tick: int, due_s: float) -> list[AccessUnit | None]:
        faults = self.owner.faults
        if faults.has("stall") or (faults.has("slow") and tick % SLOW_PICTURES):
            return []
        key, self._key_wanted = self._key_wanted, False
        self._last_rtp = max(self._last_rtp + 1, int(due_s * CLOCK_HZ))
        self.encoded += 1
        return list(self.encoder.encode(self.picture(), self._last_rtp, force_key=key))


def _burn_in(grey: Bytes, text: str) -> None:
    """Write white text on a black band into the upper left corner."""
    (wide, high), below = cv2.getTextSize(text, cv2.FONT_HERSHEY_SIMPLEX, 0.45, 1)
    cv2.rectangle(grey, (4, 4), (12 + wide, 12 + high + below), 0, -1)
    cv2.putText(grey, text, (8, 8 + high), cv2.FONT_HERSHEY_SIMPLEX, 0.45, 255, 1, cv2.LINE_8)


def _light(picture: Bytes, size: tuple[int, int], glows: list[tuple[float, float, float]]) -> None:
    """Paint flames into a visible picture: bright, orange, with a halo."""
    width, height = size
    quarter = width * height // 4
    flat = picture.reshape(-1)
    blue = flat[width * height : width * height + quarter].reshape(height // 2, width // 2)
    red = flat[width * height + quarter :].reshape(height // 2, width // 2)
    for x, y, reach in glows:
        centre, half = (round(x), round(y)), (round(x / 2), round(y / 2))
        cv2.circle(picture[:height], centre, max(1, round(1.8 * reach)), 110, -1)
        cv2.circle(picture[:height], centre, max(1, round(reach)), 240, -1)
        cv2.circle(blue, half, max(1, round(reach)), 70, -1)
        cv2.circle(red, half, max(1, round(reach)), 175, -1)

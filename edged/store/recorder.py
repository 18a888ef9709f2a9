"""The flight recorder of one camera: packets and orders into segments, by a thread that may hang or fail.

Who hands in never waits: what does not fit into the queue is dropped to the next key frame, counted and said. Nothing is decoded and
nothing but its own folder is touched.
"""

from __future__ import annotations

import logging
import os
import shutil
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, NamedTuple

import av

from edged.model.errors import StoreError
from edged.model.words import Words
from edged.store.faults import of_os
from edged.store.keeping import Kept, locked, sharers, trim_orphans
from edged.store.recording import CODECS, Coded, Opener, Recording, new_file
from edged.store.segments import FOLDER, HOLE_S, Order
from edged.store.settings import RecorderSettings

QUEUE_BYTES, QUEUE_ITEMS = 6_000_000, 4096
HUNG_S = 10.0
WRITE_S = 2.0
"""How long packets may wait for company: a thread that wakes for each of them costs more than what it writes."""
RETRY_FIRST_S, RETRY_S = 5.0, 60.0
JUMP_S = 2.0
"""A step of the wall clock that begins a new segment, so that names stay true."""
MOST_SEGMENT_BYTES = 256_000_000
LONGEST = 10
"""A segment ends without a key frame when it is this many times too long."""
ORPHANS_S = 600.0
SPARE = 1.05
"""Recording goes on with this much more room than it stopped at."""
log = logging.getLogger("edged.recorder")

State = Literal["off", "waiting", "recording", "full", "failing", "held", "unfit", "hung"]
"""`full`: disk below the floor. `held`: another process writes here. `unfit`: a codec that is not kept. `hung`: no answer of the disk."""


@dataclass(frozen=True, slots=True)
class RecorderState:
    """How recording fares. `dropped`: packets lost since the start because the disk did not keep up or failed."""

    state: State
    words: Words
    hours: float
    size_bytes: int
    dropped: int


class _Opened(NamedTuple):
    codec: str
    extradata: bytes


class _Cut(NamedTuple):
    standing: tuple[Order, ...]
    lost: int


def boot_id() -> str:
    """Return the kernel's name for this boot: monotonic times compare only within it."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        return "?"


class Recorder:
    """`opened`, `packet` and `told` from any thread; `run` in a thread of its own."""

    def __init__(
        self,
        state_dir: Path,
        camera_id: str,
        settings: RecorderSettings,
        *,
        utc: Callable[[], datetime] = lambda: datetime.now(UTC),
        mono: Callable[[], float] = time.monotonic,
        free_bytes: Callable[[Path], int] = lambda path: shutil.disk_usage(path).free,
        opener: Opener = new_file,
    ) -> None:
        self.camera_id, self.settings = camera_id, settings
        self._root, self.folder = state_dir / FOLDER, state_dir / FOLDER / camera_id
        self._utc, self._mono, self._free, self._opener, self._boot = utc, mono, free_bytes, opener, boot_id()
        self._queue: deque[Coded | Order | _Opened | _Cut] = deque()
        self._ready = threading.Condition()
        self._queued = 0
        self._broken = False
        self._told: dict[str, Order] = {}
        self._standing: dict[str, Order] = {}
        self._codec, self._extra = "", b""
        self._recording: Recording | None = None
        self._kept: Kept | None = None
        self._lock: int | None = None
        self._gone = self._shed = self._unsaid = 0
        self._retry_s, self._pause_s = float("-inf"), RETRY_FIRST_S
        self._orphans_s = float("-inf")
        self._state: tuple[State, Words] = ("waiting", Words("no stream yet", "尚无视频流"))
        self._turned_s = self._mono()

    def opened(self, codec: str, extradata: bytes) -> None:
        """The stream was opened: what follows may differ in everything."""
        with self._ready:
            self._broken = not self._fits(_Opened(codec, extradata)) or self._broken

    def packet(self, coded: Coded) -> None:
        """Take a packet; never waits."""
        with self._ready:
            if self._broken:
                if not coded.key or self._queued > QUEUE_BYTES // 2:
                    self._shed += 1
                    return
                self._broken = False
                self._queue.append(_Cut(tuple(self._told.values()), self._shed))
                self._gone, self._shed = self._gone + self._shed, 0
            if self._queued + len(coded.data) > QUEUE_BYTES or len(self._queue) > QUEUE_ITEMS:
                self._broken = True
                self._shed += 1
                return
            self._queue.append(coded)
            self._queued += len(coded.data)
            if self._queued > QUEUE_BYTES // 4:
                self._ready.notify()

    def told(self, message: dict[str, Any]) -> None:
        """Take what the eye is told, as the message with its `kind`; never waits."""
        order = Order(self._mono(), message)
        with self._ready:
            _stand(self._told, order)
            if not self._broken:
                self._broken = not self._fits(order)

    def state(self) -> RecorderState:
        """Return how it fares now."""
        with self._ready:
            state, words = self._state
            if self._queue and self._mono() - self._turned_s > HUNG_S:
                state, words = "hung", Words("the disk does not answer: check it (`dmesg`)", "磁盘无响应: 请检查 (`dmesg`)")
            kept = self._kept
            open_bytes = self._recording.size_bytes if self._recording else 0
            open_s = self._recording.last_mono_s - self._recording.begin_mono_s if self._recording else 0.0
            hours, size = (kept.hours, kept.size_bytes) if kept else (0.0, 0)
            return RecorderState(state, words, round(hours + open_s / 3600.0, 2), size + open_bytes, self._gone + self._shed)

    def run(self, ended: threading.Event) -> None:
        """Write until `ended`, then what still waits."""
        while not ended.is_set() or self._queue:
            with self._ready:
                self._turned_s = self._mono()
                if not ended.is_set() and self._queued <= QUEUE_BYTES // 4:
                    self._ready.wait(WRITE_S)
            self.turn()
        self._shut()

    def wake(self) -> None:
        """Let the thread look at once: it is to end."""
        with self._ready:
            self._ready.notify()

    def turn(self) -> None:
        """Write what waits. Faults of the disk are kept here."""
        while True:
            with self._ready:
                self._turned_s = self._mono()
                if not self._queue:
                    return
                item = self._queue.popleft()
                self._queued -= len(item.data) if isinstance(item, Coded) else 0
            try:
                self._take(item)
            except (OSError, StoreError, ValueError, av.error.FFmpegError) as fault:
                self._fail(fault)

    def _fits(self, item: Order | _Opened) -> bool:
        if isinstance(item, Order) and len(self._queue) > QUEUE_ITEMS:
            return False
        self._queue.append(item)
        return True

    def _take(self, item: Coded | Order | _Opened | _Cut) -> None:
        match item:
            case _Opened(codec, extradata):
                self._close()
                self._codec, self._extra = codec, extradata
            case _Cut(standing, lost):
                self._unsaid += lost
                self._standing.clear()
                for order in standing:
                    _stand(self._standing, order)
                self._close()
            case Order():
                _stand(self._standing, item)
                if self._recording is not None:
                    self._recording.order(item)
            case Coded():
                self._write(item)

    def _write(self, coded: Coded) -> None:
        recording = self._recording
        if not self.settings.enabled:
            self._close()
            self._say("off", Words("switched off", "已关闭"))
            return
        if recording is not None and coded.key and self._ripe(recording, coded):
            self._close()
            recording = None
        if recording is None:
            recording = self._begin(coded) if coded.key else None
            if recording is None:
                self._lose(self._state[0] in ("full", "failing"))
                return
        elif coded.mono_s - recording.last_mono_s > HOLE_S:
            recording.gap(coded.mono_s, coded.mono_s - recording.last_mono_s, "stream")
        recording.packet(coded)
        if recording.size_bytes > MOST_SEGMENT_BYTES or coded.mono_s - recording.begin_mono_s > LONGEST * self.settings.segment_s:
            self._close()

    def _ripe(self, recording: Recording, coded: Coded) -> bool:
        passed = coded.mono_s - recording.begin_mono_s
        jumped = abs((self._utc() - recording.begin_utc).total_seconds() - (self._mono() - recording.begin_mono_s)) > JUMP_S
        return passed >= self.settings.segment_s or passed < 0.0 or jumped

    def _begin(self, first: Coded) -> Recording | None:
        """Return a new segment; None where none may begin now, with the reason said."""
        now_s = self._mono()
        if now_s < self._retry_s:
            return None
        if self._codec not in CODECS:
            text = Words(
                f"its stream is {self._codec}: set the profile to H.264 or H.265", f"视频编码为 {self._codec}: 请设为 H.264 或 H.265"
            )
            self._say("unfit", text)
            return None
        kept = self._own()
        if kept is None:
            self._later("held", Words("another process records this camera", "另一进程正在录制此摄像机"))
            return None
        self._trim(kept, now_s)
        floor = self.settings.min_free_gb * 1e9
        if self._state[0] != "full" and self._free(self.folder) < floor and len(kept) > 1:
            kept.drop()
        if self._free(self.folder) < floor * (SPARE if self._state[0] == "full" else 1.0):
            self._later(
                "full",
                Words(
                    f"less than {self.settings.min_free_gb:g} GB free on its disk: free room (`df -h`) or lower recorder.max_size_gb",
                    f"磁盘空闲不足 {self.settings.min_free_gb:g} GB: 请清理 (`df -h`) 或调小 recorder.max_size_gb",
                ),
            )
            return None
        kept.number += 1
        utc = datetime.fromtimestamp(self._utc().timestamp() - max(0.0, now_s - first.mono_s), UTC)
        self._recording = Recording(
            self.folder, self.camera_id, kept.number, self._codec, self._extra, first, boot=self._boot, utc=utc,
            told=sorted(self._standing.values(), key=lambda order: order.mono_s), dropped=self._unsaid, opener=self._opener,
        )  # fmt: skip
        self._unsaid, self._pause_s = 0, RETRY_FIRST_S
        self._say("recording", Words("", ""))
        return self._recording

    def _own(self) -> Kept | None:
        """Return what is kept, once this process holds the folder."""
        if self._kept is None:
            self._root.mkdir(mode=0o750, parents=True, exist_ok=True)
            self.folder.mkdir(mode=0o750, exist_ok=True)
            self._lock = locked(self.folder)
            self._kept = Kept(self.folder) if self._lock is not None else None
        return self._kept

    def _trim(self, kept: Kept, now_s: float) -> None:
        share = self.settings.max_size_gb * 1e9 / sharers(self._root, self.folder)
        kept.trim(self._utc(), self.settings.hours, share)
        if now_s - self._orphans_s >= ORPHANS_S:
            self._orphans_s = now_s
            trim_orphans(self._root, self.folder, lambda other: other.trim(self._utc(), self.settings.hours, share))

    def _close(self) -> None:
        recording, self._recording = self._recording, None
        if recording is not None:
            try:
                recording.close()
            finally:
                self._note(recording)

    def _note(self, recording: Recording) -> None:
        if self._kept is not None:
            self._kept.add(recording.name, recording.size_bytes, recording.last_mono_s - recording.begin_mono_s)

    def _lose(self, count: int) -> None:
        self._unsaid += count
        with self._ready:
            self._gone += count

    def _fail(self, fault: Exception) -> None:
        self._lose(1)
        recording, self._recording = self._recording, None
        if recording is not None:
            recording.abandon()
            self._note(recording)
        doing = "write the recording"
        known = of_os(self.folder, doing, fault) if isinstance(fault, OSError) else fault
        text = known if isinstance(known, StoreError) else StoreError(f"{self.folder}: {type(fault).__name__}: {fault}")
        self._later("failing", Words(str(text), text.zh))

    def _later(self, state: State, words: Words) -> None:
        self._say(state, words)
        self._retry_s = self._mono() + self._pause_s
        self._pause_s = min(RETRY_S, 2.0 * self._pause_s)

    def _say(self, state: State, words: Words) -> None:
        if self._state[0] != state:
            said = log.info if state in ("recording", "off") else log.warning
            said("camera %s: recording: %s %s", self.camera_id, state, words.en)
        self._state = (state, words)

    def _shut(self) -> None:
        try:
            self._close()
        except (OSError, ValueError, av.error.FFmpegError) as fault:
            self._fail(fault)
        if self._lock is not None:
            os.close(self._lock)
            self._lock = self._kept = None


def _stand(standing: dict[str, Order], order: Order) -> None:
    """Keep an order that holds until another of its kind comes: a head is held or dropped, a drill is neither."""
    kind = str(order.message.get("kind"))
    if kind != "drill":
        standing["view" if kind in ("hold_view", "drop_view") else kind] = order

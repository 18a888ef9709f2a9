"""The thread that owns one head: carries out turns, watches for movements that nobody here ordered."""

from __future__ import annotations

import queue
import time
from collections.abc import Callable
from threading import Event
from typing import Literal

from edged.backoff import Backoff
from edged.camera.base import HeadStatus
from edged.camera.onvif.ptz import Arrival, OnvifHead, apart, off
from edged.camera.quirks.policies import Quirks
from edged.camera.settings import CameraSettings, FleetSettings
from edged.messages import Message, Turn, Turned
from edged.model.errors import CameraError
from edged.model.event import HeadMoved
from edged.model.view import Pose

FOREIGN_DEG = 0.3
"""A standing head that reports another position than the one it was left at was moved by somebody."""
FOREIGN_ZOOM = 0.02
"""… or another zoom, in shares of its range."""
REPORT_S = 5.0
By = Literal["patrol", "verification", "operator", "foreign", "none"]


class Steer:
    """Owns one head. `order` from any thread; `run` in a thread of its own until `stop` is set."""

    def __init__(
        self, camera: CameraSettings, fleet: FleetSettings, head: OnvifHead, quirks: Quirks, report: Callable[[Message], object],
        stop: Event, mono_s: Callable[[], float] = time.monotonic,
    ) -> None:  # fmt: skip
        self._camera, self._fleet, self._head, self._quirks, self._report, self._stop = camera, fleet, head, quirks, report, stop
        self._mono_s = mono_s
        self._orders: queue.Queue[Turn] = queue.Queue(8)
        self._left_at: HeadStatus | None = None
        self._told_at = float("-inf")
        self._foreign = False
        self._by: By = "none"

    def order(self, turn: Turn) -> None:
        """Turn the head; a turn under way is given up for this one."""
        try:
            self._orders.put_nowait(turn)
        except queue.Full:
            self._answer(turn, None, "too many turns wait for this head")

    def run(self) -> None:
        """Steer and watch."""
        backoff = Backoff(first_s=1.0, longest_s=self._fleet.longest_pause_s)
        pause = 0.0
        while not self._stop.is_set():
            try:
                turn = self._orders.get(timeout=pause)
            except queue.Empty:
                turn = None
            pause = self._fleet.pose_period_s
            try:
                if turn is not None:
                    self._turn(turn)
                else:
                    self._look()
                backoff.good()
            except CameraError as fault:
                if turn is not None:
                    self._answer(turn, None, str(fault))
                pause = backoff.pause_s()

    def _turn(self, turn: Turn) -> None:
        target = None if turn.pan_deg is None or turn.tilt_deg is None else (turn.pan_deg, turn.tilt_deg)
        if target is None and turn.preset is None:
            self._answer(turn, None, "neither an angle nor a preset is given")
            return
        before = self._head.status()
        if turn.preset is not None:
            self._head.go_to_preset(turn.preset)
        elif target is not None:
            lens = self._camera.watching_lens
            self._head.turn_to(*target, lens.zoom_for(turn.hfov_deg) if lens and turn.hfov_deg is not None else None)
        self._by, self._foreign, self._left_at = turn.by, False, None
        self._tell(before, True)
        arrival = Arrival(target, self._quirks)
        limit = self._mono_s() + self._fleet.turn_timeout_s
        status = before
        while not self._stop.wait(self._fleet.moving_period_s):
            status = self._head.status()
            if arrival.feed(status):
                self._left_at = status
                self._tell(status, False)
                self._answer(turn, status, "")
                return
            if not self._orders.empty():
                self._answer(turn, status, "given up for a newer turn", arrived=False)
                return
            if self._mono_s() > limit:
                break
            self._tell(status, True)
        self._left_at = status
        self._tell(status, False)
        where = f"it stands at pan {status.pan_deg:.1f}°, tilt {status.tilt_deg:.1f}°"
        away = f", {off(target, status):.1f}° from where it was sent" if target else ""
        self._answer(
            turn, status,
            f"camera {self._camera.label}: the head did not arrive in {self._fleet.turn_timeout_s:.0f} s: {where}{away}: "
            f"look whether something blocks it, or whether its limits exclude this direction", arrived=False,
        )  # fmt: skip

    def _look(self) -> None:
        status = self._head.status()
        if self._left_at is None:
            self._left_at = status
            self._tell(status, False)
            return
        if apart(self._left_at, status) > FOREIGN_DEG or abs(self._left_at.zoom_norm - status.zoom_norm) > FOREIGN_ZOOM:
            self._foreign, self._by, self._left_at = True, "foreign", status
            self._tell(status, True)
        elif self._foreign:
            self._foreign = False
            self._tell(status, False)
        elif self._mono_s() - self._told_at > REPORT_S:
            self._tell(status, False)

    def _tell(self, status: HeadStatus, moving: bool) -> None:
        self._told_at = self._mono_s()
        self._report(HeadMoved(self._camera.id, self._pose(status), moving, self._by, status.mono_s))

    def _answer(self, turn: Turn, status: HeadStatus | None, reason: str, *, arrived: bool | None = None) -> None:
        done = not reason if arrived is None else arrived
        pan, tilt = (status.pan_deg, status.tilt_deg) if status else (None, None)
        hfov = self._seen_hfov(turn, status) if status and done else None
        lens = self._camera.lens_at(hfov, status.zoom_norm) if status and hfov is not None else None
        mono_s = status.mono_s if status else self._mono_s()
        self._report(Turned(turn.request_id, turn.camera_id, done, pan, tilt, mono_s, reason, hfov, lens))

    def _seen_hfov(self, turn: Turn, status: HeadStatus) -> float | None:
        """Return the field that the view got, where the camera knows it better than who ordered the turn; else None.

        A preset has the zoom that it was stored with. The camera's own field of view is often the visible lens's or the widest one's,
        so it is taken only where the files say nothing of the zoom; there it is the only word on it.
        """
        lens = self._camera.watching_lens
        if lens is None or not lens.fields_told:
            return status.hfov_deg
        written = any(view.preset == turn.preset and view.hfov_deg is not None for view in self._camera.views)
        return lens.hfov_at(status.zoom_norm) if turn.preset is not None and not written else None

    def _pose(self, status: HeadStatus) -> Pose:
        lens = self._camera.watching_lens
        told = status.hfov_deg if lens is None or not lens.fields_told else None
        return Pose(status.pan_deg, status.tilt_deg, told or (lens.hfov_at(status.zoom_norm) if lens else 60.0), status.zoom_norm)

"""Pictures on their way from the thread that receives them to the one that judges them."""

from __future__ import annotations

import queue
from collections import deque
from contextlib import suppress

from edged.model.frame import Frame

MOST_WAITING, COMPANY, SLOW_S = 8, 4, 0.2
"""A picture waits until it is one of so many, unless they come slower than `SLOW_S`."""


class Latest:
    """Pictures from one thread to another. In a hurry the newest wins and the others are counted; otherwise a picture waits for company,
    because four that are looked at together cost little more than two. Never more than `MOST_WAITING` wait.
    """

    def __init__(self) -> None:
        self.dropped = 0
        self.hurry = True
        """Whether the next picture is wanted at once. Set by who takes them."""
        self._frames: deque[Frame] = deque()
        self._put_s = float("-inf")
        self._wake: queue.SimpleQueue[None] = queue.SimpleQueue()

    def patient(self) -> bool:
        """Tell whether pictures may wait for company."""
        return not self.hurry

    def put(self, frame: Frame) -> None:
        """Add the newest."""
        self._frames.append(frame)
        while len(self._frames) > MOST_WAITING:
            self._give_way()
        slow, self._put_s = frame.mono_s - self._put_s > SLOW_S, frame.mono_s
        if self.hurry or slow or len(self._frames) >= COMPANY:
            self.wake()

    def wake(self) -> None:
        """Let who waits for a picture look at once at what there is."""
        if self._wake.empty():
            self._wake.put(None)

    def get(self, timeout_s: float) -> Frame | None:
        """Take the next picture, waiting up to `timeout_s`; None when none came."""
        if not self._frames:
            with suppress(queue.Empty):
                self._wake.get(timeout=timeout_s)
        while self.hurry and len(self._frames) > 1:
            self._give_way()
        try:
            return self._frames.popleft()
        except IndexError:
            return None

    def _give_way(self) -> None:
        with suppress(IndexError):
            self._frames.popleft()
            self.dropped += 1

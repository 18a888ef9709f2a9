"""The daemon's two clocks, and whether the wall clock can be trusted."""

from __future__ import annotations

import ctypes
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from edged.model.instant import Instant

Clock = Callable[[], Instant]
TIME_ERROR = 5
"""Return value of adjtimex(2) while the kernel clock is not synchronised."""


def now() -> Instant:
    """Return the present moment. `trusted` follows `synchronised()`, asked at most once in 10 s."""
    return Instant(time.monotonic(), datetime.now(UTC), _trust())


def synchronised() -> bool:
    """Tell whether the kernel says that the wall clock is disciplined (adjtimex, or systemd-timesyncd's mark)."""
    if Path("/run/systemd/timesync/synchronized").exists():
        return True
    buffer = ctypes.create_string_buffer(512)
    try:
        status = int(ctypes.CDLL(None, use_errno=True).adjtimex(buffer))
    except (OSError, AttributeError):
        return False
    return 0 <= status < TIME_ERROR


_asked: list[float | bool] = [-1e9, False]


def _trust() -> bool:
    if time.monotonic() - _asked[0] > 10.0:
        _asked[:] = [time.monotonic(), synchronised()]
    return bool(_asked[1])

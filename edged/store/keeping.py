"""How much of the recordings stays: by age and by bytes, the oldest of a camera first, whatever the clock did meanwhile.

Order is that of the segments' numbers. A folder is written by who holds its lock; one that nobody holds is trimmed by the others.
"""

from __future__ import annotations

import fcntl
import os
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from edged.store.segments import Named, listed

LOCK = ".lock"
AGED_AT_ONCE = 4
"""Segments that may go for their age in one turn: a clock that jumps a year ahead for a minute must not cost the whole ring."""


class _Part(NamedTuple):
    name: Named
    size_bytes: int
    seconds: float


class Kept:
    """The ended segments of one camera. `size_bytes`, `hours`: what they hold."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._parts: deque[_Part] = deque()
        self.size_bytes = 0
        self.number = 0
        self._seconds = 0.0
        for name in listed(folder):
            self.number = max(self.number, name.number)
            size, ended = 0, name.begin.timestamp()
            for path in (name.video, name.lines):
                with suppress(OSError):
                    known = path.stat()
                    size, ended = size + known.st_size, max(ended, known.st_mtime)
            self.add(name, size, ended - name.begin.timestamp())

    @property
    def hours(self) -> float:
        """Hours of recording that are kept."""
        return self._seconds / 3600.0

    def __len__(self) -> int:
        return len(self._parts)

    def add(self, name: Named, size_bytes: int, seconds: float) -> None:
        """Take note of a segment that ended."""
        seconds = seconds if 0.0 <= seconds <= 7200.0 else 0.0
        self._parts.append(_Part(name, size_bytes, seconds))
        self.size_bytes += size_bytes
        self._seconds += seconds

    def trim(self, now: datetime, hours: float, most_bytes: float) -> None:
        """Remove what is too old and what is too much. Raises OSError."""
        for _ in range(AGED_AT_ONCE):
            if not self._parts or not self._aged(now - timedelta(hours=hours), now):
                break
            self.drop()
        while self._parts and self.size_bytes > most_bytes:
            self.drop()

    def drop(self) -> None:
        """Remove the oldest segment. Raises OSError."""
        part = self._parts[0]
        for path in (part.name.video, part.name.lines):
            path.unlink(missing_ok=True)
        self._parts.popleft()
        self.size_bytes -= part.size_bytes
        self._seconds -= part.seconds

    def _aged(self, cut: datetime, now: datetime) -> bool:
        """Tell whether the oldest is too old; one dated in the future is as old as the next that is not."""
        credible = next((part.name.begin for part in self._parts if part.name.begin <= now), None)
        return credible is not None and credible < cut


def locked(folder: Path) -> int | None:
    """Return a descriptor that holds the folder's lock until it is closed; None where another process holds it. Raises OSError."""
    fd = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o640)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(fd)
        return None
    except OSError:
        os.close(fd)
        raise
    return fd


def sharers(root: Path, own: Path) -> int:
    """Return how many cameras divide the room: `own`, and every folder that holds a recording. Raises OSError."""
    return 1 + sum(1 for path in root.iterdir() if path != own and path.is_dir() and any(p.name != LOCK for p in path.iterdir()))


def trim_orphans(root: Path, own: Path, trim: Callable[[Kept], None]) -> None:
    """Trim the folders that no eye writes: of cameras that were removed or are switched off. Raises OSError."""
    for folder in root.iterdir():
        if folder == own or not folder.is_dir() or (fd := locked(folder)) is None:
            continue
        try:
            trim(Kept(folder))
        finally:
            os.close(fd)

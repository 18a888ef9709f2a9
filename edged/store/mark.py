"""The mark beside the journal: the newest row that was ever acknowledged, kept apart so that a restored older copy is noticed.

Two slots of one sector each are written in turn and in place: a torn write leaves the other slot, a full disk cannot refuse it.
"""

from __future__ import annotations

import json
import os
import zlib
from dataclasses import dataclass
from pathlib import Path

from edged.model.journal import Lane
from edged.store.faults import told
from edged.store.schema import sync_folder

SLOT_BYTES = 512


@dataclass(frozen=True, slots=True)
class Head:
    """The newest row of a lane: its epoch, sequence (0: the epoch has none) and digest."""

    epoch: str
    sequence: int
    digest: str


class Mark:
    """The newest acknowledged row of each lane, on disk."""

    def __init__(self, path: Path, descriptor: int, heads: dict[Lane, Head], turn: int) -> None:
        self.path = path
        self.heads = heads
        self._descriptor: int | None = descriptor
        self._turn = turn

    @classmethod
    def open(cls, path: Path) -> Mark:
        """Open or create the file; `heads` is empty when there was none or it cannot be read. Raises StoreUnreachable, StoreRefused."""
        with told(path, "open the journal's mark"):
            fresh = not path.exists()
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o640)
            if os.fstat(descriptor).st_size < 2 * SLOT_BYTES:
                os.pwrite(descriptor, bytes(2 * SLOT_BYTES), 0)
                os.fsync(descriptor)
            if fresh:
                sync_folder(path.parent)
            slots = [_read(os.pread(descriptor, SLOT_BYTES, at * SLOT_BYTES)) for at in (0, 1)]
        known = [slot for slot in slots if slot is not None]
        turn, heads = max(known, key=lambda slot: slot[0]) if known else (0, {})
        return cls(path, descriptor, heads, turn)

    def write(self, heads: dict[Lane, Head]) -> None:
        """Put the heads on disk. Raises StoreUnreachable."""
        if heads == self.heads or self._descriptor is None:
            return
        with told(self.path, "write the journal's mark"):
            os.pwrite(self._descriptor, _slot(self._turn + 1, heads), (self._turn + 1) % 2 * SLOT_BYTES)
            os.fdatasync(self._descriptor)
        self._turn += 1
        self.heads = heads

    def close(self) -> None:
        """Close the file. Harmless when done twice."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


def _slot(turn: int, heads: dict[Lane, Head]) -> bytes:
    body = json.dumps({"turn": turn, **{lane: [head.epoch, head.sequence, head.digest] for lane, head in heads.items()}}).encode()
    return (b"%08x " % zlib.crc32(body) + body).ljust(SLOT_BYTES, b"\n")


def _read(slot: bytes) -> tuple[int, dict[Lane, Head]] | None:
    check, _, body = slot.rstrip(b"\n\0").partition(b" ")
    if not body or check != b"%08x" % zlib.crc32(body):
        return None
    known = json.loads(body)
    lanes: tuple[Lane, ...] = ("real", "test")
    return known["turn"], {lane: Head(*known[lane]) for lane in lanes if lane in known}

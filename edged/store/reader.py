"""Reading the journal: entries, heads, cursors and open tells, for outputs on threads of their own."""

from __future__ import annotations

import sqlite3
import threading
from datetime import datetime
from pathlib import Path
from typing import Any

from edged.model.errors import StoreGarbled
from edged.model.journal import Entry, Lane, Tell, TellPath
from edged.store import delivery, tells
from edged.store.faults import told
from edged.store.form import row_of
from edged.store.mark import Head
from edged.store.schema import opened_for_reading

MAX_ENTRIES = 10_000
_COLUMNS = "sequence, epoch, digest, payload, row_id, lane, committed_at"


class JournalReader:
    """A read-only connection. Each call is one short read of its own; nothing is held between calls. Raises StoreError."""

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        self.path = path
        self._connection = connection
        self._busy = threading.Lock()

    @classmethod
    def open(cls, path: Path, busy_timeout_s: float = 5.0) -> JournalReader:
        """Open a journal or a copy of one, without write permission if need be. Raises StoreUnreachable, StoreRefused, StoreGarbled."""
        return cls(path, opened_for_reading(path, busy_timeout_s))

    def entries(self, lane: Lane, after: int, limit: int, epoch: str | None = None) -> list[Entry]:
        """Return at most `limit` entries of an epoch (None: the present one) with a sequence > `after`, oldest first.

        Rows of an epoch that were freed are left out: compare sequences.
        """
        with self._busy, told(self.path, "read entries"):
            return entries(self._connection, lane, after, limit, epoch)

    def unread(self, consumer: str, lane: Lane, limit: int) -> list[Entry]:
        """Return the oldest entries that a consumer has not passed, across epochs."""
        with self._busy, told(self.path, "read entries"):
            return unread(self._connection, consumer, lane, limit)

    def epochs(self, lane: Lane) -> list[str]:
        """Return the names of a lane's epochs, oldest first; the last is the present one."""
        with self._busy, told(self.path, "read the epochs"):
            return [name for (name,) in self._connection.execute("SELECT name FROM epoch WHERE lane = ? ORDER BY ordinal", (lane,))]

    def newest(self, lane: Lane) -> tuple[str, int, str]:
        """Return (epoch, sequence, digest) of the newest row."""
        with self._busy, told(self.path, "read the newest row"):
            head = newest(self._connection, lane)
            return head.epoch, head.sequence, head.digest

    def oldest(self, lane: Lane) -> int:
        """Return the sequence from which on the present epoch is whole; newest + 1 when it has no row."""
        with self._busy, told(self.path, "read the oldest row"):
            return oldest(self._connection, lane)

    def cursor(self, consumer: str, lane: Lane) -> tuple[str, int] | None:
        """Return (epoch, sequence) that a consumer has passed, None if it never said."""
        with self._busy, told(self.path, "read a cursor"):
            return delivery.cursor(self._connection, consumer, lane)

    def open_tells(self, path: TellPath, now: datetime) -> list[Tell]:
        """Return the tells of a path that nobody ended: those in time first, severest, then newest; those past `now` last."""
        with self._busy, told(self.path, "read open tells"):
            return tells.still_open(self._connection, path, now)

    def close(self) -> None:
        """Close the connection. Harmless when done twice."""
        with self._busy:
            self._connection.close()


def entries(connection: sqlite3.Connection, lane: Lane, after: int, limit: int, epoch: str | None) -> list[Entry]:
    """Return entries of one epoch, oldest first."""
    found = connection.execute(
        f"SELECT {_COLUMNS} FROM event WHERE lane = ? AND epoch = ? AND sequence > ? ORDER BY sequence LIMIT ?",
        (lane, newest(connection, lane).epoch if epoch is None else epoch, min(after, 2**62), max(0, min(limit, MAX_ENTRIES))),
    )
    return [entry_of(row) for row in found]


def unread(connection: sqlite3.Connection, consumer: str, lane: Lane, limit: int) -> list[Entry]:
    """Return entries after a consumer's cursor, across epochs."""
    names = [name for (name,) in connection.execute("SELECT name FROM epoch WHERE lane = ? ORDER BY ordinal", (lane,))]
    position = delivery.cursor(connection, consumer, lane)
    begin, after = (0, 0) if position is None else (names.index(position[0]), position[1])
    out: list[Entry] = []
    for name in names[begin:]:
        out += entries(connection, lane, after, limit - len(out), name)
        after = 0
        if len(out) >= limit:
            break
    return out


def newest(connection: sqlite3.Connection, lane: Lane) -> Head:
    """Return the head of a lane. Raises StoreGarbled when there is none."""
    found = connection.execute("SELECT epoch, sequence, digest FROM head WHERE lane = ?", (lane,)).fetchone()
    if found is None:
        raise StoreGarbled(f"journal: lane {lane} was never begun: this file is not from edged, or its first start was cut off")
    return Head(*found)


def oldest(connection: sqlite3.Connection, lane: Lane) -> int:
    """Return the sequence from which on the present epoch is whole."""
    (last,) = connection.execute(
        "SELECT max(last) FROM freed WHERE lane = ? AND epoch = ?", (lane, newest(connection, lane).epoch)
    ).fetchone()
    return int(last or 0) + 1


def entry_of(row: tuple[Any, ...]) -> Entry:
    """Return the Entry of a row of the event table."""
    sequence, epoch, digest, payload, row_id, lane, committed_at = row
    return Entry(sequence, epoch, digest, row_of(payload, row_id, lane, committed_at))

"""Retention: rows go when everybody has read them and they are old enough, when they are too old, or when the file is too large.

What a restart needs stays whatever its age. A range of freed rows leaves its bounds and its last digest, so the chain still verifies.
Ages come from trusted times only: a clock that jumps frees nothing.
"""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any, NamedTuple

from edged.model.instant import Instant
from edged.model.journal import Lane, Row
from edged.store.delivery import passed_by_all
from edged.store.epoch import LANES
from edged.store.fold import needed
from edged.store.form import ulid
from edged.store.settings import StoreSettings

BATCH = 1000
"""Rows freed in one call, so that no alarm waits long behind it."""
GRACE_S = 86_400.0
"""Unread rows are not freed for their age in the first day after a start: a box that was off for weeks delivers first."""
LOW_WATER = 0.9
"""A file that grew too large is brought down to this share of its limit."""


@dataclass(frozen=True, slots=True)
class Freed:
    """What one call freed. `more`: call again soon. `over_bytes`: what the file holds beyond its limit with nothing left to free."""

    rows: int
    unread: int
    more: bool
    over_bytes: int = 0


class _Candidate(NamedTuple):
    no: int
    lane: Lane
    epoch: str
    sequence: int
    digest: str
    read: int


def free(
    connection: sqlite3.Connection,
    settings: StoreSettings,
    consumers: tuple[str, ...],
    now: Instant,
    opened_mono_s: float,
    put: Callable[[Sequence[Row]], object],
) -> Freed:
    """Free at most BATCH rows. To be called in a transaction; `put` appends rows in it."""
    limit = settings.max_size_mb * 1_000_000
    used = used_bytes(connection)
    read_cut = _cut(connection, now, settings.read_days)
    all_cut = _cut(connection, now, settings.retention_days)
    unread_cut = all_cut if now.mono_s - opened_mono_s >= GRACE_S else 0
    cut = max(read_cut, all_cut)
    found = _find(connection, consumers, "read OR no <= ?", (unread_cut,), BATCH, cut) if cut else []
    reason = "age"
    if not found and used > limit:
        reason = "size"
        wanted = _rows_over(connection, used, limit)
        found = _find(connection, consumers, "read", (), wanted) or _find(connection, consumers, "NOT read", (), wanted)
        if not found:
            return Freed(0, 0, False, used - limit)
    for row in found:
        connection.execute("DELETE FROM event WHERE no = ?", (row.no,))
    for lane in LANES:
        _note_ranges(connection, lane, [row for row in found if row.lane == lane])
    unread = [row for row in found if not row.read]
    put([_notice(rows, consumers, reason, now) for rows in _by_epoch(unread)])
    _forget(connection, all_cut)
    return Freed(len(found), len(unread), len(found) == BATCH or reason == "size")


def used_bytes(connection: sqlite3.Connection) -> int:
    """Return the bytes of the file that hold something."""
    page, count, spare = (connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_size", "page_count", "freelist_count"))
    return int(page * (count - spare))


def _cut(connection: sqlite3.Connection, now: Instant, days: int) -> int:
    """Return the number up to which rows are older than `days`, in whole days of UTC: the row before the first that is younger.

    Rows written under an untrusted clock, or dated after tomorrow, are as old as the next one that can be believed.
    """
    (newest,) = connection.execute("SELECT coalesce(max(no), 0) FROM event").fetchone()
    if days == 0:
        return int(newest)
    if not now.trusted:
        return 0
    begin = (now.utc - timedelta(days=days)).replace(hour=0, minute=0, second=0, microsecond=0)
    young = connection.execute(
        "SELECT no FROM event WHERE trusted = 1 AND committed_at >= ? AND committed_at <= ? ORDER BY no LIMIT 1",
        (stamp(begin), stamp(now.utc + timedelta(days=1))),
    ).fetchone()
    return int(newest if young is None else young[0] - 1)


def stamp(at: datetime) -> str:
    """Return a time whose text sorts as it does: UTC with microseconds."""
    return at.isoformat(timespec="microseconds")


def _rows_over(connection: sqlite3.Connection, used: int, limit: int) -> int:
    (rows,) = connection.execute("SELECT count(*) FROM event").fetchone()
    return max(1, min(BATCH, int((used - LOW_WATER * limit) / max(1.0, used / max(1, rows)))))


def _find(
    connection: sqlite3.Connection, consumers: tuple[str, ...], where: str, values: tuple[Any, ...], count: int, cut: int = 2**62
) -> list[_Candidate]:
    passed = [value for lane in LANES for value in (*_twice(passed_by_all(connection, consumers, lane)),)]
    read = " OR ".join(f"(v.lane = '{lane}' AND (e.ordinal < ? OR (e.ordinal = ? AND v.sequence <= ?)))" for lane in LANES)
    query = (
        f"SELECT * FROM (SELECT v.no AS no, v.lane, v.epoch, v.sequence, v.digest, ({read}) AS read "
        f"FROM event v JOIN epoch e ON e.lane = v.lane AND e.name = v.epoch WHERE v.no <= {cut} AND v.no NOT IN ({needed()})) "
        f"WHERE {where} ORDER BY no LIMIT {count}"
    )
    return [_Candidate(*row) for row in connection.execute(query, (*passed, *values))]


def _twice(position: tuple[int, int]) -> tuple[int, int, int]:
    return position[0], position[0], position[1]


def _by_epoch(rows: Iterable[_Candidate]) -> list[list[_Candidate]]:
    groups: dict[tuple[str, str], list[_Candidate]] = defaultdict(list)
    for row in rows:
        groups[row.lane, row.epoch].append(row)
    return list(groups.values())


def _note_ranges(connection: sqlite3.Connection, lane: Lane, rows: list[_Candidate]) -> None:
    """Add freed rows to the ranges, joining those that touch."""
    for _, run in groupby(enumerate(rows), key=lambda pair: (pair[1].epoch, pair[1].sequence - pair[0])):
        members = [row for _, row in run]
        epoch, first, last, digest = members[0].epoch, members[0].sequence, members[-1].sequence, members[-1].digest
        before = connection.execute(
            "DELETE FROM freed WHERE lane = ? AND epoch = ? AND last = ? RETURNING first", (lane, epoch, first - 1)
        ).fetchone()
        after = connection.execute(
            "DELETE FROM freed WHERE lane = ? AND epoch = ? AND first = ? RETURNING last, digest", (lane, epoch, last + 1)
        ).fetchone()
        first = before[0] if before else first
        last, digest = after or (last, digest)
        connection.execute("INSERT INTO freed VALUES (?, ?, ?, ?, ?)", (lane, epoch, first, last, digest))


def _notice(rows: list[_Candidate], consumers: tuple[str, ...], reason: str, now: Instant) -> Row:
    first = rows[0]
    data = {
        "epoch": first.epoch, "first": first.sequence, "last": rows[-1].sequence, "rows": len(rows), "reason": reason,
        "consumers": list(consumers),
    }  # fmt: skip
    return Row(
        row_id=ulid(now.utc, "freed", first.lane, first.epoch, str(first.sequence), str(rows[-1].sequence)), lane=first.lane,
        topic="system", kind="freed", change="unread", at=now.utc, trusted=now.trusted, severity_level=2, data=data,
    )  # fmt: skip


def _forget(connection: sqlite3.Connection, cut: int) -> None:
    """Drop what only freed rows needed: cleared alarms without rows, ended tells older than the retention."""
    connection.execute("DELETE FROM alarm WHERE open = 0 AND NOT EXISTS (SELECT 1 FROM event WHERE no = last_no)")
    connection.execute("DELETE FROM report WHERE tell_id IN (SELECT tell_id FROM tell WHERE state != 'open' AND no <= ?)", (cut,))
    connection.execute("DELETE FROM tell WHERE state != 'open' AND no <= ?", (cut,))

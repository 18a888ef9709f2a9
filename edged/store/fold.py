"""Which rows a restart needs. The same answer decides what `fold` yields and what retention must leave, so freeing never changes a fold.

Needed are: the newest rows; every row about an alarm that is not cleared; the last row of each of the newest cleared alarms; and the
newest rows of each kind that sets something lasting. All bounds are counts, never ages: no clock can take a row from the fold.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

from edged.model.journal import Row, RowKind
from edged.store.epoch import LANES
from edged.store.form import row_of

NEWEST = 5000
CLEARED_ALARMS = 512
ALL = -1
KINDS: dict[RowKind, int] = {
    "armed": ALL,
    "epoch": ALL,
    "shelved": 2000,
    "permit": 2000,
    "watch": 2000,
    "maintenance": 2000,
    "config": 500,
    "sight": 500,
    "health": 1000,
    "verb": 2500,
    "answered": 1000,
    "report": 1000,
    "weather": 10,
    "hazard": 20_000,
}
"""Rows kept of a kind, for each lane. Arming stands until somebody changes it, so all of it is kept; the others end within days."""


def needed() -> str:
    """Return the SQL query for the numbers of the rows that a restart needs."""
    parts = [
        f"SELECT no FROM event WHERE no > (SELECT coalesce(max(no), 0) - {NEWEST} FROM event)",
        "SELECT event.no FROM event JOIN alarm ON alarm.alarm_id = event.alarm_id WHERE alarm.open = 1",
    ]
    for lane in LANES:
        parts.append(
            f"SELECT * FROM (SELECT last_no FROM alarm WHERE lane = '{lane}' AND open = 0 ORDER BY last_no DESC LIMIT {CLEARED_ALARMS})"
        )
        for kind, count in KINDS.items():
            parts.append(f"SELECT * FROM (SELECT no FROM event WHERE lane = '{lane}' AND kind = '{kind}' ORDER BY no DESC LIMIT {count})")
    return " UNION ".join(parts)


def fold(connection: sqlite3.Connection) -> Iterator[Row]:
    """Yield the rows that a restart needs, both lanes, in the order of their commits."""
    numbers = [no for (no,) in connection.execute(f"SELECT no FROM ({needed()}) ORDER BY no")]
    for no in numbers:
        row_id, lane, committed_at, payload = connection.execute(
            "SELECT row_id, lane, committed_at, payload FROM event WHERE no = ?", (no,)
        ).fetchone()
        yield row_of(payload, row_id, lane, committed_at)

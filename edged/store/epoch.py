"""Epochs: when the journal that upstream knows cannot be continued, numbering begins anew and says what it continues."""

from __future__ import annotations

import hashlib
import secrets
import sqlite3
from typing import Literal

from edged.model.instant import Instant
from edged.model.journal import Lane, Row
from edged.store.digest import GENESIS
from edged.store.form import ulid
from edged.store.mark import Head

LANES: tuple[Lane, ...] = ("real", "test")

Cause = Literal["first", "damaged", "restored_copy", "mark_lost", "journal_lost", "renamed", "cursor_ahead"]
"""Why an epoch begins: the first of a station; the file was damaged and set aside; it is older than its mark; its mark is missing, so
that it may be a copy; the file is missing beside its mark; the station's id changed; a named consumer had read further."""


def heads(connection: sqlite3.Connection) -> dict[Lane, Head]:
    """Return the newest row of each lane; empty in a new file."""
    return {lane: Head(epoch, sequence, digest) for lane, epoch, sequence, digest in connection.execute("SELECT * FROM head")}


def doubt(connection: sqlite3.Connection, mark: dict[Lane, Head]) -> Cause | None:
    """Return why this file cannot go on with its numbers, None when it holds all that was ever acknowledged."""
    here = heads(connection)
    if not here:
        return "journal_lost" if mark else "first"
    if not mark:
        return "mark_lost"
    for lane, head in mark.items():
        if lane not in here or (here[lane].epoch == head.epoch and here[lane].sequence < head.sequence):
            return "restored_copy"
        row = connection.execute(
            "SELECT digest FROM event WHERE lane = ? AND epoch = ? AND sequence = ?", (lane, head.epoch, head.sequence)
        ).fetchone()
        known = connection.execute("SELECT 1 FROM epoch WHERE lane = ? AND name = ?", (lane, head.epoch)).fetchone()
        if known is None or (row is not None and row[0] != head.digest):
            return "restored_copy"
    return None


def continued(here: dict[Lane, Head], mark: dict[Lane, Head]) -> dict[Lane, Head]:
    """Return what a new epoch continues: the mark, or the file where it went further in the same epoch."""
    out = dict(here)
    for lane, head in mark.items():
        if lane not in out or out[lane].epoch != head.epoch or out[lane].sequence <= head.sequence:
            out[lane] = head
    return out


def name_of(station_id: str, before: dict[Lane, Head], now: Instant, taken: set[str]) -> str:
    """Return an unused name for an epoch: eight hexadecimal digits."""
    while True:
        seed = f"{station_id}\n{sorted(head.digest for head in before.values())}\n{now.utc.isoformat()}\n{secrets.token_hex(16)}"
        name = hashlib.sha256(seed.encode()).hexdigest()[:8]
        if name not in taken:
            return name


def begin(connection: sqlite3.Connection, station_id: str, before: dict[Lane, Head], cause: Cause, now: Instant) -> list[Row]:
    """Register a new epoch in both lanes and return its first row of each lane. To be called in a transaction that appends them."""
    taken = {name for (name,) in connection.execute("SELECT name FROM epoch")} | {head.epoch for head in before.values()}
    name = name_of(station_id, before, now, taken)
    rows = []
    for lane in LANES:
        last = before.get(lane)
        connection.execute(
            "UPDATE epoch SET last_sequence = head.sequence, last_digest = head.digest FROM head "
            "WHERE head.lane = ? AND epoch.lane = head.lane AND epoch.name = head.epoch",
            (lane,),
        )
        known = [n for (n,) in connection.execute("SELECT name FROM epoch WHERE lane = ? ORDER BY ordinal", (lane,))]
        if last is not None:
            if last.epoch not in known:
                known.append(last.epoch)
                connection.execute("INSERT INTO epoch VALUES (?, ?, ?, NULL, NULL)", (lane, len(known), last.epoch))
            connection.execute(
                "UPDATE epoch SET last_sequence = ?, last_digest = ? WHERE lane = ? AND name = ?",
                (last.sequence, last.digest, lane, last.epoch),
            )
        connection.execute("INSERT INTO epoch VALUES (?, ?, ?, NULL, NULL)", (lane, len(known) + 1, name))
        connection.execute(
            "INSERT OR REPLACE INTO head VALUES (?, ?, 0, ?)",
            (lane, name, last.digest if last else GENESIS),
        )
        continues = None if last is None else {"epoch": last.epoch, "last_seq": last.sequence, "digest": last.digest}
        rows.append(
            Row(
                row_id=ulid(now.utc, station_id, name, lane),
                lane=lane,
                topic="system",
                kind="epoch",
                change=cause,
                at=now.utc,
                trusted=now.trusted,
                severity_level=4 if cause == "first" else 2,
                data={"epoch": name, "continues": continues},
            )
        )
    return rows

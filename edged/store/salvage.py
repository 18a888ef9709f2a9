"""What a damaged journal still gives: rows and tells that a restart or a consumer needs, read around the damage."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from edged.model.journal import Row, Tell
from edged.store.delivery import passed_by_all
from edged.store.epoch import LANES
from edged.store.fold import KINDS, NEWEST
from edged.store.form import ROW, TELL

CHUNK = 500
MOST = 50_000
"""Rows carried over at most, the newest first: more would delay the start by minutes."""


@dataclass(frozen=True, slots=True)
class Salvage:
    """Rows in the order of their commits, open tells, and the count of rows that could not be read."""

    rows: tuple[Row, ...]
    tells: tuple[Tell, ...]
    lost: int


def salvage(path: Path, consumers: tuple[str, ...]) -> Salvage:
    """Read what can be read. Never raises for what is damaged: a file that cannot be opened gives nothing."""
    connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, isolation_level=None)
    try:
        return _salvage(connection, consumers)
    except sqlite3.Error:
        return Salvage((), (), 0)
    finally:
        connection.close()


def _salvage(connection: sqlite3.Connection, consumers: tuple[str, ...]) -> Salvage:
    newest = _newest(connection)
    read = _read_up_to(connection, consumers)
    failed: list[int] = []
    wanted: set[int] = set()
    last_of: dict[str, int] = {}
    about: dict[str, list[int]] = {}
    for no, lane, sequence, epoch, kind, alarm_id in _rows(connection, newest, failed):
        if alarm_id is not None:
            about.setdefault(alarm_id, []).append(no)
            last_of[alarm_id] = no if kind == "alarm" else last_of.get(alarm_id, no)
        unread = lane not in read or (epoch == read[lane][0] and sequence > read[lane][1])
        if unread or no > newest - NEWEST or kind in KINDS:
            wanted.add(no)
    for alarm_id, last in last_of.items():
        row = _row(connection, last)
        if row is None or row.alarm is None or row.alarm.state != "cleared":
            wanted.update(about[alarm_id])
    rows = [_row(connection, no) for no in sorted(wanted)[-MOST:]]
    carried = tuple(row for row in rows if row is not None and row.kind != "epoch")
    return Salvage(carried, tuple(_tells(connection)), len(failed) + rows.count(None))


def _newest(connection: sqlite3.Connection) -> int:
    """Return the highest row number, from the table or, where that page is damaged, from its index."""
    for query in ("SELECT max(no) FROM event", "SELECT max(no) FROM event INDEXED BY event_kind WHERE lane IN ('real', 'test')"):
        try:
            return int(connection.execute(query).fetchone()[0] or 0)
        except sqlite3.Error:
            continue
    return 0


def _read_up_to(connection: sqlite3.Connection, consumers: tuple[str, ...]) -> dict[str, tuple[str, int]]:
    """Return what everybody has read of the present epoch; nothing where the tables are damaged or the epochs differ."""
    out: dict[str, tuple[str, int]] = {}
    try:
        for lane in LANES:
            ordinal, sequence = passed_by_all(connection, consumers, lane)
            name = connection.execute("SELECT name FROM epoch WHERE lane = ? ORDER BY ordinal DESC LIMIT 1", (lane,)).fetchone()
            (count,) = connection.execute("SELECT count(*) FROM epoch WHERE lane = ?", (lane,)).fetchone()
            if name is not None and ordinal >= count:
                out[lane] = (name[0], sequence)
    except sqlite3.Error:
        return {}
    return out


def _rows(connection: sqlite3.Connection, newest: int, failed: list[int]) -> Iterator[tuple[Any, ...]]:
    """Yield (no, lane, sequence, epoch, kind, alarm_id) in order; where a range cannot be read, row by row, noting those that fail."""
    query = "SELECT no, lane, sequence, epoch, kind, alarm_id FROM event WHERE no BETWEEN ? AND ? ORDER BY no"
    for begin in range(1, newest + 1, CHUNK):
        try:
            yield from connection.execute(query, (begin, begin + CHUNK - 1)).fetchall()
        except sqlite3.Error:
            for no in range(begin, min(begin + CHUNK, newest + 1)):
                try:
                    yield from connection.execute(query, (no, no)).fetchall()
                except sqlite3.Error:
                    failed.append(no)


def _row(connection: sqlite3.Connection, no: int) -> Row | None:
    try:
        found = connection.execute("SELECT payload FROM event WHERE no = ?", (no,)).fetchone()
        return None if found is None else ROW.validate_json(found[0])
    except (sqlite3.Error, ValidationError):
        return None


def _tells(connection: sqlite3.Connection) -> Iterator[Tell]:
    try:
        for (payload,) in connection.execute("SELECT payload FROM tell WHERE state = 'open'"):
            try:
                yield TELL.validate_json(payload)
            except ValidationError:
                continue
    except sqlite3.Error:
        return

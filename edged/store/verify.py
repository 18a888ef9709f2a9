"""Recomputing the digest chain, and copying a journal so that others may read it."""

from __future__ import annotations

import json
import os
import sqlite3
from dataclasses import dataclass
from pathlib import Path

from edged.model.journal import Lane
from edged.store.digest import GENESIS, chained
from edged.store.epoch import LANES, heads
from edged.store.faults import told
from edged.store.schema import opened_for_reading, sync_folder, version_of


@dataclass(frozen=True, slots=True)
class Wrong:
    """The first row at which the chain breaks; `sequence` 0 when it is the file and not a row."""

    lane: str
    epoch: str
    sequence: int
    reason: str


@dataclass(frozen=True, slots=True)
class Verification:
    """`rows` digests recomputed and right; the first that is wrong; what is absent for a stated reason."""

    rows: int
    wrong: Wrong | None
    notes: tuple[str, ...]

    @property
    def right(self) -> bool:
        """Whether nothing wrong was found."""
        return self.wrong is None


class _Broken(Exception):
    def __init__(self, wrong: Wrong) -> None:
        super().__init__(wrong.reason)
        self.wrong = wrong


def verify(path: Path, lane: Lane | None = None, from_: int | None = None, to: int | None = None) -> Verification:
    """Recompute the chain of one lane or both, in all epochs that the file holds, or of the sequences `from_` … `to` of each.

    Opens the file read-only. Raises StoreUnreachable, StoreRefused; StoreGarbled when the file is no journal.
    """
    connection = opened_for_reading(path)
    try:
        with told(path, "verify"):
            version_of(connection, path)
            return check(connection, LANES if lane is None else (lane,), from_, to)
    finally:
        connection.close()


def check(connection: sqlite3.Connection, lanes: tuple[Lane, ...] = LANES, from_: int | None = None, to: int | None = None) -> Verification:
    """Recompute the chain on an open connection."""
    rows = 0
    notes: list[str] = []
    try:
        here = heads(connection)
        for lane in lanes:
            if lane not in here:
                raise _Broken(Wrong(lane, "", 0, "the lane was never begun"))
            epochs = connection.execute(
                "SELECT name, last_sequence, last_digest FROM epoch WHERE lane = ? ORDER BY ordinal", (lane,)
            ).fetchall()
            before = GENESIS
            for name, last_sequence, last_digest in epochs:
                current = name == here[lane].epoch
                last = (here[lane].sequence, here[lane].digest) if current else (last_sequence, last_digest)
                if (from_ or 0) > last[0]:
                    before = last[1]
                    continue
                count, sequence, digest = _epoch(connection, lane, name, before, from_, to)
                rows += count
                if to is None and sequence < last[0]:
                    if current:
                        raise _Broken(Wrong(lane, name, sequence + 1, f"row missing: the newest should be {last[0]}"))
                    notes.append(f"{lane}/{name}: rows {sequence + 1} to {last[0]} are not in this file: epoch begun after a loss")
                elif to is None and (sequence, digest) != last and not current and _after_copy(connection, lane, name):
                    notes.append(
                        f"{lane}/{name}: ends with row {sequence} of a copy that went on elsewhere: not what was acknowledged here"
                    )
                elif to is None and (sequence, digest) != last:
                    raise _Broken(Wrong(lane, name, sequence, "the newest row is not the one that was acknowledged"))
                before = last[1]
    except _Broken as fault:
        return Verification(rows, fault.wrong, tuple(notes))
    except (sqlite3.DatabaseError, ValueError) as fault:
        return Verification(rows, Wrong("", "", 0, f"the file is damaged: {fault}"), tuple(notes))
    return Verification(rows, None, tuple(notes))


def _epoch(connection: sqlite3.Connection, lane: Lane, epoch: str, before: str, from_: int | None, to: int | None) -> tuple[int, int, str]:
    """Check one epoch. Returns the rows checked, and sequence and digest of the last."""
    freed = {first: (last, digest) for first, last, digest in connection.execute(
        "SELECT first, last, digest FROM freed WHERE lane = ? AND epoch = ?", (lane, epoch))}  # fmt: skip
    expected, digest = (1, before) if from_ is None or from_ <= 1 else _start(connection, lane, epoch, from_, freed)
    count = 0
    for sequence, payload, stored in connection.execute(
        "SELECT sequence, CAST(payload AS BLOB), digest FROM event "
        "WHERE lane = ? AND epoch = ? AND sequence BETWEEN ? AND ? ORDER BY sequence",
        (lane, epoch, expected, 2**62 if to is None else to),
    ):
        while expected < sequence:
            if expected not in freed:
                raise _Broken(Wrong(lane, epoch, expected, "row missing, and not freed by retention"))
            last, digest = freed[expected]
            expected = last + 1
        if sequence == 1 and (reason := _begins_wrongly(payload, before)):
            raise _Broken(Wrong(lane, epoch, 1, reason))
        if digest is not None and chained(digest, lane, epoch, sequence, payload) != stored:
            raise _Broken(Wrong(lane, epoch, sequence, "the digest does not fit the row and the row before it"))
        digest = stored
        expected = sequence + 1
        count += 1
    if to is None and expected in freed:
        last, digest = freed[expected]
        expected = last + 1
    return count, expected - 1, digest or before


def _after_copy(connection: sqlite3.Connection, lane: Lane, epoch: str) -> bool:
    """Whether the epoch after this one says, in a chained row, that it begins after a restored copy."""
    found = connection.execute(
        "SELECT payload FROM event JOIN epoch AS next ON next.lane = event.lane AND next.name = event.epoch JOIN epoch AS this "
        "ON this.lane = next.lane AND next.ordinal = this.ordinal + 1 WHERE this.lane = ? AND this.name = ? AND sequence = 1",
        (lane, epoch),
    ).fetchone()
    return found is not None and json.loads(found[0]).get("change") == "restored_copy"


def _begins_wrongly(payload: bytes, before: str) -> str:
    try:
        continues = json.loads(payload)["data"]["continues"]
        said = GENESIS if continues is None else continues["digest"]
    except (ValueError, KeyError, TypeError):
        return "the epoch does not begin with a row that says what it continues"
    return "" if said == before else "the epoch continues another digest than the epoch before it ended with"


def _start(
    connection: sqlite3.Connection, lane: Lane, epoch: str, sequence: int, freed: dict[int, tuple[int, str]]
) -> tuple[int, str | None]:
    """Return where a check from `sequence` on begins and with which digest; None where the row before is not in the file."""
    for first, (last, digest) in freed.items():
        if first <= sequence <= last + 1:
            return last + 1, digest
    found = connection.execute(
        "SELECT digest FROM event WHERE lane = ? AND epoch = ? AND sequence = ?", (lane, epoch, sequence - 1)
    ).fetchone()
    return sequence, None if found is None else str(found[0])


def copy(path: Path, target: Path) -> None:
    """Copy a journal, live or not, into one plain file that needs no write permission to be read. An old target is replaced as a whole.

    Raises StoreUnreachable, StoreRefused, StoreGarbled.
    """
    source = opened_for_reading(path)
    part = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        with told(target, "copy the journal"):
            copied = sqlite3.connect(part, isolation_level=None)
            try:
                source.backup(copied, pages=-1)
                copied.execute("PRAGMA journal_mode=DELETE").close()
            finally:
                copied.close()
            with part.open("rb") as written:
                os.fsync(written.fileno())
            part.replace(target)
            sync_folder(target.absolute().parent)
    finally:
        source.close()
        for rest in (part, part.with_name(part.name + "-wal"), part.with_name(part.name + "-shm"), part.with_name(part.name + "-journal")):
            rest.unlink(missing_ok=True)

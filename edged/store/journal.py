"""The journal: the only truth. One writer, one transaction for each transition, durable before anything else happens.

It refuses to write a row twice, to reuse a number, and to go on with numbers when it cannot know that upstream knows no higher ones.
Called from one thread at a time; outputs read through `reader()` on theirs.
"""

from __future__ import annotations

import logging
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from edged.clock import Clock
from edged.model.errors import StoreGarbled
from edged.model.instant import Instant
from edged.model.journal import Entry, Lane, Row, Tell, TellPath
from edged.store import delivery, epoch, fold, reader, retention, schema, tells, verify
from edged.store.digest import chained
from edged.store.faults import told
from edged.store.form import ROW, canonical, tell_of
from edged.store.lock import Lock
from edged.store.mark import Head, Mark
from edged.store.reader import JournalReader
from edged.store.retention import Freed
from edged.store.salvage import salvage
from edged.store.settings import StoreSettings
from edged.store.tells import Report, TellResult

DAMAGED_KEPT = 3
log = logging.getLogger("edged.store")


@dataclass(frozen=True, slots=True)
class Opening:
    """How the journal was found. `cause` None: as it was left. `set_aside` names the damaged file; `lost` rows of it could not be read."""

    cause: epoch.Cause | None
    set_aside: str | None = None
    carried: int = 0
    lost: int = 0
    reason: str = ""


class Journal:
    """The writer. Every method raises StoreUnreachable, StoreRefused or StoreGarbled and then has changed nothing."""

    def __init__(
        self, path: Path, station_id: str, settings: StoreSettings, clock: Clock, consumers: tuple[str, ...],
        lock: Lock, mark: Mark, connection: sqlite3.Connection,
    ) -> None:  # fmt: skip
        self.path = path
        self.station_id = station_id
        self.settings = settings
        self.consumers = consumers
        self.opening = Opening(None)
        self._clock = clock
        self._lock = lock
        self._mark = mark
        self._connection = connection
        self._opened_mono_s = clock().mono_s
        self._busy = threading.Lock()

    @classmethod
    def open(cls, path: Path, station_id: str, settings: StoreSettings, clock: Clock, consumers: Sequence[str] = ()) -> Journal:
        """Take the state folder and open its journal, new, migrated or recovered; `opening` says which.

        `consumers` are the named ones that hold rows back. Raises StoreRefused when another daemon holds the folder or the file is of
        a newer edged, StoreUnreachable when the disk does not answer.
        """
        lock = Lock.take(path.parent)
        mark: Mark | None = None
        connection: sqlite3.Connection | None = None
        ready = False
        try:
            mark = Mark.open(path.with_suffix(".mark"))
            reason = _set_aside_if_damaged(path, settings)
            with told(path, "open the journal"):
                connection = schema.opened(path, settings.busy_timeout_s)
                schema.migrate(connection, path)
                path.chmod(0o640)
                schema.sync_folder(path.parent)
            journal = cls(path, station_id, settings, clock, tuple(consumers), lock, mark, connection)
            journal._begin(reason)
            ready = True
            return journal
        finally:
            if not ready:
                if connection is not None:
                    connection.close()
                if mark is not None:
                    mark.close()
                lock.drop()

    def append(self, rows: Sequence[Row], tells_: Sequence[Tell] = ()) -> tuple[Entry, ...]:
        """Write rows and tells in one transaction and return the rows' entries, once they are on disk.

        A row or tell that comes twice is not written twice; the row returns its first entry. Raises StoreGarbled where the same id
        comes with another content.
        """
        with self._writing("append rows") as now:
            entries = self._put(rows, now)
            (no,) = self._connection.execute("SELECT coalesce(max(no), 0) FROM event").fetchone()
            tells.write(self._connection, tells_, no, now)
        return tuple(entries)

    def advance(self, consumer: str, lane: Lane, epoch_: str, sequence: int) -> bool:
        """Move a consumer's cursor forward; False where it stands further already.

        Raises StoreGarbled for an epoch that never was, and its kind CursorAhead for a row that is not yet.
        """
        with self._writing("advance a cursor") as now:
            return delivery.advance(self._connection, consumer, lane, (epoch_, sequence), reader.newest(self._connection, lane), now)

    def tell_done(
        self, tell_id: str, result: TellResult, detail: str, at: datetime, radio: str | None = None, report_id: str | None = None
    ) -> bool:
        """Keep what became of a tell and end it; False for a report that was there already. Raises StoreGarbled for an unknown tell."""
        with self._writing("keep a report"):
            return tells.done(self._connection, tell_id, result, detail, at, radio, report_id)

    def expire(self, now: Instant) -> list[Tell]:
        """End the tells that are too late as `expired` and return them."""
        with self._writing("end late tells"):
            late = tells.overdue(self._connection, now)
            for tell_id in late:
                tells.done(self._connection, tell_id, "expired", "deadline passed", now.utc, None, None)
            return [self._tell(tell_id) for tell_id in late]

    def open_tells(self, path: TellPath, now: Instant) -> list[Tell]:
        """Return the tells of a path that wait to be handed over, severest first, then newest; those too late end as `expired` first."""
        with self._busy, told(self.path, "read open tells"):
            late = tells.overdue(self._connection, now)
        if late:
            self.expire(now)
        with self._busy, told(self.path, "read open tells"):
            return tells.still_open(self._connection, path, now.utc)

    def reports(self, tell_id: str) -> list[Report]:
        """Return all reports of a tell, oldest first."""
        with self._busy, told(self.path, "read reports"):
            return tells.reports(self._connection, tell_id)

    def probe(self) -> None:
        """Commit nothing, durably: the proof for the watchdog that rows can be written."""
        with self._writing("commit a probe"):
            self._connection.execute("UPDATE probe SET times = times + 1")

    def free(self, now: Instant) -> Freed:
        """Free a batch of rows that retention no longer keeps; call again soon while `more`. What a restart needs is never freed."""
        with self._writing("free old rows"):
            return retention.free(
                self._connection, self.settings, self.consumers, now, self._opened_mono_s, lambda rows: self._put(rows, now)
            )

    def begin_epoch(self, cause: epoch.Cause, read_up_to: dict[Lane, int] | None = None) -> tuple[Entry, ...]:
        """Begin a new epoch; `read_up_to` is the highest sequence of the present one that a consumer was seen to know."""
        with self._writing("begin an epoch") as now:
            before = epoch.heads(self._connection)
            for lane, sequence in (read_up_to or {}).items():
                if sequence > before[lane].sequence:
                    before[lane] = replace(before[lane], sequence=sequence)
            return tuple(self._put(epoch.begin(self._connection, self.station_id, before, cause, now), now))

    def fold(self) -> Iterator[Row]:
        """Return the rows that `core.step.restore` needs, of both lanes in the order of their commits."""
        with self._busy, told(self.path, "read for a restart"):
            rows = list(fold.fold(self._connection))
        return iter(rows)

    def entries(self, lane: Lane, after: int, limit: int, epoch_: str | None = None) -> list[Entry]:
        """As `JournalReader.entries`."""
        with self._busy, told(self.path, "read entries"):
            return reader.entries(self._connection, lane, after, limit, epoch_)

    def newest(self, lane: Lane) -> tuple[str, int, str]:
        """Return (epoch, sequence, digest) of the newest row."""
        with self._busy, told(self.path, "read the newest row"):
            head = reader.newest(self._connection, lane)
            return head.epoch, head.sequence, head.digest

    def oldest(self, lane: Lane) -> int:
        """Return the sequence from which on the present epoch is whole."""
        with self._busy, told(self.path, "read the oldest row"):
            return reader.oldest(self._connection, lane)

    def cursor(self, consumer: str, lane: Lane) -> tuple[str, int] | None:
        """Return (epoch, sequence) that a consumer has passed, None if it never said."""
        with self._busy, told(self.path, "read a cursor"):
            return delivery.cursor(self._connection, consumer, lane)

    def reader(self) -> JournalReader:
        """Return a connection that only reads, for another thread; its owner closes it."""
        return JournalReader.open(self.path, self.settings.busy_timeout_s)

    def close(self) -> None:
        """Close the file and let the state folder go. Harmless when done twice."""
        with self._busy:
            try:
                self._connection.close()
            except sqlite3.Error as fault:
                log.warning("%s: close: %s", self.path, fault)
            self._mark.close()
            self._lock.drop()

    @contextmanager
    def _writing(self, doing: str) -> Iterator[Instant]:
        """One transaction, then the mark. When the mark fails the rows are there, the caller is told, and repeating is harmless."""
        with self._busy, told(self.path, doing):
            with schema.transaction(self._connection):
                yield self._clock()
                heads = epoch.heads(self._connection)
            self._mark.write(heads)

    def _put(self, rows: Sequence[Row], now: Instant) -> list[Entry]:
        out = []
        heads = epoch.heads(self._connection)
        for row in rows:
            payload = canonical(ROW, row)
            old = self._connection.execute(
                "SELECT sequence, epoch, digest, payload, row_id, lane, committed_at FROM event WHERE row_id = ?", (row.row_id,)
            ).fetchone()
            if old is not None:
                if old[3] != payload:
                    raise StoreGarbled(f"row {row.row_id} comes a second time with another content: nothing was written")
                out.append(reader.entry_of(old))
                continue
            head = heads[row.lane]
            digest = chained(head.digest, row.lane, head.epoch, head.sequence + 1, payload)
            heads[row.lane] = Head(head.epoch, head.sequence + 1, digest)
            about = row.alarm.alarm_id if row.alarm else row.data.get("alarm_id")
            alarm_id = about if isinstance(about, str) else None
            no = self._connection.execute(
                "INSERT INTO event (lane, epoch, sequence, row_id, kind, alarm_id, committed_at, trusted, payload, digest) "
                "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (row.lane, head.epoch, head.sequence + 1, row.row_id, row.kind, alarm_id, retention.stamp(now.utc), now.trusted,
                 payload, digest),
            ).lastrowid  # fmt: skip
            if row.alarm is not None:
                self._connection.execute(
                    "INSERT OR REPLACE INTO alarm VALUES (?, ?, ?, ?)",
                    (row.alarm.alarm_id, row.lane, row.alarm.state != "cleared", no),
                )
            out.append(Entry(head.sequence + 1, head.epoch, digest, row))
        for lane, head in heads.items():
            self._connection.execute("UPDATE head SET epoch = ?, sequence = ?, digest = ? WHERE lane = ?",
                                     (head.epoch, head.sequence, head.digest, lane))  # fmt: skip
        return out

    def _tell(self, tell_id: str) -> Tell:
        (payload,) = self._connection.execute("SELECT payload FROM tell WHERE tell_id = ?", (tell_id,)).fetchone()
        return tell_of(payload, tell_id)

    def _begin(self, reason: str) -> None:
        """Begin a new epoch where the old one cannot go on, carrying over what a damaged file still gave."""
        pending = _pending(self.path)
        with told(self.path, "open the journal"):
            cause = epoch.doubt(self._connection, self._mark.heads)
            station = self._connection.execute("SELECT value FROM meta WHERE name = 'station_id'").fetchone()
            if cause in ("first", "journal_lost") and pending.exists():
                cause = "damaged"
            if cause is None and station is not None and station[0] != self.station_id:
                cause = "renamed"
        if cause is not None:
            saved = salvage(pending, self.consumers) if cause == "damaged" else None
            name = f"journal-{self._clock().utc:%Y%m%dT%H%M%S}.damaged.db" if saved else None
            with self._writing("begin an epoch") as now:
                before = epoch.continued(epoch.heads(self._connection), self._mark.heads)
                first = epoch.begin(self._connection, self.station_id, before, cause, now)
                note = {"set_aside": name, "carried": len(saved.rows), "lost": saved.lost, "reason": reason} if saved else {}
                self._put([replace(row, data=row.data | note) for row in first], now)
                self._connection.execute("INSERT OR REPLACE INTO meta VALUES ('station_id', ?)", (self.station_id,))
                if saved:
                    self._put(saved.rows, now)
                    tells.write(self._connection, saved.tells, 0, now)
            self.opening = Opening(cause, name, len(saved.rows) if saved else 0, saved.lost if saved else 0, reason)
            if cause != "first":
                log.warning("%s: a new epoch begins: %s%s", self.path, cause, f" ({name}: {reason})" if name else "")
        else:
            self._mark.write(epoch.heads(self._connection))
        if pending.exists():
            _file_away(pending, self.opening.set_aside or f"journal-{self._clock().utc:%Y%m%dT%H%M%S}.damaged.db")
        try:
            schema.reserve(self._connection, self.settings.reserve_mb * 1_000_000)
        except sqlite3.Error as fault:
            log.warning("%s: no room kept for a full disk: %s", self.path, fault)


def _pending(path: Path) -> Path:
    """Where a damaged file waits until its rows are carried over; a start that was cut off finds it there."""
    return path.with_name(f"{path.name}.damaged")


def _set_aside_if_damaged(path: Path, settings: StoreSettings) -> str:
    """Move a file away that cannot be trusted. Returns why, empty when nothing was moved."""
    if not path.exists() or path.stat().st_size == 0:
        return ""
    reason = ""
    connection: sqlite3.Connection | None = None
    try:
        with told(path, "check the journal"):
            connection = schema.opened(path, settings.busy_timeout_s)
            if schema.version_of(connection, path):
                schema.migrate(connection, path)
                (said,) = connection.execute("PRAGMA quick_check(1)").fetchone()
                wrong = verify.check(connection).wrong if epoch.heads(connection) else None
                reason = said if said != "ok" else f"{wrong.lane}/{wrong.epoch}/{wrong.sequence}: {wrong.reason}" if wrong else ""
    except StoreGarbled as fault:
        reason = str(fault)
    finally:
        if connection is not None:
            connection.close()
    if reason:
        with told(path, "set the damaged journal aside"):
            for suffix in ("-wal", "-shm", ""):
                part = path.with_name(path.name + suffix)
                if part.exists():
                    part.replace(_pending(path).with_name(_pending(path).name + suffix))
            schema.sync_folder(path.parent)
    return reason


def _file_away(pending: Path, name: str) -> None:
    """Give a damaged file its lasting name and keep only the newest of them."""
    with told(pending, "set the damaged journal aside"):
        for suffix in ("-wal", "-shm", ""):
            part = pending.with_name(pending.name + suffix)
            if part.exists():
                part.replace(pending.with_name(name + suffix))
        for old in sorted(pending.parent.glob("journal-*.damaged.db"))[:-DAMAGED_KEPT]:
            for suffix in ("-wal", "-shm", ""):
                old.with_name(old.name + suffix).unlink(missing_ok=True)

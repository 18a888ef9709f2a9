"""Kept sightings: what eyes saw and why it was held back, how views were watched, what people said of alarms. A file of its own.

It is worth nothing beside an alarm: a full disk, a damaged file or a wrong clock cost this file and nothing else. A damaged one is set
aside. The writer is used from one thread; readers open the file for themselves.
"""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from pydantic import TypeAdapter, ValidationError

from edged.model.errors import StoreGarbled
from edged.model.instant import Instant
from edged.model.visit import CELL_S, BlindRun, Judgement, Visit, WatchCell
from edged.store.faults import told
from edged.store.settings import StoreSettings

NAME = "sightings.db"
_FORM = """
    CREATE TABLE IF NOT EXISTS visit (
        no INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, camera TEXT NOT NULL, last REAL NOT NULL, pan REAL NOT NULL, tilt REAL NOT NULL,
        lat REAL, lon REAL, doubt REAL NOT NULL, zone TEXT, alarm TEXT, display TEXT, notable INTEGER NOT NULL, test INTEGER NOT NULL,
        body TEXT NOT NULL);
    CREATE INDEX IF NOT EXISTS visit_last ON visit (last);
    CREATE INDEX IF NOT EXISTS visit_alarm ON visit (alarm) WHERE alarm IS NOT NULL;
    CREATE INDEX IF NOT EXISTS visit_notable ON visit (last) WHERE notable;
    CREATE TABLE IF NOT EXISTS watch (
        camera TEXT NOT NULL, view TEXT NOT NULL, cell INTEGER NOT NULL, watched_s REAL NOT NULL, last REAL, blind TEXT NOT NULL,
        PRIMARY KEY (camera, view, cell)) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS blind (
        camera TEXT NOT NULL, begins REAL NOT NULL, ends REAL NOT NULL, cause TEXT NOT NULL, PRIMARY KEY (camera, begins)) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS judgement (alarm TEXT PRIMARY KEY, raised REAL NOT NULL, body TEXT NOT NULL) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS proposed (key TEXT PRIMARY KEY, at REAL NOT NULL) WITHOUT ROWID;
"""
READ_S = 8.0
MOST_ROWS = 100_000
FREE_SHARE = 0.05
"""Share of the rows that one clean-up frees at most, so that a clock which jumps for an hour costs little."""
_VISIT: TypeAdapter[Visit] = TypeAdapter(Visit)
_JUDGEMENT: TypeAdapter[Judgement] = TypeAdapter(Judgement)


class VisitAt(NamedTuple):
    """What a visit is chosen by, before it is read whole."""

    camera_id: str
    pan_deg: float
    tilt_deg: float
    lat: float | None
    lon: float | None
    doubt_m: float
    zone: str | None
    test: int


class SightingStore:
    """The writer. Every call raises StoreError and leaves the file whole."""

    def __init__(self, path: Path, settings: StoreSettings) -> None:
        self.path, self._settings = path, settings
        self._connection: sqlite3.Connection | None = None

    def put(
        self, visits: Sequence[Visit] = (), cells: Sequence[WatchCell] = (), runs: Sequence[BlindRun] = (), said: Sequence[Judgement] = ()
    ) -> None:
        """Keep these, in one transaction; what is there under the same key is replaced. Cells are added to those there."""
        with self._guarded(), told(self.path, "keep sightings"):
            db = self._opened()
            db.execute("BEGIN IMMEDIATE")
            try:
                db.executemany(
                    "INSERT INTO visit (key, camera, last, pan, tilt, lat, lon, doubt, zone, alarm, display, notable, test, body) "
                    "VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?) ON CONFLICT (key) DO UPDATE SET last=excluded.last, pan=excluded.pan, "
                    "tilt=excluded.tilt, lat=excluded.lat, lon=excluded.lon, doubt=excluded.doubt, zone=excluded.zone, "
                    "alarm=excluded.alarm, display=excluded.display, notable=excluded.notable, body=excluded.body",
                    [_row(visit) for visit in visits],
                )
                for cell in cells:
                    _add_cell(db, cell)
                db.executemany(
                    "INSERT OR REPLACE INTO blind VALUES (?,?,?,?)",
                    [(r.camera_id, r.from_at.timestamp(), r.until_at.timestamp(), r.cause) for r in runs],
                )
                db.executemany(
                    "INSERT OR REPLACE INTO judgement VALUES (?,?,?)",
                    [(j.alarm_id, j.raised_at.timestamp(), _JUDGEMENT.dump_json(j).decode()) for j in said],
                )
                db.execute("COMMIT")
            finally:
                if db.in_transaction:
                    db.execute("ROLLBACK")

    def free(self, now: Instant) -> None:
        """Free what is too old, by a trusted clock, and the oldest rows while the file is too large; a little at each call."""
        with self._guarded(), told(self.path, "free old sightings"):
            db = self._opened()
            if now.trusted:
                cutoff = (now.utc - timedelta(days=self._settings.sightings_days)).timestamp()
                for table, column, value in (
                    ("visit", "last", cutoff), ("watch", "cell", cutoff / CELL_S), ("blind", "ends", cutoff),
                    ("judgement", "raised", cutoff), ("proposed", "at", cutoff),
                ):  # fmt: skip
                    self._free(db, table, column, f"WHERE {column} < ?", (value,))
            if self._size(db) > self._settings.sightings_mb * 1_000_000:
                self._free(db, "visit", "no", "", ())
                self._free(db, "watch", "cell", "", ())
                self._free(db, "blind", "ends", "", ())
            db.executescript("PRAGMA incremental_vacuum")
            db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    def propose(self, keys: Sequence[str], at: datetime) -> None:
        """Remember that these were proposed."""
        with self._guarded(), told(self.path, "keep sightings"):
            self._opened().executemany("INSERT OR REPLACE INTO proposed VALUES (?,?)", [(key, at.timestamp()) for key in keys])

    def close(self) -> None:
        """Close the file; the next call opens it again."""
        if self._connection is not None:
            connection, self._connection = self._connection, None
            with suppress(sqlite3.Error):
                connection.close()

    def _opened(self) -> sqlite3.Connection:
        if self._connection is None:
            self._connection = db = sqlite3.connect(self.path, timeout=2.0, isolation_level=None, check_same_thread=False)
            db.execute("PRAGMA auto_vacuum=INCREMENTAL")
            db.execute("PRAGMA journal_mode=WAL")
            db.execute("PRAGMA synchronous=NORMAL")
            db.execute("PRAGMA journal_size_limit=8000000")
            db.executescript(_FORM)
            self.path.chmod(0o640)
        return self._connection

    @contextmanager
    def _guarded(self) -> Iterator[None]:
        """Close the file after a failure, so that the next call begins afresh; set a damaged one aside."""
        whole = False
        try:
            yield
            whole = True
        except StoreGarbled:
            self.close()
            with suppress(OSError):
                self.path.replace(self.path.with_suffix(".damaged"))
            for rest in ("-wal", "-shm"):
                self.path.with_name(self.path.name + rest).unlink(missing_ok=True)
            raise
        finally:
            if not whole:
                self.close()

    @staticmethod
    def _size(db: sqlite3.Connection) -> int:
        pages, free = (int(db.execute(f"PRAGMA {name}").fetchone()[0]) for name in ("page_count", "freelist_count"))
        return (pages - free) * int(db.execute("PRAGMA page_size").fetchone()[0])

    @staticmethod
    def _free(db: sqlite3.Connection, table: str, column: str, where: str, values: tuple[float, ...]) -> None:
        (count,) = db.execute(f"SELECT count(*) FROM {table}").fetchone()
        most = max(100, int(count * FREE_SHARE))
        found = db.execute(f"SELECT {column} FROM {table} {where} ORDER BY {column} LIMIT 1 OFFSET ?", (*values, most)).fetchone()
        if found is not None:
            db.execute(f"DELETE FROM {table} WHERE {column} < ?", found)
        elif where:
            db.execute(f"DELETE FROM {table} {where}", values)


class SightingReader:
    """Answers from the file, each from a connection of its own, within 8 s. Without a file nothing is known."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def visits(
        self, since: datetime, until: datetime, wanted: Callable[[VisitAt], bool], most: int = 500, *, notable: bool = False
    ) -> tuple[list[Visit], int]:
        """Return the visits last seen in an interval that are wanted, newest first, and how many more there are."""
        asked = "SELECT no, camera, pan, tilt, lat, lon, doubt, zone, test FROM visit WHERE last BETWEEN ? AND ?"
        asked += " AND notable" if notable else ""
        with self._opened() as db:
            rows = db.execute(f"{asked} ORDER BY last DESC LIMIT ?", (since.timestamp(), until.timestamp(), MOST_ROWS))
            numbers = [row[0] for row in rows if wanted(VisitAt(*row[1:]))]
            return [_visit(db, number) for number in numbers[:most]], max(0, len(numbers) - most)

    def of_alarm(self, name: str, most: int = 200) -> list[Visit]:
        """Return the visits of an alarm by its id or number, newest first."""
        with self._opened() as db:
            found = db.execute(
                "SELECT no FROM visit WHERE alarm = ? OR display = ? ORDER BY last DESC LIMIT ?", (name, name, most)
            ).fetchall()
            return [_visit(db, number) for (number,) in found]

    def cells(self, since: datetime, until: datetime, cameras: Sequence[str]) -> list[WatchCell]:
        """Return how the views of some cameras were watched, oldest first."""
        with self._opened() as db:
            marks = ",".join("?" * len(cameras))
            first, last = int(since.timestamp() // CELL_S), int(until.timestamp() // CELL_S)
            asked = f"SELECT * FROM watch WHERE camera IN ({marks}) AND cell BETWEEN ? AND ? ORDER BY cell LIMIT ?"
            return [_cell(row) for row in db.execute(asked, (*cameras, first, last, MOST_ROWS))]

    def last_watched(self, camera_id: str, view_id: str | None) -> datetime | None:
        """Return when a view, or a camera in any view, was last watched, as far as it is kept."""
        with self._opened() as db:
            where, values = ("camera = ? AND view = ?", (camera_id, view_id)) if view_id is not None else ("camera = ?", (camera_id,))
            found = db.execute(f"SELECT max(last) FROM watch WHERE {where}", values).fetchone()
            return None if found is None or found[0] is None else datetime.fromtimestamp(found[0], UTC)

    def first(self) -> datetime | None:
        """Return since when it is kept how views were watched."""
        with self._opened() as db:
            (cell,) = db.execute("SELECT min(cell) FROM watch").fetchone()
            return None if cell is None else datetime.fromtimestamp(cell * CELL_S, UTC)

    def blind(self, since: datetime, until: datetime, cameras: Sequence[str]) -> list[BlindRun]:
        """Return the blind stretches of some cameras that touch an interval, oldest first."""
        with self._opened() as db:
            marks = ",".join("?" * len(cameras))
            asked = f"SELECT * FROM blind WHERE camera IN ({marks}) AND ends >= ? AND begins <= ? ORDER BY begins LIMIT 1000"
            rows = db.execute(asked, (*cameras, since.timestamp(), until.timestamp()))
            return [BlindRun(c, datetime.fromtimestamp(a, UTC), datetime.fromtimestamp(b, UTC), cause) for c, a, b, cause in rows]

    def judgements(self) -> list[Judgement]:
        """Return what people said of alarms, oldest first."""
        with self._opened() as db:
            return [
                _JUDGEMENT.validate_json(body) for (body,) in db.execute("SELECT body FROM judgement ORDER BY raised LIMIT ?", (MOST_ROWS,))
            ]

    def proposed(self) -> dict[str, datetime]:
        """Return what was proposed and when."""
        with self._opened() as db:
            return {key: datetime.fromtimestamp(at, UTC) for key, at in db.execute("SELECT key, at FROM proposed")}

    @contextmanager
    def _opened(self) -> Iterator[sqlite3.Connection]:
        late = time.monotonic() + READ_S
        with told(self.path, "read the kept sightings"):
            name = f"{self.path.absolute().as_uri()}?mode=ro" if self.path.exists() else ":memory:"
            with closing(sqlite3.connect(name, timeout=2.0, uri=True, isolation_level=None)) as db:
                if not self.path.exists():
                    db.executescript(_FORM)
                db.set_progress_handler(lambda: time.monotonic() > late, 10_000)
                yield db


def _row(v: Visit) -> tuple[object, ...]:
    return (
        v.key, v.camera_id, v.last_seen_at.timestamp(), v.pan_deg, v.tilt_deg, v.lat_wgs84, v.lon_wgs84, v.doubt_m, v.zone_id, v.alarm_id,
        v.display_id, v.notable and not v.test, v.test, _VISIT.dump_json(v).decode(),
    )  # fmt: skip


def _visit(db: sqlite3.Connection, number: int) -> Visit:
    (body,) = db.execute("SELECT body FROM visit WHERE no = ?", (number,)).fetchone()
    try:
        return _VISIT.validate_json(body)
    except ValidationError as fault:
        raise sqlite3.DatabaseError(f"row {number}: {fault.errors()[0]['msg']}") from fault


def _add_cell(db: sqlite3.Connection, cell: WatchCell) -> None:
    key = (cell.camera_id, cell.view_id, int(cell.begins_at.timestamp() // CELL_S))
    watched, last, blind = cell.watched_s, cell.last_at.timestamp() if cell.last_at else None, dict(cell.blind_s)
    if before := db.execute("SELECT watched_s, last, blind FROM watch WHERE camera = ? AND view = ? AND cell = ?", key).fetchone():
        watched += before[0]
        last = max((at for at in (last, before[1]) if at is not None), default=None)
        for cause, seconds in json.loads(before[2]).items():
            blind[cause] = blind.get(cause, 0.0) + seconds
    rounded = json.dumps({cause: round(seconds, 1) for cause, seconds in blind.items()})
    db.execute("INSERT OR REPLACE INTO watch VALUES (?,?,?,?,?,?)", (*key, round(watched, 1), last, rounded))


def _cell(row: tuple[str, str, int, float, float | None, str]) -> WatchCell:
    camera, view, cell, watched, last, blind = row
    begins, seen = datetime.fromtimestamp(cell * CELL_S, UTC), None if last is None else datetime.fromtimestamp(last, UTC)
    return WatchCell(camera, view, begins, watched, seen, tuple(json.loads(blind).items()))

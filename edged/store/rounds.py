"""Temperature rounds over a year: a file of its own beside the journal, one row a measurement, thinned to hourly means after a month.

It is no record of decisions: a damaged file is set aside and begun anew, a full disk costs the newest rows and nothing else, and no age is
taken from a clock that is not trusted. Called from one thread at a time; never from the loop.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from edged.model.errors import StoreGarbled
from edged.model.instant import Instant
from edged.model.rounds import SpotMeasure
from edged.store.faults import told
from edged.store.retention import used_bytes
from edged.store.schema import opened, transaction
from edged.store.settings import StoreSettings

FORM = 1
TABLES = """
CREATE TABLE measure (
    no INTEGER PRIMARY KEY, spot TEXT NOT NULL, at_s REAL NOT NULL, trusted INTEGER NOT NULL, span_s INTEGER NOT NULL DEFAULT 0,
    count INTEGER NOT NULL DEFAULT 1, kind TEXT NOT NULL, valid INTEGER NOT NULL, px INTEGER NOT NULL, median REAL, high REAL,
    high_most REAL, object_median_c REAL, object_high_c REAL, cause TEXT, camera_id TEXT NOT NULL, view_id TEXT NOT NULL,
    UNIQUE (spot, at_s, span_s));
CREATE INDEX measure_at ON measure (at_s);
"""
BATCH = 5000
"""Rows freed in one call."""
LOW_WATER = 0.9
DAY_S, HOUR_S = 86_400.0, 3600
VALUES = "at_s, span_s, count, kind, valid, px, median, high, high_most, object_median_c, object_high_c, cause, camera_id, view_id"


@dataclass(frozen=True, slots=True)
class Kept:
    """One row: a measurement, or with `span_s` the mean of so many (`count`); `high_most` is the hottest of them."""

    at_s: float
    span_s: int
    count: int
    kind: str
    valid: bool
    px: int
    median: float | None
    high: float | None
    high_most: float | None
    object_median_c: float | None
    object_high_c: float | None
    cause: str | None
    camera_id: str
    view_id: str


class RoundStore:
    """The file. Every method raises StoreUnreachable, StoreRefused or StoreGarbled and then has changed nothing."""

    def __init__(self, path: Path, settings: StoreSettings, connection: sqlite3.Connection, *, set_aside: Path | None = None) -> None:
        self.path, self.set_aside = path, set_aside
        self._settings, self._connection = settings, connection

    @classmethod
    def open(cls, path: Path, settings: StoreSettings) -> RoundStore:
        """Open the file or begin one; a damaged one, or one of another form, is set aside under `.damaged`."""
        try:
            return cls(path, settings, _opened(path, settings))
        except StoreGarbled:
            aside = path.with_name(f"{path.name}.damaged")
            with told(path, "open the rounds"):
                path.replace(aside)
                for end in ("-wal", "-shm"):
                    path.with_name(path.name + end).unlink(missing_ok=True)
            return cls(path, settings, _opened(path, settings), set_aside=aside)

    def close(self) -> None:
        """Close the file."""
        with suppress(sqlite3.Error):
            self._connection.close()

    def add(self, measures: Sequence[SpotMeasure], trusted: bool) -> None:
        """Write one visit; what is there already stays as it is."""
        rows = [
            (
                m.name, m.at.timestamp(), trusted, m.kind, m.valid, m.px, m.median, m.high, m.high, m.object_median_c, m.object_high_c,
                m.cause, m.camera_id, m.view_id,
            )
            for m in measures
        ]  # fmt: skip
        with told(self.path, "write the rounds"), transaction(self._connection):
            self._connection.executemany(
                "INSERT OR IGNORE INTO measure (spot, at_s, trusted, kind, valid, px, median, high, high_most, object_median_c, "
                "object_high_c, cause, camera_id, view_id) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
                rows,
            )

    def read(self, spot: str, since_s: float, most: int = 2000) -> list[Kept]:
        """Return a spot's rows since a time, oldest first; over `most` each n-th is left out, the newest never."""
        with told(self.path, "read the rounds"):
            (count,) = self._connection.execute("SELECT count(*) FROM measure WHERE spot = ? AND at_s >= ?", (spot, since_s)).fetchone()
            rows = self._connection.execute(f"SELECT {VALUES} FROM measure WHERE spot = ? AND at_s >= ? ORDER BY at_s", (spot, since_s))
            step = max(1, -(-count // max(most, 1)))
            return [Kept(*row) for number, row in enumerate(rows) if (count - 1 - number) % step == 0]

    def means(self, spot: str, since_s: float, until_s: float, bin_s: float) -> tuple[tuple[float, float], ...]:
        """Return (middle time, mean) of a spot's valid temperatures in bins, oldest first: what its slopes are judged by."""
        with told(self.path, "read the rounds"):
            rows = self._connection.execute(
                "SELECT avg(at_s), sum(coalesce(object_high_c, high) * count) / sum(count) FROM measure "
                "WHERE spot = ? AND at_s >= ? AND at_s <= ? AND valid AND trusted AND cause IS NULL GROUP BY cast(at_s / ? AS INTEGER) "
                "ORDER BY 1",
                (spot, since_s, until_s, bin_s),
            ).fetchall()
        return tuple((at_s, value) for at_s, value in rows if value is not None)

    def free(self, now: Instant) -> bool:
        """Thin what is older than a month to hourly means, let go what is over a year or over the limit. Returns whether more is left."""
        with told(self.path, "free old rounds"), transaction(self._connection):
            freed = self._thin(now) + self._let_go(now) if now.trusted else 0
            return freed + self._shrink() >= BATCH

    def _thin(self, now: Instant) -> int:
        """Join whole hours; visits that had no number are counted by none and go."""
        until_s = (now.utc.timestamp() - self._settings.rounds_raw_days * DAY_S) // HOUR_S * HOUR_S
        old = self._connection.execute(
            "SELECT DISTINCT spot, cast(at_s / ? AS INTEGER) FROM measure WHERE span_s = 0 AND at_s < ? LIMIT ?",
            (HOUR_S, until_s, BATCH // 10),
        ).fetchall()
        freed = 0
        for spot, hour in old:
            bounds = (spot, hour * HOUR_S, (hour + 1) * HOUR_S)
            means = self._connection.execute(
                "SELECT avg(at_s), min(trusted), count(*), kind, min(valid), avg(px), avg(median), avg(high), max(high_most), "
                "avg(object_median_c), avg(object_high_c), max(camera_id), max(view_id) FROM measure "
                "WHERE spot = ? AND at_s >= ? AND at_s < ? AND span_s = 0 AND cause IS NULL GROUP BY kind ORDER BY count(*) DESC LIMIT 1",
                bounds,
            ).fetchone()
            freed += self._connection.execute(
                "DELETE FROM measure WHERE spot = ? AND at_s >= ? AND at_s < ? AND span_s = 0", bounds
            ).rowcount
            if means is not None:
                self._connection.execute(
                    "INSERT OR IGNORE INTO measure (spot, at_s, trusted, span_s, count, kind, valid, px, median, high, high_most, "
                    f"object_median_c, object_high_c, camera_id, view_id) VALUES (?, ?, ?, {HOUR_S}, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                    (spot, *means[:5], round(means[5]), *means[6:]),
                )
        return freed

    def _let_go(self, now: Instant) -> int:
        cut = now.utc.timestamp() - self._settings.rounds_days * DAY_S
        return self._freed("SELECT no FROM measure WHERE at_s < ? LIMIT ?", (cut, BATCH))

    def _shrink(self) -> int:
        limit = self._settings.rounds_mb * 1_000_000
        used = used_bytes(self._connection)
        if used <= limit:
            return 0
        (rows,) = self._connection.execute("SELECT count(*) FROM measure").fetchone()
        wanted = max(1, min(BATCH, int((used - LOW_WATER * limit) / max(1.0, used / max(1, rows)))))
        return self._freed("SELECT no FROM measure ORDER BY at_s LIMIT ?", (wanted,))

    def _freed(self, which: str, values: tuple[float, ...]) -> int:
        return self._connection.execute(f"DELETE FROM measure WHERE no IN ({which})", values).rowcount


def _opened(path: Path, settings: StoreSettings) -> sqlite3.Connection:
    with told(path, "open the rounds"):
        connection = opened(path, settings.busy_timeout_s)
        done = False
        try:
            connection.execute("PRAGMA synchronous=NORMAL").close()
            (version,) = connection.execute("PRAGMA user_version").fetchone()
            (tables,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
            if version == 0 and not tables:
                connection.executescript(f"BEGIN IMMEDIATE; {TABLES} PRAGMA user_version={FORM}; COMMIT;")
                path.chmod(0o640)
            elif version != FORM or connection.execute("PRAGMA quick_check(1)").fetchone()[0] != "ok":
                raise StoreGarbled(f"{path}: not the rounds of this edged: it is set aside", zh=f"{path}：不是本版本的测温记录：已另存")
            done = True
            return connection
        finally:
            if not done:
                connection.close()

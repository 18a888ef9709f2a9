"""The journal's tables, the way a connection is opened, and the steps from an older form to the present one."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from edged.model.errors import StoreGarbled, StoreRefused
from edged.store.faults import of_os, of_sqlite

APPLICATION_ID = 0x65644A31
"""`edJ1` in the file's header: this database is a journal of edged."""

STEPS: tuple[str, ...] = (
    """
    CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
    CREATE TABLE head (lane TEXT PRIMARY KEY, epoch TEXT NOT NULL, sequence INTEGER NOT NULL, digest TEXT NOT NULL) WITHOUT ROWID;
    CREATE TABLE epoch (
        lane TEXT NOT NULL, ordinal INTEGER NOT NULL, name TEXT NOT NULL, last_sequence INTEGER, last_digest TEXT,
        PRIMARY KEY (lane, ordinal), UNIQUE (lane, name)) WITHOUT ROWID;
    CREATE TABLE event (
        no INTEGER PRIMARY KEY, lane TEXT NOT NULL, epoch TEXT NOT NULL, sequence INTEGER NOT NULL, row_id TEXT NOT NULL UNIQUE,
        kind TEXT NOT NULL, alarm_id TEXT, committed_at TEXT NOT NULL, trusted INTEGER NOT NULL,
        payload BLOB NOT NULL, digest TEXT NOT NULL,
        UNIQUE (lane, epoch, sequence));
    CREATE INDEX event_kind ON event (lane, kind, no);
    CREATE INDEX event_alarm ON event (alarm_id, no) WHERE alarm_id IS NOT NULL;
    CREATE TABLE alarm (
        alarm_id TEXT PRIMARY KEY, lane TEXT NOT NULL, open INTEGER NOT NULL, last_no INTEGER NOT NULL) WITHOUT ROWID;
    CREATE INDEX alarm_last ON alarm (lane, open, last_no);
    CREATE TABLE freed (
        lane TEXT NOT NULL, epoch TEXT NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL, digest TEXT NOT NULL,
        PRIMARY KEY (lane, epoch, first)) WITHOUT ROWID;
    CREATE TABLE delivery (
        consumer TEXT NOT NULL, lane TEXT NOT NULL, epoch TEXT NOT NULL, sequence INTEGER NOT NULL, at TEXT NOT NULL,
        PRIMARY KEY (consumer, lane)) WITHOUT ROWID;
    CREATE TABLE tell (
        tell_id TEXT PRIMARY KEY, no INTEGER NOT NULL, path TEXT NOT NULL, severity INTEGER NOT NULL, payload BLOB NOT NULL,
        boot TEXT NOT NULL, made_mono_s REAL NOT NULL, lifetime_s REAL NOT NULL, deadline TEXT NOT NULL,
        state TEXT NOT NULL DEFAULT 'open', detail TEXT NOT NULL DEFAULT '', done_at TEXT) WITHOUT ROWID;
    CREATE INDEX tell_open ON tell (path) WHERE state = 'open';
    CREATE TABLE report (
        tell_id TEXT NOT NULL, report_id TEXT NOT NULL, result TEXT NOT NULL, detail TEXT NOT NULL, radio TEXT, at TEXT NOT NULL,
        PRIMARY KEY (tell_id, report_id)) WITHOUT ROWID;
    CREATE TABLE probe (one INTEGER PRIMARY KEY CHECK (one = 1), times INTEGER NOT NULL);
    INSERT INTO probe VALUES (1, 0);
    """,
)
"""One script a schema version. A new version appends a script and never edits one that has been in service."""


def opened(path: Path, busy_timeout_s: float) -> sqlite3.Connection:
    """Return the writer's connection, durable at each commit (WAL, synchronous=FULL). Raises sqlite3.Error."""
    connection = sqlite3.connect(path, timeout=busy_timeout_s, isolation_level=None, check_same_thread=False)
    try:
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",
            "wal_autocheckpoint=500",
            "foreign_keys=ON",
            "temp_store=MEMORY",
            "cell_size_check=ON",
        ):
            connection.execute(f"PRAGMA {pragma}").close()
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def opened_for_reading(path: Path, busy_timeout_s: float = 5.0) -> sqlite3.Connection:
    """Return a connection that cannot write.

    A reader without write permission sees a live journal through its WAL files; after a clean stop these are gone and SQLite would
    want to make them, so the file is then read as immutable. Raises StoreUnreachable, StoreRefused, StoreGarbled.
    """
    doing = "open for reading"
    try:
        with path.open("rb"):
            pass
    except OSError as fault:
        raise of_os(path, doing, fault) from fault
    wal = path.with_name(path.name + "-wal")
    last: sqlite3.Error | None = None
    for options in ("mode=ro", "mode=ro&immutable=1"):
        if last is not None and wal.exists() and wal.stat().st_size:
            break
        connection = sqlite3.connect(
            f"{path.absolute().as_uri()}?{options}", uri=True, timeout=busy_timeout_s, isolation_level=None, check_same_thread=False
        )
        try:
            connection.execute("PRAGMA query_only=ON").close()
            connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
            return connection
        except sqlite3.Error as fault:
            connection.close()
            last = fault
    assert last is not None
    raise of_sqlite(path, doing, last) from last


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """Commit the block as a whole or leave no trace of it."""
    connection.execute("BEGIN IMMEDIATE")
    done = False
    try:
        yield
        connection.execute("COMMIT")
        done = True
    finally:
        if not done and connection.in_transaction:
            connection.execute("ROLLBACK")


def version_of(connection: sqlite3.Connection, path: Path) -> int:
    """Return the file's schema version, 0 for an empty file. Raises StoreGarbled when it is no journal of ours."""
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    (tables,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    if (application != APPLICATION_ID or version == 0) and tables:
        raise StoreGarbled(f"{path}: this is a database, but not a journal of edged", zh=f"{path}：这是数据库文件，但不是 edged 的日志库")
    return int(version)


def migrate(connection: sqlite3.Connection, path: Path, steps: tuple[str, ...] = STEPS) -> int:
    """Bring the file to the present schema, one transaction a step. Returns the version it had. Raises StoreRefused for a newer one."""
    version = version_of(connection, path)
    if version > len(steps):
        raise StoreRefused(
            f"{path}: written by a newer edged (schema {version}, this one knows {len(steps)}): install that version again, "
            f"or move the file away to begin a new epoch",
            zh=f"{path}：由更新版本的 edged 写入（模式 {version}，本版本支持到 {len(steps)}）：请重新安装该版本，或移走该文件以开始新纪元",
        )
    for number in range(version, len(steps)):
        with transaction(connection):
            for statement in steps[number].split(";"):
                if statement.strip():
                    connection.execute(statement)
            connection.execute(f"PRAGMA application_id={APPLICATION_ID}").close()
            connection.execute(f"PRAGMA user_version={number + 1}").close()
    return version


def reserve(connection: sqlite3.Connection, wanted_bytes: int) -> None:
    """Keep free pages in the file and room in its WAL, so that rows still fit when the disk is full. Raises sqlite3.Error when it is."""
    (page,) = connection.execute("PRAGMA page_size").fetchone()
    (free,) = connection.execute("PRAGMA freelist_count").fetchone()
    missing = wanted_bytes - free * page
    if missing > page:
        with transaction(connection):
            connection.execute("CREATE TABLE ballast (room BLOB)")
            connection.execute("INSERT INTO ballast VALUES (zeroblob(?))", (missing,))
            connection.execute("DROP TABLE ballast")


def sync_folder(folder: Path) -> None:
    """Make renames and new files of a folder durable. Raises OSError."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

"""Texts that somebody must get: each stays open until it was handed over, failed or is too late, across restarts."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Literal

from edged.model.errors import StoreGarbled
from edged.model.instant import Instant
from edged.model.journal import Tell, TellPath
from edged.store.form import TELL, canonical, tell_of

TellResult = Literal["sent", "delivered", "read", "failed", "expired"]
_RANK: dict[str, int] = {"open": 0, "expired": 1, "failed": 1, "sent": 2, "delivered": 3, "read": 4}
"""A report moves a tell upwards only: a late `failed` of one radio does not undo `read` by another."""


@dataclass(frozen=True, slots=True)
class Report:
    """What became of a tell, as once reported."""

    tell_id: str
    report_id: str
    result: TellResult
    detail: str
    radio: str | None
    at: datetime


@cache
def boot() -> str:
    """Return the kernel's id of this run of the machine: monotonic seconds compare only within one."""
    path = Path("/proc/sys/kernel/random/boot_id")
    return path.read_text().strip() if path.exists() else ""


def write(connection: sqlite3.Connection, tells: Sequence[Tell], no: int, now: Instant) -> None:
    """Add the tells that are not yet there. To be called in the transaction of the rows that caused them. Raises StoreGarbled."""
    for tell in tells:
        payload = canonical(TELL, tell)
        old = connection.execute("SELECT payload FROM tell WHERE tell_id = ?", (tell.tell_id,)).fetchone()
        if old is not None:
            if old[0] != payload:
                raise StoreGarbled(f"tell {tell.tell_id} comes a second time with another content: nothing was written")
            continue
        connection.execute(
            "INSERT INTO tell (tell_id, no, path, severity, payload, boot, made_mono_s, lifetime_s, deadline) VALUES (?,?,?,?,?,?,?,?,?)",
            (tell.tell_id, no, tell.path, tell.severity_level, payload, boot(), now.mono_s,
             (tell.deadline - tell.made_at).total_seconds(), tell.deadline.isoformat()),
        )  # fmt: skip


def still_open(connection: sqlite3.Connection, path: TellPath, now: datetime) -> list[Tell]:
    """Return the open tells of a path: those in time first, severest first, then the newest; those past `now` last."""
    found = [tell_of(payload, tell_id) for tell_id, payload in connection.execute(
        "SELECT tell_id, payload FROM tell WHERE state = 'open' AND path = ?", (path,))]  # fmt: skip
    return sorted(found, key=lambda tell: (tell.deadline < now, tell.severity_level, -tell.made_at.timestamp(), tell.tell_id))


def overdue(connection: sqlite3.Connection, now: Instant) -> list[str]:
    """Return the open tells that are too late. In the run of the machine that made them the monotonic clock decides, so that a step
    of the wall clock ends none; after a reboot the wall clock must."""
    late = []
    for tell_id, run, made_mono_s, lifetime_s, deadline in connection.execute(
        "SELECT tell_id, boot, made_mono_s, lifetime_s, deadline FROM tell WHERE state = 'open'"
    ):
        same_run = run == boot() and now.mono_s >= made_mono_s
        if now.mono_s - made_mono_s > lifetime_s if same_run else now.utc > datetime.fromisoformat(deadline):
            late.append(tell_id)
    return late


def done(
    connection: sqlite3.Connection, tell_id: str, result: TellResult, detail: str, at: datetime, radio: str | None, report_id: str | None
) -> bool:
    """Keep a report and end the tell. Returns False for a report that was there already. Raises StoreGarbled for an unknown tell."""
    state = connection.execute("SELECT state FROM tell WHERE tell_id = ?", (tell_id,)).fetchone()
    if state is None:
        raise StoreGarbled(
            f"report {result!r} for tell {tell_id!r}: no such tell: the gateway must return the reference that it was given",
            zh=f"针对文本 {tell_id!r} 的回执 {result!r}：没有该文本，网关须原样返回所给的引用号",
        )
    new = connection.execute(
        "INSERT OR IGNORE INTO report VALUES (?, ?, ?, ?, ?, ?)",
        (tell_id, report_id or f"{result}:{radio or ''}", result, detail, radio, at.isoformat()),
    )
    if new.rowcount and _RANK[result] > _RANK[state[0]]:
        connection.execute(
            "UPDATE tell SET state = ?, detail = ?, done_at = ? WHERE tell_id = ?", (result, detail, at.isoformat(), tell_id)
        )
    return bool(new.rowcount)


def reports(connection: sqlite3.Connection, tell_id: str) -> list[Report]:
    """Return all that was reported of a tell, oldest first."""
    found = connection.execute("SELECT * FROM report WHERE tell_id = ? ORDER BY at, report_id", (tell_id,))
    return [Report(t, i, result, detail, radio, datetime.fromisoformat(at)) for t, i, result, detail, radio, at in found]

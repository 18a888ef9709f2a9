"""Cursors: how far each consumer has got. They move forward only, and only to rows that exist."""

from __future__ import annotations

import sqlite3

from edged.model.errors import StoreGarbled
from edged.model.instant import Instant
from edged.model.journal import Lane
from edged.store.mark import Head

MAX_CONSUMERS = 1000
MAX_NAME = 64


class CursorAhead(StoreGarbled):
    """A consumer has read further than this journal goes: either it is wrong, or this journal is an older copy of one it knew."""

    def __init__(self, consumer: str, lane: Lane, epoch: str, sequence: int, newest: int) -> None:
        super().__init__(
            f"consumer {consumer}: cursor {lane}/{epoch}/{sequence} lies beyond the newest row {newest}: if this journal was restored "
            f"from a copy, a new epoch must begin; otherwise correct the consumer",
            zh=f"接收方 {consumer}：游标 {lane}/{epoch}/{sequence} 超出最新记录 {newest}："
            "若日志库由旧副本恢复，须开始新纪元；否则请检查接收方",
        )
        self.lane, self.epoch, self.sequence = lane, epoch, sequence


def cursor(connection: sqlite3.Connection, consumer: str, lane: Lane) -> tuple[str, int] | None:
    """Return (epoch, sequence) of the newest row that the consumer has passed; None if it never said."""
    found = connection.execute("SELECT epoch, sequence FROM delivery WHERE consumer = ? AND lane = ?", (consumer, lane)).fetchone()
    return None if found is None else (found[0], found[1])


def advance(connection: sqlite3.Connection, consumer: str, lane: Lane, position: tuple[str, int], head: Head, now: Instant) -> bool:
    """Move a cursor forward; False when it stands there or further already. Raises StoreGarbled."""
    epoch, sequence = position
    if not 0 < len(consumer) <= MAX_NAME or not consumer.isprintable():
        raise StoreGarbled(f"consumer {consumer[:80]!r}: a name has 1 to {MAX_NAME} printable characters")
    found = connection.execute("SELECT ordinal, last_sequence FROM epoch WHERE lane = ? AND name = ?", (lane, epoch)).fetchone()
    if found is None:
        raise StoreGarbled(
            f"consumer {consumer}: cursor names epoch {epoch[:80]!r}, which this journal never had (it is in {head.epoch}): "
            f"the consumer must ask for a replay",
            zh=f"接收方 {consumer}：游标中的纪元 {epoch[:80]!r} 不存在（当前为 {head.epoch}）：接收方须请求重放",
        )
    ordinal, last = found
    newest = head.sequence if epoch == head.epoch else last
    if sequence < 0 or sequence > newest:
        raise CursorAhead(consumer, lane, epoch, sequence, newest)
    before = cursor(connection, consumer, lane)
    if before is None:
        (count,) = connection.execute("SELECT count(*) FROM delivery").fetchone()
        if count >= 2 * MAX_CONSUMERS:
            raise StoreGarbled(f"consumer {consumer}: this journal has {MAX_CONSUMERS} consumers already: remove some from the broker")
    else:
        (old,) = connection.execute("SELECT ordinal FROM epoch WHERE lane = ? AND name = ?", (lane, before[0])).fetchone()
        if (old, before[1]) >= (ordinal, sequence):
            return False
    connection.execute(
        "INSERT INTO delivery VALUES (?, ?, ?, ?, ?) ON CONFLICT (consumer, lane) DO UPDATE SET "
        "epoch = excluded.epoch, sequence = excluded.sequence, at = excluded.at",
        (consumer, lane, epoch, sequence, now.utc.isoformat()),
    )
    return True


def passed_by_all(connection: sqlite3.Connection, consumers: tuple[str, ...], lane: Lane) -> tuple[int, int]:
    """Return (epoch ordinal, sequence) up to which every named consumer has passed; everything when none is named."""
    least = (2**62, 2**62)
    for name in consumers:
        found = connection.execute(
            "SELECT e.ordinal, d.sequence FROM delivery d JOIN epoch e ON e.lane = d.lane AND e.name = d.epoch "
            "WHERE d.consumer = ? AND d.lane = ?",
            (name, lane),
        ).fetchone()
        least = min(least, (0, 0) if found is None else (found[0], found[1]))
    return least

"""Rows of the journal, before and after they have a number."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from edged.model.alarm import Alarm

Lane = Literal["real", "test"]
"""Tests live apart: a sequence, a digest chain and topics of their own."""

RowTopic = Literal["fire", "camera", "system", "analytics"]

RowKind = Literal[
    "alarm", "notice", "sight", "health", "armed", "shelved", "permit", "watch", "maintenance", "verb", "answered", "report",
    "epoch", "freed", "config", "weather", "hazard",
]  # fmt: skip


ANNOUNCING: frozenset[str] = frozenset({"raised", "pre_alarm", "active", "grown", "new_zone", "second_source", "confirmed", "no_arrival"})
"""Changes of an alarm by which people are told anew (CAP `Alert`); every other one is an `Update`, the end a `Cancel`."""


@dataclass(frozen=True, slots=True)
class Row:
    """One transition. The fold of a journal's rows by `core.step.restore` is the state after a restart.

    `row_id` is a ULID and the CloudEvents id upstream. `change` names the transition (`raised`, `active`, `released`, `not_seen`,
    `acknowledged`, `cleared`, `superseded`, …). `alarm` is the whole alarm after it, for `kind` = `alarm`.
    `cause_id` is the command or report that caused it. `publish` is false for rows that only the fold needs.
    """

    row_id: str
    lane: Lane
    topic: RowTopic
    kind: RowKind
    change: str
    at: datetime
    trusted: bool
    severity_level: Literal[1, 2, 3, 4]
    alarm: Alarm | None = None
    data: dict[str, Any] = field(default_factory=dict)
    actor: str | None = None
    cause_id: str | None = None
    publish: bool = True


@dataclass(frozen=True, slots=True)
class Entry:
    """A committed Row: contiguous `sequence` within (`epoch`, lane), and the digest chained over all rows before it."""

    sequence: int
    epoch: str
    digest: str
    row: Row


TellPath = Literal["gateway", "serial", "duty", "siren"]


@dataclass(frozen=True, slots=True)
class Address:
    """A radio address as the network's owner writes it. `kind` decides whether receipts are possible (individual only)."""

    kind: Literal["group", "individual"]
    id: str


@dataclass(frozen=True, slots=True)
class Tell:
    """A text that somebody must get. Written in the transaction of the transition that caused it; outputs read only these.

    `tell_id` is the reference that goes with every send and comes back in reports. Past `deadline` it is not sent late.
    `repeat` 0 is the first telling.
    """

    tell_id: str
    alarm_ids: tuple[str, ...]
    lane: Lane
    path: TellPath
    to: tuple[Address, ...]
    text_s: str
    text_l: str
    made_at: datetime
    deadline: datetime
    severity_level: Literal[1, 2, 3, 4]
    repeat: int = 0

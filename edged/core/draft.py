"""One step in the making: the book and the live state that a handler changes, and the commands that it orders.

Lives for one call of `step` and never leaves it. Rows go through `book.apply` as they are written, so that handlers read what they wrote.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Literal

from edged.core import text
from edged.core.book import LEDGER, Book, Ledger, Told, apply
from edged.core.ids import ulid
from edged.core.live import Fire, Live, Watching
from edged.core.rules import Rules
from edged.model.alarm import Alarm
from edged.model.command import Append, Command, Reply, Telling
from edged.model.instant import Instant
from edged.model.journal import Address, Lane, Row, RowKind, RowTopic, Tell, TellPath
from edged.model.view import WatchPoint

Severity = Literal[1, 2, 3, 4]


class Draft:
    """The working copy of one step."""

    __slots__ = ("book", "due", "epoch", "fires", "generations", "live", "now", "out", "rules", "standing", "watch_sent", "watching")

    def __init__(self, rules: Rules, epoch: str, book: Book, live: Live, now: Instant) -> None:
        self.rules = rules
        self.epoch = epoch
        self.book = book
        self.live = live
        self.now = now
        self.out: list[Command] = []
        self.fires: dict[str, Fire] = dict(live.fires)
        self.generations: dict[str, int] = dict(live.generations)
        self.watching: dict[str, Watching] = dict(live.watching)
        self.due: dict[tuple[str, str], tuple[datetime, float]] = dict(live.due)
        self.watch_sent: dict[str, tuple[WatchPoint, ...]] = dict(live.watch_sent)
        self.standing: dict[tuple[str, int, int], float] = dict(live.standing)

    def settled(self) -> Live:
        """Return the live state after this step."""
        return replace(
            self.live,
            fires=self.fires,
            generations=self.generations,
            watching=self.watching,
            due=self.due,
            watch_sent=self.watch_sent,
            standing=self.standing,
        )

    def append(
        self,
        kind: RowKind,
        change: str,
        *,
        topic: RowTopic = "system",
        lane: Lane = "real",
        severity: Severity = 4,
        alarm: Alarm | None = None,
        data: Mapping[str, Any] | None = None,
        actor: str | None = None,
        cause_id: str | None = None,
        publish: bool = True,
    ) -> Row:
        """Write one row: apply it and order its commit. `data.exercise` marks every real row of a simulated station."""
        said = dict(data or {})
        if self.rules.simulated and lane == "real":
            said["exercise"] = True
        revision = 0 if alarm is None else alarm.revision
        subject = "" if alarm is None else alarm.alarm_id
        row = Row(
            row_id=ulid(self.now.utc, self.rules.station_id, self.epoch, self.book.count, kind, change, subject, revision),
            lane=lane,
            topic=topic,
            kind=kind,
            change=change,
            at=self.now.utc,
            trusted=self.now.trusted,
            severity_level=severity,
            alarm=alarm,
            data=said,
            actor=actor,
            cause_id=cause_id,
            publish=publish,
        )
        self.book = apply(self.book, row)
        self.out.append(Append(row))
        return row

    def tell(
        self,
        path: TellPath,
        to: Sequence[Address],
        said: tuple[str, str],
        *,
        alarm_ids: tuple[str, ...] = (),
        lane: Lane = "real",
        severity: Severity = 1,
        repeat: int = 0,
        deadline_s: float | None = None,
    ) -> Told:
        """Order one text. Returns what the ledger keeps of it."""
        tell_id = ulid(self.now.utc, self.rules.station_id, self.epoch, self.book.count, "tell", len(self.out), path, *alarm_ids)
        longest = self.rules.settings.tell_deadline_s if deadline_s is None else deadline_s
        self.out.append(
            Telling(
                Tell(
                    tell_id=tell_id,
                    alarm_ids=alarm_ids,
                    lane=lane,
                    path=path,
                    to=tuple(to),
                    text_s=said[0],
                    text_l=said[1],
                    made_at=self.now.utc,
                    deadline=self.now.utc + timedelta(seconds=longest),
                    severity_level=severity,
                    repeat=repeat,
                )
            )
        )
        return Told(tell_id, path, self.now.utc, tuple(f"{a.kind}:{a.id}" for a in to))

    def write(
        self,
        alarm: Alarm,
        change: str,
        *,
        ledger: Ledger | None = None,
        kind: text.Kind = "fire",
        actor: str | None = None,
        cause_id: str | None = None,
        **fields: Any,
    ) -> Alarm:
        """Write the next revision of an alarm with `fields` changed, its texts rendered anew. Returns it."""
        kept = ledger if ledger is not None else self.ledger(alarm.alarm_id)
        changed = replace(alarm, revision=alarm.revision + 1, updated_at=self.now.utc, **fields)
        slot = changed.slot if changed.slot is not None else alarm.slot
        said = self.say(changed, kind, slot)
        changed = replace(changed, radio_s=said[0], radio_l=said[1])
        data = {} if changed.state == "cleared" else {"ledger": LEDGER.dump_python(kept, mode="json")}
        lane: Lane = "test" if changed.test else "real"
        severity = 4 if changed.state == "cleared" else 1
        if changed.state in ("suspect", "pre_alarm"):
            severity = 3 if changed.state == "suspect" else 2
        self.append(
            "alarm",
            change,
            topic="fire",
            lane=lane,
            severity=severity,  # type: ignore[arg-type]
            alarm=changed,
            data=data,
            actor=actor,
            cause_id=cause_id,
        )
        return changed

    def say(self, alarm: Alarm, kind: text.Kind, slot: int | None) -> tuple[str, str]:
        """Return the short and the long text of an alarm."""
        permit = "permit" in alarm.evidence.reasons_against
        language = self.rules.language
        return text.short(alarm, kind, slot, language), text.long(alarm, kind, slot, language, self.rules.tz, permit)

    def ledger(self, alarm_id: str) -> Ledger:
        """Return what was announced of an alarm so far."""
        return self.book.ledgers.get(alarm_id) or Ledger()

    def reply(self, command_id: str, actor: str, accepted: bool, said: str, **data: Any) -> None:
        """Answer a person."""
        self.out.append(Reply(command_id, actor, accepted, said, data))

    def reached(self, alarm_id: str, what: str, label: datetime, longest_s: float) -> bool:
        """Tell whether a deadline passed. It is bound to the monotonic clock when first asked for, so no stepped wall clock delays it.

        `label` is the deadline as the journal shows it; after a restart the rest of it counts, at most `longest_s`.
        """
        kept = self.due.get((alarm_id, what))
        if kept is None or kept[0] != label:
            rest = min(max((label - self.now.utc).total_seconds(), 0.0), longest_s)
            kept = (label, self.now.mono_s + rest)
            self.due[alarm_id, what] = kept
        return self.now.mono_s >= kept[1] - 1e-6

"""The pump: nothing leaves before its row is on disk, a full disk loses nothing, and a poisoned event costs only itself."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from edged import pump as pump_module
from edged.core.rules import Rules
from edged.core.step import start
from edged.model.command import Command
from edged.model.errors import CommandRefused, StoreUnreachable
from edged.model.event import Event, Noticed, Tick, Verb
from edged.model.instant import Instant
from edged.model.journal import Entry, Row, Tell
from edged.model.site import Mount, SitePlan
from edged.pump import Pump

RULES = Rules.build("s-1", plan=SitePlan(mounts=(Mount("th-01", 29.6, 106.6, 30.0),)))


class Disk:
    """A journal in memory that can be full, and remembers what the world had been told at each commit."""

    def __init__(self) -> None:
        self.rows: list[Row] = []
        self.tells: list[Tell] = []
        self.full = False
        self.told: list[Command] = []
        self.told_at_commit: list[int] = []

    def append(self, rows: Sequence[Row], tells: Sequence[Tell] = ()) -> tuple[Entry, ...]:
        if self.full:
            raise StoreUnreachable("disk full")
        self.told_at_commit.append(len(self.told))
        self.rows += rows
        self.tells += tells
        return tuple(Entry(len(self.rows), "e", "d", row) for row in rows)

    def write(self, event: Event, now: Instant) -> None:
        self.events = [*getattr(self, "events", []), event]

    def flush(self) -> None:
        return


def clock() -> Instant:
    clock.at += 0.01  # type: ignore[attr-defined]
    return Instant(clock.at, datetime(2026, 11, 22, tzinfo=UTC) + timedelta(seconds=clock.at))  # type: ignore[attr-defined]


clock.at = 100.0  # type: ignore[attr-defined]


def verb(name: str, number: int, **args: Any) -> Verb:
    return Verb("raise", "chen", "shift_leader", "socket", f"command-{number}", args={"place": name, **args})


def played(disk: Disk, script: Any) -> None:
    async def run() -> None:
        with ThreadPoolExecutor(1) as thread:
            pump = Pump(start(RULES, "e"), disk, disk, clock, thread, disk.told.append, lambda _: None)
            task = asyncio.create_task(pump.run())
            await script(pump)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    asyncio.run(run())


def test_a_verb_is_answered_after_its_rows_are_on_disk() -> None:
    disk = Disk()

    async def script(pump: Pump) -> None:
        reply = await pump.ask(verb("试验位", 1))
        assert reply.accepted
        assert [row.change for row in disk.rows if row.alarm is not None]
        assert disk.told_at_commit[0] == 0

    played(disk, script)


def test_a_full_disk_delays_and_loses_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pump_module, "RETRY_S", 0.01)
    disk = Disk()
    disk.full = True

    async def script(pump: Pump) -> None:
        asked = asyncio.create_task(pump.ask(verb("试验位", 1)))
        while pump.failing is None:
            await asyncio.sleep(0)
        assert disk.rows == []
        assert disk.told == []
        disk.full = False
        assert (await asked).accepted
        assert pump.failing is None
        assert len({row.row_id for row in disk.rows}) == len(disk.rows) > 0

    played(disk, script)


def test_a_poisoned_event_costs_only_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    real = pump_module.step

    def step(state: Any, event: Event, now: Instant) -> Any:
        if isinstance(event, Noticed) and event.code == "poison":
            raise ZeroDivisionError("poison")
        return real(state, event, now)

    monkeypatch.setattr(pump_module, "step", step)
    disk = Disk()

    async def script(pump: Pump) -> None:
        pump.post(Tick())
        pump.post(Noticed("system", "poison", "", 4))
        assert (await pump.ask(verb("试验位", 1))).accepted
        await pump.ask(verb("另一处", 2))
        assert [row.change for row in disk.rows if row.kind == "notice"] == ["core_fault"]

    played(disk, script)


def test_a_verb_without_an_answer_in_time_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pump_module, "VERB_TIMEOUT_S", 0.05)
    monkeypatch.setattr(pump_module, "RETRY_S", 0.01)
    disk = Disk()
    disk.full = True

    async def script(pump: Pump) -> None:
        with pytest.raises(CommandRefused, match="edged status"):
            await pump.ask(verb("试验位", 1))

    played(disk, script)


def test_a_flood_drops_ticks_and_never_a_verb(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pump_module, "MOST_WAITING", 3)
    disk = Disk()

    async def script(pump: Pump) -> None:
        for _ in range(10):
            pump.post(Tick())
        assert pump.dropped == 7
        assert (await pump.ask(verb("试验位", 1))).accepted

    played(disk, script)

"""The pump: nothing leaves before its row is on disk, a full disk loses nothing, and a poisoned event costs only itself."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from edged import pump as pump_module
from edged.core.rules import Rules
from edged.core.step import start
from edged.model.command import Command
from edged.model.errors import CommandRefused, StoreGarbled, StoreUnreachable
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


def test_a_batch_that_a_stop_overtook_is_ended_and_nothing_is_raised_twice() -> None:
    disk, writing, go_on = Disk(), threading.Event(), threading.Event()
    append = disk.append

    def slow(rows: Sequence[Row], tells: Sequence[Tell] = ()) -> tuple[Entry, ...]:
        writing.set()
        assert go_on.wait(10.0)
        return append(rows, tells)

    disk.append = slow  # type: ignore[method-assign]

    async def run() -> None:
        with ThreadPoolExecutor(1) as thread:
            pump = Pump(start(RULES, "e"), disk, disk, clock, thread, disk.told.append, lambda _: None)
            task = asyncio.create_task(pump.run())
            pump.post(verb("试验位", 1))
            await asyncio.to_thread(writing.wait, 10.0)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            pump.post(verb("试验位", 1))
            go_on.set()
            await pump.drain()
            assert len(pump.state.book.alarms) == 1

    asyncio.run(run())
    assert len({row.alarm.alarm_id for row in disk.rows if row.alarm is not None}) == 1
    assert len(disk.told) >= 2


def test_an_order_that_cannot_be_carried_out_costs_only_itself() -> None:
    disk, committed = Disk(), list[Sequence[Entry]]()

    async def run() -> None:
        with ThreadPoolExecutor(1) as thread:

            def carry_out(command: Command) -> None:
                disk.told.append(command)
                raise ValueError("a message over 64 kB")

            pump = Pump(start(RULES, "e"), disk, disk, clock, thread, carry_out, committed.append)
            task = asyncio.create_task(pump.run())
            assert (await pump.ask(verb("试验位", 1))).accepted
            assert (await pump.ask(verb("另一处", 2))).accepted
            assert not task.done()
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    asyncio.run(run())
    assert len(committed) == 2


def test_events_of_a_refused_commit_are_taken_again() -> None:
    disk = Disk()
    append, faults = disk.append, [StoreGarbled("row 1 comes a second time with another content")]

    def once(rows: Sequence[Row], tells: Sequence[Tell] = ()) -> tuple[Entry, ...]:
        if faults:
            raise faults.pop()
        return append(rows, tells)

    disk.append = once  # type: ignore[method-assign]

    async def run() -> None:
        with ThreadPoolExecutor(1) as thread:
            pump = Pump(start(RULES, "e"), disk, disk, clock, thread, disk.told.append, lambda _: None)
            pump.post(verb("试验位", 1))
            with pytest.raises(StoreGarbled):
                await pump.drain()
            await pump.drain()
            assert len(pump.state.book.alarms) == 1

    asyncio.run(run())


def test_a_core_that_takes_no_tick_is_no_longer_advancing(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(state: Any, event: Event, now: Instant) -> Any:
        raise ZeroDivisionError("every step")

    disk = Disk()

    async def script(pump: Pump) -> None:
        began = pump.ticked_mono_s
        pump.post(Tick())
        await pump.drain()
        moved = pump.ticked_mono_s
        assert moved > began
        monkeypatch.setattr(pump_module, "step", broken)
        pump.post(Tick())
        await pump.drain()
        assert pump.ticked_mono_s == moved

    played(disk, script)


def test_two_people_may_use_the_same_command_id() -> None:
    disk = Disk()

    async def script(pump: Pump) -> None:
        mine = Verb("raise", "chen", "shift_leader", "socket", "1", args={"place": "试验位"})
        other = Verb("raise", "li", "viewer", "socket", "1", args={"place": "试验位"})
        one, two = await asyncio.gather(pump.ask(mine), pump.ask(other))
        assert (one.actor, one.accepted) == ("chen", True)
        assert (two.actor, two.accepted) == ("li", False)

    played(disk, script)


@pytest.mark.parametrize("fault", [StoreUnreachable("disk full"), ValueError("an event that is no JSON")])
def test_an_input_log_that_fails_costs_no_alarm(fault: Exception) -> None:
    disk = Disk()

    def broken(event: Event, now: Instant) -> None:
        raise fault

    disk.write = broken  # type: ignore[method-assign]

    async def script(pump: Pump) -> None:
        assert (await pump.ask(verb("试验位", 1))).accepted

    played(disk, script)
    assert [row.change for row in disk.rows if row.alarm is not None]

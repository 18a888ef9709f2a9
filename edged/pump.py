"""The one road from an event to the world: input log, step, journal, and only then whatever core ordered.

Events are taken in the order they came; those that wait together share one commit. A commit that fails is tried again with the same
rows until it succeeds, so that no decision is ever carried out that the journal does not hold; meanwhile nothing new is decided.
A batch that has begun is ended even when the pump is cancelled: its rows may be on disk, and a state without them would raise twice.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from typing import Protocol

from edged.clock import Clock
from edged.core.step import State, step
from edged.model.command import Append, Command, Reply, Telling
from edged.model.errors import CommandRefused, StoreError, StoreUnreachable
from edged.model.event import Event, Noticed, Tick, Verb, WatchedView
from edged.model.instant import Instant
from edged.model.journal import Entry, Row, Tell
from edged.supervise import guard

log = logging.getLogger("edged.pump")
MOST_WAITING = 20_000
MOST_TOGETHER = 64
VERB_TIMEOUT_S = 10.0
RETRY_S = 1.0
POISON_PAUSE_S = 60.0


class RowWriter(Protocol):
    """The journal as the pump needs it: one transaction, idempotent on row and tell ids."""

    def append(self, rows: Sequence[Row], tells: Sequence[Tell] = ()) -> tuple[Entry, ...]: ...


class EventLog(Protocol):
    """The input log as the pump needs it."""

    def write(self, event: Event, now: Instant) -> None: ...

    def flush(self) -> None: ...


class Pump:
    """Carries events through core.

    `carry_out` gets each command after the commit that holds its row; `committed` gets the entries of each commit. Both run in the loop
    and must not block; what they raise is logged and costs nothing else. `thread` is the journal's own single thread.
    `ticked_mono_s` is when core last took a tick whole and its rows were on disk: the watchdog's question.
    """

    def __init__(
        self,
        state: State,
        journal: RowWriter,
        events: EventLog,
        clock: Clock,
        thread: Executor,
        carry_out: Callable[[Command], None],
        committed: Callable[[Sequence[Entry]], None],
    ) -> None:
        self.state = state
        self.dropped = 0
        self.steps = 0
        self.failing: str | None = None
        self.ticked_mono_s = clock().mono_s
        self._journal, self._events, self._clock, self._thread = journal, events, clock, thread
        self._carry_out, self._committed = carry_out, committed
        self._waiting: deque[Event] = deque()
        self._wake = asyncio.Event()
        self._asked: dict[tuple[str, str], list[asyncio.Future[Reply]]] = {}
        self._loop = asyncio.get_running_loop()
        self._lock = asyncio.Lock()
        self._batching: asyncio.Task[None] | None = None
        self._poisoned_mono_s = float("-inf")

    def post(self, event: Event) -> None:
        """Queue an event from the loop's thread. Over the limit reports of watching and ticks are dropped, never a sighting or a verb."""
        if len(self._waiting) >= MOST_WAITING and isinstance(event, WatchedView | Tick):
            self.dropped += 1
            return
        self._waiting.append(event)
        self._wake.set()

    def post_from_thread(self, event: Event) -> None:
        """Queue an event from any other thread."""
        self._loop.call_soon_threadsafe(self.post, event)

    async def ask(self, verb: Verb) -> Reply:
        """Queue a verb and wait for core's answer. Raises CommandRefused when none came in time (it may still be carried out)."""
        future: asyncio.Future[Reply] = self._loop.create_future()
        asked = (verb.actor, verb.command_id)
        self._asked.setdefault(asked, []).append(future)
        self.post(verb)
        try:
            return await asyncio.wait_for(future, VERB_TIMEOUT_S)
        except TimeoutError as late:
            raise CommandRefused(
                f"no answer in {VERB_TIMEOUT_S:.0f} s: the journal may be stuck; look at `edged status` before you repeat {verb.verb}",
                zh=f"{VERB_TIMEOUT_S:.0f} 秒内无答复: 日志可能写不进去; 重发 {verb.verb} 前请先看 edged status",
            ) from late
        finally:
            waiting = self._asked.get(asked, [])
            if future in waiting:
                waiting.remove(future)
            if not waiting:
                self._asked.pop(asked, None)

    async def run(self) -> None:
        """Pump until cancelled."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            await self.drain()

    async def drain(self) -> None:
        """Carry all that waits, and what a cancelled run has begun. Raises StoreError that a repetition does not heal."""
        while self._waiting or self._batching is not None:
            if self._batching is None:
                events = [self._waiting.popleft() for _ in range(min(MOST_TOGETHER, len(self._waiting)))]
                self._batching = self._loop.create_task(self._batch(events), name="pump batch")
                self._batching.add_done_callback(self._batched)
            await asyncio.shield(self._batching)
            self._batching = None

    def _batched(self, batch: asyncio.Task[None]) -> None:
        if self._batching is batch and (batch.cancelled() or batch.exception() is not None):
            self._batching = None
            self._wake.set()

    async def replace_state(self, change: Callable[[State], State]) -> None:
        """Change the state between two batches (new rules after a reload)."""
        async with self._lock:
            self.state = change(self.state)

    async def _batch(self, events: list[Event]) -> None:
        async with self._lock:
            state, commands, stamped = self.state, list[Command](), list[tuple[Event, Instant]]()
            ticked_mono_s = self.ticked_mono_s
            for event in events:
                now = self._clock()
                stamped.append((event, now))
                with guard(f"core: {event.kind}", self._poisoned):
                    state, ordered = step(state, event, now)
                    commands += ordered
                    ticked_mono_s = now.mono_s if isinstance(event, Tick) else ticked_mono_s
            rows = [c.row for c in commands if isinstance(c, Append)]
            tells = [c.tell for c in commands if isinstance(c, Telling)]
            try:
                entries = await self._commit(stamped, rows, tells)
            except StoreError:
                self._waiting.extendleft(reversed(events))
                raise
            self.state, self.ticked_mono_s = state, ticked_mono_s
            self.steps += len(events)
        for command in commands:
            if isinstance(command, Reply):
                self._answer(command)
            if not isinstance(command, Append | Telling):
                with guard(f"carry out {command.kind}"):
                    self._carry_out(command)
        if entries or tells:
            with guard("after a commit"):
                self._committed(entries)

    def _poisoned(self, fault: BaseException) -> None:
        """An event that core cannot take costs that event; upstream is told, at most once a minute."""
        now = self._clock().mono_s
        if now - self._poisoned_mono_s >= POISON_PAUSE_S:
            self._poisoned_mono_s = now
            self.post(Noticed("system", "core_fault", f"core could not take an event: {type(fault).__name__}: {fault}; see the log", 1))

    async def _commit(self, stamped: list[tuple[Event, Instant]], rows: list[Row], tells: list[Tell]) -> tuple[Entry, ...]:
        while True:
            try:
                entries = await self._loop.run_in_executor(self._thread, self._write, stamped, rows, tells)
            except StoreUnreachable as fault:
                if self.failing is None:
                    log.error("journal: %s; nothing is decided until it can be written", fault)
                self.failing = str(fault)
                stamped = []
                await asyncio.sleep(RETRY_S)
                continue
            if self.failing is not None:
                log.warning("journal: written again, %d rows", len(rows))
                self.failing = None
            return entries

    def _write(self, stamped: list[tuple[Event, Instant]], rows: list[Row], tells: list[Tell]) -> tuple[Entry, ...]:
        with guard("input log: decisions of this time cannot be replayed, alarms are not affected"):
            for event, now in stamped:
                self._events.write(event, now)
            if rows or tells:
                self._events.flush()
        return self._journal.append(rows, tells) if rows or tells else ()

    def _answer(self, reply: Reply) -> None:
        for future in self._asked.get((reply.actor, reply.command_id), []):
            if not future.done():
                future.set_result(reply)

"""The owner of every retry, pause and restart inside control, and the only place that catches what nobody foresaw.

Loggers are named after the room: `logging.getLogger("edged.<room>")`. Known faults (`EdgedError`) are one line; unknown ones carry
their traceback.
"""

from __future__ import annotations

import asyncio
import functools
import inspect
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from types import TracebackType
from typing import Any, Literal, ParamSpec, TypeVar, cast

from edged.backoff import STEADY_S, Backoff, Budget
from edged.model.errors import CameraRefused, EdgedError, OutputRefused, StoreRefused

P = ParamSpec("P")
R = TypeVar("R")
Report = Callable[[BaseException], None]
log = logging.getLogger("edged.supervise")


class guard:
    """Keep an exception inside a callback or a foreign thread: log it, tell `report`, go on.

    Use as `with guard(name, report):` or as a decorator of a function or coroutine function (which then returns None on a fault).
    Cancellation, KeyboardInterrupt and SystemExit pass.
    """

    def __init__(self, name: str, report: Report | None = None) -> None:
        self.name = name
        self.report = report

    def __enter__(self) -> guard:
        return self

    def __exit__(self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None) -> bool:
        if not isinstance(fault, Exception):
            return False
        tell(self.name, fault)
        if self.report is not None:
            try:
                self.report(fault)
            except Exception as second:
                tell(f"{self.name}: report of the fault", second)
        return True

    def __call__(self, function: Callable[P, R]) -> Callable[P, R | None]:
        if inspect.iscoroutinefunction(function):

            @functools.wraps(function)
            async def awaited(*args: P.args, **kwargs: P.kwargs) -> Any:
                with self:
                    return await function(*args, **kwargs)
                return None

            return cast("Callable[P, R | None]", awaited)

        @functools.wraps(function)
        def called(*args: P.args, **kwargs: P.kwargs) -> R | None:
            with self:
                return function(*args, **kwargs)
            return None

        return called


def tell(name: str, fault: BaseException) -> None:
    """Log a fault once: a known one in one line, an unknown one with its traceback."""
    if isinstance(fault, EdgedError):
        log.warning("%s: %s", name, fault)
    else:
        log.error("%s: %s: %s", name, type(fault).__name__, fault, exc_info=fault)


TaskState = Literal["running", "waiting", "parked", "ended"]
OnState = Callable[[str, TaskState, str], None]
"""Called with (name, state, reason in words)."""


class Supervised:
    """One asyncio task that runs until it breaks, and is started again.

    `work` is a coroutine function without arguments; when it returns, it is done. A fault starts it again after a jittered pause; a
    `…Refused` waits the longest pause at once; over the budget it is parked and tried once an hour. With `vital` a fault over the
    budget is raised from `run`, so that the process ends and systemd starts it anew: only core, journal and MQTT are vital.
    """

    def __init__(
        self,
        name: str,
        work: Callable[[], Awaitable[None]],
        *,
        on_state: OnState | None = None,
        vital: bool = False,
        backoff: Backoff | None = None,
        budget: Budget | None = None,
    ) -> None:
        self.name = name
        self.state: TaskState = "waiting"
        self.restarts = 0
        self._work = work
        self._on_state = on_state
        self._vital = vital
        self._backoff = backoff or Backoff()
        self._budget = budget or Budget()
        self._wake = asyncio.Event()

    def retry(self) -> None:
        """Try again now, with a fresh budget: a person asked, or the settings changed."""
        self._backoff.good()
        self._budget.renew()
        self._wake.set()

    async def run(self) -> None:
        """Run the work until it returns or is cancelled. Raises the last fault of a vital task over its budget."""
        loop = asyncio.get_running_loop()
        while True:
            began = loop.time()
            self._set("running", "")
            try:
                await self._work()
            except Exception as fault:
                tell(self.name, fault)
                if loop.time() - began >= STEADY_S:
                    self._backoff.good()
                await self._pause(fault, loop.time())
                self.restarts += 1
            else:
                self._set("ended", "")
                return

    async def _pause(self, fault: Exception, now_s: float) -> None:
        if not self._budget.spend(now_s):
            if self._vital:
                self._set("parked", str(fault))
                raise fault
            self._set("parked", f"{fault} (tried {self._budget.limit} times; next try in {self._budget.parked_s / 60:.0f} min)")
            await self._sleep(self._budget.parked_s)
            self._budget.renew()
            return
        refused = isinstance(fault, CameraRefused | OutputRefused | StoreRefused)
        pause_s = self._backoff.longest() if refused else self._backoff.pause_s()
        self._set("waiting", f"{fault} (next try in {pause_s:.1f} s)")
        await self._sleep(pause_s)

    async def _sleep(self, pause_s: float) -> None:
        self._wake.clear()
        with suppress(TimeoutError):
            async with asyncio.timeout(pause_s):
                await self._wake.wait()

    def _set(self, state: TaskState, reason: str) -> None:
        if state == "parked":
            log.error("%s: parked: %s", self.name, reason)
        self.state = state
        if self._on_state is not None:
            with guard(f"{self.name}: on_state"):
                self._on_state(self.name, state, reason)

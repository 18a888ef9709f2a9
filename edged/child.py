"""A child process of control (eye, fleet, console, worker), kept alive by a supervised task.

A child that exits, sends garbage, sends no `Beat` for `quiet_s` (hung or stopped) or does not read what it is sent is replaced; control
never waits for it. Over the restart budget it is parked and tried once an hour. Secrets travel in the set-up message only: argv is
`python -m MODULE --fd N`, and the environment carries nothing of ours. A child ends by itself within 2 s of end-of-file.
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import socket
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Literal

from edged.backoff import Backoff, Budget
from edged.messages import Beat, ChildLog, Message, MessageGarbled, Stop, Unframer, encode
from edged.model.errors import EdgedError
from edged.supervise import Supervised, TaskState, guard

log = logging.getLogger("edged.child")

QUIET_S = 5.0
"""No `Beat` for so long: hung. A station whose eyes all stop says blind within 10 s."""
STARTING_S = 20.0
STOP_S = 2.0
TERM_S = 1.0
MOST_UNSENT = 1_048_576
_LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}
_OURS = ("NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID", "CREDENTIALS_DIRECTORY", "LISTEN_FDS", "LISTEN_PID")

ChildState = Literal["starting", "running", "lost", "parked", "stopped"]
OnChildState = Callable[[str, ChildState, str], None]
"""Called with (name, state, reason in words). `running` comes with the first Beat."""


class ChildLost(EdgedError):
    """A child ended or had to be ended."""


class Child:
    """One child and its successors.

    `module` is run as `python -m MODULE --fd N`. `setup` is asked for the first messages of each new process. `on_message` and
    `on_state` run in the loop, guarded; `ChildLog` goes to the logger `edged.<first word of name>` and is not handed on.
    """

    def __init__(
        self,
        name: str,
        module: str,
        setup: Callable[[], Sequence[Message]],
        on_message: Callable[[Message], None],
        on_state: OnChildState,
        *,
        nice: int = 0,
        quiet_s: float = QUIET_S,
        starting_s: float = STARTING_S,
        backoff: Backoff | None = None,
        budget: Budget | None = None,
    ) -> None:
        self.name = name
        self.state: ChildState = "stopped"
        self.pid: int | None = None
        self.beat: Beat | None = None
        self.started_mono_s: float | None = None
        self._module, self._setup, self._nice = module, setup, nice
        self._on_message, self._on_state = on_message, on_state
        self._quiet_s, self._starting_s = quiet_s, starting_s
        self._task = Supervised(name, self._live, on_state=self._task_state, backoff=backoff, budget=budget)
        self._writer: asyncio.StreamWriter | None = None
        self._ended_because = ""
        self._stopping = False
        self._log = logging.getLogger(f"edged.{name.split()[0]}")

    @property
    def restarts(self) -> int:
        """How often the child was replaced since the daemon started."""
        return self._task.restarts

    async def run(self) -> None:
        """Keep the child alive until cancelled or stopped; cancelling ends the process too."""
        await self._task.run()

    def send(self, message: Message) -> bool:
        """Queue a message without waiting. Returns whether there is a process to take it; one that does not read is replaced.

        Nothing follows the `Stop` of `stop`. Raises MessageGarbled over 64 kB.
        """
        writer = self._writer
        if writer is None or writer.transport.is_closing() or self._stopping:
            return False
        if writer.transport.get_write_buffer_size() > MOST_UNSENT:
            self.replace(f"it does not read: over {MOST_UNSENT} bytes unsent")
            return False
        writer.write(encode(message))
        return True

    def replace(self, reason: str) -> None:
        """End the present process; a new one is set up afresh. Wakes a parked child."""
        self._ended_because = reason
        if self._writer is not None:
            self._writer.transport.abort()
        else:
            self._task.retry()

    async def stop(self) -> None:
        """Ask the child to end and return; `run` returns when it has gone (2 s, then signals)."""
        if self._stopping:
            return
        self.send(Stop())
        self._stopping = True
        if self._writer is None:
            self._task.retry()
        elif not self._writer.transport.is_closing() and self._writer.can_write_eof():
            with suppress(OSError):
                self._writer.write_eof()

    async def _live(self) -> None:
        if self._stopping:
            return
        self._ended_because, self.beat = "", None
        ours, theirs = socket.socketpair()
        try:
            process = await self._spawn(theirs)
        except OSError as fault:
            ours.close()
            raise ChildLost(f"{self.name}: cannot be started: {fault}", zh=f"{self.name}: 无法启动: {fault}") from fault
        finally:
            theirs.close()
        self.pid, self.started_mono_s = process.pid, asyncio.get_running_loop().time()
        output = asyncio.create_task(self._tell_output(process))
        patient = True
        try:
            reader, self._writer = await asyncio.open_connection(sock=ours)
            if self._stopping:
                return  # asked to end while it was being started: nothing was there yet to be told
            for message in self._setup():
                self.send(message)
            reason, patient = await self._listen(reader)
        except asyncio.CancelledError:
            self.send(Stop())
            raise
        finally:
            if self._writer is not None:
                self._writer.close()
            self._writer = None
            await self._end(process, patient)
            output.cancel()
            self.pid = None
        if self._stopping:
            return
        code = process.returncode
        if code is not None and not self._ended_because and patient:
            reason += f" ({signal.Signals(-code).name})" if code < 0 else f" (exit status {code})"
        raise ChildLost(f"{self.name}: {reason}; it is started again", zh=f"{self.name}: {reason}; 将重新启动")

    async def _spawn(self, theirs: socket.socket) -> Process:
        fd = theirs.fileno()
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", self._module, "--fd", str(fd),
            stdin=asyncio.subprocess.DEVNULL, stdout=PIPE, stderr=asyncio.subprocess.STDOUT,
            pass_fds=(fd,), process_group=0, env=clean_environment(os.environ),
        )  # fmt: skip
        if self._nice:
            with suppress(OSError):
                os.setpriority(os.PRIO_PROCESS, process.pid, self._nice)
        return process

    async def _listen(self, reader: asyncio.StreamReader) -> tuple[str, bool]:
        """Return why the child is lost, and whether it may be given time to end by itself."""
        loop = asyncio.get_running_loop()
        unframer = Unframer()
        due = loop.time() + self._starting_s
        while True:
            try:
                async with asyncio.timeout_at(due):
                    data = await reader.read(65_536)
            except TimeoutError:
                if loop.time() - due > 1.0:
                    # Our own loop was late: what the child sent meanwhile is still unread.
                    due = loop.time() + self._quiet_s
                    continue
                waited = self._quiet_s if self.beat else self._starting_s
                return f"no sign of life for {waited:.0f} s (hung or stopped)", False
            except OSError as fault:
                return self._ended_because or f"its connection broke: {fault}", True
            if not data:
                return self._ended_because or "it ended", not self._ended_because
            try:
                messages = unframer.feed(data)
            except MessageGarbled as fault:
                return f"it sent garbage: {fault}", False
            for message in messages:
                if isinstance(message, Beat):
                    due = loop.time() + self._quiet_s
                self._take(message)

    def _take(self, message: Message) -> None:
        if isinstance(message, ChildLog):
            self._log.log(_LEVELS[message.level], "%s: %s", self.name, message.text)
            return
        if isinstance(message, Beat):
            first = self.beat is None
            self.beat = message
            if first:
                self._set("running", "")
        with guard(f"{self.name}: message {message.kind}"):
            self._on_message(message)

    async def _end(self, process: Process, patient: bool) -> None:
        for number, wait_s in ((None, STOP_S if patient else 0.0), (signal.SIGTERM, TERM_S), (signal.SIGKILL, STOP_S)):
            if process.returncode is not None:
                return
            if number is not None:
                with suppress(ProcessLookupError):
                    process.send_signal(number)
            with suppress(TimeoutError):
                async with asyncio.timeout(wait_s):
                    await process.wait()
        if process.returncode is None:
            log.error("%s: process %d does not end even by SIGKILL (stuck in the kernel); it is left behind", self.name, process.pid)

    async def _tell_output(self, process: Process) -> None:
        """Log what the child prints (it should print nothing): a crash of a library says its last words there."""
        assert process.stdout is not None
        rest = b""
        while data := await process.stdout.read(4096):
            *lines, rest = (rest + data).split(b"\n")
            if len(rest) > 4096:
                lines, rest = [*lines, rest], b""
            for line in lines:
                if line.strip():
                    self._log.warning("%s printed: %s", self.name, line.decode("utf-8", "replace").rstrip())

    def _task_state(self, _: str, state: TaskState, reason: str) -> None:
        words: dict[TaskState, ChildState] = {"running": "starting", "waiting": "lost", "parked": "parked", "ended": "stopped"}
        self._set(words[state], reason)

    def _set(self, state: ChildState, reason: str) -> None:
        self.state = state
        with guard(f"{self.name}: on_state"):
            self._on_state(self.name, state, reason)


def clean_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the environment for a child: without systemd's sockets and credentials, and without anything that names a secret."""
    words = ("PASSWORD", "SECRET", "TOKEN")
    return {k: v for k, v in environment.items() if k not in _OURS and not any(word in k.upper() for word in words)}

"""The daemon as systemd sees it: readiness, status, reload, stop, watchdog.

READY goes out after the configuration was read, not after cameras answered. Without systemd everything here is silent.
"""

from __future__ import annotations

import asyncio
import importlib
import logging
import os
import signal
import socket
import time
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

from edged.model.errors import ConfigError, EdgedError
from edged.supervise import guard
from edged.watchdog import Facts, Watchdog

log = logging.getLogger("edged.service")
RELOAD_TIMEOUT_S = 30.0
MOST_CREDENTIAL = 65_536


class Notifier:
    """Speaks sd_notify: through systemd-python where it is installed, else by a datagram. Never raises."""

    def __init__(self, address: str | None) -> None:
        self._address = address
        self._failed = False
        self._library = _library() if address is not None and address == os.environ.get("NOTIFY_SOCKET") else None

    def ready(self, status: str) -> None:
        """The configuration is read, the daemon works."""
        self._send(f"READY=1\nSTATUS={_line(status)}")

    def status(self, text: str) -> None:
        """Set the line that `systemctl status` shows."""
        self._send(f"STATUS={_line(text)}")

    def reloading(self) -> None:
        """A reload begins; `ready` ends it. Carries MONOTONIC_USEC, without which systemd ≥ 253 waits in vain."""
        self._send(f"RELOADING=1\nMONOTONIC_USEC={time.monotonic_ns() // 1000}")

    def stopping(self, status: str) -> None:
        """The daemon ends in order."""
        self._send(f"STOPPING=1\nSTATUS={_line(status)}")

    def feed(self) -> None:
        """Feed the watchdog."""
        self._send("WATCHDOG=1")

    def _send(self, text: str) -> None:
        if self._address is None:
            return
        try:
            if self._library is not None:
                self._library(text)
                return
            address = "\0" + self._address[1:] if self._address.startswith("@") else self._address
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as sock:
                sock.settimeout(1.0)
                sock.sendto(text.encode(), address)
        except OSError as fault:
            if not self._failed:
                log.warning("systemd: %s not told (%s): look at NOTIFY_SOCKET=%s", text.split("=")[0], fault, self._address)
            self._failed = True
        else:
            self._failed = False


def _library() -> Callable[[str], object] | None:
    try:
        daemon = importlib.import_module("systemd.daemon")
    except ImportError:
        return None
    notify: Callable[[str], object] = daemon.notify
    return notify


def _line(text: str) -> str:
    return " ".join(text.split())[:512]


def watchdog_s(environment: Mapping[str, str]) -> float | None:
    """Return systemd's watchdog time in seconds, None where it does not watch this process."""
    try:
        usec = int(environment.get("WATCHDOG_USEC", "0"))
        pid = int(environment.get("WATCHDOG_PID", "0") or "0")
    except ValueError:
        return None
    return usec / 1e6 if usec > 0 and pid in (0, os.getpid()) else None


def credential(name: str, environment: Mapping[str, str]) -> str | None:
    """Return a secret handed over by LoadCredential=, None where there is none. Raises ConfigError, which names it and not its text."""
    folder = environment.get("CREDENTIALS_DIRECTORY")
    if not folder or "/" in name or name in ("", ".", ".."):
        return None
    try:
        with (Path(folder) / name).open("rb") as file:
            data = file.read(MOST_CREDENTIAL + 1)
        if len(data) > MOST_CREDENTIAL:
            raise ConfigError(f"credential {name}: over {MOST_CREDENTIAL} bytes: is LoadCredential= the right file?")
        return data.decode("utf-8").rstrip("\r\n")
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as fault:
        reason = "it is not UTF-8 text" if isinstance(fault, UnicodeDecodeError) else fault.strerror
        raise ConfigError(
            f"credential {name} cannot be read: {reason}: check LoadCredential= in the unit",
            zh=f"凭据 {name} 无法读取: {reason}: 请检查单元文件中的 LoadCredential=",
        ) from fault


class Service:
    """Signals and notification of one daemon.

    SIGTERM and SIGINT set `stopping`; SIGHUP runs `reload` (one at a time; those that come meanwhile make one more) which returns the
    new status line. A reload that fails leaves the daemon as it was, and the status says so. `facts` feeds the watchdog rule.
    """

    def __init__(
        self,
        notifier: Notifier,
        reload: Callable[[], Awaitable[str]],
        facts: Callable[[], Facts],
        *,
        watchdog_s: float | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.notifier = notifier
        self.stopping = asyncio.Event()
        self.starved: str = ""
        self._reload, self._facts, self._clock = reload, facts, clock
        self._every_s = min(5.0, watchdog_s / 4) if watchdog_s else 5.0
        self._watched = watchdog_s is not None
        self._rule = Watchdog(clock())
        self._wanted = asyncio.Event()
        self._status = ""

    def listen(self) -> None:
        """Take the signals of the running loop (main thread only)."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.stop, signal.Signals(number).name)
        loop.add_signal_handler(signal.SIGHUP, self.ask_reload)

    def stop(self, why: str = "asked") -> None:
        """Begin an orderly stop; a second order changes nothing (systemd's TimeoutStopSec is the deadline)."""
        if not self.stopping.is_set():
            log.info("stopping (%s)", why)
            self.notifier.stopping("stopping")
        self.stopping.set()

    def ask_reload(self) -> None:
        """Reload soon."""
        self._wanted.set()

    def ready(self, status: str) -> None:
        """Tell systemd that the daemon works."""
        self._status = status
        self.notifier.ready(status)

    def status(self, text: str) -> None:
        """Set the status line, unless the watchdog has something worse to say."""
        if text != self._status:
            self._status = text
            if not self.starved:
                self.notifier.status(text)

    async def run(self) -> None:
        """Serve reloads and the watchdog until `stopping` is set."""
        tasks = [asyncio.create_task(self._reloads()), asyncio.create_task(self._watch())]
        waiting = asyncio.create_task(self.stopping.wait())
        try:
            done, _ = await asyncio.wait([*tasks, waiting], return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            for task in (*tasks, waiting):
                task.cancel()
            await asyncio.gather(*tasks, waiting, return_exceptions=True)

    async def _reloads(self) -> None:
        while True:
            await self._wanted.wait()
            self._wanted.clear()
            self.notifier.reloading()
            self._status = "reload failed, running on the configuration from before; see the log"
            with guard("reload"):
                self._status = await self._reloaded()
            self.notifier.ready(self._status)

    async def _reloaded(self) -> str:
        try:
            async with asyncio.timeout(RELOAD_TIMEOUT_S):
                status = await self._reload()
        except TimeoutError:
            log.error("reload: not done in %.0f s; the daemon runs on as before; look at the lines above", RELOAD_TIMEOUT_S)
            return "reload not done in time, running on the configuration from before"
        except EdgedError as fault:
            log.error("reload refused: %s; the daemon runs on as before; `edged check` shows every fault", fault)
            return f"reload refused, running on the configuration from before: {fault}"
        log.info("reloaded: %s", status)
        return status

    async def _watch(self) -> None:
        while True:
            self.check()
            await asyncio.sleep(self._every_s)

    def check(self) -> bool:
        """Feed the watchdog if the rule allows it; say once what starves it and once that it is over."""
        fed, why = self._rule.fed(self._clock(), self._facts())
        if fed:
            if self.starved:
                log.warning("watchdog: fed again")
                self.notifier.status(self._status)
            if self._watched:
                self.notifier.feed()
        elif not self.starved:
            log.error("watchdog: not fed: %s; systemd restarts edged if this goes on", why)
            self.notifier.status(f"not fed: {why}")
        self.starved = why
        return fed

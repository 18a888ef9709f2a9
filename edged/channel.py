"""The child's end of the socketpair: messages in and out, the beat, the log, and the end of the process with the end of the socket."""

from __future__ import annotations

import ctypes
import logging
import os
import resource
import select
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Literal

from edged.logs import Redaction, Repeats, Secrets
from edged.messages import Beat, ChildLog, Message, MessageGarbled, Unframer, encode

SEND_TIMEOUT_S = 2.0
BEAT_S = 1.0
LATE_BEAT_S = 0.1
"""A beat that is held back, because the child's work hangs, is asked for again so often."""
PR_SET_NAME = 15
"""prctl(2)."""
_PAGE_MB = os.sysconf("SC_PAGE_SIZE") / 1e6
log = logging.getLogger("edged.channel")


class Channel:
    """One socket to control. `send` may be called from any thread; `receive` from one.

    A message that control does not take within 2 s breaks the channel: control is hung or gone, and the child ends. `alive` is asked
    before each beat, which comes from the receiving loop, so that a hung child is seen.
    """

    def __init__(self, fd: int, name: str, alive: Callable[[], bool] = lambda: True) -> None:
        self.name = name
        self.secrets = Secrets()
        self._alive = alive
        self._socket = socket.socket(fileno=fd)
        self._socket.setblocking(False)
        self._sending = threading.Lock()
        self._broken = threading.Event()
        self._beat_due = 0.0

    def send(self, message: Message) -> bool:
        """Send one message; False where it was too long or the channel is broken."""
        try:
            data = memoryview(encode(message))
        except MessageGarbled as fault:
            log.error("%s", fault)
            return False
        limit = time.monotonic() + SEND_TIMEOUT_S
        if not self._sending.acquire(timeout=SEND_TIMEOUT_S):
            self._break()
            return False
        try:
            while data and not self._broken.is_set():
                try:
                    data = data[self._socket.send(data) :]
                except BlockingIOError:
                    left = limit - time.monotonic()
                    if left <= 0 or not select.select([], [self._socket], [], left)[1]:
                        self._break()
                except OSError:
                    self._break()
        finally:
            self._sending.release()
        return not data

    def receive(self) -> Iterator[Message]:
        """Yield control's messages until end-of-file, garbage or a broken channel. Beats once a second meanwhile."""
        unframer = Unframer()
        while not self._broken.is_set():
            self._beat()
            try:
                if not select.select([self._socket], [], [], max(LATE_BEAT_S, self._beat_due - time.monotonic()))[0]:
                    continue
                data = self._socket.recv(65_536)
            except BlockingIOError:
                continue
            except (OSError, ValueError):
                return
            if not data:
                return
            try:
                messages = unframer.feed(data)
            except MessageGarbled as fault:
                log.error("control sent garbage: %s", fault)
                return
            yield from messages

    def close(self) -> None:
        """Close the socket."""
        self._broken.set()
        self._socket.close()

    def _break(self) -> None:
        """Give the channel up; who waits in `receive` wakes with end-of-file."""
        self._broken.set()
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)

    def _beat(self) -> None:
        now = time.monotonic()
        if now < self._beat_due or not self._alive():
            return
        self._beat_due = now + BEAT_S
        usage = resource.getrusage(resource.RUSAGE_SELF)
        self.send(Beat(self.name, now, rss_mb(), usage.ru_utime + usage.ru_stime))


class ChannelLog(logging.Handler):
    """Sends log records as `ChildLog`; they were redacted before."""

    def __init__(self, channel: Channel) -> None:
        super().__init__()
        self._channel = channel
        self._inside = threading.local()

    def emit(self, record: logging.LogRecord) -> None:
        """Send one record; what is logged while sending is dropped."""
        if getattr(self._inside, "busy", False):
            return
        self._inside.busy = True
        try:
            level: Literal["debug", "info", "warning", "error"] = (
                "error" if record.levelno >= logging.ERROR else "warning" if record.levelno >= logging.WARNING else "info"
            )
            text = str(record.msg) + (f"\n{record.exc_text}" if record.exc_text else "")
            self._channel.send(ChildLog(self._channel.name, level, text[:4000]))
        finally:
            self._inside.busy = False


def begin(fd: int, name: str, alive: Callable[[], bool] = lambda: True) -> Channel:
    """Make this process a child: name, signals, log. Secrets added to `channel.secrets` never reach the log."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_NAME, name.replace(" ", "-").encode()[:15], 0, 0, 0)
    channel = Channel(fd, name, alive)
    handler = ChannelLog(channel)
    handler.addFilter(Redaction(channel.secrets))
    handler.addFilter(Repeats())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.INFO)

    def last_words(args: threading.ExceptHookArgs) -> None:
        log.error("thread %s ended: %s", args.thread.name if args.thread else "?", args.exc_value, exc_info=args.exc_value)

    threading.excepthook = last_words
    return channel


def end(status: int = 0) -> None:
    """End the process at once: a thread stuck in a decoder or a socket must not hold a camera."""
    with suppress(OSError, ValueError):
        sys.stdout.flush()
        sys.stderr.flush()
    os._exit(status)


def rss_mb() -> float:
    """Return this process's resident memory in MB."""
    try:
        with open("/proc/self/statm", "rb", buffering=0) as statm:  # noqa: PTH123 - a Path would cost more than the reading
            return round(int(statm.read(64).split()[1]) * _PAGE_MB, 1)
    except (OSError, ValueError, IndexError):
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000

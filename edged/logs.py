"""Where log lines go, and what never goes there.

Under systemd: the journal, with fields (EDGED_CAMERA, EDGED_ALARM_ID from `extra={"camera_id": …, "alarm_id": …}`); elsewhere text on
standard error. Every record passes the redaction of known secrets and the limit on repeated lines before any handler writes it.
"""

from __future__ import annotations

import base64
import importlib
import json
import logging
import os
import re
import socket
import struct
import sys
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from urllib.parse import quote, quote_plus

JOURNAL_SOCKET = "/run/systemd/journal/socket"
REPEAT_S = 60.0
MOST_KEYS = 1000
MOST_BYTES = 48_000
"""Below the least socket buffer that journald is met with; longer fields would need a memfd."""
_PRIORITY = ((logging.CRITICAL, 2), (logging.ERROR, 3), (logging.WARNING, 4), (logging.INFO, 6))
_FIELDS = {"camera_id": "EDGED_CAMERA", "alarm_id": "EDGED_ALARM_ID", "message_id": "MESSAGE_ID"}
_USERINFO = re.compile(r"(?<=://)[^\s/@]*:[^\s/]*@")
_NUMBERS = re.compile(r"\d+(\.\d+)?")


class Secrets:
    """The secrets of this daemon, in every spelling in which a library might print them."""

    def __init__(self) -> None:
        self._spellings: tuple[str, ...] = ()
        self._lock = threading.Lock()

    def add(self, secret: str) -> None:
        """Register a secret. Under four characters it would blacken ordinary words, and is left to the rule for URLs."""
        if len(secret) < 4:
            return
        spelled = {secret, quote(secret, safe=""), quote(secret), quote_plus(secret), json.dumps(secret)[1:-1], repr(secret)[1:-1]}
        spelled |= {quote(secret, safe="").lower(), base64.b64encode(secret.encode()).decode()}
        with self._lock:
            self._spellings = tuple(sorted({*self._spellings, *spelled}, key=len, reverse=True))

    def redact(self, text: str) -> str:
        """Return `text` without any known secret, and without user and password in addresses."""
        for spelling in self._spellings:
            if spelling in text:
                text = text.replace(spelling, "***")
        return _USERINFO.sub("***@", text)


class Redaction(logging.Filter):
    """Makes the final text of a record, traceback included, and takes the secrets out. Nothing unredacted stays in the record."""

    def __init__(self, secrets: Secrets) -> None:
        super().__init__()
        self._secrets = secrets

    def filter(self, record: logging.LogRecord) -> bool:
        """Rewrite the record in place; a format that does not fit its arguments is logged as it is."""
        try:
            text = record.getMessage()
        except (TypeError, ValueError, KeyError) as fault:
            text = f"{record.msg} {record.args!r} (bad log format: {fault})"
        if record.exc_info:
            record.exc_text = record.exc_text or logging.Formatter().formatException(record.exc_info)
        record.msg, record.args, record.exc_info = self._secrets.redact(text), None, None
        if record.exc_text:
            record.exc_text = self._secrets.redact(record.exc_text)
        if record.stack_info:
            record.stack_info = self._secrets.redact(record.stack_info)
        return True


class Repeats(logging.Filter):
    """Lets a line through once a minute, with the count of those held back; alarms always pass. Numbers do not make a line new."""

    def __init__(self, clock: Callable[[], float] = time.monotonic, every_s: float = REPEAT_S) -> None:
        super().__init__()
        self._clock, self._every_s = clock, every_s
        self._seen: OrderedDict[tuple[str, int, str, str], tuple[float, int]] = OrderedDict()
        self._lock = threading.Lock()

    def filter(self, record: logging.LogRecord) -> bool:
        """Return whether the record is written; adds the count to one that follows held-back ones."""
        if getattr(record, "alarm_id", None):
            return True
        text = str(record.msg)
        camera = str(getattr(record, "camera_id", "")) or _named(text)
        key = (record.name, record.levelno, camera, _NUMBERS.sub("#", text))
        now = self._clock()
        with self._lock:
            before = self._seen.get(key)
            if before is not None and now - before[0] < self._every_s:
                self._seen[key] = (before[0], before[1] + 1)
                return False
            self._seen[key] = (now, 0)
            self._seen.move_to_end(key)
            while len(self._seen) > MOST_KEYS:
                self._seen.popitem(last=False)
        if before is not None and before[1]:
            record.msg = f"{text} ({before[1]} more like this in {now - before[0]:.0f} s)"
        return True


def _named(text: str) -> str:
    """Return the device that a line begins with (`camera th-01: …`): th-01 and th-02 are two lines, 1 s and 2 s are one."""
    head, colon, _ = text.partition(":")
    return head if colon and len(head) <= 60 else ""


class Journal(logging.Handler):
    """Writes records to journald with fields: through systemd-python where it is installed, else by the native protocol."""

    def __init__(self, identifier: str = "edged", path: str = JOURNAL_SOCKET) -> None:
        super().__init__()
        self._identifier = identifier
        self._send = _library_sender() if path == JOURNAL_SOCKET else None
        self._path = path
        self._socket: socket.socket | None = None

    def emit(self, record: logging.LogRecord) -> None:
        """Write one record; when journald is away, to standard error."""
        fields = self.fields(record)
        try:
            if self._send is not None:
                self._send(*(f"{name}={value}" for name, value in fields.items()))
            else:
                if self._socket is None:
                    self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
                    self._socket.setblocking(False)
                self._socket.sendto(native(fields), self._path)
        except OSError:
            sys.stderr.write(f"{record.levelname} {record.name}: {fields['MESSAGE']}\n")

    def fields(self, record: logging.LogRecord) -> dict[str, str]:
        """Return the journal fields of a record."""
        text = str(record.msg) + (f"\n{record.exc_text}" if record.exc_text else "")
        out = {
            "MESSAGE": text.encode("utf-8", "replace")[:MOST_BYTES].decode("utf-8", "ignore"),
            "PRIORITY": str(next((number for level, number in _PRIORITY if record.levelno >= level), 7)),
            "SYSLOG_IDENTIFIER": self._identifier,
            "LOGGER": record.name,
            "CODE_FILE": record.pathname,
            "CODE_LINE": str(record.lineno),
            "CODE_FUNC": record.funcName or "",
        }
        return out | {field: str(getattr(record, name)) for name, field in _FIELDS.items() if getattr(record, name, None)}

    def close(self) -> None:
        """Close the socket."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None
        super().close()


def native(fields: Mapping[str, str]) -> bytes:
    """Return a datagram of journald's native protocol (systemd.io/JOURNAL_NATIVE_PROTOCOL)."""
    out = bytearray()
    for name, value in fields.items():
        data = value.encode("utf-8", "replace")
        if b"\n" in data:
            out += name.encode() + b"\n" + struct.pack("<Q", len(data)) + data + b"\n"
        else:
            out += name.encode() + b"=" + data + b"\n"
    return bytes(out)


def _library_sender() -> Callable[..., None] | None:
    try:
        journal = importlib.import_module("systemd.journal")
    except ImportError:
        return None
    sender: Callable[..., None] = journal.sendv
    return sender


def under_journal(environment: Mapping[str, str]) -> bool:
    """Tell whether standard error is connected to journald (JOURNAL_STREAM names its device and inode)."""
    device, _, inode = environment.get("JOURNAL_STREAM", "").partition(":")
    try:
        known = os.fstat(2)
    except OSError:
        return False
    return (device, inode) == (str(known.st_dev), str(known.st_ino)) and Path(JOURNAL_SOCKET).exists()


def start_logging(secrets: Secrets, *, level: int = logging.INFO, journal: bool | None = None) -> logging.Handler:
    """Send everything to one handler, redacted and limited; unforeseen exceptions of threads and hooks too. Returns the handler.

    `journal` None: decided by `under_journal`.
    """
    handler: logging.Handler
    if under_journal(os.environ) if journal is None else journal:
        handler = Journal()
    else:
        handler = logging.StreamHandler()
        handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)-7s %(name)s: %(message)s"))
    handler.addFilter(Redaction(secrets))
    handler.addFilter(Repeats())
    root = logging.getLogger()
    for old in root.handlers[:]:
        root.removeHandler(old)
    root.addHandler(handler)
    root.setLevel(level)
    logging.captureWarnings(True)
    log = logging.getLogger("edged")

    def last_words(kind: type[BaseException], fault: BaseException, trace: TracebackType | None) -> None:
        if issubclass(kind, KeyboardInterrupt):
            return
        log.critical("unforeseen %s: %s", kind.__name__, fault, exc_info=(kind, fault, trace))

    def thread_last_words(args: threading.ExceptHookArgs) -> None:
        if args.exc_value is not None:
            last_words(args.exc_type, args.exc_value, args.exc_traceback)

    sys.excepthook = last_words
    threading.excepthook = thread_last_words
    return handler

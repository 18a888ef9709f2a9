"""One connection of a simulated camera, HTTP or RTSP: reads bounded requests, and writes as its fault of the moment lets it."""

from __future__ import annotations

import asyncio
import socket
import struct
from dataclasses import dataclass, field

from edged.simulator.faults import DRIBBLE_PAUSE_S, SLOW_ANSWER_S, FaultKind

MAX_HEAD, MAX_BODY = 16_384, 262_144
MAX_PENDING = 2_000_000
"""Bytes that may wait for a slow reader; above it pictures are left out."""
HEAD_TIMEOUT_S, BODY_TIMEOUT_S, DRAIN_TIMEOUT_S = 90.0, 10.0, 30.0


class WireGarbled(ValueError):
    """The peer sent what is not a request; `status` is the answer."""

    def __init__(self, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True, slots=True)
class Request:
    """One request. Header names are in lower case."""

    method: str
    target: str
    version: str
    headers: dict[str, str]
    body: bytes = b""


@dataclass(slots=True)
class Faults:
    """The faults that a camera has at the moment."""

    active: set[FaultKind] = field(default_factory=set)

    def has(self, kind: FaultKind) -> bool:
        """Tell whether it has this one."""
        return kind in self.active


def parse_head(head: bytes) -> Request:
    """Return the request of a head that ends with an empty line. Raises WireGarbled."""
    try:
        first, *rest = head.decode("latin-1").rstrip("\r\n").split("\r\n")
        method, target, version = first.split(" ")
    except ValueError as fault:
        raise WireGarbled("the first line is not METHOD TARGET VERSION") from fault
    if not method.replace("_", "").isalpha():
        raise WireGarbled("the method is not a word")
    if not version.startswith(("HTTP/1.", "RTSP/1.")):
        raise WireGarbled(f"protocol {version!r} is not spoken here", 505)
    headers: dict[str, str] = {}
    for line in rest:
        name, colon, value = line.partition(":")
        if not colon or not name or name != name.strip():
            raise WireGarbled("a header line has no name")
        headers[name.lower()] = value.strip()
    return Request(method, target, version, headers)


class Wire:
    """Reads and writes one connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, faults: Faults) -> None:
        self._reader, self._writer, self._faults = reader, writer, faults
        self._pending = bytearray()
        self._dribbler: asyncio.Task[None] | None = None
        self.dropped = 0

    async def request(self) -> Request | None:
        """Return the next request, None at the end. Interleaved packets from the peer are skipped. Raises WireGarbled, TimeoutError."""
        first = await asyncio.wait_for(self._reader.read(1), HEAD_TIMEOUT_S)
        while first in (b"$", b"\r", b"\n"):
            if first == b"$":
                channel_size = await asyncio.wait_for(self._reader.readexactly(3), BODY_TIMEOUT_S)
                await asyncio.wait_for(self._reader.readexactly(struct.unpack(">H", channel_size[1:])[0]), BODY_TIMEOUT_S)
            first = await asyncio.wait_for(self._reader.read(1), HEAD_TIMEOUT_S)
        if not first:
            return None
        try:
            head = first + await asyncio.wait_for(self._reader.readuntil(b"\r\n\r\n"), BODY_TIMEOUT_S)
        except asyncio.LimitOverrunError as fault:
            raise WireGarbled("the head is too long", 431) from fault
        request = parse_head(head)
        size = request.headers.get("content-length", "0")
        if "chunked" in request.headers.get("transfer-encoding", ""):
            raise WireGarbled("a length is required", 411)
        if not size.isdigit() or int(size) > MAX_BODY:
            raise WireGarbled(f"content length {size[:20]!r} refused", 413)
        body = await asyncio.wait_for(self._reader.readexactly(int(size)), BODY_TIMEOUT_S) if int(size) else b""
        return Request(request.method, request.target, request.version, request.headers, body)

    async def answer(self, data: bytes) -> None:
        """Write an answer: late while `slow`, held while `stall`, one byte a second while `dribble`."""
        if self._faults.has("slow"):
            await asyncio.sleep(SLOW_ANSWER_S)
        while self._faults.has("stall"):
            await asyncio.sleep(0.2)
        self._write(data)
        if self._dribbler is not None:
            await asyncio.shield(self._dribbler)
        else:
            await asyncio.wait_for(self._writer.drain(), DRAIN_TIMEOUT_S)

    def offer(self, data: bytes) -> bool:
        """Write live data unless the peer or a fault holds it up; False: it was left out whole."""
        waiting = len(self._pending) + self._writer.transport.get_write_buffer_size()
        if self._faults.has("stall") or waiting + len(data) > MAX_PENDING or self._writer.is_closing():
            self.dropped += 1
            return False
        self._write(data)
        return True

    def reset(self) -> None:
        """End the connection with a TCP reset."""
        sock = self._writer.get_extra_info("socket")
        if sock is not None and not self._writer.is_closing():
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._writer.transport.abort()

    async def close(self) -> None:
        """End the connection in order, within a second."""
        if self._dribbler is not None:
            self._dribbler.cancel()
        self._writer.close()
        try:
            await asyncio.wait_for(self._writer.wait_closed(), 1.0)
        except (OSError, TimeoutError):
            self._writer.transport.abort()

    def _write(self, data: bytes) -> None:
        if self._pending or self._faults.has("dribble"):
            self._pending += data
            if self._dribbler is None:
                self._dribbler = asyncio.create_task(self._dribble())
        else:
            self._writer.write(data)

    async def _dribble(self) -> None:
        while self._pending and not self._writer.is_closing():
            count = 1 if self._faults.has("dribble") else len(self._pending)
            self._writer.write(bytes(self._pending[:count]))
            del self._pending[:count]
            if self._pending:
                await asyncio.sleep(DRIBBLE_PAUSE_S)
        self._dribbler = None

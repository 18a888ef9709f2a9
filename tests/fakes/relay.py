"""A TCP relay on 127.0.0.1 that spoils connections: delay, drop, half-open, one byte a second, reset. For tests of any room."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
import threading
from typing import Literal

Mode = Literal["pass", "delay", "drop", "half_open", "dribble", "reset"]


class Relay:
    """Relays 127.0.0.1:`port` to 127.0.0.1:`target_port`. Use as a context manager; `mode` may change at any time.

    `pass` as it comes; `delay` each piece `delay_s` late; `drop` ends connections in order, old and new; `half_open` keeps them
    and swallows all bytes; `dribble` one byte a second each way; `reset` ends them with RST. Counts: `accepted`, `bytes_relayed`.
    """

    def __init__(self, target_port: int, *, delay_s: float = 1.0) -> None:
        self.target_port, self.delay_s = target_port, delay_s
        self.port = 0
        self.accepted = 0
        self.bytes_relayed = 0
        self._mode: Mode = "pass"
        self._pairs: set[tuple[asyncio.StreamWriter, asyncio.StreamWriter]] = set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="relay", daemon=True)
        self._server: asyncio.Server | None = None

    @property
    def mode(self) -> Mode:
        """What it does to connections."""
        return self._mode

    @mode.setter
    def mode(self, mode: Mode) -> None:
        self._mode = mode
        if mode in ("drop", "reset"):
            self._loop.call_soon_threadsafe(self._end_all)

    def __enter__(self) -> Relay:
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result(10)
        return self

    def __exit__(self, *_: object) -> None:
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    async def _listen(self) -> None:
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def _close(self) -> None:
        assert self._server is not None
        self._server.close()
        self._end_all()
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.accepted += 1
        self._loop.create_task(self._relay(reader, writer))

    async def _relay(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._mode in ("drop", "reset"):
            self._end(writer)
            return
        try:
            far_reader, far_writer = await asyncio.wait_for(asyncio.open_connection("127.0.0.1", self.target_port), 5)
        except (OSError, TimeoutError):
            self._end(writer)
            return
        pair = (writer, far_writer)
        self._pairs.add(pair)
        try:
            await asyncio.gather(self._pump(reader, far_writer), self._pump(far_reader, writer))
        finally:
            self._pairs.discard(pair)
            for end in pair:
                end.close()

    async def _pump(self, source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while data := await source.read(65536):
                if self._mode == "half_open":
                    continue
                if self._mode == "delay":
                    await asyncio.sleep(self.delay_s)
                while data and self._mode == "dribble":
                    target.write(data[:1])
                    data = data[1:]
                    self.bytes_relayed += 1
                    await asyncio.sleep(1.0)
                target.write(data)
                self.bytes_relayed += len(data)
                await target.drain()
            target.close()

    def _end_all(self) -> None:
        for pair in tuple(self._pairs):
            for writer in pair:
                self._end(writer)

    def _end(self, writer: asyncio.StreamWriter) -> None:
        if self._mode == "reset":
            sock = writer.get_extra_info("socket")
            if sock is not None and not writer.is_closing():
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            writer.transport.abort()
        else:
            writer.close()

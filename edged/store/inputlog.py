"""The input log: every event that core was given, with its moment, from which any decision can be replayed.

Compressed JSON lines in files of bounded size; the oldest files go. Each file begins with a header that says what the events met.
A full disk costs the log and never an alarm: the loss is raised once, counted, and written into the next file's header.
Sightings are kept without their crops: no decision reads them.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Annotated, BinaryIO

from pydantic import Field, TypeAdapter, ValidationError

from edged import __version__
from edged.model.errors import StoreGarbled
from edged.model.event import Event, Sighted
from edged.model.instant import EPOCH, Instant
from edged.store.faults import told
from edged.store.schema import sync_folder
from edged.store.settings import StoreSettings

FLUSH_S = 1.0
RETRY_S = 10.0
CHUNK_BYTES = 65_536
_EVENT: TypeAdapter[Event] = TypeAdapter(Annotated[Event, Field(discriminator="kind")])
_INSTANT: TypeAdapter[Instant] = TypeAdapter(Instant)


@dataclass(frozen=True, slots=True)
class Header:
    """What the events of a file met: station, fingerprint of the rules, newest sequence of each lane as epoch/sequence."""

    station: str
    rules: str
    position: dict[str, str] = field(default_factory=dict)
    edged: str = __version__
    dropped: int = 0


class InputLog:
    """The writer. Used from one thread; `flush` before the commit of what an event caused."""

    def __init__(self, folder: Path, settings: StoreSettings, header: Callable[[], Header]) -> None:
        self.folder = folder
        self.dropped = 0
        self._settings = settings
        self._header = header
        self._file: BinaryIO | None = None
        self._packer = zlib.compressobj()
        self._waiting: list[bytes] = []
        self._size = 0
        self._flushed_mono_s = 0.0
        self._retry_mono_s = 0.0
        self._last = EPOCH

    @classmethod
    def open(cls, folder: Path, settings: StoreSettings, header: Callable[[], Header]) -> InputLog:
        """Make the folder; the first event opens a file. `header` is asked for each file. Raises StoreUnreachable, StoreRefused."""
        with told(folder, "open the input log"):
            folder.mkdir(mode=0o750, parents=True, exist_ok=True)
        return cls(folder, settings, header)

    def write(self, event: Event, now: Instant) -> None:
        """Keep an event; on disk within a second or at the next `flush`. Raises StoreUnreachable once at each loss."""
        if self._settings.input_log_mb == 0:
            return
        self._last = now
        self._waiting.append(_line(event, now))
        if now.mono_s - self._flushed_mono_s >= FLUSH_S:
            self.flush()

    def flush(self) -> None:
        """Hand what was written to the kernel, where a kill of the daemon cannot take it. Raises StoreUnreachable once at each loss."""
        self._flushed_mono_s = self._last.mono_s
        if not self._waiting:
            return
        if self._file is None and self._last.mono_s < self._retry_mono_s:
            self._drop()
            return
        done = False
        try:
            with told(self.folder, "write the input log"):
                if self._file is None:
                    self._begin()
                self._put(b"".join(self._waiting), zlib.Z_SYNC_FLUSH)
            self._waiting.clear()
            done = True
        finally:
            if not done:
                self._drop()
                self._shut()
                self._retry_mono_s = self._last.mono_s + RETRY_S
        if self._size >= self._settings.input_log_file_mb * 1_000_000:
            self.close()

    def close(self) -> None:
        """End the present file; a later event begins another. Raises StoreUnreachable."""
        if self._waiting:
            self.flush()
        if self._file is not None:
            try:
                with told(self.folder, "close the input log"):
                    self._put(b"", zlib.Z_FINISH)
            finally:
                self._shut()

    def _begin(self) -> None:
        self._rotate()
        stem = f"input-{self._last.utc:%Y%m%dT%H%M%S}"
        number = sum(1 for _ in self.folder.glob(f"{stem}-*.jsonl.gz"))
        self._file = (self.folder / f"{stem}-{number:03d}.jsonl.gz").open("xb", buffering=0)
        sync_folder(self.folder)
        self._packer = zlib.compressobj(level=1, wbits=31)
        self._size = 0
        header = replace(self._header(), dropped=self.dropped)
        self._put(json.dumps({"header": asdict(header)}, ensure_ascii=False).encode() + b"\n", zlib.Z_SYNC_FLUSH)
        self.dropped = 0

    def _put(self, data: bytes, mode: int) -> None:
        assert self._file is not None
        packed = self._packer.compress(data) + self._packer.flush(mode)
        view = memoryview(packed)
        while view:
            view = view[self._file.write(view) :]
        self._size += len(packed)

    def _rotate(self) -> None:
        """Remove the oldest files until there is room for a new one."""
        files = sorted(self.folder.glob("input-*.jsonl.gz"))
        room = (self._settings.input_log_mb - self._settings.input_log_file_mb) * 1_000_000
        total = sum(path.stat().st_size for path in files)
        for path in files:
            if total <= max(0, room):
                break
            total -= path.stat().st_size
            path.unlink()

    def _drop(self) -> None:
        self.dropped += len(self._waiting)
        self._waiting.clear()

    def _shut(self) -> None:
        if self._file is not None:
            file, self._file = self._file, None
            with told(self.folder, "close the input log"):
                file.close()


def read(paths: Iterable[Path]) -> Iterator[tuple[Event, Instant]]:
    """Yield the events of files in the order given. A torn end is left out; a wrong line raises StoreGarbled, naming file and line."""
    for path in paths:
        for number, line in _lines(path):
            if line.startswith(b'{"header"'):
                continue
            try:
                instant, event = json.loads(line)
                yield _EVENT.validate_python(event), _INSTANT.validate_python(instant)
            except (ValueError, TypeError, ValidationError) as fault:
                raise StoreGarbled(f"{path}:{number}: not an event of an input log: {fault}") from fault


def header_of(path: Path) -> Header:
    """Return a file's header. Raises StoreGarbled when it has none."""
    for _, line in _lines(path):
        try:
            return Header(**json.loads(line)["header"])
        except (ValueError, TypeError, KeyError) as fault:
            raise StoreGarbled(f"{path}:1: an input log begins with a header: {fault}") from fault
    raise StoreGarbled(f"{path}: holds no complete line: the daemon was cut off as it began this file")


def _lines(path: Path) -> Iterator[tuple[int, bytes]]:
    """Yield complete lines with their numbers; what the writer did not finish is left out."""
    unpacker = zlib.decompressobj(wbits=31)
    rest = b""
    number = 0
    with told(path, "read the input log"), path.open("rb") as file:
        while chunk := file.read(CHUNK_BYTES):
            try:
                rest += unpacker.decompress(chunk)
            except zlib.error as fault:
                raise StoreGarbled(f"{path}: damaged after line {number}: {fault}") from fault
            *whole, rest = rest.split(b"\n")
            for line in whole:
                number += 1
                yield number, line


def _line(event: Event, now: Instant) -> bytes:
    if isinstance(event, Sighted) and event.sighting.crop_jpeg_b64 is not None:
        event = replace(event, sighting=replace(event.sighting, crop_jpeg_b64=None))
    return b"[" + _INSTANT.dump_json(now) + b"," + _EVENT.dump_json(event) + b"]\n"

"""What a recording on disk looks like, and how it is read back. A torn end is left out; nothing here writes.

One segment is two files: `CAMERA_20261127T105236.120Z_000042.ts`, the packets as the camera sent them (MPEG-TS), and `….jsonl`: a header,
then a line for each packet `["p", pts, mono_s, captured, camera, key]`, order `["o", mono_s, {…}]`, gap `["g", mono_s, seconds, why]`, and
the end `["e", mono_s]`. `pts`: 1/90000 s from the begin; `captured`, `camera`: seconds of UTC (`camera` null where it was not said).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from edged.model.errors import StoreGarbled
from edged.store.faults import told

FOLDER = "recorder"
"""Under the state folder; one folder in it for each camera."""
VERSION = 1
CLOCK_HZ = 90_000
HOLE_S = 5.0
"""Without a picture for longer, the time counts as not recorded."""
_NAME = re.compile(r"^(?P<camera>[^/]+)_(?P<at>\d{8}T\d{6}\.\d{3})Z_(?P<number>\d{6,})$")


class Named(NamedTuple):
    """A segment by its name: where, when it began by the clock of then, and which of its camera's it is."""

    stem: Path
    camera_id: str
    begin: datetime
    number: int

    @property
    def video(self) -> Path:
        """The packets."""
        return self.stem.parent / f"{self.stem.name}.ts"

    @property
    def lines(self) -> Path:
        """What the eye was told, and when each packet came."""
        return self.stem.parent / f"{self.stem.name}.jsonl"


class Packet(NamedTuple):
    """One packet: see the module."""

    pts: int
    mono_s: float
    captured_at: datetime
    camera_time: datetime | None
    key: bool


class Order(NamedTuple):
    """What the eye was told; `message` as it came, kind included."""

    mono_s: float
    message: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Segment:
    """One segment read back.

    `standing`: the orders that stood when it began. `boot`: `mono_s` of two segments compare only within one. `dropped`: packets lost
    before it because the disk did not keep up. `whole`: it was ended in order.
    """

    name: Named
    codec: str
    boot: str
    mono_s: float
    utc: datetime
    standing: tuple[Order, ...]
    packets: tuple[Packet, ...]
    orders: tuple[Order, ...]
    gaps: tuple[tuple[float, float, str], ...] = ()
    dropped: int = 0
    whole: bool = False
    told: dict[str, Any] = field(default_factory=dict)

    @property
    def until_mono_s(self) -> float:
        """When its last packet came."""
        return self.packets[-1].mono_s if self.packets else self.mono_s


def stem(camera_id: str, begin: datetime, number: int) -> str:
    """Return the name of a segment without its ending."""
    return f"{camera_id}_{begin.astimezone(UTC):%Y%m%dT%H%M%S}.{begin.microsecond // 1000:03d}Z_{number:06d}"


def named(path: Path) -> Named | None:
    """Return what a file's name says; None for a file that is no part of a recording."""
    if path.suffix not in (".ts", ".jsonl") or (found := _NAME.match(path.stem)) is None:
        return None
    try:
        begin = datetime.strptime(found["at"], "%Y%m%dT%H%M%S.%f").replace(tzinfo=UTC)
    except ValueError:
        return None
    return Named(path.parent / path.stem, found["camera"], begin, int(found["number"]))


def listed(folder: Path) -> list[Named]:
    """Return the segments of one camera's folder in the order of their making. Raises StoreUnreachable, StoreRefused."""
    with told(folder, "read the recordings"):
        if not folder.is_dir():
            return []
        found = {name for path in folder.iterdir() if (name := named(path)) is not None}
    return sorted(found, key=lambda name: (name.number, name.stem.name))


def read(name: Named) -> Segment:
    """Return a segment. A torn or damaged line ends it. Raises StoreGarbled without a header, StoreUnreachable, StoreRefused."""
    with told(name.lines, "read the recordings"):
        text = name.lines.read_bytes() if name.lines.exists() else b""
    lines = _whole(text)
    head = next(lines, None)
    try:
        if not isinstance(head, dict) or head["v"] != VERSION:
            raise ValueError(f"form {head['v']}" if isinstance(head, dict) and "v" in head else "no header")
        boot, codec, mono_s, utc = str(head["boot"]), str(head["codec"]), float(head["mono_s"]), _utc(head["utc"])
        standing = tuple(Order(float(at), dict(message)) for at, message in head["told"])
        dropped = int(head.get("dropped", 0))
    except (ValueError, TypeError, KeyError, OverflowError, OSError) as fault:
        raise StoreGarbled(
            f"{name.lines}: not the lines of a recording ({fault}): this segment is left out",
            zh=f"{name.lines}: 不是录像的行文件 ({fault}): 略过该段",
        ) from fault
    packets: list[Packet] = []
    orders: list[Order] = []
    gaps: list[tuple[float, float, str]] = []
    whole = False
    for line in lines:
        try:
            match line:
                case ["p", pts, at, captured, camera, key_frame]:
                    packets.append(Packet(int(pts), float(at), _utc(captured), None if camera is None else _utc(camera), bool(key_frame)))
                case ["o", at, dict(message)]:
                    orders.append(Order(float(at), message))
                case ["g", at, seconds, why]:
                    gaps.append((float(at), float(seconds), str(why)))
                case ["e", _]:
                    whole = True
                case _:
                    break
        except (ValueError, TypeError, OverflowError, OSError):
            break
    return Segment(name, codec, boot, mono_s, utc, standing, tuple(packets), tuple(orders), tuple(gaps), dropped, whole, head)


def holes(spans: Sequence[tuple[datetime, datetime]], since: datetime, until: datetime) -> list[tuple[datetime, datetime]]:
    """Return the stretches of [since, until] longer than HOLE_S that no span covers."""
    out, reached = [], since
    for begin, end in sorted(spans):
        if (begin - reached).total_seconds() > HOLE_S and begin > since:
            out.append((reached, min(begin, until)))
        reached = max(reached, end)
        if reached >= until:
            return out
    if (until - reached).total_seconds() > HOLE_S:
        out.append((reached, until))
    return out


def _whole(text: bytes) -> Iterator[Any]:
    """Yield the lines that were written to their end and are JSON; the first that is not ends it."""
    *whole, _ = text.split(b"\n")
    for line in whole:
        try:
            yield json.loads(line)
        except ValueError:
            return


def _utc(seconds: Any) -> datetime:
    return datetime.fromtimestamp(float(seconds), UTC)

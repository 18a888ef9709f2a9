"""The input log: read back as written, torn ends, bounded room, a full disk."""

from __future__ import annotations

import base64
import gzip
import json
import random
from pathlib import Path

import pytest

from edged.model.errors import StoreGarbled, StoreUnreachable
from edged.model.event import Event, Noticed, Sighted, Tick, Verb, WatchedView
from edged.model.instant import Instant
from edged.model.sighting import Sighting, Temperature
from edged.model.view import Watched
from edged.store import inputlog
from edged.store.inputlog import Header, InputLog, header_of, read
from edged.store.settings import StoreSettings
from tests.store.making import START

NOW = Instant(1000.0, START)


def header() -> Header:
    return Header("cuntan-01", "abc123", {"real": "7c1e/18417", "test": "7c1e/3"})


def sighted(crop: str | None = None) -> Sighted:
    seen = Sighting(
        "th-03", "yard-a3", 7, 2, START, 1000.0, 990.0, 2.5, ("hot", "new"), (), 45.2, -3.1, 0.1, 320.5, 256.25, 6.0,
        41.7, None, Temperature("radiometric", 312.4, 8.1, True), crop_jpeg_b64=crop,
    )  # fmt: skip
    return Sighted(seen)


EVENTS: list[Event] = [
    Tick(),
    sighted(),
    WatchedView(Watched("th-03", "yard-a3", 7, 990.0, 991.0, 8, 990.9, (("moving", 0.4),), at=START)),
    Verb("clear", "张伟", "shift_leader", "console", "c-1", slot=4, args={"reason": "extinguished"}, expires_at=START),
    Noticed("system", "clock", "时钟不准\n第二行", 3, {"offset_s": 8.5}),
]


def open_log(folder: Path, **changes: int) -> InputLog:
    return InputLog.open(folder / "input", StoreSettings(**changes), header)


def files(folder: Path) -> list[Path]:
    return sorted((folder / "input").glob("*"))


def test_events_come_back_as_they_were_written(tmp_path: Path) -> None:
    log = open_log(tmp_path)
    for step, event in enumerate(EVENTS):
        log.write(event, NOW.later(step / 8))
    log.close()
    (path,) = files(tmp_path)
    assert list(read([path])) == [(event, NOW.later(step / 8)) for step, event in enumerate(EVENTS)]
    assert header_of(path) == header()
    with gzip.open(path) as plain:
        assert json.loads(plain.readline())["header"]["position"]["real"] == "7c1e/18417"


def test_crops_are_left_out(tmp_path: Path) -> None:
    log = open_log(tmp_path)
    log.write(sighted("aGVsbG8=" * 1000), NOW)
    log.close()
    assert [event for event, _ in read(files(tmp_path))] == [sighted()]


def test_what_was_flushed_is_read_while_the_log_goes_on(tmp_path: Path) -> None:
    log = open_log(tmp_path)
    log.write(Tick(), NOW)
    log.write(Tick(), NOW.later(0.5))
    assert len(list(read(files(tmp_path)))) == 1
    log.flush()
    assert len(list(read(files(tmp_path)))) == 2
    log.write(Tick(), NOW.later(1.6))
    assert len(list(read(files(tmp_path)))) == 3
    log.close()


def test_a_torn_end_at_any_byte_costs_only_the_torn_line(tmp_path: Path) -> None:
    log = open_log(tmp_path)
    for step, event in enumerate(EVENTS):
        log.write(event, NOW.later(step))
    log.close()
    (path,) = files(tmp_path)
    whole = path.read_bytes()
    counts = []
    for cut in range(0, len(whole) + 1, 7):
        path.write_bytes(whole[:cut])
        found = [event for event, _ in read([path])]
        assert found == EVENTS[: len(found)]
        counts.append(len(found))
    assert counts == sorted(counts)
    assert counts[-1] >= len(EVENTS) - 1


def test_files_are_bounded_and_the_oldest_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = open_log(tmp_path, input_log_mb=3, input_log_file_mb=1)
    chance = random.Random(1)
    for step in range(80):
        text = base64.b64encode(chance.randbytes(60_000)).decode()
        log.write(Noticed("system", f"n{step}", text, 4), NOW.later(step))
    log.close()
    sizes = [path.stat().st_size for path in files(tmp_path)]
    assert 2 <= len(sizes) <= 4
    assert sum(sizes) <= 3_400_000
    last = [event for event, _ in read(files(tmp_path))]
    assert isinstance(last[-1], Noticed)
    assert last[-1].code == "n79"


def test_zero_room_switches_it_off(tmp_path: Path) -> None:
    log = open_log(tmp_path, input_log_mb=0)
    log.write(Tick(), NOW)
    log.close()
    assert files(tmp_path) == []


def test_a_full_disk_is_told_once_counted_and_healed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = open_log(tmp_path)
    log.write(Tick(), NOW)
    put = InputLog._put

    def full(self: InputLog, data: bytes, mode: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(InputLog, "_put", full)
    with pytest.raises(StoreUnreachable, match="free room"):
        log.write(Tick(), NOW.later(2))
    log.write(Tick(), NOW.later(4))
    log.write(Tick(), NOW.later(6))
    assert log.dropped == 3
    monkeypatch.setattr(InputLog, "_put", put)
    log.write(Tick(), NOW.later(13))
    log.close()
    assert header_of(files(tmp_path)[-1]).dropped == 3
    assert log.dropped == 0
    assert len(list(read(files(tmp_path)))) == 2


def test_wrong_lines_name_file_and_line(tmp_path: Path) -> None:
    path = tmp_path / "input.jsonl.gz"
    with gzip.open(path, "wb") as file:
        file.write(b'{"header": {}}\n[{"mono_s":1,"utc":"2026-11-22T00:00:00Z","trusted":true},{"kind":"nosuch"}]\n')
    with pytest.raises(StoreGarbled, match=r"input.jsonl.gz:2"):
        list(read([path]))
    path.write_bytes(b"this is no gzip file")
    with pytest.raises(StoreGarbled):
        list(read([path]))
    with pytest.raises(StoreGarbled):
        header_of(path)
    path.write_bytes(b"")
    assert list(read([path])) == []
    with pytest.raises(StoreGarbled, match="no complete line"):
        header_of(path)
    with pytest.raises(StoreUnreachable):
        list(read([tmp_path / "nosuch"]))
    assert inputlog.FLUSH_S <= 1.0

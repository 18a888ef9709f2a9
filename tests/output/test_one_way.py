"""Behind a one-way gateway: three times the same bytes, an index each minute, a file that proves itself."""

from __future__ import annotations

import hashlib
import hmac
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from edged.model.errors import OutputRefused, OutputUnreachable
from edged.model.instant import Instant
from edged.output.mqtt.envelope import render
from edged.output.mqtt.oneway import HandOver, Repeater
from edged.output.mqtt.publisher import LanePublisher
from edged.output.mqtt.retained import Retained
from edged.output.mqtt.topics import Topics
from edged.output.settings import ConsumerSettings
from tests.fakes.journal_reader import AT, MemoryControl, MemoryJournal, make_row
from tests.output.conftest import IDENTITY, STATION


class Taker:
    """A link whose broker takes everything at once."""

    def __init__(self) -> None:
        self.up, self.generation, self.receive_maximum, self.maximum_packet, self.unacknowledged = True, 1, 20, None, 0
        self.sent: list[Any] = []

    def publish(self, message: Any, now: float, accepted: Any = None) -> bool:
        self.sent.append(message)
        if accepted is not None:
            accepted(0)
        return True

    def of(self, end: str) -> list[Any]:
        return [one for one in self.sent if one.topic.endswith(end)]


def at(seconds: float) -> Instant:
    return Instant(5000 + seconds, AT + timedelta(seconds=seconds))


def made() -> tuple[MemoryJournal, Taker, Repeater]:
    journal, link = MemoryJournal(), Taker()
    publisher = LanePublisher("real", journal, Topics(STATION), IDENTITY, link, MemoryControl(journal))  # type: ignore[arg-type]
    return journal, link, Repeater(journal, link, {"real": publisher})  # type: ignore[arg-type]


def test_each_row_three_times_with_the_same_bytes() -> None:
    journal, link, repeater = made()
    (entry,) = journal.append(make_row(1))
    repeater.accepted("real", "e1", 1, 5000)
    for second in range(0, 700):
        repeater.step(at(second).mono_s)
        assert len(link.sent) == (0 if second < 60 else 1 if second < 600 else 2)
    assert {one.payload for one in link.sent} == {render(entry, IDENTITY)}


def test_a_restart_repeats_what_was_still_due() -> None:
    journal, link, repeater = made()
    journal.append(make_row(1, at=AT - timedelta(seconds=100)), make_row(2, at=AT - timedelta(seconds=601)), make_row(3, at=AT))
    repeater.after_restart(at(0))
    for second in range(0, 700, 10):
        repeater.step(at(second).mono_s)
    assert [json.loads(one.payload)["sequence"][-1] for one in link.sent] == ["3", "1", "3"]


def test_the_index_comes_each_minute_and_only_then() -> None:
    journal, link = MemoryJournal(), Taker()
    journal.append(make_row(1))
    retained = Retained(journal, Topics(STATION), IDENTITY, link, one_way=True)  # type: ignore[arg-type]
    for second in range(0, 181):
        retained.step(at(second), busy=False)
    assert len(link.of("/alarm/index")) == 4
    assert json.loads(link.of("/alarm/index")[-1].payload)["digest"] == journal.newest("real")[2]


def test_the_index_never_runs_ahead_of_rows_in_flight_for_long() -> None:
    journal, link = MemoryJournal(), Taker()
    retained = Retained(journal, Topics(STATION), IDENTITY, link, one_way=False)  # type: ignore[arg-type]
    retained.step(at(0), busy=False)
    journal.append(make_row(1))
    retained.step(at(0.5), busy=True)
    assert len(link.of("/alarm/index")) == 1
    retained.step(at(1.1), busy=True)
    assert len(link.of("/alarm/index")) == 2


@pytest.mark.parametrize("signed", [True, False])
def test_the_hourly_file_proves_itself_and_goes_on_after_a_restart(tmp_path: Path, signed: bool) -> None:
    key = tmp_path / "key"
    key.write_bytes(b"secret-of-the-station\n")
    settings = ConsumerSettings(name="gap", delivery="one_way", hand_over_dir=tmp_path / "out", hmac_key_file=key if signed else None)
    journal = MemoryJournal()
    entries = journal.append(*[make_row(n) for n in range(1, 4)])
    first = HandOver(settings, "real", journal, IDENTITY).step(at(0))
    assert first is not None
    lines = first.read_bytes().splitlines(keepends=True)
    header, end, body = json.loads(lines[0]), json.loads(lines[-1]), b"".join(lines[:-1])
    assert [line.rstrip(b"\n") for line in lines[1:-1]] == [render(entry, IDENTITY) for entry in entries]
    assert (header["rows"], header["signature"]) == (3, "hmac-sha256" if signed else "none")
    assert end["digest"] == journal.newest("real")[2]
    assert end["sha256"] == hashlib.sha256(body).hexdigest()
    assert end["hmac_sha256"] == (hmac.new(b"secret-of-the-station", body, hashlib.sha256).hexdigest() if signed else None)
    journal.append(make_row(4))
    again = HandOver(settings, "real", journal, IDENTITY)
    second = again.step(at(10))
    assert second is not None
    assert second.name.endswith(f"{4:020d}-{4:020d}.jsonl")
    assert again.step(at(20)) is None
    assert again.step(at(3700)) is None


def test_a_folder_or_key_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    journal = MemoryJournal()
    journal.append(make_row(1))
    (tmp_path / "file").write_text("")
    blocked = ConsumerSettings(name="gap", delivery="one_way", hand_over_dir=tmp_path / "file")
    with pytest.raises(OutputUnreachable, match="consumer gap: hand_over_dir"):
        HandOver(blocked, "real", journal, IDENTITY).write(at(0))
    keyless = ConsumerSettings(name="gap", delivery="one_way", hand_over_dir=tmp_path / "o", hmac_key_file=tmp_path / "none")
    with pytest.raises(OutputRefused, match="no file is written"):
        HandOver(keyless, "real", journal, IDENTITY).write(at(0))
    assert list((tmp_path / "o").iterdir()) == []


def test_nothing_back_is_needed_to_name_what_is_missing() -> None:
    import random

    journal, link, repeater = made()
    journal.append(*[make_row(n, at=AT) for n in range(1, 201)])
    publisher = LanePublisher("real", journal, Topics(STATION), IDENTITY, link, MemoryControl(journal))  # type: ignore[arg-type]
    for _ in range(20):
        publisher.step(at(0).mono_s)
    assert publisher.position == ("e1", 200)
    repeater.after_restart(at(0))
    for second in range(0, 700, 5):
        repeater.step(at(second).mono_s)
    chance = random.Random(7)
    through = [one for one in link.sent if chance.random() > 0.2]
    got = {int(json.loads(one.payload)["sequence"]) for one in through}
    missing = set(range(1, journal.newest("real")[1] + 1)) - got
    assert len(link.sent) == 600
    assert got | missing == set(range(1, 201))
    assert len(missing) <= 8

"""Whatever the broker answers and however often the connection goes: no row is skipped, none is published that was not accepted."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from edged.output.base import BROKER
from edged.output.mqtt.publisher import LanePublisher
from edged.output.mqtt.topics import Topics
from tests.fakes.journal_reader import MemoryControl, MemoryJournal, make_row
from tests.output.conftest import IDENTITY, STATION


class Whim:
    """A link that answers out of order, late, badly or never."""

    def __init__(self) -> None:
        self.up, self.generation, self.receive_maximum, self.maximum_packet = True, 1, 20, None
        self.flying: list[tuple[str, int, Any]] = []
        self.taken: list[tuple[str, int]] = []

    def publish(self, message: Any, now: float, accepted: Any = None) -> bool:
        if not self.up:
            return False
        said = json.loads(message.payload)
        self.flying.append((said["epoch"], int(said["sequence"]), accepted))
        return True

    def answer(self, place: int, code: int) -> None:
        if self.flying:
            epoch, sequence, accepted = self.flying.pop(place % len(self.flying))
            if code in (0, 0x10):
                self.taken += [(epoch, sequence)] if code == 0 else []
            accepted(code)

    def lose(self) -> None:
        self.up = False
        self.flying.clear()

    def back(self) -> None:
        self.up = True
        self.generation += 1


def publisher(journal: MemoryJournal, link: Whim) -> tuple[LanePublisher, MemoryControl]:
    control = MemoryControl(journal)
    return LanePublisher("real", journal, Topics(STATION), IDENTITY, link, control), control  # type: ignore[arg-type]


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("rows"), st.integers(1, 5)),
        st.tuples(st.just("answer"), st.integers(0, 15), st.sampled_from([0, 0, 0, 0, 0x10, 0x87, 0x99])),
        st.tuples(st.just("lose")),
        st.tuples(st.just("back")),
        st.tuples(st.just("restart")),
        st.tuples(st.just("epoch")),
        st.tuples(st.just("time"), st.floats(0.01, 12)),
    ),
    max_size=60,
)


@settings(max_examples=150, deadline=None)
@given(STEPS)
def test_no_row_is_skipped(steps: list[Any]) -> None:
    journal, link, now, number, epochs = MemoryJournal(), Whim(), 100.0, 0, ["e1"]
    one, _ = publisher(journal, link)
    for step in [*steps, ("back",)]:
        match step:
            case ("rows", count):
                for _ in range(count):
                    number += 1
                    journal.append(make_row(number))
            case ("answer", place, code):
                link.answer(place, code)
            case ("lose",):
                link.lose()
            case ("back",):
                link.lose()
                one.step(now)
                link.back()
            case ("restart",):
                link.lose()
                link.back()
                one, _ = publisher(journal, link)
            case ("epoch",):
                epochs.append(f"e{len(epochs) + 1}")
                journal.begin_epoch("real", epochs[-1])
            case ("time", seconds):
                now += seconds
        one.step(now)
        one.report()
        position = journal.cursor(BROKER, "real")
        if position is not None:
            passed = [(entry.epoch, entry.sequence) for entry in journal.entries("real", 0, position[1], position[0])]
            assert set(passed) <= set(link.taken)
    for _ in range(number + 40):
        now += 11
        one.step(now)
        while link.flying:
            link.answer(0, 0)
        one.report()
    every = {(entry.epoch, entry.sequence) for epoch in epochs for entry in journal.entries("real", 0, 10_000, epoch)}
    assert every <= set(link.taken)
    assert one.position is None or one.position == journal.newest("real")[:2] or not journal.newest("real")[1]

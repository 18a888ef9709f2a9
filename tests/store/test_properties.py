"""A machine that appends, repeats, reads, frees, restarts, loses marks and restores copies in any order."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from unittest.mock import patch

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from edged.model.alarm import AlarmState
from edged.model.journal import Lane, Row
from edged.store import fold, retention
from edged.store.verify import check, copy, verify
from tests.store.making import FakeClock, alarm_row, open_journal, row

LANE = st.sampled_from(["real", "test"])
STATES: list[AlarmState] = ["suspect", "active", "acknowledged", "cleared"]


class JournalMachine(RuleBasedStateMachine):
    """`written` holds every row that was acknowledged and is not known to be lost by a restored copy."""

    @initialize(days=st.integers(0, 30))
    def begin(self, days: int) -> None:
        self.patches = [patch.object(fold, "NEWEST", 4), patch.object(fold, "CLEARED_ALARMS", 2), patch.object(retention, "BATCH", 5)]
        for each in self.patches:
            each.start()
        self.folder = Path(tempfile.mkdtemp(prefix="edged-journal-"))
        self.clock = FakeClock()
        self.days = days
        self.number = 0
        self.written: dict[str, Row] = {}
        self.passed: dict[Lane, tuple[int, int]] = {}
        self.copied: dict[str, Row] | None = None
        self.open()

    def open(self) -> None:
        self.journal = open_journal(self.folder, self.clock, consumers=("police",), read_days=self.days)

    def teardown(self) -> None:
        if hasattr(self, "folder"):
            self.journal.close()
            shutil.rmtree(self.folder)
            for each in self.patches:
                each.stop()

    def append(self, rows: list[Row]) -> None:
        for entry in self.journal.append(rows):
            self.written[entry.row.row_id] = entry.row

    @rule(lanes=st.lists(LANE, min_size=1, max_size=6))
    def append_notices(self, lanes: list[Lane]) -> None:
        self.number += len(lanes)
        self.append([row(self.number + at, lane) for at, lane in enumerate(lanes, -len(lanes))])

    @rule(alarm=st.integers(0, 5), state=st.sampled_from(STATES), lane=LANE)
    def append_alarm(self, alarm: int, state: AlarmState, lane: Lane) -> None:
        self.number += 1
        self.append([alarm_row(self.number, f"{lane}{alarm}", state, lane)])

    @precondition(lambda self: self.written)
    @rule(data=st.data())
    def append_again(self, data: st.DataObject) -> None:
        held = {entry.row.row_id for lane in ("real", "test") for name in self.epochs(lane) for entry in self.all(lane, name)}
        again = [self.written[row_id] for row_id in sorted(held & set(self.written))]
        if again:
            before = [self.journal.newest("real"), self.journal.newest("test")]
            chosen = data.draw(st.sampled_from(again))
            assert self.journal.append([chosen])[0].row == chosen
            assert [self.journal.newest("real"), self.journal.newest("test")] == before

    @rule(lane=LANE, share=st.floats(0, 1))
    def advance(self, lane: Lane, share: float) -> None:
        epoch, newest, _ = self.journal.newest(lane)
        to = int(share * newest)
        position = (self.epochs(lane).index(epoch), to)
        moved = self.journal.advance("police", lane, epoch, to)
        assert moved == (position > self.passed.get(lane, (-1, -1)))
        self.passed[lane] = max(position, self.passed.get(lane, (-1, -1)))

    @rule(days=st.integers(0, 50))
    def free(self, days: int) -> None:
        before = list(self.journal.fold())
        freed = self.journal.free(self.clock.later(days=days))
        after = list(self.journal.fold())
        made = [each for each in after if each not in before]
        assert all(each.kind == "freed" for each in made)
        assert bool(made) == bool(freed.unread)
        assert [each for each in after if each not in made] == (before if not made else [each for each in before if each in after])

    @rule()
    def restart(self) -> None:
        newest = self.journal.newest("real")
        before = list(self.journal.fold())
        self.journal.close()
        self.open()
        assert self.journal.opening.cause is None
        assert (self.journal.newest("real"), list(self.journal.fold())) == (newest, before)

    @rule()
    def lose_the_mark(self) -> None:
        self.journal.close()
        (self.folder / "journal.mark").unlink()
        self.open()
        assert self.journal.opening.cause == "mark_lost"

    @rule()
    def take_a_copy(self) -> None:
        copy(self.journal.path, self.folder / "copy")
        self.copied = dict(self.written)
        self.copied_at = {lane: self.journal.newest(lane) for lane in ("real", "test")}
        self.copied_passed = dict(self.passed)

    @precondition(lambda self: self.copied is not None)
    @rule()
    def restore_the_copy(self) -> None:
        assert self.copied is not None
        changed = any(self.journal.newest(lane) != self.copied_at[lane] for lane in ("real", "test"))
        self.journal.close()
        shutil.copy(self.folder / "copy", self.folder / "journal.db")
        self.written = dict(self.copied)
        self.passed = dict(self.copied_passed)
        self.open()
        assert (self.journal.opening.cause == "restored_copy") == changed
        self.copied = None

    def epochs(self, lane: Lane) -> list[str]:
        reader = self.journal.reader()
        try:
            return reader.epochs(lane)
        finally:
            reader.close()

    def all(self, lane: Lane, epoch: str) -> list[object]:
        return list(self.journal.entries(lane, 0, 10_000, epoch))

    @invariant()
    def chain_is_right(self) -> None:
        if hasattr(self, "journal"):
            found = check(self.journal._connection)
            assert found.right, found

    @invariant()
    def every_row_is_held_or_was_freed(self) -> None:
        if not hasattr(self, "journal"):
            return
        for lane in ("real", "test"):
            for name in self.epochs(lane):
                held = [entry.sequence for entry in self.journal.entries(lane, 0, 10_000, name)]
                ranges = self.journal._connection.execute("SELECT first, last FROM freed WHERE lane = ? AND epoch = ?", (lane, name))
                gone = [at for first, last in ranges for at in range(first, last + 1)]
                assert sorted(held + gone) == list(range(1, len(held) + len(gone) + 1))
        assert verify(self.journal.path).rows > 0


JournalMachine.TestCase.settings = settings(
    max_examples=30, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True
)
TestJournalMachine = JournalMachine.TestCase

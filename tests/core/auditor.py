"""Judges a run of core from outside: reads only the rows, tells and states that came out, and knows what must never happen."""

from __future__ import annotations

from pydantic import TypeAdapter

from edged.core.book import Book, apply
from edged.core.step import State
from edged.model.alarm import Alarm
from edged.model.command import Append, Command, Telling
from edged.model.journal import Row, Tell
from tests.core.station import TEST_RADIO

ROW: TypeAdapter[Row] = TypeAdapter(Row)
LIVING = {"suspect", "pre_alarm", "active", "acknowledged"}
BEFORE_ACTIVE = {"expired", "no_fire_found", "superseded"}


class Auditor:
    """Keeps its own fold of the rows, each sent through JSON as the journal does."""

    def __init__(self) -> None:
        self.book = Book()
        self.rows: list[Row] = []
        self.tells: list[Tell] = []
        self.newest: dict[str, Alarm] = {}
        self.ids: set[str] = set()
        self.people: set[str] = set()

    def take(self, commands: tuple[Command, ...], state: State) -> None:
        for command in commands:
            if isinstance(command, Append):
                self._row(command.row)
            elif isinstance(command, Telling):
                self._tell(command.tell)
        assert self.book == state.book, "the fold of the rows is not the state"
        open_ids = {k for k, a in self.newest.items() if a.state in LIVING}
        assert open_ids == set(state.book.alarms), "an alarm was lost or invented"

    def _row(self, row: Row) -> None:
        assert row.row_id not in self.ids, "a row id came twice"
        self.ids.add(row.row_id)
        self.rows.append(row)
        self.book = apply(self.book, ROW.validate_json(ROW.dump_json(row)))
        alarm = row.alarm
        if alarm is None:
            return
        before = self.newest.get(alarm.alarm_id)
        assert alarm.revision == (1 if before is None else before.revision + 1), "revisions are not contiguous"
        assert (row.lane == "test") is alarm.test, "a test in the real lane, or a real alarm in the test lane"
        if before is not None:
            assert before.test is alarm.test, "a test became real, or a real alarm a test"
            assert before.state != "cleared", "a cleared alarm was resurrected"
            assert before.display_id == alarm.display_id
        if alarm.state == "cleared":
            self._cleared(alarm)
        self.newest[alarm.alarm_id] = alarm
        if alarm.slot is not None:
            same = [a for a in self.newest.values() if a.slot == alarm.slot and a.test is alarm.test and a.state in LIVING]
            assert len(same) == 1, "two open alarms share a slot"

    def _cleared(self, alarm: Alarm) -> None:
        assert alarm.clear_reason is not None
        if alarm.cleared_by in self.people:
            return
        assert alarm.cleared_by == "core"
        if alarm.test:
            assert alarm.clear_reason in BEFORE_ACTIVE | {"test_over"}
        elif alarm.active_at is None:
            assert alarm.clear_reason in BEFORE_ACTIVE
        else:
            assert alarm.clear_reason == "superseded", "an active fire was cleared without a person"
            heir = self.newest[alarm.superseded_by or ""]
            assert heir.state in LIVING
            assert heir.alarm_id < alarm.alarm_id, "the younger alarm lived"

    def _tell(self, tell: Tell) -> None:
        assert tell.tell_id not in self.ids, "a tell id came twice"
        self.ids.add(tell.tell_id)
        self.tells.append(tell)
        if tell.lane == "test":
            assert tell.to == (TEST_RADIO,)
            for text in (tell.text_s, tell.text_l):
                assert text.startswith("演练勿出警")
                assert "火警" not in text
        else:
            assert TEST_RADIO not in tell.to
            assert "演练" not in tell.text_s
        assert len(tell.text_s.encode("utf-16-be")) <= 46


def calls(alarm: Alarm) -> bool:
    """Tell whether an alarm still calls for an answer."""
    return alarm.state == "active" and alarm.shelved_until is None


def silenced(before: Book, after: Book) -> set[str]:
    """Return the alarms that called before a step and do not call after it."""
    return {k for k, a in before.alarms.items() if calls(a)} - {k for k, a in after.alarms.items() if calls(a)}

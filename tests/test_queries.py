"""The questions of the control socket: what each answers, and that a wrong one says what to ask instead."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime
from typing import Any

import pytest

from edged.core.rules import Rules
from edged.core.step import State, start, step
from edged.model.errors import CommandRefused
from edged.model.event import Verb
from edged.model.instant import Instant
from edged.model.site import Mount, SitePlan
from edged.queries import queries

NOW = Instant(100.0, datetime(2026, 11, 22, tzinfo=UTC), True)


class Asked:
    """A station with its questions."""

    def __init__(self) -> None:
        self.state: State = start(Rules.build("s-1", plan=SitePlan(mounts=(Mount("th-01", 29.6, 106.6, 30.0),))), "e1")
        self._table = queries(lambda: self.state, lambda: NOW, lambda: {"mqtt_up": True}, self._where, self._rows)

    async def _where(self) -> dict[str, Any]:
        return {"newest": {"real": ["e1", 3]}}

    async def _rows(self, name: str, since_s: float) -> list[dict[str, Any]]:
        return [{"at_s": since_s, "high": 31.0}]

    def verb(self, name: Any, number: int, **fields: Any) -> None:
        self.state, _ = step(self.state, Verb(name, "chen", "shift_leader", "socket", f"c-{number}", **fields), NOW)

    def ask(self, question: str, **args: Any) -> dict[str, Any]:
        answer = asyncio.run(self._table[question](args))  # type: ignore[arg-type]
        json.dumps(answer)
        return answer


def test_alarms_are_the_open_ones_unless_all_are_wanted() -> None:
    asked = Asked()
    asked.verb("raise", 1, args={"place": "试验位"})
    (one,) = asked.ask("alarms")["alarms"]
    assert (one["display_id"], one["state"], one["words"]["place"]) == ("0001", "active", "试验位")
    asked.verb("clear", 2, display_id="0001", args={"reason": "extinguished"})
    assert asked.ask("alarms")["alarms"] == []
    assert [a["state"] for a in asked.ask("alarms", all=True)["alarms"]] == ["cleared"]
    assert asked.ask("alarms", all="yes")["alarms"] == []


@pytest.mark.parametrize("name", ["0001", "#1"])
def test_why_finds_an_alarm_by_every_name_that_people_use(name: str) -> None:
    asked = Asked()
    asked.verb("raise", 1, args={"place": "试验位"})
    assert asked.ask("why", alarm=name)["display_id"] == "0001"


@pytest.mark.parametrize("args", [{}, {"alarm": "0777"}, {"alarm": ["x"]}, {"alarm": "#"}])
def test_why_without_such_an_alarm_names_the_list(args: dict[str, Any]) -> None:
    with pytest.raises(CommandRefused, match="edged alarms --all"):
        Asked().ask("why", **args)


def test_status_joins_core_and_the_processes() -> None:
    said = Asked().ask("status")
    assert (said["station"], said["mqtt_up"], said["lookouts"], said["open_alarms"]) == ("s-1", True, 1, [])
    assert said["version"]
    assert Asked().ask("position") == {"newest": {"real": ["e1", 3]}}

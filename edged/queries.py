"""The questions of the control socket: status, alarms, why, position. Answers without effect."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from pydantic import TypeAdapter

from edged import __version__
from edged.clock import Clock
from edged.control import Query
from edged.core import view
from edged.core.step import State
from edged.model.alarm import Alarm
from edged.model.errors import CommandRefused

_ALARMS: TypeAdapter[list[Alarm]] = TypeAdapter(list[Alarm])


def queries(
    state: Callable[[], State], clock: Clock, own: Callable[[], dict[str, Any]], position: Callable[[], Awaitable[dict[str, Any]]]
) -> Mapping[str, Query]:
    """Return the table of questions. `own` is what the processes say of themselves, `position` where journal and cursors stand."""

    async def status(_: dict[str, Any]) -> dict[str, Any]:
        return {"version": __version__, **view.status(state(), clock()), **own()}

    async def alarms(args: dict[str, Any]) -> dict[str, Any]:
        now = state()
        found = [*view.alarms(now), *view.alarms(now, test=True)]
        if args.get("all") is True:
            found = [*now.book.cleared.values(), *found]
        return {"alarms": _ALARMS.dump_python(found, mode="json"), "time_zone": str(now.rules.tz)}

    async def why(args: dict[str, Any]) -> dict[str, Any]:
        name = str(args.get("alarm", ""))
        found = view.alarm(state(), name)
        if found is None:
            raise CommandRefused(
                f"no alarm {name!r}: give its id, its number or #slot; `edged alarms --all` lists them",
                zh=f"没有警情 {name!r}: 请给出编号、序号或 #槽位; edged alarms --all 可列出",
            )
        return found

    async def where(_: dict[str, Any]) -> dict[str, Any]:
        return await position()

    return {"status": status, "alarms": alarms, "why": why, "position": where}

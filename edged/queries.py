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
from edged.why import Why, alarm_named, no_alarm

DAY_S, LONGEST_SINCE_S = 86_400.0, 366 * 86_400.0
_ALARMS: TypeAdapter[list[Alarm]] = TypeAdapter(list[Alarm])


def queries(
    state: Callable[[], State],
    clock: Clock,
    own: Callable[[], dict[str, Any]],
    position: Callable[[], Awaitable[dict[str, Any]]],
    rows: Callable[[str, float], Awaitable[list[dict[str, Any]]]],
    kept: Why | None = None,
) -> Mapping[str, Query]:
    """Return the table of questions.

    `own` is what the processes say of themselves, `position` where journal and cursors stand, `rows` what was measured of a spot since a
    time. `kept` answers from the kept sightings; without it `why` knows only the alarms of the book.
    """

    async def status(_: dict[str, Any]) -> dict[str, Any]:
        return {"version": __version__, **view.status(state(), clock()), **own()}

    async def alarms(args: dict[str, Any]) -> dict[str, Any]:
        now = state()
        found = [*view.alarms(now), *view.alarms(now, test=True)]
        if args.get("all") is True:
            found = [*now.book.cleared.values(), *found]
        return {"alarms": _ALARMS.dump_python(found, mode="json"), "time_zone": str(now.rules.tz)}

    async def why(args: dict[str, Any]) -> dict[str, Any]:
        if kept is not None:
            return await kept.answer(args)
        name = str(args.get("alarm", ""))
        found = alarm_named(state(), name)
        if found is None:
            raise no_alarm(name)
        return found

    async def where(_: dict[str, Any]) -> dict[str, Any]:
        return await position()

    async def rounds(args: dict[str, Any]) -> dict[str, Any]:
        now = state()
        spots = view.spots(now, clock())
        said = {"time_zone": str(now.rules.tz), "air": view.air(now, clock())}
        name = args.get("name")
        if name is None:
            return {"spots": spots, **said}
        found = [spot for spot in spots if spot["name"] == name]
        if not found:
            listed = ", ".join(spot["name"] for spot in spots) or "-"
            raise CommandRefused(f"no spot {str(name)[:40]!r}; there are: {listed}", zh=f"没有测温点 {str(name)[:40]!r}; 现有: {listed}")
        since_s = args.get("since_s", DAY_S)
        if isinstance(since_s, bool) or not isinstance(since_s, int | float) or not 0.0 < since_s <= LONGEST_SINCE_S:
            raise CommandRefused(f"rounds: since_s must be more than 0 and at most {LONGEST_SINCE_S:g}", zh="rounds: since_s 须在一年之内")
        history = await rows(found[0]["name"], clock().utc.timestamp() - since_s)
        return {"spots": found, "rows": history, "hazards": [h for h in view.hazard_list(now, clock()) if h["spot"] == name], **said}

    async def hazards(args: dict[str, Any]) -> dict[str, Any]:
        now = state()
        return {"hazards": view.hazard_list(now, clock(), closed=args.get("all") is True), "time_zone": str(now.rules.tz)}

    return {"status": status, "alarms": alarms, "why": why, "position": where, "rounds": rounds, "hazards": hazards}

"""What the station shows of itself: the answers behind `edged status`, `edged alarms` and the console. Plain values for JSON."""

from __future__ import annotations

from typing import Any

from pydantic import TypeAdapter

from edged.core import aims, hazards, rounds, weather, wheels
from edged.core.book import LEDGER
from edged.core.live import Watching
from edged.core.sight import STATION
from edged.core.step import State
from edged.model.alarm import Alarm
from edged.model.health import Sight
from edged.model.instant import Instant

_ALARM: TypeAdapter[Alarm] = TypeAdapter(Alarm)


def alarms(state: State, test: bool = False) -> list[Alarm]:
    """Return the open alarms of one lane, oldest first."""
    return sorted((a for a in state.book.alarms.values() if a.test is test), key=lambda a: a.alarm_id)


def alarm(state: State, name: str) -> dict[str, Any] | None:
    """Return one alarm, open or recently cleared, by its id, display id or `#slot`; with what was told of it. None where unknown."""
    book = state.book
    every = [*book.alarms.values(), *reversed(list(book.cleared.values()))]
    found = next((a for a in every if name in (a.alarm_id, a.display_id) or (a.slot is not None and name == f"#{a.slot}")), None)
    if found is None:
        return None
    shown: dict[str, Any] = _ALARM.dump_python(found, mode="json")
    ledger = book.ledgers.get(found.alarm_id)
    shown["told"] = [] if ledger is None else LEDGER.dump_python(ledger, mode="json")["told"]
    return shown


def air(state: State, now: Instant) -> dict[str, Any]:
    """Return the air as it is taken to be."""
    return weather.shown(state.rules, state.live, now)


def spots(state: State, now: Instant) -> list[dict[str, Any]]:
    """Return the spots of the temperature rounds as they were last measured."""
    return rounds.shown(state.rules, state.live, now)


def hazard_list(state: State, now: Instant, *, closed: bool = False) -> list[dict[str, Any]]:
    """Return the hazard list, open ones first by date."""
    return hazards.shown(state.rules, state.book.hazards, now.utc, closed=closed)


def status(state: State, now: Instant) -> dict[str, Any]:
    """Return what `edged status` shows: who sees, what is armed, what is open, what waits longest for an answer."""
    book, rules = state.book, state.rules
    cameras = []
    for camera_id in rules.lookouts:
        known, watching = book.sight.get(camera_id), state.live.watching.get(camera_id)
        cameras.append(
            {
                "camera_id": camera_id,
                "name": rules.name(camera_id),
                "sees": _sees(known, watching),
                "cause": None if known is None else known.cause,
                "since": None if known is None else known.since.isoformat(),
                "age_s": None if watching is None or watching.fresh_since_mono_s is None else round(now.mono_s - watching.judged_mono_s, 1),
                "range_reduced": watching is not None and watching.range_reduced,
                "learning": watching is not None and watching.learning,
                "waiting_sources": 0 if watching is None else watching.waiting_sources,
                "arming": book.arming.get(f"camera:{camera_id}", rules.arming.get(camera_id, rules.settings.arming)),
                "maintenance_until": book.maintenance[camera_id].isoformat() if camera_id in book.maintenance else None,
                "health": book.health.get(camera_id),
                "aim": aims.shown(rules, state.live.aims.get(camera_id), book.aim_faults, camera_id),
            }
        )
    real = alarms(state)
    waiting = [a for a in real if a.state == "active" and a.shelved_until is None]
    station = book.sight.get(STATION)
    armed = sum(c["arming"] in ("duty", "radio") for c in cameras)
    return {
        "station": rules.station_id,
        "time_zone": str(rules.tz),
        "epoch": state.epoch,
        "simulated": rules.simulated,
        "sees": _station_sees(station, any(c["sees"] is True for c in cameras)),
        "seeing": sum(c["sees"] is True for c in cameras),
        "lookouts": len(cameras),
        "armed": armed,
        "armed_share": armed / len(cameras) if cameras else 0.0,
        "shelved": sum(a.shelved_until is not None for a in real),
        "permits": sum(p.begins_at <= now.utc < p.ends_at for p in book.permits.values()),
        "duty": None if state.live.duty is None else list(state.live.duty),
        "outputs": dict(state.live.outputs),
        "air": air(state, now),
        "hazards": _counted(hazard_list(state, now)),
        "hot_wheels": wheels.shown(wheels.told_since(book, now.utc - wheels.AGAIN)),
        "open_alarms": [summary(a) for a in real],
        "open_tests": [summary(a) for a in alarms(state, test=True)],
        "oldest_unanswered": summary(waiting[0]) if waiting else None,
        "cameras": cameras,
    }


def _counted(found: list[dict[str, Any]]) -> dict[str, int]:
    return {"open": len(found), "present": sum(h["state"] == "present" for h in found), "overdue": sum(bool(h["overdue"]) for h in found)}


def _sees(known: Sight | None, watching: Watching | None) -> bool | None:
    """What the journal remembers as seeing counts only once a picture was judged since the start."""
    if known is None or (known.sees and (watching is None or watching.fresh_since_mono_s is None)):
        return None
    return known.sees


def _station_sees(known: Sight | None, some: bool) -> bool | None:
    if known is not None and not known.sees:
        return False
    return True if some else None


def summary(a: Alarm) -> dict[str, Any]:
    """Return the line of one alarm in a list."""
    return {
        "alarm_id": a.alarm_id,
        "display_id": a.display_id,
        "slot": a.slot,
        "state": a.state,
        "test": a.test,
        "source": a.source,
        "place": a.words.place,
        "gate": a.words.gate,
        "hazard": a.words.hazard,
        "verified": a.verified,
        "arming": a.arming,
        "raised_at": a.raised_at.isoformat(),
        "released_at": None if a.released_at is None else a.released_at.isoformat(),
        "not_seen_since": None if a.not_seen_since is None else a.not_seen_since.isoformat(),
        "not_seen_cause": a.not_seen_cause,
        "shelved_until": None if a.shelved_until is None else a.shelved_until.isoformat(),
        "answers": [f"{x.verb} {x.actor}" for x in a.answers],
        "radio_s": a.radio_s,
    }

"""The durable part of the state: a fold of journal rows. `apply` is the only way to change it, in a run and after a restart alike.

Every alarm row carries its whole alarm and ledger, so that the fold is right even where the journal freed older rows of that alarm.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, get_args

from pydantic import TypeAdapter

from edged.geometry.drift import FaultCode
from edged.model.alarm import Alarm, Arming
from edged.model.frame import TemperatureKind
from edged.model.health import Sight
from edged.model.journal import Row, TellPath
from edged.model.rounds import Hazard
from edged.model.weather import Measured

AIM_FAULTS: frozenset[str] = frozenset(get_args(FaultCode))
_AIM_FAULT_NAMES = ("camera_id", "code", "beacon", "since", "pan_off_deg", "tilt_off_deg", "sigma_deg", "facing")
KEPT_COMMANDS = 2000
KEPT_TOLD = 16
KEPT_CLEARED = timedelta(hours=168)
CLEARED_LIMIT = 500
KEPT_HAZARDS = 200
KEPT_WHEELS, KEPT_WHEELS_FOR = 50, timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Told:
    """One text that went out for an alarm. `to`: `kind:id` of each address. `reported`: the gateway sent it; `failed`: it said
    that it could not; `rescued`: the serial radio has it too."""

    tell_id: str
    path: TellPath
    at: datetime
    to: tuple[str, ...]
    reported: bool = False
    failed: bool = False
    rescued: bool = False

    def reaches(self, radio: str) -> bool:
        """Tell whether that radio may have got the text: by its own address, or by a group whose members nobody lists."""
        return self.path in ("gateway", "serial") and any(to.startswith("group:") or to == f"individual:{radio}" for to in self.to)


@dataclass(frozen=True, slots=True)
class Ledger:
    """What was announced of an alarm and to whom. A new round begins with each announcement; repeats count from `announced_at`.

    `announced`: (camera, size) at the last announcement; `zones`: where it was announced; `quiet`: radios that said `seen`.
    """

    announced_at: datetime | None = None
    repeats: int = 0
    zones: tuple[str, ...] = ()
    announced: tuple[tuple[str, float], ...] = ()
    told: tuple[Told, ...] = ()
    quiet: tuple[str, ...] = ()

    def with_told(self, told: Told) -> Ledger:
        """Return the ledger with one more text; the oldest are forgotten."""
        return replace(self, told=(*self.told, told)[-KEPT_TOLD:])

    def reached(self, radio: str) -> datetime | None:
        """Return when that radio was first told, or None."""
        return next((t.at for t in self.told if t.reaches(radio)), None)


@dataclass(frozen=True, slots=True)
class Permit:
    """A hot-work permit: data of the duty officer, ends by itself."""

    permit_id: str
    place: str
    zone_id: str | None
    lat_wgs84: float | None
    lon_wgs84: float | None
    begins_at: datetime
    ends_at: datetime
    number: str
    phone: str
    actor: str


@dataclass(frozen=True, slots=True)
class Freed:
    """Whom a slot belonged to before, and since when it is free."""

    alarm_id: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Done:
    """The outcome of a command, for when it comes twice."""

    accepted: bool
    text: str


@dataclass(frozen=True, slots=True)
class AimFault:
    """What was said of a head's aim and not taken back. Offsets as of `Drift`; `facing`: the mount's angles that they are counted from."""

    camera_id: str
    code: FaultCode
    beacon: str | None
    since: datetime
    pan_off_deg: float = 0.0
    tilt_off_deg: float = 0.0
    sigma_deg: float = 0.0
    facing: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class WheelSaid:
    """A hot wheel that was told. `lat`, `lon`: its place (WGS-84) where one is known, with its doubt; `wheel_c`: apparent, by `kind`."""

    camera_id: str
    view_id: str
    at: datetime
    pan_deg: float
    tilt_deg: float
    spacing_deg: float
    over_k: float
    wheel_c: float
    kind: TemperatureKind
    wheels: int
    place_en: str
    place_zh: str
    lat: float | None = None
    lon: float | None = None
    doubt_m: float = 0.0


@dataclass(frozen=True, slots=True)
class Weather:
    """What was last said of the weather: when, what was measured, what had to be assumed, and the extinction."""

    at: datetime
    measured: Mapping[str, Measured]
    assumed: tuple[str, ...]
    extinction_per_km: float


@dataclass(frozen=True, slots=True)
class Book:
    """The fold. `alarms` are the open ones of both lanes; `cleared` the recent rest, newest last.

    `last_real`, `last_test`: (alarm id, display id) of the newest alarm of each lane. `wheels`: hot ones of the last day, newest last.
    """

    count: int = 0
    alarms: Mapping[str, Alarm] = field(default_factory=dict)
    ledgers: Mapping[str, Ledger] = field(default_factory=dict)
    cleared: Mapping[str, Alarm] = field(default_factory=dict)
    freed: Mapping[int, Freed] = field(default_factory=dict)
    last_real: tuple[str, str] = ("", "0000")
    last_test: tuple[str, str] = ("", "T000")
    commands: Mapping[str, Done] = field(default_factory=dict)
    arming: Mapping[str, Arming] = field(default_factory=dict)
    permits: Mapping[str, Permit] = field(default_factory=dict)
    maintenance: Mapping[str, datetime] = field(default_factory=dict)
    sight: Mapping[str, Sight] = field(default_factory=dict)
    sight_told: Mapping[str, datetime] = field(default_factory=dict)
    health: Mapping[str, str] = field(default_factory=dict)
    aim_faults: Mapping[tuple[str, str, str], AimFault] = field(default_factory=dict)
    weather: Weather | None = None
    hazards: Mapping[str, Hazard] = field(default_factory=dict)
    last_hazard: int = 0
    wheels: tuple[WheelSaid, ...] = ()

    def real(self) -> list[Alarm]:
        """Return the open alarms that are no tests, oldest first."""
        return sorted((a for a in self.alarms.values() if not a.test), key=lambda a: a.alarm_id)

    def known(self, alarm_id: str) -> Alarm | None:
        """Return an open or recently cleared alarm."""
        return self.alarms.get(alarm_id) or self.cleared.get(alarm_id)

    def heir(self, alarm_id: str) -> Alarm | None:
        """Return the alarm that an id stands for now, following `superseded_by`."""
        found = self.known(alarm_id)
        for _ in range(20):
            if found is None or found.superseded_by is None:
                break
            found = self.known(found.superseded_by)
        return found


LEDGER: TypeAdapter[Ledger] = TypeAdapter(Ledger)
PERMIT: TypeAdapter[Permit] = TypeAdapter(Permit)
SIGHT: TypeAdapter[Sight] = TypeAdapter(Sight)
_AIM_FAULT: TypeAdapter[AimFault] = TypeAdapter(AimFault)
_MOMENT: TypeAdapter[datetime] = TypeAdapter(datetime)
WHEEL: TypeAdapter[WheelSaid] = TypeAdapter(WheelSaid)
HAZARD: TypeAdapter[Hazard] = TypeAdapter(Hazard)
WEATHER: TypeAdapter[Weather] = TypeAdapter(Weather)


def apply(book: Book, row: Row) -> Book:
    """Return the book after one row. Rows of kinds that only people and upstreams read are counted."""
    change = _BY_KIND.get(row.kind)
    counted = replace(book, count=book.count + 1)
    return counted if change is None else change(counted, row)


def _alarm(book: Book, row: Row) -> Book:
    alarm = row.alarm
    if alarm is None:
        return book
    before = book.alarms.get(alarm.alarm_id)
    alarms, ledgers, cleared, freed = dict(book.alarms), dict(book.ledgers), book.cleared, book.freed
    if before is not None and before.slot is not None and before.slot != alarm.slot:
        freed = {**freed, before.slot: Freed(alarm.alarm_id, row.at)}
    if alarm.state == "cleared":
        alarms.pop(alarm.alarm_id, None)
        ledgers.pop(alarm.alarm_id, None)
        kept = [(k, a) for k, a in cleared.items() if a.cleared_at is None or row.at - a.cleared_at < KEPT_CLEARED]
        cleared = dict([*kept, (alarm.alarm_id, alarm)][-CLEARED_LIMIT:])
    else:
        alarms[alarm.alarm_id] = alarm
        ledgers[alarm.alarm_id] = LEDGER.validate_python(row.data.get("ledger", {}))
    last = book.last_test if alarm.test else book.last_real
    last = max(last, (alarm.alarm_id, alarm.display_id))
    return replace(
        book,
        alarms=alarms,
        ledgers=ledgers,
        cleared=cleared,
        freed=freed,
        last_real=book.last_real if alarm.test else last,
        last_test=last if alarm.test else book.last_test,
    )


def _report(book: Book, row: Row) -> Book:
    alarm_id = str(row.data.get("alarm_id", ""))
    if alarm_id not in book.alarms or "ledger" not in row.data:
        return book
    return replace(book, ledgers={**book.ledgers, alarm_id: LEDGER.validate_python(row.data["ledger"])})


def _verb(book: Book, row: Row) -> Book:
    if not row.cause_id:
        return book
    done = {**book.commands, row.cause_id: Done(bool(row.data.get("accepted")), str(row.data.get("text", "")))}
    while len(done) > KEPT_COMMANDS:
        done.pop(next(iter(done)))
    return replace(book, commands=done)


def _armed(book: Book, row: Row) -> Book:
    level: Any = row.data["level"]
    return replace(book, arming={**book.arming, str(row.data["what"]): level})


def _permit(book: Book, row: Row) -> Book:
    permit = PERMIT.validate_python(row.data["permit"])
    kept = {k: p for k, p in book.permits.items() if row.at - p.ends_at < timedelta(days=1)}
    return replace(book, permits={**kept, permit.permit_id: permit})


def _maintenance(book: Book, row: Row) -> Book:
    kept = dict(book.maintenance)
    kept.pop(str(row.data["camera_id"]), None)
    if row.change == "began":
        kept[str(row.data["camera_id"])] = _MOMENT.validate_python(row.data["until"])
    return replace(book, maintenance=kept)


def _sight(book: Book, row: Row) -> Book:
    sight = SIGHT.validate_python(row.data["sight"])
    told = {**book.sight_told, sight.camera_id: row.at} if row.data.get("told") else book.sight_told
    return replace(book, sight={**book.sight, sight.camera_id: sight}, sight_told=told)


def _health(book: Book, row: Row) -> Book:
    return replace(book, health={**book.health, str(row.data["camera_id"]): f"{row.data['rung']}/{row.data['fault']}"})


def _notice(book: Book, row: Row) -> Book:
    """Only what is said of a head's aim is remembered, it began or it ended, and hot wheels."""
    if row.data.get("code") == "hot_wheel" and "wheel" in row.data:
        kept_wheels = [known for known in book.wheels if row.at - known.at < KEPT_WHEELS_FOR]
        return replace(book, wheels=(*kept_wheels, WHEEL.validate_python(row.data["wheel"]))[-KEPT_WHEELS:])
    if row.data.get("code") not in AIM_FAULTS or not row.data.keys() >= {"state", *_AIM_FAULT_NAMES}:
        return book
    fault = _AIM_FAULT.validate_python({name: row.data[name] for name in _AIM_FAULT_NAMES})
    kept = dict(book.aim_faults)
    kept.pop((fault.camera_id, fault.code, fault.beacon or ""), None)
    if row.data["state"] == "began":
        kept[fault.camera_id, fault.code, fault.beacon or ""] = fault
    return replace(book, aim_faults=kept)


def _weather(book: Book, row: Row) -> Book:
    return replace(book, weather=WEATHER.validate_python(row.data["weather"]))


def _hazard(book: Book, row: Row) -> Book:
    hazard = HAZARD.validate_python(row.data["hazard"])
    kept = {**book.hazards, hazard.hazard_id: hazard}
    closed = [name for name, known in kept.items() if known.state == "closed"]
    for name in closed[: len(closed) - KEPT_HAZARDS]:
        del kept[name]
    number = hazard.hazard_id[1:]
    return replace(book, hazards=kept, last_hazard=max(book.last_hazard, int(number) if number.isdigit() else 0))


_BY_KIND = {
    "alarm": _alarm,
    "report": _report,
    "verb": _verb,
    "armed": _armed,
    "permit": _permit,
    "maintenance": _maintenance,
    "sight": _sight,
    "health": _health,
    "notice": _notice,
    "weather": _weather,
    "hazard": _hazard,
}

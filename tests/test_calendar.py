"""Hours, weekdays, dates and festivals of an area: by local time, over midnight and over changes of the clock."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import ephem
import pytest

from edged.camera.settings import AreaSettings
from edged.model.calendar import ALWAYS, Calendar
from edged.model.festivals import Festival, is_on, listed
from edged.model.section import ValueFault

NIGHT = Calendar(hours=((1320, 360),))
CORNERS = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0))


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo("Asia/Shanghai"))


def area(**given: object) -> Calendar:
    return AreaSettings.model_validate({"name": "flue", "kind": "known_heat", "points": CORNERS, **given}).calendar


@pytest.mark.parametrize(("when", "holds"), [("21:59", False), ("22:00", True), ("00:00", True), ("05:59", True), ("06:00", False)])
def test_hours_run_over_midnight(when: str, holds: bool) -> None:
    assert NIGHT.holds(at(f"2026-11-27T{when}")) is holds


def test_what_begins_on_friday_ends_on_saturday() -> None:
    friday = area(hours=["22:00-06:00"], days=["周五"], until_date="2026-11-27")
    assert friday.holds(at("2026-11-28T05:59"))
    assert not friday.holds(at("2026-11-27T05:59"))
    assert not friday.holds(at("2026-11-28T22:00"))
    assert not friday.holds(at("2026-12-04T22:00"))


def test_expiry_ends_everything_at_the_end_of_its_day() -> None:
    night = area(hours=["22:00-06:00"], expires="2026-11-27")
    assert night.holds(at("2026-11-27T23:59"))
    assert not night.holds(at("2026-11-28T00:00"))


def test_of_dates_and_festivals_any_will_do() -> None:
    some = area(dates=["2027-01-01"], festivals=["qingming"], from_date="2026-12-01")
    on = [day for day in (date(2026, 4, 5), date(2027, 1, 1), date(2027, 4, 3), date(2027, 4, 7)) if some.holds(at(f"{day}T12:00"))]
    assert on == [date(2027, 1, 1), date(2027, 4, 3)]


def test_an_unknown_time_holds_nothing_back() -> None:
    assert ALWAYS.holds(None)
    assert not NIGHT.holds(None)


def test_a_change_to_winter_time_repeats_its_hour_and_one_to_summer_time_skips_it() -> None:
    hour, berlin = Calendar(hours=((120, 180),)), ZoneInfo("Europe/Berlin")

    def minutes(day: datetime) -> int:
        return sum(hour.holds((day + timedelta(minutes=m)).astimezone(berlin)) for m in range(1440))

    assert minutes(datetime(2026, 10, 24, 22, tzinfo=UTC)) == 120
    assert minutes(datetime(2026, 3, 28, 23, tzinfo=UTC)) == 0
    assert minutes(datetime(2026, 6, 1, tzinfo=UTC)) == 60


@pytest.mark.parametrize(
    "given",
    [{"hours": ["22-6"]}, {"hours": ["22:00-22:00"]}, {"hours": ["25:00-26:00"]}, {"days": ["friday"]}, {"dates": ["2026-02-30"]},
     {"expires": "20261127"}, {"expires": "27.11.2026"}, {"from_date": "2026-12-02", "until_date": "2026-12-01"}],
)  # fmt: skip
def test_what_is_no_time_is_refused_with_an_example(given: dict[str, object]) -> None:
    with pytest.raises((ValueFault, ValueError), match=r"write|before|Friday|\d"):
        area(**given)


def in_china(moment: float) -> date:
    found: date = ephem.Date(moment + 8.0 / 24.0).datetime().date()
    return found


@pytest.mark.parametrize("year", range(2026, 2036))
def test_festivals_are_those_of_sun_and_moon(year: int) -> None:
    def of(festival: Festival, offset: int) -> date:
        return next(first + timedelta(days=offset) for first, last in listed(festival) if last.year == year)

    qingming, new_year, zhongyuan = of("qingming", 2), of("spring_festival", 1), of("zhongyuan", 3)
    sun = [ephem.Ecliptic(ephem.Sun(f"{qingming + timedelta(days=n)} 16:00"), epoch=f"{year}").lon - math.radians(15.0) for n in (-1, 0)]
    assert sun[0] < 0.0 <= sun[1]
    assert in_china(ephem.next_new_moon(f"{new_year - timedelta(days=5)}")) == new_year
    first = in_china(ephem.next_new_moon(f"{zhongyuan - timedelta(days=20)}"))
    assert zhongyuan - first == timedelta(days=14)
    months = round((first - new_year).days / 29.53)
    assert months == (6 if not any(y == year for y in (2028, 2031)) else 7)
    assert is_on("spring_festival", new_year + timedelta(days=14))
    assert not is_on("spring_festival", new_year + timedelta(days=15))

"""When something holds: hours, weekdays, dates and festivals, in the station's local time. What is not given does not restrict.

A stretch of hours over midnight belongs to the day on which it begins: Friday's `22:00-06:00` ends on Saturday.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from edged.model.festivals import Festival, is_on

DAY_MIN = 1440


@dataclass(frozen=True, slots=True)
class Calendar:
    """Units: `hours` in minutes after midnight, (begin, end), end not included and before begin when it runs over midnight.

    `weekdays`: Monday 0. `dates` and `festivals` name days, any of them will do. `expires`: the last day, whatever else is given.
    """

    hours: tuple[tuple[int, int], ...] = ()
    weekdays: tuple[int, ...] = ()
    dates: tuple[date, ...] = ()
    festivals: tuple[Festival, ...] = ()
    from_date: date | None = None
    until_date: date | None = None
    expires: date | None = None

    def holds(self, local: datetime | None) -> bool:
        """Tell whether it holds at a local time. While the time is not known, only what is always true does."""
        if local is None:
            return self == ALWAYS
        if self.expires is not None and local.date() > self.expires:
            return False
        if not self.hours:
            return self._on(local.date())
        minute = local.hour * 60 + local.minute
        for begin, end in self.hours:
            if begin <= minute < (end if end > begin else DAY_MIN) and self._on(local.date()):
                return True
            if end <= begin and minute < end and self._on(local.date() - timedelta(days=1)):
                return True
        return False

    def _on(self, day: date) -> bool:
        if self.weekdays and day.weekday() not in self.weekdays:
            return False
        if self.from_date is not None and day < self.from_date:
            return False
        if self.until_date is not None and day > self.until_date:
            return False
        named = bool(self.dates or self.festivals)
        return not named or day in self.dates or any(is_on(festival, day) for festival in self.festivals)


ALWAYS = Calendar()

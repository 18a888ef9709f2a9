"""When people burn paper, incense and fireworks: the listed days of three festivals of the lunar and solar year, in China's time.

Spring Festival runs from New Year's Eve to the Lantern Festival, Qingming from two days before to one after, Zhongyuan from the 12th to the
15th of the seventh month. A year that is not listed has none, so that nothing is held back by a guess.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Literal

Festival = Literal["spring_festival", "qingming", "zhongyuan"]

_DAY: dict[Festival, str] = {
    "spring_festival": "2026-02-17 2027-02-06 2028-01-26 2029-02-13 2030-02-03 2031-01-23 2032-02-11 2033-01-31 2034-02-19 2035-02-08",
    "qingming": "2026-04-05 2027-04-05 2028-04-04 2029-04-04 2030-04-05 2031-04-05 2032-04-04 2033-04-04 2034-04-05 2035-04-05",
    "zhongyuan": "2026-08-27 2027-08-16 2028-09-03 2029-08-24 2030-08-13 2031-09-01 2032-08-20 2033-08-09 2034-08-28 2035-08-18",
}
"""New Year's Day, the day on which the sun reaches 15°, and the 15th of the seventh month."""
_SPAN: dict[Festival, tuple[int, int]] = {"spring_festival": (-1, 14), "qingming": (-2, 1), "zhongyuan": (-3, 0)}
LAST_YEAR = 2035


def listed(festival: Festival) -> tuple[tuple[date, date], ...]:
    """Return the first and the last day of a festival in each listed year."""
    before, after = _SPAN[festival]
    days = [date.fromisoformat(text) for text in _DAY[festival].split()]
    return tuple((day + timedelta(days=before), day + timedelta(days=after)) for day in days)


def is_on(festival: Festival, day: date) -> bool:
    """Tell whether a day belongs to the festival."""
    return any(first <= day <= last for first, last in listed(festival))

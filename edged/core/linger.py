"""What a head may spend on suspects: an account of seconds, filled by a share of the tour's time, that never holds more than a minute.

So a suspect that stands for hours cannot hold a head, and the last half is kept for those that the head has not stopped for yet.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

ACCOUNT_S = 60.0
"""The most that an account holds: what is taken in any time T is at most this and the share of T."""
RESERVE_S = 30.0
"""What a head begins with, and what a suspect that had its time leaves to newer ones."""
GAP_S = 5.0
"""A longer gap between two counts fills no more than this: the head was not touring meanwhile."""


@dataclass(frozen=True, slots=True)
class Account:
    """`left_s`: what may be taken now; below zero after a turn that took longer than thought, but never further below than it fills: a
    camera that did not answer for an hour in the middle of a look owes no hour. `spent`: seconds by alarm.
    """

    left_s: float = RESERVE_S
    spent: Mapping[str, float] = field(default_factory=dict)

    def had_s(self, alarm_ids: Iterable[str]) -> float:
        """Return what the one of these that had least has had."""
        return min((self.spent.get(alarm_id, 0.0) for alarm_id in alarm_ids), default=0.0)

    def passed(self, seconds: float, share: float, taken_for: Iterable[str] | None, known: Iterable[str]) -> Account:
        """Return the account after some seconds of a tour; `taken_for`: alarms that they were spent on, None for the tour itself.

        What was spent on alarms that are not `known` any more is forgotten.
        """
        left = min(ACCOUNT_S, self.left_s + share * min(seconds, GAP_S))
        spent = {alarm_id: self.spent[alarm_id] for alarm_id in known if alarm_id in self.spent}
        if taken_for is not None:
            left = max(-ACCOUNT_S, left - seconds)
            spent |= {alarm_id: self.spent.get(alarm_id, 0.0) + seconds for alarm_id in taken_for}
        return Account(left, spent)

    def affords(self, cost_s: float, *, new: bool) -> bool:
        """Tell whether so many seconds may be taken; for what had its time the reserve is not touched."""
        return self.left_s - (0.0 if new else RESERVE_S) >= cost_s

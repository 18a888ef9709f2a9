"""Sources that come again: proposed as known heat, with an entry to paste. A proposal changes nothing by itself. Pure.

A place where people once confirmed a fire is never proposed. What lies in an area already is known.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo

from edged.core.fire import apart_deg
from edged.model.alarm import FalseAlarmReason
from edged.model.calendar import DAY_MIN
from edged.model.visit import Judgement, Visit

SAME_DEG = 0.3
FALSE_TIMES = 3
LONGEST_HOURS_MIN = 12 * 60
"""What comes at hours spread over more than this has none of its own."""
ROUND_MIN, SPARE_MIN = 30, 15
REVIEW_DAYS = 180
EXTRA = 3.0
MOST = 50
_PASSING = frozenset({"arrived_warm", "drifting", "walker", "edge_entry"})


@dataclass(frozen=True, slots=True)
class Proposal:
    """A place to be looked at by a person. `cause`: why people marked it false, None where it only came again."""

    camera_id: str
    view_id: str
    pan_deg: float
    tilt_deg: float
    radius_deg: float
    times: int
    days: int
    first_at: datetime
    last_at: datetime
    hours: tuple[int, int] | None
    place: str
    cause: FalseAlarmReason | None = None

    @property
    def key(self) -> str:
        """Names the place, so that it is not proposed twice: rounded, as a repeated look may differ a little."""
        return f"{self.camera_id}/{self.view_id}/{round(self.pan_deg / 0.5)}/{round(self.tilt_deg / 0.5)}/{self.cause or 'again'}"


@dataclass(slots=True)
class _Spot:
    pan_deg: float
    tilt_deg: float
    visits: list[Visit]


def recurrent(visits: Iterable[Visit], said: Sequence[Judgement], least_days: int, tz: tzinfo) -> list[Proposal]:
    """Return the sources that came again on `least_days` days, and the places marked false three times for one cause; most often first."""
    fires = [j for j in said if j.is_fire]
    burnt = {j.alarm_id for j in fires}
    found = []
    for spot in _spots(v for v in visits if _counts(v)):
        if any(v.alarm_id in burnt for v in spot.visits) or any(_at(j, spot.visits[0].camera_id, spot) for j in fires):
            continue
        days = {v.first_seen_at.astimezone(tz).date() for v in spot.visits}
        if len(days) >= least_days:
            found.append(_proposal(spot, len(days), tz))
    found += _false(said, fires, tz)
    return sorted(found, key=lambda p: (-p.days, -p.times, p.key))[:MOST]


def entry(proposal: Proposal, today: date) -> str:
    """Return the YAML to paste under the camera: an area round the source, with hours where they cluster, that runs out by itself."""
    r = proposal.radius_deg
    pan, tilt = proposal.pan_deg, proposal.tilt_deg
    corners = ", ".join(f"[{pan + dx * r:.2f}, {tilt + dy * r:.2f}]" for dx, dy in ((-1, -1), (1, -1), (1, 1), (-1, 1)))
    why = f"marked {proposal.cause} {proposal.times} times" if proposal.cause else f"seen {proposal.times} times on {proposal.days} days"
    lines = [
        "areas:",
        f'  - name: "heat {pan:.1f} {tilt:.1f}"',
        "    kind: known_heat",
        f"    points: [{corners}]",
        f"    extra_evidence: {EXTRA}",
    ]
    if proposal.hours is not None:
        begin, end = proposal.hours
        lines.append(f'    hours: ["{begin // 60:02d}:{begin % 60:02d}-{end // 60:02d}:{end % 60:02d}"]')
    lines += [f'    expires: "{today + timedelta(days=REVIEW_DAYS)}"', f'    reason: "{why}"']
    return "\n".join(lines)


def _counts(v: Visit) -> bool:
    return v.notable and not v.test and not v.areas and "stationary" in v.reasons_for and _PASSING.isdisjoint(v.reasons_against)


def _spots(visits: Iterable[Visit]) -> list[_Spot]:
    """Gather visits of one view whose directions lie within 0.3° of the first one's mean."""
    spots: dict[tuple[str, str], list[_Spot]] = {}
    for v in sorted(visits, key=lambda one: one.first_seen_at):
        known = spots.setdefault((v.camera_id, v.view_id), [])
        near = min(known, key=lambda s: apart_deg(s.pan_deg, s.tilt_deg, v.pan_deg, v.tilt_deg), default=None)
        if near is None or apart_deg(near.pan_deg, near.tilt_deg, v.pan_deg, v.tilt_deg) > SAME_DEG:
            known.append(_Spot(v.pan_deg, v.tilt_deg, [v]))
        else:
            near.visits.append(v)
    return [spot for each in spots.values() for spot in each]


def _proposal(spot: _Spot, days: int, tz: tzinfo) -> Proposal:
    visits = spot.visits
    away = max(apart_deg(v.pan_deg, v.tilt_deg, spot.pan_deg, spot.tilt_deg) for v in visits)
    times = [(v.first_seen_at.astimezone(tz), v.last_seen_at.astimezone(tz)) for v in visits]
    place = Counter(v.place for v in visits).most_common(1)[0][0]
    first, last = min(v.first_seen_at for v in visits), max(v.last_seen_at for v in visits)
    return Proposal(
        visits[0].camera_id, visits[0].view_id, spot.pan_deg, spot.tilt_deg, max(SAME_DEG, away + 0.1), len(visits), days, first, last,
        clustered(times), place,
    )  # fmt: skip


def clustered(times: Sequence[tuple[datetime, datetime]]) -> tuple[int, int] | None:
    """Return the shortest stretch of a day (minutes, over midnight where the end is smaller) that holds all local times, widened to halves
    of hours; None where it is longer than half a day.
    """
    marks: set[int] = set()
    for begin, end in times:
        if (end - begin) > timedelta(minutes=LONGEST_HOURS_MIN):
            return None
        first = begin.hour * 60 + begin.minute
        marks |= {first, (first + math.ceil((end - begin).total_seconds() / 60.0)) % DAY_MIN}
    ordered = sorted(marks)
    gaps = [((b - a) % DAY_MIN or DAY_MIN, a, b) for a, b in zip(ordered, (*ordered[1:], ordered[0]), strict=True)]
    gap, last, first = max(gaps)
    if DAY_MIN - gap > LONGEST_HOURS_MIN:
        return None
    begin_min = (first - SPARE_MIN) // ROUND_MIN * ROUND_MIN % DAY_MIN
    end_min = -(-(last + SPARE_MIN) // ROUND_MIN) * ROUND_MIN % DAY_MIN
    return begin_min, end_min


def _false(said: Sequence[Judgement], fires: Sequence[Judgement], tz: tzinfo) -> list[Proposal]:
    spots: list[tuple[_Spot, list[Judgement]]] = []
    for j in said:
        if j.marked_false in (None, "test", "unknown") or j.camera_id is None or j.test:
            continue
        for spot, marks in spots:
            alike = marks[0].marked_false == j.marked_false and marks[0].view_id == j.view_id
            if alike and marks[0].camera_id is not None and _at(j, marks[0].camera_id, spot):
                marks.append(j)
                break
        else:
            spots.append((_Spot(j.pan_deg, j.tilt_deg, []), [j]))
    out = []
    for spot, marks in spots:
        first = marks[0]
        if len(marks) < FALSE_TIMES or first.camera_id is None or any(_at(j, first.camera_id, spot) for j in fires):
            continue
        local = [j.raised_at.astimezone(tz) for j in marks]
        out.append(
            Proposal(
                first.camera_id,
                first.view_id or "",
                spot.pan_deg,
                spot.tilt_deg,
                SAME_DEG,
                len(marks),
                len({at.date() for at in local}),
                first.raised_at,
                marks[-1].raised_at,
                clustered([(at, at) for at in local]),
                first.place,
                first.marked_false,
            )
        )
    return out


def _at(j: Judgement, camera_id: str, spot: _Spot) -> bool:
    return j.camera_id == camera_id and apart_deg(j.pan_deg, j.tilt_deg, spot.pan_deg, spot.tilt_deg) <= SAME_DEG

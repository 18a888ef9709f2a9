"""Watches the aim of one head: whether it still looks where it reads, by reference pictures and beacons. Pure, values in and out.

A value counts when three looks agree; single wrong ones (a truck beside a lamp, a landed container) are outvoted. A steady offset above
the limit is drift and corrects the bearings; below it, it widens them. What is not known widens them too, and is a fault.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Literal

from edged.model.aim import Aim
from edged.model.site import Mount

KEPT = 5
AGREEING = 3
"""Looks that must agree before an offset is believed: a step of the head is found in as many."""
AGREE_DEG, AGREE_SIGMAS = 0.1, 3.0
FLOOR_DEG = 0.02
END_SHARE = 0.6
"""Drift ends below this share of the limit at which it began, so that it does not flap."""
MISSES, FINDS = 2, 2
SOFT, SHARP = 1.7, 1.35
CLEAR_RATIO = 0.5
COMPANY_S = 1800.0
"""For this long another beacon that was seen well says that the air is clear."""
MAD_SIGMA = 1.4826

FaultCode = Literal["pose_drift", "pose_unknown", "same_picture", "beacon_missing", "defocus"]


@dataclass(frozen=True, slots=True)
class Limits:
    """From where an offset is drift; what unknown drift adds to 1σ; the watched time without a measurement after which it is unknown."""

    drift_deg: float = 0.15
    allowance_deg: float = 0.3
    unknown_after_s: float = 86_400.0


@dataclass(frozen=True, slots=True)
class Drift:
    """Where a head looks against what it reads, seen minus commissioned, with its 1σ. `drifted`: steady and above the limit."""

    pan_deg: float
    tilt_deg: float
    sigma_deg: float
    known: bool
    drifted: bool
    at: datetime | None


@dataclass(frozen=True, slots=True)
class Visit:
    """What one look said."""

    view_id: str
    mono_s: float
    at: datetime
    pan_deg: float
    tilt_deg: float
    sigma_deg: float
    agreed: bool = False


@dataclass(frozen=True, slots=True)
class Lamp:
    """One beacon: misses and finds in a row, its last ratios against commissioning (excess, width), and what is amiss."""

    misses: int = 0
    finds: int = 0
    seen_s: float = -1e9
    ratios: tuple[float, ...] = ()
    widths: tuple[float, ...] = ()
    range_m: float | None = None
    missing: bool = False
    soft: bool = False

    @property
    def transmission(self) -> float | None:
        """The air's transmission against that at commissioning, 0…1, by the last three looks; None where nothing tells."""
        return min(1.0, _middle(self.ratios)) if self.ratios else None

    @property
    def extinction_per_km(self) -> float | None:
        """By how much the extinction exceeds that at commissioning; None without a range."""
        share = self.transmission
        return None if share is None or not self.range_m else -math.log(max(share, 1e-3)) / (self.range_m / 1000.0)


@dataclass(frozen=True, slots=True)
class Fault:
    """What is amiss; `beacon` names which, where it is one."""

    code: FaultCode
    beacon: str | None = None


@dataclass(frozen=True, slots=True)
class Head:
    """All that is remembered of one head's aim. `watched_s`: judged time since it was last measured. `held`: the last steady drift."""

    visits: tuple[Visit, ...] = ()
    ids: Mapping[str, str] = field(default_factory=dict)
    lamps: Mapping[str, Lamp] = field(default_factory=dict)
    watched_s: float = 0.0
    held: Drift | None = None
    drifted: bool = False
    lost: bool = False
    strayed: Mapping[str, int] = field(default_factory=dict)
    astray: bool = False

    @property
    def faults(self) -> tuple[Fault, ...]:
        """What is amiss now."""
        named: tuple[tuple[bool, FaultCode], ...] = (
            (self.astray, "same_picture"), (self.drifted, "pose_drift"), (self.lost, "pose_unknown"),
        )  # fmt: skip
        lamps = sorted(self.lamps.items())
        return (
            *(Fault(code) for amiss, code in named if amiss),
            *(Fault("beacon_missing", name) for name, lamp in lamps if lamp.missing),
            *(Fault("defocus", name) for name, lamp in lamps if lamp.soft),
        )


def taken(head: Head, aims: tuple[Aim, ...], limits: Limits) -> Head:
    """Return the head after one look, all of whose measurements come together. What was measured under other settings is forgotten."""
    if not aims or not all(map(_sound, aims)):
        return head
    first = aims[0]
    if head.ids.get(first.view_id, first.commission_id) != first.commission_id:
        head = replace(head, visits=tuple(v for v in head.visits if v.view_id != first.view_id))
    head = replace(head, ids={**head.ids, first.view_id: first.commission_id}, lamps=_lamps(head.lamps, aims))
    head = _stray(head, aims)
    visit = _visit(aims)
    return head if visit is None else _settled(replace(head, visits=(*head.visits, visit)[-KEPT:], watched_s=0.0), limits)


def watched(head: Head, seconds: float, limits: Limits) -> Head:
    """Return the head after it was watched for so long without anything that tells its aim."""
    total = head.watched_s + max(seconds, 0.0)
    return replace(head, watched_s=total, lost=head.lost or total >= limits.unknown_after_s)


def drift(head: Head) -> Drift | None:
    """Return what is known of the head's drift; None while nothing was ever measured."""
    held = head.held
    if held is not None:
        return replace(held, known=not head.lost, drifted=head.drifted, sigma_deg=max(held.sigma_deg, _scatter(head.visits)))
    if not head.visits:
        return Drift(0.0, 0.0, 0.0, False, False, None) if head.lost else None
    last = head.visits[-1]
    sigma = max(_scatter(head.visits), min(v.sigma_deg for v in head.visits), FLOOR_DEG)
    pan, tilt = _middle(v.pan_deg for v in head.visits), _middle(v.tilt_deg for v in head.visits)
    return Drift(pan, tilt, sigma, not head.lost, head.drifted, last.at)


def widened(mount: Mount, found: Drift | None, limits: Limits) -> Mount:
    """Return the mount with a steady drift taken out, and with the doubt that is left: of the drift itself, or of not knowing it."""
    if found is None:
        return mount
    if found.drifted:
        mount = replace(mount, azimuth_deg=mount.azimuth_deg - found.pan_deg, tilt_zero_deg=mount.tilt_zero_deg - found.tilt_deg)
        more = found.sigma_deg
    else:
        more = max(found.sigma_deg, abs(found.pan_deg), abs(found.tilt_deg))
    if not found.known:
        more = max(more, limits.allowance_deg)
    return replace(mount, sigma_deg=math.hypot(mount.sigma_deg, more))


def _settled(head: Head, limits: Limits) -> Head:
    """Judge the last looks: believe those that agree, and let drift begin or end."""
    run = _agreeing(head.visits)
    if not run:
        scattered = len(head.visits) == KEPT and _scatter(head.visits) > limits.allowance_deg
        return replace(head, lost=head.lost or scattered)
    pan, tilt = _middle(v.pan_deg for v in run), _middle(v.tilt_deg for v in run)
    sigma = max(FLOOR_DEG, _scatter(run) / math.sqrt(len(run)), min(v.sigma_deg for v in run))
    away = max(abs(pan), abs(tilt))
    drifted = away >= max(limits.drift_deg * END_SHARE, 0.0) if head.drifted else away >= max(limits.drift_deg, 3.0 * sigma)
    return replace(head, held=Drift(pan, tilt, sigma, True, drifted, run[-1].at), drifted=drifted, lost=False)


def _agreeing(visits: tuple[Visit, ...]) -> tuple[Visit, ...]:
    """Return the newest looks that agree, none unless there are three or reference and beacon agreed in the newest of a first look."""
    if len(visits) == 1 and visits[0].agreed:
        return visits
    for count in range(len(visits), AGREEING - 1, -1):
        run = visits[-count:]
        room = max(AGREE_DEG, AGREE_SIGMAS * _middle(v.sigma_deg for v in run))
        if max(_range(v.pan_deg for v in run), _range(v.tilt_deg for v in run)) <= room:
            return run
    return ()


def _visit(aims: tuple[Aim, ...]) -> Visit | None:
    """Return what the look says as a whole; None where nothing was measured, or where its sources contradict one another."""
    seen = [a for a in aims if a.seen and a.shows is None]
    if not seen:
        return None
    first = seen[0]
    for a in seen:
        for b in seen:
            room = max(AGREE_DEG, AGREE_SIGMAS * math.hypot(a.sigma_deg, b.sigma_deg))
            if max(abs(a.pan_off_deg - b.pan_off_deg), abs(a.tilt_off_deg - b.tilt_off_deg)) > room:
                return None
    weights = [1.0 / max(a.sigma_deg, FLOOR_DEG) ** 2 for a in seen]
    total = sum(weights)
    pan = sum(w * a.pan_off_deg for w, a in zip(weights, seen, strict=True)) / total
    tilt = sum(w * a.tilt_off_deg for w, a in zip(weights, seen, strict=True)) / total
    return Visit(first.view_id, first.mono_s, first.at, pan, tilt, math.sqrt(1.0 / total), agreed=len(seen) > 1)


def _stray(head: Head, aims: tuple[Aim, ...]) -> Head:
    """Count by view the looks that show another one's picture; the view's own picture takes its count back."""
    view_id = aims[0].view_id
    strayed = dict(head.strayed)
    if any(a.shows is not None for a in aims):
        strayed[view_id] = strayed.get(view_id, 0) + 1
    elif any(a.seen for a in aims):
        strayed.pop(view_id, None)
    count = sum(strayed.values())
    return replace(head, strayed=strayed, astray=count >= MISSES or (head.astray and count > 0))


def _lamps(before: Mapping[str, Lamp], aims: tuple[Aim, ...]) -> Mapping[str, Lamp]:
    found = dict(before)
    for aim in aims:
        if aim.beacon is None or aim.shows is not None:
            continue
        lamp = found.get(aim.beacon, Lamp())
        if aim.seen:
            lamp = _found(lamp, aim)
        elif aim.clear or _company(before, aims, aim):
            misses = lamp.misses + 1
            lamp = replace(lamp, misses=misses, finds=0, missing=lamp.missing or misses >= MISSES)
        found[aim.beacon] = lamp
    return found


def _found(lamp: Lamp, aim: Aim) -> Lamp:
    finds = lamp.finds + 1
    ratios, widths = lamp.ratios, lamp.widths
    if aim.excess is not None and aim.commissioned_excess:
        ratios = (*ratios, max(aim.excess / aim.commissioned_excess, 0.0))[-AGREEING:]
    if aim.width_px is not None and aim.commissioned_width_px:
        widths = (*widths, aim.width_px / aim.commissioned_width_px)[-AGREEING:]
    soft = lamp.soft
    if len(widths) == AGREEING:
        soft = _middle(widths) > (SHARP if soft else SOFT)
    missing = lamp.missing and finds < FINDS
    return Lamp(0, finds, aim.mono_s, ratios, widths, aim.range_m, missing, soft)


def _company(lamps: Mapping[str, Lamp], aims: tuple[Aim, ...], missed: Aim) -> bool:
    """Tell whether another beacon shows that the air is clear."""
    if any(a.seen and a.beacon is not None and a.beacon != missed.beacon for a in aims):
        return True
    others = (lamp for name, lamp in lamps.items() if name != missed.beacon and missed.mono_s - lamp.seen_s <= COMPANY_S)
    return any((lamp.transmission if lamp.transmission is not None else 1.0) >= CLEAR_RATIO for lamp in others)


def _sound(aim: Aim) -> bool:
    angles = all(-180.0 <= v <= 180.0 for v in (aim.pan_off_deg, aim.tilt_off_deg)) and 0.0 <= aim.sigma_deg <= 180.0
    sizes = (aim.mono_s, aim.excess or 0.0, aim.commissioned_excess or 0.0, aim.width_px or 0.0, aim.commissioned_width_px or 0.0)
    return angles and all(map(math.isfinite, sizes))


def _scatter(visits: tuple[Visit, ...]) -> float:
    """Return the robust 1σ of one look about their middle, degrees; 0 for a single one."""
    spread = 0.0
    for values in ([v.pan_deg for v in visits], [v.tilt_deg for v in visits]):
        middle = _middle(values)
        spread = max(spread, MAD_SIGMA * _middle(abs(v - middle) for v in values))
    return spread


def _middle(values: Iterable[float]) -> float:
    every = sorted(values)
    half = len(every) // 2
    return 0.0 if not every else every[half] if len(every) % 2 else (every[half - 1] + every[half]) / 2.0


def _range(values: Iterable[float]) -> float:
    every = list(values)
    return max(every) - min(every)

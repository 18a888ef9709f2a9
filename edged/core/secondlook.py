"""Which other head is turned to a suspect, and whether it saw something there. Pure geometry and what core knows of heads.

A second look only ever adds: a head that is busy, taken, absent or sees nothing changes nothing about an alarm.

What it can give depends on the view. A view of the head's own tour has a learnt background, so what is new there is evidence as in any
visit. A passing view, laid on the place, is learnt anew: what is hot in it from the first picture on is nothing new, and only absolute
limits, growth and flicker within those seconds count. Either gives a second bearing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from edged.core.draft import Draft
from edged.core.live import Asked, Fire
from edged.core.mounts import mount_of
from edged.geometry import sky
from edged.geometry.head import to_world
from edged.geometry.vantage import FIRE_M, Lookout, Vantage, level_m, vantage
from edged.model.alarm import Alarm
from edged.model.command import Glance, SecondLook
from edged.model.event import HeadLent
from edged.model.place import IgnitionPoint

MOST_AT_ONCE = 2
"""Fires that are verified at the same time (facts: field A.16)."""
TRAVEL_S = 25.0
"""A head that was ordered is not ordered again while it may be on its way: the longest turn."""
TRY_AGAIN_S = 15.0
"""Pause where no head could look, or none was free."""
ANSWER_S = 5.0
"""A head that was asked first counts as away for so long, until the shell says whether it went."""
ACTIVE_S = 120.0
"""An alarm that is active is verified once, and within so long: later people are there."""
GLANCES = 3
SAW_NATS = 1.5
"""A lens has seen a source from the evidence on at which an eye begins to report."""
EDGE = 0.45
"""A view of the tour is used where the place lies within this share of its field from its middle."""


def settle(draft: Draft) -> None:
    """Ask other heads to look at each fire that one head alone sees: one goes, at most once in a pause, and once for an active one."""
    settings, now_s = draft.rules.settings, draft.now.mono_s
    known = {alarm_id: asked for alarm_id, asked in draft.live.asked.items() if alarm_id in draft.book.alarms}
    if known.keys() != draft.live.asked.keys():
        draft.live = replace(draft.live, asked=known)
    if settings.verify_s <= 0.0 or not draft.rules.turning:
        return
    for alarm in draft.book.real():
        asked = draft.live.asked.get(alarm.alarm_id)
        pause_s = settings.verify_pause_s if asked is not None and asked.lent is not None else TRY_AGAIN_S
        if asked is not None and now_s - asked.mono_s < pause_s:
            continue
        if alarm.active_at is not None and ((asked is not None and asked.lent is not None) or _active_s(draft, alarm) > ACTIVE_S):
            continue
        fire = draft.fires.get(alarm.alarm_id)
        if fire is None or fire.point is None or not fire.looks or len(fire.cameras()) > 1 or alarm.verified != "no":
            continue
        if len(_away(draft)) < MOST_AT_ONCE:
            _ask(draft, alarm, fire, fire.point)


def lent(draft: Draft, event: HeadLent) -> None:
    """Take in that a head went. One that nobody asked, or that comes twice, changes nothing."""
    asked = draft.live.asked.get(event.alarm_id)
    if asked is not None and asked.lent is None and event.camera_id in asked.camera_ids:
        draft.live = replace(draft.live, asked={**draft.live.asked, event.alarm_id: replace(asked, lent=event.camera_id)})


def saw(draft: Draft, alarm: Alarm, fire: Fire) -> bool:
    """Tell whether a head that was turned to this fire has seen something there since, with evidence of its own."""
    asked = draft.live.asked.get(alarm.alarm_id)
    if asked is None:
        return False
    return any(k.camera_id == asked.lent and k.last_mono_s >= asked.mono_s and k.log_likelihood >= SAW_NATS for k in fire.looks)


def _ask(draft: Draft, alarm: Alarm, fire: Fire, point: IgnitionPoint) -> None:
    found = sorted(_glances(draft, fire, point), key=lambda one: one[0])[:GLANCES]
    glances = tuple(glance for _, glance in found)
    asked = Asked(draft.now.mono_s, tuple(glance.camera_id for glance in glances))
    draft.live = replace(draft.live, asked={**draft.live.asked, alarm.alarm_id: asked})
    if glances:
        draft.out.append(SecondLook(alarm.alarm_id, glances, draft.rules.settings.verify_s))


def _glances(draft: Draft, fire: Fire, point: IgnitionPoint) -> Iterator[tuple[tuple[object, ...], Glance]]:
    """Yield how each free head would see a place, with what puts it before others: it sees now, knows the view, shows it finely."""
    site, away = draft.rules.site, _away(draft)
    stands = level_m(site, point.lat_wgs84, point.lon_wgs84, FIRE_M)
    if point.surface == "facade" and point.height_m is not None:
        stands = level_m(site, point.lat_wgs84, point.lon_wgs84, point.height_m, on_roof=False)
    for camera_id, lookout in draft.rules.turning.items():
        mount = mount_of(draft, camera_id)
        if mount is None or camera_id in away or camera_id in fire.cameras() or _absent(draft, camera_id):
            continue
        head = replace(lookout, mount=mount)
        seen = vantage(site, head, point.lat_wgs84, point.lon_wgs84, stands, draft.now.utc)
        if not seen.usable:
            continue
        glance = _glance(camera_id, head, seen)
        if _sun_clear(draft, glance, seen):
            sight = draft.book.sight.get(camera_id)
            yield (sight is not None and not sight.sees, glance.view_id is None, seen.glints, seen.pixel_m, camera_id), glance


def _glance(camera_id: str, head: Lookout, seen: Vantage) -> Glance:
    for stop in head.stops:
        off = max(abs((seen.pan_deg - stop.pan_deg + 180.0) % 360.0 - 180.0), abs(seen.tilt_deg - stop.tilt_deg))
        if stop.view_id == seen.view_id and off <= EDGE * stop.hfov_deg:
            return Glance(camera_id, stop.view_id, stop.pan_deg, stop.tilt_deg, stop.hfov_deg, stop.lens)
    return Glance(camera_id, None, seen.pan_deg, seen.tilt_deg, head.hfov_deg, head.lens)


def _sun_clear(draft: Draft, glance: Glance, seen: Vantage) -> bool:
    """Tell whether the lens comes near the sun neither there nor on the way there from where the head is known to point."""
    if seen.mount.lens != "thermal":
        return True
    there = to_world(seen.mount, glance.pan_deg, glance.tilt_deg)
    known = draft.live.heads.get(glance.camera_id)
    if known is None:
        return sky.sun_clear(*there, glance.hfov_deg, seen.sun)
    here = to_world(seen.mount, known.pose.pan_deg, known.pose.tilt_deg)
    return sky.sweep_clear(here, there, glance.hfov_deg, seen.sun)


def _absent(draft: Draft, camera_id: str) -> bool:
    """Tell whether a head is under maintenance, without an eye, or in somebody's hands."""
    watching, head = draft.watching.get(camera_id), draft.live.heads.get(camera_id)
    taken = head is not None and head.by in ("operator", "foreign")
    return camera_id in draft.book.maintenance or (watching is not None and watching.eye_down) or taken


def _away(draft: Draft) -> frozenset[str]:
    """Return the heads that look at other fires now, and those that were just asked to."""
    longest_s, now_s = draft.rules.settings.verify_s + TRAVEL_S, draft.now.mono_s
    asked = [one for one in draft.live.asked.values() if one.camera_ids]
    gone = [one.lent for one in asked if one.lent is not None and now_s - one.mono_s < longest_s]
    return frozenset((*gone, *(one.camera_ids[0] for one in asked if one.lent is None and now_s - one.mono_s < ANSWER_S)))


def _active_s(draft: Draft, alarm: Alarm) -> float:
    return (draft.now.utc - alarm.active_at).total_seconds() if alarm.active_at is not None else 0.0

"""`why`: what was seen at a place, a direction or of an alarm since when, why it was held, and when nobody looked there.

A place is a name, code or id of the plan, `LAT,LON`, a camera, or `CAMERA@PAN,TILT`. Answers are data; the command puts them into words.
"""

from __future__ import annotations

import asyncio
import difflib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo
from math import degrees, hypot
from typing import Any, Protocol

from pydantic import TypeAdapter

from edged.assembly import lookout_of
from edged.camera.settings import CameraSettings
from edged.clock import Clock
from edged.core import view, wheels
from edged.core.fire import apart_deg
from edged.core.recurrent import Proposal, entry
from edged.core.step import State
from edged.geometry.earth import distance_m
from edged.geometry.head import to_head, wrap_deg
from edged.geometry.plan import inside
from edged.geometry.vantage import FIRE_M, Lookout, level_m, vantage
from edged.model.errors import CommandRefused
from edged.model.site import Mount, SitePlan
from edged.model.visit import CELL_S, BlindRun, Visit, WatchCell
from edged.visits import Visits

NEAR_M, NEAR_DEG = 50.0, 0.5
"""What lies within this of a coordinate, or of a direction, is there."""
SIGMAS = 2.0
MOST_VISITS, MOST_GAPS = 200, 20
DEFAULT_H = 24.0
LONGEST_DAYS = 3650.0
_VISITS: TypeAdapter[list[Visit]] = TypeAdapter(list[Visit])
_RUNS: TypeAdapter[list[BlindRun]] = TypeAdapter(list[BlindRun])
_PROPOSALS: TypeAdapter[list[Proposal]] = TypeAdapter(list[Proposal])
_PAIR = re.compile(r"\s*([-+]?\d+(?:\.\d+)?)\s*[,，]\s*([-+]?\d+(?:\.\d+)?)\s*")
_SPAN = re.compile(r"(\d+(?:\.\d+)?)\s*(m|min|h|d)")
_HOURS = {"m": 1 / 60, "min": 1 / 60, "h": 1.0, "d": 24.0}


class Somewhere(Protocol):
    """What was seen by a camera in a direction, and at a place where one is known."""

    @property
    def camera_id(self) -> str: ...
    @property
    def pan_deg(self) -> float: ...
    @property
    def tilt_deg(self) -> float: ...
    @property
    def lat(self) -> float | None: ...
    @property
    def lon(self) -> float | None: ...
    @property
    def doubt_m(self) -> float: ...


@dataclass(frozen=True, slots=True)
class Target:
    """What is asked about: a ring or point on the ground, or a direction of one camera (None: all of them)."""

    name: str
    lat: float | None = None
    lon: float | None = None
    ring: tuple[tuple[float, float], ...] = ()
    camera_id: str | None = None
    direction: tuple[float, float] | None = None
    outlines: dict[str, list[tuple[float, float]]] = field(default_factory=dict)


class Why:
    """Answers from core's state, the kept sightings and the cameras that run now."""

    def __init__(self, state: Callable[[], State], clock: Clock, visits: Visits, cameras: Callable[[], Sequence[CameraSettings]]) -> None:
        self._state, self._clock, self._visits, self._cameras = state, clock, visits, cameras

    async def answer(self, args: dict[str, Any]) -> dict[str, Any]:
        """Answer `{"what", "since"}`, `{"alarm"}` or `{"proposals": true}`. Raises CommandRefused with what to ask instead."""
        if args.get("proposals") is True:
            return await self.proposals()
        what, since = args.get("what"), args.get("since")
        name = str(what if what is not None else args.get("alarm", ""))
        found = alarm_named(self._state(), name)
        if found is not None:
            return await self.alarm(found)
        if what is None:
            raise no_alarm(name)
        return await self.place(name, since if isinstance(since, str) else None)

    async def alarm(self, shown: dict[str, Any]) -> dict[str, Any]:
        """Return an alarm's answer with the visits that made it."""
        await self._visits.write()
        found = await asyncio.to_thread(self._visits.reader.of_alarm, shown["alarm_id"], MOST_VISITS)
        return {**shown, "visits": _VISITS.dump_python(found, mode="json"), "time_zone": str(self._state().rules.tz)}

    async def place(self, what: str, since: str | None) -> dict[str, Any]:
        """Return what is known of a place. Raises CommandRefused for one that is none."""
        state, now = self._state(), self._clock().utc
        begin = moment(since, state.rules.tz, now)
        await self._visits.write()
        return await asyncio.to_thread(self._place, state, what, begin, now)

    async def proposals(self) -> dict[str, Any]:
        """Return the sources that came again, each with the entry to paste."""
        await self._visits.write()
        found = await asyncio.to_thread(self._visits.proposals)
        shown = _PROPOSALS.dump_python(found, mode="json")
        today = self._visits.today()
        entries = [{**one, "yaml": entry(proposal, today)} for one, proposal in zip(shown, found, strict=True)]
        return {"proposals": entries, "time_zone": str(self._state().rules.tz)}

    def _place(self, state: State, what: str, since: datetime, now: datetime) -> dict[str, Any]:
        cameras = {camera.id: camera for camera in self._cameras() if camera.enabled and camera.thermal is not None}
        reader, target = self._visits.reader, target_of(what, state.rules.plan, cameras)
        if target is None:
            found = reader.of_alarm(what.strip().lstrip("#"), MOST_VISITS)
            if not found:
                raise _unknown(what, state.rules.plan, cameras)
            data: dict[str, Any] = {"what": what, "visits": _VISITS.dump_python(found, mode="json"), "more": 0, "lookouts": []}
        else:
            visits, more = reader.visits(since, now + timedelta(days=1), lambda v: lies(state, target, v), MOST_VISITS)
            seers = self._seers(state, target, cameras, now)
            self._watched(seers, since, now)
            hot = wheels.shown(one for one in wheels.told_since(state.book, since) if lies(state, target, one))
            data = {
                "what": target.name,
                "hot_wheels": hot,
                "visits": _VISITS.dump_python(visits, mode="json"),
                "more": more,
                "lookouts": seers,
            }
        first = reader.first()
        return {
            **data,
            "since": since.isoformat(timespec="seconds"),
            "until": now.isoformat(timespec="seconds"),
            "kept_since": None if first is None else first.isoformat(timespec="seconds"),
            "time_zone": str(state.rules.tz),
        }

    def _seers(self, state: State, target: Target, cameras: dict[str, CameraSettings], now: datetime) -> list[dict[str, Any]]:
        """Return which lookouts have the place in a view, and of the others why not, where one stands nearer than the radius."""
        out = []
        for camera_id, camera in cameras.items():
            if target.camera_id not in (None, camera_id):
                continue
            lookout = lookout_of(camera)
            views, why = _views(state, target, camera, lookout, now)
            watching = state.live.watching.get(camera_id)
            out.append(
                {
                    "camera_id": camera_id,
                    "name": state.rules.name(camera_id),
                    "views": views,
                    "sees": bool(views) and why is None,
                    "why_not": why,
                    "watches_now": watching is not None and watching.view_id in views,
                }
            )
        return out

    def _watched(self, seers: list[dict[str, Any]], since: datetime, now: datetime) -> None:
        """Add to each lookout that sees the place when it looked last, how long since then, and when it did not."""
        reader = self._visits.reader
        first = reader.first()
        seeing = [one for one in seers if one["sees"]]
        names = [one["camera_id"] for one in seeing]
        cells, runs = (reader.cells(since, now, names), reader.blind(since, now, names)) if names else ([], [])
        for one in seeing:
            own = [cell for cell in cells if cell.camera_id == one["camera_id"] and cell.view_id in one["views"]]
            lasts = [at for view_id in one["views"] if (at := reader.last_watched(one["camera_id"], view_id)) is not None]
            one["last_watched"] = max(lasts).isoformat(timespec="seconds") if lasts else None
            one["watched_s"] = round(sum(cell.watched_s for cell in own), 1)
            one["blind"] = _RUNS.dump_python([run for run in runs if run.camera_id == one["camera_id"]][-MOST_GAPS:], mode="json")
            gaps = unwatched(own, max(since, first) if first is not None else now, now)
            one["unwatched"] = [{"from_at": a.isoformat(), "until_at": b.isoformat()} for a, b in gaps[-MOST_GAPS:]]


def target_of(what: str, plan: SitePlan, cameras: dict[str, CameraSettings]) -> Target | None:
    """Return what is meant, None where it is no place, direction or camera. Raises CommandRefused for a direction of no camera."""
    word = what.strip()
    if "@" in word:
        name, _, direction = word.partition("@")
        pair = _PAIR.fullmatch(direction)
        if pair is None or name not in cameras:
            raise CommandRefused(
                f"{what}: write CAMERA@PAN,TILT, such as {next(iter(cameras), 'th-01')}@45.2,-3.1",
                zh=f"{what}: 请写 镜头@水平角,俯仰角, 例如 {next(iter(cameras), 'th-01')}@45.2,-3.1",
            )
        return Target(word, camera_id=name, direction=(float(pair[1]), float(pair[2])))
    if pair := _PAIR.fullmatch(word):
        lat, lon = float(pair[1]), float(pair[2])
        if not (-90.0 <= lat <= 90.0 and -180.0 <= lon <= 180.0):
            raise CommandRefused(f"{what}: latitude comes first and lies in -90..90", zh=f"{what}: 先写纬度 (-90..90), 再写经度")
        return Target(word, lat, lon)
    if word in cameras:
        return Target(word, camera_id=word)
    return named(plan).get(word.lower())


def named(plan: SitePlan) -> dict[str, Target]:
    """Return the places of a plan by id, code and name in small letters."""
    rings = [(z.zone_id, z.code, z.name, z.ring) for z in plan.zones]
    rings += [(s.structure_id, s.code or "", s.name, s.ring) for s in plan.structures]
    rings += [(s.surface_id, "", s.name, s.ring) for s in plan.surfaces]
    out: dict[str, Target] = {}
    for *names, ring in rings:
        lat, lon = _middle(ring)
        for name in names:
            if name:
                out.setdefault(name.lower(), Target(names[2], lat, lon, ring))
    for mark in plan.landmarks:
        out.setdefault(mark.name.lower(), Target(mark.name, mark.lat_wgs84, mark.lon_wgs84))
    return out


def lies(state: State, target: Target, v: Somewhere) -> bool:
    """Tell whether a visit belongs to the place: by its own place, or because its bearing passes there where it has none."""
    if target.camera_id is not None:
        near = target.direction is None or apart_deg(v.pan_deg, v.tilt_deg, *target.direction) <= NEAR_DEG
        return v.camera_id == target.camera_id and near
    if target.lat is None or target.lon is None:
        return False
    if v.lat is not None and v.lon is not None:
        if target.ring:
            return inside(target.ring, v.lat, v.lon) or _edge_m(target.ring, v.lat, v.lon) <= min(v.doubt_m, NEAR_M)
        return distance_m(target.lat, target.lon, v.lat, v.lon) <= max(NEAR_M, min(v.doubt_m, 4.0 * NEAR_M))
    mount = state.rules.mounts.get(v.camera_id)
    if mount is None:
        return False
    outline = target.outlines.get(v.camera_id)
    if outline is None:
        outline = target.outlines[v.camera_id] = _outline(state, mount, target)
    pans = [wrap_deg(pan - v.pan_deg) for pan, _ in outline]
    tilts = [tilt - v.tilt_deg for _, tilt in outline]
    if max(pans) - min(pans) > 180.0:
        return False
    return min(pans) <= NEAR_DEG and max(pans) >= -NEAR_DEG and min(tilts) <= NEAR_DEG and max(tilts) >= -NEAR_DEG


def unwatched(cells: Sequence[WatchCell], since: datetime, until: datetime) -> list[tuple[datetime, datetime]]:
    """Return the stretches of whole quarters of an hour in which a place was not watched, oldest first."""
    seen = {cell.begins_at for cell in cells if cell.watched_s > 0.0 or cell.last_at is not None}
    step, out = timedelta(seconds=CELL_S), list[tuple[datetime, datetime]]()
    at = datetime.fromtimestamp(-(-since.timestamp() // CELL_S) * CELL_S, UTC)
    while at + step <= until:
        if at not in seen:
            if out and out[-1][1] == at:
                out[-1] = (out[-1][0], at + step)
            else:
                out.append((at, at + step))
        at += step
    return out


def moment(text: str | None, tz: tzinfo, now: datetime) -> datetime:
    """Return the time meant by `02:00` (the last one), `2026-11-27T02:00` (the station's time) or `6h`. Raises CommandRefused."""
    if not text:
        return now - timedelta(hours=DEFAULT_H)
    if span := _SPAN.fullmatch(text.strip()):
        hours = float(span[1]) * _HOURS[span[2]]
        return now - timedelta(hours=min(hours, LONGEST_DAYS * 24.0))
    local = now.astimezone(tz)
    try:
        if re.fullmatch(r"\d\d?:\d\d", text.strip()):
            hour, minute = map(int, text.strip().split(":"))
            given = local.replace(hour=hour, minute=minute, second=0, microsecond=0)
            found = (given if given <= local else given - timedelta(days=1)).astimezone(UTC)
        else:
            given = datetime.fromisoformat(text.strip())
            found = (given if given.utcoffset() is not None else given.replace(tzinfo=tz)).astimezone(UTC)
    except (ValueError, OverflowError) as fault:
        raise CommandRefused(
            f"--since {text}: not a time: write 02:00, 2026-11-27T02:00 or 6h",
            zh=f"--since {text}: 不是时刻: 请写 02:00、2026-11-27T02:00 或 6h",
        ) from fault
    if found > now:
        raise CommandRefused(f"--since {text} lies in the future", zh=f"--since {text} 在将来")
    return max(found, now - timedelta(days=LONGEST_DAYS))


def alarm_named(state: State, what: str) -> dict[str, Any] | None:
    """Return the alarm that is meant, where core still knows it."""
    word = what.strip()
    return view.alarm(state, word) or view.alarm(state, word.upper()) or (view.alarm(state, f"#{word}") if len(word) == 1 else None)


def no_alarm(name: str) -> CommandRefused:
    """Return what is said where there is no such alarm."""
    return CommandRefused(
        f"no alarm {name!r}: give its id, its number or #slot; `edged alarms --all` lists them",
        zh=f"没有警情 {name!r}: 请给出编号、序号或 #槽位; edged alarms --all 可列出",
    )


def _views(
    state: State, target: Target, camera: CameraSettings, lookout: Lookout | None, now: datetime
) -> tuple[list[str], dict[str, str] | None]:
    names = [one.id for one in camera.views] or ["whole"]
    if target.camera_id is not None and target.direction is None:
        return names, None
    if lookout is None:
        return [], _said("it has no mount", "没有填写 mount")
    if target.direction is not None:
        found = lookout.view_of(*target.direction)
        return ([found], None) if found else ([], _said("no view of its tour holds this direction", "巡视的视野都不含该方向"))
    assert target.lat is not None
    assert target.lon is not None
    site = state.rules.site
    one = vantage(site, lookout, target.lat, target.lon, level_m(site, target.lat, target.lon, FIRE_M), now)
    if not one.within_radius:
        return [], _said(f"too far, {one.range_m / 1000.0:.1f} km", f"太远, {one.range_m / 1000.0:.1f} 公里")
    if one.hidden_by is not None and (not target.ring or one.hidden_by.structure is None):
        what = one.hidden_by.structure.name if one.hidden_by.structure else None
        return [], _said(f"hidden by {what or 'the ground'}", f"被{what or '地形'}遮挡")
    if one.view_id is None:
        return [], _said("no view of its tour holds it", "巡视的视野都不含该处")
    toward = to_head(lookout.mount, one.azimuth_deg, one.elevation_deg)
    return [stop.view_id for stop in lookout.stops if Lookout(
        lookout.mount, lookout.hfov_deg, lookout.turns, (stop,), None, lookout.lens, lookout.width_px, lookout.height_px
    ).view_of(*toward)], None  # fmt: skip


def _said(en: str, zh: str) -> dict[str, str]:
    return {"en": en, "zh": zh}


def _outline(state: State, mount: Mount, target: Target) -> list[tuple[float, float]]:
    corners = [(lat, lon) for lon, lat in target.ring] or [(target.lat or 0.0, target.lon or 0.0)]
    found = [to_head(mount, *state.rules.site.direction_to(mount, lat, lon, 1.0)) for lat, lon in corners]
    if target.ring:
        return found
    (pan, tilt), away = found[0], max(1.0, distance_m(mount.lat_wgs84, mount.lon_wgs84, *corners[0]))
    wide = min(degrees(NEAR_M / away), 30.0)
    return [(pan - wide, tilt), (pan + wide, tilt)]


def _edge_m(ring: Sequence[tuple[float, float]], lat: float, lon: float) -> float:
    """Return the distance to a ring's outline, in metres, on a plane round the point."""
    points = [
        (distance_m(lat, lon, lat, x) * (1 if x > lon else -1), distance_m(lat, lon, y, lon) * (1 if y > lat else -1)) for x, y in ring
    ]
    best = float("inf")
    for (ax, ay), (bx, by) in zip(points, (*points[1:], points[0]), strict=True):
        dx, dy = bx - ax, by - ay
        length = dx * dx + dy * dy
        along = 0.0 if length == 0.0 else min(1.0, max(0.0, -(ax * dx + ay * dy) / length))
        best = min(best, hypot(ax + along * dx, ay + along * dy))
    return best


def _middle(ring: Sequence[tuple[float, float]]) -> tuple[float, float]:
    from shapely import Polygon

    inner = Polygon(ring).representative_point()
    return float(inner.y), float(inner.x)


def _unknown(what: str, plan: SitePlan, cameras: dict[str, CameraSettings]) -> CommandRefused:
    known = {name: target.name for name, target in named(plan).items()} | {name: name for name in cameras}
    near = ", ".join(dict.fromkeys(known[name] for name in difflib.get_close_matches(what.strip().lower(), known, 3, 0.4)))
    hint = near or "LAT,LON, CAMERA, CAMERA@PAN,TILT, #4"
    return CommandRefused(
        f"no alarm {what!r} and no place of the plan; near it: {hint}; `edged alarms --all` lists the alarms",
        zh=f"没有警情 {what!r}, 图中也没有此地点; 相近的有: {hint}; edged alarms --all 可列出警情",
    )

"""Recordings of the flight recorder through detector and core once more, under one configuration or several side by side.

Time is that of the recording; nothing is saved or sent. What the eye was told comes from the recording, areas and lens from the settings.
A drill is not played. The core of each configuration is its own, so that what it suspects is kept out of the backgrounds as it would be.
"""

from __future__ import annotations

import base64
import heapq
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, NamedTuple

from pydantic import TypeAdapter, ValidationError

from edged.assembly import plan_of, rules_of
from edged.camera.recorded import Picture, pictures
from edged.camera.settings import CameraSettings
from edged.config.load import Loaded
from edged.core.patrol import applying
from edged.core.rules import Rules
from edged.core.step import start, step
from edged.detector.chain import Detector
from edged.detector.scalar import Scalar
from edged.model.alarm import Alarm
from edged.model.command import Append, WatchOn
from edged.model.errors import CameraGarbled
from edged.model.event import Event, Sighted, Tick, ViewHeld, WatchedView
from edged.model.frame import Frame
from edged.model.instant import Instant
from edged.model.sighting import Sighting
from edged.model.view import View, WatchPoint
from edged.model.weather import Air
from edged.store.segments import Order, Packet, Segment

TICK_S, LONG_TICK_S, RENEW_S = 1.0, 10.0, 60.0
_VIEW: TypeAdapter[View] = TypeAdapter(View)
_AIR: TypeAdapter[Air] = TypeAdapter(Air)
_POINTS: TypeAdapter[tuple[WatchPoint, ...]] = TypeAdapter(tuple[WatchPoint, ...])


@dataclass(slots=True)
class Met:
    """A fire that a configuration believes in: its last state, when it rose and when it alarmed, and a picture."""

    camera_id: str
    alarm: Alarm
    raised_at: datetime
    active_at: datetime | None = None
    jpeg: bytes | None = None
    pan_deg: float = 0.0
    tilt_deg: float = 0.0


class Shown(NamedTuple):
    """One moment of one camera: seconds of UTC, an order or a picture with its packet's line."""

    at_s: float
    camera_id: str
    order: Order | None
    picture: Picture | None
    packet: Packet | None
    shift_s: float


class World:
    """One configuration: a detector for each camera, and a core."""

    def __init__(self, loaded: Loaded, cameras: Sequence[str], base: Loaded) -> None:
        rules = replace(rules_of(loaded.settings, loaded.site), simulated=True, lookouts=(), talkgroup=None, duty=(), escalation=())
        self._state = start(rules, "try")
        self._tz = rules.tz
        self.met: dict[str, Met] = {}
        was = {camera.id: camera for camera in base.cameras}
        self._seats = {c.id: _Seat(c, loaded, rules, was.get(c.id)) for c in loaded.cameras if c.id in cameras and c.thermal is not None}
        self._now_s = self._ticked_s = self._renewed_s = float("-inf")

    def take(self, shown: Shown) -> None:
        """Let one moment happen."""
        self._to(shown.at_s)
        seat = self._seats.get(shown.camera_id)
        if seat is None:
            return
        now = self._instant(shown.at_s)
        if shown.order is not None:
            view = seat.obey(shown.order, shown.shift_s, now.utc.astimezone(self._tz))
            if view is not None:
                self._step(ViewHeld(view), now)
        elif shown.picture is not None and shown.packet is not None:
            for sighting in seat.judge(shown.picture, shown.packet, shown.at_s):
                self._step(Sighted(sighting), now)

    def end(self, at_s: float) -> None:
        """Let time run out."""
        self._to(at_s)

    def _to(self, at_s: float) -> None:
        if self._ticked_s == float("-inf"):
            self._ticked_s = self._renewed_s = at_s
        while (gap := at_s - self._ticked_s) >= TICK_S:
            self._ticked_s += LONG_TICK_S if gap > 60.0 else TICK_S
            now = self._instant(self._ticked_s)
            for seat in self._seats.values():
                self._step(WatchedView(seat.detector.watched(self._ticked_s)), now)
            self._step(Tick(), now)
            if self._ticked_s - self._renewed_s >= RENEW_S:
                self._renewed_s = self._ticked_s
                for seat in self._seats.values():
                    seat.renew(now.utc.astimezone(self._tz))

    def _instant(self, at_s: float) -> Instant:
        self._now_s = max(self._now_s, at_s)
        return Instant(self._now_s, datetime.fromtimestamp(self._now_s, UTC))

    def _step(self, event: Event, now: Instant) -> None:
        self._state, commands = step(self._state, event, now)
        for command in commands:
            if isinstance(command, WatchOn) and (seat := self._seats.get(command.camera_id)):
                seat.watch(command.points)
            elif isinstance(command, Append) and (alarm := command.row.alarm) is not None:
                self._note(alarm, event, now)

    def _note(self, alarm: Alarm, event: Event, now: Instant) -> None:
        if alarm.superseded_by is not None:
            self.met.pop(alarm.alarm_id, None)
            return
        met = self.met.get(alarm.alarm_id)
        if met is None:
            first = alarm.seen_by[0] if alarm.seen_by else None
            met = self.met[alarm.alarm_id] = Met(first.camera_id if first else "", alarm, now.utc)
            if first is not None:
                met.pan_deg, met.tilt_deg = first.pan_deg, first.tilt_deg
        met.alarm = alarm
        if alarm.state == "active" and met.active_at is None:
            met.active_at = now.utc
        if isinstance(event, Sighted) and (seat := self._seats.get(event.sighting.camera_id)):
            met.jpeg = seat.crops.get(event.sighting.track_id, met.jpeg)


class _Seat:
    """One camera under one configuration."""

    def __init__(self, camera: CameraSettings, loaded: Loaded, rules: Rules, was: CameraSettings | None) -> None:
        assert camera.thermal is not None
        lens, detection = camera.thermal, loaded.settings.detection
        self.detector = Detector(detection, camera.id)
        self.crops: dict[int, bytes] = {}
        planck = lens.planck.constants() if lens.planck else None
        self._scalar = Scalar(lens.picture, detection.range_end_c, lens.kelvin_per_count, planck)
        self._colour = lens.picture in ("palette", "auto")
        self._stops = {stop.view_id: stop for stop in plan_of(camera, rules).stops}
        self._base = {stop.view_id: stop for stop in plan_of(was, rules).stops} if was else {}
        self._own_fps, self._slow_fps = lens.fps, None
        self._inherited: tuple[WatchPoint, ...] | None = None
        self._points: tuple[WatchPoint, ...] = ()
        self._last_s = float("-inf")
        self._frames = 0

    def obey(self, order: Order, shift_s: float, local: datetime) -> View | None:
        """Do what the eye was told, as far as it concerns the picture. Returns the view that is held from now on."""
        message = order.message
        try:
            match message.get("kind"):
                case "hold_view":
                    return self._hold(_VIEW.validate_python(message["view"]), shift_s, local)
                case "drop_view":
                    self.detector.drop(message["cause"])
                case "watch_on":
                    self._inherit(_POINTS.validate_python(message["points"]))
                case "air_known":
                    self.detector.air(_AIR.validate_python(message["air"]))
                case "slow":
                    self._slow_fps = message["max_fps"]
        except (ValidationError, KeyError, TypeError):
            self.detector.drop("no_view")
        return None

    def watch(self, points: tuple[WatchPoint, ...]) -> None:
        """Keep what this configuration suspects out of the background, with what was suspected before the recording began."""
        self._points = (self._inherited or ()) + points
        self.detector.watch(self._points)

    def renew(self, local: datetime) -> None:
        """Let areas with hours begin and end."""
        view = self.detector.view
        if view is not None and (stop := self._stops.get(view.view_id)) and (areas := applying(stop.areas, local)) != view.areas:
            self.detector.hold(replace(view, areas=areas, watch=self._points))

    def judge(self, picture: Picture, packet: Packet, at_s: float) -> tuple[Sighting, ...]:
        """Judge one picture, unless it is left out by the rate that is asked for."""
        limits = [fps for fps in (self._own_fps, self._slow_fps) if fps]
        if limits and at_s - self._last_s < 0.9 / min(limits):
            return ()
        self._last_s = at_s
        self._frames += 1
        frame = Frame(
            picture.pixels(self._colour), self._frames, at_s, packet.captured_at, packet.camera_time, picture.key, picture.damaged
        )  # fmt: skip
        sightings = self.detector.judge(self._scalar.thermogram(frame), frame)
        self.detector.aims()
        self.detector.held()
        self.detector.spots()
        self.detector.hot_wheels()
        for sighting in sightings:
            if sighting.crop_jpeg_b64 is not None:
                self.crops[sighting.track_id] = base64.b64decode(sighting.crop_jpeg_b64)
        return sightings

    def _hold(self, view: View, shift_s: float, local: datetime) -> View | None:
        stop, was = self._stops.get(view.view_id), self._base.get(view.view_id)
        if view.passing:
            stop = next(iter(self._stops.values()), None)
        if stop is None:
            self.detector.drop("no_view")
            return None
        self._inherit(view.watch)
        by_settings = was is not None and (was.lens, was.hfov_deg) == (view.lens, view.hfov_deg)
        lens, hfov_deg = (stop.lens, stop.hfov_deg) if by_settings else (view.lens, view.hfov_deg)
        held = replace(
            view, valid_from_mono_s=view.valid_from_mono_s + shift_s, areas=applying(stop.areas, local), watch=self._points, lens=lens,
            hfov_deg=hfov_deg, beacons=(), commission_id="",
        )  # fmt: skip
        self.detector.hold(held)
        return held

    def _inherit(self, points: tuple[WatchPoint, ...]) -> None:
        if self._inherited is None:
            self._inherited = self._points = points
            self.detector.watch(points)


def shifts(segments: Sequence[Segment]) -> dict[str, float]:
    """Return, for each boot, what makes its monotonic seconds seconds of UTC: by its newest segment, since a clock may have been set."""
    newest: dict[str, Segment] = {}
    for segment in segments:
        known = newest.get(segment.boot)
        if known is None or segment.mono_s > known.mono_s:
            newest[segment.boot] = segment
    return {boot: segment.utc.timestamp() - segment.mono_s for boot, segment in newest.items()}


def moments(camera_id: str, segments: Sequence[Segment], unplayed: Callable[[Segment, CameraGarbled], None]) -> Iterator[Shown]:
    """Yield what happened at one camera, in the order of time. Segments that cannot be played are told and left out."""
    by_boot = shifts(segments)
    obeyed: set[tuple[str, float, str]] = set()
    for segment in sorted(segments, key=lambda s: s.mono_s + by_boot[s.boot]):
        shift_s = by_boot[segment.boot]
        standing = [order for order in segment.standing if (segment.boot, order.mono_s, str(order.message.get("kind"))) not in obeyed]
        orders = [*(Order(segment.mono_s, order.message) for order in standing), *segment.orders]
        obeyed.update((segment.boot, o.mono_s, str(o.message.get("kind"))) for o in (*segment.standing, *segment.orders))
        yield from _segment(camera_id, segment, orders, shift_s, unplayed)


def _segment(
    camera_id: str, segment: Segment, orders: list[Order], shift_s: float, unplayed: Callable[[Segment, CameraGarbled], None]
) -> Iterator[Shown]:
    known = {packet.pts: packet for packet in segment.packets}
    told = 0
    try:
        for picture in pictures(segment.name.video):
            if (packet := known.get(picture.pts)) is None:
                continue
            while told < len(orders) and orders[told].mono_s <= packet.mono_s:
                yield Shown(orders[told].mono_s + shift_s, camera_id, orders[told], None, None, shift_s)
                told += 1
            yield Shown(packet.mono_s + shift_s, camera_id, None, picture, packet, shift_s)
    except CameraGarbled as fault:
        unplayed(segment, fault)
    for order in orders[told:]:
        yield Shown(order.mono_s + shift_s, camera_id, order, None, None, shift_s)


def play(
    recordings: Mapping[str, Sequence[Segment]],
    worlds: Sequence[World],
    unplayed: Callable[[Segment, CameraGarbled], None],
    progress: Callable[[float], None],
) -> dict[str, Any]:
    """Play all cameras together, in the order of time, to each world. `progress` hears seconds of UTC. Returns what was played."""
    frames, last_s = 0, None
    every = heapq.merge(*(moments(camera_id, segments, unplayed) for camera_id, segments in recordings.items()), key=lambda s: s.at_s)
    for shown in every:
        for world in worlds:
            world.take(shown)
        frames += shown.picture is not None
        last_s = shown.at_s
        progress(shown.at_s)
    if last_s is not None:
        for world in worlds:
            world.end(last_s + 2 * TICK_S)
    return {"frames": frames}

"""One simulated camera: its head, clock, credentials, faults, events and streams. The servers only translate to it."""

from __future__ import annotations

import secrets
import threading
import time
from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from edged.model.errors import ConfigError
from edged.simulator.events import EventHub
from edged.simulator.faults import CLOCK_FAULT_S, FaultKind
from edged.simulator.head import Head, Position
from edged.simulator.login import HttpDigest, TokenCheck
from edged.simulator.scene import Blaze, World
from edged.simulator.settings import Growth, SimulatedCamera
from edged.simulator.stream import Lens, LiveStream
from edged.simulator.wire import Faults

RADIOMETRY_KW = 20.0
"""A fire of this heat in the thermal picture sets the camera's own radiometry alarm."""


@dataclass(slots=True)
class Counters:
    """What happened to a camera since the start."""

    requests: int = 0
    refused_logins: int = 0
    subscriptions_created: int = 0
    subscriptions_open: int = 0
    rtsp_sessions: int = 0
    rtsp_sessions_total: int = 0
    pictures_dropped: int = 0
    operations: Counter[str] = field(default_factory=Counter)


class Camera:
    """A camera of the station. `http_port` and `rtsp_port` are set when the station has started."""

    def __init__(self, settings: SimulatedCamera, world: World, epoch_s: float) -> None:
        self.settings, self.world = settings, world
        self.http_port, self.rtsp_port = settings.http_port, settings.rtsp_port
        self.password = settings.password
        self.faults = Faults()
        self.counters = Counters()
        self.digest = HttpDigest()
        self.tokens = TokenCheck(world.settings.token_window_s)
        self.events = EventHub(self.utc, reference_parameters=settings.reference_parameters)
        self.presets: dict[str, tuple[str, Position]] = {}
        self._epoch_s = epoch_s
        self._home = Position(settings.pan_deg, settings.tilt_deg, 0.0)
        self._lied: Position | None = None
        self._streams: dict[Lens, LiveStream] = {}
        self._building = threading.Lock()
        self.restart()

    @property
    def lenses(self) -> tuple[Lens, ...]:
        """The lenses it has, the main one first."""
        if self.settings.kind == "lookout":
            return ("thermal", "visible")
        return ("thermal",) if self.settings.has_thermal else ("visible",)

    def now_s(self) -> float:
        """Return the seconds since the station's start."""
        return time.monotonic() - self._epoch_s

    def utc(self) -> datetime:
        """Return the camera's own clock."""
        offset = self.settings.clock_offset_s + (CLOCK_FAULT_S if self.faults.has("clock") else 0.0)
        return datetime.now(UTC) + timedelta(seconds=offset)

    def restart(self) -> None:
        """Come up as after a power cut: head at home, no subscriptions, given presets kept."""
        self.head = Head.resting(self._home)
        if not self.presets:
            for n in range(3):
                place = Position((n - 1) * 15.0 + self._home.pan_deg, self._home.tilt_deg, 0.0)
                self.presets[f"preset_{n + 1}"] = (f"Preset {n + 1}", place)
        self.events.forget()
        for topic, source, data in self._properties():
            self.events.declare(topic, source, data)

    def looks(self) -> tuple[Position, bool]:
        """Return where the lens looks and whether the picture moves."""
        if self._lied is not None:
            return self._lied, False
        now_s = self.now_s()
        head = self.head
        return head.at(now_s), head.turning(now_s) or head.zooming(now_s)

    def order(self, head: Head) -> None:
        """Let the head carry out an order, unless it is stuck."""
        if not self.faults.has("stuck-head"):
            self.head = head

    def stream(self, lens: Lens) -> LiveStream:
        """Return the stream of a lens, made on first use."""
        with self._building:
            if lens not in self._streams:
                self._streams[lens] = LiveStream(self, lens)
            return self._streams[lens]

    def ignite(
        self, pan_deg: float | None = None, tilt_deg: float | None = None, *,
        start_s: float | None = None, growth: Growth = "fast", max_kw: float = 5000.0,
    ) -> Blaze:  # fmt: skip
        """Start a fire on the first surface in a direction of the head (default: where it looks). Raises ConfigError for the sky.

        `start_s`: seconds since the station's start, default now.
        """
        here = self.looks()[0]
        scene = self.stream(self.lenses[0]).scene
        pan, tilt = here.pan_deg if pan_deg is None else pan_deg, here.tilt_deg if tilt_deg is None else tilt_deg
        point = scene.surface(pan, tilt) if scene else None
        if point is None:
            raise ConfigError(
                f"simulated camera {self.settings.id}: nothing that could burn at pan {pan:g}°, tilt {tilt:g}°: aim lower, e.g. tilt -4",
                zh=f"模拟摄像机 {self.settings.id}:水平 {pan:g}°、俯仰 {tilt:g}° 处没有可燃物,请调低俯仰角,例如 -4",
            )
        blaze = Blaze(point, self.now_s() if start_s is None else start_s, growth, max_kw, self.settings.id)
        self.world.fires.append(blaze)
        return blaze

    def begin(self, kind: FaultKind) -> None:
        """Let a fault begin. `stall`, `reset` and `reboot` also act on connections: see the station."""
        if kind == "stuck-head":
            self.head = self.head.stop(self.now_s())
        if kind == "lying-head":
            self._lied = self.looks()[0]
        if kind == "wrong-password":
            self.password = secrets.token_hex(12)
        if kind == "no-events":
            self.events.close_all()
        self.faults.active.add(kind)

    def end(self, kind: FaultKind) -> None:
        """Lift a fault."""
        self.faults.active.discard(kind)
        if kind == "lying-head":
            self._lied = None
        if kind == "wrong-password":
            self.password = self.settings.password
        if kind == "reboot":
            self.restart()

    def watch_scene(self) -> None:
        """Set the camera's own alarms from what its pictures show; called about once a second."""
        self.counters.subscriptions_open = self.events.open_count()
        self.counters.subscriptions_created = self.events.created
        source = {"Source": f"vs_{self.lenses[0]}"}
        self.events.change("tns1:VideoSource/GlobalSceneChange/ImagingService", source, {"State": _word(self.faults.has("black"))})
        if not self.settings.has_thermal or self.settings.clip or not self.world.fires:
            return
        scene = self.stream("thermal").scene
        if scene is None:
            return
        where, moving = self.looks()
        hot = not moving and not self.faults.has("black") and any(
            0 <= x < scene.width and 0 <= y < scene.height for x, y, _ in scene.glow(self.now_s(), where, least_kw=RADIOMETRY_KW)
        )  # fmt: skip
        self.events.change("tns1:VideoSource/RadiometryAlarm", {"VideoSource": "vs_thermal"}, {"State": _word(hot)})
        rule = {"VideoSourceToken": "vs_thermal", "VideoAnalyticsConfigurationToken": "va_thermal", "RuleName": "hot"}
        data = {"AlarmActive": _word(hot)}
        self.events.change("tns1:RuleEngine/Radiometry/TemperatureAlarm", rule, data)

    def _properties(self) -> list[tuple[str, dict[str, str], dict[str, str]]]:
        source = {"Source": f"vs_{self.lenses[0]}"}
        out = [("tns1:VideoSource/GlobalSceneChange/ImagingService", source, {"State": "false"})]
        if self.settings.has_thermal:
            rule = {"VideoSourceToken": "vs_thermal", "VideoAnalyticsConfigurationToken": "va_thermal", "RuleName": "hot"}
            out.append(("tns1:VideoSource/RadiometryAlarm", {"VideoSource": "vs_thermal"}, {"State": "false"}))
            out.append(("tns1:RuleEngine/Radiometry/TemperatureAlarm", rule, {"AlarmActive": "false"}))
        return out

    def snapshot(self) -> Counters:
        """Return a copy of the counters."""
        return replace(self.counters, operations=Counter(self.counters.operations))


def _word(value: bool) -> str:
    return "true" if value else "false"

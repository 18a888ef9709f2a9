"""A small station for the tests of core: three calibrated heads around a yard, one uncalibrated; and short names for events."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from edged.core.book import Book
from edged.core.rules import Rules
from edged.core.step import State, start, step
from edged.geometry.earth import azimuth_deg, distance_m
from edged.geometry.head import to_head
from edged.model.alarm import Alarm, Role, VerbName
from edged.model.command import Append, Command, Reply, Telling
from edged.model.event import Event, RadioStatus, Sighted, Tick, Verb, WatchedView
from edged.model.instant import Instant
from edged.model.journal import Address, Row, Tell
from edged.model.sighting import Sighting, Temperature
from edged.model.site import Landmark, Mount, SitePlan, Zone
from edged.model.view import Watched

T0 = Instant(1000.0, datetime(2026, 11, 22, 3, 0, tzinfo=UTC))
LAT, LON = 29.6100, 106.6000
M = 1.0 / 111_000.0

MOUNTS = (
    Mount("th-1", LAT, LON, 40.0, sigma_deg=0.05),
    Mount("th-2", LAT, LON + 1000 * M, 40.0, sigma_deg=0.05),
    Mount("th-3", LAT + 1000 * M, LON, 40.0, sigma_deg=0.05),
    Mount("th-4", LAT + 900 * M, LON + 900 * M, 40.0, calibrated=False),
)


def square(lat: float, lon: float, half_m: float) -> tuple[tuple[float, float], ...]:
    d = half_m * M
    return ((lon - d, lat - d), (lon + d, lat - d), (lon + d, lat + d), (lon - d, lat + d))


YARD = (LAT + 500 * M, LON + 500 * M)
HAZARD = (LAT + 700 * M, LON + 200 * M)
PLAN = SitePlan(
    MOUNTS,
    (
        Zone("haz", "危化品库", "H1", square(*HAZARD, 60), "5门", "危化", "8099"),
        Zone("a3", "A3堆场", "A3", square(*YARD, 150), "2门", None, "8012"),
    ),
    (Landmark("2门", "gate", LAT + 300 * M, LON + 500 * M),),
)
DUTY = Address("individual", "100")
LEADER = Address("individual", "200")
TEST_RADIO = Address("individual", "900")
GROUP = Address("group", "8000")


def rules(**changes: Any) -> Rules:
    given: dict[str, Any] = {
        "plan": PLAN,
        "lookouts": ("th-1", "th-2", "th-3"),
        "arming": {"th-1": "radio", "th-2": "radio", "th-3": "radio", "th-4": "radio"},
        "talkgroup": GROUP,
        "duty": (DUTY,),
        "escalation": (LEADER,),
        "test_radios": (TEST_RADIO,),
        "names": {"th-1": "1号杆", "th-2": "2号杆", "th-3": "3号杆"},
    }
    given.update(changes)
    return Rules.build("cuntan-01", **given)


class Bench:
    """Plays events and keeps everything that came out."""

    def __init__(self, given: Rules | None = None) -> None:
        self.state: State = start(given or rules(), "7c1e")
        self.now = T0
        self.rows: list[Row] = []
        self.tells: list[Tell] = []
        self.sight_tells: list[Tell] = []
        self.replies: list[Reply] = []
        self.out: list[Command] = []
        self.count = 0

    def play(self, event: Event) -> list[Command]:
        self.state, commands = step(self.state, event, self.now)
        self.out += commands
        self.rows += [c.row for c in commands if isinstance(c, Append)]
        told = [c.tell for c in commands if isinstance(c, Telling)]
        self.tells += [t for t in told if t.alarm_ids]
        self.sight_tells += [t for t in told if not t.alarm_ids]
        self.replies += [c for c in commands if isinstance(c, Reply)]
        return list(commands)

    def wait(self, seconds: float, each_s: float = 1.0) -> None:
        """Let time pass with a tick each second."""
        left = seconds
        while left > 1e-9:
            self.now = self.now.later(min(each_s, left))
            left -= each_s
            self.play(Tick())

    def see(self, camera_id: str = "th-1", pan: float = -20.0, tilt: float = -3.0, ll: float = 10.0, **changes: Any) -> list[Command]:
        self.now = self.now.later(0.1)
        return self.play(Sighted(sighting(self.now, camera_id, pan, tilt, ll, **changes)))

    def see_at(self, lat: float, lon: float, camera_id: str, **changes: Any) -> list[Command]:
        pan, tilt = aim(camera_id, lat, lon)
        return self.see(camera_id, pan, tilt, **changes)

    def watch(self, camera_id: str, seconds: float = 1.0, frames: int = 8, view_id: str = "v", **changes: Any) -> None:
        self.now = self.now.later(seconds)
        report = Watched(
            camera_id, view_id, 1, self.now.mono_s - seconds, self.now.mono_s, frames, self.now.mono_s if frames else None, at=self.now.utc
        )
        self.play(WatchedView(replace(report, **changes)))

    def order(self, verb: VerbName, role: Role = "shift_leader", actor: str = "chen", **named: Any) -> Reply:
        self.count += 1
        fields = {k: named.pop(k) for k in ("alarm_id", "display_id", "slot", "expires_at") if k in named}
        command_id = named.pop("command_id", f"c{self.count}")
        self.play(Verb(verb, actor, role, "console", command_id, args=named, **fields))
        return self.replies[-1]

    def status(self, radio: str, status: int, report_id: str | None = None) -> Reply:
        self.count += 1
        self.play(RadioStatus(radio, status, report_id or f"r{self.count}"))
        return self.replies[-1]

    @property
    def book(self) -> Book:
        return self.state.book

    def real(self) -> list[Alarm]:
        return self.book.real()

    def one(self) -> Alarm:
        (alarm,) = self.real()
        return alarm

    def changes(self) -> list[str]:
        return [r.change for r in self.rows if r.kind == "alarm"]


def aim(camera_id: str, lat: float, lon: float) -> tuple[float, float]:
    mount = next(m for m in MOUNTS if m.camera_id == camera_id)
    away = distance_m(mount.lat_wgs84, mount.lon_wgs84, lat, lon)
    azimuth = azimuth_deg(mount.lat_wgs84, mount.lon_wgs84, lat, lon)
    return to_head(mount, azimuth, -math.degrees(math.atan2(mount.height_m, away)))


def sighting(now: Instant, camera_id: str, pan: float, tilt: float, ll: float, **changes: Any) -> Sighting:
    made = Sighting(
        camera_id=camera_id,
        view_id="v",
        generation=1,
        track_id=1,
        captured_at=now.utc,
        mono_s=now.mono_s,
        first_seen_mono_s=now.mono_s - 1.0,
        log_likelihood=ll,
        reasons_for=("hot", "new", "stationary"),
        reasons_against=(),
        pan_deg=pan,
        tilt_deg=tilt,
        bearing_sigma_deg=0.05,
        x_px=320.0,
        y_px=256.0,
        area_px=6.0,
        excess=100.0,
        excess_radiance=None,
        temperature=Temperature("relative", None, None, False),
    )
    return replace(made, **changes)

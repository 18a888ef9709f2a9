"""Eyes and fleet under control: what a reload touches, what is told when children fail, and what late messages may still do."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar

import pytest

from edged import eyes as eyes_module
from edged.camera.settings import CameraSettings, FleetSettings
from edged.child import ChildState
from edged.detector.settings import DetectionSettings
from edged.eyes import Ears, Eyes
from edged.messages import Beat, CameraGone, CameraSetup, EyeSetup, Message, Slow, StreamFound
from edged.model.aim import Aim
from edged.model.event import AimMeasured, Event, EyeChanged, HealthChanged, Noticed, WatchedView
from edged.model.health import CameraHealth
from edged.model.instant import Instant
from edged.model.view import Watched
from edged.overload import CpuShare


class FakeChild:
    """Stands for a process: keeps what it is sent, and says what the test wants."""

    made: ClassVar[list[FakeChild]] = []

    def __init__(self, name: str, module: str, setup: Any, on_message: Callable[[Message], None], on_state: Any) -> None:
        self.name, self.module, self.setup, self.says, self.on_state = name, module, setup, on_message, on_state
        self.state: ChildState = "starting"
        self.pid, self.restarts, self.beat = 4711, 0, None
        self.sent: list[Message] = []
        self.replaced: list[str] = []
        self.ended = asyncio.Event()
        FakeChild.made.append(self)

    async def run(self) -> None:
        await self.ended.wait()

    def send(self, message: Message) -> bool:
        self.sent.append(message)
        return True

    def replace(self, reason: str) -> None:
        self.replaced.append(reason)

    async def stop(self) -> None:
        self.ended.set()

    def becomes(self, state: ChildState, reason: str = "") -> None:
        self.state = state
        self.on_state(self.name, state, reason)


@pytest.fixture(autouse=True)
def children(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(eyes_module, "Child", FakeChild)
    FakeChild.made.clear()


def camera(camera_id: str, **more: Any) -> CameraSettings:
    return CameraSettings.model_validate(
        {"id": camera_id, "kind": "lookout", "address": "127.0.0.1", "thermal": {"hfov_deg": 20.0}, **more}
    )


class Control:
    """What hears the children."""

    def __init__(self) -> None:
        self.now_s = 100.0
        self.events: list[Event] = []
        self.heard: list[object] = []
        self.cpu = CpuShare(2)
        keep = self.heard.append
        ears = Ears(self.events.append, keep, keep, keep, keep, keep, keep, keep, keep)
        self.eyes = Eyes(ears, self.clock, Path("/nowhere"), DetectionSettings(), FleetSettings(), self.cpu)

    def clock(self) -> Instant:
        return Instant(self.now_s, datetime(2026, 11, 22, tzinfo=UTC))

    def change(self, added: Any = (), removed: Any = (), changed: Any = (), **detection: Any) -> None:
        self.eyes.change(added, removed, changed, DetectionSettings(**detection), FleetSettings())


def named(name: str) -> list[FakeChild]:
    return [child for child in FakeChild.made if child.name == name]


def played(script: Callable[[Control], None], *cameras: CameraSettings) -> Control:
    async def run() -> Control:
        control = Control()
        control.eyes.start(cameras or (camera("th-01"), camera("th-02")))
        script(control)
        await control.eyes.stop()
        return control

    return asyncio.run(run())


def watched(camera_id: str) -> WatchedView:
    return WatchedView(Watched(camera_id, "whole", 1, 99.0, 100.0, 8, 99.9, ()))


def test_one_eye_for_each_watched_camera_and_none_for_the_others() -> None:
    blind = camera("co-001", kind="corridor", thermal=None)
    played(lambda _: None, camera("th-01"), blind, camera("th-02", enabled=False))
    assert [child.name for child in FakeChild.made] == ["fleet", "eye th-01"]
    assert [m.camera["id"] for m in FakeChild.made[0].setup() if isinstance(m, CameraSetup)] == ["th-01", "co-001"]


def test_a_reload_touches_only_what_changed() -> None:
    played(lambda control: control.change(changed=(camera("th-02", thermal={"hfov_deg": 12.0}),)))
    assert named("eye th-01")[0].replaced == []
    assert named("eye th-02")[0].replaced == ["its settings changed"]
    setup = named("eye th-02")[0].setup()
    assert [m.camera["thermal"]["hfov_deg"] for m in setup if isinstance(m, EyeSetup)] == [12.0]


def test_the_same_reload_twice_leaves_no_second_eye() -> None:
    def script(control: Control) -> None:
        control.change(added=(camera("th-03"),))
        control.change(added=(camera("th-03"),))

    played(script)
    assert len(named("eye th-03")) == 1


def test_a_removed_camera_is_forgotten_whatever_still_comes_of_it() -> None:
    health = HealthChanged(CameraHealth("th-02", "login_ok", "none", "", datetime(2026, 11, 22, tzinfo=UTC)))

    def script(control: Control) -> None:
        eye, fleet = named("eye th-02")[0], named("fleet")[0]
        eye.says(Beat("eye", 1.0, 50.0, 0.0))
        eye.says(Beat("eye", 2.0, 50.0, 1.0))
        assert control.cpu.share() == 0.5
        control.change(removed=("th-02",))
        assert CameraGone("th-02") in fleet.sent
        assert control.cpu.share() == 0.0
        before = list(control.events), list(control.heard)
        fleet.says(health)
        fleet.says(StreamFound("th-02", "rtsp://127.0.0.1/a", None, 0.0))
        eye.says(watched("th-02"))
        assert (control.events, control.heard) == before
        assert control.eyes.watched == {}
        assert [fact.name for fact in control.eyes.facts(lambda _: False)] == ["th-01"]

    played(script)


def test_a_new_eye_gets_the_stream_and_the_pace_of_now() -> None:
    def script(control: Control) -> None:
        found = StreamFound("th-01", "rtsp://127.0.0.1/a", None, 0.0)
        named("fleet")[0].says(found)
        control.eyes.slow(2.0)
        eye = named("eye th-01")[0]
        assert eye.sent == [found, Slow(2.0)]
        assert eye.setup()[1:] == (found, Slow(2.0))

    played(script)


def test_core_and_the_watchdog_hear_how_an_eye_fares() -> None:
    def script(control: Control) -> None:
        eye = named("eye th-01")[0]
        eye.becomes("running")
        assert control.heard == ["th-01"]
        control.now_s = 105.0
        eye.says(watched("th-01"))
        assert control.eyes.facts(lambda _: False)[0].advanced_mono_s == 105.0
        eye.becomes("lost", "it ended")
        assert control.eyes.facts(lambda _: False)[0].declared_down
        eye.becomes("parked", "five times")
        changed = [(e.state, e.detail) for e in control.events if isinstance(e, EyeChanged)]
        assert changed == [("started", ""), ("lost", "it ended"), ("parked", "five times")]

    played(script)


def test_an_eye_speaks_for_its_own_camera_only() -> None:
    control = played(lambda _: named("eye th-01")[0].says(watched("th-02")))
    assert control.events == []


def test_upstream_is_told_when_no_camera_is_asked_any_more() -> None:
    control = played(lambda _: named("fleet")[0].becomes("parked", "five times"))
    notices = [e for e in control.events if isinstance(e, Noticed)]
    assert [(e.code, e.severity_level) for e in notices] == [("fleet_parked", 2)]
    assert "five times" in notices[0].message


def test_an_eye_measures_its_own_head_only() -> None:
    def aims(camera_id: str) -> AimMeasured:
        return AimMeasured((Aim(camera_id, "whole", 1, "c1", "reference", True, 99.0, datetime(2026, 11, 22, tzinfo=UTC)),))

    def script(control: Control) -> None:
        before = len(control.events)
        named("eye th-01")[0].says(aims("th-02"))
        named("eye th-01")[0].says(aims("th-01"))
        assert control.events[before:] == [aims("th-01")]

    played(script)

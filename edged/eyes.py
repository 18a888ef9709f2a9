"""The children of control, eyes and fleet: which run, what they are told, and where what they say goes."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edged.assembly import is_watched
from edged.camera.secret import read_login, with_login
from edged.camera.settings import CameraSettings, FleetSettings
from edged.camera.thermometry.onvif import readings
from edged.child import Child, ChildState
from edged.clock import Clock
from edged.detector.settings import DetectionSettings
from edged.messages import (
    Beat,
    CameraGone,
    CameraSetup,
    EyeSetup,
    FleetSetup,
    HeldBack,
    Message,
    PictureTaken,
    Record,
    Recorded,
    Slow,
    StreamFound,
    Turned,
)
from edged.model.errors import EdgedError
from edged.model.event import (
    AimMeasured,
    CameraEvent,
    Event,
    EyeChanged,
    HeadMoved,
    HealthChanged,
    HotWheelSeen,
    Noticed,
    Sighted,
    SpotsMeasured,
    WatchedView,
)
from edged.model.sighting import Sighting
from edged.overload import CpuShare
from edged.recordings import Recordings
from edged.store.settings import RecorderSettings
from edged.watchdog import EyeFact

log = logging.getLogger("edged.eyes")
FLEET = "fleet"


@dataclass(frozen=True, slots=True)
class Ears:
    """Who hears what children say, besides core. All are called in the loop and must not block."""

    post: Callable[[Event], None]
    turned: Callable[[Turned], None]
    moved: Callable[[HeadMoved], None]
    eye_started: Callable[[str], None]
    sighted: Callable[[Sighted], None]
    stream_found: Callable[[StreamFound], None]
    health: Callable[[HealthChanged], None]
    camera_event: Callable[[CameraEvent], None]
    picture: Callable[[PictureTaken], None]
    spots: Callable[[SpotsMeasured], None] = lambda _: None
    held_back: Callable[[Sighting], None] = lambda _: None


def entry(camera: CameraSettings) -> dict[str, Any]:
    """Return a camera's settings for its child. A systemd credential is read here, since children see none; a file the child reads."""
    if camera.credential is None:
        return camera.model_dump(mode="json")
    try:
        return with_login(camera, read_login(camera))
    except EdgedError:
        return camera.model_dump(mode="json")


def _about(message: Message) -> str | None:
    """Return the camera that a message of the fleet is about. What still comes of a camera that a reload removed is not taken."""
    match message:
        case HealthChanged():
            return message.health.camera_id
        case HeadMoved() | CameraEvent() | StreamFound() | Turned() | PictureTaken():
            return message.camera_id
        case _:
            return None


class Eyes:
    """The fleet process and one eye for each watched camera."""

    def __init__(
        self, ears: Ears, clock: Clock, state_dir: Path, detection: DetectionSettings, fleet: FleetSettings, cpu: CpuShare,
        recorder: RecorderSettings | None = None,
    ) -> None:  # fmt: skip
        self._ears, self._clock, self._state_dir, self._cpu = ears, clock, state_dir, cpu
        self._detection, self._fleet_settings = detection, fleet
        self._recorder = recorder or RecorderSettings()
        self.recordings = Recordings()
        self._cameras: dict[str, CameraSettings] = {}
        self._streams: dict[str, StreamFound] = {}
        self._advanced: dict[str, float] = {}
        self._replaced: dict[str, float] = {}
        self._slow: Slow = Slow(None)
        self.watched: dict[str, WatchedView] = {}
        self._eyes: dict[str, tuple[Child, asyncio.Task[None]]] = {}
        self._fleet = Child(FLEET, "edged.fleet", self._fleet_setup, self._from_fleet, self._fleet_state)
        self._fleet_task: asyncio.Task[None] | None = None

    def start(self, cameras: Iterable[CameraSettings]) -> None:
        """Start the fleet and the eyes."""
        self._cameras = {camera.id: camera for camera in cameras if camera.enabled}
        self._fleet_task = asyncio.create_task(self._fleet.run(), name=FLEET)
        for camera in self._cameras.values():
            self._open(camera)

    def change(
        self,
        added: Sequence[CameraSettings],
        removed: Sequence[str],
        changed: Sequence[CameraSettings],
        detection: DetectionSettings,
        fleet: FleetSettings,
        recorder: RecorderSettings | None = None,
    ) -> None:
        """Touch only what differs: an eye is replaced when its camera or the detector's settings changed. Doing it twice is harmless."""
        if recorder is not None and recorder != self._recorder:
            self._recorder = recorder
            for child, _ in self._eyes.values():
                child.send(Record(recorder.model_dump(mode="json")))
        for camera_id in [*removed, *(c.id for c in changed if not c.enabled)]:
            self._cameras.pop(camera_id, None)
            self._streams.pop(camera_id, None)
            self._fleet.send(CameraGone(camera_id))
            self._close(camera_id)
        for camera in (*added, *changed):
            if camera.enabled:
                self._cameras[camera.id] = camera
                self._fleet.send(CameraSetup(entry(camera)))
                if not is_watched(camera):
                    self._streams.pop(camera.id, None)
                    self._close(camera.id)
                elif camera.id in self._eyes:
                    self._streams.pop(camera.id, None)
                    self._eyes[camera.id][0].replace("its settings changed")
                else:
                    self._open(camera)
        if detection != self._detection:
            self._detection = detection
            for child, _ in self._eyes.values():
                child.replace("the detector's settings changed")
        if fleet != self._fleet_settings:
            self._fleet_settings = fleet
            self._fleet.replace("the fleet's settings changed")

    async def stop(self, timeout_s: float = 5.0) -> None:
        """Ask all children to end, and see them gone."""
        children = [self._fleet, *(child for child, _ in self._eyes.values())]
        tasks = [task for _, task in self._eyes.values()] + ([self._fleet_task] if self._fleet_task else [])
        await asyncio.gather(*(child.stop() for child in children))
        if tasks:
            _, late = await asyncio.wait(tasks, timeout=timeout_s)
            for task in late:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def to_eye(self, camera_id: str, message: Message) -> None:
        """Send to one eye; without a process the message is lost, and the next process is set up afresh."""
        if eye := self._eyes.get(camera_id):
            eye[0].send(message)

    def to_fleet(self, message: Message) -> None:
        """Send to the fleet."""
        self._fleet.send(message)

    def slow(self, max_fps: float | None) -> None:
        """Judge at most so many frames a second in every eye."""
        self._slow = Slow(max_fps)
        for child, _ in self._eyes.values():
            child.send(self._slow)

    def facts(self, blind: Callable[[str], bool]) -> tuple[EyeFact, ...]:
        """Return what the watchdog asks of each eye. `blind` tells whether core has declared that camera blind."""
        return tuple(
            EyeFact(
                camera_id,
                self._advanced.get(camera_id),
                self._replaced.get(camera_id),
                child.state in ("lost", "parked", "stopped") or blind(camera_id),
            )
            for camera_id, (child, _) in self._eyes.items()
        )

    def pids(self) -> dict[str, int]:
        """Return the processes by name, for status and tests."""
        known = {camera_id: child.pid for camera_id, (child, _) in self._eyes.items()} | {FLEET: self._fleet.pid}
        return {name: pid for name, pid in known.items() if pid is not None}

    def children(self) -> list[dict[str, object]]:
        """Return each child's state for `edged status`."""
        every = {f"eye {camera_id}": child for camera_id, (child, _) in self._eyes.items()} | {FLEET: self._fleet}
        return [
            {
                "name": name,
                "state": child.state,
                "pid": child.pid,
                "restarts": child.restarts,
                "rss_mb": child.beat.rss_mb if child.beat else None,
            }
            for name, child in every.items()
        ]

    def _open(self, camera: CameraSettings) -> None:
        if not is_watched(camera):
            return
        camera_id = camera.id
        child = Child(
            f"eye {camera_id}",
            "edged.eye",
            lambda: self._eye_setup(camera_id),
            lambda message: self._from_eye(camera_id, message),
            lambda _, state, reason: self._eye_state(camera_id, state, reason),
        )
        self._eyes[camera_id] = child, asyncio.create_task(child.run(), name=f"eye {camera_id}")

    def _close(self, camera_id: str) -> None:
        if eye := self._eyes.pop(camera_id, None):
            child, task = eye
            ending = asyncio.create_task(child.stop())
            task.add_done_callback(lambda _: ending.cancel())
            self._cpu.gone(f"eye {camera_id}")
        for known in (self._advanced, self._replaced, self.watched):
            known.pop(camera_id, None)
        self.recordings.gone(camera_id)

    def _eye_setup(self, camera_id: str) -> Sequence[Message]:
        camera = self._cameras.get(camera_id)
        if camera is None:
            return ()
        detection, recorder = self._detection.model_dump(mode="json"), self._recorder.model_dump(mode="json")
        setup: list[Message] = [EyeSetup(entry(camera), detection, str(self._state_dir), recorder)]
        if stream := self._streams.get(camera_id):
            setup.append(stream)
        return (*setup, self._slow)

    def _fleet_setup(self) -> Sequence[Message]:
        cameras = [CameraSetup(entry(camera)) for camera in self._cameras.values()]
        return [FleetSetup(self._fleet_settings.model_dump(mode="json"), str(self._state_dir)), *cameras]

    def _eye_state(self, camera_id: str, state: ChildState, reason: str) -> None:
        self._replaced[camera_id] = self._clock().mono_s
        if state == "running":
            self._ears.post(EyeChanged(camera_id, "started", reason))
            self._ears.eye_started(camera_id)
        elif state in ("lost", "parked"):
            self._cpu.gone(f"eye {camera_id}")
            self._ears.post(EyeChanged(camera_id, "parked" if state == "parked" else "lost", reason))

    def _fleet_state(self, name: str, state: ChildState, reason: str) -> None:
        if state in ("lost", "parked"):
            self._cpu.gone(name)
        if state == "parked":
            text = f"no camera is asked over ONVIF, no head is turned; pictures are still judged: {reason}; look at journalctl -u edged"
            self._ears.post(Noticed("system", "fleet_parked", text, 2))

    def _from_eye(self, camera_id: str, message: Message) -> None:
        if camera_id not in self._eyes:
            return
        match message:
            case Sighted():
                self._ears.post(message)
                self._ears.sighted(message)
            case WatchedView():
                if message.watched.camera_id == camera_id:
                    self._advanced[camera_id] = self._clock().mono_s
                    self.watched[camera_id] = message
                    self._ears.post(message)
            case HeldBack(sighting):
                if sighting.camera_id == camera_id:
                    self._ears.held_back(sighting)
            case SpotsMeasured(measures):
                if all(measure.camera_id == camera_id for measure in measures):
                    self._ears.post(message)
                    self._ears.spots(message)
            case AimMeasured(aims):
                if all(aim.camera_id == camera_id for aim in aims):
                    self._ears.post(message)
            case HotWheelSeen(wheel):
                if wheel.camera_id == camera_id:
                    self._ears.post(message)
            case Recorded():
                if message.camera_id == camera_id:
                    for notice in self.recordings.take(message, self._clock().mono_s):
                        self._ears.post(notice)
            case Beat():
                self._cpu.note(f"eye {camera_id}", message.mono_s, message.cpu_s)
            case PictureTaken():
                self._ears.picture(message)
            case _:
                log.warning("eye %s: unexpected message %s dropped", camera_id, message.kind)

    def _tell_heat(self, event: CameraEvent) -> None:
        """Hand what a camera's own thermometry says to its eye."""
        lens = self._cameras[event.camera_id].thermal
        if lens is not None and lens.readings and (read := readings(event, {each.id: each for each in lens.readings})) is not None:
            self.to_eye(event.camera_id, read)

    def _from_fleet(self, message: Message) -> None:
        about = _about(message)
        if about is not None and about not in self._cameras:
            return
        match message:
            case HealthChanged():
                self._ears.post(message)
                self._ears.health(message)
            case HeadMoved():
                self._ears.post(message)
                self._ears.moved(message)
            case CameraEvent():
                self._ears.post(message)
                self._ears.camera_event(message)
                self._tell_heat(message)
            case StreamFound():
                self._streams[message.camera_id] = message
                self.to_eye(message.camera_id, message)
                self._ears.stream_found(message)
            case Turned():
                self._ears.turned(message)
            case PictureTaken():
                self._ears.picture(message)
            case Beat():
                self._cpu.note(FLEET, message.mono_s, message.cpu_s)
            case _:
                log.warning("fleet: unexpected message %s dropped", message.kind)

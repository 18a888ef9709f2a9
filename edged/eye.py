"""The child that watches one head: thermal stream in, sightings out. It decides no alarm.

`python -m edged.eye --fd N`. Reads EyeSetup, StreamFound, HoldView, DropView, WatchOn, Drill, Slow, Record, Stop …; sends Sighted,
HeldBack, WatchedView (each second, also while blind, with the cause), AimMeasured (once a visit of a view), HotWheelSeen, PictureTaken,
Beat, ChildLog. Ends within 2 s of end-of-file.
"""

from __future__ import annotations

import argparse
import ctypes
import gc
import logging
import queue
import threading
import time
from dataclasses import replace
from pathlib import Path

import cv2

from edged.backgrounds import Backgrounds
from edged.camera.latest import Latest
from edged.camera.pictures import no_picture, parts_of
from edged.camera.ring import Ring
from edged.camera.secret import Login, login_from, read_login
from edged.camera.settings import CameraSettings
from edged.camera.source import Source, StreamNote
from edged.channel import Channel, begin, end
from edged.detector.chain import Detector
from edged.detector.scalar import Scalar
from edged.detector.settings import DetectionSettings
from edged.messages import DropView, EyeSetup, HeldBack, HoldView, Message, PictureWanted, Record, Slow, Stop, StreamFound
from edged.model.command import AirKnown, Drill, WatchOn
from edged.model.errors import EdgedError
from edged.model.event import AimMeasured, HotWheelSeen, Sighted, SpotsMeasured, WatchedView
from edged.model.frame import Frame
from edged.model.heatread import HeatRead
from edged.model.view import BlindCause, Watched
from edged.references import References
from edged.store.settings import RecorderSettings
from edged.supervise import guard
from edged.tape import Tape

REPORT_S = 0.4
"""How often watching is reported at the most: twice a second as pictures come, so that one late report does not look like blindness."""
TICK_S = 0.5
HUNG_S = 5.0
KEEP_FIRST_S, KEEP_S = 60.0, 3600.0
"""When the backgrounds are first kept after a start, and how often then; at a stop as well."""
STOP_S = 1.0
M_ARENA_MAX = -8
"""mallopt(3): one heap for all threads; each of its own would keep what its thread no longer needs."""
log = logging.getLogger("edged.eye")


class Eye:
    """One head's eye. `take` in the channel's thread; the detector lives in a thread of its own."""

    def __init__(self, channel: Channel, setup: EyeSetup) -> None:
        entry, login = login_from(setup.camera)
        self.camera = CameraSettings.model_validate(entry)
        self._channel = channel
        detection = DetectionSettings.model_validate(setup.detection)
        self._detector = Detector(detection, self.camera.id)
        self._backgrounds = Backgrounds(Path(setup.state_dir) / "backgrounds" / f"{self.camera.id}.npz")
        self._detector.rounds(self.camera.spots())
        self._detector.restore(self._backgrounds.read())
        self._references = References(Path(setup.state_dir) / "references" / f"{self.camera.id}.npz")
        self._detector.commissioned(self._references.read())
        self._commissioning = threading.Thread(name="commission")
        self._judged_out = threading.Event()
        lens = self.camera.thermal
        planck = lens.planck.constants() if lens and lens.planck else None
        self._scalar = Scalar(
            lens.picture if lens else "auto", detection.range_end_c, lens.kelvin_per_count if lens else 0.04, planck
        )  # fmt: skip
        self._own_fps = lens.fps if lens else None
        self._slow_fps: float | None = None
        self._orders: queue.Queue[Message] = queue.Queue(256)
        self._latest = Latest()
        self._ended = threading.Event()
        self._turned_at = time.monotonic()
        self._skipped = 0
        self._last_judged = float("-inf")
        colour = lens is not None and lens.picture in ("palette", "auto")
        given = login

        def read() -> Login:
            found = given or read_login(self.camera)
            channel.secrets.add(found.password)
            return found

        note = StreamNote(Path(setup.state_dir) / "streams" / f"{self.camera.id}.json")
        found = note.read()
        self._tape = Tape(Path(setup.state_dir), self.camera.id, RecorderSettings.model_validate(setup.recorder))
        ring = Ring(most_bytes=8_000_000)
        self.thermal = Source(
            self.camera.label, read, self._ended, self._latest.put, colour=colour, ring=ring, tap=self._tape, patient=self._latest.patient
        )
        self.visible = Source(self.camera.label, read, self._ended, None, ring=Ring(most_bytes=16_000_000))
        self._note = note
        own = lens.stream if lens and lens.stream != "onvif" else None
        self.thermal.point_at(own or (found.thermal_url if found else None), found.clock_offset_s if found else 0.0)
        seen = self.camera.visible.stream if self.camera.visible and self.camera.visible.stream != "onvif" else None
        self.visible.point_at(seen or (found.visible_url if found else None), 0.0)

    def start(self) -> None:
        """Start the threads."""
        self._tape.start(self._ended)
        for name, work in (("judge", self._judge), ("thermal", self.thermal.run), ("visible", self.visible.run)):
            threading.Thread(target=guard(f"eye {self.camera.id}: {name}")(work), name=name, daemon=True).start()

    def alive(self) -> bool:
        """Whether the detector's loop advanced lately."""
        return time.monotonic() - self._turned_at < HUNG_S

    def stop(self) -> None:
        """Ask the threads to end; the backgrounds are kept once the detector has."""
        self._ended.set()
        if self._judged_out.wait(STOP_S):
            self._backgrounds.write(self._detector.saved())
            if not self._commissioning.is_alive() and (references := self._detector.references()) is not None:
                self._references.write(references)
        self._tape.stop()

    def take(self, message: Message) -> None:
        """Carry out one message, or hand it to the detector's thread."""
        match message:
            case StreamFound():
                own = self.camera.thermal is not None and self.camera.thermal.stream != "onvif"
                if not own and message.thermal_url:
                    self.thermal.point_at(message.thermal_url, message.clock_offset_s)
                self.visible.point_at(message.visible_url, message.clock_offset_s)
                self._note.write(message)
            case Slow(max_fps):
                self._slow_fps = max_fps
            case Record(recorder):
                self._tape.change(RecorderSettings.model_validate(recorder))
            case PictureWanted():
                threading.Thread(target=self._picture, args=(message,), name="picture", daemon=True).start()
            case HoldView() | DropView() | WatchOn() | Drill() | AirKnown() | HeatRead():
                self._tape.told(message)
                try:
                    self._orders.put_nowait(message)
                    self._latest.wake()
                except queue.Full:
                    log.error("eye %s: too many orders wait, %s is lost: its detector hangs", self.camera.id, message.kind)
            case _:
                return

    def _judge(self) -> None:
        report_due = time.monotonic()
        keep_due = report_due + KEEP_FIRST_S
        while not self._ended.is_set():
            self._turned_at = time.monotonic()
            with guard(f"eye {self.camera.id}"):
                while not self._orders.empty():
                    self._obey(self._orders.get_nowait())
                frame = self._latest.get(TICK_S)
                if frame is not None and self._wanted(frame):
                    for sighting in self._detector.judge(self._scalar.thermogram(frame), frame):
                        self._channel.send(Sighted(sighting))
                    self._latest.hurry = not self._detector.calm
                    for sighting in self._detector.held():
                        self._channel.send(HeldBack(sighting))
                    for aims in self._detector.aims():
                        self._channel.send(AimMeasured(aims))
                    for measures in self._detector.spots():
                        self._channel.send(SpotsMeasured(measures))
                    for wheel in self._detector.hot_wheels():
                        self._channel.send(HotWheelSeen(wheel))
                now = time.monotonic()
                if now >= report_due:
                    report_due = now + REPORT_S
                    if not self._commissioning.is_alive() and (references := self._detector.references()) is not None:
                        self._commissioning = threading.Thread(target=self._references.write, args=(references,), daemon=True)
                        self._commissioning.start()
                    self._channel.send(WatchedView(self._watched(now)))
                    if (recorded := self._tape.report(now)) is not None:
                        self._channel.send(recorded)
                if now >= keep_due:
                    keep_due = now + KEEP_S
                    threading.Thread(target=self._backgrounds.write, args=(self._detector.saved(),), name="keep", daemon=True).start()
        self._judged_out.set()

    def _wanted(self, frame: Frame) -> bool:
        limits = [fps for fps in (self._own_fps, self._slow_fps) if fps]
        if limits and frame.mono_s - self._last_judged < 0.9 / min(limits):
            self._skipped += 1
            return False
        self._last_judged = frame.mono_s
        return True

    def _obey(self, message: Message) -> None:
        match message:
            case HoldView(view):
                self._detector.hold(view)
            case DropView(_, cause):
                self._detector.drop(cause)
            case WatchOn(_, points):
                self._detector.watch(points)
            case AirKnown(_, air):
                self._detector.air(air)
            case HeatRead():
                self._detector.heat_read(message)
            case Drill(_, drill_id, duration_s):
                if not self._detector.drill(drill_id, duration_s):
                    log.warning(
                        "eye %s: drill %s not begun: no learnt view is held, or no place in it is calm enough; try again in a minute",
                        self.camera.id,
                        drill_id,
                    )
            case _:
                return

    def _watched(self, now: float) -> Watched:
        """Return the detector's report, with the stream's own cause in place of a bare `no_stream`."""
        told = self._detector.watched(now)
        cause: BlindCause = self.thermal.cause
        blind = tuple((cause if c == "no_stream" else c, s) for c, s in told.blind_s)
        if not blind and told.judged_frames == 0 and self.thermal.frames == 0:
            blind = ((cause, round(max(0.0, told.until_mono_s - told.from_mono_s), 3)),)
        dropped, self._latest.dropped = self._latest.dropped + self._skipped, 0
        self._skipped = 0
        return replace(told, blind_s=blind, key_interval_s=self.thermal.key_interval_s, dropped_frames=dropped)

    def _picture(self, wanted: PictureWanted) -> None:
        source = self.thermal if wanted.lens == "thermal" else self.visible
        with guard(f"eye {self.camera.id}: picture"):
            try:
                picture = source.ring.jpeg(self.camera.label, None, wanted.max_bytes)
            except EdgedError as fault:
                self._channel.send(no_picture(wanted, str(fault)))
                return
            for part in parts_of(wanted, picture):
                self._channel.send(part)


def frugal() -> None:
    """Take one core and little memory: twelve eyes share a small box.

    What was imported stays for good, so the collector need not walk through it: it comes sooner then, and costs less.
    """
    cv2.setNumThreads(1)
    libc = ctypes.CDLL(None)
    gc.collect()
    gc.freeze()
    for name, args in (("mallopt", (M_ARENA_MAX, 1)), ("malloc_trim", (0,))):
        if known := getattr(libc, name, None):
            known(*args)


def main(argv: list[str] | None = None) -> None:
    """Run until control closes the socket or says stop."""
    parser = argparse.ArgumentParser(prog="edged.eye")
    parser.add_argument("--fd", type=int, required=True)
    frugal()
    eyes: list[Eye] = []
    channel = begin(parser.parse_args(argv).fd, "eye", lambda: all(eye.alive() for eye in eyes))
    for message in channel.receive():
        if isinstance(message, Stop):
            break
        with guard(f"eye: message {message.kind}"):
            if isinstance(message, EyeSetup) and not eyes:
                eyes.append(Eye(channel, message))
                eyes[0].start()
            elif eyes:
                eyes[0].take(message)
    for eye in eyes:
        eye.stop()
    end()


if __name__ == "__main__":
    main()

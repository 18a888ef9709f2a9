"""scripts/bench yard: fires in the simulated port yard, *synthetic*, from the rendered scene to core's active alarm.

Each case renders a seeded yard with trucks and walkers as the simulated station does (gain control, sensor noise, flat-field pauses, clock
in the picture), codes and decodes it as H.264, and judges it with the daemon's detector and core, faster than real time. A fire is
visible when the noiseless picture has 4 px at least 20 K above twice the local clutter. Quiet cases have no fire.
It proves function on a rendered world, not a detection rate on a real one.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
from av.video.codeccontext import VideoCodecContext

from edged.camera.picture import pixels
from edged.core.rules import Rules
from edged.core.step import start, step
from edged.detector.chain import Detector
from edged.detector.scalar import Scalar
from edged.detector.settings import DetectionSettings
from edged.model.command import Append
from edged.model.event import Sighted, Tick, ViewHeld, WatchedView
from edged.model.frame import Frame
from edged.model.instant import Instant
from edged.model.sighting import Sighting
from edged.model.view import View
from edged.simulator.head import Position
from edged.simulator.scene import Blaze, Scene, World
from edged.simulator.settings import Growth, SimulatedCamera, SimulatorSettings
from edged.simulator.stream import LiveStream
from edged.simulator.wire import Faults
from edged.simulator.yard import build_yard

GROWTHS: tuple[Growth, ...] = ("medium", "fast", "ultrafast")
START = datetime(2026, 1, 1, 18, tzinfo=UTC)
BEGIN_S = 100.0
NEAR_M, FAR_M = 300.0, 900.0
VISIBLE_PX, VISIBLE_K, CLUTTERS, RING_PX = 4, 20.0, 2.0, 15
SAME_PX = 25.0
LATE_S = {"medium": 100.0, "fast": 60.0, "ultrafast": 45.0}
"""A fire is watched for so long after ignition."""


@dataclass(frozen=True, slots=True)
class Case:
    """One run. `growth` None: no fire. `ignite_s` and `seconds` since the first look."""

    seed: int
    growth: Growth | None
    ignite_s: float
    seconds: float


@dataclass(slots=True)
class Outcome:
    """What came of a case. Seconds since the first look; `visible_s`, `alarm_s` infinite where it never came."""

    case: Case
    visible_s: float = float("inf")
    suspect_s: float = float("inf")
    alarm_s: float = float("inf")
    false_alarms: int = 0
    suspects: int = 0
    tracks: int = 0
    ms: float = 0.0
    decode_ms: float = 0.0
    reasons: Counter[str] = field(default_factory=Counter)


class Owner:
    """A camera without servers, whose clock is the bench's."""

    def __init__(self, case: Case) -> None:
        rng = np.random.default_rng([case.seed, 41])
        self.settings = SimulatedCamera(id="th-01", azimuth_deg=float(rng.uniform(0, 360)))
        self.world = World(SimulatorSettings(seed=case.seed), build_yard(case.seed, 12.0))
        self.faults = Faults()
        self.at_s = 0.0
        self.where = Position(0.0, -4.0, 0.0)

    def now_s(self) -> float:
        """Return the bench's time."""
        return BEGIN_S + self.at_s

    def utc(self) -> datetime:
        """Return the camera's clock."""
        return START + timedelta(seconds=self.now_s())

    def looks(self) -> tuple[Position, bool]:
        """Return the one direction."""
        return self.where, False


def rendered(case: Case) -> tuple[list[bytes], float, tuple[float, float], float]:
    """Return (coded pictures, when the fire was first visible, where in pixels, pictures a second)."""
    owner = Owner(case)
    stream = LiveStream(owner, "thermal")
    scene = stream.scene
    assert scene is not None
    place = ignite(owner, scene, case)
    coded, visible = [], float("inf")
    for number in range(int(case.seconds * stream.fps)):
        owner.at_s = number / stream.fps
        units = stream.encoder.encode(stream.picture(), int(owner.at_s * 90_000))
        coded += [b"".join(b"\x00\x00\x00\x01" + nal for nal in unit.nals) for unit in units]
        if owner.world.fires and visible == float("inf") and number % 4 == 0 and is_visible(owner, scene, place):
            visible = owner.at_s
    return coded, visible, place, stream.fps


def ignite(owner: Owner, scene: Scene, case: Case) -> tuple[float, float]:
    """Put a fire on a surface 300–900 m away. Returns its pixel."""
    if case.growth is None:
        return -1e3, -1e3
    rng = np.random.default_rng([case.seed, GROWTHS.index(case.growth), 43])
    eye = scene.eyepoint(owner.where)
    while True:
        far = float(rng.uniform(NEAR_M, FAR_M))
        pan, tilt = float(rng.uniform(-7.5, 7.5)), -float(np.degrees(np.arctan2(owner.settings.height_m, far)))
        point = scene.surface(pan, tilt)
        if point is not None and 0.6 * NEAR_M <= float(np.linalg.norm(point)) <= FAR_M:
            owner.world.fires.append(Blaze(point, BEGIN_S + case.ignite_s, case.growth, 5000.0, owner.settings.id))
            (x, y), _ = eye.project(point)
            return float(x), float(y)


def is_visible(owner: Owner, scene: Scene, place: tuple[float, float]) -> bool:
    """Tell whether 4 px of the noiseless fire stand 20 K above twice the local clutter."""
    fires, owner.world.fires = owner.world.fires, []
    without = scene.clean(owner.now_s(), owner.where, False)
    owner.world.fires = fires
    rise = scene.clean(owner.now_s(), owner.where, False) - without
    x, y = round(place[0]), round(place[1])
    ring = without[max(0, y - RING_PX) : y + RING_PX, max(0, x - RING_PX) : x + RING_PX]
    clutter = 1.4826 * float(np.median(np.abs(ring - np.median(ring))))
    return int(np.count_nonzero(rise - CLUTTERS * clutter >= VISIBLE_K)) >= VISIBLE_PX


def decoded(coded: list[bytes], fps: float) -> Iterator[tuple[Frame, float]]:
    """Yield the frames, each with the process time of its decoding."""
    codec = av.CodecContext.create("h264", "r")
    assert isinstance(codec, VideoCodecContext)
    codec.thread_count = 1
    number = 0
    for unit in coded:
        clock = time.process_time()
        pictures = [(pixels(picture), bool(picture.key_frame)) for picture in codec.decode(av.Packet(unit))]
        spent = time.process_time() - clock
        for grey, key in pictures:
            at = BEGIN_S + number / fps
            yield Frame(grey, number, at, START + timedelta(seconds=at), key=key), spent
            number += 1


def judged(case: Case, folder: Path | None, show: bool = False) -> Outcome:
    """Run one case."""
    cv2.setNumThreads(1)
    coded, visible, place, fps = kept(case, folder)
    out = Outcome(case, visible)
    view = View("th-01", "yard", 1, 0.0, -4.0, 17.5, BEGIN_S)
    scalar, detector = Scalar("white-hot"), Detector(DetectionSettings(), "th-01", view)
    state = start(Rules.build("yard", lookouts=(), paths=(), simulated=True), "bench")
    alarms: dict[str, set[str]] = {}
    sums: Counter[int] = Counter()
    last: Sighting | None = None
    spent = decoding = 0.0
    frames = 0
    for frame, cost in decoded(coded, fps):
        now = Instant(frame.mono_s, frame.captured_at)
        clock = time.process_time()
        found = detector.judge(scalar.thermogram(frame), frame)
        spent, decoding, frames = spent + time.process_time() - clock, decoding + cost, frames + 1
        events: list[Any] = [ViewHeld(view)] if frame.index == 0 else []
        events += [Sighted(sighting) for sighting in found]
        if frame.index % int(fps) == 0:
            events += [WatchedView(detector.watched()), Tick()]
        for event in events:
            last = event.sighting if isinstance(event, Sighted) else last
            if isinstance(event, Sighted):
                sums[event.sighting.track_id] += event.sighting.log_likelihood  # type: ignore[assignment]
                if show:
                    print(shown(event.sighting, sums[event.sighting.track_id]))
            state, commands = step(state, event, now)
            for command in commands:
                if isinstance(command, Append) and command.row.alarm is not None:
                    note(out, command.row.alarm, alarms, last, place, frame.mono_s - BEGIN_S)
    out.suspects = len(alarms)
    out.tracks = len(sums)
    out.ms, out.decode_ms = 1e3 * spent / max(1, frames), 1e3 * decoding / max(1, frames)
    return out


def shown(s: Sighting, total: float) -> str:
    """Return a sighting as a line."""
    what = f"tr{s.track_id} ({s.x_px:.0f},{s.y_px:.0f}) {s.area_px:.0f} px {s.excess:.0f}"
    return f"{s.mono_s - BEGIN_S:6.2f} {what} {total:.1f} {'+'.join(s.reasons_for)} - {'+'.join(s.reasons_against)}"


def note(out: Outcome, alarm: Any, alarms: dict[str, set[str]], last: Sighting | None, place: tuple[float, float], at_s: float) -> None:
    """Book a transition of an alarm to the fire or to nothing."""
    known = alarms.setdefault(alarm.alarm_id, set())
    if alarm.state in known or last is None:
        return
    known.add(alarm.state)
    ours = float(np.hypot(last.x_px - place[0], last.y_px - place[1])) <= SAME_PX
    if ours:
        out.suspect_s = min(out.suspect_s, at_s)
    if alarm.state == "active":
        out.reasons.update(alarm.evidence.reasons_for)
        if ours:
            out.alarm_s = min(out.alarm_s, at_s)
        else:
            out.false_alarms += 1


def kept(case: Case, folder: Path | None) -> tuple[list[bytes], float, tuple[float, float], float]:
    """Return the rendered case, from `folder` where it was kept before."""
    if folder is None:
        return rendered(case)
    path = folder / f"yard-{case.seed}-{case.growth}-{case.ignite_s:g}-{case.seconds:g}.npz"
    if not path.exists():
        coded, visible, place, fps = rendered(case)
        sizes = np.array([len(unit) for unit in coded])
        np.savez(path, data=np.frombuffer(b"".join(coded), np.uint8), sizes=sizes, facts=np.array([visible, *place, fps]))
    with np.load(path) as known:
        data, ends = known["data"].tobytes(), np.cumsum(known["sizes"])
        visible, x, y, fps = (float(v) for v in known["facts"])
    return [data[a:b] for a, b in zip([0, *ends[:-1]], ends, strict=True)], visible, (x, y), fps


def cases(short: bool, seed: int) -> list[Case]:
    """Return the runs: fires at 3 s and at 20 s after the first look, and quiet yards."""
    if short:
        return [Case(seed, "ultrafast", 3.0, 28.0), Case(seed + 1, "fast", 10.0, 45.0), Case(seed + 2, None, 0.0, 40.0)]
    fires = [
        Case(seed + n, growth, 3.0 if n % 2 else 20.0, (3.0 if n % 2 else 20.0) + LATE_S[growth]) for growth in GROWTHS for n in range(10)
    ]
    return fires + [Case(seed + n, None, 0.0, 120.0) for n in range(10)]


def main() -> int:
    """Print the table and, last, the JSON line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--short", action="store_true", help="three cases")
    parser.add_argument("--seed", type=int, default=100, help="first seed (100)")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="keep the rendered streams here and use them again")
    args = parser.parse_args()
    if args.keep is not None:
        args.keep.mkdir(parents=True, exist_ok=True)
    todo = cases(args.short, args.seed)
    outcomes = []
    print("synthetic: simulated port yard, staring, 8-bit gain control, H.264; times in seconds")
    print("seed growth     ignited visible suspect  alarm  after-visible  false suspects tracks  ms/frame decode  reasons", flush=True)
    with ProcessPoolExecutor(min(len(todo), os.cpu_count() or 1)) as pool:
        for out in pool.map(judged, todo, [args.keep] * len(todo)):
            outcomes.append(out)
            case, late_s = out.case, out.alarm_s - out.visible_s if out.visible_s < float("inf") else float("nan")
            times = f"{case.ignite_s:7.1f} {out.visible_s:7.1f} {out.suspect_s:7.1f} {out.alarm_s:6.1f} {late_s:14.1f}"
            counts = f"{out.false_alarms:6} {out.suspects:8} {out.tracks:6} {out.ms:9.2f} {out.decode_ms:6.2f}"
            reasons = ", ".join(reason for reason, _ in out.reasons.most_common(6))
            print(f"{case.seed:4} {case.growth or 'quiet':10} {times} {counts}  {reasons}", flush=True)
    fires = [out for out in outcomes if out.case.growth is not None and out.visible_s < float("inf")]
    late = np.array([max(0.0, out.alarm_s - out.visible_s) for out in fires])
    found = int(np.isfinite(late).sum())
    quiet = [out for out in outcomes if out.case.growth is None]
    p50, p95 = (float(np.quantile(late, q, method="higher")) for q in (0.5, 0.95))
    result = {
        "tier": "synthetic", "fires": len(fires), "found": found,
        "p50_s": round(p50, 2) if np.isfinite(p50) else None, "p95_s": round(p95, 2) if np.isfinite(p95) else None,
        "false_alarms": sum(out.false_alarms for out in outcomes), "suspects": sum(out.suspects for out in quiet),
        "minutes": round(sum(out.case.seconds for out in quiet) / 60.0, 1),
        "ms_mean": round(float(np.mean([out.ms for out in outcomes])), 3),
        "decode_ms": round(float(np.mean([out.decode_ms for out in outcomes])), 3),
    }  # fmt: skip
    print(json.dumps(result))
    return 0 if found == len(fires) and not result["false_alarms"] else 1


if __name__ == "__main__":
    raise SystemExit(main())

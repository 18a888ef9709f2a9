"""scripts/bench trace CASE: what the detector follows near one place of one case of another bench, second by second, and why.

CASE: `staring:SEED:N` (a whole number or a commit id), `trailer:PART:N` or `quiet:MODE:DAY:PART:BEGIN`. `--at X,Y`: sources near a place,
pixels of the learnt view; else all. `--from`, `--to` seconds since the first picture, `--every` one line so many seconds. Each line: the
source, its evidence, what was read.
It ends at `--to`: nothing that comes later is played.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import math
from collections.abc import Callable
from typing import Any

import cv2
import staring
import trailer
import trial
from port import watch

from edged.detector.chain import Detector
from edged.detector.course import course
from edged.detector.evidence import total
from edged.detector.scene import ViewScene
from edged.detector.strength import Context
from edged.detector.track import Track
from edged.model.frame import Frame, Thermogram
from edged.model.sighting import Sighting

FLAGS = (
    "first_look", "unwatched", "with_body", "landed", "after_another", "moved_in", "crept", "many_alike", "scene_change", "works",
    "twinkles", "standing", "fast_path",
)  # fmt: skip


class Over(Exception):
    """All that was asked for has been shown."""


def shown(track: Track, scene: ViewScene, kind: str) -> str:
    """Return one line about a source."""
    spot, (right, down), how = track.spot, scene._steady.shift, course(track)
    _, speaks, against = total(track, kind, Context(not scene.learning, 1.0, 1.0))
    end = f" end {track.end.px:.0f}/{track.end.due_px:.0f} px ×{track.end.factor:.2f}" if track.end is not None else ""
    pace = "".join(letter for letter, so in (("S", track.pace.settles), ("K", track.pace.keeps), ("G", track.pace.gains)) if so)
    return (
        f"  {track.track_id:4} age {track.age_s:6.1f} {track.value:5.1f} nats ({spot.x_px - right:5.1f},{spot.y_px - down:5.1f}) "
        f"{spot.area_px} px rise {spot.peak - spot.background:.1f} over {track.over:.1f} excess {spot.excess:.0f} "
        f"+{'+'.join(speaks)} -{'-'.join(against)} [{' '.join(flag for flag in FLAGS if getattr(track, flag))}] "
        f"area {how.area.spread:.2f}/{how.area.floor:.2f} light {how.light.spread:.2f} grows {how.excess[0]:.2f} (t {how.excess[1]:.1f}) "
        f"pace {pace or '-'} climbed {track.climbed_s:.0f}{end}"
    )


def traced(judge: Callable[..., list[Sighting]], asked: argparse.Namespace) -> Callable[..., list[Sighting]]:
    """Return `Detector.judge` that prints what it follows."""
    began_s, last_s = math.nan, -math.inf

    def of(self: Detector, thermogram: Thermogram, frame: Frame) -> list[Sighting]:
        nonlocal began_s, last_s
        found = judge(self, thermogram, frame)
        began_s = frame.mono_s if math.isnan(began_s) else began_s
        now_s = frame.mono_s - began_s
        if now_s > asked.to:
            raise Over
        if now_s < asked.begin or now_s - last_s < asked.every:
            return found
        last_s = now_s
        for name, scene in self._scenes.items():
            near = [track for track in scene.tracks.live if asked.at is None or _apart(track, scene, asked.at) <= asked.radius]
            gain, (right, down) = scene._agc, scene._steady.shift
            print(
                f"{now_s:8.1f} s {name}: {len(near)} of {len(scene.tracks.live)} sources; moved {right:+.1f}, {down:+.1f} px, sways "
                f"{scene._steady.sway.spread_px:.2f}, slack {scene._steady.slack_px:.1f}; gain {gain.gain:.2f}, ends at {scene._end:.0f}"
                f"{'; learning' if scene.learning else ''}"
            )
            for track in near:
                print(shown(track, scene, thermogram.kind))
        return found

    return of


def _apart(track: Track, scene: ViewScene, at: tuple[float, float]) -> float:
    right, down = scene._steady.shift
    return math.hypot(track.spot.x_px - right - at[0], track.spot.y_px - down - at[1])


def play(case: str, to_s: float) -> Any:
    """Play a case of another bench."""
    bench, *parts = case.split(":")
    match bench, parts:
        case "staring", _ if (drawn := staring.case_of(case)) is not None:
            sequence, visible_s = staring.watched(*drawn)
            print(f"{sequence.stimuli[0]}\n{sequence.sensor}\n{sequence.background.name}, first visible {visible_s:g} s")
            return trial.run(sequence, visible_s=visible_s)
        case "trailer", [part, number] if part in trailer.PARTS and number.isdigit():
            return trailer.run(part, int(number))
        case "quiet", [mode, *numbers] if mode in watch.MODES and len(numbers) == 3 and all(each.isdigit() for each in numbers):
            day, quarter, begin_s = (int(each) for each in numbers)
            return watch.run(watch.Case(mode, day, quarter, to_s + 1.0, float(begin_s)))
    raise SystemExit(f"bench trace: {case!r} is no case; staring:SEED:N, trailer:PART:N or quiet:MODE:DAY:PART:BEGIN")


def place(text: str) -> tuple[float, float]:
    """Return X,Y."""
    x, y = (float(value) for value in text.split(","))
    return x, y


def main() -> None:
    """Play and print."""
    reader = argparse.ArgumentParser(prog="scripts/bench trace", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    reader.add_argument("case", nargs="?", default="quiet:staring:1:2:300")
    reader.add_argument("--short", action="store_true", help="the first seconds of a quiet case")
    reader.add_argument("--at", type=place, metavar="X,Y")
    reader.add_argument("--radius", type=float, default=20.0, metavar="PX")
    reader.add_argument("--from", dest="begin", type=float, default=0.0, metavar="S")
    reader.add_argument("--to", type=float, default=120.0, metavar="S")
    reader.add_argument("--every", type=float, default=1.0, metavar="S")
    asked = reader.parse_args()
    if asked.short:
        asked.to = 5.0
    cv2.setNumThreads(1)
    Detector.judge = traced(Detector.judge, asked)  # type: ignore[method-assign]
    with contextlib.suppress(Over):
        play(asked.case, asked.to)
    print(json.dumps({"case": asked.case, "from_s": asked.begin, "to_s": asked.to}))


if __name__ == "__main__":
    main()

"""`edged replay`: the daemon's detector and core on files, or core alone on an input log.

It reads files and prints; it opens no journal, no broker and no radio, and its rules say `simulated`. Each scene of the files plays a
staring camera of its own: clips one each, stills that look alike together, other stills one each.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, get_args

from pydantic import TypeAdapter

from edged.assembly import rules_of
from edged.camera.replay import Played, Replay
from edged.config.load import load
from edged.core.rules import Rules
from edged.detector.settings import DetectionSettings
from edged.evaluation.staring import DEFAULT_HFOV_DEG, Changed, Core, Stare, Staring, scenes
from edged.model.alarm import Alarm
from edged.model.errors import CameraUnreachable, ConfigError
from edged.model.event import Sighted
from edged.model.frame import Picture
from edged.model.instant import Instant
from edged.model.sighting import Sighting
from edged.store.inputlog import read

_SIGHTING: TypeAdapter[Sighting] = TypeAdapter(Sighting)
_ALARM: TypeAdapter[Alarm] = TypeAdapter(Alarm)


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verb's arguments."""
    parser.add_argument(
        "sources", nargs="+", type=Path, metavar="SOURCE", help="directory, PNG, TIFF, JPEG, R-JPEG, CPTV, video; or input log"
    )
    parser.add_argument("--picture", choices=("auto", *get_args(Picture)), default=None, help="how the pixels encode heat (auto)")
    parser.add_argument("--camera", metavar="ID", help="play this camera of the station: its picture, lens, areas and settings")
    parser.add_argument("-c", "--config", type=Path, metavar="FILE", help="station.yaml that names the camera")
    parser.add_argument("--fps", type=float, default=None, help="frames a second; default: a clip's own, 5 for stills")
    parser.add_argument("--hold-s", type=float, default=10.0, help="a scene shorter than this is held on its last picture (10)")
    parser.add_argument("--input-log", action="store_true", help="the sources are input logs of a daemon: replay core alone")
    parser.add_argument("--json", action="store_true", help="one JSON object a line")


@dataclass(slots=True)
class Count:
    """What the summary says at the end."""

    frames: int = 0
    sightings: int = 0
    spent_s: float = 0.0
    scenes: int = 0
    first_alarm: dict[str, Any] | None = None
    active: set[str] = field(default_factory=set)
    unread: int = 0
    reasons_for: Counter[str] = field(default_factory=Counter)
    reasons_against: Counter[str] = field(default_factory=Counter)
    blind_s: dict[str, float] = field(default_factory=dict)
    greatest: float = 0.0

    def note(self, sighting: Sighting, total: float) -> None:
        """Count a sighting; `total` is its track's evidence so far."""
        self.sightings += 1
        self.greatest = max(self.greatest, total)
        self.reasons_for.update(sighting.reasons_for)
        self.reasons_against.update(sighting.reasons_against)

    def add(self, stare: Stare) -> None:
        """Count a scene that has ended."""
        self.frames += stare.frames
        self.spent_s += stare.spent_s
        for cause, seconds in stare.blind_s.items():
            self.blind_s[cause] = self.blind_s.get(cause, 0.0) + seconds

    def summary(self) -> dict[str, Any]:
        """Return the last line."""
        return {
            "kind": "summary", "frames": self.frames, "scenes": self.scenes, "sightings": self.sightings, "alarms": len(self.active),
            "first_alarm": self.first_alarm, "greatest_log_likelihood": round(self.greatest, 2),
            "reasons_for": dict(self.reasons_for.most_common()), "reasons_against": dict(self.reasons_against.most_common()),
            "blind_s": {cause: round(s, 2) for cause, s in self.blind_s.items()}, "unread_files": self.unread,
            "detector_ms_mean": round(1e3 * self.spent_s / self.frames, 3) if self.frames else 0.0,
        }  # fmt: skip


def run(args: argparse.Namespace) -> int:
    """Replay. Returns 1 when nothing could be read. Raises ConfigError, CameraUnreachable, StoreGarbled."""
    if args.fps is not None and not 0.01 <= args.fps <= 1000.0:
        raise ConfigError(f"replay: --fps {args.fps}: write a number between 0.01 and 1000", "回放: --fps 须在 0.01 到 1000 之间")
    if not 0.0 <= args.hold_s <= 3600.0:
        raise ConfigError(f"replay: --hold-s {args.hold_s}: write 0 to 3600 seconds", "回放: --hold-s 须为 0 到 3600 秒")
    printer = Printer(args.json, args.language)
    count = _events(args, printer) if args.input_log else _pictures(args, printer)
    printer.summary(count)
    return 1 if not args.input_log and count.frames == 0 else 0


class Printer:
    """Lines for machines or for people."""

    def __init__(self, machine: bool, language: str) -> None:
        self._machine, self._chinese = machine, language == "zh"

    def sighting(self, sighting: Sighting, total: float, played: Played) -> None:
        """Print a sighting; people see only alarms."""
        if self._machine:
            shown = _SIGHTING.dump_python(replace(sighting, crop_jpeg_b64=None), mode="json")
            at = {"frame": played.frame.index, "source": str(played.source), "scene": played.scene}
            self._line({"kind": "sighting", **at, "sum": round(total, 3), **shown})

    def alarm(self, alarm: Alarm, change: str, at: dict[str, Any]) -> None:
        """Print a transition."""
        shown = _ALARM.dump_python(alarm, mode="json")
        if self._machine:
            self._line({"kind": "alarm", "state": alarm.state, "change": change, **at, "alarm": shown})
            return
        evidence = alarm.evidence
        words = f"{', '.join(evidence.reasons_for)}" + (f" / {', '.join(evidence.reasons_against)}" if evidence.reasons_against else "")
        where = f"{at.get('source', '')} " + (f"第{at['frame']}帧" if self._chinese and "frame" in at else f"frame {at.get('frame', '-')}")
        title = "警情" if self._chinese else "alarm"
        print(f"{title} {alarm.display_id} {alarm.state} ({change}) {where} {at['captured_at']}  {evidence.log_likelihood:.1f}  {words}")

    def unread(self, text: str) -> None:
        """Say which file could not be read."""
        sys.stderr.write(f"edged: {text}\n")

    def summary(self, count: Count) -> None:
        """Print the end."""
        if self._machine:
            self._line(count.summary())
        elif self._chinese:
            print(f"{count.frames} 帧, {count.sightings} 次目击, {len(count.active)} 个警情, 有 {count.unread} 个文件无法读取")
        else:
            print(f"{count.frames} frames, {count.sightings} sightings, {len(count.active)} alarms, {count.unread} files unread")

    @staticmethod
    def _line(value: dict[str, Any]) -> None:
        print(json.dumps(value, ensure_ascii=False), flush=True)


def _pictures(args: argparse.Namespace, printer: Printer) -> Count:
    who = _who(args)
    count = Count()
    core = Core(who.rules)
    source = Replay(args.sources, args.fps, args.hold_s)
    sums: dict[tuple[int, int], float] = {}
    for scene in scenes(source):
        first = scene.first
        camera_id = who.camera_id if first.scene == 1 else f"{who.camera_id}-{first.scene}"
        stare = Stare(who, camera_id, first.picture, first.frame, core)
        count.scenes += 1
        for played in scene.all():
            frame = played.frame
            at = {"frame": frame.index, "source": str(played.source), "scene": played.scene}
            at["scene_s"] = round(frame.mono_s - stare.began_s, 2)
            now = Instant(frame.mono_s, frame.captured_at)
            for taken in stare.take(frame):
                if taken.sighting is not None:
                    key = (played.scene, taken.sighting.track_id)
                    sums[key] = sums.get(key, 0.0) + taken.sighting.log_likelihood
                    count.note(taken.sighting, sums[key])
                    printer.sighting(taken.sighting, sums[key], played)
                _say(taken.changes, now, at, printer, count)
        stare.end()
        count.add(stare)
    for fault in source.faults:
        printer.unread(fault.said(args.language))
    count.unread = len(source.faults)
    return count


def _say(changes: Iterable[Changed], now: Instant, at: dict[str, Any], printer: Printer, count: Count) -> None:
    for changed in changes:
        alarm, place = changed.alarm, {**at, "captured_at": now.utc.isoformat()}
        if alarm.state == "active" and alarm.alarm_id not in count.active:
            count.active.add(alarm.alarm_id)
            count.first_alarm = count.first_alarm or {**place, "at_s": round(now.mono_s, 2)}
        printer.alarm(alarm, changed.change, place)


def _who(args: argparse.Namespace) -> Staring:
    if args.config is None:
        if args.camera is not None:
            raise ConfigError(
                f"replay: --camera {args.camera} needs -c station.yaml, where that camera is written",
                f"回放: --camera {args.camera} 须同时用 -c 指定 station.yaml",
            )
        rules = Rules.build("replay", language=args.language, lookouts=(), paths=(), simulated=True)
        picture = None if args.picture in (None, "auto") else args.picture
        if picture == "flir-counts":
            raise _constants_missing()
        return Staring("replay", rules, DetectionSettings(), picture, DEFAULT_HFOV_DEG)
    loaded = load(args.config)
    cameras = {camera.id: camera for camera in loaded.cameras if camera.thermal is not None}
    camera = cameras.get(args.camera or "")
    if camera is None or camera.thermal is None:
        known = ", ".join(cameras) or "-"
        raise ConfigError(
            f"replay: --camera {args.camera}: {args.config} has no such camera with a thermal lens; it has: {known}",
            f"回放: --camera {args.camera}: {args.config} 中没有此热像摄像机; 现有: {known}",
        )
    wanted = args.picture or camera.thermal.picture
    rules = replace(rules_of(loaded.settings, loaded.site), simulated=True, lookouts=(), talkgroup=None, duty=(), escalation=())
    hfov = camera.hfov_of(camera.views[0] if camera.views else None)
    picture = None if wanted == "auto" else wanted
    planck = camera.thermal.planck.constants() if camera.thermal.planck is not None else None
    if picture == "flir-counts" and planck is None:
        raise _constants_missing()
    return Staring(
        camera.id, rules, loaded.settings.detection, picture, hfov, camera.polygons(), camera.lens_at(hfov),
        kelvin_per_count=camera.thermal.kelvin_per_count, planck=planck,
    )  # fmt: skip


def _constants_missing() -> ConfigError:
    return ConfigError(
        "replay: --picture flir-counts needs the camera's Planck constants: write thermal.planck and name the camera with -c and --camera, "
        "or play them as counts",
        "回放: --picture flir-counts 需要摄像机的普朗克常数: 请填写 thermal.planck 并用 -c 和 --camera 指定, 或改用 counts",
    )


def _events(args: argparse.Namespace, printer: Printer) -> Count:
    """Replay what a daemon's core was told. The journal's rows come out again in the same order."""
    for path in args.sources:
        if not path.is_file():
            raise CameraUnreachable(f"replay: {path}: no such input log", f"回放: {path}: 没有此输入日志")
    rules = (
        Rules.build("replay", language=args.language, paths=(), simulated=True)
        if args.config is None
        else replace(_rules(args.config), simulated=True)
    )
    count = Count()
    core = Core(rules)
    for event, now in read(args.sources):
        if isinstance(event, Sighted):
            count.note(event.sighting, event.sighting.log_likelihood)
        _say(core.take(event, now), now, {}, printer, count)
    return count


def _rules(config: Path) -> Rules:
    loaded = load(config)
    return rules_of(loaded.settings, loaded.site)

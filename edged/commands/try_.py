"""`edged try NEW.yaml`: which alarms other settings would have given in the last hours, from the flight recorder.

It reads the recordings and both configurations, at idle priority, with or without the daemon; it saves nothing and sends nothing.
"""

from __future__ import annotations

import argparse
import ctypes
import os
import platform
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import cv2

from edged.camera.settings import CameraSettings
from edged.commands.trywording import Report, Result, matched, print_json, print_people
from edged.config.load import STATION, Loaded, load
from edged.model.errors import CameraGarbled, ConfigError, StoreError, StoreUnreachable
from edged.store.segments import FOLDER, Segment, holes, listed, read
from edged.trial import Met, World, play, shifts

WARM_UP_S = 600.0
"""Played before the hours that are asked for, where it was recorded, so that backgrounds are learnt; it counts no alarm."""
NOT_OF_DETECTION = {
    "name", "address", "onvif_port", "username", "password_file", "credential", "auth", "visible", "rounds", "arming", "switch",
    "gb_device_id", "quirks",
}  # fmt: skip
SECTIONS = ("detection", "core", "site", "weather")
BAR = 40
IOPRIO_SET = {"x86_64": 251, "aarch64": 30}
IDLE_CLASS = 3 << 13
"""ioprio_set(2): IOPRIO_CLASS_IDLE."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("new", type=Path, metavar="NEW.yaml", help="the new station file or folder; or one file of cameras/ / 新配置")
    parser.add_argument("--hours", type=float, default=24.0, metavar="N", help="how much is played (24) / 回放小时数")
    parser.add_argument("--until", metavar="TIME", help="up to then instead of now, ISO 8601 / 截止时间")
    parser.add_argument("--camera", action="append", default=[], metavar="ID", help="only this one; may be repeated / 仅此镜头")
    parser.add_argument("--all", action="store_true", help="also cameras whose settings do not differ / 包括设置未变的镜头")
    parser.add_argument("--pictures", type=Path, metavar="DIR", help="write a picture of each alarm there / 保存警情图片")
    station = Path(os.environ.get("EDGED_CONFIG", "/etc/edged/station.yaml"))
    parser.add_argument("-c", "--config", type=Path, default=station, metavar="FILE", help="the settings in force / 现用配置")
    state = Path(os.environ.get("STATE_DIRECTORY", "/var/lib/edged").split(":")[0])
    parser.add_argument("--state", type=Path, default=state, metavar="DIR", help="state folder / 状态目录")
    parser.add_argument("--json", action="store_true", help="one JSON object")


def run(args: argparse.Namespace) -> int:
    """Play and report. Returns 0, or 1 where nothing was recorded. Raises ConfigError (78), StoreError."""
    if not 0.0 < args.hours <= 2160.0:
        raise ConfigError(f"try: --hours {args.hours:g}: write more than 0, up to 2160", "try: --hours 须大于 0, 不超过 2160")
    until = _until(args.until)
    with laid_over(args.new, args.config) as (path, as_given):
        try:
            new = load(path)
        except ConfigError as fault:
            raise ConfigError(as_given(str(fault)), as_given(fault.zh)) from fault
        for warned in new.faults:
            sys.stderr.write(as_given(warned.said(args.language)) + "\n")
    force = load(args.config)
    if new.errors():
        return 78
    chosen = _chosen(args, force, new)
    _idle()
    report = tried(force, new, chosen, args.state, until - timedelta(hours=args.hours), until, bar=sys.stderr.isatty() and not args.json)
    if args.pictures is not None:
        _pictures(args.pictures, report)
    (print_json if args.json else print_people)(report, args.language)
    return 0 if report.frames else 1


def tried(
    force: Loaded, new: Loaded, cameras: Sequence[str], state_dir: Path, since: datetime, until: datetime, *, bar: bool = False
) -> Report:
    """Return what both configurations make of what was recorded of these cameras from `since` to `until`."""
    recordings, missing = {}, {}
    unplayed: list[CameraGarbled | StoreError] = []
    for camera_id in cameras:
        segments, spans = _recorded(state_dir / FOLDER / camera_id, since - timedelta(seconds=WARM_UP_S), until, unplayed)
        recordings[camera_id] = segments
        missing[camera_id] = holes(spans, since, until)
    worlds = [World(force, cameras, force), World(new, cameras, force)]
    progress = _Bar(since.timestamp(), until.timestamp(), bar)
    unread = lambda segment, fault: unplayed.append(fault)  # noqa: E731
    began = time.process_time()
    played = play(recordings, worlds, unread, progress.at)
    progress.end()
    before, after = (_within(world, since, until) for world in worlds)
    return Report(
        tuple(cameras), since, until, matched(before, after), missing, tuple(unplayed), int(played["frames"]), time.process_time() - began,
        new.settings.station.time_zone,
    )  # fmt: skip


@contextmanager
def laid_over(new: Path, force: Path) -> Iterator[tuple[Path, Callable[[str], str]]]:
    """Yield a station file that says what `new` means, and what turns its path in a message into the person's own.

    A file called station.yaml is read with its own folder; any other stands in for its like (station.yaml, or cameras/NAME) in a copy,
    made of links, of the folder in force.
    """
    if new.is_dir() or new.name == STATION:
        yield (new / STATION if new.is_dir() else new), str
        return
    if not new.is_file():
        raise ConfigError(f"try: {new}: no such file", f"try: {new}: 没有此文件")
    text = new.read_text(encoding="utf-8", errors="replace")
    of_station = any(line.startswith("station:") for line in text.splitlines())
    with tempfile.TemporaryDirectory(prefix="edged-try-") as folder:
        home = Path(folder) / "etc"
        shutil.copytree(force.parent.absolute(), home, copy_function=_link, ignore=shutil.ignore_patterns("*.bak", "*~"))
        target = home / STATION if of_station else home / "cameras" / new.name
        target.parent.mkdir(exist_ok=True)
        target.unlink(missing_ok=True)
        shutil.copyfile(new, target)
        yield home / STATION, lambda text: text.replace(str(target), str(new)).replace(str(home), str(force.parent))


def _link(source: str, target: str) -> None:
    Path(target).symlink_to(Path(source).resolve())


def _until(text: str | None) -> datetime:
    if text is None:
        return datetime.now(UTC)
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except ValueError as fault:
        raise ConfigError(f"try: --until {text}: write for example 2026-11-22T06:00+08:00", f"try: --until {text}: 时间格式有误") from fault


def _chosen(args: argparse.Namespace, force: Loaded, new: Loaded) -> list[str]:
    thermal = {c.id: c for loaded in (force, new) for c in loaded.cameras if c.thermal is not None and c.enabled}
    if unknown := [name for name in args.camera if name not in thermal]:
        known = ", ".join(thermal) or "-"
        raise ConfigError(
            f"try: --camera {unknown[0]}: no such camera with a thermal lens; there are: {known}",
            f"try: --camera {unknown[0]}: 没有此热像镜头; 现有: {known}",
        )
    if args.camera or args.all:
        return list(args.camera or thermal)
    return [camera_id for camera_id in thermal if differs(camera_id, force, new)]


def differs(camera_id: str, force: Loaded, new: Loaded) -> bool:
    """Tell whether anything that concerns detection by this camera differs."""
    if any(getattr(force.settings, name) != getattr(new.settings, name) for name in SECTIONS):
        return True
    if replace(force.site, mounts=()) != replace(new.site, mounts=()):
        return True
    before, after = (next((c for c in loaded.cameras if c.id == camera_id), None) for loaded in (force, new))
    return _concerns(before) != _concerns(after)


def _concerns(camera: CameraSettings | None) -> object:
    return None if camera is None else camera.model_dump(exclude=NOT_OF_DETECTION)


def _recorded(
    folder: Path, since: datetime, until: datetime, unplayed: list[CameraGarbled | StoreError]
) -> tuple[list[Segment], list[tuple[datetime, datetime]]]:
    """Return the segments that touch [since, until], and from when to when each holds pictures."""
    segments = []
    names = listed(folder)
    for number, name in enumerate(names):
        ends = names[number + 1].begin if number + 1 < len(names) else until
        if name.begin > until or max(ends, name.begin) < since - timedelta(hours=2):
            continue
        try:
            segments.append(read(name))
        except StoreUnreachable:
            continue
        except StoreError as fault:
            unplayed.append(fault)
    by_boot = shifts(segments)
    kept, spans = [], []
    for segment in segments:
        begin, end = (datetime.fromtimestamp(s + by_boot[segment.boot], UTC) for s in (segment.mono_s, segment.until_mono_s))
        if segment.packets and end >= since and begin <= until:
            kept.append(segment)
            cuts = [begin]
            for at_s, gap_s, _ in segment.gaps:
                at = datetime.fromtimestamp(at_s + by_boot[segment.boot], UTC)
                spans.append((cuts[-1], at - timedelta(seconds=gap_s)))
                cuts.append(at)
            spans.append((cuts[-1], end))
    return kept, spans


def _within(world: World, since: datetime, until: datetime) -> list[Met]:
    return [met for met in world.met.values() if (met.active_at or met.raised_at) >= since and met.raised_at <= until]


def _pictures(folder: Path, report: Report) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for result in report.results:
            if result.met.jpeg is not None:
                (folder / picture_name(result)).write_bytes(result.met.jpeg)
                result.picture = str(folder / picture_name(result))
    except OSError as fault:
        raise StoreUnreachable(f"try: {folder}: pictures cannot be written: {fault}", zh=f"try: {folder}: 图片无法写入: {fault}") from fault


def picture_name(result: Result) -> str:
    """Return the file name of a result's picture."""
    met = result.met
    return f"{result.change}_{met.camera_id}_{met.active_at or met.raised_at:%Y%m%dT%H%M%SZ}_{met.alarm.alarm_id[-6:]}.jpg"


def _idle() -> None:
    """Take nothing from the daemon: lowest priority for processor and disk, one core."""
    cv2.setNumThreads(1)
    with suppress(OSError, AttributeError):
        os.nice(19)
        os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    with suppress(OSError, AttributeError):
        if number := IOPRIO_SET.get(platform.machine()):
            ctypes.CDLL(None, use_errno=True).syscall(number, 1, 0, IDLE_CLASS)


class _Bar:
    def __init__(self, since_s: float, until_s: float, shown: bool) -> None:
        self._since_s, self._length_s, self._shown, self._part = since_s, max(1.0, until_s - since_s), shown, -1

    def at(self, at_s: float) -> None:
        """Show how far it is."""
        part = min(BAR, max(0, int(BAR * (at_s - self._since_s) / self._length_s)))
        if self._shown and part != self._part:
            self._part = part
            sys.stderr.write(f"\r[{'#' * part}{'.' * (BAR - part)}] {datetime.fromtimestamp(at_s, UTC):%m-%d %H:%M}Z")
            sys.stderr.flush()

    def end(self) -> None:
        """Leave the line."""
        if self._shown and self._part >= 0:
            sys.stderr.write("\n")

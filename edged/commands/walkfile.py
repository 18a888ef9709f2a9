"""What `edged calibrate --walk` reads: the GPS track of the carrier, and what a head looked at and saw in those minutes."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from xml.etree import ElementTree

from edged.commands.landmarkfile import read_text
from edged.geometry.walk import Fixed, Held, Warm
from edged.model.errors import ConfigError
from edged.model.event import Event, HeadMoved, Sighted, ViewHeld
from edged.model.instant import Instant
from edged.model.sighting import Sighting
from edged.store.inputlog import read

COLUMNS = ("time", "lat_wgs84", "lon_wgs84")
MOST_BYTES = 50_000_000
_STEM = re.compile(r"input-(\d{8}T\d{6})-")


def read_track(path: Path) -> list[Fixed]:
    """Return the points of a GPX file or of a CSV with time, lat_wgs84, lon_wgs84. Raises ConfigError."""
    if path.exists() and path.stat().st_size > MOST_BYTES:
        raise ConfigError(f"{path}: is larger than a track of a walk: cut it to those hours", zh=f"{path}: 文件过大: 请截取当时的轨迹")
    text = read_text(path)
    points = list(_gpx(path, text) if path.suffix.lower() == ".gpx" or text.lstrip().startswith("<") else _csv(path, text))
    if not points:
        raise ConfigError(
            f"{path}: holds no point with a time: record a track, not a route", zh=f"{path}: 没有带时间的轨迹点: 请记录轨迹而非路线"
        )
    return points


def _gpx(path: Path, text: str) -> Iterator[Fixed]:
    if re.search(r"<!\s*(?:DOCTYPE|ENTITY)", text, re.IGNORECASE):
        raise ConfigError(
            f"{path}: declares a DOCTYPE or entities, which no GPS writes: export the track again as plain GPX",
            zh=f"{path}: 含有 DOCTYPE 或实体声明: 请重新导出为普通 GPX",
        )
    try:
        root = ElementTree.fromstring(text.encode())
    except (ElementTree.ParseError, ValueError, LookupError) as fault:
        raise ConfigError(f"{path}: is no GPX: {fault}: export the track again", zh=f"{path}: 不是 GPX: {fault}: 请重新导出") from None
    for number, point in enumerate((one for one in root.iter() if one.tag.rpartition("}")[2] == "trkpt"), 1):
        time = next((child.text for child in point if child.tag.rpartition("}")[2] == "time"), None)
        if time is None:
            continue
        yield _fixed(path, f"trkpt {number}", time, point.get("lat", ""), point.get("lon", ""))


def _csv(path: Path, text: str) -> Iterator[Fixed]:
    reader = csv.DictReader(io.StringIO(text), skipinitialspace=True)
    missing = [name for name in COLUMNS if name not in (reader.fieldnames or ())]
    if missing:
        raise ConfigError(
            f"{path}:1: column {missing[0]} is missing: the first line must be {','.join(COLUMNS)}",
            zh=f"{path}:1: 缺少列 {missing[0]}: 首行须为 {','.join(COLUMNS)}",
        )
    for row in reader:
        yield _fixed(path, str(reader.line_num), *(row[name] or "" for name in COLUMNS))


def _fixed(path: Path, where: str, time: str, lat: str, lon: str) -> Fixed:
    try:
        at = datetime.fromisoformat(time.strip())
    except ValueError:
        at = None
    if at is None or at.tzinfo is None:
        raise ConfigError(
            f"{path}:{where}: time {time!r}: write date, time and zone, such as 2026-11-20T22:30:00+08:00 or …Z",
            zh=f"{path}:{where}: 时间 {time!r}: 请写明日期、时间和时区, 例如 2026-11-20T22:30:00+08:00 或以 Z 结尾",
        )
    try:
        place = float(lat), float(lon)
    except ValueError:
        place = (999.0, 999.0)
    if not (abs(place[0]) <= 90.0 and abs(place[1]) <= 180.0):
        raise ConfigError(
            f"{path}:{where}: {lat!r}, {lon!r} is no latitude and longitude: write degrees, such as 29.61310, 106.60840",
            zh=f"{path}:{where}: {lat!r}, {lon!r} 不是纬度和经度: 请写十进制度, 例如 29.61310, 106.60840",
        )
    return Fixed(at.astimezone(UTC), *place)


def read_seen(folder: Path, camera_id: str, since: datetime, until: datetime) -> tuple[list[Warm], list[Held]]:
    """Return what a camera saw between two moments, and the views it held. Drills are left out. Raises ConfigError, StoreGarbled."""
    paths = sorted(folder.glob("input-*.jsonl.gz")) if folder.is_dir() else []
    began = [_began(path) for path in paths]
    inside = [i for i, start in enumerate(began) if start <= until and (i + 1 == len(paths) or began[i + 1] >= since)]
    if not inside:
        raise ConfigError(
            f"{folder}: holds no input log of {since:%Y-%m-%d %H:%M} to {until:%H:%M} UTC: was edged running then? Name its state "
            "folder with --state, read it as root or group edged",
            zh=f"{folder}: 没有 {since:%Y-%m-%d %H:%M} 至 {until:%H:%M} UTC 的输入日志: 当时 edged 是否在运行? 请用 --state 指明状态目录, "
            "并以 root 或 edged 组身份运行",
        )
    events: list[tuple[Event, Instant]] = []
    for before in reversed(range(inside[0])):
        last = [pair for pair in read([paths[before]]) if isinstance(pair[0], ViewHeld) and pair[0].view.camera_id == camera_id]
        if last:
            events.append(last[-1])
            break
    events += read(paths[i] for i in inside)
    return _joined(events, camera_id, since, until)


def _joined(events: list[tuple[Event, Instant]], camera_id: str, since: datetime, until: datetime) -> tuple[list[Warm], list[Held]]:
    held: list[Held] = []
    standing = False
    newest: dict[int, int] = {}
    sightings: list[tuple[Sighting, int]] = []
    for event, now in events:
        match event:
            case HeadMoved(moving=True) if event.camera_id == camera_id and standing:
                held[-1] = replace(held[-1], until=now.utc)
                standing = False
            case ViewHeld(view) if view.camera_id == camera_id:
                if standing:
                    held[-1] = replace(held[-1], until=now.utc)
                newest[view.generation], standing = len(held), True
                held.append(Held(view.view_id, view.pan_deg, view.tilt_deg, view.hfov_deg, now.utc, until))
            case Sighted(seen) if seen.camera_id == camera_id and not seen.test and seen.generation in newest:
                if since <= seen.captured_at <= until:
                    sightings.append((seen, newest[seen.generation]))
            case _:
                pass
    warm = [Warm(seen.captured_at.astimezone(UTC), seen.pan_deg, seen.tilt_deg, held[at]) for seen, at in sightings]
    return warm, [one for one in held if one.until >= since and one.since <= until]


def _began(path: Path) -> datetime:
    found = _STEM.match(path.name)
    return datetime.strptime(found[1], "%Y%m%dT%H%M%S").replace(tzinfo=UTC) if found else datetime.min.replace(tzinfo=UTC)

"""`edged probe CAMERA|URL`: the status ladder of one camera, each rung with its figures and what to do next."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path
from urllib.parse import urlsplit

from pydantic import ValidationError

from edged.camera.ladder import Ladder, Step
from edged.camera.secret import read_login, redacted
from edged.camera.settings import CameraSettings, FleetSettings
from edged.config.load import load
from edged.model.errors import ConfigError
from edged.model.words import Words

DEFAULT = Path("/etc/edged/station.yaml")
MARKS = {"good": "✓", "warning": "!", "bad": "✗"}


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("camera", metavar="CAMERA|URL", help="id of a camera of the station, host[:port], http://host[:port] or rtsp://…")
    parser.add_argument("-c", "--config", type=Path, default=DEFAULT, metavar="FILE", help=f"station file, default {DEFAULT}")
    parser.add_argument("--user", help="user name, for a camera that is not in the station's files")
    parser.add_argument("--password-file", metavar="FILE", help="file with the password in its first line")
    parser.add_argument("--capture", nargs="?", const="", metavar="FILE", help="save a picture (default CAMERA.jpg here)")
    parser.add_argument("--json", action="store_true", help="one JSON object")


def run(args: argparse.Namespace) -> int:
    """Climb the ladder. Returns 0 when pictures came that change, else 1."""
    camera, fleet = _camera(args)
    ladder = Ladder(camera, lambda: read_login(camera), fleet)
    steps: list[Step] = []
    for step in ladder.climb(onvif=not args.camera.startswith(("rtsp://", "rtsps://"))):
        steps.append(step)
        if not args.json:
            print(f"{MARKS[step.outcome]} {step.name}: {step.words.said(args.language)}", flush=True)
    saved = _save(args, camera, ladder.jpeg) if args.capture is not None else None
    fresh = ladder.reached == "fresh" and not any(step.outcome == "bad" for step in steps)
    if args.json:
        told = [{**asdict(step), "words": {"en": step.words.en, "zh": step.words.zh}} for step in steps]
        print(json.dumps({"camera": camera.id, "rung": ladder.reached, "good": fresh, "steps": told, "capture": saved}, ensure_ascii=False))
    else:
        print(Words(f"rung reached: {ladder.reached}", f"达到的级别: {ladder.reached}").said(args.language))
        if saved:
            print(Words(f"picture saved: {saved}", f"画面已保存: {saved}").said(args.language))
    return 0 if fresh else 1


def _camera(args: argparse.Namespace) -> tuple[CameraSettings, FleetSettings]:
    given: str = args.camera
    if not any(mark in given for mark in (":", "/")) and not args.user and args.config.exists():
        loaded = load(args.config)
        found = next((c for c in loaded.cameras if c.id == given), None)
        if found is not None:
            return found, loaded.settings.fleet if loaded.settings else FleetSettings()
        if "." not in given and given != "localhost":
            known = ", ".join(c.id for c in loaded.cameras) or "none"
            raise ConfigError(
                f"{args.config}: no camera {given}; there are: {known}", zh=f"{args.config}: 没有摄像机 {given}; 现有: {known}"
            )
    return _bare(given, args), FleetSettings()


def _bare(given: str, args: argparse.Namespace) -> CameraSettings:
    parts = urlsplit(given if "://" in given else f"http://{given}")
    if parts.username or parts.password:
        raise ConfigError(
            "leave user and password out of the address: it would stand in the process list; give --user and --password-file",
            zh="地址中不要写用户名和口令 (会出现在进程列表中): 请用 --user 和 --password-file",
        )
    try:
        host, port = parts.hostname or "", parts.port
    except ValueError as fault:
        raise ConfigError(f"{redacted(given)}: this is not an address: {fault}") from None
    entry: dict[str, object] = {"id": "probed", "kind": "lookout", "address": f"[{host}]" if ":" in host else host}
    entry |= {"username": args.user or "", "password_file": args.password_file}
    if parts.scheme in ("rtsp", "rtsps"):
        entry |= {"thermal": {"stream": given}}
    elif port:
        entry |= {"onvif_port": port}
    try:
        return CameraSettings.model_validate(entry)
    except ValidationError as fault:
        first = fault.errors(include_input=False)[0]
        raise ConfigError(f"{'.'.join(map(str, first['loc'])) or given}: {first['msg']}") from None


def _save(args: argparse.Namespace, camera: CameraSettings, picture: bytes | None) -> str | None:
    if picture is None:
        sys.stderr.write(Words("no picture came, so none is saved\n", "没有画面, 未保存\n").said(args.language))
        return None
    path = Path(args.capture or f"{camera.id}.jpg")
    try:
        path.write_bytes(picture)
    except OSError as fault:
        raise ConfigError(f"{path}: cannot be written ({fault.strerror})", zh=f"{path}: 无法写入 ({fault.strerror})") from None
    return str(path)

"""`edged check`: judge a station's files without network; every fault of all files with its line."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from edged.config.load import Loaded, load
from edged.config.report import ConfigFaults, Fault
from edged.model.words import Words

DEFAULT = Path("/etc/edged/station.yaml")
EXIT_CONFIG = 78


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("files", nargs="*", type=Path, metavar="FILE", help=f"station file, default {DEFAULT}")
    parser.add_argument("--json", action="store_true", help="one JSON object")


def run(args: argparse.Namespace) -> int:
    """Judge each file. Returns 0, or 78 where something is wrong; warnings alone are 0."""
    judged = [(path, *_judged(path)) for path in _stations(args.files or [DEFAULT])]
    wrong = any(fault.severity == "error" for _, _, faults in judged for fault in faults)
    if args.json:
        files = [
            {"file": str(path), "ok": not any(f.severity == "error" for f in faults), "holds": _holds(loaded, "en") if loaded else None,
             "entries": [{"entry": e.entry, "file": e.file, "state": e.state} for e in loaded.entries] if loaded else [],
             "faults": [fault.as_json() for fault in faults]}
            for path, loaded, faults in judged
        ]  # fmt: skip
        print(json.dumps({"ok": not wrong, "files": files}, ensure_ascii=False))
        return EXIT_CONFIG if wrong else 0
    for path, loaded, faults in judged:
        for fault in faults:
            sys.stderr.write(fault.said(args.language) + "\n")
        errors = sum(fault.severity == "error" for fault in faults)
        warnings = len(faults) - errors
        counts = Words(f"{errors} faults, {warnings} warnings", f"{errors} 处错误, {warnings} 处提醒").said(args.language)
        holds = _holds(loaded, args.language) if loaded else Words("cannot be used", "不能使用").said(args.language)
        print(f"{path}: {holds}" + (f" ({counts})" if faults else ""))
    return EXIT_CONFIG if wrong else 0


def _stations(files: list[Path]) -> list[Path]:
    """Return the station files meant: a folder stands for its station.yaml, a file of cameras/ for the station that reads it."""
    out: list[Path] = []
    for path in files:
        meant = path / DEFAULT.name if path.is_dir() else path
        above = path.absolute().parent.parent / DEFAULT.name
        if path.absolute().parent.name in ("cameras", "commissioned") and above.exists():
            meant = path.parent.parent / DEFAULT.name
        if path.name == "site.geojson" and (path.parent / DEFAULT.name).exists():
            meant = path.parent / DEFAULT.name
        if meant not in out:
            out.append(meant)
    return out


def _judged(path: Path) -> tuple[Loaded | None, tuple[Fault, ...]]:
    try:
        loaded = load(path)
    except ConfigFaults as fault:
        return None, fault.faults
    return loaded, loaded.faults


def _holds(loaded: Loaded, language: str) -> str:
    settings = loaded.settings
    kinds = {kind: sum(camera.kind == kind for camera in loaded.cameras) for kind in ("lookout", "panorama", "corridor")}
    return Words(
        f"station {settings.station.id} ({settings.station.name}): {kinds['lookout']} lookouts, {kinds['panorama']} panoramas, "
        f"{kinds['corridor']} corridor cameras, {len(loaded.site.zones)} zones, {len(settings.people)} people, "
        f"{len(settings.talkgroups)} talkgroups, {len(settings.mqtt.consumers)} consumers",
        f"站点 {settings.station.id} ({settings.station.name}): 瞭望镜头 {kinds['lookout']}, 全景 {kinds['panorama']}, "
        f"通道摄像机 {kinds['corridor']}, 区域 {len(loaded.site.zones)}, 人员 {len(settings.people)}, "
        f"通话组 {len(settings.talkgroups)}, 上级用户 {len(settings.mqtt.consumers)}",
    ).said(language)

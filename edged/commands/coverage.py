"""`edged coverage`: which fires would be seen where, how often each place is looked at, and why not; a map if wanted."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from edged.commands import ask
from edged.commands.coveragewording import lines
from edged.config.load import load
from edged.geometry.site import SiteModel
from edged.model.errors import ConfigError, EdgedError
from edged.model.words import Words
from edged.survey import CELL_M, Inputs, Progress, inputs_of, share_values, survey

DEFAULT = Path("/etc/edged/station.yaml")
BAR = 30


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("-c", "--config", type=Path, default=DEFAULT, metavar="FILE", help=f"station file, default {DEFAULT} / 站点文件")
    parser.add_argument("--cell-m", type=float, default=CELL_M, metavar="M", help="size of a ground cell in m (10) / 网格边长 (米)")
    parser.add_argument("--extinction", type=float, metavar="K", help="per km, instead of weather.extinction_per_km / 每公里衰减")
    parser.add_argument("--down", action="append", metavar="ID", help="this head is blind; may be repeated / 该镜头失明, 可重复")
    parser.add_argument("--geojson", type=Path, metavar="FILE", help="write the map as GeoJSON, WGS-84 / 输出 GeoJSON 地图")
    parser.add_argument("--picture", type=Path, metavar="FILE.png", help="write the map as a picture / 输出地图图片")
    ask.arguments(parser)


def run(args: argparse.Namespace) -> int:
    """Compute and print. Raises ConfigError for files, options and unknown heads."""
    _judge("--cell-m", args.cell_m, 1.0, 500.0)
    if args.extinction is not None:
        _judge("--extinction", args.extinction, 0.0, 20.0)
    loaded = load(args.config)
    inputs = inputs_of(loaded.settings, loaded.site, args.cell_m, args.extinction)
    down, reached = _down(args, inputs, loaded.settings.station.id)
    done = survey(inputs, _bar() if sys.stderr.isatty() else None)
    coverage, found = done.combined(down)
    figures = done.figures(found, down)
    zones = [{"zone_id": z.zone_id, "name": z.name, "code": z.code, **share_values(z.share)} for z in found.zones]
    site = SiteModel(inputs.plan)
    saved: dict[str, str] = {}
    if args.geojson is not None:
        from edged.covermap import geojson

        saved["geojson"] = _write(args.geojson, geojson(site, done.area, coverage).encode())
    if args.picture is not None:
        from edged.coverpicture import picture

        saved["picture"] = _write(args.picture, picture(site, done, coverage, found, loaded.settings.station.id, down))
    if args.json:
        answer = {"station": loaded.settings.station.id, **figures, "zones": zones, "daemon_asked": reached, **saved}
        print(json.dumps(answer, ensure_ascii=False))
    else:
        print("\n".join(lines({**figures, "zones": zones}, args.language)))
        for path in saved.values():
            print(Words(f"written: {path}", f"已写入: {path}").said(args.language))
    return 0


def _down(args: argparse.Namespace, inputs: Inputs, station: str) -> tuple[tuple[str, ...], bool]:
    """Return the blind heads, and whether the daemon said so."""
    known = [head for head, _ in inputs.names]
    if args.down is not None:
        for head in args.down:
            if head not in known:
                listed = ", ".join(known) or "-"
                raise ConfigError(
                    f"--down {head}: no such lookout; there are: {listed}", zh=f"--down {head}: 没有这个热像镜头; 现有: {listed}"
                )
        return tuple(args.down), False
    try:
        status = ask.request(args.socket, "status")["data"]
    except EdgedError as fault:
        _note(
            args,
            f"edged is not reached ({fault}): all heads are taken to see; name blind ones with --down",
            f"未连上 edged ({fault.zh}): 假定全部镜头看得见; 失明的镜头请用 --down 指明",
        )
        return (), False
    if status.get("station") != station:
        _note(
            args,
            f"the edged that runs here is station {status.get('station')}, not {station}: all heads are taken to see",
            f"本机运行的是站点 {status.get('station')}, 而非 {station}: 假定全部镜头看得见",
        )
        return (), False
    sees = {camera["camera_id"]: camera.get("sees") for camera in status.get("cameras") or []}
    if unknown := [head for head in known if sees.get(head) is None]:
        _note(
            args,
            f"not known yet whether these see, counted as blind: {', '.join(unknown)}",
            f"尚未判明能否看见, 按失明计: {'、'.join(unknown)}",
        )
    return tuple(head for head in known if sees.get(head) is not True), True


def _bar() -> Progress:
    def show(done: int, total: int) -> None:
        part = BAR * done // total
        sys.stderr.write(f"\r[{'#' * part}{'.' * (BAR - part)}] {done}/{total}" + ("\n" if done == total else ""))
        sys.stderr.flush()

    return show


def _note(args: argparse.Namespace, en: str, zh: str) -> None:
    sys.stderr.write(Words(en, zh).said(args.language) + "\n")


def _judge(name: str, value: Any, least: float, most: float) -> None:
    if not least <= value <= most:
        raise ConfigError(
            f"{name} {value:g}: write a number from {least:g} to {most:g}", zh=f"{name} {value:g}: 须为 {least:g} 到 {most:g}"
        )


def _write(path: Path, content: bytes) -> str:
    try:
        path.write_bytes(content)
    except OSError as fault:
        raise ConfigError(f"{path}: cannot be written ({fault.strerror})", zh=f"{path}: 无法写入 ({fault.strerror})") from fault
    return str(path)

"""`edged simulate`: run a simulated station to practise on, until interrupted."""

from __future__ import annotations

import argparse
import json
import signal
import sys
import threading
from pathlib import Path
from types import FrameType

from edged.model.words import Words
from edged.simulator.camera import Camera
from edged.simulator.faults import KINDS, parse_fault, parse_fire
from edged.simulator.settings import SimulatedFault, SimulatedFire, SimulatorSettings, read_settings
from edged.simulator.station import Station


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verb's arguments."""
    parser.add_argument("station", nargs="?", type=Path, help="file of the simulated station; default: the example station")
    parser.add_argument("--camera", action="append", default=[], metavar="ID", help="only this camera (may be repeated)")
    parser.add_argument("--fault", action="append", default=[], metavar="KIND:CAMERA@20s+10s", help=f"kinds: {', '.join(KINDS)}")
    parser.add_argument("--fire", action="append", default=[], metavar="CAMERA@5s", help="a fire where that camera looks at the start")
    parser.add_argument("--speed", type=float, default=None, help="how fast fires and traffic run (1)")
    parser.add_argument("--for", dest="for_s", type=float, default=None, metavar="SECONDS", help="end by itself after this time")
    parser.add_argument("--json", action="store_true", help="one JSON object with the addresses, then silence")


def run(args: argparse.Namespace) -> int:
    """Run the station until SIGINT or SIGTERM. Raises ConfigError."""
    settings = _settings(args)
    over = threading.Event()

    def end(_number: int, _frame: FrameType | None) -> None:
        over.set()

    previous = {number: signal.signal(number, end) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        with Station(settings) as station:
            _tell(station, args)
            over.wait(args.for_s)
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
    return 0


def _settings(args: argparse.Namespace) -> SimulatorSettings:
    settings = read_settings(args.station) if args.station else SimulatorSettings()
    if args.camera:
        settings = settings.only(tuple(args.camera))
    faults = [parse_fault(text) for text in args.fault]
    fires = [parse_fire(text) for text in args.fire]
    settings.only(tuple({f.camera_id for f in faults} | {camera_id for camera_id, _ in fires}))
    more: dict[str, object] = {
        "faults": (
            *settings.faults,
            *(SimulatedFault(kind=f.kind, camera_id=f.camera_id, at_s=f.at_s, length_s=f.length_s) for f in faults),
        ),
        "fires": (*settings.fires, *(SimulatedFire(camera_id=camera_id, start_s=at) for camera_id, at in fires)),
    }
    if args.speed is not None:
        more["speed"] = args.speed
    return SimulatorSettings.model_validate(settings.model_copy(update=more).model_dump())


def _tell(station: Station, args: argparse.Namespace) -> None:
    if args.json:
        print(json.dumps({"cameras": [_addresses(c) for c in station.cameras]}, ensure_ascii=False), flush=True)
        return
    words = Words("Simulated station: practice only, on this machine only. Ctrl-C ends it.", "模拟站:仅供演练,仅限本机。Ctrl-C 结束。")
    print(words.said(args.language))
    for camera in station.cameras:
        shown = _addresses(camera)
        streams = "  ".join(f"{lens}: rtsp://127.0.0.1:{camera.rtsp_port}/{lens}" for lens in camera.lenses)
        print(f"{camera.settings.id:8} {camera.settings.kind:9} onvif: {shown['onvif']}  {streams}")
    first = station.cameras[0].settings
    login = Words(f"login {first.username} / {first.password} ({first.auth})", f"账号 {first.username} / {first.password}({first.auth})")
    print(login.said(args.language))
    sys.stdout.flush()


def _addresses(camera: Camera) -> dict[str, object]:
    return {
        "id": camera.settings.id,
        "kind": camera.settings.kind,
        "onvif": f"http://127.0.0.1:{camera.http_port}/onvif/device_service",
        "streams": {lens: f"rtsp://127.0.0.1:{camera.rtsp_port}/{lens}" for lens in camera.lenses},
        "snapshots": {lens: f"http://127.0.0.1:{camera.http_port}/snapshot/{lens}.jpg" for lens in camera.lenses},
        "username": camera.settings.username,
        "password": camera.settings.password,
        "auth": camera.settings.auth,
    }

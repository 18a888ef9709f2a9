"""edged demo [--once]: the main job on a simulated station, from a growing fire to an officer's answer and a person's clear."""

from __future__ import annotations

import argparse
import signal
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from edged.commands import ask
from edged.model.errors import EdgedError
from edged.model.words import Words
from edged.output.mqtt.contract import validate
from edged.practice import TALKGROUP, Practice, simulated
from edged.simulator.gateway import Officer
from edged.simulator.upstream import Upstream

CAMERA = "th-01"
STEPS: dict[str, Words] = {
    "sees": Words("the camera is watched", "镜头开始值守"),
    "fire": Words("a fire starts", "起火"),
    "raised": Words("alarm raised", "产生警情"),
    "active": Words("alarm active", "确认为火警"),
    "released": Words("released to the talkgroup", "发往通话组"),
    "published": Words("published: the broker has it", "已发布到代理"),
    "delivered": Words("delivered: the consumer's cursor passed it, the gateway reported the text", "已送达: 上级已读, 网关已回报"),
    "going": Words("an officer answered: going", "民警应答: 前往"),
    "on_scene": Words("an officer answered: on scene", "民警应答: 到场"),
    "cleared": Words("cleared by a person", "人工解除"),
}


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("--once", action="store_true", help="one fire, one answer, one clear; status 0 only if all of it happened")
    parser.add_argument("--folder", type=Path, metavar="DIR", help="keep configuration, journal and log there / 保留文件的目录")
    parser.add_argument("--timeout", type=float, default=180.0, metavar="S", help="longest wait for the whole (180)")


def run(args: argparse.Namespace) -> int:
    """Run the demo. Raises EdgedError, naming the step that did not happen."""
    if args.folder is not None:
        args.folder.mkdir(parents=True, exist_ok=True)
        return _run(args, args.folder)
    with tempfile.TemporaryDirectory(prefix="edged-demo-") as folder:
        return _run(args, Path(folder))


@dataclass(slots=True)
class _Told:
    """Prints each step once, with the seconds since the start."""

    language: str
    began: float = field(default_factory=time.monotonic)
    done: dict[str, float] = field(default_factory=dict)

    def step(self, name: str) -> None:
        if name not in self.done:
            self.done[name] = time.monotonic() - self.began
            print(f"{self.done[name]:6.1f} s  {STEPS[name].said(self.language)}", flush=True)


def _run(args: argparse.Namespace, folder: Path) -> int:
    stopped = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stopped.set())
    told = _Told(args.language)
    practice = Practice(folder, simulated((CAMERA,)), officer=Officer())
    heading = Words(
        "edged demo: simulated station, broker, daemon and gateway on 127.0.0.1; everything is an exercise",
        "edged 演示: 模拟站点、代理、守护进程与网关均在本机; 全部为演习",
    )
    print(heading.said(args.language), flush=True)
    upstream = Upstream(practice.port, *practice.consumer, check=validate)
    try:
        practice.start()
        upstream.start()
        _play(practice, upstream, told, args.timeout)
        if not args.once:
            more = Words("Ctrl-C ends the demo. Try:", "Ctrl-C 结束演示。可尝试:").said(args.language)
            print(f"{more} EDGED_SOCKET={practice.socket} edged status", flush=True)
            while not stopped.wait(0.5):
                pass
    except KeyboardInterrupt:
        return 130 if args.once else 0
    finally:
        upstream.stop()
        practice.stop()
    return 0


def _play(practice: Practice, upstream: Upstream, told: _Told, timeout_s: float) -> None:
    end = time.monotonic() + timeout_s

    def wait(name: str, found: Callable[[], bool]) -> None:
        practice.wait_for(STEPS[name].said(told.language), found, max(1.0, end - time.monotonic()))
        told.step(name)

    def newest() -> dict[str, Any]:
        known = [a for a in upstream.alarms() if a["data"]["test"] is False]
        return known[-1]["data"] if known else {}

    def state(*wanted: str) -> Callable[[], bool]:
        return lambda: any(a["data"]["state"] in wanted for a in upstream.alarms())

    wait("sees", lambda: _status(practice).get("sees") is True)
    time.sleep(3.0)
    practice.simulator.camera(CAMERA).ignite(growth="ultrafast")
    told.step("fire")
    wait("raised", lambda: bool(newest()))
    wait("active", state("active", "acknowledged"))
    alarm_id = newest()["alarm_id"]
    wait("released", lambda: any(f"group:{TALKGROUP}" in t.to and t.text_s.startswith("火警") for t in practice.gateway.texts))
    wait("published", lambda: upstream.last_sequence() > 0)
    wait("delivered", lambda: _delivered(practice, upstream, alarm_id))
    wait("going", lambda: _answered(practice, alarm_id, "going"))
    wait("on_scene", lambda: _answered(practice, alarm_id, "on_scene"))
    practice.simulator.put_out()
    ask.request(str(practice.socket), "clear", alarm_id=alarm_id, args={"reason": "extinguished"})
    wait("cleared", lambda: any(a["data"]["alarm_id"] == alarm_id and a["data"]["state"] == "cleared" for a in upstream.alarms()))
    lost = upstream.missing()
    if lost:
        raise EdgedError(f"the consumer misses {len(lost)} numbers of the journal: {lost[:5]}")
    if upstream.broken:
        raise EdgedError(f"{len(upstream.broken)} messages break the contract, the first: {upstream.broken[0]}")


def _status(practice: Practice) -> dict[str, Any]:
    try:
        found: dict[str, Any] = ask.request(str(practice.socket), "status")["data"]
    except EdgedError:
        return {}
    return found


def _delivered(practice: Practice, upstream: Upstream, alarm_id: str) -> bool:
    where: dict[str, Any] = ask.request(str(practice.socket), "position")["data"]
    passed = where["cursors"].get(upstream.user, {}).get("real", 0)
    active = next(
        (int(a["sequence"]) for a in upstream.alarms() if a["data"]["alarm_id"] == alarm_id and a["data"]["state"] == "active"), None
    )
    told = ask.request(str(practice.socket), "why", args={"alarm": alarm_id})["data"]["told"]
    return active is not None and passed >= active and any(text["reported"] for text in told)


def _answered(practice: Practice, alarm_id: str, verb: str) -> bool:
    answers = ask.request(str(practice.socket), "why", args={"alarm": alarm_id})["data"]["answers"]
    return any(answer["verb"] == verb and answer["via"] == "radio" for answer in answers)

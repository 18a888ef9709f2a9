"""A stand-in for the daemon: edged's own service, logging, control socket and watchdog, and a fault on request. Run in the box.

`raise` with the place `hang` blocks the loop for ever; `why` tells what works inside the hardened unit.
"""

from __future__ import annotations

import asyncio
import ctypes
import logging
import os
import socket
import sqlite3
import sys
import time
from pathlib import Path
from typing import Any

from edged.child import Child
from edged.control import ControlServer, Roles
from edged.logs import Secrets, start_logging
from edged.messages import Beat, encode
from edged.model.command import Reply
from edged.model.event import Verb
from edged.service import Notifier, Service, credential, watchdog_s
from edged.watchdog import Facts

log = logging.getLogger("edged.practice")


async def main() -> None:
    secrets = Secrets()
    secrets.add(credential("broker", os.environ) or "")
    start_logging(secrets)
    state = Path(os.environ["STATE_DIRECTORY"])
    database = sqlite3.connect(state / "practice.db")
    database.execute("PRAGMA journal_mode=WAL")
    database.execute("CREATE TABLE IF NOT EXISTS event (name TEXT)")
    reloads = 0

    async def reload() -> str:
        nonlocal reloads
        reloads += 1
        return f"reloaded {reloads}"

    async def ask(verb: Verb) -> Reply:
        with database:
            database.execute("INSERT INTO event VALUES (?)", (verb.verb,))
        log.warning("alarm raised by %s", verb.actor, extra={"camera_id": "th-01", "alarm_id": "01JD"})
        log.warning("password is %s", credential("broker", os.environ))
        if verb.args.get("place") == "hang":
            asyncio.get_running_loop().call_later(0.2, time.sleep, 3600)
        return Reply(verb.command_id, verb.actor, True, f"{verb.actor} {verb.role}")

    async def why(_: dict[str, Any]) -> dict[str, Any]:
        return {
            "child": child.state,
            "child_nice": os.getpriority(os.PRIO_PROCESS, child.pid or 0),
            "pid": os.getpid(),
            "reloads": reloads,
            "rows": database.execute("SELECT count(*) FROM event").fetchone()[0],
            **works(),
        }

    child = Child("eye th-01", "practice", list, lambda _: None, lambda *_: None, nice=5)
    eye = asyncio.create_task(child.run())
    notifier = Notifier(os.environ.get("NOTIFY_SOCKET"))
    service = Service(notifier, reload, lambda: Facts(0.0, time.monotonic(), None, True), watchdog_s=watchdog_s(os.environ))
    service.listen()
    server = ControlServer(Path(os.environ["RUNTIME_DIRECTORY"]) / "control.sock", ask, {"why": why}, Roles())
    await server.start()
    service.ready("practice")
    await service.run()
    await server.stop()
    eye.cancel()
    await asyncio.gather(eye, return_exceptions=True)


def beat(fd: int) -> None:
    """Be a child: beat until the socket ends."""
    with socket.socket(fileno=fd) as sock:
        sock.settimeout(0.2)
        while True:
            sock.sendall(encode(Beat("eye th-01", time.monotonic(), 1.0, time.process_time())))
            try:
                if not sock.recv(65_536):
                    return
            except TimeoutError:
                continue


def works() -> dict[str, Any]:
    """Return what the sandbox allows and forbids."""

    def tried(what: str) -> str:
        try:
            Path(what).write_text("x", encoding="utf-8")
        except OSError as fault:
            return type(fault).__name__ + ":" + str(fault.errno)
        return "written"

    import cv2
    import numpy as np

    called = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_int)(lambda n: n + 1)
    return {
        "opencv": int(cv2.countNonZero(np.ones((640, 512), np.uint8))),
        "callback": called(1),
        "decoder": bool(__import__("av").codecs_available),
        "usr": tried("/usr/x"),
        "station": tried("/etc/edged/station.yaml"),
        "commissioned": tried("/etc/edged/commissioned/x.yaml"),
        "state": tried(os.environ["STATE_DIRECTORY"] + "/x"),
        "home": "open" if os.access("/root", os.R_OK) else "hidden",
        "uid": os.getuid(),
    }


if __name__ == "__main__":
    if "--fd" in sys.argv:
        beat(int(sys.argv[sys.argv.index("--fd") + 1]))
    else:
        asyncio.run(main())

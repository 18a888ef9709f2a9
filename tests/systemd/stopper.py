"""Stops every eye that control starts, by SIGSTOP, for so many seconds; prints what the station said of it as JSON. Run in the box."""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from typing import Any

from edged.commands import ask
from edged.model.errors import EdgedError

SOCKET = "/run/edged/control.sock"


def main(for_s: float) -> None:
    began = time.monotonic()
    stopped: set[int] = set()
    answers = 0
    blind: dict[str, float] = {}
    causes: dict[str, str] = {}
    again: list[str] = []
    while time.monotonic() - began < for_s:
        try:
            status: dict[str, Any] = ask.request(SOCKET, "status")["data"]
        except EdgedError as fault:
            again.append(f"no answer: {fault}")
            continue
        answers += 1
        for child in status["children"]:
            if child["name"].startswith("eye ") and child["pid"] and child["pid"] not in stopped:
                os.kill(child["pid"], signal.SIGSTOP)
                stopped.add(child["pid"])
        now_s = time.monotonic() - began
        for name, sees, cause in [("station", status["sees"], "")] + [(c["camera_id"], c["sees"], c["cause"]) for c in status["cameras"]]:
            if sees is False and name not in blind:
                blind[name], causes[name] = round(now_s, 2), cause
            if sees is True and name in blind:
                again.append(f"{name} sees at {now_s:.1f} s")
        time.sleep(0.05)
    print(json.dumps({"blind_s": blind, "causes": causes, "stopped": len(stopped), "answers": answers, "again": again}))


if __name__ == "__main__":
    main(float(sys.argv[1]))

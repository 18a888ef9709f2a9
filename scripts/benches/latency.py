"""scripts/bench latency: confirmed → published, through the running daemon.

Alarms are raised one after another by a person's verb. `confirmed` is the moment that core stamped on the row (`data` of the event's
`time`); `published` the moment that a subscriber beside the daemon holds the event. Also the whole way from the verb's sending.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import threading
import time
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2]))

from edged.commands import ask
from edged.model.errors import EdgedError
from edged.practice import Practice, simulated
from edged.simulator.upstream import Upstream

CAMERA = "th-01"
PAUSE_S = 0.1


class Watch(Upstream):
    """A consumer that notes when each event arrived."""

    def _event(self, event: dict[str, Any]) -> None:
        ARRIVED.setdefault(str(event["id"]), datetime.now(UTC))
        super()._event(event)


ARRIVED: dict[str, datetime] = {}


def share(values: list[float], part: float) -> float:
    """Return a quantile."""
    return round(sorted(values)[min(len(values) - 1, int(part * len(values)))], 2)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--short", action="store_true", help="60 alarms instead of 500")
    args = parser.parse_args()
    count = 60 if args.short else 500
    sent: dict[str, float] = {}
    whole: list[float] = []
    with tempfile.TemporaryDirectory(prefix="edged-latency-") as folder:
        practice = Practice(Path(folder), simulated((CAMERA,)), arming="console", show=lambda _: None)
        upstream = Watch(practice.port, *practice.consumer)
        with practice:
            upstream.start()
            practice.wait_for("the control socket", lambda: practice.socket.exists(), 30)
            practice.wait_for("the first event", lambda: upstream.last_sequence() > 0, 60)
            time.sleep(3.0)
            for number in range(count):
                began = time.perf_counter()
                ask.request(str(practice.socket), "raise", command_id=f"latency-{number:05d}", args={"place": f"试验位{number:04d}"})
                whole.append((time.perf_counter() - began) * 1e3)
                sent[f"试验位{number:04d}"] = began
                if number % 9 == 8:
                    with suppress(EdgedError):
                        for alarm in ask.request(str(practice.socket), "alarms")["data"]["alarms"]:
                            ask.request(str(practice.socket), "clear", alarm_id=alarm["alarm_id"], args={"reason": "no_fire_found"})
                print(f"\r{'█' * (30 * (number + 1) // count):<30} {number + 1}/{count}", end="", flush=True)
                threading.Event().wait(PAUSE_S)
            practice.wait_for("all events", lambda: not upstream.missing(), 30)
            time.sleep(1.0)
            upstream.stop()
        confirmed = [
            (ARRIVED[event["id"]] - datetime.fromisoformat(event["time"])).total_seconds() * 1e3
            for event in upstream.alarms()
            if event["data"]["state"] == "active" and event["data"]["revision"] == 1 and event["id"] in ARRIVED
        ]
    if not confirmed:
        raise SystemExit("bench latency: no event arrived")
    print(f"\n{'ms':<28}{'p50':>8}{'p99':>8}{'max':>8}{'n':>6}")
    for name, values in (("confirmed → published", confirmed), ("verb → answer", whole)):
        print(f"{name:<28}{share(values, 0.5):>8}{share(values, 0.99):>8}{round(max(values), 2):>8}{len(values):>6}")
    print(
        json.dumps(
            {
                "confirmed_to_published_ms_p50": share(confirmed, 0.5),
                "confirmed_to_published_ms_p99": share(confirmed, 0.99),
                "verb_to_answer_ms_p99": share(whole, 0.99),
                "alarms": len(confirmed),
            }
        )
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())

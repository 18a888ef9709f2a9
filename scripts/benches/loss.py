"""scripts/bench loss: alarms while daemon, eyes and mosquitto (persistence off) are killed, the publisher back before the subscriber.

Each alarm is raised by a person's verb with its own command id and repeated until the daemon accepted it. Counted afterwards at a named
consumer: every accepted alarm, no alarm under two ids, contiguous numbers, and the digest chain of the journal on disk.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import sys
import tempfile
import threading
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from edged.commands import ask
from edged.model.errors import EdgedError
from edged.practice import Practice, simulated
from edged.simulator.mosquitto import Mosquitto
from edged.simulator.upstream import Upstream
from edged.store.verify import verify

CAMERA = "th-01"
SUBSCRIBER_LATE_S = 2.0
END_S = 180.0


class Killer:
    """Kills one thing after another, and counts."""

    def __init__(self, practice: Practice, upstream: Upstream, rng: random.Random) -> None:
        self.practice, self.upstream, self.rng = practice, upstream, rng
        self.kills: Counter[str] = Counter()

    def strike(self, what: str) -> None:
        practice = self.practice
        if what == "daemon":
            practice.kill_daemon()
            practice.start_daemon()
        elif what == "eye":
            with suppress(EdgedError, ProcessLookupError, StopIteration):
                children = ask.request(str(practice.socket), "status")["data"]["children"]
                pid = next(child["pid"] for child in children if child["name"] == f"eye {CAMERA}" and child["pid"])
                os.kill(pid, signal.SIGKILL)
                self.kills["eye"] += 1
            return
        else:
            assert isinstance(practice.broker, Mosquitto)
            self.upstream.stop()
            practice.broker.kill()
            time.sleep(0.3)
            practice.broker.start()
            time.sleep(SUBSCRIBER_LATE_S + self.rng.random())
            self.upstream.start()
        self.kills[what] += 1


def raise_all(practice: Practice, count: int, over: threading.Event, accepted: list[str], per_s: float) -> None:
    """Raise alarms one after another; each is repeated with its command id until the daemon says that it has it."""
    for number in range(count):
        began = time.monotonic()
        while not over.is_set():
            try:
                ask.request(
                    str(practice.socket),
                    "raise",
                    command_id=f"bench-{number:06d}",
                    args={"place": f"试验位{number:04d}", "camera_id": CAMERA},
                )
                accepted.append(f"试验位{number:04d}")
                if number % 9 == 8:
                    tidy(practice)
                break
            except EdgedError:
                time.sleep(0.1)
        time.sleep(max(0.0, 1.0 / per_s - (time.monotonic() - began)))


def tidy(practice: Practice) -> None:
    """Clear what is open, as people do, so that slots come free."""
    with suppress(EdgedError):
        for alarm in ask.request(str(practice.socket), "alarms")["data"]["alarms"]:
            with suppress(EdgedError):
                ask.request(str(practice.socket), "clear", alarm_id=alarm["alarm_id"], args={"reason": "no_fire_found"})


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--short", action="store_true", help="60 alarms and 6 kills")
    parser.add_argument("--alarms", type=int, default=None)
    parser.add_argument("--kills", type=int, default=None)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    alarms, kills = args.alarms or (60 if args.short else 520), args.kills or (6 if args.short else 24)
    rng = random.Random(args.seed)
    with tempfile.TemporaryDirectory(prefix="edged-loss-") as folder:
        result = run(Path(folder), alarms, kills, rng)
    print(json.dumps(result))
    right = result["lost"] == 0 and result["duplicates_new_id"] == 0 and result["missing_numbers"] == 0 and result["chain_right"]
    return 0 if right and result["kills"] >= kills else 1


def run(folder: Path, alarms: int, kills: int, rng: random.Random) -> dict[str, object]:
    practice = Practice(folder, simulated((CAMERA,)), arming="console", show=lambda _: None)
    upstream = Upstream(practice.port, *practice.consumer)
    over, accepted = threading.Event(), list[str]()
    began = time.monotonic()
    with practice:
        if not isinstance(practice.broker, Mosquitto):
            raise SystemExit("bench loss needs mosquitto: apt install mosquitto")
        upstream.start()
        practice.wait_for("the control socket", lambda: practice.socket.exists(), 30)
        killer = Killer(practice, upstream, rng)
        raiser = threading.Thread(target=raise_all, args=(practice, alarms, over, accepted, 8.0), daemon=True)
        raiser.start()
        plan = ["daemon", "broker", "eye"] * (kills // 3 + 1)
        while raiser.is_alive() or sum(killer.kills.values()) < kills:
            time.sleep(1.0 + 2.0 * rng.random())
            killer.strike(plan[sum(killer.kills.values()) % len(plan)])
            show(len(accepted), alarms, killer.kills, began)
        raiser.join()
        settle(practice, upstream)
        upstream.stop()
    events = upstream.alarms()  # the camera's own suspects are among them; places name only what was raised here
    first: dict[str, set[str]] = {}
    for event in events:
        if event["data"]["source"] == "person":
            first.setdefault(place(event), set()).add(event["data"]["alarm_id"])
    lost = [name for name in accepted if name not in first]
    doubled = [name for name, ids in first.items() if len(ids) > 1]
    checked = verify(practice.state / "journal.db")
    chain = "right" if checked.right else "WRONG"
    print("\n" + "".join(f"{word:>10}" for word in ("raised", "events", "lost", "doubled", "missing", "chain")) + "  kills")
    figures = (len(accepted), len(events), len(lost), len(doubled), len(upstream.missing()), chain)
    print("".join(f"{figure:>10}" for figure in figures) + f"  {dict(killer.kills)}")
    for name in lost[:5]:
        print(f"lost: {name}")
    return {
        "raised": len(accepted),
        "lost": len(lost),
        "duplicates_new_id": len(doubled) + upstream.duplicates(),
        "kills": sum(killer.kills.values()),
        "kills_by_kind": dict(killer.kills),
        "missing_numbers": len(upstream.missing()),
        "chain_right": checked.right,
        "rows": checked.rows,
        "seconds": round(time.monotonic() - began, 1),
    }


def place(event: dict[str, object]) -> str:
    """Return the place words of an alarm event."""
    data = event["data"]
    assert isinstance(data, dict)
    point = data.get("ignition_point") or {}
    return str(point.get("properties", {}).get("place", ""))


def settle(practice: Practice, upstream: Upstream) -> None:
    """Wait until the consumer has passed the journal's newest row."""

    def passed() -> bool:
        try:
            where = ask.request(str(practice.socket), "position")["data"]
        except EdgedError:
            return False
        epoch, newest = where["newest"]["real"]
        return not upstream.missing() and where["cursors"][upstream.user]["real"] >= newest - 1 and bool(epoch)

    practice.wait_for("the consumer has everything", passed, END_S)


def show(done: int, alarms: int, kills: Counter[str], began: float) -> None:
    bar = "█" * (30 * done // alarms)
    print(f"\r{bar:<30} {done}/{alarms} alarms, {sum(kills.values())} kills, {time.monotonic() - began:.0f} s", end="", flush=True)


if __name__ == "__main__":
    sys.exit(main())

"""scripts/bench clips: recorded clips over RTSP from the simulated station to the running daemon. Fire must alarm, no fire must not.

The clips are real recordings (`$EDGED_REAL_DATA` or `../shared/data`); each is looped by the simulator's encoder as H.264.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from edged.commands import ask
from edged.model.errors import EdgedError
from edged.practice import Practice, simulated

CAMERA = "th-01"
CLIPS = (("tno_fire_part_1", True), ("ir_video_aerial/IR_AIRPLANE_001.mp4", False), ("ir_video_aerial/IR_HELICOPTER_010.mp4", False))
WATCH_S = 45.0


def data() -> Path:
    """Return the folder of real recordings. Ends the bench, saying where it looked, when there is none."""
    found = Path(os.environ.get("EDGED_REAL_DATA", Path(__file__).parents[3] / "shared" / "data"))
    if not found.is_dir():
        raise SystemExit(f"no real recordings in {found}: set EDGED_REAL_DATA")
    return found


def watch(clip: Path, watch_s: float, until_alarm: bool) -> dict[str, object]:
    """Play one clip to a daemon and return what its journal says."""
    with tempfile.TemporaryDirectory(prefix="edged-clips-") as folder:
        practice = Practice(Path(folder), simulated((CAMERA,), {CAMERA: clip}), show=lambda _: None)
        with practice:
            practice.wait_for("sight", lambda: status(practice).get("sees") is True, 60)
            began, alarm_s, worst = time.monotonic(), None, "none"
            while time.monotonic() - began < watch_s:
                states = [a["state"] for a in alarms(practice)]
                worst = next((s for s in ("active", "pre_alarm", "suspect") if s in states), worst)
                if "active" in states:
                    alarm_s = round(time.monotonic() - began, 1)
                    if until_alarm:
                        break
                print(f"\r{clip.name:<28}{time.monotonic() - began:5.0f} s  {worst:<10}", end="", flush=True)
                time.sleep(0.5)
            print()
            return {"alarm": alarm_s is not None, "after_s": alarm_s, "worst": worst}


def status(practice: Practice) -> dict[str, object]:
    with suppress(EdgedError):
        return dict(ask.request(str(practice.socket), "status")["data"])
    return {}


def alarms(practice: Practice) -> list[dict[str, str]]:
    with suppress(EdgedError):
        return list(ask.request(str(practice.socket), "alarms", args={"all": True})["data"]["alarms"])
    return []


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--short", action="store_true", help="the fire and one clip without fire, 25 s")
    args = parser.parse_args()
    root, rows, wrong = data(), [], []
    for name, fire in CLIPS[: 2 if args.short else None]:
        row = watch(root / name, 25.0 if args.short else WATCH_S, fire)
        rows.append((name, fire, row))
        if row["alarm"] is not fire:
            wrong.append(name)
    print(f"{'clip':<42}{'fire':>6}{'alarm':>7}{'after s':>9}{'furthest':>11}")
    for name, fire, row in rows:
        print(f"{name:<42}{fire!s:>6}{row['alarm']!s:>7}{row['after_s']!s:>9}{row['worst']!s:>11}")
    print(json.dumps({"clips": len(rows), "wrong": wrong, "fire_after_s": rows[0][2]["after_s"]}))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())

"""scripts/bench realdata: `edged replay` over every thermal group of the development data, one row a group.

The data lie in ../shared/data beside the checkout or in $EDGED_REAL_DATA. Real sites are few: a pass proves function, not a detection
rate. Fire groups must raise an alarm (each still of flame3 by itself), no-fire groups none; the exit status says so.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
GROUPS: tuple[tuple[str, str, bool], ...] = (
    ("flame3_sycan", "flame3_sycan/*_temp_c.tiff", True),
    ("tno_fire_part_1", "tno_fire_part_1", True),
    ("seek_palette_fire", "seek_palette_fire", True),
    ("tno_nato_camp", "tno_nato_camp", False),
    ("tno_stills", "tno_stills", False),
    ("flir_rjpeg", "flir_rjpeg", False),
    ("dji centikelvin", "dji/*_centikelvin.png", False),
    ("dji display", "dji/*.jpg", False),
    ("cptv", "cptv", False),
    ("ir_video_aerial", "ir_video_aerial", False),
    ("hit_uav", "hit_uav", False),
    ("llvip ir", "llvip/*_ir.jpg", False),
)


def data() -> Path | None:
    """Return the folder of the real data, or None."""
    known = [Path(os.environ["EDGED_REAL_DATA"])] if "EDGED_REAL_DATA" in os.environ else []
    return next((path for path in [*known, ROOT.parent / "shared" / "data"] if (path / "files.json").is_file()), None)


def replay(folder: Path, pattern: str) -> dict[str, Any]:
    """Return the summary of one group, with its files and the scenes that alarmed."""
    files = sorted(folder.glob(pattern)) if "*" in pattern else [folder / pattern]
    command = [sys.executable, "-m", "edged", "replay", "--json", *map(str, files)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600, cwd=ROOT)
    if done.returncode != 0:
        raise SystemExit(f"{' '.join(command[:4])} … {pattern}: exit {done.returncode}: {done.stderr.strip()}")
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    summary: dict[str, Any] = lines[-1]
    active: dict[str, dict[str, Any]] = {}
    for line in lines:
        if line["kind"] == "alarm" and line["state"] == "active":
            active.setdefault(line["alarm"]["alarm_id"], line)
    summary["alarmed"] = sorted({line["scene"] for line in active.values()})
    reasons = Counter(reason for line in active.values() for reason in line["alarm"]["evidence"]["reasons_for"])
    summary["alarm_reasons"] = [reason for reason, _ in reasons.most_common(4)]
    summary["files"] = sum(1 for path in files for _ in (path.iterdir() if path.is_dir() else [path]))
    return summary


def main() -> int:
    """Print the table and, last, the JSON line. Returns 1 when a group did what it must not."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--short", action="store_true", help="the same; it is short enough")
    parser.parse_args()
    folder = data()
    if folder is None:
        print("no real data: put it into ../shared/data or name it in EDGED_REAL_DATA; nothing was measured", file=sys.stderr)
        return 1
    wrong, rows = [], {}
    print(f"{'group':18} {'label':8} files scenes frames sightings alarms alarmed/scenes  first  ms/frame  most  for … / against …")
    for name, pattern, fire in GROUPS:
        got = replay(folder, pattern)
        first = got["first_alarm"]
        reasons = ", ".join(got["alarm_reasons"] or list(got["reasons_for"])[:3]) or "-"
        against = ", ".join(list(got["reasons_against"])[:3]) or "-"
        print(
            f"{name:18} {'fire' if fire else 'no fire':8} {got['files']:5} {got['scenes']:6} {got['frames']:6} {got['sightings']:9} "
            f"{got['alarms']:6} {len(got['alarmed']):7}/{got['scenes']:<6} {first['scene_s'] if first else '-':>6}  "
            f"{got['detector_ms_mean']:8.2f} {got['greatest_log_likelihood']:5.1f}  {reasons} / {against}",
            flush=True,
        )
        if (fire and len(got["alarmed"]) < got["scenes"]) or (not fire and got["alarms"]):
            wrong.append(name)
        rows[name] = {
            "alarms": got["alarms"],
            "scenes_alarmed": len(got["alarmed"]),
            "scenes": got["scenes"],
            "first_s": first and first["scene_s"],
        }
    print(json.dumps({"groups": rows, "wrong": wrong}))
    return 1 if wrong else 0


if __name__ == "__main__":
    raise SystemExit(main())

"""scripts/bench site: 10,000 fires at random place, hour and weather on the example station with its true patrol. *Synthetic* pictures.

Time from ignition to the alarm of the real core, by real detectors on rendered windows of the views, for a 0.3 m brazier, 1 m² of skin at
60 °C and a vehicle fire. Laws: laws/site.yaml, fixed and hashed before a result was seen. A place that no view sees is not found.

`--shard 3/20 --out DIR` runs one part and can be broken off and taken up again; `--sum DIR` adds up what is there. `--case N` runs one
fire again and prints every visit and sighting.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import cv2
from station.draws import LAW, LAW_FILE, case
from station.head import Station
from station.sight import lookouts
from station.tables import answer, draw, show
from station.trial import trial

from edged.assembly import rules_of
from edged.config.load import load

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "config" / "station.yaml"
SHORT_FIRES = 36
JUDGES = ("edged/detector", "edged/core", "edged/geometry")


def station_of(path: Path) -> Station:
    """Return the station that a folder describes."""
    loaded = load(path)
    rules = rules_of(loaded.settings, loaded.site)
    return Station(rules, lookouts(loaded, rules), loaded.settings.detection)


def judged_by() -> str:
    """Return the name of the law and of the code that judges: results of different ones are not added up."""
    files = [LAW_FILE, *sorted(file for room in JUDGES for file in (ROOT / room).rglob("*.py"))]
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()[:12]


def law_is_fixed() -> bool:
    """Tell whether the law is the one whose hash is committed."""
    listed = (LAW_FILE.parent / "SHA256SUMS").read_text(encoding="utf-8").split()
    return hashlib.sha256(LAW_FILE.read_bytes()).hexdigest() in listed


def run(station: Station, numbers: Iterable[int], seed: int, cold: bool, into: Path | None = None) -> list[dict[str, Any]]:
    """Run fires, showing progress; each row is written at once where a file is given, and not run again when it stands there."""
    wanted = list(numbers)
    done = {row["number"]: row for row in read(into)} if into is not None and into.exists() else {}
    began = time.monotonic()
    fresh = 0
    for count, number in enumerate(wanted, 1):
        if number in done:
            continue
        done[number] = trial(station, case(number, seed, station.rules.site), cold=cold).row()
        fresh += 1
        if into is not None:
            with into.open("a", encoding="utf-8") as out:
                out.write(json.dumps(done[number]) + "\n")
        if sys.stderr.isatty():
            left = (time.monotonic() - began) / fresh * (len(wanted) - count)
            sys.stderr.write(f"\r{'█' * (40 * count // len(wanted)):<40} {count}/{len(wanted)} fires, {left:.0f} s left ")
    if sys.stderr.isatty():
        sys.stderr.write("\r" + " " * 80 + "\r")
    return [done[number] for number in wanted]


def read(path: Path) -> list[dict[str, Any]]:
    """Return the rows of a result file; a last line that was broken off is left out."""
    rows = []
    for line in path.read_text(encoding="utf-8").splitlines():
        try:
            rows.append(json.loads(line))
        except json.JSONDecodeError:
            continue
    return rows


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--short", action="store_true", help=f"{SHORT_FIRES} fires")
    parser.add_argument("--fires", type=int, default=int(LAW["fires"]))
    parser.add_argument("--seed", type=int, default=int(LAW["seed"]))
    parser.add_argument("-c", "--config", type=Path, default=EXAMPLE, help="another station.yaml, to try another tour")
    parser.add_argument("--cold", action="store_true", help="the station began four rounds before the fire, instead of days")
    parser.add_argument("--shard", metavar="I/N", help="run part I of N; with --out")
    parser.add_argument("--out", type=Path, metavar="DIR", help="where the rows of shards go")
    parser.add_argument("--sum", type=Path, metavar="DIR", help="add up the rows in DIR instead of running fires")
    parser.add_argument("--plot", type=Path, metavar="FILE", help="draw the time-to-alarm curve as PNG")
    parser.add_argument("--case", type=int, metavar="N", help="run one fire and print what happened")
    args = parser.parse_args()
    cv2.setNumThreads(1)
    if not law_is_fixed():
        print(f"{LAW_FILE} is not the law whose hash stands in SHA256SUMS: results with it count for nothing", file=sys.stderr)
        return 1
    if args.sum is not None:
        rows = [row for file in sorted(args.sum.glob("site-*.jsonl")) for row in read(file)]
        names = {file.stem.split("-")[-1] for file in args.sum.glob("site-*.jsonl")}
        if not rows or len(names) > 1:
            print(f"{args.sum}: {f'made by different code or laws ({sorted(names)})' if rows else 'no rows'}", file=sys.stderr)
            return 1
    else:
        station = station_of(args.config)
        if args.case is not None:
            told = trial(station, case(args.case, args.seed, station.rules.site), print, args.cold)
            print(json.dumps({"bench": "site", "tier": "synthetic", **told.row()}))
            return 0
        part, parts = (int(v) for v in (args.shard or "1/1").split("/"))
        numbers = range(part - 1, SHORT_FIRES if args.short else args.fires, parts)
        into = None
        if args.out is not None:
            args.out.mkdir(parents=True, exist_ok=True)
            into = args.out / f"site-{args.seed}-{part}of{parts}-{judged_by()}.jsonl"
        rows = run(station, numbers, args.seed, args.cold, into)
    rows = sorted({row["number"]: row for row in rows}.values(), key=lambda row: row["number"])
    show(rows)
    if args.plot is not None:
        draw(rows, args.plot)
        print(f"curve: {args.plot}")
    print(json.dumps({"bench": "site", "tier": "synthetic", "seed": args.seed, "judged_by": judged_by(), **answer(rows)}))
    return 0


if __name__ == "__main__":
    sys.exit(main())

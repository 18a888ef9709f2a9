"""scripts/bench quiet: a port without fire: 30 patrolling and 15 staring camera-days of *synthetic* pictures, and what was called a fire.

Things, rates, hours, weather, sensors: laws/quiet.yaml, fixed before tuning. A camera-day is four watches of 6 h, each a case MODE:DAY:PART
with a result file of its own in --out; a case that has one is not run again. `--shard i/n` takes each n-th case. `--stretch S` plays only
S seconds of each watch, from a place that its seed draws, and counts only those. `--case MODE:DAY:PART` runs one and prints each alarm.
Alarms for joss paper, barbecues and fireworks are nuisances, counted apart: those do burn, and people lit them.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from typing import Any

import numpy as np
from port.law import read
from port.shards import add_arguments, known, part_of, play
from port.watch import MODES, Case, run
from port.witness import as_line
from scipy.stats import chi2

BARS = {"patrolling": 1, "staring": 0}
SHORT = (("patrolling", 0, 3, 240.0), ("staring", 1, 2, 120.0), ("staring", 3, 3, 120.0))


def cases(law: dict[str, Any], days: float | None, stretch_s: float | None) -> list[Case]:
    """Return the watches of both modes, day by day."""
    whole_s, out = law["watch_h"] * 3600.0, []
    for day in range(max(law["days"].values())):
        for mode in MODES:
            if day >= (law["days"][mode] if days is None else min(days, law["days"][mode])):
                continue
            out += [cut(law, Case(mode, day, part, whole_s), stretch_s) for part in range(int(24 / law["watch_h"]))]
    return out


def cut(law: dict[str, Any], case: Case, stretch_s: float | None) -> Case:
    """Return a stretch of a watch."""
    if stretch_s is None or stretch_s >= case.lasts_s:
        return case
    rng = np.random.default_rng([law["seed"], MODES.index(case.mode), case.day, case.part, 5])
    return Case(case.mode, case.day, case.part, stretch_s, float(round(rng.uniform(1, case.lasts_s - stretch_s))))


def interval(count: int, days: float) -> tuple[float, float]:
    """Return the 95 % interval of a Poisson rate a day."""
    if days <= 0.0:
        return 0.0, float("inf")
    low = float(chi2.ppf(0.025, 2 * count)) / 2.0 if count else 0.0
    return low / days, float(chi2.ppf(0.975 if count else 0.95, 2 * count + 2)) / 2.0 / days


def report(results: list[dict[str, Any]], law: dict[str, Any]) -> int:
    """Print tables and, last, the JSON line. Returns 1 where a bar does not hold."""
    nuisances = {kind for kind, of in law["kinds"].items() if of.get("nuisance")}
    summary: dict[str, Any] = {"tier": "synthetic"}
    wrong = False
    for mode in MODES:
        mine = [each for each in results if each["case"].startswith(mode)]
        days = sum(each["camera_days"] for each in mine)
        told = [{**one, "case": each["case"]} for each in mine for one in each["told"]]
        first = {(one["case"], one["alarm_id"]): one for one in reversed(told)}
        active = [one for one in told if one["state"] == "active"]
        alarms = [one for one in active if one["kind"] not in nuisances]
        frames, cpu = sum(each["frames"] for each in mine), sum(each["cpu_s"] for each in mine)
        judged = sum(each["detector_s"] for each in mine)
        blind = Counter[str]()
        for each in mine:
            blind.update(each["blind_s"])
        print(
            f"\n{mode}: {days:.2f} camera-days in {len(mine)} watches, {frames} frames, {1e3 * cpu / max(1, frames):.2f} ms each "
            f"(detector {1e3 * judged / max(1, frames):.2f}); blind s: {', '.join(f'{c} {s:.0f}' for c, s in blind.most_common(4)) or '-'}"
        )
        print(f"{'kind':18} {'things':>7} {'suspects':>9} {'a day':>7} {'95 %':>15} {'alarms':>7} {'nuisances':>10}")
        kinds = Counter[str]()
        for each in mine:
            kinds.update(each["kinds"])
        for kind in [*sorted(law["kinds"]), None]:
            suspects = sum(one["kind"] == kind for one in first.values())
            calls = sum(one["kind"] == kind for one in active)
            if not (kinds.get(kind or "", 0) or suspects or calls):
                continue
            low, high = interval(suspects, days)
            columns = (0, calls) if kind in nuisances else (calls, 0)
            print(
                f"{kind or '(nothing near)':18} {kinds.get(kind or '', 0):7} {suspects:9} {suspects / max(days, 1e-9):7.1f} "
                f"{low:7.1f}–{high:<7.1f} {columns[0]:7} {columns[1]:10}"
            )
        low, high = interval(len(alarms), days)
        print(
            f"false alarms: {len(alarms)} in {days:.2f} days: {low:.2f}–{high:.2f} a camera-day (95 %); "
            f"nuisances: {len(active) - len(alarms)}"
        )
        for one in alarms:
            print(f"  --case {one['case']} {as_line(one)}")
        wrong |= len(alarms) > BARS[mode]
        summary[mode] = {
            "camera_days": round(days, 3), "of_days": law["days"][mode], "alarms": len(alarms),
            "alarms_a_day_95": [round(low, 3), round(high, 3) if days else None],
            "nuisances": len(active) - len(alarms), "suspects": len(first), "bar": BARS[mode],
            "ms_mean": round(1e3 * cpu / max(1, frames), 2), "detector_ms_mean": round(1e3 * judged / max(1, frames), 2),
        }  # fmt: skip
    print(json.dumps(summary))
    return int(wrong)


def show(result: dict[str, Any]) -> None:
    """Print one case with the course of each alarm."""
    told = result.pop("told")
    print(json.dumps(result))
    for each in told:
        print(as_line(each))
        for line in each["path"]:
            print(f"            {line}")


def asked(law: dict[str, Any], text: str, stretch_s: float | None) -> Case:
    """Return the case that a command line names, MODE:DAY:PART[:BEGIN_S]. Raises SystemExit where it names none."""
    parts = text.split(":")
    if len(parts) not in (3, 4) or parts[0] not in MODES or not all(part.replace(".", "", 1).isdigit() for part in parts[1:]):
        raise SystemExit(f"--case {text}: it must be MODE:DAY:PART[:BEGIN_S] with a mode of {', '.join(MODES)}, as the table prints it")
    whole_s = law["watch_h"] * 3600.0
    case = Case(parts[0], int(parts[1]), int(parts[2]), whole_s)
    if len(parts) == 4 and float(parts[3]) > 0.0:
        begin_s = float(parts[3])
        return Case(case.mode, case.day, case.part, min(stretch_s or whole_s, whole_s - begin_s), begin_s)
    return cut(law, case, stretch_s)


def main() -> int:
    """Run what was asked for and print the tables and, last, the JSON line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--short", action="store_true", help="three stretches of minutes, ≤ 60 s")
    add_arguments(parser)
    parser.add_argument("--days", type=int, help="at most so many camera-days of each mode")
    parser.add_argument("--stretch", type=float, metavar="S", help="only so many seconds of each watch")
    parser.add_argument("--case", metavar="MODE:DAY:PART[:BEGIN_S]", help="one case, told in full")
    args = parser.parse_args()
    law, digest = read("quiet")
    if args.case:
        show(run(asked(law, args.case, args.stretch)))
        return 0
    todo = part_of(cases(law, args.days, args.stretch), args.shard)
    if args.short:
        todo = [cut(law, Case(mode, day, part, law["watch_h"] * 3600.0), s) for mode, day, part, s in SHORT]
    results = known(args.out, "quiet", digest)
    done = {(result["case"], round(result["camera_days"] * 86400.0)) for result in results}
    todo = [] if args.report else [case for case in todo if (case.name, round(case.lasts_s)) not in done]
    results += play(todo, run, args.out, "quiet", args.jobs)
    return report(results, law)


if __name__ == "__main__":
    raise SystemExit(main())

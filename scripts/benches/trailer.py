"""scripts/bench trailer: a parked trailer ignites by itself 1.2 km away, at night, among parked and moving lorries; *synthetic*.

Law: laws/trailer.yaml, fixed before tuning; lorries as in laws/quiet.yaml. Fires are staring sequences with fresh seeds, and once more as
the head's tour shows them (one revisit more); arrivals without fire are hours of the same bank. A fire is first visible when the
noiseless picture with it exceeds the one with the sound lorry by 10 K in a pixel; it must alarm after 4 px by 20 K or one by 60 K.
`--part fires|patrol|quiet`, `--shard i/n`, `--out DIR` as in bench quiet; `--case PART:N` tells one in full.
"""

from __future__ import annotations

import argparse
import json
import math
import time
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

import cv2
import numpy as np
from port.canvas import Canvas
from port.law import between, busy_spans, read
from port.shards import add_arguments, known, part_of, play
from port.tour import Tour
from port.witness import REACH_PX, Told, Witness, as_line
from port.yardrow import Row, numbered, truth_of

from edged.core.stops import PatrolStop
from edged.simulator.generator.patch import Patch, Stimulus
from edged.simulator.generator.sensor import Imager, Sensor

PARTS = ("fires", "patrol", "quiet")
SHORT = (("fires", 5), ("patrol", 82))
REDRAW_S = 30.0
EARLY_S = 60.0
"""--short begins so long before the wheel departs at most."""


def run(part: str, number: int, short_s: float = math.inf) -> dict[str, Any]:
    """Play one sequence. `short_s`: how long before the wheel departs from its soak it begins at most."""
    cv2.setNumThreads(1)
    law, digest = read("trailer")
    port, _ = read("quiet")
    clock = time.process_time()
    burns = part != "quiet"
    one = numbered(law, number, burns=burns)
    row, rng, output = one.row, one.rng, one.output
    outlook, of = row.outlook, port["sensor"]
    sensor = Sensor(
        output=output, netd_mk=between(rng, of["netd_mk"]), pattern_mk=between(rng, of["pattern_mk"]),
        flat_field_s=between(rng, of["flat_field_s"]),
        pause_s=between(rng, of["pause_s"]), step_k=of["step_k"], range_end_c=of["range_end_c"], ifov_mrad=1000.0 * outlook.ifov_rad,
    )  # fmt: skip
    still = one.still()
    canvas = Canvas(lambda _: still, REDRAW_S, row.timed(), outlook.air_c, row.extinction_per_km, 0.5)
    imager = Imager(sensor, still.shape, law["fps"]["full"], int(rng.integers(1 << 31)))
    witness = Witness(output, near_px=row.place() if burns else None)
    truth = truth_of(row, law) if burns else None
    spans = busy_spans([*row.lorries, *row.others], law["around_s"])
    begin_s = max(0.0, row.fire.smoulder_s - short_s) if row.fire is not None else 0.0
    tour = tour_of(row, law, rng, begin_s) if part == "patrol" else None
    if tour is not None:
        witness.watched = tour.watch
    for t, held in instants(tour, row, law, spans, truth and truth.suspect_s, begin_s):
        if held == "arrive":
            canvas.arrive((0.0, 0.0) if part != "patrol" else tuple(rng.normal(0.0, port["head"]["repeat_px"], 2)))
            witness.arrive(t, "row", 0.0, outlook.tilt_deg, outlook.hfov_deg)
        elif held == "leave":
            witness.leave()
        else:

            def standing(now: float = t) -> list[tuple[Stimulus, Patch]]:
                return [(thing.stimulus, patch) for _, thing in canvas.present(now) for patch in thing.stimulus.patches(now)]

            for shot in imager.image(canvas.picture(t), t):
                witness.see(shot, shot.taken_s, standing)
    said = witness.said
    result = {
        "case": f"{part}:{number}", "law": digest, "tier": "synthetic", "lens_mm": one.lens_mm, "output": output,
        "lasts_s": round(row.lasts_s - begin_s), "begin_s": round(begin_s),
        "arrivals": row.arrivals, "hot_wheels": sum(each.kind == "hot_wheel" for each in row.lorries), "frames": said.frames,
        "cpu_s": round(time.process_time() - clock, 1), "detector_s": round(said.detector_s, 1), "blind_s": dict(said.blind_s),
        "told": [asdict(told) for told in said.told], "log": said.log,
    }  # fmt: skip
    if row.fire is not None and truth is not None:
        result |= of_fire(row, said.told, law) | {"truth": {k: num(v) for k, v in asdict(truth).items()}, "growth": row.fire.growth}
        result |= {
            "smoulder_s": round(row.fire.smoulder_s, 1),
            "ignition_s": round(row.fire.ignition_s, 1),
            "place": [round(v, 1) for v in row.place()],
        }
    else:
        result["alarms"] = sum(told.state == "active" for told in said.told)
    return result


def tour_of(row: Row, law: dict[str, Any], rng: np.random.Generator, begin_s: float) -> Tour:
    """Return a tour of which the row is the first view. Its turns share what dwelling leaves of a round, which is drawn at each visit."""
    patrol, outlook = law["patrol"], row.outlook
    count, dwell_s = patrol["tour"], patrol["dwell_s"]
    stops = tuple(
        PatrolStop("row" if n == 0 else f"view-{n}", 360.0 / count * n, outlook.tilt_deg, outlook.hfov_deg, dwell_s) for n in range(count)
    )
    turns_s: list[float] = []

    def turn_s() -> float:
        if not turns_s:
            turns_s.extend([(between(rng, patrol["revisit_s"]) - count * dwell_s) / count] * count)
        return turns_s.pop()

    return Tour(stops, turn_s, begin_s)


def instants(
    tour: Tour | None, row: Row, law: dict[str, Any], spans: list[tuple[float, float]], visible_s: float | None, begin_s: float
) -> Iterator[tuple[float, str]]:
    """Yield (time, "arrive" | "see" | "leave") of the row; without a tour it is stared at."""
    around = law["around_s"]
    if row.fire is not None:
        spans = [*spans, (row.fire.ignition_s - around, row.lasts_s)]
        spans += [(visible_s - around, visible_s + around)] if visible_s is not None and math.isfinite(visible_s) else []
    spans.sort()
    t = begin_s
    while t < row.lasts_s:
        yield t, "arrive"
        while t < row.lasts_s - 1e-6 and not (tour is not None and tour.leaves(t)):
            yield t, "see"
            full = any(a <= t <= b for a, b in spans)
            t += 1.0 / law["fps"]["full" if full else "dull"]
        yield t, "leave"
        if tour is None or t >= row.lasts_s - 1e-6:
            return
        t = tour.arrives()
        while tour.number != 0:
            tour.passes()
            t = tour.arrives()


def of_fire(row: Row, told: list[Told], law: dict[str, Any]) -> dict[str, Any]:
    """Return when the fire's own place was suspect and alarmed, and what else alarmed. An alarm before it departs is a false one."""
    fire, (x, y) = row.fire, row.place()
    assert fire is not None
    reach = REACH_PX + 3.0 * row.outlook.metre_px(law["range_m"][0])
    states: dict[str, list[Told]] = {}
    for one in told:
        states.setdefault(one.alarm_id, []).append(one)
    suspect = alarm = math.inf
    false = 0
    for course in states.values():
        ours = any(one.burns or math.hypot(one.x_px - x, one.y_px - y) <= reach for one in course if one.state != "cleared")
        cleared = min((one.at_s for one in course if one.state == "cleared"), default=math.inf)
        active = min((one.at_s for one in course if one.state == "active"), default=math.inf)
        if ours and cleared > fire.smoulder_s:
            suspect, alarm = min(suspect, course[0].at_s), min(alarm, active)
        if math.isfinite(active) and (not ours or active < fire.smoulder_s):
            false += 1
    return {"suspect_s": num(suspect), "alarm_s": num(alarm), "alarms": false, "early": alarm < fire.smoulder_s}


def num(value: float) -> float | None:
    """Return a number for JSON, None for never."""
    return round(value, 2) if math.isfinite(value) else None


def late(result: dict[str, Any], which: str) -> float:
    """Return how long after it could be seen the fire was suspect or alarmed; infinite where never or before it departed from the soak."""
    at, seen = result[f"{which}_s"], result["truth"][f"{which}_s"]
    if at is None or seen is None or (which == "alarm" and result["early"]):
        return math.inf
    return max(0.0, at - seen)


def held(result: dict[str, Any], law: dict[str, Any]) -> list[str]:
    """Return the bars that this fire misses."""
    bars, more = law["bars"], law["patrol"]["revisit_s"][1] if result["case"].startswith("patrol") else 0.0
    missed = [which for which in ("suspect", "alarm") if late(result, which) > bars[f"{which}_s"] + more]
    return missed + (["1 MW"] if result["alarm_s"] is None or result["alarm_s"] >= result["truth"]["big_s"] else [])


def report(results: list[dict[str, Any]], law: dict[str, Any]) -> int:
    """Print tables and, last, the JSON line. Returns 1 where a bar does not hold."""
    summary: dict[str, Any] = {"tier": "synthetic"}
    wrong = False
    for part in ("fires", "patrol"):
        mine = sorted((each for each in results if each["case"].startswith(part)), key=lambda each: int(each["case"].split(":")[1]))
        if not mine:
            continue
        print(f"\n{part}: seconds after 1 px ≥ 10 K (suspect) and after ≥ 4 px ≥ 20 K or 1 px ≥ 60 K (alarm)")
        print("case        lens output       growth    departs ignites visible suspect  alarmable   alarm  1 MW at  false  misses")
        for each in mine:
            truth = each["truth"]
            cells = [
                each["smoulder_s"],
                each["ignition_s"],
                truth["suspect_s"],
                late(each, "suspect"),
                truth["alarm_s"],
                late(each, "alarm"),
                truth["big_s"],
            ]
            misses = ", ".join(held(each, law))
            numbers = " ".join(f"{'-' if cell is None else format(cell, '.1f'):>8}" for cell in cells)
            print(f"{each['case']:11} {each['lens_mm']:4} {each['output']:12} {each['growth']:9} {numbers} {each['alarms']:6}  {misses}")
        good = sum(not held(each, law) for each in mine)
        share = good / len(mine)
        bars = {which: sum(late(each, which) <= law["bars"][f"{which}_s"] for each in mine) for which in ("suspect", "alarm")}
        before = sum("1 MW" not in held(each, law) for each in mine)
        print(f"all bars: {good} of {len(mine)}; suspect in time {bars['suspect']}, alarm in time {bars['alarm']}, before 1 MW {before}")
        wrong |= part == "fires" and share < law["bars"]["share"]
        summary[part] = {"fires": len(mine), "held": good, "before_1_mw": before, **{f"{k}_in_time": v for k, v in bars.items()}}
        summary[part]["false_alarms"] = sum(each["alarms"] for each in mine)
    quiet = [each for each in results if each["case"].startswith("quiet")]
    if quiet:
        arrivals, alarms = sum(each["arrivals"] for each in quiet), sum(each["alarms"] for each in quiet)
        hours = sum(each["lasts_s"] for each in quiet) / 3600.0
        print(
            f"\nwithout fire: {arrivals} arrivals in {hours:.1f} h, {sum(each['hot_wheels'] for each in quiet)} hot wheels: {alarms} alarms"
        )
        for each in quiet:
            for told in each["told"]:
                if told["state"] == "active":
                    print(f"  --case {each['case']} {as_line(told)}")
        wrong |= alarms > law["bars"]["quiet_alarms"]
        summary["quiet"] = {"arrivals": arrivals, "of_arrivals": law["arrivals"], "hours": round(hours, 2), "alarms": alarms}
    print(json.dumps(summary))
    return int(wrong)


def show(result: dict[str, Any]) -> None:
    """Print one case with the course of each alarm."""
    told, log = result.pop("told"), result.pop("log")
    print(json.dumps(result))
    print("\n".join(["sightings at the fire's place, one in 10 s:", *log]))
    for each in told:
        print(as_line(each))
        for line in each["path"]:
            print(f"            {line}")


def one(job: tuple[str, int, float]) -> dict[str, Any]:
    """Run a job in a process of its own."""
    return run(*job)


def jobs(law: dict[str, Any], parts: list[str], before_s: float) -> list[tuple[str, int, float]]:
    """Return all sequences: fires, the same on tour, and hours without fire until as many lorries have come as the law asks."""
    hours = math.ceil(law["arrivals"] / (sum(law["yard"]["arrivals_per_hour"]) / 2.0) / (law["quiet"]["lasts_s"] / 3600.0))
    counts = {"fires": law["fires"], "patrol": law["fires"], "quiet": hours}
    return [(part, number, before_s) for part in parts for number in range(counts[part])]


def main() -> int:
    """Run what was asked for and print the tables and, last, the JSON line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--short", action="store_true", help="one fire staring and one on tour, from shortly before the wheel departs on; ≤ 60 s"
    )
    parser.add_argument("--part", action="append", choices=PARTS, help="only this part (may be given again)")
    add_arguments(parser)
    parser.add_argument(
        "--before", type=float, default=math.inf, metavar="S", help="begin fires so long before the wheel departs from its soak at most"
    )
    parser.add_argument("--case", metavar="PART:N", help="one sequence, told in full")
    args = parser.parse_args()
    law, digest = read("trailer")
    if args.case:
        part, _, number = args.case.partition(":")
        if part not in PARTS or not number.isdigit():
            raise SystemExit(f"--case {args.case}: it must be PART:N with a part of {', '.join(PARTS)}, as the table prints it")
        show(run(part, int(number), args.before))
        return 0
    todo = part_of(jobs(law, args.part or list(PARTS), args.before), args.shard)
    if args.short:
        todo = [(part, number, EARLY_S) for part, number in SHORT]
    results = known(args.out, "trailer", digest)
    done = {result["case"] for result in results}
    todo = [] if args.report else [job for job in todo if f"{job[0]}:{job[1]}" not in done]
    results += play(todo, one, args.out, "trailer", args.jobs)
    return report(results, law)


if __name__ == "__main__":
    raise SystemExit(main())

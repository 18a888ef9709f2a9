"""scripts/bench wheels: lorries with a hot wheel, sound ones and ones that burn their filter clean, 300–900 m away; *synthetic*.

Law: laws/wheels.yaml, fixed before tuning. The head comes back every few minutes; what the eye tells of hot wheels is counted before core's
debounce, and judged by the rims' true temperatures: the generator draws each rim by itself, so that on a sound lorry too one may be far
hotter than the middle of the others. `--part`, `--shard i/n`, `--out DIR` as in bench quiet.
"""

from __future__ import annotations

import argparse
import json
import math
import time
from datetime import UTC, datetime, timedelta
from statistics import median
from typing import Any

import cv2
import numpy as np
from port.canvas import Canvas, Timed
from port.law import between, read
from port.shards import add_arguments, known, part_of, play

from edged.core.rules import Rules
from edged.core.step import start, step
from edged.detector.chain import Detector
from edged.detector.scalar import Scalar
from edged.detector.settings import DetectionSettings
from edged.geometry.lens import pixel
from edged.model.command import Append, WatchOn
from edged.model.event import HotWheelSeen, Sighted, Tick
from edged.model.frame import Frame
from edged.model.instant import Instant
from edged.model.view import View
from edged.simulator.generator.background import rendered
from edged.simulator.generator.clutter.bank import build
from edged.simulator.generator.clutter.body import Body, Happening
from edged.simulator.generator.clutter.outlook import Outlook
from edged.simulator.generator.sensor import Imager, Sensor

KINDS = {"hot": "hot_wheel", "sound": "lorry_parks", "regenerating": "dpf_regeneration"}
START = datetime(2026, 3, 20, 18, tzinfo=UTC)
BEGIN_S, REDRAW_S, PITCH_MM, RIM_M = 100.0, 60.0, 0.012, 0.5
SHORT = 2


def rims_of(body: Body, outlook: Outlook, t_s: float) -> list[tuple[float, float, float]]:
    """Return (x, y in pixels, kelvin over the middle of the others) of each rim."""
    spot = body.spot(t_s)
    if spot is None:
        return []
    rims = [part for part in body.parts if part.shape == "disc" and part.width_m == RIM_M]
    temps = [part.course.at(t_s) for part in rims]
    scale = outlook.metre_px(spot.range_m)
    return [
        (spot.x_px + part.across_m * scale, outlook.row(spot.range_m, part.up_m), temps[n] - median(temps[:n] + temps[n + 1 :]))
        for n, part in enumerate(rims)
    ]


def run(part: str, number: int) -> dict[str, Any]:
    """Watch one lorry from before it comes on."""
    cv2.setNumThreads(1)
    law, digest = read("wheels")
    port, _ = read("quiet")
    clock = time.process_time()
    rng = np.random.default_rng([law["seed"], list(law["parts"]).index(part), number])
    night, of = law["night"], law["sensor"]
    lens_mm, range_m, air_c = law["lenses_mm"][number % len(law["lenses_mm"])], between(rng, law["range_m"]), between(rng, night["air_c"])
    hfov = math.degrees(2.0 * math.atan(320 * PITCH_MM / lens_mm))
    tilt = -math.degrees(math.atan2(law["mast_m"], range_m))
    outlook = Outlook(640, 512, hfov, law["mast_m"], tilt, air_c, air_c - 1.0, air_c + between(rng, night["sky_k"]))
    ranges = {**port["kinds"][KINDS[part]]["draw"], "range_m": [range_m, range_m], "stay_s": law["stay_s"]}
    if part == "hot":
        ranges["hot_wheel_k"] = law["hot_wheel_k"]
    lorry = build(KINDS[part], np.random.default_rng(int(rng.integers(1 << 62))), outlook, ranges, law["arrives_s"])
    sensor = Sensor(
        output=law["output"], netd_mk=between(rng, of["netd_mk"]), pattern_mk=between(rng, of["pattern_mk"]),
        flat_field_s=between(rng, of["flat_field_s"]), pause_s=between(rng, of["pause_s"]), step_k=of["step_k"],
        range_end_c=of["range_end_c"], ifov_mrad=1000.0 * outlook.ifov_rad,
    )  # fmt: skip
    still = rendered(number + 1, air_c, hfov, 0.0, tilt).celsius
    canvas = Canvas(
        lambda _: still, REDRAW_S, [Timed(lorry, lorry.from_s, lorry.until_s)], air_c, between(rng, night["extinction_per_km"]), 0.5
    )
    imager = Imager(sensor, still.shape, law["fps"], int(rng.integers(1 << 31)))
    told, notices, alarms, true_k = watched(law, lorry, outlook, canvas, imager, tilt, hfov)
    return {
        "case": f"{part}:{number}", "law": digest, "tier": "synthetic", "lens_mm": lens_mm, "range_m": round(range_m),
        "bogie_px": round(1.3 * outlook.metre_px(range_m), 1), "true_k": round(true_k, 1), "told": told, "notices": notices,
        "alarms": alarms, "cpu_s": round(time.process_time() - clock, 1),
    }  # fmt: skip


def watched(
    law: dict[str, Any], lorry: Happening, outlook: Outlook, canvas: Canvas, imager: Imager, tilt: float, hfov: float
) -> tuple[list[dict[str, Any]], int, int, float]:
    """Return (what the eye told, core's notices, its active alarms, the greatest true difference while it stood and was looked at)."""
    scalar, detector = Scalar(law["output"]), Detector(DetectionSettings(), "th-01")
    state, told = start(Rules.build("bench", lookouts=(), paths=(), simulated=True), "bench"), list[dict[str, Any]]()
    notices, alarms, true_k = 0, 0, -math.inf
    body, index = lorry.bodies[0], 0
    assert isinstance(body, Body)
    stands_s = next(leg.from_s for leg in body.legs if leg.until_s - leg.from_s >= law["stay_s"][0])
    for visit in range(int(law["lasts_s"] / law["revisit_s"]) + 1):
        begin_s = visit * law["revisit_s"]
        view = View("th-01", "row", visit + 1, 0.0, tilt, hfov, BEGIN_S + begin_s)
        detector.hold(view)
        for n in range(int(law["dwell_s"] * law["fps"])):
            t = begin_s + n / law["fps"]
            if t >= stands_s:
                true_k = max([true_k, *(over for _, _, over in rims_of(body, outlook, t))])
            for shot in imager.image(canvas.picture(t), t):
                at_s = BEGIN_S + shot.taken_s
                frame = Frame(shot.pixels, index, at_s, START + timedelta(seconds=at_s), key=shot.key)
                index += 1
                sightings = detector.judge(scalar.thermogram(frame), frame)
                wheels = detector.hot_wheels()
                for each in wheels:
                    place = pixel(0.0, tilt, each.pan_deg, each.tilt_deg, 640, 512, hfov, view.lens) or (-1.0, -1.0)
                    off, true = min(((math.dist(place, (x, y)), over) for x, y, over in rims_of(body, outlook, t)), default=(-1.0, 0.0))
                    told.append(
                        {"at_s": round(t - stands_s), "over_k": round(each.over_k, 1), "true_k": round(true, 1), "off_px": round(off, 1)}
                    )
                for event in [*map(Sighted, sightings), *map(HotWheelSeen, wheels), Tick()]:
                    state, commands = step(state, event, Instant(at_s, frame.captured_at))
                    for order in commands:
                        if isinstance(order, WatchOn):
                            detector.watch(order.points)
                    rows = [command.row for command in commands if isinstance(command, Append)]
                    notices += sum(row.change == "hot_wheel" for row in rows)
                    alarms += sum(row.alarm is not None and row.alarm.state == "active" and row.change != "updated" for row in rows)
        detector.drop("moving")
    return told, notices, alarms, true_k


def report(results: list[dict[str, Any]], law: dict[str, Any]) -> int:
    """Print tables and, last, the JSON line."""
    summary: dict[str, Any] = {"tier": "synthetic"}
    print(f"a lorry can be told when one rim truly is {law['told_k']} K over the middle of the others; of the first that was told:")
    print("case             lens range bogie px  true K  after s  told K  true K  off rim px  notices alarms")
    for part in law["parts"]:
        mine = sorted((each for each in results if each["case"].startswith(f"{part}:")), key=lambda each: int(each["case"].split(":")[1]))
        for each in mine:
            first = each["told"][0] if each["told"] else dict.fromkeys(("at_s", "over_k", "true_k", "off_px"), "-")
            print(
                f"{each['case']:16} {each['lens_mm']:4} {each['range_m']:5} {each['bogie_px']:8} {each['true_k']:7} {first['at_s']!s:>8} "
                f"{first['over_k']!s:>7} {first['true_k']!s:>7} {first['off_px']!s:>11} {each['notices']:8} {each['alarms']:6}"
            )
        if not mine:
            continue
        could = [each for each in mine if each["true_k"] >= law["told_k"]]
        summary[part] = {
            "lorries": len(mine), "told": sum(bool(each["told"]) for each in mine), "truly": len(could),
            "truly_told": sum(bool(each["told"]) for each in could),
            "wrongly_told": sum(bool(each["told"]) for each in mine if each not in could),
            "notices": sum(each["notices"] for each in mine), "alarms": sum(each["alarms"] for each in mine),
        }  # fmt: skip
        print(f"{part}: {json.dumps(summary[part])}\n")
    print(json.dumps(summary))
    return 0


def one(job: tuple[str, int]) -> dict[str, Any]:
    """Run a job in a process of its own."""
    return run(*job)


def main() -> int:
    """Run what was asked for and print the tables and, last, the JSON line."""
    law, digest = read("wheels")
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--short", action="store_true", help=f"the first {SHORT} lorries of each part; ≤ 60 s")
    parser.add_argument("--part", action="append", choices=tuple(law["parts"]), help="only this part (may be given again)")
    add_arguments(parser)
    args = parser.parse_args()
    todo = [(part, number) for part in args.part or law["parts"] for number in range(SHORT if args.short else law["parts"][part])]
    results = known(args.out, "wheels", digest)
    done = {result["case"] for result in results}
    todo = [] if args.report else [job for job in part_of(todo, args.shard) if f"{job[0]}:{job[1]}" not in done]
    results += play(todo, one, args.out, "wheels", args.jobs)
    return report(results, law)


if __name__ == "__main__":
    raise SystemExit(main())

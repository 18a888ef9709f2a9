"""scripts/bench fill: a point of 800 °C far below one pixel appears in a real radiometric picture; *semi-synthetic*.

The law is laws/fill.yaml. Detected: core's state suspect within 30 s of appearing; the share that is an active alarm within 60 s stands
beside. `fill` is the share of the brightest pixel's light after the lens, the point in a pixel's middle; the strict rows, `geometric`,
take it as a share of the pixel's area, the point anywhere in it under the point spread. First comes EDWIN's field check of the generator.
"""

from __future__ import annotations

import json
import math
from functools import lru_cache
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from shards import Row, law, parser, play, shown_share, wilson
from trial import run

from edged.geometry.radiance import pixel_fill
from edged.simulator.generator.background import Background, real, real_folder
from edged.simulator.generator.edwin import TOLERANCE_K, check
from edged.simulator.generator.fires import Point
from edged.simulator.generator.sensor import Sensor
from edged.simulator.generator.sequence import Sequence

LAW = law("fill")
STEP_PX = 12


def groups(short: bool) -> list[tuple[int, str, float, int]]:
    """Return (row of the law, form, share of the bar's fill, seeds); the short form leaves the strict rows out."""
    count = LAW["short"] if short else LAW["seeds"]
    forms = LAW["forms"][:1] if short else LAW["forms"]
    out = [(row, form, 1.0, count) for row in range(len(LAW["rows"])) for form in forms]
    if not short:
        out += [(row, "fill", share, LAW["less"]["seeds"]) for row in range(len(LAW["rows"])) for share in LAW["less"]["shares"]]
    return out


def cases(short: bool) -> list[tuple[int, str, float, int]]:
    """Return (row, form, share, which) of each case; the short form's are the first of each group."""
    return [(row, form, share, which) for row, form, share, count in groups(short) for which in range(count)]


@lru_cache(maxsize=1)
def whole() -> dict[tuple[int, str, float, int], int]:
    """Return the number of each case."""
    return {case: number for number, case in enumerate(cases(False))}


@lru_cache(maxsize=4)
def places(clutter_k: float) -> dict[str, list[tuple[Background, int, int]]]:
    """Return by site where in the real pictures the local clutter is that."""
    folder = real_folder()
    if folder is None:
        raise SystemExit("bench fill: no real data: put it into ../shared/data or name it in EDGED_REAL_DATA; nothing was measured")
    out: dict[str, list[tuple[Background, int, int]]] = {}
    margin, within = LAW["margin_px"], LAW["clutter_within"]
    for background in real(folder):
        high, wide = background.celsius.shape
        for y in range(margin, high - margin, STEP_PX):
            for x in range(margin, wide - margin, STEP_PX):
                if abs(background.clutter_k(x, y) / clutter_k - 1.0) <= within:
                    out.setdefault(background.site, []).append((background, x, y))
    return out


def side_px(form: str, fill: float) -> float:
    """Return how wide the square is."""
    if form == "geometric":
        return math.sqrt(fill)
    low, high = 0.0, 2.0
    for _ in range(50):
        middle = (low + high) / 2.0
        low, high = (middle, high) if float(pixel_fill(middle)) ** 2 < fill else (low, middle)
    return high


def draw(seed: int, number: int) -> tuple[Sequence, dict[str, Any]]:
    """Return case `number` and what stands for it in a row."""
    row, form, share, which = cases(False)[number]
    know = LAW["rows"][row]
    rng = np.random.default_rng([seed, number])
    here = places(know["clutter_k"])
    site = sorted(here)[int(rng.integers(len(here)))]
    background, x, y = here[site][int(rng.integers(len(here[site])))]
    dx, dy = rng.uniform(-0.5, 0.5, 2) if form == "geometric" else (0.0, 0.0)
    start_s = float(rng.uniform(*LAW["start_s"]))
    corrected, swaying, flat = rng.random() < LAW["flat_field"]["share"], rng.random() < LAW["sway"]["share"], LAW["flat_field"]
    output: Any = str(rng.choice(know["outputs"]))
    low, high = LAW["sway"]["deg"]
    sensor = Sensor(
        output, float(rng.uniform(*LAW["netd_mk"])), float(rng.uniform(*LAW["pattern_mk"])),
        float(rng.uniform(*flat["every_s"])) if corrected else None, float(rng.uniform(*flat["pause_s"])),
        float(rng.uniform(*flat["step_k"])), math.exp(rng.uniform(math.log(low), math.log(high))) if swaying else 0.0,
        LAW["sway"]["ifov_mrad"], LAW["range_end_c"], control=know.get("control", "percentile"), kbps=know.get("kbps"),
    )  # fmt: skip
    point = Point(x + float(dx), y + float(dy), start_s, side_px(form, share * know["fill"]), LAW["temp_c"])
    sequence = Sequence(background, (point,), sensor, LAW["fps"], start_s + LAW["active_s"] + 1.0, int(rng.integers(2**31)), 0.0, 15.0)
    clutter = background.clutter_k(x, y)
    rise = float(sequence.rise(start_s).max())
    return sequence, {
        "case": number, "row": know["name"], "form": form, "share": share, "which": which, "site": site, "background": background.name,
        "x_px": x, "y_px": y, "clutter_k": round(clutter, 2), "rise_k": round(rise, 2), "start_s": round(start_s, 2),
        "sensor": output, "sway_deg": round(sensor.sway_deg, 4),
    }  # fmt: skip


def judge(seed: int, number: int) -> Row:
    """Run one case."""
    return judged(seed, number, explain=False)


def judged(seed: int, number: int, *, explain: bool) -> Row:
    """Run one case, and print its sightings if wanted."""
    cv2.setNumThreads(1)
    sequence, row = draw(seed, number)
    out = run(sequence, stop_s=0.0, visible_s=row["start_s"], keep_log=explain)
    if explain:
        print("\n".join([str(sequence.sensor), *out.log, *(str(told) for told in out.told), f"blind {dict(out.blind_s)}"]))
    times = {"suspect_s": out.suspect_s - row["start_s"], "active_s": out.alarm_s - row["start_s"]}
    return {
        **row, **{key: round(s, 2) if math.isfinite(s) else None for key, s in times.items()}, "false_alarms": out.false_alarms,
        "reasons": sorted(out.reasons), "blind_s": round(sum(out.blind_s.values()), 1), "detector_ms": round(out.detector_ms, 2),
    }  # fmt: skip


def detected(row: Row) -> bool:
    """Tell whether it was suspect in time."""
    return row["suspect_s"] is not None and bool(row["suspect_s"] <= LAW["detected_s"])


def active(row: Row) -> bool:
    """Tell whether it was an active alarm in time."""
    return row["active_s"] is not None and bool(row["active_s"] <= LAW["active_s"])


def main() -> int:
    """Print the tables and, last, the JSON line. Returns 1 when a bar is not met."""
    options = parser(__doc__, LAW["seed"])
    options.add_argument("--failures", type=Path, metavar="FILE", help="write the cases of the bars that were not detected there")
    args = options.parse_args()
    if args.explain is not None:
        print(json.dumps(judged(args.seed, args.explain, explain=True), ensure_ascii=False))
        return 0
    edwin = check()
    print(f"EDWIN, a flame of 0.3 × 0.9 m at 593 °C, emissivity 0.25, chosen among several; bar: the peak within {TOLERANCE_K:g} K")
    for each in edwin:
        print(f"  {each.range_m:.0f} m: read > {each.read_c:.0f} °C, peak here {each.centred_c:.0f} °C (anywhere {each.mean_c:.0f} °C)")
    args.out = None if args.short else args.out
    numbers = [whole()[case] for case in cases(args.short)]
    rows = play("fill", numbers, judge, args)
    print("\nsemi-synthetic: a point of 800 °C in real radiometric pictures; detected: suspect within 30 s; active: within 60 s")
    print(f"{'':18} {'as':9}  fill  rise K clutter K cases sites  detected [95 %]         active [95 %]           p95 s false")
    result: dict[str, Any] = {"tier": "semi-synthetic", "edwin_met": all(each.met for each in edwin), "rows": {}}
    met = result["edwin_met"]
    for row, form, share, _ in groups(args.short):
        know = LAW["rows"][row]
        some = [each for each in rows if (each["row"], each["form"], each["share"]) == (know["name"], form, share)]
        hits, alarms, sites = sum(map(detected, some)), sum(map(active, some)), len({each["site"] for each in some})
        rise, clutter = (float(np.mean([each[key] for each in some])) if some else 0.0 for key in ("rise_k", "clutter_k"))
        waits = sorted(math.inf if each["suspect_s"] is None else each["suspect_s"] for each in some) or [math.inf]
        p95, false = waits[math.ceil(0.95 * len(waits)) - 1], sum(each["false_alarms"] for each in some)
        shares = f"{shown_share(hits, len(some)):24} {shown_share(alarms, len(some)):24}"
        print(
            f"{know['name']:18} {form:9} {100 * share * know['fill']:4.1f} % {rise:6.1f} {clutter:7.2f} {len(some):6} {sites:5}  "
            f"{shares} {p95:5.1f} {false:5}"
        )
        if share == 1.0:
            low, high = wilson(hits, len(some))
            result["rows"][f"{know['name']} {form}"] = {
                "detected": round(hits / max(1, len(some)), 4), "low": round(low, 4), "high": round(high, 4),
                "active": round(alarms / max(1, len(some)), 4), "cases": len(some), "sites": sites,
            }  # fmt: skip
            met = met and (form != "fill" or hits >= LAW["bar"] * len(some))
    if args.failures is not None:
        bad = [each for each in rows if each["share"] == 1.0 and not detected(each)]
        args.failures.write_text("".join(json.dumps(each, ensure_ascii=False) + "\n" for each in bad), "utf-8")
    result |= {"seed": args.seed, "complete": len(rows) == len(numbers) and not args.short}
    print(json.dumps(result))
    return 0 if met else 1


if __name__ == "__main__":
    raise SystemExit(main())

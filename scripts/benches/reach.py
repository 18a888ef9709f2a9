"""scripts/bench reach [staring:SEED:N …]: what a picture without temperatures shows of a fire at all, whoever looks at it.

Of the fires of bench trailer; *synthetic*.

A gain control that ends at the brightest 0.4 % shows a warm wheel at its end before it burns, and more heat there changes nothing. Each
white-hot fire of laws/trailer.yaml is painted twice, with the fire and with the same lorry sound, without noise, each through its own gain
control. Told is: since when at least `--px` pixels round the wheel differ by `--levels`, from then on until the end. No detector that asks
for as much can be sooner; one that asks for less calls noise, soak and gain a fire. Bars as in bench trailer. `--plot FILE` draws it.

`staring:SEED:N`: cases of bench staring instead, one line each (port/difference.py): by how many levels, kelvin with temperatures, the fire
changes its place, and whether that is a gate of the detector before it counts as missed. The short form is one fire of the trailer.
"""

from __future__ import annotations

import argparse
import json
import math
from dataclasses import asdict
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import staring
from port.difference import difference
from port.law import read
from port.shards import add_arguments, known, part_of, play
from port.yardrow import CROP_PX, Row, numbered, output_of, truth_of

from edged.detector.settings import DetectionSettings
from edged.simulator.generator.gain import GainControl
from edged.simulator.generator.paint import paint

STEP_S, SETTLE_S = 4.0, 20.0
"""Pictures are made so far apart; a gain control is left so long to settle before the first that counts."""
SHORT = 0
PX, LEVELS = 1, 24.0


def run(number: int) -> dict[str, Any]:
    """Return for one fire when its picture tells it, by pixels and levels, and when it should be told."""
    cv2.setNumThreads(1)
    law, digest = read("trailer")
    one = numbered(law, number, burns=True)
    row, still = one.row, one.still()
    assert row.fire is not None
    truth = truth_of(row, law)
    controls = [GainControl("percentile", 0.0, 0.0, 1.0 / STEP_S) for _ in range(2)]
    times = np.arange(max(0.0, row.fire.smoulder_s - SETTLE_S), row.lasts_s, STEP_S)
    looks = []
    for t_s in times:
        sound, burning = (
            control.grey(picture, float(t_s)) for control, picture in zip(controls, pictures(row, still, float(t_s)), strict=True)
        )
        looks.append([round(float(t_s), 1), *changed(sound, burning, row.place())])
    return {
        "case": f"fires:{number}", "law": digest, "tier": "synthetic", "lens_mm": one.lens_mm, "growth": row.fire.growth,
        "suspect_s": truth.suspect_s, "alarm_s": truth.alarm_s, "big_s": truth.big_s, "ignition_s": row.fire.ignition_s, "looks": looks,
    }  # fmt: skip


def pictures(row: Row, still: npt.NDArray[np.float32], t_s: float) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """Return the noiseless picture, °C, with the lorry sound and with its fire."""
    assert row.fire is not None
    air = (row.outlook.air_c, row.extinction_per_km)
    patches = [patch for thing in row.timed() if thing.from_s <= t_s < thing.until_s and thing.stimulus is not row.fire
               for patch in thing.stimulus.patches(t_s)]  # fmt: skip
    out = []
    for more in ((), row.fire.patches(t_s) if t_s >= row.fire.smoulder_s else ()):
        picture = still.copy()
        paint(picture, [*patches, *more], *air, 0.5)
        out.append(picture)
    return out[0], out[1]


def changed(sound: npt.NDArray[np.uint8], burning: npt.NDArray[np.uint8], at: tuple[float, float]) -> list[int]:
    """Return by how many levels the most changed pixels round a place differ, the greatest first."""
    x, y = (round(value) for value in at)
    near = slice(max(0, y - CROP_PX), y + CROP_PX), slice(max(0, x - CROP_PX), x + CROP_PX)
    more = burning[near].astype(int) - sound[near].astype(int)
    return sorted((int(value) for value in more[more > 0]), reverse=True)[:64]


def told_s(result: dict[str, Any], px: int, levels: float) -> float:
    """Return since when at least `px` pixels differ by `levels` until the end; infinite if they do not."""
    since = math.inf
    for t_s, *more in result["looks"]:
        so = len(more) >= px and more[px - 1] >= levels
        since = min(since, t_s) if so else math.inf
    return since


def of_staring(cases: list[str]) -> int:
    """Print what the pictures hold of some fires of bench staring and, last, the JSON line."""
    settings, rows = DetectionSettings(), []
    drawn = [(case, staring.case_of(case)) for case in cases]
    if wrong := [case for case, found in drawn if found is None]:
        raise SystemExit(f"bench reach: {wrong[0]!r} is no case; staring:SEED:N")
    print("case                           sensor      unit  noise   gate  most px  4th px  over neighbours  and surroundings  a gate since")
    for case, found in drawn:
        sequence, visible_s = staring.draw(*found)  # type: ignore[misc]
        grey, fire = sequence.sensor.grey, sequence.stimuli[0]
        gate = settings.contrast_levels if grey else settings.contrast_k
        seen = difference(sequence, (fire.seen.x_px, fire.seen.y_px), fire.start_s, visible_s, gate)  # type: ignore[attr-defined]
        rows.append({"case": case, "gate": gate, "grey": grey, **asdict(seen)})
        since = "never" if seen.since_s is None else f"{seen.since_s:+.0f} s"
        print(
            f"{case:30} {sequence.sensor.output:11} {'level' if grey else 'K':5} {seen.noise:5.1f} {gate:6.1f} {seen.most:8.1f} "
            f"{seen.fourth:7.1f} {seen.beyond:16.1f} {seen.around:17.1f}  {since}"
        )
    below = [row for row in rows if row["since_s"] is None]
    if below:
        ends = f"{min(row['around'] for row in below):.0f} to {max(row['around'] for row in below):.0f}"
        print(f"{len(below)} of {len(rows)} never exceed place and surroundings by a gate in 4 px: by {ends} in the fourth")
    print(json.dumps({"tier": "semi-synthetic", "cases": rows, "below": len(below)}))
    return 0


def report(results: list[dict[str, Any]], law: dict[str, Any], px: int, levels: float, plot: Path | None) -> int:
    """Print the table and, last, the JSON line."""
    print(f"white-hot fires of bench trailer: seconds from due until {px} px differ by {levels:g} levels from the sound lorry, and 1 MW")
    print("case       lens  suspect    alarm     1 MW")
    counts = {"fires": len(results), "suspect_in_reach": 0, "alarm_in_reach": 0, "before_1_mw": 0}
    late = []
    for each in sorted(results, key=lambda each: int(each["case"].split(":")[1])):
        at = told_s(each, px, levels)
        gaps = [max(0.0, at - each[f"{which}_s"]) for which in ("suspect", "alarm")]
        ahead = at < each["big_s"]
        counts["suspect_in_reach"] += gaps[0] <= law["bars"]["suspect_s"]
        counts["alarm_in_reach"] += gaps[1] <= law["bars"]["alarm_s"]
        counts["before_1_mw"] += ahead
        late.append(gaps[1])
        print(f"{each['case']:10} {each['lens_mm']:4} {gaps[0]:8.0f} {gaps[1]:8.0f} {'before' if ahead else 'after':>8}")
    print(
        f"in reach: suspect {counts['suspect_in_reach']}, alarm {counts['alarm_in_reach']}, before 1 MW {counts['before_1_mw']} "
        f"of {len(results)}"
    )
    if plot is not None:
        draw(late, law["bars"]["alarm_s"], plot)
    print(json.dumps({"tier": "synthetic", "px": px, "levels": levels, **counts}))
    return 0


def draw(late: list[float], bar_s: float, plot: Path) -> None:
    """Draw the share of fires that are in reach by a time."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7.0, 4.0), layout="constrained")
    axes = figure.subplots()
    axes.ecdf([min(each, 1e4) for each in late])
    axes.axvline(bar_s, color="red", linestyle=":", label=f"bar: {bar_s:g} s")
    axes.set(xlim=(0, 900), ylim=(0, 1), xlabel="seconds from when the alarm is due", ylabel="share of white-hot fires the picture shows")
    axes.legend()
    figure.savefig(plot)


def main() -> int:
    """Run what is missing, and report."""
    reader = argparse.ArgumentParser(prog="scripts/bench reach", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_arguments(reader)
    reader.add_argument("cases", nargs="*", metavar="staring:SEED:N")
    reader.add_argument("--short", action="store_true", help="one fire")
    reader.add_argument("--px", type=int, default=PX)
    reader.add_argument("--levels", type=float, default=LEVELS)
    reader.add_argument("--plot", type=Path, metavar="FILE")
    asked = reader.parse_args()
    if asked.cases:
        return of_staring(asked.cases)
    law, digest = read("trailer")
    fires = [n for n in range(law["fires"]) if output_of(law, n) == "white-hot"]
    jobs = [SHORT] if asked.short else part_of(fires, asked.shard)
    results = known(asked.out, "reach", digest)
    if not asked.report:
        had = {each["case"] for each in results}
        results += play([n for n in jobs if f"fires:{n}" not in had], run, asked.out, "reach", asked.jobs)
    return report(results, law, asked.px, asked.levels, asked.plot)


if __name__ == "__main__":
    raise SystemExit(main())

"""scripts/bench staring: fires inserted into pictures without fire by physics, one staring lens, from the picture to core's active alarm.

The law is laws/staring.yaml. *Semi-synthetic* on real frames and *synthetic* on rendered yards stand in tables of their own. A fire is
first visible when the noiseless picture with it has 4 px 20 K over twice the local clutter above the one without it; time counts from there
(an alarm before it counts 0). Intervals are Wilson's, 95 %; cases of one site are not independent, so the number of sites stands beside.
"""

from __future__ import annotations

import json
import math
import string
from collections.abc import Iterable
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from shards import Row, law, parser, play, quantile, seed_of, shown_share
from trial import run

from edged.simulator.generator.background import Background, real, real_folder, rendered
from edged.simulator.generator.fires import EmberBed, GrowingFire, Seen, Smoulder
from edged.simulator.generator.patch import Stimulus
from edged.simulator.generator.sensor import Sensor
from edged.simulator.generator.sequence import SCAN_S, Sequence
from edged.simulator.generator.vehicle import VehicleFire

LAW = law("staring")
PITCH_UM = 12.0
SLOW = ("smoulder", "skin", "vehicle")
STOP_S = 1.0
TRIES = 400
LAST_LOOKS = 12


@lru_cache(maxsize=1)
def real_ones() -> tuple[Background, ...]:
    """Return the real backgrounds, none where the real data are absent."""
    folder = real_folder()
    return real(folder) if folder is not None else ()


@lru_cache(maxsize=4)
def yard(seed: int, azimuth_deg: float, ifov_mrad: float) -> Background:
    """Return a rendered background."""
    return rendered(seed, 12.0, math.degrees(2 * math.atan(0.32 * ifov_mrad)), azimuth_deg)


def uniform(rng: np.random.Generator, ends: list[float], log: bool = False) -> float:
    """Draw between two ends."""
    low, high = float(ends[0]), float(ends[1])
    return math.exp(rng.uniform(math.log(low), math.log(high))) if log else float(rng.uniform(low, high))


def choice(rng: np.random.Generator, shares: dict[str, float]) -> str:
    """Draw one of the names."""
    weights = np.array(list(shares.values()))
    return str(rng.choice(list(shares), p=weights / weights.sum()))


def draw(seed: int, number: int) -> tuple[Sequence, float]:
    """Return case `number` and when its fire is first visible. What is not visible at the end of its time is drawn again."""
    rng = np.random.default_rng([seed, number])
    kind, ifov = choice(rng, LAW["kinds"]), PITCH_UM / float(rng.choice(LAW["lenses_mm"]))
    background = drawn_background(rng, ifov)
    for _ in range(TRIES):
        sequence = drawn(rng, kind, background, ifov)
        ends = (sequence.seconds - n * SCAN_S for n in range(LAST_LOOKS))
        if any(sequence.visible(t_s, **LAW["visible"]) for t_s in ends):
            return sequence, sequence.first_visible_s(**LAW["visible"])
    raise SystemExit(f"bench staring: case {number} of seed {seed}: {TRIES} draws of {kind} and none became visible: the law is at fault")


def watched(seed: int, number: int) -> tuple[Sequence, float]:
    """Return case `number` as it is played, until no alarm is a miss, and when its fire is first visible."""
    sequence, visible_s = draw(seed, number)
    return replace(sequence, seconds=visible_s + LAW["missed_s"]), visible_s


def case_of(text: str) -> tuple[int, int] | None:
    """Return seed and number of `staring:SEED:N`; None where it is none."""
    match text.split(":"):
        case ["staring", seed, number] if seed and set(seed) <= set(string.hexdigits) and number.isdigit():
            return seed_of(seed), int(number)
    return None


def drawn_background(rng: np.random.Generator, ifov: float) -> Background:
    """Draw a background, real ones evenly by site."""
    if rng.random() >= LAW["real_share"]:
        return yard(int(rng.choice(LAW["yards"])), 30.0 * int(rng.integers(12)), ifov)
    if not real_ones():
        raise SystemExit("bench staring: no real data: put it into ../shared/data or name it in EDGED_REAL_DATA; nothing was measured")
    sites = sorted({each.site for each in real_ones()})
    site = sites[int(rng.integers(len(sites)))]
    known = [each for each in real_ones() if each.site == site]
    background = known[int(rng.integers(len(known)))]
    return background.mirrored() if rng.random() < 0.5 else background


def drawn(rng: np.random.Generator, kind: str, background: Background, ifov: float) -> Sequence:
    """Draw one sequence, as long as its fire may take to become visible."""
    high, wide = background.celsius.shape
    margin = LAW["margin_px"]
    x, y = float(rng.uniform(margin, wide - margin)), float(rng.uniform(max(margin, LAW["top_share"] * high), high - margin))
    soon = rng.random() < LAW["start_s"]["soon_share"]
    start_s = uniform(rng, LAW["start_s"]["soon" if soon else "later"])
    air_c = float(np.median(background.celsius[int(y) - 8 : int(y) + 9, int(x) - 8 : int(x) + 9]))
    stimulus = burning(rng, kind, Seen(x, y, uniform(rng, LAW["range_m"], log=True), ifov), start_s, air_c)
    humid = rng.random() < LAW["humid"]["share"]
    fps = LAW["fps"]["slow"] if kind in SLOW else rng.choice(LAW["fps"]["values"], p=LAW["fps"]["shares"])
    seconds = start_s + LAW["visible_within_s"][kind.split()[0]]
    return Sequence(
        background, (stimulus,), sensor(rng, ifov, start_s), float(fps), seconds, int(rng.integers(2**31)),
        uniform(rng, (LAW["humid"] if humid else LAW)["extinction_per_km"]), air_c,
    )  # fmt: skip


def burning(rng: np.random.Generator, kind: str, seen: Seen, start_s: float, air_c: float) -> Stimulus:
    """Draw what burns. It begins at the temperature of its place."""
    if kind.startswith("growing"):
        growth: Any = kind.split()[1]
        return GrowingFire(seen, start_s, growth, uniform(rng, LAW["growing"]["max_kw"], log=True), air_c)
    what: dict[str, Any] = {key: uniform(rng, ends) for key, ends in LAW[kind].items()}
    if kind == "embers":
        return EmberBed(seen, start_s, surroundings_c=air_c, **what)
    if kind == "vehicle":
        return VehicleFire(seen, start_s, air_c, **what)
    side = what["side_m"]
    return Smoulder(seen, start_s, what["k_per_min"], side, side, air_c, max(what["to_c"], air_c), kind)


def sensor(rng: np.random.Generator, ifov: float, start_s: float) -> Sensor:
    """Draw a sensor."""
    know = LAW["sensor"]
    output: Any = choice(rng, know["outputs"])
    control: Any = choice(rng, know["controls"])
    grey = output in ("white-hot", "black-hot")
    corrected, swaying = rng.random() < know["flat_field"]["share"], rng.random() < know["sway"]["share"]
    pumping, coded, low = rng.random() < know["pump"]["share"], rng.random() < know["coded_share_of_grey"], rng.random()
    return Sensor(
        output, uniform(rng, know["netd_mk"]), uniform(rng, know["pattern_mk"]),
        uniform(rng, know["flat_field"]["every_s"]) if corrected else None, uniform(rng, know["flat_field"]["pause_s"]),
        uniform(rng, know["flat_field"]["step_k"]), uniform(rng, know["sway"]["deg"], log=True) if swaying else 0.0, ifov,
        float(rng.choice(know["range_ends_c"])), start_s + float(rng.uniform(0, 60)) if low < know["low_gain_share"] else None,
        control=control, pump_hz=uniform(rng, know["pump"]["hz"]) if pumping else 0.0,
        pump_share=uniform(rng, know["pump"]["swing"]) if pumping else 0.0,
        kbps=int(rng.choice(know["kbps"])) if grey and coded else None,
    )  # fmt: skip


def early(seed: int) -> list[int]:
    """Return the cases of the short form."""
    found: list[int] = []
    number = 0
    while len(found) < LAW["short"]["cases"]:
        sequence, visible_s = draw(seed, number)
        if visible_s - sequence.stimuli[0].start_s <= LAW["short"]["visible_within_s"]:  # type: ignore[attr-defined]
            found.append(number)
        number += 1
    return found


def judge(seed: int, number: int) -> Row:
    """Run one case. Returns its row; times infinite where it never came are null."""
    return judged(seed, number, explain=False)


def judged(seed: int, number: int, *, explain: bool) -> Row:
    """Run one case, and print its sightings if wanted."""
    cv2.setNumThreads(1)
    sequence, visible_s = watched(seed, number)
    out = run(sequence, stop_s=STOP_S, visible_s=visible_s, keep_log=explain)
    what, how, seen = sequence.stimuli[0], sequence.sensor, sequence.stimuli[0].seen  # type: ignore[attr-defined]
    if explain:
        print("\n".join([str(what), str(how), f"background {sequence.background.name}, {sequence.fps:g} fps", *out.log]))
        print("\n".join(str(told) for told in out.told), f"\nblind {dict(out.blind_s)}")
    sort = "radiometric" if not how.grey else f"{how.output} {how.control}{' coded' if how.kbps else ''}"
    finite = {"suspect_s": out.suspect_s, "alarm_s": out.alarm_s}
    return {
        "case": number, "tier": sequence.background.tier, "site": sequence.background.site, "background": sequence.background.name,
        "kind": what.kind, "sensor": sort, "range_m": round(seen.range_m), "ifov_mrad": seen.ifov_mrad, "fps": sequence.fps,
        "sway_deg": round(how.sway_deg, 4), "pump_hz": round(how.pump_hz, 2), "low_gain": how.low_gain_s is not None,
        "clutter_k": round(sequence.background.clutter_k(seen.x_px, seen.y_px), 2), "x_px": round(seen.x_px), "y_px": round(seen.y_px),
        "start_s": round(what.start_s, 2), "visible_s": visible_s,  # type: ignore[attr-defined]
        **{key: round(at, 2) if math.isfinite(at) else None for key, at in finite.items()},
        "false_alarms": out.false_alarms, "reasons": sorted(out.reasons), "blind_s": round(sum(out.blind_s.values()), 1),
        "frames": out.frames, "detector_ms": round(out.detector_ms, 2), "generator_ms": round(out.generator_ms, 2),
    }  # fmt: skip


def late_s(row: Row) -> float:
    """Return the time from first visible to alarm."""
    return math.inf if row["alarm_s"] is None else max(0.0, row["alarm_s"] - row["visible_s"])


def missed(row: Row) -> bool:
    """Tell whether no alarm came in time."""
    return bool(late_s(row) > LAW["missed_s"])


def table(rows: list[Row], by: str) -> Iterable[str]:
    """Yield lines, one for each value of a column."""
    for value in sorted({row[by] for row in rows}):
        some = [row for row in rows if row[by] == value]
        yield line(str(value), some)


def line(name: str, rows: list[Row]) -> str:
    """Return one line of the table."""
    late, lost = [late_s(row) for row in rows], sum(missed(row) for row in rows)
    late_30 = sum(s > 30.0 for s in late)
    times = " ".join(f"{'—' if (q := quantile(late, share)) is None else q:>6}" for share in (0.5, 0.95, 0.99))
    sites = len({row["site"] for row in rows})
    false = sum(row["false_alarms"] for row in rows)
    return f"{name:28} {len(rows):5} {sites:5} {lost:6}  {shown_share(lost, len(rows)):22} {late_30:6} {times} {false:6}"


def figures(rows: list[Row]) -> dict[str, Any]:
    """Return the figures of one tier."""
    late = [late_s(row) for row in rows]
    return {
        "fires": len(rows), "sites": len({row["site"] for row in rows}), "missed": sum(missed(row) for row in rows),
        "p50_s": quantile(late, 0.5), "p95_s": quantile(late, 0.95), "false_alarms": sum(row["false_alarms"] for row in rows),
    }  # fmt: skip


def main() -> int:
    """Print the tables and, last, the JSON line. Returns 1 when a bar is not met."""
    options = parser(__doc__, LAW["seed"])
    options.add_argument("--failures", type=Path, metavar="FILE", help="write the cases that missed the bar there")
    args = options.parse_args()
    if args.explain is not None:
        print(json.dumps(judged(args.seed, args.explain, explain=True), ensure_ascii=False))
        return 0
    numbers = early(args.seed) if args.short else list(range(LAW["cases"]))
    args.out = None if args.short else args.out
    rows = play("staring", numbers, judge, args)
    for tier in ("semi-synthetic", "synthetic"):
        some = [row for row in rows if row["tier"] == tier]
        print(f"\n{tier}, staring; seconds from first visible to the active alarm")
        print(f"{'':28} {'fires':>5} sites missed  share [95 %]           > 30 s    p50    p95    p99  false")
        print(line("all", some))
        for by in ("kind", "sensor", "site"):
            print("\n".join(["", *table(some, by)]))
    bars = LAW["bars"]
    if args.failures is not None:
        bad = sorted((row for row in rows if late_s(row) > bars["p95_s"]), key=late_s, reverse=True)
        args.failures.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in bad), "utf-8")
    spent = float(np.mean([row["generator_ms"] for row in rows])) if rows else 0.0
    tiers = {tier: figures([row for row in rows if row["tier"] == tier]) for tier in ("semi-synthetic", "synthetic")}
    main_tier = tiers["semi-synthetic"]
    whole = len(rows) == len(numbers)
    result = {
        "tier": "semi-synthetic", **main_tier, "synthetic": tiers["synthetic"], "seed": args.seed, "complete": whole and not args.short,
        "generator_ms": round(spent, 2),
    }  # fmt: skip
    print(json.dumps(result))
    met = main_tier["missed"] <= bars["missed"] and main_tier["p95_s"] is not None and main_tier["p95_s"] <= bars["p95_s"]
    return 0 if met and not main_tier["false_alarms"] else 1


if __name__ == "__main__":
    raise SystemExit(main())

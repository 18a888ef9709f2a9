"""scripts/bench health: a dead sensor under a running clock, a quiet night, flames while the gain hunts or the range switches.

The law is laws/health.yaml. Frozen: real or rendered backgrounds through gain control, the camera's noise reduction, a clock drawn in, and
H.264; time from the freeze to the cause `frozen`; slow streams that are no part of the bar stand apart. Night: 8 h at 512 kbit/s through
the whole detector, accelerated: a fifth of each two minutes at its true rate, the stretches joined without a gap while the scene cools on
between them; every blind second counts. Flame: generator, detector and core as in bench staring. Cases of one site are not independent.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
from shards import Row, law, parser, play, quantile, shown_share
from staring import choice, real_ones, uniform, yard
from trial import run

from edged.detector.chain import Detector
from edged.detector.scalar import Scalar
from edged.detector.settings import DetectionSettings
from edged.model.frame import Frame
from edged.model.view import View
from edged.simulator.generator.background import Background
from edged.simulator.generator.codec import RoundTrip
from edged.simulator.generator.fires import EmberBed, GrowingFire, Seen
from edged.simulator.generator.patch import Stimulus
from edged.simulator.generator.sensor import Imager, Sensor
from edged.simulator.generator.sequence import START, Sequence

LAW = law("health")
FPS = float(LAW["fps"])
PITCH_UM, BEGIN_S, TRIES = 12.0, 100.0, 200
NIGHTS = int(LAW["night"]["hours"] * 3600 / LAW["night"]["each_s"] / LAW["night"]["per_case"])
FROZEN, FLAME = int(LAW["frozen"]["cases"]), int(LAW["flame"]["cases"])
Picture = npt.NDArray[np.float32]


def background(rng: np.random.Generator, ifov: float) -> Background:
    """Draw a background; rendered where the real data are absent."""
    if rng.random() < LAW["real_share"] and real_ones():
        sites = sorted({each.site for each in real_ones()})
        site = sites[int(rng.integers(len(sites)))]
        known = [each for each in real_ones() if each.site == site]
        return known[int(rng.integers(len(known)))]
    return yard(int(rng.choice(LAW["yards"])), 30.0 * int(rng.integers(12)), ifov)


class Camera:
    """A grey camera that codes: sensor, gain control, noise reduction, clock, H.264. `dead` stands the sensor still."""

    def __init__(self, rng: np.random.Generator, size: list[int], kbps: int, reduction: float, clock_px: float, top: bool) -> None:
        know = LAW["sensor"]
        self._width, self._height = size
        sensor = Sensor("white-hot", uniform(rng, know["netd_mk"]), uniform(rng, know["pattern_mk"]))
        self._imager = Imager(sensor, (self._height, self._width), FPS, int(rng.integers(2**31)))
        self._codec = RoundTrip(self._width, self._height, FPS, kbps)
        self._reduction, self._clock_px, self._top = np.float32(reduction), clock_px, top
        self._mean: Picture | None = None
        self._sent = self._out = 0
        self.dead = False

    def frames(self, picture: Picture, t_s: float) -> Iterator[Frame]:
        """Yield what comes out for a noiseless picture in °C, (H, W) float32."""
        if not self.dead or self._mean is None:
            live = np.asarray(self._imager.image(picture, t_s)[0].pixels, np.float32)
            self._mean = live if self._mean is None else self._mean + self._reduction * (live - self._mean)
        grey = np.asarray(np.round(self._mean), np.uint8).copy()
        scale, wide = self._clock_px / 22.0, round(min(0.9 * self._width, 15.0 * self._clock_px))
        y = 4 if self._top else self._height - 4 - round(1.4 * self._clock_px)
        cv2.rectangle(grey, (4, y), (4 + wide, y + round(1.4 * self._clock_px)), 0, -1)
        said = f"{START + timedelta(seconds=t_s):%Y-%m-%d %H:%M:%S}"
        cv2.putText(grey, said, (8, y + round(1.15 * self._clock_px)), cv2.FONT_HERSHEY_SIMPLEX, scale, 255, 1)
        self._sent += 1
        for pixels, key in self._codec.send(grey):
            mono_s = BEGIN_S + self._out / FPS
            yield Frame(pixels, self._out, mono_s, START + timedelta(seconds=mono_s), key=key)
            self._out += 1


def frozen_case(seed: int, number: int) -> Row:
    """Freeze one sensor. `found_s`: after the freeze, None where it was not told; `early_s`: blind as frozen while it lived."""
    rng, know = np.random.default_rng([seed, number]), LAW["frozen"]
    size = list(know["sizes"][int(rng.integers(len(know["sizes"])))])
    below = rng.random() < know["below_share"]
    kbps = int(rng.choice(know["kbps_below" if below else "kbps"]))
    at_s, reduction = uniform(rng, know["at_s"]), uniform(rng, know["reduction"])
    scene = background(rng, 0.24)
    picture = np.asarray(cv2.resize(scene.celsius, tuple(size), interpolation=cv2.INTER_AREA), np.float32)
    camera = Camera(rng, size, kbps, reduction, uniform(rng, know["clock_px"]), bool(rng.random() < know["clock_from_top"]["share"]))
    detector, scalar = Detector(DetectionSettings(), "th-01", View("th-01", "a", 1, 0.0, 0.0, 24.0, 0.0)), Scalar("white-hot")
    found_s: float | None = None
    early_s = 0.0
    for count in range(int((at_s + know["watch_s"]) * FPS)):
        t_s = count / FPS
        camera.dead = t_s >= at_s
        for frame in camera.frames(picture.copy(), t_s):
            detector.judge(scalar.thermogram(frame), frame)
            lost = dict(detector.watched().blind_s).get("frozen", 0.0)
            since = frame.mono_s - BEGIN_S - at_s
            if lost and since < 0.0:
                early_s += lost
            elif lost and found_s is None:
                found_s = round(since, 2)
    return {
        "case": number, "part": "frozen", "tier": scene.tier, "site": scene.site, "size": f"{size[0]}×{size[1]}", "kbps": kbps,
        "below": below, "reduction": round(reduction, 2), "at_s": round(at_s, 2), "found_s": found_s, "early_s": round(early_s, 2),
    }  # fmt: skip


def night_case(seed: int, number: int, first: int) -> Row:
    """Play stretches that follow one another in one night. `blind_s` by cause."""
    night, know = np.random.default_rng([seed, 9]), LAW["night"]
    fall, reduction = uniform(night, know["fall_k_per_h"]), uniform(night, know["reduction"], log=True)
    clock = uniform(night, know["clock_px"])
    rng = np.random.default_rng([seed, number])
    scene = background(rng, 0.24)
    camera = Camera(rng, list(know["size"]), know["kbps"], reduction, clock, bool(rng.random() < 0.5))
    detector, scalar = Detector(DetectionSettings(), "th-01", View("th-01", "a", 1, 0.0, 0.0, 24.0, 0.0)), Scalar("white-hot")
    still = np.asarray(cv2.resize(scene.celsius, tuple(know["size"]), interpolation=cv2.INTER_AREA), np.float32)
    level = np.float32(np.median(still))
    blind: dict[str, float] = {}
    sightings = 0
    for stretch in range(know["per_case"]):
        for count in range(int(know["stretch_s"] * FPS)):
            hour = ((first * know["per_case"] + stretch) * know["each_s"] + count / FPS) / 3600.0
            picture = level - np.float32(fall * hour) + (still - level) * np.float32(max(0.05, 1.0 - know["flatten_per_h"] * hour))
            for frame in camera.frames(picture, stretch * know["stretch_s"] + count / FPS):
                sightings += len(detector.judge(scalar.thermogram(frame), frame))
        for cause, lost in detector.watched().blind_s:
            blind[cause] = round(blind.get(cause, 0.0) + lost, 2)
    return {
        "case": number, "part": "night", "tier": scene.tier, "site": scene.site, "reduction": round(reduction, 3),
        "hour": round(first * know["per_case"] * know["each_s"] / 3600.0, 2), "played_s": know["per_case"] * know["stretch_s"],
        "blind_s": blind, "sightings": sightings,
    }  # fmt: skip


def flame(seed: int, number: int) -> tuple[Sequence, float, str]:
    """Draw a flame that becomes visible. Returns the sequence, when it is first visible, and what the gain does."""
    rng, know = np.random.default_rng([seed, number]), LAW["flame"]
    kind, low = choice(rng, know["kinds"]), bool(rng.random() < know["low_gain_share"])
    for _ in range(TRIES):
        ifov = PITCH_UM / float(rng.choice(know["lenses_mm"]))
        scene = background(rng, ifov)
        high, wide = scene.celsius.shape
        x, y = float(rng.uniform(30, wide - 30)), float(rng.uniform(0.2 * high, high - 30))
        air_c = float(np.median(scene.celsius[int(y) - 8 : int(y) + 9, int(x) - 8 : int(x) + 9]))
        start_s, seen = uniform(rng, know["start_s"]), Seen(x, y, uniform(rng, know["range_m"], log=True), ifov)
        burns: Stimulus
        if kind == "embers":
            burns = EmberBed(seen, start_s, surroundings_c=air_c, **{name: uniform(rng, ends) for name, ends in know["embers"].items()})
        else:
            growth: Any = kind.split()[1]
            burns = GrowingFire(seen, start_s, growth, uniform(rng, know["growing"]["max_kw"], log=True), air_c)
        air = uniform(rng, know["extinction_per_km"])
        blank = Sequence(scene, (burns,), Sensor(), FPS, start_s + know["visible_within_s"], 0, air, air_c)
        visible_s = blank.first_visible_s(**know["visible"])
        if not math.isfinite(visible_s):
            continue
        sensor, how = gain(rng, ifov, visible_s, low)
        seconds = visible_s + know["missed_s"] + 1.0
        return Sequence(scene, (burns,), sensor, FPS, seconds, int(rng.integers(2**31)), air, air_c), visible_s, how
    raise SystemExit(f"bench health: case {number} of seed {seed}: {TRIES} draws of {kind} and none became visible: the law is at fault")


def gain(rng: np.random.Generator, ifov: float, visible_s: float, low: bool) -> tuple[Sensor, str]:
    """Draw a sensor whose gain hunts or whose range switches, and its name in tables."""
    know, coded = LAW["flame"], None
    netd, pattern = uniform(rng, LAW["sensor"]["netd_mk"]), uniform(rng, LAW["sensor"]["pattern_mk"])
    if rng.random() < know["coded"]["share"]:
        coded = int(rng.choice(know["coded"]["kbps"]))
    control: Any = choice(rng, know["controls"])
    if not low:
        hz, swing = uniform(rng, know["pump"]["hz"], log=True), uniform(rng, know["pump"]["swing"])
        sensor = Sensor("white-hot", netd, pattern, ifov_mrad=ifov, control=control, pump_hz=hz, pump_share=swing, kbps=coded)
        return sensor, f"pumping {control}"
    at_s, end_c = visible_s + uniform(rng, know["low_gain"]["after_visible_s"]), float(rng.choice(know["low_gain"]["range_ends_c"]))
    if rng.random() < know["low_gain"]["radiometric_share"]:
        return Sensor("centikelvin", netd, pattern, ifov_mrad=ifov, range_end_c=end_c, low_gain_s=at_s), "low gain radiometric"
    return Sensor(
        "white-hot", netd, pattern, ifov_mrad=ifov, range_end_c=end_c, low_gain_s=at_s, control=control, kbps=coded
    ), "low gain grey"


def flame_case(seed: int, number: int, *, explain: bool = False) -> Row:
    """Run one flame. `late_s`: from first visible to alarm, None where none came."""
    sequence, visible_s, how = flame(seed, number)
    out = run(sequence, stop_s=1.0, visible_s=visible_s, keep_log=explain)
    if explain:
        print("\n".join([str(sequence.stimuli[0]), str(sequence.sensor), sequence.background.name, *out.log, *map(str, out.told)]))
    late = max(0.0, out.alarm_s - visible_s)
    missed = late > LAW["flame"]["missed_s"]
    sensor, seen = sequence.sensor, sequence.stimuli[0].seen  # type: ignore[attr-defined]
    return {
        "case": number, "part": "flame", "tier": sequence.background.tier, "site": sequence.background.site, "gain": how,
        "kind": sequence.stimuli[0].kind, "range_m": round(seen.range_m), "hz": round(sensor.pump_hz, 2),
        "swing": round(sensor.pump_share, 2),
        "kbps": sensor.kbps, "visible_s": visible_s, "late_s": None if missed else round(late, 2),
        "false_alarms": out.false_alarms,
        "blind_s": {cause: round(s, 1) for cause, s in out.blind_s.items()}, "reasons": sorted(out.reasons),
        "x_px": round(seen.x_px), "y_px": round(seen.y_px),
    }  # fmt: skip


def judge(seed: int, number: int, short: bool = False) -> Row:
    """Run case `number`: the frozen ones first, then the night, then the flames."""
    cv2.setNumThreads(1)
    if number < FROZEN:
        return frozen_case(seed, number)
    if number < FROZEN + NIGHTS:
        spread = NIGHTS // LAW["short"]["night"] if short else 1
        return night_case(seed, number, min((number - FROZEN) * spread, NIGHTS - 1))
    return flame_case(seed, number)


def shown_frozen(rows: list[Row]) -> dict[str, Any]:
    """Print what became of the dead sensors; returns the figures of the bar."""
    for name, some in (("the bar", [r for r in rows if not r["below"]]), ("below", [r for r in rows if r["below"]])):
        for kbps in sorted({r["kbps"] for r in some}):
            for size in sorted({r["size"] for r in some if r["kbps"] == kbps}):
                print(frozen_line(name, f"{size} {kbps} kbit/s", [r for r in some if (r["kbps"], r["size"]) == (kbps, size)]))
    bar = [row for row in rows if not row["below"]]
    late = [math.inf if row["found_s"] is None else row["found_s"] for row in bar]
    told = sum(row["found_s"] is not None for row in rows if row["below"])
    return {
        "frozen": len(bar), "frozen_p100_s": quantile(late, 1.0), "frozen_late": sum(s > LAW["bars"]["frozen_s"] for s in late),
        "frozen_below": sum(row["below"] for row in rows), "frozen_below_told": told,
        "frozen_early_s": round(sum(row["early_s"] for row in rows), 2),
    }  # fmt: skip


def frozen_line(name: str, what: str, rows: list[Row]) -> str:
    """Return one line of the frozen table."""
    late = [math.inf if row["found_s"] is None else row["found_s"] for row in rows]
    times = " ".join(f"{'—' if (q := quantile(late, share)) is None else q:>6}" for share in (0.5, 1.0))
    lost, early = sum(s > LAW["bars"]["frozen_s"] for s in late), sum(row["early_s"] for row in rows)
    return (
        f"frozen {name:8} {what:22} {len(rows):4}  over {LAW['bars']['frozen_s']} s {lost:3}  p50, p100 {times}  while alive {early:4.1f} s"
    )


def main() -> int:
    """Print the tables and, last, the JSON line. Returns 1 when a bar is not met."""
    options = parser(__doc__, LAW["seed"])
    options.add_argument("--part", choices=("frozen", "night", "flame"), help="only this part")
    options.add_argument("--failures", type=Path, metavar="FILE", help="write the cases that missed a bar there")
    args = options.parse_args()
    if args.explain is not None:
        row = flame_case(args.seed, args.explain, explain=True) if args.explain >= FROZEN + NIGHTS else judge(args.seed, args.explain)
        print(json.dumps(row, ensure_ascii=False))
        return 0
    begins = {"frozen": (0, FROZEN), "night": (FROZEN, NIGHTS), "flame": (FROZEN + NIGHTS, FLAME)}
    numbers = [
        begin + n for part, (begin, count) in begins.items() if args.part in (None, part)
        for n in range(min(count, LAW["short"][part]) if args.short else count)
    ]  # fmt: skip
    args.out = None if args.short else args.out
    rows = play("health", numbers, partial(judge, short=args.short), args)
    frozen, night, flames = ([row for row in rows if row["part"] == part] for part in ("frozen", "night", "flame"))
    result: dict[str, Any] = shown_frozen(frozen)
    lost = {cause: round(sum(row["blind_s"].get(cause, 0.0) for row in night), 2) for row in night for cause in row["blind_s"]}
    played_h = sum(row["played_s"] for row in night) / 3600.0
    whole_h = len(night) * LAW["night"]["per_case"] * LAW["night"]["each_s"] / 3600.0
    print(f"night  512 kbit/s: {played_h:.2f} h played of {whole_h:.1f} h, blind {lost}")
    for tier in ("semi-synthetic", "synthetic"):
        for how in sorted({row["gain"] for row in flames if row["tier"] == tier}):
            some = [row for row in flames if (row["tier"], row["gain"]) == (tier, how)]
            late = [math.inf if row["late_s"] is None else row["late_s"] for row in some]
            missed, sites = sum(row["late_s"] is None for row in some), len({row["site"] for row in some})
            times = " ".join(f"{'—' if (q := quantile(late, share)) is None else q:>6}" for share in (0.5, 0.95))
            chances = shown_share(missed, len(some))
            print(f"flame  {tier:14} {how:22} {len(some):4} sites {sites:2} missed {missed:3} {chances} p50, p95 {times}")
    result |= {
        "night_played_h": round(played_h, 2), "false_blind_s": round(sum(lost.values()), 2), "flames": len(flames),
        "flames_missed": sum(row["late_s"] is None for row in flames), "false_alarms": sum(row["false_alarms"] for row in flames),
    }  # fmt: skip
    if args.failures is not None:
        bad = [r for r in rows if r.get("late_s", 0) is None or (r["part"] == "frozen" and not r["below"] and (r["found_s"] or 99) > 10)
               or r.get("early_s") or (r["part"] == "night" and r["blind_s"]) or r.get("false_alarms")]  # fmt: skip
        args.failures.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in bad), "utf-8")
    print(json.dumps(result))
    met = not result["frozen_late"] and not result["frozen_early_s"] and not result["false_blind_s"] and not result["flames_missed"]
    return 0 if met else 1


if __name__ == "__main__":
    raise SystemExit(main())

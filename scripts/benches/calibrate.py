"""scripts/bench calibrate: how well a mount is found from landmarks and from a walk, on *synthetic* draws with known truth.

The law of the draws: laws/calibrate.yaml, fixed before the solver was tuned. Beside each error stands the Cramér–Rao bound of that layout:
no unbiased solver does better. `false` counts fits of right landmarks in which something was named or reported.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
import time
from dataclasses import dataclass, field

import numpy as np
from synthetic.landmarks import LAWS, REFRACTION_K, bounds, draw, walk

from edged.geometry.calibrated import Calibration
from edged.geometry.calibration import calibrate
from edged.geometry.walk import find_source
from edged.model.errors import CalibrationError
from edged.model.site import Mount

PAN_BAR_DEG, FOV_BAR_SHARE = 0.02, 0.003
CLEAN = ("once", "twice", "tele", "lean")


@dataclass
class Tally:
    """The draws of one scenario."""

    draws: int = 0
    pan: list[float] = field(default_factory=list)
    tilt: list[float] = field(default_factory=list)
    fov: list[float] = field(default_factory=list)
    bound: list[tuple[float, float, float]] = field(default_factory=list)
    inside: list[bool] = field(default_factory=list)
    named: int = 0
    named_others: int = 0
    reported: int = 0
    said_field: int = 0
    refused: int = 0
    missed_px: list[float] = field(default_factory=list)


def wrapped(angle_deg: float) -> float:
    """Return the angle in −180..180."""
    return (angle_deg + 180.0) % 360.0 - 180.0


def rms(values: list[float]) -> float:
    """Return the root of the mean square."""
    return math.sqrt(sum(v * v for v in values) / max(1, len(values)))


def p95(values: list[float]) -> float:
    """Return the 95th percentile of the absolute values."""
    return float(np.quantile(np.abs(values), 0.95)) if values else math.nan


def scenario(name: str, count: int, bar: Bar) -> Tally:
    """Run the draws of one scenario."""
    law = LAWS["scenarios"][name]
    rng = np.random.default_rng([LAWS["seed"], *name.encode()])
    tally = Tally()
    for _ in range(count):
        drawn = draw(rng, law)
        tally.draws += 1
        bar.step()
        try:
            found = calibrate(drawn.before, drawn.observations, fix_fov="hidden" in law, refraction_k=REFRACTION_K)
        except CalibrationError:
            tally.refused += 1
            continue
        truth = drawn.truth
        tally.pan.append(wrapped(found.mount.azimuth_deg - truth.mount.azimuth_deg))
        tally.tilt.append(found.mount.tilt_zero_deg - truth.mount.tilt_zero_deg)
        tally.fov.append(found.fields[0][1] / truth.hfov_deg - 1.0)
        if not drawn.wrong:
            tally.bound.append(bounds(drawn, bool(law.get("lean")), "hidden" not in law))
        sigma = {p.name: p.sigma or math.inf for p in found.parameters}
        tally.inside += [abs(tally.pan[-1]) < 1.96 * sigma["azimuth_deg"], abs(tally.tilt[-1]) < 1.96 * sigma["tilt_zero_deg"]]
        left = {r.name for r in found.rejected}
        tally.named += bool(drawn.wrong) and drawn.wrong <= left
        tally.named_others += bool(left - drawn.wrong)
        tally.reported += bool(found.findings)
        tally.said_field += bool(found.findings) and found.findings[0].kind == "field" and sign_right(found, drawn.truth.hfov_deg)
        if drawn.wrong and not drawn.wrong <= left:
            tally.missed_px.append(max(math.hypot(*r.miss_px) for r in found.residuals if r.name in drawn.wrong))
    return tally


def sign_right(found: Calibration, true_deg: float) -> bool:
    """Tell whether the finding on the field of view has the right sign."""
    return (found.findings[0].value[0] > 0.0) == (true_deg > found.fields[0][0])


@dataclass
class Walks:
    """The draws of walks."""

    draws: int = 0
    found: int = 0
    wrong: int = 0
    refused: int = 0
    pan: list[float] = field(default_factory=list)
    tilt: list[float] = field(default_factory=list)
    stops: list[int] = field(default_factory=list)
    inside: list[bool] = field(default_factory=list)


def walks(count: int, bar: Bar) -> Walks:
    """Run walks with an unknown azimuth."""
    rng = np.random.default_rng([LAWS["seed"], *b"walk"])
    law, out = LAWS["walk"], Walks()
    for _ in range(count):
        drawn = walk(rng)
        out.draws += 1
        bar.step()
        try:
            heights = [law["source_height_m"]] * len(drawn.stops)
            source = find_source(
                drawn.before, drawn.stops, drawn.warm, drawn.held, heights, gps_sigma_m=law["gps_sigma_m"], prior_sigma_deg=None,
                refraction_k=REFRACTION_K,
            )  # fmt: skip
            found = calibrate(drawn.before, source.observations, refraction_k=REFRACTION_K)
        except CalibrationError:
            out.refused += 1
            continue
        off = wrapped(found.mount.azimuth_deg - drawn.truth.mount.azimuth_deg)
        if abs(off) > 1.0:
            out.wrong += 1
            continue
        out.found += 1
        out.pan.append(off)
        out.tilt.append(found.mount.tilt_zero_deg - drawn.truth.mount.tilt_zero_deg)
        out.stops.append(found.landmarks)
        out.inside += [abs(off) < 1.96 * (found.parameters[0].sigma or math.inf)]
    return out


class Bar:
    """A progress bar, on a terminal only."""

    def __init__(self, total: int) -> None:
        self._total, self._done, self._shown = total, 0, 0.0

    def step(self) -> None:
        self._done += 1
        if sys.stderr.isatty() and (time.monotonic() - self._shown > 0.2 or self._done == self._total):
            self._shown = time.monotonic()
            share = self._done / self._total
            sys.stderr.write(f"\r[{'#' * int(40 * share):40}] {self._done}/{self._total}" + ("\n" if share >= 1.0 else ""))
            sys.stderr.flush()


def main() -> int:
    """Print the table and, last, the JSON line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--short", action="store_true", help="fewer draws")
    short = parser.parse_args().short
    count, walked = (LAWS["draws"]["short"], LAWS["draws"]["walk_short"]) if short else (LAWS["draws"]["full"], LAWS["draws"]["walk_full"])
    bar = Bar(count * len(LAWS["scenarios"]) + walked)
    began = time.monotonic()
    calibrate(Mount("warm-up", 29.61, 106.6, 30.0), draw(np.random.default_rng(0), LAWS["scenarios"]["once"]).observations)
    tallies = {name: scenario(name, count, bar) for name in LAWS["scenarios"]}
    journeys = walks(walked, bar)
    print(f"{count} draws each, seed {LAWS['seed']}; errors rms / p95 (Cramér–Rao 1σ); share within 0.02° and 0.3 %; σ: truth in 95 %")
    shares = f"{'pan':>6} {'tilt':>6} {'field':>6} {'σ':>6}"
    print(f"{'scenario':13} {'pan °':24} {'tilt °':24} {'field %':24} {shares} named others report refused")
    rows = {}
    for name, t in tallies.items():
        b = [rms([x[i] for x in t.bound]) if t.bound else math.nan for i in range(3)]
        share = [float(np.mean(np.abs(v) < bar_)) for v, bar_ in ((t.pan, PAN_BAR_DEG), (t.tilt, PAN_BAR_DEG), (t.fov, FOV_BAR_SHARE))]
        rows[name] = share
        errors = ((t.pan, b[0], 1), (t.tilt, b[1], 1), (t.fov, b[2], 100))
        figures = [f"{rms(v) * k:.4f} / {p95(v) * k:.4f} ({x * k:.4f})" for v, x, k in errors]
        print(
            f"{name:13} {figures[0]:24} {figures[1]:24} {figures[2]:24} {share[0]:6.3f} {share[1]:6.3f} {share[2]:6.3f} "
            f"{np.mean(t.inside):6.3f} {t.named:5d} {t.named_others:6d} {t.reported:6d} {t.refused:7d}"
        )
    print(
        f"walk: {journeys.draws} draws, azimuth unknown: found {journeys.found}, wrong {journeys.wrong}, refused {journeys.refused}; "
        f"pan {rms(journeys.pan):.3f}° rms, {p95(journeys.pan):.3f}° p95; tilt {rms(journeys.tilt):.3f}°; "
        f"{np.mean(journeys.stops) if journeys.stops else 0:.1f} stops used; σ {np.mean(journeys.inside) if journeys.inside else 0:.2f}"
    )
    once, twice = tallies["once"], tallies["twice"]
    wrong = [tallies[name] for name in ("moved", "swapped")]
    clean = [tallies[name] for name in CLEAN]
    draws = sum(t.draws for t in clean)
    result = {
        "pan_error_deg": rms(once.pan), "pan_error_p95_deg": p95(once.pan), "pan_crb_deg": rms([b[0] for b in once.bound]),
        "tilt_error_deg": rms(once.tilt), "tilt_error_p95_deg": p95(once.tilt), "tilt_crb_deg": rms([b[1] for b in once.bound]),
        "fov_error_share": rms(once.fov), "fov_error_p95_share": p95(once.fov), "fov_crb_share": rms([b[2] for b in once.bound]),
        "within_bar_share": dict(zip(("pan", "tilt", "fov"), rows["once"], strict=True)),
        "twice": {
            "pan_error_deg": rms(twice.pan), "pan_error_p95_deg": p95(twice.pan), "tilt_error_p95_deg": p95(twice.tilt),
            "fov_error_share": rms(twice.fov), "fov_error_p95_share": p95(twice.fov),
            "within_bar_share": dict(zip(("pan", "tilt", "fov"), rows["twice"], strict=True)),
        },
        "wrong_named_share": sum(t.named for t in wrong) / sum(t.draws for t in wrong),
        "moved_named_share": wrong[0].named / wrong[0].draws, "swapped_named_share": wrong[1].named / wrong[1].draws,
        "right_named_share": sum(t.named_others for t in wrong) / sum(t.draws for t in wrong),
        "not_named_miss_p95_px": p95(wrong[0].missed_px) if wrong[0].missed_px else None,
        "moved_pan_error_deg": rms(wrong[0].pan),
        "false_report_share": sum(t.reported for t in clean) / draws, "false_named_share": sum(t.named_others for t in clean) / draws,
        "hidden_focal_said_share": tallies["hidden_focal"].said_field / tallies["hidden_focal"].draws,
        "sigma_95_share": float(np.mean([i for t in clean for i in t.inside])),
        "walk": {
            "found_share": journeys.found / journeys.draws, "wrong_share": journeys.wrong / journeys.draws,
            "pan_error_deg": rms(journeys.pan), "tilt_error_deg": rms(journeys.tilt),
        },
        "draws": count, "seconds": round(time.monotonic() - began, 1),
    }  # fmt: skip
    print(json.dumps(rounded(result)))
    return 0


def rounded(value: object) -> object:
    """Return the figures with six digits."""
    if isinstance(value, dict):
        return {name: rounded(one) for name, one in value.items()}
    return float(f"{value:.6g}") if isinstance(value, float) else value


if __name__ == "__main__":
    raise SystemExit(main())

"""Figures of `bench site` from its outcomes: shares with intervals, quantiles of the time to alarm, tables, and the curve as a picture."""

from __future__ import annotations

import itertools
import math
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from station.draws import LAW

Row = dict[str, Any]
WITHIN_S = {"found_2min": 120.0, "found_5min": 300.0, "found_10min": 600.0}
Z95 = 1.959964
UNSEEN = ("occluded", "outside_views", "beyond_range", "no_head")
NAMES = {"brazier": "brazier 0.3 m 500 °C", "skin": "skin 1 m² 60 °C", "vehicle": "vehicle fire"}
COLOURS = {"brazier": "#d55e00", "skin": "#0072b2", "vehicle": "#009e73"}


def wilson(hits: int, of: int) -> tuple[float, float]:
    """Return the 95 % interval of a share."""
    if not of:
        return 0.0, 1.0
    share, z2 = hits / of, Z95 * Z95
    middle = (share + z2 / (2 * of)) / (1 + z2 / of)
    half = Z95 / (1 + z2 / of) * math.sqrt(share * (1 - share) / of + z2 / (4 * of * of))
    return max(0.0, middle - half), min(1.0, middle + half)


def quantile_s(rows: Sequence[Row], share: float) -> float | None:
    """Return the time by which this share of the fires had their alarm; None where fewer ever had one."""
    times = sorted(math.inf if row["found_s"] is None else float(row["found_s"]) for row in rows)
    if not times:
        return None
    found = times[min(len(times) - 1, math.ceil(share * len(times)) - 1)]
    return round(found, 1) if math.isfinite(found) else None


def told(rows: Iterable[Row], limit_s: float) -> int:
    """Return how many fires the console showed as a pre-alarm by then: a person looks, nobody is called."""
    return sum(row["pre_alarm_s"] is not None and row["pre_alarm_s"] <= limit_s for row in rows)


def in_sight(rows: Iterable[Row]) -> list[Row]:
    """Return the fires in places that at least one view sees."""
    return [row for row in rows if row["views"] > 0]


def figures(rows: Sequence[Row]) -> dict[str, Any]:
    """Return the figures of some fires, as plain values."""
    out: dict[str, Any] = {"fires": len(rows)}
    for name, limit in WITHIN_S.items():
        hits = sum(row["found_s"] is not None and row["found_s"] <= limit for row in rows)
        low, high = wilson(hits, len(rows))
        out[name] = round(hits / len(rows), 4) if rows else None
        out[f"{name}_95"] = [round(low, 4), round(high, 4)]
        out[name.replace("found", "pre_alarm")] = round(told(rows, limit) / len(rows), 4) if rows else None
    out |= {"p50_s": quantile_s(rows, 0.5), "p95_s": quantile_s(rows, 0.95)}
    found = [row for row in rows if row["found_s"] is not None]
    out |= {"found_p50_s": quantile_s(found, 0.5), "found_p95_s": quantile_s(found, 0.95)}
    return out


def answer(rows: Sequence[Row]) -> dict[str, Any]:
    """Return the last line: all fires, those in sight, each kind, reasons, and the alarms of other things."""
    vehicles = [row for row in rows if row["kind"] == "vehicle" and row["views"] > 0]
    big = float(LAW["vehicle"]["big_kw"])
    others = Counter(cause for row in rows for cause in row["others"])
    heard_h = sum(float(row["heard_s"]) for row in rows) / 3600.0
    after = sorted(row["found_s"] - row["visible_s"] for row in rows if row["found_s"] is not None and row["visible_s"] is not None)
    return {
        **figures(rows),
        "in_sight": figures(in_sight(rows)),
        "kinds": {
            kind: {**figures(own := _of(rows, kind)), "in_sight": figures(in_sight(own))} for kind in LAW["kinds"] if _of(rows, kind)
        },
        "reasons": dict(Counter(row["reason"] for row in rows if row["reason"]).most_common()),
        "vehicle_before_1mw": _share(sum(row["found_s"] is not None and row["kw"] < big for row in vehicles), len(vehicles)),
        "visible_to_alarm_p50_s": round(after[len(after) // 2], 1) if after else None,
        "visible_to_alarm_p95_s": round(after[math.ceil(0.95 * len(after)) - 1], 1) if after else None,
        "other_alarms": {
            "count": sum(others.values()),
            "by_cause": dict(others.most_common()),
            "warm_arrivals_in_sight": sum(row["arrivals"] for row in rows),
            "window_hours": round(heard_h, 2),
        },
        "views_mean": round(sum(row["views"] for row in rows) / max(1, len(rows)), 2),
        "cpu_s_mean": round(sum(float(row["cpu_s"]) for row in rows) / max(1, len(rows)), 3),
    }


def show(rows: Sequence[Row], say: Callable[[str], None] = print) -> None:
    """Print the tables."""
    heads = f"{'synthetic':26}{'fires':>7}{'alarm in 2 min':>16}{'5 min':>8}{'10 min':>8}{'95 %':>17}{'p50 s':>8}{'p95 s':>8}"
    say(f"{heads}{'pre-alarm in 2 | 10':>22}")
    _line("all places", rows, say)
    for kind in LAW["kinds"]:
        _line(f"  {NAMES[kind]}", _of(rows, kind), say)
    _line("places that a view sees", in_sight(rows), say)
    for kind in LAW["kinds"]:
        _line(f"  {NAMES[kind]}", in_sight(_of(rows, kind)), say)
    edges = [float(edge) for edge in LAW["ranges_m"]]
    say("\nby range of the nearest head that sees it: found in 5 | 10 min, of fires")
    say(f"{'m':14}" + "".join(f"{NAMES[kind]:>26}" for kind in LAW["kinds"]))
    for low, high in itertools.pairwise(edges):
        cells = []
        for kind in LAW["kinds"]:
            own = [row for row in _of(rows, kind) if row["range_m"] is not None and low <= row["range_m"] < high]
            five, ten = (sum(row["found_s"] is not None and row["found_s"] <= limit for row in own) for limit in (300.0, 600.0))
            cells.append(f"{five / len(own):.1%} | {ten / len(own):.1%} of {len(own)}" if own else "–")
        say(f"{low:5.0f} … {high:5.0f} " + "".join(f"{cell:>26}" for cell in cells))
    say("\nby air: found in 10 min of those in sight")
    for name in [str(one["name"]) for one in LAW["weather"]["extinction_per_km"]]:
        cells = []
        for kind in LAW["kinds"]:
            own = [row for row in in_sight(_of(rows, kind)) if row["sky"] == name]
            cells.append(f"{sum(row['found_s'] is not None for row in own) / len(own):.1%} of {len(own)}" if own else "–")
        say(f"{name:14}" + "".join(f"{cell:>26}" for cell in cells))
    say("\nnot found in 10 min, by reason")
    reasons = Counter((row["reason"], row["kind"]) for row in rows if row["reason"])
    for reason in dict.fromkeys(name for (name, _), _ in reasons.most_common()):
        say(f"{reason:22}" + "".join(f"{reasons[reason, kind]:>20}" for kind in LAW["kinds"]))
    others = Counter(cause for row in rows for cause in row["others"])
    hours, came = sum(float(row["heard_s"]) for row in rows) / 3600.0, sum(row["arrivals"] for row in rows)
    say(f"\nalarms of other things: {others['parked_warm']} of {came} warm vehicles that arrived in sight of the windows;")
    say(f"{', '.join(f'{n} {name}' for name, n in others.most_common()) or 'none'} in {hours:.1f} h of windows of 3.5° (20 make a view)")


def draw(rows: Sequence[Row], path: Path) -> None:
    """Write the share found against the time since ignition as a PNG."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    horizon = float(LAW["horizon_s"])
    figure, axes = pyplot.subplots(figsize=(9, 5.5), constrained_layout=True)
    for kind in LAW["kinds"]:
        for style, own in (("-", in_sight(_of(rows, kind))), (":", _of(rows, kind))):
            times = sorted(row["found_s"] for row in own if row["found_s"] is not None)
            if own:
                label = f"{NAMES[kind]}, {'a view sees the place' if style == '-' else 'all places'} ({len(own)})"
                xs, ys = [0.0, *times, horizon], [n / len(own) for n in (*range(len(times) + 1), len(times))]
                axes.step(xs, ys, where="post", linestyle=style, color=COLOURS[kind], label=label)
    for limit in WITHIN_S.values():
        axes.axvline(limit, color="0.8", linewidth=0.8, zorder=0)
    axes.set(xlim=(0, horizon), ylim=(0, 1), xlabel="s after ignition", ylabel="share with an alarm")
    axes.set_title("Example station, true patrol: fires at random place, hour and weather (synthetic)")
    axes.legend(loc="lower right", fontsize=8)
    figure.savefig(path, dpi=110)
    pyplot.close(figure)


def _line(name: str, rows: Sequence[Row], say: Callable[[str], None]) -> None:
    if not rows:
        return
    has = figures(rows)
    shares = "".join(f"{has[key]:>{width}.1%}" for key, width in zip(WITHIN_S, (16, 8, 8), strict=True))
    low, high = has["found_10min_95"]
    times = "".join(f"{'never' if has[key] is None else has[key]:>8}" for key in ("p50_s", "p95_s"))
    shown = f"{has['pre_alarm_2min']:.1%} | {has['pre_alarm_10min']:.1%}"
    say(f"{name:26}{has['fires']:>7}{shares}{f'{low:.1%}…{high:.1%}':>17}{times}{shown:>22}")


def _of(rows: Sequence[Row], kind: str) -> list[Row]:
    return [row for row in rows if row["kind"] == kind]


def _share(hits: int, of: int) -> float | None:
    return round(hits / of, 4) if of else None

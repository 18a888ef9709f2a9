"""Pictures of an evaluation: range against size with the physics, time to alarm, and false alarms against misses over the threshold.

Labels are English; Chinese titles stand only where a Chinese font is installed. Each picture says how many fires and sites it shows.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from edged.core.confirm import levels
from edged.core.settings import CoreSettings
from edged.evaluation.law import Law
from edged.evaluation.outcome import TIERS, Outcome
from edged.evaluation.sweep import sweep
from edged.geometry.radiance import peak_rise_k
from edged.model.errors import ConfigError
from edged.simulator.fire import BED_C, FLAME_C, size_at
from edged.sitemap import chinese_font

TIER_INK = {"real": "#111111", "semi-synthetic": "#0072b2", "synthetic": "#d55e00"}
"""Black, blue and vermilion of Okabe and Ito: told apart by everybody."""
MARKS = {"real": "s", "semi-synthetic": "o", "synthetic": "^"}
MISSED_INK = "#b00020"
GATE_K, BAR_K = 5.0, 20.0
CLEAR_PER_KM, HUMID_PER_KM = 0.2, 0.6
BACKGROUND_C = 15.0
PANELS: tuple[tuple[str, tuple[str, ...], float, float], ...] = (
    (f"flames {FLAME_C:.0f} °C, emissivity 0.3, as high as wide", ("flame",), FLAME_C, 0.3),
    (f"embers {BED_C - 30:.0f} °C", ("embers",), BED_C - 30.0, 0.9),
    ("surfaces: as hot as when the alarm came; curves at 60 °C", ("surface",), 60.0, 0.95),
)


def draw(folder: Path, outcomes: Sequence[Outcome], law: Law) -> list[Path]:
    """Write the pictures for which there is something to show. Raises ConfigError where they cannot be written."""
    fires = [o for o in outcomes if o.kind is not None]
    wanted: list[tuple[str, Any]] = []
    if fires:
        wanted.append(("range-against-size.png", _ranges(fires, law)))
    if any(o.fire for o in outcomes):
        wanted.append(("time-to-alarm.png", _times(outcomes, law)))
        wanted.append(("false-against-missed.png", _sweeps(outcomes)))
    out = []
    for name, figure in wanted:
        path = folder / name
        try:
            figure.savefig(path, format="png")
        except OSError as fault:
            raise ConfigError(
                f"--plot {path}: cannot be written ({fault.strerror}): name a folder that may be",
                f"--plot {path}: 无法写入 ({fault.strerror}): 请换一个可写的目录",
            ) from fault
        out.append(path)
    return out


def _figure(panels: int, width: float, en: str, zh: str) -> tuple[Any, list[Any]]:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, 6.4), dpi=110, layout="constrained")
    FigureCanvasAgg(figure)
    font = chinese_font()
    if font is None:
        figure.suptitle(en, fontsize=14, fontweight="bold")
    else:
        figure.suptitle(f"{en}\n{zh}", fontsize=14, fontweight="bold", fontfamily=[font, "DejaVu Sans"])
    return figure, [figure.add_subplot(1, panels, n + 1) for n in range(panels)]


def _ranges(fires: Sequence[Outcome], law: Law) -> Any:
    figure, panels = _figure(3, 19, "At which size inserted fires raised the alarm, by range", "各距离上嵌入火源报警时的尺寸")
    for axes, (title, forms, temp_c, emissivity) in zip(panels, PANELS, strict=True):
        _physics(axes, temp_c, emissivity, float(law["ifov_mrad"]))
        mine = [o for o in fires if law["fires"][o.kind]["form"] in forms]
        for tier in TIERS[1:]:
            for found in (True, False):
                some = [o for o in mine if o.tier == tier and (o.found_s is not None) == found]
                if some:
                    size = [_side_m(o, law) * _spread(n) for n, o in enumerate(some)]
                    face = TIER_INK[tier] if found else "none"
                    edge = TIER_INK[tier] if found else MISSED_INK
                    label = f"{tier}: {'alarm' if found else 'no alarm, at its largest'} ({len(some)})"
                    axes.scatter(
                        size,
                        [o.range_m for o in some],
                        60,
                        face,
                        marker=MARKS[tier],
                        edgecolors=edge,
                        linewidths=1.6,
                        label=label,
                        zorder=3,
                    )
        axes.set(xscale="log", yscale="log", xlim=(0.05, 6), ylim=(100, 5000), xlabel="width of what burns, m", ylabel="range, m")
        axes.set_yticks([100, 200, 500, 1000, 2000, 3000, 5000], ["100", "200", "500", "1000", "2000", "3000", "5000"])
        axes.set_xticks([0.1, 0.3, 1, 3], ["0.1", "0.3", "1", "3"])
        axes.set_title(title, fontsize=11)
        axes.grid(True, which="major", alpha=0.25)
        axes.legend(loc="lower right", fontsize=9)
    return figure


def _physics(axes: Any, temp_c: float, emissivity: float, ifov_mrad: float) -> None:
    """Draw up to which range the best pixel rises by the gate and by the bar, from humid to clear air."""
    away = np.geomspace(50.0, 20_000.0, 160)
    sides = np.geomspace(0.05, 6.0, 24)
    for kelvin, ink, name in ((GATE_K, "#8fbf8f", "gate of a candidate"), (BAR_K, "#c9b458", "bar")):
        reach = []
        for extinction in (HUMID_PER_KM, CLEAR_PER_KM):
            rises = [peak_rise_k(temp_c, side, side, emissivity, away, ifov_mrad, extinction, BACKGROUND_C) for side in sides]
            reach.append([float(away[rise >= kelvin][-1]) if (rise >= kelvin).any() else math.nan for rise in rises])
        label = f"best pixel rises {kelvin:.0f} K ({name}), air {HUMID_PER_KM}–{CLEAR_PER_KM} per km"
        axes.fill_between(sides, reach[0], reach[1], color=ink, alpha=0.55, lw=0, label=label, zorder=1)


def _side_m(outcome: Outcome, law: Law) -> float:
    """Return how wide it burnt when the alarm came, else at the end."""
    fire = law["fires"][outcome.kind]
    if fire["form"] != "flame":
        return float(fire.get("side_m", fire.get("width_m")))
    ends = outcome.exposure_s if outcome.found_s is None else outcome.found_s
    return size_at(max(0.0, ends - float(law["begins_s"])), fire["growth"], 5000.0).base_m


def _spread(number: int) -> float:
    """Return a factor near 1, so that equal sizes do not hide one another."""
    return float(1.0 + 0.04 * ((number * 7) % 9 - 4))


def _times(outcomes: Sequence[Outcome], law: Law) -> Any:
    figure, panels = _figure(2, 16, "Time to alarm: share of the visible fires that had raised one", "报警用时: 已报警火情的累计比例")
    for axes, title, fast in ((panels[0], "flames and embers", True), (panels[1], "what only smoulders or heats itself", False)):
        scale, unit = (1.0, "s") if fast else (60.0, "min")
        for tier in TIERS:
            mine = [
                o for o in outcomes if o.tier == tier and o.fire and _quick(o, law) == fast and (tier == "real" or o.visible_s is not None)
            ]
            if not mine:
                continue
            late = sorted((o.found_s - (o.visible_s or 0.0)) / scale for o in mine if o.found_s is not None)
            share = [n / len(mine) for n in range(len(late) + 1)]
            longest = max((o.exposure_s for o in mine), default=0.0) / scale
            sites = len({o.site for o in mine})
            label = f"{tier}: {len(late)} of {len(mine)} scenes, {sites} sites" + (", from the scene's begin" if tier == "real" else "")
            x = [min([-10.0 / scale, *late[:1]]), *late, max([longest, *late[-1:]])]
            axes.step(x, [*share, share[-1]], where="post", color=TIER_INK[tier], lw=2.2, ls="--" if tier == "real" else "-", label=label)
        axes.axvline(0.0, color="#888888", lw=1)
        if fast:
            axes.axvline(10.0, color="#888888", lw=1, ls=":")
            axes.text(10.5, 0.02, "bar: p95 ≤ 10 s", fontsize=9, color="#555555")
        axes.set(ylim=(0, 1.03), xlabel=f"{unit} from first visible (4 px, 20 K over twice the clutter) to alarm", ylabel="share")
        axes.set_title(title, fontsize=12)
        axes.grid(True, alpha=0.25)
        if axes.get_legend_handles_labels()[0]:
            axes.legend(loc="best", fontsize=10)
        else:
            axes.text(0.5, 0.5, "no such fire was visible", ha="center", transform=axes.transAxes, color="#777777")
    return figure


def _quick(outcome: Outcome, law: Law) -> bool:
    return outcome.kind is None or "fps" not in law["fires"][outcome.kind]


def _sweeps(outcomes: Sequence[Outcome]) -> Any:
    now = levels(CoreSettings()).active
    marks = (2.3, 4.6, round(now, 1), 12.0, 16.0, 20.0)
    thresholds = sorted({*np.round(np.arange(2.0, 25.01, 0.25), 2).tolist(), *marks})
    figure, (left, right) = _figure(2, 16, "The active threshold varied over the recorded evidence", "改变火警阈值: 误报与漏报")
    for tier in TIERS:
        mine = [o for o in outcomes if o.tier == tier]
        points = sweep(mine, thresholds)
        if not points or not points[0].fires:
            continue
        ink = TIER_INK[tier]
        days = sum(o.judged_s for o in mine) / 86400.0
        label = f"{tier}: {points[0].fires} fires, {24 * days:.2g} h watched"
        left.plot([100 * p.missed_share for p in points], [p.per_day for p in points], color=ink, lw=2, label=label)
        for point in points:
            if point.threshold in marks:
                at = (100 * point.missed_share, point.per_day)
                strong = point.threshold == round(now, 1)
                left.plot(*at, MARKS[tier], color=ink, ms=11 if strong else 6, mfc=ink if strong else "white", zorder=4)
        right.plot(thresholds, [100 * p.missed_share for p in points], color=ink, lw=2, label=f"{tier}: % missed")
        right.plot(thresholds, [p.false_alarms for p in points], color=ink, lw=2, ls=":", label=f"{tier}: false alarms, count")
    left.set_yscale("symlog", linthresh=10)
    left.set(xlabel="visible fires missed, %", ylabel="false alarms a camera-day (linear below 10)", xlim=(-3, 103))
    left.set_ylim(bottom=-0.8)
    left.set_title(
        f"filled: the threshold in force, {now:.1f}; open: {', '.join(f'{m:g}' for m in marks if m != round(now, 1))}", fontsize=11
    )
    right.axvline(now, color="#888888", lw=1)
    right.set_yscale("symlog", linthresh=10)
    right.set(xlabel="active threshold, nats", ylabel="% missed, or alarms (linear below 10)")
    right.set_ylim(bottom=-0.8)
    right.set_title("the same against the threshold; the absolute rule stays as it is", fontsize=11)
    for axes in (left, right):
        axes.grid(True, alpha=0.25)
        if axes.get_legend_handles_labels()[0]:
            axes.legend(loc="best", fontsize=9.5)
    return figure

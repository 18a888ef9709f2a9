"""Pictures of an evaluation: range against size with the physics, time to alarm, and false alarms against misses over the threshold.

Labels are English; Chinese titles stand only where a Chinese font is installed. Each picture says how many fires and sites it shows.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from edged.core.confirm import levels
from edged.core.settings import CoreSettings
from edged.evaluation.inserted import AFTER_S
from edged.evaluation.law import Law
from edged.evaluation.outcome import TIERS, Outcome
from edged.evaluation.sweep import sweep
from edged.geometry.radiance import peak_rise_k
from edged.model.errors import ConfigError
from edged.simulator.fire import FLAME_C, size_at
from edged.sitemap import chinese_font

TIER_INK = {"real": "#111111", "semi-synthetic": "#0072b2", "synthetic": "#d55e00"}
"""Black, blue and vermilion of Okabe and Ito: told apart by everybody."""
MARKS = {"real": "s", "semi-synthetic": "o", "synthetic": "^"}
MISSED_INK = "#b00020"
GATE_K, BAR_K = 5.0, 20.0
CLEAR_PER_KM, HUMID_PER_KM = 0.2, 0.6
BACKGROUND_C = 15.0
AWAY_M = np.geomspace(50.0, 20_000.0, 160)
PANELS: tuple[tuple[str, str, float, float], ...] = (
    ("flame", f"flames of {FLAME_C:.0f} °C, emissivity 0.3, as high as wide", FLAME_C, 0.3),
    ("embers", "an ember bed of 450 °C", 450.0, 0.9),
)
SURFACES = (("smoulder", 0.3, "a smouldering spot of 0.3 m"), ("skin", 1.0, "a skin of 1 m² that heats itself"))
QUICK_S = (-45.0, 60.0)
SWEPT = (2.0, 25.0)


Rise = Callable[[float, float], Any]
"""(what varies, extinction per km) → rise of the best pixel at each of `AWAY_M`, K."""


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


def _figure(rows: int, columns: int, size: tuple[float, float], en: str, zh: str) -> tuple[Any, list[Any]]:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=size, dpi=110, layout="constrained")
    FigureCanvasAgg(figure)
    font = chinese_font()
    if font is None:
        figure.suptitle(en, fontsize=14, fontweight="bold")
    else:
        figure.suptitle(f"{en}\n{zh}", fontsize=14, fontweight="bold", fontfamily=[font, "DejaVu Sans"])
    return figure, [figure.add_subplot(rows, columns, n + 1) for n in range(rows * columns)]


def _ranges(fires: Sequence[Outcome], law: Law) -> Any:
    figure, panels = _figure(
        2, 2, (15, 11.5), "How large or hot inserted fires were when they raised the alarm", "嵌入火源报警时的尺寸或温度"
    )
    ifov = float(law["ifov_mrad"])
    for axes, (form, title, temp_c, emissivity) in zip(panels[:2], PANELS, strict=True):
        sides = np.geomspace(0.05, 6.0, 24)
        _physics(axes, sides, _by_side(temp_c, emissivity, ifov))
        _dots(axes, [o for o in fires if law["fires"][o.kind]["form"] == form], lambda o: _side_m(o, law), "largest")
        axes.set(xscale="log", xlim=(0.05, 6), xlabel="width of what burns, m")
        axes.set_xticks([0.1, 0.3, 1, 3], ["0.1", "0.3", "1", "3"])
        axes.set_title(title, fontsize=11)
    for axes, (kind, side_m, title) in zip(panels[2:], SURFACES, strict=True):
        temps = np.linspace(20.0, 400.0, 24) if kind == "smoulder" else np.linspace(18.0, 66.0, 24)
        _physics(axes, temps, _by_temperature(side_m, ifov))
        _dots(axes, [o for o in fires if o.kind == kind], lambda o: _temp_c(o, law), "hottest")
        axes.set(xlabel="its temperature, °C, in surroundings of 15 °C", xlim=(float(temps[0]), float(temps[-1])))
        axes.set_title(title, fontsize=11)
    for axes in panels:
        axes.set(yscale="log", ylim=(35, 5000), ylabel="range, m")
        axes.set_yticks([50, 100, 200, 500, 1000, 2000, 3000, 5000], ["50", "100", "200", "500", "1000", "2000", "3000", "5000"])
        axes.grid(True, which="major", alpha=0.25)
        axes.legend(loc="lower right", fontsize=9)
    return figure


def _by_side(temp_c: float, emissivity: float, ifov_mrad: float) -> Rise:
    return lambda side_m, k: peak_rise_k(temp_c, side_m, side_m, emissivity, AWAY_M, ifov_mrad, k, BACKGROUND_C)


def _by_temperature(side_m: float, ifov_mrad: float) -> Rise:
    return lambda temp_c, k: peak_rise_k(temp_c, side_m, side_m, 0.95, AWAY_M, ifov_mrad, k, BACKGROUND_C)


def _physics(axes: Any, over: Any, rise: Rise) -> None:
    """Draw up to which range the best pixel rises by the gate and by the bar, from humid to clear air."""
    for kelvin, ink, name in ((GATE_K, "#8fbf8f", "gate of a candidate"), (BAR_K, "#c9b458", "bar")):
        reach = []
        for extinction in (HUMID_PER_KM, CLEAR_PER_KM):
            rises = [np.asarray(rise(float(value), extinction)) for value in over]
            reach.append([float(np.interp(kelvin, r[::-1], AWAY_M[::-1])) if r[0] >= kelvin else AWAY_M[0] for r in rises])
        label = f"best pixel rises {kelvin:.0f} K ({name}), air {HUMID_PER_KM}–{CLEAR_PER_KM} per km"
        axes.fill_between(over, reach[0], reach[1], color=ink, alpha=0.55, lw=0, label=label, zorder=1)


def _dots(axes: Any, fires: Sequence[Outcome], measure: Callable[[Outcome], float], most: str) -> None:
    for tier in TIERS[1:]:
        for found in (True, False):
            some = [o for o in fires if o.tier == tier and (o.found_s is not None) == found]
            if not some:
                continue
            at = [measure(o) * _spread(n) for n, o in enumerate(some)]
            ink = {"facecolors": TIER_INK[tier] if found else "none", "edgecolors": TIER_INK[tier] if found else MISSED_INK}
            label = f"{tier}: {'alarm' if found else f'no alarm, at its {most}'} ({len(some)} at {len({o.site for o in some})} sites)"
            axes.scatter(at, [o.range_m for o in some], 60, marker=MARKS[tier], linewidths=1.6, label=label, zorder=3, **ink)


def _side_m(outcome: Outcome, law: Law) -> float:
    """Return how wide it burnt when the alarm came, else at the end."""
    fire = law["fires"][outcome.kind]
    if fire["form"] != "flame":
        return float(fire["side_m"])
    return size_at(_age_s(outcome, law), fire["growth"], 5000.0).base_m


def _temp_c(outcome: Outcome, law: Law) -> float:
    fire = law["fires"][outcome.kind]
    return min(float(fire["to_c"]), BACKGROUND_C + float(fire["k_per_min"]) * _age_s(outcome, law) / 60.0)


def _age_s(outcome: Outcome, law: Law) -> float:
    return max(0.0, (outcome.exposure_s if outcome.found_s is None else outcome.found_s) - float(law["begins_s"]))


def _spread(number: int) -> float:
    """Return a factor near 1, so that equal sizes do not hide one another."""
    return float(1.0 + 0.015 * ((number * 7) % 9 - 4))


def _times(outcomes: Sequence[Outcome], law: Law) -> Any:
    figure, panels = _figure(
        1, 2, (16, 6.4), "Time to alarm: share of the visible fires that had raised one", "报警用时: 已报警火情的累计比例"
    )
    for axes, title, fast in ((panels[0], "flames and embers", True), (panels[1], "what only smoulders or heats itself", False)):
        scale, unit = (1.0, "s") if fast else (60.0, "min")
        for tier in TIERS:
            mine = [o for o in outcomes if o.tier == tier and o.fire and o.telling and _quick(o, law) == fast]
            mine = [o for o in mine if tier == "real" or o.visible_s is not None]
            if not mine:
                continue
            late = sorted((o.found_s - (o.visible_s or 0.0)) / scale for o in mine if o.found_s is not None)
            share = [n / len(mine) for n in range(len(late) + 1)]
            longest = max((o.exposure_s for o in mine), default=0.0) / scale
            sites = len({o.site for o in mine})
            label = f"{tier}: {len(late)} of {len(mine)} scenes, {sites} sites" + (", from the scene's begin" if tier == "real" else "")
            x = [0.0 if tier == "real" else min([QUICK_S[0] / scale, *late[:1]]), *late, max([longest, *late[-1:]])]
            axes.step(x, [*share, share[-1]], where="post", color=TIER_INK[tier], lw=2.2, ls="--" if tier == "real" else "-", label=label)
        axes.axvline(0.0, color="#888888", lw=1)
        if fast:
            axes.axvline(10.0, color="#888888", lw=1, ls=":")
            axes.text(10.5, 0.02, "bar: p95 ≤ 10 s", fontsize=9, color="#555555")
            axes.set_xlim(*QUICK_S)
        axes.set(ylim=(0, 1.03), xlabel=f"{unit} from first visible (4 px, 20 K over twice the clutter) to alarm", ylabel="share")
        axes.set_title(title, fontsize=12)
        axes.grid(True, alpha=0.25)
        if axes.get_legend_handles_labels()[0]:
            axes.legend(loc="lower right" if fast else "upper right", fontsize=10)
        else:
            axes.text(0.5, 0.5, "no such fire was visible", ha="center", transform=axes.transAxes, color="#777777")
    return figure


def _quick(outcome: Outcome, law: Law) -> bool:
    return outcome.kind is None or "fps" not in law["fires"][outcome.kind]


def _sweeps(outcomes: Sequence[Outcome]) -> Any:
    now = levels(CoreSettings()).active
    marks = (2.3, 4.6, round(now, 1), 12.0, 16.0, 20.0)
    thresholds = sorted({*np.round(np.arange(*SWEPT, 0.25), 2).tolist(), *marks})
    figure, panels = _figure(1, 3, (20, 6.4), "The active threshold varied over the recorded evidence", "改变火警阈值: 误报与漏报")
    both, false, missed = panels
    for tier in TIERS:
        mine = [o for o in outcomes if o.tier == tier]
        points = sweep(mine, thresholds)
        if not points[0].fires:
            continue
        ink, days = TIER_INK[tier], sum(o.judged_s for o in mine) / 86400.0
        label = f"{tier}: {points[0].fires} fires, {24 * days:.2g} h watched"
        share, rate = [100 * p.missed_share for p in points], [p.per_day for p in points]
        both.plot(share, rate, color=ink, lw=2, label=label)
        for point in points:
            if point.threshold in marks:
                strong = point.threshold == round(now, 1)
                at = (100 * point.missed_share, point.per_day)
                both.plot(*at, MARKS[tier], color=ink, ms=11 if strong else 6, mfc=ink if strong else "white", zorder=4)
        false.plot(thresholds, rate, color=ink, lw=2, label=label)
        missed.plot(thresholds, share, color=ink, lw=2, label=label)
    both.set(xlabel="visible fires missed, %", xlim=(-3, 103))
    both.set_title(
        f"filled: the threshold in force, {now:.1f}; open: {', '.join(f'{m:g}' for m in marks if m != round(now, 1))}", fontsize=11
    )
    for axes in (both, false):
        axes.set_yscale("symlog", linthresh=10)
        axes.set_ylabel("false alarms a camera-day (linear below 10)")
        axes.set_ylim(bottom=-0.8)
    missed.set(ylabel="visible fires missed, %", ylim=(-3, 103))
    false.set_title("scenes with clutter are crowded on purpose: no site's rate", fontsize=11)
    missed.set_title(f"over {now:.1f} only what came within {AFTER_S:.0f} s of the alarm counts", fontsize=11)
    for axes in panels:
        axes.grid(True, alpha=0.25)
        if axes.get_legend_handles_labels()[0]:
            axes.legend(loc="best", fontsize=9.5)
    for axes in (false, missed):
        axes.axvline(now, color="#888888", lw=1)
        axes.set(xlabel="active threshold, nats; the absolute rule stays as it is", xlim=SWEPT)
    return figure

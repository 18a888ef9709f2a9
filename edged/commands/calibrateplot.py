"""The picture of a calibration: residuals in the frame, residuals against the distance from the middle, error against range.

Labels are English; landmarks are numbered, and named where a font for their names is installed.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from edged.geometry.calibrated import Calibration, expected
from edged.sitemap import chinese_font

ENLARGED = 20.0
GOOD, BAD, QUIET, CURVE = "#1f5fa8", "#c62828", "#8a8f98", "#2e7d32"


def draw(path: Path, found: Calibration, size: tuple[int, int]) -> None:
    """Write a PNG. `size`: width and height of the picture, px. Raises OSError, ValueError."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(15, 7.2), dpi=110, layout="constrained")
    FigureCanvasAgg(figure)
    grid = figure.add_gridspec(2, 2, width_ratios=(1.35, 1))
    font = chinese_font()
    names = list(dict.fromkeys(r.name for r in found.residuals))
    _frame(figure.add_subplot(grid[:, 0]), found, size, names, font)
    _outward(figure.add_subplot(grid[0, 1]), found, size, names)
    _ranges(figure.add_subplot(grid[1, 1]), found)
    said = f"{found.mount.camera_id}: rms {found.rms_px:.2f} px, {found.landmarks} landmarks"
    said += f", {len(found.rejected)} left out" if found.rejected else ""
    figure.suptitle(said, fontsize=14, fontweight="bold")
    figure.savefig(path, format="png")


def _label(name: str, names: list[str], font: str | None) -> str:
    number = names.index(name) + 1
    return f"{number} {name}" if name.isascii() or font else str(number)


def _frame(axes: Any, found: Calibration, size: tuple[int, int], names: list[str], font: str | None) -> None:
    width, height = size
    axes.add_patch(_rectangle(width, height))
    axes.plot([(width - 1) / 2], [(height - 1) / 2], "+", color=QUIET, markersize=12)
    for r in found.residuals:
        colour = GOOD if r.used else BAD
        dx, dy = (ENLARGED * v for v in r.miss_px)
        reach = float(np.hypot(dx, dy))
        longest = 0.22 * width
        shown = min(1.0, longest / reach) if reach else 1.0
        tip = (r.x_px + dx * shown, r.y_px + dy * shown)
        style = {"arrowstyle": "-|>", "color": colour, "linewidth": 1.6, "shrinkA": 0, "shrinkB": 0}
        axes.annotate("", xy=tip, xytext=(r.x_px, r.y_px), arrowprops=style | ({"linestyle": "--"} if shown < 1.0 else {}))
        axes.plot([r.x_px], [r.y_px], "o" if r.used else "X", color=colour, markersize=6 if r.used else 9)
        left = r.x_px > 0.72 * width
        text = _label(r.name, names, font) + ("" if r.used else f"  LEFT OUT {r.miss_m:.0f} m")
        axes.annotate(
            text, (r.x_px, r.y_px), (-9 if left else 9, 9 if dy > 0 else -9), textcoords="offset points", color=colour, fontsize=9,
            ha="right" if left else "left", va="bottom" if dy > 0 else "top", fontfamily=font or "DejaVu Sans",
        )  # fmt: skip
    axes.plot([0.02 * width, 0.02 * width + ENLARGED], [1.055 * height] * 2, color="black", linewidth=2)
    key = f"1 px of residual (seen − expected, × {ENLARGED:g}; dashed: cut off)"
    axes.text(0.02 * width + ENLARGED + 0.01 * width, 1.055 * height, key,
              va="center", fontsize=9)  # fmt: skip
    axes.set(
        xlim=(-0.06 * width, 1.06 * width), ylim=(1.09 * height, -0.06 * height), aspect="equal", xlabel="x [px]", ylabel="y [px]",
        title="Residuals in the picture",
    )  # fmt: skip


def _rectangle(width: int, height: int) -> Any:
    from matplotlib.patches import Rectangle

    return Rectangle((-0.5, -0.5), width, height, facecolor="#f6f7f9", edgecolor="black", linewidth=1.2)


def _outward(axes: Any, found: Calibration, size: tuple[int, int], names: list[str]) -> None:
    used = [r for r in found.residuals if r.used]
    radii = [float(np.hypot(*r.offset_px)) for r in used]
    outward = [float(np.dot(r.miss_px, r.offset_px)) / max(radius, 1e-9) for r, radius in zip(used, radii, strict=True)]
    round_ = [float(r.miss_px[1] * r.offset_px[0] - r.miss_px[0] * r.offset_px[1]) / max(d, 1e-9) for r, d in zip(used, radii, strict=True)]
    axes.axhline(0.0, color=QUIET, linewidth=1)
    axes.plot(radii, outward, "o", color=GOOD, label="outward (slope: field of view)")
    axes.plot(radii, round_, "s", color="#ef6c00", fillstyle="none", label="clockwise (slope: roll)")
    for r, radius, value in zip(used, radii, outward, strict=True):
        axes.annotate(str(names.index(r.name) + 1), (radius, value), (5, 4), textcoords="offset points", fontsize=8, color=GOOD)
    most = max([1.0, *(abs(v) for v in (*outward, *round_))]) * 1.35
    axes.set(
        xlim=(0, float(np.hypot(*size)) / 2), ylim=(-most, most), xlabel="distance from the middle [px]", ylabel="residual [px]",
        title="Residuals against the distance from the middle (landmarks in use)",
    )  # fmt: skip
    axes.legend(fontsize=8, loc="upper left")
    axes.grid(alpha=0.25)


def _ranges(axes: Any, found: Calibration) -> None:
    ranges = np.geomspace(300.0, 3000.0, 60)
    errors = [expected(found.mount.height_m, float(r), *found.sigma_deg) for r in ranges]
    axes.loglog(ranges, [e.along_m for e in errors], color=BAD, label="in range, from tilt alone")
    axes.loglog(ranges, [e.across_m for e in errors], color=CURVE, label="across the bearing")
    axes.loglog(ranges, 0.1 * ranges, "--", color=QUIET, label="10 % of the range: above it one lookout gives only an interval")
    for e in found.expected:
        for value, colour in ((e.along_m, BAD), (e.across_m, CURVE)):
            axes.plot([e.range_m], [value], "o", color=colour, markersize=4)
            said = f"{value:.0f} m" if value >= 10.0 else f"{value:.1f} m"
            axes.annotate(said, (e.range_m, value), (-4, -6), textcoords="offset points", fontsize=9, color=colour, ha="right", va="top")
    title = f"Error to expect on level ground, lens {found.mount.height_m:g} m up"
    axes.set(
        xlabel="range [m]", ylabel="error, 1σ [m]", xlim=(290, 3300), title=title
    )  # fmt: skip
    axes.set_xticks([300, 500, 1000, 2000, 3000], ["300", "500", "1000", "2000", "3000"])
    axes.minorticks_off()
    low, high = axes.get_ylim()
    axes.set_ylim(low / 2.0, high * 20.0)
    axes.grid(alpha=0.25, which="both")
    axes.legend(fontsize=8, loc="upper left")

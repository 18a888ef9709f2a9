"""Coverage as a map for people: which fires would be seen where, what hides the rest, masts, structures and zones. PNG by matplotlib.

Labels are English; the Chinese sentence and names stand only where a Chinese font is installed.
"""

from __future__ import annotations

import io
from collections.abc import Collection, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from edged.geometry.cells import Cells
from edged.geometry.coverage import HEAD_DOWN, HIDDEN, HIDDEN_BY_GROUND, NOT_IN_TOUR, TARGETS, TOO_FAR, TOO_SMALL, Coverage
from edged.geometry.shares import Shares
from edged.geometry.site import SiteModel
from edged.sitemap import ZONE_INK, chinese_font, draw_masts, draw_scale_and_north, draw_shapes, draw_zones
from edged.survey import Survey

LEVELS = ("#8fd0c0", "#2f9d97", "#0a5c63")
"""Seen, easiest fire first: one hue that darkens, told from the rest by every kind of colour vision."""
REASONS: dict[int, tuple[str, str]] = {
    HIDDEN: ("#e0672f", "hidden by a structure"),
    HIDDEN_BY_GROUND: ("#8c4a2f", "hidden by the ground"),
    NOT_IN_TOUR: ("#f2c84b", "in no view of the tour"),
    TOO_SMALL: ("#c58ac9", "too faint (lens, air)"),
    HEAD_DOWN: ("#4d4d4d", "its head is blind"),
    TOO_FAR: ("#c9c9c9", "too far"),
}
OUTSIDE, OUTSIDE_UNSEEN = 0.4, 0.15
"""How much colour is left outside the zone, where no share is taken."""
LEAST_TOLD = 0.0005
MARGIN = 0.1


def picture(site: SiteModel, survey: Survey, coverage: Coverage, found: Shares, station: str, down: Collection[str]) -> bytes:
    """Return the PNG. `coverage` and `found` of `Survey.combined` for the same `down`."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figures, chinese = survey.figures(found, down), chinese_font()
    cells = survey.area.cells
    window = _window(site, survey, coverage)
    wide, tall = window[1] - window[0], window[3] - window[2]
    figure = Figure(figsize=(12.5, min(max(9.0 * tall / wide, 5.0), 14.0) + 1.1), dpi=130, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    west, south = cells.east_m - cells.cell_m / 2.0, cells.north_m - cells.cell_m / 2.0
    extent = (west, west + cells.cols * cells.cell_m, south, south + cells.rows * cells.cell_m)
    axes.imshow(colours(cells, survey.area.counts, coverage), origin="lower", extent=extent, interpolation="nearest", zorder=1)
    draw_shapes(axes, site)
    draw_masts(axes, site, {cover.camera_id for cover in survey.covers}, down)
    draw_zones(axes, site, {zone.zone_id: zone.share.watched for zone in found.zones}, chinese)
    axes.set_xlim(window[0], window[1])
    axes.set_ylim(window[2], window[3])
    axes.set_aspect("equal")
    axes.set_xticks([])
    axes.set_yticks([])
    draw_scale_and_north(axes, window)
    _legend(figure, axes, figures, coverage, survey)
    title = f"{station}: {figures['sentence']['en']}"
    axes.set_title(title, fontsize=15, loc="left", fontweight="bold", pad=10)
    if chinese is not None:
        axes.set_title(figures["sentence"]["zh"], fontsize=14, loc="right", pad=10, fontfamily=chinese)
    out = io.BytesIO()
    figure.savefig(out, format="png")
    return out.getvalue()


def colours(cells: Cells, counts: npt.NDArray[np.bool_], coverage: Coverage) -> npt.NDArray[np.float32]:
    """Return the map's colours, (rows, cols, 4): paler outside the zone, nothing where no head reaches there."""
    from matplotlib.colors import to_rgb

    table = np.zeros((10, 3), np.float32)
    for code, (colour, _) in REASONS.items():
        table[code] = to_rgb(colour)
    for number, colour in enumerate(LEVELS):
        table[7 + number] = to_rgb(colour)
    rgb = table[np.where(coverage.level > 0, coverage.level + 6, coverage.why)]
    left = np.where(counts, 1.0, np.where(coverage.level > 0, OUTSIDE, OUTSIDE_UNSEEN))[:, None]
    rgb = 1.0 - left * (1.0 - rgb)
    shown = counts | (coverage.why != TOO_FAR)
    return np.concatenate([rgb, shown[:, None]], axis=1).astype(np.float32).reshape(cells.rows, cells.cols, 4)


def _window(site: SiteModel, survey: Survey, coverage: Coverage) -> tuple[float, float, float, float]:
    """Return (west, east, south, north) of what is worth showing: the zone, or without one what is seen; and the masts."""
    cells = survey.area.cells
    shown = (survey.area.counts if site.plan.zones else coverage.level > 0).reshape(cells.rows, cells.cols)
    east, north = cells.axes()
    posts = [site.post(mount) for mount in site.plan.mounts]
    if shown.any():
        xs, ys = east[shown.any(axis=0)], north[shown.any(axis=1)]
    else:
        xs, ys = east, north
    west, right = min([xs[0], *(p.east_m for p in posts)]), max([xs[-1], *(p.east_m for p in posts)])
    south, top = min([ys[0], *(p.north_m for p in posts)]), max([ys[-1], *(p.north_m for p in posts)])
    edge = MARGIN * max(right - west, top - south) + cells.cell_m
    return float(west - edge), float(right + edge), float(south - edge), float(top + edge)


def _legend(figure: Any, axes: Any, figures: Mapping[str, Any], coverage: Coverage, survey: Survey) -> None:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    counted = survey.area.counts
    total = max(int(counted.sum()), 1)
    handles: list[Any] = []
    for number in reversed(range(len(TARGETS))):
        part = int(np.count_nonzero(coverage.level[counted] >= number + 1)) / total
        handles.append(Patch(facecolor=LEVELS[number], edgecolor="#555555", label=f"{TARGETS[number].words.en} would be seen: {part:.1%}"))
    for code, (colour, words) in REASONS.items():
        part = int(np.count_nonzero(coverage.why[counted] == code)) / total
        if part >= LEAST_TOLD:
            handles.append(Patch(facecolor=colour, edgecolor="#555555", label=f"{words}: {part:.1%}"))
    handles += [
        Patch(facecolor="#f3f3f3", edgecolor="#bbbbbb", label="paler: outside the zone"),
        Patch(facecolor="none", edgecolor="#1a1a1a", label="structure"),
        Patch(facecolor="#d6e6f5", edgecolor="#6f94b8", label="water"),
        Line2D([], [], color=ZONE_INK, linestyle=(0, (5, 2)), linewidth=1.5, label="zone: code, share that is watched"),
        Line2D([], [], color="black", marker="^", markersize=10, linestyle="none", label="thermal lookout"),
    ]
    figure.legend(handles=handles, loc="outside right upper", fontsize=10.5, frameon=False, title="Share of the zone", title_fontsize=12)
    seconds = figures["revisit_p95_s"]
    often = "" if seconds is None else f", looked at again within {seconds:.0f} s (95 %)"
    text = f"Zone {figures['area_km2']:.2f} km², cells {figures['cell_m']:g} m, extinction {figures['extinction_per_km']:g} per km{often}"
    axes.set_xlabel(f"{text}\nforecast of {figures['computed_at'].replace('T', ' ')[:16]} UTC", fontsize=10.5, loc="left")

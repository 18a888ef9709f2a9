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
CJK_FONTS = (
    "Noto Sans CJK SC",
    "Noto Sans SC",
    "Source Han Sans SC",
    "WenQuanYi Micro Hei",
    "WenQuanYi Zen Hei",
    "SimHei",
    "Microsoft YaHei",
)
LEAST_TOLD = 0.0005
SCALES_M = (100, 200, 500, 1000, 2000, 5000, 10000)
MARGIN = 0.1
ZONE_INK, BLIND_INK = "#12306b", "#b00020"


def picture(site: SiteModel, survey: Survey, coverage: Coverage, found: Shares, station: str, down: Collection[str]) -> bytes:
    """Return the PNG. `coverage` and `found` of `Survey.combined` for the same `down`."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figures, chinese = survey.figures(found, down), _chinese_font()
    cells = survey.area.cells
    window = _window(site, survey, coverage)
    wide, tall = window[1] - window[0], window[3] - window[2]
    figure = Figure(figsize=(12.5, min(max(9.0 * tall / wide, 5.0), 14.0) + 1.1), dpi=130, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    west, south = cells.east_m - cells.cell_m / 2.0, cells.north_m - cells.cell_m / 2.0
    extent = (west, west + cells.cols * cells.cell_m, south, south + cells.rows * cells.cell_m)
    axes.imshow(colours(cells, survey.area.counts, coverage), origin="lower", extent=extent, interpolation="nearest", zorder=1)
    _shapes(axes, site)
    _masts(axes, site, survey, down)
    _zones(axes, site, found, chinese)
    axes.set_xlim(window[0], window[1])
    axes.set_ylim(window[2], window[3])
    axes.set_aspect("equal")
    axes.set_xticks([])
    axes.set_yticks([])
    _scale_and_north(axes, window)
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


def _shapes(axes: Any, site: SiteModel) -> None:
    from matplotlib.collections import PolyCollection

    water = [ring for ring, one in zip(site.surfaces.rings, site.plan.surfaces, strict=True) if one.kind == "water"]
    axes.add_collection(PolyCollection(water, facecolors="#d6e6f5", edgecolors="#6f94b8", linewidths=0.8, zorder=2))
    structures = PolyCollection(list(site.structures.rings), facecolors="none", edgecolors="#1a1a1a", linewidths=0.7, zorder=3)
    axes.add_collection(structures)


def _zones(axes: Any, site: SiteModel, found: Shares, chinese: str | None) -> None:
    """Outline the zones; code, name where it can be written, and share stand over the north-western corner."""
    from matplotlib.patheffects import withStroke

    halo = [withStroke(linewidth=3, foreground="white")]
    watched = {zone.zone_id: zone.share.watched for zone in found.zones}
    for ring, zone in zip(site.zones.rings, site.plan.zones, strict=True):
        closed = np.vstack([ring, ring[:1]])
        axes.plot(closed[:, 0], closed[:, 1], color=ZONE_INK, linewidth=1.5, linestyle=(0, (5, 2)), zorder=4)
        words = [word for word in (zone.code, zone.name) if word.isascii() or chinese is not None]
        said = " ".join([*dict.fromkeys(words), f"{int(100.0 * watched[zone.zone_id] + 1e-6)}%" if zone.zone_id in watched else ""]).strip()
        axes.annotate(
            said, (ring[:, 0].min(), ring[:, 1].max()), xytext=(1, 3), textcoords="offset points", ha="left", va="bottom", fontsize=10.5,
            color=ZONE_INK, weight="bold", path_effects=halo, zorder=6, fontfamily=chinese or "sans-serif",
        )  # fmt: skip


def _masts(axes: Any, site: SiteModel, survey: Survey, down: Collection[str]) -> None:
    from matplotlib.patheffects import withStroke

    halo = [withStroke(linewidth=3, foreground="white")]
    heads = {cover.camera_id for cover in survey.covers}
    for mount in site.plan.mounts:
        if mount.camera_id not in heads:
            continue
        post, blind = site.post(mount), mount.camera_id in down
        axes.plot(
            post.east_m, post.north_m, marker="^", markersize=12, color=BLIND_INK if blind else "black", markeredgecolor="white", zorder=7
        )
        if blind:
            axes.plot(post.east_m, post.north_m, marker="x", markersize=17, color=BLIND_INK, markeredgewidth=3, zorder=8)
        name = mount.camera_id + (" (blind)" if blind else "")
        axes.annotate(
            name, (post.east_m, post.north_m), xytext=(10, -4), textcoords="offset points", fontsize=11, weight="bold",
            color=BLIND_INK if blind else "black", path_effects=halo, zorder=9,
        )  # fmt: skip


def _scale_and_north(axes: Any, window: tuple[float, float, float, float]) -> None:
    west, east, south, north = window
    wide, tall = east - west, north - south
    length = max([s for s in SCALES_M if s <= wide / 5.0] or [SCALES_M[0]])
    x, y = west + 0.03 * wide, south + 0.035 * tall
    back = {"facecolor": "white", "alpha": 0.85, "edgecolor": "none", "pad": 3}
    axes.plot([x, x + length], [y, y], color="black", linewidth=4, solid_capstyle="butt", zorder=10)
    label = f"{length / 1000:g} km" if length >= 1000 else f"{length} m"
    axes.text(x + length / 2.0, y + 0.012 * tall, label, ha="center", va="bottom", fontsize=11, bbox=back, zorder=10)
    arrow = {"arrowstyle": "-|>", "color": "black", "linewidth": 2, "mutation_scale": 22}
    top = (east - 0.03 * wide, north - 0.03 * tall)
    axes.annotate("", top, xytext=(top[0], top[1] - 0.07 * tall), arrowprops=arrow, zorder=10)
    axes.text(top[0], top[1] - 0.08 * tall, "N", ha="center", va="top", fontsize=14, weight="bold", bbox=back, zorder=10)


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


def _chinese_font() -> str | None:
    from matplotlib import font_manager

    known = {font.name for font in font_manager.fontManager.ttflist}
    return next((name for name in CJK_FONTS if name in known), None)

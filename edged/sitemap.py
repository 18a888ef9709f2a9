"""The map of a site for people, on axes of matplotlib: water, structures, zones, masts, scale, north, and the doubt of a place.

Labels are English; Chinese names stand only where a Chinese font is installed. Frame: metres of the site's plane.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from edged.geometry.site import SiteModel
from edged.model.place import IgnitionPoint

CJK_FONTS = (
    "Noto Sans CJK SC",
    "Noto Sans SC",
    "Source Han Sans SC",
    "WenQuanYi Micro Hei",
    "WenQuanYi Zen Hei",
    "SimHei",
    "Microsoft YaHei",
)
SCALES_M = (100, 200, 500, 1000, 2000, 5000, 10000)
ZONE_INK, BLIND_INK, WATER_INK = "#12306b", "#b00020", "#6f94b8"


def chinese_font() -> str | None:
    """Return the name of an installed font with Chinese glyphs."""
    from matplotlib import font_manager

    known = {font.name for font in font_manager.fontManager.ttflist}
    return next((name for name in CJK_FONTS if name in known), None)


def draw_shapes(axes: Any, site: SiteModel, filled: bool = False) -> None:
    """Draw water, and the structures as outlines or filled."""
    from matplotlib.collections import PolyCollection

    water = [ring for ring, one in zip(site.surfaces.rings, site.plan.surfaces, strict=True) if one.kind == "water"]
    axes.add_collection(PolyCollection(water, facecolors="#d6e6f5", edgecolors=WATER_INK, linewidths=0.8, zorder=2))
    face = "#c9c9c9" if filled else "none"
    structures = PolyCollection(list(site.structures.rings), facecolors=face, edgecolors="#1a1a1a", linewidths=0.7, zorder=3)
    axes.add_collection(structures)


def draw_zones(axes: Any, site: SiteModel, watched: Mapping[str, float], chinese: str | None) -> None:
    """Outline the zones; code, name where it can be written, and the share that is watched stand over the north-western corner."""
    from matplotlib.patheffects import withStroke

    halo = [withStroke(linewidth=3, foreground="white")]
    for ring, zone in zip(site.zones.rings, site.plan.zones, strict=True):
        closed = np.vstack([ring, ring[:1]])
        axes.plot(closed[:, 0], closed[:, 1], color=ZONE_INK, linewidth=1.5, linestyle=(0, (5, 2)), zorder=4)
        words = [word for word in (zone.code, zone.name) if word.isascii() or chinese is not None]
        said = " ".join([*dict.fromkeys(words), f"{int(100.0 * watched[zone.zone_id] + 1e-6)}%" if zone.zone_id in watched else ""]).strip()
        axes.annotate(
            said, (ring[:, 0].min(), ring[:, 1].max()), xytext=(1, 3), textcoords="offset points", ha="left", va="bottom", fontsize=10.5,
            color=ZONE_INK, weight="bold", path_effects=halo, zorder=6, fontfamily=chinese or "sans-serif",
        )  # fmt: skip


def draw_masts(axes: Any, site: SiteModel, heads: Collection[str], down: Collection[str] = ()) -> None:
    """Draw the masts of some heads; those that are `down` are crossed out."""
    from matplotlib.patheffects import withStroke

    halo = [withStroke(linewidth=3, foreground="white")]
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


def draw_scale_and_north(axes: Any, window: tuple[float, float, float, float]) -> None:
    """Draw a scale and an arrow. `window`: west, east, south, north in metres."""
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


def outline_of(site: SiteModel, point: IgnitionPoint, seen_from: tuple[float, float]) -> npt.NDArray[np.float64]:
    """Return the outline (N, 2) of a place's doubt: its ellipse, or the strip of its interval along the bearing from `seen_from`."""
    east, north = site.plane(point.lat_wgs84, point.lon_wgs84)
    if point.ellipse is not None:
        t, a = np.linspace(0.0, 2.0 * math.pi, 72), math.radians(point.ellipse.azimuth_deg - site.turn_deg(east, north))
        u, v = point.ellipse.semi_major_m * np.cos(t), point.ellipse.semi_minor_m * np.sin(t)
        return np.column_stack([east + u * math.sin(a) + v * math.cos(a), north + u * math.cos(a) - v * math.sin(a)])
    if point.interval is None:
        return np.array([[east, north]])
    half = math.radians(1.96 * point.interval.azimuth_sigma_deg)
    a = math.radians(point.interval.azimuth_deg - site.turn_deg(*seen_from))
    near, far = point.interval.near_m, point.interval.far_m
    corners = [(near, a - half), (far, a - half), (far, a + half), (near, a + half), (near, a - half)]
    return np.array([[seen_from[0] + s * math.sin(b), seen_from[1] + s * math.cos(b)] for s, b in corners])

"""Where a place is, as a map: the site about it, the masts and bearings that see it, and its doubt. PNG by matplotlib."""

from __future__ import annotations

import io
import math
from collections.abc import Sequence

import numpy as np

from edged.geometry.fuse import Bearing
from edged.geometry.head import to_world
from edged.geometry.place import locate
from edged.geometry.site import SiteModel
from edged.model.place import IgnitionPoint
from edged.sitemap import chinese_font, draw_masts, draw_scale_and_north, draw_shapes, draw_zones, outline_of

ONE, ALL = "#0072b2", "#d55e00"
"""Blue and vermilion of Okabe and Ito: told apart by everybody."""
MARGIN = 0.15
LEAST_M = 400.0
SQUARE = 0.65
"""A map's short side over its long one, at least."""


def picture(site: SiteModel, bearings: Sequence[Bearing], point: IgnitionPoint | None, title: str) -> bytes:
    """Return the PNG. Each bearing's own doubt is drawn too; `point` None: the bearings are not of one source."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(11, 9), dpi=110, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    posts = [site.post(one.mount) for one in bearings]
    singles = [locate(site, one.mount, one.pan_deg, one.tilt_deg, one.sigma_deg) for one in bearings]
    outlines = [outline_of(site, single, (post.east_m, post.north_m)) for single, post in zip(singles, posts, strict=True)]
    shown = [*outlines, *(np.array([[post.east_m, post.north_m]]) for post in posts)]
    draw_shapes(axes, site, filled=True)
    draw_zones(axes, site, {}, chinese_font())
    draw_masts(axes, site, {one.mount.camera_id for one in bearings})
    for number, (one, post, outline) in enumerate(zip(bearings, posts, outlines, strict=True)):
        a = math.radians(to_world(one.mount, one.pan_deg, one.tilt_deg)[0] - post.convergence_deg)
        reach = float(np.hypot(*(outline - post.at).T).max())
        end = post.at + reach * np.array([math.sin(a), math.cos(a)])
        axes.plot(*np.stack([post.at, end], axis=1), color=ONE, lw=1, ls=":")
        axes.plot(outline[:, 0], outline[:, 1], color=ONE, lw=2, zorder=5, label=None if number else "95 % by one lookout alone")
    if point is not None and len(bearings) > 1:
        outline = outline_of(site, point, (posts[0].east_m, posts[0].north_m))
        axes.fill(outline[:, 0], outline[:, 1], facecolor=ALL, alpha=0.35, edgecolor=ALL, lw=2, zorder=6, label="95 % by all")
        shown.append(outline)
    if point is not None:
        axes.plot(*site.plane(point.lat_wgs84, point.lon_wgs84), "+", color="black", ms=10, mew=1.5, zorder=8, label="place")
    window = _window(np.vstack(shown))
    axes.set(aspect="equal", xlim=window[:2], ylim=window[2:], xticks=[], yticks=[])
    draw_scale_and_north(axes, window)
    figure.legend(loc="outside lower center", fontsize=11, ncols=3, frameon=False)
    axes.set_title(title, fontsize=14, loc="left", fontfamily=chinese_font() or "sans-serif")
    out = io.BytesIO()
    figure.savefig(out, format="png")
    return out.getvalue()


def _window(spots: np.ndarray) -> tuple[float, float, float, float]:
    """Return (west, east, south, north) round the spots, at least `LEAST_M` wide."""
    low, high = spots.min(axis=0), spots.max(axis=0)
    middle, half = (low + high) / 2.0, np.maximum((high - low) * (0.5 + MARGIN), LEAST_M / 2.0)
    half = np.maximum(half, SQUARE * half.max())
    return float(middle[0] - half[0]), float(middle[0] + half[0]), float(middle[1] - half[1]), float(middle[1] + half[1])

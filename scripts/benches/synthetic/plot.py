"""Pictures of `bench locate`: error against range by one and by two lookouts, and one site with its ellipses."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from edged.geometry.fuse import Bearing, fuse
from edged.geometry.place import locate
from edged.geometry.site import SiteModel
from edged.model.place import IgnitionPoint
from edged.sitemap import outline_of
from synthetic.miss import Miss
from synthetic.site import LAT, LON, Day, day

ONE, TWO = "#0072b2", "#d55e00"
"""Blue and vermilion of Okabe and Ito: told apart by everybody."""
MAP_SEED = 5


def draw(misses: Sequence[Miss], path: Path) -> None:
    """Write the pictures as one PNG."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, (left, right) = pyplot.subplots(1, 2, figsize=(15, 7), constrained_layout=True)
    against_range(left, misses)
    site_map(right)
    figure.suptitle("Synthetic sites with known truth: how far off a published place is, and what its doubt says")
    figure.savefig(path, dpi=110)
    pyplot.close(figure)


def against_range(axes: Any, misses: Sequence[Miss]) -> None:
    """Draw median and 95th percentile of the error in bins of range, assumed law, and the median half-length of the doubt."""
    edges = np.linspace(300, 3000, 10)
    middles = (edges[:-1] + edges[1:]) / 2.0
    for lookouts, colour in ((1, ONE), (2, TWO)):
        found = [m for m in misses if m.lookouts == lookouts and m.law == "assumed" and math.isfinite(m.error_m)]
        bins = [[m for m in found if low <= m.range_m < high] for low, high in itertools.pairwise(edges)]
        known = [n for n, inside in enumerate(bins) if len(inside) >= 10]
        x = middles[known]
        error = [np.percentile([m.error_m for m in bins[n]], (50, 95)) for n in known]
        half = [float(np.median([m.half_m for m in bins[n]])) for n in known]
        name = "one lookout" if lookouts == 1 else "two lookouts"
        axes.fill_between(x, [e[0] for e in error], [e[1] for e in error], color=colour, alpha=0.18, lw=0)
        axes.plot(x, [e[0] for e in error], color=colour, lw=2, label=f"{name}: error, median (band to 95 %)")
        axes.plot(x, half, color=colour, ls="--", lw=1.3, label=f"{name}: half-length of its doubt, median")
    axes.set(yscale="log", xlabel="range from the first lookout, m", ylabel="m", xlim=(300, 3000), ylim=(1, 3000))
    axes.grid(True, which="both", alpha=0.25)
    axes.legend(loc="upper left", fontsize=9)
    axes.set_title("Error against range (masts 15–80 m, 0.05–0.2° calibration)")


def site_map(axes: Any) -> None:
    """Draw one site: boxes, masts, true fires, and the 95 % ellipses by one and by two lookouts."""
    rng = np.random.default_rng(MAP_SEED)
    known = day("assumed", rng, hills=True, boxes=True)
    site = SiteModel(known.plan, (LAT, LON))
    for e0, e1, n0, n1, _ in known.boxes:
        axes.fill([e0, e1, e1, e0], [n0, n0, n1, n1], color="#bbbbbb", lw=0)
    heads = [known.head("A", -900, -700, 45, 0.1), known.head("B", 900, -800, 45, 0.1)]
    for head in heads:
        axes.plot(*head.at[:2], "k^", ms=9)
        axes.annotate(f"mast {head.mount.camera_id}", head.at[:2], textcoords="offset points", xytext=(8, -12), fontsize=10)
    labels: set[str] = set()
    for source in _sources(known, heads, rng, 7):
        looks = [Bearing(head.mount, *known.aim(head, source), known.sigma_deg) for head in heads]
        single = locate(site, looks[0].mount, looks[0].pan_deg, looks[0].tilt_deg, looks[0].sigma_deg)
        _shape(axes, site, single, heads[0].at, ONE, "mast A alone, 95 %", labels)
        fix = fuse(site, looks)
        if fix is not None:
            _shape(axes, site, fix.point, heads[0].at, TWO, "masts A and B, 95 %", labels)
        axes.plot(*source[:2], "k+", ms=9, mew=1.2, zorder=5, label=_once("true fire", labels))
    axes.set(aspect="equal", xlabel="m east", ylabel="m north", xlim=(-1700, 1700), ylim=(-1400, 1900))
    axes.legend(loc="lower center", fontsize=9, ncols=3)
    axes.set_title("One site: a lookout alone knows the bearing, two know the place")


def _sources(known: Day, heads: Sequence[Any], rng: np.random.Generator, count: int) -> Iterator[np.ndarray]:
    while count:
        e, n = rng.uniform(-1400, 1400), rng.uniform(-300, 1700)
        source = np.array([e, n, float(known.ground(e, n)) + 1.0])
        inside = any(b[0] < e < b[1] and b[2] < n < b[3] for b in known.boxes)
        if not inside and all(known.clear(head.at, source) for head in heads):
            count -= 1
            yield source


def _shape(axes: Any, site: SiteModel, point: IgnitionPoint, at: np.ndarray, colour: str, name: str, labels: set[str]) -> None:
    outline = outline_of(site, point, (float(at[0]), float(at[1])))
    face = "none" if colour == ONE else colour
    axes.fill(*outline.T, facecolor=face, edgecolor=colour, lw=1.8, zorder=2 if colour == ONE else 4, label=_once(name, labels))


def _once(name: str, labels: set[str]) -> str | None:
    """Return a legend's entry the first time only."""
    if name in labels:
        return None
    labels.add(name)
    return name

"""scripts/bench coverage: nine lookouts over 40 km² at 10 m, *synthetic* site: 600 structures, terrain of 1,000 × 1,000, one core.

Lens, tour, mast height, weather and gate are the example station's (config/). The time is from the plan to the figures, as the worker
spends it; `ray_agreement` compares cells with single rays of the site model. Then the example station itself, read from its files.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from scipy.ndimage import gaussian_filter

sys.path.insert(0, str(Path(__file__).parents[2]))

from edged.config.load import load
from edged.geometry.cells import floor_m
from edged.geometry.coverage import Head, area_of
from edged.geometry.earth import from_enu
from edged.geometry.site import SiteModel
from edged.geometry.viewshed import sweep
from edged.model.site import Mount, SitePlan, Structure, Zone
from edged.model.terrain import Terrain
from edged.survey import Inputs, inputs_of, read_survey, survey, write_survey

EXAMPLE = Path(__file__).parents[2] / "config" / "station.yaml"
SEED, SPOT = 20261127, (29.61, 106.60)
SIDE_M = 6325.0
LOOKOUTS, STRUCTURES, GRID = 9, 600, 1000
BAR_S = 10.0
RAYS = 1500


def corners(east: float, north: float, wide: float, tall: float, turn: float) -> tuple[tuple[float, float], ...]:
    """Return a turned rectangle as a plan's ring."""
    c, s = np.cos(turn), np.sin(turn)
    spots = [(east + x * c - y * s, north + x * s + y * c) for x, y in ((-wide, -tall), (wide, -tall), (wide, tall), (-wide, tall))]
    return tuple((lon, lat) for lat, lon in (from_enu(*SPOT, float(x), float(y)) for x, y in spots))


def synthetic(example: Inputs) -> Inputs:
    """Return nine of the example's heads spread over a square of 40 km², looking at its middle."""
    rng = np.random.default_rng(SEED)
    half = SIDE_M / 2.0
    structures = []
    for number in range(STRUCTURES):
        stack = number % 3 != 0
        size = (rng.uniform(6, 90), 3.0) if stack else rng.uniform(8, 60, 2)
        shape = corners(*rng.uniform(-half, half, 2), *size, float(rng.uniform(0, np.pi)))
        height = float(rng.uniform(2.6, 13.0) if stack else rng.uniform(4.0, 24.0))
        structures.append(Structure(f"s{number}", f"s{number}", "stack" if stack else "building", shape, height))
    cell_m = (SIDE_M + 2 * example.plan.radius_m) / GRID
    hills = gaussian_filter(rng.normal(size=(GRID, GRID)), 40.0)
    heights = (hills / hills.std() * 8.0).astype(np.float32)
    edge = -cell_m * (GRID - 1) / 2.0
    terrain = Terrain(heights, edge, edge, cell_m, *SPOT, 1.0, f"bench-{SEED}")
    spots = [(x * half * 0.7, y * half * 0.7) for y in (-1, 0, 1) for x in (-1, 0, 1)]
    mounts, heads = [], []
    for number, (east, north) in enumerate(spots):
        like = example.heads[number % len(example.heads)]
        azimuth = float(np.degrees(np.arctan2(-east, -north))) if (east, north) != (0.0, 0.0) else 0.0
        mount = Mount(f"th-{number + 1:02d}", *from_enu(*SPOT, east, north), like.mount.height_m, azimuth_deg=azimuth)
        mounts.append(mount)
        heads.append(Head(mount, like.views, like.gate_k, like.turns))
    square = Zone("all", "all", "all", corners(0.0, 0.0, half, half, 0.0))
    plan = SitePlan(
        mounts=tuple(mounts), zones=(square,), structures=tuple(structures), terrain=terrain, radius_m=example.plan.radius_m,
        refraction_k=example.plan.refraction_k,
    )  # fmt: skip
    return replace(example, plan=plan, heads=tuple(heads), names=tuple((m.camera_id, "") for m in mounts))


def timed(inputs: Inputs) -> tuple[dict[str, float], dict[str, Any]]:
    """Return seconds by phase, and the figures."""
    spent: dict[str, float] = {}

    def phase(name: str, began: float) -> float:
        now = time.perf_counter()
        spent[name] = now - began
        return now

    at = time.perf_counter()
    done = survey(inputs)
    at = phase("heads", at)
    _, found = done.combined(())
    at = phase("join", at)
    figures = done.figures(found, ())
    with tempfile.TemporaryDirectory(prefix="edged-coverage-") as folder:
        path = Path(folder) / "coverage.npz"
        at = time.perf_counter()
        write_survey(path, done)
        at = phase("write", at)
        spent["file_mb"] = path.stat().st_size / 1e6
        held = read_survey(path)
        at = phase("read", at)
        assert held is not None
        held.combined((inputs.heads[0].mount.camera_id,))
        phase("join with one head down", at)
    spent["cells"] = float(done.area.cells.count)
    return spent, figures


def ray_agreement(inputs: Inputs, cell_m: float = 10.0) -> float:
    """Return the share of random cells of the first head for which sweep and single ray say the same."""
    site = SiteModel(inputs.plan)
    cells = area_of(site, inputs.heads, cell_m).cells
    floor, mast = floor_m(site, cells), inputs.heads[0].mount
    lines, post = sweep(site, mast, cells, floor, inputs.plan.radius_m), site.post(mast)
    east, north = cells.middles()
    same = 0
    for at in np.random.default_rng(SEED).choice(len(lines.cell), RAYS, replace=False):
        cell = lines.cell[at]
        hides = site.hides(post, float(east[cell]), float(north[cell]), float(floor[cell]) + 1.0)
        same += (hides is not None) is bool(lines.hidden(1.0)[at])
    return same / RAYS


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--short", action="store_true", help="one run instead of five")
    args = parser.parse_args()
    loaded = load(EXAMPLE)
    example = inputs_of(loaded.settings, loaded.site)
    wide = synthetic(example)
    runs = [timed(wide) for _ in range(1 if args.short else 5)]
    spent, figures = runs[-1]
    seconds = statistics.median(one["heads"] + one["join"] for one, _ in runs)
    agreement = ray_agreement(wide)
    began = time.perf_counter()
    loaded = load(EXAMPLE)
    read_s = time.perf_counter() - began
    own, own_figures = timed(inputs_of(loaded.settings, loaded.site))
    print(f"{'':28}{'synthetic, 9 lookouts':>24}{'example station':>18}")
    rows = [("cells", "cells", "{:,.0f}"), ("heads, s", "heads", "{:.2f}"), ("join and figures, s", "join", "{:.3f}")]
    rows += [("write, s", "write", "{:.2f}"), ("file, MB", "file_mb", "{:.2f}"), ("read, s", "read", "{:.3f}")]
    rows += [("join with one head down, s", "join with one head down", "{:.3f}")]
    for label, name, form in rows:
        print(f"{label:28}{form.format(spent[name]):>24}{form.format(own[name]):>18}")
    for label, name in (("zone, km²", "area_km2"), ("watched share", "watched_share"), ("revisit p95, s", "revisit_p95_s")):
        print(f"{label:28}{figures[name]!s:>24}{own_figures[name]!s:>18}")
    for name in figures["by_target"]:
        print(f"{name:28}{figures['by_target'][name]:>24}{own_figures['by_target'][name]:>18}")
    for name in figures["why_not"]:
        print(f"{'not: ' + name:28}{figures['why_not'][name]:>24}{own_figures['why_not'][name]:>18}")
    print(f"{'reading the files, s':28}{'':24}{read_s:>18.2f}")
    print(f"{'agreement with rays':28}{agreement:>24.4f}")
    print(f"bar: {BAR_S:.0f} s on 2 cores: {'met' if seconds <= BAR_S else 'MISSED'} with one core in {seconds:.2f} s")
    answer = {
        "bench": "coverage", "seconds": round(seconds, 3), "watched_share": figures["watched_share"], "bar_s": BAR_S,
        "cells": int(spent["cells"]), "lookouts": LOOKOUTS, "structures": STRUCTURES, "terrain": [GRID, GRID],
        "join_s": round(spent["join"], 3), "ray_agreement": round(agreement, 4),
        "example_seconds": round(own["heads"] + own["join"], 3), "example_watched_share": own_figures["watched_share"],
    }  # fmt: skip
    print(json.dumps(answer))
    return 0 if seconds <= BAR_S else 1


if __name__ == "__main__":
    sys.exit(main())

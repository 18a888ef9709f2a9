"""Upright prisms and flat polygons of a plan as arrays: what a horizontal line crosses, and what a point lies in.

Frame: metres of the local plane. Edges of all rings stand in one table; `owner` names the ring of each.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
Index = npt.NDArray[np.intp]
Ring = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Crossings:
    """Where a line meets edges. Shapes: all (C,). `along_m` from the line's start, ascending nowhere in particular."""

    along_m: Array
    edge: Index
    owner: Index


class Rings:
    """Rings of corners (K, 2) each, not closed. Rings may be empty of corners only when there are none."""

    def __init__(self, rings: Sequence[Ring]) -> None:
        self.rings = tuple(np.asarray(ring, np.float64).reshape(-1, 2) for ring in rings)
        counts = [len(ring) for ring in self.rings]
        self.owner: Index = np.repeat(np.arange(len(counts)), counts).astype(np.intp)
        self.start: Array = np.concatenate(self.rings) if self.rings else np.zeros((0, 2))
        ends = [np.roll(ring, -1, axis=0) for ring in self.rings]
        self.vector: Array = (np.concatenate(ends) if ends else np.zeros((0, 2))) - self.start
        self.middle: Array = np.array([(r.min(axis=0) + r.max(axis=0)) / 2.0 for r in self.rings]).reshape(-1, 2)
        self.radius_m: Array = np.array([float(np.hypot(*(r - m).T).max()) for r, m in zip(self.rings, self.middle, strict=True)])
        firsts = np.cumsum([0, *counts])
        self._span = [(int(firsts[i]), int(firsts[i + 1])) for i in range(len(counts))]

    def __len__(self) -> int:
        return len(self.rings)

    def near_line(self, origin: Array, ray: Array, reach_m: float, spread_rad: float) -> Index:
        """Return the rings that a wedge of ± `spread_rad` about a line from `origin` along the unit vector `ray` (2,) may touch."""
        away = self.middle - origin
        along = away @ ray
        aside = np.abs(away[:, 0] * ray[1] - away[:, 1] * ray[0])
        wide = self.radius_m + spread_rad * np.maximum(along + self.radius_m, 0.0)
        return np.flatnonzero((aside <= wide) & (along >= -self.radius_m) & (along <= reach_m + self.radius_m))

    def edges_of(self, rings: Index) -> Index:
        """Return the edges of some rings."""
        if len(rings) == 0:
            return np.zeros(0, np.intp)
        return np.concatenate([np.arange(*self._span[i], dtype=np.intp) for i in rings])

    def crossings(self, origin: Array, ray: Array, edges: Index) -> Crossings:
        """Return where the half-line from `origin` (2,) along `ray` (2,) crosses these edges, ahead of the origin only."""
        start, vector = self.start[edges] - origin, self.vector[edges]
        turn = ray[0] * vector[:, 1] - ray[1] * vector[:, 0]
        with np.errstate(divide="ignore", invalid="ignore"):
            along = (start[:, 0] * vector[:, 1] - start[:, 1] * vector[:, 0]) / turn
            part = (start[:, 0] * ray[1] - start[:, 1] * ray[0]) / turn
        met = (part >= 0.0) & (part < 1.0) & (along > 0.0)
        chosen = edges[met]
        return Crossings(along[met], chosen, self.owner[chosen])

    def holding(self, east_m: float, north_m: float) -> Index:
        """Return the rings that hold a point, in their order."""
        at = np.array([east_m, north_m])
        away = self.middle - at
        near = np.flatnonzero(np.hypot(away[:, 0], away[:, 1]) <= self.radius_m)
        if near.size == 0:
            return near
        met = self.crossings(at, np.array([1.0, 0.0]), self.edges_of(near))
        return np.asarray(near[np.bincount(met.owner, minlength=len(self))[near] % 2 == 1], np.intp)

    def facing(self, edge: int) -> Array:
        """Return the unit vector (2,) out of its ring at an edge."""
        v = self.vector[edge]
        out = np.array([v[1], -v[0]]) / max(float(np.hypot(*v)), 1e-9)
        ring = self.rings[int(self.owner[edge])]
        x, y = ring[:, 0], ring[:, 1]
        turns = float(x @ np.roll(y, -1) - y @ np.roll(x, -1))
        return np.asarray(out if turns > 0 else -out)

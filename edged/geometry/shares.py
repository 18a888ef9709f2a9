"""What a coverage says in figures and in one sentence: shares by target and zone, the reasons, how often a place is looked at."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import floor

import numpy as np

from edged.geometry.coverage import HIDDEN_BY_GROUND, SEEN, TARGETS, WHY, Area, Coverage
from edged.model.site import Zone
from edged.model.words import Words

HAZE_PER_KM, FOG_PER_KM = 0.6, 2.0
"""Extinction in the thermal band from which the air is called hazy or foggy (the scale of weather.extinction_per_km)."""
MOST_NAMED = 3
_LAST_NUMBER = re.compile(r"(\d+)$")


@dataclass(frozen=True, slots=True)
class Share:
    """What is watched of some ground. `by_target`: share where each of TARGETS would be seen, easiest first; `why`: shares of the
    rest by reason; `hidden_by_ground` is the part of `hidden` that the ground alone hides. `revisit_*` over what is watched, None
    where nothing is."""

    area_km2: float
    by_target: tuple[float, ...]
    why: Mapping[str, float]
    hidden_by_ground: float
    revisit_p50_s: float | None
    revisit_p95_s: float | None

    @property
    def watched(self) -> float:
        """The share where at least a vehicle fire would be seen."""
        return self.by_target[0]


@dataclass(frozen=True, slots=True)
class ZoneShare:
    """One zone of the plan."""

    zone_id: str
    name: str
    code: str
    share: Share


@dataclass(frozen=True, slots=True)
class Shares:
    """The whole of what counts, and its zones, worst first."""

    whole: Share
    zones: tuple[ZoneShare, ...]


def shares(area: Area, coverage: Coverage, zones: Sequence[Zone]) -> Shares:
    """Return the figures. `zones`: the plan's, in its order."""
    counted = np.flatnonzero(area.counts)
    whole = _share(area, coverage, counted)
    numbers = area.zone[counted]
    order = np.argsort(numbers, kind="stable")
    starts = np.searchsorted(numbers[order], np.arange(len(zones) + 1))
    known = []
    for number, zone in enumerate(zones):
        inside = counted[order[starts[number] : starts[number + 1]]]
        if len(inside):
            known.append(ZoneShare(zone.zone_id, zone.name, zone.code, _share(area, coverage, inside)))
    return Shares(whole, tuple(sorted(known, key=lambda one: (one.share.watched, one.share.by_target))))


def sentence(watched: float, extinction_per_km: float, blind: Sequence[str], heads: Mapping[str, str]) -> Words:
    """Return the one sentence for people. `heads`: all watched heads, id → name; `blind`: ids. The share is rounded down."""
    percent = floor(100.0 * watched + 1e-6)
    en, zh = [f"{percent} % watched now"], [f"现在看得见{percent}%"]
    if (air := air_words(extinction_per_km)) is not None:
        en.append(air.en)
        zh.append(air.zh)
    if heads and set(heads) <= set(blind):
        en.append("all heads blind")
        zh.append("镜头全部失明")
    elif blind:
        said = _heads(blind, heads)
        en.append(f"{said.en} blind")
        zh.append(f"{said.zh}失明")
    return Words(", ".join(en), ", ".join(zh))


def air_words(extinction_per_km: float) -> Words | None:
    """Return the word for the air, None where it is clear."""
    if extinction_per_km < HAZE_PER_KM:
        return None
    return Words("fog", "雾") if extinction_per_km >= FOG_PER_KM else Words("haze", "霾")


def _heads(blind: Sequence[str], heads: Mapping[str, str]) -> Words:
    """Return `head 3`/`3号头`: the number that ends an id where all ids end in different ones, else names or ids."""
    if len(blind) > MOST_NAMED:
        return Words(f"{len(blind)} heads", f"{len(blind)}个镜头")
    found = {head: match.group(1) for head in {*heads, *blind} if (match := _LAST_NUMBER.search(head))}
    numbers = {head: int(digits) for head, digits in found.items()}
    if len(numbers) == len({*heads, *blind}) and len(set(numbers.values())) == len(numbers):
        listed = [str(number) for number in sorted(numbers[head] for head in blind)]
        return Words(("head " if len(listed) == 1 else "heads ") + _and(listed), "、".join(listed) + "号头")
    return Words(_and(list(blind)), "、".join(heads.get(head) or head for head in blind))


def _and(words: Sequence[str]) -> str:
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def _share(area: Area, coverage: Coverage, cells: np.ndarray[tuple[int], np.dtype[np.intp]]) -> Share:
    total = max(len(cells), 1)
    level, why = coverage.level[cells], coverage.why[cells]
    codes = np.bincount(why, minlength=len(WHY))
    reasons: dict[str, float] = {}
    for code, count in enumerate(codes.tolist()):
        if code != SEEN:
            reasons[WHY[code]] = reasons.get(WHY[code], 0.0) + count / total
    watched = coverage.revisit_s[cells][level > 0]
    p50, p95 = (float(p) for p in np.percentile(watched, (50, 95))) if watched.size else (None, None)
    return Share(
        len(cells) * area.cells.cell_m**2 / 1e6,
        tuple(int(np.count_nonzero(level >= number)) / total for number in range(1, len(TARGETS) + 1)),
        reasons,
        int(codes[HIDDEN_BY_GROUND]) / total,
        p50,
        p95,
    )

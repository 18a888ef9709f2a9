"""An evaluation in units that can be run, kept and run again: batches of recordings, and cases of inserted fires and clutter."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import get_args

from edged.core.rules import Rules
from edged.detector.scene import Stage
from edged.detector.weights import AGAINST
from edged.evaluation import inserted, listing, real
from edged.evaluation.keep import Keep, Result, code_digest, files_digest
from edged.evaluation.law import Law, law
from edged.evaluation.outcome import Refusal, Tier
from edged.evaluation.record import Without
from edged.model.errors import EdgedError
from edged.model.sighting import ReasonAgainst
from edged.simulator.generator.background import Background, ready

WHOLE = "everything"
"""The name of the run that leaves nothing out."""


@dataclass(frozen=True, slots=True)
class Unit:
    """One piece of work. `batch` for recordings, else `case`. `fire`: something burns in it, so that it is in no ablation."""

    name: str
    tier: Tier
    fire: bool
    batch: real.Batch | None = None
    case: inserted.Case | None = None


@dataclass(slots=True)
class Plan:
    """What an evaluation consists of. `gone`: tiers that cannot be run, with why in both languages."""

    units: list[Unit]
    refused: list[Refusal]
    fire_groups: dict[str, list[str]]
    gone: dict[Tier, tuple[str, str]] = field(default_factory=dict)
    backgrounds: list[Background] = field(default_factory=list)
    law: Law = field(default_factory=law)
    rules: Rules = field(default_factory=lambda: Rules.build("evaluate", lookouts=(), paths=(), simulated=True))
    withouts: dict[str, Without] = field(default_factory=lambda: {WHOLE: None})
    code: str = field(default_factory=code_digest)

    def run(self, unit: Unit, keep: Keep) -> Result:
        """Return the result of a unit, from the folder where it is there already."""
        withouts = {WHOLE: self.withouts[WHOLE]} if unit.fire else self.withouts
        stamp = self._stamp(unit, withouts)
        known = keep.load(unit.name, stamp)
        if known is not None:
            return known
        if unit.batch is not None:
            outcomes, refused = real.run(unit.batch, self.rules, withouts)
        else:
            assert unit.case is not None
            done = inserted.run(self.law, unit.case, self.backgrounds, self.rules, withouts)
            outcomes, refused = {name: [outcome] for name, outcome in done.items()}, []
        result = Result(outcomes, refused)
        keep.save(unit.name, stamp, result)
        return result

    def _stamp(self, unit: Unit, withouts: dict[str, Without]) -> str:
        says: list[object] = [self.code, unit.name, sorted(withouts)]
        if unit.batch is not None:
            says += [unit.fire, [e.name for e in unit.batch.entries], files_digest([e.path for e in unit.batch.entries])]
        elif unit.case is not None:
            says += [self.law.digest, repr(unit.case)]
            says.append(_pictures(self.backgrounds) if unit.tier == "semi-synthetic" else "")
        return hashlib.sha256(json.dumps(says, ensure_ascii=False).encode()).hexdigest()[:16]


def plan(path: Path, tiers: Sequence[Tier], fires: int, seed: int, *, ablate: bool) -> Plan:
    """Return what is to be done. Raises ConfigError for the list."""
    entries, refused = listing.read(path)
    found, broken = real.batches(entries)
    known = {entry.name for batch in found for entry in batch.entries}
    groups: dict[str, list[str]] = {entry.group: [] for entry in entries if entry.fire}
    for batch in found:
        if batch.fire:
            groups[batch.group].append(batch.name)
    out = Plan([], refused + broken, groups if "real" in tiers else {})
    if ablate:
        out.withouts |= {name: name for name in rejecters()}
    if "real" in tiers:
        out.units += [Unit(f"real-{'fire' if batch.fire else 'quiet'}-{batch.name}", "real", batch.fire, batch=batch) for batch in found]
    if "semi-synthetic" in tiers:
        out.backgrounds = _backgrounds([entry for entry in entries if entry.name in known and not entry.fire])
        if not out.backgrounds:
            out.gone["semi-synthetic"] = (
                "the list has no radiometric still without a fire to put fires into", "清单中没有可供嵌入火源的辐射测温静态图 (无火)"
            )  # fmt: skip
    for tier in tiers:
        if tier != "real" and tier not in out.gone:
            out.units += [Unit(case.name, tier, case.kind is not None, case=case) for case in inserted.cases(out.law, tier, fires, seed)]
    return out


def rejecters() -> tuple[ReasonAgainst | Stage, ...]:
    """Return the reasons against that the detector weighs by itself (areas and permits are people's), and its stages."""
    return (*AGAINST, *get_args(Stage))


def _backgrounds(entries: list[listing.Entry]) -> list[Background]:
    return [Background(entry.path.stem, entry.site, True, ready(celsius)) for entry, celsius in _radiometric(entries)]


def _radiometric(entries: list[listing.Entry]) -> Iterator[tuple[listing.Entry, real.Celsius]]:
    for entry in entries:
        try:
            celsius = real.celsius(entry)
        except (EdgedError, *real.BROKEN):
            continue
        if celsius is not None:
            yield entry, celsius


def _pictures(backgrounds: list[Background]) -> str:
    found = hashlib.sha256()
    for background in backgrounds:
        found.update(f"{background.name}\0{background.site}\0".encode() + background.celsius.tobytes())
    return found.hexdigest()[:16]

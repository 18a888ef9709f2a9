"""`edged evaluate`: what detector and core are worth on recordings, on inserted fires and on rendered scenes, each tier apart.

It opens no journal, broker or radio. Exit status 0: no false alarm, and all that burns was found; 1 otherwise.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from edged.commands import evaluatewording as wording
from edged.evaluation import tables
from edged.evaluation.keep import Keep
from edged.evaluation.outcome import TIERS, Outcome, Refusal, Tier
from edged.evaluation.plan import WHOLE, Plan, Unit, plan
from edged.model.errors import ConfigError

FIRES, SEED = 18, 1
BAR = 30
_OUTCOME = TypeAdapter(Outcome)


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("files", type=Path, metavar="FILES.json", help="list of recordings: file, group, label / 录像清单")
    parser.add_argument("--tier", choices=(*TIERS, "all"), default="all", help="only this tier (all that can be run) / 只运行此层")
    parser.add_argument(
        "--fires", type=int, default=FIRES, metavar="N", help=f"inserted fires in each tier beyond real ({FIRES}) / 每层嵌入火源数"
    )
    parser.add_argument("--seed", type=int, default=SEED, help=f"seed of what is inserted ({SEED}) / 随机种子")
    parser.add_argument(
        "--ablate", action="store_true", help="what each reason against, and each stage, is worth / 逐项去除排除理由, 看多出多少误报"
    )
    parser.add_argument("--out", type=Path, metavar="DIR", help="keep results there; a run that was stopped goes on / 结果目录, 可续跑")
    parser.add_argument("--plot", type=Path, metavar="DIR", help="write pictures there / 输出图片的目录")
    parser.add_argument("--json", action="store_true", help="one JSON object a line / 每行一个 JSON 对象")


@dataclass(slots=True)
class Run:
    """What has come so far: units with their outcomes, by the name of what was left out; refusals."""

    units: list[tuple[Unit, dict[str, list[Outcome]]]] = field(default_factory=list)
    refused: list[Refusal] = field(default_factory=list)

    def of(self, tier: Tier, name: str = WHOLE, *, fire: bool | None = None) -> list[Outcome]:
        """Return outcomes of a tier."""
        mine = (found for unit, found in self.units if unit.tier == tier and fire in (None, unit.fire))
        return [outcome for found in mine for outcome in found.get(name, ())]


def run(args: argparse.Namespace) -> int:
    """Evaluate. Raises ConfigError for FILES.json and options."""
    if not 1 <= args.fires <= 100_000:
        raise ConfigError(f"evaluate: --fires {args.fires}: write 1 to 100000", f"评估: --fires {args.fires}: 须为 1 到 100000")
    if not 0 <= args.seed < 1 << 31:
        raise ConfigError(f"evaluate: --seed {args.seed}: write 0 to 2147483647", f"评估: --seed {args.seed}: 须为 0 到 2147483647")
    wanted: tuple[Tier, ...] = TIERS if args.tier == "all" else (args.tier,)
    todo = plan(args.files, wanted, args.fires, args.seed, ablate=args.ablate)
    keep = Keep(args.out)
    if args.plot is not None:
        Keep(args.plot)
    done = Run(refused=list(todo.refused))
    for unit in _progress(todo.units):
        result = todo.run(unit, keep)
        done.units.append((unit, result.outcomes))
        done.refused += result.refused
        if args.json:
            for outcome in result.outcomes[WHOLE]:
                _line({"kind": "scene", **_OUTCOME.dump_python(outcome, mode="json")})
    summary = summarise(todo, done, wanted)
    if args.json:
        for refusal in done.refused:
            _line({"kind": "refused", **asdict(refusal)})
        rows = [row for tier in summary["tiers"].values() for row in tier["rows"]]
        for row in [*rows, *summary["ablation"]]:
            _line({"kind": "row", **row})
    if args.plot is not None:
        from edged.commands.evaluateplot import draw

        outcomes = [outcome for tier in wanted for outcome in done.of(tier)]
        summary["plots"] = [str(path) for path in draw(args.plot, outcomes, todo.law)]
    if args.json:
        _line({"kind": "summary", **summary})
    else:
        print("\n".join(wording.lines(summary, done.refused, args.language)))
    return 1 if summary["wrong"] else 0


def summarise(todo: Plan, done: Run, wanted: tuple[Tier, ...]) -> dict[str, Any]:
    """Return the rows of every tier, the ablation, and what went wrong, ready for JSON."""
    tiers: dict[str, Any] = {}
    wrong: list[str] = []
    for tier in wanted:
        if tier in todo.gone:
            tiers[tier] = {"not_run": {"en": todo.gone[tier][0], "zh": todo.gone[tier][1]}, "rows": []}
            continue
        rows = _real(done) if tier == "real" else [{"row": "fires", **asdict(row)} for row in tables.fires(done.of(tier))]
        quiet = tables.silence(done.of(tier, fire=False))
        every = tables.silence(done.of(tier))
        tiers[tier] = {"rows": [{"tier": tier, **row} for row in rows], "quiet": asdict(quiet), "all": asdict(every)}
        if every.false_alarms:
            wrong.append(f"{tier}: {every.false_alarms} false alarms")
        missed = sum(o.fire and o.visible_s is not None and o.found_s is None for o in done.of(tier)) if tier != "real" else 0
        if missed:
            wrong.append(f"{tier}: {missed} visible fires missed")
    if "real" in wanted:
        by_name = {unit.batch.name: found.get(WHOLE, []) for unit, found in done.units if unit.batch is not None and unit.fire}
        fires = {group: [o for name in names for o in by_name.get(name, [])] for group, names in todo.fire_groups.items()}
        wrong += [f"real: fire group {name} not found" for name in tables.lost(fires)]
    if faults := sum(refusal.fault for refusal in done.refused):
        wrong.append(f"{faults} files could not be judged")
    reasons = [name for name in todo.withouts if name != WHOLE]
    done_tiers = [tier for tier in wanted if tier not in todo.gone]
    ablation = [{"row": "ablation", "tier": tier, **asdict(_worth(done, tier, name))} for tier in done_tiers for name in reasons]
    return {
        "tiers": tiers, "ablation": ablation, "refused": len(done.refused), "law": todo.law.digest, "code": todo.code, "wrong": wrong,
        "ok": not wrong,
    }  # fmt: skip


def _real(done: Run) -> list[dict[str, Any]]:
    rows = []
    for unit, found in done.units:
        if unit.batch is not None:
            rows.append({"row": "group", **asdict(tables.group(unit.batch.name, len(unit.batch.entries), unit.fire, found.get(WHOLE, [])))})
    return rows


def _worth(done: Run, tier: Tier, name: str) -> tables.Worth:
    return tables.worth(name, done.of(tier, fire=False), done.of(tier, name, fire=False))


def _progress(units: list[Unit]) -> Iterator[Unit]:
    """Yield the units; on a terminal a bar says how far it is."""
    shows = sys.stderr.isatty()
    for number, unit in enumerate(units):
        if shows:
            part = BAR * number // len(units)
            sys.stderr.write(f"\r[{'#' * part}{'.' * (BAR - part)}] {number}/{len(units)} {unit.name[:50]}\033[K")
            sys.stderr.flush()
        yield unit
    if shows:
        sys.stderr.write("\r\033[K")


def _line(value: dict[str, Any]) -> None:
    print(json.dumps(value, ensure_ascii=False, allow_nan=False), flush=True)

"""Long benches in shards: numbered cases, one line of JSON each, kept in a file a shard, so that any shard runs alone and goes on where it
ended. What belongs together is told by the bench, the hashes of its law and of the code that it judges, and the seed: results of other code
are left alone.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import math
import os
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import yaml

Row = dict[str, Any]
LAWS = Path(__file__).with_name("laws")
ROOT = Path(__file__).resolve().parents[2]
JUDGED = ("detector", "core", "geometry", "model", "simulator/generator")
"""Folders of edged that a result depends on, without what lies deeper."""
Z95 = 1.959964


def law(name: str) -> dict[str, Any]:
    """Return laws/NAME.yaml.

    Raises:
        SystemExit: the file is not the one whose hash was committed.
    """
    path = LAWS / f"{name}.yaml"
    known = (LAWS / "SHA256SUMS").read_text("utf-8").splitlines()
    if f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}" not in known:
        raise SystemExit(f"{path} is not the law of SHA256SUMS: a changed law is a new bench; write its hash there before any run")
    loaded: dict[str, Any] = yaml.safe_load(path.read_text("utf-8"))
    return loaded


def wilson(hits: int, of: int) -> tuple[float, float]:
    """Return the 95 % interval of a share."""
    if not of:
        return 0.0, 1.0
    share, z2 = hits / of, Z95 * Z95
    middle, half = share + z2 / (2 * of), Z95 * math.sqrt(share * (1 - share) / of + z2 / (4 * of * of))
    return max(0.0, (middle - half) / (1 + z2 / of)), min(1.0, (middle + half) / (1 + z2 / of))


def shown_share(hits: int, of: int) -> str:
    """Return a share in percent with its interval."""
    low, high = wilson(hits, of)
    return f"{100 * hits / max(1, of):5.1f} % [{100 * low:.1f}–{100 * high:.1f}]"


def quantile(values: list[float], share: float) -> float | None:
    """Return the value that this share does not exceed, None where it is infinite or there is none."""
    found = sorted(values)[min(len(values), math.ceil(share * len(values))) - 1] if values else math.inf
    return round(found, 2) if math.isfinite(found) else None


def parser(doc: str | None, seed: int) -> argparse.ArgumentParser:
    """Return the options that such benches share."""
    out = argparse.ArgumentParser(description=doc)
    out.add_argument("--short", action="store_true", help="a few cases, at most a minute")
    out.add_argument("--seed", type=seed_of, default=seed, help=f"whole number or commit id ({seed})")
    out.add_argument("--shard", type=shard_of, metavar="I/N", help="only each N-th case, from the I-th (0 ≤ I < N)")
    out.add_argument("--out", type=Path, metavar="DIR", help="keep the results here, and do not repeat those that are there")
    out.add_argument("--limit-s", type=float, default=math.inf, help="begin no case after so many seconds; run again to go on")
    out.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="processes at a time")
    out.add_argument("--explain", type=int, metavar="CASE", help="run one case and print its sightings")
    return out


def seed_of(text: str) -> int:
    """Return a seed from a whole number or the hexadecimal id of a commit."""
    return int(text) if text.isdigit() and len(text) < 20 else int(text[:12], 16)


def shard_of(text: str) -> tuple[int, int]:
    """Return (shard, of how many)."""
    at, of = (int(part) for part in text.split("/"))
    if not 0 <= at < of:
        raise argparse.ArgumentTypeError(f"{text}: shards of {of} are 0/{of} … {of - 1}/{of}")
    return at, of


def play(bench: str, numbers: list[int], judge: Callable[[int, int], Row], args: argparse.Namespace) -> list[Row]:
    """Run the cases that are not done yet, and return the rows of all that are, in order. `judge(seed, number)` returns a row."""
    at, of = args.shard or (0, 1)
    stem = f"{bench}-{digest([LAWS / f'{bench}.yaml'])}-{code(bench)}-{args.seed}"
    done = {row["case"]: row for row in kept(args.out, stem)}
    todo = [number for number in numbers if number % of == at and number not in done]
    began = time.monotonic()
    handle = None
    if args.out is not None:
        args.out.mkdir(parents=True, exist_ok=True)
        handle = (args.out / f"{stem}-{at}of{of}.jsonl").open("a", encoding="utf-8")
    for count, row in enumerate(judged(judge, args.seed, todo, args.jobs, began + args.limit_s), 1):
        done[row["case"]] = row
        if handle is not None:
            handle.write(json.dumps(row, ensure_ascii=False) + "\n")
            handle.flush()
        if sys.stderr.isatty():
            print(f"\r{count}/{len(todo)} cases, {time.monotonic() - began:.0f} s ", end="", file=sys.stderr, flush=True)
    if handle is not None:
        handle.close()
    return [done[number] for number in numbers if number in done]


def code(bench: str) -> str:
    """Return a short hash of the code that a bench judges by and judges."""
    own = [Path(__file__).with_name(f"{name}.py") for name in (bench, "trial")]
    return digest([*own, *(path for room in JUDGED for path in sorted((ROOT / "edged" / room).glob("*.py")))])


def digest(paths: list[Path]) -> str:
    """Return a short hash of some files."""
    whole = hashlib.sha256()
    for path in paths:
        whole.update(path.read_bytes())
    return whole.hexdigest()[:8]


def judged(judge: Callable[[int, int], Row], seed: int, todo: list[int], jobs: int, until: float) -> Iterator[Row]:
    """Yield the row of each case as it comes, in order; begin none after `until`."""
    if jobs <= 1 or len(todo) < 2:
        for number in todo:
            if time.monotonic() >= until:
                return
            yield judge(seed, number)
        return
    with ProcessPoolExecutor(min(jobs, len(todo))) as pool:
        for first in range(0, len(todo), 4 * jobs):
            if time.monotonic() >= until:
                return
            part = todo[first : first + 4 * jobs]
            yield from pool.map(judge, [seed] * len(part), part)


def kept(folder: Path | None, stem: str) -> Iterator[Row]:
    """Yield the rows kept in a folder; a last line that was cut short is left out."""
    for path in sorted(folder.glob(f"{stem}-*.jsonl")) if folder is not None and folder.is_dir() else ():
        for line in path.read_text("utf-8").splitlines():
            try:
                yield json.loads(line)
            except json.JSONDecodeError:
                continue

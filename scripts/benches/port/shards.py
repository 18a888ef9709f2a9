"""Cases as resumable shards: each with a result file, so that what was run is not run again, and a word of how far it is."""

from __future__ import annotations

import json
import sys
import time
from argparse import ArgumentParser
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

Job = TypeVar("Job")


def add_arguments(parser: ArgumentParser) -> None:
    """Add what every sharded bench understands."""
    parser.add_argument("--shard", default="1/1", metavar="I/N", help="each N-th case, from the I-th")
    parser.add_argument("--out", type=Path, metavar="DIR", help="result files; what is there is not run again")
    parser.add_argument("--jobs", type=int, default=1, help="processes (1)")
    parser.add_argument("--report", action="store_true", help="run nothing: the tables of the files in --out")


def part_of(jobs: list[Job], shard: str) -> list[Job]:
    """Return the jobs of a shard I/N. Raises SystemExit where it is none."""
    index, _, count = shard.partition("/")
    if not (index.isdigit() and count.isdigit() and 1 <= int(index) <= int(count)):
        raise SystemExit(f"--shard {shard}: it must be I/N with 1 ≤ I ≤ N, as 2/8")
    return jobs[int(index) - 1 :: int(count)]


def known(out: Path | None, bench: str, law: str) -> list[dict[str, Any]]:
    """Return the results in a folder that were made under this law; a file that was cut off does not count."""
    results = []
    for path in sorted(out.glob(f"{bench}-*.json")) if out is not None else ():
        try:
            result = json.loads(path.read_text())
        except json.JSONDecodeError:
            print(f"{path}: cut off; its case is run again", file=sys.stderr)
            continue
        if result["law"] == law:
            results.append(result)
    return results


def play(jobs: list[Job], run: Callable[[Job], dict[str, Any]], out: Path | None, bench: str, processes: int) -> list[dict[str, Any]]:
    """Run the jobs and keep each result in a file of its own."""
    if out is not None:
        out.mkdir(parents=True, exist_ok=True)
    began, results = time.monotonic(), []
    with ProcessPoolExecutor(max(1, processes)) as pool:
        for number, result in enumerate(pool.map(run, jobs) if processes > 1 else map(run, jobs), 1):
            results.append(result)
            if out is not None:
                path = out / f"{bench}-{result['case'].replace(':', '-')}.json"
                half = path.with_suffix(".part")
                half.write_text(json.dumps(result))
                half.replace(path)
            left_s = (time.monotonic() - began) / number * (len(jobs) - number)
            done = "█" * round(24 * number / len(jobs))
            print(f"\r{done:░<24} {number}/{len(jobs)} {result['case']}, {left_s / 60:.0f} min left ", end="", file=sys.stderr, flush=True)
    if jobs:
        print(file=sys.stderr)
    return results

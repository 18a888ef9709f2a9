"""Composition root of the short-lived worker: work that may take seconds and must never delay an alarm.

`python -m edged.worker coverage -c FILE --out FILE.npz [--state DIR] [--cell-m M] [--extinction K]`. It runs niced, ends by itself when it
takes too long, and reads the last good settings from a copy, so that it never writes what control owns. Exit status 0, 1, or 78 for the
configuration.
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import sys
import tempfile
from contextlib import suppress
from pathlib import Path

from edged.config.load import Loaded, load
from edged.model.errors import ConfigError, EdgedError, StoreUnreachable
from edged.survey import CELL_M, inputs_of, survey, write_survey

NICE = 15
LONGEST_S = 150
"""Control kills a worker after 120 s; one whose control is gone ends here."""
EXIT_CONFIG = 78


def coverage(station_yaml: Path, out: Path, state_dir: Path | None, cell_m: float, extinction_per_km: float | None) -> None:
    """Compute the coverage of a station and write it. Raises EdgedError."""
    loaded = _loaded(station_yaml, state_dir)
    write_survey(out, survey(inputs_of(loaded.settings, loaded.site, cell_m, extinction_per_km)))


def main(argv: list[str] | None = None) -> int:
    """Do one piece of work; the last line on standard error says why it failed."""
    parser = argparse.ArgumentParser(prog="edged.worker")
    parser.add_argument("work", choices=("coverage",))
    parser.add_argument("-c", "--config", type=Path, required=True, metavar="FILE")
    parser.add_argument("--out", type=Path, required=True, metavar="FILE")
    parser.add_argument("--state", type=Path, default=None, metavar="DIR")
    parser.add_argument("--cell-m", type=float, default=CELL_M)
    parser.add_argument("--extinction", type=float, default=None, metavar="K")
    args = parser.parse_args(argv)
    try:
        coverage(args.config, args.out, args.state, args.cell_m, args.extinction)
    except EdgedError as fault:
        sys.stderr.write(f"{fault}\n")
        return EXIT_CONFIG if isinstance(fault, ConfigError) else 1
    return 0


def _loaded(station_yaml: Path, state_dir: Path | None) -> Loaded:
    if state_dir is None or not (state_dir / "config").is_dir():
        return load(station_yaml)
    try:
        with tempfile.TemporaryDirectory(prefix="edged-worker-") as folder:
            shutil.copytree(state_dir / "config", Path(folder) / "config")
            return load(station_yaml, Path(folder))
    except OSError as fault:
        raise StoreUnreachable(
            f"the last good settings cannot be copied ({fault}): check the state folder and the temporary folder",
            zh=f"无法复制上一次可用的配置 ({fault}): 请检查状态目录与临时目录",
        ) from fault


if __name__ == "__main__":
    with suppress(OSError):
        os.nice(NICE)
    signal.alarm(LONGEST_S)
    sys.exit(main())

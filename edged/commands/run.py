"""edged run [-c FILE]: the daemon."""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
from pathlib import Path

from edged.logs import Secrets, start_logging

STATION = "/etc/edged/station.yaml"
STATE = "/var/lib/edged"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "-c", "--config", type=Path, default=Path(os.environ.get("EDGED_CONFIG", STATION)), metavar="FILE", help="station.yaml"
    )
    parser.add_argument(
        "--state",
        type=Path,
        default=Path(os.environ.get("STATE_DIRECTORY", STATE).split(":")[0]),
        metavar="DIR",
        help="state folder / 状态目录",
    )
    parser.add_argument("--socket", type=Path, default=Path(os.environ.get("EDGED_SOCKET", "/run/edged/control.sock")), metavar="PATH")
    parser.add_argument("--debug", action="store_true", help="more lines in the log / 更详细的日志")


def run(args: argparse.Namespace) -> int:
    """Run until SIGTERM. Raises ConfigError (78) where nothing valid is there, StoreError and OutputError (1)."""
    from edged.app import Daemon, Paths

    secrets = Secrets()
    start_logging(secrets, level=logging.DEBUG if args.debug else logging.INFO)
    asyncio.run(Daemon(Paths(args.config, args.state, args.socket), secrets).run())
    return 0

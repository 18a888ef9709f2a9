"""edged status [--watch]: whether the station sees, and what does not work, from the daemon itself."""

from __future__ import annotations

import argparse
import contextlib
from typing import Any

from edged.commands import ask
from edged.commands.wording import status_lines


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    ask.arguments(parser)
    parser.add_argument("--watch", action="store_true", help="print again with each change / 有变化时重新显示")


def run(args: argparse.Namespace) -> int:
    """Print the status; exit status 1 when the station says that it is blind (`sees` false)."""
    if not args.watch:
        answer = ask.request(args.socket, "status")
        _show(answer, args)
        return 1 if answer["data"].get("sees") is False else 0
    with contextlib.closing(ask.answers(args.socket, "status", None, watch=True)) as every:
        for number, answer in enumerate(every):
            if number and not args.json:
                print("---")
            _show(answer, args)
    return 0


def _show(answer: dict[str, Any], args: argparse.Namespace) -> None:
    if args.json:
        ask.show(answer, True)
    else:
        print("\n".join(status_lines(answer["data"], args.language)), flush=True)

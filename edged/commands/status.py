"""edged status [--watch]: whether the station sees, and what does not work, from the daemon itself."""

from __future__ import annotations

import argparse
import contextlib

from edged.commands import ask


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    ask.arguments(parser)
    parser.add_argument("--watch", action="store_true", help="print again with each change / 有变化时重新显示")


def run(args: argparse.Namespace) -> int:
    """Print the status; exit status 1 when the station says that it is blind (`sees` false)."""
    if not args.watch:
        answer = ask.request(args.socket, "status")
        ask.show(answer, args.json)
        return 1 if answer["data"].get("sees") is False else 0
    with contextlib.closing(ask.answers(args.socket, "status", None, watch=True)) as every:
        for number, answer in enumerate(every):
            if number and not args.json:
                print("---")
            ask.show(answer, args.json)
    return 0

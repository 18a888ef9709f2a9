"""edged alarms: the open alarms, newest last, a line each."""

from __future__ import annotations

import argparse
from typing import Any

from edged.commands import ask
from edged.commands.wording import alarm_line
from edged.model.words import Words

NONE = Words("no open alarm", "没有未结警情")


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    ask.arguments(parser)
    parser.add_argument("--all", action="store_true", help="recently cleared ones too / 包括最近解除的")


def run(args: argparse.Namespace) -> int:
    """Print the alarms."""
    answer = ask.request(args.socket, "alarms", args={"all": args.all})
    alarms: list[dict[str, Any]] = answer["data"].get("alarms", [])
    if args.json:
        ask.show(answer, True)
    elif not alarms:
        print(NONE.said(args.language))
    else:
        for alarm in alarms:
            print(alarm_line(alarm, args.language, str(answer["data"].get("time_zone", "UTC"))))
    return 0

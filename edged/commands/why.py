"""`edged why PLACE|ALARM`: what was seen there since when, how strong it was, why it was held, and when nobody looked."""

from __future__ import annotations

import argparse

from edged.commands import ask
from edged.commands.whywording import alarm_lines, place_lines, proposal_lines
from edged.model.errors import CommandRefused


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    ask.arguments(parser)
    parser.add_argument(
        "what",
        nargs="?",
        metavar="PLACE|ALARM",
        help="name or code of the plan; LAT,LON; CAMERA; CAMERA@PAN,TILT; #4 or 0142 / 地点、坐标、镜头、镜头@水平角,俯仰角、警情",
    )
    parser.add_argument("--since", metavar="T", help="02:00, 2026-11-27T02:00, 6h (24h) / 起始时刻")
    parser.add_argument(
        "--proposals", action="store_true", help="sources that come again, as entries to paste / 反复出现的热源, 可直接粘贴"
    )


def run(args: argparse.Namespace) -> int:
    """Print the answer. Returns 0, also where nothing was seen."""
    if (args.what is None) is not args.proposals:
        raise CommandRefused("name a place or an alarm, or give --proposals alone", zh="请给出地点或警情, 或只用 --proposals")
    asked = {"proposals": True} if args.proposals else {"what": args.what, **({"since": args.since} if args.since else {})}
    answer = ask.request(args.socket, "why", args=asked)
    if args.json:
        ask.show(answer, True)
        return 0
    data = answer["data"]
    said = proposal_lines if args.proposals else alarm_lines if "alarm_id" in data else place_lines
    print("\n".join(said(data, args.language)))
    return 0

"""edged alarms: the open alarms, newest last, a line each."""

from __future__ import annotations

import argparse
from typing import Any

from edged.commands import ask
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
            print(line(alarm, args.language))
    return 0


def line(alarm: dict[str, Any], language: str) -> str:
    """Return one alarm as a line for people."""
    slot = f"#{alarm['slot']}" if alarm.get("slot") else "  "
    words = alarm.get("words") or {}
    parts = [slot, str(alarm.get("display_id", "")), str(alarm.get("state", "")), str(words.get("place", "")), str(words.get("gate") or "")]
    marks = {
        "test": Words("DRILL", "演练"),
        "not_seen_since": Words("not seen now", "当前未见"),
        "shelved_until": Words("shelved", "已搁置"),
        "released_at": Words("on the radio", "已发电台"),
    }
    parts += [said.said(language) for name, said in marks.items() if alarm.get(name)]
    answered = [f"{a['verb']} {a['actor']}" for a in alarm.get("answers", [])]
    return "  ".join(part for part in [*parts, str(alarm.get("raised_at", "")), ", ".join(answered)] if part.strip())

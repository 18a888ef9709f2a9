"""The verbs of people on the command line: what each takes, and how it becomes one request.

`edged going #4`, `edged clear 0142 --reason extinguished`: an alarm is its slot (#4 or 4), its display id (0142) or its whole id.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable
from typing import Any, get_args

from edged.commands import ask
from edged.model.alarm import Arming, ClearReason, FalseAlarmReason, VerbName
from edged.model.errors import CommandRefused

ON_ALARM: frozenset[VerbName] = frozenset(
    {"going", "on_scene", "no_fire_seen", "seen", "confirm", "clear", "false_alarm", "shelve", "unshelve", "verify", "told_119"}
)
_BY_PROGRAM = ("superseded", "expired")
_PAIR = re.compile(r"\s*(-?\d+(?:\.\d+)?)\s*,\s*(-?\d+(?:\.\d+)?)\s*")
_SPAN = re.compile(r"(\d+(?:\.\d+)?)\s*(s|m|min|h|d)")
_HOURS = {"s": 1 / 3600, "m": 1 / 60, "min": 1 / 60, "h": 1.0, "d": 24.0}


def asking(verb: VerbName) -> tuple[Callable[[argparse.ArgumentParser], None], Callable[[argparse.Namespace], int]]:
    """Return `arguments` and `run` of one verb's command."""

    def arguments(parser: argparse.ArgumentParser) -> None:
        ask.arguments(parser)
        if verb in ON_ALARM:
            parser.add_argument("alarm", metavar="ALARM", help="#4, 0142 or the whole id / 编号")
        _own(verb, parser)

    def run(args: argparse.Namespace) -> int:
        fields: dict[str, Any] = which(args.alarm) if verb in ON_ALARM else {}
        answer = ask.request(args.socket, verb, args=given(verb, args), **fields)
        ask.show(answer, args.json)
        return 0

    return arguments, run


def which(alarm: str) -> dict[str, Any]:
    """Return the field that names an alarm."""
    word = alarm.strip().removeprefix("#")
    if re.fullmatch("[1-9]", word):
        return {"slot": int(word)}
    return {"alarm_id": word} if re.fullmatch("[0-9A-HJKMNP-TV-Z]{26}", word.upper()) else {"display_id": word}


def span_h(text: str) -> float:
    """Return hours from `90m`, `2h`, `1d`. Raises CommandRefused."""
    found = _SPAN.fullmatch(text.strip())
    if found is None:
        raise CommandRefused(f"{text!r} is no duration: write 90m, 2h or 1d", zh=f"{text!r} 不是时长: 请写 90m、2h 或 1d")
    return float(found[1]) * _HOURS[found[2]]


def place_of(text: str) -> dict[str, Any]:
    """Return the arguments that name a place: LAT,LON in WGS-84, or words of the plan."""
    found = _PAIR.fullmatch(text)
    return {"lat_wgs84": float(found[1]), "lon_wgs84": float(found[2])} if found else {"place": text}


def _own(verb: VerbName, parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    if verb == "clear":
        reasons = [reason for reason in get_args(ClearReason) if reason not in _BY_PROGRAM]
        add("--reason", required=True, choices=reasons, help="why / 原因")
    elif verb == "false_alarm":
        add("--reason", required=True, choices=get_args(FalseAlarmReason), help="what it was / 实际是什么")
    elif verb == "shelve":
        add("--for", dest="span", required=True, metavar="T", help="90m, 2h")
    elif verb == "raise":
        add("place", metavar="PLACE", help="place of the plan, or LAT,LON / 地点或经纬度")
        add("--new", action="store_true", help="a second fire, even beside an open alarm / 新火情, 即使旁边已有警情")
    elif verb == "permit":
        add("place", metavar="PLACE", help="zone of the plan, or LAT,LON / 区域或经纬度")
        add("--for", dest="span", metavar="T", help="90m, 2h")
        add("--from", dest="begins", metavar="TIME", help="ISO 8601, default now / 默认现在")
        add("--to", dest="ends", metavar="TIME", help="ISO 8601")
        add("--number", required=True, help="number of the permit / 动火票号")
        add("--phone", default="", help="who watches the work / 看火人电话")
    elif verb == "arm":
        add("level", choices=get_args(Arming))
        what = parser.add_mutually_exclusive_group(required=True)
        what.add_argument("--camera", metavar="ID")
        what.add_argument("--zone", metavar="ID")
    elif verb == "drill":
        add("camera", nargs="?", metavar="CAMERA")
        add("--duration-s", type=float, metavar="S")
    elif verb == "maintenance":
        add("camera", metavar="CAMERA")
        add("--for", dest="span", required=True, metavar="T", help="90m, 2h")
        add("--reason", default="")


def given(verb: VerbName, args: argparse.Namespace) -> dict[str, Any]:
    """Return the verb's own arguments as core reads them."""
    out: dict[str, Any] = {}
    if verb in ("clear", "false_alarm"):
        out = {"reason": args.reason}
    elif verb == "raise":
        out = place_of(args.place) | ({"new": True} if args.new else {})
    elif verb == "permit":
        place = place_of(args.place)
        out = ({"zone": place["place"]} if "place" in place else place) | {
            "number": args.number, "phone": args.phone, "from": args.begins, "to": args.ends,
        }  # fmt: skip
    elif verb == "arm":
        out = {"level": args.level, "camera": args.camera, "zone": args.zone}
    elif verb == "drill":
        out = {"camera": args.camera, "duration_s": args.duration_s}
    elif verb == "maintenance":
        out = {"camera": args.camera, "reason": args.reason}
    span = getattr(args, "span", None)
    if span is not None:
        out["hours"] = span_h(span)
    return {name: value for name, value in out.items() if value not in (None, "")}

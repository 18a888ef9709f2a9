"""edged hazards: limits that spots crossed, until a person closes them; `close` and `assign` change one."""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator, Mapping
from datetime import datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from edged.commands import ask
from edged.model.errors import CommandRefused
from edged.model.words import Words

NONE = Words("no open hazard", "没有未关闭的隐患")
STATES: dict[str, Words] = {
    "present": Words("PRESENT", "超限"),
    "gone": Words("gone, nobody looked yet", "已回落, 待现场确认"),
    "closed": Words("closed", "已关闭"),
}
_DAY = re.compile(r"\d{4}-\d\d-\d\d")


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    ask.arguments(parser)
    parser.add_argument("action", nargs="?", choices=("close", "assign"), help="change one / 处理某条隐患")
    parser.add_argument("id", nargs="?", metavar="ID", help="H3")
    parser.add_argument("--note", default="", help="what was found and done / 发现与处理情况")
    parser.add_argument("--owner", default="", help="who looks at it / 责任人")
    parser.add_argument("--until", metavar="DATE", help="2026-12-05, or a time with offset / 期限")
    parser.add_argument("--all", action="store_true", help="closed ones too / 包括已关闭的")


def run(args: argparse.Namespace) -> int:
    """Print the list, or change one hazard."""
    answer = ask.request(args.socket, "hazards", args={"all": args.all})
    zone = ZoneInfo(answer["data"]["time_zone"])
    if args.action is not None:
        if args.id is None:
            raise CommandRefused(
                f"edged hazards {args.action} ID: name the hazard, such as H3", zh=f"edged hazards {args.action} ID: 请指明隐患, 例如 H3"
            )
        given = {"action": args.action, "id": args.id, "note": args.note, "owner": args.owner, "until": _until(args.until, zone)}
        ask.show(ask.request(args.socket, "hazard", args={name: value for name, value in given.items() if value}), args.json)
    elif args.json:
        ask.show(answer, True)
    else:
        found = answer["data"]["hazards"]
        print("\n".join(line for hazard in found for line in lines(hazard, zone, args.language)) or NONE.said(args.language))
    return 0


def lines(hazard: Mapping[str, Any], zone: ZoneInfo, language: str) -> Iterator[str]:
    """Yield one hazard: what it is and stands at, then who answers for it and until when."""
    unit = hazard["unit"]
    limit = hazard["limit_words"]["zh" if language == "zh" else "en"]
    state = STATES[hazard["state"]].said(language)
    at = _clock(hazard["since"], zone)
    peak = Words(f"peak {hazard['peak']:.1f}", f"峰值 {hazard['peak']:.1f}").said(language)
    measured = f"{hazard['value']:.1f}/{hazard['limit']:g} {unit}".strip()
    yield f"{hazard['hazard_id']:<4} {hazard['spot']} ({hazard['camera']})  {limit} {measured}, {peak}  {state} {at}"
    if hazard["state"] == "closed":
        yield Words(f"     by {hazard['closed_by']}: {hazard['note']}", f"     {hazard['closed_by']}: {hazard['note']}").said(language)
        return
    due = _clock(hazard["due"], zone)
    late = Words("  OVERDUE", "  已逾期").said(language) if hazard["overdue"] else ""
    again = Words(f"  came back {hazard['returns']}×", f"  反复 {hazard['returns']} 次").said(language) if hazard["returns"] else ""
    owner_en, owner_zh = hazard["owner"] or "nobody: edged hazards assign", hazard["owner"] or "未指定: edged hazards assign"
    opened = _clock(hazard["opened_at"], zone)
    said = Words(f"owner {owner_en}, due {due}{late}, since {opened}{again}", f"责任人 {owner_zh}, 期限 {due}{late}, 始于 {opened}{again}")
    yield f"     {said.said(language)}"


def _until(text: str | None, zone: ZoneInfo) -> str | None:
    """Return a moment with offset; a bare date is the end of that day at the station."""
    if text is None or not _DAY.fullmatch(text):
        return text
    try:
        return datetime.combine(datetime.fromisoformat(text), time(23, 59), zone).isoformat()
    except ValueError as fault:
        raise CommandRefused(f"--until {text}: no such date", zh=f"--until {text}: 没有这一天") from fault


def _clock(stamp: str, zone: ZoneInfo) -> str:
    return f"{datetime.fromisoformat(stamp).astimezone(zone):%m-%d %H:%M}"

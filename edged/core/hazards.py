"""The hazard list: each limit that a spot crossed stays on it until a person closes it, with an owner and a date.

A hazard that went by itself is shown as gone and stays open. Every change is a row with the whole hazard, so that a restart forgets none.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Literal

from edged.core.args import moment, text_arg, word
from edged.core.book import HAZARD
from edged.core.draft import Draft
from edged.core.rules import Rules
from edged.model.errors import CommandRefused
from edged.model.event import Verb
from edged.model.rounds import Hazard, LimitName, RoundRule
from edged.model.words import Words

LONGEST_S = 366 * 86_400.0
NOTE_CHARS = 300
UNITS: Mapping[LimitName, str] = {
    "limit_c": "°C",
    "over_neighbours_k": "K",
    "over_neighbours_levels": "",
    "slope_k_per_h": "K/h",
    "slope_k_per_day": "K/d",
}
LIMITS: Mapping[LimitName, Words] = {
    "limit_c": Words("temperature", "温度"),
    "over_neighbours_k": Words("over its neighbours", "高于比较对象"),
    "over_neighbours_levels": Words("grey levels over its neighbours", "灰度高于比较对象"),
    "slope_k_per_h": Words("rise over hours", "数小时升温"),
    "slope_k_per_day": Words("rise over days", "数日升温"),
}


def of(draft: Draft, spot: str, limit_name: LimitName) -> Hazard | None:
    """Return the open hazard of a spot and limit."""
    every = draft.book.hazards.values()
    return next((h for h in every if h.state != "closed" and (h.spot, h.limit_name) == (spot, limit_name)), None)


def crossed(draft: Draft, rule: RoundRule, limit_name: LimitName, limit: float, value: float) -> None:
    """A limit is crossed: open a hazard, or note that one came back."""
    known = of(draft, rule.name, limit_name)
    now = draft.now.utc
    if known is None:
        number = f"H{draft.book.last_hazard + 1}"
        due = now + timedelta(hours=rule.due_h)
        hazard = Hazard(number, rule.name, rule.camera_id, limit_name, limit, now, "present", now, value, value, rule.owner, due)
        _write(draft, hazard, "opened", 2 if limit_name == "limit_c" else 3)
    elif known.state == "gone":
        back = replace(known, state="present", since=now, limit=limit, value=value, peak=max(known.peak, value), returns=known.returns + 1)
        _write(draft, back, "again", 3)


def back(draft: Draft, hazard: Hazard, value: float, peak: float) -> None:
    """The limit is kept again; the hazard stays open."""
    _write(draft, replace(hazard, state="gone", since=draft.now.utc, value=value, peak=max(peak, hazard.peak)), "gone", 4)


def settle(draft: Draft) -> None:
    """Say once of each open hazard that its date has passed."""
    for hazard in draft.book.hazards.values():
        if hazard.state != "closed" and not hazard.overdue and draft.reached(hazard.hazard_id, "hazard", hazard.due, LONGEST_S):
            _write(draft, replace(hazard, overdue=True), "overdue", 2)


def ordered(draft: Draft, event: Verb) -> tuple[str, dict[str, Any]]:
    """Carry out the verb `hazard`: close one with words, or give it an owner and a date. Raises CommandRefused."""
    action = word(event.args, "action", tuple(_DO), event.verb)
    hazard = _named(draft, event)
    changed = _DO[action](draft, event, hazard)
    _write(draft, changed, "closed" if action == "close" else "assigned", 4, event.actor, event.command_id)
    words = said_of(draft.rules, changed, "closed" if action == "close" else "assigned")
    return words.said(draft.rules.language), {"hazard_id": hazard.hazard_id, "action": action}


def shown(rules: Rules, hazards: Mapping[str, Hazard], now: datetime, *, closed: bool) -> list[dict[str, Any]]:
    """Return the list for people and machines: open ones first by date, then, where wanted, the closed ones."""
    kept = [h for h in hazards.values() if closed or h.state != "closed"]
    ranked = sorted(kept, key=lambda h: (h.state == "closed", h.due, h.hazard_id))
    return [
        {
            **HAZARD.dump_python(h, mode="json"),
            "camera": rules.name(h.camera_id),
            "unit": UNITS[h.limit_name],
            "overdue": h.state != "closed" and now >= h.due,
            "limit_words": LIMITS[h.limit_name]._asdict(),
        }
        for h in ranked
    ]


def said_of(rules: Rules, hazard: Hazard, change: str) -> Words:
    """Return what became of a hazard and what a person does."""
    unit, limit = UNITS[hazard.limit_name], LIMITS[hazard.limit_name]
    name = f"{hazard.hazard_id} {hazard.spot} ({rules.name(hazard.camera_id)})"
    value, most = f"{hazard.value:.1f} {unit}".strip(), f"{hazard.limit:g} {unit}".strip()
    due = f"{hazard.due.astimezone(rules.tz):%m-%d %H:%M}"
    owner_en, owner_zh = hazard.owner or "nobody", hazard.owner or "未指定"
    if change == "closed":
        return Words(f"{name}: closed by {hazard.closed_by}: {hazard.note}", f"{name}: 由 {hazard.closed_by} 关闭: {hazard.note}")
    if change == "assigned":
        return Words(f"{name}: owner {owner_en}, due {due}", f"{name}: 责任人 {owner_zh}, 期限 {due}")
    if change == "overdue":
        return Words(
            f"{name}: still open past {due}, owner {owner_en}: look at it, then edged hazards close {hazard.hazard_id} --note …",
            f"{name}: 已过期限 {due} 仍未关闭, 责任人 {owner_zh}: 请现场检查后 edged hazards close {hazard.hazard_id} --note …",
        )
    if change == "gone":
        return Words(
            f"{name}: {limit.en} back at {value}, limit {most}; it stays on the list until somebody has looked",
            f"{name}: {limit.zh} 已回落至 {value}, 上限 {most}; 现场确认前仍列为隐患",
        )
    return Words(
        f"{name}: {limit.en} {value}, limit {most}: owner {owner_en} looks at it by {due}; edged rounds {hazard.spot}",
        f"{name}: {limit.zh} {value}, 上限 {most}: 请责任人 {owner_zh} 于 {due} 前检查; edged rounds {hazard.spot}",
    )


def _write(
    draft: Draft, hazard: Hazard, change: str, severity: Literal[2, 3, 4], actor: str | None = None, cause_id: str | None = None
) -> None:
    words = said_of(draft.rules, hazard, change)
    data = {"hazard": HAZARD.dump_python(hazard, mode="json"), "camera_id": hazard.camera_id, "message": words.en, "zh": words.zh}
    draft.append("hazard", change, topic="analytics", severity=severity, data=data, actor=actor, cause_id=cause_id)


def _named(draft: Draft, event: Verb) -> Hazard:
    wanted = text_arg(event.args, "id").upper()
    found = draft.book.hazards.get(wanted if wanted.startswith("H") else f"H{wanted}")
    if found is None or found.state == "closed":
        there = ", ".join(h.hazard_id for h in draft.book.hazards.values() if h.state != "closed") or "-"
        raise CommandRefused(
            f"hazard: no open hazard {wanted or '?'}; open: {there}", f"hazard：没有未关闭的隐患 {wanted or '?'}；现有：{there}"
        )
    return found


def _close(draft: Draft, event: Verb, hazard: Hazard) -> Hazard:
    note = str(event.args.get("note") or "").strip()[:NOTE_CHARS]
    if not note:
        raise CommandRefused("hazard: say what was found and done: note", "hazard：请填写 note：发现了什么、如何处理")
    rule = draft.rules.rounds.get(hazard.spot)
    limited = rule is not None and dict(rule.limits()).get(hazard.limit_name) is not None
    if hazard.state == "present" and limited:
        limit = LIMITS[hazard.limit_name]
        raise CommandRefused(
            f"hazard: {hazard.hazard_id} is still there ({limit.en}): wait until it is measured below its limit, give it another date "
            f"(assign), or change {hazard.limit_name} of {hazard.spot} in the camera's entry",
            f"hazard：{hazard.hazard_id} 仍超限（{limit.zh}）：请待测温回落，或改期（assign），或在摄像机条目中修改 {hazard.limit_name}",
        )
    return replace(hazard, state="closed", since=draft.now.utc, note=note, closed_by=event.actor)


def _assign(draft: Draft, event: Verb, hazard: Hazard) -> Hazard:
    owner, until = text_arg(event.args, "owner"), moment(event.args, "until", event.verb)
    if not owner and until is None:
        raise CommandRefused("hazard: give owner, until or both", "hazard：请填写 owner 或 until")
    if until is not None and not draft.now.utc < until <= draft.now.utc + timedelta(seconds=LONGEST_S):
        raise CommandRefused("hazard: until must lie within the next year", "hazard：until 须在一年之内")
    note = str(event.args.get("note") or "").strip()[:NOTE_CHARS] or hazard.note
    due = until or hazard.due
    return replace(hazard, owner=owner or hazard.owner, due=due, overdue=hazard.overdue and until is None, note=note)


_DO: Mapping[str, Callable[[Draft, Verb, Hazard], Hazard]] = {"close": _close, "assign": _assign}

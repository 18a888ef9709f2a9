"""Texts for radios: `s` ≤ 23 characters, `l` ≤ 72, first words survive, never a temperature.

Order (DESIGN §8): kind → hazard → verified → place by plan name, else mast and bearing → gate → #slot and key. A character is one UTF-16
unit, because the air interface counts octets of UTF-16BE (46 in four blocks). Words of the plan are cleaned and cut, the slot and the key
never.
"""

from __future__ import annotations

import unicodedata
from datetime import datetime, tzinfo
from typing import Literal

from edged.model.alarm import Alarm
from edged.model.words import Words

SHORT = 23
LONG = 72
TEST_MARK = "演练勿出警"

Kind = Literal["fire", "grown", "cleared", "no_arrival"]
KINDS: dict[Kind, Words] = {
    "fire": Words("FIRE ", "火警"),
    "grown": Words("GROWS ", "火势扩大"),
    "cleared": Words("CLEAR ", "解除火警"),
    "no_arrival": Words("FIRE late ", "火警未到场"),
}
VERIFIED = {"no": Words("unv ", "未核"), "yes": Words("ver ", "已核"), "person": Words("seen ", "人报")}
TEST_KINDS: dict[Kind, Words] = {
    "fire": Words("", ""),
    "grown": Words("", ""),
    "cleared": Words("end ", "结束"),
    "no_arrival": Words("", ""),
}
HAZARD_CHARS = 4


def width(text: str) -> int:
    """Return the number of UTF-16 units."""
    return len(text) + sum(ord(c) > 0xFFFF for c in text)


def cut(text: str, room: int) -> str:
    """Return the beginning of `text` that fits `room` UTF-16 units, never half a character."""
    out, used = [], 0
    for character in text:
        used += width(character)
        if used > room:
            break
        out.append(character)
    return "".join(out)


def clean(words: str | None, test: bool = False) -> str:
    """Return words of the plan without control characters, surrogates and signs of temperature; a test never says 火警."""
    kept = "".join(c for c in words or "" if unicodedata.category(c) not in ("Cc", "Cs", "Cf", "Co", "Cn") and c not in "℃℉")
    kept = kept.replace("°C", "").replace("°F", "").strip()
    while test and "火警" in kept:
        kept = kept.replace("火警", "消防")
    return kept


def short(alarm: Alarm, kind: Kind, slot: int | None, language: str) -> str:
    """Return `radio.s`."""
    said = "en" if language != "zh" else "zh"
    return _unsaid(_short(alarm, kind, slot, said), alarm.test)


def _short(alarm: Alarm, kind: Kind, slot: int | None, said: str) -> str:
    tail = _key(kind, slot)
    hazard = cut(clean(alarm.words.hazard, alarm.test), HAZARD_CHARS)
    head = _head(alarm, kind, said) + hazard + _verified(alarm, kind, said)
    room = SHORT - width(head) - width(tail)
    place, gate = _place(alarm, said), _gate(alarm, said)
    if width(place) + width(gate) <= room:
        return head + place + gate + tail
    if width(place) > room and alarm.words.place_code:
        code = clean(alarm.words.place_code, alarm.test)
        if width(code) + width(gate) <= room and not place.startswith(code):
            return head + code + gate + tail
    return head + cut(place, room) + tail


def long(alarm: Alarm, kind: Kind, slot: int | None, language: str, tz: tzinfo, permit: bool) -> str:
    """Return `radio.l`: the same words, then time, position and the four keys, as far as they fit."""
    said = "en" if language != "zh" else "zh"
    tail = _keys(kind, slot, said)
    parts = [_head(alarm, kind, said).strip(), clean(alarm.words.hazard, alarm.test), _verified(alarm, kind, said).strip()]
    text = " ".join(p for p in parts if p)
    text = cut(text, LONG - width(tail) - 12)
    extra = [_place(alarm, said), _gate(alarm, said).strip(), clean(alarm.words.near, alarm.test)]
    if alarm.ignition_point is not None and alarm.ignition_point.mirrored:
        extra.append("按反射推算" if said == "zh" else "seen as a reflection")
    if permit:
        extra.append("有动火票" if said == "zh" else "hot-work permit")
    if alarm.marked_false is not None:
        extra.append("曾标误报" if said == "zh" else "was marked false")
    extra.append(f"{alarm.raised_at.astimezone(tz):%H:%M}")
    if alarm.ignition_point is not None and alarm.ignition_point.method in ("triangulated", "single_lookout", "person"):
        extra.append(f"{alarm.ignition_point.lat_wgs84:.5f},{alarm.ignition_point.lon_wgs84:.5f}")
    for index, part in enumerate(p for p in extra if p):
        room = LONG - width(text) - width(tail) - 1
        if width(part) <= room:
            text += " " + part
        elif index == 0 and room > 4:
            text += " " + cut(part, room)
    return _unsaid(text + tail, alarm.test)


def _unsaid(text: str, test: bool) -> str:
    """Return a text in which 火警 does not stand by the meeting of two words either, where it is a test's; its length stays."""
    return text.replace("火警", "消防") if test else text


def blind(name: str, since: datetime, tz: tzinfo, sees: bool, station: bool, language: str) -> tuple[str, str]:
    """Return (`s`, `l`) for a lookout or the station that lost or regained its sight."""
    clock = f"{since.astimezone(tz):%H:%M}"
    who = clean(name)
    if language == "zh":
        what = ("恢复监测" if sees else "失明") + " "
        who = "全站" if station else who
        end = "" if sees else ("起无火情监测" if station else "起该区无监测")
    else:
        what = "SEES " if sees else "BLIND "
        who = "whole station" if station else who
        end = "" if sees else " on"
    full = f"{what}{{}}{'' if language == 'zh' else ' '}{clock}{end}"
    return tuple(full.format(cut(who, limit - width(full) + 2)) for limit in (SHORT, LONG))  # type: ignore[return-value]


def _head(alarm: Alarm, kind: Kind, said: str) -> str:
    if alarm.test:
        return TEST_MARK + TEST_KINDS[kind].said(said)
    return KINDS[kind].said(said)


def _verified(alarm: Alarm, kind: Kind, said: str) -> str:
    if kind == "cleared" or alarm.test:
        return ""
    word = "person" if alarm.source == "person" else "no" if alarm.verified == "no" else "yes"
    return VERIFIED[word].said(said)


def _place(alarm: Alarm, said: str) -> str:
    place = clean(alarm.words.place, alarm.test)
    vague = alarm.words.zone_id is None and alarm.ignition_point is not None and alarm.ignition_point.method == "bearing_only"
    return ("仅方位" if said == "zh" else "brg ") + place if vague else place


def _gate(alarm: Alarm, said: str) -> str:
    gate = clean(alarm.words.gate, alarm.test)
    return "" if not gate else f"{gate}进" if said == "zh" else f" by {gate}"


def _key(kind: Kind, slot: int | None) -> str:
    if slot is None:
        return ""
    return f"#{slot}" if kind == "cleared" else f"#{slot}按1{slot}"


def _keys(kind: Kind, slot: int | None, said: str) -> str:
    if slot is None:
        return ""
    if kind == "cleared":
        return f" #{slot}"
    if said == "zh":
        return f" #{slot} 按1{slot}前往 2{slot}到场 3{slot}未见火 4{slot}收到"
    return f" #{slot} 1{slot} going 2{slot} there 3{slot} no fire 4{slot} seen"

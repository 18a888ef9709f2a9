"""Reads the arguments of a verb, which come from outside: each is checked, and refused in words."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, TypeVar

from edged.core.draft import Draft
from edged.model.errors import CommandRefused

TEXT_CHARS = 80
W = TypeVar("W", bound=str)


def text_arg(args: Mapping[str, Any], name: str) -> str:
    """Return a word, cut to a sane length; empty where absent."""
    value = args.get(name)
    return value.strip()[:TEXT_CHARS] if isinstance(value, str) else ""


def word(args: Mapping[str, Any], name: str, allowed: tuple[W, ...], verb: str) -> W:
    """Return one of the allowed words. Raises CommandRefused with the list."""
    value = args.get(name)
    for known in allowed:
        if value == known:
            return known
    listed = ", ".join(allowed)
    raise CommandRefused(f"{verb}: {name} must be one of: {listed}", f"{verb}：{name} 须为：{listed}")


def number(args: Mapping[str, Any], name: str, verb: str) -> float | None:
    """Return a finite number, None where absent. Raises CommandRefused for anything else."""
    value = args.get(name)
    if value is None:
        return None
    try:
        found = float(value) if isinstance(value, int | float | str) and not isinstance(value, bool) else math.nan
    except (ValueError, OverflowError):
        found = math.nan
    if not math.isfinite(found):
        raise CommandRefused(f"{verb}: {name} must be a number, got {str(value)[:40]!r}", f"{verb}：{name} 须为数字")
    return found


def hours(args: Mapping[str, Any], longest: float, verb: str) -> float:
    """Return a duration in hours (`hours`), more than 0 and at most `longest`."""
    found = number(args, "hours", verb)
    if found is None or not 0.0 < found <= longest:
        raise CommandRefused(
            f"{verb}: hours must be given, more than 0 and at most {longest:g}", f"{verb}：须给出 hours，大于 0 且不超过 {longest:g}"
        )
    return found


def moment(args: Mapping[str, Any], name: str, verb: str) -> datetime | None:
    """Return a moment in UTC from ISO 8601 with an offset, None where absent."""
    value = args.get(name)
    if value is None:
        return None
    try:
        found = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        raise CommandRefused(f"{verb}: {name} must be a time with offset, 2026-11-22T03:14:00+08:00", f"{verb}：{name} 须为带时区的时间")
    return found.astimezone(UTC)


def place_arg(draft: Draft, args: Mapping[str, Any]) -> tuple[float | None, float | None, str]:
    """Return (lat, lon, spoken place). A zone or landmark of the plan gives its place; a place of its own is words only.

    Raises CommandRefused where nothing names a place.
    """
    lat, lon = number(args, "lat_wgs84", "place"), number(args, "lon_wgs84", "place")
    spoken = text_arg(args, "place") or text_arg(args, "zone")
    if (lat is None) != (lon is None) or (lat is not None and lon is not None and not (abs(lat) <= 90.0 and abs(lon) <= 180.0)):
        raise CommandRefused("lat_wgs84 and lon_wgs84 belong together, in degrees", "lat_wgs84 与 lon_wgs84 须同时给出，单位为度")
    if lat is not None:
        return lat, lon, spoken
    for zone in draft.rules.plan.zones:
        if spoken and spoken in (zone.zone_id, zone.name, zone.code):
            middle = [sum(axis) / len(zone.ring) for axis in zip(*zone.ring, strict=True)]
            return middle[1], middle[0], zone.name
    for mark in draft.rules.plan.landmarks:
        if spoken == mark.name and spoken:
            return mark.lat_wgs84, mark.lon_wgs84, mark.name
    if not spoken:
        raise CommandRefused("name the place: place, zone, or lat_wgs84 and lon_wgs84", "请指明地点：place、zone 或 lat_wgs84 与 lon_wgs84")
    return None, None, spoken

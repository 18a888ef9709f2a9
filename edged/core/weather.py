"""The air as core takes it to be: what instruments and people say, for as long as it counts; else what the settings assume.

Every lookout's eye is told, again when it starts anew. What a head's own beacons say of the air wins there. What changed goes into the
journal, and what is no longer measured is said.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from statistics import median
from typing import Any

from edged.core.args import number
from edged.core.book import WEATHER, Weather
from edged.core.draft import Draft
from edged.core.live import Live, Reading
from edged.core.rules import Rules
from edged.geometry.air import vapour_extinction_per_km, with_rain
from edged.geometry.drift import AGREEING
from edged.geometry.head import to_head
from edged.geometry.sky import SkyDirection, sun
from edged.model.command import AirKnown
from edged.model.errors import CommandRefused
from edged.model.event import EyeChanged, Verb, Weathered
from edged.model.instant import Instant
from edged.model.site import Mount
from edged.model.weather import RANGES, Air, ExtinctionFrom, Measured
from edged.model.words import Words

BEACON_S, BEACON_LEAST_M = 3600.0, 500.0
"""A beacon tells of the air for an hour, and from so far away on: ten per cent of its contrast are 0.2 per km at this range."""
ROW_PAUSE_S, ROW_EVERY_S = 600.0, 1800.0
"""The journal gets the weather at most and at least this often while it is measured."""
MOVED_SHARE = 0.2
"""Change of the extinction that is worth a row."""
SUN_STEP_DEG = 2.0
CLEAR_W_M2, COVERED_SHARE = 1000.0, 0.3
"""Under so small a share of a clear sky's irradiance on level ground the sun is behind clouds: overcast leaves 0.1–0.3 of it."""
_DIGITS = {
    "extinction_per_km": 2, "humidity_share": 2, "air_temp_c": 1, "wind_m_s": 0, "wind_from_deg": -1, "rain_mm_h": 1,
    "irradiance_w_m2": -1,
}  # fmt: skip
"""Eyes are told again where a value changes in this decimal."""


def weathered(draft: Draft, event: Weathered) -> None:
    """Take in what is said of the weather; values that cannot be, and older ones than are known, are left."""
    given = {name: getattr(event, name) for name in RANGES}
    draft.live = replace(draft.live, weather=_with(draft.live.weather, draft.now, given, event.source, event.at))


def said(draft: Draft, event: Verb) -> tuple[str, dict[str, Any]]:
    """Take in what a person says of the weather (the verb `weather`). Raises CommandRefused."""
    given = {name: number(event.args, name, event.verb) for name in RANGES}
    unknown = sorted(set(event.args) - set(RANGES))
    if unknown or all(value is None for value in given.values()):
        names = ", ".join(RANGES)
        raise CommandRefused(f"weather: give one or more of: {names}", f"weather：请给出以下一项或多项：{names}")
    for name, value in given.items():
        low, high = RANGES[name]
        if value is not None and not low <= value <= high:
            raise CommandRefused(
                f"weather: {name} must be {low:g} to {high:g}, got {value:g}", f"weather：{name} 须在 {low:g} 到 {high:g} 之间"
            )
    draft.live = replace(draft.live, weather=_with(draft.live.weather, draft.now, given, event.actor, None))
    now = air(draft.rules, draft.live, draft.now)
    return f"k {now.extinction_per_km:.2f}/km", {name: value for name, value in given.items() if value is not None}


def air(rules: Rules, live: Live, now: Instant, camera_id: str | None = None) -> Air:
    """Return the air now: before one camera, whose beacons may know better, or at the station."""
    limit_s = rules.weather.stale_min * 60.0
    held = {name: r for name, r in live.weather.items() if now.mono_s - r.mono_s < limit_s}
    values = {name: r.measured.value for name, r in held.items()}
    extinction, whence = _extinction(rules, values, _beacons(rules, live, now, camera_id))
    newest = max(held.values(), key=lambda r: r.mono_s, default=None)
    assumed = (*(("air_temp_c",) if "air_temp_c" not in values else ()), *(("extinction_per_km",) if whence == "assumed" else ()))
    return Air(
        extinction,
        values.get("air_temp_c", rules.weather.air_temp_c),
        humidity_share=values.get("humidity_share"),
        wind_m_s=values.get("wind_m_s"),
        wind_from_deg=values.get("wind_from_deg"),
        rain_mm_h=values.get("rain_mm_h"),
        irradiance_w_m2=values.get("irradiance_w_m2"),
        extinction_from=whence,
        assumed=assumed,
        measured_at=None if newest is None else newest.measured.at,
        source="" if newest is None else newest.measured.source,
    )


def shown(rules: Rules, live: Live, now: Instant) -> dict[str, Any]:
    """Return the air for `edged status`: plain values for JSON, how old the newest measurement is, and what heads' beacons say."""
    found = air(rules, live, now)
    newest = max((r.mono_s for r in live.weather.values()), default=None)
    beacons = {c: a.extinction_per_km for c in rules.lookouts if (a := air(rules, live, now, c)).extinction_from == "beacons"}
    return {
        **{name: None if (value := getattr(found, name)) is None else round(value, 3) for name in RANGES},
        "extinction_from": found.extinction_from,
        "assumed": list(found.assumed),
        "measured_at": None if found.measured_at is None else found.measured_at.isoformat(),
        "age_s": None if newest is None else round(now.mono_s - newest, 1),
        "source": found.source,
        "by_beacons": {camera_id: round(k, 2) for camera_id, k in beacons.items()},
    }


def wake(draft: Draft) -> None:
    """Take over from the book what was measured before the restart, as old as it is by now."""
    kept = draft.book.weather
    if kept is None:
        return
    held: dict[str, Reading] = {}
    for name, one in kept.measured.items():
        held |= _with({}, draft.now, {name: one.value}, one.source, one.at)
    draft.live = replace(draft.live, weather=held)


def eye_changed(draft: Draft, event: EyeChanged) -> None:
    """A new eye knows nothing of the air."""
    sent = {camera_id: known for camera_id, known in draft.live.air_sent.items() if camera_id != event.camera_id}
    draft.live = replace(draft.live, air_sent=sent)


def settle(draft: Draft) -> None:
    """Tell the eyes what changed, and the journal where it is worth a row."""
    sent, sun_at = dict(draft.live.air_sent), _sun(draft)
    for camera_id in draft.rules.lookouts:
        found = replace(air(draft.rules, draft.live, draft.now, camera_id), sun=_before(draft.rules.mounts.get(camera_id), sun_at))
        plain = _rounded(found)
        if sent.get(camera_id) != plain:
            sent[camera_id] = plain
            draft.out.append(AirKnown(camera_id, found))
    if sent != draft.live.air_sent:
        draft.live = replace(draft.live, air_sent=sent)
    _note(draft)


def _sun(draft: Draft) -> SkyDirection | None:
    """Return where the sun stands, None while it is down or covered, the clock is not trusted, or no head is calibrated."""
    mount = next((mount for _, mount in sorted(draft.rules.mounts.items()) if mount.calibrated), None)
    if mount is None or not draft.now.trusted:
        return None
    found = sun(mount.lat_wgs84, mount.lon_wgs84, mount.height_m, draft.now.utc)
    irradiance = air(draft.rules, draft.live, draft.now).irradiance_w_m2
    clear = CLEAR_W_M2 * math.sin(math.radians(max(found.elevation_deg, 0.0)))
    covered = irradiance is not None and irradiance < COVERED_SHARE * clear
    return found if found.up and not covered else None


def _before(mount: Mount | None, sun_at: SkyDirection | None) -> tuple[float, float] | None:
    """Return the sun's direction in a head's angles, in steps that are not worth a message each minute."""
    if mount is None or not mount.calibrated or sun_at is None:
        return None
    pan, tilt = to_head(mount, sun_at.azimuth_deg, sun_at.elevation_deg)
    return SUN_STEP_DEG * round(pan / SUN_STEP_DEG), SUN_STEP_DEG * round(tilt / SUN_STEP_DEG)


def _extinction(rules: Rules, values: Mapping[str, float], beacons: float | None) -> tuple[float, ExtinctionFrom]:
    if beacons is not None:
        return beacons, "beacons"
    if "extinction_per_km" in values:
        return values["extinction_per_km"], "given"
    rain = values.get("rain_mm_h", 0.0)
    if "humidity_share" in values and "air_temp_c" in values:
        return with_rain(vapour_extinction_per_km(values["air_temp_c"], values["humidity_share"]), rain), "derived"
    assumed = rules.weather.extinction_per_km
    return (with_rain(assumed, rain), "derived") if rain else (assumed, "assumed")


def _beacons(rules: Rules, live: Live, now: Instant, camera_id: str | None) -> float | None:
    """Return the extinction by a head's far beacons: the assumed one, which stands for commissioning, and what they lost since."""
    aimed = live.aims.get(camera_id or "")
    if aimed is None:
        return None
    more = [
        lamp.extinction_per_km
        for lamp in aimed.head.lamps.values()
        if lamp.extinction_per_km is not None
        and len(lamp.ratios) >= AGREEING
        and (lamp.range_m or 0.0) >= BEACON_LEAST_M
        and 0.0 <= now.mono_s - lamp.seen_s < BEACON_S
    ]
    return rules.weather.extinction_per_km + max(median(more), 0.0) if more else None


def _with(
    before: Mapping[str, Reading], now: Instant, given: Mapping[str, float | None], source: str, at: datetime | None
) -> dict[str, Reading]:
    age_s = max((now.utc - at).total_seconds(), 0.0) if at is not None and now.trusted else 0.0
    at = now.utc if at is None or at > now.utc else at
    held = dict(before)
    for name, value in given.items():
        low, high = RANGES.get(name, (math.inf, -math.inf))
        if value is None or not low <= value <= high:
            continue
        reading = Reading(Measured(float(value), source, at), now.mono_s - age_s)
        known = held.get(name)
        held[name] = reading if known is None or known.mono_s <= reading.mono_s else known
    return held


def _rounded(found: Air) -> Air:
    values = {name: None if (value := getattr(found, name)) is None else round(value, digits) for name, digits in _DIGITS.items()}
    return replace(found, **values, measured_at=None, source="")  # type: ignore[arg-type]


def _note(draft: Draft) -> None:
    kept, now = draft.book.weather, draft.now
    if kept is None and not draft.live.weather:
        return
    found = air(draft.rules, draft.live, now)
    if kept is not None and not draft.reached("weather", "row", kept.at + timedelta(seconds=ROW_PAUSE_S), ROW_PAUSE_S):
        return
    lost = kept is not None and not set(found.assumed) <= set(kept.assumed)
    if kept is None or found.assumed != kept.assumed:
        change = "assumed" if lost else "measured"
    elif abs(found.extinction_per_km - kept.extinction_per_km) >= MOVED_SHARE * max(kept.extinction_per_km, 0.1):
        change = "changed"
    elif found.measured_at is not None and draft.reached("weather", "hourly", kept.at + timedelta(seconds=ROW_EVERY_S), ROW_EVERY_S):
        change = "kept"
    else:
        return
    held = {name: r.measured for name, r in draft.live.weather.items()}
    written = Weather(now.utc, held, found.assumed, round(found.extinction_per_km, 3))
    words = _words(draft.rules, found, lost)
    data = {
        "weather": WEATHER.dump_python(written, mode="json"), "extinction_from": found.extinction_from, "message": words.en, "zh": words.zh,
    }  # fmt: skip
    draft.append("weather", change, topic="analytics", severity=3 if lost else 4, data=data)


def _words(rules: Rules, found: Air, lost: bool) -> Words:
    k = f"k {found.extinction_per_km:.2f}/km"
    if lost:
        minutes = f"{rules.weather.stale_min:g}"
        names = ", ".join(found.assumed)
        return Words(
            f"no weather for {minutes} min, {names} as assumed in station.yaml, {k}: look at the instrument and its way to MQTT",
            f"{minutes} 分钟无气象数据, {names} 改用 station.yaml 假定值, {k}: 请检查气象仪器及其 MQTT 链路",
        )
    return Words(f"air {found.air_temp_c:.0f} °C, {k}", f"气温 {found.air_temp_c:.0f} °C, {k}")

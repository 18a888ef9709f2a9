"""A committed row in, the message's bytes out: CloudEvents 1.0 structured JSON, CAP 1.2 words, GeoJSON.

Pure and deterministic: the same Entry and Identity render the same bytes, so that a repetition, a replay and a file agree.
Every sequence number is published; a row that only the station needs goes out as `cn.edged.kept.v1` without its content, so that
consumers see no gap.
"""

from __future__ import annotations

import json
import math
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from edged.geometry.datum import at_datum
from edged.model.alarm import Alarm
from edged.model.errors import ConfigError
from edged.model.journal import ANNOUNCING, Entry
from edged.model.place import IgnitionPoint
from edged.output.settings import Identity

CONTENT_TYPE = "application/cloudevents+json; charset=utf-8"
EXPIRES_AFTER = timedelta(minutes=30)
SEVERITY = {1: (21, "CRITICAL"), 2: (17, "ERROR"), 3: (13, "WARNING"), 4: (9, "INFO")}
"""Severity level (GA/T 1365 C.11, 1 = 紧急) → OpenTelemetry severity number and text."""

LOCAL_DATUM = {"GCJ-02": "gcj02", "CGCS2000": "cgcs2000"}
"""Datum of the station → property that repeats the point in it; WGS-84 needs none."""

CAP_SEVERITY = {1: "Severe", 2: "Moderate", 3: "Minor", 4: "Minor"}


@lru_cache(maxsize=8)
def zone(name: str) -> ZoneInfo:
    """Return a time zone. Raises ConfigError for a name that this machine does not know."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as fault:
        raise ConfigError(
            f"time zone {name!r} is not known here: use a name like Asia/Shanghai", zh=f"未知时区 {name!r}: 请用 Asia/Shanghai 这类名称"
        ) from fault


def compact(value: object) -> bytes:
    """Return JSON in UTF-8 without blanks."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()


def render(entry: Entry, identity: Identity) -> bytes:
    """Return the message of a row. Infinite numbers become ±1e9 and NaN null: a number never keeps an alarm back."""
    return compact(_finite(event(entry, identity)))


def _finite(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return None if math.isnan(value) else math.copysign(1e9, value)
    if isinstance(value, dict):
        return {key: _finite(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(one) for one in value]
    return value


def event(entry: Entry, identity: Identity) -> dict[str, Any]:
    """Return the CloudEvent of a row as JSON values."""
    row = entry.row
    prefix = "cn.edged.test" if row.lane == "test" else "cn.edged"
    number, text = SEVERITY[row.severity_level]
    out: dict[str, Any] = {
        "specversion": "1.0",
        "id": row.row_id,
        "source": f"urn:edged:{identity.station}",
        "type": f"{prefix}.{_noun(entry)}.v1",
        "subject": _subject(entry),
        "time": stamp(row.at, identity),
        "datacontenttype": "application/json",
        "dataschema": f"urn:edged:schema:{_noun(entry)}:1.0",
        "sequence": f"{entry.sequence:020d}",
        "epoch": entry.epoch,
        "severitynumber": number,
        "severitytext": text,
    }
    if row.cause_id:
        out["causationid"] = row.cause_id
    if not row.publish:
        out["data"] = {"kind": row.kind, "test": row.lane == "test"}
        return out
    if row.alarm is not None:
        out["expirytime"] = (row.at + EXPIRES_AFTER).astimezone(zone(identity.time_zone)).isoformat(timespec="seconds")
        out["data"] = alarm_data(row.alarm, row.change, row.lane == "test", identity) | {"media": list(row.data.get("media", []))}
    else:
        out["data"] = {"kind": row.kind, "change": row.change, "test": row.lane == "test", "trusted_clock": row.trusted} | {
            "detail": row.data
        }
    if row.actor:
        out["data"]["actor"] = row.actor
    return out


def refused(entry: Entry, identity: Identity, reason: str) -> bytes:
    """Return the stand-in for a row that the broker refuses for good, so that it neither blocks nor leaves a gap."""
    out = event(entry, identity)
    out["type"] = f"{'cn.edged.test' if entry.row.lane == 'test' else 'cn.edged'}.kept.v1"
    out["dataschema"] = "urn:edged:schema:kept:1.0"
    out.pop("expirytime", None)
    out["data"] = {"kind": entry.row.kind, "test": entry.row.lane == "test", "refused": reason}
    if entry.row.alarm is not None:
        out["data"] |= {"alarm_id": entry.row.alarm.alarm_id, "state": entry.row.alarm.state}
    return compact(out)


def stamp(at: datetime, identity: Identity) -> str:
    """Return RFC 3339 in the station's time zone, milliseconds."""
    return at.astimezone(zone(identity.time_zone)).isoformat(timespec="milliseconds")


def _noun(entry: Entry) -> str:
    if not entry.row.publish:
        return "kept"
    if entry.row.alarm is not None:
        return "alarm"
    return {"fire": "notice", "camera": "camera", "system": "system", "analytics": "analytics"}[entry.row.topic]


def _subject(entry: Entry) -> str:
    row = entry.row
    if row.alarm is not None:
        return f"alarm/{row.alarm.alarm_id}"
    camera = row.data.get("camera_id")
    return f"camera/{camera}" if isinstance(camera, str) and camera else f"station/{row.kind}"


def alarm_data(alarm: Alarm, change: str, test: bool, identity: Identity) -> dict[str, Any]:
    """Return `data` of an alarm's message."""

    def when(at: datetime | None) -> str | None:
        return None if at is None else stamp(at, identity)

    found = alarm.evidence
    heat = found.temperature
    return {
        "alarm_id": alarm.alarm_id,
        "display_id": alarm.display_id,
        "slot": alarm.slot,
        "state": alarm.state,
        "change": change,
        "revision": alarm.revision,
        "source": alarm.source,
        "test": test,
        "severity_level": alarm.severity_level,
        "cap": _cap(alarm, change, test, identity),
        "evidence": {
            "for": list(found.reasons_for),
            "against": list(found.reasons_against),
            "log_likelihood": round(found.log_likelihood, 3),
            "first_seen_at": when(found.first_seen_at),
            "last_seen_at": when(found.last_seen_at),
            "temperature": None
            if heat is None
            else {
                "kind": heat.kind,
                "apparent_temp_c": heat.apparent_temp_c,
                "background_temp_c": heat.background_temp_c,
                "valid": heat.valid,
            },
            "excess_radiance": found.excess_radiance,
            "area_px": found.area_px,
        },
        "seen_by": [
            {
                "camera_id": seen.camera_id,
                "view_id": seen.view_id,
                "azimuth_deg": seen.azimuth_deg,
                "elevation_deg": seen.elevation_deg,
                "captured_at": when(seen.captured_at),
            }
            for seen in alarm.seen_by
        ],
        "verified": alarm.verified,
        "ignition_point": _feature(alarm, identity),
        "gb28181": _gb28181(alarm, identity),
        "arming": alarm.arming,
        "raised_at": when(alarm.raised_at),
        "released_at": when(alarm.released_at),
        "not_seen_since": when(alarm.not_seen_since),
        "not_seen_cause": alarm.not_seen_cause,
        "answers": [{"verb": a.verb, "actor": a.actor, "via": a.via, "at": when(a.at)} for a in alarm.answers],
        "shelved_until": when(alarm.shelved_until),
        "cleared_at": when(alarm.cleared_at),
        "cleared_by": alarm.cleared_by,
        "clear_reason": alarm.clear_reason,
        "superseded_by": alarm.superseded_by,
        "supersedes": list(alarm.supersedes),
        "radio": {"s": alarm.radio_s, "l": alarm.radio_l},
    }


def _cap(alarm: Alarm, change: str, test: bool, identity: Identity) -> dict[str, Any]:
    over = alarm.state == "cleared"
    early = alarm.state in ("suspect", "pre_alarm")
    wrong = alarm.marked_false is not None or alarm.clear_reason in ("false_alarm", "no_fire_found")
    if wrong:
        certainty = "Unlikely"
    elif alarm.verified == "person" or alarm.source == "person":
        certainty = "Observed"
    else:
        certainty = "Possible" if early else "Likely"
    severity = "Extreme" if alarm.words.hazard and alarm.severity_level == 1 else CAP_SEVERITY[alarm.severity_level]
    return {
        "status": "Test" if test else "Exercise" if identity.exercise else "Actual",
        "msgType": "Cancel" if over else "Alert" if change in ANNOUNCING else "Update",
        "scope": "Restricted",
        "category": ["Fire"],
        "event": "火警",
        "urgency": "Past" if over else "Expected" if early else "Immediate",
        "severity": severity,
        "certainty": certainty,
        "responseType": ["AllClear"] if over else ["Monitor"] if early else ["Assess"],
    }


def _feature(alarm: Alarm, identity: Identity) -> dict[str, Any]:
    """Return a GeoJSON Feature; its geometry is null while there is no place, the words stay."""
    point = alarm.ignition_point
    properties: dict[str, Any] = {"datum": "WGS-84", "method": "none" if point is None else point.method}
    geometry: dict[str, Any] | None = None
    if point is not None:
        geometry = {"type": "Point", "coordinates": [round(point.lon_wgs84, 7), round(point.lat_wgs84, 7)]}
        if local := LOCAL_DATUM.get(identity.datum):
            lat, lon = at_datum(identity.datum, point.lat_wgs84, point.lon_wgs84)
            properties[local] = [round(lon, 7), round(lat, 7)]
        if point.ellipse is not None:
            shape = point.ellipse
            properties["ellipse"] = {
                "semi_major_m": round(shape.semi_major_m, 1),
                "semi_minor_m": round(shape.semi_minor_m, 1),
                "azimuth_deg": round(shape.azimuth_deg, 1),
                "level": shape.level,
            }
        if point.interval is not None:
            reach = point.interval
            properties["interval"] = {
                "azimuth_deg": round(reach.azimuth_deg, 3),
                "azimuth_sigma_deg": round(reach.azimuth_sigma_deg, 3),
                "near_m": round(reach.near_m, 1),
                "far_m": round(reach.far_m, 1),
                "level": reach.level,
            }
        properties |= _met(point)
    words = alarm.words
    properties |= {"place": words.place, "place_code": words.place_code, "gate": words.gate, "hazard": words.hazard}
    if words.near is not None:
        properties["near"] = words.near
    return {"type": "Feature", "geometry": geometry, "properties": properties}


def _met(point: IgnitionPoint) -> dict[str, Any]:
    """Return what the line of sight met there; what is unknown or does not apply is left out."""
    met = {
        "height_m": None if point.height_m is None else round(point.height_m, 1),
        "surface": point.surface,
        "structure": point.structure_id,
        "side": point.side,
        "floor": point.floor,
        "mirrored": point.mirrored or None,
    }
    return {name: value for name, value in met.items() if value is not None}


def _gb28181(alarm: Alarm, identity: Identity) -> dict[str, Any] | None:
    """GB/T 28181 has no alarm type for fire: method 5 (video), the type left out."""
    ids = (identity.gb_device_ids.get(seen.camera_id) for seen in alarm.seen_by)
    device = next((one for one in ids if one), identity.gb_device_id)
    return None if device is None else {"DeviceID": device, "AlarmPriority": alarm.severity_level, "AlarmMethod": 5}

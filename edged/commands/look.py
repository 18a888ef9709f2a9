"""`edged look LAT,LON|PLACE|ALARM`: from which masts a place is seen, where their heads would point, what stands between, and the sun.

It reads the station's files (an alarm comes over the control socket) and moves no head.
"""

from __future__ import annotations

import argparse
import difflib
import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, get_args
from zoneinfo import ZoneInfo

from edged.assembly import lookout_of
from edged.camera.settings import CameraSettings
from edged.commands import ask
from edged.commands.lookwording import lines, said_at
from edged.commands.verbs import place_of
from edged.config.load import Loaded, load
from edged.geometry import sky
from edged.geometry.datum import DatumName, at_datum, from_datum
from edged.geometry.site import SiteModel
from edged.geometry.vantage import FIRE_M, Vantage, aimed_from, level_m, ranked, vantage
from edged.model.errors import CommandRefused, ConfigError
from edged.model.site import SitePlan
from edged.model.words import Words

DEFAULT = Path("/etc/edged/station.yaml")
_ALARM = re.compile(r"#[1-9]|\d{1,8}|[0-9A-HJKMNP-TV-Z]{26}", re.IGNORECASE)
NOTHING_MOVES = Words(
    "Moves no head: a head is turned on the console or by the MQTT command ptz/ID/command/ACTOR (look_at).",
    "本命令不转动云台: 请在控制台操作, 或用 MQTT 命令 ptz/ID/command/ACTOR (look_at)。",
)


@dataclass(frozen=True, slots=True)
class Target:
    """What is looked at. `above_m`: over its ground; None: over whatever stands there. `doubt`: what a person must know of the place."""

    name: str
    lat_wgs84: float
    lon_wgs84: float
    above_m: float | None = None
    doubt: Words | None = None


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.epilog = f"{NOTHING_MOVES.en} / {NOTHING_MOVES.zh}"
    parser.add_argument(
        "what", metavar="LAT,LON|PLACE|ALARM", help="coordinate; name, code or id of the plan; #4 or number / 坐标、地点、警情"
    )
    parser.add_argument("--datum", choices=get_args(DatumName), default="WGS-84", help="of LAT,LON (WGS-84) / 坐标系")
    parser.add_argument("--camera", metavar="ID", help="this one only / 仅此镜头")
    parser.add_argument("--at", metavar="T", help="15:00 or ISO 8601, the station's time; default now / 时刻, 默认现在")
    parser.add_argument("-c", "--config", type=Path, default=DEFAULT, metavar="FILE", help=f"station file, default {DEFAULT}")
    ask.arguments(parser)


def run(args: argparse.Namespace) -> int:
    """Print from where the place is seen. Returns 0 when a lookout can show it, else 1."""
    loaded = load(args.config)
    zone = ZoneInfo(loaded.settings.station.time_zone)
    at = moment(args.at, zone, datetime.now(UTC))
    target = target_of(args.what, args.datum, loaded.site, args.socket, args.config)
    site = SiteModel(loaded.site)
    known = {camera.id: lookout for camera in chosen(loaded, args.camera, args.config) if (lookout := lookout_of(camera))}
    height = level_m(site, target.lat_wgs84, target.lon_wgs84, FIRE_M if target.above_m is None else target.above_m, target.above_m is None)
    found = ranked(vantage(site, one, target.lat_wgs84, target.lon_wgs84, height, at) for one in known.values())
    waits = {one.mount.camera_id: aimed_from(known[one.mount.camera_id], one, at) for one in found if not one.may_aim}
    local: DatumName = loaded.settings.station.datum
    body = sky.sun(target.lat_wgs84, target.lon_wgs84, height, at)
    if args.json:
        print(json.dumps(_as_json(target, local, at.astimezone(zone), body, found, waits), ensure_ascii=False))
    else:
        print(heading(target, local, args.language))
        print(said_at(at.astimezone(zone), body, args.language))
        names = {camera.id: camera.label for camera in loaded.cameras}
        print("\n".join(lines(found, names, {name: when and when.astimezone(zone) for name, when in waits.items()}, args.language)))
    return 0 if any(one.usable for one in found) else 1


def moment(text: str | None, zone: ZoneInfo, now: datetime) -> datetime:
    """Return the time meant, UTC: `15:00` is today's, a time without zone is the station's. Raises CommandRefused."""
    if text is None:
        return now.astimezone(UTC)
    if re.fullmatch(r"\d\d:\d\d", text):
        text = f"{now.astimezone(zone):%Y-%m-%d}T{text}"
    try:
        given = datetime.fromisoformat(text)
    except ValueError as fault:
        raise CommandRefused(
            f"--at {text}: not a time: write 15:00 or 2026-11-27T15:00", zh=f"--at {text}: 不是时刻: 请写 15:00 或 2026-11-27T15:00"
        ) from fault
    return (given if given.utcoffset() is not None else given.replace(tzinfo=zone)).astimezone(UTC)


def target_of(what: str, datum: DatumName, site: SitePlan, socket: str, config: Path) -> Target:
    """Return what is meant: a coordinate, a place of the plan, or an alarm of the running daemon. Raises EdgedError."""
    given = place_of(what)
    if "lat_wgs84" in given:
        return _coordinate(what, datum, given["lat_wgs84"], given["lon_wgs84"])
    spots = places(site)
    word = what.strip().lower()
    if word in spots:
        return spots[word]
    if _ALARM.fullmatch(word):
        name = f"#{word}" if re.fullmatch("[1-9]", word) else word.upper()
        return _alarm(ask.request(socket, "why", args={"alarm": name})["data"], what)
    near = difflib.get_close_matches(word, spots, 3, 0.4)
    hint = ", ".join(dict.fromkeys(spots[name].name for name in near)) or "LAT,LON, #4"
    raise CommandRefused(
        f"{what}: no place of the plan beside {config} and no alarm; near it: {hint}",
        zh=f"{what}: {config} 旁的图中没有此地点, 也不是警情; 相近的有: {hint}",
    )


def places(site: SitePlan) -> dict[str, Target]:
    """Return the places of a plan by id, code and name in small letters; what is drawn first wins, names after ids."""
    out: dict[str, Target] = {}
    rings = [(z.zone_id, z.code, z.name, z.ring) for z in site.zones]
    rings += [(s.structure_id, s.code or "", s.name, s.ring) for s in site.structures]
    rings += [(s.surface_id, "", s.name, s.ring) for s in site.surfaces]
    middles = [(names, Target(names[2], *middle(ring))) for *names, ring in rings]
    middles += [(["", "", mark.name], Target(mark.name, mark.lat_wgs84, mark.lon_wgs84)) for mark in site.landmarks]
    middles += [([m.camera_id, "", ""], Target(m.camera_id, m.lat_wgs84, m.lon_wgs84)) for m in site.mounts]
    for kind in range(3):
        for names, spot in middles:
            if names[kind]:
                out.setdefault(names[kind].lower(), spot)
    return out


def middle(ring: tuple[tuple[float, float], ...]) -> tuple[float, float]:
    """Return (lat, lon) of the middle of a ring of (lon, lat); of a bent one a point that lies inside."""
    from shapely import Polygon

    shape = Polygon(ring)
    inside = shape.centroid if shape.contains(shape.centroid) else shape.representative_point()
    return float(inside.y), float(inside.x)


def chosen(loaded: Loaded, camera_id: str | None, config: Path) -> list[CameraSettings]:
    """Return the cameras that stand somewhere, or the one asked for. Raises ConfigError with the next step."""
    placed = [camera for camera in loaded.cameras if camera.enabled and camera.mount is not None]
    if camera_id is not None:
        asked = next((camera for camera in loaded.cameras if camera.id == camera_id), None)
        if asked is None:
            known = ", ".join(camera.id for camera in placed) or "-"
            raise ConfigError(f"{config}: no camera {camera_id}; there are: {known}", zh=f"{config}: 没有摄像机 {camera_id}; 现有: {known}")
        placed = [camera for camera in placed if camera.id == camera_id]
    if not placed:
        raise ConfigError(
            f"{config}: {camera_id or 'every camera'} is disabled or stands nowhere: write `mount:` (lat_wgs84, lon_wgs84, height_m)",
            zh=f"{config}: {camera_id or '所有摄像机'} 未启用或未写 mount: 请写 mount (lat_wgs84, lon_wgs84, height_m)",
        )
    return placed


def heading(target: Target, local: DatumName, language: str) -> str:
    """Return the line that says what is looked at, in WGS-84 and in the datum of the station's maps."""
    words = [target.name, f"WGS-84 {target.lat_wgs84:.6f},{target.lon_wgs84:.6f}"]
    if local != "WGS-84":
        lat, lon = at_datum(local, target.lat_wgs84, target.lon_wgs84)
        words.append(f"{local} {lat:.6f},{lon:.6f}")
    if target.doubt is not None:
        words.append(target.doubt.said(language))
    return "  ".join(words)


def _coordinate(what: str, datum: DatumName, lat: float, lon: float) -> Target:
    if not (-90.0 <= lat <= 90.0 and -180.0 <= lon <= 180.0):
        raise CommandRefused(
            f"{what}: latitude comes first and lies in -90..90: write LAT,LON", zh=f"{what}: 先写纬度 (-90..90), 再写经度: LAT,LON"
        )
    return Target(what.strip(), *from_datum(datum, lat, lon))


def _alarm(shown: dict[str, Any], what: str) -> Target:
    words, point = shown.get("words") or {}, shown.get("ignition_point")
    name = (
        f"#{shown['slot']} {words.get('place', '')}" if shown.get("slot") else f"{shown.get('display_id', what)} {words.get('place', '')}"
    )
    if not point:
        raise CommandRefused(
            f"{what}: this alarm has no place yet, only {words.get('place') or 'a camera'}: look through {_seers(shown)}",
            zh=f"{what}: 该警情尚无位置 ({words.get('place') or '仅有镜头'}): 请用 {_seers(shown)} 查看",
        )
    doubt = None
    if reach := point.get("interval"):
        near, far = round(reach["near_m"], -1), round(reach["far_m"], -1)
        doubt = Words(
            f"(anywhere {near:.0f}–{far:.0f} m along {reach['azimuth_deg']:.0f}°)",
            f"(位于 {reach['azimuth_deg']:.0f}° 方向 {near:.0f}–{far:.0f} 米之间)",
        )
    return Target(name.strip(), point["lat_wgs84"], point["lon_wgs84"], point.get("height_m"), doubt)


def _seers(shown: dict[str, Any]) -> str:
    return ", ".join(dict.fromkeys(str(one["camera_id"]) for one in shown.get("seen_by") or [])) or "-"


def _as_json(
    target: Target, local: DatumName, at: datetime, body: sky.SkyDirection, found: list[Vantage], waits: dict[str, datetime | None]
) -> dict[str, Any]:
    lat, lon = at_datum(local, target.lat_wgs84, target.lon_wgs84)
    return {
        "target": {
            "name": target.name,
            "lat_wgs84": target.lat_wgs84,
            "lon_wgs84": target.lon_wgs84,
            "datum": local,
            "lat": lat,
            "lon": lon,
        },
        "at": at.isoformat(timespec="seconds"),
        "sun": {"azimuth_deg": round(body.azimuth_deg, 2), "elevation_deg": round(body.elevation_deg, 2)},
        "lookouts": [_lookout_json(one, waits) for one in found],
    }


def _lookout_json(one: Vantage, waits: dict[str, datetime | None]) -> dict[str, Any]:
    hidden, until = one.hidden_by, waits.get(one.mount.camera_id)
    return {
        "camera_id": one.mount.camera_id,
        "usable": one.usable,
        "calibrated": one.mount.calibrated,
        "range_m": round(one.range_m, 1),
        "azimuth_deg": round(one.azimuth_deg, 3) % 360.0,
        "elevation_deg": round(one.elevation_deg, 3),
        "pan_deg": round(one.pan_deg, 3),
        "tilt_deg": round(one.tilt_deg, 3),
        "view_id": one.view_id,
        "reachable": one.reachable,
        "within_radius": one.within_radius,
        "hidden_by": None
        if hidden is None
        else {
            "what": hidden.what,
            "structure": hidden.structure.structure_id if hidden.structure else None,
            "along_m": round(hidden.along_m, 1),
        },
        "pixel_m": round(one.pixel_m, 3),
        "tele_pixel_m": None if one.tele_pixel_m is None else round(one.tele_pixel_m, 3),
        "sun_off_deg": round(one.sun_off_deg, 2),
        "may_aim": one.may_aim,
        "may_aim_from": None if until is None else until.astimezone(UTC).isoformat(timespec="seconds"),
        "glints": one.glints,
        "glint_from": None
        if one.glint_from is None
        else {"facing_azimuth_deg": round(one.glint_from[0], 1), "slope_deg": round(one.glint_from[1], 1)},
    }

"""What only several entries together can show: names that point nowhere, two cameras at one address, a lookout that sees nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from edged.camera.settings import CameraSettings
from edged.config.document import Document, Way
from edged.config.report import Fault
from edged.config.secret import judged
from edged.config.site_source import Feature
from edged.config.wording import closest
from edged.model.site import Structure, Zone
from edged.model.words import Words
from edged.settings import LOGIN, StationSettings


def across_cameras(cameras: Mapping[str, tuple[CameraSettings, Document]], zones: Sequence[str], *, plan_known: bool) -> Iterator[Fault]:
    """Yield the faults between camera entries. `zones`: ids of the plan; unknown while the plan cannot be read."""
    at: dict[tuple[str, int], str] = {}
    for camera_id, (camera, document) in cameras.items():
        prefix = f"cameras[{camera_id}]"
        where = (camera.address.lower(), camera.onvif_port)
        shown = f"{camera.address}:{camera.onvif_port}"
        if first := at.get(where):
            yield Fault(
                document.place(("address",)),
                f"{prefix}.address",
                "same_address",
                Words(f"{shown} is camera {first} already", f"{shown} 已是摄像机 {first}"),
                Words("correct one of the two addresses, or give each its onvif_port", "请改正其中一个地址, 或分别写明 onvif_port"),
                "error",
                camera_id,
            )
        at.setdefault(where, camera_id)
        if camera.zone and plan_known and camera.zone not in zones:
            yield _unknown(
                document, ("zone",), f"{prefix}.zone", camera.zone, zones, Words("zone of site.geojson", "site.geojson 区域"), camera_id
            )
        if camera.kind == "lookout":
            yield from _lookout(camera, document, prefix)


def _lookout(camera: CameraSettings, document: Document, prefix: str) -> Iterator[Fault]:
    if camera.mount is None:
        yield Fault(
            document.place((), key=False),
            prefix,
            "no_mount",
            Words("this lookout has no mount: its fires have a bearing in the picture and no place", "该瞭望镜头没有 mount: 火点无法定位"),
            Words("add `mount:` with lat_wgs84, lon_wgs84 and height_m", "请加上 mount: lat_wgs84, lon_wgs84, height_m"),
            "warning",
            camera.id,
        )
    if not camera.views:
        yield Fault(
            document.place((), key=False),
            prefix,
            "no_view",
            Words("this lookout has no views: it watches only where it happens to point", "该瞭望镜头没有 views: 只看当前朝向"),
            Words("add `views:` with pan_deg and tilt_deg", "请加上 views: pan_deg 与 tilt_deg"),
            "warning",
            camera.id,
        )


def across_station(settings: StationSettings, document: Document, zones: Sequence[str], *, plan_known: bool) -> Iterator[Fault]:
    """Yield the faults between sections of station.yaml."""
    groups, people = list(settings.talkgroups), list(settings.people)
    if settings.duty.talkgroup and settings.duty.talkgroup not in groups:
        yield _unknown(document, ("duty", "talkgroup"), "duty.talkgroup", settings.duty.talkgroup, groups, _TALKGROUP)
    for number, name in enumerate(settings.duty.escalation):
        way: Way = ("duty", "escalation", number)
        if name not in groups and name not in people:
            yield _unknown(
                document, way, f"duty.escalation[{number + 1}]", name, [*groups, *people], Words("talkgroup or person", "通话组或人员")
            )
        elif name not in groups and settings.people[name].radio is None:
            yield Fault(
                document.place(way),
                f"duty.escalation[{number + 1}]",
                "no_radio",
                Words(f"{name} has no radio", f"{name} 没有电台号"),
                Words(f"write people.{name}.radio", f"请填写 people.{name}.radio"),
            )
    for zone_id, zone in settings.zones.items():
        if plan_known and zone_id not in zones:
            yield _unknown(
                document,
                ("zones", zone_id),
                f"zones.{zone_id}",
                zone_id,
                zones,
                Words("zone of site.geojson", "site.geojson 区域"),
                key=True,
            )
        if zone.talkgroup and zone.talkgroup not in groups:
            yield _unknown(document, ("zones", zone_id, "talkgroup"), f"zones.{zone_id}.talkgroup", zone.talkgroup, groups, _TALKGROUP)
    names = [*((("people", name), name) for name in people), *((("talkgroups", name), name) for name in groups)]
    for way, name in names:
        bad = sorted({c for c in name if c in "+#/$% " or not c.isprintable()})
        if not name or bad or (way[0] == "people" and not re.match(LOGIN, name)):
            yield Fault(
                document.place(way, key=True),
                ".".join(way),
                "name",
                Words(f'"{name}" cannot be a name in MQTT topics', f"“{name}” 不能用作 MQTT 主题名"),
                Words("use letters, digits, . _ -", "请用字母、数字和 . _ -"),
            )
    ids: dict[str, str] = {}
    for name, group in settings.talkgroups.items():
        if first := ids.get(group.id):
            yield Fault(
                document.place(("talkgroups", name, "id")),
                f"talkgroups.{name}.id",
                "same_address",
                Words(f"{group.id} is talkgroup {first} already", f"{group.id} 已是通话组 {first}"),
                Words("correct one of the two", "请改正其中一个"),
            )
        ids.setdefault(group.id, name)
    if settings.radio is not None and settings.default_talkgroup() is None and not settings.duty.talkgroup:
        yield Fault(
            document.place(("duty",), key=True),
            "duty.talkgroup",
            "no_talkgroup",
            Words("there is a radio gateway and no talkgroup to tell", "有电台网关, 却没有要通知的通话组"),
            Words("write duty.talkgroup and talkgroups", "请填写 duty.talkgroup 和 talkgroups"),
            "warning",
        )


def across_plan(settings: StationSettings, features: Sequence[Feature], document: Document) -> Iterator[Fault]:
    """Yield the faults between the plan and station.yaml."""
    codes: dict[str, str] = {}
    hazard = False
    for feature in features:
        shape = feature.value
        if not isinstance(shape, Zone | Structure):
            continue
        hazard |= shape.hazard is not None
        path = f"features[{feature.name}].properties"
        if isinstance(shape, Zone) and shape.talkgroup and shape.talkgroup not in settings.talkgroups:
            way: Way = ("properties", "talkgroup")
            yield _unknown(feature.document, way, f"{path}.talkgroup", shape.talkgroup, list(settings.talkgroups), _TALKGROUP, feature.name)
        if shape.code is None:
            continue
        if first := codes.get(shape.code):
            yield Fault(
                feature.document.place(("properties", "code")),
                f"{path}.code",
                "duplicate_id",
                Words(f"code {shape.code} is {first} already", f"代码 {shape.code} 已用于 {first}"),
                Words("give each zone and building its own code", "请为每个区域和建筑取不同代码"),
                "error",
                feature.name,
            )
        codes.setdefault(shape.code, feature.name)
    if hazard and document.keys.get(("core", "hold_s")) and settings.core.hold_s > 0:
        yield Fault(
            document.place(("core", "hold_s")),
            "core.hold_s",
            "hold_in_hazard",
            Words("in the plan's hazard zones texts go out at once, whatever hold_s", "危险品区短信立即发出, 不受 hold_s 影响"),
            Words("delete `hazard` of a zone that holds none", "若区域内并无危险品, 请删去 hazard"),
            "warning",
        )


def across_secrets(wanted: Sequence[tuple[str, Document, Way, str, str | None]], folder: Path) -> Iterator[Fault]:
    """Yield what is wrong with password files, once a file. `wanted`: (file name, document, way, path, entry)."""
    seen: set[str] = set()
    for name, document, way, path, entry in wanted:
        if name in seen:
            continue
        seen.add(name)
        if found := judged(Path(name), folder):
            rule, words, advice, wrong = found
            yield Fault(document.place(way), path, rule, words, advice, "error" if wrong else "warning", entry)


_TALKGROUP = Words("talkgroup", "通话组")


def _unknown(
    document: Document, way: Way, path: str, name: str, known: Sequence[str], what: Words, entry: str | None = None, *, key: bool = False
) -> Fault:
    near = closest(name, known)
    listed = ", ".join(list(known)[:12]) or "–"
    advice = Words(f"did you mean `{near}`?", f"是不是 `{near}`?") if near else Words(f"known: {listed}", f"已有: {listed}")
    return Fault(
        document.place(way, key=key),
        path,
        "unknown_name",
        Words(f'no {what.en} is called "{name}"', f"没有名为 “{name}” 的{what.zh}"),
        advice,
        "error",
        entry,
    )

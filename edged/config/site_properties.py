"""What a technician writes in `properties` of a feature of site.geojson, by its kind and its geometry."""

from __future__ import annotations

from typing import Literal

from edged.model.alarm import Arming
from edged.model.section import MOST_NAME, NAME, Section, key
from edged.model.site import Policy

_ID = "Name in files; without it the code in small letters, else the name"
_ID_ZH = "文件中的名称; 省略则用小写代码, 再则用 name"
_POLICY = "priority: looked at first; machinery: hot machines are usual; no_smoking: a cigarette counts"
_POLICY_ZH = "priority 优先察看; machinery 常有发热机械; no_smoking 禁烟区, 烟头也算"
_CONTACT = "Whom to call about it: name and number"
_CONTACT_ZH = "联系人与电话"


class ZoneProperties(Section):
    """`properties` of a Polygon: an area of the plan. Zones drawn first take precedence."""

    kind: Literal["zone", "yard"] = key("zone", "zone, or yard (stacks and vehicles stand there)", "zone 区域, yard 堆场")
    id: str | None = key(
        None, "Name in files; without it the code in small letters", "文件中的名称; 省略则用小写代码", pattern=NAME, max_length=MOST_NAME
    )
    name: str = key(
        ..., "Name that people read and that goes into radio texts", "给人看的名称, 会写入电台短信", min_length=1, max_length=20
    )
    code: str = key(..., "At most 4 characters", "代码, 至多 4 个字符", min_length=1, max_length=4)
    gate: str | None = key(None, "Gate to enter by", "进入的大门", max_length=12)
    hazard: str | None = key(None, "Class of dangerous goods; texts go out at once", "危险品类别; 短信立即发出", max_length=12)
    contact: str | None = key(None, _CONTACT, _CONTACT_ZH, max_length=40)
    policy: Policy = key("normal", _POLICY, _POLICY_ZH)
    talkgroup: str | None = key(None, "Talkgroup, by its name in station.yaml", "通话组 (station.yaml 中的名称)")
    arming: Arming | None = key(None, "How far alarms go until a person arms it otherwise", "警情级别 (由人员改动前)")


class StructureProperties(Section):
    """`properties` of a Polygon that stands up: it hides what is behind it, and its name, code, gate and hazard are words for a place."""

    kind: Literal["building", "stack"] = key(..., "building, or stack of containers", "building 建筑, stack 集装箱垛")
    id: str | None = key(None, _ID, _ID_ZH, pattern=NAME, max_length=MOST_NAME)
    name: str = key(
        ..., "Name that people read and that goes into radio texts", "给人看的名称, 会写入电台短信", min_length=1, max_length=20
    )
    code: str | None = key(None, "At most 4 characters", "代码, 至多 4 个字符", min_length=1, max_length=4)
    height_m: float = key(..., "Height of its roof above the ground", "顶面离地高度 (米)", gt=0, le=1000)
    sigma_m: float = key(0.5, "1σ of this height", "高度标准差 (米)", ge=0, le=30)
    floors: int | None = key(None, "Storeys above the ground", "地上层数", ge=1, le=200)
    glass: bool = key(False, "true: its walls mirror heat, nothing is located on them", "true: 玻璃幕墙会反射热像, 不在其上定位")
    gate: str | None = key(None, "Gate to enter by", "进入的大门", max_length=12)
    hazard: str | None = key(None, "Class of dangerous goods", "危险品类别", max_length=12)
    contact: str | None = key(None, _CONTACT, _CONTACT_ZH, max_length=40)
    policy: Policy = key("normal", _POLICY, _POLICY_ZH)


class SurfaceProperties(Section):
    """`properties` of a Polygon that lies flat: water mirrors heat, vehicles stand on a road."""

    kind: Literal["water", "road"] = key(..., "water or road", "water 水面, road 道路")
    id: str | None = key(None, "Name in files", "文件中的名称", pattern=NAME, max_length=MOST_NAME)
    name: str = key("", "Name that people read", "给人看的名称", max_length=20)
    policy: Policy = key("normal", _POLICY, _POLICY_ZH)


class LineProperties(Section):
    """`properties` of a LineString: the middle of a road."""

    kind: Literal["road"] = key("road", "road", "road 道路")
    id: str | None = key(None, "Name in files", "文件中的名称", pattern=NAME, max_length=MOST_NAME)
    name: str = key("", "Name that people read", "给人看的名称", max_length=20)
    width_m: float = key(7.0, "Width of the road", "路面宽度 (米)", gt=0.5, le=200)
    policy: Policy = key("normal", _POLICY, _POLICY_ZH)


class PointProperties(Section):
    """`properties` of a Point: what place words count distances from."""

    kind: Literal["gate", "hydrant", "mast"] = key(..., "gate, hydrant or mast", "gate 大门, hydrant 消火栓, mast 立杆")
    id: str | None = key(None, "Name in files", "文件中的名称", max_length=40)
    name: str = key(..., "Name that people read", "给人看的名称", min_length=1, max_length=20)


Properties = type[ZoneProperties | StructureProperties | SurfaceProperties | LineProperties | PointProperties]

DRAWN_AS: dict[str, dict[str, Properties]] = {
    "Polygon": {
        "zone": ZoneProperties,
        "yard": ZoneProperties,
        "building": StructureProperties,
        "stack": StructureProperties,
        "water": SurfaceProperties,
        "road": SurfaceProperties,
    },
    "LineString": {"road": LineProperties},
    "Point": {"gate": PointProperties, "hydrant": PointProperties, "mast": PointProperties},
}
"""Geometry → kind → the class of its properties. The first of each stands where `kind` is left out."""

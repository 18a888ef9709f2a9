"""All settings of a station: joins the rooms' sections. Frozen; built by `edged.config`, handed to constructors."""

from __future__ import annotations

from typing import Any, ClassVar, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import field_validator

from edged.camera.settings import CameraSettings, FleetSettings
from edged.core.settings import CoreSettings
from edged.detector.settings import DetectionSettings
from edged.geometry.settings import SiteSettings, WeatherSettings
from edged.model.alarm import Arming, Role
from edged.model.journal import Address
from edged.model.section import USER_NAME, Section, ValueFault, key
from edged.model.words import Words
from edged.output.settings import MqttSettings, RadioSettings
from edged.store.settings import RecorderSettings, StoreSettings

RADIO = r"^[0-9A-Za-z*#\-]{1,32}$"
"""A radio or group address as the network's owner writes it."""


class StationSection(Section):
    """Which station this is."""

    retired: ClassVar[dict[str, Words]] = {"timezone": Words("write `time_zone: Asia/Shanghai`", "请改写 `time_zone: Asia/Shanghai`")}

    id: str = key(
        ...,
        "Name in topics and addresses: small letters, digits and -",
        "主题和地址中的名称: 小写字母、数字和 -",
        pattern=r"^[a-z0-9][a-z0-9\-]{0,31}$",
    )
    name: str = key(..., "Name that people read", "给人看的名称", min_length=1, max_length=40)
    time_zone: str = key("Asia/Shanghai", "Time zone of texts and reports (IANA name)", "文本与报表的时区 (IANA 名称)")
    lat_wgs84: float | None = key(None, "Latitude of the site, WGS-84", "站点纬度 (WGS-84)", ge=-90, le=90)
    lon_wgs84: float | None = key(None, "Longitude of the site, WGS-84", "站点经度 (WGS-84)", ge=-180, le=180)
    language: Literal["zh", "en"] = key("zh", "Language of texts to people", "发给人的文字所用语言")
    datum: Literal["WGS-84", "GCJ-02", "CGCS2000"] = key(
        "GCJ-02",
        "Datum of the maps at the receivers; places go out in WGS-84 and in this one",
        "接收方地图的坐标系; 位置按 WGS-84 与此坐标系一并发出",
    )
    gb_device_id: str | None = key(
        None, "20 digits of GB/T 28181 for this station", "本站的 GB/T 28181 编码 (20 位)", pattern=r"^[0-9]{20}$"
    )
    simulated: bool = key(
        False, "Cameras are simulated or replayed: everything says Exercise, no foreign broker or radio is used",
        "摄像机为模拟或回放: 全部标为演习, 不连接外部代理与电台",
    )  # fmt: skip

    @field_validator("time_zone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError, OSError) as fault:
            raise ValueFault(
                f'"{value}" is no time zone: write for example Asia/Shanghai', f"没有时区 “{value}”: 例如 Asia/Shanghai"
            ) from fault
        return value


class PersonSection(Section):
    """A person who may give verbs; the key above is the login name (MQTT user, system user)."""

    name: str | None = key(None, "Name that people read", "姓名", max_length=40)
    role: Role = key(..., "What the person may do", "权限角色")
    radio: str | None = key(None, "Individual address of the person's radio", "个人电台号", pattern=RADIO)


class TalkgroupSection(Section):
    """A group of radios; the key above is the name used in this file."""

    id: str = key(..., "Group address as the radio network's owner writes it", "通话组号 (按网络管理方写法)", pattern=RADIO)
    name: str | None = key(None, "Name that people read", "名称", max_length=40)


class DutySection(Section):
    """Who is told."""

    talkgroup: str | None = key(None, "Talkgroup for zones that name none", "未指定区域的默认通话组")
    radios: tuple[str, ...] = key((), "Individual addresses of the duty post's radios", "值班台电台号")
    escalation: tuple[str, ...] = key((), "Talkgroups or people, in order, when nobody answers", "无人应答时依次升级的通话组或人员")
    test_radios: tuple[str, ...] = key((), "Individual addresses that a drill may reach, no others", "演练允许发送的电台号, 仅限这些")
    phone: str | None = key(None, "Call-back number for 119", "119 回拨电话", max_length=40)


class ZoneSection(Section):
    """What the station says about a zone of site.geojson; the key above is the zone's id."""

    arming: Arming | None = key(None, "How far alarms of this zone go until a person arms it otherwise", "本区域警情级别 (由人员改动前)")
    talkgroup: str | None = key(None, "Talkgroup of this zone", "本区域通话组")


class StationSettings(Section):
    """station.yaml; `cameras` may stand here or in cameras/*.yaml."""

    station: StationSection = key(..., "Which station this is", "站点")
    core: CoreSettings = key(CoreSettings(), "Evidence, release, repeats, sight", "判定、发布、重发、失明")
    detection: DetectionSettings = key(DetectionSettings(), "What counts as hot", "热点检测")
    site: SiteSettings = key(SiteSettings(), "The ground between the lookouts", "站区地形")
    weather: WeatherSettings = key(WeatherSettings(), "The air, as assumed", "天气 (假定值)")
    store: StoreSettings = key(StoreSettings(), "Journal and input log", "日志库与输入日志")
    recorder: RecorderSettings = key(RecorderSettings(), "Flight recorder of the thermal streams", "热像流录像")
    mqtt: MqttSettings = key(MqttSettings(), "Broker and upstream consumers", "MQTT 代理与上级用户")
    radio: RadioSettings | None = key(None, "PDT gateway; leave out where there is none", "PDT 网关; 没有则省略")
    fleet: FleetSettings = key(FleetSettings(), "How cameras are asked", "摄像机轮询")
    talkgroups: dict[str, TalkgroupSection] = key({}, "Talkgroups by name", "通话组 (按名称)")
    people: dict[str, PersonSection] = key({}, "People by login name", "人员 (按登录名)")
    duty: DutySection = key(DutySection(), "Who is told", "通知对象")
    zones: dict[str, ZoneSection] = key({}, "Zones of site.geojson by id", "site.geojson 中的区域 (按 id)")
    cameras: tuple[CameraSettings, ...] = key((), "Cameras; many are better kept in cameras/*.yaml", "摄像机; 数量多时写在 cameras/*.yaml")

    def talkgroup(self, name: str | None) -> Address | None:
        """Return the address of a talkgroup by the name used in this file."""
        group = self.talkgroups.get(name) if name else None
        return Address("group", group.id) if group else None

    def default_talkgroup(self) -> Address | None:
        """Return where alarms of zones without a talkgroup go."""
        return self.talkgroup(self.duty.talkgroup)

    def duty_radios(self) -> tuple[Address, ...]:
        """Return the duty post's radios."""
        return tuple(Address("individual", radio) for radio in self.duty.radios)

    def test_radios(self) -> tuple[Address, ...]:
        """Return the only radios that a drill may reach."""
        return tuple(Address("individual", radio) for radio in self.duty.test_radios)

    def escalation(self) -> tuple[Address, ...]:
        """Return who is told when nobody answers, in order."""
        out: list[Address] = []
        for name in self.duty.escalation:
            person = self.people.get(name)
            if group := self.talkgroup(name):
                out.append(group)
            elif person and person.radio:
                out.append(Address("individual", person.radio))
        return tuple(out)

    def roles(self) -> dict[str, Role]:
        """Return login name → role."""
        return {name: person.role for name, person in self.people.items()}


class CameraFile(Section):
    """cameras/*.yaml: entries, and what they share."""

    defaults: dict[str, Any] = key(
        {}, "Keys that every camera of this file shares; an entry's own keys win", "本文件各摄像机共用的键; 条目自己的键优先"
    )
    cameras: tuple[CameraSettings, ...] = key(..., "The cameras", "摄像机列表")


LOGIN = USER_NAME
"""Form of a login name: it is a topic level."""

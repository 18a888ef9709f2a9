"""What a technician writes about one camera (an entry of cameras/*.yaml), and about the fleet as a whole.

A password never stands in YAML: `password_file` or `credential` names where it is.
"""

from __future__ import annotations

import re
from datetime import date
from typing import Any, ClassVar, Literal

from pydantic import field_validator, model_validator

from edged.camera.optics import LensSettings, ThermalSettings, VisibleSettings
from edged.camera.quirks.policies import QuirkOverrides
from edged.camera.rounds import RoundSettings
from edged.camera.section import CameraSection
from edged.model.aim import Beacon
from edged.model.alarm import Arming
from edged.model.calendar import DAY_MIN, Calendar
from edged.model.festivals import Festival
from edged.model.lens import Lens
from edged.model.rounds import Spot
from edged.model.section import MOST_NAME, NAME, NAME_FROM_LETTER, Section, ValueFault, key
from edged.model.site import Mount
from edged.model.view import HeadPolygon
from edged.model.words import Words

CameraKind = Literal["lookout", "panorama", "corridor"]
_HOST = re.compile(r"^(?:[A-Za-z0-9](?:[A-Za-z0-9_.-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:.]+\])$")


class MountSettings(CameraSection):
    """Where the camera stands and how its angles lie in the world."""

    lat_wgs84: float = key(..., "Latitude, WGS-84", "纬度 (WGS-84)", ge=-90, le=90)
    lon_wgs84: float = key(..., "Longitude, WGS-84", "经度 (WGS-84)", ge=-180, le=180)
    height_m: float = key(..., "Height of the lens above the site's ground", "镜头离地高度 (米)", ge=0, le=500)
    azimuth_deg: float = key(0.0, "True azimuth of pan zero", "水平零位的真方位角", ge=-360, le=360)
    tilt_zero_deg: float = key(0.0, "Elevation at tilt zero", "俯仰零位的仰角", ge=-90, le=90)
    roll_deg: float = key(0.0, "Roll about the optical axis, clockwise", "绕光轴的横滚角, 顺时针", ge=-180, le=180)
    sigma_deg: float = key(0.2, "1σ of these angles", "角度标准差", gt=0, le=30)
    lean_deg: float = key(
        0.0, "How far the mast leans from the vertical, from calibration", "立杆倾斜角, 由标定写入", ge=0, le=30, advanced=True
    )
    lean_azimuth_deg: float = key(0.0, "True azimuth towards which it leans", "立杆倾斜方向的真方位角", ge=-360, le=360, advanced=True)
    sigma_height_m: float = key(0.3, "1σ of the lens's height", "镜头高度标准差 (米)", gt=0, le=50, advanced=True)
    calibrated: bool = key(False, "true once landmarks were measured; bearings are published only then", "已用地标标定; 标定后才公布方位")


class ViewSettings(CameraSection):
    """One direction of the tour: head angles, or a preset of the camera's."""

    id: str = key(..., "Name of the view", "视野名称", pattern=NAME, max_length=MOST_NAME)
    pan_deg: float | None = key(None, "Pan of the head, right positive", "水平角, 向右为正", ge=-360, le=360)
    tilt_deg: float | None = key(None, "Tilt of the head, up positive", "俯仰角, 向上为正", ge=-90, le=90)
    preset: str | None = key(None, "The camera's preset, by name or token, instead of angles", "摄像机预置位 (名称或令牌), 代替角度")
    hfov_deg: float | None = key(None, "Field of view in this direction; empty: the widest", "该方向的视场角, 空则用最大", gt=0.2, le=180)
    dwell_s: float = key(10.0, "How long it is watched", "观看时长", ge=2, le=86400)

    @model_validator(mode="after")
    def _direction(self) -> ViewSettings:
        if (self.pan_deg is None) != (self.tilt_deg is None):
            raise ValueFault(f"view {self.id}: give both pan_deg and tilt_deg", f"视野 {self.id}: pan_deg 与 tilt_deg 须同时填写")
        return self


class AreaSettings(CameraSection):
    """An area in head angles where more evidence is needed. Detection is never switched off there. All that limits it must hold at once."""

    name: str = key(..., "Name", "名称", min_length=1, max_length=60)
    kind: Literal["mask", "known_heat", "work_zone"] = key(..., "mask, known_heat (chimney, vent) or work_zone", "遮罩、已知热源或作业区")
    points: tuple[tuple[float, float], ...] = key(
        ..., "Corners [pan_deg, tilt_deg], at least three", "顶点 [水平角, 俯仰角], 至少三个", min_length=3
    )
    extra_evidence: float = key(3.0, "Log-likelihood that a source inside must have on top", "区内热源须多出的证据量", ge=0, le=20)
    hours: tuple[str, ...] = key(
        (), 'Only in these hours of the station, such as "22:00-06:00"; over midnight they belong to the day on which they begin',
        '仅在这些时段 (站点时间) 生效, 例如 "22:00-06:00"; 跨午夜的时段归开始的那天', max_length=12,
    )  # fmt: skip
    days: tuple[str, ...] = key((), "Only on these weekdays: mon … sun, 周一 … 周日", "仅在这些星期生效: 周一 … 周日", max_length=7)
    dates: tuple[str, ...] = key(
        (), 'Only on these dates, such as "2027-04-05", or in a festival named below', '仅在这些日期生效, 例如 "2027-04-05", 或下列节日',
        max_length=100,
    )  # fmt: skip
    festivals: tuple[Festival, ...] = key(
        (),
        "Only in spring_festival (New Year's Eve to Lantern Festival), qingming (−2 … +1 days), zhongyuan (12th to 15th of the 7th month), "
        "or on one of `dates`",
        "仅在春节 (除夕至元宵)、清明 (前两天至后一天)、中元 (七月十二至十五) 或 dates 所列日期生效",
    )
    from_date: str | None = key(None, "Not before this date", "自此日期起生效")
    until_date: str | None = key(
        None, "Not after this date, every stretch of hours that began on it included", "至此日期止 (含当日开始的时段)"
    )
    expires: str | None = key(
        None, "Last day on which it counts; edged check reminds 14 days before", "最后生效日; 到期前 14 天 edged check 会提醒"
    )
    owner: str | None = key(None, "Who answers for it", "责任人", max_length=60)
    reason: str | None = key(None, "Why it is there", "设置原因", max_length=200)

    @field_validator("hours")
    @classmethod
    def _hours(cls, given: tuple[str, ...]) -> tuple[str, ...]:
        for text in given:
            _stretch(text)
        return given

    @field_validator("days")
    @classmethod
    def _days(cls, given: tuple[str, ...]) -> tuple[str, ...]:
        for text in given:
            if text.lower() not in WEEKDAYS:
                raise ValueFault(
                    f'"{text}" is no weekday: write mon, tue, wed, thu, fri, sat or sun', f"“{text}” 不是星期: 请写 周一 … 周日"
                )
        return given

    @field_validator("dates")
    @classmethod
    def _dates(cls, given: tuple[str, ...]) -> tuple[str, ...]:
        for text in given:
            _date(text)
        return given

    @field_validator("from_date", "until_date", "expires")
    @classmethod
    def _one_date(cls, given: str | None) -> str | None:
        if given is not None:
            _date(given)
        return given

    @model_validator(mode="after")
    def _in_order(self) -> AreaSettings:
        if self.from_date and self.until_date and self.until_date < self.from_date:
            raise ValueFault(f"area {self.name}: until_date lies before from_date", f"区域 {self.name}: until_date 早于 from_date")
        return self

    @property
    def calendar(self) -> Calendar:
        """When it counts."""
        return Calendar(
            hours=tuple(_stretch(text) for text in self.hours),
            weekdays=tuple(WEEKDAYS[text.lower()] for text in self.days),
            dates=tuple(_date(text) for text in self.dates),
            festivals=self.festivals,
            from_date=_date(self.from_date) if self.from_date else None,
            until_date=_date(self.until_date) if self.until_date else None,
            expires=_date(self.expires) if self.expires else None,
        )


WEEKDAYS: dict[str, int] = {name: number for number, pair in enumerate(zip(
    ("mon", "tue", "wed", "thu", "fri", "sat", "sun"), "一二三四五六日", strict=True)) for name in (pair[0], f"周{pair[1]}")}  # fmt: skip
_HOURS = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)\s*[-–]\s*(24:00|([01]?\d|2[0-3]):([0-5]\d))")


def _stretch(text: str) -> tuple[int, int]:
    """Return minutes after midnight of `22:00-06:00`."""
    found = _HOURS.fullmatch(text.strip())
    if found is None:
        raise ValueFault(f'"{text}" is no stretch of hours: write "22:00-06:00"', f'“{text}” 不是时段: 请写 "22:00-06:00"')
    begin = int(found[1]) * 60 + int(found[2])
    end = DAY_MIN if found[3] == "24:00" else int(found[4]) * 60 + int(found[5])
    if begin == end:
        raise ValueFault(f'"{text}" begins when it ends: leave hours out for the whole day', f"“{text}” 起止相同: 全天请省略 hours")
    return begin, end


def _date(text: str) -> date:
    try:
        if len(text) == len("2026-11-27"):
            return date.fromisoformat(text)
    except ValueError:
        pass
    raise ValueFault(f'"{text}" is no date: write "2026-11-27"', f'“{text}” 不是日期: 请写 "2026-11-27"')


class BeaconSettings(CameraSection):
    """A steady heat that never moves, by which drift, transmission and focus are watched. Give each head two or three."""

    name: str = key(..., "Name", "名称", pattern=NAME, max_length=MOST_NAME)
    pan_deg: float = key(..., "Pan at which it is seen, within 0.5°", "所在水平角, 误差 0.5° 以内", ge=-360, le=360)
    tilt_deg: float = key(..., "Tilt at which it is seen, within 0.5°", "所在俯仰角, 误差 0.5° 以内", ge=-90, le=90)
    range_m: float | None = key(
        None,
        "How far away it is; tells by how much the air is thicker than at commissioning",
        "距离 (米), 用于推算大气衰减",
        gt=1,
        le=20000,
    )


class CameraSettings(CameraSection):
    """One camera. Only `id`, `kind` and `address` are needed to begin with."""

    retired: ClassVar[dict[str, Words]] = {
        "password": Words(
            "write the password into a file that only edged can read (install -m 640 -g edged /dev/stdin /etc/edged/secrets/NAME) "
            "and name it in password_file",
            "请把口令写入只有 edged 可读的文件 (install -m 640 -g edged /dev/stdin /etc/edged/secrets/名称), 并在 password_file 中写明",
        ),
        "host": Words("write `address`", "请写 address"),
        "ip": Words("write `address`", "请写 address"),
        "port": Words("write `onvif_port`", "请写 onvif_port"),
        "user": Words("write `username`", "请写 username"),
    }

    id: str = key(..., "Name, unique in the station", "编号, 全站唯一", pattern=NAME_FROM_LETTER, max_length=MOST_NAME)
    name: str = key("", "Name for people", "名称", max_length=60)
    kind: CameraKind = key(
        ..., "lookout (thermal, watched for fire), panorama or corridor", "lookout (热像瞭望)、panorama (全景) 或 corridor (通道)"
    )
    address: str = key(..., "Host name or IP address, without http://", "主机名或 IP 地址, 不含 http://")
    onvif_port: int = key(80, "Port of its ONVIF service", "ONVIF 端口", ge=1, le=65535)
    username: str = key("", "User name for ONVIF and RTSP", "用户名")
    password_file: str | None = key(None, "File that holds the password, in its first line", "口令文件 (首行为口令)")
    credential: str | None = key(
        None, "Or: name of the systemd credential that holds it", "或: systemd 凭据名称", pattern=NAME, max_length=100
    )
    auth: Literal["auto", "digest", "wsse", "none"] = key("auto", "Login; auto finds out and remembers", "认证方式; auto 自动协商")
    thermal: ThermalSettings | None = key(None, "The thermal lens; a lookout has one even if nothing is written", "热像镜头")
    visible: VisibleSettings | None = key(None, "The visible lens", "可见光镜头")
    mount: MountSettings | None = key(None, "Where it stands; without it a fire has no place", "安装位置; 缺少则火点无法定位")
    views: tuple[ViewSettings, ...] = key((), "The tour of the head; empty: the camera does not turn", "巡视方向; 空则为固定摄像机")
    areas: tuple[AreaSettings, ...] = key((), "Areas in head angles where more evidence is needed", "须更多证据的区域")
    beacons: tuple[BeaconSettings, ...] = key(
        (), "Known steady heats in head angles: lamp, flue, radiator", "信标: 已知稳定热源 (灯、烟道、散热器)"
    )
    rounds: tuple[RoundSettings, ...] = key(
        (), "Spots and areas whose temperature is taken at each visit", "测温巡检: 每次巡视都测温的点和区域"
    )
    arming: Arming | None = key(None, "How far its alarms go; empty: as the station says", "报警送达范围; 空则随全站")
    switch: str | None = key(None, "Network switch that it hangs on, to name a common cause", "所接交换机")
    zone: str | None = key(None, "Zone of the plan that it watches", "所属区域")
    gb_device_id: str | None = key(None, "GB/T 28181 device id, 20 digits", "GB/T 28181 设备编码, 20 位数字", pattern=r"^[0-9]{20}$")
    quirks: QuirkOverrides = key(
        QuirkOverrides(), "Policies that differ from what edged knows of this model", "与型号默认不同的策略", advanced=True
    )
    enabled: bool = key(True, "false: leave it alone", "false: 暂不使用")

    @field_validator("address")
    @classmethod
    def _plain_host(cls, value: str) -> str:
        if "://" in value or "/" in value or "@" in value:
            raise ValueFault(
                "write only the host, such as 192.0.2.10: the port goes to onvif_port, the login to username and password_file",
                "只写主机, 例如 192.0.2.10: 端口写入 onvif_port, 登录信息写入 username 和 password_file",
            )
        if ":" in value and not value.startswith("["):
            raise ValueFault(
                "write the port in onvif_port, and an IPv6 address in [brackets]", "端口请写入 onvif_port; IPv6 地址请加方括号"
            )
        if not _HOST.match(value):
            raise ValueFault("this is not a host name or IP address", "不是有效的主机名或 IP 地址")
        return value

    @model_validator(mode="before")
    @classmethod
    def _lookout_has_thermal(cls, given: Any) -> Any:
        if isinstance(given, dict) and given.get("kind") == "lookout" and given.get("thermal") is None:
            return {**given, "thermal": {}}
        return given

    @model_validator(mode="after")
    def _whole(self) -> CameraSettings:
        if self.password_file and self.credential:
            raise ValueFault("give password_file or credential, not both", "password_file 与 credential 只能填一个")
        if (self.password_file or self.credential) and not self.username:
            raise ValueFault("username is missing beside the password", "有口令而缺少 username")
        if self.auth in ("digest", "wsse") and not self.username:
            raise ValueFault(f"auth: {self.auth} needs username and password_file", f"auth: {self.auth} 需要 username 和 password_file")
        lamps = [beacon.name for beacon in self.beacons]
        if twice := sorted({n for n in lamps if lamps.count(n) > 1}):
            raise ValueFault(f"beacon {twice[0]} is given twice", f"信标 {twice[0]} 重复")
        spots = [spot.name for spot in self.rounds]
        if twice := sorted({n for n in spots if spots.count(n) > 1}):
            raise ValueFault(f"round {twice[0]} is given twice", f"测温点 {twice[0]} 重复")
        names = [view.id for view in self.views]
        if twice := sorted({n for n in names if names.count(n) > 1}):
            raise ValueFault(f"view {twice[0]} is given twice", f"视野 {twice[0]} 重复")
        if len(self.views) > 1 and (bare := [v.id for v in self.views if v.pan_deg is None and v.preset is None]):
            raise ValueFault(
                f"view {bare[0]}: give pan_deg and tilt_deg, or preset", f"视野 {bare[0]}: 请填写 pan_deg 和 tilt_deg, 或 preset"
            )
        return self

    @property
    def label(self) -> str:
        """The words for people: id and name."""
        return f"{self.id} ({self.name})" if self.name else self.id

    @property
    def turns(self) -> bool:
        """Whether edged turns this head."""
        return any(view.pan_deg is not None or view.preset is not None for view in self.views)

    @property
    def watching_lens(self) -> LensSettings | None:
        """The lens whose picture is watched, and that directions are counted from: the thermal one, else the visible one."""
        return self.thermal or self.visible

    def hfov_of(self, view: ViewSettings | None = None) -> float:
        """Return the field of view of that lens in a view, or of its widest, degrees."""
        lens = self.watching_lens
        return (view.hfov_deg if view else None) or (lens.field_table[0][1] if lens else 60.0)

    def lens_at(self, hfov_deg: float, zoom_norm: float | None = None) -> Lens:
        """Return how pixels of that lens lie at this field; the mount's roll is part of it."""
        roll = self.mount.roll_deg if self.mount else 0.0
        lens = self.watching_lens
        return lens.lens_at(hfov_deg, roll, zoom_norm) if lens else Lens(roll_deg=roll)

    def polygons(self) -> tuple[HeadPolygon, ...]:
        """Return the areas as patrol takes them, each with its calendar."""
        return tuple(HeadPolygon(a.name, a.points, a.kind, a.extra_evidence, a.calendar) for a in self.areas)

    def steady_heats(self) -> tuple[Beacon, ...]:
        """Return the beacons as the detector takes them."""
        return tuple(Beacon(b.name, b.pan_deg, b.tilt_deg, b.range_m) for b in self.beacons)

    def spots(self) -> tuple[Spot, ...]:
        """Return the spots of its temperature rounds as the detector takes them."""
        return tuple(one.spot() for one in self.rounds)

    def placed(self) -> Mount | None:
        """Return the mount as geometry takes it."""
        if self.mount is None:
            return None
        return Mount(self.id, **self.mount.model_dump(), lens="thermal" if self.thermal else "visible")


class FleetSettings(Section):
    """How politely all cameras are asked."""

    requests_per_min: float = key(
        6.0, "ONVIF requests a minute and camera in steady state, head movements apart", "每台每分钟请求数 (不含云台)", gt=1, le=120
    )
    connect_timeout_s: float = key(3.0, "Time for a connection", "连接时限", gt=0, le=30)
    call_timeout_s: float = key(8.0, "Time for a whole call, whatever the camera sends", "单次调用总时限", gt=1, le=60)
    clock_period_s: float = key(30.0, "How often a camera is asked whether it lives", "存活查询间隔", ge=5, le=600)
    pose_period_s: float = key(1.0, "How often a standing head is asked where it points", "静止云台位置查询间隔", ge=0.2, le=60)
    moving_period_s: float = key(0.25, "… and while it turns", "转动时的查询间隔", ge=0.1, le=5)
    turn_timeout_s: float = key(20.0, "Time for a head to arrive", "云台到位时限", ge=2, le=120)
    refused_pause_s: float = key(
        1800.0, "Pause after a refused login, so that no account is locked", "登录被拒后的暂停, 以免锁定账号", ge=300, le=86400
    )
    longest_pause_s: float = key(60.0, "Longest pause between two tries of an unreachable camera", "重试的最长间隔", ge=5, le=3600)
    stagger_s: float = key(20.0, "Start-up of all cameras is spread over this time", "启动分散时间", ge=0, le=600)
    clock_limit_s: float = key(5.0, "Clock error of a camera from which on it is reported", "时钟偏差告警阈值", ge=1, le=86400)

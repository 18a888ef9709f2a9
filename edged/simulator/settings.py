"""What the simulated station consists of. Read from a YAML file of its own, or built in code; the default is the example station."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import yaml
from pydantic import ValidationError, field_validator, model_validator

from edged.model.errors import ConfigError
from edged.model.section import MOST_NAME, NAME_FROM_LETTER, Section, key
from edged.simulator.faults import KINDS, FaultKind

CameraKind = Literal["lookout", "thermal", "panorama", "corridor"]
Auth = Literal["digest", "wsse", "none"]
Growth = Literal["slow", "medium", "fast", "ultrafast"]

SITE_LAT, SITE_LON = 29.6135, 106.6061
"""Origin of the simulated yard, WGS-84."""


class SimulatedFire(Section):
    """A fire that grows as t². Its place: a direction of one camera's head, or a point of the map that every camera may see."""

    camera_id: str = key(..., "Camera whose head angles give the place", "以哪台摄像机的云台角度定位")
    pan_deg: float | None = key(
        None, "Pan of the place, degrees right; empty: where the head looks at the start", "水平角,向右为正", ge=-180, le=180
    )
    tilt_deg: float | None = key(None, "Tilt of the place, degrees up", "俯仰角,向上为正", ge=-90, le=90)
    lat_wgs84: float | None = key(None, "Latitude of the place", "纬度", ge=-90, le=90)
    lon_wgs84: float | None = key(None, "Longitude of the place", "经度", ge=-180, le=180)
    start_s: float = key(0.0, "Seconds after the start at which it ignites", "启动后多少秒起火", ge=0)
    growth: Growth = key("fast", "Growth class of NFPA 72 / ISO 13571", "增长等级")
    max_kw: float = key(5000.0, "Heat release at which it stops growing, kW", "最大热释放速率,千瓦", gt=0, le=1e6)

    @model_validator(mode="after")
    def _whole_place(self) -> SimulatedFire:
        if (self.pan_deg is None) != (self.tilt_deg is None) or (self.lat_wgs84 is None) != (self.lon_wgs84 is None):
            raise ValueError("give both pan_deg and tilt_deg, or both lat_wgs84 and lon_wgs84")
        return self


class SimulatedFault(Section):
    """A fault by schedule."""

    kind: FaultKind = key(..., f"One of {', '.join(KINDS)}", "故障种类")
    camera_id: str = key(..., "Camera that has it", "发生故障的摄像机")
    at_s: float = key(0.0, "Seconds after the start", "启动后多少秒", ge=0)
    length_s: float | None = key(None, "How long; empty: until lifted", "持续秒数,空则一直", gt=0)


class SimulatedCamera(Section):
    """One simulated camera: an ONVIF device on one port and its RTSP server on another, both on 127.0.0.1."""

    id: str = key(..., "Name, as in the station's files", "编号", pattern=NAME_FROM_LETTER, max_length=MOST_NAME)
    kind: CameraKind = key(
        "lookout", "lookout: thermal and visible on a head; thermal: fixed; panorama, corridor: fixed visible", "摄像机种类"
    )
    http_port: int = key(0, "ONVIF port, 0: any free one", "ONVIF 端口", ge=0, le=65535)
    rtsp_port: int = key(0, "RTSP port, 0: any free one", "RTSP 端口", ge=0, le=65535)
    username: str = key("edged", "User name it accepts", "用户名")
    password: str = key("practice-only", "Password it accepts", "口令")
    auth: Auth = key("digest", "Login of its ONVIF services; RTSP and pictures use HTTP digest unless `none`", "认证方式")
    clock_offset_s: float = key(0.0, "How far its clock is ahead of the machine's", "时钟偏差,秒", ge=-1e9, le=1e9)
    clip: str | None = key(None, "Video file, still or folder of stills shown instead of the rendered yard, looped", "循环播放的视频或图片")
    fps: float = key(8.0, "Pictures a second of the thermal stream", "热像帧率", gt=0, le=60)
    width: int = key(640, "Thermal picture width", "热像宽度", ge=64, le=1920, multiple_of=16)
    height: int = key(512, "Thermal picture height", "热像高度", ge=64, le=1080, multiple_of=16)
    key_interval_s: float = key(2.0, "Seconds between key frames", "关键帧间隔,秒", gt=0, le=60)
    bitrate_kbps: int = key(2000, "Bit rate of the thermal stream", "热像码率", ge=64, le=20000)
    hfov_deg: float = key(17.5, "Widest horizontal field of the thermal lens", "热像最大水平视场角", ge=1, le=90)
    max_zoom: float = key(3.0, "Optical zoom of the thermal lens", "热像光学变倍", ge=1, le=30)
    pan_deg: float = key(0.0, "Home pan", "起始水平角", ge=-180, le=180)
    tilt_deg: float = key(-4.0, "Home tilt", "起始俯仰角", ge=-90, le=40)
    azimuth_deg: float = key(0.0, "True azimuth of pan zero", "水平零位的真方位角", ge=0, lt=360)
    lat_wgs84: float = key(SITE_LAT, "Latitude of the mast", "立杆纬度", ge=-90, le=90)
    lon_wgs84: float = key(SITE_LON, "Longitude of the mast", "立杆经度", ge=-180, le=180)
    height_m: float = key(30.0, "Height of the lens above the ground", "镜头高度,米", gt=1, le=200)
    metadata_track: bool = key(True, "Offer head positions in an ONVIF metadata track", "提供元数据流")

    position_space: Literal["degrees", "generic"] = key("degrees", "Space in which the head reports its position", "云台位置上报的坐标空间")
    reference_parameters: bool = key(False, "Name event subscriptions by ReferenceParameters instead of an address", "用引用参数标识订阅")
    clip_osd: bool = key(False, "Write the clock into a clip's pictures too", "在素材画面上叠加时钟")

    @property
    def has_thermal(self) -> bool:
        """Tell whether it has a thermal lens."""
        return self.kind in ("lookout", "thermal")

    @property
    def has_head(self) -> bool:
        """Tell whether it turns."""
        return self.kind == "lookout"


def _example_cameras() -> tuple[SimulatedCamera, ...]:
    """Return the lookouts of the example station and four corridor cameras."""
    ring = [(0.0, 0.0), (0.012, 0.008), (0.011, -0.012), (-0.010, 0.013), (-0.012, -0.009), (0.001, 0.020)]
    heads = [
        SimulatedCamera(
            id=f"th-{n + 1:02d}", kind="lookout", lat_wgs84=SITE_LAT + dlat, lon_wgs84=SITE_LON + dlon, azimuth_deg=60.0 * n,
            http_port=18101 + n, rtsp_port=18201 + n,
        )
        for n, (dlat, dlon) in enumerate(ring)
    ]  # fmt: skip
    wide = [
        SimulatedCamera(
            id=f"ar-{n + 1:02d}", kind="panorama", hfov_deg=90.0, lat_wgs84=SITE_LAT + ring[n][0], lon_wgs84=SITE_LON + ring[n][1],
            azimuth_deg=120.0 * n, http_port=18111 + n, rtsp_port=18211 + n,
        )
        for n in range(3)
    ]  # fmt: skip
    corridors = [
        SimulatedCamera(id=f"co-{n + 1:03d}", kind="corridor", hfov_deg=80.0, height_m=4.0, http_port=18121 + n, rtsp_port=18221 + n)
        for n in range(4)
    ]
    return (*heads, *wide, *corridors)


class SimulatorSettings(Section):
    """A simulated station. It binds 127.0.0.1 only and opens no connection of its own."""

    cameras: tuple[SimulatedCamera, ...] = key(_example_cameras(), "The cameras", "摄像机", min_length=1)
    fires: tuple[SimulatedFire, ...] = key((), "The fires", "火情")
    faults: tuple[SimulatedFault, ...] = key((), "Faults by schedule", "故障计划")
    speed: float = key(1.0, "How fast fires and traffic run against the clock", "场景时间倍率", gt=0, le=100)
    traffic: bool = key(True, "Lorries and people move about the yard", "堆场内有车辆行人")
    seed: int = key(7, "Seed of the yard and of the noise", "随机种子", ge=0)
    air_temp_c: float = key(12.0, "Air temperature of the night", "气温,摄氏度", ge=-30, le=45)
    extinction_per_km: float = key(0.3, "Extinction of the air in 8–14 µm", "大气消光系数,每千米", ge=0, le=5)
    flat_field_s: float = key(180.0, "Seconds between flat-field corrections", "平场校正间隔,秒", ge=10)
    token_window_s: float = key(30.0, "How far the time of a signed login may be off", "签名登录允许的时间差,秒", gt=0)

    @field_validator("cameras")
    @classmethod
    def _names_once(cls, cameras: tuple[SimulatedCamera, ...]) -> tuple[SimulatedCamera, ...]:
        names = [c.id for c in cameras]
        if twice := sorted({n for n in names if names.count(n) > 1}):
            raise ValueError(f"camera id given twice: {', '.join(twice)}")
        ports = [p for c in cameras for p in (c.http_port, c.rtsp_port) if p]
        if doubled := sorted({p for p in ports if ports.count(p) > 1}):
            raise ValueError(f"port given twice: {', '.join(map(str, doubled))}")
        return cameras

    @model_validator(mode="after")
    def _known_cameras(self) -> SimulatorSettings:
        known = {c.id for c in self.cameras}
        named = [f.camera_id for f in self.fires] + [f.camera_id for f in self.faults]
        for name in named:
            if name not in known:
                raise ValueError(f"no camera {name}; there are {', '.join(sorted(known))}")
        return self

    def only(self, camera_ids: tuple[str, ...]) -> SimulatorSettings:
        """Return the same station with only these cameras, and what belongs to them. Raises ConfigError for an unknown name."""
        known = {c.id for c in self.cameras}
        if unknown := [c for c in camera_ids if c not in known]:
            raise ConfigError(
                f"simulated station: no camera {', '.join(unknown)}; there are {', '.join(sorted(known))}",
                zh=f"模拟站:没有摄像机 {'、'.join(unknown)};现有 {'、'.join(sorted(known))}",
            )
        return self.model_copy(
            update={
                "cameras": tuple(c for c in self.cameras if c.id in camera_ids),
                "fires": tuple(f for f in self.fires if f.camera_id in camera_ids),
                "faults": tuple(f for f in self.faults if f.camera_id in camera_ids),
            }
        )


class _Loader(yaml.SafeLoader):
    """A YAML reader that refuses a key given twice."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[object, object]:
        seen: set[str] = set()
        for name, _ in node.value:
            if name.value in seen:
                raise yaml.constructor.ConstructorError(None, None, f"key {name.value} given twice", name.start_mark)
            seen.add(name.value)
        return super().construct_mapping(node, deep)


def read_settings(path: Path) -> SimulatorSettings:
    """Return the settings of a simulated station's file. Relative `clip` paths start at the file. Raises ConfigError, naming the key."""
    try:
        known = yaml.load(path.read_text(encoding="utf-8"), Loader=_Loader) or {}
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as fault:
        raise ConfigError(f"{path}: cannot be read: {fault}", zh=f"{path}:无法读取:{fault}") from fault
    try:
        settings = SimulatorSettings.model_validate(known)
    except ValidationError as fault:
        lines = [f"{path}: {'.'.join(map(str, e['loc'])) or 'file'}: {e['msg']}" for e in fault.errors()]
        raise ConfigError("\n".join(lines)) from fault
    return settings.model_copy(
        update={"cameras": tuple(c.model_copy(update={"clip": _beside(path, c.clip)}) if c.clip else c for c in settings.cameras)}
    )


def _beside(path: Path, clip: str) -> str:
    return clip if Path(clip).is_absolute() else str(path.parent / clip)

"""The sections `site` and `weather` of station.yaml: what stands for the ground and the air until an instrument says better."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import StringConstraints

from edged.model.section import USER_NAME, Section, key


class SiteSettings(Section):
    """The ground between the lookouts. The plan itself is site.geojson."""

    terrain: Path | None = key(
        None,
        "Height grid beside this file: GeoTIFF or ESRI ASCII grid (.tif, .asc); without it the ground is level at the masts' foot",
        "地形高程文件: GeoTIFF 或 ESRI ASCII 网格; 省略则按平地处理",
    )
    terrain_epsg: int | None = key(
        None, "EPSG code of its coordinates where the file does not say", "坐标系的 EPSG 代码 (文件未注明时)", ge=1024, le=100000
    )
    terrain_sigma_m: float = key(1.0, "1σ of a height in it", "高程标准差 (米)", ge=0.0, le=30.0)
    ground_sigma_m: float = key(0.5, "1σ of the ground's height where no grid is given", "地面高度标准差 (米)", ge=0.0, le=30.0)
    radius_m: float = key(3000.0, "How far from a lookout a place counts as watched", "瞭望半径 (米)", ge=100.0, le=20000.0)
    refraction_k: float = key(0.13, "Coefficient of terrestrial refraction", "大气折射系数", ge=-2.0, le=2.0, advanced=True)
    refraction_sigma: float = key(0.5, "… and its 1σ", "折射系数标准差", ge=0.0, le=2.0, advanced=True)


class WeatherSettings(Section):
    """The air, as assumed while no instrument tells."""

    extinction_per_km: float = key(
        0.3,
        "Extinction in the thermal band per km: 0.2 clear and dry, 0.3–0.4 temperate, 0.6–1.0 humid, over 2 fog",
        "热红外每公里衰减: 干燥晴朗 0.2, 温和 0.3–0.4, 潮湿 0.6–1.0, 雾 2 以上",
        ge=0.0,
        le=20.0,
    )
    air_temp_c: float = key(20.0, "Temperature of air and ground", "气温与地温 (°C)", ge=-60.0, le=60.0)
    stale_min: float = key(
        60.0,
        "Minutes after which a measured value no longer counts and the assumed one stands again.",
        "实测值超过多少分钟即不再采用, 改用假定值。",
        ge=1.0,
        le=1440.0,
    )
    sources: tuple[Annotated[str, StringConstraints(pattern=USER_NAME)], ...] = key(
        (),
        "MQTT users of the instruments that may write edged/v1/STATION/weather/USER.",
        "可写入 edged/v1/站点/weather/用户 的气象仪器的 MQTT 用户名。",
    )

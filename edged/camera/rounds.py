"""A camera's temperature rounds as a technician writes them: spots and areas that are measured at each visit, with owner and limits."""

from __future__ import annotations

from pydantic import model_validator

from edged.camera.section import CameraSection
from edged.model.rounds import RoundRule, Spot
from edged.model.section import MOST_NAME, NAME, ValueFault, key


class RoundSettings(CameraSection):
    """A spot or area whose temperature is taken at each visit. Limits that are left out are not judged."""

    name: str = key(..., "Name, unique in the station", "名称, 全站唯一", pattern=NAME, max_length=MOST_NAME)
    point: tuple[float, float] | None = key(None, "[pan_deg, tilt_deg] of a spot", "测温点 [水平角, 俯仰角]")
    radius_deg: float = key(0.0, "Radius of that spot; at least 7 × 7 px are measured", "测温点半径 (度); 至少取 7 × 7 像素", ge=0, le=10)
    points: tuple[tuple[float, float], ...] = key(
        (), "Or an area: corners [pan_deg, tilt_deg], at least three", "或测温区: 顶点 [水平角, 俯仰角], 至少三个", max_length=40
    )
    emissivity: float = key(
        0.95,
        "Emissivity: 0.95 paint, rust, brick; bare metal cannot be measured",
        "发射率: 油漆、锈面、砖 0.95; 光亮金属无法测温",
        ge=0.1,
        le=1,
    )
    reflected_temp_c: float | None = key(
        None, "Temperature that it reflects; empty: as the air", "反射温度 (°C), 空则取气温", ge=-60, le=200
    )
    range_m: float | None = key(
        None, "How far away it is; empty: near, the air is not corrected for", "距离 (米), 空则不修正大气衰减", gt=0, le=20000
    )
    owner: str = key("", "Who answers for it", "责任人", max_length=40)
    neighbours: tuple[str, ...] = key((), "Spots that it is compared with: their middle at the same time", "比较对象 (取同一轮的中位数)")
    limit_c: float | None = key(None, "Too hot from this temperature on", "上限温度 (°C)", ge=-60, le=1000)
    over_neighbours_k: float | None = key(None, "Too much over its neighbours, kelvin", "高于比较对象的上限 (K)", gt=0, le=500)
    over_neighbours_levels: float | None = key(
        None, "… and in grey levels, where the picture is no temperature", "画面无温度时, 高于比较对象的灰度上限", gt=0, le=255
    )
    slope_k_per_h: float | None = key(
        None,
        "Rises too fast over hours; with neighbours it is the rise over them, so that the sun does not count",
        "数小时内升温上限 (K/h); 有比较对象时按相对升温计, 以排除日晒",
        gt=0,
        le=100,
    )
    slope_k_per_day: float | None = key(None, "Rises too fast over days", "数日内升温上限 (K/天)", gt=0, le=100)
    due_h: float = key(72.0, "Hours in which a hazard should be closed", "隐患整改期限 (小时)", gt=0, le=8760)

    @model_validator(mode="after")
    def _whole(self) -> RoundSettings:
        if (self.point is None) == (not self.points) or 0 < len(self.points) < 3:
            raise ValueFault(
                f"round {self.name}: give point: [pan_deg, tilt_deg], or points with at least three corners",
                f"测温点 {self.name}: 请填写 point: [水平角, 俯仰角], 或至少三个顶点的 points",
            )
        if (self.over_neighbours_k or self.over_neighbours_levels) and not self.neighbours:
            raise ValueFault(f"round {self.name}: neighbours is missing", f"测温点 {self.name}: 缺少 neighbours")
        return self

    def spot(self) -> Spot:
        """Return it as the detector takes it."""
        points = (self.point,) if self.point is not None else self.points
        return Spot(self.name, points, self.radius_deg, self.emissivity, self.reflected_temp_c, self.range_m)

    def rule(self, camera_id: str) -> RoundRule:
        """Return it as core takes it."""
        return RoundRule(
            self.name, camera_id, self.owner, self.neighbours, self.due_h, self.limit_c, self.over_neighbours_k,
            self.over_neighbours_levels, self.slope_k_per_h, self.slope_k_per_day,
        )  # fmt: skip

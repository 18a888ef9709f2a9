"""What a technician or a calibration writes about one lens: its stream, its field by zoom, how it bends and where it points.

`zoom` and `boresight` come from calibration; while they are missing the field follows from its two ends and the axis is the head's.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import Field, field_validator, model_validator

from edged.camera.section import CameraSection
from edged.geometry.measurement import PlanckCounts
from edged.geometry.projection import COEFFICIENTS, is_one_to_one
from edged.geometry.spaces import boresight_at, hfov_at, zoom_for
from edged.model.frame import Picture
from edged.model.lens import Lens, Projection
from edged.model.section import ValueFault, key

Coefficient = Annotated[float, Field(ge=-10, le=10)]
ZoomRow = tuple[float, float]
BoresightRow = tuple[float, float, float]
FARTHEST_OFF_DEG = 20.0


class LensSettings(CameraSection):
    """One lens."""

    stream: str = key(
        "onvif", "`onvif`: ask the camera; or an rtsp:// address without user and password", "onvif: 向摄像机询问; 或不含口令的 rtsp 地址"
    )
    profile: str | None = key(None, "Media profile, by token or name, where edged chooses the wrong one", "媒体配置 (令牌或名称)")
    hfov_deg: float = key(60.0, "Horizontal field of view at the widest zoom", "最大水平视场角", gt=0.5, le=360)
    hfov_tele_deg: float | None = key(None, "… and at the longest zoom", "最小水平视场角", gt=0.2, le=180)
    projection: Projection = key(
        "pinhole", "How pixels lie as directions: pinhole for usual lenses; cylindrical or equirectangular for stitched panoramas",
        "像素与方向的关系: 普通镜头为 pinhole (针孔), 拼接全景为 cylindrical (柱面) 或 equirectangular (等距柱状), 鱼眼为 fisheye",
    )  # fmt: skip
    k: tuple[Coefficient, ...] = key(
        (), "Radial distortion: k1, k2, k3 of Brown for pinhole, k1…k4 of OpenCV for fisheye", "径向畸变系数 k1, k2, k3 (鱼眼 k1…k4)",
        advanced=True,
    )  # fmt: skip
    roll_deg: float = key(
        0.0, "Clockwise turn of this lens's picture against the head, on top of the mount's", "画面相对云台的顺时针旋转角", ge=-180, le=180,
        advanced=True,
    )  # fmt: skip
    zoom: tuple[ZoomRow, ...] = key(
        (), "Rows [zoom_norm 0…1, hfov_deg], from calibration; they stand for hfov_deg and hfov_tele_deg",
        "变倍表: [变倍值 0…1, 水平视场角], 由标定写入, 代替 hfov_deg 与 hfov_tele_deg", advanced=True,
    )  # fmt: skip
    boresight: tuple[BoresightRow, ...] = key(
        (), "Rows [zoom_norm, pan_off_deg, tilt_off_deg]: the optical axis right of and above the head's, from calibration",
        "光轴表: [变倍值, 偏右角, 偏上角], 由标定写入", advanced=True,
    )  # fmt: skip

    @field_validator("stream")
    @classmethod
    def _stream_address(cls, value: str) -> str:
        if value == "onvif":
            return value
        parts = urlsplit(value)
        if parts.scheme not in ("rtsp", "rtsps") or not parts.hostname:
            raise ValueFault(
                "write `onvif` (ask the camera), or an address that begins with rtsp://",
                "请写 onvif (向摄像机询问), 或以 rtsp:// 开头的地址",
            )
        if parts.username is not None or parts.password is not None:
            raise ValueFault(
                "leave user name and password out of the address: write username and password_file, which also apply to the stream",
                "地址中不要写用户名和口令: 请用 username 和 password_file, 它们同样用于视频流",
            )
        return value

    @field_validator("zoom")
    @classmethod
    def _zoom_narrows(cls, rows: tuple[ZoomRow, ...]) -> tuple[ZoomRow, ...]:
        _check_zooms("zoom", rows)
        for row in rows:
            if not 0.2 < row[1] <= 360.0:
                raise ValueFault(f"zoom: a field of {row[1]:g}° is impossible", f"zoom: 视场角 {row[1]:g}° 不可能")
        for one, other in itertools.pairwise(rows):
            if other[1] >= one[1]:
                raise ValueFault(
                    f"zoom: the field must narrow from row to row, but {other[1]:g}° follows {one[1]:g}°: sort by zoom_norm, wide first",
                    f"zoom: 视场角须逐行变小, 但 {one[1]:g}° 之后为 {other[1]:g}°: 请按变倍值排序, 广角在前",
                )
        return rows

    @field_validator("boresight")
    @classmethod
    def _boresight_near(cls, rows: tuple[BoresightRow, ...]) -> tuple[BoresightRow, ...]:
        _check_zooms("boresight", rows)
        for row in rows:
            if not all(abs(off) <= FARTHEST_OFF_DEG for off in row[1:]):
                raise ValueFault(
                    f"boresight: an axis more than {FARTHEST_OFF_DEG:g}° off the head's is a mistake: turn the head instead (azimuth_deg)",
                    f"boresight: 光轴偏离云台超过 {FARTHEST_OFF_DEG:g}° 有误: 请改用 azimuth_deg",
                )
        return rows

    @model_validator(mode="after")
    def _possible(self) -> LensSettings:
        most, widest = COEFFICIENTS[self.projection], self.field_table[0][1]
        if len(self.k) > most:
            raise ValueFault(
                f"k: a {self.projection} lens has at most {most} coefficients, {len(self.k)} are given",
                f"k: {self.projection} 镜头最多 {most} 个系数, 现有 {len(self.k)} 个",
            )
        if self.projection == "pinhole" and widest >= 180.0:
            raise ValueFault(
                f"no pinhole lens sees {widest:g}°: write projection: cylindrical (stitched panorama) or fisheye",
                f"针孔镜头视场角不可能为 {widest:g}°: 请写 projection: cylindrical (拼接全景) 或 fisheye (鱼眼)",
            )
        if not self.zoom and self.hfov_tele_deg is not None and self.hfov_tele_deg > self.hfov_deg:
            raise ValueFault(
                f"hfov_tele_deg {self.hfov_tele_deg:g} is wider than hfov_deg {self.hfov_deg:g}: exchange the two",
                f"hfov_tele_deg {self.hfov_tele_deg:g} 大于 hfov_deg {self.hfov_deg:g}: 请对调",
            )
        if not is_one_to_one(Lens(self.projection, self.k), widest):
            raise ValueFault(
                f"k: with these coefficients the picture folds back before its corners at {widest:g}°: calibrate anew with landmarks "
                f"near the corners, or write fewer coefficients",
                f"k: 按这些系数, 视场角 {widest:g}° 的画面在四角之前已折返: 请在四角附近增加地标重新标定, 或减少系数",
            )
        return self

    @property
    def field_table(self) -> tuple[ZoomRow, ...]:
        """Fields by zoom: the calibrated rows, or the two ends, or the one field that is known."""
        if self.zoom:
            return self.zoom
        if self.hfov_tele_deg is None or self.hfov_tele_deg == self.hfov_deg:
            return ((0.0, self.hfov_deg),)
        return ((0.0, self.hfov_deg), (1.0, self.hfov_tele_deg))

    @property
    def fields_told(self) -> bool:
        """Whether the files say what field belongs to each zoom."""
        return bool(self.zoom) or self.hfov_tele_deg is not None

    def hfov_at(self, zoom_norm: float) -> float:
        """Return the field of view at a zoom, degrees."""
        return hfov_at(self.field_table, zoom_norm)

    def zoom_for(self, hfov_deg: float) -> float | None:
        """Return the zoom that gives this field; None where the files do not say how the lens zooms."""
        return zoom_for(self.field_table, hfov_deg) if len(self.field_table) > 1 else None

    def lens_at(self, hfov_deg: float, mount_roll_deg: float = 0.0, zoom_norm: float | None = None) -> Lens:
        """Return how pixels lie at this field; `zoom_norm` where the camera reported it, else the one that belongs to the field."""
        at = zoom_for(self.field_table, hfov_deg) if zoom_norm is None else zoom_norm
        return Lens(self.projection, self.k, self.roll_deg + mount_roll_deg, *boresight_at(self.boresight, at))


class PlanckSettings(CameraSection):
    """Constants of a camera's raw counts, from its maker's data or from the metadata of one of its R-JPEGs."""

    form: Literal["r-jpeg", "ax5"] = key(
        "r-jpeg", "How the maker writes them: T = b / ln(r1 / (r2 (S + o)) + f), or as AX5 cameras do: T = b / ln(r1 / (S - o) + f)",
        "厂家公式: r-jpeg 为 T = b / ln(r1 / (r2 (S + o)) + f), ax5 为 T = b / ln(r1 / (S - o) + f)",
    )  # fmt: skip
    r1: float = key(..., "Constant R1 (AX5: R)", "常数 R1 (AX5 为 R)", gt=0, le=1e9)
    b: float = key(..., "Constant B, kelvin", "常数 B (开)", ge=500, le=5000)
    f: float = key(1.0, "Constant F", "常数 F", ge=0.5, le=2)
    o: float = key(0.0, "Constant O", "常数 O", ge=-65536, le=65536)
    r2: float = key(1.0, "Constant R2; 1 for AX5", "常数 R2; AX5 为 1", gt=0, le=1e6)

    def constants(self) -> PlanckCounts:
        """Return the constants as geometry takes them."""
        if self.form == "ax5":
            return PlanckCounts.ax5(self.r1, self.b, self.f, self.o)
        return PlanckCounts(self.r1, self.b, self.f, self.o, self.r2)


class ReadingSettings(CameraSection):
    """A spot or box of the camera's own thermometry, by which an 8-bit picture is calibrated. Shares of the picture from its upper left."""

    id: str = key(..., "Its id as the camera's events name it (ItemID)", "摄像机事件中的编号 (ItemID)", min_length=1, max_length=80)
    x: float = key(..., "Centre, share of the width", "中心横坐标 (占画面宽度)", ge=0, le=1)
    y: float = key(..., "Centre, share of the height from the top", "中心纵坐标 (自上而下, 占画面高度)", ge=0, le=1)
    width: float = key(0.0, "Width of a box, share of the picture; 0 for a spot", "框宽 (占画面宽度), 点为 0", ge=0, le=1)
    height: float = key(0.0, "Height of a box, share of the picture; 0 for a spot", "框高 (占画面高度), 点为 0", ge=0, le=1)


class ThermalSettings(LensSettings):
    """The thermal lens."""

    hfov_deg: float = key(17.5, "Horizontal field of view at the widest zoom", "最大水平视场角", gt=0.5, le=360)
    picture: Picture | Literal["auto"] = key("white-hot", "How the picture shows heat", "画面如何表示热量")
    kelvin_per_count: float = key(
        0.04, "For picture: kelvin-linear: kelvin of one count, counted from absolute zero", "picture: kelvin-linear 时每个计数的开尔文数",
        ge=0.001, le=1, advanced=True,
    )  # fmt: skip
    planck: PlanckSettings | None = key(
        None, "For picture: flir-counts: the camera's constants", "picture: flir-counts 时的摄像机常数", advanced=True
    )
    fps: float | None = key(None, "Judge at most this many pictures a second", "每秒最多判读多少帧", gt=0.2, le=60)

    readings: tuple[ReadingSettings, ...] = key(
        (), "Spots and boxes of the camera's own thermometry, by which grey levels are calibrated", "摄像机自身的测温点和框, 用于标定灰度",
        advanced=True,
    )  # fmt: skip

    @model_validator(mode="after")
    def _constants_known(self) -> ThermalSettings:
        if self.picture == "flir-counts" and self.planck is None:
            raise ValueFault(
                "picture: flir-counts needs the camera's constants: write planck with r1 and b; without them write counts",
                "picture: flir-counts 需要摄像机常数: 请在 planck 中填写 r1、b 等; 没有则写 counts",
            )
        return self


class VisibleSettings(LensSettings):
    """The visible lens. Kept as packets, decoded on request."""


def _check_zooms(name: str, rows: Sequence[tuple[float, ...]]) -> None:
    """Refuse rows whose zoom is outside 0…1 or does not grow. Raises ValueFault."""
    zooms = [row[0] for row in rows]
    if any(not 0.0 <= zoom <= 1.0 for zoom in zooms):
        raise ValueFault(
            f"{name}: the first number of a row is the zoom, 0 wide to 1 tele: {max(zooms, key=abs):g} is outside",
            f"{name}: 每行第一个数为变倍值, 0 (广角) 到 1 (长焦): {max(zooms, key=abs):g} 超出范围",
        )
    for one, other in itertools.pairwise(zooms):
        if other <= one:
            raise ValueFault(
                f"{name}: the zoom must grow from row to row, but {other:g} follows {one:g}: sort the rows, each zoom once",
                f"{name}: 变倍值须逐行增大, 但 {one:g} 之后为 {other:g}: 请排序, 每个变倍值只写一次",
            )

"""`edged locate CAMERA --pixel X,Y`: where the thing in a pixel is, by one lookout or, with `--with`, by several.

It reads the station's files, asks nobody and moves no head.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from edged.assembly import WHOLE_VIEW
from edged.camera.settings import CameraSettings
from edged.config.load import Loaded, load
from edged.geometry import lens
from edged.geometry.datum import DatumName, at_datum
from edged.geometry.fuse import Bearing, fuse
from edged.geometry.head import to_world
from edged.geometry.place import locate
from edged.geometry.plan import words
from edged.geometry.site import SiteModel
from edged.model.errors import CommandRefused
from edged.model.place import IgnitionPoint
from edged.model.words import Words
from edged.placepicture import picture

DEFAULT = Path("/etc/edged/station.yaml")
SIZE = "640x512"
PICTURE_SIGMA_DEG = 0.05
_SURFACES = {
    "ground": Words("on the ground", "地面"), "roof": Words("on the roof of {}", "{}屋顶"), "facade": Words("on the wall of {}", "{}外墙"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Pixel:
    """A pixel of a camera's picture, and in which view; None: its only one."""

    camera_id: str
    x_px: float
    y_px: float
    view_id: str | None


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("camera", metavar="CAMERA", help="id of a camera with a mount / 镜头编号")
    parser.add_argument("--pixel", required=True, metavar="X,Y", help="from the upper left corner, right and down / 像素坐标")
    parser.add_argument("--view", metavar="ID", help="the view of its tour that the picture shows / 视野名称")
    parser.add_argument("--pose", metavar="PAN,TILT[,HFOV]", help="or where the head pointed, degrees / 或云台角度与视场角")
    parser.add_argument("--size", default=SIZE, metavar="WxH", help=f"size of the picture ({SIZE}) / 画面尺寸")
    parser.add_argument("--sigma", type=float, default=PICTURE_SIGMA_DEG, metavar="DEG", help="1σ of the direction in the picture (0.05)")
    parser.add_argument(
        "--with",
        dest="others",
        action="append",
        default=[],
        metavar="CAMERA@X,Y[@VIEW]",
        help="the same source in another camera / 另一镜头",
    )
    parser.add_argument("-c", "--config", type=Path, default=DEFAULT, metavar="FILE", help=f"station file, default {DEFAULT}")
    parser.add_argument("--picture", type=Path, metavar="FILE.png", help="draw a map of it / 绘制位置图")
    parser.add_argument("--json", action="store_true", help="one JSON object")


def run(args: argparse.Namespace) -> int:
    """Print the place. Returns 1 where several bearings are not of one source, else 0."""
    loaded = load(args.config)
    size = _numbers(args.size.replace("x", ",").replace("×", ","), 2, "--size", "640x512")
    x_px, y_px = _numbers(args.pixel, 2, "--pixel", "320,256")
    pixels = [Pixel(args.camera, x_px, y_px, args.view)]
    pixels += [_other(text) for text in args.others]
    for one in pixels:
        _assume(loaded, one, args)
    bearings = [bearing(loaded, one, size, args.sigma, args.pose if number == 0 else None) for number, one in enumerate(pixels)]
    site = SiteModel(loaded.site)
    first = bearings[0]
    if len(bearings) == 1:
        point: IgnitionPoint | None = locate(site, first.mount, first.pan_deg, first.tilt_deg, args.sigma)
    else:
        fix = fuse(site, bearings)
        point = None if fix is None else fix.point
    if args.picture is not None:
        _draw(args.picture, picture(site, bearings, point, f"{loaded.settings.station.id}: {args.camera} pixel {args.pixel}"))
    if args.json:
        print(json.dumps(_as_json(loaded, point, bearings), ensure_ascii=False))
    else:
        print("\n".join(lines(loaded, point, bearings, args.language)))
    return 0 if point is not None else 1


def bearing(loaded: Loaded, one: Pixel, size: tuple[float, ...], sigma_deg: float, pose: str | None) -> Bearing:
    """Return the direction of a pixel. Raises CommandRefused where the camera, its mount or its view is not known."""
    camera = next((c for c in loaded.cameras if c.id == one.camera_id), None)
    if camera is None:
        known = ", ".join(c.id for c in loaded.cameras if c.mount is not None) or "–"
        raise CommandRefused(f"no camera {one.camera_id}; with a mount: {known}", zh=f"没有镜头 {one.camera_id}; 已有安装位置的: {known}")
    mount = camera.placed()
    if mount is None:
        raise CommandRefused(
            f"camera {camera.id} has no mount: write `mount:` (lat_wgs84, lon_wgs84, height_m), then `edged calibrate {camera.id}`",
            zh=f"镜头 {camera.id} 没有 mount: 请填写 lat_wgs84, lon_wgs84, height_m, 然后运行 edged calibrate {camera.id}",
        )
    width, height = int(size[0]), int(size[1])
    if not (-0.5 <= one.x_px <= width - 0.5 and -0.5 <= one.y_px <= height - 0.5):
        raise CommandRefused(
            f"pixel {one.x_px:g},{one.y_px:g} lies outside a picture of {width}x{height}: give --size",
            zh=f"像素 {one.x_px:g},{one.y_px:g} 在 {width}x{height} 画面之外: 请用 --size 指定画面尺寸",
        )
    pan, tilt, hfov = _pose(camera, one.view_id, pose)
    return Bearing(mount, *lens.direction(pan, tilt, one.x_px, one.y_px, width, height, hfov, camera.lens_at(hfov)), sigma_deg)


def lines(loaded: Loaded, point: IgnitionPoint | None, bearings: list[Bearing], language: str) -> Iterator[str]:
    """Yield what is said to people."""
    for one in bearings:
        azimuth, elevation = to_world(one.mount, one.pan_deg, one.tilt_deg)
        name = one.mount.camera_id
        said = Words(f"{name}: azimuth {azimuth:.2f}°, elevation {elevation:+.2f}°", f"{name}: 方位 {azimuth:.2f}°, 仰角 {elevation:+.2f}°")
        doubt = Words(f"; not calibrated: edged calibrate {name}", f"; 未标定: edged calibrate {name}")
        yield said.said(language) + ("" if one.mount.calibrated else doubt.said(language))
    if point is None:
        yield Words("These bearings are not of one source.", "这些方位不属于同一目标。").said(language)
        return
    found = words(loaded.site, point, to_world(bearings[0].mount, bearings[0].pan_deg, bearings[0].tilt_deg)[0], None, language)
    place = dict.fromkeys(word for word in (found.place, found.near) if word)
    yield Words("place: ", "地点: ").said(language) + ", ".join(place)
    local: DatumName = loaded.settings.station.datum
    where = f"WGS-84 {point.lat_wgs84:.6f},{point.lon_wgs84:.6f}"
    if local != "WGS-84":
        lat, lon = at_datum(local, point.lat_wgs84, point.lon_wgs84)
        where += f"  {local} {lat:.6f},{lon:.6f}"
    yield where
    yield _doubt(point).said(language)
    if point.surface is not None:
        name = next((s.name for s in loaded.site.structures if s.structure_id == point.structure_id), "")
        height = "" if point.height_m is None else f", {point.height_m:.1f} m"
        yield _SURFACES[point.surface].said(language).format(name) + height
    if point.mirrored:
        yield Words("the pixel shows a reflection: this is its source", "该像素为反射影像: 以上是其来源").said(language)


def _doubt(point: IgnitionPoint) -> Words:
    if point.ellipse is not None:
        e = point.ellipse
        size = f"{e.semi_major_m:.0f} × {e.semi_minor_m:.0f} m"
        return Words(
            f"95 % ellipse: {size}, long axis towards {e.azimuth_deg:.0f}°", f"95% 误差椭圆: {size}, 长轴方位 {e.azimuth_deg:.0f}°"
        )
    assert point.interval is not None
    i = point.interval
    return Words(
        f"only a bearing: {i.azimuth_deg:.2f}° ± {1.96 * i.azimuth_sigma_deg:.2f}°, between {i.near_m:.0f} and {i.far_m:.0f} m (95 %)",
        f"仅方位: {i.azimuth_deg:.2f}° ± {1.96 * i.azimuth_sigma_deg:.2f}°, 距离 {i.near_m:.0f}–{i.far_m:.0f} m (95%)",
    )


def _as_json(loaded: Loaded, point: IgnitionPoint | None, bearings: list[Bearing]) -> dict[str, Any]:
    looks: list[dict[str, Any]] = []
    for one in bearings:
        azimuth, elevation = to_world(one.mount, one.pan_deg, one.tilt_deg)
        looks.append(
            {
                "camera_id": one.mount.camera_id, "pan_deg": one.pan_deg, "tilt_deg": one.tilt_deg, "azimuth_deg": azimuth,
                "elevation_deg": elevation, "calibrated": one.mount.calibrated,
            }
        )  # fmt: skip
    if point is None:
        return {"found": False, "bearings": looks}
    return {"found": True, **asdict(point), "words": asdict(words(loaded.site, point, looks[0]["azimuth_deg"], None)), "bearings": looks}


def _assume(loaded: Loaded, one: Pixel, args: argparse.Namespace) -> None:
    """Say which view is taken where a head has several and none was named."""
    camera = next((c for c in loaded.cameras if c.id == one.camera_id), None)
    views = [] if camera is None else [view.id for view in camera.views if view.pan_deg is not None]
    if one.view_id is None and len(views) > 1 and not (args.pose and one.camera_id == args.camera):
        rest = ", ".join(views[1:])
        said = Words(
            f"edged: {one.camera_id} turns: taken as its view {views[0]}; else give --view ({rest}) or --pose PAN,TILT",
            f"edged: {one.camera_id} 可转动: 按视野 {views[0]} 计算; 否则请用 --view ({rest}) 或 --pose 水平角,俯仰角",
        )
        sys.stderr.write(said.said(args.language) + "\n")


def _draw(path: Path, png: bytes) -> None:
    try:
        path.write_bytes(png)
    except OSError as fault:
        raise CommandRefused(f"{path}: cannot be written ({fault.strerror})", zh=f"{path}: 无法写入 ({fault.strerror})") from fault


def _pose(camera: CameraSettings, view_id: str | None, pose: str | None) -> tuple[float, float, float]:
    """Return pan, tilt and field of view of the picture."""
    if pose is not None:
        given = _numbers(pose, (2, 3), "--pose", "-12.5,-3,17.5")
        return given[0], given[1], given[2] if len(given) == 3 else camera.hfov_of()
    views = {view.id: view for view in camera.views if view.pan_deg is not None}
    if view_id is None and not camera.turns:
        return 0.0, 0.0, camera.hfov_of()
    if view_id is None and views:
        view_id = next(iter(views))
    view = views.get(view_id or "")
    if view is None or view.pan_deg is None or view.tilt_deg is None:
        if view_id == WHOLE_VIEW and not camera.turns:
            return 0.0, 0.0, camera.hfov_of()
        known = ", ".join(views) or "–"
        raise CommandRefused(
            f"camera {camera.id} turns: say where it pointed, --view {known} or --pose PAN,TILT",
            zh=f"镜头 {camera.id} 可转动: 请指明视野 --view {known} 或 --pose 水平角,俯仰角",
        )
    return view.pan_deg, view.tilt_deg, camera.hfov_of(view)


def _other(text: str) -> Pixel:
    parts = text.split("@")
    if len(parts) not in (2, 3):
        raise CommandRefused(f"--with {text}: write CAMERA@X,Y or CAMERA@X,Y@VIEW", zh=f"--with {text}: 请写 镜头@X,Y 或 镜头@X,Y@视野")
    x_px, y_px = _numbers(parts[1], 2, "--with", "th-02@320,256")
    return Pixel(parts[0], x_px, y_px, parts[2] if len(parts) == 3 else None)


def _numbers(text: str, count: int | tuple[int, ...], option: str, example: str) -> tuple[float, ...]:
    wanted = (count,) if isinstance(count, int) else count
    parts = re.split(r"\s*[,，]\s*", text.strip())
    try:
        numbers = tuple(float(part) for part in parts)
    except ValueError:
        numbers = ()
    if len(numbers) not in wanted or any(abs(number) > 1e5 or number != number for number in numbers):
        raise CommandRefused(f"{option} {text}: write for example {example}", zh=f"{option} {text}: 例如 {example}")
    return numbers

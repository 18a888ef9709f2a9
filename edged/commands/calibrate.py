"""`edged calibrate CAMERA LANDMARKS.csv`: where a head's zeros, roll, lean and fields of view lie; `--walk` with a carried heat source.

Reads files, moves no head. Writes only with `--write`, and only into commissioned/.
"""

from __future__ import annotations

import argparse
import json
import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import get_args

from edged.camera.optics import LensSettings
from edged.camera.settings import CameraSettings
from edged.commands.calibratewording import as_json, lines, walk_lines
from edged.commands.calibratewrite import refusal_of, values_of
from edged.commands.landmarkfile import Row, read_landmarks
from edged.commands.secondlens import compare
from edged.commands.walkfile import read_seen, read_track
from edged.config.document import Way
from edged.config.load import STATION, Loaded, load
from edged.config.splice import FOLDER, splice
from edged.geometry.calibrated import Calibration
from edged.geometry.calibration import FEWEST, calibrate
from edged.geometry.datum import DatumName
from edged.geometry.landmark import Observation
from edged.geometry.site import SiteModel
from edged.geometry.suspicion import suspect
from edged.geometry.walk import Found, find_source, stops_of
from edged.model.errors import CalibrationError, ConfigError
from edged.model.site import Mount
from edged.model.words import Words

DEFAULT = Path("/etc/edged/station.yaml")
STATE = "/var/lib/edged"
SIZES = {"thermal": (640, 512), "visible": (1920, 1080)}
AIMED_SIGMA_PX = 2.0
"""1σ of a landmark that was put into the middle of the picture by hand."""
PLACE_SIGMA_M, GPS_SIGMA_M = 0.5, 2.5
DISTRUST_SCALE = 5.0


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("camera", metavar="CAMERA", help="id of the camera / 摄像机编号")
    parser.add_argument(
        "landmarks", nargs="?", type=Path, metavar="LANDMARKS.csv",
        help="columns name,lat_wgs84,lon_wgs84,height_m,pan_deg,tilt_deg[,x_px,y_px,hfov_deg,zoom_norm,sigma_px,sigma_m,lens]; "
        "height above the ground / 地标文件, 高度为离地高度",
    )  # fmt: skip
    parser.add_argument("-c", "--config", type=Path, default=DEFAULT, metavar="FILE", help=f"station file, default {DEFAULT}")
    parser.add_argument("--walk", type=Path, metavar="TRACK", help="instead: GPX or CSV track of a carried heat source / 热源携行轨迹")
    parser.add_argument("--datum", choices=get_args(DatumName), default="WGS-84", help="of the landmarks' coordinates (WGS-84) / 坐标系")
    parser.add_argument("--size", metavar="WxH", help="picture in which pixels were read (640x512) / 画面尺寸")
    parser.add_argument("--fix-fov", action="store_true", help="hold the fields of view as they are / 不拟合视场角")
    parser.add_argument("--state", type=Path, default=Path(os.environ.get("STATE_DIRECTORY", STATE).split(":")[0]), metavar="DIR",
                        help=f"--walk: state folder of the daemon ({STATE}) / 状态目录")  # fmt: skip
    parser.add_argument(
        "--source-height", type=float, default=0.5, metavar="M", help="--walk: of the source above the ground / 热源离地高度"
    )
    parser.add_argument("--gps-sigma", type=float, default=GPS_SIGMA_M, metavar="M", help="--walk: 1σ of a stop (2.5) / 定位标准差")
    parser.add_argument("--write", action="store_true", help=f"write into {FOLDER}/CAMERA.yaml / 写入标定结果")
    parser.add_argument("--force", action="store_true", help="write a bad fit too / 结果不佳也写入")
    parser.add_argument("--plot", type=Path, metavar="FILE.png", help="residuals and expected errors as a picture / 输出图片")
    parser.add_argument("--json", action="store_true", help="one JSON object")


def run(args: argparse.Namespace) -> int:
    """Fit, print, and write where wanted. Returns 1 where --write refuses. Raises ConfigError, CalibrationError, StoreGarbled."""
    if (args.landmarks is None) == (args.walk is None):
        raise ConfigError("calibrate: give LANDMARKS.csv, or --walk TRACK", zh="标定: 请给出 LANDMARKS.csv, 或 --walk 轨迹文件")
    loaded = load(args.config)
    camera, mount, lens = _camera(loaded, args.camera, args.config)
    if args.write and args.config.name != STATION:
        raise ConfigError(
            f"{args.config}: beside a file of another name than {STATION} no {FOLDER}/ is read: leave --write out",
            zh=f"{args.config}: 文件名不是 {STATION} 时不读取 {FOLDER}/: 请去掉 --write",
        )
    site = SiteModel(loaded.site)
    walked: Found | None = None
    notes: list[Words] = []
    by_zoom: dict[float, Sequence[Observation]] = {}
    if args.walk is not None:
        walked = _walked(args, camera, mount, site, loaded.site.refraction_k)
        observations: Sequence[Observation] = walked.observations
    else:
        rows = read_landmarks(args.landmarks, args.datum)
        kind = "thermal" if camera.thermal else "visible"
        second = camera.visible if kind == "thermal" else None
        other = [row for row in rows if row.lens not in (None, kind)]
        if other and second is None:
            names = ", ".join(dict.fromkeys(row.name for row in other))
            notes.append(
                Words(f"not used, for the camera's entry has no such lens: {names}: write visible: {{hfov_deg: …}}",
                      f"未使用, 因摄像机条目中没有该镜头: {names}: 请写 visible: {{hfov_deg: …}}")
            )  # fmt: skip
        elif second is not None:
            by_zoom = _by_zoom(other, args.landmarks, mount, second, site)
        size = _size(args.size) or SIZES[kind]
        observations = [_observation(row, args.landmarks, mount, lens, site, size) for row in rows if row not in other]
    found = _fitted(mount, observations, args.fix_fov, loaded.site.refraction_k, notes)
    values, left = values_of(found, camera, lens)
    notes += left
    if by_zoom:
        more, said = compare(found, "visible", by_zoom, args.fix_fov, loaded.site.refraction_k)
        values |= more
        notes += said
    saved = _plot(args.plot, found, observations) if args.plot is not None else None
    target = args.config.parent / FOLDER / f"{camera.id}.yaml"
    refusal = refusal_of(found, walked is not None)
    writes = args.write and (refusal is None or args.force)
    if writes:
        splice(target, values)
    if args.json:
        written = {".".join(map(str, way)): value for way, value in values.items()}
        answer = as_json(found) | {"values": written, "file": str(target), "written": writes, "plot": saved and str(saved)}
        answer |= {"notes": [{"en": n.en, "zh": n.zh} for n in notes], "refused": refusal and {"en": refusal.en, "zh": refusal.zh}}
        if walked is not None:
            answer["stops"] = [{"name": stop.name, "since": stop.since.isoformat(), "outcome": why} for stop, why in walked.fates]
        print(json.dumps(answer, ensure_ascii=False))
    else:
        for line in _said(args, found, walked, notes, values, target, refusal, saved, writes):
            print(line)
    return 1 if args.write and not writes else 0


def _said(
    args: argparse.Namespace, found: Calibration, walked: Found | None, notes: Sequence[Words], values: dict[Way, object], target: Path,
    refusal: Words | None, saved: Path | None, writes: bool,
) -> Iterator[str]:  # fmt: skip
    if walked is not None:
        yield from walk_lines(walked, args.language)
    yield from lines(found, args.language)
    yield from ("! " + note.said(args.language) for note in notes)
    if saved is not None:
        yield Words(f"picture saved: {saved}", f"图片已保存: {saved}").said(args.language)
    if refusal is not None:
        yield "! " + refusal.said(args.language)
    shown = ", ".join(f"{'.'.join(map(str, way))}: {json.dumps(value)}" for way, value in values.items())
    if writes:
        yield Words(f"written into {target}: {shown}", f"已写入 {target}: {shown}").said(args.language)
        yield Words("The daemon takes it over at its next reload: systemctl reload edged", "重新加载后生效: systemctl reload edged").said(
            args.language
        )
    elif args.write:
        yield Words(f"NOT written into {target}; --force writes it all the same", f"未写入 {target}; 加 --force 可强制写入").said(
            args.language
        )
    else:
        yield Words(f"nothing is written; with --write into {target}: {shown}", f"未写入; 加 --write 将写入 {target}: {shown}").said(
            args.language
        )


def _camera(loaded: Loaded, camera_id: str, config: Path) -> tuple[CameraSettings, Mount, LensSettings]:
    camera = next((one for one in loaded.cameras if one.id == camera_id), None)
    if camera is None:
        known = ", ".join(one.id for one in loaded.cameras)
        raise ConfigError(f"{config}: no camera {camera_id}; there are: {known}", zh=f"{config}: 没有摄像机 {camera_id}; 现有: {known}")
    mount, lens = camera.placed(), camera.watching_lens
    if mount is None:
        raise ConfigError(
            f"camera {camera_id} has no place: write mount: {{lat_wgs84: …, lon_wgs84: …, height_m: …}} into its entry first",
            zh=f"摄像机 {camera_id} 没有安装位置: 请先在其条目中写 mount: {{lat_wgs84: …, lon_wgs84: …, height_m: …}}",
        )
    if lens is None:
        raise ConfigError(
            f"camera {camera_id} has no lens: write thermal: or visible:", zh=f"摄像机 {camera_id} 没有镜头: 请写 thermal: 或 visible:"
        )
    return camera, mount, lens


def _size(given: str | None) -> tuple[int, int] | None:
    if given is None:
        return None
    match = re.fullmatch(r"(\d{2,5})[xX×](\d{2,5})", given.strip())
    if match is None:
        raise ConfigError(f"--size {given}: write width x height, such as 640x512", zh=f"--size {given}: 请写 宽x高, 例如 640x512")
    return int(match[1]), int(match[2])


def _observation(row: Row, path: Path, mount: Mount, lens: LensSettings, site: SiteModel, size: tuple[int, int]) -> Observation:
    for name, value, most in (("x_px", row.x_px, size[0]), ("y_px", row.y_px, size[1])):
        if value is not None and value > most - 0.5:
            raise ConfigError(
                f"{path}:{row.line}: {name}: {value:g} lies outside the picture of {size[0]}x{size[1]}: write the size in which it was "
                "read with --size WxH",
                zh=f"{path}:{row.line}: {name}: {value:g} 超出 {size[0]}x{size[1]} 画面: 请用 --size 宽x高 写明读取像素时的画面尺寸",
            )
    hfov = row.hfov_deg or (lens.field_table[0][1] if row.zoom_norm is None else lens.hfov_at(row.zoom_norm))
    sigma_px = row.sigma_px or (AIMED_SIGMA_PX if row.x_px is None else 1.0)
    sigma_m = PLACE_SIGMA_M if row.sigma_m is None else row.sigma_m
    height_m = _over_foot(site, mount, row.lat_wgs84, row.lon_wgs84, row.height_m)
    return Observation(
        row.name, row.lat_wgs84, row.lon_wgs84, height_m, row.pan_deg, row.tilt_deg, hfov, row.x_px, row.y_px,
        sigma_px, sigma_m, sigma_m, *size, lens.lens_at(hfov, 0.0, row.zoom_norm),
    )  # fmt: skip


def _by_zoom(rows: Sequence[Row], path: Path, mount: Mount, lens: LensSettings, site: SiteModel) -> dict[float, Sequence[Observation]]:
    """Return the landmarks of the visible lens by its zoom; the widest where the file names none."""
    zooms = sorted({row.zoom_norm or 0.0 for row in rows})
    return {
        zoom: [_observation(row, path, mount, lens, site, SIZES["visible"]) for row in rows if (row.zoom_norm or 0.0) == zoom]
        for zoom in zooms
    }


def _over_foot(site: SiteModel, mount: Mount, lat: float, lon: float, above_m: float) -> float:
    """Return the height above the ground at the mount's foot of a point above its own ground."""
    foot, there = (float(site.ground.height_m(*site.plane(*place))) for place in ((mount.lat_wgs84, mount.lon_wgs84), (lat, lon)))
    return above_m + there - foot


def _walked(args: argparse.Namespace, camera: CameraSettings, mount: Mount, site: SiteModel, refraction_k: float) -> Found:
    stops = stops_of(read_track(args.walk))
    if len(stops) < FEWEST:
        raise ConfigError(
            f"{args.walk}: stands still only {len(stops)} times for 20 s within 5 m: stop at a dozen places for a minute each",
            zh=f"{args.walk}: 仅有 {len(stops)} 处停留 20 秒以上 (5 米以内): 请在约十二处各停留一分钟",
        )
    warm, held = read_seen(args.state / "input", camera.id, stops[0].since, stops[-1].until)
    heights = [_over_foot(site, mount, stop.lat_wgs84, stop.lon_wgs84, args.source_height) for stop in stops]
    sigma = mount.sigma_deg if mount.calibrated else None
    return find_source(
        mount, stops, warm, held, heights, gps_sigma_m=args.gps_sigma, prior_sigma_deg=sigma, refraction_k=refraction_k
    )  # fmt: skip


def _fitted(mount: Mount, observations: Sequence[Observation], fix_fov: bool, refraction_k: float, notes: list[Words]) -> Calibration:
    try:
        found = calibrate(mount, observations, fix_fov=fix_fov, refraction_k=refraction_k)
    except CalibrationError as fault:
        guess = suspect(mount, observations, refraction_k) if len(observations) >= FEWEST else None
        if guess is None:
            raise
        raise CalibrationError(f"{fault}. {guess.en[0].upper()}{guess.en[1:]}", zh=f"{fault.zh}。{guess.zh}") from None
    if found.scale > DISTRUST_SCALE and (guess := suspect(mount, observations, refraction_k)) is not None:
        notes.append(guess)
    return found


def _plot(path: Path, found: Calibration, observations: Sequence[Observation]) -> Path:
    from edged.commands.calibrateplot import draw

    size = (observations[0].width_px, observations[0].height_px)
    try:
        draw(path, found, size)
    except OSError as fault:
        raise ConfigError(f"{path}: cannot be written: {fault.strerror}", zh=f"{path}: 无法写入: {fault.strerror}") from None
    except ValueError as fault:
        raise ConfigError(f"{path}: {fault}: name it FILE.png", zh=f"{path}: {fault}: 文件名请用 .png") from None
    return path

"""Where landmarks contradict one another: the one common mistake that would make them agree."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from edged.geometry.calibration import calibrate
from edged.geometry.datum import to_gcj02, to_wgs84
from edged.geometry.landmark import Observation
from edged.model.errors import CalibrationError
from edged.model.site import Mount
from edged.model.words import Words

GOOD_SCALE = 4.0
Changed = tuple[Mount, Sequence[Observation]]


def suspect(mount: Mount, observations: Sequence[Observation], refraction_k: float = 0.13) -> Words | None:
    """Return the mistake without which nearly all landmarks agree, in words, or None."""
    for words, change in MISTAKES:
        try:
            found = calibrate(*change(mount, observations), refraction_k=refraction_k)
        except CalibrationError:
            continue
        if found.scale <= GOOD_SCALE and 5 * len(found.rejected) <= found.landmarks and not found.findings:
            return words
    return None


def _pan(mount: Mount, observations: Sequence[Observation]) -> Changed:
    return mount, [replace(o, pan_deg=-o.pan_deg) for o in observations]


def _tilt(mount: Mount, observations: Sequence[Observation]) -> Changed:
    return mount, [replace(o, tilt_deg=-o.tilt_deg) for o in observations]


def _both(mount: Mount, observations: Sequence[Observation]) -> Changed:
    return mount, [replace(o, pan_deg=-o.pan_deg, tilt_deg=-o.tilt_deg) for o in observations]


def _landmarks(mount: Mount, observations: Sequence[Observation]) -> Changed:
    places = [to_wgs84(o.lat_wgs84, o.lon_wgs84) for o in observations]
    return mount, [replace(o, lat_wgs84=lat, lon_wgs84=lon) for o, (lat, lon) in zip(observations, places, strict=True)]


def _unshifted(mount: Mount, observations: Sequence[Observation]) -> Changed:
    places = [to_gcj02(o.lat_wgs84, o.lon_wgs84) for o in observations]
    return mount, [replace(o, lat_wgs84=lat, lon_wgs84=lon) for o, (lat, lon) in zip(observations, places, strict=True)]


def _mast(mount: Mount, observations: Sequence[Observation]) -> Changed:
    lat, lon = to_wgs84(mount.lat_wgs84, mount.lon_wgs84)
    return replace(mount, lat_wgs84=lat, lon_wgs84=lon), observations


def _upside_down(mount: Mount, observations: Sequence[Observation]) -> Changed:
    turned = [
        o if o.x_px is None or o.y_px is None else replace(o, x_px=o.width_px - 1 - o.x_px, y_px=o.height_px - 1 - o.y_px)
        for o in observations
    ]
    return mount, turned


MISTAKES: tuple[tuple[Words, Callable[[Mount, Sequence[Observation]], Changed]], ...] = (
    (
        Words("the landmarks are in GCJ-02: with --datum GCJ-02 they agree", "地标坐标是 GCJ-02: 加上 --datum GCJ-02 后一致"),
        _landmarks,
    ),
    (
        Words(
            "the mast's position in the camera's file is in GCJ-02: write WGS-84 into mount.lat_wgs84, lon_wgs84 and they agree",
            "摄像机文件中的立杆位置是 GCJ-02: mount.lat_wgs84、lon_wgs84 改写为 WGS-84 后一致",
        ),
        _mast,
    ),
    (
        Words("the landmarks are in WGS-84 already: without --datum GCJ-02 they agree", "地标坐标已是 WGS-84: 去掉 --datum GCJ-02 后一致"),
        _unshifted,
    ),
    (Words("pan has the wrong sign: right is positive", "水平角正负号反了: 向右为正"), _pan),
    (Words("tilt has the wrong sign: up is positive, so looking down is negative", "俯仰角正负号反了: 向上为正, 俯视为负"), _tilt),
    (Words("pan and tilt have the wrong sign: right and up are positive", "水平角与俯仰角正负号都反了: 向右、向上为正"), _both),
    (
        Words(
            "the picture is upside down: with x_px and y_px counted from the lower right they agree", "画面上下颠倒: 像素从右下角起算才一致"
        ),
        _upside_down,
    ),
)
"""Words and what is undone."""

"""What `edged calibrate` says to people and to machines: landmarks, parameters, errors to expect, and what is still wrong. Pure."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from typing import Any

from edged.geometry.calibrated import Calibration, Residual
from edged.geometry.walk import Found, Why
from edged.model.words import Words

HEADS = (
    Words("landmark", "地标"), Words("range m", "距离 m"), Words("miss px", "残差 px"), Words("left out px", "留一 px"),
    Words("left out m", "留一 m"), Words("", ""),
)  # fmt: skip
PARAMETERS: dict[str, Words] = {
    "azimuth_deg": Words("azimuth of pan zero", "水平零位方位角"),
    "tilt_zero_deg": Words("elevation of tilt zero", "俯仰零位仰角"),
    "roll_deg": Words("roll", "横滚角"),
    "lean_east_deg": Words("lean to the east", "向东倾斜"),
    "lean_north_deg": Words("lean to the north", "向北倾斜"),
    "hfov_deg": Words("field of view", "视场角"),
    "axis_right_deg": Words("axis to the right", "光轴偏右"),
    "axis_up_deg": Words("axis up", "光轴偏上"),
}
REJECTED = Words("LEFT OUT: contradicts the others", "已剔除: 与其他地标矛盾")
FATES: dict[Why, Words] = {
    "used": Words("found", "已找到"),
    "not_in_view": Words("no view looked there then", "当时没有视野对着该处"),
    "nothing_hot": Words(
        "in view, but nothing hot was seen: stand longer, or a hotter source", "在视野内但未见热源: 请停留更久或换更热的热源"
    ),
    "left_out": Words("in view, but what was seen there is something else", "在视野内, 但看到的是其他热源"),
}


def lines(found: Calibration, language: str) -> Iterator[str]:
    """Yield the table of landmarks, the parameters before and after, the errors to expect and the report."""
    rows = [[head.said(language) for head in HEADS], *(_row(one, language) for one in found.residuals)]
    yield from _table(rows, "lrrrrl")
    yield ""
    for one in found.parameters:
        spread = Words("not fitted", "未拟合").said(language) if one.sigma is None else f"± {one.sigma:.3f}°"
        yield f"{_padded(_named(one.name, language), 28)} {one.before:10.3f}° → {one.after:10.3f}°  {spread}"
    yield ""
    doubt = tuple(f"{sigma:.3f}°" for sigma in found.sigma_deg)
    yield Words(
        f"rms {found.rms_px:.2f} px from {found.landmarks} landmarks; 1σ of a direction {doubt[0]} across, {doubt[1]} upright",
        f"{found.landmarks} 个地标, 均方根残差 {found.rms_px:.2f} px; 方向标准差: 水平 {doubt[0]}, 垂直 {doubt[1]}",
    ).said(language)
    for error in found.expected:
        km, along = error.range_m / 1000.0, error.along_m
        note = Words("; use a second lookout", "; 请用第二个瞭望点交会") if along > 0.1 * error.range_m else Words("", "")
        yield Words(
            f"at {km:g} km: ± {error.across_m:.1f} m across, ± {along:.0f} m in range on level ground{note.en} (1σ)",
            f"{km:g} km 处: 横向 ± {error.across_m:.1f} m, 平地上距离 ± {along:.0f} m{note.zh} (1σ)",
        ).said(language)
    for left in found.rejected:
        size = f"{left.miss_px:.0f} px = {left.miss_deg:.2f}°"
        yield "! " + Words(
            f"{left.name} is left out: it misses by {size} = {left.miss_m:.0f} m across the line of sight: "
            "check its coordinates, its name and its pan and tilt",
            f"{left.name} 已剔除: 偏差 {size} = 横向 {left.miss_m:.0f} m: 请核对坐标、名称和水平俯仰角",
        ).said(language)
    remarks = (*found.kept, *(finding.words for finding in found.findings))
    yield from ("! " + words.said(language) for words in remarks)
    if not (found.rejected or remarks):
        yield Words("The residuals show nothing but noise.", "残差仅为噪声, 未见异常。").said(language)


def walk_lines(found: Found, language: str) -> Iterator[str]:
    """Yield what became of each stop of the walk."""
    used = sum(why == "used" for _, why in found.fates)
    yield Words(f"source found at {used} of {len(found.fates)} stops", f"{len(found.fates)} 个停留点中找到热源 {used} 个").said(language)
    for stop, why in found.fates:
        if why != "used":
            place = f"{stop.lat_wgs84:.5f}, {stop.lon_wgs84:.5f}"
            head = Words(
                f"stop {stop.name} ({stop.since:%H:%M:%S} UTC, {place})", f"停留点 {stop.name} ({stop.since:%H:%M:%S} UTC, {place})"
            )
            yield f"  {head.said(language)}: {FATES[why].said(language)}"


def as_json(found: Calibration) -> dict[str, Any]:
    """Return all of it for machines."""
    mount = found.mount
    return {
        "camera": mount.camera_id,
        "mount": {
            "azimuth_deg": mount.azimuth_deg, "tilt_zero_deg": mount.tilt_zero_deg, "roll_deg": mount.roll_deg, "lean_deg": mount.lean_deg,
            "lean_azimuth_deg": mount.lean_azimuth_deg, "sigma_deg": mount.sigma_deg,
        },
        "fields": [{"claimed_deg": claimed, "hfov_deg": true} for claimed, true in found.fields],
        "axes": [{"claimed_deg": claimed, "right_deg": right, "up_deg": up} for claimed, right, up in found.axes],
        "parameters": [{"name": p.name, "before": p.before, "after": p.after, "sigma": p.sigma} for p in found.parameters],
        "fitted": list(found.fitted),
        "covariance": [[float(v) for v in row] for row in found.covariance],
        "landmarks": [
            {"name": r.name, "used": r.used, "miss_px": list(r.miss_px), "left_out_px": r.left_out_px and list(r.left_out_px),
             "left_out_deg": r.miss_deg, "left_out_m": r.miss_m, "range_m": r.range_m} for r in found.residuals
        ],
        "rejected": [{"name": r.name, "miss_px": r.miss_px, "miss_deg": r.miss_deg, "miss_m": r.miss_m} for r in found.rejected],
        "rms_px": found.rms_px,
        "sigma_deg": {"across": found.sigma_deg[0], "upright": found.sigma_deg[1]},
        "expected": [{"range_m": e.range_m, "across_m": e.across_m, "along_m": e.along_m} for e in found.expected],
        "kept": [{"en": w.en, "zh": w.zh} for w in found.kept],
        "findings": [
            {"kind": f.kind, "value": list(f.value), "sigma": list(f.sigma), "chance": f.chance, "en": f.words.en, "zh": f.words.zh}
            for f in found.findings
        ],
    }  # fmt: skip


def _row(one: Residual, language: str) -> list[str]:
    alone = "-" if one.left_out_px is None else f"{one.left_out_px[0]:+.1f} {one.left_out_px[1]:+.1f}"
    metres = "-" if one.left_out_px is None else f"{one.miss_m:.1f}"
    own = f"{one.miss_px[0]:+.1f} {one.miss_px[1]:+.1f}" if one.used else "-"
    return [one.name, f"{one.range_m:.0f}", own, alone, metres, "" if one.used else REJECTED.said(language)]


def _named(parameter: str, language: str) -> str:
    name, _, at = parameter.partition(" at ")
    words = PARAMETERS[name].said(language)
    return f"{words} ({at}°)" if at else words


def _table(rows: Sequence[Sequence[str]], sides: str) -> Iterator[str]:
    widths = [max(_wide(row[column]) for row in rows) for column in range(len(sides))]
    for row in rows:
        cells = [_padded(cell, width, side) for cell, width, side in zip(row, widths, sides, strict=True)]
        yield "  ".join(cells).rstrip()


def _padded(text: str, width: int, side: str = "l") -> str:
    blank = " " * (width - _wide(text))
    return text + blank if side == "l" else blank + text


def _wide(text: str) -> int:
    """Return how many cells of a terminal a text takes."""
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)

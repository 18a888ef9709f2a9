"""What `edged look` says to people: a line a lookout, in columns, with what stands against it and the next step. Pure."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from edged.geometry import plan
from edged.geometry.sky import SkyDirection
from edged.geometry.vantage import Vantage
from edged.model.words import Words

HEADS = (
    Words("camera", "镜头"), Words("distance", "距离"), Words("azimuth", "方位"), Words("pan", "水平"), Words("tilt", "俯仰"),
    Words("a pixel", "每像素"), Words("sight", "视线"), Words("notes", "说明"),
)  # fmt: skip
CLEAR = Words("clear", "通视")


def said_at(at: datetime, body: SkyDirection, language: str) -> str:
    """Return the line on the time and the sun."""
    when = f"{at:%Y-%m-%d %H:%M}"
    if not body.up:
        return Words(f"{when}  sun down", f"{when}  太阳在地平线下").said(language)
    azimuth, elevation = f"{body.azimuth_deg:.1f}°", f"{body.elevation_deg:.1f}°"
    point = plan.compass(body.azimuth_deg, language)
    return Words(f"{when}  sun {azimuth} ({point}), {elevation} high", f"{when}  太阳 方位 {azimuth} ({point}), 高度 {elevation}").said(
        language
    )


def lines(found: Sequence[Vantage], names: Mapping[str, str], waits: Mapping[str, datetime | None], language: str) -> Iterator[str]:
    """Yield the table. `waits`: camera id → when the sun lets it look there, for those that may not now."""
    rows = [[head.said(language) for head in HEADS]]
    rows += [_row(one, names.get(one.mount.camera_id, one.mount.camera_id), waits, language) for one in found]
    widths = [max(_wide(row[column]) for row in rows) for column in range(len(HEADS) - 1)]
    for row in rows:
        yield "  ".join([cell + " " * (width - _wide(cell)) for cell, width in zip(row, widths, strict=False)] + row[-1:]).rstrip()
    if not any(one.usable for one in found):
        yield Words("No lookout can show this place now.", "现在没有镜头能看到该处。").said(language)


def _row(one: Vantage, name: str, waits: Mapping[str, datetime | None], language: str) -> list[str]:
    pixel = f"{one.pixel_m:.2f}" + (f"–{one.tele_pixel_m:.2f}" if one.tele_pixel_m is not None else "") + " m"
    return [
        name,
        f"{one.range_m:.0f} m",
        f"{round(one.azimuth_deg, 1) % 360.0:.1f}°",
        f"{one.pan_deg:+.1f}°",
        f"{one.tilt_deg:+.1f}°",
        pixel,
        _sight(one).said(language),
        "; ".join(words.said(language) for words in _notes(one, waits)),
    ]


def _sight(one: Vantage) -> Words:
    hidden = one.hidden_by
    if hidden is None:
        return CLEAR
    at = f"{hidden.along_m:.0f} m"
    if hidden.structure is None:
        return Words(f"hidden by the ground at {at}", f"被地形遮挡 {at}")
    name = hidden.structure.name
    return Words(f"hidden by {name} at {at}", f"被{name}遮挡 {at}")


def _notes(one: Vantage, waits: Mapping[str, datetime | None]) -> Iterator[Words]:
    if not one.reachable:
        yield Words("outside its picture, and it does not turn", "不在画面内, 且不能转动")
    elif one.view_id is not None:
        yield Words(f"in view {one.view_id}", f"在视野 {one.view_id} 内")
    if not one.within_radius:
        yield Words("beyond its radius", "超出瞭望半径")
    if not one.may_aim:
        until = waits.get(one.mount.camera_id)
        wait = Words(f", from {until:%H:%M} on", f", {until:%H:%M} 起可以") if until else Words("", "")
        off = f"{one.sun_off_deg:.1f}°"
        yield Words(f"DO NOT AIM: sun {off} beside{wait.en}", f"禁止对准: 距太阳 {off}{wait.zh}")
    if one.glints:
        yield Words("the sun is mirrored there: glint is likely", "该处反射太阳, 可能有反光")
    if not one.mount.calibrated:
        yield Words("not calibrated: angles are rough", "未标定, 角度为概略值")


def _wide(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)

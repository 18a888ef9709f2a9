"""What `edged coverage` says to people: the sentence, shares by fire and zone, reasons, how often. Pure."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from edged.geometry.coverage import TARGETS
from edged.model.words import Words

Data = Mapping[str, Any]
REASONS: dict[str, Words] = {
    "too_far": Words("too far from every head", "超出瞭望半径"),
    "hidden": Words("hidden", "被遮挡"),
    "not_in_tour": Words("in no view of the tour", "不在巡视视野内"),
    "too_small": Words("too faint for lens and air", "镜头或天气所限看不清"),
    "head_down": Words("its head is blind", "负责的镜头失明"),
}
UNSURE: dict[str, Words] = {
    "unplaced": Words("without `mount`, not counted", "未填写 mount, 未计入"),
    "uncalibrated": Words("not calibrated, so where they look is as written", "未标定, 方向按填写值计"),
    "by_preset": Words("views by preset: where these look is not known, not counted", "按预置位的视野方向未知, 未计入"),
}


def lines(data: Data, language: str) -> Iterator[str]:
    """Yield the report. `data`: figures with `zones`."""
    yield Words(**data["sentence"]).said(language)
    area, cell, air = f"{data['area_km2']:.2f} km²", f"{data['cell_m']:g} m", f"{data['extinction_per_km']:g}/km"
    yield Words(f"Zone {area}, cells of {cell}, extinction {air}", f"站区 {area}, 网格 {cell}, 衰减 {air}").said(language)
    yield ""
    head = [Words("Fire", "火情").said(language), Words("seen on", "看得见").said(language)]
    yield from _table([head, *([t.words.said(language), _percent(data["by_target"][t.name])] for t in TARGETS)])
    yield ""
    if reasons := _reasons(data, language):
        yield Words("Not watched: ", "看不见: ").said(language) + reasons
    if data["revisit_p50_s"] is not None:
        p50, p95 = data["revisit_p50_s"], data["revisit_p95_s"]
        yield Words(
            f"Looked at again after {p50:.0f} s in the middle, {p95:.0f} s for 95 % of what is watched",
            f"重访间隔: 中位 {p50:.0f} 秒, 95% 在 {p95:.0f} 秒以内",
        ).said(language)
    for name, ids in data["unsure"].items():
        yield f"{', '.join(ids)}: {UNSURE[name].said(language)}"
    if data["zones"]:
        yield ""
        columns = [Words("Zone", "区域"), Words("Name", "名称"), *(target.words for target in TARGETS), Words("Why not", "看不见的原因")]
        rows = [[z["code"], z["name"], *(_percent(z["by_target"][t.name]) for t in TARGETS), _reasons(z, language)] for z in data["zones"]]
        yield from _table([[column.said(language) for column in columns], *rows])


def _reasons(data: Data, language: str) -> str:
    """Return the reasons, greatest first; of what is hidden, how much the ground hides."""
    found = sorted(((part, why) for why, part in data["why_not"].items() if part >= 0.0005), reverse=True)
    said = []
    for part, why in found:
        text = f"{REASONS[why].said(language)} {_percent(part)}"
        if why == "hidden" and (ground := data["hidden_by_ground"]) >= 0.0005:
            text += Words(f" (by the ground {_percent(ground)})", f" (其中地形 {_percent(ground)})").said(language)
        said.append(text)
    return ", ".join(said)


def _percent(part: float) -> str:
    return f"{100.0 * part:.1f}%" if 0.0 < part < 1.0 else f"{100.0 * part:.0f}%"


def _table(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Yield aligned rows; Chinese characters are two columns wide."""
    widths = [max(_width(cell) for cell in column) for column in zip(*rows, strict=True)]
    for row in rows:
        yield "  ".join(cell + " " * (width - _width(cell)) for cell, width in zip(row, widths, strict=True)).rstrip()


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)

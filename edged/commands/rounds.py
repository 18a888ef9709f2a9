"""edged rounds [NAME] [--since T] [--plot FILE]: what the temperature rounds measured, against their limits."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from edged.commands import ask
from edged.commands.verbs import span_h
from edged.commands.wording import air_line
from edged.model.errors import CommandRefused, StoreUnreachable
from edged.model.words import Words

Data = Mapping[str, Any]
BLOCKS, SPARK = "▁▂▃▄▅▆▇█", 60
ROWS = 24
NONE = Words("no spot is measured: add `rounds:` to a lookout's entry", "没有测温点: 请在瞭望摄像机条目中添加 rounds:")
LIMITS: dict[str, tuple[Words, str]] = {
    "limit_c": (Words("limit", "上限"), "°C"),
    "over_neighbours_k": (Words("over neighbours", "高于邻点"), "K"),
    "over_neighbours_levels": (Words("over neighbours", "高于邻点"), ""),
    "slope_k_per_h": (Words("rise", "升温"), "K/h"),
    "slope_k_per_day": (Words("rise", "升温"), "K/d"),
}
CAUSES: dict[str, Words] = {
    "hot_track": Words("something hot before it", "前方有热物体"),
    "text": Words("under burnt-in text", "被画面文字遮挡"),
    "degraded": Words("picture cannot be read", "画面无法判读"),
}


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    ask.arguments(parser)
    parser.add_argument("name", nargs="?", metavar="NAME", help="one spot with its course / 单个测温点及其变化")
    parser.add_argument("--since", default="1d", metavar="T", help="how far back: 6h, 1d, 7d / 起始时间")
    parser.add_argument("--plot", type=Path, metavar="FILE.png", help="draw its course with the limits / 绘制变化曲线")


def run(args: argparse.Namespace) -> int:
    """Print all spots, or the course of one."""
    if args.plot is not None and args.name is None:
        raise CommandRefused(
            "--plot draws one spot: edged rounds NAME --plot FILE.png", zh="--plot 只画一个测温点: edged rounds 名称 --plot 文件.png"
        )
    asked = {} if args.name is None else {"name": args.name, "since_s": span_h(args.since) * 3600.0}
    answer = ask.request(args.socket, "rounds", args=asked)
    data = answer["data"]
    if args.plot is not None:
        _draw(args.plot, data)
    if args.json:
        ask.show(answer, True)
    elif not data["spots"]:
        print(NONE.said(args.language))
    else:
        print("\n".join(one_lines(data, args.language) if args.name else all_lines(data, args.language)))
    return 0


def all_lines(data: Data, language: str) -> Iterator[str]:
    """Yield a line a spot: name, camera, reading, what is held against its limits, how old it is, or why there is none."""
    spots = data["spots"]
    wide = max(len(spot["name"]) for spot in spots)
    for spot in spots:
        parts = [f"{spot['name']:<{wide}}", f"{spot['camera']:<8}", _reading(spot, language), *_against(spot, language)]
        yield "  ".join([*parts, _age(spot, language)])
    yield air_line(data["air"], language)


def one_lines(data: Data, language: str) -> Iterator[str]:
    """Yield a spot, the course of its hottest pixels as blocks, and its newest rows."""
    spot, rows, zone = data["spots"][0], data["rows"], ZoneInfo(data["time_zone"])
    yield from all_lines(data, language)
    owner = spot["owner"] or "-"
    yield Words(
        f"owner {owner}; compared with: {', '.join(spot['neighbours']) or '-'}",
        f"责任人 {owner}; 比较对象: {', '.join(spot['neighbours']) or '-'}",
    ).said(language)
    for hazard in data.get("hazards") or ():
        yield Words(
            f"HAZARD {hazard['hazard_id']}: {hazard['limit_words']['en']}: edged hazards",
            f"隐患 {hazard['hazard_id']}: {hazard['limit_words']['zh']}: edged hazards",
        ).said(language)
    course = [(row["at_s"], value) for row in rows if (value := reading(row)) is not None]
    if not course:
        yield Words("nothing was measured in this time", "此时段没有测量值").said(language)
        return
    values = [value for _, value in course]
    begin, end = (f"{datetime.fromtimestamp(at_s, zone):%m-%d %H:%M}" for at_s in (course[0][0], course[-1][0]))
    yield f"{begin} {sparkline(course)} {end}   {min(values):.1f} … {max(values):.1f} {_unit(rows[-1])}"
    for row in rows[-ROWS:]:
        yield _row(row, zone, language)


def reading(row: Data) -> float | None:
    """Return a row's value: the hottest of the spot, corrected where that is possible; None where nothing was measured."""
    if row.get("cause") is not None:
        return None
    value = row["object_high_c"] if row["object_high_c"] is not None else row["high"]
    return None if value is None else float(value)


def sparkline(course: Sequence[tuple[float, float]]) -> str:
    """Return the course as blocks, a block an equal part of the time by its greatest value; gaps are blank."""
    begin, end = course[0][0], course[-1][0]
    cells: list[float | None] = [None] * SPARK
    for at_s, value in course:
        cell = min(int(SPARK * (at_s - begin) / max(end - begin, 1e-9)), SPARK - 1)
        known = cells[cell]
        cells[cell] = value if known is None else max(known, value)
    low, high = min(v for _, v in course), max(v for _, v in course)
    step = max(high - low, 1e-9) / (len(BLOCKS) - 1)
    return "".join(" " if v is None else BLOCKS[round((v - low) / step)] for v in cells)


def _reading(spot: Data, language: str) -> str:
    if spot["high"] is None:
        return "–"
    if spot["kind"] == "relative":
        return Words(f"{spot['high']:.0f} grey levels", f"灰度 {spot['high']:.0f}").said(language)
    value = spot["high"] if spot["object_high_c"] is None else spot["object_high_c"]
    apparent = Words(f"apparent {spot['high']:.1f}", f"表观 {spot['high']:.1f}").said(language)
    doubts = []
    if not spot["valid"]:
        doubts.append(Words("not valid", "仅供参考").said(language))
    if spot["air_assumed"]:
        doubts.append(Words("air assumed", "大气为假定值").said(language))
    return f"{value:.1f} °C ({', '.join([apparent, *doubts])})"


def _against(spot: Data, language: str) -> Iterator[str]:
    for name, limit in spot["limits"].items():
        words, unit = LIMITS[name]
        value = spot["values"].get(name)
        known = "–" if value is None else f"{value:+.1f}" if name != "limit_c" else f"{value:.1f}"
        mark = " !" if value is not None and value >= limit else ""
        yield f"{words.said(language)} {known}/{limit:g} {unit}".rstrip() + mark


def _age(spot: Data, language: str) -> str:
    parts = []
    if spot["age_s"] is None:
        parts.append(Words("never measured", "尚未测量").said(language))
    else:
        parts.append(Words(f"{spot['age_s'] / 60:.0f} min ago", f"{spot['age_s'] / 60:.0f} 分钟前").said(language))
    if cause := spot["unseen"]:
        why = CAUSES.get(cause, Words(f"blind: {cause}", f"失明: {cause}"))
        times = spot["unseen_visits"]
        parts.append(Words(f"since then {times} visits without: {why.en}", f"此后 {times} 次未测: {why.zh}").said(language))
    return "  ".join(parts)


def _row(row: Data, zone: ZoneInfo, language: str) -> str:
    at = f"{datetime.fromtimestamp(row['at_s'], zone):%m-%d %H:%M}"
    if row["cause"] is not None:
        why = CAUSES.get(row["cause"], Words(f"blind: {row['cause']}", f"失明: {row['cause']}"))
        return f"{at}  –  {why.said(language)}"
    value = reading(row)
    number = "–" if value is None else f"{value:.1f} {_unit(row)}"
    middle = row["median"] if row["object_median_c"] is None else row["object_median_c"]
    words = Words(f"middle {middle:.1f}, {row['px']} px", f"中位 {middle:.1f}, {row['px']} 像素")
    hourly = Words(f", mean of {row['count']}", f", {row['count']} 次均值").said(language) if row["span_s"] else ""
    return f"{at}  {number}  {words.said(language)}{hourly}"


def _unit(row: Data) -> str:
    return "" if row["kind"] == "relative" else "°C"


def _draw(path: Path, data: Data) -> None:
    from edged.commands.roundsplot import draw

    try:
        draw(path, data)
    except (OSError, ValueError) as fault:
        raise StoreUnreachable(f"{path}: cannot be drawn: {fault}", zh=f"{path}: 无法绘制: {fault}") from fault

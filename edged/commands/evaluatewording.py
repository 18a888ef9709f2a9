"""What `edged evaluate` says to people: one table a tier, what each reason is worth, what was refused, and the verdict. Pure."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from edged.evaluation.outcome import Refusal
from edged.model.words import Words

Data = Mapping[str, Any]
TITLES = {
    "real": Words("REAL: recordings as they are", "真实: 原样录像"),
    "semi-synthetic": Words(
        "SEMI-SYNTHETIC: real radiometric pictures, inserted fires and clutter", "半合成: 真实测温画面 + 嵌入的火源与干扰"
    ),
    "synthetic": Words("SYNTHETIC: rendered pictures, inserted fires and clutter", "合成: 渲染画面 + 嵌入的火源与干扰"),
}
GROUP_HEADS = (
    Words("group", "分组"), Words("label", "标注"), Words("files", "文件"), Words("scenes", "场景"), Words("sites", "地点"),
    Words("watched s", "时长s"), Words("held s", "静帧s"), Words("blind s", "失明s"), Words("alarmed", "报警"), Words("missed", "漏报"),
    Words("false", "误报"), Words("false/camera-day [95 %]", "误报/镜头日 [95%]"), Words("sites found [95 %]", "发现地点 [95%]"),
    Words("alarm after s: median, last", "报警用时s: 中位, 最慢"),
)  # fmt: skip
FIRE_HEADS = (
    Words("fire", "火源"), Words("range m", "距离m"), Words("fires", "数量"), Words("sites", "地点"), Words("visible", "可见"),
    Words("found", "发现"), Words("missed", "漏报"), Words("faint: found/of", "弱于标准: 发现/数量"),
    Words("sites all found [95 %]", "全部发现的地点 [95%]"),    Words("p50 s", "p50 s"), Words("p95 s", "p95 s"),
)  # fmt: skip
WORTH_HEADS = (
    Words("left out", "去除项"), Words("scenes", "场景"), Words("alarms with it", "保留时误报"), Words("without it", "去除后误报"),
    Words("new ones in", "新增于"),
)  # fmt: skip
KINDS = {
    "flame_medium": Words("flame, medium growth", "明火 中速蔓延"),
    "flame_fast": Words("flame, fast growth", "明火 快速蔓延"),
    "embers": Words("embers 0.3 m, 450 °C", "余烬 0.3 m 450 °C"),
    "smoulder": Words("smoulder 0.3 m, 5 K/min", "阴燃 0.3 m 5 K/min"),
    "skin": Words("self-heating skin 1 m², to 60 °C", "自热外壳 1 m² 至 60 °C"),
}
_WORTH = Words(
    "What each reason against a fire, and each stage, is worth over the scenes without one:", "各排除理由和环节的作用 (仅无火场景):"
)
_CROWDED = Words(
    "times count from first visible (4 px, 20 K over twice the clutter), negative: before it; scenes without a fire are crowded on "
    "purpose, their rate is no site's",
    "用时自首次可见起 (4 像素, 高出两倍杂波 20 K), 负值为此前; 无火场景故意拥挤, 其误报率不代表任何站点",
)
MOST_REFUSED = 20


def lines(summary: Data, refused: Sequence[Refusal], language: str) -> Iterator[str]:
    """Yield the report."""
    for tier, data in summary["tiers"].items():
        yield TITLES[tier].said(language)
        if "not_run" in data:
            yield "  " + Words(f"not run: {data['not_run']['en']}", f"未运行: {data['not_run']['zh']}").said(language)
        elif tier == "real":
            yield from table(GROUP_HEADS, [_group(row, language) for row in data["rows"]], language)
            yield from _few(data, language)
        else:
            yield from table(FIRE_HEADS, [_fires(row, language) for row in data["rows"]], language)
            yield _silence(data, language)
            yield "  " + _CROWDED.said(language)
        if ablation := [row for row in summary["ablation"] if row["tier"] == tier]:
            yield Words(
                "What each reason against a fire, and each stage, is worth over the scenes without one:",
                "各排除理由和环节的作用 (仅无火场景):",
            ).said(language)
            yield from table(WORTH_HEADS, [_worth(row) for row in ablation], language)
        yield ""
    yield from _refused(refused, language)
    for path in summary.get("plots", ()):
        yield Words(f"written: {path}", f"已写入: {path}").said(language)
    verdict = Words("No false alarm, and all that burns was found.", "无误报, 火情全部发现。")
    if summary["wrong"]:
        verdict = Words("NOT GOOD: " + "; ".join(summary["wrong"]), "未达标: " + "; ".join(_wrong(said) for said in summary["wrong"]))
    yield verdict.said(language)


def table(heads: Sequence[Words], rows: Iterable[Sequence[str]], language: str) -> Iterator[str]:
    """Yield aligned lines; the first column to the left, the rest to the right but the last."""
    cells = [[head.said(language) for head in heads], *([*row] for row in rows)]
    widths = [max(_width(row[n]) for row in cells) for n in range(len(heads))]
    for row in cells:
        parts = []
        for n, cell in enumerate(row):
            gap = " " * (widths[n] - _width(cell))
            parts.append(cell + gap if n == 0 or n == len(row) - 1 else gap + cell)
        yield ("  " + "  ".join(parts)).rstrip()


def _group(row: Data, language: str) -> list[str]:
    quiet = row["silence"]
    label = Words("fire", "有火") if row["fire"] else Words("no fire", "无火")
    found = f"{row['sites_found']}/{quiet['sites']} {_share(row['share_95'])}" if row["fire"] else "-"
    times = f"{_s(row['p50_s'])}, {_s(row['slowest_s'])}" if row["fire"] else "-"
    return [
        row["name"], label.said(language), str(row["files"]), str(quiet["scenes"]), str(quiet["sites"]), f"{quiet['exposure_s']:.0f}",
        f"{quiet['held_s']:.0f}", f"{sum(quiet['blind_s'].values()):.1f}", str(row["alarmed"]), str(row["missed"]) if row["fire"] else "-",
        "-" if row["fire"] else str(quiet["false_alarms"]), "-" if row["fire"] else _rate(quiet), found, times,
    ]  # fmt: skip


def _fires(row: Data, language: str) -> list[str]:
    kind = KINDS.get(row["kind"], Words(row["kind"], row["kind"])).said(language)
    range_m = Words("all", "全部").said(language) if row["range_m"] is None else f"{row['range_m']:.0f}"
    sites = f"{row['sites_found']}/{row['sites']} {_share(row['share_95'])}" if row["sites"] else "-"
    timed = row["visible"] > 0
    return [
        kind, range_m, str(row["fires"]), str(row["sites"]), str(row["visible"]), str(row["found"]), str(row["missed"]),
        f"{row['faint_found']}/{row['faint']}", sites, _s(row["p50_s"]) if timed else "-", _s(row["p95_s"]) if timed else "-",
    ]  # fmt: skip


def _worth(row: Data) -> list[str]:
    return [row["name"], str(row["scenes"]), str(row["alarms"]), str(row["alarms_without"]), ", ".join(row["where"]) or "-"]


def _silence(data: Data, language: str) -> str:
    quiet, every = data["quiet"], data["all"]
    more = every["false_alarms"] - quiet["false_alarms"]
    blind = f"{sum(quiet['blind_s'].values()):.0f}"
    return "  " + Words(
        f"without a fire: {quiet['scenes']} scenes of {quiet['sites']} sites, {quiet['exposure_s']:.0f} s watched, {blind} s blind: "
        f"{quiet['false_alarms']} false alarms, {_rate(quiet)} a camera-day; beside fires: {more}",
        f"无火: {quiet['scenes']} 个场景, {quiet['sites']} 个地点, 时长 {quiet['exposure_s']:.0f} s, 失明 {blind} s: "
        f"误报 {quiet['false_alarms']} 次, 每镜头日 {_rate(quiet)}; 有火场景中另有误报 {more} 次",
    ).said(language)


def _few(data: Data, language: str) -> Iterator[str]:
    quiet = data["quiet"]
    causes = ", ".join(f"{cause} {seconds:.1f} s" for cause, seconds in data["all"]["blind_s"].items()) or "-"
    yield "  " + Words(
        f"all without a fire: {quiet['exposure_s']:.0f} s, {quiet['false_alarms']} false alarms, {_rate(quiet)} a camera-day; "
        f"blind: {causes}",
        f"无火合计: {quiet['exposure_s']:.0f} s, 误报 {quiet['false_alarms']} 次, 每镜头日 {_rate(quiet)}; 失明: {causes}",
    ).said(language)
    yield "  " + Words(
        "scenes of one site are one sample; a still is held for 10 s, and as a display picture shows no course: it can hardly alarm",
        "同一地点只算一个样本; 静态图保持 10 s, 且显示图无温度也无变化过程, 几乎不会报警",
    ).said(language)


def _refused(refused: Sequence[Refusal], language: str) -> Iterator[str]:
    kinds: dict[str, list[str]] = {}
    for each in refused:
        said = each.zh if language == "zh" else each.en
        kinds.setdefault(said.replace(each.file, "…") if not each.fault else f"{each.file}: {said}", []).append(each.file)
    shown = list(kinds.items())
    if shown:
        yield Words("Not played:", "未回放:").said(language)
    for said, files in shown[:MOST_REFUSED]:
        many = len(files) > 1 or said.find(files[0]) < 0
        yield f"  {said}: {', '.join(files)}" if many else f"  {said}"
    if len(shown) > MOST_REFUSED:
        yield "  " + Words(f"… and {len(shown) - MOST_REFUSED} more", f"… 另有 {len(shown) - MOST_REFUSED} 项").said(language)


def _wrong(said: str) -> str:
    for en, zh in (
        ("semi-synthetic", "半合成"), ("synthetic", "合成"), ("real", "真实"), ("false alarms", "次误报"),
        ("visible fires missed", "起可见火情漏报"),        ("fire group", "火情分组"), ("not found", "未发现"),
        ("files could not be judged", "个文件无法判定"),
    ):  # fmt: skip
        said = said.replace(en, zh)
    return said


def _rate(quiet: Data) -> str:
    if quiet["per_day"] is None:
        return "-"
    low, high = quiet["per_day_95"]
    return f"{_n(quiet['per_day'])} [{_n(low)}–{_n(high)}]"


def _n(value: float) -> str:
    return f"{value:.0f}" if value >= 100 or value == 0 else f"{value:.2g}"


def _share(interval: Sequence[float]) -> str:
    return f"[{100 * interval[0]:.0f}–{100 * interval[1]:.0f} %]"


def _s(value: float | None) -> str:
    return "∞" if value is None else f"{value:.1f}"


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)

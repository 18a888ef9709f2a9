"""What areas of a head say that cannot be meant: run out, about to run out, or raising the bar so high that no fire could pass."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from edged.camera.settings import AreaSettings
from edged.config.meaning import Cameras
from edged.config.report import Fault
from edged.core.confirm import levels
from edged.core.settings import CoreSettings
from edged.detector.weights import FOR, GROUP_CAP, STRONG_HOT_CAP
from edged.model.festivals import LAST_YEAR
from edged.model.words import Words

REMIND_DAYS = 14
ABSOLUTE = ("over_range", "absolute_limit")
"""Reasons of a source beyond the absolute limit; it alarms by the fast path, whatever lies over it."""


def reachable() -> float:
    """Return the most evidence that a source below the absolute limit can gather in one view, before anything speaks against it."""
    groups: dict[str, float] = {}
    for reason, weight in FOR.items():
        if reason not in ABSOLUTE:
            cap = max(weight.cap, STRONG_HOT_CAP) if reason == "hot" else weight.cap
            groups[weight.group] = groups.get(weight.group, 0.0) + cap
    return sum(min(GROUP_CAP[group], caps) for group, caps in groups.items())


def across_areas(cameras: Cameras, core: CoreSettings, today: date) -> Iterator[Fault]:
    """Yield what is wrong with areas on a day (local)."""
    bar = levels(core).active
    for camera, document in cameras.values():
        for number, area in enumerate(camera.areas):
            path = f"cameras[{camera.id}].areas[{area.name}]"
            for name, rule, words, advice in (*_over(area, today), *_too_high(area, bar)):
                yield Fault(document.place(("areas", number, name)), f"{path}.{name}", rule, words, advice, "warning", camera.id)


def _over(area: AreaSettings, today: date) -> Iterator[tuple[str, str, Words, Words]]:
    calendar = area.calendar
    for name, last in (("expires", calendar.expires), ("until_date", calendar.until_date)):
        if last is None:
            continue
        left = (last - today).days
        if left < 0:
            yield (
                name,
                "expired",
                Words(f"{area.name} ended on {last}: it holds nothing back any more", f"{area.name} 已于 {last} 到期, 不再生效"),
                Words(f"delete it, or look whether it is still needed (edged why) and write a new {name}",
                      f"请删除; 若仍需要 (可用 edged why 查看), 请改写 {name}"),
            )  # fmt: skip
        elif left <= REMIND_DAYS:
            yield (
                name,
                "expires_soon",
                Words(f"{area.name} ends in {left} days, after {last}", f"{area.name} 将于 {left} 天后 ({last} 之后) 到期"),
                Words(
                    f"look whether it is still needed (edged why) and write a new {name}", f"请确认是否仍需要 (edged why), 并改写 {name}"
                ),
            )
    if calendar.festivals and today.year >= LAST_YEAR:
        yield (
            "festivals",
            "festivals_end",
            Words(f"this edged knows the days of festivals up to {LAST_YEAR}", f"本版 edged 的节日日期只到 {LAST_YEAR} 年"),
            Words("bring edged up to date, or write `dates`", "请升级 edged, 或改写 dates"),
        )


def _too_high(area: AreaSettings, bar: float) -> Iterator[tuple[str, str, Words, Words]]:
    most = reachable()
    if area.extra_evidence > most - bar:
        yield (
            "extra_evidence",
            "unreachable",
            Words(
                f"a fire below the absolute limit reaches {most:.1f} at most and needs {bar:.1f} + {area.extra_evidence:g}: "
                f"none inside {area.name} can alarm",
                f"未达绝对限值的火最多得 {most:.1f}, 而此处需要 {bar:.1f} + {area.extra_evidence:g}: {area.name} 内不可能报警",
            ),
            Words(f"write at most {max(0.0, most - bar):.1f}; 3 is usual", f"最多写 {max(0.0, most - bar):.1f}; 通常为 3"),
        )

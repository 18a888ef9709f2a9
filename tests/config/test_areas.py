"""Areas that ran out, run out soon, or let nothing pass: edged check says so, with the line."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from edged.config import load as loading
from edged.config.areas import across_areas, reachable
from edged.config.document import Document
from edged.config.load import load
from edged.config.report import Fault
from edged.core.confirm import levels
from edged.core.settings import CoreSettings
from edged.detector.weights import FOR, GROUP_CAP
from tests.config.drawing import box, polygon, write

AREAS = """    areas:
      - name: 灶台
        kind: known_heat
        points: [[1, -2], [3, -2], [3, -4]]
        hours: ["05:30-08:00", "22:00-01:00"]
        days: [mon, 周日]
        expires: "2026-12-11"
        extra_evidence: {extra}
        owner: 陈
"""


def judged(station: Path, today: date, extra: float = 3.0) -> list[Fault]:
    file = station.parent / "cameras" / "b.yaml"
    file.write_text(file.read_text() + AREAS.format(extra=extra))
    run = loading._Loading(station, None)
    loaded = run.done()
    assert loaded.errors() == ()
    cameras = {c: pair for c, pair in run._cameras.items() if isinstance(pair[1], Document)}
    return list(across_areas(cameras, CoreSettings(), today))


@pytest.mark.parametrize(
    ("today", "rules"),
    [("2026-11-26", []), ("2026-11-27", ["expires_soon"]), ("2026-12-11", ["expires_soon"]), ("2026-12-12", ["expired"])],
)
def test_expiry_is_said_a_fortnight_before(station: Path, today: str, rules: list[str]) -> None:
    found = judged(station, date.fromisoformat(today))
    assert [(fault.rule, fault.severity, fault.place.line) for fault in found] == [
        (rule, "warning", 1 + (station.parent / "cameras" / "b.yaml").read_text().split("expires")[0].count("\n")) for rule in rules
    ]


def test_a_bar_that_nothing_reaches_is_said_with_the_reachable_figure(station: Path) -> None:
    most, bar = reachable(), levels(CoreSettings()).active
    assert judged(station, date(2026, 1, 1), most - bar - 0.1) == []
    for number in (1, 2):
        file = station.parent / "cameras" / "b.yaml"
        file.write_text(file.read_text().split("    areas:")[0])
        found = judged(station, date(2026, 1, 1), most - bar + 0.1 * number)
        assert [fault.rule for fault in found] == ["unreachable"]
        assert f"{most:.1f}" in found[0].words.en


def test_the_reachable_figure_is_all_groups_at_their_caps() -> None:
    assert reachable() <= sum(GROUP_CAP[group] for group in {weight.group for weight in FOR.values()})
    assert reachable() > levels(CoreSettings()).active


@pytest.mark.parametrize(("given", "words"), [({"hazard": "危化"}, "dangerous zone"), ({"policy": "priority"}, "priority zone"), ({}, "")])
def test_a_mask_over_a_zone_that_matters_is_said(station: Path, given: dict[str, str], words: str) -> None:
    area = "    areas: [{name: 烟道, kind: mask, points: [[-6, -2], [6, -2], [6, -6], [-6, -6]]}]\n"
    file = station.parent / "cameras" / "a.yaml"
    file.write_text(file.read_text() + area)
    write(station, polygon(box(0, 400, 60, 60), name="危化品库", code="H1", **given))
    found = [fault for fault in load(station).faults if fault.rule == "masked"]
    assert [words in fault.words.en for fault in found] == ([True] if words else [])

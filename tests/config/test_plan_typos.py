"""What technicians draw, and what they are told: golden texts in both languages. A bad feature costs itself."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from edged.config.site_source import SiteFile, site
from edged.config.yaml_source import read

FOLDER = Path(__file__).parent / "typos"
PLANS = sorted(FOLDER.glob("*.geojson"))
WHOLE_FILE = {"60-datum"}
WARNINGS = {"61-datum-misspelt", "62-open"}


def judged(path: Path) -> SiteFile:
    return site(read(path), (29.61, 106.60))


def test_there_are_enough() -> None:
    assert len(PLANS) >= 18


@pytest.mark.parametrize("path", PLANS, ids=lambda p: p.stem)
def test_plan_typo(path: Path) -> None:
    found = judged(path)
    said = "\n".join(one.said(language) for language in ("en", "zh") for one in found.faults) + "\n"
    assert said.replace(f"{FOLDER}/", "") == path.with_suffix(".txt").read_text(encoding="utf-8")
    assert re.search(rf"{path.name}:\d+:\d+: (error|warning): ", said)
    assert re.search(r"\n +\| *\^", said)
    assert all(one.suggestion is not None for one in found.faults if one.rule not in ("limit", "length", "type"))
    assert {one.severity for one in found.faults} == {"warning" if path.stem in WARNINGS else "error"}
    held = [feature.name for feature in found.features]
    if path.stem in WHOLE_FILE:
        assert found.unreadable
    elif path.stem in WARNINGS:
        assert (len(held), found.lost) == (2, [])
    else:
        assert (held, len(found.lost)) == (["a1"], 1)

"""Temperature rounds in the files: what cannot be meant is said with its line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from edged.assembly import rules_of
from edged.config.load import load
from tests.config.test_meaning import advice, cameras, judged
from tests.config.test_sight import NORTH

SPOT: dict[str, Any] = {"name": "变压器-1", "point": [0, -4], "neighbours": ["变压器-2"], "over_neighbours_k": 15, "owner": "电工班"}
OTHER: dict[str, Any] = {"name": "变压器-2", "points": [[1, -4], [2, -4], [2, -5]]}


def test_spots_go_to_the_eye_and_their_limits_to_core(station: Path) -> None:
    cameras(station, {**NORTH, "rounds": [SPOT, OTHER]})
    loaded = load(station)
    spots = loaded.cameras[0].spots()
    assert [(s.name, len(s.points), s.emissivity) for s in spots] == [("变压器-1", 1, 0.95), ("变压器-2", 3, 0.95)]
    rule = rules_of(loaded.settings, loaded.site).rounds["变压器-1"]
    assert (rule.camera_id, rule.owner, rule.neighbours, rule.limits()) == (
        "th-01",
        "电工班",
        ("变压器-2",),
        (("over_neighbours_k", 15.0),),
    )
    assert [f for f in loaded.faults if "rounds" in f.path] == []


@pytest.mark.parametrize(
    ("spots", "rule", "said"),
    [
        ([SPOT], "unknown_name", 'no other spot is called "变压器-2"'),
        ([SPOT, {**OTHER, "name": "变压器-3"}], "unknown_name", "did you mean `变压器-3`?"),
        ([{**SPOT, "neighbours": ["变压器-1"]}], "unknown_name", 'no other spot is called "变压器-1"'),
        ([{**OTHER, "points": [[1, -4], [90, -4], [2, -5]]}], "spot_unseen", "lies in no view of th-01 as a whole"),
    ],
)
def test_what_only_all_spots_show(station: Path, spots: list[dict[str, Any]], rule: str, said: str) -> None:
    cameras(station, {**NORTH, "rounds": spots})
    (fault,) = judged(station, rule)
    assert said in fault.words.en + advice(fault)


def test_two_cameras_do_not_share_a_name(station: Path) -> None:
    cameras(station, {**NORTH, "rounds": [OTHER]}, {**NORTH, "rounds": [OTHER]})
    (fault,) = judged(station, "duplicate_id")
    assert fault.entry == "th-02"


@pytest.mark.parametrize(
    "spot",
    [
        {"name": "a"},
        {"name": "a", "point": [0, -4], "points": [[1, -4], [2, -4], [2, -5]]},
        {"name": "a", "points": [[1, -4], [2, -4]]},
        {"name": "a", "point": [0, -4], "over_neighbours_k": 5},
        {"name": "a", "point": [0, -4], "emissivity": 0},
        {"name": "a b", "point": [0, -4]},
    ],
)
def test_what_no_spot_can_be(station: Path, spot: dict[str, Any]) -> None:
    cameras(station, {**NORTH, "rounds": [spot]}, NORTH)
    loaded = load(station)
    assert [(e.entry, e.state) for e in loaded.entries if e.state != "current"] == [("th-01", "quarantined")]

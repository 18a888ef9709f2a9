"""`edged why` in words: when, from where, which way, how strong, why held; every reason has a word in both languages."""

from __future__ import annotations

from typing import Any, get_args

import pytest

from edged.commands.whywording import AGAINST, AREAS, FOR, alarm_lines, place_lines, proposal_lines
from edged.model.sighting import ReasonAgainst, ReasonFor

VISIT: dict[str, Any] = {
    "camera_id": "th-03", "view_id": "sector-3", "first_seen_at": "2026-11-26T18:14:00Z", "last_seen_at": "2026-11-26T18:31:00Z",
    "pan_deg": 45.2, "tilt_deg": -3.1, "azimuth_deg": 45.2, "elevation_deg": -3.1, "peak_k": 7.1, "area_px": 3.0, "state": "none",
    "reasons_for": ["hot"], "reasons_against": ["arrived_warm", "cooling"], "areas": [], "greatest": 1.1, "fire_evidence": None,
    "needed": 2.3, "extra": 0.0, "place": "A3堆场", "lat_wgs84": None,
}  # fmt: skip
ASKED: dict[str, Any] = {
    "what": "A3堆场", "since": "2026-11-26T18:00:00Z", "kept_since": "2026-10-01T00:00:00Z", "time_zone": "Asia/Shanghai", "more": 0,
    "lookouts": [],
}  # fmt: skip


def said(*visits: dict[str, Any], language: str = "en", **changes: Any) -> list[str]:
    return list(place_lines({**ASKED, "visits": list(visits), **changes}, language))


def test_a_held_visit_is_one_sentence() -> None:
    assert said(VISIT)[1] == (
        "11-27 02:14–02:31 th-03 sector-3, 045.2° −3.1°: 7.1 K, 3 px; held: arrived warm, cooling (evidence 1.1 of 2.3)"
    )
    assert said(VISIT, language="zh")[1] == (
        "11-27 02:14–02:31 th-03 sector-3, 045.2° −3.1°: 7.1 K, 3 像素; 未报: 带热驶入, 降温 (证据 1.1, 需 2.3)"
    )


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"areas": [{"name": "chimney", "kind": "known_heat", "extra_evidence": 3.0}], "reasons_against": ["known_heat"]},
         "held: known heat: chimney; needs 3.0 more (evidence 1.1 of 2.3)"),
        ({"extra": 3.0, "reasons_against": []}, "hot-work permit; needs 3.0 more (evidence 1.1 of 5.3)"),
        ({"held_by": "A", "reasons_against": []}, "marked false before, silent until it grows"),
        ({"state": "suspect", "display_id": "0142", "fire_evidence": 3.0, "needed": 4.6}, "suspect 0142, no alarm: arrived warm"),
        ({"state": "active", "display_id": "0142", "reasons_for": ["hot", "growing"]}, "raised alarm 0142: hot, growing"),
        ({"reasons_against": []}, "too little speaks for a fire"),
        ({"azimuth_deg": None}, "pan +45.2° tilt −3.1°"),
        ({"azimuth_deg": 359.98}, " 000.0° −3.1°"),
        ({"greatest": -2.0}, "(evidence −2.0 of 2.3)"),
        ({"test": True}, "DRILL 11-27"),
    ],
)  # fmt: skip
def test_what_became_of_it_is_said(changes: dict[str, Any], words: str) -> None:
    assert words in said({**VISIT, **changes})[1]


def test_looks_that_say_the_same_are_one_sentence() -> None:
    later = {**VISIT, "first_seen_at": "2026-11-26T18:40:00Z", "last_seen_at": "2026-11-26T18:41:00Z"}
    assert "02:14–02:41 th-03 sector-3, 045.2° −3.1°, 2 looks" in said(later, VISIT)[1]


def test_nothing_seen_says_who_looked_and_when_nobody_did() -> None:
    seer = {
        "camera_id": "th-03", "views": ["sector-3"], "sees": True, "last_watched": "2026-11-26T19:00:00Z", "watched_s": 600.0,
        "blind": [{"from_at": "2026-11-26T18:20:00Z", "until_at": "2026-11-26T18:25:00Z", "cause": "frozen"}],
        "unwatched": [{"from_at": "2026-11-26T18:15:00Z", "until_at": "2026-11-26T18:45:00Z"}],
    }  # fmt: skip
    assert said(lookouts=[seer]) == [
        "Nothing was seen there since 11-27 02:00.",
        "th-03 sees it (sector-3): looked there last 11-27 03:00, 10 min since then",
        "  blind: 11-27 02:20–02:25 its picture is frozen",
        "  not looked at: 11-27 02:15–02:45",
    ]
    blind = {"camera_id": "th-03", "views": [], "sees": False, "why_not": {"en": "hidden by 3号库", "zh": "被3号库遮挡"}}
    assert said(lookouts=[blind])[1] == "NO LOOKOUT SEES THIS PLACE: th-03: hidden by 3号库"
    assert said(lookouts=[blind], language="zh")[1] == "没有瞭望镜头能看到该处: th-03: 被3号库遮挡"
    assert said(kept_since="2026-11-26T20:00:00Z")[-1] == "Kept since 11-27 04:00 only."


def test_an_alarm_is_its_line_its_reasons_and_what_was_seen_of_it() -> None:
    evidence = {"reasons_for": ["hot", "growing"], "reasons_against": ["learning"], "log_likelihood": 9.4}
    alarm = {"alarm_id": "A", "display_id": "0142", "state": "active", "evidence": evidence, "visits": [VISIT], "time_zone": "UTC"}
    lines = list(alarm_lines(alarm, "en"))
    assert lines[1] == "for: hot, growing; against: there at the first look; evidence 9.4"
    assert lines[2].startswith("11-26 18:14–18:31 th-03")


def test_proposals_come_with_their_entry() -> None:
    one = {
        "camera_id": "th-03", "view_id": "s", "pan_deg": 1.0, "tilt_deg": 2.0, "times": 7, "days": 4, "last_at": "2026-11-26T18:00:00Z",
        "place": "A3", "cause": None, "yaml": "areas:\n  - name: x",
    }  # fmt: skip
    lines = list(proposal_lines({"proposals": [one], "time_zone": "UTC"}, "en"))
    assert lines[2:] == ["th-03 s, A3: seen 7 times on 4 days, last 11-26 18:00", "areas:\n  - name: x"]
    assert "marked false (sun) 7 times" in "".join(proposal_lines({"proposals": [{**one, "cause": "sun"}]}, "en"))
    assert list(proposal_lines({"proposals": []}, "zh")) == ["没有反复出现到需要建议登记的热源。"]


def test_every_reason_has_a_word() -> None:
    assert set(get_args(ReasonFor)) <= set(FOR)
    assert set(get_args(ReasonAgainst)) <= set(AGAINST)
    assert set(AREAS) == {"mask", "known_heat", "work_zone"}

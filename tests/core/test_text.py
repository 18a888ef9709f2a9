"""Radio texts keep their limits whatever the plan says."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from edged.core import text
from edged.model.alarm import Alarm
from edged.model.place import PlaceWords
from tests.core.station import YARD, Bench

NOW = datetime(2026, 11, 22, 13, 40, tzinfo=UTC)
WORDS = st.one_of(st.none(), st.text(max_size=40), st.text("火警危化堆场东北角门进312℃°C𠀀#0123456789", max_size=40))
PLACES = st.builds(
    PlaceWords, st.text(max_size=60) | st.text("火警A3堆场℃𠀀", max_size=60), WORDS, WORDS, WORDS, st.sampled_from([None, "z"])
)


@pytest.fixture(scope="module")
def alarm() -> Alarm:
    b = Bench()
    b.see_at(*YARD, "th-1")
    return b.one()


@given(
    PLACES,
    st.sampled_from(list(text.KINDS)),
    st.one_of(st.none(), st.integers(1, 9)),
    st.booleans(),
    st.sampled_from(["zh", "en"]),
    st.booleans(),
)
@example(PlaceWords("警", None, None, "火", None), "fire", None, True, "zh", False)
def test_limits_hold_for_any_words_of_the_plan(
    alarm: Alarm, words: PlaceWords, kind: Any, slot: int | None, test: bool, language: str, permit: bool
) -> None:
    made = replace(alarm, words=words, test=test)
    s, long = text.short(made, kind, slot, language), text.long(made, kind, slot, language, UTC, permit)
    assert len(s.encode("utf-16-be")) <= 46
    assert len(long.encode("utf-16-be")) <= 144
    for said in (s, long):
        assert "℃" not in said
        assert "°C" not in said
        if test:
            assert said.startswith("演练勿出警")
            assert "火警" not in said
        if slot is not None:
            assert f"#{slot}" in said
    assert language == "en" or test or s.startswith(text.KINDS[kind].zh)


@given(st.text(max_size=50), st.booleans(), st.booleans(), st.sampled_from(["zh", "en"]))
def test_blind_texts_keep_the_limits(name: str, sees: bool, station: bool, language: str) -> None:
    s, long = text.blind(name, NOW, UTC, sees, station, language)
    assert len(s.encode("utf-16-be")) <= 46
    assert len(long.encode("utf-16-be")) <= 144
    assert "13:40" in s


def test_the_normative_example(alarm: Alarm) -> None:
    words = PlaceWords("A3堆场东北角", "A3", "2门", None, "a3")
    made = replace(alarm, words=words, verified="second_lens")
    assert text.short(made, "fire", 4, "zh") == "火警已核A3堆场东北角2门进#4按14"
    assert (
        text.short(replace(made, verified="no", words=replace(words, hazard="危化")), "fire", 4, "zh")
        == "火警危化未核A3堆场东北角2门进#4按14"
    )
    assert (
        text.short(replace(made, words=replace(words, place="很长很长的名字的堆场的东北角落处")), "fire", 4, "zh")
        == "火警已核A32门进#4按14"
    )
    assert text.short(made, "cleared", 4, "zh") == "解除火警A3堆场东北角2门进#4"
    assert text.blind("3号镜头", NOW, UTC, False, False, "zh") == ("失明 3号镜头13:40起该区无监测",) * 2

"""The reader: positions, refusals, bounds; no input makes it raise or hang."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edged.config.document import overlay
from edged.config.scalars import Ambiguous, plain
from edged.config.yaml_source import MAX_BYTES, MAX_DEPTH, parse


@pytest.mark.parametrize(
    ("word", "value"),
    [("8", 8), ("-3", -3), ("1.5", 1.5), ("1e3", 1000.0), ("true", True), ("~", None), ("10.61.1.2", "10.61.1.2"),
     ("22:30:x", "22:30:x"), ("th-01", "th-01"), ("寸滩", "寸滩"),
     ("2026-11-22", "2026-11-22"), ("9" * 5000, "9" * 5000)],
)  # fmt: skip
def test_plain_words(word: str, value: object) -> None:
    assert plain(word) == value
    assert type(plain(word)) is type(value)


@pytest.mark.parametrize("word", ["22:30", "1:2:3", "yes", "No", "ON", "off", "y", "010", "1_000", "0x1F", ".inf", "-.NaN", "1,5"])
def test_ambiguous_words(word: str) -> None:
    with pytest.raises(Ambiguous):
        plain(word)
    quoted = parse(f'a: "{word}"'.encode(), "f.yaml")
    assert (quoted.data, quoted.faults) == ({"a": word}, [])


def test_every_value_has_its_place() -> None:
    document = parse("a: 1\n名字: [x, {b: 寸滩}]\r\n".encode(), "f.yaml")
    assert document.data == {"a": 1, "名字": ["x", {"b": "寸滩"}]}
    places = {way: (place.line, place.column, place.width) for way, place in document.values.items()}
    assert places[("a",)] == (1, 4, 1)
    assert places[("名字", 1, "b")] == (2, 13, 2)
    assert document.place(("名字", 1, "b", "deeper")).line == 2


def test_overlay_keeps_places_of_both() -> None:
    base = parse(b"a: 1\ns: {x: 1, y: 2}\nl: [1, 2]\n", "base.yaml")
    over = parse(b"s: {y: 3}\nl: [4]\n", "over.yaml")
    both = overlay(base, over)
    assert both.data == {"a": 1, "s": {"x": 1, "y": 3}, "l": [4]}
    assert both.place(("s", "x")).file == "base.yaml"
    assert both.place(("s", "y")).file == both.place(("l", 0)).file == "over.yaml"
    assert ("l", 1) not in both.values


@pytest.mark.parametrize(
    ("raw", "rule"),
    [(b"[" * 100_000, "too_deep"), (b"- " * (MAX_DEPTH + 2), "too_deep"), (b"#" * (MAX_BYTES + 1), "too_large"), (b"a: \x00", "character"),
     (b"a: 1\n---\nb: 2\n", "documents"), (b"a: !!python/object:os.system x", "tag"), (b"a: &x [1]\nb: [*x, *x]\n", "anchor"),
     (b"<<: {a: 1}\n", "anchor"), (b"{a: 1}: 2\n", "key"), (b"\xff\xfea\x00", "byte_order_mark"), (b"a: \xd6\xd0", "not_utf8")],
)  # fmt: skip
def test_refused(raw: bytes, rule: str) -> None:
    began = time.monotonic()
    assert rule in [fault.rule for fault in parse(raw, "f.yaml").faults]
    assert time.monotonic() - began < 5


@settings(max_examples=150, deadline=2000)
@given(st.binary(max_size=400) | st.text(alphabet="ab:-[]{}\"'|>&*!#%@`,? \n\t0.寸：\\~<", max_size=200).map(lambda text: text.encode()))
def test_no_bytes_make_it_raise(raw: bytes) -> None:
    document = parse(raw, "f.yaml")
    for fault in document.faults:
        assert fault.said("zh")
        assert fault.said("en")
    assert document.faults or not document.unreadable

"""pydantic's complaints in two languages, with what to write instead."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pydantic import BaseModel

from edged.config.shapes import homes, keys, retired, words_of
from edged.model.words import Words

_WANTED: dict[str, Words] = {
    "string_type": Words("text", "文字"),
    "int_type": Words("a whole number", "整数"),
    "int_from_float": Words("a whole number", "整数"),
    "int_parsing": Words("a whole number", "整数"),
    "int_parsing_size": Words("a smaller whole number", "较小的整数"),
    "float_type": Words("a number", "数字"),
    "float_parsing": Words("a number", "数字"),
    "finite_number": Words("a number", "数字"),
    "bool_type": Words("true or false", "true 或 false"),
    "bool_parsing": Words("true or false", "true 或 false"),
    "list_type": Words("a list: lines that begin with `- `, or [a, b]", "列表: 每行以 `- ` 开头, 或 [a, b]"),
    "tuple_type": Words("a list: lines that begin with `- `, or [a, b]", "列表: 每行以 `- ` 开头, 或 [a, b]"),
    "dict_type": Words("a section of `key: value` lines", "由 “键: 值” 组成的一段"),
    "model_type": Words("a section of `key: value` lines", "由 “键: 值” 组成的一段"),
    "model_attributes_type": Words("a section of `key: value` lines", "由 “键: 值” 组成的一段"),
    "dataclass_type": Words("a section of `key: value` lines", "由 “键: 值” 组成的一段"),
    "path_type": Words("the name of a file", "文件名"),
    "time_type": Words('a time of day: "22:30"', '时刻: "22:30"'),
    "time_parsing": Words('a time of day: "22:30"', '时刻: "22:30"'),
}
_LIMITS: dict[str, tuple[str, str, str]] = {
    "greater_than_equal": ("ge", "at least", "不小于"),
    "greater_than": ("gt", "more than", "大于"),
    "less_than_equal": ("le", "at most", "不大于"),
    "less_than": ("lt", "less than", "小于"),
}
_LENGTHS: dict[str, tuple[str, str, str, str]] = {
    "string_too_short": ("min_length", "at least", "至少", "characters|个字符"),
    "string_too_long": ("max_length", "at most", "至多", "characters|个字符"),
    "too_short": ("min_length", "at least", "至少", "entries|项"),
    "too_long": ("max_length", "at most", "至多", "entries|项"),
}


def shown(value: Any) -> str:
    """Return a value as a person wrote it, cut short."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None:
        return "nothing"
    if isinstance(value, Mapping | list | tuple):
        return "a section" if isinstance(value, Mapping) else "a list"
    text = f'"{value}"' if isinstance(value, str) else str(value)
    return text if len(text) <= 60 else text[:57] + "…"


def _shown_zh(value: Any) -> str:
    return {"nothing": "空", "a section": "一段", "a list": "一个列表"}.get(shown(value), shown(value))


def closest(word: str, known: Iterable[str]) -> str | None:
    """Return what was probably meant: the nearest spelling, or the only one that begins or ends alike (`pan` → `pan_deg`)."""
    names = list(known)
    folded = {name.lower().replace("-", "_"): name for name in names}
    low = word.lower().replace("-", "_")
    if low in folded:
        return folded[low]
    near = difflib.get_close_matches(low, folded, n=1, cutoff=0.72)
    if near:
        return folded[near[0]]
    alike = [name for key, name in folded.items() if len(low) > 2 and (key.startswith(low + "_") or key.endswith("_" + low))]
    if len(alike) == 1:
        return alike[0]
    loose = difflib.get_close_matches(low, folded, n=1, cutoff=0.6)
    return folded[loose[0]] if loose else None


def unknown_key(word: str, sections: Sequence[type[BaseModel]], root: type[BaseModel]) -> tuple[str, Words, Words]:
    """Say what is wrong with a key that no section here knows: rule, words, suggestion."""
    for section in sections:
        if replaced := retired(section).get(word):
            return "retired_key", Words(f'"{word}" is retired', f"“{word}” 已停用"), replaced
    known = [name for section in sections for name in keys(section)]
    words = Words(f'unknown key "{word}"', f"不认识的键 “{word}”")
    here = closest(word, known)
    elsewhere = [home.way for home in homes(root) if word in keys(home.section) and home.section not in sections]
    if elsewhere and (here is None or here.lower() != word.lower().replace("-", "_")):
        way = elsewhere[0].replace("[]", "")
        return "unknown_key", words, Words(f"`{word}` belongs under `{way}:`" if way else f"`{word}` belongs at the top of the entry",
                                           f"`{word}` 应写在 `{way}:` 下" if way else f"`{word}` 应写在最外层")  # fmt: skip
    if here:
        return "unknown_key", words, Words(f"did you mean `{here}`?", f"是不是 `{here}`?")
    listed = ", ".join(known[:12]) + (" …" if len(known) > 12 else "")
    return "unknown_key", words, Words(f"known keys here: {listed}", f"此处可用的键: {listed}")


def complaint(error: Mapping[str, Any]) -> tuple[str, Words, Words | None]:
    """Return rule, words and suggestion for one pydantic error other than unknown and missing keys."""
    kind, value, context = str(error["type"]), error.get("input"), error.get("ctx", {})
    if kind == "value_error" and (cause := context.get("error")) is not None:
        return "value", Words(str(cause), str(getattr(cause, "zh", cause))), None
    if kind in ("literal_error", "enum", "union_tag_invalid"):
        return _choice(
            value if kind != "union_tag_invalid" else context.get("tag"), str(context.get("expected") or context.get("expected_tags", ""))
        )
    if kind in _LIMITS:
        name, en, zh = _LIMITS[kind]
        limit = f"{context.get(name):g}" if isinstance(context.get(name), int | float) else str(context.get(name))
        return "limit", Words(f"is {shown(value)}, must be {en} {limit}", f"现为 {shown(value)}, 必须{zh} {limit}"), None
    if kind in _LENGTHS:
        name, en, zh, units = _LENGTHS[kind]
        unit, unit_zh = units.split("|")
        return "length", Words(f"must have {en} {context.get(name)} {unit}", f"{zh} {context.get(name)} {unit_zh}"), None
    if kind == "string_pattern_mismatch":
        pattern = context.get("pattern")
        return (
            "pattern",
            Words(f"{shown(value)} does not fit the form {pattern}", f"{_shown_zh(value)} 不符合格式 {pattern}"),
            _pattern(str(value)),
        )
    if kind in _WANTED:
        return _wanted(kind, value)
    return kind, Words(f"{shown(value)} does not fit: {error['msg']}", f"{_shown_zh(value)} 不合适: {error['msg']}"), None


def missing_key(word: str, sections: Sequence[type[BaseModel]]) -> tuple[Words, Words]:
    """Say that a key is missing, and what it is for."""
    meaning = next((words_of(keys(section)[word]) for section in sections if word in keys(section)), Words("", ""))
    return Words(f'"{word}" is missing', f"缺少 “{word}”"), Words(f"add `{word}: …` ({meaning.en})", f"请加上 `{word}: …` ({meaning.zh})")


def _choice(value: Any, expected: str) -> tuple[str, Words, Words]:
    choices = re.findall(r"'([^']*)'", expected)
    listed = " | ".join(choices) or expected
    near = closest(value, choices) if isinstance(value, str) else None
    return (
        "choice",
        Words(f"{shown(value)} is none of {listed}", f"{_shown_zh(value)} 不在可选值之内: {listed}"),
        Words(f"did you mean `{near}`?", f"是不是 `{near}`?") if near else Words(f"write one of {listed}", f"请从中选一个: {listed}"),
    )


def _wanted(kind: str, value: Any) -> tuple[str, Words, Words | None]:
    wanted = _WANTED[kind]
    words = Words(f"must be {wanted.en}, is {shown(value)}", f"应为{wanted.zh}, 现为 {_shown_zh(value)}")
    if kind == "string_type" and isinstance(value, int | float):
        return "type", words, Words(f'put it in quotes: "{shown(value)}"', f'请加引号: "{shown(value)}"')
    if kind in ("int_type", "float_type", "int_parsing", "float_parsing") and isinstance(value, str):
        number = re.match(r"\s*([-+]?[0-9]+(?:\.[0-9]+)?)", value)
        if number:
            return "type", words, Words(f"write {number[1]} without quotes or unit", f"请写 {number[1]}, 不加引号和单位")
    if kind in ("list_type", "tuple_type") and not isinstance(value, Mapping | list) and value is not None:
        return "type", words, Words(f"write [{shown(value)}]", f"请写 [{shown(value)}]")
    return "type", words, None


def _pattern(value: str) -> Words | None:
    bad = sorted({c for c in value if c in "+#/$% " or not c.isprintable()})
    if not bad:
        return None
    listed = " ".join("blank" if c == " " else c for c in bad)
    return Words(f"leave out: {listed}", f"请去掉: {listed.replace('blank', '空格')}")

"""FILES.json: which recordings there are, what they show, and what belongs together.

Its form is a list of {"file", "group", "label", "how", "source"}; "site" may name the place where files of several groups were taken.
Faults of its form are errors with line and column; files that are missing or show no heat are refusals, and the rest is played.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from json import JSONDecodeError, JSONDecoder
from pathlib import Path
from typing import Any

from edged.evaluation.outcome import Refusal
from edged.model.errors import ConfigError
from edged.model.words import Words

REQUIRED = ("file", "group", "label")
EXAMPLE = '{"file": "yard/0001.png", "group": "yard", "label": "no fire: lorries", "how": "centikelvin", "source": "…"}'
MOST_FAULTS = 20
_BLANK = re.compile(r"[ \t\r\n]*")


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the list. `fire`: something burns in it. `site`: named by the list, or by the camera's name that its file begins with."""

    path: Path
    name: str
    group: str
    label: str
    site: str

    @property
    def fire(self) -> bool:
        """Tell whether the label says that something burns."""
        return self.label.casefold().startswith("fire")


def read(path: Path) -> tuple[list[Entry], list[Refusal]]:
    """Return what can be played and what is refused unseen. Raises ConfigError with every fault, each with line and column."""
    text = _text(path)
    entries: list[Entry] = []
    refused: list[Refusal] = []
    faults: list[Words] = []
    known: set[str] = set()
    for at, item in _items(path, text):
        fault = _fault(item)
        if fault is not None:
            faults.append(_placed(path, text, at, fault))
            continue
        name, label = item["file"].strip(), item["label"].strip()
        file = path.parent / name
        if name in known:
            refused.append(Refusal(name, "listed twice: played once", "重复列出: 只回放一次", fault=False))
        elif "rgb" in label.casefold():
            refused.append(Refusal(name, "a visible picture, no thermal one", "可见光画面, 不是热像", fault=False))
        elif not file.exists():
            refused.append(Refusal(name, "no such file: check its path in the list", "文件不存在: 请检查清单中的路径"))
        else:
            entries.append(Entry(file, name, item["group"].strip(), label, _site(item, name)))
        known.add(name)
    if faults:
        raise _error(faults)
    if not entries and not refused:
        raise ConfigError(
            f"{path}: lists no file: write a list of entries such as {EXAMPLE}", f"{path}: 清单为空: 请写成列表, 每项如 {EXAMPLE}"
        )
    return entries, refused


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8-sig")
    except OSError as fault:
        raise ConfigError(
            f"{path}: cannot be read ({fault.strerror}): name a list of recordings", f"{path}: 无法读取 ({fault.strerror}): 请指定清单文件"
        ) from fault
    except UnicodeDecodeError as fault:
        line, column = _line_column(path.read_bytes()[: fault.start].decode("utf-8", "replace"))
        raise ConfigError(
            f"{path}:{line}:{column}: is not UTF-8: save it as UTF-8", f"{path}:{line}:{column}: 不是 UTF-8 编码: 请另存为 UTF-8"
        ) from fault


def _items(path: Path, text: str) -> Iterator[tuple[int, Any]]:
    """Yield (place, value) of each entry of the list. Raises ConfigError where the JSON breaks off."""
    decoder = JSONDecoder()
    at = _after_blank(text, 0)
    if text[at : at + 1] != "[":
        raise _error([_placed(path, text, at, Words(f"must be a list: [{EXAMPLE}, …]", f"须为列表: [{EXAMPLE}, …]"))])
    at = _after_blank(text, at + 1)
    if text[at : at + 1] == "]":
        return
    while True:
        try:
            value, end = decoder.raw_decode(text, at)
        except (JSONDecodeError, RecursionError) as fault:
            where = fault.pos if isinstance(fault, JSONDecodeError) else at
            said = fault.msg if isinstance(fault, JSONDecodeError) else "too deeply nested"
            raise _error(
                [_placed(path, text, where, Words(f"no JSON: {said}: mend it here", f"不是有效的 JSON ({said}): 请在此处改正"))]
            ) from fault
        yield at, value
        at = _after_blank(text, end)
        mark = text[at : at + 1]
        if mark not in (",", "]"):
            words = Words("no JSON: a comma or the closing ] is missing here", "不是有效的 JSON: 此处缺少逗号或结尾的 ]")
            raise _error([_placed(path, text, at, words)])
        if mark == "]":
            return
        at = _after_blank(text, at + 1)


def _after_blank(text: str, at: int) -> int:
    found = _BLANK.match(text, at)
    return found.end() if found else at


def _fault(item: Any) -> Words | None:
    if not isinstance(item, dict):
        return Words(f"must be an entry such as {EXAMPLE}", f"须为如下形式: {EXAMPLE}")
    for name in REQUIRED:
        value = item.get(name)
        if name not in item:
            return Words(f'has no "{name}": write it, as in {EXAMPLE}', f'缺少 "{name}": 请补上, 例如 {EXAMPLE}')
        if not isinstance(value, str) or not value.strip() or "\0" in value:
            return Words(
                f'"{name}" must be text, not {_short(value)}: as in {EXAMPLE}', f'"{name}" 须为文字, 而非 {_short(value)}: 例如 {EXAMPLE}'
            )
    if not isinstance(item.get("site", ""), str):
        return Words('"site" must be text: the place where it was taken', '"site" 须为文字: 拍摄地点')
    return None


def _short(value: Any) -> str:
    said = json.dumps(value, ensure_ascii=False)
    return said if len(said) <= 40 else said[:37] + "…"


def _site(item: dict[str, Any], name: str) -> str:
    """Return the site: as listed, else the group, with the camera's name where the file's begins with one (as M3TD_0003 does)."""
    group = str(item["group"]).strip()
    if named := item.get("site", "").strip():
        return str(named)
    head, more, _ = Path(name).stem.partition("_")
    model = more and re.fullmatch(r"(?=.*\d)[A-Z][A-Z0-9]{2,}", head)
    return f"{group} {head}" if model else group


def _line_column(before: str) -> tuple[int, int]:
    return before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1


def _placed(path: Path, text: str, at: int, words: Words) -> Words:
    line, column = _line_column(text[:at])
    return Words(f"{path}:{line}:{column}: {words.en}", f"{path}:{line}:{column}: {words.zh}")


def _error(faults: list[Words]) -> ConfigError:
    shown = faults[:MOST_FAULTS]
    if more := len(faults) - len(shown):
        shown.append(Words(f"… and {more} more", f"… 另有 {more} 处"))
    return ConfigError("\n".join(words.en for words in shown), "\n".join(words.zh for words in shown))

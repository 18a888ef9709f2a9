"""A YAML parser's complaint in words that a technician can act on."""

from __future__ import annotations

from collections.abc import Sequence

import yaml

from edged.config.report import Fault, Place
from edged.model.words import Words

Advice = tuple[Words, Words]
"""What is wrong, and what to do."""

FULL_WIDTH = {"：": ":", "，": ",", "“": '"', "”": '"', "【": "[", "】": "]", "－": "-", "　": " "}

NO_ANCHORS: Advice = (
    Words("anchors, aliases and merges (& * <<) are not allowed", "不允许使用锚点、别名与合并 (& * <<)"),
    Words(
        "write the values out; keys that all cameras of a file share go under `defaults:`",
        "请直接写出值; 各摄像机共用的键写在 `defaults:` 下",
    ),
)
_TWO_KEYS: Advice = (
    Words("two `key:` in one line", "一行里有两个 “键:”"),
    Words("put the value in quotes, or the second key on a line of its own", "请给值加引号, 或把第二个键另起一行"),
)
_DEEPER: Advice = (
    Words("this line is indented deeper than its neighbours", "此行缩进比上下行更深"),
    Words("give keys of one section the same number of blanks", "同一段的键请用相同数量的空格缩进"),
)
_NO_COLON: Advice = (
    Words("a key without its colon near here", "附近有键缺少冒号"),
    Words("write `key: value` with a colon and a blank", "请写 `键: 值`, 冒号后留一个空格"),
)
_OPEN_QUOTE: Advice = (
    Words("a quotation mark is opened and not closed", "引号没有配对"),
    Words("close the quotation mark", "请补上另一个引号"),
)
_LIST: Advice = (
    Words("this line does not line up with the list above", "此行与上面的列表没有对齐"),
    Words("begin every entry of a list with `- ` in the same column", "列表的每一项都用 `- ` 开头并对齐"),
)
_KEYS: Advice = (
    Words("this line does not line up with the keys above, or the line above is not finished", "此行与上面的键没有对齐, 或上一行没写完"),
    Words("give keys of one section the same number of blanks; close quotes and brackets", "请对齐缩进, 并检查引号和括号是否配对"),
)
_BRACKET: Advice = (
    Words("a bracket is opened and not closed, or a comma is missing", "括号没有配对, 或缺少逗号"),
    Words("close the bracket or add the comma", "请补上括号或逗号"),
)
_ODD_START: Advice = (
    Words("a value cannot begin with this character", "值不能以这个符号开头"),
    Words("put the value in quotes", "请给值加引号"),
)


def syntax_fault(file: str, lines: Sequence[str], fault: yaml.MarkedYAMLError) -> Fault:
    """Return the fault for what the parser refused. Where the file ends too early, the last line with words is shown."""
    mark = fault.problem_mark or fault.context_mark
    opened = fault.context_mark
    if opened and mark and opened.line < mark.line and ("quoted scalar" in (fault.context or "") or "flow" in (fault.context or "")):
        mark = opened
    row, column = (mark.line, mark.column) if mark else (0, 0)
    if row >= len(lines) or not lines[row].strip():
        row = next((n for n in range(min(row, len(lines) - 1), -1, -1) if lines[n].strip()), 0)
        column = max(0, len(lines[row].rstrip()) - 1)
    for near in (row, _above(lines, row)):
        if wide := next((c for c in lines[near].split("#")[0] if c in FULL_WIDTH), None):
            return Fault(Place(file, near + 1, lines[near].index(wide) + 1, lines[near]), "", "syntax", *_full_width(wide))
    words, suggestion = _advice(lines, row, fault.problem or "", fault.context or "")
    return Fault(Place(file, row + 1, column + 1, lines[row]), "", "syntax", words, suggestion)


def _above(lines: Sequence[str], row: int) -> int:
    return next((n for n in range(row - 1, -1, -1) if lines[n].strip() and not lines[n].lstrip().startswith("#")), row)


def _full_width(wide: str) -> Advice:
    right = FULL_WIDTH[wide]
    return (
        Words(f"a full-width (Chinese) {wide} stands where {right!r} belongs", f"用了全角 {wide}, 应为 {right!r}"),
        Words(f"type {right!r} with the input method switched to English", f"请切换到英文输入法, 改成 {right!r}"),
    )


def _advice(lines: Sequence[str], row: int, problem: str, context: str) -> Advice:
    line = lines[row]
    if "mapping values are not allowed" in problem:
        return _TWO_KEYS if line.count(": ") > 1 and not line.lstrip().startswith("{") else _DEEPER
    table: tuple[tuple[bool, Advice], ...] = (
        ("could not find expected ':'" in problem, _NO_COLON),
        ("quoted scalar" in context, _OPEN_QUOTE),
        ("flow" in context, _BRACKET),
        ("alias" in context or "anchor" in context or "alias" in problem, NO_ANCHORS),
        ("expected '-'" in problem or "block sequence" in context or "block collection" in context, _LIST),
        ("block mapping" in context or "expected key" in problem, _KEYS),
        ("cannot start any token" in problem, _ODD_START),
    )
    for holds, advice in table:
        if holds:
            return advice
    return (
        Words(f"not YAML: {problem}", f"不是 YAML: {problem}"),
        Words("compare with config/README.md; put odd text in quotes", "请对照 config/README.md; 特殊文字请加引号"),
    )

"""YAML (and GeoJSON) with the position of every key and value.

Reads events and builds plain values itself, iteratively, bounded in size, depth and count; refuses what two readers could read
differently. A syntax error ends a file; everything else is collected.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import yaml
from yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from edged.config.document import Document, Way, spelled
from edged.config.report import Fault, Place
from edged.config.scalars import Ambiguous, plain
from edged.config.syntax import NO_ANCHORS, syntax_fault
from edged.model.words import Words

MAX_BYTES = 4_000_000
MAX_DEPTH = 24
MAX_VALUES = 400_000
MAX_FAULTS = 200

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_LEADING_TAB = re.compile(r"^ *\t+")


def read(path: Path, shown: str | None = None) -> Document:
    """Read a file. Never raises for what is in it: see `faults`."""
    file = shown or str(path)
    try:
        with path.open("rb") as handle:
            raw = handle.read(MAX_BYTES + 1)
    except OSError as fault:
        reason = fault.strerror or str(fault)
        return _refused(
            file,
            "unreadable",
            Words(f"cannot be read: {reason}", f"无法读取: {reason}"),
            Words("check that it exists and that group edged may read it", "请检查文件是否存在, edged 组是否可读"),
        )
    return parse(raw, file)


def parse(raw: bytes, file: str) -> Document:
    """Read the bytes of a file. Never raises for what is in them."""
    if len(raw) > MAX_BYTES:
        return _refused(
            file,
            "too_large",
            Words(f"is over {MAX_BYTES} bytes", f"超过 {MAX_BYTES} 字节"),
            Words("split the cameras over several files in cameras/", "请把摄像机拆分到 cameras/ 下的多个文件"),
        )
    if raw.startswith((b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")):
        return _refused(
            file,
            "byte_order_mark",
            Words("begins with a byte order mark (saved by a Windows editor)", "文件开头有字节序标记 (Windows 编辑器所存)"),
            Words("save it as UTF-8 without BOM", "请另存为不带 BOM 的 UTF-8"),
            Place(file, 1, 1),
        )
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as fault:
        line = raw.count(b"\n", 0, fault.start) + 1
        begin = raw.rfind(b"\n", 0, fault.start) + 1
        column = len(raw[begin : fault.start].decode("utf-8", "replace")) + 1
        shown = raw[begin:].split(b"\n", 1)[0].decode("utf-8", "replace").rstrip("\r")
        return _refused(
            file,
            "not_utf8",
            Words("is not UTF-8 text here (GBK?)", "此处不是 UTF-8 文字 (可能是 GBK)"),
            Words("save it as UTF-8: iconv -f GBK -t UTF-8", "请另存为 UTF-8: iconv -f GBK -t UTF-8"),
            Place(file, line, column, shown),
        )
    document = Document(file, lines=re.split(r"\r\n|\n|\r", text))
    if _tabs(document):
        return document
    builder = _Builder(document)
    try:
        builder.build(yaml.parse(text, Loader=_LOADER))
        builder.name_entries()
    except yaml.MarkedYAMLError as fault:
        document.faults.append(syntax_fault(document.file, document.lines, fault))
        document.unreadable = True
    except yaml.YAMLError as fault:
        position = getattr(fault, "position", 0)
        line = text.count("\n", 0, position) + 1
        document.faults.append(
            Fault(
                Place(file, line, 1),
                "",
                "character",
                Words("holds a character that YAML does not allow", "含有 YAML 不允许的字符"),
                Words("delete the control characters in this file", "请删除文件中的控制字符"),
            )
        )
        document.unreadable = True
    except _TooMuch as fault:
        document.faults.append(fault.fault)
        document.unreadable = True
    return document


class _TooMuch(ValueError):
    """The file goes beyond the bounds; reading stopped."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.rule)
        self.fault = fault


_TOO_MANY = Words("too many values or faults; reading stopped", "内容或错误过多, 停止读取")


class _Builder:
    """Events in, values and places out."""

    def __init__(self, document: Document) -> None:
        self._doc = document
        self._stack: list[tuple[dict[str, Any] | list[Any], Way]] = []
        self._key: list[str | None] = []
        self._skip = 0
        self._count = 0
        self._documents = 0
        self._refused: dict[int, Way] = {}

    def name_entries(self) -> None:
        """Spell the ways of the faults again: now the entries' ids are known."""
        for number, way in self._refused.items():
            self._doc.faults[number] = replace(self._doc.faults[number], path=spelled(way, self._doc.data))

    def build(self, events: Iterator[Event]) -> None:
        for event in events:
            if isinstance(event, DocumentStartEvent):
                self._documents += 1
                if self._documents > 1:
                    self._refuse(
                        event,
                        (),
                        "documents",
                        Words("a second document begins here", "这里开始了第二个文档"),
                        Words("delete the line ---", "请删除 --- 这一行"),
                    )
                    return
            elif isinstance(event, SequenceEndEvent | MappingEndEvent):
                if self._skip:
                    self._skip -= 1
                else:
                    self._stack.pop()
                    self._key.pop()
            elif isinstance(event, ScalarEvent | AliasEvent | MappingStartEvent | SequenceStartEvent):
                self._count += 1
                if self._count > MAX_VALUES or len(self._doc.faults) > MAX_FAULTS:
                    raise _TooMuch(
                        self._fault(event, (), "too_many", _TOO_MANY, Words("mend the faults above first", "请先改正上面的错误"))
                    )
                self._node(event)

    def _node(self, event: Event) -> None:
        starts = isinstance(event, MappingStartEvent | SequenceStartEvent)
        if self._skip:
            self._skip += starts
            self._deep(event, self._skip)
            return
        if self._stack and isinstance(self._stack[-1][0], dict) and self._key[-1] is None:
            self._take_key(event)
            return
        way = self._way()
        self._doc.values[way] = self._place(event)
        if getattr(event, "anchor", None) and not isinstance(event, AliasEvent):
            self._refuse(event, way, "anchor", *NO_ANCHORS)
        tag = getattr(event, "tag", None)
        if tag not in (None, "!"):
            self._refuse(
                event, way, "tag", Words(f"tag {tag} is not allowed", f"不允许使用标签 {tag}"), Words("delete the tag", "请删除标签")
            )
        if isinstance(event, ScalarEvent):
            self._put(way, self._scalar(event, way))
        elif isinstance(event, AliasEvent):
            self._refuse(event, way, "anchor", *NO_ANCHORS)
            self._put(way, None)
        else:
            self._deep(event, len(self._stack) + 1)
            into: dict[str, Any] | list[Any] = {} if isinstance(event, MappingStartEvent) else []
            self._put(way, into)
            self._stack.append((into, way))
            self._key.append(None)

    def _deep(self, event: Event, depth: int) -> None:
        if depth > MAX_DEPTH:
            raise _TooMuch(
                self._fault(
                    event,
                    (),
                    "too_deep",
                    Words(f"nested over {MAX_DEPTH} levels deep", f"嵌套超过 {MAX_DEPTH} 层"),
                    Words("check brackets and indentation", "请检查括号和缩进"),
                )
            )

    def _way(self) -> Way:
        if not self._stack:
            return ()
        into, way = self._stack[-1]
        return (*way, len(into) if isinstance(into, list) else self._key[-1] or "")

    def _put(self, way: Way, value: Any) -> None:
        if not self._stack:
            self._doc.data = value
            return
        into = self._stack[-1][0]
        if isinstance(into, list):
            into.append(value)
        else:
            into[str(way[-1])] = value
            self._key[-1] = None

    def _take_key(self, event: Event) -> None:
        into, way = self._stack[-1]
        if not isinstance(event, ScalarEvent):
            self._refuse(event, way, "key", Words("a key must be one word", "键必须是一个词"), Words("write key: value", "请写 键: 值"))
            raise _TooMuch(self._doc.faults.pop())
        word = str(event.value)
        here = (*way, word)
        if word == "<<" and not event.style:
            self._refuse(event, here, "anchor", *NO_ANCHORS)
        elif word in into:
            first = self._doc.keys[here]
            self._refuse(
                event,
                here,
                "duplicate_key",
                Words(f'"{word}" is here twice, first in line {first.line}', f"“{word}” 出现了两次, 第一次在第 {first.line} 行"),
                Words("delete one of the two", "请删除其中一个"),
            )
        else:
            self._doc.keys[here] = self._place(event)
        self._key[-1] = word

    def _scalar(self, event: ScalarEvent, way: Way) -> Any:
        if event.style:
            return str(event.value)
        try:
            return plain(str(event.value))
        except Ambiguous as fault:
            self._refuse(event, way, fault.rule, fault.words, fault.suggestion)
            return None

    def _place(self, event: Event) -> Place:
        start, end = event.start_mark, event.end_mark
        if start is None or end is None:
            return Place(self._doc.file)
        line = start.line
        text = self._doc.lines[line] if line < len(self._doc.lines) else ""
        scalar = isinstance(event, ScalarEvent) and end.line == line
        width = end.column - start.column if scalar else 1
        return Place(self._doc.file, line + 1, start.column + 1, text, max(1, width))

    def _fault(self, event: Event, way: Way, rule: str, words: Words, suggestion: Words) -> Fault:
        return Fault(self._place(event), spelled(way), rule, words, suggestion)

    def _refuse(self, event: Event, way: Way, rule: str, words: Words, suggestion: Words) -> None:
        self._refused[len(self._doc.faults)] = way
        self._doc.faults.append(self._fault(event, way, rule, words, suggestion))
        self._doc.broken.add(way)


def _refused(file: str, rule: str, words: Words, suggestion: Words, place: Place | None = None) -> Document:
    return Document(file, faults=[Fault(place or Place(file), "", rule, words, suggestion)], unreadable=True)


def _tabs(document: Document) -> bool:
    found = [number for number, line in enumerate(document.lines, 1) if _LEADING_TAB.match(line) and line.strip()]
    if document.file.endswith(("json",)) or not found:
        return False
    line = document.lines[found[0] - 1]
    column = line.index("\t") + 1
    more = Words(f" (and {len(found) - 1} more lines)", f" (另有 {len(found) - 1} 行)") if len(found) > 1 else Words("", "")
    document.faults.append(
        Fault(
            Place(document.file, found[0], column, line),
            "",
            "tab",
            Words(f"a tab indents this line{more.en}; YAML allows blanks only", f"此行用制表符缩进{more.zh}; YAML 只允许空格"),
            Words("replace each tab by two blanks: sed -i 's/\\t/  /g' FILE", "请把每个制表符换成两个空格: sed -i 's/\\t/  /g' 文件"),
        )
    )
    document.unreadable = True
    return True

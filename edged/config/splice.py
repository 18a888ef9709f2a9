"""Write single keys into commissioned/*.yaml: comments and layout stay, the previous version lies beside it.

Only console and calibration call this, and only for commissioned/: what a technician wrote is never rewritten.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from edged.config.document import Document, Way
from edged.config.last_good import write_whole
from edged.config.report import ConfigFaults
from edged.config.yaml_source import parse, read
from edged.model.errors import ConfigError
from edged.model.words import Words

FOLDER = "commissioned"


def splice(path: Path, values: Mapping[Way, Any]) -> None:
    """Set each way (keys only) to a plain value; a missing file or section is made.

    The old file stays beside it as `<name>.previous`. Raises ConfigError for another folder, for a file that cannot be read as YAML
    and for a disk that does not take it; then nothing has changed.
    """
    if path.parent.name != FOLDER:
        raise ConfigError(
            f"{path} belongs to the technician: programs write in {FOLDER}/ only", zh=f"{path} 由技术员维护: 程序只写 {FOLDER}/"
        )
    before = b""
    document = Document(str(path), {})
    if path.exists():
        document = read(path)
        if document.faults:
            raise ConfigFaults(document.faults, Words(f"{path}: mend it or delete it, then try again", f"{path}: 请改正或删除后重试"))
        before = path.read_bytes()
    text = before.decode()
    for way, value in values.items():
        text = _set(text, way, value, str(path))
    wrong = parse(text.encode(), str(path))
    if wrong.faults:
        raise ConfigFaults(wrong.faults, Words(f"{path} was left as it is", f"{path} 未改动"))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if before:
            write_whole(path.with_name(path.name + ".previous"), before, 0o640)
        write_whole(path, text.encode(), 0o640)
    except OSError as fault:
        raise ConfigError(
            f"{path} cannot be written: {fault.strerror}; check owner and room of {path.parent}",
            zh=f"{path} 无法写入: {fault.strerror}; 请检查 {path.parent} 的属主与空间",
        ) from fault


def _set(text: str, way: Way, value: Any, file: str) -> str:
    document = parse(text.encode(), file)
    lines = text.splitlines(keepends=True)
    if lines and not lines[-1].endswith("\n"):
        lines[-1] += "\n"
    depth = next(n for n in range(len(way), -1, -1) if n == 0 or way[:n] in document.keys)
    flow = next((n for n in range(1, min(depth, len(way) - 1) + 1) if _flow(document, way[:n])), None)
    if flow:
        return "".join(_replaced(document, lines, way[:flow], _merged(_at(document.data, way[:flow]), way[flow:], value)))
    if depth == len(way):
        return "".join(_replaced(document, lines, way, value))
    inner = _merged({}, way[depth + 1 :], value)
    column = _column(document, way[:depth])
    new = f"{' ' * column}{_word(way[depth])}: {_inline(inner)}\n"
    at = _end(document, lines, way[:depth]) if depth else len(lines)
    return "".join([*lines[:at], new, *lines[at:]])


def _merged(here: Any, way: Way, value: Any) -> Any:
    """Return `here` with `value` at `way`; what is no section on the way gives place to one."""
    if not way:
        return value
    known = here if isinstance(here, dict) else {}
    return {**known, way[0]: _merged(known.get(way[0]), way[1:], value)}


def _replaced(document: Document, lines: list[str], way: Way, value: Any) -> list[str]:
    """Put a value in one line behind its key; a comment on the key's line stays."""
    key = document.keys[way]
    first, last = key.line - 1, _end(document, lines, way)
    head = lines[first][: key.column - 1 + key.width]
    comment = _comment(lines[first], document, way) if last == key.line else ""
    return [*lines[:first], f"{head}: {_inline(value)}{comment}\n", *lines[last:]]


def _end(document: Document, lines: list[str], way: Way) -> int:
    """Return the number of lines up to the end of the value at `way`: the next line that is not deeper than its key."""
    key = document.keys[way]
    last = max([key.line, *(p.line for w, p in document.values.items() if w[: len(way)] == way)])
    at = last
    while at < len(lines) and (not lines[at].strip() or len(lines[at]) - len(lines[at].lstrip(" ")) >= key.column):
        at += 1
    while at > last and (not lines[at - 1].strip() or lines[at - 1].lstrip().startswith("#")):
        at -= 1
    return at


def _comment(line: str, document: Document, way: Way) -> str:
    at = line.find(" #", document.place(way).column - 1 + document.place(way).width - 1)
    return "  " + line[at:].strip() if at >= 0 else ""


def _column(document: Document, way: Way) -> int:
    """Return the blanks before the keys of the section at `way`."""
    for known, place in document.keys.items():
        if len(known) == len(way) + 1 and known[: len(way)] == way:
            return place.column - 1
    return document.keys[way].column + 1 if way else 0


def _flow(document: Document, way: Way) -> bool:
    """Tell whether the section at `way` stands in braces, or there is no section but another value."""
    key, value = document.keys[way], document.values[way]
    braces = value.line == key.line and value.text[value.column - 1 : value.column] == "{"
    return braces or not isinstance(_at(document.data, way), dict)


def _at(data: Any, way: Way) -> Any:
    for step in way:
        data = data[step]
    return data


def _inline(value: Any) -> str:
    plain = json.loads(json.dumps(value))
    return (
        str(yaml.safe_dump(plain, default_flow_style=True, allow_unicode=True, width=10_000))
        .removesuffix("\n")
        .removesuffix("\n...")
        .strip()
    )


def _word(step: str | int) -> str:
    return _inline(str(step))

"""A camera file with entries that are no YAML: the others are still read, and each broken one is reported."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

from edged.config.document import Document
from edged.config.report import Fault
from edged.config.yaml_source import MAX_BYTES, parse, read

MAX_BROKEN = 50
_ENTRY = re.compile(r"^( *)-(?: |$)")
_ID = re.compile(r"^[ -]*\{? *[\"']?id[\"']?: *[\"']?([^\s\"',}#]+)")
_BY_ENTRY = {"syntax", "tab"}


@dataclass(slots=True)
class Salvaged:
    """What could be read, and the ids of the entries that could not (their first line's number where no id is legible)."""

    document: Document
    broken: list[str] = field(default_factory=list)


def salvage(path: Path) -> Salvaged:
    """Read a file with a list of entries. Lines of a broken entry are blanked, so that the lines of the others keep their numbers."""
    document = read(path)
    if not document.unreadable or document.faults[-1].rule not in _BY_ENTRY:
        return Salvaged(document)
    whole, lines = document, list(document.lines)
    faults: list[Fault] = []
    broken: list[str] = []
    while document.unreadable and len(broken) < MAX_BROKEN:
        fault = document.faults[-1]
        rows = _rows(lines, fault.place.line - 1) if fault.rule in _BY_ENTRY else None
        if rows is None:
            return Salvaged(whole)
        faults.append(fault)
        broken.append(next((found[1] for row in rows if (found := _ID.match(lines[row]))), str(rows.start + 1)))
        lines[rows.start : rows.stop] = [""] * len(rows)
        raw = "\n".join(lines).encode()[: MAX_BYTES + 1]
        document = parse(raw, document.file)
    if document.unreadable:
        return Salvaged(whole)
    document.lines = whole.lines
    document.faults[:0] = faults
    return Salvaged(document, broken)


def _rows(lines: list[str], at: int) -> range | None:
    """Return the lines of the entry that line `at` belongs to, or None where it stands outside the list."""
    top = next((row for row, line in enumerate(lines) if re.match(r"cameras *:", line)), None)
    first = next((found for line in lines[top + 1 :] if (found := _ENTRY.match(line))), None) if top is not None else None
    if first is None or top is None:
        return None
    starts = [row for row, line in enumerate(lines) if row > top and (found := _ENTRY.match(line)) and found[1] == first[1]]
    before = [row for row in starts if row <= at]
    if not before:
        return None
    after = next((row for row in starts if row > before[-1]), len(lines))
    end = next((row for row in range(before[-1] + 1, after) if re.match(r"[^\s#-]", lines[row])), after)
    return range(before[-1], end) if at < end else None

"""What is wrong with the technician's files: every fault with its line, a caret and the next step, in two languages."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Literal

from edged.model.errors import ConfigError
from edged.model.words import Words

_SECRET_LINE = re.compile(r"(?i)^(\s*(?:-\s+)?[\"']?\w*(?:password|passwd|pwd|secret|token|passphrase)[\"']?\s*[:=]\s*)(.+)$")
_SECRET_FILE = re.compile(r"(?i)^\s*(?:-\s+)?[\"']?\w*_file\b")
_LOGIN_IN_URL = re.compile(r"(?<=://)[^/\s\"']*@")
MAX_SHOWN = 120


@dataclass(frozen=True, slots=True)
class Place:
    """A spot in a file. `line` and `column` count characters from 1; `width` characters are underlined; `text` is the line."""

    file: str
    line: int = 0
    column: int = 0
    text: str = field(default="", repr=False)
    width: int = 1


@dataclass(frozen=True, slots=True, repr=False)
class Fault:
    """One thing that a person must change.

    `path` is where in the settings (`cameras[th-03].thermal.hfov_deg`), `rule` a stable name for machines, `entry` the camera id
    or plan feature that suffers, None for the station. A `warning` stops nothing.
    """

    place: Place
    path: str
    rule: str
    words: Words
    suggestion: Words | None = None
    severity: Literal["error", "warning"] = "error"
    entry: str | None = None

    def __str__(self) -> str:
        return self.said("en")

    def __repr__(self) -> str:
        return f"Fault({self.where()}, {self.path}, {self.rule})"

    def where(self) -> str:
        """Return `file:line:column`, as editors jump to it."""
        return f"{self.place.file}:{self.place.line}:{self.place.column}" if self.place.line else self.place.file

    def said(self, language: str) -> str:
        """Return the fault for a terminal: where, what, the line with a caret, what to do. Passwords are blotted out."""
        label = {"error": Words("error", "错误"), "warning": Words("warning", "提醒")}[self.severity].said(language)
        head = f"{self.where()}: {label}: {self.path + ': ' if self.path else ''}{redacted(self.words.said(language))}"
        lines = [head]
        if self.place.text.strip():
            shown, start, width = _window(redacted(self.place.text), self.place.column - 1, self.place.width)
            number = str(self.place.line).rjust(5)
            lines += [f"{number} | {shown}", f"{' ' * 5} | {_blank(shown[:start])}{'^' * _cells(shown[start : start + width])}"]
        if self.suggestion:
            lines.append(f"      = {redacted(self.suggestion.said(language))}")
        return "\n".join(lines)

    def as_json(self) -> dict[str, Any]:
        """Return the fault for machines."""
        return {
            "file": self.place.file, "line": self.place.line, "column": self.place.column, "path": self.path, "rule": self.rule,
            "severity": self.severity, "entry": self.entry, "text": redacted(self.place.text), "en": redacted(self.words.en),
            "zh": redacted(self.words.zh),
            "suggestion": None if self.suggestion is None else {"en": redacted(self.suggestion.en), "zh": redacted(self.suggestion.zh)},
        }  # fmt: skip


@dataclass(slots=True)
class Report:
    """The faults of one run over all files."""

    faults: list[Fault] = field(default_factory=list)

    def add(self, *faults: Fault) -> None:
        """Note faults; one that was noted before is not noted twice."""
        self.faults += [fault for fault in dict.fromkeys(faults) if fault not in self.faults]

    def ordered(self) -> tuple[Fault, ...]:
        """Return the faults file by file, from top to bottom."""
        files = list(dict.fromkeys(fault.place.file for fault in self.faults))
        return tuple(sorted(self.faults, key=lambda fault: (files.index(fault.place.file), fault.place.line, fault.place.column)))


class ConfigFaults(ConfigError):
    """Files that cannot be used, with all their faults."""

    def __init__(self, faults: Iterable[Fault], closing: Words) -> None:
        self.faults = tuple(faults)
        en, zh = ("\n".join([*(f.said(language) for f in self.faults), closing.said(language)]) for language in ("en", "zh"))
        super().__init__(en, zh)


def redacted(text: str) -> str:
    """Return `text` without a password that somebody typed into it (a `password:` line, or a login inside an address)."""
    text = _LOGIN_IN_URL.sub("***@", text)
    if _SECRET_FILE.match(text):
        return text
    found = _SECRET_LINE.match(text)
    return f"{found[1]}***" if found else text


def _window(text: str, start: int, width: int) -> tuple[str, int, int]:
    """Cut a long line around what is underlined."""
    start = min(max(start, 0), len(text))
    if len(text) <= MAX_SHOWN:
        return text, start, max(1, min(width, len(text) - start))
    begin = max(0, start - MAX_SHOWN // 2)
    cut = text[begin : begin + MAX_SHOWN]
    return cut, start - begin, max(1, min(width, len(cut) - (start - begin)))


def _cells(text: str) -> int:
    """Count terminal cells: Chinese characters take two."""
    return max(1, sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text))


def _blank(text: str) -> str:
    """Return blanks as wide as `text` on a terminal."""
    return "".join("\t" if c == "\t" else "  " if unicodedata.east_asian_width(c) in "WF" else " " for c in text)

"""What a plain YAML word means here: fewer guesses than YAML 1.1, which reads 22:30 as 1350, 010 as 8 and `no` as false.

Quoted words are always text. Whatever two readers could read differently is refused with the way to write it.
"""

from __future__ import annotations

import math
import re

from edged.model.words import Words

_INT = re.compile(r"[-+]?(?:0|[1-9][0-9]*)$")
_FLOAT = re.compile(r"[-+]?(?:[0-9]+\.[0-9]*|\.[0-9]+|[0-9]+(?=[eE]))(?:[eE][-+]?[0-9]+)?$")
_SEXAGESIMAL = re.compile(r"[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?$")
_ODD_NUMBER = re.compile(r"[-+]?(?:0[0-9_]+|0[xXbBoO][0-9a-fA-F_]+|[0-9][0-9,]*[_,][0-9_,]*)$")
_NOT_FINITE = re.compile(r"(?i)[-+]?\.(?:inf|nan)$")
_YES, _NO = {"yes", "on", "y"}, {"no", "off", "n"}
MAX_DIGITS = 400

Plain = str | int | float | bool | None


class Ambiguous(ValueError):
    """A word that two readers read differently. Carries rule, words and what to write."""

    def __init__(self, rule: str, words: Words, suggestion: Words) -> None:
        super().__init__(words.en)
        self.rule, self.words, self.suggestion = rule, words, suggestion


def plain(word: str) -> Plain:
    """Return the value of an unquoted word. Raises Ambiguous."""
    lower = word.lower()
    if lower in ("", "~", "null"):
        return None
    if lower in ("true", "false"):
        return lower == "true"
    if lower in _YES | _NO:
        meant = "true" if lower in _YES else "false"
        raise Ambiguous(
            "bare_word",
            Words(f'"{word}" is text to one reader and {meant} to another', f"“{word}” 有的程序当文字, 有的当 {meant}"),
            Words(f'write {meant}, or "{word}" in quotes if it is text', f'请写 {meant}; 如果是文字请加引号 "{word}"'),
        )
    if _SEXAGESIMAL.match(word):
        raise Ambiguous(
            "sexagesimal",
            Words(f"YAML reads {word} as the number {_base60(word)}", f"YAML 会把 {word} 读成数字 {_base60(word)}"),
            Words(f'put it in quotes: "{word}"', f'请加引号: "{word}"'),
        )
    if _ODD_NUMBER.match(word):
        cleaned = word.replace("_", "").replace(",", "")
        decimal = f"{cleaned.lstrip('+-').lstrip('0') or '0'} or " if cleaned.lstrip("+-").isdigit() else ""
        raise Ambiguous(
            "odd_number",
            Words(f"{word} is read as different numbers by different programs", f"{word} 在不同程序里会读成不同的数"),
            Words(f'write {decimal}"{word}" in quotes if it is text', f'请写 {decimal.replace(" or ", " 或 ")}加引号的 "{word}"'),
        )
    if _NOT_FINITE.match(word):
        raise Ambiguous("not_finite", Words(f"{word} is not a number that a device can use", f"{word} 不是可用的数"),
                        Words("write a number", "请写一个数"))  # fmt: skip
    if len(word) <= MAX_DIGITS and _INT.match(word):
        return int(word)
    if len(word) <= MAX_DIGITS and _FLOAT.match(word):
        value = float(word)
        return value if math.isfinite(value) else word
    return word


def _base60(word: str) -> int:
    total = 0
    for part in word.lstrip("+-").split(".")[0].replace("_", "").split(":"):
        total = total * 60 + int(part or 0)
        if total > 10**12:
            break
    return -total if word.startswith("-") else total

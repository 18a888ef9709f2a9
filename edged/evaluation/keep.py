"""Results of units on disk, so that a run that was stopped goes on: one JSON file a unit, written whole or not at all.

A file counts only for the same unit, seed, law, inputs and code of the detector: others are made again.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

import edged
from edged.evaluation.outcome import Outcome, Refusal
from edged.model.errors import ConfigError

JUDGES = ("detector", "core", "model", "geometry", "evaluation", "simulator/generator", "camera")
"""Folders whose code decides what comes out."""


@dataclass(frozen=True, slots=True)
class Result:
    """What a unit gave: outcomes by the name of what was left out, and what was refused."""

    outcomes: dict[str, list[Outcome]]
    refused: list[Refusal]


_RESULT = TypeAdapter(Result)


class Keep:
    """The folder of results; None keeps nothing. Raises ConfigError where it cannot be written."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        if folder is not None:
            try:
                folder.mkdir(parents=True, exist_ok=True)
            except OSError as fault:
                raise _unwritable(folder, fault) from fault

    def load(self, name: str, stamp: str) -> Result | None:
        """Return the result of a unit, or None where there is none of this stamp."""
        if self._folder is None:
            return None
        try:
            told = json.loads(self._path(name).read_bytes())
            return _RESULT.validate_python(told["result"]) if told.get("stamp") == stamp else None
        except (OSError, ValueError, KeyError, TypeError, AttributeError, ValidationError, RecursionError):
            return None

    def save(self, name: str, stamp: str, result: Result) -> None:
        """Write the result of a unit."""
        if self._folder is None:
            return
        path = self._path(name)
        part = path.with_suffix(f".{os.getpid()}.part")
        body = {"unit": name, "stamp": stamp, "result": _RESULT.dump_python(result, mode="json")}
        try:
            part.write_text(json.dumps(body, ensure_ascii=False), "utf-8")
            part.replace(path)
        except OSError as fault:
            raise _unwritable(path, fault) from fault

    def _path(self, name: str) -> Path:
        assert self._folder is not None
        plain = re.sub(r"[^A-Za-z0-9._-]+", "_", name)[:80]
        return self._folder / f"{plain}-{hashlib.sha256(name.encode()).hexdigest()[:8]}.json"


def code_digest() -> str:
    """Return a digest of the code that judges."""
    root = Path(edged.__file__).parent
    found = hashlib.sha256()
    for folder in JUDGES:
        for path in sorted((root / folder).rglob("*.py")):
            found.update(str(path.relative_to(root)).encode() + b"\0" + path.read_bytes())
    return found.hexdigest()[:16]


def files_digest(paths: Sequence[Path]) -> str:
    """Return a digest of names, sizes and times of files, and of the files of folders."""
    found = hashlib.sha256()
    for path in paths:
        for file in sorted(path.iterdir()) if path.is_dir() else (path,):
            try:
                stat = file.stat()
                found.update(f"{file}\0{stat.st_size}\0{stat.st_mtime_ns}\0".encode())
            except OSError:
                found.update(f"{file}\0gone\0".encode())
    return found.hexdigest()[:16]


def _unwritable(path: Path, fault: OSError) -> ConfigError:
    return ConfigError(
        f"--out {path}: cannot be written ({fault.strerror}): name a folder that may be",
        f"--out {path}: 无法写入 ({fault.strerror}): 请换一个可写的目录",
    )

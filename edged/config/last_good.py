"""The last settings that worked, entry by entry, under the state folder. Written whole and at once; checked when read."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

NAME = "last_good.json"
FORM = 1
MAX_BYTES = 16_000_000


@dataclass(slots=True)
class LastGood:
    """Plain values as they were validated: the station without cameras, each camera with the file it came from, plan features in order."""

    station: dict[str, Any] | None = None
    cameras: dict[str, dict[str, Any]] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)
    features: dict[str, dict[str, Any]] = field(default_factory=dict)


def read_last_good(folder: Path) -> LastGood:
    """Return what was kept; an empty value where nothing was, or where the file is damaged (its digest is wrong)."""
    try:
        with (folder / NAME).open("rb") as handle:
            raw = handle.read(MAX_BYTES + 1)
        outer = json.loads(raw)
        body = outer["body"]
        if outer["form"] != FORM or outer["sha256"] != hashlib.sha256(body.encode()).hexdigest():
            return LastGood()
        known = json.loads(body)
        kept = LastGood(known["station"], dict(known["cameras"]), dict(known["files"]), dict(known["features"]))
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return LastGood()
    return kept


def write_last_good(folder: Path, kept: LastGood) -> bool:
    """Write it so that a power cut leaves the old or the new file, and only when something changed. Raises OSError.

    Returns whether it was written.
    """
    body = json.dumps({"station": kept.station, "cameras": kept.cameras, "files": kept.files, "features": kept.features})
    whole = json.dumps({"form": FORM, "sha256": hashlib.sha256(body.encode()).hexdigest(), "body": body})
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / NAME
    try:
        if target.read_text(encoding="utf-8") == whole:
            return False
    except (OSError, UnicodeDecodeError):
        pass
    write_whole(target, whole.encode(), 0o640)
    return True


def write_whole(target: Path, raw: bytes, mode: int) -> None:
    """Replace a file by rename, after its bytes and before its name are on disk. Raises OSError; nothing is half-written."""
    made = target.with_name(f".{target.name}.{os.getpid()}.new")
    try:
        handle = os.open(made, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, mode)
        try:
            with os.fdopen(handle, "wb") as out:
                out.write(raw)
                out.flush()
                os.fsync(out.fileno())
            made.replace(target)
        finally:
            made.unlink(missing_ok=True)
        parent = os.open(target.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(parent)
        finally:
            os.close(parent)
    except UnicodeEncodeError as fault:
        raise OSError(str(fault)) from fault

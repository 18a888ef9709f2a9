"""The tier of recordings: files of one group, one truth and one form are a batch; each of its scenes is played by itself.

A file that cannot be read, or that breaks a library or the detector, costs that file and is named.
"""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from edged.camera.picture import is_still, readable, still
from edged.camera.replay import Replay
from edged.core.rules import Rules
from edged.detector.scalar import Scalar
from edged.evaluation.listing import Entry
from edged.evaluation.outcome import Outcome, Refusal
from edged.evaluation.record import Truth, Without, play
from edged.evaluation.staring import Scene, Staring, scenes
from edged.model.errors import EdgedError
from edged.model.frame import Frame
from edged.model.instant import EPOCH

Celsius = npt.NDArray[np.float32]
HOLD_S = 10.0
LEAST_PX = 120
"""A background has at least so many rows and columns."""
BROKEN = (
    ArithmeticError, AssertionError, AttributeError, LookupError, MemoryError, OSError, RecursionError, TypeError, ValueError, EOFError,
    struct.error, zlib.error, cv2.error,
)  # fmt: skip
"""What libraries raise on garbage beyond what the camera room turns into words."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Entries of one group that are played one after another. `name`: the group, with the form where it has several.

    `form`: `radiometric`, `display` (no temperatures), `clip`, or `sequence` for a folder.
    """

    name: str
    group: str
    fire: bool
    form: str
    entries: tuple[Entry, ...]


def batches(entries: list[Entry]) -> tuple[list[Batch], list[Refusal]]:
    """Return the batches in the list's order, and the files that cannot be read."""
    refused: list[Refusal] = []
    found: dict[tuple[str, bool, str], list[Entry]] = {}
    for entry in entries:
        try:
            form = _form(entry.path)
        except EdgedError as fault:
            refused.append(Refusal(entry.name, str(fault), fault.zh))
            continue
        except BROKEN as fault:
            refused.append(_broken(entry.name, fault))
            continue
        found.setdefault((entry.group, entry.fire, form), []).append(entry)
    forms: dict[tuple[str, bool], int] = {}
    for group, fire, _ in found:
        forms[group, fire] = forms.get((group, fire), 0) + 1
    out = []
    for (group, fire, form), mine in found.items():
        name = f"{group} {form}" if forms[group, fire] > 1 else group
        out.append(Batch(name, group, fire, form, tuple(sorted(mine, key=lambda e: _natural(e.name)))))
    return out, refused


def run(batch: Batch, rules: Rules, withouts: dict[str, Without]) -> tuple[dict[str, list[Outcome]], list[Refusal]]:
    """Play a batch. Returns the outcomes of its scenes by the names of `withouts`, and what was refused."""
    out: dict[str, list[Outcome]] = {name: [] for name in withouts}
    refused: list[Refusal] = []
    stills = [entry for entry in batch.entries if is_still(entry.path)]
    rest = [entry for entry in batch.entries if not is_still(entry.path)]
    for entries in ([stills] if stills else []) + [[entry] for entry in rest]:
        names = {entry.path: entry for entry in entries}
        truth: Truth = lambda sighting, at_s: (batch.fire, None)  # noqa: E731
        try:
            source = Replay([entry.path for entry in entries], hold_s=HOLD_S)
            for scene in scenes(source):
                entry = names.get(scene.first.source, entries[0])
                base = Outcome("real", batch.name, entry.site, scene.first.source.name, batch.fire, 0.0, output=batch.form)
                done = _scene(scene, base, rules, truth, withouts, refused)
                for name, outcome in done.items():
                    out[name].append(outcome)
            refused += [Refusal(_named(fault, entries), str(fault), fault.zh) for fault in source.faults]
        except EdgedError as fault:
            refused.append(Refusal(entries[0].name, str(fault), fault.zh))
        except BROKEN as fault:
            refused.append(_broken(entries[0].name, fault))
    return out, refused


def _scene(
    scene: Scene, base: Outcome, rules: Rules, truth: Truth, withouts: dict[str, Without], refused: list[Refusal]
) -> dict[str, Outcome]:
    who = Staring("evaluate", rules)
    try:
        return play((played.frame for played in scene.all()), who, scene.first.picture, truth, base, withouts)
    except BROKEN as fault:
        refused.append(_broken(base.scene, fault))
        for _ in scene.rest:
            pass
        return {}


def celsius(entry: Entry) -> Celsius | None:
    """Return the temperatures of a radiometric still, (H, W) float32, or None where the file holds none. Raises CameraGarbled."""
    if not is_still(entry.path):
        return None
    raw = still(entry.path)
    seen = Scalar(raw.picture or "auto").thermogram(Frame(raw.pixels, 0, 0.0, EPOCH.utc))
    if seen.kind != "radiometric" or (seen.usable is not None and not seen.usable.all()) or min(seen.heat.shape) < LEAST_PX:
        return None
    return np.asarray(seen.heat, np.float32)


def _form(path: Path) -> str:
    """Return `radiometric`, `display` or `clip`. A still is read to know. Raises CameraGarbled."""
    if path.is_dir():
        inside = next(_readable(path), None)
        return "sequence" if inside is None or not is_still(inside) else f"sequence {_form(inside)}"
    if not is_still(path):
        return "clip"
    raw = still(path)
    return "display" if raw.pixels.dtype == np.uint8 else "radiometric"


def _readable(folder: Path) -> Iterator[Path]:
    return (path for path in sorted(folder.iterdir()) if path.is_file() and readable(path))


def _broken(name: str, fault: BaseException) -> Refusal:
    said = f"{type(fault).__name__}: {str(fault)[:160]}"
    return Refusal(name, f"cannot be judged ({said}): check the file, or leave it out", f"无法判定 ({said}): 请检查该文件或从清单中去掉")


def _named(fault: EdgedError, entries: list[Entry]) -> str:
    said = str(fault)
    return next((entry.name for entry in entries if str(entry.path) in said), entries[0].name)


def _natural(name: str) -> list[tuple[int, int, str]]:
    return [(0, int(part), "") if part.isdigit() else (1, 0, part) for part in re.split(r"(\d+)", name) if part]

"""The learnt backgrounds of one camera over a restart of its eye, so that a fire that burns meanwhile is not learnt.

One file, replaced whole. A damaged or foreign file is set aside under `.damaged` and said once; the eye then learns anew.
"""

from __future__ import annotations

import logging
import os
import zipfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from edged.detector.background import Saved

log = logging.getLogger("edged.backgrounds")
MOST_BYTES = 64_000_000
_ARRAYS = ("mean16", "peak16", "mad8")


class Backgrounds:
    """The file of one camera."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self) -> dict[str, Saved]:
        """Return what was kept by view id; nothing where there is no file or it is damaged."""
        try:
            if self._path.stat().st_size > MOST_BYTES:
                raise ValueError(f"over {MOST_BYTES // 1_000_000} MB")
            with np.load(self._path, allow_pickle=False) as kept:
                views = [str(view) for view in kept["views"]]
                return {view: _saved(kept, number) for number, view in enumerate(views)}
        except FileNotFoundError:
            return {}
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as fault:
            log.warning("%s: cannot be read (%s): set aside, the views are learnt anew", self._path, fault)
            self._set_aside()
            return {}

    def write(self, saved: Mapping[str, Saved]) -> bool:
        """Replace the file; True when it is on disk. A full or broken disk is said and harms nothing else."""
        arrays: dict[str, np.ndarray] = {"views": np.array(list(saved), dtype=np.str_)}
        for number, one in enumerate(saved.values()):
            arrays |= {f"{name}_{number}": getattr(one, name) for name in _ARRAYS}
            arrays[f"facts_{number}"] = np.array([one.offset, one.step, one.mad_step, one.seen_s], np.float64)
        part = self._path.with_suffix(".part")
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with part.open("wb") as out:
                np.savez(out, **arrays)  # type: ignore[arg-type]
                out.flush()
                os.fsync(out.fileno())
            part.replace(self._path)
        except OSError as fault:
            log.error("%s: cannot be written (%s): after a restart these views are learnt anew", self._path, fault)
            return False
        return True

    def _set_aside(self) -> None:
        try:
            self._path.replace(self._path.with_suffix(".damaged"))
        except OSError as fault:
            log.warning("%s: cannot be set aside: %s", self._path, fault)


def _saved(kept: Mapping[str, np.ndarray], number: int) -> Saved:
    """Return one view. Raises ValueError, KeyError for anything that no background can be."""
    mean, peak, mad = (kept[f"{name}_{number}"] for name in _ARRAYS)
    offset, step, mad_step, seen_s = (float(value) for value in kept[f"facts_{number}"])
    shapes = mean.ndim == 2 and min(mean.shape) >= 2 and mean.shape == peak.shape == mad.shape
    if not shapes or [str(part.dtype) for part in (mean, peak, mad)] != ["uint16", "uint16", "uint8"]:
        raise ValueError(f"view {number}: arrays of another form")
    if not (np.isfinite([offset, step, mad_step, seen_s]).all() and step > 0 and mad_step > 0 and seen_s >= 0):
        raise ValueError(f"view {number}: figures that no background has")
    return Saved(mean, peak, mad, offset, step, mad_step, seen_s)

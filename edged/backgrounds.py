"""The learnt backgrounds of one camera over a restart of its eye, so that a fire that burns meanwhile is not learnt.

One file, replaced whole. A damaged or foreign file is set aside under `.damaged` and said once; the eye then learns anew.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from edged.arrayfile import read_views, write_arrays
from edged.detector.background import Saved
from edged.model.errors import StoreGarbled

log = logging.getLogger("edged.backgrounds")
_ARRAYS = ("mean16", "peak16", "mad8")


class Backgrounds:
    """The file of one camera."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self) -> dict[str, Saved]:
        """Return what was kept by view id; nothing where there is no file or it is damaged."""
        try:
            return read_views(self._path, _saved)
        except StoreGarbled as fault:
            log.warning("%s: set aside, the views are learnt anew", fault)
            return {}

    def write(self, saved: Mapping[str, Saved]) -> bool:
        """Replace the file; True when it is on disk. A full or broken disk is said and harms nothing else."""
        arrays: dict[str, np.ndarray] = {"views": np.array(list(saved), dtype=np.str_)}
        for number, one in enumerate(saved.values()):
            arrays |= {f"{name}_{number}": getattr(one, name) for name in _ARRAYS}
            arrays[f"facts_{number}"] = np.array([one.offset, one.step, one.mad_step, one.seen_s], np.float64)
        try:
            write_arrays(self._path, arrays)
        except OSError as fault:
            log.error("%s: cannot be written (%s): after a restart these views are learnt anew", self._path, fault)
            return False
        return True


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

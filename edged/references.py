"""The commissioned pictures and beacons of one camera's views, kept for years beside its backgrounds: what its aim is compared with.

One file, replaced whole. While the settings of mount, lens and view stay as they are its content is never replaced, only added to. A
damaged or foreign file is set aside under `.damaged` and said: drift is then counted from a new reference.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

import numpy as np
from pydantic import TypeAdapter

from edged.arrayfile import read_views, write_arrays
from edged.detector.aiming import Baseline, Reference
from edged.model.errors import StoreGarbled

log = logging.getLogger("edged.references")
_BEACONS: TypeAdapter[dict[str, Baseline]] = TypeAdapter(dict[str, Baseline])


class References:
    """The file of one camera."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._ids: dict[str, str] = {}

    def read(self) -> dict[str, Reference]:
        """Return what was commissioned by view id; nothing where there is no file or it is damaged."""
        try:
            found = read_views(self._path, _reference)
        except StoreGarbled as fault:
            log.error("%s: set aside; drift of this head is counted from new references", fault)
            return {}
        self._ids = {view: one.commission_id for view, one in found.items()}
        return found

    def write(self, references: Mapping[str, Reference]) -> bool:
        """Replace the file; True when it is on disk. A full or broken disk is said and harms nothing else."""
        for view, one in references.items():
            if self._ids.get(view, one.commission_id) != one.commission_id:
                log.warning("%s: view %s has a new reference picture, since its settings of mount, lens or view changed", self._path, view)
        arrays: dict[str, np.ndarray] = {"views": np.array(list(references), dtype=np.str_)}
        for number, one in enumerate(references.values()):
            arrays[f"mean16_{number}"] = one.mean16
            arrays[f"facts_{number}"] = np.array([one.offset, one.step, *one.at_cells], np.float64)
            beacons = {name: asdict(base) for name, base in one.beacons.items()}
            arrays[f"words_{number}"] = np.array([one.commission_id, json.dumps(beacons)], dtype=np.str_)
        try:
            write_arrays(self._path, arrays)
        except OSError as fault:
            log.error("%s: cannot be written (%s): after a restart drift is counted from what was written before", self._path, fault)
            return False
        self._ids = {view: one.commission_id for view, one in references.items()}
        return True


def _reference(kept: Mapping[str, np.ndarray], number: int) -> Reference:
    """Return one view's. Raises ValueError, KeyError, ValidationError for anything that no reference can be."""
    mean16 = kept[f"mean16_{number}"]
    offset, step, x, y = (float(value) for value in kept[f"facts_{number}"])
    commission_id, beacons = (str(word) for word in kept[f"words_{number}"])
    if mean16.ndim != 2 or min(mean16.shape) < 2 or str(mean16.dtype) != "uint16":
        raise ValueError(f"view {number}: a picture of another form")
    if not (np.isfinite([offset, step, x, y]).all() and step > 0 and commission_id):
        raise ValueError(f"view {number}: figures that no reference has")
    return Reference(commission_id, mean16, offset, step, (x, y), _BEACONS.validate_json(beacons))

"""Arrays of one camera, view by view, in one file, replaced whole. A damaged or foreign file is set aside under `.damaged`."""

from __future__ import annotations

import os
import zipfile
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

import numpy as np

from edged.model.errors import StoreGarbled

MOST_BYTES = 64_000_000
T = TypeVar("T")


def read_views(path: Path, parse: Callable[[Mapping[str, np.ndarray], int], T]) -> dict[str, T]:
    """Return what `parse` makes of each view, by the ids in `views`; nothing where there is no file.

    `parse` gets all arrays and the view's number, and raises ValueError or KeyError for what it cannot be. Raises StoreGarbled after the
    file was set aside.
    """
    try:
        if path.stat().st_size > MOST_BYTES:
            raise ValueError(f"over {MOST_BYTES // 1_000_000} MB")
        with np.load(path, allow_pickle=False) as kept:
            return {str(view): parse(kept, number) for number, view in enumerate(kept["views"])}
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as fault:
        with suppress(OSError):
            path.replace(path.with_suffix(".damaged"))
        raise StoreGarbled(f"{path}: cannot be read ({fault})", zh=f"{path}: 无法读取 ({fault})") from fault


def write_arrays(path: Path, arrays: Mapping[str, np.ndarray]) -> None:
    """Replace the file; it is on disk when this returns. Raises OSError."""
    part = path.with_suffix(".part")
    path.parent.mkdir(parents=True, exist_ok=True)
    with part.open("wb") as out:
        np.savez(out, **arrays)  # type: ignore[arg-type]
        out.flush()
        os.fsync(out.fileno())
    part.replace(path)

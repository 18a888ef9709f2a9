"""ESRI ASCII grid: a few lines of header, then heights from the north-west."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import TextIO

import numpy as np

from edged.store.raster import MAX_BYTES, Raster, garbled, sized, too_large, unreadable

MAX_LINE = 1 << 20
_KEYS = {"ncols", "nrows", "xllcorner", "yllcorner", "xllcenter", "yllcenter", "cellsize", "dx", "dy", "nodata_value", "nodata"}


def read_ascii_grid(path: Path) -> Raster:
    """Return the grid. Raises StoreRefused for a file that cannot be read or is too large, StoreGarbled for what is none."""
    sized(path)
    try:
        with path.open(encoding="ascii", errors="strict") as handle:
            return _grid(path, handle)
    except UnicodeDecodeError as fault:
        raise garbled(path, "it holds other than numbers", "含有数字以外的内容") from fault
    except OSError as fault:
        raise unreadable(path, fault) from fault


def _grid(path: Path, handle: TextIO) -> Raster:
    header, words = _header(path, handle)
    try:
        cols, rows = int(header["ncols"]), int(header["nrows"])
        dx = header.get("dx", header.get("cellsize", math.nan))
        dy = header.get("dy", header.get("cellsize", math.nan))
        west = header["xllcenter"] if "xllcenter" in header else header["xllcorner"] + dx / 2.0
        south = header["yllcenter"] if "yllcenter" in header else header["yllcorner"] + dy / 2.0
    except (KeyError, ValueError, OverflowError) as fault:
        raise garbled(path, f"its header lacks {fault}", f"文件头缺少 {fault}") from fault
    if not (cols > 0 and rows > 0 and dx > 0 and dy > 0 and math.isfinite(dx + dy + west + south)):
        raise garbled(path, "its header makes no sense", "文件头无意义")
    if cols * rows * 4 > MAX_BYTES:
        raise too_large(path, f"{cols * rows * 4 / 1e6:.0f} MB")
    try:
        values = np.fromiter((float(word) for word in words), np.float32, cols * rows)
    except ValueError as fault:
        wrong = f"{fault}, {cols} × {rows} heights are due"
        raise garbled(path, wrong, f"{fault}, 应有 {cols} × {rows} 个高程") from fault
    if next(words, None) is not None:
        raise garbled(path, f"more than {cols} × {rows} heights", f"多于 {cols} × {rows} 个高程")
    north = south + dy * (rows - 1)
    return Raster(values.reshape(rows, cols), (dx, 0.0, west, 0.0, -dy, north), None, header.get("nodata_value", header.get("nodata")))


def _header(path: Path, handle: TextIO) -> tuple[dict[str, float], Iterator[str]]:
    header: dict[str, float] = {}
    lines = _lines(path, handle)
    for line in lines:
        words = line.split()
        if not words:
            continue
        word = words[0].lower()
        if word not in _KEYS or len(words) != 2:
            if not header:
                raise garbled(path, f'its first line is "{line.strip()[:40]}", not ncols', f"首行为 “{line.strip()[:40]}”, 应为 ncols")
            return header, (one for row in chain([line], lines) for one in row.split())
        try:
            header[word] = float(words[1])
        except ValueError as fault:
            raise garbled(path, f"{word} is {words[1][:40]}", f"{word} 为 {words[1][:40]}") from fault
    return header, iter(())


def _lines(path: Path, handle: TextIO) -> Iterator[str]:
    """Yield lines, a very long one in pieces that end between two numbers."""
    rest = ""
    while piece := handle.readline(MAX_LINE):
        rest += piece
        if piece.endswith("\n") or len(piece) < MAX_LINE:
            yield rest
            rest = ""
        elif (cut := max(rest.rfind(" "), rest.rfind("\t"))) > 0:
            yield rest[:cut]
            rest = rest[cut:]
        elif len(rest) > 2 * MAX_LINE:
            raise garbled(path, "a line without numbers", "有一行不含数字")
    if rest:
        yield rest

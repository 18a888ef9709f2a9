"""Files as a camera: an iterator of frames with a clock of its own.

Stills that follow one another and look alike are one scene at `fps`; a still that shows something else begins a new scene, and so does
every clip. A scene shorter than `hold_s` is held on its last picture until then; held frames say so, because a picture that does not
change on purpose is no frozen sensor. Time is synthetic: it runs on from scene to scene and never looks at a clock.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from edged.camera.picture import Raw, clip, is_still, readable, still
from edged.model.errors import CameraGarbled, CameraUnreachable
from edged.model.frame import Frame, Picture

Thumb = npt.NDArray[np.float32]

STILLS_FPS = 5.0
HOLD_FPS = 2.0
GAP_S = 20.0
"""Between scenes; longer than any memory of a track, so that scenes do not run into one another."""
ALIKE = 0.5
"""Correlation of the thumbnails' fine structure, at the best shift of up to 4 %, from which two stills are one scene. Fixed cameras give
0.72–0.97, also when shifted by 10 px; different views of one flight up to 0.27 (measured on real series)."""
THUMB = (96, 78)
REACH, FINE = 4, 9
START = datetime(2026, 1, 1, tzinfo=UTC)
FIRST_MONO_S = 100.0


@dataclass(frozen=True, slots=True, eq=False)
class Played:
    """A frame, the file it came from, its scene (rising from 1), and how it encodes heat where the file proves it."""

    frame: Frame
    source: Path
    scene: int
    picture: Picture | None


class Replay:
    """Iterate over the frames of files and directories, in natural order of their names. Files that cannot be read are in `faults`."""

    def __init__(self, sources: Iterable[Path], fps: float | None = None, hold_s: float = 10.0, start: datetime = START) -> None:
        self.files = files(sources)
        self.faults: list[CameraGarbled] = []
        self._fps, self._hold_s, self._start = fps, hold_s, start
        self._index = 0
        self._scene = 0
        self._mono_s = FIRST_MONO_S

    def __iter__(self) -> Iterator[Played]:
        shown: tuple[Raw, Path] | None = None
        began = thumb_of = None
        for path in self.files:
            if not is_still(path):
                yield from self._hold(shown, began)
                shown = thumb_of = None
                yield from self._clip(path)
                continue
            try:
                raw = still(path)
            except CameraGarbled as fault:
                self.faults.append(fault)
                continue
            thumb = _thumbnail(raw.pixels)
            if shown is None or thumb_of is None or not _same_kind(raw, shown[0]) or not _alike(thumb, thumb_of):
                yield from self._hold(shown, began)
                began = self._begin()
            else:
                self._mono_s += 1.0 / (self._fps or STILLS_FPS)
            shown, thumb_of = (raw, path), thumb
            yield self._play(raw, path, held=False)
        yield from self._hold(shown, began)

    def _begin(self) -> float:
        self._scene += 1
        if self._scene > 1:
            self._mono_s += GAP_S
        return self._mono_s

    def _clip(self, path: Path) -> Iterator[Played]:
        began = self._begin()
        last: Raw | None = None
        try:
            for number, raw in enumerate(clip(path)):
                self._mono_s = began + (number / self._fps if self._fps else raw.at_s or 0.0)
                last = raw
                yield self._play(raw, path, held=False)
        except CameraGarbled as fault:
            self.faults.append(fault)
        yield from self._hold((last, path) if last is not None else None, began)

    def _hold(self, shown: tuple[Raw, Path] | None, began: float | None) -> Iterator[Played]:
        if shown is None or began is None:
            return
        while self._mono_s < began + self._hold_s:
            self._mono_s += 1.0 / HOLD_FPS
            yield self._play(*shown, held=True)

    def _play(self, raw: Raw, path: Path, *, held: bool) -> Played:
        at = self._start + timedelta(seconds=self._mono_s - FIRST_MONO_S)
        frame = Frame(raw.pixels, self._index, self._mono_s, at, at, raw.key or held, raw.damaged, held)
        self._index += 1
        return Played(frame, path, self._scene, raw.picture)


def files(sources: Iterable[Path]) -> list[Path]:
    """Return the files of sources in order; a directory gives its readable files by natural name. Raises CameraUnreachable."""
    out: list[Path] = []
    for source in sources:
        if source.is_dir():
            inside = sorted((p for p in source.iterdir() if p.is_file() and readable(p)), key=_natural)
            if not inside:
                raise CameraUnreachable(
                    f"replay: {source}: no PNG, TIFF, JPEG, CPTV or video file in it", f"回放: {source}: 其中没有可回放的文件"
                )
            out += inside
        elif source.is_file():
            out.append(source)
        else:
            raise CameraUnreachable(
                f"replay: {source}: no such file or directory: check the path", f"回放: {source}: 文件或目录不存在: 请检查路径"
            )
    return out


def _natural(path: Path) -> list[tuple[int, int, str]]:
    return [(0, int(part), "") if part.isdigit() else (1, 0, part) for part in re.split(r"(\d+)", path.name) if part]


def _same_kind(one: Raw, two: Raw) -> bool:
    return one.pixels.shape == two.pixels.shape and one.pixels.dtype == two.pixels.dtype and one.picture == two.picture


def _thumbnail(pixels: npt.NDArray[np.generic]) -> Thumb:
    """Return the fine structure of a picture, small, every part with equal weight: a horizon alone makes no scene."""
    grey = pixels if pixels.ndim == 2 else pixels[..., :3].mean(axis=2)
    level = np.nan_to_num(np.asarray(grey, np.float32))
    small = np.asarray(cv2.resize(level, THUMB, interpolation=cv2.INTER_AREA), np.float32)
    fine = small - np.asarray(cv2.blur(small, (FINE, FINE)), np.float32)
    local = np.sqrt(np.asarray(cv2.blur(fine * fine, (FINE, FINE)), np.float32))
    return np.asarray(fine / (local + 0.3 * fine.std() + 1e-6), np.float32)


def _alike(one: Thumb, two: Thumb) -> bool:
    if one.std() < 1e-3 or two.std() < 1e-3:
        return bool(one.std() < 1e-3 and two.std() < 1e-3)
    inner = np.ascontiguousarray(two[REACH:-REACH, REACH:-REACH])
    return float(cv2.matchTemplate(one, inner, cv2.TM_CCOEFF_NORMED).max()) >= ALIKE

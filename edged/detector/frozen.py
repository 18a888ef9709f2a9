"""Whether the sensor is dead although pictures arrive: its noise is gone, while a clock runs and an encoder codes the same picture anew.

Two tests, by what a coder makes of a still picture. *Keys*: key frames are compared with key frames, because a coder builds a still
picture up in the same way from each. Share of changed pixels, 320 × 256 and 640 × 512: alive 0.20–0.71, with strong noise reduction from
0.12; dead 0.00–0.02 once the rate control has settled, which below 1 Mbit/s may take 20 s, at times up to 0.6. *Ends*: the last pictures
before key frames, the best that the rate control made of a still picture, are compared with one another: alive their share stays within
10 % of its own middle (0.14–0.71), whatever the bitrate; dead it falls below 0.8 of it within two key intervals, from 96 kbit/s on. It is
not asked while anything moves between the upper and lower eighth, where clocks stand: a lorry takes bits from the rest of the picture.
"""

from __future__ import annotations

from collections import deque

import numpy as np
import numpy.typing as npt

from edged.model.frame import Frame

TILES = 8
CLOCK_TILES = 8
"""So many of the 8 × 8 tiles, those that changed most, may belong to on-screen text and are left out."""
ALIKE, NEARLY = 0.05, 0.3
"""Dead: a key frame differs from one before it in at most 5 % of the pixels, and the last one did in at most 30 %."""
LIVE_FRAME, LIVE_FRAMES = 0.45, 2
"""A change from one picture to the next in more than this share is noise or movement, and hardly ever the coder; so many in a row never."""
KEYS = 3
"""A key frame is compared with so many before it: a rate control that swings between two steps repeats itself at every other one."""
UNLIKE_CLEARLY, UNLIKE = 3, 6
"""A dead sensor lives again after so many key frames in a row over `NEARLY`, or so many over `ALIKE`."""
STILL = 0.005
"""Up to this share a picture does not count as changed; text and its coding noise beside it make no more."""
ENDS_KNOWN, ENDS_KEPT, EARLY = 4, 12, 0.1
"""The middle of the ends' shares is taken of so many at most; until so many are known, while noise reduction and rate control settle, they
must fall by a tenth more."""
FALLS, FALLS_CLEARLY, RETURNS, LEAST_MIDDLE, FALLEN_S = 0.8, 0.7, 0.9, 0.1, 3.8
"""Dead: three ends in a row below 0.8 of the middle, or two with one of them below 0.7, so long after the last one that was not
(a flat-field pause is shorter); alive again: two in a row over 0.9 of it."""
MOVES_LEVELS, BROAD_TILES = 0.8, 8
"""A tile whose mean moves by more shows something that lives; so many of them, another gain: what was known of the ends is void."""
UNPROVEN_S = 40.0
"""A sensor called dead by its ends must repeat a key frame within this time; else its noise has only become less, and is learnt anew."""
APART_S = 1.5
"""Key frames nearer than this (each picture of a snapshot camera) are not compared: a camera repeats pictures for up to 1.5 s."""

Grid = npt.NDArray[np.float32]


class Frozen:
    """Follows one camera's noise."""

    def __init__(self, frozen_s: float) -> None:
        self._frozen_s = frozen_s
        self._last: Grid | None = None
        self._keys: deque[Grid] = deque(maxlen=KEYS)
        self._key_s = 0.0
        self._since_s = 0.0
        self._before = 1.0
        self._unlike = self._clearly = self._lively = 0
        self._dead = False
        self._ends: deque[Grid] = deque(maxlen=KEYS)
        self._shares: deque[float] = deque(maxlen=ENDS_KEPT)
        self._fallen: deque[float] = deque(maxlen=3)
        self._settled = False
        self._settled_s = self._stood_s = 0.0
        self.changed = True
        """Whether the last picture showed more than text running."""

    def check(self, grid: Grid, frame: Frame, *, crushed: bool = False) -> bool:
        """Take the next picture, (h, w) of unfiltered pixels, and tell whether the sensor is dead. Time is `frame.mono_s`.

        `crushed`: something that lives has taken the scale, and the noise is less than a level.
        """
        last, self._last = self._last, grid
        other = frame.held or crushed or last is None or last.shape != grid.shape
        lively, self.changed = (True, True) if other or last is None else _changes(grid, last)
        self._lively = self._lively + 1 if not frame.key and lively else 0
        if other or self._lively:
            self._live(frame.mono_s)
            self._fallen.clear()
            self._stood_s = frame.mono_s
        if (other or self._lively >= LIVE_FRAMES) and (self._ends or self._settled):
            self._forget_ends()
        if frame.key and (not self._keys or frame.mono_s - self._key_s >= APART_S):
            if last is not None and not other:
                self._end(last, frame.mono_s)
            self.changed = self._compare(grid, frame.mono_s) > STILL
        return self._dead or self._settled

    def _live(self, now: float) -> None:
        self._keys.clear()
        self._since_s, self._before, self._unlike, self._clearly, self._dead = now, 1.0, 0, 0, False

    def _forget_ends(self) -> None:
        for known in (self._ends, self._shares, self._fallen):
            known.clear()
        self._settled = False

    def _end(self, grid: Grid, now: float) -> None:
        """Take the last picture before a key frame."""
        before = self._ends[-1] if self._ends else None
        if before is not None and (moving := _moving(grid, before)):
            if moving >= BROAD_TILES:
                self._forget_ends()
            self._fallen.clear()
            self._settled = False
            self._ends.append(grid)
            self._stood_s = now
            return
        share = min((changed(grid, end) for end in self._ends), default=None)
        self._ends.append(grid)
        if share is None:
            self._stood_s = now
            return
        middle = float(np.median(self._shares)) if self._shares else 0.0
        self._fallen.append(share / middle if middle >= LEAST_MIDDLE else 1.0)
        two = list(self._fallen)[-2:]
        if self._settled:
            self._settled = not (len(two) == 2 and min(two) >= RETURNS)
            if now - self._settled_s > UNPROVEN_S:
                self._forget_ends()
        elif _falls(list(self._fallen), early=len(self._shares) < ENDS_KNOWN) and now - self._stood_s >= (
            FALLEN_S if share > STILL else self._frozen_s
        ):
            self._settled, self._settled_s = True, now
        if self._fallen and self._fallen[-1] >= FALLS - (EARLY if len(self._shares) < ENDS_KNOWN else 0.0):
            self._shares.append(share)
            self._stood_s = now if self._fallen[-1] >= FALLS else self._stood_s

    def _compare(self, grid: Grid, now: float) -> float:
        share = min((changed(grid, key) for key in self._keys), default=1.0)
        before, self._before = self._before, share
        self._keys.append(grid)
        self._key_s = now
        if share <= ALIKE:
            self._settled_s = now
        self._unlike = self._unlike + 1 if share > ALIKE else 0
        self._clearly = self._clearly + 1 if share > NEARLY else 0
        if self._dead:
            self._dead = self._unlike < UNLIKE and self._clearly < UNLIKE_CLEARLY
        elif share <= ALIKE and before <= NEARLY and now - self._since_s >= self._frozen_s:
            self._dead = True
        return share


def _falls(ends: list[float], *, early: bool) -> bool:
    """Tell whether the newest ends, as shares of the middle, are those of a still picture."""
    two, less = ends[-2:], EARLY if early else 0.0
    if len(ends) == 3 and max(ends) < FALLS - less:
        return True
    return len(two) == 2 and max(two) < FALLS - less and min(two) < FALLS_CLEARLY - less


def _moving(grid: Grid, other: Grid) -> int:
    """Return how many tiles between the upper and the lower eighth changed their mean."""
    h, w = (side // TILES for side in grid.shape)
    difference = (grid[: h * TILES, : w * TILES] - other[: h * TILES, : w * TILES]).reshape(TILES, h, TILES, w).mean(axis=(1, 3))
    return int(np.count_nonzero(np.abs(difference[1:-1]) > MOVES_LEVELS))


def _changes(grid: Grid, other: Grid) -> tuple[bool, bool]:
    """Return whether the share of `changed` is over `LIVE_FRAME`, and over `STILL`. Mostly the count of all pixels that differ tells."""
    h, w = (side // TILES for side in grid.shape)
    tile, rest = h * w, TILES * TILES - CLOCK_TILES
    count = int(np.count_nonzero(grid[: h * TILES, : w * TILES] != other[: h * TILES, : w * TILES]))
    most, least = count / max(1, tile * TILES * TILES), (count - CLOCK_TILES * tile) / max(1, tile * rest)
    if (most <= LIVE_FRAME or least > LIVE_FRAME) and (most <= STILL or least > STILL) and tile:
        return least > LIVE_FRAME, least > STILL
    share = changed(grid, other)
    return share > LIVE_FRAME, share > STILL


def changed(grid: Grid, other: Grid) -> float:
    """Return the share of pixels that differ, without the tiles that differ most; 1 where there are not enough pixels for tiles."""
    h, w = (side // TILES for side in grid.shape)
    if not h * w:
        return 1.0
    differs = (grid[: h * TILES, : w * TILES] != other[: h * TILES, : w * TILES]).view(np.uint8)
    rows = np.add.reduce(differs.reshape(TILES, h, TILES * w), axis=1, dtype=np.uint16)
    tiles = np.add.reduce(rows.reshape(TILES * TILES, w), axis=1, dtype=np.uint32)
    tiles.sort()
    return float(np.add.reduce(tiles[:-CLOCK_TILES]) / ((TILES * TILES - CLOCK_TILES) * h * w))

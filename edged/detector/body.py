"""What came with a hot spot: the body of a vehicle or container that was not there when the view was learnt.

A fire begins small on something that stands there already; what arrives brings its own outline, warmer or colder than the ground was.
"""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from edged.detector.background import CELL
from edged.detector.track import Track
from edged.detector.viewcells import cells_in
from edged.model.sighting import Hotspot

Mask = npt.NDArray[np.bool_]
CROWD_SHARE = 0.2
"""New things are a crowd, or company of one that made the gain collapse, with so much of its excess; the rest shows with the gain."""
LEAST_CELLS, OWN_SHARE, COVERED = 4, 0.5, 0.8
"""So many changed cells outside the spot, and so many for each of its own, are a body; what grows over so much of them had none."""
BLUR_PX = 2
"""So far from its box a spot's own light reaches."""
COMPANY_PX, LEVEL_PX = 80.0, 10.0
"""Hot parts of one vehicle, engine, exhaust and wheels, appear together, side by side and about level."""
COMES_S = 4.0
"""That something drives is told after seconds; what is younger than that came with it."""
GREW_TOGETHER = 8.0
"""What warms broadly passes the limit in bits, now here, now there: what has grown by this factor over them, and hotter than a box that is
set down piece by piece, neither came with them nor moved."""
FARTHEST_CELLS = 40
"""A change wider than this is of the scene, not of a vehicle."""
EVEN_PX, EVEN_SIDE_PX, EVEN_FILL, EVEN_RISE, FILL_SLACK = 80, 3, 0.66, 1.6, 0.16
"""A box that landed: half-level area, its shorter side, how much of its outline it fills, and peak over mean rise, at most. One that has
landed may seem to fill less of it by so much: noise and sway nibble at it."""
LANDS_S, SAME_RISE, SAME_AREA, STILL_RISE, WHOLE_PX, BOX_RISE = 45.0, 1.3, 1.6, 1.15, 40, 1.6
"""So long it may take to come into view, and by so much it may seem hotter meanwhile; or larger, where it was there whole at once.
What is hotter than its first frame by the last factor was no box."""


def cells_with(changed: Mask, spot: tuple[slice, slice]) -> int:
    """Return how many changed cells hang together with a spot's cells without being among them. Shapes: `changed` (H // 4, W // 4).

    None where the spot lies in the last rows or columns of a picture whose sides are no multiple of 4: they have no cells.
    """
    rows, cols = spot
    top, left = max(0, rows.start - FARTHEST_CELLS), max(0, cols.start - FARTHEST_CELLS)
    around = changed[top : rows.stop + FARTHEST_CELLS, left : cols.stop + FARTHEST_CELLS].astype(np.uint8)
    own = (slice(rows.start - top, rows.stop - top), slice(cols.start - left, cols.stop - left))
    if around[own].size == 0:
        return 0
    around[own] = 1
    _, labels, stats, _ = cv2.connectedComponentsWithStats(around, connectivity=8)
    whole = int(stats[int(labels[own].max()), cv2.CC_STAT_AREA])
    return whole - around[own].size


def company(spot: Hotspot, others: list[Hotspot]) -> list[Hotspot]:
    """Return the other spots that appeared with this one and may be parts of the same vehicle."""
    return [
        other for other in others
        if other is not spot and abs(other.x_px - spot.x_px) <= COMPANY_PX and abs(other.y_px - spot.y_px) <= LEVEL_PX
    ]  # fmt: skip


def lands(track: Track) -> bool:
    """Tell whether a young track shows itself to be a box that is set down, piece by piece and as warm as in its first frame."""
    if track.first_look or track.age_s > LANDS_S:
        return False
    return is_landed(track.spot) and track.spot.peak - track.spot.background <= SAME_RISE * track.birth_rise


def _stands_whole(track: Track, fill: float) -> bool:
    """Tell whether a small even box is just as it was in its first frame: as large, as warm. What burns is hotter within seconds.

    `fill`: share of its outline that it fills at least.
    """
    rise, whole = track.spot.peak - track.spot.background, track.spot.area_px <= SAME_AREA * track.birth_px
    return not track.first_look and whole and rise <= STILL_RISE * track.birth_rise and is_landed(track.spot, WHOLE_PX, fill)


def is_landed(spot: Hotspot, least_px: int = EVEN_PX, fill: float = EVEN_FILL) -> bool:
    """Tell whether a spot that was not there before is a wide even box. A flame is peaked; what heats itself begins small."""
    _, _, w, h = spot.box_px
    filled = spot.area_px >= max(least_px, fill * w * h) and min(w, h) >= EVEN_SIDE_PX
    mean = spot.excess / max(1, spot.area_px)
    return filled and not spot.over_range and spot.peak - spot.background <= EVEN_RISE * mean


def came_along(changed: Mask, spot: tuple[slice, slice]) -> bool:
    """Tell whether a body came with a spot."""
    rows, cols = spot
    own = (rows.stop - rows.start) * (cols.stop - cols.start)
    return bool(cells_with(changed, spot) >= max(LEAST_CELLS, OWN_SHARE * own))


def grew_together(track: Track, from_px: int) -> bool:
    """Tell whether a track has grown from bits of this area, and hotter."""
    hotter = track.spot.peak - track.spot.background >= BOX_RISE * track.birth_rise
    return hotter and 0 < GREW_TOGETHER * from_px <= track.spot.area_px


def grew_over_its_way(track: Track, from_px: int) -> bool:
    """Tell whether what seemed to move has grown from bits of this area over all the places where its middle has been."""
    return grew_together(track, from_px) and track.path is not None and track.covers(*track.path)


def look(track: Track, changed: Mask, lately: list[Hotspot], end: float = float("inf")) -> None:
    """Tell a new track whether a body came with it, or it landed whole. `lately`: spots that appeared with it, or belong to vehicles.

    `end` of a grey scale in units of heat: what is at it is as flat as the scale makes it.
    """
    x, y, w, h = track.spot.box_px
    own = cells_in((x - BLUR_PX, y - BLUR_PX, w + 2 * BLUR_PX, h + 2 * BLUR_PX), (0.0, 0.0), 0)
    track.company = _beside(track, lately)
    track.body_cells = cells_with(changed, own)
    track.with_body = bool(track.company) or came_along(changed, own)
    track.landed = is_landed(track.spot) and track.spot.peak < end


def joins(track: Track, driving: list[Hotspot]) -> None:
    """Look again at a track of the last seconds: it came with what is seen to drive beside it now."""
    if track.first_look or track.with_body or track.age_s > COMES_S:
        return
    track.company = _beside(track, driving)
    track.with_body = bool(track.company)


def _beside(track: Track, others: list[Hotspot]) -> list[tuple[float, float, float]]:
    """Return place (px, sway removed) and excess of its company."""
    x, y = track.recent[-1].x - track.spot.x_px, track.recent[-1].y - track.spot.y_px
    return [(other.x_px + x, other.y_px + y, other.excess) for other in company(track.spot, others)]


def again(track: Track, end: float = float("inf")) -> None:
    """Look again. What warms broadly shows its first pixels in the midst of itself and covers it later; what grows hotter did not land;
    what made the gain collapse came with nothing of all that showed only by that.

    At the `end` of a grey scale a box and a bed of embers look alike, and that it stays as warm as it came says nothing.
    """
    _, _, w, h = track.spot.box_px
    grew = grew_together(track, track.birth_px)
    apart = [each for each in track.company if not (grew and track.covers(each[0], each[1], each[0], each[1]))]
    if track.took_scale:
        apart = [each for each in apart if each[2] >= CROWD_SHARE * track.spot.excess]
    hotter = track.spot.peak - track.spot.background >= BOX_RISE * track.birth_rise
    covers = hotter and w * h >= COVERED * CELL * CELL * track.body_cells
    if track.with_body and not apart and (covers or track.took_scale):
        track.with_body, track.company = False, []
    large = track.spot.area_px >= EVEN_PX and track.spot.peak - track.spot.background <= BOX_RISE * track.birth_rise
    landed = (large and (track.landed or lands(track))) or _stands_whole(track, EVEN_FILL - (FILL_SLACK if track.landed else 0.0))
    landed = landed and track.end is None and track.spot.peak < end
    if track.landed and not landed:
        track.held_against.pop("landed", None)
    track.landed = landed

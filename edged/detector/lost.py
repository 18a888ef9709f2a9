"""Whether a source that is new in a view may be one that was lost: something that drove on, was hidden, or crept while it was learnt."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from edged.detector.track import Track
from edged.model.sighting import Hotspot

GONE_S, NEAR_S, DRIVEN_PX, DRIVEN_PX_S, DRIVEN_AREA = 15.0, 120.0, 20.0, 25.0, 10.0
"""How long a lost track may turn up farther on, how long near by, how far, and by what factor smaller or larger: something drives by so
many pixels, and by so many more a second; what creeps is learnt where it is and shows again where it has crept to."""
AS_FAST = 2.0
"""What was hidden for longer drove on by so many times its pace at most."""
YOUNG_S, MOMENT_S = 2.0, 0.5
BLIP_PX, LIMIT_SHARE = 2, 0.5
"""What showed in one picture in so few pixels is noise or an edge; what stood and was found in less than this share of the pictures is at
its limit. Neither drove."""
JUMPS, JUMPS_S = 1.5, 10.0
"""What is new and becomes so many times stronger from one look to the next may be one that was hidden meanwhile."""


def is_another(unseen: Iterable[Track], resting: Iterable[Track], spot: Hotspot, now: float, shift: tuple[float, float]) -> bool:
    """Tell whether a spot may be one of those that are `unseen`, or of those `resting` that were put away while they moved.

    What was always there, at its limit, does not drive, nor does what came to it later, nor what a gain on its way let show for a moment.
    """
    vanished = [old for old in unseen if old.last_s < now and not (_blinks(old) or _let_out(old)) and (_moves(old) or not old.first_look)]
    return any(_may_be(old, spot, now, shift) for old in (*vanished, *[old for old in resting if _moves(old)]))


def turns_into_another(track: Track, rise: float, unseen: Iterable[Track], now: float, shift: tuple[float, float]) -> bool:
    """Tell whether a new track may have become one of those that drove and are `unseen`, being stronger at once. `rise`: its last one."""
    if track.first_look or track.age_s > JUMPS_S or track.spot.peak - track.spot.background < JUMPS * rise:
        return False
    drove = [old for old in unseen if old.last_s < now and old.age_s >= YOUNG_S and _moves(old)]
    return any(_may_be(old, track.spot, now, shift) for old in drove)


def _let_out(track: Track) -> bool:
    """Tell whether a source showed for a moment alone, while the gain was on its way."""
    return track.age_s < MOMENT_S and track.hunted_s >= track.born_s


def _moves(track: Track) -> bool:
    """Tell whether a source has been a size of it apart, or was too short in sight for that."""
    return track.age_s < YOUNG_S or _roamed_px(track) >= track.size_px


def _blinks(track: Track) -> bool:
    """Tell whether a source was noise, or an edge that sways, or came and went where it stood."""
    if track.seen == 1:
        return track.spot.area_px <= BLIP_PX
    return not _moves(track) and track.seen < LIMIT_SHARE * track.looked


def _roamed_px(track: Track) -> float:
    """Return how far apart a source's middle has been."""
    west, north, east, south = track.path or (0.0, 0.0, 0.0, 0.0)
    return float(np.hypot(east - west, south - north))


def _may_be(old: Track, spot: Hotspot, now: float, shift: tuple[float, float]) -> bool:
    """Tell whether a spot may be a track that was lost: as hot, of its size, and no farther than something drives meanwhile."""
    at, rise = old.recent[-1], spot.peak - spot.background
    was = old.spot.peak - old.spot.background
    away = float(np.hypot(spot.x_px - shift[0] - at.x, spot.y_px - shift[1] - at.y))
    alike = 0.5 * was <= rise <= 2.0 * was and 1.0 / DRIVEN_AREA <= spot.area_px / max(1, old.spot.area_px) <= DRIVEN_AREA
    gone_s = now - old.last_s
    pace = DRIVEN_PX_S if gone_s <= GONE_S else AS_FAST * _roamed_px(old) / max(1.0, old.age_s)
    return alike and gone_s <= NEAR_S and away <= DRIVEN_PX + pace * gone_s

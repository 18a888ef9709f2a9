"""Whether a source flickers as a flame does: its area, its light where it is small, or what licks out of a place at the end of a scale."""

from __future__ import annotations

from typing import NamedTuple

from edged.detector.course import Variation, course, light_noise, may_creep
from edged.detector.driveby import disturbs
from edged.detector.posture import Posture
from edged.detector.strength import Context
from edged.detector.track import Track
from edged.model.frame import Thermogram

VARIATION, VARIATION_HALF, VARIATION_STEP = 0.16, 0.10, 0.06
"""Area of a flame: CV 0.36, step 0.27; of a man standing 0.06 and 0.02 (facts A.3.6)."""
GLOW, GLOW_HALF, GLOW_STEP, GLOW_PX = 0.10, 0.07, 0.04, 12
"""Light of a flame of few pixels: its puffs at 1–3 Hz move it by 15–30 % (facts B.4)."""
WANDER_PX, WANDER_SIZES = 1.0, 0.25
"""A flame burns where it stands: the parts of a machine that begins to drive part and join as well, but their middle does not stay."""
SWAY_PX, SWAY_FLOOR, SWAY_SHARE = 1.0, 1.6, 0.025
"""In a view that sways a centre is known to a pixel less, a coder makes more of an outline's grid, and each pixel of sway (σ) adds a share:
a lamp of the first look, beyond the scale, had 5 to 17 px, a wall 80 to 130."""
OWN_SHARE = 0.5
"""Share of what moves at the end of a scale by which a source's own area at half level must move."""
PLUMES = ((6.0, 40.0), (12.0, 60.0), (20.0, 100.0))
"""A flame so wide, in pixels at half its level, that the lens resolves it is so many kelvins over its surroundings, as it is the deeper
the wider it is; steam and exhaust flicker as well."""


class Flicker(NamedTuple):
    """`flickers`: as a flame does; `licks`: out of a place at the end of a grey scale, beyond what it was long known to have."""

    flickers: bool
    licks: bool


def look(track: Track, thermogram: Thermogram, context: Context, posture: Posture, now: float) -> Flicker:
    """Tell how a track flickers that was seen in this frame."""
    if posture.held or not posture.standing or disturbs(track, now):
        return Flicker(flickers=False, licks=False)
    area, light = course(track).area, course(track).light
    if context.sways and track.first_look and thermogram.kind == "relative":
        area = area._replace(floor=SWAY_FLOOR * area.floor + SWAY_SHARE * context.sway_px)
    seen_to_begin = not (track.first_look or track.unwatched or track.visits)
    untold = track.works or (seen_to_begin and may_creep(track))
    settling = untold or context.bending or (context.hunting and (track.unwatched or bool(track.visits)))
    room_px = WANDER_PX + (SWAY_PX if context.sways else 0.0)
    wanders = course(track).wander_px > max(room_px, WANDER_SIZES * track.size_px)
    flickers = posture.clear and not (settling or wanders or _is_plume(track, thermogram)) and _flickers(area)
    licks = posture.whole and _licks(track, area, now, context.sway_px)
    if posture.clear and not (untold or wanders or posture.came or posture.creeps or track.first_look or track.twinkles):
        flickers = flickers or _glows(track, light, context)
    return Flicker(flickers or licks, licks)


def _flickers(area: Variation) -> bool:
    """Tell whether an area varies as that of a flame does, beyond what the pixel grid makes."""
    over = area.spread - VARIATION, area.half - VARIATION_HALF, area.step - VARIATION_STEP
    return min(over) >= area.floor


def _licks(track: Track, area: Variation, now: float, sway_px: float) -> bool:
    """Tell whether its place at the end of a scale flickers, and its own area at half level with it by more than the pixel grid makes; else
    noise or sway moves what just ends."""
    if track.end is None or not _flickers(seen := track.end.flicker(now, sway_px)) or area.spread < area.floor:
        return False
    return area.spread * track.samples[-1].area >= OWN_SHARE * seen.spread * track.end.beyond_px(now)


def _is_plume(track: Track, thermogram: Thermogram) -> bool:
    rise = track.spot.peak - track.spot.background
    return thermogram.kind != "relative" and any(track.samples[-1].area >= px and rise < k for px, k in PLUMES)


def _glows(track: Track, light: Variation, context: Context) -> bool:
    """Tell whether a source too small for its area to be seen to vary varies in its light, beyond what noise and sampling make."""
    if track.spot.area_px > GLOW_PX or context.hunting:
        return False
    noise = light_noise(light, track.spot.area_px, context.noise)
    return light.spread >= GLOW + 3.0 * noise and light.half >= GLOW_HALF + 2.0 * noise and light.step >= GLOW_STEP + 1.5 * noise

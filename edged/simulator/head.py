"""A pan-tilt-zoom head that takes time to turn. Pure: positions are functions of the time that is handed in.

Frame: pan turning right positive, ±180 the same direction; tilt up positive. `zoom_norm` 0 wide … 1 tele.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from edged.geometry.head import wrap_deg

TILT_MIN_DEG, TILT_MAX_DEG = -90.0, 40.0
PAN_SPEED, TILT_SPEED, ZOOM_SPEED = 40.0, 20.0, 0.4
"""Full speed: degrees and zoom range per second."""
ACCELERATION_S = 0.4
"""Seconds from standstill to full speed."""


class OutOfRange(ValueError):
    """The position lies outside the head's limits."""


@dataclass(frozen=True, slots=True)
class Axis:
    """One axis on its way from `start` to `target`, begun at `since_s`, at most `speed` a second."""

    start: float
    target: float
    since_s: float
    speed: float

    @property
    def duration_s(self) -> float:
        """How long the way takes."""
        far = abs(self.target - self.start)
        if self.speed <= 0 or far < 1e-9:
            return 0.0
        ramp = self.speed * ACCELERATION_S
        return far / self.speed + ACCELERATION_S if far >= ramp else 2.0 * math.sqrt(far * ACCELERATION_S / self.speed)

    def at(self, now_s: float) -> float:
        """Return the position: speeding up, steady, slowing down."""
        whole, t = self.duration_s, now_s - self.since_s
        if t >= whole:
            return self.target
        if t <= 0:
            return self.start
        far, pull = abs(self.target - self.start), self.speed / ACCELERATION_S
        ramp = min(ACCELERATION_S, whole / 2.0)
        if t < ramp:
            gone = 0.5 * pull * t * t
        elif t < whole - ramp:
            gone = 0.5 * pull * ramp * ramp + self.speed * (t - ramp)
        else:
            gone = far - 0.5 * pull * (whole - t) ** 2
        return self.start + math.copysign(gone, self.target - self.start)

    def moving(self, now_s: float) -> bool:
        """Tell whether it has not arrived."""
        return now_s < self.since_s + self.duration_s


@dataclass(frozen=True, slots=True)
class Position:
    """Where a head looks."""

    pan_deg: float
    tilt_deg: float
    zoom_norm: float


@dataclass(frozen=True, slots=True)
class Head:
    """The three axes. Every order returns the head that carries it out. Pan is kept unwrapped while turning."""

    pan: Axis
    tilt: Axis
    zoom: Axis

    @classmethod
    def resting(cls, position: Position) -> Head:
        """Return a head that stands still."""
        return cls(*(Axis(v, v, 0.0, 1.0) for v in (position.pan_deg, position.tilt_deg, position.zoom_norm)))

    def at(self, now_s: float) -> Position:
        """Return the position at a moment."""
        return Position(wrap_deg(self.pan.at(now_s)), self.tilt.at(now_s), self.zoom.at(now_s))

    def turning(self, now_s: float) -> bool:
        """Tell whether pan or tilt move."""
        return self.pan.moving(now_s) or self.tilt.moving(now_s)

    def zooming(self, now_s: float) -> bool:
        """Tell whether the zoom moves."""
        return self.zoom.moving(now_s)

    def turn_to(self, now_s: float, pan_deg: float | None, tilt_deg: float | None, zoom_norm: float | None, speed: float = 1.0) -> Head:
        """Order a position; None leaves an axis as it is. Raises OutOfRange."""
        if tilt_deg is not None and not TILT_MIN_DEG <= tilt_deg <= TILT_MAX_DEG:
            raise OutOfRange(f"tilt {tilt_deg:g}° outside {TILT_MIN_DEG:g}…{TILT_MAX_DEG:g}°")
        if pan_deg is not None and not -180.0 <= pan_deg <= 180.0:
            raise OutOfRange(f"pan {pan_deg:g}° outside −180…180°")
        if zoom_norm is not None and not 0.0 <= zoom_norm <= 1.0:
            raise OutOfRange(f"zoom {zoom_norm:g} outside 0…1")
        new = self
        if pan_deg is not None:
            here = self.pan.at(now_s)
            new = replace(new, pan=Axis(here, here + wrap_deg(pan_deg - here), now_s, PAN_SPEED * speed))
        if tilt_deg is not None:
            new = replace(new, tilt=Axis(self.tilt.at(now_s), tilt_deg, now_s, TILT_SPEED * speed))
        if zoom_norm is not None:
            new = replace(new, zoom=Axis(self.zoom.at(now_s), zoom_norm, now_s, ZOOM_SPEED * speed))
        return new

    def drive(self, now_s: float, pan: float, tilt: float, zoom: float, timeout_s: float) -> Head:
        """Move with a velocity (−1…1 of full speed an axis) until the time is over or an end is reached."""
        here = self.at(now_s)
        tilt_end = min(TILT_MAX_DEG, max(TILT_MIN_DEG, here.tilt_deg + tilt * TILT_SPEED * timeout_s))
        zoom_end = min(1.0, max(0.0, here.zoom_norm + zoom * ZOOM_SPEED * timeout_s))
        return Head(
            Axis(here.pan_deg, here.pan_deg + pan * PAN_SPEED * timeout_s, now_s, PAN_SPEED * abs(pan)),
            Axis(here.tilt_deg, tilt_end, now_s, TILT_SPEED * abs(tilt)),
            Axis(here.zoom_norm, zoom_end, now_s, ZOOM_SPEED * abs(zoom)),
        )

    def stop(self, now_s: float, *, turning: bool = True, zooming: bool = True) -> Head:
        """Hold the axes where they are."""
        here = self.at(now_s)
        held = Head.resting(here)
        return Head(held.pan if turning else self.pan, held.tilt if turning else self.tilt, held.zoom if zooming else self.zoom)


def zoomed_hfov_deg(wide_hfov_deg: float, max_zoom: float, zoom_norm: float) -> float:
    """Return the field of a lens whose focal length grows evenly with `zoom_norm`; the lens's own law, apart from `edged.geometry`."""
    return math.degrees(2.0 * math.atan(math.tan(math.radians(wide_hfov_deg) / 2.0) / (1.0 + (max_zoom - 1.0) * zoom_norm)))


def tilt_to_norm(tilt_deg: float) -> float:
    """Return tilt in the generic space: −1 at the lower, 1 at the upper end."""
    return (tilt_deg - TILT_MIN_DEG) / (TILT_MAX_DEG - TILT_MIN_DEG) * 2.0 - 1.0


def norm_to_tilt(tilt_norm: float) -> float:
    """Return the degrees of a generic tilt."""
    return TILT_MIN_DEG + (tilt_norm + 1.0) / 2.0 * (TILT_MAX_DEG - TILT_MIN_DEG)

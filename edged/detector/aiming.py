"""When a view is compared with its reference picture and its beacons are looked for, and what was commissioned. At most once a visit.

The reference is the first learnt background under given settings of mount, lens and view (`View.commission_id`); it stays as it is until
these change. Offsets are of the mean pose that bearings are counted from, so that sway does not enter. A view without a commission id
costs nothing.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from edged.detector import aim, beacon, bearing
from edged.detector.background import CELL, quarter_of
from edged.detector.gates import noise_of
from edged.detector.scene import ViewScene
from edged.detector.sway import Offset
from edged.geometry.head import wrap_deg
from edged.geometry.lens import separation_deg
from edged.model.aim import BEACON, REFERENCE, Aim, Beacon
from edged.model.frame import Frame, TemperatureKind, Thermogram
from edged.model.view import View

SETTLE_S = 3.0
AGAIN_S = 600.0
"""How often a view that is held on is compared again."""
LEARNT_S = 20.0
"""A background is a reference when it was learnt for so long."""
REACH_DEG = 2.5
"""Farthest offset of a reference that is looked for, and no more than a third of the picture."""
BEACON_REACH_DEG, BEACON_SIZE_DEG, BEACON_SIZE_PX = 1.0, 0.3, 8.0
ROUND_PX = 0.1
COMMISSIONING = 3
"""A beacon is commissioned by the middle of so many looks."""
LEAST_SHARE, MOST_SHARE = 0.08, 2.5
"""Share of the commissioned excess from which a beacon counts as seen, and above which something else is."""
SAME_PICTURE_SHARE, SAME_PICTURE_CELLS = 0.4, 1.0
"""Another view's picture is shown where so many windows agree that it is not shifted by more than this."""
APART_SHARE = 0.7
"""Views farther apart than this share of their field must not look alike."""

Array = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Baseline:
    """A beacon as it was commissioned. `given`: the angles of its settings then; the rest as measured, excess None without °C."""

    given: tuple[float, float]
    pan_deg: float
    tilt_deg: float
    width_px: float
    excess: float | None

    def room(self, kind: TemperatureKind) -> tuple[float, float] | None:
        """Return the least and greatest excess that this beacon may have now; None where levels say nothing of kelvins."""
        return None if self.excess is None or kind == "relative" else (LEAST_SHARE * self.excess, MOST_SHARE * self.excess)


@dataclass(frozen=True, slots=True, eq=False)
class Reference:
    """The commissioned picture of one view, 16 bit with offset and step, (h, w) cells; where its mean picture lay, cells; its beacons."""

    commission_id: str
    mean16: npt.NDArray[np.uint16]
    offset: float
    step: float
    at_cells: tuple[float, float]
    beacons: Mapping[str, Baseline] = field(default_factory=dict)

    @property
    def mean(self) -> Array:
        """The picture, units of heat."""
        return (self.mean16 * np.float32(self.step) + np.float32(self.offset)).astype(np.float32)


@dataclass(slots=True)
class _Visit:
    """The visit that runs: since when it is watched, or was last looked at."""

    key: tuple[str, int]
    since_s: float
    looked: bool = False

    def due(self, now: float) -> bool:
        return now - self.since_s >= (AGAIN_S if self.looked else SETTLE_S)


class Aimer:
    """Looks at the aim of one camera's views."""

    def __init__(self) -> None:
        self.references: dict[str, Reference] = {}
        self.changed = False
        """Whether `references` differs from what was last taken to be kept."""
        self._visit = _Visit(("", -1), 0.0)
        self._tries: dict[tuple[str, str], list[Baseline]] = {}
        self._before: tuple[View, Array] | None = None

    def look(self, scene: ViewScene, thermogram: Thermogram, frame: Frame, view: View) -> tuple[Aim, ...]:
        """Take a judged picture of a held view; returns what was measured, mostly nothing."""
        if not view.commission_id:
            return ()
        now = frame.mono_s
        if self._visit.key != (view.view_id, view.generation):
            self._visit = _Visit((view.view_id, view.generation), now)
        visit, background = self._visit, scene.background
        if not visit.due(now) or background is None:
            return ()
        known = self.references.get(view.view_id)
        known = known if known is not None and known.commission_id == view.commission_id else None
        if known is None and (scene.learning or background.seen_s < LEARNT_S):
            return ()
        quarter = quarter_of(thermogram.heat)
        aims: tuple[Aim, ...] = ()
        if known is None:
            shown = self._elsewhere(quarter, thermogram, view)
            if shown is None:
                self._commission(background.mean, scene.mean_px, view)
        else:
            sway = scene.offset(thermogram, now)
            measured = _compared(known, quarter, sway, thermogram, frame, view)
            shown = None if measured.seen else self._elsewhere(quarter, thermogram, view)
            aims = (measured, *self._lamps(known, measured, sway, thermogram, frame, view)) if shown is None else ()
        if shown is not None:
            aims = (replace(_aim(frame, view, REFERENCE, seen=False, clear=not thermogram.degraded), shows=shown),)
        self._visit = _Visit(visit.key, now, looked=True)
        self._before = view, quarter
        return aims

    def _commission(self, mean: Array, at_px: tuple[float, float], view: View) -> None:
        low, high = float(mean.min()), float(mean.max())
        step = max((high - low) / 65535.0, 1e-6)
        at_cells = at_px[0] / CELL, at_px[1] / CELL
        self.references[view.view_id] = Reference(view.commission_id, np.round((mean - low) / step).astype(np.uint16), low, step, at_cells)
        self._tries = {key: tries for key, tries in self._tries.items() if key[0] != view.view_id}
        self.changed = True

    def _elsewhere(self, quarter: Array, thermogram: Thermogram, view: View) -> str | None:
        """Return the view that was looked at before where this one, far from it, shows the same picture."""
        if self._before is None:
            return None
        other, picture = self._before
        apart = separation_deg(view.pan_deg, view.tilt_deg, other.pan_deg, other.tilt_deg)
        if other.view_id == view.view_id or apart < APART_SHARE * view.hfov_deg:
            return None
        found = aim.offset(quarter, picture, noise_of(thermogram) / CELL, SAME_PICTURE_CELLS + 1.0)
        if found is None or found.share < SAME_PICTURE_SHARE or math.hypot(found.x, found.y) > SAME_PICTURE_CELLS:
            return None
        return other.view_id

    def _lamps(self, known: Reference, measured: Aim, sway: Offset, thermogram: Thermogram, frame: Frame, view: View) -> list[Aim]:
        """Look for the beacons of a view; one that is being commissioned, or lies outside the picture, says nothing."""
        shape = thermogram.heat.shape
        degrees = bearing.ifov_deg(view, shape)
        reach = BEACON_REACH_DEG / degrees
        out = []
        for lamp in view.beacons:
            base = known.beacons.get(lamp.name)
            if base is not None and base.given != (lamp.pan_deg, lamp.tilt_deg):
                base = None
            pan, tilt = (base.pan_deg, base.tilt_deg) if base is not None else (lamp.pan_deg, lamp.tilt_deg)
            at = bearing.pixel(view, pan + measured.pan_off_deg, tilt + measured.tilt_off_deg, shape)
            if at is None or not _inside(at, reach / 2.0, shape):
                continue
            spot = beacon.find(
                thermogram.heat, at[0] + sway.x_px, at[1] + sway.y_px, reach, max(BEACON_SIZE_PX, BEACON_SIZE_DEG / degrees),
                noise_of(thermogram), None if base is None else base.room(thermogram.kind),
            )  # fmt: skip
            if spot is None:
                out.append(_aim(frame, view, BEACON + lamp.name, seen=False, clear=measured.seen and measured.clear, range_m=lamp.range_m))
                continue
            seen = bearing.direction(view, spot.x_px - sway.x_px, spot.y_px - sway.y_px, shape)
            excess = None if thermogram.kind == "relative" else spot.excess
            if base is None:
                self._try(view, lamp, measured, seen, spot.width_px, excess)
                continue
            sigma = degrees * math.hypot(ROUND_PX + spot.width_px / spot.noises, sway.doubt_px)
            told = _aim(frame, view, BEACON + lamp.name, seen=True, clear=not thermogram.degraded, range_m=lamp.range_m)
            out.append(
                replace(
                    told, pan_off_deg=wrap_deg(seen[0] - base.pan_deg), tilt_off_deg=seen[1] - base.tilt_deg, sigma_deg=sigma,
                    excess=excess, commissioned_excess=base.excess, width_px=spot.width_px, commissioned_width_px=base.width_px,
                )
            )  # fmt: skip
        return out

    def _try(self, view: View, lamp: Beacon, measured: Aim, seen: tuple[float, float], width_px: float, excess: float | None) -> None:
        """Commission a beacon when it was found often enough, at the place that it had when the reference was made."""
        tries = self._tries.setdefault((view.view_id, lamp.name), [])
        given = (lamp.pan_deg, lamp.tilt_deg)
        tries[:] = [one for one in tries if one.given == given]
        tries.append(Baseline(given, seen[0] - measured.pan_off_deg, seen[1] - measured.tilt_off_deg, width_px, excess))
        if len(tries) < COMMISSIONING:
            return
        excesses = [one.excess for one in tries if one.excess is not None]
        pan, tilt, width = (float(np.median([getattr(one, name) for one in tries])) for name in ("pan_deg", "tilt_deg", "width_px"))
        base = Baseline(given, pan, tilt, width, float(np.median(excesses)) if excesses else None)
        known = self.references[view.view_id]
        self.references[view.view_id] = replace(known, beacons={**known.beacons, lamp.name: base})
        del self._tries[view.view_id, lamp.name]
        self.changed = True


def _compared(known: Reference, quarter: Array, sway: Offset, thermogram: Thermogram, frame: Frame, view: View) -> Aim:
    """Return how far the mean pose lies from the commissioned one. `sway`: how far this picture lies off the mean pose."""
    shape = thermogram.heat.shape
    degrees = bearing.ifov_deg(view, shape)
    found = aim.offset(quarter, known.mean, noise_of(thermogram) / CELL, REACH_DEG / degrees / CELL)
    if found is None:
        return _aim(frame, view, REFERENCE, seen=False, clear=False)
    x, y = CELL * (found.x - known.at_cells[0]) - sway.x_px, CELL * (found.y - known.at_cells[1]) - sway.y_px
    middle = (shape[1] - 1) / 2.0, (shape[0] - 1) / 2.0
    was, now = bearing.direction(view, *middle, shape), bearing.direction(view, middle[0] + x, middle[1] + y, shape)
    sigma = degrees * math.hypot(CELL * found.sigma, sway.doubt_px)
    told = _aim(frame, view, REFERENCE, seen=True, clear=not thermogram.degraded)
    return replace(told, pan_off_deg=wrap_deg(now[0] - was[0]), tilt_off_deg=now[1] - was[1], sigma_deg=sigma)


def _inside(at: tuple[float, float], margin: float, shape: tuple[int, ...]) -> bool:
    return margin <= at[0] <= shape[1] - 1 - margin and margin <= at[1] <= shape[0] - 1 - margin


def _aim(frame: Frame, view: View, source: str, *, seen: bool, clear: bool, range_m: float | None = None) -> Aim:
    return Aim(
        view.camera_id, view.view_id, view.generation, view.commission_id, source, seen, frame.mono_s, frame.captured_at, clear=clear,
        range_m=range_m,
    )  # fmt: skip

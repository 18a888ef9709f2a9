"""Which view of which head holds a place, through how much air, and what hides it from the others. By the geometry room, as coverage."""

from __future__ import annotations

from dataclasses import dataclass
from math import hypot

import numpy as np

from edged.assembly import is_watched, plan_of
from edged.camera.settings import CameraSettings
from edged.config.load import Loaded
from edged.core.rules import Rules
from edged.core.stops import HeadPlan, PatrolStop
from edged.geometry.coverage import HEIGHT_PX, WIDTH_PX
from edged.geometry.lens import focal_px, pixel
from edged.geometry.radiance import peak_rise_k, radiance, temperature, transmission
from edged.geometry.vantage import toward
from edged.model.site import Mount
from edged.survey import gate_k
from station.draws import LAW, Case
from station.fires import Fire, Heat

HOPELESS = 0.4
"""A head is not simulated where the noiseless peak never reaches this share of its gate in the whole time."""
STEP_S = 10.0


@dataclass(frozen=True, slots=True)
class Lookout:
    """One watched head of the station: settings, mount, its true tour, and by how many kelvin a spot must stand out."""

    camera: CameraSettings
    mount: Mount
    plan: HeadPlan
    gate_k: float


@dataclass(frozen=True, slots=True)
class Seen:
    """One view that holds the fire: where in its picture, how far away. `peak_k`: greatest noiseless rise within the time."""

    lookout: Lookout
    stop: PatrolStop
    x_px: float
    y_px: float
    range_m: float
    pan_deg: float
    tilt_deg: float
    peak_k: float

    @property
    def ifov_mrad(self) -> float:
        """The angle of the middle pixel."""
        return 1000.0 / focal_px(WIDTH_PX, self.stop.hfov_deg, self.stop.lens.projection)


@dataclass(frozen=True, slots=True)
class Sight:
    """Who sees a fire. `why`: the reason of each other head: `beyond_range`, `outside_views` or `occluded`."""

    views: tuple[Seen, ...]
    why: tuple[tuple[str, str], ...]

    def nearest_m(self) -> float | None:
        """Return the range of the nearest head that sees it."""
        return min((one.range_m for one in self.views), default=None)

    def reason(self) -> str | None:
        """Return why no head sees the place: that which is missing least, None where one does."""
        if self.views:
            return None
        reasons = {reason for _, reason in self.why}
        return next((reason for reason in ("occluded", "outside_views", "beyond_range") if reason in reasons), "no_head")


def lookouts(loaded: Loaded, rules: Rules) -> tuple[Lookout, ...]:
    """Return the watched heads that have a mount."""
    detection = loaded.settings.detection
    return tuple(
        Lookout(camera, rules.mounts[camera.id], plan_of(camera, rules), gate_k(camera, detection))
        for camera in loaded.cameras
        if is_watched(camera) and camera.id in rules.mounts
    )


def sight(rules: Rules, heads: tuple[Lookout, ...], case: Case, fire: Fire) -> Sight:
    """Return which views hold a fire in clear line of sight, and why the other heads do not."""
    site = rules.site
    views: list[Seen] = []
    why: list[tuple[str, str]] = []
    for head in heads:
        post = site.post(head.mount)
        flat = hypot(case.east_m - post.east_m, case.north_m - post.north_m)
        if flat > rules.plan.radius_m:
            why.append((head.camera.id, "beyond_range"))
            continue
        pan, tilt = (float(v) for v in toward(site, head.mount, np.array([[case.east_m, case.north_m, case.height_m]]))[0])
        held = [(stop, at) for stop in head.plan.stops if (at := in_picture(stop, pan, tilt)) is not None]
        if not held:
            why.append((head.camera.id, "outside_views"))
            continue
        if site.hides(post, case.east_m, case.north_m, case.height_m) is not None:
            why.append((head.camera.id, "occluded"))
            continue
        slant = hypot(flat, post.height_m - case.height_m)
        for stop, at in held:
            peak = best_rise_k(case, fire, slant, 1000.0 / focal_px(WIDTH_PX, stop.hfov_deg, stop.lens.projection))
            views.append(Seen(head, stop, *at, slant, pan, tilt, peak))
    return Sight(tuple(views), tuple(why))


def best_rise_k(case: Case, fire: Fire, range_m: float, ifov_mrad: float) -> float:
    """Return the greatest noiseless rise of one pixel within the time, over ground of this weather."""
    times = np.arange(STEP_S, float(LAW["horizon_s"]) + 1.0, STEP_S)
    return max(max((rise_k(case, heat, range_m, ifov_mrad) for heat in fire.heats(float(t))), default=0.0) for t in times)


def rise_k(case: Case, heat: Heat, range_m: float, ifov_mrad: float) -> float:
    """Return the rise of the best pixel on one part of a fire, as the picture shows it: ground and air included."""
    ground = case.weather.surface_c("roof" if case.on_top else "ground")
    at_lens = float(peak_rise_k(heat.temp_c, heat.width_m, heat.height_m, heat.emissivity, range_m, ifov_mrad, 0.0, ground))
    through = float(transmission(range_m, case.weather.extinction_per_km))
    air = float(radiance(case.weather.air_c))
    shown = [float(temperature(air + through * (float(radiance(t)) - air))) for t in (ground + at_lens, ground)]
    return shown[0] - shown[1]


def in_picture(stop: PatrolStop, pan_deg: float, tilt_deg: float) -> tuple[float, float] | None:
    """Return the pixel of a stop's picture in which a direction lies, None where it lies outside."""
    at = pixel(stop.pan_deg, stop.tilt_deg, pan_deg, tilt_deg, WIDTH_PX, HEIGHT_PX, stop.hfov_deg, stop.lens)
    if at is None or not (-0.5 <= at[0] <= WIDTH_PX - 0.5 and -0.5 <= at[1] <= HEIGHT_PX - 0.5):
        return None
    return at

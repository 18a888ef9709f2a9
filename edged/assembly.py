"""From settings to what the rooms are built with: rules of core, identity of outputs, tours of heads. Pure."""

from __future__ import annotations

import hashlib
import json
from zoneinfo import ZoneInfo

from edged import __version__
from edged.camera.settings import CameraSettings, ViewSettings
from edged.core.rules import Rules
from edged.core.stops import HeadPlan, PatrolStop
from edged.geometry.skyline import skyline_deg
from edged.geometry.vantage import Lookout, Stop
from edged.model.errors import ConfigError
from edged.model.journal import TellPath
from edged.model.site import SitePlan
from edged.output.settings import Identity
from edged.settings import StationSettings

LOOPBACK = ("127.0.0.1", "localhost", "::1")
WHOLE_VIEW = "whole"
"""View of a camera that does not turn and names none."""
THERMAL_PX, VISIBLE_PX = (640, 512), (1920, 1080)
"""Usual sizes of pictures; the files say none."""
RESTART_SECTIONS = ("station", "mqtt", "radio", "store")
"""Outputs and journal are built from these once; core must not believe otherwise than they say."""


def guarded(settings: StationSettings) -> None:
    """Refuse a simulated station that could reach anything real. Raises ConfigError."""
    if settings.station.simulated and settings.mqtt.host not in LOOPBACK:
        raise ConfigError(
            f"station.yaml: a simulated station uses its own broker on 127.0.0.1 only, not {settings.mqtt.host}: "
            "set mqtt.host to 127.0.0.1, or station.simulated to false where cameras are real",
            zh=f"station.yaml: 模拟站点只能使用本机 127.0.0.1 的代理, 而非 {settings.mqtt.host}: "
            "请将 mqtt.host 改为 127.0.0.1; 若摄像机为真实设备, 请将 station.simulated 设为 false",
        )


def is_watched(camera: CameraSettings) -> bool:
    """Tell whether an eye watches this camera for fire."""
    return camera.enabled and camera.thermal is not None


def kept(running: StationSettings, loaded: StationSettings) -> tuple[StationSettings, tuple[str, ...]]:
    """Return what a reload runs on, and the names of the sections that changed but wait for a restart and stay as they are."""
    waiting = tuple(name for name in RESTART_SECTIONS if getattr(running, name) != getattr(loaded, name))
    return loaded.model_copy(update={name: getattr(running, name) for name in waiting}), waiting


def rules_of(settings: StationSettings, plan: SitePlan) -> Rules:
    """Return core's rules. `plan` holds the mounts, and its zones name their talkgroups by address."""
    known = settings.cameras
    paths: tuple[TellPath, ...] = ("gateway",) if settings.radio is not None else ()
    return Rules.build(
        settings.station.id,
        language=settings.station.language,
        settings=settings.core,
        plan=plan,
        lookouts=[camera.id for camera in known if is_watched(camera)],
        arming={camera.id: camera.arming for camera in known if camera.arming is not None},
        talkgroup=settings.default_talkgroup(),
        duty=settings.duty_radios(),
        escalation=settings.escalation(),
        test_radios=settings.test_radios(),
        paths=paths,
        simulated=settings.station.simulated,
        names={camera.id: camera.name for camera in known if camera.name},
        tz=ZoneInfo(settings.station.time_zone),
        weather=settings.weather,
        rounds=[spot.rule(camera.id) for camera in known if is_watched(camera) for spot in camera.rounds],
        turning=[one for camera in known if is_watched(camera) and camera.turns and (one := lookout_of(camera)) is not None],
    )


def identity_of(settings: StationSettings) -> Identity:
    """Return what every message carries."""
    station = settings.station
    return Identity(
        station=station.id,
        name=station.name,
        version=__version__,
        time_zone=station.time_zone,
        gb_device_id=station.gb_device_id,
        gb_device_ids={camera.id: camera.gb_device_id for camera in settings.cameras if camera.gb_device_id},
        people=settings.roles(),
        datum=station.datum,
        exercise=station.simulated,
        language=station.language,
        instruments=settings.weather.sources,
    )


def plan_of(camera: CameraSettings, rules: Rules) -> HeadPlan:
    """Return the tour of one head; a camera that names no view has one, straight ahead."""
    core, mount = rules.settings, rules.mounts.get(camera.id)
    aloft_deg = skyline_deg(rules.site, mount) if mount is not None and mount.calibrated else None
    areas, beacons = camera.polygons(), camera.steady_heats()
    stops = tuple(
        PatrolStop(
            v.id,
            v.pan_deg or 0.0,
            v.tilt_deg or 0.0,
            hfov := camera.hfov_of(v),
            v.dwell_s,
            v.preset,
            areas,
            camera.lens_at(hfov),
            beacons if _has_angles(v) else (),
            commission_id(camera, v),
            aloft_deg=aloft_deg if _has_angles(v) else None,
        )
        for v in camera.views
    )
    if not stops:
        hfov = camera.hfov_of()
        lens, known = camera.lens_at(hfov), commission_id(camera, None)
        stops = (PatrolStop(WHOLE_VIEW, 0.0, 0.0, hfov, 3600.0, None, areas, lens, beacons, known, aloft_deg=aloft_deg),)
    return HeadPlan(camera.id, stops, turns=camera.turns, linger_s=core.linger_s, linger_share=core.linger_share)


def _has_angles(view: ViewSettings) -> bool:
    """Tell whether it is known where a view looks; by a preset alone it is not."""
    return view.preset is None or view.pan_deg is not None


def lookout_of(camera: CameraSettings) -> Lookout | None:
    """Return a camera as geometry takes it, or None where it has no mount. Views by preset alone are not among its stops."""
    mount = camera.placed()
    if mount is None:
        return None
    widest = camera.hfov_of()
    fields = camera.watching_lens.field_table if camera.watching_lens else ()
    stops = tuple(
        Stop(view.id, view.pan_deg, view.tilt_deg, hfov := camera.hfov_of(view), camera.lens_at(hfov))
        for view in camera.views
        if view.pan_deg is not None and view.tilt_deg is not None
    )
    if not camera.turns:
        view = camera.views[0] if camera.views else None
        stops = (Stop(view.id if view else WHOLE_VIEW, 0.0, 0.0, hfov := camera.hfov_of(view), camera.lens_at(hfov)),)
    return Lookout(
        mount, widest, camera.turns, stops, fields[-1][1] if len(fields) > 1 else None, camera.lens_at(widest),
        *(THERMAL_PX if camera.thermal else VISIBLE_PX),
    )  # fmt: skip


def commission_id(camera: CameraSettings, view: ViewSettings | None) -> str:
    """Return the name of all settings by which a view's pixels are directions: other ones begin a new reference picture.

    What was left at its default does not enter, so that a newer edged with more keys keeps the references.
    """
    elsewhere = {"lat_wgs84", "lon_wgs84", "height_m", "sigma_deg", "sigma_height_m", "calibrated"}
    given = {
        "mount": camera.mount.model_dump(mode="json", exclude_defaults=True, exclude=elsewhere) if camera.mount else {},
        "lens": camera.thermal.model_dump(mode="json", exclude_defaults=True, exclude={"stream", "profile", "fps"})
        if camera.thermal
        else {},
        "view": view.model_dump(mode="json", exclude_defaults=True, exclude={"dwell_s"}) if view else {},
    }
    return hashlib.sha256(json.dumps(given, sort_keys=True).encode()).hexdigest()[:12]

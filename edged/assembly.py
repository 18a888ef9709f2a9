"""From settings to what the rooms are built with: rules of core, identity of outputs, tours of heads. Pure."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from edged import __version__
from edged.camera.settings import CameraSettings
from edged.core.patrol import HeadPlan, PatrolStop
from edged.core.rules import Rules
from edged.model.journal import TellPath
from edged.model.site import SitePlan
from edged.output.settings import Identity
from edged.settings import StationSettings

WHOLE_VIEW = "whole"
"""View of a camera that does not turn and names none."""
RESTART_SECTIONS = ("station", "mqtt", "radio", "store")
"""Outputs and journal are built from these once; core must not believe otherwise than they say."""


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
    )


def plan_of(camera: CameraSettings) -> HeadPlan:
    """Return the tour of one head; a camera that names no view has one, straight ahead."""
    areas = camera.polygons()
    stops = tuple(
        PatrolStop(v.id, v.pan_deg or 0.0, v.tilt_deg or 0.0, camera.hfov_of(v), v.dwell_s, v.preset, areas) for v in camera.views
    )
    if not stops:
        hfov = camera.thermal.hfov_deg if camera.thermal else 60.0
        stops = (PatrolStop(WHOLE_VIEW, 0.0, 0.0, hfov, 3600.0, None, areas),)
    return HeadPlan(camera.id, stops, turns=camera.turns)

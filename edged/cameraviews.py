"""What is published of each camera: health, sight, pose and streams, joined from whoever knows them.

The fleet climbs to `stream_ok`; whether pictures change and are judged is core's word on sight, which makes it `fresh` or a fault.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from edged.clock import Clock
from edged.messages import StreamFound
from edged.model.event import HeadMoved, HealthChanged
from edged.model.health import CameraHealth, Fault, Rung, Sight
from edged.model.view import BlindCause
from edged.output.base import CameraView

_BLIND: dict[BlindCause, tuple[Rung, Fault, str]] = {
    "no_stream": ("login_ok", "no_stream", "it answers, but no pictures come: check its encoder and the network load; edged probe {0}"),
    "unreachable": ("login_ok", "no_stream", "it answers, but its stream brings nothing: check encoder and network load; edged probe {0}"),
    "garbled": ("login_ok", "garbled", "its stream cannot be decoded: check codec and profile; edged probe {0}"),
    "auth_failed": ("login_ok", "auth_failed", "its stream refuses the login: check that this user may see live video"),
    "frozen": ("stream_ok", "frozen", "its picture is frozen, whatever its clock shows: restart the camera"),
    "dark": ("stream_ok", "dark", "its picture is empty: check lens cap, shutter and sensor"),
    "defocus": ("stream_ok", "blurred", "its picture is out of focus: check lens, window and dirt"),
    "stopped": ("stream_ok", "crashed", "its eye does not work and is started again; if this goes on, look at journalctl -u edged"),
}
"""What a blind lookout whose ladder is well lacks: rung that still holds, fault, and in words what a person does."""

_OUT_OF_REACH: tuple[Rung, ...] = ("unreachable", "reachable", "onvif_no_login")
"""Rungs that are amiss even where the fleet names no fault beside them."""


def joined(view: CameraView) -> CameraView:
    """Return the view with the rung that sight proves or disproves; a fault that the fleet names stays."""
    health = view.health
    if health.fault != "none" or health.rung != "stream_ok" or view.sees is None:
        return view
    if view.sees:
        words = f"camera {health.camera_id}: its pictures change and are judged"
        return replace(view, health=replace(health, rung="fresh", message=words, zh=f"摄像机 {health.camera_id}: 画面正常, 正在检测"))
    if view.blind_cause not in _BLIND:
        return view
    rung, fault, words = _BLIND[view.blind_cause]
    words = f"camera {health.camera_id}: {words.format(health.camera_id)}"
    return replace(view, health=replace(health, rung=rung, fault=fault, message=words, zh=""))


class CameraViews:
    """Keeps the newest view of each camera and hands it to `publish` when something of it changed."""

    def __init__(self, clock: Clock, publish: Callable[[CameraView], None]) -> None:
        self._clock, self._publish = clock, publish
        self._views: dict[str, CameraView] = {}

    def health(self, event: HealthChanged) -> None:
        """Take a rung of the ladder."""
        self._put(replace(self._of(event.health.camera_id), health=event.health))

    def sight(self, sight: Sight) -> None:
        """Take what core says of a lookout's sight."""
        self._put(replace(self._of(sight.camera_id), sees=sight.sees, blind_cause=sight.cause))

    def moved(self, event: HeadMoved) -> None:
        """Take a pose."""
        self._put(replace(self._of(event.camera_id), pose=event.pose))

    def stream(self, found: StreamFound) -> None:
        """Take stream addresses."""
        self._put(replace(self._of(found.camera_id), thermal_url=found.thermal_url, visible_url=found.visible_url))

    def gone(self, camera_id: str) -> None:
        """Forget a camera."""
        self._views.pop(camera_id, None)

    def fault(self, camera_id: str, language: str = "en") -> str | None:
        """Return in words what stops a camera, None while nothing is known or wrong."""
        view = self._views.get(camera_id)
        health = joined(view).health if view is not None else None
        amiss = health is not None and (health.fault != "none" or health.rung in _OUT_OF_REACH)
        return health.said(language) if health is not None and amiss else None

    def _of(self, camera_id: str) -> CameraView:
        unknown = CameraHealth(camera_id, "unknown", "none", "not asked yet", self._clock().utc)
        return self._views.get(camera_id) or CameraView(unknown)

    def _put(self, view: CameraView) -> None:
        camera_id = view.health.camera_id
        if self._views.get(camera_id) != view:
            self._views[camera_id] = view
            self._publish(joined(view))

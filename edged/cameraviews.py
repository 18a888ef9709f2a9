"""What is published of each camera: health, sight, pose and streams, joined from whoever knows them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from edged.clock import Clock
from edged.messages import StreamFound
from edged.model.event import HeadMoved, HealthChanged
from edged.model.health import CameraHealth, Sight
from edged.output.base import CameraView


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

    def fault(self, camera_id: str) -> str | None:
        """Return in words what stops a camera, None while nothing is known or wrong."""
        view = self._views.get(camera_id)
        return view.health.message if view is not None and view.health.fault != "none" else None

    def _of(self, camera_id: str) -> CameraView:
        unknown = CameraHealth(camera_id, "unknown", "none", "not asked yet", self._clock().utc)
        return self._views.get(camera_id) or CameraView(unknown)

    def _put(self, view: CameraView) -> None:
        camera_id = view.health.camera_id
        if self._views.get(camera_id) != view:
            self._views[camera_id] = view
            self._publish(view)

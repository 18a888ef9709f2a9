"""One head over ONVIF: where it is, turning it, and whether it arrived.

Arrival is a position that stands still near the target; the camera's own MoveStatus is not believed (it sticks at MOVING, or says IDLE
at once).
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from edged.camera.base import CameraLacks, HeadStatus
from edged.camera.onvif.session import OnvifSession
from edged.camera.quirks.policies import Quirks
from edged.geometry.head import wrap_deg
from edged.geometry.spaces import Space
from edged.model.errors import CameraError, CameraGarbled

SPACE = "http://www.onvif.org/ver10/tptz/PanTiltSpaces/"
DEGREES, GENERIC = SPACE + "SphericalPositionSpaceDegrees", SPACE + "PositionGenericSpace"
NEAR_DEG = 0.5
"""A head that stands farther than this from where it was sent did not arrive."""
STILL_ZOOM = 0.005
"""Change of the reported zoom that still counts as standing: the field of view is read when a head has arrived."""


class OnvifHead:
    """Steers one head. Angles are head angles in degrees: pan right positive, tilt up positive, whatever the camera's signs are."""

    def __init__(self, session: OnvifSession, profile_token: str, quirks: Quirks, mono_s: Callable[[], float] = time.monotonic) -> None:
        self._session, self._token, self._quirks, self._mono_s = session, profile_token, quirks, mono_s
        self._space: str | None = None
        self._presets: dict[str, str] | None = None

    def status(self) -> HeadStatus:
        """Ask where the head is. Raises CameraError; CameraLacks where the camera cannot tell."""
        if self._quirks.status == "none":
            raise self._untold()
        asked = self._mono_s()
        told = self._session.call("ptz", "GetStatus", {"ProfileToken": self._token})
        position = getattr(told, "Position", None)
        place = getattr(position, "PanTilt", None)
        if place is None or place.x is None or place.y is None:
            raise self._untold()
        x, y = float(place.x), float(place.y)
        if not (math.isfinite(x) and math.isfinite(y)):
            raise self._untold()
        space = str(getattr(place, "space", None) or self._position_space())
        zoom = float(getattr(getattr(position, "Zoom", None), "x", 0.0) or 0.0)
        move = getattr(getattr(told, "MoveStatus", None), "PanTilt", None)
        pan, tilt = self._in(space).to_degrees(x, y)
        return HeadStatus(
            pan, tilt, zoom, None if move is None else str(move) == "MOVING", (asked + self._mono_s()) / 2 - self._quirks.pose_delay_s,
            _field_of_view(told), _moment(getattr(told, "UtcTime", None)),
        )  # fmt: skip

    def turn_to(self, pan_deg: float, tilt_deg: float, zoom_norm: float | None = None) -> None:
        """Send the head to an angle and return at once. Raises CameraError."""
        space = self._position_space()
        x, y = self._in(space).from_degrees(pan_deg, tilt_deg)
        position: dict[str, Any] = {"PanTilt": {"x": round(x, 5), "y": round(y, 5), "space": space}}
        if zoom_norm is not None:
            position["Zoom"] = {"x": zoom_norm}
        self._session.call("ptz", "AbsoluteMove", {"ProfileToken": self._token, "Position": position})

    def go_to_preset(self, preset: str) -> None:
        """Send the head to a preset, by name first and token second; names outlive a restart of the camera, tokens may not."""
        if self._presets is None:
            listed = self._session.call("ptz", "GetPresets", {"ProfileToken": self._token}) or ()
            tokens = {str(p.token): str(p.token) for p in listed if p.token}
            self._presets = tokens | {str(p.Name): str(p.token) for p in listed if p.Name and p.token}
        token = self._presets.get(preset)
        if token is None:
            have, self._presets = ", ".join(sorted(self._presets)) or "none", None
            raise CameraLacks(
                f"camera {self._session.camera.label}: it has no preset {preset}; it has {have}: correct `preset` in its views",
                zh=f"摄像机 {self._session.camera.label}: 没有预置位 {preset}; 现有 {have}: 请更正 views 中的 preset",
            )
        self._session.call("ptz", "GotoPreset", {"ProfileToken": self._token, "PresetToken": token})

    def stop(self) -> None:
        """Stop the head where it is. Raises CameraError."""
        self._session.call("ptz", "Stop", {"ProfileToken": self._token, "PanTilt": True, "Zoom": True})

    def _position_space(self) -> str:
        if self._quirks.position_space != "auto":
            return DEGREES if self._quirks.position_space == "degrees" else GENERIC
        if self._space is None:
            self._space = DEGREES if self._offers_degrees() else GENERIC
        return self._space

    def _offers_degrees(self) -> bool:
        try:
            nodes = self._session.call("ptz", "GetNodes") or ()
        except (CameraGarbled, CameraLacks):
            return False
        spaces = [getattr(node, "SupportedPTZSpaces", None) for node in nodes]
        listed = [each for s in spaces for each in (getattr(s, "AbsolutePanTiltPositionSpace", None) or ())]
        return any(getattr(each, "URI", "") == DEGREES for each in listed)

    def _in(self, uri: str) -> Space:
        """Return what this camera makes of a space; any other than degrees counts as generic."""
        q = self._quirks
        if uri == DEGREES:
            return Space.degrees(q.pan_sign, q.tilt_sign)
        return Space.generic(q.generic_pan_deg, q.generic_tilt_deg, q.pan_sign, q.tilt_sign)

    def _untold(self) -> CameraError:
        camera = self._session.camera
        return CameraLacks(
            f"camera {camera.label}: it does not tell where its head points, so it is not turned and its bearings are not used: give it "
            f"one fixed view, or look for newer firmware",
            zh=f"摄像机 {camera.label}: 不报告云台位置, 因此不转动且不采用其方位: 请只设一个固定视野, 或升级固件",
        )


class Arrival:
    """Decides from successive positions whether a head stands, and whether at its target. Pure; times are monotonic seconds."""

    def __init__(self, target: tuple[float, float] | None, quirks: Quirks) -> None:
        self._target, self._quirks = target, quirks
        self._still_since: HeadStatus | None = None
        self._first: HeadStatus | None = None
        self._left = target is not None

    def feed(self, status: HeadStatus) -> bool:
        """Take a position. Returns whether the head has arrived.

        Without a target (a preset) the head counts as arrived when it stands after it was seen to move, or stood for 3 × `settle_s`.
        """
        self._first = self._first or status
        since = self._still_since
        moved = since is None or apart(since, status) > self._quirks.still_deg or abs(since.zoom_norm - status.zoom_norm) > STILL_ZOOM
        if since is None or moved:
            self._left |= self._still_since is not None
            self._still_since = status
            return False
        stood_s = status.mono_s - since.mono_s
        needed = self._quirks.settle_s if self._left else 3 * self._quirks.settle_s
        near = self._target is None or off(self._target, status) <= NEAR_DEG
        return near and stood_s >= needed


def off(target: tuple[float, float], status: HeadStatus) -> float:
    """Return how far a position is from a target, degrees, the larger of both axes."""
    return max(abs(wrap_deg(status.pan_deg - target[0])), abs(status.tilt_deg - target[1]))


def apart(one: HeadStatus, other: HeadStatus) -> float:
    """Return how far two positions are apart, degrees, the larger of both axes."""
    return off((one.pan_deg, one.tilt_deg), other)


def _field_of_view(told: Any) -> float | None:
    """Return `tt:FieldOfView/@hfov` of newer schemas, which onvif-zeep's schema keeps as a raw element."""
    for raw in getattr(told, "_value_1", None) or ():
        value = raw.get("hfov") if hasattr(raw, "get") and str(getattr(raw, "tag", "")).endswith("FieldOfView") else None
        try:
            if value is not None and 0.1 <= float(value) <= 360.0:
                return float(value)
        except ValueError:
            return None
    return None


def _moment(told: Any) -> datetime | None:
    if not isinstance(told, datetime):
        return None
    return told.replace(tzinfo=UTC) if told.tzinfo is None else told.astimezone(UTC)

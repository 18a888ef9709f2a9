"""What people order of heads over MQTT: who may, and what becomes of it. Patrol yields and takes the head back when nobody moves it."""

from __future__ import annotations

from collections.abc import Callable
from math import atan2, degrees

from edged.camera.settings import CameraSettings
from edged.geometry.earth import azimuth_deg, distance_m
from edged.geometry.head import to_head
from edged.messages import Turn
from edged.model.alarm import Role
from edged.model.command import Reply
from edged.model.errors import CommandRefused
from edged.output.base import PtzOrder

MAY: frozenset[Role] = frozenset({"duty", "shift_leader", "technician", "administrator"})


class Operators:
    """Carries out orders in the loop's thread. `camera` finds a configured one; `taken` makes patrol yield; nothing may block."""

    def __init__(
        self,
        language: str,
        camera: Callable[[str], CameraSettings | None],
        taken: Callable[[str], None],
        to_fleet: Callable[[Turn], None],
        reply: Callable[[Reply], None],
    ) -> None:
        self._language, self._camera, self._taken, self._to_fleet, self._reply = language, camera, taken, to_fleet, reply

    def order(self, order: PtzOrder) -> None:
        """Carry out one order and answer it: accepted means handed to the head's owner, not arrived."""
        try:
            said = self._carried_out(order)
        except CommandRefused as fault:
            self._reply(Reply(order.command_id, order.actor, False, fault.said(self._language)))
            return
        self._reply(Reply(order.command_id, order.actor, True, said))

    def _carried_out(self, order: PtzOrder) -> str:
        name, args = order.camera_id, order.args
        if order.role not in MAY:
            may = ", ".join(sorted(MAY))
            raise CommandRefused(f"role {order.role} turns no head; ask one of: {may}", zh=f"角色 {order.role} 无权转动云台; 请联系: {may}")
        camera = self._camera(name)
        if camera is None or not camera.enabled:
            raise CommandRefused(
                f"camera {name} is not in use: `edged status` lists the cameras", zh=f"摄像机 {name} 未启用: edged status 可列出摄像机"
            )
        pan_deg, tilt_deg = args.get("pan_deg"), args.get("tilt_deg")
        if order.order == "look_at" and "lat_wgs84" in args:
            pan_deg, tilt_deg = self._towards(camera, args["lat_wgs84"], args.get("lon_wgs84"))
        zh = self._language == "zh"
        if order.order == "stop":
            self._taken(name)
            return "巡航已让出" if zh else "patrol yields"
        preset = args.get("preset")
        if preset is None and (pan_deg is None or tilt_deg is None):
            raise CommandRefused(
                f"camera {name}: {order.order} names no direction: give pan_deg and tilt_deg, lat_wgs84 and lon_wgs84, or a preset",
                zh=f"摄像机 {name}: {order.order} 未给出方向: 请给 pan_deg 和 tilt_deg、lat_wgs84 和 lon_wgs84, 或预置位",
            )
        self._taken(name)
        self._to_fleet(Turn(order.command_id, name, "operator", pan_deg, tilt_deg, args.get("hfov_deg"), preset))
        return "已下令转动" if zh else "told to turn"

    def _towards(self, camera: CameraSettings, lat_wgs84: float, lon_wgs84: float | None) -> tuple[float, float]:
        mount = camera.placed()
        if mount is None or lon_wgs84 is None:
            raise CommandRefused(
                f"camera {camera.id} has no mount, or the place no lon_wgs84: add `mount` under cameras/, so that places become angles",
                zh=f"摄像机 {camera.id} 没有 mount, 或地点缺少 lon_wgs84: 请在 cameras/ 中补充 mount, 以便把地点换算为角度",
            )
        here = (mount.lat_wgs84, mount.lon_wgs84, lat_wgs84, lon_wgs84)
        return to_head(mount, azimuth_deg(*here), -degrees(atan2(mount.height_m, distance_m(*here))))

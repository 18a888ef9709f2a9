"""Orders to heads over MQTT: who may, what goes to the fleet, and that nothing is accepted that no head was told."""

from __future__ import annotations

from typing import Any

import pytest

from edged.camera.settings import CameraSettings
from edged.messages import Turn
from edged.model.alarm import Role
from edged.model.command import Reply
from edged.operators import Operators
from edged.output.base import PtzOrder

MOUNT = {"lat_wgs84": 29.6, "lon_wgs84": 106.6, "height_m": 30.0, "azimuth_deg": 0.0, "calibrated": True}


class Desk:
    """One camera, and what became of the orders."""

    def __init__(self, **camera: Any) -> None:
        one = CameraSettings.model_validate(
            {"id": "th-01", "kind": "lookout", "address": "127.0.0.1", "thermal": {"hfov_deg": 20.0}, **camera}
        )
        self.taken: list[str] = []
        self.turns: list[Turn] = []
        self.replies: list[Reply] = []
        known = {"th-01": one}
        self.operators = Operators("zh", known.get, self.taken.append, self.turns.append, self.replies.append)

    def order(self, order: Any, role: Role = "duty", camera_id: str = "th-01", **args: Any) -> Reply:
        self.operators.order(PtzOrder(camera_id, order, "duty-desk", role, "command-1", args))
        return self.replies[-1]


def test_a_place_becomes_angles_and_patrol_yields() -> None:
    desk = Desk(mount=MOUNT)
    assert desk.order("look_at", lat_wgs84=29.61, lon_wgs84=106.6).accepted
    turn = desk.turns[0]
    assert (turn.by, turn.camera_id, desk.taken) == ("operator", "th-01", ["th-01"])
    assert turn.pan_deg == pytest.approx(0.0, abs=0.1)
    assert turn.tilt_deg == pytest.approx(-1.55, abs=0.05)


@pytest.mark.parametrize(
    ("order", "role", "camera_id", "args", "said"),
    [
        ("look_at", "viewer", "th-01", {"pan_deg": 1.0, "tilt_deg": 0.0}, "viewer"),
        ("look_at", "duty", "th-77", {"pan_deg": 1.0, "tilt_deg": 0.0}, "th-77"),
        ("look_at", "duty", "th-01", {"lat_wgs84": 29.6, "lon_wgs84": 106.6}, "mount"),
        ("look_at", "duty", "th-01", {"alarm_id": "A1"}, "方向"),
        ("look_at", "duty", "th-01", {"place": "A3堆场"}, "方向"),
        ("move", "duty", "th-01", {"pan_norm": 0.5, "duration_s": 1.0}, "方向"),
    ],
)
def test_what_no_head_was_told_is_refused_and_disturbs_no_patrol(
    order: str, role: Role, camera_id: str, args: dict[str, Any], said: str
) -> None:
    desk = Desk()
    reply = desk.order(order, role, camera_id, **args)
    assert not reply.accepted
    assert said in reply.text
    assert (desk.turns, desk.taken) == ([], [])


def test_stop_and_preset() -> None:
    desk = Desk()
    assert desk.order("stop").accepted
    assert (desk.taken, desk.turns) == (["th-01"], [])
    assert desk.order("goto_preset", preset="东门").accepted
    assert desk.turns[0].preset == "东门"


def test_a_camera_out_of_use_is_not_turned() -> None:
    desk = Desk(enabled=False)
    assert not desk.order("look_at", pan_deg=1.0, tilt_deg=0.0).accepted
    assert desk.turns == []

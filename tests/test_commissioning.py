"""From a camera's entry to what its eye compares with: beacons travel in the view, and the reference stays while the settings do."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from edged.assembly import plan_of
from edged.camera.settings import CameraSettings
from edged.core.patrol import Hold, Patrol, tick
from edged.core.rules import Rules
from edged.messages import HoldView, Unframer, encode
from edged.model.aim import Aim, Beacon
from edged.model.event import AimMeasured

MOUNT = {"lat_wgs84": 29.6, "lon_wgs84": 106.6, "height_m": 30.0, "azimuth_deg": 40.0, "calibrated": True}
LAMP = {"name": "lamp", "pan_deg": 12.5, "tilt_deg": -3.0, "range_m": 900}


def camera(**changes: Any) -> CameraSettings:
    views = [{"id": "yard", "pan_deg": 10, "tilt_deg": -3}, {"id": "gate", "pan_deg": 80, "tilt_deg": -4}, {"id": "own", "preset": "7"}]
    made = {"id": "th-1", "kind": "lookout", "address": "127.0.0.1", "thermal": {"hfov_deg": 18.0}, "mount": MOUNT, "views": views}
    return CameraSettings.model_validate({**made, "beacons": [LAMP], **changes})


def ids(given: CameraSettings) -> dict[str, str]:
    return {stop.view_id: stop.commission_id for stop in plan_of(given, Rules.build("yard")).stops}


def test_a_view_carries_beacons_where_its_angles_are_known() -> None:
    stops = {stop.view_id: stop.beacons for stop in plan_of(camera(), Rules.build("yard")).stops}
    assert stops == {"yard": (Beacon("lamp", 12.5, -3.0, 900.0),), "gate": (Beacon("lamp", 12.5, -3.0, 900.0),), "own": ()}
    staring = camera(views=[])
    _, orders = tick(Patrol(plan_of(staring, Rules.build("yard"))), 0.0)
    (hold,) = orders
    assert isinstance(hold, Hold)
    assert hold.view.beacons == (Beacon("lamp", 12.5, -3.0, 900.0),)
    assert hold.view.commission_id == ids(staring)["whole"]
    assert Unframer().feed(encode(HoldView(hold.view))) == [HoldView(hold.view)]


@pytest.mark.parametrize(
    "changes",
    [
        {"mount": {**MOUNT, "azimuth_deg": 40.3}},
        {"mount": {**MOUNT, "tilt_zero_deg": 0.3}},
        {"thermal": {"hfov_deg": 18.2}},
        {"thermal": {"hfov_deg": 18.0, "picture": "black-hot"}},
    ],
)
def test_a_new_calibration_or_lens_begins_new_references(changes: dict[str, Any]) -> None:
    before, after = ids(camera()), ids(camera(**changes))
    assert all(before[view] != after[view] for view in before)


@pytest.mark.parametrize(
    "changes",
    [
        {"mount": {**MOUNT, "sigma_deg": 0.05, "lat_wgs84": 29.60001}},
        {"thermal": {"hfov_deg": 18.0, "fps": 4.0, "stream": "rtsp://127.0.0.1/a"}},
        {"thermal": {"hfov_deg": 18.0, "picture": "white-hot"}},
        {"beacons": []},
        {"name": "东杆", "arming": "radio"},
    ],
)
def test_other_settings_keep_them(changes: dict[str, Any]) -> None:
    assert ids(camera()) == ids(camera(**changes))


def test_a_moved_view_begins_its_own_reference_only() -> None:
    views = [{"id": "yard", "pan_deg": 11, "tilt_deg": -3}, {"id": "gate", "pan_deg": 80, "tilt_deg": -4, "dwell_s": 30}]
    before, after = ids(camera()), ids(camera(views=views))
    assert before["yard"] != after["yard"]
    assert before["gate"] == after["gate"]


def test_one_look_fits_a_message_whatever_hangs_in_the_view() -> None:
    at = datetime(2026, 11, 27, tzinfo=UTC)
    third = 1.0 / 3.0
    lamp = "beacon:" + "b" * 40
    aim = Aim("t" * 40, "v" * 40, 2**31, "c" * 12, lamp, True, 1e9 * third, at, third, third, third, True, third, third, third, third, 1e3)
    aims = (aim,) * 60
    assert Unframer().feed(encode(AimMeasured(aims))) == [AimMeasured(aims)]


def test_a_beacon_given_twice_is_refused() -> None:
    with pytest.raises(ValueError, match="beacon lamp is given twice"):
        camera(beacons=[LAMP, LAMP])

"""What a reload runs on: sections that are built once stay as they are until a restart, all others follow the file."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from edged.assembly import identity_of, is_watched, kept, plan_of
from edged.camera.settings import CameraSettings
from edged.core.rules import Rules
from edged.model.lens import Lens
from edged.model.site import SitePlan
from edged.settings import StationSettings


def station(**more: Any) -> StationSettings:
    known = {"station": {"id": "practice-01", "name": "演习站", "simulated": True}, "mqtt": {"host": "127.0.0.1"}}
    return StationSettings.model_validate({**known, **more})


def test_a_simulated_station_stays_an_exercise_until_it_is_restarted() -> None:
    real = station(station={"id": "practice-01", "name": "演习站", "simulated": False}, core={"hold_s": 5})
    settings, waiting = kept(station(), real)
    assert waiting == ("station",)
    assert settings.station.simulated
    assert settings.core.hold_s == 5


def test_what_waits_is_said_at_each_reload_until_the_restart() -> None:
    running, wanted = station(), station(mqtt={"host": "127.0.0.1", "port": 1884})
    settings, waiting = kept(running, wanted)
    assert (waiting, settings.mqtt) == (("mqtt",), running.mqtt)
    assert kept(settings, wanted)[1] == ("mqtt",)
    assert kept(settings, running) == (running, ())


def test_a_camera_without_views_looks_straight_ahead() -> None:
    camera = CameraSettings.model_validate({"id": "th-01", "kind": "lookout", "address": "127.0.0.1", "thermal": {"hfov_deg": 18.0}})
    plan = plan_of(camera, Rules.build("yard"))
    assert is_watched(camera)
    assert [(stop.view_id, stop.hfov_deg) for stop in plan.stops] == [("whole", 18.0)]
    assert not plan.turns


@pytest.mark.parametrize("datum", ["WGS-84", "GCJ-02", "CGCS2000"])
def test_messages_carry_the_stations_datum(datum: str) -> None:
    assert identity_of(station(station={"id": "s", "name": "s", "datum": datum})).datum == datum


def test_every_view_of_a_plan_has_the_lens_of_its_zoom() -> None:
    thermal = {"zoom": [[0.0, 18.0], [1.0, 6.0]], "boresight": [[0.0, 0.2, 0.0], [1.0, 0.0, 0.0]], "k": [-0.1]}
    views = [{"id": "wide", "pan_deg": 0, "tilt_deg": -3}, {"id": "far", "pan_deg": 9, "tilt_deg": -2, "hfov_deg": 6.0}]
    camera = CameraSettings.model_validate({"id": "th-01", "kind": "lookout", "address": "127.0.0.1", "thermal": thermal, "views": views})
    wide, far = plan_of(camera, Rules.build("yard")).stops
    assert (wide.hfov_deg, wide.lens) == (18.0, Lens(k=(-0.1,), pan_off_deg=0.2))
    assert (far.hfov_deg, far.lens) == (6.0, Lens(k=(-0.1,)))


def test_a_stop_knows_its_skyline_where_the_angles_of_its_head_are_known() -> None:
    mount = {"lat_wgs84": 22.55, "lon_wgs84": 114.05, "height_m": 45.0, "azimuth_deg": 10.0}
    views = [{"id": "yard", "pan_deg": 10, "tilt_deg": -3}, {"id": "own", "preset": "7"}]
    head = {"id": "th-01", "kind": "lookout", "address": "127.0.0.1", "thermal": {"hfov_deg": 18.0}, "views": views, "mount": mount}
    camera = CameraSettings.model_validate(head)
    placed = camera.placed()
    assert placed is not None
    for calibrated in (True, False):
        rules = Rules.build("yard", plan=SitePlan(mounts=(replace(placed, calibrated=calibrated),)))
        yard, own = plan_of(camera, rules).stops
        assert yard.aloft_deg == (pytest.approx(-0.57, abs=0.05) if calibrated else None)
        assert own.aloft_deg is None

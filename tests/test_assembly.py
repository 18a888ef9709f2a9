"""What a reload runs on: sections that are built once stay as they are until a restart, all others follow the file."""

from __future__ import annotations

from typing import Any

import pytest

from edged.assembly import identity_of, is_watched, kept, plan_of
from edged.camera.settings import CameraSettings
from edged.core.settings import CoreSettings
from edged.model.lens import Lens
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
    plan = plan_of(camera, CoreSettings())
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
    wide, far = plan_of(camera, CoreSettings()).stops
    assert (wide.hfov_deg, wide.lens) == (18.0, Lens(k=(-0.1,), pan_off_deg=0.2))
    assert (far.hfov_deg, far.lens) == (6.0, Lens(k=(-0.1,)))

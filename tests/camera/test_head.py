"""Turning a head of the simulated station, and deciding that it arrived."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Iterator

import pytest

from edged.camera.base import CameraLacks, HeadStatus
from edged.camera.onvif.ptz import Arrival, OnvifHead
from edged.camera.onvif.session import OnvifSession
from edged.camera.onvif.steer import Steer
from edged.camera.quirks.policies import Quirks
from edged.camera.secret import Login
from edged.camera.settings import CameraSettings, FleetSettings
from edged.geometry.head import wrap_deg
from edged.messages import Message, Turn, Turned
from edged.model.event import HeadMoved
from edged.simulator.station import Station
from tests.camera.conftest import PASSWORD, entry

FAST = FleetSettings(pose_period_s=0.2, moving_period_s=0.1)


def at(pan: float, mono_s: float, tilt: float = 0.0) -> HeadStatus:
    return HeadStatus(pan, tilt, 0.0, False, mono_s)


def test_arrival_is_a_position_that_stands_near_the_target() -> None:
    arrival = Arrival((10.0, 0.0), Quirks())
    fed = [arrival.feed(at(pan, t)) for pan, t in ((0, 0.0), (5, 0.3), (10, 0.6), (10.01, 0.9), (10.01, 1.3))]
    assert fed == [False, False, False, False, True]


def test_a_head_that_stands_elsewhere_never_arrives() -> None:
    arrival = Arrival((10.0, 0.0), Quirks())
    assert not any(arrival.feed(at(3.0, t / 2)) for t in range(40))


def test_the_short_way_round() -> None:
    assert wrap_deg(190.0) == -170.0
    assert wrap_deg(-180.0) == 180.0
    arrival = Arrival((180.0, 0.0), Quirks())
    assert [arrival.feed(at(-179.9, t)) for t in (0.0, 1.0)] == [False, True]


@pytest.fixture
def head(station: Station) -> Iterator[tuple[CameraSettings, OnvifHead]]:
    settings = entry("digest", station.camera("digest").http_port)
    session = OnvifSession(settings, FAST, Login("edged", PASSWORD))
    session.connect()
    yield settings, OnvifHead(session, "profile_thermal", Quirks())
    session.close()


def test_turns_are_answered_and_movements_of_others_are_foreign(head: tuple[CameraSettings, OnvifHead], station: Station) -> None:
    settings, onvif = head
    told: queue.Queue[Message] = queue.Queue()
    stop = threading.Event()
    steer = Steer(settings, FAST, onvif, Quirks(), told.put, stop)
    thread = threading.Thread(target=steer.run, daemon=True)
    thread.start()
    try:
        steer.order(Turn("r1", "digest", "patrol", 12.0, -5.0))
        moved = collect(told, Turned)
        answer = moved[-1]
        assert isinstance(answer, Turned)
        assert (answer.request_id, answer.arrived, answer.reason) == ("r1", True, "")
        assert answer.pan_deg == pytest.approx(12.0, abs=0.1)
        assert any(isinstance(m, HeadMoved) and m.moving and m.by == "patrol" for m in moved)
        onvif.turn_to(0.0, -5.0)
        foreign = collect(told, HeadMoved, lambda m: m.by == "foreign")
        assert foreign[-1].moving
        steer.order(Turn("r2", "digest", "patrol", preset="no such preset"))
        refused = collect(told, Turned)[-1]
        assert not refused.arrived
        assert "it has no preset no such preset" in refused.reason
    finally:
        stop.set()
        thread.join(2.0)


def test_a_camera_that_tells_no_position_is_not_turned(head: tuple[CameraSettings, OnvifHead]) -> None:
    _, onvif = head
    blind = OnvifHead(onvif._session, "profile_thermal", Quirks(status="none"))
    with pytest.raises(CameraLacks, match="does not tell where its head points"):
        blind.status()


def collect(told: queue.Queue[Message], kind: type, good: object = None) -> list[Message]:
    limit, out = time.monotonic() + 15.0, []
    while time.monotonic() < limit:
        message = told.get(timeout=15.0)
        out.append(message)
        if isinstance(message, kind) and (good is None or good(message)):
            return out
    raise AssertionError(f"no {kind.__name__} came: {out}")

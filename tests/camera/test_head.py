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


def at(pan: float, mono_s: float, tilt: float = 0.0, zoom: float = 0.0) -> HeadStatus:
    return HeadStatus(pan, tilt, zoom, False, mono_s)


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


def test_a_head_that_still_zooms_has_not_arrived() -> None:
    arrival = Arrival((0.0, 0.0), Quirks())
    arrival.feed(at(-9.0, 0.0))
    assert [arrival.feed(at(0.0, t, zoom=z)) for t, z in ((1.0, 0.1), (2.0, 0.4), (2.3, 0.5), (2.6, 0.5), (3.0, 0.5))] == [
        False, False, False, False, True,
    ]  # fmt: skip


class Standing:
    """A head that is at once where it was sent, and says of its zoom and field what it is told to."""

    def __init__(self, zoom_norm: float, hfov_deg: float | None) -> None:
        self.zoom_norm, self.hfov_deg = zoom_norm, hfov_deg
        self.sent: list[tuple[float, float, float | None]] = []
        self.now_s = 0.0

    def status(self) -> HeadStatus:
        self.now_s += 1.0
        return HeadStatus(5.0, -3.0, self.zoom_norm, False, self.now_s, self.hfov_deg)

    def turn_to(self, pan_deg: float, tilt_deg: float, zoom_norm: float | None = None) -> None:
        self.sent.append((pan_deg, tilt_deg, zoom_norm))

    def go_to_preset(self, preset: str) -> None:
        pass


TABLE = {"zoom": [[0.0, 20.0], [0.5, 10.0], [1.0, 5.0]], "boresight": [[0.0, 0.2, 0.0], [1.0, 0.0, 0.0]]}


@pytest.mark.parametrize(
    ("thermal", "turn", "zoom", "told_deg", "seen_deg"),
    [
        ({"hfov_deg": 20.0}, Turn("r", "th-01", "patrol", 5.0, -3.0, 20.0), 0.0, 18.6, 18.6),
        ({"hfov_deg": 20.0}, Turn("r", "th-01", "patrol", 5.0, -3.0, 20.0), 0.0, None, None),
        ({"hfov_deg": 20.0, "hfov_tele_deg": 5.0}, Turn("r", "th-01", "patrol", 5.0, -3.0, 20.0), 0.0, 60.0, None),
        (TABLE, Turn("r", "th-01", "patrol", 5.0, -3.0, 10.0), 0.5, 60.0, None),
        (TABLE, Turn("r", "th-01", "patrol", preset="gate"), 0.5, 60.0, 10.0),
        (TABLE, Turn("r", "th-01", "patrol", preset="yard"), 0.5, 60.0, None),
    ],
)
def test_the_cameras_own_field_counts_only_where_the_files_say_nothing(
    thermal: dict[str, object], turn: Turn, zoom: float, told_deg: float | None, seen_deg: float | None
) -> None:
    views = [{"id": "gate", "preset": "gate"}, {"id": "yard", "preset": "yard", "hfov_deg": 12.0}]
    camera = CameraSettings.model_validate({"id": "th-01", "kind": "lookout", "address": "127.0.0.1", "thermal": thermal, "views": views})
    head, told = Standing(zoom, told_deg), []
    steer = Steer(camera, FAST, head, Quirks(), told.append, threading.Event(), lambda: head.now_s)  # type: ignore[arg-type]
    steer._turn(turn)
    answer, pose = told[-1], told[-2].pose
    assert (answer.arrived, answer.hfov_deg) == (True, pytest.approx(seen_deg) if seen_deg else None)
    assert pose.hfov_deg == pytest.approx(seen_deg or {"zoom": 10.0}.get(next(iter(thermal)), 20.0))
    if seen_deg == 10.0:
        assert answer.lens.pan_off_deg == pytest.approx(0.1), "the boresight of the zoom that the preset has"
    if turn.hfov_deg == 10.0:
        assert head.sent == [(5.0, -3.0, pytest.approx(0.5))]


def test_a_zoom_that_nobody_ordered_is_foreign() -> None:
    camera = CameraSettings.model_validate({"id": "th-01", "kind": "lookout", "address": "127.0.0.1", "thermal": TABLE})
    head, told = Standing(0.0, None), []
    steer = Steer(camera, FAST, head, Quirks(), told.append, threading.Event(), lambda: head.now_s)  # type: ignore[arg-type]
    steer._look()
    head.zoom_norm = 0.5
    steer._look()
    assert (told[-1].by, told[-1].moving, told[-1].pose.hfov_deg) == ("foreign", True, pytest.approx(10.0))

"""One camera's rounds: what is told when."""

from __future__ import annotations

import queue
import threading

from edged.camera.onvif.rounds import Rounds
from edged.camera.secret import Login
from edged.camera.settings import FleetSettings
from edged.messages import Message, Turn, Turned
from edged.model.event import HealthChanged
from edged.simulator.station import Station
from tests.camera.conftest import PASSWORD, entry


def test_a_head_that_is_told_well_can_be_turned_at_once(station: Station) -> None:
    said: queue.Queue[Turned] = queue.Queue()

    def report(message: Message) -> None:
        if isinstance(message, HealthChanged) and message.health.rung == "stream_ok":
            rounds.order(Turn("r1", "digest", "patrol", 6.0, -4.0))
        if isinstance(message, Turned):
            said.put(message)

    camera = entry("digest", station.camera("digest").http_port)
    rounds = Rounds(camera, lambda: Login("edged", PASSWORD), FleetSettings(), report)
    thread = threading.Thread(target=rounds.run)
    thread.start()
    try:
        answer = said.get(timeout=20)
        assert (answer.arrived, answer.reason) == (True, "")
    finally:
        rounds.stop()
        thread.join(10)
    assert not thread.is_alive()

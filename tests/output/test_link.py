"""The link's health and limits: acknowledgements count, not sockets; a small Receive Maximum; a stop in time; 3.1.1 throughout."""

from __future__ import annotations

import os
import signal
import threading
from pathlib import Path
from typing import Any

from edged.model.event import OutputChanged
from edged.output.base import BROKER
from tests.fakes.broker import OPEN, Mosquitto, needs_mosquitto
from tests.fakes.journal_reader import make_row
from tests.output.conftest import STATION, Station, User, until

ROOT = f"edged/v1/{STATION}"


@needs_mosquitto
def test_a_broker_that_hangs_is_down_although_its_socket_is_open(mosquitto: Mosquitto) -> None:
    station = Station(mosquitto.port, acknowledge_timeout_s=2).start()
    assert mosquitto._process is not None
    try:
        until(lambda: station.output.up, "up")
        os.kill(mosquitto._process.pid, signal.SIGSTOP)
        station.journal.append(make_row(1))
        station.output.wake()
        until(lambda: not station.output.up, "down")
        assert "not acknowledged in 2 s" in station.control.of(OutputChanged)[-1].detail
        os.kill(mosquitto._process.pid, signal.SIGCONT)
        city = User(mosquitto.port, "city", f"{ROOT}/alarm/event/#")
        until(lambda: city.of("/alarm/event/"), "the row after all")
        city.close()
    finally:
        os.kill(mosquitto._process.pid, signal.SIGCONT)
        station.stop()


@needs_mosquitto
def test_a_small_receive_maximum_is_kept_and_nothing_is_dropped(tmp_path: Path) -> None:
    broker = Mosquitto(tmp_path, OPEN + "max_inflight_messages 2\n").start()
    city = User(broker.port, "city", f"{ROOT}/#")
    station = Station(broker.port)
    station.journal.append(*[make_row(n) for n in range(1, 61)])
    station.start()
    try:
        until(lambda: len(city.of("/alarm/active/")) >= 60 and len(city.of("/alarm/event/")) >= 60, "rows and active set")
        assert station.output.link.receive_maximum == 2
        assert [int(row["sequence"]) for row in city.of("/alarm/event/")] == list(range(1, 61))
    finally:
        station.stop()
        city.close()
        broker.stop()


@needs_mosquitto
def test_3_1_1_carries_the_same_payloads(mosquitto: Mosquitto) -> None:
    city = User(mosquitto.port, "city", f"{ROOT}/#", v5=False)
    station = Station(mosquitto.port, protocol="3.1.1")
    station.journal.append(*[make_row(n) for n in range(1, 31)])
    station.start()
    try:
        until(lambda: station.journal.cursor(BROKER, "real") == ("e1", 30), "position")
        until(lambda: len(city.of("/alarm/event/")) == 30, "rows")
        city.say(f"{ROOT}/replay/request/city", b'{"request_id":"r","epoch":"e1","from":29,"to":30}')
        until(lambda: any("kind" in one for one in city.of("/reply/city")), "replay to the own topic")
        assert station.output.link.protocol == "3.1.1"
    finally:
        station.stop()
        city.close()


def test_a_quiet_link_proves_itself(station: Station, user: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr("edged.output.mqtt.link.HEARTBEAT_S", 0.3)
    watcher = user("watcher", f"{ROOT}/heartbeat")
    station.start()
    until(lambda: len(watcher.of("/heartbeat")) >= 2, "heartbeats")
    assert station.output.link.last_acknowledged > 0


def test_the_thread_is_gone_after_stop_and_wake_is_harmless(broker: Any) -> None:
    station = Station(broker.port).start()
    until(lambda: station.output.up, "up")
    station.stop()
    station.output.wake()
    assert not any(thread.name == "mqtt" for thread in threading.enumerate())


def test_a_fault_nobody_foresaw_is_reported_and_ends_the_thread(broker: Any) -> None:
    station = Station(broker.port)
    station.output.cameras.step = None  # type: ignore[assignment,method-assign]
    station.start()
    until(lambda: station.faults, "reported")
    assert isinstance(station.faults[0], TypeError)
    assert station.output.stop()


def test_a_journal_that_cannot_be_read_is_said_once_and_waited_for(broker: Any, user: Any, monkeypatch: Any) -> None:
    from edged.model.errors import StoreUnreachable

    monkeypatch.setattr("edged.output.mqtt.output.STORE_PAUSE_S", 0.05)
    city = user("city", f"{ROOT}/alarm/event/#")
    station = Station(broker.port)
    whole = station.journal.newest
    broken = True

    def newest(lane: Any) -> Any:
        if broken:
            raise StoreUnreachable("journal: the disk does not answer: look at dmesg")
        return whole(lane)

    station.journal.newest = newest  # type: ignore[method-assign]
    station.journal.append(make_row(1))
    station.start()
    until(lambda: station.output.up, "up in spite of it")
    broken = False
    until(lambda: city.of("/alarm/event/"), "the row")
    assert len([text for level, text in station.control.lines if "disk does not answer" in text]) == 1
    station.stop()

"""The whole daemon under its real unit, in a systemd of its own: a blocked loop is restarted and loses nothing, stopped eyes are not.

Only the watchdog's time and the path of the interpreter differ from an installation; cameras, broker and consumer are in the box.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.systemd.conftest import HERE, LIBRARIES, PYTHON, Box, running, units_of
from tests.systemd.test_unit import asked

WATCHDOG_S = 6
STOPPED_FOR_S = 33.0
SERVICE = "[Service]\nExecStart={}\n{}\nRestart=no\n"


@pytest.fixture(scope="module")
def station(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Box]:
    """A box in which edged watches two simulated cameras."""
    broker = shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin:/usr/bin")
    if broker is None:
        pytest.skip("mosquitto is not installed")
    work = tmp_path_factory.mktemp("station")
    program = work / "opt-edged/bin/edged"
    program.parent.mkdir(parents=True)
    program.write_text(f'#!/bin/sh\nexec {PYTHON} -m edged "$@"\n', encoding="utf-8")
    program.chmod(0o755)

    def units(folder: Path) -> Path:
        units_of(folder, "/opt/edged/bin/edged run -c /etc/edged/station.yaml", f"WatchdogSec={WATCHDOG_S}", LIBRARIES)
        (folder / "surroundings.service").write_text(SERVICE.format(f"{PYTHON} /opt/practice/surroundings.py", LIBRARIES))
        (folder / "mosquitto.service").write_text(SERVICE.format(f"{broker} -c /run/practice/broker/mosquitto.conf", ""))
        return folder

    with running(work, [HERE / "surroundings.py", HERE / "stopper.py"], units, f"{program.parent.parent}:/opt/edged") as box:
        box.run("systemctl", "start", "surroundings")
        box.until(lambda: "alarms" in box.run("cat", "/run/practice/consumer.json", check=False), 60, "cameras, files and consumer")
        box.run("systemctl", "start", "mosquitto")
        box.run("mkdir", "-p", "/etc/edged")
        box.run("chmod", "-R", "g+rX", "/run/practice/etc")
        box.start_edged(Path("/run/practice/etc"))
        yield box


def status(box: Box) -> dict[str, Any]:
    answer = asked(box, "status")
    return answer["data"] if answer.get("ok") and isinstance(answer["data"], dict) else {}


def consumer(box: Box) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(box.run("cat", "/run/practice/consumer.json"))
    return found


def states(station: Box, alarm: object) -> list[str]:
    """Return the states of one alarm in the order in which the consumer got them; what the eyes suspect meanwhile is not asked."""
    return [state for alarm_id, state, _, _ in consumer(station)["alarms"] if alarm_id == alarm]


def test_the_worker_runs_inside_the_closed_unit(station: Box) -> None:
    station.until(lambda: status(station).get("coverage") is not None or status(station).get("coverage_fault") is not None, 60, "coverage")
    said = status(station)
    assert said["coverage_fault"] is None
    assert 0.0 < said["coverage"]["watched_share"] <= 1.0


def test_a_blocked_loop_is_restarted_and_the_alarm_raised_before_is_delivered(station: Box) -> None:
    station.until(lambda: status(station).get("mqtt_up") is True, 30, "the broker is reached")
    station.run("systemctl", "kill", "-s", "KILL", "mosquitto")
    station.until(lambda: status(station).get("mqtt_up") is False, 20, "the broker is gone")
    raised = asked(station, "raise", args={"place": "A3堆场"})
    assert raised["ok"], raised
    data = raised["data"]
    assert isinstance(data, dict)
    main_pid = station.show("MainPID")
    # Control alone is stopped, not its children: like a loop that blocks, it neither feeds the watchdog nor answers, and nothing
    # in the product is made for the test. systemd sends SIGCONT with its SIGABRT.
    station.run("kill", "-STOP", main_pid)
    restart_s = station.until(lambda: station.show("NRestarts") == "1" and station.show("ActiveState") == "active", 60, "the restart")
    assert "Watchdog timeout" in station.run("journalctl", "-u", "edged", "-n", "200")
    assert station.show("MainPID") != main_pid
    assert states(station, data["alarm_id"]) == []
    station.run("systemctl", "start", "mosquitto")
    delivered_s = station.until(lambda: bool(states(station, data["alarm_id"])), 30, "the alarm is delivered")
    seen = consumer(station)
    assert states(station, data["alarm_id"])[0] == "active"
    assert (seen["missing"], seen["duplicates"]) == ([], 0)
    print(f"restarted {restart_s:.1f} s after the stop, delivered {delivered_s:.1f} s after the broker came back")


def test_when_every_eye_stops_the_station_says_blind_and_is_not_restarted(station: Box) -> None:
    station.until(lambda: status(station).get("seeing") == 2, 60, "both lookouts see")
    before = station.show("NRestarts")
    said = json.loads(
        station.run("env", "PYTHONPATH=/opt/practice:/opt/site", PYTHON, "/opt/practice/stopper.py", str(STOPPED_FOR_S), check=True)
    )
    print(said)
    assert set(said["blind_s"]) == {"station", "th-01", "th-02"}
    assert max(said["blind_s"].values()) <= 10.0
    assert said["causes"]["th-01"] in ("stopped", "starting")
    assert said["again"] == []
    assert said["stopped"] >= 4
    assert (station.show("NRestarts"), station.show("ActiveState")) == (before, "active")
    assert status(station)["starved"] == ""

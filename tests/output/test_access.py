"""The generated access list on a real mosquitto: each user its own, and nothing else."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from edged.model.errors import ConfigError
from edged.output.mqtt.access import access_list, mosquitto_conf, password_line
from edged.output.settings import ConsumerSettings, Identity, MqttSettings, RadioSettings
from tests.fakes.broker import Mosquitto, needs_mosquitto
from tests.output.conftest import CONSUMERS, IDENTITY, STATION, Station, User, until

ROOT = f"edged/v1/{STATION}"
NOT_AUTHORISED = 0x87
PEOPLE = ("edged", "duty1", "leader", "city", "gap", "pdt-gateway", "mast")


@pytest.fixture
def guarded(tmp_path: Path) -> Iterator[tuple[Mosquitto, Station]]:
    passwords, acl = tmp_path / "passwords", tmp_path / "acl"
    passwords.write_text("".join(password_line(name, f"pw-{name}", b"0123456789ab") for name in PEOPLE))
    secret = tmp_path / "secret"
    secret.write_text("pw-edged\n")
    mqtt = MqttSettings(username="edged", password_file=secret, consumers=CONSUMERS)
    acl.write_text(access_list(IDENTITY, mqtt, RadioSettings()))
    for path in (passwords, acl):
        path.chmod(0o644)
    tmp_path.chmod(0o755)
    conf = mosquitto_conf(mqtt, passwords, acl, None).replace("listener 1883", "listener {port}")
    # mosquitto started by root turns into another user, who cannot read a test's folder
    broker = Mosquitto(tmp_path, conf + "user root\n").start()
    station = Station(broker.port, username="edged", password_file=secret).start()
    yield broker, station
    station.stop()
    broker.stop()


@needs_mosquitto
def test_each_user_writes_only_its_own(guarded: tuple[Mosquitto, Station]) -> None:
    broker, station = guarded
    until(lambda: station.output.up, "the daemon's own login")
    cursor = json.dumps({"epoch": "e1", "sequence": 0}).encode()
    tried = [
        ("duty1", f"{ROOT}/alarm/command/duty1", True),
        ("duty1", f"{ROOT}/ptz/th-03/command/duty1", True),
        ("duty1", f"{ROOT}/alarm/command/leader", False),
        ("duty1", f"{ROOT}/ptz/th-03/command/leader", False),
        ("duty1", f"{ROOT}/cursor/city", False),
        ("duty1", f"{ROOT}/radio/report", False),
        ("duty1", f"{ROOT}/radio/tx", False),
        ("duty1", f"{ROOT}/alarm/event/fire", False),
        ("city", f"{ROOT}/cursor/city", True),
        ("city", f"{ROOT}/test/cursor/city", True),
        ("city", f"{ROOT}/replay/request/city", True),
        ("city", f"{ROOT}/cursor/gap", False),
        ("city", f"{ROOT}/replay/request/gap", False),
        ("city", f"{ROOT}/alarm/command/city", False),
        ("city", f"{ROOT}/radio/report", False),
        ("pdt-gateway", f"{ROOT}/radio/report", True),
        ("pdt-gateway", f"{ROOT}/alarm/command/pdt-gateway", False),
        ("pdt-gateway", f"{ROOT}/status", False),
        ("mast", f"{ROOT}/weather/mast", True),
        ("mast", f"{ROOT}/weather/other", False),
        ("mast", f"{ROOT}/alarm/command/mast", False),
        ("duty1", f"{ROOT}/weather/mast", False),
    ]
    users = {name: User(broker.port, name, password=f"pw-{name}") for name in ("duty1", "city", "pdt-gateway", "mast")}
    for name, topic, allowed in tried:
        code = users[name].say(topic, cursor)
        assert (code != NOT_AUTHORISED) is allowed, (name, topic, code)
    for one in users.values():
        one.close()


@needs_mosquitto
def test_nobody_reads_anothers_answers_or_the_radio(guarded: tuple[Mosquitto, Station]) -> None:
    broker, station = guarded
    until(lambda: station.output.up, "up")
    leader = User(broker.port, "leader", f"{ROOT}/#", password="pw-leader")
    duty = User(broker.port, "duty1", f"{ROOT}/reply/duty1", password="pw-duty1")
    duty.say(f"{ROOT}/alarm/command/duty1", b"{}")
    until(lambda: duty.seen, "the answer")
    assert leader.of("/reply/") == []
    assert leader.of("/status") != []
    leader.close()
    duty.close()


@pytest.mark.parametrize(
    "make",
    [
        lambda: access_list(Identity("s", "s", "0", people={"pdt-gateway": "duty"}), MqttSettings(), RadioSettings()),
        lambda: access_list(Identity("s", "s", "0", people={"mast": "duty"}, instruments=("mast",)), MqttSettings(), None),
        lambda: access_list(Identity("s", "s", "0"), MqttSettings(username="city", consumers=(ConsumerSettings(name="city"),)), None),
    ],
)
def test_two_parts_for_one_user_are_refused(make: Callable[[], str]) -> None:
    with pytest.raises(ConfigError, match="names of their own"):
        make()

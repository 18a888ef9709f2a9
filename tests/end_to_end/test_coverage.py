"""How much is watched, on the running daemon: computed by its worker, shown in status and over MQTT, less when a head goes blind."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from edged.__main__ import main
from edged.practice import STATION
from edged.simulator.mosquitto import installed
from tests.end_to_end.station import House

ONE, TWO = "th-01", "th-02"


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A station with two lookouts."""
    if installed() is None:
        pytest.skip("mosquitto is not installed")
    made = House(tmp_path_factory.mktemp("house"))
    try:
        yield made.start()
    finally:
        made.stop()


def shown(house: House) -> dict[str, Any]:
    """Return the coverage of the status, empty while it is not known."""
    return dict(house.status().get("coverage") or {})


def test_share_is_known_published_and_follows_a_blind_head(house: House, capsys: pytest.CaptureFixture[str]) -> None:
    house.sees(ONE, TWO)
    house.until(lambda: shown(house).get("blind") == [], 40, "the share that is watched")
    whole = shown(house)
    assert 0.0 < whole["watched_share"] <= 1.0
    assert whole["stale"] is False
    every = house.listen("edged", f"edged/v1/{STATION}/status")
    house.until(lambda: bool(every.bodies("/status")), 10, "the retained status")
    assert every.bodies("/status")[-1]["coverage"] == whole
    house.practice.simulator.fault("stall", ONE)
    try:
        house.until(lambda: shown(house).get("blind") == [ONE], 30, "the share without the blind head")
        less = shown(house)
        assert less["watched_share"] < whole["watched_share"]
        assert less["why_not"]["head_down"] == pytest.approx(whole["watched_share"] - less["watched_share"], abs=2e-4)
        assert less["sentence"]["zh"].endswith("1号头失明")
        house.until(lambda: every.bodies("/status")[-1].get("coverage") == less, 10, "the published share")
        command = ["coverage", "-c", str(house.practice.config / "station.yaml"), "--socket", str(house.practice.socket), "--json"]
        assert main(command) == 0
        said = json.loads(capsys.readouterr().out)
        assert (said["blind"], said["daemon_asked"], said["watched_share"]) == ([ONE], True, less["watched_share"])
    finally:
        house.practice.simulator.lift("stall", ONE)
    house.until(lambda: shown(house).get("blind") == [], 60, "the whole share again")
    assert shown(house)["watched_share"] == whole["watched_share"]

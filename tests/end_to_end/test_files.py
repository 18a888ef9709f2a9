"""Technicians' typos on the running daemon: one bad entry costs one entry, before the start and by a reload."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator

import pytest

from edged.practice import TALKGROUP
from edged.simulator.mosquitto import installed
from tests.end_to_end.station import House

BAD, GOOD = "th-01", "th-02"


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A station whose first camera has a typo from the beginning."""
    if installed() is None:
        pytest.skip("mosquitto is not installed")
    made = House(tmp_path_factory.mktemp("house"), traffic=False)
    try:
        made.write()
        spoil(made)
        yield made.start(write=False)
    finally:
        made.stop()


def spoil(house: House) -> None:
    path = house.camera_file(BAD)
    path.write_text(path.read_text().replace(" address:", " adress:"))


def mend(house: House) -> None:
    path = house.camera_file(BAD)
    path.write_text(path.read_text().replace(" adress:", " address:"))


def entries(house: House) -> dict[str, str]:
    return {entry["entry"]: entry["state"] for entry in house.status()["entries"]}


def pid(house: House, name: str) -> int | None:
    return next((child["pid"] for child in house.status()["children"] if child["name"] == name), None)


def check(house: House) -> subprocess.CompletedProcess[str]:
    argv = [sys.executable, "-m", "edged", "check", str(house.practice.config)]
    return subprocess.run(argv, capture_output=True, text=True, timeout=30, check=False)


def test_one_bad_entry_before_the_start_costs_one_camera(house: House) -> None:
    assert entries(house) == {BAD: "quarantined"}
    assert [camera["camera_id"] for camera in house.status()["cameras"]] == [GOOD]
    house.sees(GOOD)
    line = next(n for n, text in enumerate(house.camera_file(BAD).read_text().splitlines(), 1) if "adress" in text)
    done = check(house)
    assert done.returncode == 78
    assert re.search(rf"{re.escape(str(house.camera_file(BAD)))}:{line}:\d+", done.stderr), done.stderr
    assert "`address`" in done.stderr or "“address”" in done.stderr or '"address"' in done.stderr, done.stderr


def test_mended_and_reloaded_the_camera_joins_and_the_other_is_not_touched(house: House) -> None:
    before = pid(house, f"eye {GOOD}")
    mend(house)
    house.reload()
    house.until(lambda: entries(house) == {}, 10, "no entry is amiss")
    house.sees(BAD, GOOD)
    assert pid(house, f"eye {GOOD}") == before
    assert check(house).returncode == 0


def test_a_typo_by_reload_keeps_the_last_good_version_and_the_other_camera_alarms(house: House) -> None:
    house.until(lambda: house.lookout(GOOD).get("learning") is False, 30, "the view is learnt")
    before = {name: pid(house, f"eye {name}") for name in (BAD, GOOD)}
    spoil(house)
    house.reload()
    house.until(lambda: entries(house) == {BAD: "config_stale"}, 10, "the entry runs on its last good version")

    def seen() -> list[str]:
        known = house.upstream.alarms() if house.upstream is not None else []
        return [a["data"]["alarm_id"] for a in known if any(view["camera_id"] == GOOD for view in a["data"]["seen_by"])]

    earlier = set(seen())
    camera = house.practice.simulator.camera(GOOD)
    here = camera.settings
    camera.ignite(here.pan_deg, here.tilt_deg, start_s=camera.now_s() - 120.0, growth="ultrafast")
    try:
        took_s = house.until(lambda: bool(set(seen()) - earlier), 30, "the consumer has an alarm of the good camera")
        print(f"alarm of {GOOD} at the consumer {took_s:.1f} s after the fire came into view")
        alarm_id = next(one for one in seen() if one not in earlier)
        house.ask("confirm", alarm_id=alarm_id)
        house.until(lambda: any(a["data"]["state"] == "active" for a in house.events(alarm_id)), 10, "it is active")
        house.until(lambda: any(to == (f"group:{TALKGROUP}",) for to, _ in house.texts("火警")), 10, "the talkgroup has it")
    finally:
        house.practice.simulator.put_out()
    assert {name: pid(house, f"eye {name}") for name in (BAD, GOOD)} == before
    assert house.lookout(BAD)["sees"] is True


def test_a_typo_in_station_yaml_keeps_the_whole_last_good_one_and_says_so(house: House) -> None:
    daemon = house.practice.daemon
    path = house.practice.config / "station.yaml"
    good = path.read_text(encoding="utf-8")
    path.write_text(good.replace("hold_s:", "holds_s:").replace("consumers:", "consumer:"), encoding="utf-8")
    house.reload()
    house.until(lambda: entries(house).get("station") == "config_stale", 10, "the station is said to run on its last good version")
    said = next(entry for entry in house.status()["entries"] if entry["entry"] == "station")
    assert said["file"].endswith("station.yaml")
    assert said["zh"] != said["en"] != ""
    assert house.practice.daemon is daemon
    assert daemon is not None
    assert daemon.poll() is None
    alarm = house.raised("2号楼")
    house.until(lambda: house.delivered(alarm["alarm_id"]), 10, "alarms go on")
    path.write_text(good, encoding="utf-8")
    house.reload()
    house.until(lambda: "station" not in entries(house), 10, "the good file is taken again")

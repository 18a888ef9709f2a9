"""A distinctive password, wrong and right, at cameras and broker: it stands in its files and nowhere else."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote, quote_plus

import pytest

from edged.practice import STATION
from edged.simulator.mosquitto import installed
from tests.end_to_end.station import House

PASSWORD = "Gr!#p@ss/wörd%40"
WRONG = "Wr0ng!#@ss/ä%41"


def forms(password: str) -> set[bytes]:
    """Return the password as it could stand in an address, a log or JSON."""
    said = {password, quote(password), quote(password, safe=""), quote_plus(password), quote(password, safe="@!"), ascii(password)[1:-1]}
    said |= {quote(password, safe="").lower(), quote(password, safe="!"), quote(password, safe="!#@"), password.split("/")[0]}
    return {form.encode() for form in said} | {password.encode("latin-1")}


def leaks(data: bytes) -> list[bytes]:
    return [form for password in (PASSWORD, WRONG) for form in forms(password) if form in data]


def family(pid: int) -> set[int]:
    """Return a process and all that descend from it."""
    parents: dict[int, int] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            parents[int(stat.parent.name)] = int(stat.read_text().rsplit(")", 1)[1].split()[1])
        except (OSError, ValueError):
            continue
    found = {pid}
    while more := {child for child, parent in parents.items() if parent in found} - found:
        found |= more
    return found


def titles(pid: int) -> dict[str, bytes]:
    """Return command lines and environments of a family; a process that ends meanwhile has none."""
    out: dict[str, bytes] = {}
    for one in family(pid):
        for name in ("cmdline", "environ"):
            try:
                out[f"{one}/{name}"] = Path(f"/proc/{one}/{name}").read_bytes()
            except OSError:
                continue
    return out


def test_a_password_stands_in_its_files_and_nowhere_else(tmp_path: Path) -> None:
    if installed() is None:
        pytest.skip("mosquitto is not installed")
    house = House(tmp_path, ("th-01",), password=PASSWORD)
    practice = house.practice
    practice.passwords["edged"] = PASSWORD
    secrets = practice.config / "secrets"
    seen: dict[str, bytes] = {}
    try:
        house.write()
        for name in ("cameras.password", "broker.password"):
            (secrets / name).write_text(WRONG + "\n", encoding="utf-8")
        house.start(write=False)
        every = house.listen("edged", f"edged/v1/{STATION}/#")
        house.until(lambda: "auth_failed" in str(house.lookout("th-01").get("health")), 20, "the camera refuses the wrong password")
        house.until(lambda: house.status().get("mqtt_up") is False, 10, "the broker refuses the wrong password")
        answers = [house.status()]
        assert "password" in str(answers[0]["faults"]["th-01"])
        assert practice.daemon is not None
        seen |= titles(practice.daemon.pid)
        (secrets / "cameras.password").write_text(PASSWORD + "\n", encoding="utf-8")
        (secrets / "broker.password").write_text(PASSWORD + "\n", encoding="utf-8")
        house.sees("th-01")
        practice.stop_daemon()
        practice.start_daemon()
        house.until(lambda: house.lookout("th-01").get("age_s") is not None, 30, "the new daemon sees by itself")
        alarm = house.raised("A3堆场")
        house.until(lambda: house.delivered(alarm["alarm_id"]), 10, "the alarm goes out")
        answers += [house.status(), house.ask("why", args={"alarm": alarm["alarm_id"]}), house.ask("alarms")]
        assert practice.daemon is not None
        seen |= titles(practice.daemon.pid)
    finally:
        house.stop()
    assert len(seen) >= 2 * 2 * 3
    assert {name: leaks(data) for name, data in seen.items() if leaks(data)} == {}
    messages = [(topic, payload) for topic, payload, _ in every.seen]
    assert {"camera", "alarm", "status"} <= {topic.split("/")[3] for topic, _ in messages}
    assert [topic for topic, payload in messages if leaks(topic.encode() + payload)] == []
    assert leaks(repr(answers).encode()) == []
    assert "Traceback" not in practice.log.read_text(encoding="utf-8")
    files = [path for path in practice.folder.rglob("*") if path.is_file() and secrets not in path.parents]
    assert any(path.name == "journal.db" for path in files)
    assert any(path.parent.name == "input" for path in files)
    assert practice.log in files
    assert {str(path): found for path in files if (found := leaks(path.read_bytes()))} == {}
    assert (secrets / "cameras.password").stat().st_mode & 0o077 == 0

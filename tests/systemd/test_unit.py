"""The unit under a real systemd: it verifies, is closed, starts, reloads, comes back after a kill and after a hang."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.systemd.conftest import ROOT, SECRET, Box

UNIT = ROOT / "systemd/edged.service"
MOST_EXPOSED = 1.6


def analyze(*argv: str) -> subprocess.CompletedProcess[str]:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd-analyze is not installed")
    return subprocess.run(["systemd-analyze", *argv], capture_output=True, text=True, timeout=30, check=False)


def test_the_unit_verifies_without_a_word(tmp_path: Path) -> None:
    text = UNIT.read_text(encoding="utf-8").replace("/opt/edged/bin/edged", "/bin/true").replace("/etc/edged/README.md", "/etc/hostname")
    (tmp_path / "edged.service").write_text(text, encoding="utf-8")
    done = analyze("verify", "--man=no", str(tmp_path / "edged.service"))
    assert done.stderr == ""
    assert done.returncode == 0


def test_the_unit_is_closed() -> None:
    done = analyze("security", "--offline=true", str(UNIT))
    found = re.search(r"exposure level for edged.service: ([0-9.]+)", done.stdout)
    assert found is not None, done.stderr
    assert float(found[1]) <= MOST_EXPOSED


def asked(box: Box, verb: str, user: str | None = None, **fields: object) -> dict[str, object]:
    """Ask the control socket from inside the box, by a client that has nothing but the standard library."""
    code = (
        "import socket,sys;s=socket.socket(socket.AF_UNIX);s.settimeout(10);s.connect('/run/edged/control.sock');"
        "s.sendall(sys.argv[1].encode()+b'\\n');print(s.makefile().readline())"
    )
    out = box.run("/opt/python/bin/python3", "-c", code, json.dumps({"verb": verb, **fields}), user=user, check=user is None)
    return json.loads(out) if out.startswith("{") else {"ok": False, "said": out}


def told(box: Box) -> dict[str, object]:
    answer = asked(box, "why")
    assert answer["ok"], answer
    data = answer["data"]
    assert isinstance(data, dict)
    return data


def test_it_starts_says_ready_and_everything_works_inside(box: Box) -> None:
    box.run("mkdir", "-p", "/etc/edged")
    box.start_edged()
    assert box.show("ActiveState") == "active"
    assert box.show("StatusText") == "practice"
    box.until(lambda: told(box)["child"] == "running", 20, "the first beat of a child")
    data = told(box)
    assert data["child_nice"] == 5
    assert (data["opencv"], data["callback"], data["decoder"]) == (640 * 512, 2, True)
    assert (data["state"], data["commissioned"]) == ("written", "written")
    assert (data["usr"], data["home"]) == ("OSError:30", "hidden")
    assert data["station"] in ("OSError:30", "PermissionError:13")
    assert data["uid"] != 0


def test_the_socket_tells_people_apart(box: Box) -> None:
    box.run("useradd", "-G", "edged", "wang")
    box.run("useradd", "stranger")
    answer = asked(box, "raise", user="wang", args={"place": "A3"})
    assert answer.get("text") == "wang technician", answer
    assert "Permission" in str(asked(box, "raise", user="stranger"))
    assert asked(box, "raise", args={"place": "A3"})["text"] == "root administrator"


def test_the_journal_has_fields_and_no_secret(box: Box) -> None:
    box.until(lambda: "EDGED_CAMERA" in box.run("journalctl", "EDGED_ALARM_ID=01JD", "-o", "json", check=False), 10, "journal fields")
    record = json.loads(box.run("journalctl", "EDGED_ALARM_ID=01JD", "-o", "json", "-n", "1"))
    assert (record["EDGED_CAMERA"], record["PRIORITY"], record["LOGGER"]) == ("th-01", "4", "edged.practice")
    whole = box.run("journalctl", "-o", "verbose")
    assert "password is ***" in whole
    assert SECRET not in whole


def test_reload_keeps_the_process(box: Box) -> None:
    before = told(box)
    box.run("systemctl", "reload", "edged")
    box.until(lambda: box.show("StatusText") == "reloaded 1", 10, "the status of the reload")
    after = told(box)
    assert (after["pid"], after["reloads"]) == (before["pid"], 1)


def test_killed_it_comes_back_with_what_it_wrote(box: Box) -> None:
    before = told(box)
    box.run("systemctl", "kill", "-s", "KILL", "edged")
    took = box.until(lambda: box.show("NRestarts") == "1" and box.show("ActiveState") == "active", 20, "the restart")
    after = told(box)
    assert after["pid"] != before["pid"]
    assert after["rows"] == before["rows"]
    assert took < 20


def test_a_blocked_loop_is_restarted_by_the_watchdog(box: Box) -> None:
    before = told(box)
    assert asked(box, "raise", args={"place": "hang"})["ok"]
    took = box.until(lambda: box.show("NRestarts") == "2" and box.show("ActiveState") == "active", 30, "the watchdog's restart")
    assert took >= 1.5
    assert "Watchdog timeout" in box.run("journalctl", "-u", "edged", "-n", "50")
    after = told(box)
    assert after["pid"] != before["pid"]
    assert after["rows"] == int(str(before["rows"])) + 1


def test_an_unusable_configuration_is_not_tried_again(box: Box) -> None:
    box.run("systemctl", "stop", "edged")
    box.run(
        "bash", "-c", "printf '[Service]\nExecStart=\nExecStart=/bin/sh -c \"exit 78\"\n' > /etc/systemd/system/edged.service.d/zz.conf"
    )
    box.run("systemctl", "daemon-reload")
    box.run("systemctl", "start", "edged", check=False)
    assert (box.show("ActiveState"), box.show("ExecMainStatus"), box.show("NRestarts")) == ("failed", "78", "0")
    box.run("rm", "/etc/systemd/system/edged.service.d/zz.conf")
    box.run("systemctl", "daemon-reload")
    box.run("systemctl", "start", "edged")
    assert box.show("ActiveState") == "active"


def test_an_orderly_stop_ends_well(box: Box) -> None:
    box.run("systemctl", "stop", "edged")
    assert (box.show("Result"), box.show("ExecMainStatus")) == ("success", "0")

"""`edged probe` against the simulated station and against ipycam."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from edged.__main__ import main
from edged.simulator.station import Station
from tests.camera.conftest import PASSWORD


@pytest.fixture
def password_file(tmp_path: Path) -> str:
    path = tmp_path / "password"
    path.write_text(PASSWORD + "\n", encoding="utf-8")
    return str(path)


def probe(capsys: pytest.CaptureFixture[str], *args: str) -> tuple[int, dict[str, object], str]:
    status = main(["probe", *args, "--json"])
    out, err = capsys.readouterr()
    assert PASSWORD not in out + err
    return status, json.loads(out), err


def test_the_whole_ladder_of_a_good_camera(
    station: Station, password_file: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    picture = tmp_path / "picture.jpg"
    port = station.camera("digest").http_port
    status, told, _ = probe(capsys, f"127.0.0.1:{port}", "--user", "edged", "--password-file", password_file, "--capture", str(picture))
    steps = {step["name"]: step for step in told["steps"]}
    assert status == 0
    assert told["rung"] == "fresh"
    assert steps["clock"]["outcome"] == "warning"
    assert steps["clock"]["figures"]["clock_offset_s"] == pytest.approx(8 * 3600, abs=2.0)
    assert steps["login"]["figures"]["auth"] == "digest"
    assert steps["thermal stream"]["figures"]["size"] == "320x256"
    assert steps["head"]["outcome"] == "good"
    assert "VideoSource/RadiometryAlarm" in steps["events"]["figures"]["topics"]
    assert picture.read_bytes()[:2] == b"\xff\xd8"


def test_ipycam_in_words(ipycam: int, password_file: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EDGED_LANG", "en")
    status, told, _ = probe(capsys, f"127.0.0.1:{ipycam}", "--user", "edged", "--password-file", password_file)
    said = {step["name"]: (step["outcome"], step["words"]["en"]) for step in told["steps"]}
    assert status == 1
    assert told["rung"] == "login_ok"
    assert said["login"][1].startswith("login by wsse: PythonCam VirtualCam-1")
    assert said["thermal stream"][0] == "bad"
    assert "does not tell where its head points" in said["head"][1]
    assert "no events" in said["events"][1]
    assert "undeclared prefix" in said["known limit"][1] or "event service" in said["known limit"][1]


def test_a_login_in_the_address_is_refused_without_repeating_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["probe", "rtsp://edged:geheim@127.0.0.1/x"]) == 78
    out, err = capsys.readouterr()
    assert "geheim" not in out + err
    assert "password-file" in err


def test_nobody_there(capsys: pytest.CaptureFixture[str]) -> None:
    status, told, _ = probe(capsys, "127.0.0.1:1")
    assert (status, told["rung"]) == (1, "unreachable")
    assert "check power, cable" in told["steps"][0]["words"]["en"]

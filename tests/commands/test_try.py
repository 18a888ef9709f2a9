"""`edged try`: a recording made here, two configurations, and what each would have said."""

from __future__ import annotations

import json
import threading
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from edged.__main__ import main
from edged.commands import try_
from edged.messages import DropView, HoldView, encode
from edged.model.view import View
from edged.store.recorder import Recorder
from edged.store.recording import Coded
from edged.store.segments import listed
from edged.store.settings import RecorderSettings

WIDTH, HEIGHT, FPS = 160, 128, 4
BEGIN = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
FIRE_S, LENGTH_S = 10, 30
STATION = """
station: {id: t-01, name: 测试站, time_zone: Asia/Shanghai, language: en}
mqtt: {host: 127.0.0.1}
detection: {contrast_levels: 24}
"""
CAMERAS = """
cameras:
  - {id: th-01, kind: lookout, address: 192.0.2.1, thermal: {picture: white-hot, hfov_deg: 17.5}}
  - {id: th-02, kind: lookout, address: 192.0.2.2, thermal: {picture: white-hot, hfov_deg: 17.5}}
"""


def yard() -> list[tuple[bytes, bool]]:
    """Return the packets of a yard in which something begins to burn after FIRE_S."""
    codec: Any = av.CodecContext.create("libx264", "w")
    codec.width, codec.height, codec.pix_fmt, codec.time_base, codec.framerate = WIDTH, HEIGHT, "yuv420p", Fraction(1, FPS), Fraction(FPS)
    codec.gop_size, codec.max_b_frames, codec.thread_count = 8, 0, 1
    codec.options = {"preset": "ultrafast", "tune": "zerolatency", "qp": "8", "forced-idr": "1"}
    codec.open()
    rng = np.random.default_rng(3)
    base = 90.0 + 25.0 * (np.add.outer(np.arange(HEIGHT) // 32, np.arange(WIDTH) // 32 + 1) % 2)
    out: list[tuple[bytes, bool]] = []
    for number in range(LENGTH_S * FPS):
        picture = base + rng.normal(0, 1.2, base.shape)
        since_s = number / FPS - FIRE_S
        if since_s >= 0:
            picture[60:68, 80:88] += 30.0 + 3.0 * since_s + 4.0 * (number % 2)
        grey = np.full((HEIGHT * 3 // 2, WIDTH), 128, np.uint8)
        grey[:HEIGHT] = picture.clip(0, 255)
        frame = av.VideoFrame.from_ndarray(grey, format="yuv420p")
        frame.pts = number
        out += [(bytes(packet), packet.is_keyframe) for packet in codec.encode(frame)]
    return out


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a state folder with one recording of th-01, in segments of 10 s, the last cut off by a kill."""
    state = tmp_path_factory.mktemp("state")
    now = [500.0]

    def utc() -> datetime:
        return BEGIN + timedelta(seconds=now[0] - 500.0)

    recorder = Recorder(state, "th-01", RecorderSettings(segment_s=10), utc=utc, mono=lambda: now[0], free_bytes=lambda _: 10**12)
    recorder.opened("h264", b"")
    told = [HoldView(View("th-01", "whole", 1, 0.0, 0.0, 17.5, 500.5)), DropView(2, "maintenance")]
    recorder.told(json.loads(encode(told[0])[4:]))
    for number, (data, key) in enumerate(yard()):
        recorder.packet(Coded(data, number, Fraction(1, FPS), key, now[0], utc(), None))
        recorder.turn()
        now[0] += 1.0 / FPS
    recorder.told(json.loads(encode(told[1])[4:]))
    recorder.turn()
    return state


@pytest.fixture
def force(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(try_, "_idle", lambda: None)
    monkeypatch.setenv("EDGED_LANG", "en")
    (tmp_path / "etc" / "cameras").mkdir(parents=True)
    (tmp_path / "etc" / "station.yaml").write_text(STATION, encoding="utf-8")
    (tmp_path / "etc" / "cameras" / "lookouts.yaml").write_text(CAMERAS, encoding="utf-8")
    return tmp_path / "etc" / "station.yaml"


def tried(capsys: pytest.CaptureFixture[str], *args: object) -> tuple[int, str, str]:
    capsys.readouterr()
    status = main(["try", *map(str, args)])
    captured = capsys.readouterr()
    return status, captured.out, captured.err


def common(force: Path, state: Path) -> tuple[object, ...]:
    return ("-c", force, "--state", state, "--hours", 1, "--until", (BEGIN + timedelta(minutes=2)).isoformat())


def test_an_alarm_goes_with_a_higher_contrast_and_comes_back(
    recorded: Path, force: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    new = tmp_path / "new.yaml"
    new.write_text(STATION.replace("24", "150"), encoding="utf-8")
    before = sorted(path.name for path in recorded.rglob("*"))
    status, out, err = tried(capsys, new, *common(force, recorded), "--json", "--pictures", tmp_path / "seen")
    found = json.loads(out)
    assert status == 0
    assert "edged-try" not in err
    assert (found["comes"], found["goes"], found["stays"], found["frames"]) == (0, 1, 0, LENGTH_S * FPS)
    (gone,) = found["results"]
    begin = BEGIN + timedelta(seconds=FIRE_S)
    assert begin <= datetime.fromisoformat(gone["active_at"]) <= BEGIN + timedelta(seconds=LENGTH_S)
    assert gone["camera_id"] == "th-01"
    assert "new" in gone["reasons_for"]
    assert Path(gone["picture"]).read_bytes()[:2] == b"\xff\xd8"
    assert found["not_recorded"]["th-02"] == [[(BEGIN - timedelta(minutes=58)).isoformat(), (BEGIN + timedelta(minutes=2)).isoformat()]]
    assert len(found["not_recorded"]["th-01"]) == 2
    assert sorted(path.name for path in recorded.rglob("*")) == before

    other = tmp_path / "other" / "station.yaml"
    other.parent.mkdir()
    other.write_text(STATION.replace("24", "150") + CAMERAS, encoding="utf-8")
    status, out, _ = tried(capsys, force, "-c", other, *common(force, recorded)[2:], "--camera", "th-01")
    assert status == 0
    assert out.startswith("+1 −0 alarms, 0 suspects; 0 alarms stay")
    assert "h not recorded" in out
    assert "th-01" in out


def test_only_cameras_that_differ_are_played(recorded: Path, force: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, out, _ = tried(capsys, force, *common(force, recorded))
    assert status == 1
    assert "No camera's settings differ" in out
    (tmp_path / "lookouts.yaml").write_text(CAMERAS.replace("hfov_deg: 17.5}}\n  - ", "hfov_deg: 17}}\n  - "), encoding="utf-8")
    status, out, _ = tried(capsys, tmp_path / "lookouts.yaml", *common(force, recorded), "--json")
    found = json.loads(out)
    assert (status, found["cameras"], found["stays"]) == (0, ["th-01"], 1)


def test_a_wrong_file_is_judged_as_check_does(recorded: Path, force: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    new = tmp_path / "new.yaml"
    new.write_text(STATION.replace("contrast_levels", "contrast_level"), encoding="utf-8")
    status, out, err = tried(capsys, new, *common(force, recorded))
    assert (status, out) == (78, "")
    assert f"{new}:4" in err
    assert "contrast_levels" in err
    assert tried(capsys, tmp_path / "nothing.yaml", *common(force, recorded))[0] == 78


def test_a_damaged_segment_costs_itself(recorded: Path, force: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    import shutil

    state = tmp_path / "state"
    shutil.copytree(recorded, state)
    names = listed(state / "recorder" / "th-01")
    assert len(names) == 3
    names[1].lines.write_bytes(b"\x00garbage\n")
    names[0].video.write_bytes(b"\xff" * 5000)
    status, out, _ = tried(capsys, force, *common(force, state), "--all", "--json")
    found = json.loads(out)
    assert status == 0
    assert len(found["unplayed"]) == 2
    assert found["frames"] == 10 * FPS


def test_what_the_new_settings_do_not_watch_is_not_judged(
    recorded: Path, force: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cameras = CAMERAS.replace("17.5}}\n  - ", "17.5}, views: [{id: north, pan_deg: 10, tilt_deg: 0}]}\n  - ")
    (tmp_path / "lookouts.yaml").write_text(cameras, encoding="utf-8")
    _, out, _ = tried(capsys, tmp_path / "lookouts.yaml", *common(force, recorded), "--json")
    assert (json.loads(out)["goes"], json.loads(out)["stays"]) == (1, 0)


def test_the_recorder_thread_ends(tmp_path: Path) -> None:
    ended = threading.Event()
    recorder = Recorder(tmp_path, "th-01", RecorderSettings())
    thread = threading.Thread(target=recorder.run, args=(ended,))
    thread.start()
    ended.set()
    thread.join(5.0)
    assert not thread.is_alive()

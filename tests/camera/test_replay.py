"""Files as a camera: order, scenes, holding, clips, and files that are broken."""

from __future__ import annotations

import json
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from edged.__main__ import main
from edged.camera.replay import GAP_S, Replay, files
from edged.detector.scalar import Scalar
from edged.model.errors import CameraUnreachable
from edged.model.event import Sighted
from edged.model.instant import Instant
from edged.store.inputlog import Header, InputLog
from edged.store.settings import StoreSettings
from tests.detector.scenes import detector, frames, hot, yard


def still(path: Path, seed: int, rise: float = 0.0) -> None:
    heat = hot(yard(seed), 150, 140, 3, rise) if rise else yard(seed)
    cv2.imwrite(str(path), ((heat + 273.15) * 100).astype(np.uint16))


def clip(path: Path, count: int, fps: int = 10) -> None:
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=fps)
        stream.width, stream.height, stream.pix_fmt = 320, 240, "yuv420p"
        for number in range(count):
            grey = np.full((240, 320), 90 + number, np.uint8)
            frame = av.VideoFrame.from_ndarray(np.vstack([grey, np.full((120, 320), 128, np.uint8)]), format="yuv420p")
            frame.pts = number
            container.mux(stream.encode(frame))
        container.mux(stream.encode())


def test_natural_order_and_only_readable_files(tmp_path: Path) -> None:
    for name in ("RAD10.png", "RAD9.png", "notes.txt", "RAD1.png"):
        (tmp_path / name).write_bytes(b"")
    assert [path.name for path in files([tmp_path])] == ["RAD1.png", "RAD9.png", "RAD10.png"]


def test_alike_stills_are_one_scene_and_others_their_own(tmp_path: Path) -> None:
    for number, seed in enumerate((1, 1, 1, 5, 9)):
        still(tmp_path / f"{number}.png", seed)
    played = list(Replay([tmp_path], hold_s=2.0))
    fresh = [p for p in played if not p.frame.held]
    assert [p.scene for p in fresh] == [1, 1, 1, 2, 3]
    assert fresh[1].frame.mono_s - fresh[0].frame.mono_s == pytest.approx(0.2)
    for scene in (1, 2, 3):
        times = [p.frame.mono_s for p in played if p.scene == scene]
        assert 2.0 <= times[-1] - times[0] < 2.6
    starts = [p.frame.mono_s for p in fresh if p.scene == 2]
    assert starts[0] - max(p.frame.mono_s for p in played if p.scene == 1) == pytest.approx(GAP_S)
    assert [p.frame.index for p in played] == list(range(len(played)))


def test_clip_has_its_own_time_and_one_plane(tmp_path: Path) -> None:
    clip(tmp_path / "a.mp4", 30)
    played = list(Replay([tmp_path / "a.mp4"], hold_s=0.0))
    assert len(played) == 30
    assert played[-1].frame.mono_s - played[0].frame.mono_s == pytest.approx(2.9, abs=0.01)
    assert played[0].frame.pixels.shape == (240, 320)
    assert played[0].frame.key
    faster = list(Replay([tmp_path / "a.mp4"], fps=30.0, hold_s=0.0))
    assert faster[-1].frame.mono_s - faster[0].frame.mono_s == pytest.approx(29 / 30)


def test_same_files_play_the_same(tmp_path: Path) -> None:
    still(tmp_path / "a.png", 1)
    one, two = list(Replay([tmp_path])), list(Replay([tmp_path]))
    assert [(p.frame.mono_s, p.frame.captured_at, p.frame.held) for p in one] == [
        (p.frame.mono_s, p.frame.captured_at, p.frame.held) for p in two
    ]


@pytest.mark.parametrize("name", ["bad.png", "bad.jpg", "bad.tiff", "bad.cptv", "bad.mp4"])
@pytest.mark.parametrize("content", [b"", b"\x00" * 64, b"\xff\xd8\xff\xe1FLIR\x00" + b"junk" * 40])
def test_a_broken_file_costs_only_itself(tmp_path: Path, name: str, content: bytes) -> None:
    still(tmp_path / "a.png", 1)
    (tmp_path / name).write_bytes(content)
    still(tmp_path / "z.png", 1)
    source = Replay([tmp_path], hold_s=0.0)
    assert {p.source.name for p in source} == {"a.png", "z.png"}
    assert len(source.faults) == 1
    assert name in str(source.faults[0])


def test_cut_clip_plays_as_far_as_it_goes(tmp_path: Path) -> None:
    clip(tmp_path / "a.mkv", 40)
    whole = (tmp_path / "a.mkv").read_bytes()
    (tmp_path / "a.mkv").write_bytes(whole[: len(whole) * 3 // 4])
    played = list(Replay([tmp_path / "a.mkv"], hold_s=0.0))
    assert 0 < len(played) < 40


def test_missing_source_and_empty_directory_are_named(tmp_path: Path) -> None:
    with pytest.raises(CameraUnreachable, match=r"nowhere\.png"):
        Replay([tmp_path / "nowhere.png"])
    with pytest.raises(CameraUnreachable, match="no PNG"):
        Replay([tmp_path])


def lines(text: str) -> list[dict]:  # type: ignore[type-arg]
    return [json.loads(line) for line in text.splitlines()]


def test_command_alarms_on_a_fire_and_not_on_machinery(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    still(tmp_path / "fire.png", 1, 300.0)
    still(tmp_path / "machine.png", 1, 165.0)
    assert main(["replay", "--json", str(tmp_path / "fire.png")]) == 0
    said = lines(capsys.readouterr().out)
    assert said[-1]["kind"] == "summary"
    assert said[-1]["alarms"] == 1
    active = next(line for line in said if line["kind"] == "alarm" and line["state"] == "active")
    assert {"frame", "captured_at", "alarm"} <= set(active)
    assert "absolute_limit" in active["alarm"]["evidence"]["reasons_for"]
    assert main(["replay", "--json", str(tmp_path / "machine.png")]) == 0
    assert lines(capsys.readouterr().out)[-1]["alarms"] == 0


def test_input_log_gives_the_same_alarm_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    eye, scalar = detector(), Scalar("celsius")
    log = InputLog.open(tmp_path / "log", StoreSettings(), lambda: Header("s", "r", {}))
    sizes = np.random.default_rng(8).uniform(2.0, 5.0, 64)
    for frame in frames(yard(), 8, lambda heat, t: hot(heat, 150, 140, float(sizes[int(8 * t)]), 300)):
        for sighting in eye.judge(scalar.thermogram(frame), frame):
            log.write(Sighted(sighting), Instant(frame.mono_s, frame.captured_at))
    log.close()
    paths = [str(path) for path in sorted((tmp_path / "log").iterdir())]
    assert main(["replay", "--json", "--input-log", *paths]) == 0
    said = lines(capsys.readouterr().out)
    assert said[-1]["alarms"] == 1
    assert any(line["kind"] == "alarm" and line["state"] == "active" for line in said)


def test_command_refuses_in_words(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EDGED_LANG", "zh")
    assert main(["replay", str(tmp_path / "none.png")]) == 1
    assert "文件或目录不存在" in capsys.readouterr().err
    monkeypatch.setenv("EDGED_LANG", "en")
    (tmp_path / "bad.png").write_bytes(b"junk")
    assert main(["replay", str(tmp_path / "bad.png")]) == 1
    assert "bad.png" in capsys.readouterr().err
    assert main(["replay", str(tmp_path / "bad.png"), "--camera", "th-01"]) == 78
    assert "--camera th-01 needs -c" in capsys.readouterr().err
    assert main(["replay", str(tmp_path / "bad.png"), "--fps", "0"]) == 78

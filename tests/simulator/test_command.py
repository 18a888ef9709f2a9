"""`edged simulate` as a person and as a program call it; recorded clips of real cameras where they are at hand."""

from __future__ import annotations

import itertools
import json
import os
from pathlib import Path

import numpy as np
import pytest

import edged
from edged.__main__ import main
from edged.simulator.clip import Clip


def test_addresses_for_a_program(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    file = tmp_path / "station.yaml"
    file.write_text("cameras: [{id: th-01}, {id: 走廊, kind: corridor}]".replace("走廊", "co-1"))
    assert (
        main(
            ["simulate", str(file), "--camera", "th-01", "--fire", "th-01@5s", "--fault", "frozen:th-01@20s+10s", "--for", "0.1", "--json"]
        )
        == 0
    )
    (camera,) = json.loads(capsys.readouterr().out)["cameras"]
    assert camera["id"] == "th-01"
    assert camera["onvif"].startswith("http://127.0.0.1:")
    assert camera["streams"]["thermal"].startswith("rtsp://127.0.0.1:")


def test_addresses_for_a_person(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EDGED_LANG", "zh")
    file = tmp_path / "station.yaml"
    file.write_text("cameras: [{id: co-1, kind: corridor}]")
    assert main(["simulate", str(file), "--for", "0.1"]) == 0
    assert "仅供演练" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--camera", "th-99"], "no camera th-99"),
        (["--camera", "th-01", "--fire", "th-02"], "no camera th-02"),
        (["--fault", "melted:th-01"], "expected KIND:CAMERA"),
        (["missing.yaml"], "cannot be read"),
    ],
)
def test_wrong_orders_end_with_78(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, arguments: list[str], message: str
) -> None:
    monkeypatch.setenv("EDGED_LANG", "en")
    assert main(["simulate", *arguments, "--for", "0.1"]) == 78
    assert message in capsys.readouterr().err


@pytest.mark.parametrize("group", ["tno_fire_part_1", "ir_video_aerial"])
def test_recorded_clips_play(group: str) -> None:
    data = Path(os.environ.get("EDGED_REAL_DATA", Path(edged.__file__).parents[2] / "shared" / "data"))
    if not (data / group).is_dir():
        pytest.skip(f"recorded pictures of {group} are not at hand")
    folder = data / group
    films = sorted(folder.glob("*.mp4"))
    clip = Clip(films[0] if films else folder, 8.0)
    pictures = [clip.next()[: clip.height].astype(int) for _ in range(40)]
    assert all(p.shape == (clip.height, clip.width) for p in pictures)
    assert all(p.std() > 3 for p in pictures)
    assert np.median([np.abs(a - b).mean() for a, b in itertools.pairwise(pictures)]) > 0.05

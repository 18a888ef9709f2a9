"""Real clips in, exact alarms out. The data are beside the checkout or in $EDGED_REAL_DATA; without them these tests skip and say so.

There are few fire sites in them: this proves function, not a detection rate.
"""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path

import pytest

from edged.__main__ import main

_SPEC = importlib.util.spec_from_file_location("realdata", Path(__file__).parents[2] / "scripts" / "benches" / "realdata.py")
assert _SPEC is not None
assert _SPEC.loader is not None
realdata = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(realdata)
FOLDER = realdata.data()
pytestmark = pytest.mark.skipif(FOLDER is None, reason="no real data in ../shared/data or $EDGED_REAL_DATA")


def replay(capsys: pytest.CaptureFixture[str], *files: Path) -> list[dict]:  # type: ignore[type-arg]
    assert main(["replay", "--json", *map(str, files)]) == 0
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def active(said: list[dict]) -> dict[str, dict]:  # type: ignore[type-arg]
    """Return alarm id → the line with which it became active."""
    first: dict[str, dict] = {}  # type: ignore[type-arg]
    for line in said:
        if line["kind"] == "alarm" and line["state"] == "active":
            first.setdefault(line["alarm"]["alarm_id"], line)
    return first


@pytest.mark.parametrize("number", [6, 7, 8, 9, 10])
def test_each_burn_still_alarms_by_an_absolute_rule(number: int, capsys: pytest.CaptureFixture[str]) -> None:
    alarms = active(replay(capsys, FOLDER / "flame3_sycan" / f"{number:05d}_temp_c.tiff"))
    assert alarms
    for line in alarms.values():
        assert {"over_range", "absolute_limit"} & set(line["alarm"]["evidence"]["reasons_for"])
        assert line["scene_s"] <= 5.0


def test_far_fire_of_a_grey_camera_is_one_alarm_by_its_course(capsys: pytest.CaptureFixture[str]) -> None:
    alarms = active(replay(capsys, FOLDER / "tno_fire_part_1"))
    assert len(alarms) == 1
    line = next(iter(alarms.values()))
    assert line["frame"] <= 24
    evidence = line["alarm"]["evidence"]
    assert "flickering" in evidence["reasons_for"]
    assert evidence["temperature"]["apparent_temp_c"] is None


def test_palette_fire_alarms_by_its_over_range_core(capsys: pytest.CaptureFixture[str]) -> None:
    alarms = active(replay(capsys, FOLDER / "seek_palette_fire"))
    assert alarms
    assert all("over_range" in line["alarm"]["evidence"]["reasons_for"] for line in alarms.values())


@pytest.mark.parametrize(
    "pattern",
    [
        "tno_nato_camp/*", "tno_stills/*", "flir_rjpeg/*", "cptv/*", "dji/M*_centikelvin.png", "dji/M3TD*_display.jpg",
        "hit_uav/1_60_[37]*", "ir_video_aerial/IR_HELICOPTER_001.mp4", "ir_video_aerial/IR_BIRD_010.mp4",
    ],
)  # fmt: skip
def test_what_is_no_fire_is_no_alarm(pattern: str, capsys: pytest.CaptureFixture[str]) -> None:
    files = sorted(FOLDER.glob(pattern))
    assert files
    said = replay(capsys, *files)
    assert active(said) == {}
    assert said[-1]["frames"] > 0
    assert said[-1]["unread_files"] == 0


@pytest.mark.long
@pytest.mark.parametrize(("name", "pattern", "fire"), realdata.GROUPS)
def test_every_group(name: str, pattern: str, fire: bool) -> None:
    got = realdata.replay(FOLDER, pattern)
    assert len(got["alarmed"]) == (got["scenes"] if fire else 0), name

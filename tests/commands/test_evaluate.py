"""`edged evaluate` on small recordings of known truth: tables, refusals, exit status, going on after a stop, pictures."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from edged.__main__ import main
from edged.commands import evaluateplot
from edged.core.rules import Rules
from edged.evaluation import inserted, real
from edged.evaluation.law import Law, law
from edged.evaluation.outcome import Outcome, Rang
from edged.simulator.generator.background import Background

SHAPE = (128, 160)


def still(path: Path, hot_c: float | None = None, seed: int = 0) -> Path:
    """Write a radiometric picture of structured ground, with a hot square where wanted."""
    rng = np.random.default_rng(seed)
    coarse = rng.normal(15.0, 2.0, (16, 20)).astype(np.float32)
    picture = cv2.resize(coarse, SHAPE[::-1], interpolation=cv2.INTER_CUBIC)
    if hot_c is not None:
        picture[60:66, 70:76] = hot_c
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), picture)
    return path


def listed(tmp_path: Path, **files: str) -> Path:
    """Write FILES.json: names and their labels; the group is the folder."""
    path = tmp_path / "files.json"
    entries = [{"file": name, "group": name.split("/", 1)[0], "label": label} for name, label in files.items()]
    path.write_text(json.dumps(entries), "utf-8")
    return path


def evaluated(capsys: pytest.CaptureFixture[str], *args: str | Path) -> tuple[int, list[dict[str, Any]]]:
    code = main(["evaluate", *map(str, args), "--tier", "real", "--json"])
    return code, [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_a_mixed_list_is_played_and_what_cannot_be_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    still(tmp_path / "burn/1.tiff", 400.0)
    still(tmp_path / "yard/1.tiff", seed=1)
    (tmp_path / "yard/broken.tiff").write_bytes(b"II*\0garbage")
    (tmp_path / "yard/broken.mp4").write_bytes(b"no film")
    for n in range(3):
        still(tmp_path / f"walk/frames/{n}.tiff", seed=2)
    files = {
        "burn/1.tiff": "fire: pool", "burn/rgb.jpg": "fire RGB", "yard/1.tiff": "no fire", "yard/broken.tiff": "no fire",
        "yard/broken.mp4": "no fire",        "yard/gone.tiff": "no fire", "walk/frames": "no fire: a folder",
    }  # fmt: skip
    code, said = evaluated(capsys, listed(tmp_path, **files))
    rows = {line["name"]: line for line in said if line["kind"] == "row"}
    assert {name: (row["fire"], row["silence"]["scenes"], row["alarmed"]) for name, row in rows.items()} == {
        "burn": (True, 1, 1), "yard radiometric": (False, 1, 0), "yard clip": (False, 0, 0), "walk": (False, 1, 0),
    }  # fmt: skip
    refused = {line["file"]: line["fault"] for line in said if line["kind"] == "refused"}
    assert refused == {"burn/rgb.jpg": False, "yard/broken.tiff": True, "yard/broken.mp4": True, "yard/gone.tiff": True}
    assert said[-1]["kind"] == "summary"
    assert said[-1]["wrong"] == ["3 files could not be judged"]
    assert code == 1


@pytest.mark.parametrize(
    ("burn", "yard", "wrong"),
    [
        (400.0, None, []),
        (None, None, ["real: fire group burn not found"]),
        (400.0, 400.0, ["real: 1 false alarms"]),
    ],
)
def test_exit_status_says_whether_all_fires_were_found_in_silence(
    burn: float | None, yard: float | None, wrong: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    still(tmp_path / "burn/1.tiff", burn)
    still(tmp_path / "yard/1.tiff", yard, seed=1)
    code, said = evaluated(capsys, listed(tmp_path, **{"burn/1.tiff": "fire", "yard/1.tiff": "no fire"}))
    assert (code, said[-1]["wrong"]) == (int(bool(wrong)), wrong)


def test_a_run_that_was_stopped_goes_on_and_a_changed_file_is_judged_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    still(tmp_path / "burn/1.tiff", 400.0)
    still(tmp_path / "yard/1.tiff", seed=1)
    args = (listed(tmp_path, **{"burn/1.tiff": "fire", "yard/1.tiff": "no fire"}), "--out", tmp_path / "kept")
    first = evaluated(capsys, *args)
    played: list[str] = []
    whole = real.run

    def counted(batch: real.Batch, *more: Any) -> Any:
        played.append(batch.name)
        return whole(batch, *more)

    monkeypatch.setattr(real, "run", counted)
    assert evaluated(capsys, *args) == first
    assert played == []
    still(tmp_path / "yard/1.tiff", 400.0, seed=1)
    next((tmp_path / "kept").glob("*burn*")).write_text("{", "utf-8")
    code, said = evaluated(capsys, *args)
    assert sorted(played) == ["burn", "yard"]
    assert (code, said[-1]["wrong"]) == (1, ["real: 1 false alarms"])


def test_an_ablation_tells_a_row_for_each_reason(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    still(tmp_path / "yard/1.tiff", seed=1)
    _, said = evaluated(capsys, listed(tmp_path, **{"yard/1.tiff": "no fire"}), "--ablate")
    assert {"drifting", "arrived_warm", "many_alike", "registration", "osd_mask", "frame_health"} <= {
        line["name"] for line in said if line.get("row") == "ablation"
    }


def test_people_get_tables_in_their_language_and_faults_with_the_next_step(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    still(tmp_path / "burn/1.tiff", 400.0)
    path = listed(tmp_path, **{"burn/1.tiff": "fire"})
    monkeypatch.setenv("EDGED_LANG", "zh")
    assert main(["evaluate", str(path), "--tier", "real"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("真实")
    assert out.rstrip().endswith("无误报, 火情全部发现。")
    assert "1/1 [21–100 %]" in out
    assert main(["evaluate", str(path), "--tier", "semi-synthetic"]) == 0
    assert "未运行: 清单中没有" in capsys.readouterr().out
    path.write_text("[1]", "utf-8")
    assert main(["evaluate", str(path)]) == 78
    assert f"{path}:1:2: 须为" in capsys.readouterr().err
    assert main(["evaluate", str(path), "--fires", "0"]) == 78


def test_a_fire_put_into_a_picture_is_found_and_the_same_seed_is_the_same_case() -> None:
    cold = Background("calm", "calm", True, np.full((512, 640), 12.0, np.float32))
    rules = Rules.build("evaluate", lookouts=(), paths=(), simulated=True)
    written = law()
    near = Law({**written.values, "outputs": [{"weight": 1, "output": "centikelvin"}], "fps": 4}, "test")
    case = inserted.Case("semi-synthetic", 0, "flame_fast", 300.0, 5)
    found = inserted.run(near, case, [cold], rules, {"everything": None})["everything"]
    assert found.visible_s is not None
    assert found.found_s is not None
    assert found.found_s < 60.0
    assert (found.false_alarms, found.site) == (0, "calm")
    one, two = (inserted.sequence_of(near, case, [cold]) for _ in range(2))
    assert np.array_equal(next(iter(one)).pixels, next(iter(two)).pixels)
    kinds = {(c.kind, c.range_m) for c in inserted.cases(written, "synthetic", 18, 1) if c.kind is not None}
    assert len(kinds) == 18


def test_pictures_are_drawn_of_what_there_is(tmp_path: Path) -> None:
    fire = Outcome("synthetic", "embers", "a", "s", True, 60.0, kind="embers", range_m=300.0, visible_s=20.0, curve=((21.0, 10.0),))
    slow = replace(fire, kind="skin", exposure_s=900.0)
    found = replace(fire, rang=(Rang(21.0, True, ()),))
    quiet = replace(fire, fire=False, kind=None, visible_s=None, curve=(), peaks=(9.9, 3.0), exposure_s=3600.0)
    paths = evaluateplot.draw(tmp_path, [found, slow, quiet], law())
    assert [path.name for path in paths] == ["range-against-size.png", "time-to-alarm.png", "false-against-missed.png"]
    assert all(path.read_bytes().startswith(b"\x89PNG") for path in paths)
    assert evaluateplot.draw(tmp_path, [quiet], law()) == []

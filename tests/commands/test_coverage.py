"""`edged coverage` as people and machines call it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from edged.__main__ import main
from edged.commands import ask, coverage
from edged.model.errors import StoreUnreachable

EXAMPLE = Path(__file__).parents[2] / "config" / "station.yaml"
COARSE = ["coverage", "-c", str(EXAMPLE), "--cell-m", "40"]


def said(capsys: pytest.CaptureFixture[str], *more: str) -> tuple[int, str, str]:
    """Run the verb. Returns (exit status, standard output, standard error)."""
    code = main([*COARSE, *more])
    out, err = capsys.readouterr()
    return code, out, err


def answering(monkeypatch: pytest.MonkeyPatch, status: dict[str, Any]) -> None:
    """Let a daemon answer."""
    monkeypatch.setattr(ask, "request", lambda path, verb: {"text": "", "data": status})


def test_sentence_table_and_zones_in_both_languages(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EDGED_LANG", "zh")
    code, out, err = said(capsys, "--down", "th-03", "--extinction", "2.5")
    first, *rest = out.splitlines()
    assert code == 0
    assert first.startswith("现在看得见")
    assert first.endswith("%, 雾, 3号头失明")
    assert any(line.startswith("车辆火灾") and "%" in line for line in rest)
    assert any("负责的镜头失明" in line for line in rest)
    assert any(line.startswith("A1 ") for line in rest)
    assert err == "", "blind heads were named, so nobody was asked"
    monkeypatch.setenv("EDGED_LANG", "en")
    _, out, _ = said(capsys, "--down", "th-03", "--extinction", "2.5")
    assert "fog, head 3 blind" in out.splitlines()[0]
    assert "its head is blind" in out


def test_json_says_all_and_fog_takes_away(capsys: pytest.CaptureFixture[str]) -> None:
    answers = []
    for more in (("--down", "th-03"), ("--down", "th-03", "--extinction", "6")):
        code, out, _ = said(capsys, "--json", *more)
        assert code == 0
        answers.append(json.loads(out))
    clear, fog = answers
    assert clear["station"] == "cuntan-01"
    assert clear["blind"] == ["th-03"]
    assert set(clear["by_target"]) == {"vehicle_fire", "ember", "warm_patch"}
    assert {zone["code"] for zone in clear["zones"]} >= {"A1", "D2", "G1"}
    shares = [zone["watched_share"] for zone in clear["zones"]]
    assert shares == sorted(shares), "worst first"
    assert fog["watched_share"] < clear["watched_share"]
    assert fog["why_not"]["too_small"] > clear["why_not"]["too_small"]
    assert (clear["daemon_asked"], clear["unsure"]) == (False, {})


def test_the_daemon_is_asked_who_is_blind(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    sees = {"th-01": True, "th-02": False, "th-03": True, "th-04": None, "th-05": True, "th-06": True}
    answering(monkeypatch, {"station": "cuntan-01", "cameras": [{"camera_id": c, "sees": s} for c, s in sees.items()]})
    _, out, err = said(capsys, "--json")
    answer = json.loads(out)
    assert (answer["blind"], answer["daemon_asked"]) == (["th-02", "th-04"], True)
    assert "th-04" in err
    assert "th-02" not in err


def test_a_daemon_that_is_not_there_or_another_is_said(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EDGED_LANG", "en")
    answering(monkeypatch, {"station": "elsewhere", "cameras": [{"camera_id": "th-01", "sees": False}]})
    _, out, err = said(capsys, "--json")
    assert json.loads(out)["blind"] == []
    assert "station elsewhere, not cuntan-01" in err

    def nobody(path: str, verb: str) -> dict[str, Any]:
        raise StoreUnreachable("nobody answers")

    monkeypatch.setattr(ask, "request", nobody)
    _, out, err = said(capsys, "--json")
    assert json.loads(out)["daemon_asked"] is False
    assert "all heads are taken to see" in err


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (("--down", "th-99"), "no such lookout; there are: th-01"),
        (("--down", "th-01", "--extinction", "-1"), "--extinction -1: write a number from 0 to 20"),
        (("--down", "th-01", "--cell-m", "0.1"), "--cell-m 0.1"),
        (("--down", "th-01", "--geojson", "/nonexistent/a.geojson"), "/nonexistent/a.geojson: cannot be written"),
    ],
)
def test_what_cannot_be_done_says_the_next_step(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, more: tuple[str, ...], words: str
) -> None:
    monkeypatch.setenv("EDGED_LANG", "en")
    code, out, err = said(capsys, *more)
    assert (code, out) == (78, "")
    assert words in err


def test_files_are_written(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    plan, png = tmp_path / "a.geojson", tmp_path / "a.png"
    code, out, _ = said(capsys, "--down", "th-03", "--geojson", str(plan), "--picture", str(png), "--json")
    assert code == 0
    assert json.loads(out)["picture"] == str(png)
    assert json.loads(plan.read_text(encoding="utf-8"))["type"] == "FeatureCollection"
    assert png.read_bytes().startswith(b"\x89PNG")


def test_progress_shows_each_head(capsys: pytest.CaptureFixture[str]) -> None:
    show = coverage._bar()
    for done in range(1, 4):
        show(done, 3)
    assert capsys.readouterr().err.endswith("[" + "#" * coverage.BAR + "] 3/3\n")

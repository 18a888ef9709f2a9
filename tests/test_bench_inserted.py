"""The benches that insert fires: committed laws, cases from seed and number alone, shards that go on where they ended."""

from __future__ import annotations

import argparse
import math
from pathlib import Path

import fill
import pytest
import shards
import staring

from edged.geometry.radiance import pixel_fill
from edged.simulator.generator.background import flat


def options(folder: Path, shard: tuple[int, int] | None = None, limit_s: float = math.inf) -> argparse.Namespace:
    return argparse.Namespace(out=folder, shard=shard, seed=7, jobs=1, limit_s=limit_s)


def test_a_shard_does_its_own_cases_once_and_a_line_cut_short_again(tmp_path: Path) -> None:
    seen: list[int] = []

    def judge(seed: int, number: int) -> shards.Row:
        seen.append(number)
        return {"case": number, "seed": seed}

    numbers = list(range(6))
    assert [row["case"] for row in shards.play("fill", numbers, judge, options(tmp_path, (1, 2)))] == [1, 3, 5]
    assert len(shards.play("fill", numbers, judge, options(tmp_path))) == 6
    assert seen == [1, 3, 5, 0, 2, 4]
    kept = next(tmp_path.glob("*-1of2.jsonl"))
    kept.write_text(kept.read_text("utf-8")[:-5], "utf-8")
    assert [row["case"] for row in shards.play("fill", numbers, judge, options(tmp_path, (1, 2)))] == numbers
    assert seen[6:] == [5]
    assert not shards.play("fill", [9], judge, options(tmp_path, limit_s=-1.0))


def test_a_law_that_is_not_the_committed_one_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert shards.law("staring")["cases"] >= 3000
    for name in ("fill.yaml", "SHA256SUMS"):
        (tmp_path / name).write_bytes((shards.LAWS / name).read_bytes())
    (tmp_path / "fill.yaml").write_text("seeds: 2\n", "utf-8")
    monkeypatch.setattr(shards, "LAWS", tmp_path)
    with pytest.raises(SystemExit, match="SHA256SUMS"):
        shards.law("fill")


def test_seeds_are_numbers_or_commits_and_shards_are_checked() -> None:
    assert shards.seed_of("20261127") == 20261127
    assert shards.seed_of("87bc3d5") == 0x87BC3D5
    assert shards.shard_of("3/4") == (3, 4)
    with pytest.raises(argparse.ArgumentTypeError):
        shards.shard_of("4/4")
    low, high = shards.wilson(0, 3000)
    assert (low, round(high, 5)) == (0.0, 0.00128)
    assert shards.quantile([3.0, 1.0, math.inf, 2.0], 0.75) == 3.0
    assert shards.quantile([1.0, math.inf], 0.95) is None


def test_a_fill_is_what_the_brightest_pixel_gets_and_strictly_its_area() -> None:
    assert float(pixel_fill(fill.side_px("fill", 0.01))) ** 2 == pytest.approx(0.01, rel=1e-6)
    assert fill.side_px("geometric", 0.01) == pytest.approx(0.1)
    assert len(fill.cases(False)) == 3 * 2 * 200 + 3 * 2 * 40


def test_a_case_is_drawn_from_its_seed_and_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(staring, "drawn_background", lambda rng, ifov: flat(12.0))
    first, again, other = (staring.draw(5, number) for number in (2, 2, 3))
    assert first[0].stimuli == again[0].stimuli
    assert first[0].sensor == again[0].sensor
    assert first[0].stimuli != other[0].stimuli
    for sequence, visible_s in (first, other):
        what = sequence.stimuli[0]
        assert 6.0 <= what.start_s <= visible_s < sequence.seconds  # type: ignore[attr-defined]
        assert not sequence.rise(what.start_s - 0.1).any()  # type: ignore[attr-defined]
        assert sequence.visible(visible_s)
    row = {"alarm_s": None, "visible_s": 3.0}
    assert staring.missed(row)
    assert staring.late_s({"alarm_s": 1.0, "visible_s": 3.0}) == 0.0

"""References on disk: kept for years as they are; a bad file is set aside and said, and nothing else is harmed."""

from __future__ import annotations

import dataclasses
import logging
from pathlib import Path

import numpy as np
import pytest

from edged.detector.aiming import Baseline, Reference
from edged.references import References


def made(commission_id: str = "c1", seed: int = 1) -> Reference:
    mean16 = np.random.default_rng(seed).integers(0, 65535, (60, 80)).astype(np.uint16)
    beacons = {"lamp": Baseline((12.3, -3.0), 12.31, -3.02, 1.6, 80.0), "排气筒": Baseline((1.0, 2.0), 1.0, 2.0, 1.5, None)}
    return Reference(commission_id, mean16, -12.5, 0.001, (0.3, -0.1), beacons)


def same(a: Reference, b: Reference) -> bool:
    return bool((a.mean16 == b.mean16).all()) and all(
        getattr(a, field.name) == getattr(b, field.name) for field in dataclasses.fields(b) if field.name != "mean16"
    )


def test_what_was_commissioned_comes_back(tmp_path: Path) -> None:
    path = tmp_path / "references" / "th-01.npz"
    assert References(path).read() == {}
    assert References(path).write({"yard": made(), "gate": made("c2", 2)})
    kept = References(path).read()
    assert list(kept) == ["yard", "gate"]
    assert same(kept["yard"], made())
    assert same(kept["gate"], made("c2", 2))
    assert [p.name for p in path.parent.iterdir()] == ["th-01.npz"]


@pytest.mark.parametrize("cut", [0, 1, 200, 5000, -30])
def test_damaged_file_is_set_aside_and_said(tmp_path: Path, cut: int, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "th-01.npz"
    References(path).write({"yard": made()})
    path.write_bytes(path.read_bytes()[:cut])
    with caplog.at_level(logging.ERROR):
        assert References(path).read() == {}
    assert "drift of this head is counted from new references" in caplog.text
    assert not path.exists()
    assert (tmp_path / "th-01.damaged").exists()
    assert References(path).write({"yard": made()})
    assert list(References(path).read()) == ["yard"]


@pytest.mark.parametrize(
    "changes",
    [
        {"mean16_0": np.zeros((4, 4), np.float32)},
        {"facts_0": np.array([0.0, -1.0, 0.0, 0.0])},
        {"facts_0": np.array([0.0, np.nan, 0.0, 0.0])},
        {"facts_0": np.ones(3)},
        {"words_0": np.array(["c1", "not json"])},
        {"words_0": np.array(["c1", '{"lamp": {"pan_deg": 1}}'])},
        {"words_0": np.array(["", "{}"])},
    ],
)
def test_a_foreign_file_is_refused(tmp_path: Path, changes: dict[str, np.ndarray]) -> None:  # type: ignore[type-arg]
    path = tmp_path / "th-01.npz"
    good = {"views": np.array(["yard"]), "mean16_0": np.zeros((4, 4), np.uint16), "facts_0": np.ones(4), "words_0": np.array(["c1", "{}"])}
    np.savez(path, **good)
    assert list(References(path).read()) == ["yard"]
    np.savez(path, **{**good, **changes})
    assert References(path).read() == {}
    assert (tmp_path / "th-01.damaged").exists()


def test_a_new_commission_is_said_and_an_added_beacon_is_not(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    kept = References(tmp_path / "th-01.npz")
    kept.write({"yard": dataclasses.replace(made(), beacons={})})
    with caplog.at_level(logging.WARNING):
        kept.write({"yard": made()})
        assert caplog.text == ""
        kept.write({"yard": made("c2")})
    assert "view yard has a new reference picture" in caplog.text


def test_disk_that_cannot_be_written_is_said_and_nothing_more(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert not References(tmp_path / "file" / "th-01.npz").write({"yard": made()})

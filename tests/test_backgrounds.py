"""Backgrounds on disk: what comes back, and that a bad file harms nothing."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from edged.backgrounds import Backgrounds
from edged.detector.chain import Detector
from edged.detector.settings import DetectionSettings
from tests.detector.scenes import detector, frames, hot, play, view, yard


def learnt() -> Detector:
    eye = detector()
    play(eye, frames(yard(), 12))
    return eye


def test_fire_that_began_during_a_restart_is_new_at_once(tmp_path: Path) -> None:
    kept = Backgrounds(tmp_path / "b" / "th-01.npz")
    assert kept.read() == {}
    assert kept.write(learnt().saved())
    again = Detector(DetectionSettings(), "th-01")
    again.restore(kept.read())
    again.hold(view(2))
    found = play(again, frames(hot(yard(), 150, 140, 2, 45), 10, from_s=500.0))
    assert any("new" in s.reasons_for for s in found)
    assert sorted(path.name for path in (tmp_path / "b").iterdir()) == ["th-01.npz"]


@pytest.mark.parametrize("cut", [0, 1, 200, 5000, -30])
def test_damaged_file_is_set_aside(tmp_path: Path, cut: int) -> None:
    path = tmp_path / "th-01.npz"
    kept = Backgrounds(path)
    kept.write(learnt().saved())
    path.write_bytes(path.read_bytes()[:cut])
    assert kept.read() == {}
    assert not path.exists()
    assert (tmp_path / "th-01.damaged").exists()
    assert kept.write(learnt().saved())
    assert list(kept.read()) == ["yard"]


def test_foreign_arrays_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "th-01.npz"
    flat = np.zeros((4, 4), np.float32)
    np.savez(path, views=np.array(["yard"]), mean16_0=flat, peak16_0=flat, mad8_0=flat, facts_0=np.ones(4))
    assert Backgrounds(path).read() == {}


def test_disk_that_cannot_be_written_is_said_and_nothing_more(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert not Backgrounds(tmp_path / "file" / "th-01.npz").write(learnt().saved())

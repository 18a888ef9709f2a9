"""scripts/install: again at will, and what a technician wrote stays."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tests.systemd.conftest import ROOT


def install(*argv: str, expected: int = 0) -> str:
    done = subprocess.run([ROOT / "scripts/install", *argv], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == expected, done.stderr
    return done.stderr


def test_twice_and_never_over_a_technicians_file(tmp_path: Path) -> None:
    install("--root", str(tmp_path), "--no-venv")
    assert (tmp_path / "etc/systemd/system/edged.service").read_text() == (ROOT / "systemd/edged.service").read_text()
    assert (tmp_path / "usr/lib/sysusers.d/edged.conf").exists()
    station = tmp_path / "etc/edged/station.yaml"
    assert station.exists()
    assert station.stat().st_mode & 0o777 == 0o640
    station.write_text("# ours\n", encoding="utf-8")
    removed = next((tmp_path / "etc/edged/cameras").glob("*.yaml"))
    removed.unlink()
    said = install("--root", str(tmp_path), "--no-venv")
    assert station.read_text(encoding="utf-8") == "# ours\n"
    assert not removed.exists()
    assert "0 copied" in said


def test_wrong_words_and_missing_rights_are_said(tmp_path: Path) -> None:
    assert "usage" in install("--rot", str(tmp_path), expected=1)
    assert "--root needs a folder" in install("--root", expected=1)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may install")
def test_without_root_nothing_is_touched() -> None:
    assert "as root" in install(expected=1)

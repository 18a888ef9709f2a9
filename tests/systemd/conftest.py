"""`box`: a real systemd of its own for these tests, with edged's unit; skipped, with the reason, where namespaces are refused."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
NEEDED = ("unshare", "nsenter", "pgrep", "setsid", "ip", "systemctl", "systemd-sysusers")
SECRET = "Zx9-practice-secret"
PYTHON = f"/opt/python/bin/{Path(sys.executable).resolve().name}"
LIBRARIES = "Environment=PYTHONPATH=/opt/practice:/opt/site PYTHONDONTWRITEBYTECODE=1 LD_LIBRARY_PATH=/opt/python/lib"
"""A Python in a home folder finds its own library there, which the unit hides."""


class Box:
    """A running systemd. `start_edged` starts the unit on a configuration folder, by default with the practice daemon."""

    def __init__(self, work: Path) -> None:
        self.work = work
        self.pid = 0

    def up(self, units: Path, *binds: str) -> None:
        """Start it. Raises RuntimeError with what the scripts said."""
        done = subprocess.run([HERE / "box/up", self.work, units, *binds], capture_output=True, text=True, timeout=30, check=False)
        if done.returncode:
            raise RuntimeError(done.stderr.strip() or "the box did not start")
        self.pid = int(done.stdout)

    def down(self) -> None:
        """Halt it."""
        subprocess.run([HERE / "box/down", self.work], timeout=30, check=False)

    def run(self, *argv: str, check: bool = True, user: str | None = None) -> str:
        """Run a command inside and return what it said."""
        command = [
            "nsenter",
            "-t",
            str(self.pid),
            "-a",
            *(["setpriv", f"--reuid={user}", f"--regid={user}", "--init-groups"] if user else []),
            *argv,
        ]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        if check and done.returncode:
            raise AssertionError(f"{argv}: {done.stderr}{done.stdout}\n{self.console()}")
        return done.stdout + ("" if check else done.stderr)

    def console(self) -> str:
        """Return the end of what systemd said before its journal ran."""
        return (self.work / "console.log").read_text(encoding="utf-8", errors="replace")[-3000:]

    def show(self, name: str, unit: str = "edged") -> str:
        """Return a property of a unit."""
        return self.run("systemctl", "show", "-p", name, "--value", unit).strip()

    def until(self, holds: Callable[[], bool], within_s: float, what: str) -> float:
        """Wait for an outcome and return how long it took."""
        began = time.monotonic()
        while not holds():
            if time.monotonic() - began > within_s:
                raise AssertionError(f"not in {within_s} s: {what}\n{self.run('journalctl', '-n', '30', check=False)}\n{self.console()}")
            time.sleep(0.05)
        return time.monotonic() - began

    def start_edged(self, config_dir: Path | None = None) -> None:
        """Install user and folders as `scripts/install` does, copy the configuration, start the unit and wait for READY."""
        self.run("systemd-sysusers", "/etc/systemd/system/edged.sysusers")
        if config_dir is not None:
            self.run("cp", "-r", f"{config_dir}/.", "/etc/edged")
        self.run("systemd-tmpfiles", "--create", "/etc/systemd/system/edged.tmpfiles")
        self.run("chgrp", "-R", "edged", "/etc/edged")
        said = self.run("systemctl", "start", "edged", check=False)
        if self.show("ActiveState") != "active":
            raise AssertionError(said + self.run("journalctl", "-u", "edged", "-n", "30", "-o", "cat", check=False))


def refusal() -> str:
    """Return why no box can be made here, or nothing."""
    if os.geteuid() != 0:
        return "not root: a systemd of its own needs namespaces"
    missing = [name for name in NEEDED if shutil.which(name) is None]
    if missing:
        return f"not installed: {', '.join(missing)}"
    tried = subprocess.run(
        ["unshare", "--mount", "--pid", "--fork", "--net", "true"], capture_output=True, text=True, timeout=10, check=False
    )
    return f"unshare refused: {tried.stderr.strip()}" if tried.returncode else ""


def units_of(folder: Path, command: str, *drop_ins: str) -> Path:
    """Write the units of a box: edged's own, with another ExecStart, and a target that holds what it needs."""
    folder.mkdir()
    for name in ("edged.service", "edged.sysusers", "edged.tmpfiles"):
        shutil.copy(ROOT / "systemd" / name, folder)
    (folder / "box.target").write_text("[Unit]\nWants=systemd-journald.service\nAllowIsolate=yes\n", encoding="utf-8")
    practice = folder / "edged.service.d"
    practice.mkdir()
    lines = ["[Service]", "ExecStart=", f"ExecStart={command}", "RestartSec=0.5", *drop_ins]
    (practice / "box.conf").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder


@contextmanager
def running(work: Path, files: Sequence[Path], units: Callable[[Path], Path], *binds: str) -> Iterator[Box]:
    """A box that runs, with edged's code and `files` in /opt/practice, the libraries in /opt/site, and Python in /opt/python."""
    if reason := refusal():
        pytest.skip(reason)
    code = work / "code"
    shutil.copytree(ROOT / "edged", code / "edged", ignore=shutil.ignore_patterns("__pycache__"))
    for file in files:
        shutil.copy(file, code)
    site = next(path for path in sys.path if path.endswith("site-packages"))
    binds = (f"{code}:/opt/practice", f"{site}:/opt/site", f"{Path(sys.base_prefix)}:/opt/python", *binds)
    (work / "log").mkdir()
    made = Box(work / "log")
    try:
        made.up(units(work / "units"), *binds)
    except RuntimeError as fault:
        pytest.skip(f"no box here: {fault}")
    try:
        made.until(lambda: made.run("systemctl", "is-active", "box.target", check=False).strip() == "active", 20, "box.target")
        yield made
    finally:
        made.down()


@pytest.fixture(scope="module")
def box(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Box]:
    """A box in which the practice daemon runs under edged's unit, with a watchdog of 3 s."""

    def units(folder: Path) -> Path:
        return units_of(
            folder,
            f"{PYTHON} /opt/practice/practice.py",
            "WatchdogSec=3",
            LIBRARIES,
            f"SetCredential=broker:{SECRET}",
        )

    with running(tmp_path_factory.mktemp("box"), [HERE / "practice.py"], units) as made:
        yield made

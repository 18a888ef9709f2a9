"""A mosquitto of our own on 127.0.0.1 for practice, with the station's generated access list, where it is installed."""

from __future__ import annotations

import getpass
import os
import secrets
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from edged.model.errors import EdgedError

START_S, STOP_S = 10.0, 5.0


def installed() -> str | None:
    """Return mosquitto's path, None where it is not installed."""
    return shutil.which("mosquitto") or next(
        (p for p in ("/usr/sbin/mosquitto", "/usr/local/sbin/mosquitto") if os.access(p, os.X_OK)), None
    )


class Mosquitto:
    """One broker process on one port; `kill` and `start` again serve the loss measurement. What it held in memory is then gone."""

    def __init__(
        self, folder: Path, port: int, conf: str, users: Mapping[str, str], acl: str, password_line: Callable[[str, str, bytes], str]
    ) -> None:
        self.port, self._folder = port, folder
        self._process: subprocess.Popen[bytes] | None = None
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "passwords").write_text("".join(password_line(u, p, secrets.token_bytes(12)) for u, p in users.items()))
        (folder / "acl").write_text(acl, encoding="utf-8")
        (folder / "mosquitto.conf").write_text(conf + _as_whom(), encoding="utf-8")
        for name in ("passwords", "acl"):
            (folder / name).chmod(0o600)

    def start(self) -> Mosquitto:
        """Start, and wait until it listens. Raises EdgedError with what it printed."""
        program = installed()
        if program is None:
            raise EdgedError("mosquitto is not installed: apt install mosquitto", zh="未安装 mosquitto: 请运行 apt install mosquitto")
        log = self._folder / "mosquitto.log"
        try:
            with log.open("ab") as out:
                self._process = subprocess.Popen([program, "-c", str(self._folder / "mosquitto.conf")], stdout=out, stderr=out)
        except OSError as fault:
            raise EdgedError(f"{program} cannot be run ({fault.strerror}): reinstall it: apt install --reinstall mosquitto") from fault
        end = time.monotonic() + START_S
        while time.monotonic() < end and self._process.poll() is None:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return self
            time.sleep(0.02)
        words = log.read_text(encoding="utf-8", errors="replace")[-400:].strip()
        self.stop()
        raise EdgedError(f"mosquitto did not listen on 127.0.0.1:{self.port}: {words or 'no word from it'}: is the port taken?")

    def stop(self) -> None:
        """End it. Harmless when it does not run."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """End it by SIGKILL, as a power cut would."""
        self._end(signal.SIGKILL)

    def _end(self, number: signal.Signals) -> None:
        process, self._process = self._process, None
        if process is None or process.poll() is not None:
            return
        process.send_signal(number)
        try:
            process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(STOP_S)


def _as_whom() -> str:
    """Stay the present user: mosquitto started by root would otherwise become `mosquitto` and not read these files."""
    return f"user {getpass.getuser()}\nlog_type error\nlog_type warning\n"

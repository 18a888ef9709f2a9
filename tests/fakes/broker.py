"""A broker for tests on 127.0.0.1: real mosquitto where it is installed, else the practice broker. Use `with running(...) as broker`."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from edged.simulator.broker import PracticeBroker, free_port

_FOUND = shutil.which("mosquitto") or ("/usr/sbin/mosquitto" if Path("/usr/sbin/mosquitto").exists() else None)
MOSQUITTO = None if os.environ.get("EDGED_TEST_BROKER") == "practice" else _FOUND
"""EDGED_TEST_BROKER=practice runs what can be run on the practice broker although mosquitto is there."""
needs_mosquitto = pytest.mark.skipif(MOSQUITTO is None, reason="mosquitto is not installed (apt install mosquitto)")

OPEN = "listener {port} 127.0.0.1\nallow_anonymous true\npersistence false\nset_tcp_nodelay true\n"


class Mosquitto:
    """A mosquitto that can be killed and started again on the same port."""

    def __init__(self, folder: Path, conf: str = OPEN, port: int = 0) -> None:
        self.port = port or free_port()
        self.log = folder / f"mosquitto-{self.port}.log"
        self._conf = folder / f"mosquitto-{self.port}.conf"
        self._conf.write_text(conf.format(port=self.port), encoding="utf-8")
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> Mosquitto:
        """Start and wait until it listens, at most 10 s."""
        assert MOSQUITTO is not None
        with self.log.open("ab") as log:
            self._process = subprocess.Popen([MOSQUITTO, "-c", str(self._conf)], stdout=log, stderr=log)
        end = time.monotonic() + 10
        while time.monotonic() < end:
            assert self._process.poll() is None, self.log.read_text()
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return self
            time.sleep(0.02)
        raise AssertionError(f"mosquitto did not listen: {self.log.read_text()}")

    def kill(self) -> None:
        """SIGKILL: what it held is gone."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """End it."""
        self._end(signal.SIGTERM)

    def _end(self, number: signal.Signals) -> None:
        process, self._process = self._process, None
        if process is not None and process.poll() is None:
            os.kill(process.pid, number)
            process.wait(10)


@contextmanager
def running(folder: Path) -> Iterator[Mosquitto | PracticeBroker]:
    """Yield a running broker."""
    broker: Mosquitto | PracticeBroker = Mosquitto(folder) if MOSQUITTO is not None else PracticeBroker()
    broker.start()
    try:
        yield broker
    finally:
        broker.stop()

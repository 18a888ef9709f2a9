"""TLS to a real mosquitto: the right CA connects, a wrong one is refused with the next step."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from edged.model.event import OutputChanged
from edged.output.mqtt.link import LONGEST_PAUSE_S
from edged.output.settings import TlsSettings
from tests.fakes.broker import Mosquitto, needs_mosquitto
from tests.fakes.journal_reader import make_row
from tests.output.conftest import Station, until

OPENSSL = shutil.which("openssl")


def certificate(folder: Path, name: str) -> tuple[Path, Path]:
    """Return a self-signed certificate for 127.0.0.1 and its key."""
    assert OPENSSL is not None
    cert, key = folder / f"{name}.pem", folder / f"{name}.key"
    subprocess.run(
        [OPENSSL, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", f"/CN={name}",
         "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(key), "-out", str(cert)],
        check=True, capture_output=True, timeout=30,
    )  # fmt: skip
    return cert, key


@needs_mosquitto
@pytest.mark.skipif(OPENSSL is None, reason="openssl is not installed")
@pytest.mark.parametrize("right", [True, False])
def test_the_ca_decides(tmp_path: Path, right: bool) -> None:
    cert, key = certificate(tmp_path, "broker")
    other, _ = certificate(tmp_path, "other")
    conf = f"listener {{port}} 127.0.0.1\nallow_anonymous true\ncertfile {cert}\nkeyfile {key}\nuser root\n"
    broker = Mosquitto(tmp_path, conf).start()
    station = Station(broker.port, tls=TlsSettings(ca_file=cert if right else other))
    station.journal.append(*[make_row(n) for n in range(1, 41)])
    station.start()
    try:
        until(lambda: station.control.of(OutputChanged), "up or down")
        first = station.control.of(OutputChanged)[0]
        assert first.up is right
        if right:
            until(lambda: station.output.retained.active.complete and not station.output.link.unacknowledged, "all acknowledged")
        else:
            assert "check tls.ca_file" in first.detail
            assert station.output.link._pause == LONGEST_PAUSE_S
    finally:
        station.stop()
        broker.stop()

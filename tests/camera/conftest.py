"""Cameras to test against: the simulated station, ipycam (which this project did not write), and small strict fakes."""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from edged.camera.settings import CameraSettings
from edged.simulator.settings import SimulatedCamera, SimulatorSettings
from edged.simulator.station import Station

PASSWORD = "Gr!#p@ss/wörd%40"
"""Holds every character that breaks addresses, quoting and encodings."""


@pytest.fixture(scope="module")
def station() -> Iterator[Station]:
    cameras = (
        SimulatedCamera(id="digest", password=PASSWORD, clock_offset_s=8 * 3600.0, width=320, height=256),
        SimulatedCamera(id="wsse", password=PASSWORD, auth="wsse", clock_offset_s=8 * 3600.0, width=320, height=256),
        SimulatedCamera(id="refs", password=PASSWORD, auth="wsse", reference_parameters=True, width=320, height=256),
    )
    with Station(SimulatorSettings(cameras=cameras)) as running:
        yield running


def entry(camera_id: str, port: int, kind: str = "lookout", **more: object) -> CameraSettings:
    """Return the settings of a camera on 127.0.0.1."""
    given = {"id": camera_id, "kind": kind, "address": "127.0.0.1", "onvif_port": port, "username": "edged", **more}
    return CameraSettings.model_validate(given)


@pytest.fixture
def ipycam(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """Port of an ipycam with a login, bound to 127.0.0.1."""
    pytest.importorskip("ipycam", reason="ipycam is not installed")
    from ipycam.camera import IPCamera
    from ipycam.config import CameraConfig
    from ipycam.http import IPCameraHTTPHandler

    monkeypatch.chdir(tmp_path)
    server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), IPCameraHTTPHandler)
    server.daemon_threads = True
    port = server.server_address[1]
    config = CameraConfig(local_ip="127.0.0.1", onvif_port=port, rtsp_port=1, username="edged", password=PASSWORD)
    monkeypatch.setattr(IPCameraHTTPHandler, "camera", IPCamera(config))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    yield port
    server.shutdown()
    server.server_close()

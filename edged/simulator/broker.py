"""An MQTT 5 broker for practice on 127.0.0.1 where mosquitto is not installed (iotcore, a broker in a wheel).

It keeps nothing on disk, knows no access list and never says that nobody subscribed; loss is measured on mosquitto only.
"""

from __future__ import annotations

import socket
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Any

from edged.model.errors import EdgedError

_CONFIG = """
id = 0
[router]
id = 0
max_connections = 200
max_outgoing_packet_count = 200
max_segment_size = 10485760
max_segment_count = 10
[v5.1]
name = "v5"
listen = "127.0.0.1:{port}"
next_connection_delay_ms = 1
[v5.1.connections]
connection_timeout_ms = 10000
max_payload_size = 1048576
max_inflight_count = 100
dynamic_filters = true
"""


class PracticeBroker:
    """A broker in a child process; it ends with this one. `port` 0 takes a free one."""

    def __init__(self, port: int = 0) -> None:
        self.port = port or free_port()
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._broker: Any = None

    def start(self) -> PracticeBroker:
        """Start and wait until it listens, at most 10 s. Raises EdgedError."""
        try:
            from iotcore import Broker
        except ImportError as fault:
            raise EdgedError(
                "no MQTT broker for practice: install mosquitto (apt install mosquitto) or the Python package iotcore",
                zh="没有可用的练习代理: 请安装 mosquitto (apt install mosquitto) 或 Python 包 iotcore",
            ) from fault
        self._folder = tempfile.TemporaryDirectory(prefix="edged-broker-")
        path = Path(self._folder.name) / "broker.toml"
        path.write_text(_CONFIG.format(port=self.port), encoding="utf-8")
        try:
            self._broker = Broker(config_path=str(path)).start()
        except (OSError, RuntimeError, ValueError) as fault:
            self.stop()
            raise EdgedError(f"the practice broker did not start on 127.0.0.1:{self.port}: {fault}: is the port taken?") from fault
        return self

    def stop(self) -> None:
        """End it; harmless when it does not run."""
        broker, self._broker = self._broker, None
        if broker is not None:
            broker.stop()
        if self._folder is not None:
            self._folder.cleanup()
            self._folder = None

    def __enter__(self) -> PracticeBroker:
        return self.start()

    def __exit__(self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()


def free_port() -> int:
    """Return a TCP port of 127.0.0.1 that is free now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])

"""Whether something listens at an address: the cheapest question, without a login."""

from __future__ import annotations

import socket
import time
from urllib.parse import urlsplit


def door_open(host: str, port: int, timeout_s: float) -> bool:
    """Tell whether a TCP connection is accepted."""
    try:
        with socket.create_connection((host.strip("[]"), port), timeout_s):
            return True
    except (OSError, UnicodeError):
        return False


def speaks_rtsp(url: str, timeout_s: float) -> bool:
    """Tell whether an RTSP server answers OPTIONS at the address, within `timeout_s` in all."""
    parts = urlsplit(url)
    limit = time.monotonic() + timeout_s
    request = f"OPTIONS rtsp://{parts.netloc}/ RTSP/1.0\r\nCSeq: 1\r\nUser-Agent: edged\r\n\r\n".encode("latin-1", "replace")
    try:
        with socket.create_connection(((parts.hostname or "").strip("[]"), parts.port or 554), timeout_s) as sock:
            sock.sendall(request)
            got = b""
            while len(got) < 8:
                sock.settimeout(max(0.05, limit - time.monotonic()))
                part = sock.recv(64)
                if not part or time.monotonic() > limit:
                    return False
                got += part
    except (OSError, UnicodeError, ValueError):
        return False
    return got.startswith(b"RTSP/1.")

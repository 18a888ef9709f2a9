"""HTTP to one camera with a deadline over the whole call, against silence and against a byte a second alike, and a bounded answer."""

from __future__ import annotations

import contextlib
import functools
import socket
import threading
import time
from typing import Any, cast

import requests
from lxml import etree
from requests.adapters import HTTPAdapter
from requests.auth import HTTPDigestAuth
from urllib3.connection import HTTPConnection
from urllib3.connectionpool import HTTPConnectionPool

from edged.camera.secret import Login

MAX_ANSWER_BYTES = 4_000_000
USER_AGENT = "edged"


class LoginWanted(Exception):
    """HTTP 401 or 403. `sent`: a login had been sent, so that this counts as a wrong try; `date`: the camera's Date header."""

    def __init__(self, status: int, challenge: str, sent: bool, date: str) -> None:
        super().__init__(f"HTTP {status}")
        self.status, self.challenge, self.sent, self.date = status, challenge, sent, date


class AnswerTooLong(Exception):
    """The answer went over the limit; it was not read further."""


class Deadline:
    """When the call under way must be over. One call at a time."""

    def __init__(self) -> None:
        self.at_mono_s = float("inf")
        self.sock: socket.socket | None = None

    def left_s(self) -> float:
        """Return the seconds left. Raises TimeoutError when there are none."""
        left = self.at_mono_s - time.monotonic()
        if left <= 0:
            raise TimeoutError("the time for the whole call is over")
        return left


class _DeadlineSocket(socket.socket):
    """A socket whose every receive ends at the deadline of the call, not a time-out after the last byte."""

    deadline: Deadline

    def recv_into(self, *args: Any, **kwargs: Any) -> int:
        self.settimeout(min(self.deadline.left_s(), 60.0))
        return super().recv_into(*args, **kwargs)


class _DeadlineConnection(HTTPConnection):
    def __init__(self, *args: Any, deadline: Deadline, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._deadline = deadline

    def _new_conn(self) -> socket.socket:
        plain = super()._new_conn()
        timeout = plain.gettimeout()
        sock = _DeadlineSocket(plain.family, plain.type, plain.proto, fileno=plain.detach())
        sock.settimeout(timeout)
        sock.deadline = self._deadline
        self._deadline.sock = sock
        return sock


class _DeadlinePool(HTTPConnectionPool):
    def __init__(self, *args: Any, deadline: Deadline, **kwargs: Any) -> None:
        self.ConnectionCls = functools.partial(_DeadlineConnection, deadline=deadline)  # type: ignore[assignment]
        super().__init__(*args, **kwargs)


class _DeadlineAdapter(HTTPAdapter):
    def __init__(self, deadline: Deadline) -> None:
        self._deadline = deadline
        super().__init__(pool_connections=2, pool_maxsize=2, max_retries=0)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        pool = functools.partial(_DeadlinePool, deadline=self._deadline)
        self.poolmanager.pool_classes_by_scheme = {"http": cast("Any", pool)}


class CameraTransport:
    """What zeep needs of a transport, over one keep-alive `requests.Session`. One call at a time; a second thread waits.

    Refused: redirects (a login must not follow one), proxies and `.netrc` of the environment, schemes other than http.
    """

    def __init__(self, connect_timeout_s: float, call_timeout_s: float) -> None:
        self.connect_timeout_s, self.call_timeout_s = connect_timeout_s, call_timeout_s
        self.requests = 0
        self._deadline = Deadline()
        self._lock = threading.RLock()
        self._http = requests.Session()
        self._http.trust_env = False
        self._http.headers["User-Agent"] = USER_AGENT
        self._http.adapters.clear()
        self._http.mount("http://", _DeadlineAdapter(self._deadline))

    def use_digest(self, login: Login | None) -> None:
        """Answer HTTP digest challenges with this login, or none."""
        self._http.auth = HTTPDigestAuth(login.username, login.password) if login else None

    def post(self, address: str, message: bytes, headers: dict[str, str]) -> requests.Response:
        """Post one request. Raises LoginWanted, AnswerTooLong, requests.RequestException, TimeoutError."""
        return self._send("POST", address, message, headers, self.call_timeout_s)

    def post_xml(self, address: str, envelope: Any, headers: dict[str, str]) -> requests.Response:
        """Post an envelope; called by zeep."""
        return self.post(address, _written(envelope), headers)

    def post_within(self, timeout_s: float) -> _Patient:
        """Return this transport with another time for the whole call, for pulls that wait at the camera."""
        return _Patient(self, timeout_s)

    def get_bytes(self, address: str) -> bytes:
        """Fetch a picture. Raises as `post`, and requests.HTTPError for a status other than 200."""
        response = self._send("GET", address, None, {}, self.call_timeout_s)
        response.raise_for_status()
        return response.content

    def interrupt(self) -> None:
        """End the call that waits now, from another thread; the next one opens a new connection."""
        if (sock := self._deadline.sock) is not None:
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def _send(self, method: str, address: str, body: bytes | None, headers: dict[str, str], timeout_s: float) -> requests.Response:
        with self._lock:
            self.requests += 1
            self._deadline.at_mono_s = time.monotonic() + timeout_s
            with self._http.request(
                method, address, data=body, headers=headers, timeout=(min(self.connect_timeout_s, timeout_s), timeout_s),
                allow_redirects=False, stream=True,
            ) as response:  # fmt: skip
                content = bytearray()
                for part in response.iter_content(16_384):
                    content += part
                    if len(content) > MAX_ANSWER_BYTES:
                        raise AnswerTooLong(f"over {MAX_ANSWER_BYTES // 1_000_000} MB")
            response._content = bytes(content)
            if response.status_code in (401, 403):
                sent = "Authorization" in response.request.headers
                got = response.headers
                raise LoginWanted(response.status_code, got.get("WWW-Authenticate", ""), sent, got.get("Date", ""))
            return response


class _Patient:
    """A transport with a longer deadline over the same connections."""

    def __init__(self, plain: CameraTransport, timeout_s: float) -> None:
        self._plain, self._timeout_s = plain, timeout_s

    def post_xml(self, address: str, envelope: Any, headers: dict[str, str]) -> requests.Response:
        """Post an envelope; called by zeep."""
        return self._plain._send("POST", address, _written(envelope), headers, self._timeout_s)


def _written(envelope: Any) -> bytes:
    return bytes(etree.tostring(envelope, encoding="utf-8", xml_declaration=True))

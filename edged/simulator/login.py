"""Logins as a camera checks them: HTTP digest (RFC 7616, MD5) and the WS-UsernameToken digest with a time window and used nonces. Pure."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
import secrets
from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import UTC, datetime

REALM = "edged simulated camera"
NONCE_LIFE_S = 300.0
MAX_NONCES = 4096
_PAIR = re.compile(r'(\w+)\s*=\s*(?:"([^"]*)"|([^\s,]+))')


class LoginRefused(Exception):
    """The login was not accepted; the message says why and never holds a password. `stale`: only the nonce was too old."""

    def __init__(self, message: str, *, stale: bool = False) -> None:
        super().__init__(message)
        self.stale = stale


@dataclass(slots=True)
class HttpDigest:
    """Gives out challenges and checks answers to them."""

    _issued: OrderedDict[str, float] = field(default_factory=OrderedDict)
    _counts: dict[str, set[int]] = field(default_factory=dict)

    def challenge(self, now_s: float, *, stale: bool = False) -> str:
        """Return a `WWW-Authenticate` value."""
        nonce = secrets.token_hex(16)
        self._issued[nonce] = now_s
        while len(self._issued) > MAX_NONCES:
            self._counts.pop(self._issued.popitem(last=False)[0], None)
        return f'Digest realm="{REALM}", qop="auth", nonce="{nonce}", algorithm=MD5' + (", stale=true" if stale else "")

    def check(self, header: str, method: str, target: str | None, username: str, password: str, now_s: float) -> None:
        """Accept an `Authorization` value or raise LoginRefused. `target` None: RTSP, whose clients sign the base address too."""
        scheme, _, rest = header.partition(" ")
        given = {name.lower(): quoted or bare for name, quoted, bare in _PAIR.findall(rest)}
        if scheme.lower() != "digest":
            raise LoginRefused("no digest login given")
        if target is not None and given.get("uri", "") != target:
            raise LoginRefused("the login is for another address")
        nonce = given.get("nonce", "")
        ha1 = hashlib.md5(f"{given.get('username', '')}:{REALM}:{password}".encode(), usedforsecurity=False).hexdigest()
        ha2 = hashlib.md5(f"{method}:{given.get('uri', '')}".encode(), usedforsecurity=False).hexdigest()
        counted = given.get("qop") == "auth"
        middle = f"{nonce}:{given.get('nc', '')}:{given.get('cnonce', '')}:auth" if counted else nonce
        wanted = hashlib.md5(f"{ha1}:{middle}:{ha2}".encode(), usedforsecurity=False).hexdigest()
        if given.get("username") != username or not hmac.compare_digest(wanted, given.get("response", "")):
            raise LoginRefused("wrong user name or password")
        if now_s - self._issued.get(nonce, -1e9) > NONCE_LIFE_S:
            raise LoginRefused("the nonce is not valid any more", stale=True)
        if counted:
            count = int(given["nc"], 16) if re.fullmatch(r"[0-9a-fA-F]{8}", given.get("nc", "")) else 0
            used = self._counts.setdefault(nonce, set())
            if count == 0 or count in used:
                raise LoginRefused("the nonce count was used before", stale=True)
            used.add(count)


@dataclass(slots=True)
class TokenCheck:
    """Checks WS-UsernameToken digests: base64(SHA-1(nonce + created + password)). Source: OASIS WSS UsernameToken Profile 1.0."""

    window_s: float
    _used: OrderedDict[bytes, float] = field(default_factory=OrderedDict)

    def check(self, given: dict[str, str], username: str, password: str, camera_utc: datetime) -> None:
        """Accept the token's fields (`Username`, `Password`, `Type`, `Nonce`, `Created`) or raise LoginRefused."""
        if not given.get("Type", "").endswith("#PasswordDigest"):
            raise LoginRefused("only password digests are accepted")
        try:
            nonce = base64.b64decode(given.get("Nonce", ""), validate=True)
            created = datetime.fromisoformat(given.get("Created", "").strip().replace("Z", "+00:00"))
        except (binascii.Error, ValueError) as fault:
            raise LoginRefused("nonce or time cannot be read") from fault
        created = created if created.tzinfo else created.replace(tzinfo=UTC)
        sha = hashlib.sha1(nonce + given["Created"].encode() + password.encode(), usedforsecurity=False).digest()
        if given.get("Username") != username or not hmac.compare_digest(base64.b64encode(sha).decode(), given.get("Password", "").strip()):
            raise LoginRefused("wrong user name or password")
        if abs((created - camera_utc).total_seconds()) > self.window_s:
            raise LoginRefused("the login's time is too far from the camera's clock")
        if not nonce or nonce in self._used:
            raise LoginRefused("the nonce was used before")
        self._used[nonce] = camera_utc.timestamp()
        while len(self._used) > MAX_NONCES:
            self._used.popitem(last=False)

"""Identities without chance: a ULID of the moment and a digest, so that an input log replays to the identical journal."""

from __future__ import annotations

import hashlib
from datetime import datetime

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def ulid(at: datetime, *what: object) -> str:
    """Return 26 characters of Crockford base 32: 48 bits of milliseconds, 80 bits of SHA-256 over `what`."""
    millis = max(0, int(at.timestamp() * 1000)) & ((1 << 48) - 1)
    digest = hashlib.sha256("\x1f".join(map(str, what)).encode("utf-8", "replace")).digest()[:10]
    number = (millis << 80) | int.from_bytes(digest, "big")
    return "".join(_ALPHABET[(number >> shift) & 31] for shift in range(125, -5, -5))

"""The digest chain: each row's SHA-256 covers the digest before it, so no row can change, vanish or move unseen."""

from __future__ import annotations

import hashlib

GENESIS = "0" * 64
"""The digest before the first row of a journal that continues nothing."""


def chained(before: str, lane: str, epoch: str, sequence: int, payload: bytes) -> str:
    """Return SHA-256(digest before, 32 bytes ‖ lane LF epoch LF sequence in 20 digits LF ‖ payload) in hexadecimal."""
    state = hashlib.sha256(bytes.fromhex(before))
    state.update(f"{lane}\n{epoch}\n{sequence:020d}\n".encode())
    state.update(payload)
    return state.hexdigest()

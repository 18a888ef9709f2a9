"""Rows and tells as canonical JSON (sorted keys, compact, UTF-8) and back."""

from __future__ import annotations

import base64
import hashlib
import json
from datetime import datetime
from typing import Any

from pydantic import TypeAdapter, ValidationError
from pydantic_core import PydanticSerializationError

from edged.model.errors import StoreGarbled
from edged.model.journal import Row, Tell

ROW: TypeAdapter[Row] = TypeAdapter(Row)
TELL: TypeAdapter[Tell] = TypeAdapter(Tell)
_ULID = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_RFC4648 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
_CROCKFORD = str.maketrans(_RFC4648, _ULID)


def canonical(adapter: TypeAdapter[Any], value: Any) -> bytes:
    """Return the one JSON form of a value; a lone surrogate becomes `?` rather than cost the row. Raises StoreGarbled, naming its id."""
    try:
        text = json.dumps(adapter.dump_python(value, mode="json"), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    except (PydanticSerializationError, TypeError, ValueError) as fault:
        name = getattr(value, "row_id", None) or getattr(value, "tell_id", "?")
        raise StoreGarbled(f"{type(value).__name__} {name}: cannot be written as JSON: {fault}") from fault
    return text.encode("utf-8", "replace")


def row_of(payload: bytes, row_id: str, lane: Any, committed_at: str) -> Row:
    """Return the Row of a payload. One that cannot be read becomes a notice in its place, so that no reader stands still at it."""
    try:
        return ROW.validate_json(payload)
    except ValidationError as fault:
        first = fault.errors()[0]
        reason = f"{'.'.join(map(str, first['loc']))}: {first['msg']}"
        return Row(
            row_id, lane, "system", "notice", "unreadable", datetime.fromisoformat(committed_at), False, 2, data={"reason": reason}
        )  # fmt: skip


def tell_of(payload: bytes, tell_id: str) -> Tell:
    """Return the Tell of a payload. Raises StoreGarbled."""
    try:
        return TELL.validate_json(payload)
    except ValidationError as fault:
        raise StoreGarbled(f"tell {tell_id}: the stored text cannot be read: {fault.errors()[0]['msg']}") from fault


def ulid(at: datetime, *seed: str) -> str:
    """Return a ULID of this moment whose random part is a hash of the seed, so that the same cause gets the same id."""
    milliseconds = max(0, int(at.timestamp() * 1000)) & (2**48 - 1)
    body = milliseconds.to_bytes(6, "big") + hashlib.sha256("\n".join(seed).encode()).digest()[:10]
    return base64.b32encode(b"\0\0\0\0" + body).decode().translate(_CROCKFORD)[6:]

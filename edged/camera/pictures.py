"""Pictures as messages between processes."""

from __future__ import annotations

import base64

from edged.messages import PictureTaken, PictureWanted

PART_BYTES = 36_000
"""48 kB in base64."""


def parts_of(wanted: PictureWanted, picture: bytes) -> tuple[PictureTaken, ...]:
    """Return a JPEG as messages."""
    pieces = [picture[n : n + PART_BYTES] for n in range(0, len(picture), PART_BYTES)] or [b""]
    return tuple(
        PictureTaken(wanted.request_id, wanted.camera_id, wanted.lens, n, len(pieces), base64.b64encode(piece).decode())
        for n, piece in enumerate(pieces)
    )


def no_picture(wanted: PictureWanted, reason: str) -> PictureTaken:
    """Return the answer where there is no picture."""
    return PictureTaken(wanted.request_id, wanted.camera_id, wanted.lens, 0, 1, "", reason[:500])

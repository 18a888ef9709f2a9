"""Consumers behind a one-way gateway: each row again after 60 s and 600 s with the same id, and an hourly file.

Nothing comes back from them, so they are never a required cursor; the index with digest each minute and the contiguous sequence let
them name every row that is missing. The file is JSON Lines: a header, the rows as published, a line with digest and signature.
"""

from __future__ import annotations

import hashlib
import heapq
import hmac
import json
import os
import re
from pathlib import Path

from edged.model.errors import OutputError, OutputRefused, OutputUnreachable
from edged.model.instant import Instant
from edged.model.journal import Lane
from edged.output.base import JournalReader
from edged.output.mqtt.envelope import compact, render, stamp
from edged.output.mqtt.link import Link
from edged.output.mqtt.publisher import LanePublisher, last_entry
from edged.output.settings import ConsumerSettings, Identity

AGAIN_AFTER_S = (60.0, 600.0)
MOST_KEPT = 10_000
PAGE = 500
HOUR_S = 3600.0


class Repeater:
    """Sends accepted rows again. After a restart the last 600 s are scheduled anew from the journal."""

    def __init__(self, journal: JournalReader, link: Link, publishers: dict[Lane, LanePublisher]) -> None:
        self._journal = journal
        self._link = link
        self._publishers = publishers
        self._due: list[tuple[float, Lane, str, int]] = []

    def after_restart(self, at: Instant) -> None:
        """Schedule what is left of the rows younger than 600 s. Raises StoreError."""
        for lane in self._publishers:
            epoch, newest, _ = self._journal.newest(lane)
            for entry in self._journal.entries(lane, max(0, newest - PAGE), PAGE, epoch):
                age = (at.utc - entry.row.at).total_seconds()
                for delay in AGAIN_AFTER_S:
                    if 0 <= age < delay:
                        heapq.heappush(self._due, (at.mono_s + delay - age, lane, epoch, entry.sequence))

    def accepted(self, lane: Lane, epoch: str, sequence: int, now: float) -> None:
        """Schedule a row that the broker has just taken."""
        if len(self._due) < MOST_KEPT:
            for delay in AGAIN_AFTER_S:
                heapq.heappush(self._due, (now + delay, lane, epoch, sequence))

    def step(self, now: float) -> None:
        """Send what is due while the link has room."""
        while self._due and self._due[0][0] <= now and self._link.up and self._link.unacknowledged < self._link.receive_maximum // 2:
            _, lane, epoch, sequence = self._due[0]
            entry = last_entry(self._journal, lane, sequence, epoch)
            if entry is not None and not self._link.publish(self._publishers[lane].message(entry), now):
                return
            heapq.heappop(self._due)


class HandOver:
    """Writes the hourly file of one consumer and lane. The folder itself says how far it came."""

    def __init__(self, settings: ConsumerSettings, lane: Lane, journal: JournalReader, identity: Identity) -> None:
        if settings.hand_over_dir is None:
            raise OutputRefused(f"consumer {settings.name}: hand_over_dir is not set: name a folder")
        self.folder: Path = settings.hand_over_dir
        self._settings = settings
        self._lane: Lane = lane
        self._journal = journal
        self._identity = identity
        self._due = float("-inf")

    def step(self, at: Instant) -> Path | None:
        """Write the next file when the hour is over. Returns it, None when there is nothing. Raises OutputError, StoreError."""
        if at.mono_s < self._due:
            return None
        self._due = at.mono_s + HOUR_S
        return self.write(at)

    def write(self, at: Instant) -> Path | None:
        """Write the rows since the last file. Raises OutputError, StoreError."""
        epoch, newest, _ = self._journal.newest(self._lane)
        first = self._written(epoch) + 1
        if newest < first:
            return None
        lines: list[bytes] = []
        last, digest = first - 1, ""
        while last < newest:
            entries = self._journal.entries(self._lane, last, PAGE, epoch)
            if not entries:
                break
            for entry in entries:
                lines.append(render(entry, self._identity))
                last, digest = entry.sequence, entry.digest
        if not lines:
            return None
        key = self._key()
        header = {
            "station": self._identity.station,
            "lane": self._lane,
            "epoch": epoch,
            "first_sequence": json.loads(lines[0])["sequence"],
            "last_sequence": f"{last:020d}",
            "rows": len(lines),
            "made_at": stamp(at.utc, self._identity),
            "signature": "none" if key is None else "hmac-sha256",
        }
        body = b"\n".join([compact(header), *lines, b""])
        signature = None if key is None else hmac.new(key, body, hashlib.sha256).hexdigest()
        body += compact({"digest": digest, "sha256": hashlib.sha256(body).hexdigest(), "hmac_sha256": signature}) + b"\n"
        path = self.folder / f"{self._identity.station}-{self._lane}-{epoch}-{first:020d}-{last:020d}.jsonl"
        self._put(path, body)
        return path

    def _written(self, epoch: str) -> int:
        pattern = re.compile(rf"{re.escape(self._identity.station)}-{self._lane}-{re.escape(epoch)}-\d{{20}}-(\d{{20}})\.jsonl")
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            found = [match for path in self.folder.iterdir() if (match := pattern.fullmatch(path.name))]
        except OSError as fault:
            raise self._unwritable(fault) from fault
        return max((int(match[1]) for match in found), default=0)

    def _key(self) -> bytes | None:
        path = self._settings.hmac_key_file
        if path is None:
            return None
        try:
            return path.read_bytes().strip()
        except OSError as fault:
            raise OutputRefused(
                f"consumer {self._settings.name}: hmac_key_file {path} cannot be read: {fault}: no file is written"
            ) from fault

    def _put(self, path: Path, body: bytes) -> None:
        part = path.with_suffix(".part")
        try:
            with part.open("wb") as out:
                out.write(body)
                out.flush()
                os.fsync(out.fileno())
            part.replace(path)
        except OSError as fault:
            raise self._unwritable(fault) from fault

    def _unwritable(self, fault: OSError) -> OutputError:
        return OutputUnreachable(
            f"consumer {self._settings.name}: hand_over_dir {self.folder} cannot be written: {fault}: free space or fix its rights"
        )

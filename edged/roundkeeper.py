"""Control's side of the temperature rounds' file: written on a thread of its own, so that no alarm ever waits for it.

What the thread cannot take in time, or the disk not at all, is counted and left; that is said once, and again when it works.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path
from typing import Any

from edged.clock import Clock
from edged.core.slopes import BIN_S, KEPT_DAYS
from edged.model.errors import StoreError
from edged.model.event import Event, SpotsMeasured, SpotsRecalled
from edged.store.rounds import DAY_S, RoundStore
from edged.store.settings import StoreSettings
from edged.supervise import guard

log = logging.getLogger("edged.rounds")
FILE = "rounds.db"
MOST_WAITING = 200
FREE_S, RETRY_S = 600.0, 60.0


class RoundKeeper:
    """Keeps the file. `put` is called in the loop and returns at once; `dropped` counts visits that were not written."""

    def __init__(self, path: Path, settings: StoreSettings, clock: Clock) -> None:
        self._path, self._settings, self._clock = path, settings, clock
        self._thread = ThreadPoolExecutor(1, "rounds")
        self._store: RoundStore | None = None
        self._retry_mono_s = float("-inf")
        self._waiting = 0
        self.dropped = 0
        self.fault: StoreError | None = None

    def put(self, event: SpotsMeasured) -> None:
        """Write one visit when there is time."""
        if self._waiting >= MOST_WAITING:
            self.dropped += 1
            return
        self._waiting += 1
        trusted = self._clock().trusted
        self._thread.submit(self._put, event, trusted)

    async def recall(self, names: Iterable[str], post: Callable[[Event], None]) -> None:
        """Post what was measured of these spots in the last days, for their slopes."""
        loop = asyncio.get_running_loop()
        until_s = self._clock().utc.timestamp()
        for name in names:
            points = await loop.run_in_executor(self._thread, self._means, name, until_s - KEPT_DAYS * DAY_S, until_s)
            if points:
                post(SpotsRecalled(name, points))

    async def read(self, name: str, since_s: float) -> list[dict[str, Any]]:
        """Return a spot's rows since a time as plain values. Raises StoreError."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._read, name, since_s)

    async def run(self) -> None:
        """Thin and free, until cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            while await loop.run_in_executor(self._thread, self._free):
                await asyncio.sleep(1.0)
            await asyncio.sleep(FREE_S)

    def close(self) -> None:
        """Write what waits and close the file."""
        self._thread.submit(self._close)
        self._thread.shutdown()

    # On the thread.

    def _put(self, event: SpotsMeasured, trusted: bool) -> None:
        self._waiting -= 1
        with guard("temperature rounds: a visit is not kept"):
            store = self._opened()
            if store is None:
                self.dropped += 1
                return
            try:
                store.add(event.measures, trusted)
            except StoreError as fault:
                self.dropped += 1
                self._failed(fault)
            else:
                self._works()

    def _read(self, name: str, since_s: float) -> list[dict[str, Any]]:
        store = self._opened()
        if store is None:
            assert self.fault is not None
            raise self.fault
        return [asdict(row) for row in store.read(name, since_s)]

    def _means(self, name: str, since_s: float, until_s: float) -> tuple[tuple[float, float], ...]:
        store = self._opened()
        try:
            return () if store is None else store.means(name, since_s, until_s, BIN_S)
        except StoreError as fault:
            self._failed(fault)
            return ()

    def _free(self) -> bool:
        store = self._opened()
        try:
            return store is not None and store.free(self._clock())
        except StoreError as fault:
            self._failed(fault)
            return False

    def _opened(self) -> RoundStore | None:
        if self._store is None and self._clock().mono_s >= self._retry_mono_s:
            try:
                self._store = RoundStore.open(self._path, self._settings)
            except StoreError as fault:
                self._retry_mono_s = self._clock().mono_s + RETRY_S
                self._failed(fault)
            else:
                if self._store.set_aside is not None:
                    log.error("temperature rounds: the file was damaged, it is kept as %s and a new one begins", self._store.set_aside)
        return self._store

    def _failed(self, fault: StoreError) -> None:
        if str(fault) != str(self.fault):
            log.error("temperature rounds: %s; nothing else depends on it", fault)
        self.fault = fault

    def _works(self) -> None:
        if self.fault is not None:
            log.warning("temperature rounds: written again, %d visits were lost", self.dropped)
            self.fault, self.dropped = None, 0

    def _close(self) -> None:
        if self._store is not None:
            self._store.close()
            self._store = None

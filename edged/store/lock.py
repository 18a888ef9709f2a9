"""One daemon a state folder: an advisory lock that the kernel drops when its holder dies, whatever way it dies."""

from __future__ import annotations

import fcntl
import os
from contextlib import suppress
from pathlib import Path

from edged.model.errors import StoreRefused
from edged.store.faults import told

NAME = "edged.lock"


class Lock:
    """Holds the state folder while it lives."""

    def __init__(self, folder: Path, descriptor: int) -> None:
        self.folder = folder
        self._descriptor: int | None = descriptor

    @classmethod
    def take(cls, folder: Path) -> Lock:
        """Take the folder. Raises StoreRefused, naming the process that holds it."""
        path = folder / NAME
        with told(path, "lock the state folder"):
            folder.mkdir(mode=0o750, parents=True, exist_ok=True)
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o640)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as fault:
            holder = os.pread(descriptor, 32, 0).decode("ascii", "replace").strip() or "?"
            os.close(descriptor)
            raise StoreRefused(
                f"{folder}: another edged holds this state folder (process {holder}): stop it (`systemctl stop edged`) "
                f"or give this one another folder",
                zh=f"{folder}：状态目录已被另一个 edged 占用（进程 {holder}）：请先停止它（`systemctl stop edged`），或改用其他目录",
            ) from fault
        with suppress(OSError):  # a full disk must not stop the daemon for the sake of a number
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
        return cls(folder, descriptor)

    def drop(self) -> None:
        """Let the folder go. Harmless when done twice."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

"""A refused login is a breaker and not a retry: a wrong password tried again and again locks the account of everybody else too."""

from __future__ import annotations

import time
from collections.abc import Callable

from edged.camera.settings import CameraSettings
from edged.model.errors import CameraRefused

MOST_TRIES = 2


class Breaker:
    """Counts logins that the camera refused: at most two in `pause_s`. Kept over all sessions with one camera."""

    def __init__(self, camera: CameraSettings, pause_s: float, mono_s: Callable[[], float] = time.monotonic) -> None:
        self._camera, self._pause_s, self._mono_s = camera, pause_s, mono_s
        self._refused: list[float] = []

    @property
    def wait_s(self) -> float:
        """Seconds until a login may be tried again; 0 when it may now."""
        now = self._mono_s()
        self._refused = [at for at in self._refused if now - at < self._pause_s]
        return 0.0 if len(self._refused) < MOST_TRIES else self._refused[0] + self._pause_s - now

    def note(self) -> None:
        """A login was refused."""
        self._refused.append(self._mono_s())

    def good(self) -> None:
        """A login was accepted."""
        self._refused.clear()

    def check(self, tried: str) -> None:
        """Raise CameraRefused while no login may be tried."""
        if (wait := self.wait_s) > 0:
            minutes = max(1, round(wait / 60))
            raise CameraRefused(
                f"camera {self._camera.label}: ONVIF {tried} not tried: the login was refused {MOST_TRIES} times, next try in "
                f"{minutes} min so that no account is locked: correct username or password_file of {self._camera.id}, then reload",
                zh=f"摄像机 {self._camera.label}: 未执行 {tried}: 登录已被拒绝 {MOST_TRIES} 次, 为免锁定账号 {minutes} 分钟后再试: "
                f"请更正 {self._camera.id} 的 username 或 password_file 后重新加载",
            )

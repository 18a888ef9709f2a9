"""How much of the zone is watched now: a worker computes what each head does, control joins it for the heads that see.

Nothing here computes in the loop: the worker is a process, joining runs in a thread. An answer to older settings is shown as stale,
never as the present one. A worker that hangs is killed, one that fails is said once and tried again each hour.
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import sys
from asyncio.subprocess import PIPE
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from edged.child import clean_environment
from edged.model.errors import EdgedError, StoreError, StoreGarbled
from edged.survey import Inputs, Survey, read_survey

log = logging.getLogger("edged.coverage")
FILE = "coverage.npz"
LONGEST_S = 120.0
RETRY_S = 3600.0
LOOK_S = 2.0
"""How often the heads' sight is looked at."""
SETTLE_S = 60.0
"""A head whose sight is not known so long after the start counts as blind."""

Sight = Callable[[], Mapping[str, bool | None]]
"""Whether each watched head sees now, None while it is not known."""
Runner = Callable[[], Awaitable[None]]
"""Computes anew and writes the file. Raises EdgedError."""


class WorkerFailed(EdgedError):
    """The worker hung, was killed or said why it cannot."""


NOWHERE = WorkerFailed(
    "no watched camera has a mount, so nobody knows what is seen: "
    "write mount: {lat_wgs84, lon_wgs84, height_m, azimuth_deg} for the lookouts",
    "没有热像镜头填写安装位置, 无法得知覆盖范围: 请为瞭望摄像机填写 mount: {lat_wgs84, lon_wgs84, height_m, azimuth_deg}",
)


@dataclass(slots=True)
class WatchedShare:
    """Keeps the figure. `told` is what status and MQTT show, None while nothing is known; `publish` hears of every change.

    Everything but `told` is called in the loop's thread.
    """

    path: Path
    run_worker: Runner
    sight: Sight
    publish: Callable[[dict[str, Any]], None]
    look_s: float = LOOK_S
    settle_s: float = SETTLE_S
    retry_s: float = RETRY_S
    told: dict[str, Any] | None = None
    fault: EdgedError | None = None
    _inputs: Callable[[], Inputs] | None = None
    _digest: str | None = None
    _held: Survey | None = None
    _job: asyncio.Task[None] | None = None
    _begun: str | None = None
    """What the job was begun for: where something else is wanted by its end, it failed in nothing and the next one begins."""
    _next_try_s: float = float("-inf")
    _shown: tuple[object, ...] | None = None
    _wake: asyncio.Event = field(default_factory=asyncio.Event)

    def want(self, inputs: Callable[[], Inputs]) -> None:
        """Take what runs from now on: at the start and after each reload. `inputs` is called in a thread."""
        self._inputs, self._digest, self._next_try_s = inputs, None, float("-inf")
        self._wake.set()

    def shown(self) -> dict[str, Any]:
        """Return what `edged status` says: `coverage`, and `coverage_fault` where it cannot be computed."""
        fault = None if self.fault is None else {"en": str(self.fault), "zh": self.fault.zh}
        return {"coverage": self.told, "coverage_fault": fault}

    async def run(self) -> None:
        """Keep the figure until cancelled."""
        began_s = asyncio.get_running_loop().time()
        try:
            while True:
                await self._step(began_s)
                self._wake.clear()
                with suppress(TimeoutError):
                    async with asyncio.timeout(self.look_s):
                        await self._wake.wait()
        finally:
            if self._job is not None:
                self._job.cancel()
                await asyncio.gather(self._job, return_exceptions=True)
                self._job = None

    async def _step(self, began_s: float) -> None:
        now_s = asyncio.get_running_loop().time()
        if self._inputs is not None and self._digest is None:
            wanted = self._inputs
            inputs, digest = await asyncio.to_thread(lambda: (found := wanted(), found.digest()))
            if wanted is self._inputs:
                self._digest = digest
                await self._read()
                if not inputs.heads:
                    self._failed(NOWHERE)
                    self._next_try_s = float("inf")
        if self._job is not None and self._job.done():
            job, self._job = self._job, None
            await self._ended(job, now_s)
        if self._job is None and self._digest is not None and not self._fresh() and now_s >= self._next_try_s:
            self._begun = self._digest
            self._job = asyncio.create_task(self._work(), name="coverage worker")
        await self._show(now_s - began_s >= self.settle_s)

    def _fresh(self) -> bool:
        return self._held is not None and self._held.digest == self._digest

    async def _work(self) -> None:
        try:
            await self.run_worker()
        finally:
            self._wake.set()

    async def _ended(self, job: asyncio.Task[None], now_s: float) -> None:
        try:
            job.result()
            await self._read()
            if not self._fresh() and self._begun == self._digest:
                raise WorkerFailed("the files on disk are not what runs: reload edged", "磁盘上的配置与运行中的不一致: 请重新加载 edged")
        except EdgedError as fault:
            self._failed(fault)
            self._next_try_s = now_s + self.retry_s
        else:
            self.fault = None

    async def _read(self) -> None:
        """Read the file; what cannot be read is as good as not there."""
        try:
            held = await asyncio.to_thread(_counted, self.path)
        except (StoreGarbled, StoreError) as fault:
            log.warning("%s", fault)
            return
        if held is not None:
            self._held = held

    def _failed(self, fault: EdgedError) -> None:
        if str(fault) != str(self.fault):
            log.error("coverage: %s", fault)
        self.fault = fault

    async def _show(self, settled: bool) -> None:
        held, sight = self._held, dict(self.sight())
        if held is None or (not settled and None in sight.values()):
            return
        down = tuple(sorted(camera_id for camera_id, sees in sight.items() if sees is not True))
        shown = (held.digest, held.computed_at, down, self._fresh())
        if shown == self._shown:
            return
        figures = await asyncio.to_thread(lambda: held.figures(held.combined(down)[1], down))
        self._shown = shown
        self.told = {**figures, "stale": not self._fresh()}
        self.publish(self.told)


def _counted(path: Path) -> Survey | None:
    held = read_survey(path)
    return None if held is None else held.counted()


def worker(
    station_yaml: Path, state_dir: Path, longest_s: float = LONGEST_S, extinction_per_km: Callable[[], float | None] = lambda: None
) -> Runner:
    """Return the runner that starts `edged.worker` and waits for it, at most `longest_s`.

    `extinction_per_km`: of the air as measured, None while it is assumed; asked at each start.
    """
    work = ("coverage", "-c", str(station_yaml), "--out", str(state_dir / FILE), "--state", str(state_dir))
    command = (sys.executable, "-m", "edged.worker", *work)

    def run() -> Awaitable[None]:
        k = extinction_per_km()
        return run_process(command if k is None else (*command, "--extinction", f"{k:g}"), longest_s)

    return run


async def run_process(command: tuple[str, ...], longest_s: float) -> None:
    """Run a process and wait; it is killed with its group when it takes too long or this task is cancelled. Raises WorkerFailed."""
    try:
        process = await asyncio.create_subprocess_exec(
            *command, stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.DEVNULL, stderr=PIPE, process_group=0,
            env=clean_environment(os.environ),
        )  # fmt: skip
    except OSError as fault:
        raise WorkerFailed(f"the worker cannot be started: {fault}", f"后台计算进程无法启动: {fault}") from fault
    try:
        async with asyncio.timeout(longest_s):
            _, said = await process.communicate()
    except TimeoutError as late:
        raise WorkerFailed(
            f"the worker took over {longest_s:.0f} s and was ended: is this machine overloaded, or the plan very large?",
            f"后台计算超过 {longest_s:.0f} 秒, 已终止: 本机是否过载, 或平面图过大?",
        ) from late
    finally:
        if process.returncode is None:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            await process.wait()
    code = await process.wait()
    if code != 0:
        lines = said.decode("utf-8", "replace").strip().splitlines()
        how = f"signal {-code}" if code < 0 else f"exit status {code}"
        why = lines[-1] if lines else "it said nothing"
        raise WorkerFailed(f"the worker failed ({how}): {why}", f"后台计算失败 ({how}): {why}")

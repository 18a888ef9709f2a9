"""The share that is watched, kept by control: never computed in the loop, never an old answer as a new one."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from edged import watchedshare
from edged.model.errors import EdgedError
from edged.survey import Inputs, survey, write_survey
from edged.watchedshare import WatchedShare, WorkerFailed, run_process
from tests.test_survey import small


@dataclass
class Bench:
    """A watched share with a runner that computes here, or fails as told."""

    path: Path
    inputs: Inputs = field(default_factory=small)
    on_disk: Inputs | None = None
    sight: dict[str, bool | None] = field(default_factory=lambda: {"th-01": True, "th-02": True})
    runs: int = 0
    looks: int = 0
    fails: EdgedError | None = None
    hold: asyncio.Event | None = None
    published: list[dict[str, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.share = WatchedShare(self.path, self.work, self.see, self.published.append, look_s=0.005, settle_s=1e9)

    def see(self) -> dict[str, bool | None]:
        self.looks += 1
        return self.sight

    async def work(self) -> None:
        self.runs += 1
        if self.hold is not None:
            await self.hold.wait()
        if self.fails is not None:
            raise self.fails
        write_survey(self.path, survey(self.on_disk or self.inputs))

    def want(self, inputs: Inputs) -> None:
        self.inputs = inputs
        self.share.want(lambda: inputs)

    def last(self) -> dict[str, Any]:
        return self.published[-1] if self.published else {}


def played(bench: Bench, play: Callable[[], Any]) -> None:
    """Run a share while `play` goes on."""

    async def both() -> None:
        task = asyncio.create_task(bench.share.run())
        try:
            await asyncio.wait_for(play(), 20)
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    asyncio.run(both())


async def until(good: Callable[[], bool]) -> None:
    """Wait until something holds."""
    while not good():
        await asyncio.sleep(0.002)


def test_computes_once_and_follows_the_blind_heads(tmp_path: Path) -> None:
    bench = Bench(tmp_path / "c.npz")

    async def play() -> None:
        bench.want(bench.inputs)
        await until(lambda: bench.last().get("blind") == [])
        whole = bench.last()["watched_share"]
        bench.sight["th-02"] = False
        await until(lambda: bench.last()["blind"] == ["th-02"])
        assert bench.last()["watched_share"] < whole
        assert bench.last()["sentence"]["zh"].endswith("2号头失明")
        bench.sight["th-02"] = True
        await until(lambda: bench.last()["blind"] == [])
        assert bench.last()["watched_share"] == whole
        assert bench.share.shown() == {"coverage": bench.last(), "coverage_fault": None}
        looks = bench.looks
        await until(lambda: bench.looks >= looks + 5)

    played(bench, play)
    assert bench.runs == 1
    assert len(bench.published) == 3, "only changes are published"


def test_a_restart_shows_the_kept_answer_at_once(tmp_path: Path) -> None:
    write_survey(tmp_path / "c.npz", survey(small()))
    bench = Bench(tmp_path / "c.npz")

    async def play() -> None:
        bench.want(small())
        await until(lambda: bool(bench.published))

    played(bench, play)
    assert bench.runs == 0
    assert bench.last()["stale"] is False


def test_changed_settings_show_the_old_answer_as_stale_until_the_new_one_is_there(tmp_path: Path) -> None:
    write_survey(tmp_path / "c.npz", survey(small()))
    bench = Bench(tmp_path / "c.npz", hold=None)

    async def play() -> None:
        bench.hold = asyncio.Event()
        bench.want(small(radius_m=300.0))
        await until(lambda: bench.last().get("stale") is True)
        bench.hold.set()
        await until(lambda: bench.last()["stale"] is False)

    played(bench, play)
    assert bench.runs == 1


def test_what_is_wanted_while_a_worker_runs_is_no_fault_and_is_computed_next(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    bench = Bench(tmp_path / "c.npz")

    async def play() -> None:
        bench.hold, bench.on_disk = asyncio.Event(), bench.inputs
        bench.want(bench.inputs)
        await until(lambda: bench.runs == 1)
        bench.want(small(radius_m=500.0))
        looks = bench.looks
        await until(lambda: bench.looks > looks + 2)
        bench.hold.set()
        await until(lambda: bench.runs == 2)
        bench.on_disk = None
        await until(lambda: bench.last().get("stale") is False)

    first = bench.inputs
    work = bench.work

    async def as_begun() -> None:
        bench.on_disk = first if bench.runs == 0 else None
        await work()

    bench.share.run_worker = as_begun
    played(bench, play)
    assert bench.share.fault is None
    assert caplog.records == []


def test_nothing_is_claimed_before_sight_is_known(tmp_path: Path) -> None:
    bench = Bench(tmp_path / "c.npz", sight={"th-01": None, "th-02": True})

    async def play() -> None:
        bench.want(bench.inputs)
        await until(lambda: bench.share._held is not None)
        await asyncio.sleep(0.03)
        assert bench.published == []
        bench.share.settle_s = 0.0
        await until(lambda: bool(bench.published))
        assert bench.last()["blind"] == ["th-01"], "after that time an unknown head counts as blind"

    played(bench, play)


def test_a_failure_is_said_once_and_tried_again_later(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    bench = Bench(tmp_path / "c.npz", fails=WorkerFailed("no room", "空间不足"))
    bench.share.retry_s = 0.01

    async def play() -> None:
        bench.want(bench.inputs)
        await until(lambda: bench.runs >= 3)
        assert bench.share.shown()["coverage_fault"] == {"en": "no room", "zh": "空间不足"}
        bench.fails = None
        await until(lambda: bool(bench.published))
        assert bench.share.shown()["coverage_fault"] is None

    played(bench, play)
    assert [r.getMessage() for r in caplog.records if r.name == "edged.coverage"] == ["coverage: no room"]


def test_a_failure_waits_an_hour_but_not_a_reload(tmp_path: Path) -> None:
    bench = Bench(tmp_path / "c.npz", fails=WorkerFailed("no room"))

    async def play() -> None:
        bench.want(bench.inputs)
        await until(lambda: bench.share.fault is not None)
        await asyncio.sleep(0.05)
        assert bench.runs == 1
        bench.fails = None
        bench.want(bench.inputs)
        await until(lambda: bool(bench.published))

    played(bench, play)
    assert bench.runs == 2


def test_files_that_are_not_what_runs_are_a_fault(tmp_path: Path) -> None:
    bench = Bench(tmp_path / "c.npz", on_disk=small(radius_m=300.0))

    async def play() -> None:
        bench.want(bench.inputs)
        await until(lambda: bench.share.fault is not None)
        await until(lambda: bool(bench.published))
        assert "reload" in str(bench.share.fault)
        assert bench.last()["stale"] is True

    played(bench, play)


def test_without_mounts_no_worker_is_started(tmp_path: Path) -> None:
    bench = Bench(tmp_path / "c.npz", inputs=small(0))

    async def play() -> None:
        bench.want(bench.inputs)
        await until(lambda: bench.share.fault is not None)
        await asyncio.sleep(0.03)

    played(bench, play)
    assert bench.runs == 0
    assert "mount" in str(bench.share.fault)


def test_a_damaged_file_is_computed_anew(tmp_path: Path) -> None:
    (tmp_path / "c.npz").write_bytes(b"PK damaged")
    bench = Bench(tmp_path / "c.npz")

    async def play() -> None:
        bench.want(bench.inputs)
        await until(lambda: bool(bench.published))

    played(bench, play)
    assert bench.runs == 1


def test_the_loop_goes_on_while_figures_are_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that is slow to read holds up a thread, not the loop."""
    write_survey(tmp_path / "c.npz", survey(small()))
    read = watchedshare.read_survey

    def slow(path: Path) -> Any:
        time.sleep(0.3)
        return read(path)

    monkeypatch.setattr(watchedshare, "read_survey", slow)
    bench, gaps = Bench(tmp_path / "c.npz"), [0.0]

    async def play() -> None:
        bench.want(bench.inputs)
        before = time.monotonic()
        while not bench.published:
            await asyncio.sleep(0.002)
            gaps.append(time.monotonic() - before - 0.002)
            before = time.monotonic()

    played(bench, play)
    assert max(gaps) < 0.25


@pytest.mark.parametrize(
    ("program", "longest_s", "said"),
    [
        ("import sys; sys.stderr.write('first\\nplan is broken\\n'); sys.exit(78)", 20.0, r"exit status 78.*plan is broken"),
        ("import os; os.kill(os.getpid(), 9)", 20.0, r"signal 9.*said nothing"),
        ("import time; time.sleep(600)", 0.2, r"took over 0 s"),
    ],
)
def test_a_worker_that_fails_or_hangs_is_told(program: str, longest_s: float, said: str) -> None:
    with pytest.raises(WorkerFailed, match=said):
        asyncio.run(run_process((sys.executable, "-c", program), longest_s))


def test_a_worker_ends_with_control(tmp_path: Path) -> None:
    note = tmp_path / "pid"
    program = f"import os, time; open({str(note)!r}, 'w').write(str(os.getpid())); time.sleep(600)"

    async def play() -> int:
        task = asyncio.create_task(run_process((sys.executable, "-c", program), 60.0))
        await until(lambda: note.exists() and note.read_text() != "")
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        return int(note.read_text())

    with pytest.raises(ProcessLookupError):
        os.kill(asyncio.run(play()), 0)


def test_a_cancel_that_comes_with_a_wake_is_not_swallowed(tmp_path: Path) -> None:
    """At a stop systemd ends the worker too: its end wakes the share in the moment in which it is cancelled."""

    async def both() -> bool:
        bench = Bench(tmp_path / "coverage.npz")
        bench.share.look_s = 60.0
        task = asyncio.create_task(bench.share.run())
        while not bench.looks:
            await asyncio.sleep(0)
        await asyncio.sleep(0.01)
        bench.share._wake.set()
        task.cancel()
        done, _ = await asyncio.wait([task], timeout=1.0)
        task.cancel()
        return bool(done)

    assert asyncio.run(both())

"""Eyes slow down first, the console second, and a box at its limit does not swing."""

from __future__ import annotations

import asyncio
import time

import pytest

from edged.overload import LEVELS, CpuShare, Load, LoopLag, Overload

BUSY, CALM, BETWEEN = Load(0.0, 0.97), Load(0.01, 0.3), Load(0.2, 0.8)


def test_eyes_first_console_last_and_only_after_five_seconds() -> None:
    overload = Overload()
    changes = [(at, m) for at in range(30) if (m := overload.judge(float(at), BUSY)) is not None]
    assert [at for at, _ in changes] == [5, 10, 15]
    assert [m for _, m in changes] == list(LEVELS[1:])
    assert [m.console_slow for _, m in changes] == [False, False, True]


@pytest.mark.parametrize("load", [Load(0.6, 0.1), Load(0.0, 0.95), Load(0.0, 0.1, 0.3)])
def test_each_mark_alone_is_enough(load: Load) -> None:
    overload = Overload()
    assert [overload.judge(float(at), load) for at in range(6)][-1] == LEVELS[1]


def test_a_short_peak_and_the_middle_change_nothing() -> None:
    overload = Overload()
    assert all(overload.judge(float(at), BUSY if at % 4 else CALM) is None for at in range(200))
    assert all(overload.judge(200.0 + at, BETWEEN) is None for at in range(500))


def test_restores_slowly_and_slower_after_a_relapse() -> None:
    overload = Overload()
    for at in range(6):
        overload.judge(float(at), BUSY)
    eased = next(at for at in range(6, 500) if overload.judge(float(at), CALM) is not None)
    assert eased == 66
    assert overload.level == 0
    slowed = next(at for at in range(eased + 1, 500) if overload.judge(float(at), BUSY) is not None)
    again = next(at for at in range(slowed + 1, 900) if overload.judge(float(at), CALM) is not None)
    assert again - slowed >= 120


def test_cpu_share_sums_processes_and_survives_a_restart() -> None:
    share = CpuShare(cores=2)
    for name in ("th-01", "th-02"):
        share.note(name, 10.0, 100.0)
        share.note(name, 12.0, 101.0)
    assert share.share() == pytest.approx(0.5)
    share.note("th-01", 13.0, 0.1)
    assert share.share() == pytest.approx(0.5)
    share.gone("th-02")
    assert share.share() == pytest.approx(0.25)


def test_lag_of_a_blocked_loop_is_seen() -> None:
    async def scene() -> tuple[float, float]:
        lag = LoopLag(every_s=0.01)
        task = asyncio.create_task(lag.run())
        await asyncio.sleep(0.05)
        time.sleep(0.3)  # the fault under test: somebody blocks the loop
        await asyncio.sleep(0.02)
        now = asyncio.get_running_loop().time()
        seen = lag.worst(now), lag.worst(now + 60)
        task.cancel()
        return seen

    worst, silent = asyncio.run(scene())
    assert 0.25 <= worst < 5
    assert silent > 50

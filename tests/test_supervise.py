"""Faults stay inside, tasks come back, and over the budget they are parked."""

from __future__ import annotations

import asyncio
import logging
import random
import threading

import pytest

from edged.backoff import Backoff, Budget
from edged.model.errors import CameraRefused, CameraUnreachable
from edged.supervise import Supervised, guard


def test_guard_keeps_an_unknown_fault_in_and_tells_it(caplog: pytest.LogCaptureFixture) -> None:
    told: list[BaseException] = []
    with guard("mqtt on_message", told.append):
        raise KeyError("topic")
    assert isinstance(told[0], KeyError)
    assert "mqtt on_message" in caplog.text
    assert "Traceback" in caplog.text


def test_guard_tells_a_known_fault_in_one_line(caplog: pytest.LogCaptureFixture) -> None:
    with guard("camera th-01"):
        raise CameraUnreachable("camera th-01: no answer in 5 s")
    assert "no answer in 5 s" in caplog.text
    assert "Traceback" not in caplog.text


def test_guard_survives_its_own_report(caplog: pytest.LogCaptureFixture) -> None:
    def broken(_: BaseException) -> None:
        raise RuntimeError("report broke too")

    with guard("x", broken):
        raise ValueError("first")
    assert "report broke too" in caplog.text


def test_guard_lets_a_stop_through() -> None:
    with pytest.raises(KeyboardInterrupt), guard("x"):
        raise KeyboardInterrupt


def test_guard_decorates_functions_coroutines_and_threads() -> None:
    told: list[BaseException] = []

    @guard("plain", told.append)
    def plain(value: int) -> int:
        return 10 // value

    @guard("waiting", told.append)
    async def waiting(value: int) -> int:
        return 10 // value

    assert plain(5) == 2
    assert plain(0) is None
    assert asyncio.run(waiting(2)) == 5  # type: ignore[arg-type]
    assert asyncio.run(waiting(0)) is None  # type: ignore[arg-type]
    thread = threading.Thread(target=plain, args=(0,))
    thread.start()
    thread.join(5)
    assert [type(fault) for fault in told] == [ZeroDivisionError] * 3


def test_pauses_grow_are_jittered_and_start_small_again() -> None:
    backoff = Backoff(random=random.Random(7))
    pauses = [backoff.pause_s() for _ in range(12)]
    assert all(0.5 * 2**i * 0.7 <= pauses[i] <= 0.5 * 2**i * 1.3 for i in range(7))
    assert all(42 <= pause <= 78 for pause in pauses[7:])
    assert len({round(pause / pauses[-1], 6) for pause in pauses[7:]}) == 5
    backoff.good()
    assert backoff.pause_s() < 1.0
    assert backoff.longest() >= 42


def test_budget_counts_only_its_window() -> None:
    budget = Budget(limit=2, window_s=10)
    assert [budget.spend(at) for at in (0, 1, 2, 12.5)] == [True, True, False, True]


def test_a_task_is_started_again_and_parked_over_its_budget() -> None:
    states: list[tuple[str, str]] = []
    runs = 0

    async def breaks() -> None:
        nonlocal runs
        runs += 1
        if runs == 5:
            return
        raise CameraUnreachable("camera th-01: no answer")

    task = Supervised(
        "th-01",
        breaks,
        on_state=lambda _, state, reason: states.append((state, reason)),
        backoff=Backoff(first_s=0.001, longest_s=0.002),
        budget=Budget(limit=2, window_s=60, parked_s=0.01),
    )
    asyncio.run(asyncio.wait_for(task.run(), 5))
    assert runs == 5
    assert [state for state, _ in states].count("parked") == 1
    assert states[-1][0] == "ended"
    assert "no answer" in next(reason for state, reason in states if state == "parked")


def test_a_vital_task_over_its_budget_ends_the_process() -> None:
    async def breaks() -> None:
        raise OSError("disk gone")

    task = Supervised("journal", breaks, vital=True, backoff=Backoff(first_s=0.001, longest_s=0.001), budget=Budget(limit=2))
    with pytest.raises(OSError, match="disk gone"):
        asyncio.run(asyncio.wait_for(task.run(), 5))
    assert task.restarts == 2


def test_a_refusal_waits_the_longest_pause_at_once(caplog: pytest.LogCaptureFixture) -> None:
    reasons: list[str] = []

    async def refused() -> None:
        raise CameraRefused("camera th-01: login refused (401)")

    async def scene() -> None:
        task = Supervised(
            "th-01",
            refused,
            on_state=lambda _, state, reason: reasons.append(reason) if state == "waiting" else None,
            backoff=Backoff(first_s=0.001, longest_s=50, jitter=0),
        )
        running = asyncio.create_task(task.run())
        while not reasons:
            await asyncio.sleep(0)
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running

    caplog.set_level(logging.CRITICAL)
    asyncio.run(scene())
    assert "next try in 50.0 s" in reasons[0]

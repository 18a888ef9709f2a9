"""The end of control's tasks: a limit for what does not take a cancel, and its name in the log."""

from __future__ import annotations

import asyncio
import logging

import pytest

from edged import app
from edged.app import Daemon


def test_a_task_that_takes_no_cancel_is_left_and_named(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    monkeypatch.setattr(app, "TASK_STOP_S", 0.05)
    let_go = asyncio.Event()

    async def stubborn() -> None:
        while not let_go.is_set():
            try:
                await asyncio.sleep(10)
            except asyncio.CancelledError:
                continue

    async def broken() -> None:
        raise ValueError("broke before the stop")

    async def stop() -> float:
        tasks = [asyncio.create_task(stubborn(), name="stubborn"), asyncio.create_task(broken()), asyncio.create_task(asyncio.sleep(10))]
        await asyncio.sleep(0)
        began = asyncio.get_running_loop().time()
        await Daemon._end_tasks(Daemon.__new__(Daemon), tasks)  # type: ignore[arg-type]
        spent = asyncio.get_running_loop().time() - began
        assert [task.done() for task in tasks] == [False, True, True]
        let_go.set()
        tasks[0].cancel()
        await asyncio.sleep(0)
        return spent

    with caplog.at_level(logging.ERROR):
        assert asyncio.run(stop()) < 1.0
    assert [record.getMessage() for record in caplog.records] == ["stop: stubborn did not end in time"]

"""The keeper of the rounds' file: the loop never waits for it, and what it cannot write it counts and says once."""

from __future__ import annotations

import asyncio
import logging
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from edged.model.event import Event, SpotsMeasured, SpotsRecalled
from edged.model.instant import Instant
from edged.model.rounds import SpotMeasure
from edged.roundkeeper import MOST_WAITING, RoundKeeper
from edged.store.rounds import RoundStore
from edged.store.settings import StoreSettings

NOW = Instant(5000.0, datetime(2026, 11, 22, 3, 0, tzinfo=UTC))


def visit(ago_s: float, value: float = 40.0) -> SpotsMeasured:
    at = NOW.utc - timedelta(seconds=ago_s)
    return SpotsMeasured((SpotMeasure("t1", "th-1", "v", 1, 0.0, at, "radiometric", 60, 5, True, value, value, value, value),))


def keeper(path: Path) -> RoundKeeper:
    return RoundKeeper(path / "rounds.db", StoreSettings(), lambda: NOW)


def test_what_was_put_is_read_and_recalled_after_a_restart(tmp_path: Path) -> None:
    async def go() -> tuple[list[dict[str, Any]], list[Event]]:
        one = keeper(tmp_path)
        for number in range(30):
            one.put(visit(600.0 * number, 40.0 + number))
        one.close()
        two, posted = keeper(tmp_path), list[Event]()
        await two.recall(("t1", "t2"), posted.append)
        rows = await two.read("t1", NOW.utc.timestamp() - 3000.0)
        two.close()
        return rows, posted

    rows, posted = asyncio.run(go())
    assert [row["high"] for row in rows] == [45.0, 44.0, 43.0, 42.0, 41.0, 40.0]
    (event,) = posted
    assert isinstance(event, SpotsRecalled)
    assert (event.name, event.points[-1][1] < event.points[0][1]) == ("t1", True)


def test_a_disk_that_hangs_holds_nothing_up_and_loses_what_is_too_much(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    free = threading.Event()
    add = RoundStore.add
    monkeypatch.setattr(RoundStore, "add", lambda *args: (free.wait(20.0), add(*args))[1])

    async def go() -> int:
        one = keeper(tmp_path)
        for number in range(MOST_WAITING + 40):
            one.put(visit(float(number)))
        dropped = one.dropped
        free.set()
        await asyncio.to_thread(one.close)
        return dropped

    assert 35 <= asyncio.run(go()) <= 40


def test_a_folder_that_is_not_there_is_said_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async def go() -> None:
        one = keeper(tmp_path / "missing")
        for number in range(5):
            one.put(visit(float(number)))
        with pytest.raises(Exception, match=r"rounds\.db"):
            await one.read("t1", 0.0)
        await one.recall(("t1",), lambda event: pytest.fail("nothing is there"))
        assert one.dropped == 5
        one.close()

    with caplog.at_level(logging.ERROR, "edged.rounds"):
        asyncio.run(go())
    assert len(caplog.records) == 1

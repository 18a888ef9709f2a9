"""A clock and a journal for each test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from edged.store.journal import Journal
from tests.store.making import FakeClock, open_journal


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def journal(tmp_path: Path, clock: FakeClock) -> Iterator[Journal]:
    opened = open_journal(tmp_path, clock, consumers=("police",))
    yield opened
    opened.close()

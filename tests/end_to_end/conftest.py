"""Stations that run for one module, because a start with cameras costs seconds."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from edged.simulator.mosquitto import installed
from tests.end_to_end.station import House


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A station of one camera that runs."""
    if installed() is None:
        pytest.skip("mosquitto is not installed: access lists and losses are measured on it only")
    made = House(tmp_path_factory.mktemp("house"), ("th-01",))
    try:
        yield made.start()
    finally:
        made.stop()

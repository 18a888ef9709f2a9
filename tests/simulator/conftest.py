"""One small station for the tests that only ask, and a maker for those that break things."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from edged.simulator.settings import SimulatedCamera, SimulatorSettings
from edged.simulator.station import Station

USER, PASSWORD = "edged", "practice-only"


@pytest.fixture(scope="session")
def station() -> Iterator[Station]:
    cameras = (
        SimulatedCamera(id="th-01", auth="wsse"),
        SimulatedCamera(id="th-02", auth="digest", reference_parameters=True, position_space="generic"),
        SimulatedCamera(id="co-001", kind="corridor", hfov_deg=80, height_m=4, auth="none"),
    )
    with Station(SimulatorSettings(cameras=cameras)) as running:
        yield running


@pytest.fixture
def make_station() -> Iterator[Callable[..., Station]]:
    with ExitStack() as stack:

        def make(*cameras: SimulatedCamera, **more: object) -> Station:
            return stack.enter_context(Station(SimulatorSettings.model_validate({"cameras": cameras, **more})))

        yield make

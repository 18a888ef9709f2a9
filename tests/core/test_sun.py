"""Each eye is told where the sun stands before its head: by day, when it is out, if the head is calibrated and the clock trusted."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from edged.core.weather import SUN_STEP_DEG
from edged.geometry.head import to_head
from edged.geometry.sky import sun
from edged.model.command import AirKnown
from edged.model.event import Tick, Weathered
from tests.core.station import MOUNTS, PLAN, Bench, rules

NIGHT = timedelta(hours=12)


def told(b: Bench, camera_id: str = "th-1") -> tuple[float, float] | None:
    return [c.air.sun for c in b.out if isinstance(c, AirKnown) and c.camera_id == camera_id][-1]


def test_by_day_it_is_the_suns_direction_in_head_angles() -> None:
    mounts = (replace(MOUNTS[0], azimuth_deg=90.0), *MOUNTS[1:])
    b = Bench(rules(plan=replace(PLAN, mounts=mounts)))
    b.play(Tick())
    at = sun(MOUNTS[0].lat_wgs84, MOUNTS[0].lon_wgs84, 40.0, b.now.utc)
    assert told(b) == pytest.approx(to_head(mounts[0], at.azimuth_deg, at.elevation_deg), abs=0.6 * SUN_STEP_DEG)


def test_it_is_told_again_as_it_moves_and_not_each_second() -> None:
    b = Bench()
    b.play(Tick())
    first = told(b)
    b.wait(60.0)
    assert len([c for c in b.out if isinstance(c, AirKnown) and c.camera_id == "th-1"]) <= 2
    b.wait(1200.0, 60.0)
    assert told(b) != first


def test_at_night_under_clouds_or_by_an_untrusted_clock_there_is_none() -> None:
    night = Bench()
    night.now = replace(night.now, utc=night.now.utc + NIGHT)
    night.play(Tick())
    assert told(night) is None
    clouds = Bench()
    clouds.play(Weathered("mast", None, irradiance_w_m2=90.0))
    assert told(clouds) is None
    clouds.play(Weathered("mast", None, irradiance_w_m2=600.0))
    assert told(clouds) is not None
    lost = Bench()
    lost.now = replace(lost.now, trusted=False)
    lost.play(Tick())
    assert told(lost) is None


def test_a_head_that_is_not_calibrated_is_told_none() -> None:
    b = Bench(rules(lookouts=("th-1", "th-4")))
    b.play(Tick())
    assert told(b, "th-4") is None
    assert told(b, "th-1") is not None

"""A carried heat source: where a track stands still, which sightings are the source, and what became of every stop."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest

from edged.geometry.calibration import calibrate
from edged.geometry.earth import from_enu
from edged.geometry.lens import direction, pixel
from edged.geometry.walk import Fixed, Found, Held, Stop, Warm, find_source, stops_of
from edged.model.errors import CalibrationError
from edged.model.lens import Lens
from edged.model.site import Mount
from tests.geometry.technician import LAT, LON, head_angles

START = datetime(2026, 11, 20, 14, 0, tzinfo=UTC)
TRUE = Mount("th-01", LAT, LON, 30.0, azimuth_deg=75.0, tilt_zero_deg=-0.6, roll_deg=0.8)
BEFORE = Mount("th-01", LAT, LON, 30.0, azimuth_deg=290.0, calibrated=False)


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def test_a_stop_is_twenty_seconds_within_five_metres() -> None:
    track = [Fixed(at(s), LAT, LON + 1e-6 * (s % 3)) for s in range(0, 31, 5)]
    track += [Fixed(at(40 + s), LAT + 2e-5 * s, LON) for s in range(10, 60, 5)]
    track += [Fixed(at(110 + s), LAT + 0.002, LON) for s in range(0, 16, 5)]
    track += [Fixed(at(140 + s), LAT + 0.003, LON) for s in range(0, 21, 5)]
    stops = stops_of(list(reversed(track)))
    assert [(s.name, s.since, s.until) for s in stops] == [("1", at(0), at(30)), ("2", at(140), at(160))]
    assert stops[0].lat_wgs84 == pytest.approx(LAT, abs=1e-7)
    assert stops_of([]) == ()


def walk(rng: np.random.Generator, stops: int = 9, source: bool = True, gps_m: float = 0.5) -> tuple[list[Stop], list[Warm], list[Held]]:
    """Return stops, sightings and views: six views of 17.5°, the source in all but the last stop's, other heat besides."""
    lens = Lens(roll_deg=TRUE.roll_deg)
    places, warm, held = [], [], []
    standing = [(float(rng.uniform(-50, 50)), float(rng.uniform(-6, 0))) for _ in range(4)]
    for number in range(stops):
        behind = number == stops - 1
        bearing = np.radians(TRUE.azimuth_deg + (180.0 if behind else -40.0 + 80.0 * number / stops))
        range_m = float(rng.uniform(350, 900))
        lat, lon = from_enu(LAT, LON, range_m * np.sin(bearing), range_m * np.cos(bearing))
        to = head_angles(TRUE, lat, lon, 0.5)
        east, north = (range_m * v + rng.normal(0, gps_m) for v in (np.sin(bearing), np.cos(bearing)))
        places.append(Stop(str(number + 1), *from_enu(LAT, LON, east, north), at(200.0 * number), at(200.0 * number + 60.0)))
        passing = [(float(rng.uniform(-50, 50)), float(rng.uniform(-6, 0))) for _ in range(3)]
        for turn in range(6):
            view = Held(f"v{turn}", -42.5 + 17.0 * turn, -3.0, 17.5, at(200.0 * number + 8.0 * turn), at(200.0 * number + 8.0 * turn + 6.0))
            held.append(view)
            for thing in [*([to] if source else []), *standing, *passing]:
                found = pixel(view.pan_deg, -3.0, *thing, 640, 512, 17.2, lens)
                if found and 0 <= found[0] < 640 and 0 <= found[1] < 512:
                    warm.append(Warm(view.since + timedelta(seconds=3), *direction(view.pan_deg, -3.0, *found, 640, 512, 17.5), view))
    return places, warm, held


def find(drawn: tuple[list[Stop], list[Warm], list[Held]], **changes: Any) -> Found:
    how: dict[str, Any] = {"gps_sigma_m": 0.5, "prior_sigma_deg": None} | changes
    return find_source(BEFORE, *drawn, [0.5] * len(drawn[0]), **how)


@pytest.mark.parametrize("seed", range(6))
def test_the_source_is_found_whatever_the_azimuth_is(seed: int) -> None:
    drawn = walk(np.random.default_rng(seed))
    found = find(drawn)
    assert found.chance < 1e-3
    fates = {stop.name: why for stop, why in found.fates}
    assert fates.pop("9") == "not_in_view"
    assert list(fates.values()).count("used") >= 7
    fitted = calibrate(BEFORE, found.observations).mount
    assert abs(fitted.azimuth_deg - TRUE.azimuth_deg) < 0.12
    assert abs(fitted.tilt_zero_deg - TRUE.tilt_zero_deg) < 0.12


def test_the_prior_keeps_out_what_the_mount_cannot_mean() -> None:
    drawn = walk(np.random.default_rng(3))
    with pytest.raises(CalibrationError):
        find(drawn, prior_sigma_deg=1.0)


def test_other_heat_alone_is_not_believed() -> None:
    for seed in range(8):
        with pytest.raises(CalibrationError, match="chance") as fault:
            find(walk(np.random.default_rng(100 + seed), source=False))
        assert "偶然" in fault.value.zh


def test_nothing_seen_says_so() -> None:
    places, _, held = walk(np.random.default_rng(1))
    with pytest.raises(CalibrationError, match="nothing hot was seen") as fault:
        find((places, [], held))
    assert "均未看到热源" in fault.value.zh


def test_a_cold_stop_is_told_from_one_out_of_view() -> None:
    places, warm, held = walk(np.random.default_rng(2))
    found = find((places, [w for w in warm if not places[3].since <= w.at <= places[3].until], held))
    assert {stop.name: why for stop, why in found.fates}["4"] == "nothing_hot"

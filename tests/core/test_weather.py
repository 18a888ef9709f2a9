"""Weather in core: what is measured counts for an hour, the rest is assumed and said so; eyes are told; a restart forgets nothing."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from edged.commands.wording import status_lines
from edged.core import view
from edged.core.step import restore
from edged.geometry.settings import WeatherSettings
from edged.model.aim import BEACON, REFERENCE, Aim
from edged.model.command import AirKnown
from edged.model.event import AimMeasured, EyeChanged, Tick, Weathered
from edged.model.instant import Instant
from edged.model.weather import RANGES, Air
from edged.output.mqtt.contract import validator
from tests.core.station import Bench, rules


def shown(b: Bench) -> dict[str, Any]:
    return dict(view.status(b.state, b.now)["air"])


def told(b: Bench, camera_id: str = "th-1") -> list[Air]:
    """Return what an eye was told of the air, the sun apart."""
    return [replace(c.air, sun=None) for c in b.out if isinstance(c, AirKnown) and c.camera_id == camera_id]


def weather_rows(b: Bench) -> list[str]:
    return [r.change for r in b.rows if r.kind == "weather"]


def test_without_an_instrument_the_settings_stand_and_say_so() -> None:
    b = Bench(rules(weather=WeatherSettings(extinction_per_km=0.5, air_temp_c=12.0)))
    b.wait(3.0)
    assert told(b) == [Air(0.5, 12.0)]
    assert set(told(b)[0].assumed) == {"air_temp_c", "extinction_per_km"}
    assert (shown(b)["extinction_from"], shown(b)["age_s"]) == ("assumed", None)
    assert weather_rows(b) == []
    assert "Air 12 °C, k 0.50/km (assumed" in "\n".join(status_lines(view.status(b.state, b.now), "en"))


def test_what_is_measured_goes_to_every_eye_and_is_derived_into_extinction() -> None:
    b = Bench()
    b.wait(1.0)
    b.play(Weathered("mast", b.now.utc, air_temp_c=31.0, humidity_share=0.8, wind_m_s=3.0, wind_from_deg=120.0))
    for camera_id in ("th-1", "th-2", "th-3"):
        air = told(b, camera_id)[-1]
        assert (air.air_temp_c, air.humidity_share, air.assumed, air.extinction_from) == (31.0, 0.8, (), "derived")
        assert 0.6 <= air.extinction_per_km <= 1.0
        assert air.transmission(1200.0) == pytest.approx(math.exp(-1.2 * air.extinction_per_km))
    b.play(Weathered("gauge", None, rain_mm_h=10.0))
    assert told(b)[-1].extinction_per_km > air.extinction_per_km + 1.0
    b.wait(1.0)
    b.play(Weathered("lidar", None, extinction_per_km=0.45))
    assert (told(b)[-1].extinction_per_km, told(b)[-1].extinction_from) == (0.45, "given")
    b.wait(240.0, 60.0)
    lines = "\n".join(status_lines(view.status(b.state, b.now), "en"))
    assert "Air 31 °C, 80 %, wind 3 m/s from 120°, rain 10.0 mm/h, k 0.45/km (measured 4 min ago by lidar)" in lines
    assert "4 分钟前实测" in "\n".join(status_lines(view.status(b.state, b.now), "zh"))


def test_a_silent_instrument_is_said_once_and_the_assumed_stand_again() -> None:
    b = Bench()
    b.play(Weathered("mast", None, air_temp_c=31.0, humidity_share=0.8))
    assert weather_rows(b) == ["measured"]
    b.wait(3590.0, 300.0)
    assert shown(b)["assumed"] == []
    b.wait(700.0, 100.0)
    assert shown(b)["assumed"] == ["air_temp_c", "extinction_per_km"]
    assert told(b)[-1] == Air(0.3, 20.0)
    b.wait(7200.0, 600.0)
    assert [c for c in weather_rows(b) if c in ("measured", "assumed")] == ["measured", "assumed"]
    (row,) = [r for r in b.rows if r.change == "assumed"]
    assert (row.topic, row.severity_level) == ("analytics", 3)
    assert "look at the instrument" in row.data["message"]
    assert "请检查气象仪器" in row.data["zh"]


def test_each_value_ages_by_itself() -> None:
    b = Bench()
    b.play(Weathered("mast", None, air_temp_c=31.0, humidity_share=0.8))
    b.wait(3000.0, 600.0)
    b.play(Weathered("mast", None, air_temp_c=25.0))
    b.wait(900.0, 300.0)
    assert (shown(b)["air_temp_c"], shown(b)["humidity_share"], shown(b)["assumed"]) == (25.0, None, ["extinction_per_km"])


@pytest.mark.parametrize("value", [math.nan, math.inf, -300.0, 1e9])
@pytest.mark.parametrize("name", sorted(RANGES))
def test_impossible_values_are_left(name: str, value: float) -> None:
    b = Bench()
    b.play(Weathered("mast", None, **{name: value}))  # type: ignore[arg-type]
    assert (b.state.live.weather, weather_rows(b)) == ({}, [])


def test_times_of_measuring_late_twice_future_and_old() -> None:
    b = Bench()
    b.play(Weathered("mast", b.now.utc - timedelta(minutes=50), air_temp_c=31.0))
    assert shown(b)["age_s"] == 3000.0
    b.play(Weathered("mast", b.now.utc - timedelta(minutes=55), air_temp_c=5.0))
    assert shown(b)["air_temp_c"] == 31.0, "older than what is known"
    b.wait(700.0, 100.0)
    assert shown(b)["air_temp_c"] == 20.0
    b.play(Weathered("mast", b.now.utc + timedelta(days=400), air_temp_c=30.0))
    assert shown(b)["age_s"] == 0.0, "dated now"
    b.wait(3700.0, 600.0)
    assert shown(b)["air_temp_c"] == 20.0


def test_a_stepped_clock_ages_nothing() -> None:
    b = Bench()
    b.play(Weathered("mast", b.now.utc, air_temp_c=31.0))
    for days in (400, -800):
        b.now = Instant(b.now.mono_s + 60.0, b.now.utc + timedelta(days=days), False)
        b.play(Tick())
        assert shown(b)["air_temp_c"] == 31.0


def test_a_restart_takes_over_what_was_measured_as_old_as_it_is() -> None:
    b = Bench()
    b.play(Weathered("mast", None, air_temp_c=31.0, humidity_share=0.8))
    again = Bench()
    again.state, again.now = restore(b.state.rules, b.state.epoch, b.rows), b.now.later(1200.0)
    assert again.state.book == b.state.book
    again.play(Tick())
    assert (shown(again)["air_temp_c"], shown(again)["age_s"]) == (31.0, 1200.0)
    assert told(again)[-1].air_temp_c == 31.0


def test_a_new_eye_is_told_again_and_nobody_else() -> None:
    b = Bench()
    b.wait(1.0)
    before = len(b.out)
    b.play(EyeChanged("th-2", "started", ""))
    assert [c.camera_id for c in b.out[before:] if isinstance(c, AirKnown)] == ["th-2"]


def test_a_chattering_instrument_fills_neither_journal_nor_eyes() -> None:
    b = Bench()
    for number in range(300):
        b.now = b.now.later(1.0)
        b.play(Weathered("mast", None, air_temp_c=31.0 + 0.002 * (number % 7), humidity_share=0.8))
    assert weather_rows(b) == ["measured"]
    assert len(told(b)) <= 3


def test_far_beacons_of_a_head_win_there_and_only_there() -> None:
    b = Bench()
    b.play(Weathered("mast", None, air_temp_c=20.0, humidity_share=0.5))
    for look in range(3):
        b.now = b.now.later(20.0)
        made = Aim("th-1", "v", look, "c1", REFERENCE, True, b.now.mono_s, b.now.utc, sigma_deg=0.02)
        lamp = Aim(
            "th-1", "v", look, "c1", BEACON + "lamp", True, b.now.mono_s, b.now.utc, sigma_deg=0.02, excess=50.0, commissioned_excess=100.0,
            width_px=2.0, commissioned_width_px=2.0, range_m=1000.0,
        )  # fmt: skip
        b.play(AimMeasured((made, lamp)))
    b.wait(1.0)
    assert told(b)[-1].extinction_per_km == pytest.approx(0.3 + math.log(2.0))
    assert told(b)[-1].extinction_from == "beacons"
    assert told(b, "th-2")[-1].extinction_from == "derived"
    assert shown(b)["by_beacons"] == {"th-1": 0.99}
    assert "by beacons: th-1 0.99/km" in "\n".join(status_lines(view.status(b.state, b.now), "en"))
    b.wait(3700.0, 600.0)
    assert told(b)[-1].extinction_from == "assumed"


def test_a_person_says_it_by_verb_and_nonsense_is_refused_in_words() -> None:
    b = Bench(rules(language="en"))
    assert b.order("weather", air_temp_c=31, humidity_share="0.8").accepted
    assert shown(b)["source"] == "chen"
    for args in ({}, {"air_temp_c": 99}, {"air_temp_c": "warm"}, {"fog": 1}, {"air_temp_c": None}):
        reply = b.order("weather", **args)
        assert not reply.accepted, args
        assert reply.text.startswith("weather: ")
    assert shown(b)["air_temp_c"] == 31.0


def test_the_contract_has_the_same_limits() -> None:
    fields = validator("weather").schema["properties"]
    assert {name: (one["minimum"], one["maximum"]) for name, one in fields.items() if name != "at"} == RANGES

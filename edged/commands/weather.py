"""edged weather: what the air is taken to be now; with values, say what it is like."""

from __future__ import annotations

import argparse

from edged.commands import ask
from edged.commands.wording import air_line

GIVEN = {
    "air": ("air_temp_c", 1.0, "°C", "air temperature / 气温"),
    "humidity": ("humidity_share", 0.01, "%", "relative humidity / 相对湿度"),
    "wind": ("wind_m_s", 1.0, "M/S", "wind / 风速"),
    "wind-from": ("wind_from_deg", 1.0, "DEG", "whence it blows, from true north / 风的来向 (真北起)"),
    "rain": ("rain_mm_h", 1.0, "MM/H", "rain / 雨强"),
    "sun": ("irradiance_w_m2", 1.0, "W/M2", "global irradiance / 总辐照度"),
    "extinction": ("extinction_per_km", 1.0, "K", "extinction in the thermal band, per km / 热红外每公里衰减"),
}
"""Option → (argument of the verb, factor, unit, help)."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    ask.arguments(parser)
    for name, (argument, _, unit, told) in GIVEN.items():
        parser.add_argument(f"--{name}", dest=argument, type=float, metavar=unit.replace("%", "%%"), help=told)


def run(args: argparse.Namespace) -> int:
    """Say what was given, then print the air as it is taken to be."""
    given = {argument: getattr(args, argument) for argument, *_ in GIVEN.values()}
    said = {argument: given[argument] * factor for argument, factor, *_ in GIVEN.values() if given[argument] is not None}
    if said:
        ask.request(args.socket, "weather", args=said)
    air = ask.request(args.socket, "status")["data"]["air"]
    if args.json:
        ask.show({"text": "", "data": air}, True)
    else:
        print(air_line(air, args.language))
    return 0

"""The picture of a spot's course: its hottest and its middle, the limit, what could not be measured. Labels are English."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from edged.commands.rounds import LIMITS, reading
from edged.sitemap import chinese_font

HOT, MIDDLE, LIMIT, QUIET = "#c62828", "#1f5fa8", "#2e7d32", "#8a8f98"
GAP_S = 3 * 3600.0
"""Measurements farther apart than this are not joined by a line."""


def draw(path: Path, data: Mapping[str, Any]) -> None:
    """Write a PNG. Raises OSError, ValueError."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    spot = data["spots"][0]
    figure = Figure(figsize=(12, 5.2), dpi=110, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    _course(axes, spot, data["rows"], ZoneInfo(data["time_zone"]))
    name = spot["name"] if spot["name"].isascii() or chinese_font() else spot["camera_id"]
    figure.suptitle(f"{name} ({spot['camera_id']})", fontsize=13, fontweight="bold")
    if held := [_held(spot, limit_name) for limit_name in spot["limits"] if limit_name != "limit_c"]:
        axes.set_title(" · ".join(held), fontsize=10, color="#444444")
    figure.savefig(path, format="png")


def _course(axes: Any, spot: Mapping[str, Any], rows: list[Mapping[str, Any]], zone: ZoneInfo) -> None:
    from matplotlib import dates

    good = [row for row in rows if reading(row) is not None]
    corrected = ", corrected" if any(row["object_high_c"] is not None for row in good) else ""
    for value, colour, label in ((reading, HOT, "hottest 3 × 3 px"), (_middle, MIDDLE, "middle")):
        axes.plot(*_joined(good, zone, value), color=colour, label=label + corrected, marker=".", markersize=3, linewidth=1.2)
    if (limit := spot["limits"].get("limit_c")) is not None:
        axes.axhline(limit, color=LIMIT, linestyle="--", linewidth=1.4, label=f"limit {limit:g} °C")
    if missed := [row for row in rows if row["cause"] is not None]:
        low, _ = axes.get_ylim()
        times = [datetime.fromtimestamp(row["at_s"], zone) for row in missed]
        axes.plot(times, [low] * len(missed), "|", color=QUIET, markersize=10, label=f"not measured ({len(missed)} visits)")
    scale: Any = dates
    locator = scale.AutoDateLocator(tz=zone)
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(scale.ConciseDateFormatter(locator, tz=zone))
    axes.set_ylabel("grey levels" if good and good[-1]["kind"] == "relative" else "°C")
    axes.grid(visible=True, alpha=0.25)
    axes.legend(loc="best", fontsize=9)


def _held(spot: Mapping[str, Any], limit_name: str) -> str:
    value, limit = spot["values"].get(limit_name), spot["limits"][limit_name]
    words, unit = LIMITS[limit_name]
    return f"{words.en} now {'unknown' if value is None else f'{value:+.1f}'}, limit {limit:g} {unit}".rstrip()


def _middle(row: Mapping[str, Any]) -> float | None:
    value = row["median"] if row["object_median_c"] is None else row["object_median_c"]
    return None if value is None else float(value)


def _joined(rows: list[Mapping[str, Any]], zone: ZoneInfo, value: Any) -> tuple[list[datetime], list[float]]:
    """Return times and values with a gap where nothing was measured for long."""
    times: list[datetime] = []
    values: list[float] = []
    for number, row in enumerate(rows):
        if number and row["at_s"] - rows[number - 1]["at_s"] > max(GAP_S, 2 * row["span_s"]):
            times.append(datetime.fromtimestamp(row["at_s"] - 1.0, zone))
            values.append(float("nan"))
        found = value(row)
        times.append(datetime.fromtimestamp(row["at_s"], zone))
        values.append(float("nan") if found is None else found)
    return times, values

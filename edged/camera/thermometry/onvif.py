"""ONVIF radiometry events → readings. The events name spots and boxes by id; where those lie is told by the camera's settings.

Source: ONVIF Analytics, Annex Radiometry: `VideoAnalytics/Radiometry/{SpotTemperatureReading,BoxTemperatureReading}`, kelvin.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

from edged.camera.optics import ReadingSettings
from edged.model.event import CameraEvent
from edged.model.heatread import HeatRead, SpotReading

ZERO_C_K = 273.15
SPOT, BOX = "VideoAnalytics/Radiometry/SpotTemperatureReading", "VideoAnalytics/Radiometry/BoxTemperatureReading"
POSSIBLE_K = (193.0, 2300.0)


def readings(event: CameraEvent, places: Mapping[str, ReadingSettings]) -> HeatRead | None:
    """Return the reading in an event, None where it holds none, none that is possible, or one of a spot whose place is not known."""
    if event.topic not in (SPOT, BOX) or event.operation == "Deleted":
        return None
    said = {**event.source, **event.data}
    place = places.get(said.get("ItemID", ""))
    if place is None:
        return None
    most = _celsius(said, "SpotTemperature" if event.topic == SPOT else "MaxTemperature")
    if most is None:
        return None
    mean, least = (_celsius(said, name) for name in ("AverageTemperature", "MinTemperature"))
    return HeatRead(event.camera_id, event.at, (SpotReading(place.x, place.y, most, place.width, place.height, mean, least),))


def _celsius(said: Mapping[str, str], name: str) -> float | None:
    try:
        kelvin = float(said.get(name, ""))
    except ValueError:
        return None
    return kelvin - ZERO_C_K if math.isfinite(kelvin) and POSSIBLE_K[0] <= kelvin <= POSSIBLE_K[1] else None

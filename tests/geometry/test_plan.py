"""Words for places, as an officer hears them."""

from __future__ import annotations

from edged.geometry import earth, plan
from edged.model.site import Landmark, SitePlan, Zone

LAT, LON = 29.61, 106.60


def at(east: float, north: float) -> tuple[float, float]:
    return earth.from_enu(LAT, LON, east, north)


def ring(east: float, north: float, half: float) -> tuple[tuple[float, float], ...]:
    corners = [at(east + x * half, north + y * half) for x, y in ((-1, -1), (1, -1), (1, 1), (-1, 1))]
    return tuple((lon, lat) for lat, lon in corners)


GATE = Landmark("2号门", "gate", *at(150, 0))
PLAN = SitePlan(zones=(Zone("yard-a3", "A3堆场", "A3", ring(0, 0, 100), hazard="危化"),), landmarks=(GATE,))


def test_corner_of_a_zone() -> None:
    words = plan.words(PLAN, *at(80, 80), None, "3号杆")
    assert (words.place, words.place_code, words.gate, words.hazard, words.zone_id) == ("A3堆场东北角", "A3", "2号门", "危化", "yard-a3")


def test_side_and_middle_of_a_zone() -> None:
    assert plan.words(PLAN, *at(-80, 5), None, None).place == "A3堆场西侧"
    assert plan.words(PLAN, *at(5, 5), None, None).place == "A3堆场"
    assert plan.words(PLAN, *at(80, -80), None, None, "en").place == "A3堆场 SE corner"


def test_outside_every_zone_counts_from_a_landmark() -> None:
    assert plan.words(PLAN, *at(150, 85), None, None).place == "距2号门85m"


def test_far_from_everything_names_mast_and_bearing() -> None:
    assert plan.words(PLAN, *at(3000, 3000), 45.2, "3号杆").place == "3号杆045°"
    assert plan.words(PLAN, None, None, 359.8, "3号杆").place == "3号杆000°"

"""Words for places, as an officer hears them."""

from __future__ import annotations

from edged.geometry import earth, plan
from edged.model.place import IgnitionPoint, PlaceWords
from edged.model.site import Landmark, SitePlan, Structure, Zone

LAT, LON = 29.61, 106.60


def at(east: float, north: float) -> tuple[float, float]:
    return earth.from_enu(LAT, LON, east, north)


def ring(east: float, north: float, half: float) -> tuple[tuple[float, float], ...]:
    corners = [at(east + x * half, north + y * half) for x, y in ((-1, -1), (1, -1), (1, 1), (-1, 1))]
    return tuple((lon, lat) for lat, lon in corners)


def words(east: float, north: float, azimuth: float | None, mast: str | None, language: str = "zh", **surface: object) -> PlaceWords:
    point = IgnitionPoint(*at(east, north), "single_lookout", **surface)  # type: ignore[arg-type]
    return plan.words(PLAN, point, azimuth, mast, language)


GATE = Landmark("2号门", "gate", *at(150, 0))
PLAN = SitePlan(
    zones=(Zone("yard-a3", "A3堆场", "A3", ring(0, 0, 100), hazard="危化"),),
    landmarks=(GATE,),
    structures=(
        Structure("w1", "一号仓库", "building", ring(600, 0, 30), 24.0, "W1", 6, gate="5门"),
        Structure("row", "03排", "stack", ring(50, 0, 10), 9.0),
    ),
)


def test_corner_of_a_zone() -> None:
    said = words(80, 80, None, "3号杆")
    assert (said.place, said.place_code, said.gate, said.hazard, said.zone_id) == ("A3堆场东北角", "A3", "2号门", "危化", "yard-a3")
    assert said.near == "距2号门105m"


def test_side_and_middle_of_a_zone() -> None:
    assert words(-80, 5, None, None).place == "A3堆场西侧"
    assert words(5, 5, None, None).place == "A3堆场"
    assert words(80, -80, None, None, "en").place == "A3堆场 SE corner"


def test_outside_every_zone_counts_from_a_landmark() -> None:
    assert words(150, 85, None, None).place == "距2号门85m"


def test_far_from_everything_names_mast_and_bearing() -> None:
    assert words(3000, 3000, 45.2, "3号杆").place == "3号杆045°"
    assert plan.words(PLAN, None, 359.8, "3号杆").place == "3号杆000°"


def test_a_facade_is_named_by_building_side_and_floor() -> None:
    said = words(600, -30, None, None, surface="facade", structure_id="w1", side="S", floor=5)
    assert (said.place, said.place_code, said.gate) == ("一号仓库南侧5层", "W1", "5门")
    assert words(600, -30, None, None, "en", surface="facade", structure_id="w1", side="S", floor=5).place == "一号仓库 S side floor 5"
    assert words(600, 0, None, None, surface="roof", structure_id="w1").place == "一号仓库顶"


def test_a_stack_goes_by_its_yard() -> None:
    assert words(50, 0, None, None, surface="roof", structure_id="row").place == "A3堆场东侧"

"""What a plan cannot mean: names, heights, masts, cameras in buildings, overlaps, zones that nobody sees, masks over priority zones."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest

from edged.config.load import load
from edged.config.report import Fault
from edged.geometry.datum import to_gcj02
from tests.config.drawing import at, box, line, point, polygon, write

LOOKOUT: dict[str, Any] = {
    "kind": "lookout",
    "mount": {"lat_wgs84": 29.61, "lon_wgs84": 106.60, "height_m": 30},
    "views": [{"id": "yard", "pan_deg": 0, "tilt_deg": -4}],
}


def cameras(station: Path, *entries: dict[str, Any]) -> None:
    """Write the station's cameras anew; each entry lies over a lookout at the origin that looks north, 4° down."""
    (station.parent / "cameras" / "b.yaml").unlink(missing_ok=True)
    whole = [{**LOOKOUT, "id": f"th-0{n}", "address": f"192.0.2.{n}", **entry} for n, entry in enumerate(entries, 1)]
    (station.parent / "cameras" / "a.yaml").write_text(json.dumps({"cameras": whole}, ensure_ascii=False, indent=1), encoding="utf-8")


def mount(east_m: float, north_m: float, height_m: float = 30, **more: Any) -> dict[str, Any]:
    lon, lat = at(east_m, north_m)
    return {"lat_wgs84": lat, "lon_wgs84": lon, "height_m": height_m, **more}


def judged(station: Path, rule: str) -> list[Fault]:
    """Return the faults of a rule, after checking that each one has a line, a next step and Chinese words."""
    found = [fault for fault in load(station).faults if fault.rule == rule]
    for fault in found:
        assert fault.place.line > 1
        assert fault.place.column > 0
        assert fault.suggestion is not None
        assert fault.words.zh != fault.words.en
        assert fault.suggestion.zh != fault.suggestion.en
    return found


def advice(fault: Fault) -> str:
    return fault.suggestion.en if fault.suggestion else ""


def text_at(fault: Fault) -> str:
    return fault.place.text.strip()


YARD = polygon(box(0, 400, 100, 100), kind="yard", name="A1堆场", code="A1")


def test_good_plan_has_no_fault(station: Path) -> None:
    shed = polygon(box(0, 400, 20, 20), kind="building", name="一号仓库", code="W1", height_m=12, floors=2)
    write(station, YARD, shed, point(at(0, 0), kind="mast", name="一号杆"), point(at(0, 340), kind="gate", name="2门"))
    assert load(station).faults == ()


@pytest.mark.parametrize(
    ("first", "second", "severity"),
    [
        (YARD, polygon(box(0, 700, 100, 100), name="A1堆场", code="A2"), "error"),
        (YARD, polygon(box(0, 700, 100, 100), kind="building", id="x", name="A1堆场", height_m=9), "error"),
        (YARD, polygon(box(0, 400, 30, 30), kind="building", id="x", name="A1堆场", height_m=9), None),
        (YARD, point(at(0, 340), kind="gate", name="A1堆场"), None),
        (YARD, point(at(0, 200), kind="gate", name="A1堆场"), "error"),
        (point(at(0, 300), kind="hydrant", name="消火栓"), point(at(0, 310), kind="hydrant", id="h2", name="消火栓"), "error"),
        (YARD, polygon(box(0, 700, 9, 40), kind="stack", name="A1堆场", height_m=9), "warning"),
        (line([at(0, 300), at(9, 300)], kind="road", name="路"), line([at(0, 350), at(9, 350)], kind="road", name="路"), None),
    ],
)
def test_same_name_twice(station: Path, first: Any, second: Any, severity: str | None) -> None:
    write(station, first, second)
    found = judged(station, "same_name")
    assert [fault.severity for fault in found] == ([severity] if severity else [])
    for fault in found:
        assert "nobody can tell them apart on the radio" in fault.words.en
        assert "同名" in fault.words.zh
        assert text_at(fault).startswith('"name"')
    assert len(load(station).site.zones) == len({one["properties"].get("code") for one in (first, second)} - {None})


@pytest.mark.parametrize(
    ("kind", "height_m", "floors", "words"),
    [
        ("building", 401, None, "401 m looks wrong for a building"),
        ("stack", 60, None, "60 m looks wrong for a stack"),
        ("building", 24, 20, "24 m and 20 floors: 1.2 m each"),
        ("building", 400, 1, "400 m and 1 floors: 400.0 m each"),
        ("building", 400, None, None),
        ("building", 24, 8, None),
        ("building", 24, 1, None),
    ],
)
def test_height_that_looks_wrong(station: Path, kind: str, height_m: float, floors: int | None, words: str | None) -> None:
    write(station, polygon(box(0, 400, 20, 20), kind=kind, name="楼", height_m=height_m, floors=floors))
    found = judged(station, "height")
    assert [(fault.words.en, fault.severity) for fault in found] == ([(words, "warning")] if words else [])
    assert all(text_at(fault).startswith('"height_m"') for fault in found)
    assert len(load(station).site.structures) == 1


def test_mast_far_from_every_camera(station: Path) -> None:
    cameras(station, {}, {"mount": mount(500, 0)})
    write(station, point(at(510, 20), kind="mast", name="二号杆"), point(at(500, 300), kind="mast", name="三号杆"))
    (fault,) = judged(station, "far_mast")
    assert (fault.entry, fault.severity) == ("三号杆", "warning")
    assert fault.words.en == "the nearest camera, th-02, stands 300 m from this mast"
    assert "th-02" in fault.words.zh
    assert "mount of th-02" in advice(fault)


def test_plan_in_an_unnamed_datum_is_recognised_by_its_masts(station: Path) -> None:
    lat, lon = to_gcj02(29.61, 106.60)
    write(station, point([lon, lat], kind="mast", name="一号杆"))
    (fault,) = judged(station, "far_mast")
    assert '"datum": "GCJ-02"' in advice(fault)
    write(station, point([lon, lat], kind="mast", name="一号杆"), datum="GCJ-02")
    assert judged(station, "far_mast") == []


@pytest.mark.parametrize(("height_m", "kind", "wrong"), [(8, "lookout", True), (12, "lookout", False), (20, "lookout", False),
                                                         (8, "panorama", True), (3, "corridor", False)])  # fmt: skip
def test_camera_inside_a_building(station: Path, height_m: float, kind: str, wrong: bool) -> None:
    cameras(station, {"kind": kind, "mount": mount(0, 0, height_m)})
    write(station, polygon(box(0, 0, 30, 30), kind="building", name="一号仓库", code="W1", height_m=12))
    found = judged(station, "inside")
    assert len(found) == wrong
    for fault in found:
        assert fault.words.en == "camera stands inside building W1 一号仓库: height_m is above ground, the roof is 12 m"
        assert "屋顶高 12 米" in fault.words.zh
        assert (fault.severity, fault.entry, fault.place.text.strip()) == ("error", "th-01", f'"height_m": {height_m}')
    assert [camera.id for camera in load(station).cameras] == ["th-01"]


@pytest.mark.parametrize(
    ("ring", "height_m", "area"),
    [
        (box(15, 400, 20, 20), 9, "100 m²"),
        (box(20, 400, 20, 20), 9, None),
        (box(0, 400, 8, 8), 30, None),
        (box(0, 400, 8, 8), 6, "64 m²"),
        (box(60, 400, 20, 20), 9, None),
    ],
    ids=["beside", "touching", "tower-on-it", "lower-within", "apart"],
)
def test_structures_in_one_another(station: Path, ring: Any, height_m: float, area: str | None) -> None:
    write(
        station,
        polygon(box(0, 400, 20, 20), kind="building", name="裙楼", code="W1", height_m=9),
        polygon(ring, kind="building", name="塔楼", height_m=height_m),
    )
    found = judged(station, "overlap")
    assert [fault.words.en for fault in found] == ([f"overlaps W1 裙楼 by {area}"] if area else [])
    assert all((fault.severity, fault.entry) == ("warning", "塔楼") and "重叠" in fault.words.zh for fault in found)
    assert len(load(station).site.structures) == 2


def unseen(station: Path) -> Fault:
    (fault,) = judged(station, "not_visible")
    assert fault.severity == "warning"
    assert "没有瞭望镜头能看到" in fault.words.zh
    assert text_at(fault).startswith('"name"')
    return fault


def test_zone_outside_every_view(station: Path) -> None:
    cameras(station, {}, {"views": [{"id": "a", "pan_deg": 10, "tilt_deg": -4}]})
    write(station, polygon(box(400, 0, 100, 100), name="查验区", code="C1"))
    fault = unseen(station)
    assert fault.words.en == "nothing of zone C1 查验区 is visible from any lookout within 3 km: not in the views of th-01, th-02"
    assert advice(fault).startswith("th-01 would see it with a view at pan_deg: ")


def test_view_that_the_advice_names_shows_the_zone(station: Path) -> None:
    turned = {"mount": mount(0, 0, azimuth_deg=123, tilt_zero_deg=2)}
    cameras(station, turned)
    write(station, polygon(box(-300, -200, 100, 100), name="查验区", code="C1"))
    said = advice(unseen(station))
    pan, tilt = (float(word.split(": ")[1]) for word in said.split("at ")[1].split(", "))
    cameras(station, {**turned, "views": [{"id": "new", "pan_deg": pan, "tilt_deg": tilt, "hfov_deg": 1.0}]})
    assert judged(station, "not_visible") == []


@pytest.mark.parametrize(
    ("views", "seen"),
    [
        ([{"id": "a", "pan_deg": 85, "tilt_deg": -4}], True),
        ([{"id": "a", "pan_deg": -275, "tilt_deg": -4}], True),
        ([{"id": "a", "pan_deg": 60, "tilt_deg": -4}], False),
        ([{"id": "a", "pan_deg": 60, "tilt_deg": -4, "hfov_deg": 60}], True),
        ([{"id": "a", "pan_deg": 90, "tilt_deg": 20}], False),
        ([{"id": "a", "preset": "3"}], True),
        ([], False),
    ],
)
def test_view_decides_what_a_lookout_sees(station: Path, views: Any, seen: bool) -> None:
    cameras(station, {"views": views})
    write(station, polygon(box(400, 0, 20, 20), name="查验区", code="C1"))
    assert (judged(station, "not_visible") == []) == seen


@pytest.mark.parametrize(("tilt_zero_deg", "seen"), [(0, False), (-20, True)])
def test_tilt_is_counted_from_the_mounts_own_zero(station: Path, tilt_zero_deg: float, seen: bool) -> None:
    views = [{"id": "a", "pan_deg": 0, "tilt_deg": 16}]
    cameras(station, {"views": views, "mount": mount(0, 0, tilt_zero_deg=tilt_zero_deg)})
    write(station, YARD)
    assert (judged(station, "not_visible") == []) == seen


def test_lookout_without_views_looks_along_pan_zero(station: Path) -> None:
    cameras(station, {"views": [], "mount": mount(0, 0, azimuth_deg=90)})
    write(station, polygon(box(400, 0, 20, 20), name="查验区", code="C1"))
    assert judged(station, "not_visible") == []


def test_zone_behind_a_wall(station: Path) -> None:
    cameras(station, {})
    wall = {"kind": "building", "name": "高架库", "code": "W1"}
    yard = polygon(box(0, 400, 20, 20), name="查验区", code="C1")
    write(station, yard, polygon(box(0, 380, 200, 10), height_m=25, **wall))
    fault = unseen(station)
    assert fault.words.en.endswith(": hidden from th-01 by 高架库")
    assert "th-01 被高架库遮挡" in fault.words.zh
    write(station, yard, polygon(box(0, 380, 200, 10), height_m=0.5, **wall))
    assert judged(station, "not_visible") == []
    write(station, yard, polygon(box(0, 430, 200, 10), height_m=25, **wall))
    assert judged(station, "not_visible") == []
    write(station, yard, polygon(box(0, 400, 40, 40), height_m=25, **wall))
    assert judged(station, "not_visible") == [], "a roof is seen where its walls stand"


def test_zone_beyond_the_radius(station: Path) -> None:
    cameras(station, {})
    write(station, polygon(box(0, 5000, 100, 100), name="查验区", code="C1"))
    assert unseen(station).words.en.endswith("within 3 km: too far from th-01 (5.0 km)")
    station.write_text(station.read_text() + "site: {radius_m: 6000}\n")
    cameras(station, {"views": [{"id": "far", "pan_deg": 0, "tilt_deg": 0}]})
    assert judged(station, "not_visible") == []


def test_only_lookouts_that_run_count(station: Path) -> None:
    write(station, YARD)
    cameras(station, {"enabled": False}, {"kind": "panorama"}, {"mount": mount(0, 9000)})
    assert len(judged(station, "not_visible")) == 1
    cameras(station, {})
    assert judged(station, "not_visible") == []
    cameras(station, {"kind": "panorama"})
    assert judged(station, "not_visible") == [], "without any lookout there is another warning"


@pytest.mark.parametrize(("kind", "policy", "points", "wrong"), [
    ("mask", "priority", [[-5, -3], [-1, -3], [-1, -6], [-5, -6]], True),
    ("known_heat", "priority", [[-5, -3], [-1, -3], [-1, -6], [-5, -6]], True),
    ("work_zone", "priority", [[-5, -3], [-1, -3], [-1, -6], [-5, -6]], False),
    ("mask", "normal", [[-5, -3], [-1, -3], [-1, -6], [-5, -6]], False),
    ("mask", "priority", [[20, -3], [30, -3], [30, -6], [20, -6]], False),
    ("mask", "priority", [[-5, 1], [5, 1], [5, 5], [-5, 5]], False),
])  # fmt: skip
def test_mask_over_a_priority_zone(station: Path, kind: str, policy: str, points: Any, wrong: bool) -> None:
    cameras(station, {"areas": [{"name": "烟道", "kind": kind, "points": points}]})
    write(station, polygon(box(0, 400, 60, 60), name="挂车场", code="A4", policy=policy))
    found = judged(station, "masked")
    assert len(found) == wrong
    for fault in found:
        assert fault.words.en == f"this {kind} lies over 40% of priority zone A4 挂车场"
        assert "覆盖优先区域 A4 挂车场 的 40%" in fault.words.zh
        assert (fault.severity, fault.entry, fault.path) == ("warning", "th-01", "cameras[th-01].areas[烟道].points")


def test_hidden_part_of_a_zone_is_not_masked(station: Path) -> None:
    cameras(station, {"areas": [{"name": "烟道", "kind": "mask", "points": [[-5, -3], [-1, -3], [-1, -6], [-5, -6]]}]})
    yard = polygon(box(0, 400, 60, 60), name="挂车场", code="A4", policy="priority")
    write(station, yard, polygon(box(-30, 360, 58, 4), kind="building", name="墙", height_m=20))
    assert judged(station, "masked") == []


def test_large_station_is_judged_fast(station: Path) -> None:
    """276 cameras, 12 of them lookouts, and 500 polygons: a port's worth within two seconds."""
    heads = [{"mount": mount(1500 * (n % 4) - 2200, 1500 * (n // 4) - 1500, 45, azimuth_deg=30 * n)} for n in range(12)]
    cameras(station, *heads)
    more = [{"id": f"cc-{n}", "kind": "corridor", "address": f"198.51.{n // 200}.{n % 200 + 1}"} for n in range(264)]
    (station.parent / "cameras" / "c.yaml").write_text(json.dumps({"cameras": more}))
    shapes = [polygon(box(400 * (n % 10) - 1800, 400 * (n // 10) - 1800, 380, 380), name=f"{n}区", code=f"Z{n}") for n in range(100)]
    shapes += [
        polygon(box(200 * (n % 20) - 1950, 200 * (n // 20) - 1950, 150, 20), kind="stack", name=f"{n}排", height_m=12) for n in range(400)
    ]
    write(station, *shapes)
    load(station)
    begin = time.process_time()
    loaded = load(station)
    assert time.process_time() - begin < 2.0
    assert (len(loaded.cameras), len(loaded.site.zones), len(loaded.site.structures)) == (276, 100, 400)
    assert {fault.rule for fault in loaded.faults} <= {"not_visible", "no_view"}

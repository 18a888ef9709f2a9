"""`edged locate`: pixel to place in both languages, by one camera and by several; refusals that say what to write."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from edged.__main__ import main
from edged.geometry import head, lens
from edged.geometry.earth import distance_m, from_enu

LAT, LON = 29.61, 106.60
STATION = """
station: {id: t-01, name: 测试站, lat_wgs84: 29.61, lon_wgs84: 106.60}
mqtt: {host: 127.0.0.1}
"""
CAMERAS = """
cameras:
  - id: th-01
    kind: lookout
    address: 192.0.2.1
    thermal: {hfov_deg: 17.5}
    mount: {lat_wgs84: 29.61, lon_wgs84: 106.60, height_m: 45, azimuth_deg: 30, sigma_deg: 0.05, calibrated: true}
    views: [{id: north, pan_deg: -30, tilt_deg: -3}, {id: east, pan_deg: 60, tilt_deg: -3}]
  - id: th-02
    kind: lookout
    address: 192.0.2.2
    thermal: {hfov_deg: 17.5}
    mount: {lat_wgs84: 29.61, lon_wgs84: 106.615, height_m: 45, sigma_deg: 0.05}
    views: [{id: west, pan_deg: -61, tilt_deg: -2}]
  - {id: co-001, kind: corridor, address: 192.0.2.4}
"""
SPOT = from_enu(LAT, LON, 40.0, 800.0)


@pytest.fixture
def station(tmp_path: Path) -> Path:
    (tmp_path / "cameras").mkdir()
    (tmp_path / "station.yaml").write_text(STATION, encoding="utf-8")
    (tmp_path / "cameras" / "all.yaml").write_text(CAMERAS, encoding="utf-8")
    corners = [from_enu(LAT, LON, 40 + x * 150, 800 + y * 150) for x, y in ((-1, -1), (1, -1), (1, 1), (-1, 1), (-1, -1))]
    zone = {"kind": "zone", "id": "a3", "name": "A3堆场", "code": "A3", "gate": "2门"}
    feature = {
        "type": "Feature",
        "properties": zone,
        "geometry": {"type": "Polygon", "coordinates": [[[lon, lat] for lat, lon in corners]]},
    }
    plan = {"type": "FeatureCollection", "features": [feature]}
    (tmp_path / "site.geojson").write_text(json.dumps(plan, ensure_ascii=False), encoding="utf-8")
    return tmp_path / "station.yaml"


def pixel(station: Path, camera: str, view: str) -> str:
    """Return the pixel in which a camera sees the spot, 1 m over the ground."""
    from edged.config.load import load
    from edged.geometry.site import SiteModel

    loaded = load(station)
    settings = next(c for c in loaded.cameras if c.id == camera)
    mount, stop = settings.placed(), next(v for v in settings.views if v.id == view)
    assert mount is not None
    way = head.to_head(mount, *SiteModel(loaded.site).direction_to(mount, *SPOT, 1.0))
    at = lens.pixel(stop.pan_deg or 0.0, stop.tilt_deg or 0.0, *way, 640, 512, 17.5)
    assert at is not None
    return f"{at[0]:.3f},{at[1]:.3f}"


def test_one_lookout(station: Path, capsys: pytest.CaptureFixture[str]) -> None:
    where = pixel(station, "th-01", "north")
    assert main(["locate", "th-01", "--pixel", where, "--view", "north", "-c", str(station), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert distance_m(told["lat_wgs84"], told["lon_wgs84"], *SPOT) < 1.0
    assert told["ellipse"]["semi_major_m"] > 10 * told["ellipse"]["semi_minor_m"]
    assert told["words"]["place"] == "A3堆场"


def test_two_lookouts_shrink_the_doubt(station: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first, second = pixel(station, "th-01", "north"), pixel(station, "th-02", "west")
    command = ["locate", "th-01", "--pixel", first, "--view", "north", "--with", f"th-02@{second}", "-c", str(station)]
    assert main([*command, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["method"] == "triangulated"
    assert told["ellipse"]["semi_major_m"] < 10.0
    assert main(["locate", "th-01", "--pixel", "10,300", "--view", "north", "--with", f"th-02@{second}", "-c", str(station)]) == 1
    assert "not of one source" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("lang", "words"), [("en", ("place: A3堆场", "95 % ellipse", "on the ground")), ("zh", ("地点: A3堆场", "95% 误差椭圆", "地面"))]
)
def test_people_read_it(
    station: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, lang: str, words: tuple[str]
) -> None:
    monkeypatch.setenv("EDGED_LANG", lang)
    where = pixel(station, "th-01", "north")
    assert main(["locate", "th-01", "--pixel", where, "--view", "north", "-c", str(station)]) == 0
    said = capsys.readouterr().out
    assert all(word in said for word in (*words, "WGS-84", "GCJ-02"))
    assert main(["locate", "th-02", "--pixel", "320,256", "-c", str(station)]) == 0
    assert "edged calibrate th-02" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (["th-09", "--pixel", "1,1"], "no camera th-09; with a mount: th-01, th-02"),
        (["co-001", "--pixel", "1,1"], "camera co-001 has no mount"),
        (["th-01", "--pixel", "1,1", "--view", "west"], "--view north, east"),
        (["th-01", "--pixel", "700,1", "--view", "north"], "outside a picture of 640x512"),
        (["th-01", "--pixel", "here", "--view", "north"], "--pixel here: write for example 320,256"),
        (["th-01", "--pixel", "1,nan", "--view", "north"], "write for example"),
        (["th-01", "--pixel", "1,1", "--pose", "1", "--view", "north"], "--pose 1: write for example"),
        (["th-01", "--pixel", "1,1", "--view", "north", "--with", "th-02"], "CAMERA@X,Y"),
    ],
)
def test_refusals_name_the_next_step(station: Path, capsys: pytest.CaptureFixture[str], given: list[str], said: str) -> None:
    assert main(["locate", *given, "-c", str(station)]) == 1
    assert said in capsys.readouterr().err


def test_a_map_is_drawn(station: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    first, second = pixel(station, "th-01", "north"), pixel(station, "th-02", "west")
    out = tmp_path / "map.png"
    command = ["locate", "th-01", "--pixel", first, "--view", "north", "--with", f"th-02@{second}", "-c", str(station)]
    assert main([*command, "--picture", str(out)]) == 0
    assert out.read_bytes().startswith(b"\x89PNG")
    assert main([*command, "--picture", str(tmp_path / "no" / "map.png")]) == 1
    assert "cannot be written" in capsys.readouterr().err


def test_without_a_view_the_first_is_taken_and_said(station: Path, capsys: pytest.CaptureFixture[str]) -> None:
    where = pixel(station, "th-01", "north")
    assert main(["locate", "th-01", "--pixel", where, "-c", str(station), "--json"]) == 0
    out = capsys.readouterr()
    assert "th-01 turns: taken as its view north; else give --view (east)" in out.err
    assert distance_m(json.loads(out.out)["lat_wgs84"], json.loads(out.out)["lon_wgs84"], *SPOT) < 1.0

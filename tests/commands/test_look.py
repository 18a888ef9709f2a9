"""`edged look`: what is meant, what is printed in both languages, and that it moves nothing."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from edged.__main__ import main
from edged.commands import ask, look
from edged.config.load import load
from edged.geometry.datum import to_gcj02
from edged.geometry.earth import from_enu
from edged.model.errors import CommandRefused, ConfigError

LAT, LON = 29.61, 106.60
STATION = """
station: {id: t-01, name: 测试站, time_zone: Asia/Shanghai, lat_wgs84: 29.61, lon_wgs84: 106.60}
mqtt: {host: 127.0.0.1}
"""
CAMERAS = """
cameras:
  - id: th-01
    name: 一号杆
    kind: lookout
    address: 192.0.2.1
    thermal: {hfov_deg: 17.5, hfov_tele_deg: 5.9}
    mount: {lat_wgs84: 29.61, lon_wgs84: 106.60, height_m: 45, azimuth_deg: 30, calibrated: true}
    views: [{id: north, pan_deg: -30, tilt_deg: -3}, {id: east, pan_deg: 60, tilt_deg: -3}]
  - id: th-02
    kind: lookout
    address: 192.0.2.2
    mount: {lat_wgs84: 29.61, lon_wgs84: 106.615, height_m: 45, calibrated: true}
    views: [{id: west, pan_deg: -90, tilt_deg: -3}, {id: north, pan_deg: 0, tilt_deg: -3}]
  - id: ar-01
    kind: panorama
    address: 192.0.2.3
    visible: {hfov_deg: 60}
    mount: {lat_wgs84: 29.61, lon_wgs84: 106.60, height_m: 60}
  - {id: co-001, kind: corridor, address: 192.0.2.4}
"""
ALARM: dict[str, Any] = {
    "alarm_id": "01JD9W7A0000000000000000AA", "display_id": "0142", "slot": 4, "words": {"place": "A4挂车场东侧"},
    "seen_by": [{"camera_id": "th-01"}],
    "ignition_point": {"lat_wgs84": 29.6165, "lon_wgs84": 106.60, "height_m": 14.0, "interval": None},
}  # fmt: skip


def at(east: float, north: float) -> tuple[float, float]:
    return from_enu(LAT, LON, east, north)


def ring(east: float, north: float, half: float) -> list[list[float]]:
    corners = [at(east + x * half, north + y * half) for x, y in ((-1, -1), (1, -1), (1, 1), (-1, 1), (-1, -1))]
    return [[lon, lat] for lat, lon in corners]


@pytest.fixture
def station(tmp_path: Path) -> Path:
    """Return station.yaml: two heads 1,450 m apart, a panorama, a yard 900 m north of the first, a gate 300 m east of it."""
    (tmp_path / "station.yaml").write_text(STATION, encoding="utf-8")
    (tmp_path / "cameras").mkdir()
    (tmp_path / "cameras" / "all.yaml").write_text(CAMERAS, encoding="utf-8")
    yard = {"kind": "zone", "id": "yard-a4", "name": "A4挂车场", "code": "A4"}
    gate = {"kind": "gate", "name": "2号门"}
    lat, lon = at(300, 0)
    features = [
        {"type": "Feature", "properties": yard, "geometry": {"type": "Polygon", "coordinates": [ring(0, 900, 80)]}},
        {"type": "Feature", "properties": gate, "geometry": {"type": "Point", "coordinates": [lon, lat]}},
    ]
    (tmp_path / "site.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": features}), encoding="utf-8")
    return tmp_path / "station.yaml"


@pytest.fixture
def walled(station: Path) -> Path:
    """Return the same station with a warehouse between the first mast and the yard."""
    plan = station.with_name("site.geojson")
    whole = json.loads(plan.read_text(encoding="utf-8"))
    house = {"kind": "building", "id": "wh-7", "name": "七号仓", "code": "W7", "height_m": 44}
    whole["features"].append({"type": "Feature", "properties": house, "geometry": {"type": "Polygon", "coordinates": [ring(0, 500, 40)]}})
    plan.write_text(json.dumps(whole), encoding="utf-8")
    return station


@pytest.fixture
def alarms(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, dict[str, Any]]]:
    """Answer for the daemon; returns what it was asked."""
    asked: list[tuple[str, dict[str, Any]]] = []

    def request(_: str, verb: str, **fields: Any) -> dict[str, Any]:
        asked.append((verb, fields))
        return {"text": "", "data": ALARM}

    monkeypatch.setattr(ask, "request", request)
    return asked


def told(capsys: pytest.CaptureFixture[str], station: Path, *words: str) -> tuple[int, dict[str, Any]]:
    status = main(["look", *words, "-c", str(station), "--json"])
    return status, json.loads(capsys.readouterr().out)


NIGHT = ("--at", "2026-11-22T23:00")


def test_a_place_by_code_name_and_id_is_one_and_its_middle(station: Path, capsys: pytest.CaptureFixture[str]) -> None:
    answers = [told(capsys, station, name, *NIGHT)[1] for name in ("A4", "a4挂车场", "yard-a4")]
    assert answers[0] == answers[1] == answers[2]
    assert (answers[0]["target"]["lat_wgs84"], answers[0]["target"]["lon_wgs84"]) == pytest.approx(at(0, 900), abs=1e-6)


def test_where_each_head_would_point(station: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, said = told(capsys, station, "A4", *NIGHT)
    assert status == 0
    assert [one["camera_id"] for one in said["lookouts"]] == ["th-01", "th-02", "ar-01"]
    first, second, panorama = said["lookouts"]
    assert abs((first["azimuth_deg"] + 180.0) % 360.0 - 180.0) < 0.01
    assert first["pan_deg"] == pytest.approx(-30.0, abs=0.01)
    assert (first["tilt_deg"], first["range_m"]) == pytest.approx((-2.81, 900.0), abs=0.2)
    assert (first["view_id"], second["view_id"]) == ("north", None)
    assert first["pixel_m"] == pytest.approx(0.433, abs=0.002)
    assert first["tele_pixel_m"] == pytest.approx(0.145, abs=0.001)
    assert second["tele_pixel_m"] is None
    assert panorama["reachable"]
    assert not panorama["calibrated"]
    assert not told(capsys, station, "2号门", *NIGHT)[1]["lookouts"][-1]["reachable"]


def test_the_line_of_sight_names_the_house(walled: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    _, said = told(capsys, walled, "A4", *NIGHT)
    assert said["lookouts"][0]["camera_id"] == "th-02"
    hidden = next(one for one in said["lookouts"] if one["camera_id"] == "th-01")
    assert hidden["hidden_by"] == {"what": "structure", "structure": "wh-7", "along_m": pytest.approx(460.0, abs=1.0)}
    for language, words in (("zh", "被七号仓遮挡 460 m"), ("en", "hidden by 七号仓 at 460 m")):
        monkeypatch.setenv("EDGED_LANG", language)
        assert main(["look", "A4", "-c", str(walled), "--camera", "th-01", *NIGHT]) == 1
        assert words in capsys.readouterr().out


def test_the_roof_of_a_house_is_looked_at_from_above(walled: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said = told(capsys, walled, "W7", *NIGHT)[1]
    assert next(one for one in said["lookouts"] if one["camera_id"] == "th-01")["tilt_deg"] == pytest.approx(0.0, abs=0.01)


def test_a_coordinate_in_each_datum_is_the_same_place(station: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lat, lon = at(0, 900)
    gcj = to_gcj02(lat, lon)
    plain = told(capsys, station, f"{lat:.7f},{lon:.7f}", *NIGHT)[1]
    chinese = told(capsys, station, f"{gcj[0]:.7f},{gcj[1]:.7f}", "--datum", "GCJ-02", *NIGHT)[1]
    assert chinese["lookouts"][0]["range_m"] == pytest.approx(plain["lookouts"][0]["range_m"], abs=0.11)
    assert plain["target"]["datum"] == "GCJ-02"
    assert (plain["target"]["lat"], plain["target"]["lon"]) == pytest.approx(gcj, abs=1e-6)
    wrong = told(capsys, station, f"{gcj[0]:.7f},{gcj[1]:.7f}", *NIGHT)[1]
    assert abs(wrong["lookouts"][0]["range_m"] - plain["lookouts"][0]["range_m"]) > 100.0


def test_latitude_and_longitude_exchanged_are_refused(station: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["look", "106.6,29.61", "-c", str(station)]) == 1
    assert "LAT,LON" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("word", "name"), [("#4", "#4"), ("4", "#4"), ("0142", "0142"), ("01jd9w7a0000000000000000aa", "01JD9W7A0000000000000000AA")]
)
def test_an_alarm_comes_from_the_daemon(
    word: str, name: str, station: Path, alarms: list[tuple[str, dict[str, Any]]], capsys: pytest.CaptureFixture[str]
) -> None:
    _, said = told(capsys, station, word, *NIGHT)
    assert alarms == [("why", {"args": {"alarm": name}})]
    assert said["target"]["name"] == "#4 A4挂车场东侧"
    high = said["lookouts"][0]["elevation_deg"]
    _, ground = told(capsys, station, "29.6165,106.60", *NIGHT)
    assert high - ground["lookouts"][0]["elevation_deg"] == pytest.approx(13.0 / 720.5 * 57.3, abs=0.01)


def test_an_alarm_without_a_place_says_who_sees_it(
    station: Path, alarms: list[tuple[str, dict[str, Any]]], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(ALARM, "ignition_point", None)
    assert main(["look", "#4", "-c", str(station)]) == 1
    assert "th-01" in capsys.readouterr().err


def test_an_interval_is_told_with_the_place(
    station: Path, alarms: list[tuple[str, dict[str, Any]]], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    reach = {"azimuth_deg": 12.4, "azimuth_sigma_deg": 0.2, "near_m": 803.0, "far_m": 2396.0, "level": 0.95}
    monkeypatch.setitem(ALARM, "ignition_point", {"lat_wgs84": 29.6165, "lon_wgs84": 106.60, "height_m": None, "interval": reach})
    monkeypatch.setenv("EDGED_LANG", "zh")
    main(["look", "#4", "-c", str(station), *NIGHT])
    assert "(位于 12° 方向 800–2400 米之间)" in capsys.readouterr().out


def test_an_unknown_place_is_told_with_what_is_near(
    station: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EDGED_LANG", "en")
    assert main(["look", "A4挂车", "-c", str(station)]) == 1
    assert "A4挂车场" in capsys.readouterr().err


@pytest.mark.parametrize(("camera", "words"), [("th-09", "th-01, th-02, ar-01"), ("co-001", "mount")])
def test_a_camera_that_cannot_be_asked_names_the_next_step(station: Path, camera: str, words: str) -> None:
    with pytest.raises(ConfigError, match=words) as fault:
        look.chosen(load(station), camera, station)
    assert str(station) in fault.value.said("zh")


def test_no_head_is_aimed_beside_the_rising_sun(station: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """On 22 November the sun rises in the east-south-east at 7:26; a place 1 km that way lies 1° under it."""
    lat, lon = at(890, -390)
    spot = f"{lat:.6f},{lon:.6f}"
    monkeypatch.setenv("EDGED_LANG", "zh")
    main(["look", spot, "-c", str(station), "--camera", "th-01", "--at", "2026-11-22T07:35"])
    out = capsys.readouterr().out
    assert "禁止对准: 距太阳" in out
    assert "起可以" in out
    _, said = told(capsys, station, spot, "--at", "2026-11-22T07:35")
    first = next(one for one in said["lookouts"] if one["camera_id"] == "th-01")
    assert not first["may_aim"]
    assert not first["usable"]
    until = datetime.fromisoformat(first["may_aim_from"]).astimezone(ZoneInfo("Asia/Shanghai"))
    assert told(capsys, station, spot, "--camera", "th-01", "--at", until.isoformat())[1]["lookouts"][0]["may_aim"]
    assert told(capsys, station, spot, "--camera", "th-01", *NIGHT)[1]["lookouts"][0]["may_aim"]


def test_people_read_a_table_whose_columns_stand_below_each_other(
    station: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for language, heads, sun in (("zh", ("距离", "视线"), "太阳在地平线下"), ("en", ("distance", "sight"), "sun down")):
        monkeypatch.setenv("EDGED_LANG", language)
        assert main(["look", "A4", "-c", str(station), *NIGHT]) == 0
        first, second, head, *rows = capsys.readouterr().out.splitlines()
        assert first.startswith("A4挂车场  WGS-84 29.618")
        assert "GCJ-02 29.61" in first
        assert second == f"2026-11-22 23:00  {sun}"
        wide = [
            sum(2 if letter > "\u2e80" else 1 for letter in line[: line.index(word)])
            for line, word in ((head, heads[0]), (rows[0], "900 m"))
        ]
        assert wide[0] == wide[1]
        assert heads[1] in head
        assert [row.split()[0] for row in rows] == ["th-01", "th-02", "ar-01"]


def test_due_north_is_0_and_never_360(station: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lat, lon = at(-0.2, 900)
    main(["look", f"{lat:.7f},{lon:.7f}", "-c", str(station), "--camera", "th-01", *NIGHT])
    row = capsys.readouterr().out.splitlines()[3]
    assert "900 m" in row
    assert " 0.0°" in row
    assert "360" not in row


def test_times(station: Path) -> None:
    zone, now = ZoneInfo("Asia/Shanghai"), datetime(2026, 11, 22, 20, 0, tzinfo=UTC)
    assert look.moment(None, zone, now) == now
    assert look.moment("15:30", zone, now) == datetime(2026, 11, 23, 7, 30, tzinfo=UTC)
    assert look.moment("2026-06-01T12:00", zone, now) == datetime(2026, 6, 1, 4, tzinfo=UTC)
    assert look.moment("2026-06-01T12:00:00+00:00", zone, now) == datetime(2026, 6, 1, 12, tzinfo=UTC)
    for wrong in ("yesterday", "25:00"):
        with pytest.raises(CommandRefused, match="15:00"):
            look.moment(wrong, zone, now)


def test_the_help_says_that_no_head_moves(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["look", "--help"])
    said = " ".join(capsys.readouterr().out.split())
    assert "Moves no head" in said
    assert "不转动云台" in said


def test_a_bent_yard_is_looked_at_inside() -> None:
    bent = ((0.0, 0.0), (3.0, 0.0), (3.0, 1.0), (1.0, 1.0), (1.0, 3.0), (0.0, 3.0))
    lat, lon = look.middle(bent)
    assert min(lat, lon) < 1.0
    assert 0.0 < min(lat, lon) < max(lat, lon) < 3.0


def test_a_camera_that_stares_sees_its_one_views_field(station: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A fixed lens of 17.5°, whose view is named and 60° wide: 20° aside lies in it."""
    files = station.parent / "cameras" / "all.yaml"
    fixed = "{id: th-09, kind: lookout, address: 192.0.2.9, mount: {lat_wgs84: 29.61, lon_wgs84: 106.60, height_m: 45}, views: [VIEW]}"
    lat, lon = at(340, 940)
    for view, reachable in (("{id: gate}", False), ("{id: gate, hfov_deg: 60}", True)):
        files.write_text(f"cameras:\n  - {fixed.replace('VIEW', view)}\n", encoding="utf-8")
        (one,) = told(capsys, station, f"{lat},{lon}", *NIGHT)[1]["lookouts"]
        assert one["reachable"] == reachable
        assert one["view_id"] == ("gate" if reachable else None)

"""`edged calibrate`: faults of the landmark file with line and column, what is written and read back, a walk from an input log."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from edged.__main__ import main
from edged.config.load import load
from edged.geometry.earth import from_enu
from edged.geometry.landmark import Observation
from edged.geometry.lens import direction, pixel
from edged.model.event import Event, HeadMoved, Sighted, ViewHeld
from edged.model.instant import Instant
from edged.model.lens import Lens
from edged.model.sighting import Sighting, Temperature
from edged.model.site import Mount
from edged.model.view import Pose, View
from edged.store.inputlog import Header, InputLog
from edged.store.settings import StoreSettings
from tests.geometry.technician import LAT, LON, head_angles, taken

STATION = """station:
  id: test-01
  name: 测试站
  lat_wgs84: 29.61
  lon_wgs84: 106.60
talkgroups:
  patrol: {id: "8001"}
duty: {talkgroup: patrol}
"""
CAMERAS = f"""cameras:
  - id: th-01
    kind: lookout
    address: 192.0.2.11
    thermal: {{hfov_deg: 17.5, hfov_tele_deg: 5.9}}
    mount: {{lat_wgs84: {LAT}, lon_wgs84: {LON}, height_m: 45}}
    views: [{{id: yard, pan_deg: 0, tilt_deg: -4}}]
  - id: th-02
    kind: lookout
    address: 192.0.2.12
"""
TRUE = Mount("th-01", LAT, LON, 45.0, azimuth_deg=211.3, tilt_zero_deg=0.7, roll_deg=-0.4)
HEADER = "name,lat_wgs84,lon_wgs84,height_m,pan_deg,tilt_deg,x_px,y_px"
START = datetime(2026, 11, 20, 14, 0, tzinfo=UTC)
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def station(tmp_path: Path) -> Path:
    folder = tmp_path / "etc"
    (folder / "cameras").mkdir(parents=True)
    (folder / "station.yaml").write_text(STATION, encoding="utf-8")
    (folder / "cameras" / "a.yaml").write_text(CAMERAS, encoding="utf-8")
    return folder / "station.yaml"


@pytest.fixture
def edged(station: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    def run(*words: object, language: str = "en") -> tuple[int, str, str]:
        monkeypatch.setenv("EDGED_LANG", language)
        status = main(["calibrate", *map(str, words), "-c", str(station)])
        out = capsys.readouterr()
        return status, out.out, out.err

    return run


def lines(observations: Sequence[Observation]) -> list[str]:
    return [
        f"{o.name},{o.lat_wgs84:.8f},{o.lon_wgs84:.8f},{o.height_m},{o.pan_deg:.4f},{o.tilt_deg:.4f},{o.x_px:.2f},{o.y_px:.2f}"
        for o in observations
    ]


@pytest.fixture
def landmarks(tmp_path: Path) -> Path:
    path = tmp_path / "landmarks.csv"
    path.write_text("\n".join([HEADER, *lines(taken(TRUE, 17.3, noise_px=0.5, count=8))]), encoding="utf-8")
    return path


def test_what_is_written_is_accepted_and_shows_the_mount_calibrated(edged: Run, station: Path, landmarks: Path, tmp_path: Path) -> None:
    target = station.parent / "commissioned" / "th-01.yaml"
    picture = tmp_path / "p.png"
    status, out, _ = edged("th-01", landmarks, "--plot", picture)
    assert status == 0
    assert not target.exists()
    assert f"with --write into {target}" in out
    assert "nothing but noise" in out
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert edged("th-01", landmarks, "--write")[0] == 0
    loaded = load(station)
    assert [f for f in loaded.faults if f.place.file == str(target)] == []
    (mount,) = loaded.site.mounts
    assert mount.calibrated
    assert mount.azimuth_deg == pytest.approx(211.3, abs=0.05)
    assert mount.tilt_zero_deg == pytest.approx(0.7, abs=0.05)
    assert mount.roll_deg == pytest.approx(-0.4, abs=0.3)
    assert 0.02 <= mount.sigma_deg < 0.1
    thermal = loaded.cameras[0].thermal
    assert thermal is not None
    assert thermal.hfov_deg == pytest.approx(17.3, abs=0.1)
    assert thermal.hfov_tele_deg == 5.9
    again = json.loads(edged("th-01", landmarks, "--json")[1])
    assert again["parameters"][0]["before"] == pytest.approx(again["parameters"][0]["after"], abs=1e-3)
    assert again["fields"][0]["claimed_deg"] == pytest.approx(thermal.hfov_deg)
    assert again["written"] is False
    assert main(["check", str(station)]) == 0


def test_a_wrong_landmark_is_named_in_the_table_and_in_words(edged: Run, landmarks: Path) -> None:
    rows = landmarks.read_text().splitlines()
    cells = rows[3].split(",")
    cells[0], (cells[1], cells[2]) = "灯塔", map(str, from_enu(float(cells[1]), float(cells[2]), 70.0, 70.0))
    landmarks.write_text("\n".join([*rows[:3], ",".join(cells), *rows[4:]]), encoding="utf-8")
    _, out, _ = edged("th-01", landmarks, language="zh")
    assert "灯塔 已剔除" in out
    assert any(line.startswith("灯塔") and line.endswith("已剔除: 与其他地标矛盾") for line in out.splitlines())
    assert "水平零位方位角" in out
    assert "横向" in out
    _, out, _ = edged("th-01", landmarks, "--json")
    assert [r["name"] for r in json.loads(out)["rejected"]] == ["灯塔"]


def test_a_bad_fit_is_not_written_unless_forced(edged: Run, station: Path, landmarks: Path) -> None:
    rough = taken(TRUE, 17.3, noise_px=12.0, count=8)
    landmarks.write_text("\n".join([HEADER, *lines(rough)]))
    target = station.parent / "commissioned" / "th-01.yaml"
    status, out, _ = edged("th-01", landmarks, "--write")
    assert status == 1
    assert not target.exists()
    assert "NOT written" in out
    assert "the fit misses by" in out
    assert edged("th-01", landmarks, "--write", "--force")[0] == 0
    assert target.exists()


def test_a_held_field_of_view_is_neither_fitted_nor_written(edged: Run, landmarks: Path) -> None:
    status, out, _ = edged("th-01", landmarks, "--fix-fov", "--json")
    answer = json.loads(out)
    assert status == 0
    assert answer["findings"][0]["kind"] == "field"
    assert "thermal.hfov_deg" not in answer["values"]
    assert "视场角比 17.5° 小" in answer["findings"][0]["zh"]


def test_a_tele_field_goes_to_its_own_key(edged: Run, landmarks: Path) -> None:
    tele = taken(TRUE, 6.0, 5.9, noise_px=0.5, count=6)
    landmarks.write_text("\n".join([f"{HEADER},zoom_norm", *(f"{line},1" for line in lines(tele))]))
    values = json.loads(edged("th-01", landmarks, "--json")[1])["values"]
    assert values["thermal.hfov_tele_deg"] == pytest.approx(6.0, rel=0.004)
    assert "thermal.hfov_deg" not in values


def test_the_visible_lens_gets_its_boresight_roll_and_field(edged: Run, station: Path, landmarks: Path) -> None:
    other = Lens(roll_deg=0.6, pan_off_deg=0.3, tilt_off_deg=-0.2)
    visible = [
        replace(o, name=f"v{o.name}", x_px=(o.x_px or 0) * 3.0 + 1.0, y_px=(o.y_px or 0) * 3.0 - 227.5)
        for o in taken(TRUE, 57.0, lens=other, count=6, edges=[(0.8, 0.1), (-0.7, 0.5), (-0.8, -0.4), (0.6, -0.6)])
    ]
    thermal = [f"{line}," for line in lines(taken(TRUE, 17.3, noise_px=0.3, count=8))]
    landmarks.write_text("\n".join([f"{HEADER},lens", *thermal, *(f"{line},visible" for line in lines(visible))]))
    assert "write visible:" in edged("th-01", landmarks)[1]
    cameras = station.parent / "cameras" / "a.yaml"
    cameras.write_text(CAMERAS.replace("    thermal: {", "    visible: {hfov_deg: 58}\n    thermal: {"), encoding="utf-8")
    status, out, _ = edged("th-01", landmarks, "--write")
    assert status == 0
    assert "visible lens at zoom 0: axis +0." in out
    seen = load(station).cameras[0].visible
    assert seen is not None
    ((zoom, right, up),) = seen.boresight
    assert (zoom, right, up) == pytest.approx((0.0, 0.3, -0.2), abs=0.05)
    assert seen.roll_deg == pytest.approx(0.6, abs=0.2)
    assert seen.hfov_deg == pytest.approx(57.0, abs=0.2)


def test_an_axis_that_moves_with_zoom_goes_into_the_boresight_table(edged: Run, station: Path, landmarks: Path) -> None:
    tele = taken(TRUE, 5.95, lens=Lens(pan_off_deg=0.12, tilt_off_deg=-0.08), count=6)
    rows = [*(f"{line},0" for line in lines(taken(TRUE, 17.3, noise_px=0.3, count=8))), *(f"t{line},1" for line in lines(tele))]
    landmarks.write_text("\n".join([f"{HEADER},zoom_norm", *rows]))
    assert edged("th-01", landmarks, "--write")[0] == 0
    thermal = load(station).cameras[0].thermal
    assert thermal is not None
    assert thermal.boresight[0] == (0.0, 0.0, 0.0)
    assert thermal.boresight[1] == pytest.approx((1.0, 0.12, -0.08), abs=0.03)
    assert thermal.hfov_tele_deg == pytest.approx(5.95, rel=0.004)


@pytest.mark.parametrize(
    ("header", "row", "en", "zh"),
    [
        (HEADER.replace("pan_deg", "pan"), "a,1,2,3,4,5,6,7", ":1: column pan_deg is missing", "缺少列 pan_deg"),
        (HEADER + ",size", "a,29.6,106.6,3,4,5,6,7,8", ":1: column 'size' is unknown", "未知的列 'size'"),
        (HEADER, "a,29.6,106.6,3,4,5,6", ":2: 7 values under 8 columns", "有 7 个值"),
        (HEADER, "a,29.6,106.6,3m,4,5,6,7", ":2: height_m: '3m': write a number", "height_m: '3m': 须为"),
        (HEADER, "a,106.6,29.6,3,4,5,6,7", ":2: lat_wgs84: '106.6': write a number from -90 to 90", "须为 -90 到 90"),
        (HEADER, "a,29.6,106.6,,4,5,6,7", ":2: height_m: nothing stands here", "height_m: 未填写"),
        (HEADER, ",29.6,106.6,3,4,5,6,7", ":2: name: nothing stands here", "name: 未填写"),
        (HEADER, "a,29.6,106.6,3,4,5,6,", ":2: y_px: write both x_px and y_px", "x_px 与 y_px 须同时填写"),
        (HEADER, "a,29.6,106.6,3,nan,5,6,7", ":2: pan_deg: 'nan'", "pan_deg: 'nan'"),
        (HEADER, "a,29.6,106.6,3,4,5,800,7", ":2: x_px: 800 lies outside the picture of 640x512", "超出 640x512 画面"),
        (HEADER, "", "has no landmark", "没有地标"),
        ("", "", "is empty", "为空"),
        ("name，lat_wgs84，lon_wgs84", "a", "full-width comma", "全角逗号"),
    ],
)
def test_faults_of_the_file_name_line_and_column(edged: Run, landmarks: Path, header: str, row: str, en: str, zh: str) -> None:
    landmarks.write_text(f"{header}\n{row}\n", encoding="utf-8")
    for language, words in (("en", en), ("zh", zh)):
        status, out, err = edged("th-01", landmarks, language=language)
        assert status == 78
        assert out == ""
        assert words in err
        assert "landmarks.csv" in err


def test_all_faults_come_in_one_run_and_gb18030_is_read(edged: Run, landmarks: Path) -> None:
    landmarks.write_text(f"{HEADER}\n# 备注\na,29.6,106.6,x,4,5,6,7\nb,29.6,106.6,3,y,5,6,7\n", encoding="gb18030")
    _, _, err = edged("th-01", landmarks)
    assert ":3: height_m: 'x'" in err
    assert ":4: pan_deg: 'y'" in err


def test_wrong_words_name_the_next_step(edged: Run, landmarks: Path, tmp_path: Path) -> None:
    assert "there are: th-01, th-02" in edged("th-09", landmarks)[2]
    assert "write mount:" in edged("th-02", landmarks)[2]
    assert "--walk TRACK" in edged("th-01")[2]
    assert "such as 640x512" in edged("th-01", landmarks, "--size", "640")[2]
    assert "cannot be read" in edged("th-01", tmp_path / "none.csv")[2]


def test_landmarks_of_a_map_are_shifted_by_the_datum_and_the_mistake_is_guessed(edged: Run, landmarks: Path) -> None:
    from edged.geometry.datum import to_gcj02

    moved = []
    for o in taken(TRUE, 17.3, noise_px=0.5, count=8):
        lat, lon = to_gcj02(o.lat_wgs84, o.lon_wgs84)
        moved.append(replace(o, lat_wgs84=lat, lon_wgs84=lon))
    landmarks.write_text("\n".join([HEADER, *lines(moved)]))
    status, out, _ = edged("th-01", landmarks, "--datum", "GCJ-02", "--json")
    assert status == 0
    assert json.loads(out)["mount"]["azimuth_deg"] == pytest.approx(211.3, abs=0.05)
    status, _, err = edged("th-01", landmarks, language="zh")
    assert status == 1
    assert "加上 --datum GCJ-02 后一致" in err


# --- the walk ---

VIEWS = [(-40.0 + 17.0 * i, -3.5) for i in range(6)]
STANDING = [(-31.0, -2.0), (5.0, -5.0), (22.0, -3.0)]


def place(number: int) -> tuple[float, float]:
    """Return where a stop is; the last one lies behind the head."""
    bearing = math.radians(TRUE.azimuth_deg + (8.0 * number - 35.0 if number != 9 else 150.0))
    range_m = (420.0, 700.0, 1100.0, 560.0, 900.0)[number % 5]
    return from_enu(LAT, LON, range_m * math.sin(bearing), range_m * math.cos(bearing))


def walked(folder: Path, hidden: int, mixed: bool = False) -> Path:
    """Write an input log and a GPX track of ten stops; at stop `hidden` the source is cold. Returns the track.

    `mixed`: the track gives each stop the place of another.
    """
    log = InputLog.open(folder / "state" / "input", StoreSettings(), lambda: Header("test-01", "x"))
    points: list[tuple[datetime, float, float]] = []
    now, generation = START, 0
    lens = Lens(roll_deg=TRUE.roll_deg)

    def note(event: Event) -> None:
        log.write(event, Instant((now - START).total_seconds() + 10.0, now))

    for number in range(10):
        lat, lon = place(number)
        source = head_angles(TRUE, lat, lon, 0.5)
        lat, lon = place((3 * number + 1) % 9) if mixed else (lat, lon)
        until = now + timedelta(seconds=60)
        while now < until:
            generation += 1
            pan, tilt = VIEWS[generation % len(VIEWS)]
            note(HeadMoved("th-01", Pose(pan, tilt, 17.5), True, "patrol", 0.0))
            note(ViewHeld(View("th-01", f"v{generation % 6}", generation, pan, tilt, 17.5, 0.0)))
            passing = (-35.0 + (37 * generation + 11 * number) % 90, -2.0 - generation % 3)
            for track, thing in enumerate([*([] if number == hidden else [source]), *STANDING, passing]):
                found = pixel(pan, tilt, *thing, 640, 512, 17.3, lens)
                if found and 0 <= found[0] < 640 and 0 <= found[1] < 512:
                    head = direction(pan, tilt, *found, 640, 512, 17.5)
                    seen = Sighting(
                        "th-01", f"v{generation % 6}", generation, track, now, 0.0, 0.0, 1.0, ("hot",), (), *head, 0.1, *found, 6.0, 40.0,
                        None, Temperature("radiometric", 60.0, 10.0, True),
                    )  # fmt: skip
                    note(Sighted(seen))
                    note(Sighted(replace(seen, camera_id="th-07", pan_deg=3.0)))
                    note(Sighted(replace(seen, test=True, pan_deg=head[0] + 4.0)))
            for second in range(5):
                points.append((now + timedelta(seconds=second), lat + 1e-6 * second, lon))
            now += timedelta(seconds=5)
        for step in range(1, 10):
            points.append((now + timedelta(seconds=step), lat + 0.0002 * step, lon))
        now += timedelta(seconds=20)
    log.close()
    track = folder / "walk.gpx"
    inner = "".join(f'<trkpt lat="{a:.7f}" lon="{b:.7f}"><ele>200</ele><time>{t:%Y-%m-%dT%H:%M:%SZ}</time></trkpt>' for t, a, b in points)
    track.write_text(f'<?xml version="1.0"?><gpx xmlns="http://www.topografix.com/GPX/1/1"><trk><trkseg>{inner}</trkseg></trk></gpx>')
    return track


def test_a_walk_finds_the_source_among_other_heat(edged: Run, station: Path, tmp_path: Path) -> None:
    track = walked(tmp_path, hidden=4)
    status, out, err = edged("th-01", "--walk", track, "--state", tmp_path / "state", "--gps-sigma", "1", "--json")
    assert (status, err) == (0, "")
    answer = json.loads(out)
    assert answer["mount"]["azimuth_deg"] == pytest.approx(211.3, abs=0.08)
    assert answer["mount"]["tilt_zero_deg"] == pytest.approx(0.7, abs=0.05)
    outcome = {stop["name"]: stop["outcome"] for stop in answer["stops"]}
    assert len(outcome) == 10
    assert outcome["10"] == "not_in_view"
    assert outcome["5"] in ("nothing_hot", "left_out")
    assert sum(what == "used" for what in outcome.values()) == 8
    status, out, _ = edged("th-01", "--walk", track, "--state", tmp_path / "state", "--write", language="zh")
    assert status == 0
    assert "当时没有视野对着该处" in out
    assert "10 个停留点中找到热源 8 个" in out
    assert load(station).site.mounts[0].calibrated


@pytest.mark.parametrize(
    ("name", "text", "en", "zh"),
    [
        ("t.gpx", '<!DOCTYPE gpx [<!ENTITY a "b">]><gpx/>', "DOCTYPE or entities", "实体声明"),
        ("t.gpx", "<gpx><trk>", "is no GPX", "不是 GPX"),
        ("t.gpx", '<gpx><trkpt lat="1" lon="2"/></gpx>', "no point with a time", "没有带时间的轨迹点"),
        ("t.csv", "time,lat\n", "column lat_wgs84 is missing", "缺少列 lat_wgs84"),
        ("t.csv", "time,lat_wgs84,lon_wgs84\n2026-11-20 22:30,29.6,106.6\n", ":2: time '2026-11-20 22:30': write date", "请写明日期"),
        ("t.csv", "time,lat_wgs84,lon_wgs84\n2026-11-20T22:30:00Z,x,106.6\n", "is no latitude and longitude", "不是纬度和经度"),
        ("t.csv", "time,lat_wgs84,lon_wgs84\n2026-11-20T22:30:00Z,29.6,106.6\n", "stands still only 0 times", "仅有 0 处停留"),
    ],
)
def test_faults_of_a_track(edged: Run, tmp_path: Path, name: str, text: str, en: str, zh: str) -> None:
    (tmp_path / name).write_text(text)
    for language, words in (("en", en), ("zh", zh)):
        status, _, err = edged("th-01", "--walk", tmp_path / name, language=language)
        assert status == 78
        assert words in err


def test_a_walk_without_a_log_says_where_to_look(edged: Run, tmp_path: Path) -> None:
    track = walked(tmp_path, hidden=4)
    status, _, err = edged("th-01", "--walk", track, "--state", tmp_path / "elsewhere")
    assert status == 78
    assert "--state" in err


def test_heat_that_is_no_source_is_not_believed(edged: Run, tmp_path: Path) -> None:
    track = walked(tmp_path, hidden=4, mixed=True)
    status, _, err = edged("th-01", "--walk", track, "--state", tmp_path / "state")
    assert status == 1
    assert "do not give one place of pan zero" in err
    assert "零位" in edged("th-01", "--walk", track, "--state", tmp_path / "state", language="zh")[2]

"""The height grid that station.yaml names: read once, placed round the station; a bad one costs itself."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from edged.config import plan
from edged.config.load import Loaded, changes, load
from edged.store.terrain import KEPT, kept_terrain

SLOPE = 0.05


def grid(station: Path, rise: float = SLOPE, reach_deg: float = 0.05) -> Path:
    """Write an ESRI grid that rises towards the east, `rise` a metre, 200 m high at the station."""
    count, cell = 100, reach_deg / 100
    lon = (np.arange(2 * count) - count + 0.5) * cell
    rows = [" ".join(f"{200 + rise * 96_800 * one:.3f}" for one in lon)] * (2 * count)
    head = [
        f"ncols {2 * count}",
        f"nrows {2 * count}",
        f"xllcorner {106.60 - reach_deg}",
        f"yllcorner {29.61 - reach_deg}",
        f"cellsize {cell}",
    ]
    path = station.parent / "heights.asc"
    path.write_text("\n".join([*head, *rows]))
    return path


def named(station: Path, **more: object) -> None:
    text = station.read_text().split("site:")[0]
    station.write_text(text + "site:\n  terrain: heights.asc\n" + "".join(f"  {key}: {value}\n" for key, value in more.items()))


def state(loaded: Loaded) -> str | None:
    return next((status.state for status in loaded.entries if status.entry == "site:terrain"), None)


def test_grid_lies_round_the_station(station: Path) -> None:
    grid(station)
    named(station, terrain_sigma_m=2.5)
    loaded = load(station)
    terrain = loaded.site.terrain
    assert loaded.faults == ()
    assert terrain is not None
    assert (terrain.lat0_wgs84, terrain.lon0_wgs84, terrain.sigma_m) == (29.61, 106.60, 2.5)
    rows, cols = terrain.height_m.shape
    assert terrain.height_m[rows // 2, cols // 2] == pytest.approx(200.0, abs=0.2)
    east = terrain.east_m + np.arange(cols) * terrain.cell_m
    reach = np.abs(east) < 3_000
    np.testing.assert_allclose(terrain.height_m[rows // 2][reach], (200 + SLOPE * east)[reach], atol=0.5)
    assert terrain.east_m <= -loaded.site.radius_m
    assert loaded.settings.site.terrain == (station.parent / "heights.asc").absolute()


def test_reload_reads_the_file_only_when_it_changed(station: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = grid(station)
    named(station)
    reads: list[Path] = []
    real = plan.read_terrain
    monkeypatch.setattr(plan, "read_terrain", lambda *given: (reads.append(given[0]), real(*given))[1])
    plan._read.cache_clear()
    first = load(station)
    again = load(station)
    assert len(reads) == 1
    assert not changes(first, again)
    grid(station, rise=0.02)
    os.utime(path, ns=(1, 1))
    third = load(station)
    assert len(reads) == 2
    assert changes(again, third).site


def test_bad_grid_costs_itself_and_says_so(station: Path) -> None:
    grid(station).write_text("ncols 3\nnonsense")
    named(station)
    loaded = load(station)
    (fault,) = loaded.faults
    assert (fault.rule, fault.severity, fault.path) == ("terrain", "error", "site.terrain")
    assert fault.place.text.strip() == "terrain: heights.asc"
    assert str(station.parent / "heights.asc") in fault.words.en
    assert fault.words.zh != fault.words.en
    assert fault.suggestion is not None
    assert "runs on level ground" in fault.suggestion.en
    assert "按平地运行" in fault.suggestion.zh
    assert (loaded.site.terrain, state(loaded)) == (None, "quarantined")
    assert len(loaded.cameras) == 2
    (station.parent / "heights.asc").unlink()
    assert "No such file" in load(station).faults[0].words.en


def test_last_good_heights_are_kept(station: Path, tmp_path: Path) -> None:
    path = grid(station)
    named(station)
    good = load(station, tmp_path / "state")
    path.write_text("ncols 3\nnonsense")
    for _ in range(2):
        loaded = load(station, tmp_path / "state")
        assert loaded.site == good.site
        assert state(loaded) == "config_stale"
        assert "last good heights" in loaded.faults[0].said("en")
        assert "上一次可用的高程" in loaded.faults[0].said("zh")
        assert not changes(good, loaded)
    named(station, terrain_epsg=4326)
    station.write_text(station.read_text().replace("lat_wgs84: 29.61", "lat_wgs84: 30.61"))
    assert load(station, tmp_path / "state").site.terrain is None


def test_heights_that_nobody_names_are_forgotten(station: Path, tmp_path: Path) -> None:
    grid(station)
    named(station)
    load(station, tmp_path / "state")
    assert kept_terrain(tmp_path / "state" / "config") is not None
    station.write_text(station.read_text().split("site:")[0])
    assert load(station, tmp_path / "state").site.terrain is None
    assert not (tmp_path / "state" / "config" / KEPT).exists()


def test_origin_is_the_first_mount_where_the_station_has_no_place(station: Path) -> None:
    grid(station)
    named(station)
    station.write_text(station.read_text().replace("  lat_wgs84: 29.61\n  lon_wgs84: 106.60\n", ""))
    terrain = load(station).site.terrain
    assert terrain is not None
    assert (terrain.lat0_wgs84, terrain.lon0_wgs84) == (29.61, 106.60)
    for path in (station.parent / "cameras").iterdir():
        path.write_text("\n".join(row for row in path.read_text().splitlines() if "mount" not in row))
    (fault,) = (fault for fault in load(station).faults if fault.rule == "terrain")
    assert "cannot be placed" in fault.words.en
    assert fault.suggestion is not None
    assert "station.lat_wgs84" in fault.suggestion.zh


def test_grid_too_small_for_the_radius_names_the_key(station: Path) -> None:
    grid(station, reach_deg=0.02)
    named(station)
    (fault,) = load(station).faults
    assert "lower site.radius_m" in fault.words.en
    named(station, radius_m=1000)
    assert load(station).faults == ()

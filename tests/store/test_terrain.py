"""Height files onto the local grid: true to a hill whose height is known everywhere, and honest about files that will not do."""

from __future__ import annotations

import math
import struct
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import pytest
import tifffile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyproj import Geod, Transformer

from edged.geometry.earth import enu_m, from_enu
from edged.model.errors import StoreError, StoreGarbled, StoreRefused
from edged.model.terrain import Terrain
from edged.store.raster import MAX_BYTES
from edged.store.terrain import keep_terrain, kept_terrain, read_terrain

LAT0, LON0 = 29.61, 106.60
HALF_M = 1_500.0
Array = npt.NDArray[Any]


def hill(lat: Any, lon: Any) -> Array:
    """A smooth hill with its top 400 m east and 250 m north of the station, on a slope: heights by WGS-84 place."""
    east = (np.asarray(lon) - LON0) * 96_800.0 - 400.0
    north = (np.asarray(lat) - LAT0) * 110_850.0 - 250.0
    return np.asarray(180.0 + 90.0 * np.exp(-(east**2 + 2.0 * north**2) / (2.0 * 600.0**2)) + 0.02 * east + 0.01 * north)


def geotiff(
    path: Path, values: Array, corner: tuple[float, float], cell: tuple[float, float], epsg: int | None, *, point: bool = False,
    nodata: float | None = None, more: tuple[int, ...] = (), **how: Any,
) -> Path:  # fmt: skip
    """Write a GeoTIFF. `corner`: x, y of the upper left pixel's corner, or of its middle with `point`."""
    model = 2 if epsg in (4326, 4490, 4610) else 1
    keys = [1024, 0, 1, model, 1025, 0, 1, 2 if point else 1, *more]
    if epsg is not None:
        keys += [2048 if model == 2 else 3072, 0, 1, epsg]
    keys = [1, 1, 0, len(keys) // 4, *keys]
    tags: list[Any] = [
        (33550, "d", 3, (cell[0], cell[1], 0.0), True),
        (33922, "d", 6, (0.0, 0.0, 0.0, corner[0], corner[1], 0.0), True),
        (34735, "H", len(keys), tuple(keys), True),
    ]
    if nodata is not None:
        tags.append((42113, "s", 0, f"{nodata:g}", True))
    tifffile.imwrite(path, values, extratags=tags, **how)
    return path


def projected(path: Path, epsg: int, cell_m: float, reach_m: float, **how: Any) -> Path:
    """Write the hill on a grid in a projected system, truth by pyproj."""
    forth = Transformer.from_crs("EPSG:4326" if str(epsg).startswith("32") else "EPSG:4490", f"EPSG:{epsg}", always_xy=True)
    x0, y0 = forth.transform(LON0, LAT0)
    count = int(reach_m / cell_m)
    x = x0 - 137.0 + (np.arange(-count, count) + 0.5) * cell_m
    y = y0 + 61.0 - (np.arange(-count, count) + 0.5) * cell_m
    lon, lat = forth.transform(*np.meshgrid(x, y), direction="INVERSE")
    shift = 0.0 if how.get("point") else cell_m / 2.0
    return geotiff(path, hill(lat, lon).astype(np.float32), (x[0] - shift, y[0] + shift), (cell_m, cell_m), epsg, **how)


def geographic(path: Path, cell_deg: float, reach_deg: float, epsg: int | None = 4326, **how: Any) -> Path:
    count = int(reach_deg / cell_deg)
    lon = LON0 + 0.0011 + (np.arange(-count, count) + 0.5) * cell_deg
    lat = LAT0 - 0.0007 - (np.arange(-count, count) + 0.5) * cell_deg
    values = hill(*np.meshgrid(lat, lon, indexing="ij")).astype(how.pop("dtype", np.float32))
    shift = 0.0 if how.get("point") else cell_deg / 2.0
    return geotiff(path, values, (lon[0] - shift, lat[0] + shift), (cell_deg, cell_deg), epsg, **how)


def ascii_grid(path: Path, cell_deg: float, reach_deg: float, *, centre: bool = False, square: bool = True, void: str = "-9999") -> Path:
    count = int(reach_deg / cell_deg)
    lon = LON0 + (np.arange(-count, count) + 0.5) * cell_deg
    lat = LAT0 - (np.arange(-count, count) + 0.5) * cell_deg
    where, shift = ("center", 0.0) if centre else ("corner", cell_deg / 2.0)
    head = [f"ncols {2 * count}", f"NROWS {2 * count}", f"xll{where} {lon[0] - shift:.10f}", f"yll{where} {lat[-1] - shift:.10f}"]
    head += [f"cellsize {cell_deg:.10f}"] if square else [f"dx {cell_deg:.10f}", f"dy {cell_deg:.10f}"]
    rows = [" ".join(f"{h:.3f}" for h in row) for row in hill(*np.meshgrid(lat, lon, indexing="ij"))]
    path.write_text("\n".join([*head, f"NODATA_value {void}", *rows]) + "\n")
    return path


def tagged(path: Path, more: list[tuple[int, Any, int, Any]]) -> None:
    """Add tags to a little-endian TIFF of one page: a new directory at its end."""
    raw = path.read_bytes()
    assert raw[:4] == b"II*\0"
    start = int.from_bytes(raw[4:8], "little")
    count = int.from_bytes(raw[start : start + 2], "little")
    old = [raw[start + 2 + 12 * n : start + 14 + 12 * n] for n in range(count)]
    raw += b"\0" * (len(raw) % 2)
    for code, kind, number, values in more:
        packed = np.asarray(values, "<f8" if int(kind) == 12 else "<u2").tobytes()
        old.append(struct.pack("<HHII", code, int(kind), number, len(raw)))
        raw += packed
    old.sort(key=lambda entry: int.from_bytes(entry[:2], "little"))
    path.write_bytes(raw[:4] + struct.pack("<I", len(raw)) + raw[8:] + struct.pack("<H", len(old)) + b"".join(old) + b"\0" * 4)


def packed_by_libtiff(plain: Path, path: Path, packed: int, predictor: int) -> Path:
    """Write a GeoTIFF once more, packed as GDAL does."""
    cv2.imwrite(str(path), tifffile.imread(plain), [cv2.IMWRITE_TIFF_COMPRESSION, packed, cv2.IMWRITE_TIFF_PREDICTOR, predictor])
    with tifffile.TiffFile(plain) as tiff:
        tags = [(tag.code, tag.dtype, tag.count, tag.value) for tag in tiff.pages[0].tags if tag.code in (33550, 33922, 34735)]
    with tifffile.TiffFile(path) as tiff:
        assert (int(tiff.pages[0].compression), int(tiff.pages[0].predictor)) == (packed, predictor)
    tagged(path, tags)
    return path


def truth(terrain: Terrain) -> Array:
    """Return the hill at the cells of a terrain, a coarse choice of them."""
    rows, cols = terrain.height_m.shape
    out = np.full((rows, cols), np.nan)
    for row in range(0, rows, max(1, rows // 14)):
        for col in range(0, cols, max(1, cols // 14)):
            east, north = terrain.east_m + col * terrain.cell_m, terrain.north_m + row * terrain.cell_m
            out[row, col] = hill(*from_enu(terrain.lat0_wgs84, terrain.lon0_wgs84, east, north))
    return out


def worst_m(terrain: Terrain) -> float:
    wanted = truth(terrain)
    return float(np.nanmax(np.abs(terrain.height_m - wanted)))


def top(terrain: Terrain) -> tuple[float, float]:
    """Return east and north of the hill's top, by a parabola through the highest cell and its neighbours."""
    row, col = (int(v) for v in np.unravel_index(int(terrain.height_m.argmax()), terrain.height_m.shape))
    h = terrain.height_m.astype(np.float64)

    def vertex(low: float, mid: float, high: float) -> float:
        return (low - high) / (2.0 * (low - 2.0 * mid + high))

    u = vertex(h[row, col - 1], h[row, col], h[row, col + 1])
    v = vertex(h[row - 1, col], h[row, col], h[row + 1, col])
    return terrain.east_m + (col + u) * terrain.cell_m, terrain.north_m + (row + v) * terrain.cell_m


def true_top() -> tuple[float, float]:
    lat, lon = np.meshgrid(LAT0 + np.linspace(0.001, 0.005, 401), LON0 + np.linspace(0.002, 0.008, 601), indexing="ij")
    best = int(hill(lat, lon).argmax())
    east, north, _ = enu_m(LAT0, LON0, float(lat.flat[best]), float(lon.flat[best]))
    return east, north


SOURCES = {
    "degrees": lambda folder, **how: geographic(folder / "a.tif", 0.0001, 0.025, **how),
    "degrees-cgcs2000": lambda folder, **how: geographic(folder / "a.tif", 0.0001, 0.025, 4490, **how),
    "utm": lambda folder, **how: projected(folder / "a.tif", 32648, 10.0, 2_200.0, **how),
    "gauss-krueger": lambda folder, **how: projected(folder / "a.tif", 4545, 10.0, 2_200.0, **how),
    "gauss-krueger-zoned": lambda folder, **how: projected(folder / "a.tif", 4524, 10.0, 2_200.0, **how),
}


@pytest.mark.parametrize("point", [False, True], ids=["area", "point"])
@pytest.mark.parametrize("source", SOURCES)
def test_hill_keeps_its_height_and_its_place(tmp_path: Path, source: str, point: bool) -> None:
    terrain = read_terrain(SOURCES[source](tmp_path, point=point), LAT0, LON0, HALF_M, sigma_m=0.7)
    assert worst_m(terrain) < 0.1
    assert np.hypot(*np.subtract(top(terrain), true_top())) < terrain.cell_m / 2.0
    assert (terrain.height_m.dtype, terrain.sigma_m) == (np.float32, 0.7)
    rows, cols = terrain.height_m.shape
    assert rows == cols <= 1_500
    assert terrain.cell_m >= 9.99
    assert terrain.east_m == terrain.north_m <= -HALF_M
    assert terrain.east_m + (cols - 1) * terrain.cell_m >= HALF_M


def test_half_a_pixel_makes_the_difference_between_area_and_point(tmp_path: Path) -> None:
    """The same bytes, read the other way, lie half a pixel away."""
    area = geographic(tmp_path / "area.tif", 0.0005, 0.025)
    raw = area.read_bytes()
    mark = np.array([1025, 0, 1, 1], "<u2").tobytes()
    assert raw.count(mark) == 1
    (tmp_path / "point.tif").write_bytes(raw.replace(mark, np.array([1025, 0, 1, 2], "<u2").tobytes()))
    one, two = (top(read_terrain(path, LAT0, LON0, HALF_M)) for path in (area, tmp_path / "point.tif"))
    assert two[0] - one[0] == pytest.approx(-0.00025 * 96_800, abs=3.0)
    assert two[1] - one[1] == pytest.approx(0.00025 * 110_850, abs=3.0)


def test_cells_lie_where_the_earth_says(tmp_path: Path) -> None:
    """Placement against GeographicLib: a single high pixel comes out at its distance and azimuth."""
    lat, lon = 29.6201, 106.6101
    values = np.zeros((500, 500), np.float32)
    values[150, 350] = 1_000.0
    path = geotiff(tmp_path / "spike.tif", values, (lon - 350.5e-4, lat + 150.5e-4), (1e-4, 1e-4), 4326)
    terrain = read_terrain(path, LAT0, LON0, 2_000.0)
    row, col = (int(v) for v in np.unravel_index(int(terrain.height_m.argmax()), terrain.height_m.shape))
    azimuth, _, away = Geod(ellps="WGS84").inv(LON0, LAT0, lon, lat)
    east, north = away * math.sin(math.radians(azimuth)), away * math.cos(math.radians(azimuth))
    assert abs(terrain.east_m + col * terrain.cell_m - east) <= terrain.cell_m / 2.0 + 0.5
    assert abs(terrain.north_m + row * terrain.cell_m - north) <= terrain.cell_m / 2.0 + 0.5


@pytest.mark.parametrize("centre", [False, True])
@pytest.mark.parametrize("square", [False, True])
def test_ascii_grid(tmp_path: Path, centre: bool, square: bool) -> None:
    terrain = read_terrain(ascii_grid(tmp_path / "a.asc", 0.0002, 0.02, centre=centre, square=square), LAT0, LON0, HALF_M)
    assert worst_m(terrain) < 0.1
    assert np.hypot(*np.subtract(top(terrain), true_top())) < terrain.cell_m / 2.0


def test_ascii_grid_may_break_its_rows_anywhere(tmp_path: Path) -> None:
    path = ascii_grid(tmp_path / "a.asc", 0.0005, 0.02)
    lines = path.read_text().splitlines()
    (tmp_path / "b.asc").write_text("\n".join([*lines[:6], " ".join(lines[6:])]))
    (tmp_path / "c.asc").write_text("\n".join([*lines[:6], *" ".join(lines[6:]).split()]))
    grids = [read_terrain(tmp_path / name, LAT0, LON0, HALF_M) for name in ("a.asc", "b.asc", "c.asc")]
    assert grids[0] == grids[1] == grids[2]


@pytest.mark.parametrize(
    "how", [{"compression": "zlib"}, {"compression": "zlib", "predictor": 2}, {"tile": (64, 64)}, {"dtype": np.int16}, {"bigtiff": True}]
)
def test_forms_of_tiff(tmp_path: Path, how: dict[str, Any]) -> None:
    dtype = how.get("dtype", np.float32)
    if "predictor" in how:
        dtype = np.int16
    terrain = read_terrain(geographic(tmp_path / "a.tiff", 0.0002, 0.02, **{**how, "dtype": dtype}), LAT0, LON0, HALF_M)
    assert worst_m(terrain) < (1.1 if dtype == np.int16 else 0.1)


@pytest.mark.parametrize("packed", [5, 8], ids=["lzw", "deflate"])
@pytest.mark.parametrize(
    ("predictor", "dtype"), [(1, np.float32), (2, np.float32), (3, np.float32), (1, np.int16), (2, np.int16), (2, np.uint16)]
)
def test_packed_as_gdal_packs(tmp_path: Path, packed: int, predictor: int, dtype: Any) -> None:
    """Pixels packed by libtiff: the same grid as unpacked."""
    plain = geographic(tmp_path / "plain.tif", 0.0005, 0.02, dtype=dtype)
    path = packed_by_libtiff(plain, tmp_path / "packed.tif", packed, predictor)
    assert read_terrain(path, LAT0, LON0, HALF_M) == read_terrain(plain, LAT0, LON0, HALF_M)


def test_packed_otherwise_says_how_to_convert(tmp_path: Path) -> None:
    path = geographic(tmp_path / "a.tif", 0.0005, 0.02, compression="lzma")
    with pytest.raises(StoreRefused, match=r"its compression \(LZMA, predictor 1\) is not supported; gdal_translate") as caught:
        read_terrain(path, LAT0, LON0, HALF_M)
    assert "请转换" in caught.value.zh


def test_heights_in_feet_become_metres(tmp_path: Path) -> None:
    plain = read_terrain(geographic(tmp_path / "m.tif", 0.0005, 0.02), LAT0, LON0, HALF_M)
    feet = read_terrain(geographic(tmp_path / "f.tif", 0.0005, 0.02, more=(4099, 0, 1, 9002)), LAT0, LON0, HALF_M)
    np.testing.assert_allclose(feet.height_m, plain.height_m * 0.3048, rtol=1e-5)


def test_fine_file_is_averaged_onto_the_cells_that_are_allowed(tmp_path: Path) -> None:
    """Where 1 m pixels go up and down by 20 m, cells of 2 m see the hill's mean at its place, no moiré."""
    count, cell = 3_600, 9e-6
    lat, lon = (centre + sign * (np.arange(count) + 0.5 - count / 2) * cell for centre, sign in ((LAT0, -1), (LON0, 1)))
    rough = hill(lat[:, None], lon[None, :]).astype(np.float32)
    rough += np.where(np.add.outer(np.arange(count), np.arange(count)) % 2, np.float32(20.0), np.float32(-20.0))
    path = geotiff(tmp_path / "fine.tif", rough, (lon[0] - cell / 2, lat[0] + cell / 2), (cell, cell), 4326)
    terrain = read_terrain(path, LAT0, LON0, HALF_M)
    assert terrain.height_m.shape == (1_499, 1_499)
    assert worst_m(terrain) < 0.02


def test_wide_area_keeps_its_heights(tmp_path: Path) -> None:
    terrain = read_terrain(geographic(tmp_path / "wide.tif", 0.00006, 0.055), LAT0, LON0, 5_000.0)
    assert max(terrain.height_m.shape) <= 1_500
    assert worst_m(terrain) < 0.1


def test_voids_are_filled_from_their_neighbours(tmp_path: Path) -> None:
    whole = read_terrain(geographic(tmp_path / "whole.tif", 0.0002, 0.02), LAT0, LON0, HALF_M)
    path = geographic(tmp_path / "a.tif", 0.0002, 0.02)
    values = tifffile.imread(path)
    hole = values.copy()
    hole[90:100, 120:130] = -32768.0
    hole[50, 50] = np.nan
    hole[60, 60] = 12.5
    count = values.shape[0] // 2
    corner = (LON0 + 0.0011 - count * 0.0002, LAT0 - 0.0007 + count * 0.0002)
    holed = read_terrain(geotiff(tmp_path / "b.tif", hole, corner, (0.0002, 0.0002), 4326, nodata=12.5), LAT0, LON0, HALF_M)
    assert np.isfinite(holed.height_m).all()
    assert holed != whole
    away = np.abs(holed.height_m - whole.height_m)
    assert away.max() < 30.0
    assert (away > 0.5).mean() < 0.02


def test_mostly_void_is_refused(tmp_path: Path) -> None:
    path = geographic(tmp_path / "a.tif", 0.0002, 0.02)
    values = tifffile.imread(path)
    values[:, : values.shape[1] * 2 // 5] = -9999.0
    geotiff(path, values, (LON0 - 0.02, LAT0 + 0.02), (0.0002, 0.0002), 4326, nodata=-9999)
    with pytest.raises(StoreError, match=r"\d\d% of the ground within 1.5 km of the station has no height") as caught:
        read_terrain(path, LAT0, LON0, HALF_M)
    assert "没有高程" in caught.value.zh
    with pytest.raises(StoreError, match=r"lower site\.radius_m"):
        read_terrain(geographic(tmp_path / "small.tif", 0.0002, 0.01), LAT0, LON0, HALF_M)


def test_a_disc_cut_out_round_the_station_is_whole(tmp_path: Path) -> None:
    """The corners of the square lie beyond the radius: nobody needs them."""
    path = geographic(tmp_path / "a.tif", 0.0002, 0.02)
    values = tifffile.imread(path)
    count = values.shape[0] // 2
    lon = 0.0011 + (np.arange(-count, count) + 0.5) * 0.0002
    lat = -0.0007 - (np.arange(-count, count) + 0.5) * 0.0002
    far = np.hypot(*np.meshgrid(lat * 110_850, lon * 96_800, indexing="ij")) > 1_600.0
    values[far] = np.nan
    geotiff(path, values, (LON0 + lon[0] * 0 + lon[0] - 0.0001, LAT0 + lat[0] + 0.0001), (0.0002, 0.0002), 4326)
    assert np.isfinite(read_terrain(path, LAT0, LON0, HALF_M).height_m).all()


def test_another_place_is_named(tmp_path: Path) -> None:
    path = projected(tmp_path / "a.tif", 32648, 30.0, 3_000.0)
    with pytest.raises(StoreError, match=r"does not hold the station: the middle of the grid lies \d+ km away") as caught:
        read_terrain(path, LAT0 + 1.0, LON0, HALF_M)
    assert "111 km" in str(caught.value)
    assert "不含本站" in caught.value.zh
    assert "site.terrain_epsg" in str(caught.value)


def test_coordinates_that_the_file_does_not_name(tmp_path: Path) -> None:
    path = projected(tmp_path / "a.tif", 32648, 10.0, 2_200.0)
    told = read_terrain(path, LAT0, LON0, HALF_M)
    raw = path.read_bytes().replace(np.array([3072, 0, 1, 32648], "<u2").tobytes(), np.array([3072, 0, 1, 32767], "<u2").tobytes())
    path.write_bytes(raw)
    with pytest.raises(StoreRefused, match=r"does not say which coordinates.*site\.terrain_epsg") as caught:
        read_terrain(path, LAT0, LON0, HALF_M)
    assert "请在 site.terrain_epsg 写明" in caught.value.zh
    assert read_terrain(path, LAT0, LON0, HALF_M, epsg=32648) == told
    with pytest.raises(StoreError, match="does not hold the station"):
        read_terrain(path, LAT0, LON0, HALF_M, epsg=32649)
    with pytest.raises(StoreRefused, match="no way is known from EPSG:99999"):
        read_terrain(path, LAT0, LON0, HALF_M, epsg=99999)
    with pytest.raises(StoreRefused, match="no way is known from EPSG:4610"):
        read_terrain(geographic(tmp_path / "xian.tif", 0.0005, 0.02, 4610), LAT0, LON0, HALF_M)


def test_file_and_setting_that_disagree(tmp_path: Path) -> None:
    path = projected(tmp_path / "a.tif", 32648, 10.0, 2_200.0)
    with pytest.raises(StoreRefused, match=r"the file says EPSG:32648, site\.terrain_epsg 4545"):
        read_terrain(path, LAT0, LON0, HALF_M, epsg=4545)


def test_ascii_grid_in_metres_needs_a_code(tmp_path: Path) -> None:
    forth = Transformer.from_crs("EPSG:4326", "EPSG:32648", always_xy=True)
    x0, y0 = forth.transform(LON0, LAT0)
    x, y = x0 + (np.arange(-100, 100) + 0.5) * 20.0, y0 - (np.arange(-100, 100) + 0.5) * 20.0
    lon, lat = forth.transform(*np.meshgrid(x, y), direction="INVERSE")
    head = f"ncols 200\nnrows 200\nxllcorner {x0 - 2000:.3f}\nyllcorner {y0 - 2000:.3f}\ncellsize 20\n"
    path = tmp_path / "a.asc"
    path.write_text(head + "\n".join(" ".join(f"{h:.3f}" for h in row) for row in hill(lat, lon)))
    with pytest.raises(StoreRefused, match=r"site\.terrain_epsg"):
        read_terrain(path, LAT0, LON0, HALF_M)
    assert worst_m(read_terrain(path, LAT0, LON0, HALF_M, epsg=32648)) < 0.1


def test_digest_is_of_values_and_place(tmp_path: Path) -> None:
    path = geographic(tmp_path / "a.tif", 0.0005, 0.025)
    one, two = (read_terrain(path, LAT0, LON0, HALF_M) for _ in range(2))
    assert one == two
    assert one.height_m is not two.height_m
    assert one != read_terrain(path, LAT0 + 1e-4, LON0, HALF_M)
    assert one != read_terrain(path, LAT0, LON0, HALF_M, sigma_m=2.0)
    values = tifffile.imread(path)
    count = values.shape[0] // 2
    values[count, count] += 0.01
    corner = (LON0 + 0.0011 - count * 0.0005, LAT0 - 0.0007 + count * 0.0005)
    assert one != read_terrain(geotiff(path, values, corner, (0.0005, 0.0005), 4326), LAT0, LON0, HALF_M)


def test_huge_is_refused_before_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    with path.open("wb") as out:
        out.truncate(MAX_BYTES + 1)
    with pytest.raises(StoreRefused, match=r"200 MB of heights, at most 200 MB; cut out"):
        read_terrain(path, LAT0, LON0, HALF_M)
    dense = geographic(tmp_path / "b.tif", 0.0005, 0.01, compression="zlib")
    raw = bytearray(dense.read_bytes())
    with tifffile.TiffFile(dense) as tiff:
        for name in ("ImageWidth", "ImageLength"):
            tag = tiff.pages[0].tags[name]
            raw[tag.valueoffset : tag.valueoffset + 2] = (60_000).to_bytes(2, "little")
    dense.write_bytes(raw)
    with pytest.raises(StoreRefused, match="at most 200 MB"):
        read_terrain(dense, LAT0, LON0, HALF_M)
    (tmp_path / "c.asc").write_text("ncols 100000\nnrows 100000\nxllcorner 106\nyllcorner 29\ncellsize 0.00001\n1 2 3\n")
    with pytest.raises(StoreRefused, match="at most 200 MB"):
        read_terrain(tmp_path / "c.asc", LAT0, LON0, HALF_M)


def test_missing_file_says_so(tmp_path: Path) -> None:
    for name in ("a.tif", "a.asc"):
        with pytest.raises(StoreRefused, match="cannot be read: No such file") as caught:
            read_terrain(tmp_path / name, LAT0, LON0, HALF_M)
        assert "无法读取" in caught.value.zh


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("", "its header lacks 'ncols'"),
        ("hello\n", "not ncols"),
        ("ncols 2\nnrows 2\nxllcorner 106\nyllcorner 29\n1 2 3 4\n", "header makes no sense"),
        ("ncols 2\nnrows 2\nxllcorner 106\nyllcorner 29\ncellsize -1\n1 2 3 4\n", "header makes no sense"),
        ("ncols 2\nnrows 2\nxllcorner nan\nyllcorner 29\ncellsize 1\n1 2 3 4\n", "header makes no sense"),
        ("ncols two\nnrows 2\n", "ncols is two"),
        ("ncols 2\nnrows 2\nyllcorner 29\ncellsize 1\n1 2 3 4\n", "header lacks 'xllcorner'"),
        ("ncols 2\nnrows 2\nxllcorner 106\nyllcorner 29\ncellsize 1\n1 2 3\n", "2 × 2 heights are due"),
        ("ncols 2\nnrows 2\nxllcorner 106\nyllcorner 29\ncellsize 1\n1 2 3 4 5\n", "more than 2 × 2"),
        ("ncols 2\nnrows 2\nxllcorner 106\nyllcorner 29\ncellsize 1\n1 2 three 4\n", "could not convert"),
        ("ncols 2\nnrows 2\nxllcorner 106\nyllcorner 29\ncellsize 1\n1 2 ３ 4\n", "other than numbers"),
    ],
)
def test_broken_ascii_grid(tmp_path: Path, text: str, match: str) -> None:
    path = tmp_path / "a.asc"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(StoreGarbled, match=match) as caught:
        read_terrain(path, LAT0, LON0, HALF_M)
    assert str(path) in str(caught.value)
    assert "请重新导出" in caught.value.zh


def test_tiff_that_does_not_say_where_or_how(tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "plain.tif", np.zeros((20, 20), np.float32))
    with pytest.raises(StoreGarbled, match="does not say where it lies"):
        read_terrain(tmp_path / "plain.tif", LAT0, LON0, HALF_M)
    geotiff(tmp_path / "colour.tif", np.zeros((20, 20, 3), np.uint8), (LON0, LAT0), (1e-3, 1e-3), 4326, photometric="rgb")
    with pytest.raises(StoreGarbled, match="3 bands"):
        read_terrain(tmp_path / "colour.tif", LAT0, LON0, HALF_M)
    geotiff(tmp_path / "flat.tif", np.zeros((20, 20), np.float32), (LON0, LAT0), (0.0, 0.0), 4326)
    with pytest.raises(StoreGarbled, match="pixels have no size"):
        read_terrain(tmp_path / "flat.tif", LAT0, LON0, HALF_M)
    for cell in (1e-9, 1.0, 1e12):
        geotiff(tmp_path / "odd.tif", np.zeros((20, 20), np.float32), (LON0 - 10 * cell, LAT0 + 10 * cell), (cell, cell), 4326)
        with pytest.raises(StoreGarbled, match=r"its pixels are .* m wide"):
            read_terrain(tmp_path / "odd.tif", LAT0, LON0, HALF_M)


def outcome(path: Path) -> Terrain | StoreError:
    try:
        return read_terrain(path, LAT0, LON0, HALF_M)
    except StoreError as fault:
        return fault


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> list[bytes]:
    folder = tmp_path_factory.mktemp("small")
    plain = geographic(folder / "a.tif", 0.002, 0.02, compression="zlib")
    return [plain.read_bytes(), packed_by_libtiff(plain, folder / "b.tif", 5, 3).read_bytes()]


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_damaged_tiff_is_an_error_of_ours_or_a_terrain(tmp_path: Path, small: list[bytes], data: st.DataObject) -> None:
    raw = bytearray(data.draw(st.sampled_from(small), "file"))
    if data.draw(st.booleans(), "cut it"):
        del raw[data.draw(st.integers(0, len(raw)), "cut") :]
    for _ in range(data.draw(st.integers(0, 4), "flips") if raw else 0):
        raw[data.draw(st.integers(0, len(raw) - 1), "at")] = data.draw(st.integers(0, 255), "byte")
    path = tmp_path / "a.tif"
    path.write_bytes(raw)
    found = outcome(path)
    assert str(path) in str(found) if isinstance(found, StoreError) else np.isfinite(found.height_m).all()


def test_terrain_that_worked_is_kept(tmp_path: Path) -> None:
    terrain = read_terrain(geographic(tmp_path / "a.tif", 0.0005, 0.025), LAT0, LON0, HALF_M, sigma_m=1.5)
    assert kept_terrain(tmp_path) is None
    keep_terrain(tmp_path / "state", terrain)
    kept = kept_terrain(tmp_path / "state")
    assert kept is not None
    assert kept == terrain
    assert (kept.cell_m, kept.sigma_m, kept.lat0_wgs84) == (terrain.cell_m, 1.5, LAT0)
    (path,) = (tmp_path / "state").iterdir()
    stamp = path.stat().st_mtime_ns
    keep_terrain(tmp_path / "state", terrain)
    assert path.stat().st_mtime_ns == stamp
    raw = bytearray(path.read_bytes())
    raw[len(raw) // 2] ^= 1
    path.write_bytes(raw)
    assert kept_terrain(tmp_path / "state") is None
    path.write_bytes(raw[:100])
    assert kept_terrain(tmp_path / "state") is None

"""LANDMARKS.csv of `edged calibrate` into rows; every fault with its line and column name and what to write, all in one run."""

from __future__ import annotations

import csv
import io
import math
from dataclasses import dataclass
from pathlib import Path

from edged.geometry.datum import DatumName, from_datum
from edged.model.errors import ConfigError
from edged.model.words import Words

REQUIRED = ("name", "lat_wgs84", "lon_wgs84", "height_m", "pan_deg", "tilt_deg")
OPTIONAL = ("x_px", "y_px", "hfov_deg", "zoom_norm", "sigma_px", "sigma_m", "lens")
EXAMPLE = "2门门柱,29.61310,106.60840,4.5,-31.20,-2.85,38,452"
RANGES: dict[str, tuple[float, float]] = {
    "lat_wgs84": (-90, 90), "lon_wgs84": (-180, 180), "height_m": (-500, 9000), "pan_deg": (-360, 360), "tilt_deg": (-90, 90),
    "x_px": (-0.5, 20000), "y_px": (-0.5, 20000), "hfov_deg": (0.2, 360), "zoom_norm": (0, 1), "sigma_px": (0.05, 100), "sigma_m": (0, 50),
}  # fmt: skip
MOST_FAULTS = 20


@dataclass(frozen=True, slots=True)
class Row:
    """One line. WGS-84; None where the column is empty or missing."""

    line: int
    name: str
    lat_wgs84: float
    lon_wgs84: float
    height_m: float
    pan_deg: float
    tilt_deg: float
    x_px: float | None
    y_px: float | None
    hfov_deg: float | None
    zoom_norm: float | None
    sigma_px: float | None
    sigma_m: float | None
    lens: str | None


def read_landmarks(path: Path, datum: DatumName) -> list[Row]:
    """Return the rows. `datum` of the file's coordinates, whatever its header says. Raises ConfigError with all faults."""
    text = read_text(path)
    reader = csv.reader(io.StringIO(text), delimiter=_delimiter(text), skipinitialspace=True)
    header: list[str] | None = None
    rows: list[Row] = []
    faults: list[Words] = []
    for cells in reader:
        if not any(cell.strip() for cell in cells) or cells[0].lstrip().startswith("#"):
            continue
        if header is None:
            header = [cell.strip() for cell in cells]
            faults += _header_faults(header, reader.line_num)
            if faults:
                break
            continue
        found = _row(header, cells, reader.line_num, datum)
        if isinstance(found, Row):
            rows.append(found)
        else:
            faults += found
    if header is None:
        faults.append(
            Words("is empty: its first line names the columns: " + ",".join(REQUIRED), "为空: 首行须写列名: " + ",".join(REQUIRED))
        )
    elif not rows and not faults:
        faults.append(Words(f"has no landmark: write lines such as {EXAMPLE}", f"没有地标: 请逐行填写, 例如 {EXAMPLE}"))
    if faults:
        more = len(faults) - MOST_FAULTS
        shown = faults[:MOST_FAULTS] + ([Words(f"… and {more} more", f"…… 另有 {more} 处")] if more > 0 else [])
        raise ConfigError("\n".join(f"{path}:{f.en}" for f in shown), zh="\n".join(f"{path}:{f.zh}" for f in shown))
    return rows


def read_text(path: Path) -> str:
    """Return a text file in UTF-8, or in GB 18030 as spreadsheets save it. Raises ConfigError."""
    try:
        data = path.read_bytes()
    except OSError as fault:
        raise ConfigError(f"{path}: cannot be read: {fault.strerror}", zh=f"{path}: 无法读取: {fault.strerror}") from None
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise ConfigError(f"{path}: is no text: save it as CSV in UTF-8", zh=f"{path}: 不是文本文件: 请另存为 UTF-8 编码的 CSV")


def _delimiter(text: str) -> str:
    """Return what separates the columns of the header: comma, or semicolon or tab as some spreadsheets write."""
    first = next((line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")), "")
    return max(",;\t", key=first.count)


def _header_faults(header: list[str], line: int) -> list[Words]:
    faults = []
    if any("，" in name for name in header):
        return [Words(f"{line}: full-width comma （，）: write ,", f"{line}: 用了全角逗号 （，）: 请改为半角 ,")]
    for name in REQUIRED:
        if name not in header:
            faults.append(
                Words(
                    f"{line}: column {name} is missing: the first line must name at least {','.join(REQUIRED)}",
                    f"{line}: 缺少列 {name}: 首行至少须有 {','.join(REQUIRED)}",
                )
            )
    for name in header:
        if name not in REQUIRED + OPTIONAL:
            faults.append(
                Words(
                    f"{line}: column {name!r} is unknown: delete it, or name it one of {','.join(REQUIRED + OPTIONAL)}",
                    f"{line}: 未知的列 {name!r}: 请删除, 或改为 {','.join(REQUIRED + OPTIONAL)} 之一",
                )
            )
        elif header.count(name) > 1:
            faults.append(Words(f"{line}: column {name} is there twice: delete one", f"{line}: 列 {name} 重复: 请删除一个"))
    return list(dict.fromkeys(faults))


def _row(header: list[str], cells: list[str], line: int, datum: DatumName) -> Row | list[Words]:
    if len(cells) != len(header):
        return [
            Words(
                f"{line}: {len(cells)} values under {len(header)} columns: write one value a column, nothing between two commas "
                "where it is unknown",
                f"{line}: 有 {len(cells)} 个值, 但列名有 {len(header)} 个: 每列一个值, 未知的留空",
            )
        ]
    given = {name: cell.strip() for name, cell in zip(header, cells, strict=True)}
    faults: list[Words] = []
    numbers: dict[str, float | None] = {}
    for name, (low, high) in RANGES.items():
        try:
            numbers[name] = _number(given.get(name, ""), low, high)
        except ValueError as fault:
            zh, en = f"须为 {low:g} 到 {high:g} 之间的数字", f"write a number from {low:g} to {high:g}"
            faults.append(Words(f"{line}: {name}: {str(fault)!r}: {en}", f"{line}: {name}: {str(fault)!r}: {zh}"))
            continue
        if numbers[name] is None and name in REQUIRED:
            faults.append(Words(f"{line}: {name}: nothing stands here: write a number", f"{line}: {name}: 未填写: 请填数字"))
    if not given["name"]:
        faults.append(Words(f"{line}: name: nothing stands here: name the landmark", f"{line}: name: 未填写: 请写地标名称"))
    if not faults and (numbers["x_px"] is None) != (numbers["y_px"] is None):
        empty = "x_px" if numbers["x_px"] is None else "y_px"
        faults.append(
            Words(
                f"{line}: {empty}: write both x_px and y_px, or neither where the head was aimed at the landmark",
                f"{line}: {empty}: x_px 与 y_px 须同时填写; 若镜头正对地标则都留空",
            )
        )
    lens = given.get("lens", "").lower() or None
    if lens not in (None, "thermal", "visible"):
        faults.append(Words(f"{line}: lens: {lens!r}: write thermal or visible", f"{line}: lens: {lens!r}: 请写 thermal 或 visible"))
    if faults:
        return faults
    lat, lon = from_datum(datum, numbers["lat_wgs84"] or 0.0, numbers["lon_wgs84"] or 0.0)
    return Row(
        line, given["name"], lat, lon, numbers["height_m"] or 0.0, numbers["pan_deg"] or 0.0, numbers["tilt_deg"] or 0.0,
        numbers["x_px"], numbers["y_px"], numbers["hfov_deg"], numbers["zoom_norm"], numbers["sigma_px"], numbers["sigma_m"], lens,
    )  # fmt: skip


def _number(cell: str, low: float, high: float) -> float | None:
    """Return the number in a cell, None for an empty one. Raises ValueError with the cell for anything else."""
    if not cell:
        return None
    try:
        value = float(cell)
    except ValueError:
        raise ValueError(cell) from None
    if not math.isfinite(value) or not low <= value <= high:
        raise ValueError(cell)
    return value

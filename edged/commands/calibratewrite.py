"""What a calibration changes in the files of a camera: keys and values for commissioned/, what a person must write, and when nothing is."""

from __future__ import annotations

from itertools import pairwise

from edged.camera.optics import LensSettings
from edged.camera.settings import CameraSettings
from edged.config.document import Way
from edged.geometry.calibrated import Calibration
from edged.geometry.calibration import FEWEST
from edged.geometry.landmark import SAME_ZOOM
from edged.geometry.spaces import boresight_at
from edged.model.words import Words

MOST_RMS_PX = 5.0
MOST_WALK_SCALE = 3.0
"""A fit that misses by more is not written. On a walk the GPS's metres are most of it: it is measured against them."""


def values_of(found: Calibration, camera: CameraSettings, lens: LensSettings) -> tuple[dict[Way, object], list[Words]]:
    """Return what is written, by its way, and what a person must write."""
    mount, fitted = found.mount, " ".join(found.fitted)
    values: dict[Way, object] = {
        ("mount", "azimuth_deg"): round(mount.azimuth_deg, 4),
        ("mount", "tilt_zero_deg"): round(mount.tilt_zero_deg, 4),
        ("mount", "roll_deg"): round(mount.roll_deg, 4),
    }
    if mount.lean_deg:
        values |= {("mount", "lean_deg"): round(mount.lean_deg, 4), ("mount", "lean_azimuth_deg"): round(mount.lean_azimuth_deg, 2)}
    values |= {("mount", "sigma_deg"): round(mount.sigma_deg, 4), ("mount", "calibrated"): True}
    section = "thermal" if camera.thermal else "visible"
    values |= _axes(found, section, lens)
    if "hfov_deg" not in fitted:
        return values, []
    table = dict(lens.field_table)
    notes = []
    changed = False
    for claimed, true in found.fields:
        if claimed == true:
            continue
        zoom = next((z for z, hfov in lens.field_table if abs(hfov / claimed - 1.0) <= SAME_ZOOM), None)
        if zoom is None and lens.fields_told:
            zoom = lens.zoom_for(claimed)
        if zoom is None:
            notes.append(
                Words(f"the field of view {true:.2f}° (claimed {claimed:g}°) is not written: give hfov_tele_deg or zoom of the lens first",
                      f"视场角 {true:.2f}° (标称 {claimed:g}°) 未写入: 请先写镜头的 hfov_tele_deg 或 zoom")
            )  # fmt: skip
            continue
        table[zoom] = round(true, 4)
        changed = True
        views = [view.id for view in camera.views if view.hfov_deg is not None and abs(view.hfov_deg / claimed - 1.0) <= SAME_ZOOM]
        if views:
            notes.append(
                Words(f"views {', '.join(views)} name their own field: write hfov_deg: {true:.2f} there",
                      f"视野 {', '.join(views)} 单独写了视场角: 请改为 hfov_deg: {true:.2f}")
            )  # fmt: skip
    if changed and not lens.zoom and len(table) == len(lens.field_table):
        ends = [table[zoom] for zoom, _ in lens.field_table]
        names = ("hfov_deg", "hfov_tele_deg")
        values |= {(section, name): hfov for name, hfov, (_, old) in zip(names, ends, lens.field_table, strict=False) if hfov != old}
    elif changed:
        rows = [[zoom, table[zoom]] for zoom in sorted(table)]
        if all(narrow[1] < wide[1] for wide, narrow in pairwise(rows)):
            values[section, "zoom"] = rows
        else:
            notes.append(
                Words(f"{section}.zoom is not written, the field does not narrow from row to row: {rows}: take landmarks at each zoom",
                      f"{section}.zoom 未写入, 视场角未逐行变小: {rows}: 请在每个变倍下选取地标")
            )  # fmt: skip
    return values, notes


def _axes(found: Calibration, section: str, lens: LensSettings) -> dict[Way, object]:
    """Return the boresight table with the axes that were found to lie elsewhere at their zoom."""
    rows = {zoom: (right, up) for zoom, right, up in lens.boresight} or {lens.field_table[0][0]: (0.0, 0.0)}
    moved = dict(rows)
    for claimed, right, up in found.axes:
        if (zoom := lens.zoom_for(claimed)) is not None:
            before = boresight_at(lens.boresight, zoom)
            moved[zoom] = (round(before[0] + right, 4), round(before[1] + up, 4))
    return {} if moved == rows else {(section, "boresight"): [[zoom, *moved[zoom]] for zoom in sorted(moved)]}


def refusal_of(found: Calibration, walked: bool) -> Words | None:
    """Return why a fit is too bad to be written, or None."""
    if found.landmarks < FEWEST:
        return Words(
            f"only {found.landmarks} landmarks agree: at least {FEWEST} are needed",
            f"仅 {found.landmarks} 个地标一致: 至少需要 {FEWEST} 个",
        )
    if walked and found.scale > MOST_WALK_SCALE:
        return Words(
            f"the fit misses by {found.scale:.1f} times what the GPS explains (most {MOST_WALK_SCALE:g}): walk again, with more stops",
            f"残差是定位误差的 {found.scale:.1f} 倍, 过大 (上限 {MOST_WALK_SCALE:g}): 请增加停留点重新走一遍",
        )
    if not walked and found.rms_px > MOST_RMS_PX:
        return Words(
            f"the fit misses by {found.rms_px:.1f} px (most {MOST_RMS_PX:g}): follow the notes above and calibrate again",
            f"残差 {found.rms_px:.1f} px, 过大 (上限 {MOST_RMS_PX:g}): 请按以上提示处理后重新标定",
        )
    return None

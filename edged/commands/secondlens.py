"""The other lens of a head against the one that bearings are counted from: its boresight by zoom, its roll, its widest field."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from statistics import fmean
from typing import Literal

from edged.config.document import Way
from edged.geometry.calibrated import Calibration
from edged.geometry.calibration import FEWEST, calibrate
from edged.geometry.head import wrap_deg
from edged.geometry.landmark import Observation
from edged.model.errors import CalibrationError
from edged.model.words import Words

FARTHEST_OFF_DEG = 20.0
NAMES = {"thermal": "热像", "visible": "可见光"}


def compare(
    found: Calibration, kind: Literal["thermal", "visible"], by_zoom: dict[float, Sequence[Observation]], fix_fov: bool, refraction_k: float
) -> tuple[dict[Way, object], list[Words]]:
    """Return what is written of lens `kind`, and what is said. `by_zoom`: zoom_norm → its landmarks."""
    rows: list[list[float]] = []
    rolls: list[float] = []
    values: dict[Way, object] = {}
    said: list[Words] = []
    for zoom in sorted(by_zoom):
        own = [replace(o, lens=replace(o.lens, roll_deg=0.0, pan_off_deg=0.0, tilt_off_deg=0.0)) for o in by_zoom[zoom]]
        count = len({o.name for o in own})
        if count < FEWEST:
            said.append(
                Words(f"{kind} lens at zoom {zoom:g}: not compared, {count} landmarks are fewer than {FEWEST}",
                      f"{NAMES[kind]}镜头 (变倍 {zoom:g}): 未比较, 仅 {count} 个地标, 至少需要 {FEWEST} 个")
            )  # fmt: skip
            continue
        try:
            other = calibrate(found.mount, own, fix_fov=fix_fov, refraction_k=refraction_k)
        except CalibrationError as fault:
            said.append(Words(f"{kind} lens at zoom {zoom:g}: {fault}", f"{NAMES[kind]}镜头 (变倍 {zoom:g}): {fault.zh}"))
            continue
        right = wrap_deg(other.mount.azimuth_deg - found.mount.azimuth_deg)
        up = other.mount.tilt_zero_deg - found.mount.tilt_zero_deg
        if max(abs(right), abs(up)) > FARTHEST_OFF_DEG:
            said.append(
                Words(f"{kind} lens at zoom {zoom:g}: {right:+.1f}°, {up:+.1f}° off the head cannot be: check its landmarks",
                      f"{NAMES[kind]}镜头 (变倍 {zoom:g}): 偏离云台 {right:+.1f}°、{up:+.1f}°, 不可能: 请核对其地标")
            )  # fmt: skip
            continue
        rows.append([zoom, round(right, 4), round(up, 4)])
        if "roll_deg" in other.fitted:
            rolls.append(other.mount.roll_deg - found.mount.roll_deg)
        if zoom == 0.0 and "hfov_deg" in other.fitted:
            values[kind, "hfov_deg"] = round(other.fields[0][1], 4)
        left = f"; left out: {', '.join(r.name for r in other.rejected)}" if other.rejected else ""
        left_zh = f"; 已剔除: {'、'.join(r.name for r in other.rejected)}" if other.rejected else ""
        said.append(
            Words(f"{kind} lens at zoom {zoom:g}: axis {right:+.3f}° right, {up:+.3f}° up, rms {other.rms_px:.2f} px{left}",
                  f"{NAMES[kind]}镜头 (变倍 {zoom:g}): 光轴偏右 {right:+.3f}°、偏上 {up:+.3f}°, 残差 {other.rms_px:.2f} px{left_zh}")
        )  # fmt: skip
    if rows:
        values[kind, "boresight"] = rows
    if rolls:
        values[kind, "roll_deg"] = round(fmean(rolls), 4)
    return values, said

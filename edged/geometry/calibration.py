"""Calibration: where pan and tilt zero, roll, lean and the fields of view lie, from landmarks; how well that is known; what does not fit.

Landmarks that contradict the others are named and left out; what the landmarks cannot carry stays as it was, and both are said.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from edged.geometry.agreement import Agreement, agree
from edged.geometry.calibrated import Calibration, Parameter, Rejected, Residual, expected
from edged.geometry.fit import Fit, deletion, solve
from edged.geometry.head import wrap_deg
from edged.geometry.landmark import (
    AZIMUTH,
    FIELD,
    LEAN_EAST,
    LEAN_NORTH,
    PARAMETERS,
    ROLL,
    TILT_ZERO,
    Array,
    Observation,
    Sights,
)  # fmt: skip
from edged.geometry.misfit import Finding, find
from edged.model.errors import CalibrationError
from edged.model.site import Mount
from edged.model.words import Words

LARGEST_SIGMA = {ROLL: 1.0, LEAN_EAST: 0.3, LEAN_NORTH: 0.3}
LARGEST_FIELD_SIGMA, LARGEST_AXIS_SIGMA_DEG = 0.02, 0.1
"""A parameter that the landmarks would only know worse than this (degrees; share) stays as it was: the installer knows it better."""
LEAN_SPREAD_DEG = 90.0
LEAN_LANDMARKS = 6
TURNS_DEG = 20.0
"""A head whose landmarks lie within less than this is taken to stand still."""
FEWEST = 3
HOPELESS_SCALE = 50.0
"""Residuals so many times as large as stated are no calibration."""
LEAST_SIGMA_DEG = 0.02
"""A fit of some minutes does not see what mast and head do at other hours."""
RANGES_M = (1_000.0, 3_000.0)


def calibrate(mount: Mount, observations: Sequence[Observation], *, fix_fov: bool = False, refraction_k: float = 0.13) -> Calibration:
    """Fit `mount` and fields of view to landmarks; the azimuth that `mount` has may be wrong by any amount.

    Raises CalibrationError for fewer than three landmarks and where they contradict one another.
    """
    sights = Sights(mount, observations, refraction_k) if observations else None
    if sights is None or len(sights.names) < FEWEST:
        known = len(sights.names) if sights else 0
        raise CalibrationError(
            f"{known} landmarks: at least {FEWEST} are needed, better 6 all round and near the edges of the picture",
            zh=f"仅 {known} 个地标: 至少需要 {FEWEST} 个, 最好 6 个, 分布于四周并靠近画面边缘",
        )
    before = sights.start(mount)
    agreement = agree(sights, before)
    count = int(agreement.agreed.sum())
    if count < FEWEST or 2 * count < len(sights.names):
        raise _contradiction(sights, before, count)
    fit, kept, findings = _fit(sights, before, agreement, fix_fov)
    if fit.scale2 > HOPELESS_SCALE**2:
        raise _contradiction(sights, before, 0)
    return _told(mount, sights, before, fit, agreement, kept, findings)


def _contradiction(sights: Sights, before: Array, count: int) -> CalibrationError:
    azimuth, tilt = sights.implied(before)
    asked = ", ".join(f"{sights.names[g]} {azimuth[i] % 360.0:.1f}°/{tilt[i]:+.1f}°" for i, g in enumerate(sights.group))
    return CalibrationError(
        f"the landmarks contradict one another: at most {count} of {len(sights.names)} agree. Azimuth of pan zero and elevation of "
        f"tilt zero that each asks for: {asked}. Check names, the signs of pan and tilt, the mast's position and the datum",
        zh=f"地标互相矛盾: {len(sights.names)} 个中至多 {count} 个一致。各地标要求的水平零位方位角/俯仰零位仰角: {asked}。"
        "请核对名称、水平与俯仰的正负号、立杆位置和坐标系",
    )


def _fit(sights: Sights, before: Array, agreement: Agreement, fix_fov: bool) -> tuple[Fit, list[Words], tuple[Finding, ...]]:
    """Fit plainly what the landmarks that agree can carry."""
    used = agreement.agreed[sights.group]
    theta = before.copy()
    theta[[AZIMUTH, TILT_ZERO]] = agreement.fit.theta[[AZIMUTH, TILT_ZERO]]
    fields = () if fix_fov else tuple(FIELD + z for z in range(len(sights.fields)) if (sights.zoom[used] == z).any())
    free = [AZIMUTH, TILT_ZERO, ROLL, *fields]
    kept: list[Words] = []
    scale = float(np.sqrt(agreement.fit.scale2))
    while True:
        fit = solve(sights, theta, tuple(free), used, {})
        excess = {at: fit.stated_sigma(at) * scale / _largest(sights, at) for at in free if at not in (AZIMUTH, TILT_ZERO)}
        worst = max(excess, key=lambda at: excess[at], default=None)
        if worst is None or excess[worst] <= 1.0:
            break
        kept.append(_kept(sights, worst, before))
        free.remove(worst)
    reach = _reach(sights.pan[used]) >= LEAN_SPREAD_DEG and int(agreement.agreed.sum()) >= LEAN_LANDMARKS
    if not reach and _reach(sights.pan[used]) > TURNS_DEG:
        kept.append(_no_lean(sights, before))
    findings = find(sights, fit, lean=reach)
    while findings and findings[0].kind in ("lean", "axis"):
        more = findings[0].parameters
        wider = solve(sights, fit.theta, (*fit.free, *more), used, {})
        if any(wider.sigma(at) > _largest(sights, at) for at in more):
            break
        fit, findings = wider, find(sights, wider, lean=reach)
    return fit, kept, findings


def _largest(sights: Sights, parameter: int) -> float:
    axes = FIELD + len(sights.fields)
    return LARGEST_SIGMA.get(parameter, LARGEST_FIELD_SIGMA if parameter < axes else LARGEST_AXIS_SIGMA_DEG)


def _kept(sights: Sights, parameter: int, before: Array) -> Words:
    if parameter == ROLL:
        return Words(
            f"roll stays {before[ROLL]:.2f}°: these landmarks do not determine it; take some near the edges of the picture",
            f"横滚角保持 {before[ROLL]:.2f}°: 这些地标无法确定它; 请选取靠近画面边缘的地标",
        )
    hfov = sights.fields[parameter - FIELD]
    return Words(
        f"the field of view stays {hfov:g}°: these landmarks do not determine it; take some near the edges of the picture at this zoom",
        f"视场角保持 {hfov:g}°: 这些地标无法确定它; 请在该变焦下选取靠近画面边缘的地标",
    )


def _no_lean(sights: Sights, before: Array) -> Words:
    lean = float(np.hypot(before[LEAN_EAST], before[LEAN_NORTH]))
    return Words(
        f"the mast's lean stays {lean:.2f}°: it needs {LEAN_LANDMARKS} landmarks over {LEAN_SPREAD_DEG:g}° of pan or more; "
        "bearings far from these landmarks are less sure",
        f"立杆倾斜保持 {lean:.2f}°: 须有 {LEAN_LANDMARKS} 个地标且水平角跨度不小于 {LEAN_SPREAD_DEG:g}°; 远离这些地标的方位不太可靠",
    )


def _reach(pan_deg: Array) -> float:
    """Return how far round the landmarks lie: the circle less its largest gap, degrees."""
    round_ = np.sort(pan_deg % 360.0)
    return 360.0 - float(np.max(np.diff(np.append(round_, round_[0] + 360.0))))


def _told(
    mount: Mount, sights: Sights, before: Array, fit: Fit, agreement: Agreement, kept: list[Words], findings: tuple[Finding, ...]
) -> Calibration:
    theta = fit.theta
    across, upright = _direction_sigma(sights, fit)
    lean = float(np.hypot(theta[LEAN_EAST], theta[LEAN_NORTH]))
    fitted = replace(
        mount, azimuth_deg=float(theta[AZIMUTH]) % 360.0, tilt_zero_deg=float(theta[TILT_ZERO]), roll_deg=float(theta[ROLL]), lean_deg=lean,
        lean_azimuth_deg=float(np.degrees(np.arctan2(theta[LEAN_EAST], theta[LEAN_NORTH]))) % 360.0 if lean else mount.lean_azimuth_deg,
        sigma_deg=max(across, upright), calibrated=True,
    )  # fmt: skip
    residuals = _residuals(sights, fit)
    used = fit.white[fit.used]
    return Calibration(
        mount=fitted,
        fields=tuple((hfov, hfov * (1.0 + float(theta[FIELD + z]))) for z, hfov in enumerate(sights.fields)),
        axes=tuple(
            (hfov, float(theta[at[0]]), float(theta[at[1]]))
            for zoom, hfov in enumerate(sights.fields[1:], 1)
            if (at := sights.axis(zoom))[0] in fit.free
        ),
        parameters=_parameters(sights, before, fit),
        fitted=tuple(_name(sights, at) for at in fit.free),
        covariance=fit.covariance * fit.scale2,
        residuals=residuals,
        rejected=_rejected(sights, agreement, residuals),
        landmarks=int(agreement.agreed.sum()),
        rms_px=float(np.sqrt(np.mean(fit.miss_px[fit.used] ** 2))) if len(used) else 0.0,
        scale=float(np.sqrt(fit.scale2)),
        sigma_deg=(across, upright),
        expected=tuple(expected(fitted.height_m, r, across, upright) for r in RANGES_M),
        kept=tuple(kept),
        findings=findings,
    )


def _direction_sigma(sights: Sights, fit: Fit) -> tuple[float, float]:
    """Return 1σ of a direction, across and upright: of the fit where the landmarks lie, and of what the model does not explain."""
    free = list(fit.free)
    per_px = np.degrees(sights.ifov_rad[fit.used])[:, None] * sights.sigma[fit.used]
    slopes = fit.slopes[fit.used][..., free]
    known = np.einsum("nik,kl,nil->ni", slopes, fit.covariance * fit.scale2, slopes) * per_px**2
    unexplained = (fit.scale2 - 1.0) * per_px**2
    across, upright = np.sqrt((known + unexplained).mean(axis=0))
    return max(float(across), LEAST_SIGMA_DEG), max(float(upright), LEAST_SIGMA_DEG)


def _parameters(sights: Sights, before: Array, fit: Fit) -> tuple[Parameter, ...]:
    shown = [AZIMUTH, TILT_ZERO, ROLL, LEAN_EAST, LEAN_NORTH, *range(FIELD, sights.count)]
    out = []
    for at in shown:
        sigma = fit.sigma(at) if at in fit.free else None
        old, new = float(before[at]), float(fit.theta[at])
        if at == AZIMUTH:
            old, new = old % 360.0, new % 360.0
        if FIELD <= at < FIELD + len(sights.fields):
            hfov = sights.fields[at - FIELD]
            old, new, sigma = hfov * (1.0 + old), hfov * (1.0 + new), None if sigma is None else sigma * hfov
        out.append(Parameter(_name(sights, at), old, new, sigma))
    return tuple(out)


def _name(sights: Sights, parameter: int) -> str:
    if parameter < FIELD:
        return PARAMETERS[parameter]
    zooms = len(sights.fields)
    if parameter < FIELD + zooms:
        return "hfov_deg" if zooms == 1 else f"hfov_deg at {sights.fields[parameter - FIELD]:g}"
    zoom, side = divmod(parameter - FIELD - zooms, 2)
    return f"axis_{('right', 'up')[side]}_deg at {sights.fields[zoom + 1]:g}"


def _residuals(sights: Sights, fit: Fit) -> tuple[Residual, ...]:
    left_out: dict[int, tuple[float, float] | None] = {}
    for group in range(len(sights.names)):
        rows = sights.group == group
        alone = deletion(sights, fit, rows).miss_px
        for row, at in enumerate(np.flatnonzero(rows)):
            left_out[int(at)] = None if alone is None else (float(alone[row, 0]), float(alone[row, 1]))
    out = []
    azimuth, tilt = sights.implied(fit.theta)
    for i, group in enumerate(sights.group):
        miss, alone_px = (float(fit.miss_px[i, 0]), float(fit.miss_px[i, 1])), left_out[i]
        angle = float(np.hypot(*(alone_px or miss)) * sights.ifov_rad[i])
        if angle > sights.size[i, 0] * sights.ifov_rad[i]:
            level = wrap_deg(float(azimuth[i] - fit.theta[AZIMUTH]))
            angle = float(np.radians(np.hypot(level, tilt[i] - fit.theta[TILT_ZERO])))
        offset = (float(sights.offset[i, 0]), float(sights.offset[i, 1]))
        out.append(
            Residual(
                sights.names[group], bool(fit.used[i]), float(sights.seen[i, 0]), float(sights.seen[i, 1]), offset, miss, alone_px,
                float(np.degrees(angle)), angle * float(sights.range_m[i]), float(sights.range_m[i]),
            )
        )  # fmt: skip
    return tuple(out)


def _rejected(sights: Sights, agreement: Agreement, residuals: tuple[Residual, ...]) -> tuple[Rejected, ...]:
    out = []
    for group in np.flatnonzero(~agreement.agreed):
        own = max((r for r in residuals if r.name == sights.names[group]), key=lambda r: r.miss_deg)
        out.append(Rejected(own.name, float(np.hypot(*(own.left_out_px or own.miss_px))), own.miss_deg, own.miss_m))
    return tuple(sorted(out, key=lambda r: -r.miss_px))

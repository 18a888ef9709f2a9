"""What the residuals of a calibration still show, in words: each pattern is tested, so that noise alone is seldom called a fault."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np

from edged.geometry.agreement import PLAUSIBLE, PLAUSIBLE_AXIS_DEG
from edged.geometry.fit import KNOWN_DOF, Fit
from edged.geometry.landmark import (
    ASPECT,
    DISTORTION,
    EAST,
    FIELD,
    LEAN_EAST,
    LEAN_NORTH,
    NORTH,
    PAN_SCALE,
    ROLL,
    UP,
    Array,
    Sights,
)  # fmt: skip
from edged.model.words import Words

Kind = Literal["field", "roll", "lean", "position", "height", "distortion", "aspect", "pan_scale", "axis", "scatter"]
FALSE_REPORT = 0.01
"""Share of fits of right landmarks with a right model in which something is reported; shared by all patterns tested."""
MOST_FINDINGS = 3
LIKELY_FIELD = 0.03
FARTHEST = 10.0
"""Beyond this many times what is usual a pattern explains nothing: something else is wrong."""
_COMMON: dict[Kind, float] = {"field": 6.0, "roll": 2.0}
"""Log odds of what is common and has a simple remedy, before the rest."""


@dataclass(frozen=True, slots=True)
class Finding:
    """A pattern that noise does not explain. `value`, `sigma` in the units of `PARAMETERS`; `chance` that noise does as much."""

    kind: Kind
    value: tuple[float, ...]
    sigma: tuple[float, ...]
    chance: float
    words: Words
    parameters: tuple[int, ...] = ()


def find(sights: Sights, fit: Fit, *, lean: bool) -> tuple[Finding, ...]:
    """Return what the residuals of `fit` show, the likeliest first. `lean`: the landmarks reach far enough round to show a leaning mast."""
    tested = [one for one in _patterns(sights, lean) if not set(one[1]) & set(fit.free)]
    used = fit.used
    slopes, miss = fit.slopes[used].reshape(-1, sights.count), fit.white[used].ravel()
    known = slopes[:, list(fit.free)]
    usual = _usual(sights)
    out: list[Finding] = []
    chi2, dof = fit.chi2, fit.dof
    while len(out) < MOST_FINDINGS:
        judged = [one for kind, at in tested if (one := _judge(kind, at, usual[list(at)], slopes, known, miss, chi2, dof)) is not None]
        judged = [one for one in judged if one.chance < FALSE_REPORT / (len(tested) + 1)]
        if not judged:
            break
        best = max(judged, key=lambda one: one.weight)
        out.append(Finding(best.kind, best.value, best.sigma, best.chance, _said(best, sights), best.at))
        tested = [one for one in tested if one[1] != best.at]
        known = np.concatenate([known, slopes[:, list(best.at)]], axis=1)
        chi2, dof = chi2 - best.gain, dof - len(best.at)
    if not out and (scatter := _scatter(fit, len(tested))) is not None:
        out.append(scatter)
    return tuple(out)


@dataclass(frozen=True, slots=True)
class _Judged:
    kind: Kind
    at: tuple[int, ...]
    value: tuple[float, ...]
    sigma: tuple[float, ...]
    gain: float
    chance: float
    weight: float


def _patterns(sights: Sights, lean: bool) -> list[tuple[Kind, tuple[int, ...]]]:
    fields: list[tuple[Kind, tuple[int, ...]]] = [("field", (FIELD + z,)) for z in range(len(sights.fields))]
    leans: list[tuple[Kind, tuple[int, ...]]] = [("lean", (LEAN_EAST, LEAN_NORTH))] if lean else []
    axes: list[tuple[Kind, tuple[int, ...]]] = [("axis", sights.axis(z)) for z in range(1, len(sights.fields))]
    return [
        *axes, *fields, ("roll", (ROLL,)), *leans, ("position", (EAST, NORTH)), ("height", (UP,)), ("distortion", (DISTORTION,)),
        ("aspect", (ASPECT,)), ("pan_scale", (PAN_SCALE,)),
    ]  # fmt: skip


def _judge(
    kind: Kind, at: tuple[int, ...], usual: Array, slopes: Array, known: Array, miss: Array, chi2: float, dof: int
) -> _Judged | None:
    """Test a pattern beside what is fitted already, by F with the spread that is left when it is taken out; None where it cannot be told.

    `weight`: its log Bayes factor under what is usual at installations, which ranks patterns that explain alike.
    """
    from scipy.special import fdtrc

    size = len(at)
    if dof - size < 1:
        return None
    basis, _ = np.linalg.qr(known)
    pattern = slopes[:, list(at)]
    own = pattern - basis @ (basis.T @ pattern)
    if (np.linalg.norm(own, axis=0) < 1e-4 * np.linalg.norm(pattern, axis=0)).any():
        return None
    information = own.T @ own
    if np.linalg.cond(information) > 1e8:
        return None
    covariance = np.linalg.inv(information)
    value = covariance @ (own.T @ miss)
    gain = float(value @ information @ value)
    scale2 = max(1.0, (chi2 - gain) / (dof - size))
    chance = float(fdtrc(size, KNOWN_DOF + dof - size, gain / size / scale2))
    spread = covariance * scale2
    wide = spread + np.diag(usual**2)
    weight = 0.5 * float(value @ np.linalg.solve(spread, value) - value @ np.linalg.solve(wide, value))
    weight += _COMMON.get(kind, 0.0) - 0.5 * float(np.log(np.linalg.det(wide) / np.linalg.det(spread)))
    sigma = np.sqrt(np.diag(spread))
    if (np.abs(value) > FARTHEST * usual).any():
        return None
    return _Judged(kind, at, tuple(map(float, value)), tuple(map(float, sigma)), gain, chance, weight)


def _usual(sights: Sights) -> Array:
    """Return 1σ of what is usual for every parameter, (P,)."""
    axes = FIELD + len(sights.fields)
    return np.array([PLAUSIBLE.get(at, LIKELY_FIELD if at < axes else PLAUSIBLE_AXIS_DEG) for at in range(sights.count)])


def _scatter(fit: Fit, tested: int) -> Finding | None:
    from scipy.special import chdtrc

    chance = float(chdtrc(fit.dof, fit.chi2)) if fit.dof > 0 else 1.0
    if chance >= FALSE_REPORT / (tested + 1):
        return None
    times = float(np.sqrt(fit.scale2))
    words = Words(
        f"the residuals are {times:.1f} times as large as stated (sigma_px, sigma_m) without a pattern: "
        "click the landmarks again at the longest zoom, check their coordinates, wait until the head stands still",
        f"残差是所填精度 (sigma_px, sigma_m) 的 {times:.1f} 倍, 但无规律: 请在最大变焦下重新点选地标, 核对坐标, 并等云台停稳",
    )
    return Finding("scatter", (times,), (0.0,), chance, words)


def _said(found: _Judged, sights: Sights) -> Words:
    v, s = found.value, found.sigma
    match found.kind:
        case "field":
            claimed = sights.fields[found.at[0] - FIELD]
            share, doubt, true = abs(100 * v[0]), 100 * s[0], claimed * (1.0 + v[0])
            return Words(
                f"the residuals grow outward: the field of view is {share:.1f} % {'wider' if v[0] > 0 else 'narrower'} than {claimed:g}° "
                f"(± {doubt:.1f} %), or the lens distorts: write hfov_deg {true:.2f}, or leave --fix-fov out",
                f"残差由中心向外增大: 视场角比 {claimed:g}° {'大' if v[0] > 0 else '小'} {share:.1f}% (±{doubt:.1f}%), 或镜头有畸变: "
                f"请将 hfov_deg 改为 {true:.2f}, 或去掉 --fix-fov",
            )
        case "roll":
            return Words(
                f"the residuals turn about the middle: the picture is rolled by {v[0]:+.2f}° (± {s[0]:.2f}°) more than the files say",
                f"残差绕画面中心旋转: 画面横滚比配置多 {v[0]:+.2f}° (±{s[0]:.2f}°)",
            )
        case "lean":
            lean, towards = math.hypot(*v), math.degrees(math.atan2(v[0], v[1])) % 360.0
            return Words(
                f"the residuals go up on one side of the circle and down on the other: the mast leans by {lean:.2f}° (± {max(s):.2f}°) "
                f"more towards azimuth {towards:.0f}°",
                f"残差在一侧偏上、另一侧偏下: 立杆向方位 {towards:.0f}° 多倾斜 {lean:.2f}° (±{max(s):.2f}°)",
            )
        case "position":
            return Words(
                f"near landmarks miss more than far ones, to one side: the mast may stand {abs(v[0]):.1f} m "
                f"{'east' if v[0] > 0 else 'west'} "
                f"and {abs(v[1]):.1f} m {'north' if v[1] > 0 else 'south'} (± {max(s):.1f} m) of mount.lat_wgs84, lon_wgs84: "
                "measure it again",
                f"近处地标偏差大且偏向一侧: 立杆可能在 mount.lat_wgs84、lon_wgs84 以{'东' if v[0] > 0 else '西'} {abs(v[0]):.1f} 米、"
                f"以{'北' if v[1] > 0 else '南'} {abs(v[1]):.1f} 米 (±{max(s):.1f} 米): 请重新测量",
            )
        case "height":
            return Words(
                f"near landmarks lie too {'low' if v[0] > 0 else 'high'}: the lens may be {abs(v[0]):.1f} m "
                f"{'higher' if v[0] > 0 else 'lower'} (± {s[0]:.1f} m) than mount.height_m, or the landmarks' heights are wrong: "
                "measure again",
                f"近处地标整体偏{'低' if v[0] > 0 else '高'}: 镜头可能比 mount.height_m {'高' if v[0] > 0 else '低'} {abs(v[0]):.1f} 米 "
                f"(±{s[0]:.1f} 米), 或地标高度有误: 请重新测量",
            )
        case "axis":
            claimed = sights.fields[(found.at[0] - FIELD - len(sights.fields)) // 2 + 1]
            return Words(
                f"at {claimed:g}° all landmarks miss to one side: the optical axis lies {v[0]:+.3f}° to the right and {v[1]:+.3f}° up "
                f"(± {max(s):.3f}°) of that at {sights.fields[0]:g}°",
                f"在 {claimed:g}° 下所有地标偏向同一侧: 光轴相对 {sights.fields[0]:g}° 时偏右 {v[0]:+.3f}°、偏上 {v[1]:+.3f}° "
                f"(±{max(s):.3f}°)",
            )
        case "distortion":
            return Words(
                f"the residuals bend with the distance from the middle: the lens distorts by {100 * v[0]:+.1f} % (± {100 * s[0]:.1f} %) "
                "at the edge of the picture",
                f"残差随离中心距离弯曲: 镜头在画面边缘畸变 {100 * v[0]:+.1f}% (±{100 * s[0]:.1f}%)",
            )
        case "aspect":
            return Words(
                f"across and upright differ: the picture is stretched {100 * abs(v[0]):.1f} % (± {100 * s[0]:.1f} %) "
                f"{'across' if v[0] > 0 else 'upright'}: check the picture size, or that the stream keeps its shape",
                f"横竖不一: 画面{'横向' if v[0] > 0 else '纵向'}被拉伸 {100 * abs(v[0]):.1f}% (±{100 * s[0]:.1f}%): "
                "请检查画面尺寸或码流宽高比",
            )
        case _:
            return Words(
                f"the residuals grow with pan: the head turns {100 * v[0]:+.2f} % (± {100 * s[0]:.2f} %) more than it says: "
                "check the scale of pan in the camera's quirks",
                f"残差随水平角增大: 云台实际转动比读数多 {100 * v[0]:+.2f}% (±{100 * s[0]:.2f}%): 请检查 quirks 中的水平角比例",
            )

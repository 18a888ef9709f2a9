"""Coverage of a station: from its settings to what each head does, and the file that worker and control share.

The file is for this machine: an npz that names the inputs it was made from, so that nobody shows an old answer as a new one.
"""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from edged.assembly import is_watched
from edged.camera.settings import CameraSettings
from edged.detector.scalar import LEVELS_PER_K
from edged.detector.settings import DetectionSettings
from edged.geometry.cells import Cells
from edged.geometry.coverage import TARGETS, Air, Area, Coverage, Head, HeadCover, HeadView, area_of, combine, cover_each
from edged.geometry.shares import Share, Shares, sentence, shares
from edged.geometry.site import SiteModel
from edged.model.errors import ConfigError, StoreGarbled, StoreUnreachable
from edged.model.site import SitePlan, Zone
from edged.settings import StationSettings

FORM = 1
CELL_M = 10.0
STARING_S = 3600.0
WORST_ZONES = 3
NOT_IN_GREY = ("celsius", "centikelvin", "counts")
"""Pictures whose contrast is judged in kelvin; of the others it is judged in grey levels."""
Progress = Callable[[int, int], None]
"""Called with heads done and heads in all."""


@dataclass(frozen=True, slots=True)
class Unsure:
    """What the coverage could not know: ids of watched heads without a place, without calibration, and with views by preset alone."""

    unplaced: tuple[str, ...] = ()
    uncalibrated: tuple[str, ...] = ()
    by_preset: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Inputs:
    """All that the coverage depends on. `names`: of every watched head, placed or not."""

    plan: SitePlan
    heads: tuple[Head, ...]
    names: tuple[tuple[str, str], ...]
    air: Air
    cell_m: float
    unsure: Unsure

    def digest(self) -> str:
        """Return the name of these inputs."""
        return hashlib.sha256(repr((FORM, TARGETS, self)).encode()).hexdigest()[:32]


@dataclass(frozen=True, slots=True, eq=False)
class Survey:
    """What each head does, ready to be combined for any set of blind heads."""

    area: Area
    covers: tuple[HeadCover, ...]
    zones: tuple[Zone, ...]
    names: tuple[tuple[str, str], ...]
    extinction_per_km: float
    unsure: Unsure
    digest: str
    computed_at: datetime

    def blind(self, down: Iterable[str]) -> tuple[str, ...]:
        """Return those of `down` that are heads here, in their order."""
        known = frozenset(down)
        return tuple(head for head, _ in self.names if head in known)

    def combined(self, down: Iterable[str]) -> tuple[Coverage, Shares]:
        """Return the coverage and its figures while the heads of `down` are blind."""
        coverage = combine(self.covers, down)
        return coverage, shares(self.area, coverage, self.zones)

    def counted(self) -> Survey:
        """Return what figures need, a fraction of the memory: only the cells that count. It makes no map."""
        kept = np.flatnonzero(self.area.counts)
        covers = tuple(replace(c, level=c.level[kept], revisit_s=c.revisit_s[kept], why=c.why[kept]) for c in self.covers)
        return replace(self, area=replace(self.area, zone=self.area.zone[kept], counts=self.area.counts[kept]), covers=covers)

    def figures(self, found: Shares, down: Iterable[str]) -> dict[str, Any]:
        """Return the figures as plain values for JSON: status, MQTT and `edged coverage --json`."""
        blind = self.blind(down)
        words = sentence(found.whole.watched, self.extinction_per_km, blind, dict(self.names))
        return {
            **share_values(found.whole),
            "sentence": words._asdict(),
            "blind": list(blind),
            "extinction_per_km": self.extinction_per_km,
            "worst_zones": [{"zone_id": z.zone_id, "name": z.name, "code": z.code, "watched_share": _part(z.share.watched)}
                            for z in found.zones[:WORST_ZONES]],
            "unsure": {name: list(ids) for name, ids in asdict(self.unsure).items() if ids},
            "cell_m": round(self.area.cells.cell_m, 2),
            "computed_at": self.computed_at.isoformat(timespec="seconds"),
        }  # fmt: skip


def share_values(share: Share) -> dict[str, Any]:
    """Return one share as plain values."""
    return {
        "watched_share": _part(share.watched),
        "by_target": {target.name: _part(part) for target, part in zip(TARGETS, share.by_target, strict=True)},
        "why_not": {why: _part(part) for why, part in share.why.items()},
        "hidden_by_ground": _part(share.hidden_by_ground),
        "revisit_p50_s": share.revisit_p50_s,
        "revisit_p95_s": share.revisit_p95_s,
        "area_km2": round(share.area_km2, 4),
    }


def inputs_of(settings: StationSettings, plan: SitePlan, cell_m: float = CELL_M, extinction_per_km: float | None = None) -> Inputs:
    """Return what a station's coverage depends on. `extinction_per_km` instead of the one in `weather`."""
    watched = [camera for camera in settings.cameras if is_watched(camera)]
    mounts = {mount.camera_id: mount for mount in plan.mounts}
    placed = [camera for camera in watched if camera.id in mounts]
    heads = tuple(Head(mounts[c.id], views_of(c), gate_k(c, settings.detection), c.turns) for c in placed)
    weather = settings.weather
    return Inputs(
        plan,
        heads,
        tuple((camera.id, camera.name) for camera in watched),
        Air(weather.extinction_per_km if extinction_per_km is None else extinction_per_km, weather.air_temp_c),
        cell_m,
        Unsure(
            tuple(c.id for c in watched if c.id not in mounts),
            tuple(c.id for c in placed if not mounts[c.id].calibrated),
            tuple(c.id for c in placed if any(v.preset is not None and v.pan_deg is None for v in c.views)),
        ),
    )


def views_of(camera: CameraSettings) -> tuple[HeadView, ...]:
    """Return the tour as coverage takes it; a camera that names no view looks straight ahead."""
    if not camera.views:
        hfov = camera.hfov_of()
        return (HeadView(0.0, 0.0, hfov, STARING_S, lens=camera.lens_at(hfov)),)
    out = []
    for view in camera.views:
        hfov = camera.hfov_of(view)
        pan = view.pan_deg if view.pan_deg is not None or view.preset is not None else 0.0
        out.append(HeadView(pan, view.tilt_deg or 0.0, hfov, view.dwell_s, lens=camera.lens_at(hfov)))
    return tuple(out)


def gate_k(camera: CameraSettings, detection: DetectionSettings) -> float:
    """Return by how many kelvin a hot spot must stand out for this camera's pictures; grey levels at their nominal slope."""
    picture = camera.thermal.picture if camera.thermal else "auto"
    return detection.contrast_k if picture in NOT_IN_GREY else detection.contrast_levels / LEVELS_PER_K


def survey(inputs: Inputs, progress: Progress | None = None) -> Survey:
    """Compute what each head does; seconds of work. Raises ConfigError where no watched head has a place."""
    if not inputs.heads:
        raise ConfigError(
            "coverage: no watched camera has a mount: write mount: {lat_wgs84, lon_wgs84, height_m, azimuth_deg} for the lookouts",
            zh="覆盖: 没有热像镜头填写安装位置: 请为瞭望摄像机填写 mount: {lat_wgs84, lon_wgs84, height_m, azimuth_deg}",
        )
    site = SiteModel(inputs.plan)
    area = area_of(site, inputs.heads, inputs.cell_m)
    covers: list[HeadCover] = []
    for cover in cover_each(site, inputs.heads, area, inputs.air):
        covers.append(cover)
        if progress is not None:
            progress(len(covers), len(inputs.heads))
    now = datetime.now(UTC)
    return Survey(area, tuple(covers), inputs.plan.zones, inputs.names, inputs.air.extinction_per_km, inputs.unsure, inputs.digest(), now)


def write_survey(path: Path, done: Survey) -> None:
    """Write the file whole or not at all. Raises StoreUnreachable."""
    cells = done.area.cells
    head = {
        "form": FORM, "digest": done.digest, "computed_at": done.computed_at.isoformat(), "cells": asdict(cells), "names": done.names,
        "heads": [cover.camera_id for cover in done.covers], "extinction_per_km": done.extinction_per_km, "unsure": asdict(done.unsure),
        "zones": [[zone.zone_id, zone.name, zone.code] for zone in done.zones],
    }  # fmt: skip
    fresh = path.with_name(f"{path.name}.new")
    try:
        with fresh.open("wb") as out:
            np.savez_compressed(
                out,
                head=np.frombuffer(json.dumps(head, ensure_ascii=False).encode(), np.uint8),
                zone=done.area.zone,
                counts=np.packbits(done.area.counts),
                level=np.array([cover.level for cover in done.covers]),
                revisit_s=np.array([cover.revisit_s for cover in done.covers]),
                why=np.array([cover.why for cover in done.covers]),
            )
        fresh.replace(path)
    except OSError as fault:
        fresh.unlink(missing_ok=True)
        raise StoreUnreachable(
            f"{path}: coverage cannot be written ({fault.strerror or fault}): check room and owner of the state folder",
            zh=f"{path}: 无法写入覆盖结果 ({fault.strerror or fault}): 请检查状态目录的空间与属主",
        ) from fault


def read_survey(path: Path) -> Survey | None:
    """Return what a file holds, None where there is none. Raises StoreGarbled for a file that is damaged or of another form."""
    try:
        with np.load(path, allow_pickle=False) as held:
            head = json.loads(held["head"].tobytes())
            if head["form"] != FORM:
                raise _damaged(path, f"form {head['form']}")
            cells = Cells(**head["cells"])
            counts = np.unpackbits(held["counts"])[: cells.count].astype(np.bool_)
            area = Area(cells, held["zone"], counts)
            rows = zip(head["heads"], held["level"], held["revisit_s"], held["why"], strict=True)
            covers = tuple(HeadCover(*row) for row in rows)
            if any(array.shape != (cells.count,) for c in covers for array in (c.level, c.revisit_s, c.why, area.zone, counts)):
                raise _damaged(path, "its arrays do not fit together")
            return Survey(
                area, covers, tuple(Zone(one[0], one[1], one[2], ()) for one in head["zones"]), _pairs(head["names"]),
                head["extinction_per_km"], Unsure(**{name: tuple(ids) for name, ids in head["unsure"].items()}),
                head["digest"], datetime.fromisoformat(head["computed_at"]),
            )  # fmt: skip
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile) as fault:
        raise _damaged(path, str(fault) or type(fault).__name__) from fault


def _pairs(given: Sequence[Sequence[str]]) -> tuple[tuple[str, str], ...]:
    return tuple((one[0], one[1]) for one in given)


def _damaged(path: Path, what: str) -> StoreGarbled:
    return StoreGarbled(
        f"{path}: coverage cannot be read ({what}): it is computed anew", zh=f"{path}: 覆盖结果无法读取 ({what}): 将重新计算"
    )


def _part(value: float) -> float:
    return round(value, 4)

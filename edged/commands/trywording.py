"""What `edged try` says: which alarms would come or go, which suspects stay, and what was not recorded. Pure but for printing."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from zoneinfo import ZoneInfo

from edged.geometry.lens import separation_deg
from edged.model.errors import CameraGarbled, StoreError
from edged.model.words import Words
from edged.trial import Met

SAME_S, SAME_DEG = 300.0, 1.0
"""Two configurations mean the same fire within this time and angle at the same camera."""
Change = Literal["comes", "goes", "stays", "suspect"]
_SIGNS: dict[Change, Words] = {
    "comes": Words("+ alarm", "+ 火警"), "goes": Words("− alarm", "− 火警"), "stays": Words("= alarm", "= 火警"),
    "suspect": Words("? suspect", "? 疑似"),
}  # fmt: skip


@dataclass(slots=True)
class Result:
    """One fire of the comparison. `was_s`: how much later (+) or earlier (−) than before it alarms."""

    change: Change
    met: Met
    was_s: float | None = None
    picture: str | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """All of it. `missing`: by camera, what was not recorded. `unplayed`: segments left out."""

    cameras: tuple[str, ...]
    since: datetime
    until: datetime
    results: tuple[Result, ...]
    missing: Mapping[str, Sequence[tuple[datetime, datetime]]]
    unplayed: tuple[CameraGarbled | StoreError, ...]
    frames: int
    cpu_s: float
    time_zone: str

    def count(self, change: Change) -> int:
        """Return how many results are so."""
        return sum(result.change == change for result in self.results)


def matched(before: Sequence[Met], after: Sequence[Met]) -> tuple[Result, ...]:
    """Return what becomes of each alarm from the settings in force to the new ones, in order of time, and the new ones' suspects."""
    left = [met for met in before if met.active_at is not None]
    out: list[Result] = []
    for met in after:
        if met.active_at is None:
            out.append(Result("suspect", met))
            continue
        twin = min((old for old in left if _same(old, met)), key=lambda old: abs(_apart_s(old, met)), default=None)
        if twin is None:
            out.append(Result("comes", met))
        else:
            left.remove(twin)
            out.append(Result("stays", met, round(-_apart_s(twin, met), 1)))
    out += [Result("goes", met) for met in left]
    return tuple(sorted(out, key=lambda result: result.met.active_at or result.met.raised_at))


def print_json(report: Report, language: str) -> None:
    """Print one object."""
    shown = {
        "cameras": list(report.cameras), "since": report.since.isoformat(), "until": report.until.isoformat(), "frames": report.frames,
        "comes": report.count("comes"), "goes": report.count("goes"), "stays": report.count("stays"), "suspects": report.count("suspect"),
        "results": [_result(result) for result in report.results],
        "not_recorded": {name: [[a.isoformat(), b.isoformat()] for a, b in found] for name, found in report.missing.items()},
        "unplayed": [fault.said(language) for fault in report.unplayed], "cpu_s": round(report.cpu_s, 2),
    }  # fmt: skip
    print(json.dumps(shown, ensure_ascii=False))


def print_people(report: Report, language: str) -> None:
    """Print the sentence, the alarms and what was not recorded."""
    zone = ZoneInfo(report.time_zone)
    if not report.cameras:
        print(
            Words(
                "No camera's settings differ in anything that concerns detection (--all plays them all the same)",
                "没有镜头的检测设置有变化 (--all 可强制回放)",
            ).said(language)
        )
        return
    comes, goes, stays, suspects = (report.count(change) for change in ("comes", "goes", "stays", "suspect"))
    hours = (report.until - report.since).total_seconds() / 3600.0
    print(
        Words(
            f"+{comes} −{goes} alarms, {suspects} suspects; {stays} alarms stay ({hours:g} h of {', '.join(report.cameras)}, "
            f"{report.frames} pictures)",
            f"火警 +{comes} −{goes}, 疑似 {suspects}; 不变 {stays} ({', '.join(report.cameras)} 共 {hours:g} 小时, {report.frames} 帧)",
        ).said(language)
    )
    for result in report.results:
        print("  " + _line(result, zone, language))
    for name, found in report.missing.items():
        if found:
            total_h = sum((b - a).total_seconds() for a, b in found) / 3600.0
            spans = ", ".join(f"{a.astimezone(zone):%m-%d %H:%M}–{b.astimezone(zone):%m-%d %H:%M}" for a, b in found[:12])
            more = f" +{len(found) - 12}" if len(found) > 12 else ""
            print(
                Words(f"{name}: {total_h:.1f} h not recorded: {spans}{more}", f"{name}: {total_h:.1f} 小时无录像: {spans}{more}").said(
                    language
                )
            )
    for fault in report.unplayed:
        print(fault.said(language))
    if not report.frames:
        print(
            Words(
                "Nothing was recorded then: see `edged status`, recorder.enabled and recorder.hours",
                "该时段无录像: 见 edged status 及 recorder 设置",
            ).said(language)
        )


def _line(result: Result, zone: ZoneInfo, language: str) -> str:
    met = result.met
    evidence = met.alarm.evidence
    reasons = ", ".join(evidence.reasons_for) + (f" / {', '.join(evidence.reasons_against)}" if evidence.reasons_against else "")
    when = (met.active_at or met.raised_at).astimezone(zone)
    parts = [_SIGNS[result.change].said(language), f"{when:%m-%d %H:%M:%S}", met.camera_id, met.alarm.words.place]
    if result.was_s:
        later = Words("later" if result.was_s > 0 else "earlier", "晚" if result.was_s > 0 else "早").said(language)
        parts.append(f"{abs(result.was_s):.0f} s {later}")
    return "  ".join(part for part in [*parts, f"{evidence.log_likelihood:.1f}", reasons, result.picture or ""] if part)


def _result(result: Result) -> dict[str, Any]:
    met, alarm = result.met, result.met.alarm
    return {
        "change": result.change, "camera_id": met.camera_id, "raised_at": met.raised_at.isoformat(),
        "active_at": None if met.active_at is None else met.active_at.isoformat(), "state": alarm.state, "place": alarm.words.place,
        "pan_deg": met.pan_deg, "tilt_deg": met.tilt_deg, "log_likelihood": round(alarm.evidence.log_likelihood, 2),
        "reasons_for": list(alarm.evidence.reasons_for), "reasons_against": list(alarm.evidence.reasons_against),
        "later_s": result.was_s, "picture": result.picture,
    }  # fmt: skip


def _same(old: Met, new: Met) -> bool:
    near = separation_deg(old.pan_deg, old.tilt_deg, new.pan_deg, new.tilt_deg) <= SAME_DEG
    return old.camera_id == new.camera_id and near and abs(_apart_s(old, new)) <= SAME_S


def _apart_s(old: Met, new: Met) -> float:
    assert old.active_at is not None
    assert new.active_at is not None
    return (old.active_at - new.active_at).total_seconds()

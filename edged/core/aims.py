"""What eyes measure of their heads' aim, taken in: drift, unknown drift, missing beacons and lost focus are each said once.

The judgement is `geometry.drift`'s; here it meets the mounts, the journal and people. After a restart what was said still stands.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Literal

from edged.core.book import AimFault
from edged.core.draft import Draft
from edged.core.live import Aimed
from edged.core.mounts import limits
from edged.core.rules import Rules
from edged.geometry import drift
from edged.geometry.drift import Drift, Fault, Head, Lamp
from edged.model.aim import Aim
from edged.model.instant import Instant
from edged.model.site import Mount
from edged.model.view import Watched
from edged.model.words import Words

LONGEST_REPORT_S = 5.0
_SEVERITY: dict[str, Literal[2, 3]] = {"pose_unknown": 2, "same_picture": 2, "beacon_missing": 2, "pose_drift": 3, "defocus": 3}


def measured(draft: Draft, aims: tuple[Aim, ...]) -> None:
    """Take in one look's measurements; they come together and are of one camera and view."""
    if not aims or aims[0].camera_id not in draft.rules.lookouts or len({(a.camera_id, a.view_id) for a in aims}) != 1:
        return
    camera_id = aims[0].camera_id
    aimed = _aimed(draft, camera_id)
    _keep(draft, camera_id, replace(aimed, head=drift.taken(aimed.head, aims, limits(draft.rules.settings))))


def watched(draft: Draft, report: Watched) -> None:
    """Count the time for which a calibrated head was watched without a measurement of its aim."""
    mount = draft.rules.mounts.get(report.camera_id)
    if report.camera_id not in draft.rules.lookouts or mount is None or not mount.calibrated or not report.judged_frames:
        return
    seconds = min(report.until_mono_s - report.from_mono_s - sum(s for _, s in report.blind_s), LONGEST_REPORT_S)
    aimed = _aimed(draft, report.camera_id)
    head = drift.watched(aimed.head, seconds, limits(draft.rules.settings))
    if head.faults != aimed.head.faults:
        _keep(draft, report.camera_id, replace(aimed, head=head))
    else:
        draft.live = replace(draft.live, aims={**draft.live.aims, report.camera_id: replace(aimed, head=head)})


def wake(draft: Draft) -> None:
    """Rebuild from the book what was said of each head, where its mount is still the same."""
    aims: dict[str, Aimed] = {}
    for camera_id in draft.rules.lookouts:
        mount = draft.rules.mounts.get(camera_id)
        said = [f for f in draft.book.aim_faults.values() if f.camera_id == camera_id and f.facing == _facing(mount)]
        if said:
            aims[camera_id] = Aimed(mount, _head_of(said))
    draft.live = replace(draft.live, aims=aims)


def said_of(rules: Rules, fault: AimFault) -> Words:
    """Return what is amiss with a head's aim, what it means for its bearings, and what a person does."""
    name, camera_id, beacon = rules.name(fault.camera_id), fault.camera_id, fault.beacon
    pan, tilt = f"{fault.pan_off_deg:+.2f}°", f"{fault.tilt_off_deg:+.2f}°"
    hours = f"{rules.settings.drift_unknown_h:g}"
    if fault.code == "pose_drift":
        return Words(
            f"{name}: its pictures lie {pan} pan, {tilt} tilt off those at commissioning; its bearings are corrected by that: "
            f"look at bolts and mast, then edged calibrate {camera_id}",
            f"{name}: 画面较标定时偏移 水平 {pan}、俯仰 {tilt}, 方位已据此修正: 请检查紧固件和桅杆, 再运行 edged calibrate {camera_id}",
        )
    if fault.code == "pose_unknown":
        return Words(
            f"{name}: nothing confirmed its aim in {hours} watched hours; its bearings are less certain: "
            f"give it beacons in its entry, or edged calibrate {camera_id}",
            f"{name}: 已值守 {hours} 小时无法核对指向, 方位误差已放宽: 请在条目中设置 beacons, 或运行 edged calibrate {camera_id}",
        )
    if fault.code == "same_picture":
        return Words(
            f"{name}: it shows another view's picture than the one it was turned to; its bearings are not used: "
            f"look whether the head turns; edged probe {camera_id}",
            f"{name}: 转向后显示的是其他视野的画面, 其方位停用: 请检查云台是否转动; edged probe {camera_id}",
        )
    if fault.code == "beacon_missing":
        return Words(
            f"{name}: beacon {beacon} was not seen twice in clear air: "
            "look whether it is warm, whether something stands before it, whether the window is clean",
            f"{name}: 晴好条件下两次未见信标 {beacon}: 请检查信标是否发热、有无遮挡、窗口是否清洁",
        )
    return Words(
        f"{name}: beacon {beacon} is blurred against commissioning, small fires are found later: clean the window, focus the lens anew",
        f"{name}: 信标 {beacon} 较标定时模糊, 小火更晚才能发现: 请清洁窗口并重新对焦",
    )


def shown(rules: Rules, aimed: Aimed | None, faults: Mapping[tuple[str, str, str], AimFault], camera_id: str) -> dict[str, object]:
    """Return what `edged status` shows of a head's aim: its drift, its beacons, and what is amiss in words. Plain values for JSON."""
    found = None if aimed is None else drift.drift(aimed.head)
    lamps = {} if aimed is None else aimed.head.lamps
    mine = [fault for _, fault in sorted(faults.items()) if fault.camera_id == camera_id]
    words = [said_of(rules, fault) for fault in mine]
    return {
        "known": None if found is None else found.known,
        "drifted": found is not None and found.drifted,
        "pan_off_deg": None if found is None else round(found.pan_deg, 3),
        "tilt_off_deg": None if found is None else round(found.tilt_deg, 3),
        "sigma_deg": None if found is None else round(found.sigma_deg, 3),
        "measured_at": None if found is None or found.at is None else found.at.isoformat(),
        "beacons": {name: _lamp(lamp) for name, lamp in sorted(lamps.items())},
        "faults": [
            {"code": f.code, "beacon": f.beacon, "since": f.since.isoformat(), "message": w.en, "zh": w.zh}
            for f, w in zip(mine, words, strict=True)
        ],
    }


def _aimed(draft: Draft, camera_id: str) -> Aimed:
    """Return what is known of the head; nothing under another mount than it was counted from."""
    mount = draft.rules.mounts.get(camera_id)
    known = draft.live.aims.get(camera_id)
    return known if known is not None and known.mount == mount else Aimed(mount)


def _keep(draft: Draft, camera_id: str, aimed: Aimed) -> None:
    """Keep the head and say what began and what ended."""
    draft.live = replace(draft.live, aims={**draft.live.aims, camera_id: aimed})
    found = drift.drift(aimed.head)
    now: dict[tuple[str, str, str], Fault] = {(camera_id, fault.code, fault.beacon or ""): fault for fault in aimed.head.faults}
    before = {key: fault for key, fault in draft.book.aim_faults.items() if key[0] == camera_id}
    for key in sorted(now.keys() - before.keys()):
        _say(draft, _fault_of(draft.now, camera_id, now[key], found, aimed.mount), "began")
    for key in sorted(before.keys() - now.keys()):
        _say(draft, before[key], "ended")


def _say(draft: Draft, fault: AimFault, state: Literal["began", "ended"]) -> None:
    began = state == "began"
    words = said_of(draft.rules, fault)
    over = Words(f"no longer so: {words.en.rsplit(': ', 1)[0]}", f"已恢复: {words.zh.rsplit(': ', 1)[0]}")
    data = {
        "code": fault.code,
        "state": state,
        "camera_id": fault.camera_id,
        "beacon": fault.beacon,
        "since": fault.since.isoformat(),
        "pan_off_deg": round(fault.pan_off_deg, 4),
        "tilt_off_deg": round(fault.tilt_off_deg, 4),
        "sigma_deg": round(fault.sigma_deg, 4),
        "facing": list(fault.facing),
        "message": words.en if began else over.en,
        "zh": words.zh if began else over.zh,
    }
    change = fault.code if began else f"{fault.code}_ended"
    draft.append("notice", change, topic="camera", severity=_SEVERITY[fault.code] if began else 4, data=data)


def _fault_of(now: Instant, camera_id: str, fault: Fault, found: Drift | None, mount: Mount | None) -> AimFault:
    pan, tilt, sigma = (0.0, 0.0, 0.0) if found is None else (found.pan_deg, found.tilt_deg, found.sigma_deg)
    return AimFault(camera_id, fault.code, fault.beacon, now.utc, pan, tilt, sigma, _facing(mount))


def _facing(mount: Mount | None) -> tuple[float, ...]:
    """Return the angles of a mount that offsets are counted from."""
    if mount is None:
        return ()
    return (mount.azimuth_deg, mount.tilt_zero_deg, mount.roll_deg, mount.lean_deg, mount.lean_azimuth_deg)


def _head_of(said: list[AimFault]) -> Head:
    drifted = next((f for f in said if f.code == "pose_drift"), None)
    lamps: dict[str, Lamp] = {}
    for fault in said:
        if fault.beacon is not None:
            lamp = lamps.get(fault.beacon, Lamp())
            lamps[fault.beacon] = replace(
                lamp, missing=lamp.missing or fault.code == "beacon_missing", soft=lamp.soft or fault.code == "defocus"
            )
    codes = {fault.code for fault in said}
    held = None
    if drifted is not None:
        held = Drift(drifted.pan_off_deg, drifted.tilt_off_deg, drifted.sigma_deg, True, True, drifted.since)
    return Head(lamps=lamps, held=held, drifted=held is not None, lost="pose_unknown" in codes, astray="same_picture" in codes)


def _lamp(lamp: Lamp) -> dict[str, object]:
    share, extinction = lamp.transmission, lamp.extinction_per_km
    return {
        "seen": lamp.misses == 0 and lamp.finds > 0,
        "transmission": None if share is None else round(share, 3),
        "extinction_per_km": None if extinction is None else round(extinction, 3),
        "width_ratio": round(lamp.widths[-1], 2) if lamp.widths else None,
    }

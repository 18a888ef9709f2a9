"""What `edged status` and `edged alarms` say to people: whether the station sees, then what does not work and the next step. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from edged.model.words import Words

Data = Mapping[str, Any]

_PROBE = Words("edged probe {id}", "运行 edged probe {id}")
_LOG = Words("look at journalctl -u edged", "请看 journalctl -u edged")
_CAUSES: dict[str, tuple[Words, Words]] = {
    "frozen": (Words("its picture is frozen", "画面冻结"), Words("restart the camera", "请重启摄像机")),
    "no_stream": (Words("no pictures come", "没有视频流"), _PROBE),
    "unreachable": (Words("it does not answer", "无应答"), Words("check power, cable; edged probe {id}", "查供电网线; edged probe {id}")),
    "auth_failed": (Words("it refuses the login", "登录被拒"), Words("check username, password_file", "请检查 username、password_file")),
    "dark": (Words("its picture is empty", "画面无内容"), Words("check lens cap, shutter and sensor", "请检查镜头盖、快门和探测器")),
    "defocus": (Words("its picture is out of focus", "画面失焦"), Words("check lens, window and dirt", "请检查镜头、窗口和污渍")),
    "fog": (Words("fog or smoke before the lens", "镜头前有雾或烟"), Words("watch this area by other means", "该区域请另行看守")),
    "garbled": (Words("its pictures cannot be decoded", "画面无法解码"), _PROBE),
    "damaged": (Words("its pictures are damaged", "画面损坏"), _PROBE),
    "level_step": (Words("its brightness jumps", "画面亮度跳变"), _PROBE),
    "moving": (Words("the head keeps turning", "云台一直在转动"), Words("see who moves it", "请查明由谁操作")),
    "head_taken": (Words("somebody else moves the head", "云台被他人操作"), Words("see who moves it", "请查明由谁操作")),
    "no_view": (Words("the head reached no view", "云台未到达视图"), _PROBE),
    "maintenance": (Words("it is under maintenance", "维护中"), Words("it is watched again when that ends", "维护结束后恢复值守")),
    "starting": (Words("it has not seen anything yet", "尚未出图"), Words("wait 30 s; edged probe {id}", "请等 30 秒; edged probe {id}")),
    "stopped": (Words("its eye does not work", "检测进程停止"), _LOG),
    "overload": (Words("this machine is overloaded", "本机过载"), Words("end other programs on it", "请停止本机其他程序")),
    "drill": (Words("a drill is on", "演练中"), Words("it is watched again when that ends", "演练结束后恢复值守")),
    "warm_up": (Words("its sensor warms up", "探测器预热中"), Words("wait up to 30 min after power-up", "上电后请等待至多 30 分钟")),
    "wiper": (Words("its wiper passes", "雨刷动作"), Words("let it not wipe without end", "请勿让雨刷连续动作")),
    "heater": (Words("its window is heated", "视窗加热中"), Words("it is watched again when that ends", "加热结束后恢复值守")),
}  # fmt: skip
"""Why a lookout is blind, and what a person does."""

_DOES: dict[str, Words] = {
    "stays": Words("{} stays for {}", "{} 停留观察 {}"),
    "looks_again": Words("{} looks at {} again", "{} 复看 {}"),
    "verifies": Words("{} verifies {}", "{} 复核 {}"),
    "yields": Words("{} is in other hands", "{} 由他人操作"),
    "stuck": Words("{} does not turn", "{} 未能转到位"),
}
"""What a head does besides touring, for which alarms."""

STATES: dict[str, Words] = {
    "suspect": Words("suspect", "疑似"),
    "pre_alarm": Words("pre-alarm", "预警"),
    "active": Words("ACTIVE", "火警"),
    "acknowledged": Words("acknowledged", "已应答"),
    "cleared": Words("cleared", "已解除"),
}
ANSWERS: dict[str, Words] = {
    "going": Words("going", "前往"),
    "on_scene": Words("on scene", "到场"),
    "no_fire_seen": Words("no fire seen", "未见火"),
    "seen": Words("seen", "收到"),
}


def status_lines(data: Data, language: str) -> Iterator[str]:
    """Yield the status: first whether the station sees, then what is open, then what does not work with the next step."""
    yield _sight(data, language)
    yield from _watched(data, language)
    if air := data.get("air"):
        yield air_line(air, language)
    yield _open(data, language)
    yield from _heads(data, language)
    if (hazards := data.get("hazards") or {}).get("open"):
        said = Words(
            f"Hazards: {hazards['open']} open, {hazards['present']} of them present, {hazards['overdue']} overdue: edged hazards",
            f"隐患 {hazards['open']} 条未关闭, 其中仍超限 {hazards['present']} 条, 逾期 {hazards['overdue']} 条: edged hazards",
        )
        yield said.said(language)
    for wheel in data.get("hot_wheels") or ():
        since = _clock(str(wheel["at"]), data.get("time_zone", "UTC"))
        yield Words(f"HOT WHEEL {since} {wheel['message']}", f"热轮 {since} {wheel['zh']}").said(language)
    yield from _recorded(data, language)
    troubles = list(_troubles(data, language))
    if troubles:
        yield Words("Does not work:", "不正常:").said(language)
        yield from (f"  - {trouble}" for trouble in troubles)
    else:
        yield Words("Everything else works.", "其余一切正常。").said(language)


def _heads(data: Data, language: str) -> Iterator[str]:
    """Yield what heads do besides touring: which stay for a suspect, which look at another head's."""
    alarms = {one.get("alarm_id"): f"#{one['slot']}" if one.get("slot") else one.get("display_id") for one in data.get("open_alarms") or []}
    said = []
    for camera_id, one in sorted((data.get("heads") or {}).items()):
        if (does := _DOES.get(str(one.get("doing")))) is not None:
            whom = ", ".join(alarms.get(alarm_id, "-") for alarm_id in one.get("alarm_ids") or ())
            said.append(Words(does.en.format(camera_id, whom).strip(), does.zh.format(camera_id, whom).strip()).said(language))
    if said:
        joined = "; ".join(said)
        yield Words(f"Heads: {joined}", f"云台: {joined}").said(language)


def alarm_line(alarm: Data, language: str, time_zone: str = "UTC") -> str:
    """Return one alarm: key, state, place, since when, what is special, who answered; or that nobody did."""
    words = alarm.get("words") or {}
    slot = f"#{alarm['slot']}" if alarm.get("slot") else "--"
    state = STATES.get(str(alarm.get("state")))
    parts = [slot, str(alarm.get("display_id", "")), state.said(language) if state else str(alarm.get("state", ""))]
    parts += [str(words.get("hazard") or ""), str(words.get("place") or "")]
    if gate := words.get("gate"):
        parts.append(Words(f"by {gate}", f"{gate}进").said(language))
    if raised := alarm.get("raised_at"):
        parts.append(Words(f"since {_clock(raised, time_zone)}", f"{_clock(raised, time_zone)} 起").said(language))
    marks = {
        "test": Words("DRILL", "演练"),
        "not_seen_since": Words("not seen now", "当前未见"),
        "shelved_until": Words("shelved", "已搁置"),
        "released_at": Words("on the radio", "已发电台"),
    }
    parts += [said.said(language) for name, said in marks.items() if alarm.get(name)]
    answers = [f"{ANSWERS[a['verb']].said(language) if a['verb'] in ANSWERS else a['verb']} {a['actor']}" for a in alarm.get("answers", [])]
    if answers:
        parts.append(", ".join(answers))
    elif alarm.get("state") == "active":
        parts.append(Words("NOBODY ANSWERED", "无人应答").said(language))
    return "  ".join(part for part in parts if part)


def _sight(data: Data, language: str) -> str:
    seeing, lookouts = data.get("seeing", 0), data.get("lookouts", 0)
    if not lookouts:
        said = Words("BLIND: no camera is watched for fire: add one under cameras/", "失明: 没有任何热像镜头值守: 请在 cameras/ 中添加")
    elif data.get("sees") is None:
        said = Words(
            f"NOT YET KNOWN whether {lookouts} lookouts see: ask again in 10 s", f"尚未判明 {lookouts} 个镜头能否看见: 请 10 秒后再看"
        )
    elif not seeing:
        said = Words(f"BLIND: none of {lookouts} lookouts sees; no fire is found now", f"失明: {lookouts} 个镜头全部看不见, 现在无火情监测")
    elif seeing < lookouts:
        said = Words(f"BLIND IN PART: {seeing} of {lookouts} lookouts see", f"部分失明: 现在看得见 {seeing}/{lookouts}")
    else:
        said = Words(f"SEES: {seeing} of {lookouts} lookouts", f"现在看得见 {seeing}/{lookouts}")
    exercise = Words(" (simulated: everything is an exercise)", " (模拟站点, 全部为演习)").said(language) if data.get("simulated") else ""
    return said.said(language) + exercise


def _watched(data: Data, language: str) -> Iterator[str]:
    """Yield the share of the zone that is watched, once it is known."""
    if coverage := data.get("coverage"):
        old = Words(" (from before the last change of settings)", " (设置改动前的结果)").said(language) if coverage.get("stale") else ""
        share = Words(**coverage["sentence"]).said(language)
        yield Words(f"Of the zone {share}{old}: edged coverage", f"站区{share}{old}: edged coverage").said(language)


def air_line(air: Data, language: str) -> str:
    """Return the air in one line: what is known, the extinction, and how old that is or that it is assumed."""
    assumed = air.get("assumed") or []
    parts = [f"{air['air_temp_c']:.0f} °C"]
    if (humidity := air.get("humidity_share")) is not None:
        parts.append(f"{100 * humidity:.0f} %")
    if (wind := air.get("wind_m_s")) is not None:
        parts.append(Words(f"wind {wind:.0f} m/s", f"风 {wind:.0f} m/s").said(language))
        if (whence := air.get("wind_from_deg")) is not None:
            parts[-1] += Words(f" from {whence:.0f}°", f" 来向 {whence:.0f}°").said(language)
    if (rain := air.get("rain_mm_h")) is not None:
        parts.append(Words(f"rain {rain:.1f} mm/h", f"雨 {rain:.1f} mm/h").said(language))
    if (sun := air.get("irradiance_w_m2")) is not None:
        parts.append(Words(f"sun {sun:.0f} W/m²", f"日照 {sun:.0f} W/m²").said(language))
    parts.append(f"k {air['extinction_per_km']:.2f}/km")
    if air.get("measured_at") is None:
        how = Words("assumed: no instrument tells, see weather.sources", "假定值: 无气象数据, 见 weather.sources").said(language)
    else:
        minutes, source = air["age_s"] / 60.0, air.get("source") or "?"
        how = Words(f"measured {minutes:.0f} min ago by {source}", f"{source} {minutes:.0f} 分钟前实测").said(language)
        if assumed:
            how += Words(f"; assumed: {', '.join(assumed)}", f"; 假定: {', '.join(assumed)}").said(language)
    by = air.get("by_beacons") or {}
    seen = "; ".join(f"{camera_id} {k:.2f}/km" for camera_id, k in by.items())
    how += Words(f"; by beacons: {seen}", f"; 信标实测: {seen}").said(language) if by else ""
    return Words(f"Air {', '.join(parts)} ({how})", f"空气 {', '.join(parts)} ({how})").said(language)


def _recorded(data: Data, language: str) -> Iterator[str]:
    """Yield the hours and GB that the flight recorder keeps of each camera."""
    recorder: Data = data.get("recorder") or {}
    kept = ", ".join(f"{name} {one['hours']:g} h {one['gb']:.1f} GB" for name, one in recorder.items() if one["gb"] or one["hours"])
    if kept:
        yield Words(f"Recorded (edged try): {kept}", f"录像 (edged try): {kept}").said(language)


def _open(data: Data, language: str) -> str:
    found = data.get("open_alarms") or []
    tests = data.get("open_tests") or []
    drills = Words(f"; drills: {len(tests)}", f"; 演练 {len(tests)}").said(language) if tests else ""
    if not found:
        return Words("No open alarm", "没有未结警情").said(language) + drills
    active = [a for a in found if a.get("state") in ("active", "acknowledged")]
    said = Words(
        f"Open alarms: {len(found)}, of them fires: {len(active)}: edged alarms",
        f"未结警情 {len(found)} 起, 其中火警 {len(active)} 起: edged alarms",
    ).said(language)
    oldest = data.get("oldest_unanswered")
    if oldest:
        name = f"#{oldest['slot']}" if oldest.get("slot") else oldest["display_id"]
        said += Words(f"; NOBODY ANSWERED {name} {oldest['place']}", f"; {name} {oldest['place']} 无人应答").said(language)
    return said + drills


def _troubles(data: Data, language: str) -> Iterator[str]:
    if fault := data.get("journal_failing"):
        yield Words(f"the journal cannot be written, nothing is decided: {fault}", f"日志库写不进去, 现在不作任何判定: {fault}").said(
            language
        )
    if fault := data.get("coverage_fault"):
        yield Words(f"coverage is not known: {fault['en']}", f"覆盖范围未知: {fault['zh']}").said(language)
    if why := data.get("starved"):
        yield Words(f"systemd will restart edged: {why}", f"systemd 即将重启 edged: {why}").said(language)
    if data.get("mqtt_up") is False:
        yield Words(
            "the broker is not reached, alarms wait in the journal: check mqtt.host and systemctl status mosquitto",
            "连不上 MQTT 代理, 警情暂存在日志库: 请检查 mqtt.host 和 systemctl status mosquitto",
        ).said(language)
    if (data.get("outputs") or {}).get("gateway") is False:
        yield Words(
            "the radio gateway does not report, radios may not get texts: call them, check the gateway",
            "PDT 网关无回报, 电台可能收不到: 请改用语音通知, 并检查网关",
        ).said(language)
    for camera in data.get("cameras") or []:
        if camera.get("sees") is False:
            yield _blind(camera, data.get("time_zone", "UTC"), language)
        elif camera.get("range_reduced"):
            yield Words(f"{_name(camera)} sees less far (fog, rain)", f"{_name(camera)} 视距缩短 (雾、雨)").said(language)
        if camera.get("sees") is not False and (waiting := camera.get("waiting_sources")):
            yield Words(
                f"{_name(camera)} sees {waiting} more hot spots than it follows at a time, they take turns: look there yourself",
                f"{_name(camera)} 热点过多, 另有 {waiting} 处轮流跟踪: 请人工查看画面",
            ).said(language)
        for fault in (camera.get("aim") or {}).get("faults") or ():
            yield str(fault.get("zh" if language == "zh" else "message") or fault.get("code"))
    for camera_id, one in (data.get("recorder") or {}).items():
        if one["state"] in ("full", "failing", "hung", "unfit", "held"):
            yield Words(f"{camera_id} is not recorded: {one['en']}", f"{camera_id} 未录像: {one['zh']}").said(language)
        elif one["dropped"]:
            lost = one["dropped"]
            yield Words(f"{camera_id}: {lost} packets not recorded, disk too slow", f"{camera_id}: {lost} 包未录, 磁盘慢").said(language)
    known_blind = {c["camera_id"] for c in data.get("cameras") or [] if c.get("sees") is False}
    for camera_id, message in (data.get("faults_zh" if language == "zh" else "faults") or data.get("faults") or {}).items():
        if camera_id not in known_blind:
            yield str(message)
    for child in data.get("children") or []:
        if child.get("state") in ("lost", "parked") and not (child["name"].startswith("eye ") and child["name"][4:] in known_blind):
            yield f"{child['name']}: {Words('is started again', '正在重启').said(language)}: {_LOG.said(language)}"
    for one in data.get("entries") or []:
        yield f"{one['file']}: {one['entry']}: {one.get('zh' if language == 'zh' else 'en') or one['state']}: edged check"
    if data.get("lookouts") and not data.get("armed"):
        yield Words(
            "no lookout is armed, nobody is told of a fire: edged arm (see README)",
            "没有镜头设为 duty 或 radio, 起火也不会通知任何人: edged arm",
        ).said(language)


def _blind(camera: Data, time_zone: str, language: str) -> str:
    cause, step = _CAUSES.get(str(camera.get("cause")), (Words(str(camera.get("cause")), str(camera.get("cause"))), _PROBE))
    since = _clock(str(camera.get("since") or ""), time_zone)
    name = _name(camera)
    said = Words(f"{name} is blind since {since}: {cause.en}: {step.en}", f"{name} 自 {since} 失明: {cause.zh}: {step.zh}")
    return said.said(language).replace("{id}", str(camera.get("camera_id")))


def blind_cause(cause: str, language: str) -> str:
    """Return why a lookout is blind, in words."""
    return _CAUSES[cause][0].said(language) if cause in _CAUSES else cause


def _name(camera: Data) -> str:
    camera_id, name = str(camera.get("camera_id")), str(camera.get("name") or "")
    return camera_id if not name or name == camera_id else f"{camera_id} ({name})"


def _clock(stamp: str, time_zone: str) -> str:
    """Return the time of day of an RFC 3339 stamp where the station is; the stamp itself where it is none."""
    try:
        return f"{datetime.fromisoformat(stamp).astimezone(ZoneInfo(time_zone)):%m-%d %H:%M}"
    except (ValueError, ZoneInfoNotFoundError, OSError):
        return stamp

"""What `edged why` says to people: a sentence for each visit of what was seen, why it was held, and who looked when. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from edged.commands.wording import STATES, alarm_line, blind_cause
from edged.model.words import Words

Data = Mapping[str, Any]
MOST_LINES = 60

FOR: dict[str, Words] = {
    "hot": Words("hot", "高温"),
    "new": Words("new", "新出现"),
    "growing": Words("growing", "扩大"),
    "rising": Words("getting hotter", "升温"),
    "stationary": Words("stationary", "静止"),
    "flickering": Words("flickering", "闪烁"),
    "over_range": Words("over range", "超量程"),
    "gain_collapse": Words("outshines the picture", "画面增益骤降"),
    "absolute_limit": Words("over the absolute limit", "超绝对限值"),
    "lasting": Words("lasting without cooling", "持续不降温"),
    "long_standing": Words("long standing", "长期存在"),
    "second_lens": Words("second lens", "第二镜头"),
    "second_head": Words("second head", "第二云台"),
    "camera_event": Words("camera's own alarm", "摄像机自身报警"),
    "person": Words("a person", "人员"),
}
AGAINST: dict[str, Words] = {
    "drifting": Words("moves", "移动"),
    "arrived_warm": Words("arrived warm", "带热驶入"),
    "known_heat": Words("known heat", "已知热源"),
    "masked": Words("masked", "遮罩区"),
    "work_zone": Words("work zone", "作业区"),
    "permit": Words("hot-work permit", "动火票"),
    "broad_heating": Words("broad heating", "大面积升温"),
    "glint": Words("glint of the sun", "太阳反光"),
    "mirror": Words("mirror image", "镜像"),
    "scene_change": Words("scene change", "场景变化"),
    "edge_entry": Words("entered from the edge", "从边缘进入"),
    "cooling": Words("cooling", "降温"),
    "learning": Words("there at the first look", "首次观察即存在"),
    "picture_fixed": Words("fixed to the picture (dirt, pixel)", "固定于画面 (污渍、坏点)"),
    "many_alike": Words("many alike at once", "多处同时相似"),
    "walker": Words("a walker", "行人"),
    "steady": Words("steady", "稳定"),
    "brief": Words("brief", "短暂"),
    "parked_vehicle": Words("as a parked vehicle cools", "符合停放车辆的冷却过程"),
    "landed": Words("set down there", "刚落地的箱体"),
}
AREAS: dict[str, Words] = {
    "mask": Words("mask", "遮罩"),
    "known_heat": Words("known heat", "已知热源"),
    "work_zone": Words("work zone", "作业区"),
}
IN_AREA = ("known_heat", "masked", "work_zone")
NOTHING = Words("Nothing was seen there since {since}.", "自 {since} 起该处未见异常。")


def place_lines(data: Data, language: str) -> Iterator[str]:
    """Yield what was seen at a place, oldest first, then who sees it, when they looked last and when they did not."""
    zone = str(data.get("time_zone", "UTC"))
    visits = list(data.get("visits") or [])
    since = stamp(str(data.get("since", "")), zone)
    if not visits:
        yield NOTHING.said(language).replace("{since}", since)
    else:
        yield Words(f"{data.get('what', '')} since {since}:", f"{data.get('what', '')}, 自 {since}:").said(language)
        yield from visit_lines(visits, zone, language)
    for wheel in data.get("hot_wheels") or ():
        when = stamp(str(wheel["at"]), zone)
        yield Words(f"{when} {wheel['camera_id']} hot wheel: {wheel['message']}", f"{when} {wheel['camera_id']} 热轮: {wheel['zh']}").said(
            language
        )
    if more := data.get("more"):
        yield Words(f"… and {more} earlier ones: give a later --since", f"… 另有 {more} 条更早的: 请用更晚的 --since").said(language)
    yield from _lookouts(data.get("lookouts") or [], zone, language)
    kept = data.get("kept_since")
    if kept and str(kept) > str(data.get("since", "")):
        yield Words(f"Kept since {stamp(str(kept), zone)} only.", f"记录仅自 {stamp(str(kept), zone)} 起。").said(language)


def alarm_lines(data: Data, language: str) -> Iterator[str]:
    """Yield an alarm: its line, what speaks for and against it, and what was seen of it."""
    zone = str(data.get("time_zone", "UTC"))
    yield alarm_line(data, language, zone)
    why = data.get("evidence") or {}
    reasons = _listed(why.get("reasons_for") or [], FOR, language)
    against = _listed(why.get("reasons_against") or [], AGAINST, language)
    total = why.get("log_likelihood")
    said = Words(f"for: {reasons or '-'}; against: {against or '-'}", f"支持: {reasons or '-'}; 反对: {against or '-'}").said(language)
    yield said + (Words(f"; evidence {total:.1f}", f"; 证据 {total:.1f}").said(language) if isinstance(total, int | float) else "")
    if cause := data.get("marked_false"):
        yield Words(f"marked false: {cause}", f"标为误报: {cause}").said(language)
    yield from visit_lines(list(data.get("visits") or []), zone, language)


def proposal_lines(data: Data, language: str) -> Iterator[str]:
    """Yield the proposals, each with the entry to paste below the camera."""
    zone, found = str(data.get("time_zone", "UTC")), data.get("proposals") or []
    if not found:
        yield Words("No source came again often enough to be proposed.", "没有反复出现到需要建议登记的热源。").said(language)
        return
    yield Words(
        "Proposed, nothing is changed by it: look at the place, then paste the entry below its camera and run edged check.",
        "仅为建议, 不会自动生效: 请先现场核实, 再粘贴到该摄像机条目下并运行 edged check。",
    ).said(language)
    for one in found:
        times, days, last = one["times"], one["days"], stamp(str(one["last_at"]), zone)
        place = one.get("place") or f"{one['pan_deg']:.1f}°, {one['tilt_deg']:.1f}°"
        how = Words(f"seen {times} times on {days} days", f"{days} 天内出现 {times} 次")
        if one.get("cause"):
            how = Words(f"marked false ({one['cause']}) {times} times", f"{times} 次标为误报 ({one['cause']})")
        yield ""
        yield Words(
            f"{one['camera_id']} {one['view_id']}, {place}: {how.en}, last {last}",
            f"{one['camera_id']} {one['view_id']}, {place}: {how.zh}, 最近 {last}",
        ).said(language)
        yield str(one["yaml"])


def visit_lines(visits: Sequence[Data], zone: str, language: str) -> Iterator[str]:
    """Yield one sentence a visit, oldest first; those of one source that say the same are one."""
    groups: list[tuple[list[Data], str]] = []
    for visit in sorted(visits, key=lambda one: str(one.get("first_seen_at"))):
        said = _held(visit, language)
        if groups and groups[-1][1] == said and _spot(visit) == _spot(groups[-1][0][-1]):
            groups[-1][0].append(visit)
        else:
            groups.append(([visit], said))
    if len(groups) > MOST_LINES:
        left = len(groups) - MOST_LINES
        yield Words(f"… {left} earlier lines left out (--json has all)", f"… 略去 {left} 行更早的记录 (--json 含全部)").said(language)
    for group, said in groups[-MOST_LINES:]:
        yield sentence(group, said, zone, language)


def sentence(group: Sequence[Data], said: str, zone: str, language: str) -> str:
    """Return the sentence of one visit, or of several alike: when, from where, which way, how strong, what became of it."""
    first, last = group[0], group[-1]
    begin, end = stamp(str(first["first_seen_at"]), zone), stamp(str(last["last_seen_at"]), zone)
    when = begin if begin == end else f"{begin}–{end[6:] if end[:5] == begin[:5] else end}"
    strongest = max(group, key=lambda one: one.get("peak_k") or 0.0)
    drill = Words("DRILL ", "演练 ").said(language) if first.get("test") else ""
    times = Words(f", {len(group)} looks", f", {len(group)} 次").said(language) if len(group) > 1 else ""
    return f"{drill}{when} {first['camera_id']} {first['view_id']}, {_way(last)}{times}: {_strength(strongest, language)}; {said}"


def stamp(text: str, zone: str) -> str:
    """Return month, day, hour and minute where the station is."""
    try:
        return f"{datetime.fromisoformat(text).astimezone(ZoneInfo(zone)):%m-%d %H:%M}"
    except (ValueError, ZoneInfoNotFoundError, OSError):
        return text


def _spot(visit: Data) -> tuple[Any, ...]:
    return visit.get("camera_id"), visit.get("view_id"), round(visit["pan_deg"], 1), round(visit["tilt_deg"], 1)


def _way(visit: Data) -> str:
    place = f" ({visit['place']})" if visit.get("place") and visit.get("lat_wgs84") is not None else ""
    if visit.get("azimuth_deg") is not None:
        return f"{round(visit['azimuth_deg'], 1) % 360.0:05.1f}° {_signed(visit['elevation_deg'])}°{place}"
    return f"pan {_signed(visit['pan_deg'])}° tilt {_signed(visit['tilt_deg'])}°"


def _signed(value: float) -> str:
    return f"{value:+.1f}".replace("-", "−")


def _strength(visit: Data, language: str) -> str:
    rise, area = visit.get("peak_k"), visit.get("area_px") or 0.0
    if rise is None:
        return Words(f"{area:.0f} px", f"{area:.0f} 像素").said(language)
    return Words(f"{rise:.1f} K, {area:.0f} px", f"{rise:.1f} K, {area:.0f} 像素").said(language)


def _held(visit: Data, language: str) -> str:
    """Return what became of it: the alarm that it raised, or why it was held."""
    state, name = str(visit.get("state", "none")), visit.get("display_id") or ""
    if state in ("active", "acknowledged", "cleared"):
        reasons = _listed(visit.get("reasons_for") or [], FOR, language)
        return Words(f"raised alarm {name}: {reasons}", f"引发警情 {name}: {reasons}").said(language)
    parts = [
        Words(f"{AREAS[a['kind']].en}: {a['name']}; needs {a['extra_evidence']:.1f} more",
              f"{AREAS[a['kind']].zh}: {a['name']}, 须多 {a['extra_evidence']:.1f}").said(language)
        for a in visit.get("areas") or []
    ]  # fmt: skip
    if visit.get("held_by"):
        parts.append(Words("marked false before, silent until it grows", "此前标为误报, 扩大前不再报").said(language))
    if extra := visit.get("extra"):
        parts.append(Words(f"hot-work permit; needs {extra:.1f} more", f"动火票, 须多 {extra:.1f}").said(language))
    against = [reason for reason in visit.get("reasons_against") or [] if reason not in IN_AREA or not visit.get("areas")]
    if listed := _listed(against, AGAINST, language):
        parts.append(listed)
    evidence = visit.get("fire_evidence")
    if evidence is None:
        evidence = visit.get("greatest") or 0.0
    needed = (visit.get("needed") or 0.0) + (visit.get("extra") or 0.0)
    has = f"{evidence:.1f}".replace("-", "−")
    figure = Words(f"(evidence {has} of {needed:.1f})", f"(证据 {has}, 需 {needed:.1f})").said(language)
    if not parts:
        parts.append(Words("too little speaks for a fire", "证据不足").said(language))
    held = Words("held: ", "未报: ").said(language)
    if state != "none":
        rank = STATES[state].said(language)
        held = Words(f"{rank} {name}, no alarm: ", f"{rank} {name}, 未成警: ").said(language)
    return f"{held}{'; '.join(parts) if language != 'zh' else ', '.join(parts)} {figure}"


def _listed(reasons: Sequence[str], table: Mapping[str, Words], language: str) -> str:
    return ", ".join(table[reason].said(language) if reason in table else reason for reason in reasons)


def _lookouts(seers: Sequence[Data], zone: str, language: str) -> Iterator[str]:
    seeing = [one for one in seers if one.get("sees")]
    if seers and not seeing:
        why = "; ".join(
            f"{one['camera_id']}: {(one.get('why_not') or {}).get('zh' if language == 'zh' else 'en', '-')}" for one in seers[:6]
        )
        yield Words(f"NO LOOKOUT SEES THIS PLACE: {why}", f"没有瞭望镜头能看到该处: {why}").said(language)
    for one in seeing:
        last = stamp(str(one["last_watched"]), zone) if one.get("last_watched") else None
        if one.get("watches_now"):
            looked = Words("looks there now", "正在观看")
        elif last is None:
            looked = Words("never looked there as far as is kept", "记录中从未观看")
        else:
            looked = Words(f"looked there last {last}", f"最近观看 {last}")
        minutes = (one.get("watched_s") or 0.0) / 60.0
        views = ", ".join(one.get("views") or [])
        yield Words(
            f"{one['camera_id']} sees it ({views}): {looked.en}, {minutes:.0f} min since then",
            f"{one['camera_id']} 可见 ({views}): {looked.zh}, 期间共 {minutes:.0f} 分钟",
        ).said(language)
        blind = [f"{_stretch(run, zone)} {blind_cause(str(run['cause']), language)}" for run in one.get("blind") or []]
        if blind:
            yield "  " + Words("blind: ", "失明: ").said(language) + "; ".join(blind[-6:])
        gaps = [_stretch(gap, zone) for gap in one.get("unwatched") or []]
        if gaps:
            yield "  " + Words("not looked at: ", "无人观看: ").said(language) + "; ".join(gaps[-6:])


def _stretch(run: Data, zone: str) -> str:
    begin, end = stamp(str(run["from_at"]), zone), stamp(str(run["until_at"]), zone)
    return f"{begin}–{end[6:] if end[:5] == begin[:5] else end}"

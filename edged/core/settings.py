"""The keys that govern evidence, release, repeats and sight. The default for everything new is `shadow`: nobody is called."""

from __future__ import annotations

from edged.model.alarm import Arming
from edged.model.section import Section, key


class CoreSettings(Section):
    """Section `core`. Durations are on the monotonic clock, so that a stepped wall clock delays nothing."""

    hold_s: float = key(
        30.0,
        "Seconds for the duty officer to stop the talkgroup text; silence sends it. 0 in hazard zones and at an empty post.",
        "值班员阻止发往通话组的秒数；无人处置即发送。危险品区或无人值守时为 0。",
        ge=0.0,
        le=300.0,
    )
    arrive_timeout_s: float = key(
        300.0,
        "Seconds after `going` without `on_scene` until escalation resumes.",
        "回复前往后未到场，多少秒后恢复升级。",
        ge=30.0,
        le=3600.0,
    )
    repeats_s: tuple[float, ...] = key(
        (60.0, 120.0, 300.0),
        "Seconds after the announcement at which an unanswered alarm is repeated; after the last it escalates.",
        "无人应答时自首次通知起的重发秒数；最后一次之后升级。",
        min_length=1,
        max_length=10,
    )
    escalate_every_s: float = key(
        900.0, "Seconds between escalations of an alarm that nobody answers.", "持续无人应答时再次升级的间隔秒数。", ge=60.0, advanced=True
    )
    watch_h: float = key(
        24.0, "Hours for which the place of a cleared fire stays watched.", "火警解除后继续重点监视该处的小时数。", ge=0.0, le=168.0
    )
    linger_s: float = key(
        30.0,
        "Seconds for which a touring head stops and looks for the sake of one suspect, on top of its visit; 0: never.",
        "巡航中为一个疑似点额外停留观察的秒数；0 为不停留。",
        ge=0.0,
        le=60.0,
    )
    linger_share: float = key(
        0.2,
        "Largest share of a head's touring time that suspects take, its own and those it verifies for other heads.",
        "疑似点（含为其他云台复核）占巡航时间的最大比例。",
        ge=0.0,
        le=0.5,
        advanced=True,
    )
    verify_s: float = key(
        20.0,
        "Seconds for which a second head is turned to a suspect at most; 0: never.",
        "调用另一云台复核疑似点的最长秒数；0 为不调用。",
        ge=0.0,
        le=30.0,
    )
    verify_pause_s: float = key(
        300.0,
        "Least seconds until a second head is turned to the same suspect again.",
        "再次调用另一云台复核同一疑似点的最短间隔秒数。",
        ge=60.0,
        advanced=True,
    )
    suspect_expiry_s: float = key(
        1800.0,
        "Seconds after which a suspect that was looked for and not seen again expires.",
        "疑似点在被复查但未再出现后失效的秒数。",
        ge=60.0,
        advanced=True,
    )
    pre_alarm_expiry_s: float = key(
        3600.0,
        "Seconds after which a pre-alarm that was looked for and not seen again expires.",
        "预警在被复查但未再出现后失效的秒数。",
        ge=60.0,
        advanced=True,
    )
    test_over_s: float = key(
        120.0, "Seconds after the last sighting of a drill at which its test alarm ends.", "演练目标消失多少秒后结束演练警情。", ge=10.0
    )
    decisions_per_day: float = key(
        500.0,
        "Independent decisions a day at this site (tracks that come into question).",
        "本站每日独立判定次数（进入判定的目标数）。",
        gt=0.0,
        advanced=True,
    )
    false_active_per_day: float = key(
        0.05, "Wanted false active alarms a day (Wald's alpha times decisions).", "期望的每日误报火警数（瓦尔德 α 乘以判定次数）。", gt=0.0
    )
    false_pre_alarm_per_day: float = key(5.0, "Wanted false pre-alarms a day.", "期望的每日误预警数。", gt=0.0, advanced=True)
    false_suspect_per_day: float = key(50.0, "Wanted false suspects a day.", "期望的每日误疑似数。", gt=0.0, advanced=True)
    miss_share: float = key(
        0.01, "Share of fires that the test may miss (Wald's beta).", "允许漏检的比例（瓦尔德 β）。", gt=0.0, lt=0.5, advanced=True
    )
    unseen_per_s: float = key(
        0.05, "Evidence that a suspect loses for each second watched without it.", "被监视而未出现时每秒扣减的证据。", ge=0.0, advanced=True
    )
    common_cause_cap: float = key(
        2.0,
        "Most evidence that sightings with a common cause (scene change, many alike, broad heating) add together.",
        "共因目击（场景变化、多处相似、大面积升温）合计的证据上限。",
        ge=0.0,
        advanced=True,
    )
    growth_factor: float = key(3.0, "Growth over the last announcement that announces again.", "相对上次通知增长多少倍时再次通知。", gt=1.0)
    growth_pause_s: float = key(30.0, "Least seconds between two announcements of growth.", "两次火势扩大通知的最短间隔秒数。", ge=0.0)
    merge_deg: float = key(
        0.3, "Directions of one head closer than this are one source.", "同一云台方向差小于此值视为同一火源。", gt=0.0, le=5.0
    )
    merge_m: float = key(
        30.0,
        "Places of several heads closer than this beyond their error are one source.",
        "多镜头定位差（扣除误差）小于此值视为同一火源。",
        gt=0.0,
    )
    not_seen_s: float = key(
        15.0, "Seconds without a sighting after which an active fire is `not_seen_since`.", "火点多少秒未见即标为未再见。", ge=2.0
    )
    blind_after_s: float = key(
        9.0,
        "Seconds without a judged, changed picture after which a lookout is blind (with a tick a second it is said within 10).",
        "多少秒没有经判定的变化画面即为失明（加上每秒一次的检查，10 秒内告知）。",
        ge=2.0,
        le=9.0,
    )
    see_again_s: float = key(2.0, "Seconds of sight after which a blind lookout sees again.", "恢复画面多少秒后解除失明。", ge=0.0, le=60.0)
    sight_tell_pause_s: float = key(
        600.0, "Least seconds between two texts about one lookout's sight.", "同一镜头两次失明通知的最短间隔秒数。", ge=0.0
    )
    serial_after_s: float = key(
        10.0,
        "Seconds without a gateway report after which the serial radio sends the text too.",
        "网关无回报多少秒后改由串口电台补发。",
        ge=1.0,
    )
    tell_deadline_s: float = key(1800.0, "Seconds after which a text is no longer sent late.", "文本过期秒数，过期不再补发。", ge=60.0)
    shelve_longest_h: float = key(4.0, "Longest shelf of one alarm.", "单个警情最长搁置小时数。", gt=0.0, le=4.0)
    permit_extra: float = key(
        3.0, "Evidence needed on top under an open hot-work permit.", "动火票有效期内额外需要的证据。", ge=0.0, le=6.0
    )
    permit_longest_h: float = key(12.0, "Longest hot-work permit.", "动火票最长小时数。", gt=0.0, le=24.0)
    permit_watch_min: float = key(
        60.0, "Minutes after a permit in which its place is watched more closely.", "动火结束后加强监视的分钟数。", ge=0.0
    )
    watch_bonus: float = key(1.0, "Evidence that a watched place starts with.", "重点监视处的起始证据。", ge=0.0, le=2.0, advanced=True)
    false_memory_s: float = key(
        900.0,
        "Seconds unseen after which a source marked false is forgotten, and the next one counts as new.",
        "误报源消失多少秒后不再记忆，再次出现按新目标处理。",
        ge=0.0,
        advanced=True,
    )
    maintenance_longest_h: float = key(8.0, "Longest maintenance of one camera.", "单个摄像机最长维护小时数。", gt=0.0, le=24.0)
    drill_longest_s: float = key(10.0, "Longest drill.", "演练最长秒数。", gt=0.0, le=10.0)
    bare_answer_s: float = key(
        2.0, "A bare radio status counts for alarms told at least this long before.", "无编号状态应答须晚于通知的秒数。", ge=0.0
    )
    slot_rest_s: float = key(
        600.0,
        "Seconds for which a freed slot rests before a radio status to it is trusted for the next alarm.",
        "编号释放后，对新警情的电台应答需静置的秒数。",
        ge=0.0,
        advanced=True,
    )
    drift_deg: float = key(
        0.15,
        "Steady offset of a head against its reference pictures and beacons from which it counts as drift.",
        "云台相对参考画面和信标的稳定偏差达到多少度即视为漂移。",
        ge=0.05,
        le=5.0,
    )
    drift_unknown_h: float = key(
        24.0,
        "Watched hours without a measurement of a head's aim after which its drift is unknown, which widens its bearings and is a fault.",
        "云台指向连续多少值守小时无法核对即视为漂移未知（放宽方位误差并报故障）。",
        gt=0.0,
        le=720.0,
    )
    drift_allowance_deg: float = key(
        0.3, "1σ that unknown drift adds to a bearing.", "漂移未知时方位误差增加的标准差（度）。", ge=0.0, le=5.0, advanced=True
    )
    arming: Arming = key("shadow", "How far alarms of a head go that nobody armed.", "未布防镜头的警情级别。")

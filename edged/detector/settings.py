"""What a technician may set about detection. Defaults come from the physics in each key's sentence, not from a camera."""

from __future__ import annotations

from edged.model.section import Section, key


class DetectionSettings(Section):
    """The `detection` section of a camera or of the station."""

    contrast_k: float = key(
        5.0, "A hot spot must exceed its surroundings by this many kelvin", "热点须高出周围多少开", gt=0.5, le=100
    )  # fmt: skip
    spatial_sigma: float = key(3.5, "… and by this many robust sigmas of the surroundings", "并高出周围多少倍稳健标准差", ge=2, le=20)
    temporal_k: float = key(
        4.0,
        "A new hot spot must exceed the learnt background of its place by this many kelvin",
        "新热点须高出该处背景多少开",
        gt=0.5,
        le=100,
    )
    contrast_levels: float = key(
        24.0,
        "In 8-bit pictures without temperatures: the same contrast in grey levels",
        "无温度的八位画面: 以灰度级计的同一对比",
        ge=6,
        le=200,
    )
    absolute_limit_c: float = key(
        200.0,
        "Apparent temperature above which a standing source is an alarm by itself, where it began before the lens, flickers or grows",
        "静止热源超过此表观温度即报警（须在镜头前出现、闪烁或增大）",
        ge=60,
        le=2000,
    )
    absolute_area_px: int = key(4, "… over at least this many pixels", "至少多少像素", ge=1, le=1000)
    absolute_s: float = key(3.0, "… for at least this many seconds", "至少持续多少秒", ge=1, le=60)
    range_end_c: float | None = key(
        None, "Upper end of the sensor's range, where known; otherwise it is found from a pile-up of equal maxima",
        "传感器量程上限 (已知时填写, 否则由相等最大值的堆积判定)", ge=60, le=3000,
    )  # fmt: skip
    learn_s: float = key(
        5.0, "How long a view is learnt before something in it can be called new", "一个视野学习多久后才判定新出现", ge=1, le=600
    )
    background_s: float = key(600.0, "Time constant of the learnt background", "背景时间常数", ge=10, le=86400, advanced=True)
    standing_after_s: float = key(
        55.0,
        "When something hot from the first look on is published as a standing source",
        "首次观察即存在的热源多久后公布为固定热源",
        ge=5,
        le=60,
    )
    hold_out_s: float = key(
        1800.0, "How long a new hot spot stays out of the background before it is published as standing",
        "新热点不进入背景的最长时间", ge=60, le=86400,
    )  # fmt: skip
    frozen_s: float = key(
        6.0, "No change in sensor noise for this long, over two key frames, is a frozen sensor", "噪声多久无变化即判冻结", ge=2, le=60
    )
    hold_s: float = key(
        2.0, "How long decisions wait after a step of the whole picture (flat-field correction)", "整幅跳变后暂停判断多久", ge=0.5, le=4
    )
    sway_deg: float = key(
        0.7,
        "Movement of the picture that still counts as sway of the mast; more is a new direction",
        "仍算桅杆晃动的画面位移",
        gt=0.0,
        le=10,
    )
    max_tracks: int = key(20, "Hot spots followed at the same time in one view", "同一视野同时跟踪的热点数", ge=4, le=200, advanced=True)
    report_s: float = key(1.0, "How often a live track is reported", "活动热点的上报间隔", ge=0.2, le=10, advanced=True)

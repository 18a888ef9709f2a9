"""Keys of the journal and the input log."""

from __future__ import annotations

from edged.model.section import Section, key


class StoreSettings(Section):
    """How long rows are kept and how much room they may take."""

    retention_days: int = key(
        30,
        "Rows older than this are freed, even unread ones (which is then a row of its own). What the daemon needs after a restart stays.",
        "超过此天数的记录将被释放，未被读取的也会释放（释放本身会记录）。重启所需的记录始终保留。",
        ge=1,
        le=3650,
    )
    read_days: int = key(
        30,
        "Rows that every named consumer has passed are freed after this many days; 0 frees them at the next clean-up.",
        "所有指定接收方均已读取的记录在此天数后释放；0 表示下次清理时释放。",
        ge=0,
        le=3650,
    )
    max_size_mb: int = key(
        1000,
        "The journal's size limit. Beyond it the oldest rows are freed, those that everybody has read first.",
        "日志库的容量上限（MB）。超出后释放最旧的记录，已读的优先。",
        ge=16,
        le=100_000,
    )
    reserve_mb: int = key(
        8,
        "Room kept free inside the journal, so that alarms can still be written when the disk is full.",
        "日志库内部预留的空间（MB），磁盘写满时仍可记录报警。",
        ge=0,
        le=256,
        advanced=True,
    )
    busy_timeout_s: float = key(
        5.0,
        "How long a write waits for another program that holds the journal.",
        "日志库被其他程序占用时的最长等待时间（秒）。",
        gt=0,
        le=30,
        advanced=True,
    )
    rounds_days: int = key(366, "How long temperature rounds are kept.", "测温记录的保留天数。", ge=2, le=3660)
    rounds_raw_days: int = key(
        30, "Days after which they are thinned to hourly means.", "超过此天数的测温记录合并为每小时均值。", ge=1, le=3660, advanced=True
    )
    rounds_mb: int = key(
        200,
        "The size limit of temperature rounds; beyond it the oldest go.",
        "测温记录的容量上限（MB），超出后删除最旧的。",
        ge=2,
        le=100_000,
    )
    sightings_days: int = key(
        90,
        "Days for which it is kept what was seen and why it was held back (`edged why`).",
        "目击及其未报警原因的保存天数（edged why）。",
        ge=1,
        le=3650,
    )
    sightings_mb: int = key(
        300,
        "Room for it; beyond that the oldest goes. 0 keeps nothing.",
        "其容量上限（MB），超出后删除最旧的；0 表示不保存。",
        ge=0,
        le=100_000,
    )
    recurrent_days: int = key(
        3,
        "A source seen at one place on this many days is proposed as known heat. It is only proposed.",
        "同一处热源在多少天出现过即建议登记为已知热源（仅建议）。",
        ge=2,
        le=90,
    )
    input_log_mb: int = key(
        512,
        "Room for the input log (compressed), from which any decision can be replayed; 0 switches it off.",
        "输入日志（压缩）的容量上限（MB），可据此重放任何判断；0 表示关闭。",
        ge=0,
        le=100_000,
    )
    input_log_file_mb: int = key(
        16,
        "Size at which a new file of the input log begins.",
        "单个输入日志文件的大小（MB），达到后换新文件。",
        ge=1,
        le=1024,
        advanced=True,
    )


class RecorderSettings(Section):
    """The flight recorder: each thermal stream as the camera sent it, with what its eye was told."""

    enabled: bool = key(
        True, "Whether thermal streams are recorded, so that `edged try` can play them", "是否录制热像流, 供 edged try 回放"
    )
    hours: float = key(
        72.0, "How long recordings are kept; older ones go", "录像保留小时数, 更旧的删除", ge=1, le=2160
    )  # fmt: skip
    max_size_gb: float = key(
        24.0,
        "Room for the recordings of all cameras together, divided evenly; 2 Mbit/s are 22 GB a day for each camera",
        "全部摄像机录像的总容量（GB）, 均分; 2 Mbit/s 时每台每天约 22 GB",
        ge=0.1,
        le=100_000,
    )
    min_free_gb: float = key(
        4.0,
        "Room that recording leaves free on its disk for the journal; with less it stops, says so, and goes on when there is room again",
        "为日志库保留的磁盘空闲空间（GB）; 不足时停止录像并提示, 有空间后自动恢复",
        ge=0.05,
        le=10_000,
    )
    segment_s: float = key(120.0, "Length of one file", "单个录像文件的时长（秒）", ge=2, le=600, advanced=True)

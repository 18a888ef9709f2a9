"""Turns errors of SQLite and of the file system into ours, at the border of this room."""

from __future__ import annotations

import errno
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from edged.model.errors import StoreError, StoreGarbled, StoreRefused, StoreUnreachable

_GARBLED = {"SQLITE_CORRUPT", "SQLITE_NOTADB", "SQLITE_FORMAT"}
_REFUSED = {"SQLITE_PERM", "SQLITE_AUTH"}
_NEXT = {
    "SQLITE_FULL": ("free room on this disk (`df -h`)", "请清理磁盘空间（`df -h`）"),
    "SQLITE_READONLY": ("check that the disk is writable and the folder is edged's", "请检查磁盘是否只读、目录是否属于 edged 用户"),
    "SQLITE_CANTOPEN": ("check the path and that its folder belongs to user edged", "请检查路径及目录是否属于 edged 用户"),
    "SQLITE_BUSY": ("another program holds the file; close it", "文件被其他程序占用，请关闭该程序"),
    "SQLITE_IOERR": ("check the disk (`dmesg`, `smartctl`)", "请检查磁盘（`dmesg`、`smartctl`）"),
}  # fmt: skip

DOING = {
    "append rows": "写入记录",
    "advance a cursor": "推进游标",
    "keep a report": "保存回执",
    "end late tells": "结束过期文本",
    "read open tells": "读取待发文本",
    "read reports": "读取回执",
    "commit a probe": "写入探测",
    "free old rows": "释放旧记录",
    "begin an epoch": "开始新纪元",
    "read for a restart": "读取重启所需记录",
    "read entries": "读取记录",
    "read the newest row": "读取最新记录",
    "read the oldest row": "读取最旧记录",
    "read the epochs": "读取纪元",
    "read a cursor": "读取游标",
    "open the journal": "打开日志库",
    "open for reading": "以只读方式打开",
    "open the journal's mark": "打开日志库标记文件",
    "write the journal's mark": "写入日志库标记文件",
    "check the journal": "检查日志库",
    "set the damaged journal aside": "另存损坏的日志库",
    "lock the state folder": "锁定状态目录",
    "verify": "校验",
    "copy the journal": "复制日志库",
    "open the input log": "打开输入日志",
    "write the input log": "写入输入日志",
    "close the input log": "关闭输入日志",
    "read the input log": "读取输入日志",
    "read the recordings": "读取录像",
    "write the recording": "写入录像",
    "keep sightings": "保存目击记录",
    "read the kept sightings": "读取目击记录",
    "free old sightings": "释放旧目击记录",
    "open the rounds": "打开测温记录",
    "write the rounds": "写入测温记录",
    "read the rounds": "读取测温记录",
    "free old rounds": "清理旧测温记录",
}
"""What was tried, in Chinese. A test holds this table and the calls of `told` together."""


def of_sqlite(path: Path, doing: str, fault: sqlite3.Error) -> StoreError:
    """Return our error for one of SQLite, naming the file, what was tried, what came back and the next step."""
    full: str = getattr(fault, "sqlite_errorname", "") or type(fault).__name__
    name = next((known for known in (*_NEXT, *_GARBLED, *_REFUSED) if full.startswith(known)), full)
    if name in _GARBLED:
        return StoreGarbled(
            f"{path}: {doing}: the file is damaged ({full}): restart edged, it sets the file aside and begins a new epoch",
            zh=f"{path}：{DOING[doing]}失败，文件已损坏（{full}）：请重启 edged，它会另存该文件并开始新纪元",
        )
    if name in _REFUSED:
        return StoreRefused(
            f"{path}: {doing}: permission refused ({full}): the folder must belong to user edged",
            zh=f"{path}：{DOING[doing]}被拒绝（{full}）：目录必须属于 edged 用户",
        )
    step_en, step_zh = _NEXT.get(name, ("the write is tried again", "将再次尝试"))
    return StoreUnreachable(
        f"{path}: {doing} failed ({full}: {fault}): {step_en}", zh=f"{path}：{DOING[doing]}失败（{full}：{fault}）：{step_zh}"
    )


def of_os(path: Path, doing: str, fault: OSError) -> StoreError:
    """Return our error for one of the file system."""
    name = errno.errorcode.get(fault.errno or 0, "OSError")
    if fault.errno in (errno.EACCES, errno.EPERM):
        return StoreRefused(
            f"{path}: {doing}: permission refused ({name}): the folder must belong to user edged; readers join group edged",
            zh=f"{path}：{DOING[doing]}被拒绝（{name}）：目录须属于 edged 用户，读取者须加入 edged 组",
        )
    step_en, step_zh = ("free room on this disk (`df -h`)", "请清理磁盘空间（`df -h`）")
    if fault.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        step_en, step_zh = ("check the path and the disk", "请检查路径与磁盘")
    return StoreUnreachable(
        f"{path}: {doing} failed ({name}: {fault.strerror}): {step_en}",
        zh=f"{path}：{DOING[doing]}失败（{name}：{fault.strerror}）：{step_zh}",
    )


@contextmanager
def told(path: Path, doing: str) -> Iterator[None]:
    """Let no foreign error of this block out. Raises StoreUnreachable, StoreRefused, StoreGarbled."""
    try:
        yield
    except sqlite3.Error as fault:
        raise of_sqlite(path, doing, fault) from fault
    except OSError as fault:
        raise of_os(path, doing, fault) from fault

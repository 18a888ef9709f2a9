"""Reading a secret: one file each, its first line, read when it is handed over and shown nowhere. The one mechanism for every room."""

from __future__ import annotations

from pathlib import Path

from edged.model.errors import ConfigError

MAX_BYTES = 4096


def first_line(path: Path) -> str:
    """Return the first line of a secret's file, blanks and all.

    Raises ConfigError with what came back and how to make the file; never with what is in it.
    """
    try:
        with path.open("rb") as handle:
            data = handle.read(MAX_BYTES + 1)
    except OSError as fault:
        reason = fault.strerror or "unreadable"
        raise ConfigError(
            f"password file {path}: {reason}; create it with the password in its first line: install -m 640 -g edged /dev/stdin {path}",
            zh=f"密码文件 {path}: {reason}; 请创建该文件, 首行写密码: install -m 640 -g edged /dev/stdin {path}",
        ) from None
    first, ended, _ = data.partition(b"\n")
    if not ended and len(data) > MAX_BYTES:
        raise ConfigError(
            f"password file {path}: its first line is over {MAX_BYTES} bytes; is this the right file?",
            zh=f"密码文件 {path}: 首行超过 {MAX_BYTES} 字节; 是否写错了文件?",
        )
    try:
        text = first.removesuffix(b"\r").decode("utf-8")
    except UnicodeDecodeError:
        raise ConfigError(
            f"password file {path} is not UTF-8 text; save it as UTF-8", zh=f"密码文件 {path} 不是 UTF-8 文字; 请另存为 UTF-8"
        ) from None
    if not text or "\0" in text:
        raise ConfigError(
            f"password file {path} is empty or no text; write the password in its first line",
            zh=f"密码文件 {path} 为空或不是文字; 请在首行写密码",
        )
    return text

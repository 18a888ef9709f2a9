"""Where a secret's file is, and what is wrong with it before anybody needs it."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from pydantic import SecretStr

from edged.model.errors import ConfigError
from edged.model.words import Words
from edged.secret import first_line

EXAMPLE = "change-me"
"""What the example station's password files hold."""


def locate(name: Path, folder: Path) -> Path:
    """Return where a secret is: systemd's credentials first, then the configuration folder and its `secrets/`.

    An absolute name is taken as it is. Where nothing exists, the place where it belongs is returned.
    """
    if name.is_absolute():
        return name
    credentials = os.environ.get("CREDENTIALS_DIRECTORY")
    places = [Path(credentials) / name.name] if credentials else []
    places += [folder / name, folder / "secrets" / name]
    return next((place for place in places if place.exists()), folder / name)


def read_secret(name: Path, folder: Path) -> SecretStr:
    """Return the first line of a secret's file. Raises ConfigError naming the file, never what is in it."""
    return SecretStr(first_line(locate(name, folder)))


def judged(name: Path, folder: Path) -> tuple[str, Words, Words, bool] | None:
    """Return what is wrong with a secret's file: rule, words, what to do, whether it is an error. None where it is fine."""
    path = locate(name, folder)
    try:
        secret = read_secret(name, folder)
        mode = path.stat().st_mode
    except ConfigError as fault:
        if path.exists() and not os.access(path, os.R_OK):
            return (
                "secret_closed",
                Words(f"{path} may not be read by this user", f"当前用户无权读取 {path}"),
                Words("run the check as root or as a member of group edged", "请用 root 或 edged 组成员运行检查"),
                False,
            )
        return "secret_missing", *_split(fault), True
    except OSError as fault:
        return "secret_missing", Words(f"{path}: {fault.strerror}", f"{path}: {fault.strerror}"), _CREATE, True
    if secret.get_secret_value() == EXAMPLE:
        return (
            "secret_example",
            Words(f"{path} still holds the example's password", f"{path} 仍是示例密码"),
            Words("write the real password in its first line", "请在首行写入真实密码"),
            False,
        )
    if mode & stat.S_IROTH and path.parent.stat().st_mode & stat.S_IXOTH:
        return (
            "secret_open",
            Words(f"{path} can be read by everybody on this machine", f"本机所有用户都能读取 {path}"),
            Words(f"chgrp edged {path} && chmod 640 {path}", f"chgrp edged {path} && chmod 640 {path}"),
            False,
        )
    return None


_CREATE = Words("create it with the password in its first line", "请创建该文件, 首行写密码")


def _split(fault: ConfigError) -> tuple[Words, Words]:
    en, zh = str(fault).split("; ", 1), fault.zh.split("; ", 1)
    return Words(en[0], zh[0]), Words(en[-1], zh[-1])

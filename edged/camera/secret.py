"""Where a camera's password comes from, and a value that holds it without ever showing it."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

from edged.camera.settings import CameraSettings
from edged.model.errors import ConfigError
from edged.secret import first_line

HIDDEN = "•••"
_USERINFO = re.compile(r"(\b[a-z][a-z0-9+.-]*://)[^/\s'\"]*@", re.IGNORECASE)
_TOKENS = re.compile(r"((?:password|passwd|pwd|response|digest)\s*[=:]\s*['\"]?)[^\s'\"&<,]+", re.IGNORECASE)


class Login:
    """User name and password; neither `repr` nor `str` shows the password."""

    __slots__ = ("password", "username")

    def __init__(self, username: str = "", password: str = "") -> None:
        self.username = username
        self.password = password

    def __repr__(self) -> str:
        return f"Login({self.username!r}, {HIDDEN if self.password else 'none'})"

    def __bool__(self) -> bool:
        return bool(self.username)


def read_login(settings: CameraSettings) -> Login:
    """Return the login of a camera. Raises ConfigError, naming the file and how to make it."""
    path = _path(settings)
    if path is None:
        return Login(settings.username)
    try:
        return Login(settings.username, first_line(path))
    except ConfigError as fault:
        raise ConfigError(f"camera {settings.label}: {fault}", zh=f"摄像机 {settings.label}: {fault.zh}") from None


def _path(settings: CameraSettings) -> Path | None:
    if settings.password_file:
        return Path(settings.password_file)
    if settings.credential is None:
        return None
    folder = os.environ.get("CREDENTIALS_DIRECTORY")
    if not folder:
        raise ConfigError(
            f"camera {settings.label}: credential {settings.credential} is named, but systemd gave no credentials: add "
            f"LoadCredential={settings.credential}:FILE to the unit, or use password_file",
            zh=f"摄像机 {settings.label}: 凭据 {settings.credential}, 但 systemd 未提供: 请在单元中加 LoadCredential, 或用 password_file",
        )
    return Path(folder) / settings.credential


def redacted(text: str, login: Login | None = None, limit: int = 300) -> str:
    """Return a library's text without logins in addresses, without the password in any spelling, cut to `limit` characters."""
    out = _USERINFO.sub(r"\1", text)
    out = _TOKENS.sub(r"\1" + HIDDEN, out)
    if login is not None and login.password:
        for spelling in {login.password, quote(login.password, safe=""), quote(login.password), quote_plus(login.password)}:
            out = out.replace(spelling, HIDDEN)
    out = " ".join(out.split())
    return out if len(out) <= limit else out[: limit - 1] + "…"


def with_login(settings: CameraSettings, login: Login) -> dict[str, Any]:
    """Return a camera's entry for the set-up message to a child; the only place where a password travels."""
    return {**settings.model_dump(mode="json"), "login": {"username": login.username, "password": login.password}}


def login_from(entry: dict[str, Any]) -> tuple[dict[str, Any], Login | None]:
    """Return the bare entry of a set-up message, and the login where it travelled along."""
    bare = {name: value for name, value in entry.items() if name != "login"}
    given = entry.get("login")
    if not isinstance(given, dict):
        return bare, None
    return bare, Login(str(given.get("username", "")), str(given.get("password", "")))

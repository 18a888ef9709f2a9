"""The client of the control socket: one request, one answer, every wait bounded; and how a command prints what came back."""

from __future__ import annotations

import argparse
import json
import os
import secrets
import socket
import sys
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from typing import Any

from edged.model.errors import CommandRefused, EdgedError, StoreGarbled, StoreRefused, StoreUnreachable

SOCKET = "/run/edged/control.sock"
ANSWER_S = 15.0
MOST_BYTES = 16_777_216


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add what every command of this kind takes."""
    parser.add_argument("--socket", default=os.environ.get("EDGED_SOCKET", SOCKET), metavar="PATH", help="control socket / 控制套接字")
    parser.add_argument("--json", action="store_true", help="one JSON object a line / 每行一个 JSON 对象")


def request(path: str, verb: str, **fields: Any) -> dict[str, Any]:
    """Ask once and return the answer's `{"text", "data"}`. Raises EdgedError with what the daemon says."""
    return next(answers(path, verb, ANSWER_S, **fields))


def answers(path: str, verb: str, timeout_s: float | None, **fields: Any) -> Generator[dict[str, Any], None, None]:
    """Ask, and yield answer after answer (`watch=True`) until the daemon closes. `timeout_s` None: wait as long as it lives."""
    asked = {"id": secrets.token_hex(4), "verb": verb, **{name: value for name, value in fields.items() if value is not None}}
    with _connected(path) as sock:
        with _told(path, verb):
            sock.sendall(json.dumps(asked, ensure_ascii=False).encode() + b"\n")
        sock.settimeout(timeout_s)
        with sock.makefile("rb") as lines:
            seen = False
            while True:
                with _told(path, verb):
                    line = lines.readline(MOST_BYTES)
                if not line and seen:
                    return
                yield _read(line, path)
                seen = True


@contextmanager
def _told(path: str, verb: str) -> Iterator[None]:
    """Turn what may happen on the socket into words."""
    try:
        yield
    except TimeoutError as late:
        raise StoreUnreachable(
            f"edged did not answer `{verb}` in {ANSWER_S:.0f} s: look at `systemctl status edged` before you repeat it",
            zh=f"edged 在 {ANSWER_S:.0f} 秒内未答复 {verb}: 重发前请看 systemctl status edged",
        ) from late
    except OSError as fault:
        raise StoreUnreachable(
            f"{path}: edged ended while it was asked `{verb}` ({fault.strerror or fault}): it may still have been carried out",
            zh=f"{path}: 执行 {verb} 时 edged 中断 ({fault.strerror or fault}): 可能已经执行, 请先查看",
        ) from fault


def _connected(path: str) -> socket.socket:
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    sock.settimeout(5.0)
    try:
        sock.connect(path)
    except (FileNotFoundError, ConnectionRefusedError) as fault:
        sock.close()
        raise StoreUnreachable(
            f"{path}: nobody answers: is edged running? systemctl status edged",
            zh=f"{path}: 无人应答: edged 是否在运行? systemctl status edged",
        ) from fault
    except PermissionError as fault:
        sock.close()
        raise StoreRefused(
            f"{path}: permission denied: join group edged (sudo usermod -aG edged $USER, then log in again)",
            zh=f"{path}: 权限不足: 请加入 edged 组 (sudo usermod -aG edged $USER, 然后重新登录)",
        ) from fault
    except OSError as fault:
        sock.close()
        raise StoreUnreachable(
            f"{path}: {fault.strerror or fault}: is this edged's control socket?", zh=f"{path}: {fault.strerror or fault}"
        ) from fault
    return sock


def _read(line: bytes, path: str) -> dict[str, Any]:
    try:
        answer = json.loads(line)
        ok = answer["ok"]
        if ok:
            return {"text": answer["text"], "data": answer["data"]}
        error = answer["error"]
        said = CommandRefused if answer.get("code") in ("refused", "denied") else EdgedError
        raise said(error["en"], zh=error["zh"])
    except (ValueError, KeyError, TypeError) as fault:
        raise StoreGarbled(
            f"{path}: the answer is not edged's ({len(line)} bytes): did it just stop? systemctl status edged",
            zh=f"{path}: 答复不是 edged 的 ({len(line)} 字节): 是否刚停止? systemctl status edged",
        ) from fault


def show(answer: dict[str, Any], as_json: bool) -> None:
    """Print one answer: a JSON object a line, or text for people."""
    if as_json:
        print(json.dumps(answer["data"] | ({"text": answer["text"]} if answer["text"] else {}), ensure_ascii=False))
    else:
        print(answer["text"] or "\n".join(tree(answer["data"])))
    sys.stdout.flush()


def tree(value: Any, indent: int = 0) -> Iterator[str]:
    """Yield lines for people: `key: value`, lists of records as one record a line."""
    pad = "  " * indent
    if isinstance(value, dict):
        for name, inner in value.items():
            if isinstance(inner, dict | list) and inner:
                yield f"{pad}{name}:"
                yield from tree(inner, indent + 1)
            else:
                yield f"{pad}{name}: {_word(inner)}"
    elif isinstance(value, list):
        for item in value:
            if isinstance(item, dict):
                yield pad + "  ".join(f"{name}={_word(inner)}" for name, inner in item.items() if inner not in (None, "", [], {}))
            else:
                yield f"{pad}{_word(item)}"


def _word(value: Any) -> str:
    if value is None or value == [] or value == {}:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:.6g}" if isinstance(value, float) else str(value)

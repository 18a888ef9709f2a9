"""The control socket: newline-delimited JSON on /run/edged/control.sock, for the command line and for scripts of the station.

Request: `{"id": "7", "verb": "going", "slot": 4, "args": {…}}` with a verb of the model, or a query (`status`, `alarms`, `why`,
`position`, …) and, for those that are watched, `"watch": true`. Answer: `{"id": "7", "ok": true, "text": …, "data": {…}}`, or with
`"ok": false, "code": "refused" | "denied" | "garbled" | "late", "error": {"en": …, "zh": …}`. A watched query answers again with each
change.
Who asks is what the kernel says (SO_PEERCRED), never what the request says. Every request is bounded in size and time.
"""

from __future__ import annotations

import asyncio
import errno
import grp
import json
import logging
import os
import pwd
import secrets
import socket
import struct
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, get_args

from edged.model.alarm import Role, VerbName
from edged.model.command import Reply
from edged.model.errors import EdgedError, StoreRefused, StoreUnreachable
from edged.model.event import Verb
from edged.model.words import Words
from edged.supervise import guard

log = logging.getLogger("edged.control")

SOCKET = "/run/edged/control.sock"
GROUP = "edged"
MOST_BYTES, MOST_CLIENTS, MOST_DEPTH = 65_536, 64, 8
ANSWER_S, IDLE_S, SEND_S, WATCH_S, LOOKUP_S = 12.0, 600.0, 5.0, 1.0, 3.0
VERBS: tuple[str, ...] = get_args(VerbName)

Query = Callable[[dict[str, Any]], Awaitable[dict[str, Any]]]
"""A question without effect: arguments in, JSON out. Raises EdgedError for a question that makes no sense."""


@dataclass(frozen=True, slots=True)
class Peer:
    """The process at the other end, as the kernel knows it."""

    pid: int
    uid: int
    user: str
    groups: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Roles:
    """Which role a local user has: by name, else by the first of `groups` that holds him; root is administrator."""

    users: Mapping[str, Role] = field(default_factory=dict)
    groups: Mapping[str, Role] = field(default_factory=lambda: {GROUP: "technician"})

    def of(self, peer: Peer) -> Role | None:
        """Return the role, None for somebody who has none."""
        if peer.uid == 0:
            return "administrator"
        if peer.user in self.users:
            return self.users[peer.user]
        return next((role for group, role in self.groups.items() if group in peer.groups), None)


class _Refused(EdgedError):
    def __init__(self, code: str, en: str, zh: str) -> None:
        super().__init__(en, zh)
        self.code = code


class ControlServer:
    """Serves the socket. `ask` is core's road for verbs; `queries` answer questions; `watched` names those that may be watched."""

    def __init__(
        self,
        path: Path,
        ask: Callable[[Verb], Awaitable[Reply]],
        queries: Mapping[str, Query],
        roles: Roles,
        *,
        group: str = GROUP,
        watched: tuple[str, ...] = ("status", "alarms"),
        who: Callable[[socket.socket], Peer] | None = None,
    ) -> None:
        self.roles = roles
        self._path, self._ask, self._queries, self._group, self._watched = path, ask, queries, group, watched
        self._who = who or peer_of
        self._clients: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        """Bind the socket, mode 0660, group `edged`. Raises StoreRefused where another daemon answers on it."""
        sock = bind(self._path, self._group)
        self._server = await asyncio.start_unix_server(self._accept, sock=sock, limit=MOST_BYTES)

    async def stop(self) -> None:
        """Close the socket and every connection."""
        if self._server is not None:
            self._server.close()
            with suppress(FileNotFoundError):
                self._path.unlink()
        for task in list(self._clients):
            task.cancel()
        await asyncio.gather(*self._clients, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._clients.add(task)
        try:
            with guard("control socket"), suppress(OSError, TimeoutError):
                await self._serve(reader, writer)
        except asyncio.CancelledError:
            # Only `stop` cancels; asyncio's stream callback would log the cancellation as a fault.
            log.debug("control socket: connection closed at the stop")
        finally:
            self._clients.discard(task)
            writer.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if len(self._clients) > MOST_CLIENTS:
            busy = _Refused(
                "refused", f"over {MOST_CLIENTS} connections: close some and try again", f"连接数超过 {MOST_CLIENTS}: 请关闭一些后重试"
            )
            await _send(writer, _fault("", busy))
            return
        sock = writer.get_extra_info("socket")
        try:
            async with asyncio.timeout(LOOKUP_S):
                peer = await asyncio.get_running_loop().run_in_executor(None, self._who, sock)
        except TimeoutError:
            slow = _Refused("late", "the system's user database does not answer: check nsswitch", "系统用户数据库无响应: 请检查 nsswitch")
            await _send(writer, _fault("", slow))
            return
        while True:
            try:
                async with asyncio.timeout(IDLE_S):
                    line = await reader.readline()
            except ValueError:
                long = _Refused("garbled", f"a request is at most {MOST_BYTES} bytes", f"请求最多 {MOST_BYTES} 字节")
                await _send(writer, _fault("", long))
                return
            if not line:
                return
            if line.strip():
                await self._answer(line, peer, reader, writer)

    async def _answer(self, line: bytes, peer: Peer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        request_id = ""
        try:
            request = parse(line)
            request_id = request["id"]
            role = self.roles.of(peer)
            if role is None:
                raise _Refused(
                    "denied",
                    f"user {peer.user} has no role here: ask an administrator: usermod -aG {self._group} {peer.user}, then log in again",
                    f"用户 {peer.user} 在此没有角色: 请管理员执行 usermod -aG {self._group} {peer.user}, 然后重新登录",
                )
            if request.get("watch") is True and request["verb"] in self._watched:
                await self._watch(request, reader, writer)
                return
            async with asyncio.timeout(ANSWER_S):
                answer = await self._one(request, peer, role)
        except TimeoutError:
            late = _Refused(
                "late",
                f"no answer in {ANSWER_S:.0f} s; it may still be carried out: look at `edged status` before you repeat it",
                f"{ANSWER_S:.0f} 秒内无答复, 可能仍会执行: 重发前请先看 edged status",
            )
            answer = _fault(request_id, late)
        except EdgedError as fault:
            answer = _fault(request_id, fault)
        await _send(writer, answer)

    async def _one(self, request: dict[str, Any], peer: Peer, role: Role) -> dict[str, Any]:
        verb, request_id = request["verb"], request["id"]
        if verb in self._queries:
            return {"id": request_id, "ok": True, "text": "", "data": await self._queries[verb](request["args"])}
        if verb not in VERBS:
            known = ", ".join(sorted({*VERBS, *self._queries}))
            raise _Refused("garbled", f"no verb {verb[:40]!r}; there are: {known}", f"没有 {verb[:40]!r}; 可用: {known}")
        reply = await self._ask(as_verb(request, peer, role))
        if not reply.accepted:
            return _fault(request_id, EdgedError(reply.text)) | {"data": reply.data}
        return {"id": request_id, "ok": True, "text": reply.text, "data": reply.data}

    async def _watch(self, request: dict[str, Any], reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer again whenever the answer changes, until the client says anything or goes."""
        ended = asyncio.ensure_future(reader.read(1))
        before: dict[str, Any] | None = None
        try:
            while not ended.done():
                async with asyncio.timeout(ANSWER_S):
                    data = await self._queries[request["verb"]](request["args"])
                if data != before:
                    await _send(writer, {"id": request["id"], "ok": True, "text": "", "data": data, "more": True})
                    before = data
                await asyncio.wait([ended], timeout=WATCH_S)
        finally:
            ended.cancel()
            await asyncio.gather(ended, return_exceptions=True)
        writer.close()


def parse(line: bytes) -> dict[str, Any]:
    """Return a request with `id`, `verb` and `args` of the right types. Raises an EdgedError that names what is wrong."""
    try:
        request = json.loads(line)
    except (ValueError, RecursionError) as fault:
        where = f" at column {fault.colno}" if isinstance(fault, json.JSONDecodeError) else ""
        raise _Refused(
            "garbled", f"the request is not JSON{where}: send one object a line", f"请求不是 JSON{where}: 每行一个对象"
        ) from fault
    if not isinstance(request, dict):
        raise _Refused(
            "garbled", 'the request must be an object: {"id": "1", "verb": "status"}', '请求须为对象: {"id": "1", "verb": "status"}'
        )
    request_id = request.get("id", "")
    request["id"] = request_id if isinstance(request_id, str) else str(request_id)[:64] if isinstance(request_id, int) else ""
    request.setdefault("args", {})
    kinds = {"verb": str, "args": dict, "alarm_id": str, "display_id": str, "slot": int, "command_id": str, "expires_at": str}
    for name, kind in kinds.items():
        value = request.get(name)
        if (name == "verb" and value is None) or (value is not None and (not isinstance(value, kind) or isinstance(value, bool))):
            raise _Refused("garbled", f"`{name}` must be a {kind.__name__}", f"`{name}` 须为 {kind.__name__}")
    if _depth(request) > MOST_DEPTH:
        raise _Refused("garbled", f"the request is nested deeper than {MOST_DEPTH}", f"请求嵌套超过 {MOST_DEPTH} 层")
    return request


def _depth(value: Any) -> int:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return 1 + max((_depth(v) for v in inner), default=0)


def as_verb(request: dict[str, Any], peer: Peer, role: Role) -> Verb:
    """Return the event of a person's verb; actor and role come from the peer, whatever the request claims."""
    expires_at: datetime | None = None
    if request.get("expires_at") is not None:
        try:
            expires_at = datetime.fromisoformat(request["expires_at"])
        except ValueError as fault:
            raise _Refused("garbled", "`expires_at` must be an ISO 8601 time", "`expires_at` 须为 ISO 8601 时间") from fault
        if expires_at.tzinfo is None:
            raise _Refused("garbled", "`expires_at` needs a UTC offset", "`expires_at` 须带时区")
        expires_at = expires_at.astimezone(UTC)
    command_id = request.get("command_id") or f"socket-{secrets.token_hex(12)}"
    return Verb(
        request["verb"], peer.user, role, "socket", command_id[:128],
        alarm_id=request.get("alarm_id"), display_id=request.get("display_id"), slot=request.get("slot"),
        args=request["args"], expires_at=expires_at,
    )  # fmt: skip


def peer_of(sock: socket.socket) -> Peer:
    """Return who is at the other end. A user without a name is `uid:N`."""
    pid, uid, gid = struct.unpack("3i", sock.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i")))
    try:
        user = pwd.getpwuid(uid).pw_name
        gids = set(os.getgrouplist(user, gid))
    except KeyError:
        return Peer(pid, uid, f"uid:{uid}", ())
    groups = []
    for number in gids:
        with suppress(KeyError):
            groups.append(grp.getgrgid(number).gr_name)
    return Peer(pid, uid, user, tuple(sorted(groups)))


def bind(path: Path, group: str) -> socket.socket:
    """Return a bound socket with its final mode and group, not yet listening. A stale one is replaced; a live one is not."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(2.0)
        try:
            probe.connect(str(path))
        except (FileNotFoundError, ConnectionRefusedError):
            with suppress(FileNotFoundError):
                path.unlink()
        except OSError as fault:
            raise _cannot(path, fault) from fault
        else:
            raise StoreRefused(
                f"control socket {path}: another edged answers there: `systemctl status edged`",
                zh=f"控制套接字 {path}: 已有另一个 edged 在运行: systemctl status edged",
            )
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        sock.bind(str(path))
        path.chmod(0o660)
        with suppress(KeyError, PermissionError):
            os.chown(path, -1, grp.getgrnam(group).gr_gid)
    except OSError as fault:
        sock.close()
        raise _cannot(path, fault) from fault
    return sock


def _cannot(path: Path, fault: OSError) -> StoreUnreachable:
    hint = "create it or start edged by systemd" if fault.errno == errno.ENOENT else "check the folder's owner and mode"
    return StoreUnreachable(
        f"control socket {path}: {fault.strerror or fault}: {hint}", zh=f"控制套接字 {path}: {fault.strerror or fault}: 请检查目录"
    )


def _fault(request_id: str, fault: EdgedError) -> dict[str, Any]:
    words = Words(str(fault), fault.zh)
    code = fault.code if isinstance(fault, _Refused) else "refused"
    return {"id": request_id, "ok": False, "code": code, "error": words._asdict()}


async def _send(writer: asyncio.StreamWriter, answer: dict[str, Any]) -> None:
    writer.write(json.dumps(answer, ensure_ascii=False, default=str).encode() + b"\n")
    async with asyncio.timeout(SEND_S):
        await writer.drain()

"""The control socket: who asks is what the kernel says, garbage gets an answer, and nobody waits for ever."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import stat
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from edged import control
from edged.__main__ import VERBS as COMMANDS
from edged.__main__ import main
from edged.commands import ask, verbs
from edged.control import ControlServer, Peer, Roles
from edged.model.command import Reply
from edged.model.errors import CommandRefused, StoreRefused, StoreUnreachable
from edged.model.event import Verb

WANG = Peer(1, 1000, "wang", ("edged", "users"))
ALARM = {
    "alarm_id": "01JD9W7A0000000000000000AA", "display_id": "0142", "slot": 4, "state": "active", "raised_at": "03:14",
    "words": {"place": "A3堆场东北角", "gate": "2门"}, "answers": [{"verb": "going", "actor": "wang"}], "test": False,
}  # fmt: skip


class Station:
    """A stand-in for core: remembers verbs, refuses `clear` without a reason, hangs on `verify`."""

    def __init__(self) -> None:
        self.verbs: list[Verb] = []
        self.open = 1

    async def ask(self, verb: Verb) -> Reply:
        self.verbs.append(verb)
        if verb.verb == "verify":
            await asyncio.Event().wait()
        if verb.verb == "seen":
            raise CommandRefused("seen: journal stuck", zh="日志卡住")
        if verb.verb == "clear" and not verb.args.get("reason"):
            return Reply(verb.command_id, verb.actor, False, "clear: reason must be one of: extinguished")
        return Reply(verb.command_id, verb.actor, True, f"{verb.verb} #{verb.slot}", {"alarm_id": "A"})

    async def status(self, _: dict[str, Any]) -> dict[str, Any]:
        return {"station": "cuntan-01", "sees": True, "open": self.open, "seeing": 1, "lookouts": 1, "armed": 1}

    async def alarms(self, _: dict[str, Any]) -> dict[str, Any]:
        return {"alarms": [ALARM]}

    async def broken(self, _: dict[str, Any]) -> dict[str, Any]:
        raise CommandRefused("why: no such place")


@asynccontextmanager
async def serving(folder: Path, peer: Peer = WANG, roles: Roles | None = None) -> AsyncIterator[tuple[Station, ControlServer, str]]:
    station = Station()
    path = folder / "control.sock"
    queries = {"status": station.status, "alarms": station.alarms, "why": station.broken}
    server = ControlServer(path, station.ask, queries, roles or Roles(), who=lambda _: peer)
    await server.start()
    try:
        yield station, server, str(path)
    finally:
        await server.stop()
    assert not path.exists()


async def talk(path: str, *lines: bytes, answers: int = 1) -> list[dict[str, Any]]:
    reader, writer = await asyncio.open_unix_connection(path, limit=1 << 20)
    try:
        for line in lines:
            writer.write(line + b"\n")
        return [json.loads(await asyncio.wait_for(reader.readline(), 5)) for _ in range(answers)]
    finally:
        writer.close()


def test_a_verb_carries_the_kernels_actor_whatever_is_claimed(tmp_path: Path) -> None:
    async def scene() -> None:
        async with serving(tmp_path) as (station, _, path):
            lines = [
                b'{"id":"7","verb":"going","slot":4,"actor":"root","role":"administrator","via":"core","command_id":"c1"}',
                b'{"id":"8","verb":"raise","args":{"place":"A3\xe5\xa0\x86\xe5\x9c\xba"}}',
            ]
            first, second = await talk(path, *lines, answers=2)
            assert first == {"id": "7", "ok": True, "text": "going #4", "data": {"alarm_id": "A"}}
            assert second["id"] == "8"
            verb = station.verbs[0]
            assert (verb.actor, verb.role, verb.via, verb.slot, verb.command_id) == ("wang", "technician", "socket", 4, "c1")
            assert station.verbs[1].command_id.startswith("socket-")
            assert station.verbs[1].args == {"place": "A3堆场"}

    asyncio.run(scene())


@pytest.mark.parametrize(
    ("line", "word"),
    [
        (b"\xff\xfe{", "not JSON"),
        (b"GET / HTTP/1.1", "not JSON"),
        (b"[1]", "must be an object"),
        (b"{}", "`verb` must be"),
        (b'{"verb":"going","slot":true}', "`slot` must be a int"),
        (b'{"verb":"going","args":[]}', "`args` must be a dict"),
        (b'{"verb":"explode"}', "there are: alarms, arm"),
        (b'{"verb":"going","expires_at":"soon"}', "ISO 8601"),
        (b'{"verb":"going","expires_at":"2026-11-22T03:14:00"}', "UTC offset"),
        (b"[" * 30000 + b"]" * 30000, "JSON"),
        (b'{"verb":"going","args":' + b'{"a":' * 20 + b"1" + b"}" * 21, "deeper"),
        (b"x" * 70_000, "at most 65536 bytes"),
    ],
)
def test_garbage_gets_a_clear_error_and_reaches_nobody(tmp_path: Path, line: bytes, word: str) -> None:
    async def scene() -> None:
        async with serving(tmp_path) as (station, _, path):
            (answer,) = await talk(path, line)
            assert not answer["ok"]
            assert answer["code"] == "garbled"
            assert word in answer["error"]["en"]
            assert answer["error"]["zh"]
            assert station.verbs == []
            (answer,) = await talk(path, b'{"verb":"status"}')
            assert answer["ok"]

    asyncio.run(scene())


def test_refusals_of_core_and_of_a_query_come_back_in_words(tmp_path: Path) -> None:
    async def scene() -> None:
        async with serving(tmp_path) as (_, _, path):
            clear, seen, why = await talk(path, b'{"verb":"clear","slot":4}', b'{"verb":"seen"}', b'{"verb":"why"}', answers=3)
            assert "reason must be one of" in clear["error"]["en"]
            assert seen["error"] == {"en": "seen: journal stuck", "zh": "日志卡住"}
            assert why["error"]["en"] == "why: no such place"
            assert {clear["code"], seen["code"], why["code"]} == {"refused"}

    asyncio.run(scene())


def test_a_verb_that_hangs_is_answered_late_and_others_are_not_kept_waiting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(control, "ANSWER_S", 0.3)

    async def scene() -> None:
        async with serving(tmp_path) as (_, _, path):
            hanging = asyncio.create_task(talk(path, b'{"id":"h","verb":"verify","slot":1}'))
            (status,) = await talk(path, b'{"verb":"status"}')
            assert status["ok"]
            assert not hanging.done()
            (late,) = await hanging
            assert late["code"] == "late"
            assert "edged status" in late["error"]["en"]

    asyncio.run(scene())


def test_roles_by_user_by_group_root_and_nobody(tmp_path: Path) -> None:
    roles = Roles({"li": "shift_leader"}, {"duty": "duty", "edged": "technician"})
    assert roles.of(replace(WANG, user="li")) == "shift_leader"
    assert roles.of(replace(WANG, groups=("duty", "edged"))) == "duty"
    assert roles.of(Peer(1, 0, "root", ())) == "administrator"

    async def scene() -> None:
        async with serving(tmp_path, replace(WANG, groups=())) as (station, server, path):
            (denied,) = await talk(path, b'{"verb":"status"}')
            assert denied["code"] == "denied"
            assert "usermod -aG edged wang" in denied["error"]["en"]
            server.roles = Roles({"wang": "viewer"})
            (answer,) = await talk(path, b'{"verb":"status"}')
            assert answer["ok"]
            assert station.verbs == []

    asyncio.run(scene())


def test_the_kernel_names_this_process(tmp_path: Path) -> None:
    here, there = socket.socketpair()
    with here, there:
        peer = control.peer_of(here)
    assert (peer.pid, peer.uid) == (os.getpid(), os.getuid())
    assert peer.groups


def test_watching_answers_with_each_change_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(control, "WATCH_S", 0.02)

    async def scene() -> None:
        async with serving(tmp_path) as (station, _, path):
            reader, writer = await asyncio.open_unix_connection(path)
            writer.write(b'{"id":"w","verb":"status","watch":true}\n')
            seen = []
            for number in (1, 2, 3):
                seen.append(json.loads(await asyncio.wait_for(reader.readline(), 5))["data"]["open"])
                with pytest.raises(TimeoutError):
                    await asyncio.wait_for(reader.readline(), 0.1)
                station.open = number + 1
            assert seen == [1, 2, 3]
            writer.close()

    asyncio.run(scene())


def test_mode_stale_socket_and_a_second_daemon(tmp_path: Path) -> None:
    path = tmp_path / "control.sock"
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(path))

    async def scene() -> None:
        async with serving(tmp_path):
            assert stat.S_IMODE(path.stat().st_mode) == 0o660
            second = ControlServer(path, Station().ask, {}, Roles())
            with pytest.raises(StoreRefused, match="another edged answers there"):
                await second.start()
            (answer,) = await talk(str(path), b'{"verb":"status"}')
            assert answer["ok"]

    asyncio.run(scene())
    with pytest.raises(StoreUnreachable, match="control socket"):
        control.bind(tmp_path / "none" / "control.sock", "edged")


def in_thread(folder: Path, run: Callable[[str], None], **changes: Any) -> Station:
    """Serve in a thread and run a client that blocks."""
    ready, over, held = threading.Event(), threading.Event(), list[Station]()

    async def scene() -> None:
        async with serving(folder, **changes) as (station, _, _):
            held.append(station)
            ready.set()
            while not over.is_set():
                await asyncio.sleep(0.01)

    thread = threading.Thread(target=asyncio.run, args=(scene(),))
    thread.start()
    try:
        assert ready.wait(10)
        run(str(folder / "control.sock"))
    finally:
        over.set()
        thread.join(10)
    return held[0]


def test_commands_print_for_people_and_for_machines(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EDGED_LANG", "en")

    def run(path: str) -> None:
        monkeypatch.setenv("EDGED_SOCKET", path)
        assert main(["going", "#4"]) == 0
        assert main(["clear", "4", "--reason", "extinguished", "--json"]) == 0
        assert main(["status"]) == 0
        assert main(["alarms"]) == 0
        assert main(["permit", "A3", "--for", "90m", "--number", "DH-7"]) == 0
        assert main(["raise", "29.6135,106.6061"]) == 0
        assert main(["seen", "0142"]) == 1

    station = in_thread(tmp_path, run)
    said, faults = capsys.readouterr()
    lines = said.splitlines()
    assert lines[0] == "going #4"
    assert json.loads(lines[1]) == {"alarm_id": "A", "text": "clear #4"}
    assert lines[2:5] == ["SEES: 1 of 1 lookouts", "No open alarm", "Everything else works."]
    assert any(line.startswith("#4  0142  ACTIVE  A3堆场东北角  by 2门") and "going wang" in line for line in lines)
    assert faults == "edged: seen: journal stuck\n"
    by_verb = {verb.verb: verb for verb in station.verbs}
    assert by_verb["permit"].args == {"zone": "A3", "number": "DH-7", "hours": 1.5}
    assert by_verb["raise"].args == {"lat_wgs84": 29.6135, "lon_wgs84": 106.6061}
    assert by_verb["seen"].display_id == "0142"


def test_without_a_daemon_and_without_permission_the_next_step_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EDGED_LANG", "zh")
    assert main(["status", "--socket", str(tmp_path / "none.sock")]) == 1
    assert "systemctl status edged" in capsys.readouterr().err

    def refused(self: socket.socket, address: Any) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(socket.socket, "connect", refused)
    with pytest.raises(StoreRefused, match="join group edged"):
        ask.request("/run/edged/control.sock", "status")


def test_alarms_are_named_by_slot_display_id_or_id() -> None:
    assert verbs.which("#4") == verbs.which("4") == {"slot": 4}
    assert verbs.which("0142") == {"display_id": "0142"}
    assert verbs.which(ALARM["alarm_id"]) == {"alarm_id": ALARM["alarm_id"]}  # type: ignore[arg-type]
    assert verbs.span_h("2 h") == 2
    with pytest.raises(CommandRefused):
        verbs.span_h("bald")


@pytest.mark.parametrize("name", sorted(n for n, (module, _) in COMMANDS.items() if module.startswith("edged.commands.")))
def test_every_command_explains_itself(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main([name, "--help"])
    assert ended.value.code == 0
    assert name in capsys.readouterr().out

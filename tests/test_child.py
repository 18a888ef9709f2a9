"""Children that exit, hang, stop, babble or do not read are replaced; control never waits for them."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
import textwrap
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from edged.backoff import Backoff, Budget
from edged.child import Child, ChildState, clean_environment
from edged.messages import Beat, ChildLog, Message, PictureWanted, Slow

CHILD = """
    import json, os, socket, sys, time
    sock = socket.socket(fileno=int(sys.argv[sys.argv.index("--fd") + 1]))
    def send(kind, **fields):
        body = json.dumps({"kind": kind, **fields}).encode()
        sock.sendall(len(body).to_bytes(4, "big") + body)
    def beat():
        send("beat", name="x", mono_s=time.monotonic(), rss_mb=1.0, cpu_s=time.process_time())
"""
BEATS = """
sock.settimeout(0.05)
while True:
    beat()
    try:
        if not sock.recv(65536):
            break
    except TimeoutError:
        pass
"""


class Seen:
    def __init__(self) -> None:
        self.messages: list[Message] = []
        self.states: list[tuple[ChildState, str]] = []

    async def until(self, holds: Callable[[], bool], within_s: float = 15.0) -> None:
        async with asyncio.timeout(within_s):
            while not holds():
                await asyncio.sleep(0.01)

    def reasons(self, state: ChildState) -> list[str]:
        return [reason for known, reason in self.states if known == state]


@asynccontextmanager
async def child_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, body: str, **limits: float) -> AsyncIterator[tuple[Child, Seen]]:
    name = f"practice_child_{len(list(tmp_path.iterdir()))}"
    (tmp_path / f"{name}.py").write_text(textwrap.dedent(CHILD) + body, encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    seen = Seen()
    child = Child(
        "eye th-01", name, lambda: [Slow(4.0)], seen.messages.append, lambda _, state, reason: seen.states.append((state, reason)),
        quiet_s=limits.get("quiet_s", 1.0), starting_s=limits.get("starting_s", 10.0),
        backoff=Backoff(first_s=0.01, longest_s=0.02), budget=Budget(limit=int(limits.get("budget", 3))),
    )  # fmt: skip
    running = asyncio.create_task(child.run())
    try:
        yield child, seen
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
    assert child.pid is None


def test_setup_arrives_messages_come_back_and_stop_ends_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    body = (
        "n = int.from_bytes(sock.recv(4), 'big')\nsetup = json.loads(sock.recv(n))\n"
        "send('child_log', name='x', level='warning', text='fps ' + str(setup['max_fps']))\nprint('last words')\nsys.stdout.flush()\n"
        + BEATS
    )

    async def scene() -> None:
        async with child_of(tmp_path, monkeypatch, body) as (child, seen):
            await seen.until(lambda: bool(seen.messages))
            assert isinstance(seen.messages[0], Beat)
            assert not any(isinstance(message, ChildLog) for message in seen.messages)
            assert child.state == "running"
            pid = child.pid
            assert pid is not None
            argv = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
            assert argv[1:4] == [b"-m", b"practice_child_0", b"--fd"]
            await child.stop()
            assert child.send(Slow(2.0)) is False
            await child.stop()
            await seen.until(lambda: child.state == "stopped", 5)
            assert not Path(f"/proc/{pid}").exists()

    asyncio.run(scene())


def test_a_stop_while_it_is_being_started_ends_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def scene() -> None:
        async with child_of(tmp_path, monkeypatch, BEATS) as (child, seen):
            await seen.until(lambda: child.state == "starting")
            await child.stop()
            await seen.until(lambda: child.state == "stopped", 6.0)
            assert child.pid is None

    asyncio.run(scene())


def test_what_a_child_logs_and_prints_reaches_the_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    body = "send('child_log', name='x', level='warning', text='no key frame')\nprint('libx: assertion failed', flush=True)\n" + BEATS

    async def scene() -> None:
        async with child_of(tmp_path, monkeypatch, body) as (_, seen):
            await seen.until(lambda: "no key frame" in caplog.text and "libx: assertion failed" in caplog.text)

    asyncio.run(scene())


def test_killed_child_is_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def scene() -> None:
        async with child_of(tmp_path, monkeypatch, BEATS) as (child, seen):
            await seen.until(lambda: child.state == "running")
            first = child.pid
            assert first is not None
            os.kill(first, signal.SIGKILL)
            await seen.until(lambda: child.state == "running" and child.pid != first)
            assert "SIGKILL" in seen.reasons("lost")[0]
            assert child.restarts == 1

    asyncio.run(scene())


def test_stopped_child_is_found_and_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def scene() -> None:
        async with child_of(tmp_path, monkeypatch, BEATS) as (child, seen):
            await seen.until(lambda: child.state == "running")
            first = child.pid
            assert first is not None
            began = time.monotonic()
            os.kill(first, signal.SIGSTOP)
            await seen.until(lambda: child.state == "running" and child.pid != first)
            assert time.monotonic() - began < 10
            assert "no sign of life" in seen.reasons("lost")[0]
            assert not Path(f"/proc/{first}").exists()

    asyncio.run(scene())


def test_every_new_child_stopped_ends_parked_and_running_is_never_claimed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def scene() -> None:
        body = "import signal\nos.kill(os.getpid(), signal.SIGSTOP)\n"
        async with child_of(tmp_path, monkeypatch, body, starting_s=0.3, budget=1) as (child, seen):
            await seen.until(lambda: child.state == "parked")
            assert seen.reasons("running") == []
            assert "next try in 60 min" in seen.reasons("parked")[0]
            child.replace("a person asked")
            await seen.until(lambda: child.state == "starting", 5)

    asyncio.run(scene())


@pytest.mark.parametrize(
    ("body", "word"),
    [
        ("beat()\nsock.sendall(b'\\xff' * 64)\ntime.sleep(60)\n", "garbage"),
        ("beat()\nsend('beat', name='x')\ntime.sleep(60)\n", "garbage"),
        ("sys.exit(7)\n", "exit status 7"),
    ],
)
def test_garbage_and_exit_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, body: str, word: str) -> None:
    async def scene() -> None:
        async with child_of(tmp_path, monkeypatch, body) as (_, seen):
            await seen.until(lambda: bool(seen.reasons("lost")))
            assert word in seen.reasons("lost")[0]

    asyncio.run(scene())


def test_child_that_does_not_read_is_replaced_and_send_never_waits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def scene() -> None:
        body = "while True:\n    beat()\n    time.sleep(0.1)\n"
        async with child_of(tmp_path, monkeypatch, body) as (child, seen):
            await seen.until(lambda: child.state == "running")
            slowest, sent = 0.0, True
            while sent:
                began = time.monotonic()
                sent = child.send(PictureWanted("x" * 30_000, "th-01", "thermal"))
                slowest = max(slowest, time.monotonic() - began)
            assert slowest < 0.5
            await seen.until(lambda: bool(seen.reasons("lost")))
            assert "does not read" in seen.reasons("lost")[0]

    asyncio.run(scene())


def test_environment_of_a_child_names_no_secret() -> None:
    given = {"PATH": "/bin", "NOTIFY_SOCKET": "/run/x", "EDGED_BROKER_PASSWORD": "x", "CREDENTIALS_DIRECTORY": "/run/c"}
    assert clean_environment(given) == {"PATH": "/bin"}
    assert json.dumps(clean_environment(dict(os.environ)))
    assert sys.executable

"""What systemd hears, what the watchdog is fed on, and what the log never contains."""

from __future__ import annotations

import asyncio
import io
import logging
import os
import signal
import socket
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from edged.logs import Journal, Redaction, Repeats, Secrets, native, start_logging
from edged.model.errors import ConfigError
from edged.service import Notifier, Service, credential, watchdog_s
from edged.watchdog import EyeFact, Facts, Watchdog

SECRET = "Zx9/口令 \"q'@:é"
GOOD = Facts(0.0, 100.0, 100.0, False, (EyeFact("th-01", 100.0, None, False),))


@pytest.fixture
def ear(tmp_path: Path) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
        sock.bind(str(tmp_path / "notify"))
        sock.settimeout(5)
        yield sock


@pytest.mark.parametrize("abstract", [False, True])
def test_notifies_by_path_and_by_abstract_socket(tmp_path: Path, abstract: bool) -> None:
    address = f"@edged-test-{os.getpid()}" if abstract else str(tmp_path / "n")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
        sock.bind("\0" + address[1:] if abstract else address)
        sock.settimeout(5)
        told = Notifier(address)
        told.ready("9 台相机\nline two")
        assert sock.recv(4096).decode() == "READY=1\nSTATUS=9 台相机 line two"
        told.reloading()
        reloading, usec = sock.recv(4096).decode().split("\n")
        assert reloading == "RELOADING=1"
        assert int(usec.removeprefix("MONOTONIC_USEC=")) > 0
        told.stopping("bye")
        assert sock.recv(4096).startswith(b"STOPPING=1")


def test_a_notify_socket_that_is_gone_is_said_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    told = Notifier(str(tmp_path / "gone"))
    for _ in range(3):
        told.feed()
    assert len(caplog.records) == 1
    Notifier(None).feed()
    assert len(caplog.records) == 1


def test_watchdog_time_is_read_only_for_this_process() -> None:
    assert watchdog_s({"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": str(os.getpid())}) == 30
    assert watchdog_s({"WATCHDOG_USEC": "30000000"}) == 30
    for wrong in ({"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "1"}, {}, {"WATCHDOG_USEC": "soon"}, {"WATCHDOG_USEC": "0"}):
        assert watchdog_s(wrong) is None


def test_watchdog_is_fed_while_everything_advances_or_is_declared_down() -> None:
    rule = Watchdog(0.0)
    assert rule.fed(105.0, GOOD) == (True, "")
    dead = EyeFact("th-02", None, None, True)
    replaced = EyeFact("th-03", 20.0, 110.0, False)
    assert rule.fed(109.0, Facts(0.1, 100.0, None, True, (dead, replaced)))[0]
    assert rule.fed(5000.0, Facts(0.1, 4999.0, None, True, (dead,) * 9))[0]


@pytest.mark.parametrize(
    ("now", "facts", "word"),
    [
        (105.0, Facts(2.0, 100.0, 100.0, False), "loop lags 2.0 s"),
        (110.5, Facts(0.0, 100.0, 110.0, False), "journal"),
        (121.0, Facts(0.0, 120.0, 100.0, False), "MQTT"),
        (121.0, Facts(0.0, 120.0, 120.0, False, (EyeFact("th-01", 100.0, 90.0, False),)), "eye th-01"),
        (121.0, Facts(0.0, None, None, True), "journal"),
        (121.0, Facts(0.0, 120.0, 120.0, False, (), 100.0), "core has taken no tick for 21 s"),
    ],
)
def test_watchdog_starves_on_each_thing_of_ours_alone(now: float, facts: Facts, word: str) -> None:
    fed, why = Watchdog(0.0).fed(now, facts)
    assert not fed
    assert word in why


def test_a_fresh_start_has_the_whole_time() -> None:
    never = Facts(0.0, None, None, False, (EyeFact("th-01", None, None, False),))
    assert Watchdog(100.0).fed(109.0, never)[0]
    assert not Watchdog(100.0).fed(111.0, never)[0]


def test_signals_reload_once_more_and_stop(ear: socket.socket) -> None:
    reloads: list[int] = []

    async def scene() -> None:
        gate = asyncio.Event()

        async def reload() -> str:
            reloads.append(1)
            await gate.wait()
            if len(reloads) == 2:
                raise ConfigError("station.yaml:3:5: unknown key thresold_c")
            return "9 cameras"

        service = Service(Notifier(ear.getsockname()), reload, lambda: GOOD, clock=lambda: 101.0)
        service.listen()
        running = asyncio.create_task(service.run())
        for _ in range(3):
            os.kill(os.getpid(), signal.SIGHUP)
            await asyncio.sleep(0.02)
        gate.set()
        async with asyncio.timeout(5):
            while len(reloads) < 2:
                await asyncio.sleep(0.01)
        os.kill(os.getpid(), signal.SIGTERM)
        await asyncio.wait_for(running, 5)

    asyncio.run(scene())
    heard = [ear.recv(4096).decode() for _ in range(5)]
    assert [line.split("=")[0] for line in heard] == ["RELOADING", "READY", "RELOADING", "READY", "STOPPING"]
    assert "9 cameras" in heard[1]
    assert "refused" in heard[3]
    assert "thresold_c" in heard[3]


def test_a_reload_that_breaks_leaves_the_daemon_running(ear: socket.socket, caplog: pytest.LogCaptureFixture) -> None:
    async def scene() -> None:
        async def reload() -> str:
            raise ZeroDivisionError("a fault of our own")

        service = Service(Notifier(ear.getsockname()), reload, lambda: GOOD, clock=lambda: 101.0)
        running = asyncio.create_task(service.run())
        service.ask_reload()
        heard = [(await asyncio.to_thread(ear.recv, 4096)).decode() for _ in range(2)]
        assert heard[1].startswith("READY=1\nSTATUS=reload failed")
        assert not running.done()
        service.stop()
        await asyncio.wait_for(running, 5)

    asyncio.run(scene())
    assert "a fault of our own" in caplog.text


def test_starving_is_said_once_and_shown_in_the_status(ear: socket.socket, caplog: pytest.LogCaptureFixture) -> None:
    now = [101.0]

    async def scene() -> None:
        async def reload() -> str:
            return ""

        service = Service(Notifier(ear.getsockname()), reload, lambda: GOOD, watchdog_s=2, clock=lambda: now[0])
        service.ready("fine")
        assert service.check()
        now[0] = 112.0
        assert not service.check()
        assert not service.check()
        service.status("hidden while starved")
        now[0] = 102.0
        assert service.check()

    asyncio.run(scene())
    heard = [ear.recv(4096).decode() for _ in range(5)]
    assert heard[:2] == ["READY=1\nSTATUS=fine", "WATCHDOG=1"]
    assert heard[2].startswith("STATUS=not fed: no journal commit")
    assert heard[3:] == ["STATUS=hidden while starved", "WATCHDOG=1"]
    assert sum("not fed" in record.getMessage() for record in caplog.records) == 1


def test_credential_is_read_whole_and_never_told(tmp_path: Path) -> None:
    environment = {"CREDENTIALS_DIRECTORY": str(tmp_path)}
    (tmp_path / "broker").write_text(SECRET + "\n", encoding="utf-8")
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00" + b"hidden")
    assert credential("broker", environment) == SECRET
    assert credential("absent", environment) is None
    assert credential("../broker", environment) is None
    assert credential("broker", {}) is None
    with pytest.raises(ConfigError, match="LoadCredential") as refused:
        credential("binary", environment)
    assert "hidden" not in str(refused.value)


def record_of(text: str, *args: object, **extra: object) -> logging.LogRecord:
    record = logging.LogRecord("edged.camera", logging.WARNING, __file__, 1, text, args, None)
    record.__dict__.update(extra)
    return record


def test_no_secret_in_any_spelling_reaches_a_handler(monkeypatch: pytest.MonkeyPatch) -> None:
    secrets = Secrets()
    secrets.add(SECRET)
    secrets.add("ab")
    stream = io.StringIO()
    root = logging.getLogger()
    before, hooks = (root.handlers[:], root.level), (sys.excepthook, threading.excepthook)
    handler = start_logging(secrets, journal=False)
    assert isinstance(handler, logging.StreamHandler)
    handler.setStream(stream)
    try:
        log = logging.getLogger("edged.camera")
        from urllib.parse import quote

        log.error("plain %s", SECRET)
        log.error("url rtsp://root:%s@10.0.0.1/ch1", quote(SECRET, safe=""))
        log.error("unknown rtsp://root:never-registered@10.0.0.1/ch1")
        log.error("dict %r", {"password": SECRET})
        log.error("bad format %d %s", SECRET)
        try:
            raise ValueError(f"401 for {SECRET}")
        except ValueError:
            log.exception("fault")
        thread = threading.Thread(target=lambda: (_ for _ in ()).throw(KeyError(SECRET)))
        thread.start()
        thread.join(5)
    finally:
        for old in root.handlers[:]:
            root.removeHandler(old)
        for old in before[0]:
            root.addHandler(old)
        root.setLevel(before[1])
        sys.excepthook, threading.excepthook = hooks
        logging.captureWarnings(False)
    text = stream.getvalue()
    assert text.count("***") >= 7
    assert "KeyError" in text
    for spelling in (SECRET, quote(SECRET, safe=""), "口令", "never-registered"):
        assert spelling not in text


def test_repeated_lines_are_counted_and_alarms_always_pass() -> None:
    now = [0.0]
    repeats = Repeats(lambda: now[0])
    passed = []
    for second in range(130):
        now[0] = float(second)
        record = record_of(f"camera th-01: no answer, next try in {second}.5 s")
        if repeats.filter(record):
            passed.append(str(record.msg))
    assert len(passed) == 3
    assert "(59 more like this in 60 s)" in passed[1]
    assert repeats.filter(record_of("camera th-02: no answer, next try in 1.5 s"))
    assert all(repeats.filter(record_of("alarm raised", alarm_id="01JD")) for _ in range(5))


def test_journal_fields_by_the_native_protocol(tmp_path: Path) -> None:
    path = str(tmp_path / "journal")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
        sock.bind(path)
        sock.settimeout(5)
        handler = Journal(path=path)
        record = record_of("火警 %s", "A3", camera_id="th-03", alarm_id="01JD")
        Redaction(Secrets()).filter(record)
        handler.emit(record)
        fields = dict(line.split("=", 1) for line in sock.recv(65536).decode().splitlines())
        handler.close()
    assert fields["MESSAGE"] == "火警 A3"
    assert (fields["EDGED_CAMERA"], fields["EDGED_ALARM_ID"], fields["PRIORITY"]) == ("th-03", "01JD", "4")
    assert native({"MESSAGE": "a\nb"}) == b"MESSAGE\n\x03\0\0\0\0\0\0\0a\nb\n"


def test_a_journal_that_is_away_costs_no_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Journal(path=str(tmp_path / "none")).emit(record_of("still said"))
    assert "still said" in capsys.readouterr().err

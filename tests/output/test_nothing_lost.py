"""The 60-line example subscriber against a broker that forgets and dies, a publisher that is faster back, and a restarted daemon."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.fakes.broker import Mosquitto, needs_mosquitto
from tests.fakes.journal_reader import MemoryJournal, make_row
from tests.output.conftest import STATION, Station, until

EXAMPLE = Path(__file__).parents[1] / "example_subscriber.py"


@dataclass
class Subscriber:
    """The example as a process of its own."""

    port: int
    state: Path
    said: list[dict[str, Any]] = field(default_factory=list)

    def start(self) -> Subscriber:
        self._process = subprocess.Popen(
            [sys.executable, str(EXAMPLE), "127.0.0.1", str(self.port), STATION, "city", str(self.state)], stdout=subprocess.PIPE, text=True
        )
        self._thread = threading.Thread(target=self._read, args=(self._process,))
        self._thread.start()
        return self

    def _read(self, process: subprocess.Popen[str]) -> None:
        assert process.stdout is not None
        for line in process.stdout:
            if line.endswith("\n"):
                self.said.append(json.loads(line))

    def kill(self) -> None:
        self._process.kill()
        self._process.wait(10)
        self._thread.join(10)
        assert self._process.stdout is not None
        self._process.stdout.close()

    def rows(self) -> list[dict[str, Any]]:
        return [one for one in self.said if "id" in one]

    def complete(self, last: int) -> bool:
        return any(one.get("missed") == 0 and one["up_to"] == last for one in list(self.said))


def test_the_example_fits_on_a_page() -> None:
    assert len(EXAMPLE.read_text().splitlines()) <= 60


@needs_mosquitto
def test_broker_daemon_and_subscriber_die_and_nothing_is_lost(tmp_path: Path) -> None:
    broker = Mosquitto(tmp_path).start()
    journal = MemoryJournal()
    city = Subscriber(broker.port, tmp_path / "city.json").start()
    station = Station(broker.port, journal).start()
    number = 0

    def rows(count: int) -> None:
        nonlocal number
        for _ in range(count):
            number += 1
            journal.append(make_row(number))
        station.output.wake()

    try:
        rows(20)
        until(lambda: city.complete(20), "the first rows")
        # the publisher is back before the subscriber, on a broker that forgot the subscriber's session; a watcher of # hides the void
        broker.kill()
        city.kill()
        rows(20)
        broker.start()
        watcher = subprocess.Popen(
            [sys.executable, str(EXAMPLE), "127.0.0.1", str(broker.port), STATION, "gap", str(tmp_path / "gap.json")],
            stdout=subprocess.DEVNULL,
        )
        try:
            until(lambda: journal.cursor("broker", "real") == ("e1", 40), "published into the void")
        finally:
            watcher.kill()
            watcher.wait(10)
        city.start()
        until(lambda: city.complete(40), "what went into the void")
        # the daemon dies without a word in the middle of rows and comes back from its journal
        rows(30)
        assert station.output.stop()
        rows(10)
        station = Station(broker.port, journal).start()
        broker.kill()
        rows(20)
        broker.start()
        until(lambda: city.complete(number), "everything", 30)
        assert [one["sequence"] for one in city.rows()] == list(range(1, number + 1))
        assert [one["id"] for one in city.rows()] == [entry.row.row_id for entry in journal.entries("real", 0, 1000)]
        until(lambda: journal.cursor("city", "real") == ("e1", number), "delivered")
    finally:
        city.kill()
        station.stop()
        broker.stop()

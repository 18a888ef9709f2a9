"""scripts/bench latency: a row committed to the journal on disk → accepted by the broker (PUBACK), with a subscriber that checks it.

The daemon commits in the same pass in which core confirms; `commit_ms` is that part, the rest is the output's.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from edged import clock
from edged.model.event import Event
from edged.output.mqtt.output import MqttOutput
from edged.output.settings import Identity, MqttSettings
from edged.store.journal import Journal
from edged.store.reader import JournalReader
from edged.store.settings import StoreSettings
from tests.fakes.broker import MOSQUITTO, running
from tests.fakes.journal_reader import make_row
from tests.output.conftest import User, until


class Stopwatch:
    """Control that notes when the broker had each row."""

    def __init__(self) -> None:
        self.accepted: dict[int, float] = {}
        self.moved = threading.Event()

    def advance(self, consumer: str, lane: str, epoch: str, sequence: int) -> None:
        for one in range(max(self.accepted, default=0) + 1, sequence + 1):
            self.accepted[one] = time.perf_counter()

    def on_event(self, event: Event) -> None:
        self.moved.set()

    def on_ptz(self, order: object) -> None:
        raise AssertionError(order)

    def tell_done(self, tell_id: str, outcome: str, detail: str) -> None:
        raise AssertionError(tell_id)

    def log(self, level: str, text: str) -> None:
        print(f"{level}: {text}", file=sys.stderr)


def share(values: list[float], part: float) -> float:
    """Return a quantile in milliseconds."""
    return round(sorted(values)[min(len(values) - 1, int(part * len(values)))] * 1000, 3)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--short", action="store_true")
    rows = 300 if parser.parse_args().short else 2000
    watch, committed, commits = Stopwatch(), {}, []
    with tempfile.TemporaryDirectory() as name, running(Path(name)) as broker:
        journal = Journal.open(Path(name) / "state" / "journal.sqlite3", "bench", StoreSettings(), clock.now)
        reader = JournalReader.open(journal.path)
        city = User(broker.port, "city", "edged/v1/bench/alarm/event/#")
        output = MqttOutput(MqttSettings(port=broker.port), None, Identity("bench", "bench", "0"), reader, watch, clock.now)  # type: ignore[arg-type]
        output.start(lambda fault: print(fault, file=sys.stderr))
        until(lambda: output.up, "connected")
        for number in range(1, rows + 1):
            begun = time.perf_counter()
            (entry,) = journal.append([make_row(number)])
            committed[entry.sequence] = begun
            commits.append(time.perf_counter() - begun)
            output.wake()
            time.sleep(0.01)
        until(lambda: max(committed) in watch.accepted, "all accepted")
        until(lambda: len(city.of("/alarm/event/")) >= rows, "all received")
        output.stop()
        city.close()
        reader.close()
        journal.close()
    took = [watch.accepted[sequence] - begun for sequence, begun in committed.items()]
    figures = {f"confirmed_to_published_ms_p{part}": share(took, part / 100) for part in (50, 95, 99)}
    figures |= {"max_ms": share(took, 1.0), "commit_ms_p99": share(commits, 0.99), "rows": rows}
    figures |= {"broker": "mosquitto" if MOSQUITTO is not None else "practice", "missing": rows - len(took)}
    for key, value in figures.items():
        print(f"{key:32} {value}")
    print(json.dumps(figures))
    return 0


if __name__ == "__main__":
    sys.exit(main())

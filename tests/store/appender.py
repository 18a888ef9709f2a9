"""A child that appends until it is killed, and says on its output which rows were acknowledged. Run with the journal's path."""

from __future__ import annotations

import sys
from pathlib import Path

from edged.clock import now
from edged.store.journal import Journal
from tests.store.making import SMALL, row, tell


def main(path: Path, first: int) -> None:
    journal = Journal.open(path, "cuntan-01", SMALL, now, ("police",))
    for number in range(first, first + 1_000_000, 3):
        rows = [row(number), row(number + 1, "test"), row(number + 2)]
        for entry in journal.append(rows, [tell(number)]):
            sys.stdout.write(f"{entry.row.lane} {entry.epoch} {entry.sequence} {entry.row.row_id} {tell(number).tell_id}\n")
        sys.stdout.flush()
        if number % 30 == 0:
            journal.advance("police", "real", *journal.newest("real")[:2])


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))

"""`edged journal verify | copy`."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest

from edged.__main__ import main
from edged.store.journal import Journal
from tests.store.making import row


def test_verify_and_copy_in_words_and_for_machines(journal: Journal, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    journal.append([row(number) for number in range(8)])
    state = ["--state", str(tmp_path)]
    assert main(["journal", "verify", *state]) == 0
    assert "10 rows, chain right" in capsys.readouterr().out
    target = tmp_path / "copy.db"
    assert main(["journal", "copy", str(target), *state, "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"copied": str(target), "rows": 10}
    with sqlite3.connect(target) as other:
        other.execute("UPDATE event SET payload = '{}' WHERE sequence = 5")
    assert main(["journal", "verify", str(target), "--json"]) == 1
    said = json.loads(capsys.readouterr().out)
    assert said["wrong"]["sequence"] == 5
    assert main(["journal", "verify", str(target), "--to", "4"]) == 0


def test_what_cannot_be_read_is_told_on_standard_error(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EDGED_LANG", "zh")
    assert main(["journal", "verify", "--state", str(tmp_path)]) == 1
    told = capsys.readouterr()
    assert told.out == ""
    assert "请检查路径" in told.err
    assert main(["journal", "copy", str(tmp_path / "x.db"), "--state", str(tmp_path)]) == 1
    assert not (tmp_path / "x.db").exists()

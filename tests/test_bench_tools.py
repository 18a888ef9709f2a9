"""What benches help with: what a picture without temperatures shows at all, and a trace of one case."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from pathlib import Path

import numpy as np
import reach

ROOT = Path(__file__).parents[1]
BENCHES = ROOT / "scripts" / "benches"
DEADLINE_S = 120.0


def test_what_a_picture_shows_counts_from_when_it_shows_it_for_good() -> None:
    looks = [[10.0], [14.0, 30], [18.0], [22.0, 30, 26], [26.0, 200, 100, 20]]
    told = {(px, levels): reach.told_s({"looks": looks}, px, levels) for px in (1, 2, 3) for levels in (24.0, 48.0)}
    assert told == {(1, 24.0): 22.0, (1, 48.0): 26.0, (2, 24.0): 22.0, (2, 48.0): 26.0, (3, 24.0): math.inf, (3, 48.0): math.inf}


def test_only_what_grows_brighter_round_the_wheel_is_the_fire() -> None:
    sound = np.full((200, 300), 100, np.uint8)
    burning = sound.copy()
    burning[100, 150:153], burning[101, 150], burning[20, 20] = (130, 180, 101), 40, 255
    assert reach.changed(sound, burning, (150.0, 100.0)) == [80, 30, 1]


def test_a_burning_lorry_is_the_sound_one_until_it_departs_and_not_after() -> None:
    row = reach.numbered(reach.read("trailer")[0], 1, burns=True).row
    still = np.full((row.outlook.height_px, row.outlook.width_px), row.outlook.ground_c, np.float32)
    before, after = row.fire.smoulder_s - 5.0, row.fire.ignition_s + 60.0
    sound, burning = reach.pictures(row, still, before)
    assert np.array_equal(sound, burning)
    sound, burning = reach.pictures(row, still, after)
    assert float((burning - sound).max()) > 60.0


def test_a_trace_says_what_is_followed_and_where_nothing_is_named_what_to_name() -> None:
    call = [sys.executable, str(BENCHES / "trace.py")]
    done = subprocess.run([*call, "--short"], capture_output=True, text=True, check=True, cwd=ROOT, timeout=DEADLINE_S)
    *lines, last = done.stdout.splitlines()
    assert lines
    assert all("sources; moved" in line or "nats" in line for line in lines)
    assert json.loads(last) == {"case": "quiet:staring:1:2:300", "from_s": 0.0, "to_s": 5.0}
    for case in ("site:4", "staring:seed:4", "trailer:fire:4", "quiet:staring:1:2"):
        wrong = subprocess.run([*call, case], capture_output=True, text=True, check=False, cwd=ROOT, timeout=DEADLINE_S)
        assert wrong.returncode != 0
        assert f"{case!r} is no case; staring:SEED:N" in wrong.stderr
        assert "Traceback" not in wrong.stderr

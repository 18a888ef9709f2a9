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


def test_a_fire_is_told_from_its_neighbours_and_its_surroundings_by_what_the_picture_has_without_it() -> None:
    from edged.simulator.generator.background import Background
    from edged.simulator.generator.fires import EmberBed, Seen
    from edged.simulator.generator.sensor import Sensor
    from edged.simulator.generator.sequence import Sequence

    yard = np.full((96, 128), 20.0, np.float32)
    yard[:48] = 60.0
    for y, grey, dark in ((70.0, False, False), (70.0, True, False), (20.0, False, True)):
        ground = yard.copy()
        if dark:
            ground[12:28, 56:72] = 25.0
        fire = EmberBed(Seen(64.0, y, 300.0, 0.24), 5.0, side_m=0.6, temp_c=400.0, spread_s=5.0, surroundings_c=20.0)
        sequence = Sequence(Background("yard", "yard", False, ground), [fire], Sensor("white-hot" if grey else "celsius", 50.0), 8.0, 40.0)
        seen = reach.difference(sequence, (64.0, y), 5.0, 10.0, 24.0 if grey else 5.0)
        assert seen.most >= seen.fourth >= seen.beyond >= seen.around > 20.0
        assert seen.since_s is not None
        assert seen.since_s <= 0.0 or dark
        assert 0.0 < seen.noise < 3.0
        assert reach.difference(sequence, (64.0, y), 5.0, 10.0, 4000.0).since_s is None


def test_reach_names_a_case_that_is_none() -> None:
    call = [sys.executable, str(BENCHES / "reach.py"), "staring:27"]
    wrong = subprocess.run(call, capture_output=True, text=True, check=False, cwd=ROOT, timeout=DEADLINE_S)
    assert wrong.returncode != 0
    assert "'staring:27' is no case; staring:SEED:N" in wrong.stderr


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

"""The port scenes of bench quiet and bench trailer: laws are fixed, and what is painted in parts is what is painted anew."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
import port.canvas
import port.law
import port.shards
import pytest

from edged.core.patrol import PatrolStop
from edged.simulator.generator.clutter.bank import build
from edged.simulator.generator.clutter.outlook import Outlook
from edged.simulator.generator.paint import paint

BENCHES = Path(__file__).parents[1] / "scripts" / "benches"


def test_a_law_that_was_changed_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    law, digest = port.law.read("quiet")
    assert digest == hashlib.sha256((BENCHES / "laws" / "quiet.yaml").read_bytes()).hexdigest()
    assert law["days"] == {"patrolling": 30, "staring": 15}
    (tmp_path / "quiet.yaml").write_text((BENCHES / "laws" / "quiet.yaml").read_text().replace("staring: 15", "staring: 1"))
    (tmp_path / "SHA256SUMS").write_text((BENCHES / "laws" / "SHA256SUMS").read_text())
    monkeypatch.setattr(port.law, "LAWS", tmp_path)
    with pytest.raises(SystemExit, match="SHA256SUMS"):
        port.law.read("quiet")


def test_a_canvas_painted_where_something_changed_is_the_picture_painted_anew() -> None:
    law, _ = port.law.read("quiet")
    outlook = Outlook(160, 128, 17.5)
    kinds = ("birds", "lorry_passes", "lorry_parks", "walker", "rain", "welding", "landed_box")
    things = [build(kind, np.random.default_rng(n), outlook, law["kinds"][kind]["draw"], 8.0 - 2.0 * n) for n, kind in enumerate(kinds)]
    timed = [port.canvas.Timed(thing, thing.from_s, thing.until_s) for thing in things]
    still = np.random.default_rng(1).normal(14.0, 1.0, (128, 160)).astype(np.float32)
    canvas = port.canvas.Canvas(lambda _: still, 1e9, timed, 15.0, 0.3, 0.5)
    canvas.arrive((0.4, -0.3))
    first = canvas.picture(0.0).copy()
    moved = False
    for n in range(1, 52):
        t = n / 4.0
        seen = canvas.picture(t)
        if n % 4 == 0 and n > 32:
            anew = port.canvas.Canvas(lambda _: still, 1e9, timed, 15.0, 0.3, 0.5)
            anew.arrive((0.4, -0.3))
            off = np.abs(seen - anew.picture(t))
            assert np.count_nonzero(off > 0.3) <= 3, t
            moved = moved or bool((np.abs(seen - first) > 3.0).any())
    assert moved
    bare = still.copy()
    paint(bare, [patch for thing in things for patch in thing.patches(12.0)], 15.0, 0.3, 0.5)
    assert (bare != still).any()


def test_full_rate_spans_are_joined() -> None:
    law, _ = port.law.read("quiet")
    thing = build("lorry_passes", np.random.default_rng(0), Outlook(), law["kinds"]["lorry_passes"]["draw"], 1000.0)
    first, last = thing.moments_s[0], thing.moments_s[-1]
    assert last - first < 180.0
    assert port.law.busy_spans([thing], 90.0) == [(first - 90.0, last + 90.0)]


def test_a_result_that_was_cut_off_is_run_again_and_another_laws_does_not_count(tmp_path: Path) -> None:
    ran = []

    def run(number: int) -> dict[str, Any]:
        ran.append(number)
        return {"case": f"a:{number}", "law": "x"}

    port.shards.play([1, 2], run, tmp_path, "quiet", 1)
    (tmp_path / "quiet-a-2.json").write_text('{"case": ')
    assert [result["case"] for result in port.shards.known(tmp_path, "quiet", "x")] == ["a:1"]
    assert port.shards.known(tmp_path, "quiet", "y") == []
    assert port.shards.part_of([0, 1, 2, 3, 4], "2/3") == [1, 4]
    with pytest.raises(SystemExit, match="I/N"):
        port.shards.part_of([0], "3/2")


def test_without_suspects_the_tour_of_the_port_is_the_laws_fixed_round() -> None:
    from port.watch import tour_of

    law, _ = port.law.read("quiet")
    rng, tour, t = np.random.default_rng(5), tour_of(law, np.random.default_rng(5)), 0.0
    for n in range(40):
        assert tour.number == n % 6
        arrived = t
        while not tour.leaves(t):
            t += 0.7
        t = tour.arrives()
        assert t == pytest.approx(arrived + law["head"]["dwell_s"] + rng.uniform(*law["head"]["turn_s"]), abs=1e-9)


def test_a_view_that_nobody_looks_at_is_left_when_its_time_is_over_whenever_it_began() -> None:
    from port.tour import Tour

    stops = tuple(PatrolStop(f"view-{n}", 60.0 * n, -3.0, 24.0, 9.6) for n in range(6))
    for begin_s in np.random.default_rng(3).uniform(0.0, 1e5, 200):
        tour = Tour(stops, lambda: 2.4, float(begin_s))
        assert tour.passes() == pytest.approx(begin_s + 9.6, abs=1e-9)


def test_on_the_tour_of_the_port_a_suspect_is_stopped_for_and_seen_again_soon() -> None:
    from port.watch import tour_of

    from edged.model.view import WatchPoint

    law, _ = port.law.read("quiet")
    tour, t, visits = tour_of(law, np.random.default_rng(5)), 0.0, []
    while t < 400.0:
        number, arrived = tour.number, t
        while not tour.leaves(t):
            if t > 220.0 and number == 2:
                tour.watch((WatchPoint("a", law["head"]["pans_deg"][2], law["head"]["tilt_deg"], 0.6, True, "sector-3"),))
            t += 0.5
        visits.append((number, t - arrived))
        t = tour.arrives()
    longest = max(range(len(visits)), key=lambda n: visits[n][1])
    assert visits[longest][0] == 2
    assert 35.0 < visits[longest][1] < 37.5
    assert [number for number, _ in visits[longest : longest + 3]] == [2, 3, 2]

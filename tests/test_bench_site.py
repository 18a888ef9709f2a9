"""The pure parts of `scripts/bench site`: who burns where, who sees it, when the heads look, and that the pictures show it where it is."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edged.core.patrol import HeadPlan, PatrolStop
from edged.geometry.lens import separation_deg

BENCHES = Path(__file__).parents[1] / "scripts" / "benches"


@pytest.fixture(scope="module")
def station() -> Any:
    from station.head import Station
    from station.sight import lookouts

    from edged.assembly import rules_of
    from edged.config.load import load

    loaded = load(BENCHES.parents[1] / "config" / "station.yaml")
    rules = rules_of(loaded.settings, loaded.site)
    return Station(rules, lookouts(loaded, rules), loaded.settings.detection)


@pytest.fixture(scope="module")
def cases(station: Any) -> list[Any]:
    from station.draws import case

    return [case(number, 7, station.rules.site) for number in range(60)]


def test_same_number_same_fire(station: Any, cases: list[Any]) -> None:
    from station.draws import case

    assert case(11, 7, station.rules.site) == cases[11]
    assert case(11, 8, station.rules.site) != cases[11]


def test_fires_stand_in_their_zone_and_on_open_ground(station: Any, cases: list[Any]) -> None:
    from station.draws import case

    site = station.rules.site
    for one in cases:
        held = site.zones.holding(one.east_m, one.north_m)
        assert one.zone in [site.plan.zones[n] for n in held]
        assert one.kind == "skin" or site.structure_at(one.east_m, one.north_m) is None
    skins = [case(number, 7, site) for number in range(1, 240, 3)]
    assert any(one.on_top and one.height_m > 4.0 for one in skins), "skins lie on structures too"


def test_who_does_not_see_says_why(station: Any, cases: list[Any]) -> None:
    from station.fires import fire_of
    from station.sight import sight

    site = station.rules.site
    behind = next(one for one in cases if sight(station.rules, station.lookouts, one, fire_of(one)).reason() == "occluded")
    assert all(
        site.hides(site.post(head.mount), behind.east_m, behind.north_m, behind.height_m) is not None
        for head in station.lookouts
        if (head.camera.id, "occluded") in sight(station.rules, station.lookouts, behind, fire_of(behind)).why
    )
    away = replace(behind, east_m=9000.0, north_m=0.0)
    assert sight(station.rules, station.lookouts, away, fire_of(away)).reason() == "beyond_range"
    over = replace(behind, height_m=behind.height_m + 40.0)
    assert sight(station.rules, station.lookouts, over, fire_of(over)).reason() in (None, "outside_views")


def _plan(stops: int = 3) -> HeadPlan:
    return HeadPlan("a", tuple(PatrolStop(f"v{n}", 17.0 * n, -3.0, 17.5, 6.0) for n in range(stops)), True)


def test_a_tour_dwells_turns_and_goes_round() -> None:
    from station.tour import Tour

    visits = [one for one in Tour(_plan(), np.random.default_rng(4), 600.0 - 100.0).visits(600.0) if one.dropped == "moving"]
    whole = [one for one in visits if one.until_s < 599.9]
    assert len(whole) > 8
    assert all(6.0 <= one.until_s - one.from_s <= 6.6 for one in whole), "dwell, in beats of the daemon's clock"
    assert all(one.from_s - before.until_s > 1.0 for before, one in pairwise(whole)), "a head takes time to turn and to settle"
    assert all(one.view.generation > before.view.generation for before, one in pairwise(whole))
    order = [int(one.view.view_id[1:]) for one in whole]
    assert all((b - a) % 3 == 1 for a, b in pairwise(order))


def test_a_taken_head_is_left_alone_until_it_is_idle(monkeypatch: pytest.MonkeyPatch) -> None:
    from station import tour

    monkeypatch.setattr(tour, "taken", lambda rng, start_s: [(100.0, 130.0)])
    visits = list(tour.Tour(_plan(), np.random.default_rng(4), 50.0).visits(400.0))
    broken = next(n for n, one in enumerate(visits) if one.dropped == "head_taken")
    assert 100.0 <= visits[broken].until_s <= 108.5
    assert visits[broken + 1].from_s - 130.0 > _plan().foreign_idle_s - 2.0


def test_the_picture_shows_the_fire_in_its_pixel_and_the_way_back_is_true(station: Any, cases: list[Any]) -> None:
    from station.backdrop import mood
    from station.fires import fire_of
    from station.pictures import SHAPE, SIDE_PX, Window, camera
    from station.sight import sight
    from station.tour import Visit

    from edged.core.patrol import Patrol, tick
    from edged.simulator.generator.sensor import Imager

    one, fire, seen = next(
        (one, fire, view)
        for one in cases
        if one.kind == "brazier"
        for fire in [fire_of(one)]
        for view in sight(station.rules, station.lookouts, one, fire).views
        if view.peak_k > 60.0
    )
    made_by = replace(camera(one.rng(100), one), sway_deg=0.0, coded=False)
    imager = Imager(replace(made_by.sensor, flat_field_s=None), SHAPE, 8.0, 1)
    window = Window(station.rules.site, one, fire, seen, made_by, mood(one), (), imager, 0.0)
    _, orders = tick(Patrol(HeadPlan("a", (seen.stop,), False)), 20.0)
    view = orders[0].view
    frame = next(window.frames(Visit(view, 20.0, 21.0, "moving", (0.0, 0.0))))
    y, x = (float(np.mean(hot)) for hot in np.nonzero(frame.pixels[:, :SIDE_PX] > 0.9 * frame.pixels[:, :SIDE_PX].max()))
    assert math.hypot(x + window.left - seen.x_px, y + window.top - seen.y_px) <= 0.7

    from edged.detector import bearing
    from edged.model.sighting import Sighting, Temperature

    pan, tilt = bearing.direction(window.view(view), x, y, SHAPE)
    raw = Sighting(
        "a", view.view_id, 1, 1, frame.captured_at, 20.0, 20.0, 1.0, (), (), pan, tilt, 0.05, x, y, 1.0, 1.0, None,
        Temperature("relative", None, None, False),
    )  # fmt: skip
    told = window.true(raw, view)
    assert separation_deg(told.pan_deg, told.tilt_deg, seen.pan_deg, seen.tilt_deg) < 0.04


def test_a_miss_is_an_infinite_time() -> None:
    from station.tables import quantile_s, wilson

    rows = [{"found_s": float(n)} for n in range(1, 95)] + [{"found_s": None}] * 6
    assert quantile_s(rows, 0.5) == 50.0
    assert quantile_s(rows, 0.95) is None
    low, high = wilson(0, 3000)
    assert low == 0.0
    assert high == pytest.approx(0.00128, abs=1e-4)


def test_a_hidden_fire_says_why_and_an_open_one_is_sighted(station: Any, cases: list[Any]) -> None:
    from station.fires import fire_of
    from station.sight import sight
    from station.trial import trial

    hidden = next(one for one in cases if sight(station.rules, station.lookouts, one, fire_of(one)).reason() == "occluded")
    told = trial(station, hidden)
    assert (told.found_s, told.reason, told.heads) == (None, "occluded", 0)
    braziers = [one for one in cases if one.kind == "brazier"]
    seen = {one.number: sight(station.rules, station.lookouts, one, fire_of(one)).views for one in braziers}
    open_ = next(one for one in braziers if len(seen[one.number]) == 1 and seen[one.number][0].peak_k > 40.0)
    told = trial(station, open_)
    assert told.visible_s is not None
    assert told.sighted_s is not None
    assert 0.0 < told.sighted_s - told.visible_s < 60.0

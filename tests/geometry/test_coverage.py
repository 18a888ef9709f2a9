"""Which fires would be seen where, by whom, how often, and why not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edged.geometry.coverage import (
    HEAD_DOWN,
    HIDDEN,
    HIDDEN_BY_GROUND,
    NEVER_S,
    NOT_IN_TOUR,
    SEEN,
    TARGETS,
    TOO_FAR,
    TOO_SMALL,
    WHY,
    Air,
    Area,
    Coverage,
    Head,
    HeadCover,
    HeadView,
    area_of,
    combine,
    cover_each,
    reach_m,
)
from edged.geometry.shares import sentence, shares
from edged.geometry.site import SiteModel
from edged.model.site import Mount, SitePlan, Structure, Surface, Zone
from tests.geometry.test_viewshed import ORIGIN, box, mount, ring, terrain

CLEAR, FOG = Air(0.2, 20.0), Air(4.0, 20.0)
AHEAD = HeadView(0.0, -3.0, 17.5, 6.0)


def head(mast: Mount, *views: HeadView, gate_k: float = 5.0, turns: bool = True) -> Head:
    """Return a lookout that looks north first."""
    return Head(mast, views or (AHEAD,), gate_k, turns)


def judged(plan: SitePlan, *heads: Head, air: Air = CLEAR, cell_m: float = 20.0) -> tuple[Area, list[HeadCover], SiteModel]:
    """Return the area and what each head does."""
    site = SiteModel(plan, ORIGIN)
    area = area_of(site, heads, cell_m)
    return area, list(cover_each(site, heads, area, air)), site


def zone(name: str, west: float, south: float, east: float, north: float) -> Zone:
    """Return a rectangular zone."""
    return Zone(name, name, name[:4], ring([(west, south), (east, south), (east, north), (west, north)]))


def at(area: Area, coverage: Coverage, east: float, north: float) -> tuple[int, str, int]:
    """Return (level, why, revisit) of a place."""
    cell = area.cells.at(east, north)
    return int(coverage.level[cell]), WHY[coverage.why[cell]], int(coverage.revisit_s[cell])


def test_reach_meets_the_tabled_rises() -> None:
    """25 mm lens (17.5° over 640 px): 1 m² at 60 °C is tabled 4.8 K at 3 km for 0.2 per km, and 5 K at 2 km for 0.6."""
    warm = TARGETS[2]
    assert reach_m(warm, AHEAD, 4.8, Air(0.2, 20.0), 6000.0) == pytest.approx(3000, rel=0.03)
    assert reach_m(warm, AHEAD, 5.0, Air(0.6, 20.0), 6000.0) == pytest.approx(2050, rel=0.05)
    assert reach_m(TARGETS[0], AHEAD, 5.0, Air(0.6, 20.0), 3000.0) == 3000.0
    assert reach_m(warm, AHEAD, 45.0, Air(0.6, 20.0), 3000.0) == 0.0, "it is never 45 K over 20 °C"


@pytest.mark.parametrize("air", [CLEAR, Air(0.6, 30.0), Air(1.0, -10.0), FOG])
@pytest.mark.parametrize("hfov_deg", [2.0, 17.5, 45.0, 90.0])
@pytest.mark.parametrize("gate_k", [1.0, 5.0, 20.0])
def test_each_target_is_easier_than_the_next(air: Air, hfov_deg: float, gate_k: float) -> None:
    reaches = [reach_m(target, replace(AHEAD, hfov_deg=hfov_deg), gate_k, air, 6000.0) for target in TARGETS]
    assert reaches == sorted(reaches, reverse=True)
    assert [t.above_m for t in TARGETS] == sorted((t.above_m for t in TARGETS), reverse=True)


def test_reasons_of_one_head() -> None:
    """Looking north with 17.5° × 14° at −3°: lower edge −10°, so that a 40 m mast's picture begins 227 m away."""
    plan = SitePlan(mounts=(mount(0, 0, 40.0),), structures=(box("wall", -40, 1000, 40, 1010, 30.0),), radius_m=2000.0)
    area, covers, _ = judged(plan, head(plan.mounts[0]))
    now = combine(covers)
    assert at(area, now, 0, 500) == (3, "seen", 0)
    assert at(area, now, 0, 180)[:2] == (0, "not_in_tour")
    assert at(area, now, 0, 260)[:2] == (3, "seen")
    assert at(area, now, 0, 1100) == (0, "hidden", NEVER_S)
    assert at(area, now, 500, 0)[:2] == (0, "not_in_tour")
    assert at(area, now, 150, 1000)[0] > 0, "within 8.75° of north"
    assert at(area, now, 170, 1000)[:2] == (0, "not_in_tour")
    assert at(area, now, 1900, 1900)[:2] == (0, "too_far")
    cell = area.cells.at(0, 1100)
    assert now.why[cell] == HIDDEN != HIDDEN_BY_GROUND
    area, covers, _ = judged(plan, head(plan.mounts[0]), air=FOG)
    foggy = combine(covers)
    assert at(area, foggy, 120, 1500) == (0, "too_small", NEVER_S)
    assert at(area, foggy, 0, 500)[0] >= 1
    assert np.all(foggy.level <= now.level), "fog only takes away"


def test_the_ground_is_named_where_it_hides() -> None:
    north = np.arange(-1500.0, 1501.0, 20.0)
    hill = np.tile(60.0 * np.exp(-(((north - 600.0) / 80.0) ** 2))[:, None], (1, 151))
    plan = SitePlan(mounts=(mount(0, 0, 30.0),), terrain=terrain(hill, 20.0), radius_m=1500.0)
    area, covers, _ = judged(plan, head(plan.mounts[0]))
    now = combine(covers)
    assert now.why[area.cells.at(0, 900)] == HIDDEN_BY_GROUND
    figures = shares(area, now, ()).whole
    assert 0.0 < figures.hidden_by_ground <= figures.why["hidden"]


def test_a_tighter_lens_and_a_lower_gate_see_smaller_fires() -> None:
    plan = SitePlan(mounts=(mount(0, 0, 40.0),), radius_m=3000.0)
    mast, air = plan.mounts[0], Air(0.6, 20.0)
    area, covers, _ = judged(plan, head(mast), air=air)
    assert at(area, combine(covers), 0, 2500)[0] == 2, "0.3 m at 500 °C, no longer 1 m² at 60 °C"
    area, covers, _ = judged(plan, head(mast, HeadView(0.0, -1.0, 5.9, 6.0)), air=air)
    assert at(area, combine(covers), 0, 2500)[0] == 3
    area, covers, _ = judged(plan, head(mast, gate_k=2.5), air=air)
    assert at(area, combine(covers), 0, 2500)[0] == 3


def test_revisit_counts_the_tour_and_how_often_a_view_comes() -> None:
    """Three views of 6 s and three turns of 2 s: 24 s; what two views share comes twice as often; a staring lens never leaves."""
    plan = SitePlan(mounts=(mount(0, 0, 40.0),), radius_m=1500.0)
    mast = plan.mounts[0]
    tour = head(mast, replace(AHEAD, pan_deg=-10.0), AHEAD, replace(AHEAD, pan_deg=10.0))
    assert tour.period_s() == pytest.approx(24.0)
    area, covers, _ = judged(plan, tour)
    now = combine(covers)
    assert at(area, now, 0, 1000)[2] == 24
    assert at(area, now, 100, 1000)[2] == 12, "5.7° east lies in two pictures"
    assert at(area, now, 300, 1000)[2] == 24
    assert head(mast, AHEAD, replace(AHEAD, pan_deg=100.0)).period_s() == pytest.approx(2 * (6 + 99.8 / 30), abs=0.05)
    area, covers, _ = judged(plan, head(mast, turns=False))
    assert at(area, combine(covers), 0, 1000)[2] == 0
    area, covers, _ = judged(plan, head(mast, AHEAD, HeadView(None, 0.0, 17.5, 10.0)))
    assert at(area, combine(covers), 0, 1000)[2] == 20, "a preset without angles takes its time and covers nothing"


def test_head_angles_mount_and_lean_turn_the_picture() -> None:
    turned = replace(mount(0, 0, 40.0), azimuth_deg=80.0, tilt_zero_deg=-3.0)
    plan = SitePlan(mounts=(turned,), radius_m=1500.0)
    area, covers, _ = judged(plan, head(turned, HeadView(10.0, 0.0, 17.5, 6.0)))
    assert at(area, combine(covers), 1000, 0)[0] == 3
    assert at(area, combine(covers), 0, 1000)[0] == 0
    leaning = replace(mount(0, 0, 40.0), lean_deg=4.0, lean_azimuth_deg=0.0)
    plan = SitePlan(mounts=(leaning,), radius_m=1500.0)
    area, covers, _ = judged(plan, head(leaning))
    assert at(area, combine(covers), 0, 180)[0] == 3, "a mast that leans north looks lower there: 40 m at 180 m is −12.5°"


def test_two_heads_join_and_a_blind_one_is_named() -> None:
    plan = SitePlan(mounts=(mount(0, 0, 40.0, "th-01"), mount(0, 1600, 40.0, "th-02")), radius_m=1500.0)
    south = HeadView(180.0, -3.0, 17.5, 6.0)
    one, two = head(plan.mounts[0]), head(plan.mounts[1], south, replace(south, pan_deg=170.0))
    area, covers, _ = judged(plan, one, two)
    both, alone = combine(covers), combine(covers, {"th-01"})
    assert both.head[area.cells.at(0, 800)] == 0, "equally well, and more often"
    assert at(area, both, 0, 800) == (3, "seen", 0)
    assert alone.head[area.cells.at(0, 800)] == 1
    assert at(area, alone, 0, 800)[2] == 16
    assert at(area, both, 0, 1450)[:2] == (3, "seen")
    assert at(area, alone, 0, 1450) == (0, "head_down", NEVER_S)
    assert at(area, combine(covers, {"th-01", "th-02"}), 0, 800) == (0, "head_down", NEVER_S)
    assert np.array_equal(combine(covers, {"th-09"}).level, both.level)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 6))
def test_combining_is_the_best_of_those_that_see(seed: int, count: int) -> None:
    rng = np.random.default_rng(seed)
    covers = []
    for number in range(count):
        level = rng.integers(0, 4, 50).astype(np.uint8)
        revisit = np.where(level > 0, rng.integers(0, 9, 50), NEVER_S).astype(np.uint16)
        why = np.where(level > 0, SEEN, rng.integers(TOO_FAR, HEAD_DOWN, 50)).astype(np.uint8)
        covers.append(HeadCover(f"th-{number}", level, revisit, why))
    down = {f"th-{number}" for number in range(count) if rng.random() < 0.4}
    now = combine(covers, down)
    for cell in range(50):
        seeing = [(int(c.level[cell]), -int(c.revisit_s[cell])) for c in covers if c.camera_id not in down]
        best = max(seeing, default=(0, -NEVER_S))
        assert (int(now.level[cell]), -int(now.revisit_s[cell])) == (best if best[0] else (0, -NEVER_S))
        if best[0]:
            named = covers[now.head[cell]]
            assert named.camera_id not in down
            assert (int(named.level[cell]), -int(named.revisit_s[cell])) == best
            assert now.why[cell] == SEEN
        else:
            assert now.head[cell] == -1
            lost = any(c.level[cell] for c in covers if c.camera_id in down)
            assert now.why[cell] == (HEAD_DOWN if lost else max(int(c.why[cell]) for c in covers))


def test_share_counts_zones_and_buildings_without_water() -> None:
    yards = (zone("near", -40, 500, 40, 700), zone("far", -40, 2400, 40, 2600), zone("dot", 103, 523, 105, 525))
    water = Surface("w", "w", "water", ring([(-40, 600), (40, 600), (40, 700), (-40, 700)]))
    hall = Structure("h", "h", "building", ring([(400, 0), (440, 0), (440, 40), (400, 40)]), 5.0)
    stack = Structure("s", "s", "stack", ring([(500, 0), (540, 0), (540, 40), (500, 40)]), 5.0)
    plan = SitePlan(mounts=(mount(0, 0, 40.0),), zones=yards, surfaces=(water,), structures=(hall, stack), radius_m=1500.0)
    area, covers, _ = judged(plan, head(plan.mounts[0]), cell_m=10.0)
    figures = shares(area, combine(covers), yards)
    parts = {one.code: one.share for one in figures.zones}
    assert parts["near"].area_km2 == pytest.approx(0.008)
    assert parts["near"].watched == 1.0
    assert parts["far"].watched == 0.0
    assert parts["far"].why == {"too_far": 1.0, "hidden": 0.0, "not_in_tour": 0.0, "too_small": 0.0, "head_down": 0.0}
    assert parts["dot"].area_km2 == pytest.approx(1e-4), "a zone smaller than a cell has one"
    assert figures.zones[0].code == "far", "worst first"
    assert figures.whole.area_km2 == pytest.approx(0.008 + 0.016 + 0.0016 + 0.0001)
    assert figures.whole.watched == pytest.approx(0.008 / 0.0257)
    assert sum(figures.whole.why.values()) + figures.whole.watched == pytest.approx(1.0)
    assert figures.whole.revisit_p95_s == 0.0
    nothing = shares(area, combine(covers, {"th-01"}), yards).whole
    assert (nothing.watched, nothing.revisit_p50_s, nothing.why["head_down"]) == (0.0, None, pytest.approx(figures.whole.watched))


def test_without_a_plan_everything_within_the_radius_counts() -> None:
    plan = SitePlan(mounts=(mount(0, 0, 40.0),), radius_m=1000.0)
    area, _, _ = judged(plan, head(plan.mounts[0]), cell_m=10.0)
    assert float(area.counts.sum()) * 1e-4 == pytest.approx(np.pi, rel=0.01)


@pytest.mark.parametrize(
    ("watched", "extinction", "blind", "en", "zh"),
    [
        (0.8799, 2.5, ["th-03"], "87 % watched now, fog, head 3 blind", "现在看得见87%, 雾, 3号头失明"),
        (1.0, 0.3, [], "100 % watched now", "现在看得见100%"),
        (0.9999, 0.7, [], "99 % watched now, haze", "现在看得见99%, 霾"),
        (0.5, 0.3, ["th-03", "th-01"], "50 % watched now, heads 1 and 3 blind", "现在看得见50%, 1、3号头失明"),
        (0.2, 0.3, ["th-01", "th-02", "th-03", "th-04"], "20 % watched now, 4 heads blind", "现在看得见20%, 4个镜头失明"),
        (0.0, 0.3, [f"th-0{n}" for n in range(1, 6)], "0 % watched now, all heads blind", "现在看得见0%, 镜头全部失明"),
    ],
)
def test_sentence(watched: float, extinction: float, blind: list[str], en: str, zh: str) -> None:
    heads = {f"th-0{n}": f"{n}号杆" for n in range(1, 6)}
    assert sentence(watched, extinction, blind, heads) == (en, zh)


def test_sentence_names_heads_whose_ids_have_no_number() -> None:
    said = sentence(0.9, 0.3, ["north"], {"north": "北杆", "south": "南杆"})
    assert said == ("90 % watched now, north blind", "现在看得见90%, 北杆失明")


def test_too_small_outranks_other_reasons_and_head_down_all() -> None:
    assert TOO_FAR < HIDDEN_BY_GROUND < HIDDEN < NOT_IN_TOUR < TOO_SMALL < HEAD_DOWN

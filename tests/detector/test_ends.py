"""Where a grey scale has ended a source is told by how far it spreads."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator

import numpy as np
import numpy.typing as npt
import pytest

from edged.detector.endplace import EndPlace, share_out
from edged.detector.ends import Ends
from edged.detector.track import Track
from edged.model.sighting import Hotspot

SHAPE = (96, 128)
Levels = npt.NDArray[np.uint8]


def picture(*spots: tuple[int, int, float]) -> Levels:
    """Return (H, W) levels with discs (x, y, radius) at the end of the scale."""
    ys, xs = np.ogrid[: SHAPE[0], : SHAPE[1]]
    levels = np.full(SHAPE, 120, np.uint8)
    for x, y, radius in spots:
        levels[np.hypot(xs - x, ys - y) <= radius] = 255
    return levels


def watch(
    ends: Ends, from_s: float, looks: int, *spots: tuple[int, int, float], end: float = 254.0, shift: tuple[float, float] = (0.0, 0.0)
) -> None:
    for n in range(looks):
        ends.look(picture(*((x + round(shift[0]), y + round(shift[1]), r) for x, y, r in spots)), shift, from_s + n, end, None)


def test_one_that_spreads_among_others_is_followed_and_its_strength_told_by_its_blur() -> None:
    ends = Ends()
    watch(ends, 0.0, 20, (30, 40, 3.0), (90, 40, 4.0))
    assert ends.open == []
    watch(ends, 20.0, 8, (30, 40, 3.2), (90, 40, 4.0))
    watch(ends, 28.0, 12, (30, 40, 3.8), (90, 40, 4.0))
    (place,) = ends.open
    assert place is ends.at(30.0, 40.0)
    assert 1.5 < place.factor < 2.5
    mask = np.zeros(SHAPE, np.uint8)
    ends.add(mask, picture((30, 40, 3.0), (90, 40, 4.0)), (0.0, 0.0), 40.0)
    assert mask[40, 30] == 255
    assert mask[40, 90] == 0, "the other is not followed"


def test_where_all_spread_alike_it_is_the_gain() -> None:
    ends = Ends()
    watch(ends, 0.0, 20, (30, 40, 5.0), (90, 40, 5.0))
    watch(ends, 20.0, 20, (30, 40, 6.0), (90, 40, 6.0))
    assert ends.open == []
    place = ends.at(30.0, 40.0)
    assert place is not None
    assert place.factor < 1.3
    assert not place.life.pace.keeps


def test_how_much_stronger_a_place_is_waits_until_the_gain_of_a_visit_has_settled() -> None:
    ends = Ends()
    watch(ends, 0.0, 20, (30, 40, 3.0), (90, 40, 4.0))
    ends.rest()
    watch(ends, 60.0, 2, (30, 40, 3.7), (90, 40, 4.0))
    place = ends.at(30.0, 40.0)
    assert place is not None
    assert place.factor == 1.0
    watch(ends, 62.0, 2, (30, 40, 3.7), (90, 40, 4.0))
    assert place.factor > 1.3


def test_a_single_place_is_believed_unless_the_end_has_come_down() -> None:
    for end, grown in ((254.0, True), (244.0, False)):
        ends = Ends()
        watch(ends, 0.0, 20, (30, 40, 3.0))
        watch(ends, 20.0, 8, (30, 40, 3.2), end=end)
        watch(ends, 28.0, 12, (30, 40, 3.8), end=end)
        assert bool(ends.open) is grown


def test_what_spread_and_fell_back_has_not_grown_until_it_outgrows_that() -> None:
    """A warm plate just as hot as the scale ends has now 50 px, now 64: it swings."""

    def grown_after(swings: int, rests_s: int = 0) -> list[float]:
        ends, now = Ends(), 60
        watch(ends, 0.0, 60, (30, 40, 4.0), (90, 40, 4.0))
        for n in range(2 * swings):
            watch(ends, now, 12, (30, 40, 4.0 if n % 2 else 4.6), (90, 40, 4.0))
            now += 12
        watch(ends, now, rests_s, (30, 40, 4.0), (90, 40, 4.0))
        now += rests_s
        out = []
        for radius in (4.6, 5.2, 5.8):
            watch(ends, now, 12, (30, 40, radius), (90, 40, 4.0))
            now += 12
            place = ends.at(30.0, 40.0)
            assert place is not None
            out.append(place.factor if place.grown else 0.0)
        return out

    calm, swung = grown_after(0), grown_after(3)
    assert calm[0] > 0.0
    assert swung[0] == 0.0
    assert swung[2] > 1.0, "and then it has"
    assert swung[2] < 0.8 * calm[2]
    assert grown_after(3, rests_s=2400)[0] > 0.0, "long ago"
    assert grown_after(1)[0] == pytest.approx(calm[0], rel=0.05), "once, something drove past it"


def test_what_passes_for_two_seconds_and_what_sways_is_no_growth() -> None:
    ends = Ends()
    watch(ends, 0.0, 20, (30, 40, 3.0), (90, 40, 4.0))
    watch(ends, 20.0, 2, (30, 40, 3.0), (34, 40, 2.0), (90, 40, 4.0))
    watch(ends, 22.0, 3, (30, 40, 3.0), (90, 40, 4.0), shift=(2.0, -3.0))
    assert ends.open == []


def test_what_merges_at_once_begins_anew_and_two_that_grow_together_are_one_that_has_grown() -> None:
    ends = Ends()
    watch(ends, 0.0, 20, (30, 40, 3.0), (90, 40, 4.0))
    watch(ends, 20.0, 20, (30, 40, 3.0), (36, 40, 4.0), (90, 40, 4.0))
    assert ends.open == [], "a hot thing came to stand before it"
    ends = Ends()
    watch(ends, 0.0, 20, (30, 40, 2.5), (37, 40, 2.5), (90, 40, 4.0))
    watch(ends, 20.0, 10, (30, 40, 3.0), (37, 40, 3.0), (90, 40, 4.0))
    watch(ends, 30.0, 10, (30, 40, 3.6), (37, 40, 3.6), (90, 40, 4.0))
    (place,) = ends.open
    assert place.factor > 1.5


def test_a_part_that_lies_apart_belongs_to_the_place_that_its_own_was_joined_to() -> None:
    ends = Ends()
    watch(ends, 0.0, 10, (30, 40, 2.5), (39, 40, 2.5), (90, 40, 4.0))
    apart = [place for x in (30.0, 39.0, 90.0) if (place := ends.at(x, 40.0)) is not None]
    assert len(set(map(id, apart))) == 3
    watch(ends, 10.0, 1, (31, 40, 4.0), (38, 40, 4.0), (43, 44, 1.0), (90, 40, 4.0))
    assert ends.at(39.0, 40.0) is ends.at(30.0, 40.0) is ends.at(43.0, 44.0)
    assert len(ends._places) == 2, "nothing began beside them"


def test_it_is_known_again_when_the_head_is_back_and_forgotten_when_it_has_gone() -> None:
    ends = Ends()
    watch(ends, 0.0, 20, (30, 40, 3.0), (90, 40, 4.0))
    ends.rest()
    watch(ends, 120.0, 2, (30, 40, 3.7), (90, 40, 4.0))
    assert [round(place.known_px) for place in ends.open] == [29]
    watch(ends, 122.0, 62, (90, 40, 4.0))
    assert ends.at(30.0, 40.0) is None
    watch(ends, 200.0, 3, (30, 40, 3.0), (90, 40, 4.0))
    assert ends.at(30.0, 40.0) is not None


def test_a_picture_full_of_white_says_nothing() -> None:
    ends = Ends()
    ends.look(np.full((256, 256), 255, np.uint8), (0.0, 0.0), 0.0, 254.0, None)
    assert ends.open == []


def test_what_has_spread_while_the_head_looked_elsewhere_counts_when_it_does_so_twice() -> None:
    ends = Ends()
    watch(ends, 0.0, 10, (30, 40, 2.0), (90, 40, 4.0))
    ends.rest()
    watch(ends, 60.0, 6, (30, 40, 3.0), (90, 40, 4.0))
    assert ends.open == [], "a hot thing may have come to stand there"
    ends.rest()
    watch(ends, 120.0, 6, (30, 40, 4.5), (90, 40, 4.0))
    assert [place is ends.at(30.0, 40.0) for place in ends.open] == [True]


Spots = Callable[[float], tuple[tuple[int, int, float], ...]]


def filmed(spots: Spots, calm_s: float = 40.0, xs: tuple[int, ...] = (30, 90), beside: tuple[tuple[int, int, float], ...] = ()) -> EndPlace:
    """Watch calm places at `xs` and `beside` them and then, for 12 s at 8 fps, what `spots` shows of the seconds since then. Returns the
    place on the left."""
    ends = Ends()
    watch(ends, 0.0, int(calm_s), *((x, 40, 4.0) for x in xs), *beside)
    for number in range(96):
        t, shown = number / 8.0, picture(*spots(number / 8.0))
        if number % 8 == 0:
            ends.look(shown, (0.0, 0.0), calm_s + t, 254.0, None)
        ends.add(np.zeros(SHAPE, np.uint8), shown, (0.0, 0.0), calm_s + t)
    place = ends.at(30.0, 40.0)
    assert place is not None
    return place


def puffs(seed: int) -> Iterator[float]:
    return iter(np.random.default_rng(seed).uniform(1.0, 3.0, 1000))


def test_a_flame_that_licks_out_of_a_calm_place_flickers_and_what_stands_beside_it_does_not() -> None:
    sizes = puffs(3)
    burns = filmed(lambda _: ((30, 40, 4.0), (30, 35, next(sizes)), (90, 40, 4.0)))
    assert burns.stirs
    assert burns.flicker(51.9).spread > 0.3
    sizes = puffs(3)
    beside = filmed(lambda _: ((30, 40, 4.0), (90, 40, 4.0), (90, 35, next(sizes))))
    assert not beside.stirs
    assert beside.flicker(51.9).spread == 0.0


@pytest.mark.parametrize(("sway_px", "flickers"), [(0.0, True), (0.6, False)])
def test_a_straight_edge_that_sways_by_half_a_row_is_no_flame(sway_px: float, flickers: bool) -> None:
    """A hot roof of 24 × 12 px: each row that sways in is 24 px."""
    ends, rows = Ends(), np.random.default_rng(5)

    def roof(more: int) -> Levels:
        levels = picture((100, 80, 4.0))
        levels[30 : 42 + more, 20:44] = 255
        return levels

    for n in range(40):
        ends.look(roof(0), (0.0, 0.0), float(n), 254.0, None)
    for number in range(96):
        shown = roof(int(rows.integers(2)))
        if number % 8 == 0:
            ends.look(shown, (0.0, 0.0), 40.0 + number / 8.0, 254.0, None)
        ends.add(np.zeros(SHAPE, np.uint8), shown, (0.0, 0.0), 40.0 + number / 8.0)
    place = ends.at(30.0, 36.0)
    assert place is not None
    seen = place.flicker(51.9, sway_px)
    assert seen.spread > 0.5
    assert (seen.spread - 0.16 >= seen.floor) is flickers


def test_what_has_spread_and_does_what_all_others_do_does_not_flicker() -> None:
    steps = itertools.cycle((1.0, 1.0, 0.0))
    pumps = filmed(lambda _: tuple((x, 40, r + d * step) for step in (next(steps),) for x, r, d in ((30, 4.25, 0.25), (90, 3.9, 0.2))))
    assert pumps.grown
    assert pumps.flicker(51.9).spread < 0.12 < filmed_alone(pumps)


def filmed_alone(place: EndPlace) -> float:
    """Return how a place varied by itself."""
    areas = np.array([area for _, area, _ in place._frames])[-26:]
    return float(areas.std() / (areas.mean() - place.due_px))


LAMP = (60, 75, 9.0)


@pytest.mark.parametrize(("count", "stirs"), [(1, True), (3, False)])
def test_where_more_than_two_stir_it_is_none_of_them(count: int, stirs: bool) -> None:
    ends, sizes, xs, stirred = Ends(), puffs(3), (30, 60, 90), False
    calm = (LAMP, *((x, 40, 4.0) for x in xs))
    watch(ends, 0.0, 40, *calm)
    for n in range(12):
        licked = tuple((x, 35, 1.2 if n % 2 else 3.0 + 0.1 * next(sizes)) for x in xs[:count])
        watch(ends, 40.0 + n, 1, *calm, *licked)
        place = ends.at(30.0, 40.0)
        assert place is not None
        assert place.moves or n < 5
        stirred = stirred or place.stirs
    assert stirred is stirs


def test_what_has_spread_does_not_flicker_with_a_flame_beside_it() -> None:
    sizes = puffs(3)
    beside = filmed(lambda _: (LAMP, (30, 40, 4.75), (90, 40, 4.0), (90, 35, next(sizes))), beside=(LAMP,))
    assert beside.grown
    assert beside.flicker(51.9).spread == 0.0


def test_what_pumps_with_all_others_and_what_nobody_knows_calm_does_not_flicker() -> None:
    sizes = puffs(3)
    lit = filmed(lambda _: tuple((x, 40, 4.5 + 0.5 * (size - 2.0)) for size in (next(sizes),) for x in (30, 90)))
    assert lit.flicker(51.9).spread < 0.1
    sizes = puffs(3)
    fresh = filmed(lambda _: ((30, 40, 4.0), (30, 35, next(sizes)), (90, 40, 4.0)), calm_s=8.0)
    assert fresh.flicker(19.9).spread == 0.0
    assert not fresh.stirs


def test_what_was_counted_before_two_became_one_says_nothing_of_both() -> None:
    one, other = (EndPlace(label, (0, 0, 9, 9), 20.0, 20.0, 254.0, 0.0) for label in (1, 2))
    for n in range(8):
        one.count(20, 90, 0.25 * n)
    one.join(other)
    one.count(44, 70, 2.0)
    assert one.beyond_px(2.0) == 4.0


def test_of_sources_that_share_a_place_it_says_something_of_the_one_that_moves() -> None:
    place = EndPlace(1, (0, 0, 9, 9), 20.0, 15.0, 254.0, 0.0)
    spots = [Hotspot(9.0 * n, 5.0, (0, 0, 4, 4), 16, 255.0, 120.0, 900.0, None, 9.0, over_range=False) for n in range(2)]
    calm, burns = (Track(n, 0.0, True, False, spot, 1.0, end=place, birth_px=16 - 8 * n) for n, spot in enumerate(spots))
    share_out([calm, burns])
    assert burns.end is place
    assert calm.end is None


def test_a_plain_as_hot_as_the_scale_ends_has_not_spread() -> None:
    for area_px, spreads in ((36, False), (42, True)):
        place = EndPlace(1, (0, 0, 9, 9), 30.0, 20.0, 254.0, 0.0)
        spot = Hotspot(5.0, 5.0, (0, 0, 8, 8), area_px, 255.0, 120.0, 900.0, None, 9.0, over_range=False)
        track = Track(1, 0.0, True, False, spot, 60.0, end=place, birth_px=20, settled_px=36)
        share_out([track])
        assert (track.end is place) is spreads

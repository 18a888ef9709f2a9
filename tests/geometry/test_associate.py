"""Which bearings are one source: several fires, ghosts, other warm things, time apart, strength and onset."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from edged.geometry.associate import Detection, associate
from edged.geometry.site import SiteModel
from edged.model.site import Mount
from tests.geometry.test_fuse import look
from tests.geometry.yard import mount, site

HEADS = (mount("a"), mount("b", east=1800.0), mount("c", east=900.0, north=1700.0))
MODEL = site(*HEADS)


def seen(
    model: SiteModel, heads: Sequence[Mount], places: Sequence[tuple[float, float]], rng: np.random.Generator | None = None
) -> list[Detection]:
    """Return what each head sees of the places, place after place within a head."""
    noise = (lambda: (0.0, 0.0)) if rng is None else (lambda: tuple(rng.normal(0, 0.05, 2)))
    return [Detection(post.camera_id, look(model, post, e, n, sigma=0.05, error=noise())) for post in heads for e, n in places]


def test_one_fire_seen_by_three() -> None:
    assert associate(MODEL, seen(MODEL, HEADS, [(900.0, 600.0)]), 0.1).groups == ((0, 1, 2),)


def test_two_heads_and_no_rival_are_enough() -> None:
    found = associate(MODEL, seen(MODEL, HEADS[:2], [(900.0, 600.0)]), 0.1)
    assert found.groups == ((0, 1),)
    assert found.together[0, 1] > 0.9


def test_three_fires_and_their_ghosts() -> None:
    """Nine bearings cross in 27 places; three of them burn."""
    rng = np.random.default_rng(3)
    places = [(880.0, 620.0), (960.0, 700.0), (1040.0, 560.0)]
    for _ in range(10):
        found = associate(MODEL, seen(MODEL, HEADS, places, rng), 0.5)
        assert set(found.groups) <= {
            (0, 3, 6),
            (1, 4, 7),
            (2, 5, 8),
            (0, 3),
            (0, 6),
            (3, 6),
            (1, 4),
            (1, 7),
            (4, 7),
            (2, 5),
            (2, 8),
            (5, 8),
        }
        assert len(found.groups) == 3


def test_two_sources_of_one_head_are_never_one() -> None:
    places = [(900.0, 600.0), (900.6, 600.3)]
    found = associate(MODEL, seen(MODEL, HEADS[:1], places) + seen(MODEL, HEADS[1:2], places[:1]), 0.1)
    assert all(not {0, 1} <= set(group) for group in found.groups)


def test_what_is_ambiguous_stays_apart() -> None:
    """Head `b` sees one of two sources that lie on one line of its own, so that both of head `a` fit it alike."""
    far = mount("b", east=900.0, north=-2500.0, height=30.0)
    model = site(HEADS[0], far)
    detections = seen(model, HEADS[:1], [(900.0, 600.0), (900.0, 625.0)]) + seen(model, [far], [(900.0, 612.0)])
    assert associate(model, detections, 0.1).groups == ()


def test_places_that_do_not_meet_stay_apart() -> None:
    detections = seen(MODEL, HEADS[:1], [(900.0, 600.0)]) + seen(MODEL, HEADS[1:2], [(900.0, 200.0)])
    assert associate(MODEL, detections, 0.1).groups == ()


def test_bearings_apart_in_time_only_of_what_stands_still() -> None:
    one, two = seen(MODEL, HEADS[:2], [(900.0, 600.0)])
    assert associate(MODEL, [one, replace(two, seen_s=60.0)], 0.1).groups == ((0, 1),)
    assert associate(MODEL, [one, replace(two, seen_s=60.0, stationary=False)], 0.1).groups == ()
    assert associate(MODEL, [one, replace(two, seen_s=5.0, stationary=False)], 0.1).groups == ((0, 1),)


def test_strength_and_onset_speak_for_and_against() -> None:
    one, two = seen(MODEL, HEADS[:2], [(900.0, 600.0)])

    def weight(a: Detection, b: Detection) -> float:
        return associate(MODEL, [a, b], 20.0).together.get((0, 1), 0.0)

    strong = replace(one, log_strength=math.log(1000.0 / 1.1)), replace(two, log_strength=math.log(1000.0 / 1.1))
    assert weight(*strong) > weight(one, two)
    assert weight(strong[0], replace(two, log_strength=math.log(1000.0) + 4.0)) < weight(one, two)
    fresh = replace(one, onset_s=100.0), replace(two, onset_s=103.0)
    assert weight(*fresh) > weight(one, two)
    assert weight(fresh[0], replace(two, onset_s=400.0)) < weight(one, two)

"""What is new may be another that was lost and drove on, unless that was noise or came and went where it stood."""

from __future__ import annotations

import numpy as np
import pytest

from edged.detector.lost import BLIP_PX, is_another
from edged.detector.track import Sample, Track
from edged.detector.tracks import Tracks
from edged.model.sighting import Hotspot

NOW_S = 200.0


def spot(x: float, area_px: int) -> Hotspot:
    return Hotspot(x, 30.0, (int(x) - 1, 28, 4, 4), area_px, 120.0, 40.0, 80.0 * area_px, None, 40.0)


def gone(age_s: float, seen: int, looked: int, area_px: int, roamed_px: float = 0.0) -> Track:
    """A track that was last seen 10 s ago, 100 px away."""
    track = Track(1, NOW_S - 10.0 - age_s, False, False, spot(140.0, area_px), NOW_S - 10.0, seen=seen, looks=looked + 60, looked=looked)
    track.recent.append(Sample(NOW_S - 10.0, 140.0, 30.0, area_px, 120.0, 300.0, 300.0))
    track.path = (140.0 - roamed_px, 30.0, 140.0, 30.0)
    return track


@pytest.mark.parametrize(
    ("was", "another"),
    [
        pytest.param(gone(0.0, 1, 1, BLIP_PX), False, id="noise of one picture"),
        pytest.param(gone(0.0, 1, 1, BLIP_PX + 1), True, id="wider in one picture"),
        pytest.param(gone(0.25, 2, 2, BLIP_PX), True, id="small in two pictures"),
        pytest.param(gone(20.0, 19, 40, 4), False, id="came and went where it stood"),
        pytest.param(gone(20.0, 20, 40, 4), True, id="stood in full sight"),
        pytest.param(gone(20.0, 19, 40, 4, 50.0), True, id="came and went as it drove"),
    ],
)
def test_what_blinked_where_it_stood_did_not_drive_on(was: Track, another: bool) -> None:
    assert is_another([was], [], spot(40.0, 4), NOW_S, (0.0, 0.0)) is another


def test_looks_in_which_nothing_was_found_any_more_do_not_count() -> None:
    tracks, heat = Tracks(), np.zeros((60, 200), np.float32)
    for n in range(30):
        tracks.link([spot(40.0, 4)] if n < 4 else [], heat, NOW_S + n / 8, (0.0, 0.0), lambda _: False, 20)
    (track,) = tracks.live
    assert (track.seen, track.looked) == (4, 4)
    assert track.looks == 30
    tracks.hold_on([track], NOW_S + 4.0)
    assert (track.seen, track.looked) == (5, 30)

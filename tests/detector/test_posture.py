"""Whether a source came from elsewhere: bits that warm together and what sway is left over move nothing, what crept or moved in came."""

from __future__ import annotations

import numpy as np
import pytest

from edged.detector import body, posture
from edged.detector.evidence import weigh
from edged.detector.life import Life, Pace
from edged.detector.settings import DetectionSettings
from edged.detector.strength import Context, burns_where_it_began
from edged.detector.takenscale import Taking
from edged.detector.track import Track
from edged.detector.tracks import Tracks
from edged.model.frame import Thermogram
from edged.model.sighting import Hotspot
from tests.detector.scenes import Array, detector, first_active, frames, play, yard

HEAT = np.full((128, 160), 20.0, np.float32)
LEARNT = Context(True, 5.0, 0.4)


def spot(x: float, y: float, side: int, rise_k: float) -> Hotspot:
    box = (round(x - side / 2), round(y - side / 2), side, side)
    return Hotspot(x, y, box, side * side, 20.0 + rise_k, 20.0, side * side * rise_k, None, 20.0)


def followed(looks: list[Hotspot], every_s: float = 0.25) -> Track:
    """Follow one source and take its posture at each look."""
    tracks = Tracks()
    for n, look in enumerate(looks):
        at = 100.0 + every_s * n
        for track in tracks.link([look], HEAT, at, (0.0, 0.0), lambda _: False, 20):
            if n == 0:
                track.birth_rise, track.birth_px = look.peak - look.background, look.area_px
            posture.take(track, Thermogram(HEAT, "radiometric"), LEARNT, at, every_s, held=False)
    (track,) = tracks.live
    return track


def bits(rise_k: float) -> list[Hotspot]:
    """A skin that passes the limit here and there, and then as a whole."""
    first = [spot(73.0 + 0.5 * n, 60.0 + 3.0 * (n % 2), 1, 6.0) for n in range(28)]
    return [*first, *[spot(80.0, 60.0, 18, rise_k)] * 40]


def came(track: Track) -> bool:
    return posture.take(track, Thermogram(HEAT, "radiometric"), LEARNT, track.last_s, 0.25, held=False).came


def test_bits_that_warm_together_came_from_nowhere_and_a_box_that_is_as_warm_as_its_first_piece_did() -> None:
    assert not came(followed(bits(12.0)))
    assert came(followed(bits(7.0)))


def test_what_drove_to_where_it_stands_came_however_large_it_is_there() -> None:
    drives = [spot(20.0 + 2.0 * n, 60.0, 2, 6.0) for n in range(30)]
    assert came(followed([*drives, *[spot(80.0, 60.0, 18, 12.0)] * 40]))


def test_hot_bits_beside_it_are_company_until_it_has_grown_over_them() -> None:
    track = followed([spot(80.0, 60.0, 1, 6.0)])
    others = [spot(86.0, 60.0, 1, 6.0)]
    body.look(track, np.zeros((32, 40), np.bool_), others)
    assert track.with_body
    for side, rise_k, alone in ((18, 7.0, False), (6, 12.0, False), (18, 12.0, True)):
        track.spot = spot(80.0, 60.0, side, rise_k)
        body.again(track)
        assert track.with_body is not alone, (side, rise_k)


def test_what_sway_is_left_over_is_no_movement() -> None:
    swaying = [spot(80.0 + 2.2 * np.sin(2.1 * n), 60.0 + 2.2 * np.cos(1.7 * n), 2, 40.0) for n in range(80)]
    track = followed(swaying, 0.12)
    assert track.travelled_sizes < posture.ARRIVED_SIZES
    assert track.last_drift_s < track.born_s
    still = [spot(80.0, 60.0, 2, 40.0)] * 20
    assert came(followed([*[spot(70.0 + 0.5 * n, 60.0, 2, 40.0) for n in range(20)], *still], 0.12))


def test_what_crept_to_where_it_stands_did_not_begin_there() -> None:
    creeps = [spot(80.0, 60.0 + 0.1 * n, 6, 40.0) for n in range(90)]
    stands = [spot(80.0, 69.0, 6, 40.0)] * 160
    assert burns_where_it_began(followed(stands), "radiometric", LEARNT)
    assert not burns_where_it_began(followed([*creeps, *stands]), "radiometric", LEARNT)


@pytest.mark.parametrize(("rise_k", "crept"), [(12.0, False), (7.0, True)], ids=["hotter", "as warm as its first piece"])
def test_what_seemed_to_creep_as_it_passed_the_limit_and_has_covered_its_way_did_not(rise_k: float, crept: bool) -> None:
    creeps = [spot(76.0 + 0.1 * n, 60.0, 3, 6.0) for n in range(60)]
    assert followed(creeps).crept
    assert followed([*creeps, *[spot(80.0, 60.0, 18, rise_k)] * 160]).crept is crept


def test_a_skin_that_warms_in_bits_is_found_by_its_rise() -> None:
    scene = yard(1, 128, 160)

    def warms(heat: Array, since_s: float) -> Array:
        changed = heat.copy()
        changed[60:78, 70:88] = 12.0 + np.float32(max(0.0, since_s - 20.0) * 0.2)
        return changed

    assert 60.0 < first_active(play(detector(), frames(scene, 180.0, warms, fps=4.0))) < 170.0


def test_what_came_in_over_the_edge_came_though_it_is_long() -> None:
    """A lorry of 38 px drove in by 57 px and stood: less than two of its sizes. After ten minutes it was an alarm, as what lasts."""
    long = [spot(20.0 + 1.0 * n, 60.0, 40, 40.0) for n in range(40)]
    assert came(followed([*long, *[spot(60.0, 60.0, 40, 40.0)] * 40]))
    assert not came(followed([spot(60.0, 60.0, 40, 40.0)] * 80))


def test_what_appeared_just_before_its_neighbour_is_seen_to_drive_came_with_it() -> None:
    beside = [spot(100.0, 60.0, 4, 40.0)]
    young, old = followed([spot(80.0, 60.0, 4, 40.0)] * 8), followed([spot(80.0, 60.0, 4, 40.0)] * 40)
    for track, joins in ((young, True), (old, False)):
        body.joins(track, beside)
        assert track.with_body is joins
    body.joins(far := followed([spot(80.0, 30.0, 4, 40.0)] * 8), beside)
    assert not far.with_body


def test_what_made_the_gain_collapse_came_with_nothing_that_shows_by_that_alone() -> None:
    for took_scale, faint, alone in ((True, True, True), (True, False, False), (False, True, False)):
        track = followed([spot(80.0, 60.0, 6, 200.0)])
        changed = np.ones((32, 40), np.bool_)
        body.look(track, changed, [spot(100.0, 60.0, 4, 20.0 if faint else 200.0)])
        assert track.with_body
        track.taking = Taking(200.0, 3000.0, None) if took_scale else None
        body.again(track)
        assert track.with_body is not alone, (took_scale, faint)


def test_a_box_that_is_set_down_is_no_fire_when_it_covers_the_body_that_came_with_it() -> None:
    """Piece by piece, of 76 px in the end: too small to be told for a landed one, and as warm as its first piece."""
    for rise_k, alone in ((7.5, False), (12.0, True)):
        track = followed([spot(80.0, 60.0, 2, 6.7)])
        changed = np.zeros((32, 40), np.bool_)
        changed[14:16, 18:22] = True
        body.look(track, changed, [])
        assert track.with_body
        track.spot = spot(80.0, 60.0, 16, rise_k)
        body.again(track)
        assert track.with_body is not alone, rise_k


def test_what_comes_nearer_grows_only_from_where_it_stops() -> None:
    """A lorry that came nearer for a minute and a half grew twentyfold; when it had stopped it was an alarm, as what grows."""
    for px_a_look, anew in ((0.12, True), (0.0, False)):
        track = followed([spot(80.0, 40.0 + px_a_look * n, 6, 30.0) for n in range(240)])
        assert track.crept is anew
        track.life, track.stood_excess, track.stood_peak = Life(Pace(keeps=True, gains=True, begun_s=110.0)), 20.0, 30.0
        weigh(track, Thermogram(HEAT, "radiometric"), LEARNT, DetectionSettings(), track.last_s, 0.25)
        assert (track.stood_excess is None) is anew
        assert track.life.pace.gains is not anew


def test_what_shows_again_where_it_was_learnt_just_after_it_drove_there_came() -> None:
    track = followed([spot(80.0, 60.0, 4, 40.0)] * 20)
    for first_look, after_another, expected in ((True, True, True), (True, False, False), (False, True, False)):
        track.first_look, track.after_another = first_look, after_another
        assert came(track) is expected

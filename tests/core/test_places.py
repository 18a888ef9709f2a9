"""Fires in the site: several at once, what no longer meets, façades in words, time apart."""

from __future__ import annotations

from dataclasses import replace

from edged.core.draft import Draft
from edged.core.places import _detection, chance_per_km2, newest_looks
from edged.geometry.earth import distance_m
from edged.model.event import ViewHeld
from edged.model.site import Structure
from edged.model.view import View
from tests.core.station import LAT, LON, MOUNTS, PLAN, YARD, Bench, M, aim, rules, square

HEADS = ("th-1", "th-2", "th-3")
OTHER = (YARD[0] + 60 * M, YARD[1] + 45 * M)


def test_two_fires_seen_by_three_heads_are_two_alarms_with_their_own_bearings() -> None:
    b = Bench()
    for _ in range(3):
        for camera in HEADS:
            b.see_at(*YARD, camera, track_id=1, first_seen_mono_s=1.0)
            b.see_at(*OTHER, camera, track_id=2, first_seen_mono_s=1.0)
    alarms = b.real()
    assert len(alarms) == 2
    for alarm, spot in zip(alarms, (YARD, OTHER), strict=True):
        assert alarm.ignition_point is not None
        assert alarm.ignition_point.method == "triangulated"
        assert distance_m(alarm.ignition_point.lat_wgs84, alarm.ignition_point.lon_wgs84, *spot) < 5.0
        for seen in alarm.seen_by:
            assert abs(seen.pan_deg - aim(seen.camera_id, *spot)[0]) < 0.01


def test_what_one_head_sees_elsewhere_becomes_a_fire_of_its_own() -> None:
    b = Bench()
    for camera in HEADS[:2]:
        b.see_at(*YARD, camera, track_id=1)
    assert len(b.real()) == 1
    for step in range(1, 60):
        away = (YARD[0] - step * 2.0 * M, YARD[1])
        b.see_at(*YARD, "th-1", track_id=1)
        b.see_at(*away, "th-2", track_id=1)
        b.wait(0.8)
    assert [sorted(s.camera_id for s in alarm.seen_by) for alarm in b.real()] == [["th-1"], ["th-2"]]


def test_a_slip_of_a_moment_parts_nothing() -> None:
    b = Bench()
    for camera in HEADS[:2]:
        b.see_at(*YARD, camera, track_id=1)
    b.see_at(YARD[0] - 25 * M, YARD[1], "th-2", track_id=1)
    b.wait(3.0)
    b.see_at(*YARD, "th-2", track_id=1)
    b.wait(12.0)
    b.see_at(*YARD, "th-2", track_id=1)
    assert len(b.real()) == 1


def test_a_fire_on_a_facade_is_told_by_building_side_and_floor() -> None:
    block = Structure("w1", "一号仓库", "building", square(LAT + 520 * M, LON + 500 * M, 20), 24.0, "W1", 6, gate="5门")
    near = tuple(replace(m, sigma_deg=0.02) for m in MOUNTS)
    b = Bench(rules(plan=replace(PLAN, mounts=near, structures=(block,))))
    site = b.state.rules.site
    mount = near[0]
    azimuth, elevation = site.direction_to(mount, LAT + 500 * M, LON + 495 * M, 18.0)
    b.see("th-1", azimuth, elevation)
    alarm = b.real()[0]
    assert alarm.ignition_point is not None
    assert (alarm.ignition_point.surface, alarm.ignition_point.side, alarm.ignition_point.floor) == ("facade", "S", 5)
    assert (alarm.words.place, alarm.words.gate, alarm.words.place_code) == ("一号仓库南侧5层", "5门", "W1")
    assert "一号仓库南侧5层" in alarm.radio_s


def test_an_onset_counts_only_where_the_view_was_watched_before() -> None:
    b = Bench()
    b.play(ViewHeld(View("th-1", "v", 1, 0.0, 0.0, 20.0, b.now.mono_s - 100.0)))
    b.play(ViewHeld(View("th-2", "v", 1, 0.0, 0.0, 20.0, b.now.mono_s - 5.0)))

    b.see_at(*YARD, "th-1", first_seen_mono_s=b.now.mono_s - 1.0)
    b.see_at(*YARD, "th-2", first_seen_mono_s=b.now.mono_s - 1.0)
    draft = Draft(b.state.rules, b.state.epoch, b.state.book, b.state.live, b.now)
    fire = next(iter(draft.fires.values()))
    onsets = {look.camera_id: _detection(draft, look, way).onset_s for look, way in newest_looks(draft, fire)}
    assert onsets["th-1"] is not None
    assert onsets["th-2"] is None


def test_a_crowd_makes_chance_meetings_likelier() -> None:

    b = Bench()
    draft = Draft(b.state.rules, b.state.epoch, b.state.book, b.state.live, b.now)
    assert chance_per_km2(draft, 40) > 5 * chance_per_km2(draft, 2) > 0.0


def test_how_strong_a_source_is_tells_it_from_another_where_the_camera_measures_radiance() -> None:
    """Two heads on one line of sight each to two sources: 25 m apart along it, one a hundred times stronger."""
    far = (YARD[0] + 25 * M, YARD[1] + 25 * M)
    b = Bench()
    for spot, track, strength in ((YARD, 1, 1e-4), (far, 2, 1e-2)):
        b.see_at(*spot, "th-1", track_id=track, first_seen_mono_s=1.0, irradiance_w_m2=strength)
    b.see_at(*far, "th-2", track_id=1, first_seen_mono_s=1.0, irradiance_w_m2=1e-2)
    owners = {camera: alarm.alarm_id for alarm in b.real() for camera in [s.camera_id for s in alarm.seen_by] if camera == "th-2"}
    strong = next(f for f in b.state.live.fires.values() if any(k.camera_id == "th-1" and k.track_id == 2 for k in f.looks))
    assert owners["th-2"] == strong.alarm_id

"""Pictures of alarms: the right crop for the right alarm, parts in any order, and never a test's picture on a real one."""

from __future__ import annotations

import base64
from dataclasses import replace
from typing import Any

from edged.messages import PictureTaken
from edged.model.alarm import Alarm
from edged.model.journal import Lane
from edged.model.sighting import Sighting
from edged.pictures import MOST_ASKED, MOST_CROPS, THERMAL, VISIBLE, Pictures
from tests.fakes.journal_reader import AT, make_alarm

JPEG = b"\xff\xd8picture\xff\xd9"


def coded(data: bytes) -> str:
    return base64.b64encode(data).decode()


def sighting(track_id: int = 1, jpeg: bytes = JPEG, **changes: Any) -> Sighting:
    alarm = make_alarm()
    heat = alarm.evidence.temperature
    assert heat is not None
    whole = Sighting(
        "th-03", "yard-a3", 1, track_id, AT, 1.0, 0.0, 1.0, ("hot",), (), 10.1, -3.1, 0.05, 1.0, 1.0, 4.0, 9.0, None, heat,
        crop_jpeg_b64=coded(jpeg),
    )  # fmt: skip
    return replace(whole, **changes)


def active(**changes: Any) -> Alarm:
    return make_alarm(active_at=AT, **changes)


class Album:
    """What was published."""

    def __init__(self) -> None:
        self.out: list[tuple[Lane, str, int, bytes]] = []
        self.pictures = Pictures(lambda *one: self.out.append(one))


def part(request_id: str, number: int, parts: int, data: bytes, reason: str = "") -> PictureTaken:
    return PictureTaken(request_id, "th-03", "visible", number, parts, coded(data), reason)


def test_the_newest_crop_near_the_fire_is_shown_once() -> None:
    album = Album()
    for jpeg in (b"\xff\xd8old", JPEG):
        album.pictures.sighted(sighting(jpeg=jpeg))
    album.pictures.sighted(sighting(2, b"\xff\xd8elsewhere", pan_deg=40.0))
    album.pictures.announced("real", make_alarm(state="suspect"))
    assert album.out == []
    album.pictures.announced("real", active())
    album.pictures.announced("real", active(revision=3))
    assert album.out == [("real", active().alarm_id, THERMAL, JPEG)]


def test_a_drills_crop_is_never_shown_for_a_fire() -> None:
    album = Album()
    album.pictures.sighted(sighting(test=True))
    album.pictures.announced("real", active())
    assert album.out == []
    album.pictures.announced("test", active(test=True))
    assert [lane for lane, *_ in album.out] == ["test"]


def test_a_crop_that_comes_after_the_alarm_is_shown_with_the_next_row() -> None:
    album = Album()
    album.pictures.announced("real", active())
    album.pictures.sighted(sighting())
    album.pictures.announced("real", active(revision=3))
    assert len(album.out) == 1


def test_parts_are_joined_in_order_and_doubled_ones_do_no_harm() -> None:
    album = Album()
    album.pictures.ask("A1/visible", "real", "A1")
    for number in (2, 1, 2, 0):
        album.pictures.taken(part("A1/visible", number, 3, b"%d" % number))
    album.pictures.taken(part("A1/visible", 0, 1, b"late"))
    assert album.out == [("real", "A1", VISIBLE, b"012")]


def test_what_nobody_asked_for_failed_or_is_garbage_publishes_nothing() -> None:
    album = Album()
    album.pictures.taken(part("unknown", 0, 1, JPEG))
    album.pictures.ask("A1/visible", "real", "A1")
    album.pictures.taken(part("A1/visible", 0, 1, b"", "no visible stream"))
    album.pictures.taken(part("A1/visible", 0, 1, JPEG))
    album.pictures.ask("A2/visible", "real", "A2")
    album.pictures.taken(replace(part("A2/visible", 0, 1, JPEG), jpeg_b64="not base64 ✗"))
    album.pictures.sighted(sighting(crop_jpeg_b64="✗"))
    album.pictures.announced("real", active())
    assert album.out == []


def test_memory_is_bounded() -> None:
    album = Album()
    for number in range(MOST_CROPS + 5):
        album.pictures.sighted(sighting(number, b"\xff\xd8%d" % number, pan_deg=float(number)))
    for number in range(MOST_ASKED + 1):
        album.pictures.ask(f"{number}", "real", "A")
    album.pictures.taken(part("0", 0, 1, JPEG))
    album.pictures.announced("real", active(seen_by=(replace(make_alarm().seen_by[0], pan_deg=0.0),)))
    assert album.out == []


def test_a_picture_is_taken_through_the_head_that_is_named_and_a_drills_stays_a_drills() -> None:
    sent: list[tuple[str, Any]] = []
    album: list[tuple[Lane, str, int]] = []
    pictures = Pictures(lambda lane, alarm_id, number, _: album.append((lane, alarm_id, number)), lambda c, m: sent.append((c, m)))
    pictures.show(active(), "a", "th-01")
    pictures.show(active(), "a", "th-02")
    pictures.show(active(test=True), "t", "th-01")
    assert [(camera_id, wanted.camera_id, wanted.lens) for camera_id, wanted in sent] == [
        ("th-01", "th-01", "visible"), ("th-02", "th-02", "visible"), ("th-01", "th-01", "visible"),
    ]  # fmt: skip
    for camera_id, wanted in sent[1:]:
        pictures.taken(PictureTaken(wanted.request_id, camera_id, "visible", 0, 1, coded(JPEG)))
    assert album == [("real", "a", VISIBLE), ("test", "t", VISIBLE)]

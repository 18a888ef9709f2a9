"""Heads: a view reaches the eye only after the head has arrived, and again when the eye is replaced."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from edged.core.patrol import HeadPlan, PatrolStop
from edged.heads import Heads
from edged.messages import DropView, HoldView, Message, Turn, Turned, Unframer, encode
from edged.model.calendar import Calendar
from edged.model.command import Glance, SecondLook, WatchOn
from edged.model.event import Event, HeadLent, HeadMoved, HealthChanged, Noticed, ViewHeld
from edged.model.health import CameraHealth, Rung
from edged.model.instant import Instant
from edged.model.lens import Lens
from edged.model.view import HeadPolygon, Pose, View, WatchPoint
from edged.store.inputlog import Header, InputLog, read
from edged.store.settings import StoreSettings

PLAN = HeadPlan("th-01", (PatrolStop("a", 0.0, -5.0, 20.0, 6.0), PatrolStop("b", 30.0, -5.0, 20.0, 6.0)), turns=True)


class Desk:
    """Collects what the heads send, and holds the time."""

    def __init__(self) -> None:
        self.now_s = 100.0
        self.eye: list[Message] = []
        self.fleet: list[Message] = []
        self.events: list[Event] = []
        self.stood: list[tuple[str, str]] = []
        stands = lambda camera_id, alarm_id: self.stood.append((camera_id, alarm_id))  # noqa: E731
        self.heads = Heads(self.clock, lambda _, m: self.eye.append(m), self.fleet.append, self.events.append, stands=stands)
        self.answering()

    def clock(self) -> Instant:
        return Instant(self.now_s, datetime(2026, 11, 22, tzinfo=UTC) + timedelta(seconds=self.now_s - 100.0))

    def answering(self, rung: Rung = "login_ok") -> None:
        self.heads.health(HealthChanged(CameraHealth("th-01", rung, "none", "", self.clock().utc)))

    def arrive(self) -> None:
        turn = self.fleet[-1]
        assert isinstance(turn, Turn)
        self.heads.turned(Turned(turn.request_id, turn.camera_id, True, turn.pan_deg, turn.tilt_deg, self.now_s))


def holds(desk: Desk) -> list[HoldView]:
    return [m for m in desk.eye if isinstance(m, HoldView)]


def test_view_stands_only_after_arrival() -> None:
    desk = Desk()
    desk.heads.set_plans([PLAN])
    desk.heads.tick()
    assert holds(desk) == []
    desk.arrive()
    assert holds(desk)[0].view.view_id == "a"
    assert any(isinstance(e, ViewHeld) for e in desk.events)


def test_new_eye_gets_the_standing_view_with_its_suspects() -> None:
    desk = Desk()
    desk.heads.set_plans([PLAN])
    desk.heads.tick()
    desk.arrive()
    point = WatchPoint("alarm", 1.0, -4.0, 0.3)
    desk.heads.watch(WatchOn("th-01", (point,)))
    desk.heads.eye_started("th-01")
    first, second = holds(desk)
    assert second.view.watch == (point,)
    assert second.view.generation > first.view.generation


def test_foreign_movement_blinds_the_eye_and_is_not_fought() -> None:
    desk = Desk()
    desk.heads.set_plans([PLAN])
    desk.heads.tick()
    desk.arrive()
    turns = len(desk.fleet)
    desk.heads.moved(HeadMoved("th-01", Pose(80.0, 0.0, 20.0), True, "foreign", desk.now_s))
    assert isinstance(desk.eye[-1], DropView)
    desk.now_s += 30
    desk.heads.tick()
    assert len(desk.fleet) == turns


def test_head_that_never_arrives_is_told() -> None:
    desk = Desk()
    desk.heads.set_plans([PLAN])
    for _ in range(4):
        desk.heads.tick()
        desk.now_s += 30
    assert [e.code for e in desk.events if isinstance(e, Noticed)] == ["stuck_head"]


def test_unchanged_tour_goes_on_when_another_changes() -> None:
    desk = Desk()
    desk.heads.set_plans([PLAN])
    desk.heads.tick()
    desk.arrive()
    before = list(desk.eye)
    desk.heads.set_plans([PLAN, HeadPlan("th-02", (PatrolStop("x", 0, 0, 20, 5),), turns=False)])
    assert desk.eye == before
    desk.heads.tick()
    assert holds(desk)[-1].view.camera_id == "th-02"


def test_an_order_into_the_void_is_given_again_when_the_camera_answers() -> None:
    desk = Desk()
    desk.heads.set_plans([PLAN])
    desk.heads.tick()
    desk.answering("unreachable")
    desk.now_s += 60
    desk.heads.tick()
    assert len(desk.fleet) == 1
    desk.answering()
    desk.heads.tick()
    assert len(desk.fleet) == 2
    desk.arrive()
    assert holds(desk)[0].view.view_id == "a"


def test_the_field_that_the_camera_reports_reaches_the_eye() -> None:
    desk = Desk()
    desk.heads.set_plans([PLAN])
    desk.heads.tick()
    turn = desk.fleet[-1]
    assert isinstance(turn, Turn)
    desk.heads.turned(Turned(turn.request_id, "th-01", True, 0.0, -5.0, desk.now_s, "", 16.4, Lens(roll_deg=0.5)))
    view = holds(desk)[0].view
    assert (view.hfov_deg, view.lens) == (16.4, Lens(roll_deg=0.5))


def test_a_views_lens_survives_the_socket_and_the_input_log(tmp_path: Path) -> None:
    lens = Lens("fisheye", (0.02, -0.004, 0.001, -0.0002), 1.5, 0.3, -0.1)
    view = View("th-01", "a", 3, 1.0, -2.0, 180.0, 100.0, lens=lens)
    turned = Turned("r", "th-01", True, 1.0, -2.0, 100.0, "", 180.0, lens)
    for message in (HoldView(view), turned):
        assert Unframer().feed(encode(message)) == [message]
    now = Instant(100.0, datetime(2026, 11, 22, tzinfo=UTC))
    log = InputLog.open(tmp_path, StoreSettings(), lambda: Header("s", "r"))
    log.write(ViewHeld(view), now)
    log.close()
    assert list(read(sorted(tmp_path.iterdir()))) == [(ViewHeld(view), now)]


def test_the_change_of_an_hour_reaches_the_eye_within_a_minute_and_begins_no_new_look() -> None:
    desk = Desk()
    desk.heads.tz = ZoneInfo("Asia/Shanghai")
    area = HeadPolygon("flue", ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0)), "known_heat", 3.0, Calendar(hours=((8 * 60 + 5, 9 * 60),)))
    desk.heads.set_plans([HeadPlan("th-01", (replace(PLAN.stops[0], areas=(area,)),), turns=False)])
    start = desk.now_s
    while desk.now_s - start < 360.0:
        desk.heads.tick()
        desk.now_s += 5.0
    first, second = (hold.view for hold in holds(desk))
    assert (first.areas, [a.name for a in second.areas], second.generation) == ((), ["flue"], first.generation)
    assert [e.view.areas for e in desk.events if isinstance(e, ViewHeld)] == [first.areas, second.areas]


LENDS = (replace(PLAN, linger_s=30.0, linger_share=0.2), replace(PLAN, camera_id="th-02", linger_s=30.0, linger_share=0.2))


def lending() -> Desk:
    """Two heads that tour, the second one's camera answering too."""
    desk = Desk()
    desk.heads.health(HealthChanged(CameraHealth("th-02", "login_ok", "none", "", desk.clock().utc)))
    desk.heads.set_plans(LENDS)
    desk.heads.tick()
    for turn in [m for m in desk.fleet if isinstance(m, Turn)]:
        desk.heads.turned(Turned(turn.request_id, turn.camera_id, True, turn.pan_deg, turn.tilt_deg, desk.now_s))
    desk.fleet.clear()
    return desk


def order(*camera_ids: str, alarm_id: str = "01ALARM") -> SecondLook:
    return SecondLook(alarm_id, tuple(Glance(camera_id, None, 70.0, -2.0, 20.0) for camera_id in camera_ids), 20.0)


def test_the_first_head_that_is_free_is_lent_and_only_one_for_a_fire() -> None:
    desk = lending()
    desk.heads.taken("th-01")
    desk.heads.second_look(order("th-01", "gone", "th-02"))
    desk.heads.second_look(order("gone", "th-02"))
    (turn,) = desk.fleet
    assert isinstance(turn, Turn)
    assert (turn.camera_id, turn.by, turn.pan_deg) == ("th-02", "verification", 70.0)
    assert [e for e in desk.events if isinstance(e, HeadLent)] == [HeadLent("th-02", "01ALARM")]
    assert (desk.heads.lent_to("01ALARM"), desk.stood) == (None, []), "it is on its way"
    desk.heads.turned(Turned(turn.request_id, "th-02", True, 70.0, -2.0, desk.now_s + 2.0))
    assert (desk.heads.lent_to("01ALARM"), desk.stood) == ("th-02", [("th-02", "01ALARM")])
    view = holds(desk)[-1].view
    assert (view.camera_id, view.passing, view.commission_id) == ("th-02", True, "")
    assert Unframer().feed(encode(HoldView(view))) == [HoldView(view)]
    shown = desk.heads.shown()
    assert (shown["th-01"]["doing"], shown["th-02"]["doing"], shown["th-02"]["alarm_ids"]) == ("yields", "verifies", ["01ALARM"])


def test_an_order_that_comes_twice_turns_no_second_head() -> None:
    desk = lending()
    desk.heads.second_look(order("th-02", "th-01"))
    desk.heads.second_look(order("th-01", "th-02"))
    assert [turn.camera_id for turn in desk.fleet if isinstance(turn, Turn)] == ["th-02"]


def test_where_no_head_is_free_nothing_is_turned() -> None:
    desk = lending()
    desk.heads.health(HealthChanged(CameraHealth("th-02", "unreachable", "none", "", desk.clock().utc)))
    desk.heads.taken("th-01")
    before = list(desk.eye)
    desk.heads.second_look(order("th-01", "th-02"))
    assert (desk.fleet, desk.eye) == ([], before)


def test_an_operator_who_comes_while_the_head_turns_is_not_fought() -> None:
    desk = lending()
    desk.heads.second_look(order("th-02"))
    (turn,) = desk.fleet
    assert isinstance(turn, Turn)
    desk.heads.taken("th-02")
    desk.heads.turned(Turned(turn.request_id, "th-02", False, 10.0, -2.0, desk.now_s + 1.0, "given up for a newer turn"))
    desk.now_s += 30.0
    desk.heads.tick()
    assert [m for m in desk.fleet if isinstance(m, Turn) and m.camera_id == "th-02"] == [turn]


def test_a_suspect_in_the_view_that_is_held_makes_the_daemon_stay() -> None:
    desk = lending()
    desk.heads.watch(WatchOn("th-01", (WatchPoint("01ALARM", 1.0, -4.0, 0.3, True, "a"),)))
    for _ in range(40):
        desk.now_s += 0.5
        desk.heads.tick()
    assert [turn.camera_id for turn in desk.fleet if isinstance(turn, Turn)] == ["th-02"]
    assert desk.heads.shown()["th-01"]["doing"] == "stays"
    desk.heads.watch(WatchOn("th-01", ()))
    desk.heads.tick()
    assert desk.fleet[-1].camera_id == "th-01"  # type: ignore[union-attr]

"""What is published of a camera: the fleet's ladder, joined with whether its pictures are judged."""

from __future__ import annotations

from dataclasses import replace

import pytest

from edged import clock
from edged.cameraviews import CameraViews
from edged.model.event import HealthChanged
from edged.model.health import CameraHealth, Fault, Rung, Sight
from edged.model.view import BlindCause
from edged.output.base import CameraView

NOW = clock.now()
WELL = CameraHealth("th-01", "stream_ok", "none", "login and stream address are good", NOW.utc)


def shown(*told: CameraHealth | Sight) -> tuple[CameraView, str | None]:
    out: list[CameraView] = []
    views = CameraViews(lambda: NOW, out.append)
    for one in told:
        if isinstance(one, Sight):
            views.sight(one)
        else:
            views.health(HealthChanged(one))
    return out[-1], views.fault("th-01")


def blind(cause: BlindCause) -> Sight:
    return Sight("th-01", False, cause, NOW.utc)


def test_a_camera_is_fresh_when_its_pictures_are_judged() -> None:
    view, fault = shown(WELL, Sight("th-01", True, None, NOW.utc))
    assert (view.health.rung, view.health.fault, fault) == ("fresh", "none", None)


@pytest.mark.parametrize(
    ("cause", "rung", "named"),
    [("unreachable", "login_ok", "no_stream"), ("frozen", "stream_ok", "frozen"), ("stopped", "stream_ok", "crashed")],
)
def test_a_blind_lookout_that_answers_falls_a_rung_and_says_what_to_do(cause: BlindCause, rung: Rung, named: Fault) -> None:
    view, fault = shown(WELL, blind(cause))
    assert (view.health.rung, view.health.fault, view.sees) == (rung, named, False)
    assert fault is not None
    assert fault.startswith("camera th-01: ")
    assert fault == view.health.message


def test_a_head_that_turns_is_no_fault_and_a_fault_of_the_fleet_stays() -> None:
    assert shown(WELL, blind("moving"))[1] is None
    refused = replace(WELL, rung="onvif_no_login", fault="auth_failed", message="refused (401)")
    view, fault = shown(refused, blind("unreachable"))
    assert (view.health, fault) == (refused, "refused (401)")
    gone = replace(WELL, rung="unreachable", message="cannot be reached")
    assert shown(gone, blind("unreachable"))[1] == "cannot be reached"
    assert shown(blind("unreachable"), refused, WELL, Sight("th-01", True, None, NOW.utc))[1] is None


def test_a_fault_is_said_in_chinese_where_there_are_words_for_it() -> None:
    views = CameraViews(lambda: NOW, lambda _: None)
    refused = replace(WELL, rung="onvif_no_login", fault="auth_failed", message="camera th-01: refused", zh="摄像机 th-01: 登录被拒")
    views.health(HealthChanged(refused))
    assert (views.fault("th-01", "zh"), views.fault("th-01")) == ("摄像机 th-01: 登录被拒", "camera th-01: refused")
    views.health(HealthChanged(replace(refused, zh="")))
    assert views.fault("th-01", "zh") == "camera th-01: refused"

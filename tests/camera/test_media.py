"""Which profile is the thermal one."""

from __future__ import annotations

import pytest

from edged.camera.base import CameraLacks, Profile
from edged.camera.onvif.media import bare, choose
from tests.camera.conftest import entry

VISIBLE = Profile("p1", "MainStream", "vs1", "H264")
SUB = Profile("p2", "SubStream", "vs1", "H264")
SECOND = Profile("p3", "Channel 2", "vs2", "H265")
CALLED = Profile("p4", "热成像", "vs9", "H264")


@pytest.mark.parametrize(
    ("profiles", "thermal", "visible"),
    [
        ((VISIBLE, SUB, SECOND), SECOND, VISIBLE),
        ((CALLED, VISIBLE), CALLED, VISIBLE),
        ((VISIBLE, SUB), VISIBLE, None),
        ((), None, None),
    ],
)
def test_choice(profiles: tuple[Profile, ...], thermal: Profile | None, visible: Profile | None) -> None:
    assert choose(profiles, entry("cam", 80)) == (thermal, visible)


def test_a_named_profile_wins_and_an_unknown_one_is_an_error_that_lists_what_there_is() -> None:
    named = entry("cam", 80, thermal={"profile": "SubStream"})
    assert choose((VISIBLE, SUB, SECOND), named)[0] == SUB
    with pytest.raises(CameraLacks, match=r"no media profile Nope; it has p1 \(MainStream\)"):
        choose((VISIBLE,), entry("cam", 80, thermal={"profile": "Nope"}))
    assert choose((VISIBLE, SUB), entry("co", 80, kind="corridor")) == (None, VISIBLE)


def test_addresses_lose_their_login_and_keep_the_rest() -> None:
    assert bare("rtsp://u:p@10.0.0.9:8554/live?ch=2&x=1", "192.0.2.7") == "rtsp://192.0.2.7:8554/live?ch=2&x=1"

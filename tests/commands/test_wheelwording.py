"""What people read of a hot wheel, in status and in why, and that it travels between processes whole."""

from __future__ import annotations

from datetime import UTC, datetime

from edged.commands.whywording import place_lines
from edged.commands.wording import status_lines
from edged.messages import Unframer, encode
from edged.model.event import HotWheelSeen
from edged.model.wheel import HotWheel

AT = "2026-11-26T19:00:00Z"
WHEEL = {"camera_id": "th-03", "at": AT, "message": "A3: one wheel is 45 K hotter", "zh": "A3: 车轮高 45 K"}


def test_status_and_why_say_where_and_since_when() -> None:
    status = {"hot_wheels": [WHEEL], "time_zone": "Asia/Shanghai", "lookouts": 1, "seeing": 1, "sees": True}
    assert any(line.startswith("HOT WHEEL") and "03:00" in line and "45 K" in line for line in status_lines(status, "en"))
    assert any(line.startswith("热轮") and "车轮高 45 K" in line for line in status_lines(status, "zh"))
    place = {"what": "A3", "since": AT, "time_zone": "Asia/Shanghai", "visits": [], "hot_wheels": [WHEEL]}
    assert "11-27 03:00 th-03 hot wheel: A3: one wheel is 45 K hotter" in list(place_lines(place, "en"))
    assert not any("hot wheel" in line for line in place_lines({**place, "hot_wheels": []}, "en"))


def test_it_travels_whole() -> None:
    wheel = HotWheel("th-1", "v", 1, datetime(2026, 1, 1, tzinfo=UTC), 5.0, 1.0, -2.0, 0.1, "calibrated", 80.0, 30.0, 3, 0.1)
    assert list(Unframer().feed(encode(HotWheelSeen(wheel)))) == [HotWheelSeen(wheel)]

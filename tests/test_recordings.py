"""What is told of the flight recorders: a fault of the disk once for the station, a camera's own once for it, and its end."""

from __future__ import annotations

from edged.commands.wording import status_lines
from edged.messages import Recorded
from edged.recordings import CALM_S, Recordings


def report(camera_id: str, state: str, size_bytes: int = 3_100_000_000, dropped: int = 0) -> Recorded:
    return Recorded(camera_id, state, "free room", "请清理", 12.34, size_bytes, dropped)  # type: ignore[arg-type]


def test_a_full_disk_is_one_notice_and_so_is_its_end() -> None:
    all_of_them = Recordings()
    first = all_of_them.take(report("th-01", "full"), 0.0)
    assert [(n.code, n.severity_level, n.data["camera_id"]) for n in first] == [("recorder_full", 3, "th-01")]
    assert all_of_them.take(report("th-02", "full"), 1.0) == []
    assert all_of_them.take(report("th-01", "recording"), 2.0) == []
    assert all_of_them.take(report("th-02", "recording"), 3.0) == []
    assert all_of_them.take(report("th-02", "full"), 60.0) == []
    assert all_of_them.take(report("th-02", "recording"), 61.0) == []
    assert [n.code for n in all_of_them.take(report("th-01", "recording"), 61.0 + CALM_S)] == ["recorder_ok"]
    assert [n.code for n in all_of_them.take(report("th-01", "full"), 500.0)] == ["recorder_full"]


def test_a_codec_that_is_not_kept_is_the_cameras_own_fault() -> None:
    all_of_them = Recordings()
    assert len(all_of_them.take(report("th-01", "unfit"), 0.0)) == 1
    assert len(all_of_them.take(report("th-02", "unfit"), 0.0)) == 1
    assert all_of_them.take(report("th-02", "held"), 0.0) == []
    all_of_them.gone("th-01")
    assert list(all_of_them.shown()) == ["th-02"]


def test_the_status_says_what_is_kept_and_what_is_not_recorded() -> None:
    all_of_them = Recordings()
    all_of_them.take(report("th-01", "recording", dropped=7), 0.0)
    all_of_them.take(report("th-02", "full"), 0.0)
    text = "\n".join(status_lines({"lookouts": 2, "recorder": all_of_them.shown()}, "en"))
    assert "Recorded (edged try): th-01 12.3 h 3.1 GB, th-02 12.3 h 3.1 GB" in text
    assert "th-02 is not recorded: free room" in text
    assert "th-01: 7 packets not recorded" in text

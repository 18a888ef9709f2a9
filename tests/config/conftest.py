"""A small station in a folder of its own."""

from __future__ import annotations

from pathlib import Path

import pytest

STATION = """station:
  id: test-01
  name: 测试站
  lat_wgs84: 29.61
  lon_wgs84: 106.60
talkgroups:
  patrol: {id: "8001"}
duty: {talkgroup: patrol}
"""
CAMERAS = """cameras:
  - id: th-01
    kind: lookout
    address: 192.0.2.11
    mount: {lat_wgs84: 29.61, lon_wgs84: 106.60, height_m: 30}
    views: [{id: yard, pan_deg: 0, tilt_deg: -4}]
"""


@pytest.fixture
def station(tmp_path: Path) -> Path:
    """station.yaml with two camera files."""
    folder = tmp_path / "etc"
    (folder / "cameras").mkdir(parents=True)
    (folder / "station.yaml").write_text(STATION, encoding="utf-8")
    (folder / "cameras" / "a.yaml").write_text(CAMERAS, encoding="utf-8")
    (folder / "cameras" / "b.yaml").write_text(CAMERAS.replace("th-01", "th-02").replace(".11", ".12"), encoding="utf-8")
    return folder / "station.yaml"

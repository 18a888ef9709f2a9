"""Coverage from settings: what depends on what, the file that worker and control share, and the worker as the process that it is."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edged.camera.settings import CameraSettings
from edged.config.load import load
from edged.detector.settings import DetectionSettings
from edged.geometry.coverage import Air, Head, HeadView
from edged.model.errors import ConfigError, StoreGarbled
from edged.model.site import Mount, SitePlan, Zone
from edged.survey import Inputs, Unsure, gate_k, inputs_of, read_survey, survey, views_of, write_survey

EXAMPLE = Path(__file__).parents[1] / "config"
SPOT = (29.61, 106.60)


def small(count: int = 2, radius_m: float = 400.0, **changes: Any) -> Inputs:
    """Return heads that stand at one place and look to different sides."""
    mounts = tuple(Mount(f"th-{n:02d}", *SPOT, 30.0, azimuth_deg=90.0 * n) for n in range(1, count + 1))
    heads = tuple(Head(mount, (HeadView(0.0, -8.0, 40.0, 6.0),), 5.0, False) for mount in mounts)
    names = tuple((mount.camera_id, f"{n}号杆") for n, mount in enumerate(mounts, 1))
    return replace(Inputs(SitePlan(mounts=mounts, radius_m=radius_m), heads, names, Air(0.3, 20.0), 20.0, Unsure()), **changes)


def camera(**entry: Any) -> CameraSettings:
    """Return a lookout."""
    return CameraSettings.model_validate({"id": "th-01", "kind": "lookout", "address": "10.0.0.1", **entry})


def test_the_file_brings_everything_back(tmp_path: Path) -> None:
    inputs = small(unsure=Unsure(unplaced=("th-09",)))
    done = survey(inputs)
    path = tmp_path / "coverage.npz"
    assert read_survey(path) is None
    write_survey(path, done)
    assert [one.name for one in tmp_path.iterdir()] == ["coverage.npz"]
    back = read_survey(path)
    assert back is not None
    assert (back.digest, back.names, back.unsure, back.computed_at) == (inputs.digest(), done.names, done.unsure, done.computed_at)
    for down in ((), ("th-01",), ("th-01", "th-02")):
        assert back.figures(back.combined(down)[1], down) == done.figures(done.combined(down)[1], down)
        assert np.array_equal(back.combined(down)[0].why, done.combined(down)[0].why)
    assert path.stat().st_size < 100_000


@pytest.mark.parametrize("harm", [lambda raw: raw[: len(raw) // 2], lambda raw: b"", lambda raw: b"not a file of ours" * 9])
def test_a_damaged_file_is_said_to_be_one(tmp_path: Path, harm: Callable[[bytes], bytes]) -> None:
    path = tmp_path / "coverage.npz"
    write_survey(path, survey(small()))
    path.write_bytes(harm(path.read_bytes()))
    with pytest.raises(StoreGarbled, match="computed anew"):
        read_survey(path)


def test_blind_heads_take_their_share() -> None:
    done = survey(small())
    shares = [done.figures(done.combined(down)[1], down) for down in ((), ("th-01",), ("th-01", "th-02"))]
    assert shares[0]["watched_share"] > shares[1]["watched_share"] > shares[2]["watched_share"] == 0.0
    assert shares[1]["why_not"]["head_down"] == pytest.approx(shares[0]["watched_share"] - shares[1]["watched_share"], abs=2e-4)
    assert shares[1]["sentence"]["zh"].endswith("1号头失明")
    assert shares[2]["sentence"]["zh"] == "现在看得见0%, 镜头全部失明"
    json.dumps(shares)


def test_figures_need_only_the_cells_that_count() -> None:
    zone = Zone("a", "A", "A", ((106.601, 29.609), (106.603, 29.609), (106.603, 29.611), (106.601, 29.611)))
    inputs = small()
    done = survey(replace(inputs, plan=replace(inputs.plan, zones=(zone,))))
    few = done.counted()
    assert 0 < len(few.covers[0].level) == int(done.area.counts.sum()) < len(done.covers[0].level) / 5
    for down in ((), ("th-01",), ("th-02",)):
        assert few.figures(few.combined(down)[1], down) == done.figures(done.combined(down)[1], down)


def test_the_digest_names_what_the_answer_depends_on() -> None:
    inputs = small()
    assert inputs.digest() == small().digest()
    others = [
        small(3), small(radius_m=500.0), replace(inputs, air=Air(0.4, 20.0)), replace(inputs, cell_m=10.0),
        replace(inputs, heads=(replace(inputs.heads[0], gate_k=4.0), inputs.heads[1])),
    ]  # fmt: skip
    assert len({inputs.digest(), *(other.digest() for other in others)}) == 6


def test_no_place_is_said_with_the_next_step() -> None:
    with pytest.raises(ConfigError, match="no watched camera has a mount: write mount"):
        survey(replace(small(), heads=()))


def test_gate_is_in_kelvin_however_the_picture_shows_heat() -> None:
    detection = DetectionSettings(contrast_k=5.0, contrast_levels=24.0)
    assert gate_k(camera(thermal={"picture": "centikelvin"}), detection) == 5.0
    assert gate_k(camera(thermal={"picture": "white-hot"}), detection) == 4.0, "24 levels at 6 levels per kelvin"


def test_tours_as_the_settings_say_them() -> None:
    views = views_of(
        camera(
            thermal={"hfov_deg": 20.0},
            views=[{"id": "a", "pan_deg": 10, "tilt_deg": -2, "dwell_s": 8}, {"id": "b", "preset": "3", "hfov_deg": 6}],
        )
    )
    assert [(v.pan_deg, v.tilt_deg, v.hfov_deg, v.dwell_s) for v in views] == [(10.0, -2.0, 20.0, 8.0), (None, 0.0, 6.0, 10.0)]
    assert [v.pan_deg for v in views_of(camera())] == [0.0]


def test_example_station_is_watched_and_says_what_it_is_unsure_of(tmp_path: Path) -> None:
    loaded = load(EXAMPLE / "station.yaml")
    inputs = inputs_of(loaded.settings, loaded.site, cell_m=40.0)
    assert [head.mount.camera_id for head in inputs.heads] == [f"th-0{n}" for n in range(1, 7)]
    done = survey(inputs)
    figures = done.figures(done.combined(())[1], ())
    assert 0.5 < figures["watched_share"] <= 1.0
    assert figures["area_km2"] > 1.0
    fog = survey(inputs_of(loaded.settings, loaded.site, 40.0, extinction_per_km=8.0))
    foggy = fog.figures(fog.combined(())[1], ())
    assert foggy["watched_share"] < figures["watched_share"]
    assert foggy["why_not"]["too_small"] > 0.1
    assert "雾" in foggy["sentence"]["zh"]


def test_worker_process_computes_what_control_would(tmp_path: Path) -> None:
    shutil.copytree(EXAMPLE, tmp_path / "config")
    station, out = tmp_path / "config" / "station.yaml", tmp_path / "coverage.npz"
    command = [sys.executable, "-m", "edged.worker", "coverage", "--cell-m", "40", "--out", str(out), "--state", str(tmp_path)]
    done = subprocess.run([*command, "-c", str(station)], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")
    loaded, held = load(station), read_survey(out)
    assert held is not None
    assert held.digest == inputs_of(loaded.settings, loaded.site, 40.0).digest()
    missing = subprocess.run([*command, "-c", str(tmp_path / "none.yaml")], capture_output=True, text=True, timeout=60)
    assert missing.returncode == 78
    assert "none.yaml" in missing.stderr.strip().splitlines()[-1]

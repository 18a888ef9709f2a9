"""What a technician writes about a camera."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from pydantic import ValidationError

from edged.camera.optics import ThermalSettings, VisibleSettings
from edged.camera.quirks.policies import QuirkOverrides, limits_of, quirks_for
from edged.camera.secret import Login, login_from, read_login, with_login
from edged.camera.settings import CameraSettings
from edged.model.errors import ConfigError
from edged.model.lens import Lens
from edged.simulator.head import zoomed_hfov_deg

LEAST = {"id": "th-01", "kind": "lookout", "address": "192.0.2.10"}


def test_three_keys_are_enough_and_survive_the_way_to_a_child() -> None:
    camera = CameraSettings.model_validate(LEAST)
    assert camera.thermal is not None
    assert not camera.turns
    assert camera.placed() is None
    entry, login = login_from(with_login(camera, Login("edged", "x!")))
    assert CameraSettings.model_validate(entry) == camera
    assert login is not None
    assert login.password == "x!"


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"address": "http://192.0.2.10:8000"}, "write only the host"),
        ({"address": "192.0.2.10:8000"}, "onvif_port"),
        ({"thermal": {"stream": "rtsp://u:geheim@192.0.2.10/x"}}, "leave user name and password out"),
        ({"thermal": {"stream": "http://192.0.2.10/x"}}, "begins with rtsp"),
        ({"password": "geheim"}, "Extra inputs"),
        ({"auth": "wsse"}, "needs username"),
        ({"password_file": "/x"}, "username is missing"),
        ({"views": [{"id": "a", "pan_deg": 1.0}]}, "both pan_deg and tilt_deg"),
        ({"views": [{"id": "a", "preset": "1"}, {"id": "a", "preset": "2"}]}, "given twice"),
        ({"views": [{"id": "a", "preset": "1"}, {"id": "b"}]}, "view b: give pan_deg"),
    ],
)
def test_a_mistake_is_named_with_the_way_out_and_never_repeats_what_was_written(given: dict[str, object], says: str) -> None:
    with pytest.raises(ValidationError, match=says) as caught:
        CameraSettings.model_validate(LEAST | given)
    assert "geheim" not in str(caught.value)
    assert "password_file" in CameraSettings.retired["password"].en


def test_the_password_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "th-01"
    camera = CameraSettings.model_validate(LEAST | {"username": "edged", "password_file": str(file)})
    with pytest.raises(ConfigError, match="install -m 640"):
        read_login(camera)
    file.write_text("", encoding="utf-8")
    with pytest.raises(ConfigError, match="is empty"):
        read_login(camera)
    file.write_text(" wörd#%40 \nsecond line\n", encoding="utf-8")
    assert read_login(camera).password == " wörd#%40 "
    named = CameraSettings.model_validate(LEAST | {"username": "edged", "credential": "th-01"})
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
    with pytest.raises(ConfigError, match="LoadCredential=th-01"):
        read_login(named)
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    assert read_login(named).password == " wörd#%40 "


def test_quirks_lie_in_layers() -> None:
    plain = quirks_for("Acme", "X", "1")
    assert (plain.status, plain.source) == ("onvif", ())
    known = quirks_for("PythonCam", "VirtualCam-1", "1.3.0", QuirkOverrides(tilt_sign=-1, events="pull"))
    assert (known.status, known.events, known.tilt_sign) == ("none", "pull", -1)
    assert known.source == ("ipycam", "settings")
    assert "GetStatus" in limits_of("PythonCam", "VirtualCam-1", "1.3.0")[0]


CALIBRATED = {
    "hfov_deg": 17.5, "k": [-0.21, 0.05], "roll_deg": 0.4,
    "zoom": [[0.0, 17.3], [0.5, 9.0], [1.0, 5.8]], "boresight": [[0.0, 0.3, -0.1], [1.0, 0.1, 0.1]],
}  # fmt: skip


def test_a_calibrated_lens_survives_the_way_to_a_child_and_stands_for_the_data_sheet() -> None:
    mount = {"lat_wgs84": 29.6, "lon_wgs84": 106.6, "height_m": 45, "roll_deg": 1.0, "lean_deg": 0.3, "lean_azimuth_deg": 200}
    given = {"thermal": CALIBRATED, "mount": mount, "views": [{"id": "far", "pan_deg": 1, "tilt_deg": -2, "hfov_deg": 9.0}]}
    camera = CameraSettings.model_validate(LEAST | given)
    assert CameraSettings.model_validate(camera.model_dump(mode="json")) == camera
    assert camera.hfov_of() == 17.3
    assert camera.lens_at(17.3) == Lens("pinhole", (-0.21, 0.05), pytest.approx(1.4), 0.3, -0.1)
    far = camera.lens_at(camera.hfov_of(camera.views[0]))
    assert (far.pan_off_deg, far.tilt_off_deg) == pytest.approx((0.2, 0.0))
    assert camera.lens_at(9.0, zoom_norm=1.0).pan_off_deg == pytest.approx(0.1)
    placed = camera.placed()
    assert placed is not None
    assert (placed.lean_deg, placed.lean_azimuth_deg, placed.sigma_height_m) == (0.3, 200.0, 0.3)


def test_a_lens_of_which_only_the_ends_are_known() -> None:
    ends = ThermalSettings(hfov_deg=20.0, hfov_tele_deg=5.0)
    assert (ends.zoom_for(20.0), ends.zoom_for(5.0), ends.fields_told) == (0.0, 1.0, True)
    assert ends.hfov_at(0.5) == pytest.approx(zoomed_hfov_deg(20.0, 4.0388, 0.5), abs=1e-3)
    wide = ThermalSettings()
    assert (wide.zoom_for(5.0), wide.fields_told, wide.lens_at(17.5)) == (None, False, Lens())
    assert CameraSettings.model_validate({"id": "c", "kind": "corridor", "address": "192.0.2.1"}).lens_at(60.0) == Lens()


@pytest.mark.parametrize(
    ("given", "says", "zh"),
    [
        ({"zoom": [[0.0, 17.5], [0.0, 9.0]]}, "zoom: the zoom must grow from row to row, but 0 follows 0", "逐行增大"),
        ({"zoom": [[0.0, 9.0], [1.0, 17.5]]}, "the field must narrow from row to row, but 17.5° follows 9°", "逐行变小"),
        ({"zoom": [[0.0, 17.5], [9.0, 5.0]]}, "0 wide to 1 tele: 9 is outside", "超出范围"),
        ({"zoom": [[0.0, 0.0]]}, "a field of 0° is impossible", "不可能"),
        ({"zoom": [[0.0]]}, "Field required", ""),
        ({"boresight": [[0.5, 0, 0], [0.2, 0, 0]]}, "boresight: the zoom must grow", "逐行增大"),
        ({"boresight": [[0.0, 25.0, 0]]}, "turn the head instead", "azimuth_deg"),
        ({"k": [0.1, 0.1, 0.1, 0.1]}, "a pinhole lens has at most 3 coefficients, 4 are given", "最多 3 个系数"),
        ({"projection": "cylindrical", "k": [0.1]}, "a cylindrical lens has at most 0", "最多 0 个"),
        ({"k": [float("nan")]}, "less than or equal to 10", ""),
        ({"k": [-0.9], "hfov_deg": 60}, "the picture folds back before its corners at 60°", "折返"),
        ({"hfov_deg": 180}, "no pinhole lens sees 180°: write projection: cylindrical", "cylindrical"),
        ({"hfov_deg": 10, "hfov_tele_deg": 20}, "wider than hfov_deg 10: exchange", "对调"),
        ({"projection": "panorama"}, "'pinhole', 'cylindrical', 'equirectangular' or 'fisheye'", ""),
    ],
)
def test_an_impossible_lens_is_refused_with_the_way_out(given: dict[str, object], says: str, zh: str) -> None:
    for lens in (ThermalSettings, VisibleSettings):
        with pytest.raises(ValidationError, match=re.escape(says)) as caught:
            lens.model_validate(given)
        fault = caught.value.errors()[0].get("ctx", {}).get("error")
        assert zh in getattr(fault, "zh", "")

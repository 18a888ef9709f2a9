"""What a technician writes about a camera."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from edged.camera.quirks.policies import QuirkOverrides, limits_of, quirks_for
from edged.camera.secret import Login, login_from, read_login, with_login
from edged.camera.settings import CameraSettings
from edged.model.errors import ConfigError

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

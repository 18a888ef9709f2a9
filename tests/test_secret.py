"""One mechanism reads every secret: cameras, broker and `edged check` take the same line of the same file, and no error shows it."""

from __future__ import annotations

from pathlib import Path

import pytest

from edged.camera.secret import read_login
from edged.camera.settings import CameraSettings
from edged.config.secret import read_secret
from edged.model.errors import ConfigError, OutputRefused
from edged.output.mqtt.wire import Message, new_client
from edged.output.settings import MqttSettings
from edged.secret import MAX_BYTES, first_line

WILL = Message("status", b"{}")


def camera(file: Path) -> CameraSettings:
    known = {"id": "th-01", "kind": "lookout", "address": "192.0.2.1", "username": "edged", "password_file": str(file)}
    return CameraSettings.model_validate(known)


@pytest.mark.parametrize(
    ("data", "password"),
    [
        (b"Gr!#p@ss", "Gr!#p@ss"),
        (b" blanks count \r\nsecond line\n", " blanks count "),
        ("行分隔\u2028也是密码\n".encode(), "行分隔\u2028也是密码"),
        (b"x" * MAX_BYTES, "x" * MAX_BYTES),
        (b"short\n" + b"a comment " * MAX_BYTES, "short"),
    ],
)
def test_every_room_reads_the_same_password(tmp_path: Path, data: bytes, password: str) -> None:
    file = tmp_path / "password"
    file.write_bytes(data)
    assert first_line(file) == password
    assert read_login(camera(file)).password == password
    assert read_secret(Path("password"), tmp_path).get_secret_value() == password
    client = new_client(MqttSettings(username="edged", password_file=file), "edged-s-1", WILL, v5=True)
    assert client.password == password


@pytest.mark.parametrize("data", [None, b"", b"\nGeheim\n", b"Geheim\xff", b"Geheim" * MAX_BYTES, b"Geh\0eim"])
def test_what_is_no_password_is_named_with_its_file_and_never_shown(tmp_path: Path, data: bytes | None) -> None:
    file = tmp_path / "password"
    if data is not None:
        file.write_bytes(data)
    settings = MqttSettings(username="edged", password_file=file)
    with pytest.raises(ConfigError) as plain:
        first_line(file)
    with pytest.raises(ConfigError) as of_camera:
        read_login(camera(file))
    with pytest.raises(OutputRefused) as of_broker:
        new_client(settings, "edged-s-1", WILL, v5=True)
    assert str(of_camera.value) == f"camera {camera(file).label}: {plain.value}"
    for fault in (plain.value, of_camera.value, of_broker.value):
        assert str(file) in str(fault)
        assert "密码文件" in fault.zh
        assert "Geh" not in f"{fault}{fault.zh}{fault.__cause__ and fault.__cause__.__context__}"

"""The example station, the first configuration, the commands, the reference and the schema."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import jsonschema
import pytest
import yaml

from edged.__main__ import main
from edged.assembly import identity_of
from edged.config.load import load
from edged.config.reference import reference
from edged.config.schema import ROOTS, json_schema
from edged.config.shapes import homes, keys, words_of
from edged.output.mqtt.access import access_list

CONFIG = Path(__file__).parents[2] / "config"


def test_example_station_loads_without_a_fault() -> None:
    loaded = load(CONFIG / "station.yaml")
    assert {fault.rule for fault in loaded.faults} <= {"secret_example"}
    assert {entry.state for entry in loaded.entries} == {"current"}
    lookouts = [camera.id for camera in loaded.cameras if camera.kind == "lookout"]
    panoramas = [camera.id for camera in loaded.cameras if camera.kind == "panorama"]
    assert (lookouts, panoramas) == ([f"th-0{n}" for n in range(1, 7)], [f"ar-0{n}" for n in range(1, 4)])
    assert len(loaded.site.mounts) == 9
    assert len(loaded.site.zones) >= 12
    assert {zone.talkgroup for zone in loaded.site.zones} == {None, "8002"}
    default = loaded.settings.default_talkgroup()
    assert default is not None
    assert (default.kind, default.id) == ("group", "8001")
    assert [address.id for address in loaded.settings.escalation()] == ["8009", "80010002"]


def test_first_configuration_has_ten_lines_and_loads(tmp_path: Path) -> None:
    assert len((CONFIG / "first.yaml").read_text().splitlines()) <= 10
    assert load(CONFIG / "first.yaml").faults == ()
    shutil.copy(CONFIG / "first.yaml", tmp_path / "station.yaml")
    loaded = load(tmp_path / "station.yaml", tmp_path)
    assert (loaded.faults, [camera.id for camera in loaded.cameras]) == ((), ["th-01"])


def test_check_says_what_a_good_station_holds(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EDGED_LANG", "zh")
    assert main(["check", str(CONFIG / "first.yaml"), str(CONFIG)]) == 0
    out = capsys.readouterr().out.splitlines()
    assert len(out) == 2
    assert "瞭望镜头 1," in out[0]
    assert "瞭望镜头 6, 全景 3" in out[1]


def test_check_names_file_line_column_and_the_key(
    station: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EDGED_LANG", "en")
    bad = station.parent / "cameras" / "b.yaml"
    bad.write_text(bad.read_text().replace("    views:", "    veiws:"))
    assert main(["check", str(bad)]) == 78
    said = capsys.readouterr()
    assert f"{bad}:6:5: error: cameras[th-02].veiws: unknown key" in said.err
    assert "did you mean `views`?" in said.err
    assert "1 lookouts" in said.out
    assert main(["check", "--json", str(station)]) == 78
    told = json.loads(capsys.readouterr().out)
    assert [(f["line"], f["column"], f["rule"], f["entry"]) for f in told["files"][0]["faults"]] == [(6, 5, "unknown_key", "th-02")]


def test_check_of_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", str(tmp_path / "station.yaml")]) == 78
    assert str(tmp_path / "station.yaml") in capsys.readouterr().err


def test_reference_is_current() -> None:
    assert (CONFIG / "README.md").read_text(encoding="utf-8") == reference(), "run scripts/reference"


def test_access_list_of_the_example_is_current() -> None:
    example = load(CONFIG / "station.yaml").settings
    wanted = access_list(identity_of(example), example.mqtt, example.radio)
    assert (CONFIG / "mosquitto.acl").read_text(encoding="utf-8") == wanted, "run scripts/reference"


@pytest.mark.parametrize("language", ["en", "zh"])
def test_schemas_hold_for_the_example(language: str) -> None:
    for kind in ROOTS:
        jsonschema.Draft202012Validator.check_schema(json_schema(kind, language))
    jsonschema.validate(yaml.safe_load((CONFIG / "station.yaml").read_text()), json_schema("station", language))
    for path in (CONFIG / "cameras").glob("*.yaml"):
        jsonschema.validate(yaml.safe_load(path.read_text()), json_schema("cameras", language))
    described = json.dumps(json_schema("station", language), ensure_ascii=False)
    assert ("代理端口" in described) == (language == "zh")
    assert ("Broker's port" in described) == (language == "en")


def test_every_key_speaks_both_languages() -> None:
    silent = [
        f"{kind}: {home.way}.{name}"
        for kind, root in ROOTS.items()
        for home in homes(root)
        for name, info in keys(home.section).items()
        if not words_of(info).en or words_of(info).zh in ("", words_of(info).en)
    ]
    assert silent == []

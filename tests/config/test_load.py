"""One bad entry costs one entry; last good versions; what a reload touches."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from edged.config.last_good import NAME
from edged.config.load import Loaded, changes, load
from edged.config.report import ConfigFaults
from tests.config.conftest import CAMERAS, STATION


def states(loaded: Loaded) -> dict[str, str]:
    return {status.entry: status.state for status in loaded.entries}


def test_bad_entry_without_history_is_quarantined_and_the_other_runs(station: Path, tmp_path: Path) -> None:
    bad = station.parent / "cameras" / "b.yaml"
    bad.write_text(bad.read_text().replace("address", "adress"))
    loaded = load(station, tmp_path / "state")
    assert [camera.id for camera in loaded.cameras] == ["th-01"]
    assert states(loaded) == {"station": "current", "th-01": "current", "th-02": "quarantined"}
    assert {(fault.place.file, fault.place.line, fault.rule) for fault in loaded.errors()} == {
        (str(bad), 2, "missing_key"), (str(bad), 4, "unknown_key"),
    }  # fmt: skip


@pytest.mark.parametrize("damage", ["    adress: 1\n", "    name: 'x\n", "\tx\n", "  nonsense\n", "}\n"])
def test_bad_entry_runs_on_its_last_good_version(station: Path, tmp_path: Path, damage: str) -> None:
    good = load(station, tmp_path / "state")
    bad = station.parent / "cameras" / "b.yaml"
    bad.write_text(bad.read_text().replace(".12", ".99") + damage)
    for _ in range(2):
        loaded = load(station, tmp_path / "state")
        assert loaded.cameras == good.cameras
        assert states(loaded)["th-02"] == "config_stale"
        assert states(loaded)["th-01"] == "current"
        assert loaded.errors()
        assert not changes(good, loaded)


def test_entries_that_are_no_yaml_cost_themselves(station: Path, tmp_path: Path) -> None:
    path = station.parent / "cameras" / "b.yaml"
    entry = "  - id: cc-{0}\n    kind: corridor\n    address: 192.0.2.4{0}\n"
    whole = "cameras:\n" + "".join(entry.format(n) for n in range(6))
    path.write_text(whole)
    load(station, tmp_path / "state")
    bad = whole.replace("kind: corridor\n    address: 192.0.2.41", "kind：corridor\n    address: 192.0.2.41")
    bad = bad.replace("address: 192.0.2.43", "address: '192.0.2.43").replace("    address: 192.0.2.44", "\taddress: 192.0.2.44")
    path.write_text(bad + "  - id: cc-9\n    views: [{id: a\n")
    loaded = load(station, tmp_path / "state")
    stale = {name for name, state in states(loaded).items() if state == "config_stale"}
    assert stale == {"cc-1", "cc-3", "cc-4"}
    assert states(loaded)["cc-9"] == "quarantined"
    assert len(loaded.cameras) == 7
    assert [fault.place.line for fault in loaded.errors()] == [6, 13, 16, 21]


@pytest.mark.parametrize("damage", ["idd: th-02", "id th-02", "id: 'th-02", "id: on"])
def test_entry_whose_id_is_damaged_keeps_its_camera(station: Path, tmp_path: Path, damage: str) -> None:
    good = load(station, tmp_path / "state")
    path = station.parent / "cameras" / "b.yaml"
    path.write_text(path.read_text().replace("id: th-02", damage))
    for _ in range(2):
        loaded = load(station, tmp_path / "state")
        assert loaded.errors()
        assert loaded.cameras == good.cameras
        assert states(loaded)["th-02"] == "config_stale"


def test_bad_station_keeps_the_whole_last_one(station: Path, tmp_path: Path) -> None:
    good = load(station, tmp_path / "state")
    for text in (STATION.replace("8001", ""), "station: [", ""):
        station.write_text(text)
        loaded = load(station, tmp_path / "state")
        assert loaded.settings == good.settings
        assert states(loaded)["station"] == "config_stale"
        assert loaded.errors()


def test_nothing_valid_is_an_error(station: Path, tmp_path: Path) -> None:
    station.write_text("station: [")
    with pytest.raises(ConfigFaults, match=r"station\.yaml:1:"):
        load(station, tmp_path / "state")
    station.write_text(STATION)
    for path in (station.parent / "cameras").iterdir():
        path.write_text("cameras: []\n")
    with pytest.raises(ConfigFaults, match="no camera entry can be used") as caught:
        load(station)
    assert "没有可用的摄像机条目" in caught.value.zh
    with pytest.raises(ConfigFaults, match="No such file"):
        load(tmp_path / "absent" / "station.yaml")


def test_damaged_history_is_no_history(station: Path, tmp_path: Path) -> None:
    load(station, tmp_path / "state")
    kept = tmp_path / "state" / "config" / NAME
    kept.write_text(kept.read_text().replace("192.0.2.12", "192.0.2.66"))
    bad = station.parent / "cameras" / "b.yaml"
    bad.write_text("cameras: [")
    assert [camera.id for camera in load(station, tmp_path / "state").cameras] == ["th-01"]


def test_history_of_a_removed_camera_ends(station: Path, tmp_path: Path) -> None:
    load(station, tmp_path / "state")
    (station.parent / "cameras" / "b.yaml").unlink()
    assert [camera.id for camera in load(station, tmp_path / "state").cameras] == ["th-01"]
    assert "th-02" not in (tmp_path / "state" / "config" / NAME).read_text()


def test_state_folder_that_cannot_be_written_is_a_warning(station: Path, tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file, not a folder")
    loaded = load(station, tmp_path / "state")
    assert [fault.rule for fault in loaded.faults] == ["state"]
    assert len(loaded.cameras) == 2


def test_changes_name_what_a_reload_touches(station: Path) -> None:
    old = load(station)
    station.write_text(STATION.replace("测试站", "新名") + "core: {hold_s: 20}\n")
    (station.parent / "cameras" / "a.yaml").write_text(CAMERAS.replace("pan_deg: 0", "pan_deg: 5"))
    (station.parent / "cameras" / "b.yaml").write_text(CAMERAS.replace("th-01", "th-03").replace(".11", ".13"))
    found = changes(old, load(station))
    assert ([c.id for c in found.added], found.removed, [c.id for c in found.changed]) == (["th-03"], ("th-02",), ["th-01"])
    assert (found.sections, found.site) == ({"station", "core"}, True)
    assert not changes(old, old)


def test_defaults_and_commissioned_keys_lie_over_one_another(station: Path) -> None:
    (station.parent / "cameras" / "b.yaml").write_text(
        "defaults: {kind: corridor, visible: {hfov_deg: 90}}\ncameras:\n  - {id: cc-1, address: 192.0.2.21}\n"
        "  - {id: cc-2, address: 192.0.2.22, visible: {profile: main}}\n"
    )
    (station.parent / "commissioned").mkdir()
    (station.parent / "commissioned" / "th-01.yaml").write_text("mount: {azimuth_deg: 12.5, calibrated: true}\n")
    (station.parent / "commissioned" / "cc-1.yaml").write_text("visible: {hfov_deg: 0}\n")
    loaded = load(station)
    cameras = {camera.id: camera for camera in loaded.cameras}
    assert cameras["cc-2"].visible is not None
    assert (cameras["cc-2"].visible.hfov_deg, cameras["cc-2"].visible.profile) == (90, "main")
    mount = loaded.site.mounts[0]
    assert (mount.azimuth_deg, mount.height_m, mount.calibrated) == (12.5, 30, True)
    assert [(fault.place.file.rsplit("/", 1)[-1], fault.rule) for fault in loaded.errors()] == [("cc-1.yaml", "limit")]
    assert states(loaded)["cc-1"] == "current"


def test_two_cameras_at_one_address_and_unknown_zone(station: Path) -> None:
    path = station.parent / "cameras" / "b.yaml"
    path.write_text(path.read_text().replace(".12", ".11").replace("kind: lookout", "kind: lookout\n    zone: a9"))
    loaded = load(station)
    assert [(fault.rule, fault.entry) for fault in loaded.errors()] == [("unknown_name", "th-02"), ("same_address", "th-02")]
    assert len(loaded.cameras) == 2


def test_unlisted_folder_keeps_its_cameras(station: Path, tmp_path: Path) -> None:
    load(station, tmp_path / "state")
    folder = station.parent / "cameras"
    folder.rename(station.parent / "aside")
    folder.write_text("a file where the folder was")
    loaded = load(station, tmp_path / "state")
    assert {camera.id for camera in loaded.cameras} == {"th-01", "th-02"}
    assert [fault.rule for fault in loaded.errors()] == ["unreadable"]


def test_password_files(station: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = station.parent / "cameras" / "b.yaml"
    path.write_text(path.read_text().replace("kind:", "username: edged\n    password_file: secrets/cam\n    kind:"))
    missing = load(station)
    assert [(fault.rule, fault.severity, fault.place.line) for fault in missing.faults] == [("secret_missing", "error", 4)]
    assert len(missing.cameras) == 2
    secrets = station.parent / "secrets"
    secrets.mkdir()
    (secrets / "cam").write_text("Gr!#p@ss/wörd%40\n", encoding="utf-8")
    (secrets / "cam").chmod(0o644)
    loose = load(station, tmp_path / "state")
    assert [(fault.rule, fault.severity) for fault in loose.faults] == [("secret_open", "warning")]
    (secrets / "cam").chmod(0o640)
    tight = load(station, tmp_path / "state")
    assert tight.faults == ()
    assert tight.cameras[1].password_file == str(secrets / "cam")
    shown = f"{tight!r}{tight.settings.model_dump_json()}{loose.faults}" + (tmp_path / "state" / "config" / NAME).read_text()
    assert "Gr!#p@ss" not in shown
    credentials = tmp_path / "credentials"
    credentials.mkdir()
    (credentials / "cam").write_text("other\n")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", os.fspath(credentials))
    assert load(station).cameras[1].password_file == str(credentials / "cam")


PLACES = ["station.yaml", "cameras/b.yaml", "site.geojson", "commissioned/th-01.yaml"]
BITS = st.sampled_from(
    ["station", "id", "name", "cameras", "kind", "lookout", "address", "views", "mqtt", "port", "people", "role", "zones", "th-01",
     "192.0.2.1", "0", "1e309", "-1", "~", "true", '"x"', "[1, 2]", "{a: b}", "duty", "\\ud800"]
)  # fmt: skip
TREES = st.recursive(
    BITS | st.integers() | st.floats() | st.text(max_size=8) | st.none() | st.booleans(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(BITS | st.text(max_size=6), inner, max_size=4),
    max_leaves=12,
)


@settings(max_examples=120, deadline=3000, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    tree=TREES,
    raw=st.binary(max_size=120),
    where=st.sampled_from(["station.yaml", "cameras/b.yaml", "site.geojson", "commissioned/th-01.yaml"]),
)
def test_whatever_a_file_holds_there_are_faults_and_no_other_exception(station: Path, tree: object, raw: bytes, where: str) -> None:
    (station.parent / "commissioned").mkdir(exist_ok=True)
    load(station, station.parent.parent / "state")
    path = station.parent / where
    before = path.read_bytes() if path.exists() else None
    for content in (raw, yaml.safe_dump(tree, allow_unicode=True).encode("utf-8", "replace")):
        path.write_bytes(content)
        try:
            loaded = load(station)
        except ConfigFaults:
            refused = True
        else:
            refused = False
            assert "th-01" in {camera.id for camera in loaded.cameras}
        assert where == "station.yaml" or not refused
        assert "th-01" in {camera.id for camera in load(station, station.parent.parent / "state").cameras}
    path.unlink() if before is None else path.write_bytes(before)

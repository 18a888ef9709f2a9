"""FILES.json as people write it, with what is wrong in it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from edged.evaluation.listing import read
from edged.model.errors import ConfigError


def listed(tmp_path: Path, *entries: object) -> Path:
    path = tmp_path / "files.json"
    path.write_text(json.dumps(entries), "utf-8")
    return path


def entry(name: str, label: str = "no fire", group: str = "g", **more: str) -> dict[str, str]:
    return {"file": name, "group": group, "label": label, "how": "as is", "source": "test", **more}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", ":1:1: must be a list"),
        ('{"files": []}', ":1:1: must be a list"),
        ("[]", "lists no file"),
        ('[\n {"file": "a", "group": "g", "label": "fire"},\n {"file" "b"}\n]', ":3:10: no JSON"),
        ('[\n {"file": "a", "group": "g", "label": "fire"}\n {}]', ":3:2: no JSON: a comma"),
        ('[\n  {"file": "a", "group": "g"}\n]', ':2:3: has no "label"'),
        ('[{"file": 7, "group": "g", "label": "fire"}]', ':1:2: "file" must be text, not 7'),
        ("[" * 100_000, ":1:2: no JSON"),
    ],
)
def test_each_fault_has_its_place_and_the_next_step(text: str, said: str, tmp_path: Path) -> None:
    path = tmp_path / "files.json"
    path.write_text(text, "utf-8")
    with pytest.raises(ConfigError) as caught:
        read(path)
    assert said in str(caught.value)
    assert str(path) in caught.value.zh


def test_all_faults_come_in_one_run(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        read(listed(tmp_path, 3, entry("a", ""), entry("b")))
    assert len(str(caught.value).splitlines()) == 2


def test_what_is_not_utf8_is_named_with_its_place(tmp_path: Path) -> None:
    path = tmp_path / "files.json"
    path.write_bytes(b"[\n \xff")
    with pytest.raises(ConfigError, match=":2:2: is not UTF-8"):
        read(path)


def test_visible_pictures_and_missing_files_are_refused_and_the_rest_is_kept(tmp_path: Path) -> None:
    for name in ("a.png", "b.png"):
        (tmp_path / name).write_bytes(b"")
    names = [entry("a.png"), entry("b.png", "no fire RGB: lamps"), entry("c.png", "fire"), entry("a.png")]
    entries, refused = read(listed(tmp_path, *names))
    assert [e.name for e in entries] == ["a.png"]
    assert {(r.file, r.fault) for r in refused} == {("b.png", False), ("c.png", True), ("a.png", False)}


def test_site_is_as_listed_else_the_group_with_the_cameras_name(tmp_path: Path) -> None:
    names = ["M3TD_0003_centikelvin.png", "00006_temp_c.tiff", "IR_BIRD_001.mp4"]
    for name in [*names, "x.png"]:
        (tmp_path / name).write_bytes(b"")
    entries, _ = read(listed(tmp_path, *map(entry, names), entry("x.png", "fire: pool", site="quay 4")))
    assert [e.site for e in entries] == ["g M3TD", "g", "g", "quay 4"]
    assert [e.fire for e in entries] == [False, False, False, True]

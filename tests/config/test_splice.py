"""Writing into commissioned/: comments stay, the previous version lies beside it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edged.config.splice import _set, splice
from edged.config.yaml_source import parse
from edged.model.errors import ConfigError

BEFORE = """# measured by 周敏, 2026-11-20
mount:
  azimuth_deg: 10.0  # from the flue
  # the mast bends by day
  height_m: 30
areas:
  - name: 食堂
    kind: mask
quirks: {tilt_sign: -1}
"""


def test_comments_stay_and_the_previous_version_lies_beside(tmp_path: Path) -> None:
    path = tmp_path / "commissioned" / "th-01.yaml"
    splice(path, {("mount", "azimuth_deg"): 1.0})
    assert path.read_text() == "mount: {azimuth_deg: 1.0}\n"
    path.write_text(BEFORE)
    splice(path, {("mount", "azimuth_deg"): 12.5, ("mount", "roll_deg"): -0.2, ("areas",): [{"name": "烟道", "kind": "known_heat"}],
                  ("quirks", "pose_delay_s"): 0.5, ("arming",): "shadow"})  # fmt: skip
    assert (
        path.read_text()
        == """# measured by 周敏, 2026-11-20
mount:
  azimuth_deg: 12.5  # from the flue
  # the mast bends by day
  height_m: 30
  roll_deg: -0.2
areas: [{kind: known_heat, name: 烟道}]
quirks: {pose_delay_s: 0.5, tilt_sign: -1}
arming: shadow
"""
    )
    assert path.with_name("th-01.yaml.previous").read_text() == BEFORE


def test_what_a_technician_wrote_is_never_rewritten(tmp_path: Path) -> None:
    path = tmp_path / "cameras" / "a.yaml"
    with pytest.raises(ConfigError, match="belongs to the technician"):
        splice(path, {("a",): 1})
    broken = tmp_path / "commissioned" / "b.yaml"
    broken.parent.mkdir()
    broken.write_text("a: [")
    with pytest.raises(ConfigError, match="mend it or delete it"):
        splice(broken, {("a",): 1})
    assert broken.read_text() == "a: ["


WORDS = st.text(alphabet="abc寸 :#-'\"", min_size=1, max_size=6)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("pqr"), inner, max_size=3),
    max_leaves=5,
)


@given(steps=st.lists(st.tuples(st.lists(st.sampled_from("xyz"), min_size=1, max_size=3), VALUES), min_size=1, max_size=5))
def test_what_is_set_is_read_back_and_nothing_else_changes(steps: list[tuple[list[str], Any]]) -> None:
    text, wanted = "# top\nkept: 1  # beside\n", {"kept": 1}
    for way, value in steps:
        here: dict[str, Any] = wanted
        for step in way[:-1]:
            if not isinstance(here.get(step), dict):
                here[step] = {}
            here = here[step]
        here[way[-1]] = value
        text = _set(text, tuple(way), value, "f.yaml")
        document = parse(text.encode(), "f.yaml")
        assert document.faults == []
        assert document.data == wanted
    assert text.startswith("# top\nkept: 1  # beside\n")

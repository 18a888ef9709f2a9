"""Named policies, looked up by manufacturer, model and firmware in `*.yaml` beside this file.

Shared code reads the policy, never the vendor's name. Later layers win: every file that matches in alphabetical order (`default.yaml`
first), then the camera's own `quirks:` section.
"""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Literal

import yaml
from pydantic import ValidationError

from edged.model.errors import ConfigError
from edged.model.section import Section, key


class QuirkOverrides(Section):
    """Policies that differ from what was found; an empty key leaves the policy alone."""

    pan_sign: Literal[1, -1] | None = key(None, "-1: the camera's pan grows to the left", "-1: 水平角向左为正", advanced=True)
    tilt_sign: Literal[1, -1] | None = key(None, "-1: the camera's tilt grows downward", "-1: 俯仰角向下为正", advanced=True)
    position_space: Literal["auto", "degrees", "generic"] | None = key(
        None, "Space of head positions: degrees, generic (-1..1), auto: degrees where offered", "云台坐标空间", advanced=True
    )
    generic_pan_deg: float | None = key(
        None, "Pan in degrees at generic position 1", "通用坐标为 1 时的水平角", gt=0, le=360, advanced=True
    )
    generic_tilt_deg: float | None = key(
        None, "Tilt in degrees at generic position 1", "通用坐标为 1 时的俯仰角", gt=0, le=180, advanced=True
    )
    status: Literal["onvif", "none"] | None = key(
        None, "none: the camera does not tell where its head is", "none: 不报告云台位置", advanced=True
    )
    settle_s: float | None = key(
        None, "How long a position must stand still to count as arrived", "到位前须静止多久", ge=0.1, le=10, advanced=True
    )
    still_deg: float | None = key(None, "Change of position that still counts as standing", "视为静止的角度变化", gt=0, le=5, advanced=True)
    pose_delay_s: float | None = key(
        None, "How much later than the head its reported position is", "位置上报延迟", ge=0, le=5, advanced=True
    )
    events: Literal["pull", "none"] | None = key(None, "How events are fetched", "事件获取方式", advanced=True)
    pull_hold_s: float | None = key(
        None, "How long one pull for events may wait at the camera", "单次拉取等待时间", ge=1, le=60, advanced=True
    )


@dataclass(frozen=True, slots=True)
class Quirks:
    """Policies in force for one camera. Units as in the key's sentence. Defaults are what the ONVIF specifications say."""

    pan_sign: int = 1
    tilt_sign: int = 1
    position_space: str = "auto"
    generic_pan_deg: float = 180.0
    generic_tilt_deg: float = 90.0
    status: str = "onvif"
    settle_s: float = 0.6
    still_deg: float = 0.05
    pose_delay_s: float = 0.0
    events: str = "pull"
    pull_hold_s: float = 20.0
    source: tuple[str, ...] = ()

    def under(self, over: QuirkOverrides, source: str) -> Quirks:
        """Return these policies with `over` on top."""
        changed = {f.name: v for f in fields(self) if f.name != "source" and (v := getattr(over, f.name)) is not None}
        return replace(self, **changed, source=(*self.source, source)) if changed else self


class QuirkMatch(Section):
    """Regular expressions that must match the whole word, without regard to case."""

    manufacturer: str = key(".*", "Manufacturer", "制造商")
    model: str = key(".*", "Model", "型号")
    firmware: str = key(".*", "Firmware", "固件")


class QuirkFile(Section):
    """One data file."""

    match: QuirkMatch = key(QuirkMatch(), "Whom it is about", "适用对象")
    policies: QuirkOverrides = key(QuirkOverrides(), "What differs", "差异")
    limits: tuple[str, ...] = key((), "What this camera cannot do, for `edged probe`", "该摄像机的局限")


def quirks_for(manufacturer: str, model: str, firmware: str, over: QuirkOverrides | None = None) -> Quirks:
    """Return the policies of a camera."""
    found = Quirks()
    for name, file in _files():
        if _matches(file.match, manufacturer, model, firmware):
            found = found.under(file.policies, name)
    return found.under(over, "settings") if over else found


def limits_of(manufacturer: str, model: str, firmware: str) -> tuple[str, ...]:
    """Return what the data files say that this camera cannot do."""
    return tuple(line for _, file in _files() if _matches(file.match, manufacturer, model, firmware) for line in file.limits)


@functools.cache
def _files() -> tuple[tuple[str, QuirkFile], ...]:
    paths = sorted(Path(__file__).parent.glob("*.yaml"), key=lambda p: (p.stem != "default", p.stem))
    return tuple((path.stem, read_quirk_file(path)) for path in paths)


def read_quirk_file(path: Path) -> QuirkFile:
    """Return one data file. Raises ConfigError."""
    try:
        return QuirkFile.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")) or {})
    except (OSError, yaml.YAMLError, ValidationError) as fault:
        raise ConfigError(f"{path}: this quirk file cannot be used: {fault}", zh=f"{path}: 该差异文件无法使用: {fault}") from fault


def _matches(match: QuirkMatch, *words: str) -> bool:
    patterns = (match.manufacturer, match.model, match.firmware)
    return all(re.fullmatch(p, w or "", re.IGNORECASE) for p, w in zip(patterns, words, strict=True))

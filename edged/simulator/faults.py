"""Faults that a simulated camera can be given, each a real one on the wire or in the picture. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal, get_args

from edged.model.errors import ConfigError

FaultKind = Literal[
    "frozen", "black", "stall", "slow", "dribble", "reset", "reboot", "wrong-password", "clock", "no-events", "stuck-head", "lying-head"
]  # fmt: skip
KINDS: tuple[FaultKind, ...] = get_args(FaultKind)
CLOCK_FAULT_S = 8 * 3600.0
SLOW_ANSWER_S = 3.0
SLOW_PICTURES = 4
"""Under `slow` only each fourth picture is encoded."""
DRIBBLE_PAUSE_S = 1.0
REBOOT_S = 20.0
"""How long a reboot takes where no length is given."""

_FORM = re.compile(r"^(?P<kind>[a-z-]+):(?P<camera>[\w.-]+)(?:@(?P<at>\d+(?:\.\d+)?)s)?(?:\+(?P<length>\d+(?:\.\d+)?)s)?$")
_FIRE = re.compile(r"^(?P<camera>[\w.-]+)(?:@(?P<at>\d+(?:\.\d+)?)s)?$")


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault of one camera. Units: seconds after the station's start; `length_s` None: until it is lifted."""

    kind: FaultKind
    camera_id: str
    at_s: float = 0.0
    length_s: float | None = None


def parse_fault(text: str) -> Fault:
    """Return the fault of `KIND:CAMERA[@20s][+10s]`. Raises ConfigError, listing the kinds."""
    match = _FORM.match(text)
    if match is None or match["kind"] not in KINDS:
        raise ConfigError(
            f"--fault {text}: expected KIND:CAMERA@20s+10s, KIND one of {', '.join(KINDS)}",
            zh=f"--fault {text}:应为 种类:摄像机@20s+10s,种类取自 {'、'.join(KINDS)}",
        )
    kind = next(k for k in KINDS if k == match["kind"])
    return Fault(kind, match["camera"], float(match["at"] or 0.0), float(match["length"]) if match["length"] else None)


def parse_fire(text: str) -> tuple[str, float]:
    """Return camera id and start in seconds of `CAMERA[@5s]`. Raises ConfigError."""
    match = _FIRE.match(text)
    if match is None:
        raise ConfigError(f"--fire {text}: expected CAMERA@5s", zh=f"--fire {text}:应为 摄像机@5s")
    return match["camera"], float(match["at"] or 0.0)

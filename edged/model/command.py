"""What core orders. The shell commits `Append`s and `Telling`s in one transaction first and carries out the rest after the commit."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from edged.model.journal import Row, Tell
from edged.model.lens import IDEAL, Lens
from edged.model.view import WatchPoint
from edged.model.weather import Air


@dataclass(frozen=True, slots=True)
class Append:
    """Write this row."""

    row: Row
    kind: Literal["append"] = "append"


@dataclass(frozen=True, slots=True)
class Telling:
    """Write this tell in the same transaction."""

    tell: Tell
    kind: Literal["telling"] = "telling"


@dataclass(frozen=True, slots=True)
class Reply:
    """Answer a verb or a radio status: what was done, or why not and what to do instead."""

    command_id: str
    actor: str
    accepted: bool
    text: str
    data: dict[str, Any] = field(default_factory=dict)
    kind: Literal["reply"] = "reply"


@dataclass(frozen=True, slots=True)
class WatchOn:
    """Keep these directions out of the background of a camera's views (the whole list replaces the one before)."""

    camera_id: str
    points: tuple[WatchPoint, ...]
    kind: Literal["watch_on"] = "watch_on"


@dataclass(frozen=True, slots=True)
class Verify:
    """Take a picture of the place through a visible lens. Its absence never delays an alarm."""

    alarm_id: str
    lat_wgs84: float | None
    lon_wgs84: float | None
    camera_id: str
    pan_deg: float
    tilt_deg: float
    kind: Literal["verify"] = "verify"


@dataclass(frozen=True, slots=True)
class Glance:
    """How one head would see a suspect: by the view of its tour that holds the place, or, `view_id` None, with its lens laid on it.

    Units: degrees in head angles; `hfov_deg` and `lens` of the widest zoom.
    """

    camera_id: str
    view_id: str | None
    pan_deg: float
    tilt_deg: float
    hfov_deg: float
    lens: Lens = IDEAL


@dataclass(frozen=True, slots=True)
class SecondLook:
    """Turn one other head to a suspect: the first of `glances` that is free, for at most `longest_s`. None is free: nothing happens."""

    alarm_id: str
    glances: tuple[Glance, ...]
    longest_s: float
    kind: Literal["second_look"] = "second_look"


@dataclass(frozen=True, slots=True)
class Drill:
    """Inject a synthetic source into one eye's pictures; its sightings carry `test`."""

    camera_id: str
    drill_id: str
    duration_s: float
    kind: Literal["drill"] = "drill"


@dataclass(frozen=True, slots=True)
class AirKnown:
    """Take the air before a camera to be like this from now on."""

    camera_id: str
    air: Air
    kind: Literal["air_known"] = "air_known"


Command = Append | Telling | Reply | WatchOn | Verify | SecondLook | Drill | AirKnown

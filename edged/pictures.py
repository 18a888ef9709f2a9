"""Pictures of alarms: the crop that came with a sighting, and the second lens when it answers. An event never waits for one."""

from __future__ import annotations

import base64
import binascii
import logging
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from edged.geometry.lens import separation_deg
from edged.messages import Message, PictureTaken, PictureWanted
from edged.model.alarm import Alarm
from edged.model.journal import Lane
from edged.model.sighting import Sighting

log = logging.getLogger("edged.pictures")
MOST_CROPS = 64
MOST_ASKED = 64
NEAR_DEG = 0.5
THERMAL, VISIBLE = 1, 2
"""Numbers of the pictures of an alarm."""


@dataclass(slots=True)
class _Asked:
    """A picture that was asked for and its parts so far."""

    lane: Lane
    alarm_id: str
    parts: dict[int, str]


class Pictures:
    """Joins crops and answers to alarms; `publish(lane, alarm_id, number, jpeg)` takes what is whole."""

    def __init__(
        self, publish: Callable[[Lane, str, int, bytes], None], to_eye: Callable[[str, Message], None] = lambda *_: None
    ) -> None:  # fmt: skip
        self._publish, self._to_eye = publish, to_eye
        self._crops: OrderedDict[tuple[str, str, int], Sighting] = OrderedDict()
        self._asked: OrderedDict[str, _Asked] = OrderedDict()
        self._shown: OrderedDict[str, None] = OrderedDict()

    def sighted(self, sighting: Sighting) -> None:
        """Keep the newest crop of each track."""
        if sighting.crop_jpeg_b64 is None:
            return
        key = (sighting.camera_id, sighting.view_id, sighting.track_id)
        self._crops[key] = sighting
        self._crops.move_to_end(key)
        while len(self._crops) > MOST_CROPS:
            self._crops.popitem(last=False)

    def announced(self, lane: Lane, alarm: Alarm) -> None:
        """Publish the crop of an alarm once it is active."""
        if alarm.active_at is None or alarm.alarm_id in self._shown:
            return
        crop = next((c for c in reversed(self._crops.values()) if c.test == alarm.test and _shows(c, alarm)), None)
        if crop is None or crop.crop_jpeg_b64 is None:
            return
        try:
            jpeg = base64.b64decode(crop.crop_jpeg_b64, validate=True)
        except (binascii.Error, ValueError) as fault:
            log.warning("camera %s: crop of alarm %s is not base64: %s", crop.camera_id, alarm.alarm_id, fault)
            return
        self._shown[alarm.alarm_id] = None
        while len(self._shown) > MOST_ASKED * 4:
            self._shown.popitem(last=False)
        self._publish(lane, alarm.alarm_id, THERMAL, jpeg)

    def show(self, alarm: Alarm | None, alarm_id: str, camera_id: str) -> None:
        """Have a picture of an alarm taken through a camera's visible lens; a newer one takes the place of the one before."""
        request_id = f"{alarm_id}/visible"
        self.ask(request_id, "test" if alarm is not None and alarm.test else "real", alarm_id)
        self._to_eye(camera_id, PictureWanted(request_id, camera_id, "visible"))

    def ask(self, request_id: str, lane: Lane, alarm_id: str) -> None:
        """Expect an answer for this alarm."""
        self._asked[request_id] = _Asked(lane, alarm_id, {})
        while len(self._asked) > MOST_ASKED:
            self._asked.popitem(last=False)

    def taken(self, picture: PictureTaken) -> None:
        """Take one part; the last one publishes the picture."""
        asked = self._asked.get(picture.request_id)
        if asked is None:
            return
        if picture.reason:
            log.info("camera %s: no picture for alarm %s: %s", picture.camera_id, asked.alarm_id, picture.reason)
            del self._asked[picture.request_id]
            return
        asked.parts[picture.part] = picture.jpeg_b64
        if len(asked.parts) < picture.parts:
            return
        del self._asked[picture.request_id]
        try:
            jpeg = b"".join(base64.b64decode(asked.parts[number], validate=True) for number in sorted(asked.parts))
        except (binascii.Error, ValueError) as fault:
            log.warning("camera %s: picture for alarm %s is not base64: %s", picture.camera_id, asked.alarm_id, fault)
            return
        self._publish(asked.lane, asked.alarm_id, VISIBLE, jpeg)


def _shows(crop: Sighting, alarm: Alarm) -> bool:
    return any(
        seen.camera_id == crop.camera_id and separation_deg(seen.pan_deg, seen.tilt_deg, crop.pan_deg, crop.tilt_deg) < NEAR_DEG
        for seen in alarm.seen_by
    )

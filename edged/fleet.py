"""The child that asks all cameras over ONVIF: one thread a camera, nothing decided, nothing stored.

`python -m edged.fleet --fd N`. Reads FleetSetup, CameraSetup, CameraGone, Turn, PictureWanted, Stop; sends HealthChanged, HeadMoved,
CameraEvent, StreamFound, Turned, PictureTaken, Beat, ChildLog. Ends within 2 s of end-of-file.
"""

from __future__ import annotations

import argparse
import random
import threading
import time

from edged.camera.onvif.rounds import Rounds
from edged.camera.secret import Login, login_from, read_login
from edged.camera.settings import CameraSettings, FleetSettings
from edged.channel import Channel, begin, end
from edged.messages import CameraGone, CameraSetup, FleetSetup, Message, PictureWanted, Stop, Turn, Turned
from edged.supervise import guard

RELEASE_S = 1.5
"""Time to release subscriptions at the end; the rest of them end by their term."""
STACK_BYTES = 1_048_576


class Fleet:
    """All cameras. `take` in the channel's thread."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self._settings = FleetSettings()
        self._rounds: dict[str, tuple[Rounds, threading.Thread]] = {}
        self._began = time.monotonic()

    def take(self, message: Message) -> None:
        """Carry out one message; messages of other children are ignored."""
        match message:
            case FleetSetup(fleet):
                self._settings = FleetSettings.model_validate(fleet)
            case CameraSetup(camera):
                self._add(camera)
            case CameraGone(camera_id):
                self._remove(camera_id)
            case Turn():
                if (known := self._rounds.get(message.camera_id)) is not None:
                    known[0].order(message)
                else:
                    reason = f"camera {message.camera_id} is not known to the fleet"
                    self._channel.send(Turned(message.request_id, message.camera_id, False, None, None, time.monotonic(), reason))
            case PictureWanted():
                if (known := self._rounds.get(message.camera_id)) is not None:
                    known[0].picture(message)
            case _:
                return

    def close(self) -> None:
        """Ask every camera's thread to release what it holds, and wait up to 1.5 s for all of them."""
        for rounds, _ in self._rounds.values():
            rounds.stop()
        limit = time.monotonic() + RELEASE_S
        for _, thread in self._rounds.values():
            thread.join(max(0.0, limit - time.monotonic()))

    def _add(self, given: dict[str, object]) -> None:
        entry, login = login_from(given)
        camera = CameraSettings.model_validate(entry)
        self._remove(camera.id)
        if not camera.enabled:
            return
        spread = self._settings.stagger_s if time.monotonic() - self._began < 60.0 and len(self._rounds) > 4 else 1.0
        delay = 0.0 if camera.kind == "lookout" else random.uniform(0.0, spread)

        def read() -> Login:
            found = login or read_login(camera)
            self._channel.secrets.add(found.password)
            return found

        rounds = Rounds(camera, read, self._settings, self._channel.send, delay)
        run = guard(f"camera {camera.label}")(rounds.run)
        thread = threading.Thread(target=run, name=f"camera-{camera.id}", daemon=True)
        self._rounds[camera.id] = (rounds, thread)
        thread.start()

    def _remove(self, camera_id: str) -> None:
        if (known := self._rounds.pop(camera_id, None)) is not None:
            known[0].stop()


def main(argv: list[str] | None = None) -> None:
    """Run until control closes the socket or says stop."""
    parser = argparse.ArgumentParser(prog="edged.fleet")
    parser.add_argument("--fd", type=int, required=True)
    threading.stack_size(STACK_BYTES)
    channel = begin(parser.parse_args(argv).fd, "fleet")
    fleet = Fleet(channel)
    for message in channel.receive():
        if isinstance(message, Stop):
            break
        with guard(f"fleet: message {message.kind}"):
            fleet.take(message)
    fleet.close()
    end()


if __name__ == "__main__":
    main()

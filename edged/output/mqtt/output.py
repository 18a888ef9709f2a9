"""The MQTT output as control sees it: one thread that owns the link and everything that goes over it.

Control calls `wake` after each commit; all other calls are queued to the thread. The thread never decides: it reads the journal and
hands what arrives to `Control`. A journal that cannot be read pauses it for a second; an unforeseen fault ends the thread and is reported.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from edged.clock import Clock
from edged.model.alarm import Role
from edged.model.command import Reply
from edged.model.errors import OutputError, OutputGarbled, StoreError
from edged.model.event import CameraEvent, Noticed, OutputChanged, RadioReported
from edged.model.instant import Instant
from edged.model.journal import Entry, Lane
from edged.model.sighting import Sighting
from edged.output.base import CameraView, Control, JournalReader
from edged.output.mqtt.camera_topics import CameraTopics
from edged.output.mqtt.consumers import Consumers
from edged.output.mqtt.envelope import compact, stamp, zone
from edged.output.mqtt.inbox import Inbox
from edged.output.mqtt.link import Link
from edged.output.mqtt.oneway import HandOver, Repeater
from edged.output.mqtt.publisher import LanePublisher
from edged.output.mqtt.retained import Retained
from edged.output.mqtt.topics import Topics
from edged.output.mqtt.wire import Arrived, Filter, Message
from edged.output.radio.gateway import Gateway
from edged.output.settings import Identity, MqttSettings, RadioSettings
from edged.supervise import Report, guard

LANES: tuple[Lane, Lane] = ("real", "test")
WAIT_S = 0.2
STORE_PAUSE_S = 1.0
CALLS_KEPT = 2000
MOST_BYTES_IN = 65_536


class _Ears:
    """Control as the rooms of this output see it: a radio report tells the gateway's state on its way through."""

    def __init__(self, control: Control) -> None:
        self._control = control
        self.heard: Callable[[RadioReported], None] | None = None
        self.advance = control.advance
        self.on_ptz = control.on_ptz
        self.tell_done = control.tell_done
        self.log = control.log

    def on_event(self, event: object) -> None:
        if isinstance(event, RadioReported) and self.heard is not None:
            self.heard(event)
        self._control.on_event(event)  # type: ignore[arg-type]


class MqttOutput:
    """Journal to broker, broker to control. `radio` None: no PDT gateway on this broker."""

    def __init__(
        self,
        settings: MqttSettings,
        radio: RadioSettings | None,
        identity: Identity,
        journal: JournalReader,
        control: Control,
        clock: Clock,
    ) -> None:
        zone(identity.time_zone)
        self._journal = journal
        self._identity = identity
        self._clock = clock
        self._control = control
        ears = _Ears(control)
        self.topics = topics = Topics(identity.station)
        root = topics.root()
        status = {"state": "offline", "station": identity.station, "name": identity.name, "version": identity.version}
        will = Message(f"{root}/status", compact(status), retain=True)
        filters = [
            Filter(f"{root}/alarm/command/+", own_retain=True),
            Filter(f"{root}/ptz/+/command/+", own_retain=True),
            Filter(f"{root}/weather/+"),
            Filter(f"{root}/alarm/active/+", no_local=False),
        ]
        for lane in LANES:
            filters += [Filter(f"{topics.root(lane)}/cursor/+"), Filter(f"{topics.root(lane)}/replay/request/+", own_retain=True)]
            filters += [Filter(f"{topics.root(lane)}/radio/report", own_retain=True)] if radio is not None else []
        self.link = Link(settings, f"edged-{identity.station}", will=will, filters=filters, on_message=self._arrived, log=control.log)
        self.publishers: dict[Lane, LanePublisher] = {
            lane: LanePublisher(lane, journal, topics, identity, self.link, ears) for lane in LANES
        }
        one_way = [one for one in settings.consumers if one.delivery == "one_way"]
        self.retained = Retained(journal, topics, identity, self.link, bool(one_way))
        self.consumers = Consumers(settings.consumers, journal, topics, self.link, ears, self.publishers)
        self.inbox = Inbox(identity, topics, self.link, ears)
        self.cameras = CameraTopics(identity, topics, self.link)
        self.gateway = None if radio is None else Gateway(radio, identity, topics, journal, self.link, ears)
        if self.gateway is not None:
            ears.heard = self.gateway.reported
        self._repeater = Repeater(journal, self.link, self.publishers) if one_way else None
        self._repeated = False
        self._hand_overs = [HandOver(one, lane, journal, identity) for one in one_way if one.hand_over_dir is not None for lane in LANES]
        self._calls: deque[Callable[[Instant], None]] = deque(maxlen=CALLS_KEPT)
        self._up: bool | None = None
        self._said = ""
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._advanced = float("-inf")
        self._now = clock()

    # What control calls; from any thread.

    def start(self, report: Report) -> None:
        """Start the thread. `report` hears of a fault that nobody foresaw; the thread is over then."""
        self._thread = threading.Thread(target=guard("mqtt", report)(self._run), name="mqtt", daemon=True)
        self._thread.start()

    def stop(self, timeout_s: float = 8.0) -> bool:
        """Say `stopped`, close and wait. Returns whether the thread ended in time."""
        self._stop.set()
        self.link.wake()
        if self._thread is None:
            return True
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def wake(self) -> None:
        """Look into the journal now: something was committed."""
        self.link.wake()

    def restore(self, active: Iterable[Entry], epoch: str, sequence: int) -> None:
        """Hand over the active set that control folded, before `start`. Without it the kept rows are folded anew."""
        self.retained.active.restore(active, epoch, sequence)

    def reply(self, answer: Reply) -> None:
        """Answer a command."""
        self._call(lambda at: self.inbox.reply(answer, at.mono_s))

    def set_people(self, people: Mapping[str, Role], instruments: tuple[str, ...] = ()) -> None:
        """Take the users and roles of a reload, and who may say what the weather is."""

        def put(_at: Instant) -> None:
            self.inbox.people = people
            self.inbox.set_instruments(instruments)

        self._call(put)

    def coverage(self, figures: dict[str, Any]) -> None:
        """Show in the retained status what share of the zone is watched."""
        self._call(lambda at: self.retained.cover(figures))

    def air(self, known: dict[str, Any]) -> None:
        """Show in the retained status what is taken of the air."""
        self._call(lambda at: self.retained.show_air(known))

    def camera_state(self, view: CameraView) -> None:
        """Publish a camera's state."""
        self._call(lambda at: self.cameras.put(view))

    def camera_gone(self, camera_id: str) -> None:
        """Clear a camera that is no longer configured."""
        self._call(lambda at: self.cameras.gone(camera_id))

    def camera_event(self, happened: CameraEvent) -> None:
        """Mirror a camera's own event."""
        self._call(lambda at: self.cameras.event(happened))

    def overlay(self, sighting: Sighting) -> None:
        """Publish a label in the picture."""
        self._call(lambda at: self.cameras.overlay(sighting, at.mono_s))

    def media(self, lane: Lane, alarm_id: str, number: int, jpeg: bytes) -> None:
        """Publish a picture of an alarm."""

        def put(_at: Instant) -> None:
            try:
                self.cameras.media(lane, alarm_id, number, jpeg)
            except OutputGarbled as fault:
                self._control.log("error", str(fault))

        self._call(put)

    @property
    def up(self) -> bool:
        """Tell whether the broker acknowledged something lately."""
        return bool(self._up)

    def advanced_at(self) -> float:
        """Return when the thread last went round, monotonic seconds: the watchdog's question."""
        return self._advanced

    # The thread.

    def _call(self, call: Callable[[Instant], None]) -> None:
        self._calls.append(call)
        self.link.wake()

    def _run(self) -> None:
        while not self._stop.is_set():
            self.pump(WAIT_S)
        farewell = None
        try:
            farewell = self.retained.status("stopped", self._clock())
        except StoreError as fault:
            self._control.log("warning", str(fault))
        self.link.close(farewell, self._clock().mono_s, lambda: self._clock().mono_s)

    def pump(self, wait_s: float) -> None:
        """Go round once: wait for the socket at most `wait_s`, then do what is due. Tests call it instead of `start`."""
        self._now = at = self._clock()
        self.link.pump(at.mono_s, wait_s)
        self._now = at = self._clock()
        self._advanced = at.mono_s
        for _ in range(len(self._calls)):
            with guard("mqtt: what control asked for"):
                self._calls.popleft()(at)
        try:
            self._step(at)
        except StoreError as fault:
            self._tell_fault(str(fault))
            self._stop.wait(STORE_PAUSE_S)
        self._tell_link()

    def _step(self, at: Instant) -> None:
        now = at.mono_s
        for lane, publisher in self.publishers.items():
            if publisher.accepted_now:
                if self._repeater is not None and publisher.position is not None:
                    for sequence in publisher.accepted_now:
                        self._repeater.accepted(lane, publisher.position[0], sequence, now)
                publisher.accepted_now.clear()
            publisher.step(now)
            publisher.report()
        if self.gateway is not None:
            done = {lane: one.position for lane, one in self.publishers.items() if one.position is not None}
            self.gateway.step(at, {str(lane): position for lane, position in done.items()})
        self.retained.step(at, busy=not self.publishers["real"].idle)
        if self.consumers.step(now):
            self.link.wake()
        self.cameras.step(now)
        if self._repeater is not None:
            if not self._repeated:
                self._repeater.after_restart(at)
                self._repeated = True
            self._repeater.step(now)
        for hand_over in self._hand_overs:
            try:
                hand_over.step(at)
            except OutputError as fault:
                self._control.on_event(Noticed("system", "hand_over_failed", str(fault), 2, {"folder": str(hand_over.folder)}))
        if self.link.heartbeat_due(now):
            epoch, newest, _ = self._journal.newest("real")
            beat = {"at": stamp(at.utc, self._identity), "epoch": epoch, "last_sequence": newest}
            self.link.publish(Message(f"{self.topics.root()}/heartbeat", compact(beat), expiry_s=15), now)

    def _arrived(self, arrived: Arrived) -> None:
        try:
            lane, levels = self.topics.levels(arrived.topic)
            if len(arrived.payload) > MOST_BYTES_IN and levels[:2] != ["alarm", "active"]:
                raise OutputGarbled(f"mqtt: {len(arrived.payload)} bytes on {arrived.topic}: nothing that comes in is over {MOST_BYTES_IN}")
            self._sort(lane, levels, arrived)
        except (OutputGarbled, StoreError) as fault:
            self._tell_fault(str(fault))

    def _sort(self, lane: Lane, levels: list[str], arrived: Arrived) -> None:
        at = self._now
        match levels:
            case ["alarm", "active", _]:
                if arrived.retain:
                    self.retained.found(arrived.topic, arrived.payload)
            case ["alarm", "command", actor]:
                self.inbox.on_command(actor, arrived, at)
            case ["weather", user]:
                self.inbox.on_weather(user, arrived, at)
            case ["ptz", camera_id, "command", actor]:
                self.inbox.on_ptz(camera_id, actor, arrived, at)
            case ["radio", "report"]:
                self.inbox.on_report(lane, arrived, at)
            case ["cursor", consumer]:
                self.consumers.on_cursor(lane, consumer, arrived)
            case ["replay", "request", consumer]:
                self.consumers.on_request(lane, consumer, arrived, at.mono_s)
            case _:
                raise OutputGarbled(f"mqtt: message on {arrived.topic}, which nobody asked for")

    def _tell_fault(self, text: str) -> None:
        if text != self._said:
            self._said = text
            self._control.log("error", text)

    def _tell_link(self) -> None:
        if self.link.up is not self._up and (self.link.up or self.link.fault is not None):
            self._up = self.link.up
            detail = f"connected with MQTT {self.link.protocol}" if self.link.up else str(self.link.fault)
            self._control.on_event(OutputChanged("mqtt", self._up, detail))
            if self.gateway is not None:
                self.gateway.wake()

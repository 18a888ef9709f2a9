"""Texts for the PDT gateway, over MQTT. Reads open tells of path `gateway`, keeps to the airtime, says when the gateway is silent.

A tell goes once per row; one whose hand-over is uncertain goes again with the same reference, which the gateway uses to drop the double.
How old a text is, is read off the wall clock once, when it is first seen here, and counted on the monotonic clock from then on: a wall
clock that steps ends no text. Across alarms the most severe and newest goes first; of one alarm the older text goes first, so that no
all-clear overtakes its alarm.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import timedelta

from edged.model.event import OutputChanged, RadioReported
from edged.model.instant import Instant
from edged.model.journal import Tell
from edged.output.base import Control, JournalReader
from edged.output.mqtt.envelope import compact, stamp
from edged.output.mqtt.link import NO_SUBSCRIBER, Link
from edged.output.mqtt.topics import Topics
from edged.output.mqtt.wire import Message
from edged.output.radio.airtime import Bucket
from edged.output.settings import Identity, RadioSettings

LOOK_EVERY_S = 0.5
RETRY_S = 2.0
REMEMBERED = 512


def text_message(tell: Tell, topics: Topics, identity: Identity, at: Instant, left_s: float) -> Message:
    """Return the message of a tell that is still worth sending for `left_s`."""
    value = {
        "mr": tell.tell_id,
        "to": [{"kind": to.kind, "id": to.id} for to in tell.to],
        "text_s": tell.text_s,
        "text_l": tell.text_l,
        "severity_level": tell.severity_level,
        "alarm_ids": list(tell.alarm_ids),
        "made_at": stamp(tell.made_at, identity),
        "expires_at": stamp(at.utc + timedelta(seconds=left_s), identity),
        "repeat": tell.repeat,
        "test": tell.lane == "test",
    }
    return Message(f"{topics.root(tell.lane)}/radio/tx", compact(value), expiry_s=max(1.0, left_s), content_type="application/json")


def in_order(tells: Sequence[Tell]) -> list[Tell]:
    """Return the tells as they should go: most severe first, then newest, but no text before an older one of the same alarm."""
    by_age = sorted(tells, key=lambda tell: (tell.made_at, tell.tell_id))
    of_alarm: dict[str, list[Tell]] = {}
    for tell in by_age:
        for alarm_id in tell.alarm_ids:
            of_alarm.setdefault(alarm_id, []).append(tell)
    place = {tell.tell_id: number for number, tell in enumerate(by_age)}
    passed = dict.fromkeys(of_alarm, 0)
    gone: set[str] = set()
    out: list[Tell] = []
    for tell in sorted(tells, key=lambda tell: (tell.severity_level, -tell.made_at.timestamp(), tell.tell_id)):
        path = [tell]
        while path:
            now = path[-1]
            older = None
            for alarm_id in now.alarm_ids:
                queue = of_alarm[alarm_id]
                while passed[alarm_id] < len(queue) and queue[passed[alarm_id]].tell_id in gone:
                    passed[alarm_id] += 1
                first = queue[passed[alarm_id]] if passed[alarm_id] < len(queue) else now
                if place[first.tell_id] < place[now.tell_id] and (older is None or place[first.tell_id] < place[older.tell_id]):
                    older = first
            if older is not None:
                path.append(older)
                continue
            path.pop()
            if now.tell_id not in gone:
                gone.add(now.tell_id)
                out.append(now)
    return out


class Gateway:
    """Hands tells to the gateway. Every method runs on the output's thread."""

    def __init__(
        self, settings: RadioSettings, identity: Identity, topics: Topics, journal: JournalReader, link: Link, control: Control
    ) -> None:
        self._settings = settings
        self._identity = identity
        self._topics = topics
        self._journal = journal
        self._link = link
        self._control = control
        self._bucket = Bucket(settings.min_interval_s, settings.burst)
        self._generation = 0
        self._flying: set[str] = set()
        self._retry_at: dict[str, float] = {}
        self._done: dict[str, None] = {}
        self._owed: dict[str, float] = {}
        self._duty: dict[str, tuple[str, int]] = {}
        self._late_at: dict[str, float] = {}
        self._look_at = float("-inf")
        self.up: bool | None = None

    def wake(self) -> None:
        """Look for tells at the next step."""
        self._look_at = float("-inf")

    def step(self, at: Instant, published: dict[str, tuple[str, int]]) -> None:
        """Send what may go now. `published`: lane → position that the broker accepted. Raises StoreError."""
        now = at.mono_s
        if self._link.generation != self._generation or not self._link.up:
            self._generation = self._link.generation
            self._flying.clear()
        self._judge(now)
        if now < self._look_at:
            return
        self._look_at = now + LOOK_EVERY_S
        self._step_duty(at, published)
        for tell in in_order([t for t in self._journal.open_tells("gateway", at.utc) if t.tell_id not in self._done]):
            self._hand_over(tell, at)

    def reported(self, report: RadioReported) -> None:
        """Note that the gateway lives."""
        self._owed.pop(report.tell_id, None)
        self._say(True, "the gateway reports")

    def _hand_over(self, tell: Tell, at: Instant) -> None:
        now = at.mono_s
        left = self._left_s(tell, at, self._settings.expiry_s)
        if left <= 0:
            if tell.tell_id not in self._flying:
                self._finish(tell.tell_id, "expired", "not handed over before its deadline")
            return
        if tell.tell_id in self._flying or now < self._retry_at.get(tell.tell_id, now) or not self._link.up:
            return
        if not self._bucket.ready(now):
            self._look_at = min(self._look_at, now + self._bucket.wait_s(now))
            return
        generation, tell_id = self._generation, tell.tell_id
        message = text_message(tell, self._topics, self._identity, at, left)
        if self._link.publish(message, now, lambda code: self._answered(generation, tell_id, code, now)):
            self._bucket.take(now)
            self._flying.add(tell_id)

    def _left_s(self, tell: Tell, at: Instant, longest_s: float) -> float:
        """Return the seconds in which the text is still of use. A clock that is not trusted leaves it its whole life, from now."""
        due = self._late_at.get(tell.tell_id)
        if due is None:
            life_s = min((tell.deadline - tell.made_at).total_seconds(), longest_s)
            age_s = max(0.0, (at.utc - tell.made_at).total_seconds()) if at.trusted else 0.0
            due = self._late_at[tell.tell_id] = at.mono_s + life_s - age_s
            while len(self._late_at) > 8 * REMEMBERED:
                del self._late_at[next(iter(self._late_at))]
        return due - at.mono_s

    def _answered(self, generation: int, tell_id: str, code: int, sent_at: float) -> None:
        if generation != self._generation:
            return
        self._flying.discard(tell_id)
        if code == NO_SUBSCRIBER or code >= 0x80:
            why = "no gateway has subscribed to radio/tx" if code == NO_SUBSCRIBER else f"radio/tx refused with reason 0x{code:02x}"
            self._retry_at[tell_id] = sent_at + RETRY_S
            self._say(False, f"{why}: check the gateway and its user {self._settings.gateway_user}")
            return
        self._owed[tell_id] = sent_at + self._settings.ack_timeout_s
        self._finish(tell_id, "sent", "accepted by the broker for the gateway")

    def _judge(self, now: float) -> None:
        late = [tell_id for tell_id, due in self._owed.items() if now >= due]
        for tell_id in late:
            del self._owed[tell_id]
        if late:
            self._say(False, f"no report on {late[0]} in {self._settings.ack_timeout_s:g} s: check the gateway")

    def _say(self, up: bool, detail: str) -> None:
        if self.up is not up:
            self.up = up
            self._control.on_event(OutputChanged("gateway", up, detail))

    def _finish(self, tell_id: str, outcome: str, detail: str) -> None:
        self._done[tell_id] = None
        self._retry_at.pop(tell_id, None)
        self._late_at.pop(tell_id, None)
        while len(self._done) > REMEMBERED:
            del self._done[next(iter(self._done))]
        self._control.tell_done(tell_id, "sent" if outcome == "sent" else "expired", detail)

    def _step_duty(self, at: Instant, published: dict[str, tuple[str, int]]) -> None:
        """The duty post reads `alarm/event`: its tells are sent when the broker has taken every row up to theirs."""
        for tell in self._journal.open_tells("duty", at.utc):
            if tell.tell_id in self._done:
                continue
            epoch, newest, _ = self._journal.newest(tell.lane)
            needed = self._duty.setdefault(tell.tell_id, (epoch, newest))
            have = published.get(tell.lane)
            if have is not None and have[0] == needed[0] and have[1] >= needed[1]:
                del self._duty[tell.tell_id]
                self._finish(tell.tell_id, "sent", "its rows were accepted by the broker")
            elif self._left_s(tell, at, math.inf) <= 0:
                del self._duty[tell.tell_id]
                self._finish(tell.tell_id, "expired", "the broker did not take its rows in time")

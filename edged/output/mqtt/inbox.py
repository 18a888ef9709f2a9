"""What people and the PDT gateway send: verbs, PTZ orders, radio reports. Checked, then handed to control; nothing is decided here.

The broker's access list proves that the topic's last level is the sender. Retained, expired, endless or malformed commands are refused
with an answer. Reports that are not well-formed or carry an unknown status are journalled as refused, never guessed at.
"""

from __future__ import annotations

from collections import OrderedDict
from datetime import datetime, timedelta
from typing import Any

from edged.model.alarm import ANSWER_VERBS, Role
from edged.model.command import Reply
from edged.model.errors import OutputGarbled
from edged.model.event import Noticed, RadioReported, RadioStatus, Verb, Weathered
from edged.model.instant import Instant
from edged.model.journal import Lane
from edged.model.words import Words
from edged.output.base import Control, PtzOrder
from edged.output.mqtt.contract import parse
from edged.output.mqtt.envelope import compact
from edged.output.mqtt.link import Link
from edged.output.mqtt.topics import Topics
from edged.output.mqtt.wire import Arrived, Message
from edged.output.radio.airtime import Bucket
from edged.output.settings import Identity

LONGEST_LIFE = timedelta(hours=1)
"""A command that lives longer is refused: it could come back from some queue when nobody means it any more."""
ANSWERS_KEPT = 1000
NOTICE_EVERY_S = 10.0
NOTICE_BURST = 5
WEATHER_EVERY_S, WEATHER_BURST = 1.0, 10

RETAINED = Words("a retained message is never a command: clear it on the broker", "保留消息不作命令: 请在代理上清除")
EXPIRED = Words("the command had expired: give it again", "命令已过期: 请重新下达")
ENDLESS = Words("expires_at is over an hour away: set it to a minute", "expires_at 超过一小时: 请设为一分钟")
FOREIGN = Words("actor is not the user of this topic", "actor 与主题用户不符")
UNKNOWN = Words("this user has no role at the station: ask the administrator", "该用户在本站无角色: 请联系管理员")
GARBLED = Words("the message breaks the contract", "消息不合规约")


def known_status(status: int) -> bool:
    """Tell whether a status message means something: a verb 1–4 alone, or 10 × verb + slot 1–9."""
    return status in ANSWER_VERBS or (status // 10 in ANSWER_VERBS and 1 <= status % 10 <= 9)


class Inbox:
    """Turns messages into events. Every method runs on the output's thread."""

    def __init__(self, identity: Identity, topics: Topics, link: Link, control: Control) -> None:
        self._identity = identity
        self.people = identity.people
        self._topics = topics
        self._link = link
        self._control = control
        self._answers: OrderedDict[tuple[str, str], tuple[str, bytes | None]] = OrderedDict()
        self._notices = Bucket(NOTICE_EVERY_S, NOTICE_BURST)
        self._lines = Bucket(NOTICE_EVERY_S, NOTICE_BURST)
        self._dropped = 0
        self._weather: dict[str, Bucket] = {}
        self.set_instruments(identity.instruments)

    def set_instruments(self, instruments: tuple[str, ...]) -> None:
        """Take who may say what the weather is, and how often."""
        self._weather = {name: Bucket(WEATHER_EVERY_S, WEATHER_BURST) for name in instruments}

    def on_command(self, actor: str, arrived: Arrived, at: Instant) -> None:
        """Take a verb."""
        checked = self._checked(actor, arrived, at)
        if checked is None:
            return
        said, role = checked
        self._control.on_event(
            Verb(
                said["verb"],
                actor,
                role,
                "mqtt",
                said["command_id"],
                said.get("alarm_id"),
                said.get("display_id"),
                said.get("slot"),
                dict(said.get("args", {})),
                datetime.fromisoformat(said["expires_at"]),
            )
        )

    def on_ptz(self, camera_id: str, actor: str, arrived: Arrived, at: Instant) -> None:
        """Take an order to a head."""
        checked = self._checked(actor, arrived, at)
        if checked is not None:
            said, role = checked
            self._control.on_ptz(PtzOrder(camera_id, said["order"], actor, role, said["command_id"], dict(said.get("args", {}))))

    def on_weather(self, user: str, arrived: Arrived, at: Instant) -> None:
        """Take what an instrument says of the air; what comes faster than once a second is left."""
        if arrived.retain or user not in self._weather or not self._weather[user].take(at.mono_s):
            return
        try:
            said = parse(arrived.topic, arrived.payload)
        except OutputGarbled as fault:
            if self._lines.take(at.mono_s):
                self._control.log("warning", f"mqtt: weather of {user} refused: {fault}: look at the instrument")
            return
        if said is not None:
            given = dict(said)
            measured_at = given.pop("at", None)
            self._control.on_event(Weathered(user, None if measured_at is None else datetime.fromisoformat(measured_at), **given))

    def on_report(self, lane: Lane, arrived: Arrived, at: Instant) -> None:
        """Take what the PDT gateway reports."""
        if arrived.retain:
            self._refuse_report(arrived, RETAINED.en, at)
            return
        try:
            said = parse(arrived.topic, arrived.payload)
        except OutputGarbled as fault:
            self._refuse_report(arrived, str(fault), at)
            return
        if said is None:
            return
        if "status" in said:
            if not known_status(said["status"]):
                self._refuse_report(arrived, f"radio {said['radio']}: status {said['status']} is not 10 × verb + slot", at)
                return
            self._control.on_event(RadioStatus(said["radio"], said["status"], said["report_id"]))
        else:
            self._control.on_event(RadioReported(said["mr"], said.get("radio"), said["result"], said.get("detail", ""), said["report_id"]))

    def reply(self, answer: Reply, now: float) -> None:
        """Send an answer to whom asked; where the question is forgotten, to the actor's own topic."""
        topic, correlation = self._answers.get((answer.actor, answer.command_id), (self._topics.reply(answer.actor), None))
        self._send(topic, correlation, answer.command_id, answer.actor, answer.accepted, answer.text, answer.data, now)

    def _checked(self, actor: str, arrived: Arrived, at: Instant) -> tuple[dict[str, Any], Role] | None:
        own = self._topics.reply(actor)
        topic = arrived.response_topic or own
        if not self._topics.may_answer(topic, actor):
            topic = own
        if arrived.retain:
            self._no(topic, arrived, "", actor, RETAINED, "", at)
            return None
        try:
            said = parse(arrived.topic, arrived.payload)
        except OutputGarbled as fault:
            self._no(topic, arrived, "", actor, GARBLED, str(fault), at)
            return None
        if said is None:
            return None
        command_id = str(said["command_id"])
        try:
            left = datetime.fromisoformat(said["expires_at"]) - at.utc
        except (ValueError, TypeError, OverflowError) as fault:
            self._no(topic, arrived, command_id, actor, GARBLED, f"expires_at: {fault}", at)
            return None
        role = self.people.get(actor)
        if said["actor"] != actor:
            self._no(topic, arrived, command_id, actor, FOREIGN, "", at)
        elif at.trusted and left <= timedelta(0):
            self._no(topic, arrived, command_id, actor, EXPIRED, "", at)
        elif at.trusted and left > LONGEST_LIFE:
            self._no(topic, arrived, command_id, actor, ENDLESS, "", at)
        elif role is None:
            self._no(topic, arrived, command_id, actor, UNKNOWN, "", at)
        else:
            self._answers[actor, command_id] = (topic, arrived.correlation)
            if len(self._answers) > ANSWERS_KEPT:
                self._answers.popitem(last=False)
            return said, role
        return None

    def _no(self, topic: str, arrived: Arrived, command_id: str, actor: str, words: Words, detail: str, at: Instant) -> None:
        text = words.said(self._identity.language) + (f": {detail}" if detail else "")
        if self._lines.take(at.mono_s):
            self._control.log("warning", f"mqtt: {arrived.topic}: refused: {words.en} {detail}".rstrip())
        self._send(topic, arrived.correlation, command_id, actor, False, text, {}, at.mono_s)

    def _send(
        self,
        topic: str,
        correlation: bytes | None,
        command_id: str,
        actor: str,
        accepted: bool,
        text: str,
        data: dict[str, Any],
        now: float,
    ) -> None:
        value = {"kind": "command", "command_id": command_id, "actor": actor, "accepted": accepted, "text": text, "data": data}
        self._link.publish(Message(topic, compact(value), correlation=correlation, content_type="application/json"), now)

    def _refuse_report(self, arrived: Arrived, why: str, at: Instant) -> None:
        if not self._notices.take(at.mono_s):
            self._dropped += 1
            return
        data = {"topic": arrived.topic, "unmentioned_before": self._dropped}
        self._dropped = 0
        self._control.on_event(
            Noticed("system", "radio_report_refused", f"radio report refused: {why[:300]}: look at the gateway", 3, data)
        )

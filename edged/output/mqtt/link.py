"""One connection to the broker at a time, driven by one thread that calls `pump`; paho's own thread is not used.

paho's callbacks only append to a queue that `pump` works off, so that none can raise, lock or wait. Every connection is a new paho
client: nothing of its memory survives, the journal is the truth. Health is the acknowledgement of something we sent, never
`is_connected`. `…Refused` and a kick wait the longest pause at once.
"""

from __future__ import annotations

import random
import select
import socket
import ssl
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, Literal

import paho.mqtt.client as paho
from paho.mqtt.subscribeoptions import SubscribeOptions

from edged.model.errors import OutputError, OutputGarbled, OutputRefused, OutputUnreachable
from edged.output.mqtt.wire import PAHO_FAULTS, Arrived, Filter, Message, new_client, properties_of, refused, start
from edged.output.settings import MqttSettings

INFLIGHT = 20
QUEUED = 1000
LONGEST_PAUSE_S = 30.0
STEADY_S = 10.0
"""A connection that held this long resets the pauses; a shorter one was a kick or a flapping broker."""
HEARTBEAT_S = 5.0
RETRY_V5_S = 3600.0
NO_SUBSCRIBER = 0x10
LOST_WITHOUT_V5 = "message expiry, reason codes (a broker without subscribers is not noticed), response topics, will delay, no-local"
Level = Literal["debug", "info", "warning", "error"]


Accepted = Callable[[int], None]
"""Called from `pump` with the PUBACK's reason code (0 on 3.1.1), at most once; never after the connection is lost."""


class Link:
    """The connection. Not safe for several threads but for `wake`."""

    def __init__(
        self,
        settings: MqttSettings,
        client_id: str,
        *,
        will: Message,
        filters: Sequence[Filter],
        on_message: Callable[[Arrived], None],
        log: Callable[[Level, str], None],
        chance: Callable[[], float] = random.random,
    ) -> None:
        self.settings = settings
        self.client_id = client_id
        self.generation = 0
        self.up = False
        self.fault: OutputError | None = None
        self.receive_maximum = INFLIGHT
        self.maximum_packet: int | None = None
        self._will = will
        self._filters = tuple(filters)
        self._on_message = on_message
        self._log = log
        self._chance = chance
        self._client: paho.Client | None = None
        self._happened: deque[Callable[[], None]] = deque()
        self._waiting: dict[int, tuple[float, Accepted | None]] = {}
        self._queue: deque[tuple[Message, Accepted | None]] = deque()
        self._silent = 0
        self._next_try = 0.0
        self._pause = 1.0
        self._since = 0.0
        self._deadline = 0.0
        self._said: str | None = None
        self._v5 = settings.protocol != "3.1.1"
        self._v5_again = 0.0
        self._alarm_r, self._alarm_w = socket.socketpair()
        self._alarm_r.setblocking(False)
        self._alarm_w.setblocking(False)
        self._now = 0.0
        self.last_acknowledged = float("-inf")
        self._last_sent = float("-inf")

    @property
    def protocol(self) -> str:
        """Return the MQTT version in use or tried next."""
        return "5" if self._v5 else "3.1.1"

    @property
    def unacknowledged(self) -> int:
        """Return how many QoS 1 messages wait for their acknowledgement."""
        return len(self._waiting) + len(self._queue)

    def wake(self) -> None:
        """End a wait in `pump`; from any thread."""
        try:
            self._alarm_w.send(b"!")
        except OSError:
            return

    def publish(self, message: Message, now: float, accepted: Accepted | None = None) -> bool:
        """Send a message, or queue it behind the broker's Receive Maximum. False when down or full; nothing outlives the connection."""
        if self._client is None or not self.up:
            return False
        if message.qos and len(self._waiting) >= self.receive_maximum:
            if len(self._queue) >= QUEUED:
                return False
            self._queue.append((message, accepted))
            return True
        return self._send(message, now, accepted)

    def _send(self, message: Message, now: float, accepted: Accepted | None) -> bool:
        client = self._client
        if client is None:
            return False
        properties = properties_of(message) if self._v5 else None
        try:
            info = client.publish(message.topic, message.payload, message.qos, message.retain, properties)
        except PAHO_FAULTS as fault:
            self._log("error", f"broker {self.where}: message on {message.topic} could not be sent: {fault}")
            return False
        if info.rc != paho.MQTT_ERR_SUCCESS:
            return False
        if message.qos:
            self._waiting[info.mid] = (now, accepted)
            self._last_sent = now
        return True

    def pump(self, now: float, wait_s: float) -> None:
        """Connect when it is time, wait for the socket at most `wait_s`, and work off what happened."""
        self._now = now
        if self._client is None:
            if now >= self._next_try:
                self._connect(now)
            else:
                self._select([], [], min(wait_s, self._next_try - now))
                return
        self._exchange(wait_s)
        self._work_off()
        self._judge(now)

    def heartbeat_due(self, now: float) -> bool:
        """Tell whether nothing has been acknowledged or sent for a while."""
        return self.up and not self._waiting and now - max(self.last_acknowledged, self._last_sent) >= HEARTBEAT_S

    def close(self, farewell: Message | None, now: float, clock: Callable[[], float], deadline_s: float = 2.0) -> bool:
        """Say goodbye and close. Returns whether the farewell was acknowledged in time."""
        done: list[int] = []
        if farewell is not None and self.publish(farewell, now, done.append):
            end = now + deadline_s
            while not done and self._client is not None and (left := end - clock()) > 0:
                self._exchange(min(left, 0.1))
                self._work_off()
        if self._client is not None:
            self._client.disconnect()
            self._client.loop_write()
            self._drop()
        self._alarm_r.close()
        self._alarm_w.close()
        return bool(done)

    @property
    def where(self) -> str:
        """Return host and port."""
        return f"{self.settings.host}:{self.settings.port}"

    def _connect(self, now: float) -> None:
        if self.settings.protocol == "auto" and not self._v5 and now >= self._v5_again:
            self._v5 = True
        try:
            client = self._new_client()
            self._client = client
            self._deadline = now + 2 * self.settings.connect_timeout_s
            self.generation += 1
            start(client, self.settings, self._v5, INFLIGHT)
        except OutputError as fault:
            self._lost(fault, now)
        except ssl.SSLError as fault:
            self._lost(self._refused(f"TLS failed: {fault}: check tls.ca_file, and whether the broker wants a client certificate"), now)
        except PAHO_FAULTS as fault:
            self._lost(
                OutputUnreachable(
                    f"broker {self.where}: connecting failed ({fault}): is it running, and is the address right?",
                    zh=f"代理 {self.where}: 连接失败 ({fault}): 请检查代理是否运行、地址是否正确",
                ),
                now,
            )

    def _new_client(self) -> paho.Client:
        client = new_client(self.settings, self.client_id, self._will, self._v5)
        client.max_inflight_messages_set(INFLIGHT)
        generation = self.generation + 1
        happened = self._happened
        client.on_connect = lambda _c, _u, _f, reason, props: happened.append(lambda: self._connack(generation, reason, props))
        client.on_disconnect = lambda _c, _u, flags, reason, _p: happened.append(
            lambda: self._disconnected(generation, reason.value if flags.is_disconnect_packet_from_server else None, str(reason))
        )
        client.on_publish = lambda _c, _u, mid, reason, _p: happened.append(lambda: self._puback(generation, mid, reason.value))
        client.on_subscribe = lambda _c, _u, _m, reasons, _p: happened.append(lambda: self._suback(reasons))
        client.on_message = lambda _c, _u, message: happened.append(lambda: self._message(generation, message))
        return client

    def _refused(self, text: str) -> OutputRefused:
        return refused(self.settings, text)

    def _select(self, read: list[Any], write: list[Any], wait_s: float) -> tuple[bool, bool]:
        try:
            ready, writable, _ = select.select([self._alarm_r, *read], write, [], max(0.0, wait_s))
        except (OSError, ValueError):
            return True, True
        if self._alarm_r in ready:
            try:
                self._alarm_r.recv(4096)
            except OSError:
                ready = [one for one in ready if one is not self._alarm_r]
        return bool(read and read[0] in ready), bool(writable)

    def _exchange(self, wait_s: float) -> None:
        client = self._client
        if client is None:
            return
        sock = client.socket()
        if sock is None:
            self._happened.append(lambda: self._disconnected(self.generation, None, "the connection was closed"))
            return
        pending = getattr(sock, "pending", None)
        at_once = bool(self._happened) or (callable(pending) and bool(pending()))
        readable, writable = self._select([sock], [sock] if client.want_write() else [], 0.0 if at_once else wait_s)
        try:
            if readable or at_once:
                for _ in range(INFLIGHT * 4):
                    if client.loop_read() != paho.MQTT_ERR_SUCCESS or not _more(sock):
                        break
            if writable or client.want_write():
                client.loop_write()
            client.loop_misc()
        except PAHO_FAULTS as fault:
            text = f"{type(fault).__name__}: {fault}"
            self._happened.append(lambda: self._disconnected(self.generation, -1, text))

    def _work_off(self) -> None:
        while self._happened:
            self._happened.popleft()()

    def _connack(self, generation: int, reason: Any, properties: Any) -> None:
        if generation != self.generation or self._client is None:
            return
        code = int(reason.value)
        if code == 0:
            self._accepted(properties)
        elif code in (0x84, 0x01):
            self._fall_back(f"it refused MQTT {self.protocol}")
        elif code in (0x85, 0x86, 0x87, 0x8A, 0x8C):
            self._lost(
                OutputRefused(
                    f"broker {self.where}: login of user {self.settings.username or 'anonymous'} refused ({reason}): "
                    "check mqtt.username and mqtt.password_file",
                    zh=f"代理 {self.where}: 用户 {self.settings.username or '匿名'} 登录被拒 ({reason}): "
                    "请检查 mqtt.username 与 mqtt.password_file",
                )
            )
        else:
            self._lost(OutputUnreachable(f"broker {self.where}: connection not accepted ({reason}): look into the broker's log"))

    def _accepted(self, properties: Any) -> None:
        limit = getattr(properties, "ReceiveMaximum", INFLIGHT)
        self.receive_maximum = max(1, min(INFLIGHT, int(limit)))
        self.maximum_packet = getattr(properties, "MaximumPacketSize", None)
        client = self._client
        if client is None:
            return
        self.up = True
        self.fault = None
        self._silent = 0
        self._since = self.last_acknowledged = self._now
        for one in self._filters:
            options = SubscribeOptions(qos=one.qos, noLocal=one.no_local, retainAsPublished=one.own_retain) if self._v5 else None
            client.subscribe(one.topic, one.qos, options=options) if options is None else client.subscribe(one.topic, options=options)
        if self._said is not None or self.generation == 1:
            self._log("info", f"broker {self.where}: connected, MQTT {self.protocol}")
        self._said = None

    def _suback(self, reasons: Any) -> None:
        refused = [str(reason) for reason in reasons if int(reason.value) >= 0x80]
        if refused:
            self._log(
                "error",
                f"broker {self.where}: a subscription was refused ({refused[0]}): give user {self.settings.username} its access list",
            )

    def _puback(self, generation: int, mid: int, code: int) -> None:
        if generation != self.generation:
            return
        self.last_acknowledged = self._now
        _, accepted = self._waiting.pop(mid, (0.0, None))
        if accepted is not None:
            accepted(code)
        while self._queue and len(self._waiting) < self.receive_maximum:
            message, then = self._queue.popleft()
            self._send(message, self._now, then)

    def _message(self, generation: int, message: Any) -> None:
        if generation != self.generation:
            return
        properties = getattr(message, "properties", None)
        self._on_message(
            Arrived(
                message.topic,
                bytes(message.payload),
                bool(message.retain),
                getattr(properties, "ResponseTopic", None),
                getattr(properties, "CorrelationData", None),
            )
        )

    def _disconnected(self, generation: int, code: int | None, text: str) -> None:
        if generation != self.generation or self._client is None:
            return
        if code == 0x8E:
            self._lost(self._refused(f"another client took over the id {self.client_id}: a second daemon of this station?"))
        elif code == -1:
            self._lost(OutputGarbled(f"broker {self.where}: broke the protocol ({text})"))
        elif self.up:
            self._lost(OutputUnreachable(f"broker {self.where}: connection lost ({text})", zh=f"代理 {self.where}: 连接中断 ({text})"))
        else:
            self._silent += 1
            if self._silent % 3 == 0:
                self._fall_back("it closed three connections without an answer")
            else:
                hint = ": is a client certificate missing?" if self.settings.tls is not None else ""
                self._lost(OutputUnreachable(f"broker {self.where}: closed the connection before answering ({text}){hint}"))

    def _fall_back(self, why: str) -> None:
        if self.settings.protocol != "auto":
            self._lost(self._refused(f"{why}, and mqtt.protocol is {self.settings.protocol}: set it to auto"))
            return
        if self._v5:
            self._v5_again = self._now + RETRY_V5_S
            self._log("warning", f"broker {self.where}: {why}; going on with MQTT 3.1.1, without {LOST_WITHOUT_V5}")
        self._v5 = not self._v5
        self._drop()
        self._next_try = self._now + (0.0 if not self._v5 else LONGEST_PAUSE_S)

    def _judge(self, now: float) -> None:
        self._now = now
        if self._client is None:
            return
        if not self.up:
            if now > self._deadline:
                self._lost(OutputUnreachable(f"broker {self.where}: took the connection and did not answer in time"))
            return
        if now - self._since > STEADY_S:
            self._pause = 1.0
        oldest = min((sent for sent, _ in self._waiting.values()), default=None)
        if oldest is not None and now - max(oldest, self.last_acknowledged) > self.settings.acknowledge_timeout_s:
            self._lost(
                OutputUnreachable(
                    f"broker {self.where}: {len(self._waiting)} messages not acknowledged in {self.settings.acknowledge_timeout_s:g} s",
                    zh=f"代理 {self.where}: {len(self._waiting)} 条消息在 {self.settings.acknowledge_timeout_s:g} 秒内无应答",
                )
            )

    def _lost(self, fault: OutputError, now: float | None = None) -> None:
        now = self._now if now is None else now
        self._drop()
        self.fault = fault
        if isinstance(fault, OutputRefused):
            self._pause = LONGEST_PAUSE_S
        self._next_try = now + self._pause * (0.5 + 0.5 * self._chance())
        self._pause = min(LONGEST_PAUSE_S, self._pause * 2)
        if self._said != (words := str(fault)):
            self._log("warning", words)
            self._said = words

    def _drop(self) -> None:
        client, self._client = self._client, None
        self.up = False
        self._waiting.clear()
        self._queue.clear()
        if client is not None and (sock := client.socket()) is not None:
            sock.close()


def _more(sock: Any) -> bool:
    try:
        return bool(select.select([sock], [], [], 0)[0])
    except (OSError, ValueError):
        return False

"""What goes over the wire to paho and comes back: messages, filters, properties, and a client made ready for one connection."""

from __future__ import annotations

import socket
import ssl
import struct
from dataclasses import dataclass
from typing import Any, Literal

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.exception import MQTTException
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from edged.model.errors import ConfigError, OutputRefused
from edged.output.settings import MqttSettings
from edged.secret import first_line

WILL_DELAY_S = 5
PAHO_FAULTS = (OSError, ValueError, TypeError, AttributeError, LookupError, struct.error, MQTTException)
"""What paho raises on garbage from the peer."""


@dataclass(frozen=True, slots=True)
class Message:
    """Something to publish. `expiry_s` needs MQTT 5; without it the payload's own end has to serve."""

    topic: str
    payload: bytes
    qos: Literal[0, 1] = 1
    retain: bool = False
    expiry_s: float | None = None
    content_type: str | None = None
    correlation: bytes | None = None


@dataclass(frozen=True, slots=True)
class Arrived:
    """A message from the broker."""

    topic: str
    payload: bytes
    retain: bool
    response_topic: str | None
    correlation: bytes | None


@dataclass(frozen=True, slots=True)
class Filter:
    """A subscription. `own_retain`: keep the retain flag on live messages too (MQTT 5), to refuse retained commands."""

    topic: str
    qos: Literal[0, 1] = 1
    own_retain: bool = False
    no_local: bool = True


def properties_of(message: Message) -> Properties:
    """Return the MQTT 5 properties of a message."""
    out = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]
    if message.expiry_s is not None:
        out.MessageExpiryInterval = max(1, int(message.expiry_s))
    if message.content_type is not None:
        out.ContentType = message.content_type
    if message.correlation is not None:
        out.CorrelationData = message.correlation
    return out


def refused(settings: MqttSettings, text: str, zh: str | None = None) -> OutputRefused:
    """Return the fault that needs a person."""
    return OutputRefused(f"broker {settings.host}:{settings.port}: {text}", zh=f"代理 {settings.host}:{settings.port}: {zh or text}")


def new_client(settings: MqttSettings, client_id: str, will: Message, v5: bool) -> paho.Client:
    """Return a client with login, TLS and will, not connected. Raises OutputRefused for files that cannot be used."""
    client = paho.Client(
        CallbackAPIVersion.VERSION2,
        client_id=client_id,
        clean_session=None if v5 else True,
        protocol=paho.MQTTv5 if v5 else paho.MQTTv311,
        reconnect_on_failure=False,
    )
    client.connect_timeout = settings.connect_timeout_s
    if settings.username is not None:
        client.username_pw_set(settings.username, _password(settings))
    if settings.tls is not None:
        try:
            context = ssl.create_default_context(cafile=settings.tls.ca_file)
            if settings.tls.cert_file is not None:
                context.load_cert_chain(settings.tls.cert_file, settings.tls.key_file)
        except OSError as fault:
            raise refused(settings, f"TLS files cannot be used: {fault}: check tls in station.yaml") from fault
        client.tls_set_context(context)
    properties = None
    if v5:
        properties = Properties(PacketTypes.WILLMESSAGE)  # type: ignore[no-untyped-call]
        properties.WillDelayInterval = WILL_DELAY_S
    client.will_set(will.topic, will.payload, will.qos, will.retain, properties)
    client.on_socket_open = lambda _client, _data, sock: _no_delay(sock)
    return client


def start(client: paho.Client, settings: MqttSettings, v5: bool, receive_maximum: int) -> None:
    """Open the connection and send CONNECT; waits at most the connect time-out for TCP and again for TLS. Raises OSError."""
    if not v5:
        client.connect(settings.host, settings.port, settings.keepalive_s)
        return
    properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
    properties.SessionExpiryInterval = 0
    properties.ReceiveMaximum = receive_maximum
    client.connect(settings.host, settings.port, settings.keepalive_s, clean_start=True, properties=properties)


def _password(settings: MqttSettings) -> str | None:
    path = settings.password_file
    if path is None:
        return None
    try:
        return first_line(path)
    except ConfigError as fault:
        raise refused(settings, str(fault), fault.zh) from fault


def _no_delay(sock: Any) -> None:
    try:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    except (OSError, AttributeError):
        return

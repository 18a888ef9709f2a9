"""Settings of the MQTT link, its consumers and the radio gateway, and the identity that every message carries."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from edged.geometry.datum import DatumName
from edged.model.alarm import Role
from edged.model.section import USER_NAME, Section, key


class TlsSettings(Section):
    """TLS towards the broker."""

    ca_file: Path | None = key(None, "CA certificates (PEM); empty: the system's", "CA 证书 (PEM); 空则用系统证书")
    cert_file: Path | None = key(None, "Client certificate (PEM)", "客户端证书 (PEM)")
    key_file: Path | None = key(None, "Private key of the client certificate", "客户端证书私钥")


class ConsumerSettings(Section):
    """A named upstream: what it has passed keeps rows from being freed."""

    name: str = key(..., "MQTT user name of this consumer", "该用户在代理上的用户名", pattern=USER_NAME)
    delivery: Literal["cursor", "one_way"] = key(
        "cursor",
        "cursor: it writes its position and may ask for replay; one_way: nothing comes back, messages are sent three times",
        "cursor: 回写位置并可要求补发; one_way: 单向网闸, 无回传, 每条发三次",
    )
    required: bool = key(True, "Rows wait for it (never for one_way)", "记录等待该用户读过 (单向不等待)")
    hand_over_dir: Path | None = key(None, "Folder for the hourly JSON Lines of a one-way consumer", "单向用户每小时 JSON Lines 文件目录")
    hmac_key_file: Path | None = key(
        None, "Key file that signs those files; without one they are unsigned and say so", "签名密钥文件; 无则不签名并注明"
    )

    @property
    def holds_rows(self) -> bool:
        """Tell whether rows wait for this consumer's cursor; one behind a one-way gateway has none."""
        return self.required and self.delivery == "cursor"


class MqttSettings(Section):
    """The broker that alarms go to."""

    host: str = key("127.0.0.1", "Broker's address", "代理地址", min_length=1)
    port: int = key(1883, "Broker's port (8883 with TLS)", "代理端口 (TLS 用 8883)", ge=1, le=65535)
    username: str | None = key(None, "User name of this daemon at the broker", "本程序在代理上的用户名", pattern=USER_NAME)
    password_file: Path | None = key(None, "File with the password in its first line", "密码文件 (首行)")
    tls: TlsSettings | None = key(None, "TLS; leave out on 127.0.0.1", "TLS; 本机可省略")
    protocol: Literal["auto", "5", "3.1.1"] = key(
        "auto", "MQTT version; auto falls back from 5 to 3.1.1", "MQTT 版本; auto 由 5 退到 3.1.1"
    )
    keepalive_s: int = key(15, "Keep-alive", "保活间隔", ge=5, le=600)
    connect_timeout_s: float = key(5.0, "Deadline for TCP, TLS and the login, each", "连接期限", gt=0, le=30)
    acknowledge_timeout_s: float = key(
        15.0, "Without any acknowledgement for so long the link counts as down", "无应答判断线的时间", ge=2, le=120
    )
    consumers: tuple[ConsumerSettings, ...] = key((), "Named upstream consumers", "具名上级用户")


class RadioSettings(Section):
    """The PDT gateway behind MQTT."""

    gateway_user: str = key(
        "pdt-gateway", "MQTT user name of the gateway; reports come from it alone", "网关的 MQTT 用户名; 仅接受其回报", pattern=USER_NAME
    )
    ack_timeout_s: float = key(10.0, "Without the gateway's report for so long it counts as down", "网关无回报判失效的时间", ge=1, le=300)
    min_interval_s: float = key(3.0, "Seconds between two texts on the air", "两条短信的最小间隔", ge=0.1, le=60)
    burst: int = key(2, "Texts that may go at once", "可连发条数", ge=1, le=20)
    expiry_s: float = key(900.0, "A text older than this is not sent late", "超过此时限的短信不再补发", ge=10, le=7200)


@dataclass(frozen=True, slots=True)
class Identity:
    """Who speaks. `gb_device_ids`: camera id → 20-digit GB/T 28181 DeviceID; `people`: MQTT user name → role.

    `datum`: of the maps at the receivers; each point goes out in WGS-84 and in this one.
    `instruments`: MQTT users that may say what the weather is.
    `exercise`: the sources are simulated or replayed; everything real says CAP status Exercise.
    """

    station: str
    name: str
    version: str
    time_zone: str = "Asia/Shanghai"
    gb_device_id: str | None = None
    gb_device_ids: Mapping[str, str] = field(default_factory=dict)
    people: Mapping[str, Role] = field(default_factory=dict)
    datum: DatumName = "GCJ-02"
    exercise: bool = False
    language: Literal["zh", "en"] = "zh"
    instruments: tuple[str, ...] = ()

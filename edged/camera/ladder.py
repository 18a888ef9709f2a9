"""What one camera can do, rung by rung, with figures, and in words what it cannot and what a person does next.

Each rung stands on the one below; a rung that cannot be climbed ends the ladder, missing extras (head, events, picture) do not.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from edged.camera.base import DeviceInfo, Streams
from edged.camera.door import door_open
from edged.camera.onvif.device import read_info
from edged.camera.onvif.events import PullPoint
from edged.camera.onvif.media import read_profiles, read_streams
from edged.camera.onvif.ptz import OnvifHead
from edged.camera.onvif.session import OnvifSession
from edged.camera.quirks.policies import limits_of, quirks_for
from edged.camera.ring import jpeg
from edged.camera.secret import Login
from edged.camera.settings import CameraSettings, FleetSettings
from edged.camera.stream import Stream
from edged.model.errors import CameraError, CameraUnreachable
from edged.model.frame import Frame
from edged.model.health import Rung
from edged.model.words import Words

Outcome = Literal["good", "warning", "bad"]
WATCH_S = 5.0
SLOW_FPS, LONG_KEY_S = 2.0, 4.0


@dataclass(frozen=True, slots=True)
class Step:
    """One question and its answer. `figures` for machines; `rung` reached when it is good."""

    name: str
    outcome: Outcome
    words: Words
    figures: dict[str, Any] = field(default_factory=dict)
    rung: Rung | None = None


class Ladder:
    """Climbs one camera. `jpeg` holds a picture after a climb that saw one."""

    def __init__(self, camera: CameraSettings, login: Callable[[], Login], fleet: FleetSettings | None = None) -> None:
        self.camera, self.fleet = camera, fleet or FleetSettings()
        self.jpeg: bytes | None = None
        self.reached: Rung = "unreachable"
        self._login = login
        self._session: OnvifSession | None = None

    def climb(self, *, onvif: bool = True) -> Iterator[Step]:
        """Yield the steps as they are taken. `onvif` false: only the stream address of the settings. Raises ConfigError for the login."""
        login = self._login()
        try:
            for step in self._with_onvif(login) if onvif else self._lenses(self._written(), login):
                self.reached = step.rung if step.rung is not None and step.outcome != "bad" else self.reached
                yield step
        finally:
            if self._session is not None:
                self._session.close()

    def _with_onvif(self, login: Login) -> Iterator[Step]:
        camera = self.camera
        began = time.monotonic()
        where = f"{camera.address}:{camera.onvif_port}"
        if not door_open(camera.address, camera.onvif_port, self.fleet.connect_timeout_s):
            yield Step(
                "reachable", "bad",
                Words(f"nothing answers at {where}: check power, cable, address and onvif_port",
                      f"{where} 无应答: 请检查电源、网线、address 和 onvif_port"),
            )  # fmt: skip
            return
        ms = round(1000 * (time.monotonic() - began), 1)
        yield Step(
            "reachable",
            "good",
            Words(f"{where} accepts connections in {ms} ms", f"{where} 可连接, {ms} 毫秒"),
            {"connect_ms": ms},
            "reachable",
        )
        session = self._session = OnvifSession(camera, self.fleet, login)
        info: DeviceInfo | None = None
        try:
            yield self._clock(session)
            info = read_info(session)
        except CameraError as fault:
            yield _failed("login", fault)
            return
        said = " ".join(w for w in (info.manufacturer, info.model, info.firmware) if w)
        yield Step(
            "login", "good", Words(f"login by {session.mode}: {said}", f"登录方式 {session.mode}: {said}"),
            {"auth": session.mode, "manufacturer": info.manufacturer, "model": info.model, "firmware": info.firmware,
             "serial": info.serial},
            "login_ok",
        )  # fmt: skip
        yield self._services(session)
        streams = Streams()
        try:
            profiles = read_profiles(session)
            listed = [
                {"token": p.token, "name": p.name, "codec": p.encoding, "size": f"{p.width}x{p.height}", "fps": p.fps} for p in profiles
            ]
            names = ", ".join(f"{p.token} ({p.name}, {p.encoding} {p.width}×{p.height})" for p in profiles)
            yield Step(
                "profiles",
                "good" if profiles else "bad",
                Words(f"media profiles: {names or 'none'}", f"媒体配置: {names or '无'}"),
                {"profiles": listed},
            )
            streams = read_streams(session)
        except CameraError as fault:
            yield _failed("profiles", fault)
        yield from self._lenses(streams, login)
        yield self._head(session, streams, info)
        yield self._events(session, info)
        for line in limits_of(info.manufacturer, info.model, info.firmware):
            yield Step("known limit", "warning", Words(line, line))

    def _clock(self, session: OnvifSession) -> Step:
        session.connect()
        offset = session.clock_offset_s
        if offset is None:
            return Step(
                "clock", "warning", Words("the camera tells no time: logins are signed in edged's own", "摄像机不报告时间: 按本机时间签名")
            )
        figures = {"clock_offset_s": offset}
        if abs(offset) > self.fleet.clock_limit_s:
            return Step(
                "clock", "warning",
                Words(f"its clock is {offset:+.1f} s off: set it by NTP; edged reckons with it meanwhile",
                      f"时钟偏差 {offset:+.1f} 秒: 请用 NTP 校时; 暂按偏差换算"),
                figures, "onvif_no_login",
            )  # fmt: skip
        return Step("clock", "good", Words(f"its clock is {offset:+.1f} s off", f"时钟偏差 {offset:+.1f} 秒"), figures, "onvif_no_login")

    def _services(self, session: OnvifSession) -> Step:
        names = ("media", "ptz", "imaging", "events", "analytics", "deviceio")
        have = [n for n in names if session.has(n)]
        lack = [n for n in names[:4] if n not in have]
        thermal = any("thermal" in ns for ns in session.namespaces)
        en = f"services: {', '.join(have)}" + (f"; not offered: {', '.join(lack)}" if lack else "")
        zh = f"服务: {'、'.join(have)}" + (f"; 未提供: {'、'.join(lack)}" if lack else "")
        if not thermal:
            en += "; no thermal service, so temperatures in degrees do not come over ONVIF"
            zh += "; 无热像服务, 因此无法经 ONVIF 取得温度"
        return Step("services", "good" if session.has("media") else "bad", Words(en, zh), {"services": sorted(session.namespaces)})

    def _lenses(self, streams: Streams, login: Login) -> Iterator[Step]:
        lenses = (("thermal", streams.thermal_url), ("visible", streams.visible_url))
        seen = False
        for lens, url in lenses:
            if url is not None:
                seen = True
                yield from self._picture(lens, url, login)
        if not seen or (self.camera.thermal is not None and streams.thermal_url is None):
            yield Step(
                "stream", "bad",
                Words("no thermal stream was found: name its profile in thermal.profile, or its address in thermal.stream",
                      "未找到热像视频流: 请在 thermal.profile 写明配置, 或在 thermal.stream 写明地址"),
            )  # fmt: skip

    def _picture(self, lens: str, url: str, login: Login) -> Iterator[Step]:
        got: list[Frame] = []
        began = time.monotonic()
        first: list[float] = []
        changed: list[bool] = []

        def take(frame: Frame) -> None:
            first.append(time.monotonic())
            if got:
                changed.append(not np.array_equal(got[-1].pixels, frame.pixels))
            got[:] = [frame]

        stream = Stream(self.camera.label, url, login, clock_offset_s=self._offset())
        try:
            stream.run(lambda: bool(first) and time.monotonic() - first[0] > WATCH_S, take)
        except CameraError as fault:
            if len(first) < 2:
                yield _failed(f"{lens} stream", fault)
                return
        if len(first) < 2:
            late = CameraUnreachable(
                f"camera {self.camera.label}: {url}: fewer than two pictures came", zh=f"摄像机 {self.camera.label}: {url}: 画面不足两帧"
            )
            yield _failed(f"{lens} stream", late)
            return
        frame = got[0]
        fps = round((len(first) - 1) / max(0.001, first[-1] - first[0]), 1)
        figures = {
            "url": url, "codec": stream.ring.codec, "size": f"{stream.size[0]}x{stream.size[1]}", "fps": fps,
            "first_picture_s": round(first[0] - began, 2), "key_interval_s": stream.key_interval_s,
            "camera_time": frame.camera_time is not None, "damaged": stream.damaged,
        }  # fmt: skip
        yield Step(
            f"{lens} stream", "warning" if fps < SLOW_FPS else "good",
            Words(f"{url}: {figures['codec']} {figures['size']}, {fps} pictures a second, first one after {figures['first_picture_s']} s",
                  f"{url}: {figures['codec']} {figures['size']}, 每秒 {fps} 帧, 首帧 {figures['first_picture_s']} 秒"),
            figures, "stream_ok",
        )  # fmt: skip
        self.jpeg = self.jpeg or jpeg(frame.pixels, 262_144)
        if any(changed):
            yield Step("fresh", "good", Words("its pictures change", "画面在变化"), {"changed": sum(changed), "of": len(changed)}, "fresh")
        else:
            yield Step(
                "fresh", "bad",
                Words(f"{len(changed) + 1} pictures in a row were identical: the sensor or the encoder is frozen; restart the camera",
                      f"连续 {len(changed) + 1} 帧完全相同: 传感器或编码器冻结; 请重启摄像机"),
            )  # fmt: skip
        if stream.key_interval_s is not None and stream.key_interval_s > LONG_KEY_S:
            key_s = stream.key_interval_s
            yield Step(
                "key frames", "warning",
                Words(f"a key frame each {key_s:.1f} s: blindness is noticed only after {2 * key_s + 2:.0f} s; set the interval to 2 s",
                      f"关键帧间隔 {key_s:.1f} 秒: 失明要 {2 * key_s + 2:.0f} 秒后才能发现; 请设为 2 秒"),
            )  # fmt: skip

    def _head(self, session: OnvifSession, streams: Streams, info: DeviceInfo) -> Step:
        profile = next((p for p in (streams.thermal, streams.visible) if p is not None and p.ptz), None)
        if not session.has("ptz") or profile is None:
            return Step("head", "warning", Words("no head that can be turned: it watches one fixed view", "无可控云台: 只观看一个固定视野"))
        quirks = quirks_for(info.manufacturer, info.model, info.firmware, self.camera.quirks)
        try:
            status = OnvifHead(session, profile.token, quirks).status()
        except CameraError as fault:
            return Step("head", "warning", Words(str(fault), fault.zh))
        pan, tilt = round(status.pan_deg, 2), round(status.tilt_deg, 2)
        return Step(
            "head",
            "good",
            Words(f"head at pan {pan}°, tilt {tilt}°", f"云台: 水平 {pan}°, 俯仰 {tilt}°"),
            {"pan_deg": pan, "tilt_deg": tilt},
        )

    def _events(self, session: OnvifSession, info: DeviceInfo) -> Step:
        quirks = quirks_for(info.manufacturer, info.model, info.firmware, self.camera.quirks)
        if quirks.events == "none" or not session.has("events"):
            return Step(
                "events",
                "warning",
                Words("no events: tamper and signal loss are found from the pictures alone", "无事件服务: 仅凭画面判断遮挡与信号丢失"),
            )
        point = PullPoint(session)
        try:
            point.subscribe()
            topics = sorted({n.topic for n in point.pull(1.0)})
        except CameraError as fault:
            return Step("events", "warning", Words(str(fault), fault.zh))
        finally:
            point.release()
        said = ", ".join(topics) or "none waiting"
        return Step("events", "good", Words(f"events: {said}", f"事件: {said}"), {"topics": topics})

    def _written(self) -> Streams:
        lens = self.camera.thermal
        return Streams(thermal_url=lens.stream if lens and lens.stream != "onvif" else None)

    def _offset(self) -> float:
        return (self._session.clock_offset_s if self._session else None) or 0.0


def _failed(name: str, fault: CameraError) -> Step:
    return Step(name, "bad", Words(str(fault), fault.zh))

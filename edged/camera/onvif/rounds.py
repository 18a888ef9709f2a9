"""One camera's life in the fleet: connect, find out, keep asking politely, tell health, release what is held.

One blocking thread a camera (289 of them cost 10 % of a core); a head has one more, so that a pull that waits at the camera does not
hold up its pose. Every known fault becomes a rung of the ladder with words; the pauses between tries grow and are jittered.
"""

from __future__ import annotations

import logging
import random
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime

from edged.backoff import Backoff
from edged.camera.base import CameraLacks, DeviceInfo, Notification, Streams
from edged.camera.door import door_open, speaks_rtsp
from edged.camera.onvif.breaker import Breaker
from edged.camera.onvif.device import read_info
from edged.camera.onvif.events import PullPoint
from edged.camera.onvif.media import read_profiles, read_streams
from edged.camera.onvif.ptz import OnvifHead
from edged.camera.onvif.session import OnvifSession, sibling
from edged.camera.onvif.steer import Steer
from edged.camera.pictures import no_picture, parts_of
from edged.camera.quirks.policies import Quirks, quirks_for
from edged.camera.secret import Login
from edged.camera.settings import CameraSettings, FleetSettings
from edged.messages import Message, PictureWanted, StreamFound, Turn, Turned
from edged.model.errors import CameraError, CameraGarbled, CameraRefused, CameraUnreachable, EdgedError
from edged.model.event import CameraEvent, HealthChanged
from edged.model.health import CameraHealth, Fault, Rung
from edged.model.words import Words
from edged.supervise import guard

GAP_TOPIC = "edged:Events/Gap"
"""Topic of the notice that a subscription was made anew and events may be missing."""
LEAST_PULL_S = 1.0
SLOW_CLOCK_S = 300.0
PASSWORD_LOOK_S = 5.0
log = logging.getLogger("edged.fleet")


class Rounds:
    """One camera. `run` in its own thread until `stop()`; `order` and `picture` from any thread."""

    def __init__(
        self, camera: CameraSettings, login: Callable[[], Login], fleet: FleetSettings, report: Callable[[Message], object],
        delay_s: float = 0.0,
    ) -> None:  # fmt: skip
        self.camera, self.fleet = camera, fleet
        self._read_login, self._report, self._delay_s = login, report, delay_s
        self._stop = threading.Event()
        self._breaker = Breaker(camera, fleet.refused_pause_s)
        self._backoff = Backoff(first_s=1.0, longest_s=fleet.longest_pause_s)
        self._health: CameraHealth | None = None
        self._tried: Login | None = None
        self._steer: Steer | None = None
        self._streams: Streams | None = None
        self._session: OnvifSession | None = None
        self._said: StreamFound | None = None
        self._taken = threading.Semaphore(1)
        self._pulled_at: list[float] = []

    def stop(self) -> None:
        """Ask the thread to release what it holds and end; it does within a call's deadline."""
        self._stop.set()
        if (session := self._session) is not None:
            session.transport.interrupt()

    def order(self, turn: Turn) -> None:
        """Turn the head; the answer is `Turned`."""
        steer = self._steer
        if steer is not None:
            steer.order(turn)
            return
        why = self._health.message if self._health and self._health.fault != "none" else "it has no head that can be turned"
        reason = f"camera {self.camera.label} cannot be turned: {why}"
        self._report(Turned(turn.request_id, turn.camera_id, False, None, None, time.monotonic(), reason))

    def picture(self, wanted: PictureWanted) -> None:
        """Take a picture in a thread of its own; one at a time for each camera."""
        if not self._taken.acquire(blocking=False):
            self._report(no_picture(wanted, f"camera {self.camera.label}: another picture is being taken"))
            return
        threading.Thread(target=self._take, args=(wanted,), name=f"picture-{self.camera.id}", daemon=True).start()

    def run(self) -> None:
        """Live until stopped."""
        if self._stop.wait(self._delay_s):
            return
        while not self._stop.is_set():
            unforeseen: list[BaseException] = []
            pause = self._backoff.longest_s
            with guard(f"camera {self.camera.label}", unforeseen.append):
                pause = self._once()
            if unforeseen:
                word = type(unforeseen[0]).__name__
                self._tell(
                    "unknown",
                    "crashed",
                    Words(
                        f"camera {self.camera.label}: an unforeseen fault of edged ({word}), see the log",
                        f"摄像机 {self.camera.label}: edged 内部故障 ({word}), 请看日志",
                    ),
                )
            self._rest(pause)

    def _rest(self, pause_s: float) -> None:
        """Wait; a password that a person corrected meanwhile ends the wait and is tried at once."""
        limit = time.monotonic() + pause_s
        while (left := limit - time.monotonic()) > 0 and not self._stop.wait(min(left, PASSWORD_LOOK_S)):
            if self._health is None or self._health.fault != "auth_failed" or self._tried is None:
                continue
            try:
                corrected = self._read_login().password != self._tried.password
            except EdgedError:
                continue
            if corrected:
                self._breaker.good()
                return

    def _once(self) -> float:
        """Live until something breaks. Returns how long to wait."""
        began = time.monotonic()
        try:
            self._tried = None
            self._tried = self._read_login()
            self._live(self._tried)
        except CameraRefused as fault:
            self._tell("onvif_no_login", "auth_failed", _words(fault))
            return self._breaker.wait_s + self.fleet.longest_pause_s * random.uniform(1.0, 1.2)
        except CameraUnreachable as fault:
            there = door_open(self.camera.address, self.camera.onvif_port, self.fleet.connect_timeout_s)
            self._tell("reachable" if there else "unreachable", "slow" if there else "none", _words(fault))
        except CameraGarbled as fault:
            self._tell("reachable", "garbled", _words(fault))
        except CameraLacks as fault:
            self._tell("login_ok", "no_profile", _words(fault))
        except CameraError as fault:
            self._tell("reachable", "garbled", _words(fault))
        except EdgedError as fault:
            self._tell("reachable", "auth_failed", _words(fault))
        if time.monotonic() - began > 60.0:
            self._backoff.good()
        return self._backoff.pause_s()

    def _live(self, login: Login) -> None:
        session = OnvifSession(self.camera, self.fleet, login, self._breaker)
        ended = threading.Event()
        helper: threading.Thread | None = None
        try:
            session.connect()
            info = read_info(session)
            quirks = quirks_for(info.manufacturer, info.model, info.firmware, self.camera.quirks)
            self._session = session
            lacks = self._read_streams(session)
            # The head first: what is told of the streams makes control order it to turn.
            helper = self._start_head(session, quirks, ended)
            self._judge_streams(session, info, lacks)
            self._watch(session, quirks, info)
        finally:
            ended.set()
            self._steer = self._session = None
            if helper is not None:
                helper.join(1.0)
            session.close()

    def _read_streams(self, session: OnvifSession) -> Words:
        """Read the stream addresses. Returns why there are none, or empty words."""
        try:
            self._streams = read_streams(session)
        except CameraLacks as fault:
            self._streams = None
            return _words(fault)
        return Words("", "")

    def _judge_streams(self, session: OnvifSession, info: DeviceInfo, lacks: Words) -> None:
        streams = self._streams
        if streams is None:
            self._tell("login_ok", "no_profile", lacks, session, info)
            return
        self._say_streams(streams, session)
        url = streams.thermal_url or streams.visible_url
        label = self.camera.label
        if self.camera.thermal is not None and streams.thermal_url is None:
            words = Words(
                f"camera {label}: no media profile is thermal: name it in thermal.profile",
                f"摄像机 {label}: 没有热像码流配置: 请在 thermal.profile 中指定",
            )
            self._tell("login_ok", "no_profile", words, session, info)
        elif url is None:
            words = Words(
                f"camera {label}: it has no video profile: make one in the camera", f"摄像机 {label}: 没有视频配置: 请在摄像机中新建"
            )
            self._tell("login_ok", "no_profile", words, session, info)
        elif not speaks_rtsp(url, self.fleet.connect_timeout_s):
            words = Words(
                f"camera {label}: no RTSP server answers at {url}: check that RTSP is switched on, and its port",
                f"摄像机 {label}: {url} 没有 RTSP 服务应答: 请检查 RTSP 是否开启及其端口",
            )
            self._tell("login_ok", "no_stream", words, session, info)
        else:
            self._well(session, info)

    def _say_streams(self, streams: Streams, session: OnvifSession) -> None:
        found = StreamFound(self.camera.id, streams.thermal_url, streams.visible_url, session.clock_offset_s or 0.0)
        said = self._said
        same = said is not None and (said.thermal_url, said.visible_url) == (found.thermal_url, found.visible_url)
        if not same or said is None or abs(found.clock_offset_s - said.clock_offset_s) > 1.0:
            self._said = found
            self._report(found)

    def _again(self, session: OnvifSession, info: DeviceInfo) -> None:
        """Look after a camera that answered: one that lacked a stream may have got it."""
        if self._health is not None and self._health.fault in ("no_profile", "no_stream"):
            self._judge_streams(session, info, self._read_streams(session))
            return
        if self._streams is not None:
            self._say_streams(self._streams, session)
        self._well(session, info)

    def _start_head(self, session: OnvifSession, quirks: Quirks, ended: threading.Event) -> threading.Thread | None:
        if self.camera.kind != "lookout" or not session.has("ptz") or quirks.status == "none":
            return None
        profiles = [self._streams.thermal, self._streams.visible] if self._streams else []
        token = next((p.token for p in profiles if p is not None and p.ptz), None)
        token = token or next((p.token for p in read_profiles(session) if p.ptz), None)
        if token is None:
            return None
        other = sibling(session)
        self._steer = Steer(self.camera, self.fleet, OnvifHead(other, token, quirks), quirks, self._report, ended)
        helper = threading.Thread(
            target=guard(f"head of camera {self.camera.label}")(self._steer.run), name=f"head-{self.camera.id}", daemon=True
        )
        helper.start()
        return helper

    def _watch(self, session: OnvifSession, quirks: Quirks, info: DeviceInfo) -> None:
        events = PullPoint(session) if quirks.events == "pull" and session.has("events") else None
        backoff = Backoff(first_s=2.0, longest_s=self.fleet.longest_pause_s)
        period = SLOW_CLOCK_S if events else self.fleet.clock_period_s
        clock_due = time.monotonic() + period * random.uniform(0.5, 1.0)
        try:
            while not self._stop.is_set():
                if time.monotonic() >= clock_due:
                    session.read_clock()
                    clock_due = time.monotonic() + period * random.uniform(0.9, 1.1)
                    self._again(session, info)
                if events is None:
                    self._stop.wait(max(0.1, clock_due - time.monotonic()))
                    continue
                try:
                    self._pull(events, quirks)
                    backoff.good()
                except CameraLacks as fault:
                    log.info("%s; its events are not used", fault)
                    events, period = None, self.fleet.clock_period_s
                    clock_due = min(clock_due, time.monotonic() + period)
                except (CameraUnreachable, CameraRefused):
                    raise
                except CameraError as fault:
                    log.warning("%s", fault)
                    self._gap(str(fault))
                    self._stop.wait(backoff.pause_s())
        finally:
            if events is not None:
                events.release()

    def _pull(self, events: PullPoint, quirks: Quirks) -> None:
        if not events.open:
            events.subscribe()
        self._keep_budget()
        for told in events.pull(quirks.pull_hold_s):
            self._report(_event(self.camera.id, told))

    def _keep_budget(self) -> None:
        """Wait until another pull fits: a lookout may be asked each second, others within the budget of requests a minute."""
        now = time.monotonic()
        self._pulled_at = [at for at in self._pulled_at if now - at < 60.0]
        least = LEAST_PULL_S - (now - self._pulled_at[-1]) if self._pulled_at else 0.0
        if self.camera.kind != "lookout" and len(self._pulled_at) >= max(1.0, self.fleet.requests_per_min - 2.0):
            least = max(least, self._pulled_at[0] + 60.0 - now)
        if least > 0:
            self._stop.wait(least)
        self._pulled_at.append(time.monotonic())

    def _gap(self, reason: str) -> None:
        self._report(CameraEvent(self.camera.id, GAP_TOPIC, "Changed", {}, {"Reason": reason[:200]}, datetime.now(UTC)))

    def _well(self, session: OnvifSession, info: DeviceInfo) -> None:
        offset = session.clock_offset_s
        if offset is not None and abs(offset) > self.fleet.clock_limit_s:
            words = Words(
                f"camera {self.camera.label}: its clock is {offset:+.0f} s off: set it by NTP; edged reckons with the difference meanwhile",
                f"摄像机 {self.camera.label}: 时钟偏差 {offset:+.0f} 秒: 请用 NTP 校时; 其间 edged 自行换算",
            )
            self._tell("stream_ok", "clock_wrong", words, session, info)
        else:
            words = Words(
                f"camera {self.camera.label}: login and stream address are good", f"摄像机 {self.camera.label}: 登录与码流地址正常"
            )
            self._tell("stream_ok", "none", words, session, info)

    def _tell(self, rung: Rung, fault: Fault, said: Words, session: OnvifSession | None = None, info: DeviceInfo | None = None) -> None:
        health = CameraHealth(
            self.camera.id, rung, fault, said.en, datetime.now(UTC), session.clock_offset_s if session else None,
            info.manufacturer if info else None, info.model if info else None, info.firmware if info else None,
            said.zh,
        )  # fmt: skip
        before = self._health
        self._health = health
        if self._stop.is_set():
            return
        if before is None or (before.rung, before.fault) != (rung, fault):
            (log.info if fault == "none" and rung == "stream_ok" else log.warning)("%s", said.en)
            self._report(HealthChanged(health))

    def _untaken(self, wanted: PictureWanted) -> Callable[[BaseException], None]:
        def tell(fault: BaseException) -> None:
            self._report(no_picture(wanted, str(fault)))

        return tell

    def _take(self, wanted: PictureWanted) -> None:
        try:
            with guard(f"picture of camera {self.camera.label}", self._untaken(wanted)):
                # Imported on use: a fleet that is asked for no picture loads neither decoder nor OpenCV.
                from edged.camera.snapshot import take_picture

                session, streams = self._session, self._streams
                if session is None or streams is None:
                    raise CameraUnreachable(self._health.message if self._health else f"camera {self.camera.label}: not connected yet")
                other = sibling(session)
                try:
                    picture = take_picture(other, streams, other.login, wanted.lens, wanted.max_bytes)
                finally:
                    other.close()
                for part in parts_of(wanted, picture):
                    self._report(part)
        finally:
            self._taken.release()


def _event(camera_id: str, told: Notification) -> CameraEvent:
    return CameraEvent(camera_id, told.topic, told.operation, dict(told.source), dict(told.data), told.at)


def _words(fault: EdgedError) -> Words:
    return Words(str(fault), fault.zh)

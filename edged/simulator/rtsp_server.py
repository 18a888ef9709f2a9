"""The RTSP side of one simulated camera (RFC 2326): digest login, TCP-interleaved H.264 and metadata, sender reports on its own clock."""

from __future__ import annotations

import asyncio
import logging
import re
import secrets
from collections.abc import Callable

from edged.simulator.camera import Camera
from edged.simulator.encoder import AccessUnit
from edged.simulator.login import LoginRefused
from edged.simulator.rtp import METADATA_TYPE, VIDEO_TYPE, Sender, interleave
from edged.simulator.sdp import describe
from edged.simulator.services.ptz import status
from edged.simulator.soap import TT
from edged.simulator.stream import Lens, LiveStream
from edged.simulator.wire import Request, Wire, WireGarbled

REPORT_S = 5.0
METADATA_S = 0.5
METHODS = "OPTIONS, DESCRIBE, SETUP, PLAY, PAUSE, GET_PARAMETER, TEARDOWN"
_PHRASES = {200: "OK", 400: "Bad Request", 401: "Unauthorized", 404: "Not Found", 405: "Method Not Allowed", 454: "Session Not Found",
            455: "Method Not Valid in This State", 459: "Aggregate Operation Not Allowed", 461: "Unsupported Transport",
            501: "Not Implemented", 503: "Service Unavailable", 505: "RTSP Version Not Supported"}  # fmt: skip
_CHANNELS = re.compile(r"interleaved=(\d{1,3})-(\d{1,3})")
_TARGET = re.compile(r"^rtsps?://[^/]+/(?P<lens>[a-z]+)/?(?P<track>track[12])?/?(?:\?.*)?$")
log = logging.getLogger(__name__)


class Refusal(Exception):
    """An RTSP answer that says no."""

    def __init__(self, code: int, more: str = "") -> None:
        super().__init__(_PHRASES[code])
        self.code, self.more = code, more


class Session:
    """One viewer: its tracks by name, each with a channel and a sender."""

    def __init__(self, camera: Camera, lens: Lens, wire: Wire) -> None:
        self.session_id = secrets.token_hex(8)
        self.camera, self.lens, self.wire = camera, lens, wire
        self.stream: LiveStream = camera.stream(lens)
        self.tracks: dict[str, tuple[int, Sender]] = {}
        self._loop = asyncio.get_running_loop()
        self._watcher: Callable[[AccessUnit | None], None] | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self._need_key = True

    def set_up(self, track: str, channel: int) -> None:
        """Give a track its channel."""
        kind = VIDEO_TYPE if track == "track1" else METADATA_TYPE
        self.tracks[track] = (channel, Sender(secrets.randbits(32), kind, secrets.randbits(16)))

    def play(self) -> None:
        """Start sending."""
        if self._watcher is not None or self._tasks:
            return
        self.camera.counters.rtsp_sessions += 1
        self.camera.counters.rtsp_sessions_total += 1
        self._tasks.append(asyncio.create_task(self._report()))
        if "track2" in self.tracks:
            self._tasks.append(asyncio.create_task(self._metadata()))
        if "track1" in self.tracks:
            self._watcher = self._from_thread
            self.stream.watch(self._watcher)

    def stop(self) -> None:
        """Stop sending; harmless when it does not send."""
        if self._tasks:
            self.camera.counters.rtsp_sessions -= 1
        for task in self._tasks:
            task.cancel()
        self._tasks.clear()
        if self._watcher is not None:
            self.stream.unwatch(self._watcher)
            self._watcher = None

    def _from_thread(self, unit: AccessUnit | None) -> None:
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._send, unit)

    def _send(self, unit: AccessUnit | None) -> None:
        if self._watcher is None:
            return
        if unit is None:
            self.wire.reset()
            return
        if self._need_key and not unit.key:
            return
        channel, sender = self.tracks["track1"]
        data = b"".join(interleave(channel, p) for p in sender.picture(unit.nals, unit.rtp_time))
        sent = self.wire.offer(data)
        self._need_key = not sent
        if not sent:
            self.camera.counters.pictures_dropped += 1

    async def _report(self) -> None:
        while True:
            now, rtp_time = self.camera.utc().timestamp(), self.stream.rtp_now()
            for channel, sender in self.tracks.values():
                self.wire.offer(interleave(channel + 1, sender.report(now, rtp_time)))
            await asyncio.sleep(REPORT_S)

    async def _metadata(self) -> None:
        channel, sender = self.tracks["track2"]
        while True:
            document = f'<?xml version="1.0" encoding="UTF-8"?><tt:MetadataStream xmlns:tt="{TT}"><tt:PTZ>'
            document += status(self.camera, "tt:PTZStatus") + "</tt:PTZ></tt:MetadataStream>"
            packets = sender.document(document.encode(), self.stream.rtp_now())
            self.wire.offer(b"".join(interleave(channel, p) for p in packets))
            await asyncio.sleep(METADATA_S)


async def serve_rtsp(camera: Camera, wire: Wire) -> None:
    """Answer the requests of one connection until it ends; its session ends with it."""
    session: Session | None = None
    try:
        while True:
            try:
                request = await wire.request()
            except WireGarbled as fault:
                code = fault.status if fault.status in _PHRASES else 400
                await wire.answer(_reply(code, None, ""))
                return
            if request is None:
                return
            try:
                session, answer = await _handle(camera, wire, session, request)
            except Refusal as no:
                answer = _reply(no.code, request, no.more)
            await wire.answer(answer)
            if session is not None and request.method == "PLAY":
                session.play()
            if request.method == "TEARDOWN" and session is None:
                return
    finally:
        if session is not None:
            session.stop()


async def _handle(camera: Camera, wire: Wire, session: Session | None, request: Request) -> tuple[Session | None, bytes]:
    if not request.headers.get("cseq", "").isdigit():
        raise Refusal(400)
    if request.method == "OPTIONS":
        return session, _reply(200, request, f"Public: {METHODS}\r\n")
    _check(camera, request)
    lens, track = _target(camera, request)
    if request.method == "DESCRIBE":
        stream = await asyncio.to_thread(camera.stream, lens)
        metadata = camera.settings.has_head and camera.settings.metadata_track
        body = describe(f"{camera.settings.id} {lens}", stream.encoder.sps, stream.encoder.pps, stream.fps, stream.kbps, metadata=metadata)
        base = f"rtsp://127.0.0.1:{camera.rtsp_port}/{lens}/"
        return session, _reply(200, request, f"Content-Base: {base}\r\nContent-Type: application/sdp\r\n", body)
    if request.method == "SETUP":
        return _set_up(camera, wire, session, request, lens, track)
    if request.method not in ("PLAY", "PAUSE", "GET_PARAMETER", "TEARDOWN"):
        raise Refusal(501)
    if session is None or request.headers.get("session", "").partition(";")[0] != session.session_id:
        raise Refusal(454)
    more = f"Session: {session.session_id};timeout=60\r\n"
    if request.method == "PAUSE":
        session.stop()
    if request.method == "TEARDOWN":
        session.stop()
        return None, _reply(200, request, more)
    if request.method == "PLAY":
        more += "Range: npt=now-\r\n"
        infos = (f"url=rtsp://127.0.0.1:{camera.rtsp_port}/{session.lens}/{t};seq={s.sequence}" for t, (_, s) in session.tracks.items())
        more += f"RTP-Info: {','.join(infos)}\r\n"
    return session, _reply(200, request, more)


def _set_up(camera: Camera, wire: Wire, session: Session | None, request: Request, lens: Lens, track: str | None) -> tuple[Session, bytes]:
    transport = request.headers.get("transport", "")
    if track is None:
        raise Refusal(459)
    if track == "track2" and not (camera.settings.has_head and camera.settings.metadata_track):
        raise Refusal(404)
    if session is not None and session.lens != lens:
        raise Refusal(455)
    if "RTP/AVP/TCP" not in transport:
        raise Refusal(461)
    session = session or Session(camera, lens, wire)
    match = _CHANNELS.search(transport)
    channel = int(match[1]) if match else 2 * len(session.tracks)
    if channel > 254 or any(channel == used for name, (used, _) in session.tracks.items() if name != track):
        raise Refusal(461)
    session.set_up(track, channel)
    _, sender = session.tracks[track]
    more = f"Transport: RTP/AVP/TCP;unicast;interleaved={channel}-{channel + 1};ssrc={sender.ssrc:08X}\r\n"
    return session, _reply(200, request, more + f"Session: {session.session_id};timeout=60\r\n")


def _target(camera: Camera, request: Request) -> tuple[Lens, str | None]:
    match = _TARGET.match(request.target)
    for lens in camera.lenses:
        if match and match["lens"] == lens:
            return lens, match["track"]
    raise Refusal(404)


def _check(camera: Camera, request: Request) -> None:
    if camera.settings.auth == "none":
        return
    header = request.headers.get("authorization", "")
    try:
        camera.digest.check(header, request.method, None, camera.settings.username, camera.password, camera.now_s())
    except LoginRefused as fault:
        if header and not fault.stale:
            camera.counters.refused_logins += 1
        raise Refusal(401, f"WWW-Authenticate: {camera.digest.challenge(camera.now_s(), stale=fault.stale)}\r\n") from fault


def _reply(code: int, request: Request | None, more: str, body: str = "") -> bytes:
    sequence = f"CSeq: {request.headers['cseq']}\r\n" if request and request.headers.get("cseq", "").isdigit() else ""
    length = f"Content-Length: {len(body.encode())}\r\n" if body else ""
    return f"RTSP/1.0 {code} {_PHRASES[code]}\r\n{sequence}{more}{length}\r\n{body}".encode()

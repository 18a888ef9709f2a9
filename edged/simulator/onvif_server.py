"""The HTTP side of one simulated camera: ONVIF over SOAP 1.2, and snapshots. What is malformed or unauthorised gets a fault or 401."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable
from http import HTTPStatus

from edged.simulator.camera import Camera
from edged.simulator.login import LoginRefused
from edged.simulator.services import PRE_AUTH, SERVICES
from edged.simulator.soap import PREFIXES, Envelope, SoapFault, envelope, read, unsupported
from edged.simulator.wire import Request, Wire, WireGarbled

SOAP_TYPE = "application/soap+xml; charset=utf-8"
log = logging.getLogger(__name__)


async def serve_http(camera: Camera, wire: Wire) -> None:
    """Answer the requests of one connection until it ends."""
    while True:
        try:
            request = await wire.request()
        except WireGarbled as fault:
            await wire.answer(_reply(fault.status, str(fault).encode(), "text/plain", close=True))
            return
        if request is None:
            return
        camera.counters.requests += 1
        close = request.headers.get("connection", "").lower() == "close" or request.version == "HTTP/1.0"
        await wire.answer(await _answer(camera, request, close))
        if close:
            return


async def _answer(camera: Camera, request: Request, close: bool) -> bytes:
    path = request.target.partition("?")[0]
    if path.startswith("/snapshot/"):
        return await _snapshot(camera, request, path, close)
    if not path.startswith("/onvif/"):
        return _reply(404, b"there is nothing here", "text/plain", close=close)
    if request.method != "POST":
        return _reply(405, b"ONVIF is spoken by POST", "text/plain", close=close)
    try:
        asked = read(request.body, path.rpartition("/")[2] if path.startswith("/onvif/subscription/") else "")
        operation = SERVICES.get(asked.namespace, {}).get(asked.name)
        camera.counters.operations[asked.name] += 1
        if not (asked.name in PRE_AUTH and asked.namespace == PREFIXES["tds"]):
            _check(camera, request, asked)
        if operation is None or (asked.namespace == PREFIXES["tptz"] and not camera.settings.has_head):
            raise unsupported(f"{asked.name[:80]} is not offered")
        made = operation(camera, asked)
        body = await made if isinstance(made, Awaitable) else made
    except LoginRefused as fault:
        return _unauthorised(camera, fault, close)
    except SoapFault as fault:
        return _reply(fault.status, fault.xml().encode(), SOAP_TYPE, close=close)
    return _reply(200, envelope(body).encode(), SOAP_TYPE, close=close)


async def _snapshot(camera: Camera, request: Request, path: str, close: bool) -> bytes:
    lens = next((name for name in camera.lenses if path == f"/snapshot/{name}.jpg"), None)
    if lens is None:
        return _reply(404, b"there is no such lens", "text/plain", close=close)
    if request.method != "GET":
        return _reply(405, b"use GET", "text/plain", close=close)
    try:
        if camera.settings.auth != "none":
            _check_digest(camera, request)
    except LoginRefused as fault:
        return _unauthorised(camera, fault, close)
    return _reply(200, await asyncio.to_thread(camera.stream(lens).jpeg), "image/jpeg", close=close)


def _check(camera: Camera, request: Request, asked: Envelope) -> None:
    """Verify the login in the camera's own way. Raises LoginRefused (digest) or SoapFault (token)."""
    if camera.settings.auth == "digest":
        _check_digest(camera, request)
    elif camera.settings.auth == "wsse":
        try:
            camera.tokens.check(asked.token, camera.settings.username, camera.password, camera.utc())
        except LoginRefused as fault:
            camera.counters.refused_logins += 1
            raise SoapFault("env:Sender", ("ter:NotAuthorized",), "the sender is not authorized") from fault


def _check_digest(camera: Camera, request: Request) -> None:
    header = request.headers.get("authorization", "")
    try:
        camera.digest.check(header, request.method, request.target, camera.settings.username, camera.password, camera.now_s())
    except LoginRefused as fault:
        if header and not fault.stale:
            camera.counters.refused_logins += 1
        raise


def _unauthorised(camera: Camera, fault: LoginRefused, close: bool) -> bytes:
    challenge = camera.digest.challenge(camera.now_s(), stale=fault.stale)
    return _reply(401, b"login required", "text/plain", close=close, more=f"WWW-Authenticate: {challenge}\r\n")


def _reply(status: int, body: bytes, kind: str, *, close: bool, more: str = "") -> bytes:
    head = (
        f"HTTP/1.1 {status} {HTTPStatus(status).phrase}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n"
        f"Connection: {'close' if close else 'keep-alive'}\r\n{more}\r\n"
    )
    return head.encode("ascii") + body

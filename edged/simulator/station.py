"""A simulated station in one background thread: cameras, fires and faults. It listens on 127.0.0.1 only and opens no connection."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
import time
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from edged.geometry.earth import enu_m
from edged.model.errors import ConfigError, EdgedError
from edged.simulator.camera import Camera
from edged.simulator.faults import REBOOT_S, Fault, FaultKind
from edged.simulator.onvif_server import serve_http
from edged.simulator.rtsp_server import serve_rtsp
from edged.simulator.scene import Blaze, World
from edged.simulator.settings import SITE_LAT, SITE_LON, Growth, SimulatorSettings
from edged.simulator.wire import MAX_HEAD, Wire
from edged.simulator.yard import build_yard
from edged.supervise import guard

HOST = "127.0.0.1"
START_S, STOP_S = 60.0, 10.0
MAX_CONNECTIONS = 64
"""Connections of one camera at a time; more are reset."""
log = logging.getLogger(__name__)
Serve = Callable[[Camera, Wire], Awaitable[None]]


@dataclass(slots=True)
class _Doors:
    """The listening sockets of one camera and who is connected."""

    servers: list[asyncio.Server] = field(default_factory=list)
    wires: set[Wire] = field(default_factory=set)


class Station:
    """The whole station. `start` and `stop` may each be called once; also usable as `with Station(settings) as station:`."""

    def __init__(self, settings: SimulatorSettings) -> None:
        self.settings = settings
        yard = build_yard(settings.seed, settings.air_temp_c)
        self._world = World(settings, yard if settings.traffic else replace(yard, movers=()))
        self._epoch_s = time.monotonic()
        self._cameras = {c.id: Camera(c, self._world, self._epoch_s) for c in settings.cameras}
        self._doors = {name: _Doors() for name in self._cameras}
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._ready, self._end = threading.Event(), asyncio.Event()
        self._fault: EdgedError | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    def __enter__(self) -> Station:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> Station:
        """Listen, light the fires and let the schedule run. Raises ConfigError where a port is taken or a clip cannot be shown."""
        for camera in self._cameras.values():
            if camera.settings.clip:
                camera.stream(camera.lenses[0])
        for fire in self.settings.fires:
            if fire.lat_wgs84 is not None and fire.lon_wgs84 is not None:
                self.ignite_at(fire.lat_wgs84, fire.lon_wgs84, start_s=fire.start_s, growth=fire.growth, max_kw=fire.max_kw)
            else:
                self.camera(fire.camera_id).ignite(
                    fire.pan_deg, fire.tilt_deg, start_s=fire.start_s, growth=fire.growth, max_kw=fire.max_kw
                )
        self._thread = threading.Thread(target=self._run, name="simulated-station", daemon=True)
        self._thread.start()
        if not self._ready.wait(START_S):
            raise EdgedError("simulated station: not up within 60 s", zh="模拟站:60 秒内未能启动")
        if self._fault is not None:
            raise self._fault
        return self

    def stop(self) -> None:
        """End every connection and the thread, within 10 s."""
        if self._loop is not None and self._thread is not None and self._thread.is_alive():
            with contextlib.suppress(RuntimeError):
                self._loop.call_soon_threadsafe(self._end.set)
            self._thread.join(STOP_S)

    def camera(self, camera_id: str) -> Camera:
        """Return a camera. Raises ConfigError for an unknown name."""
        if camera_id not in self._cameras:
            known = ", ".join(self._cameras)
            raise ConfigError(
                f"simulated station: no camera {camera_id}; there are {known}", zh=f"模拟站:没有摄像机 {camera_id};现有 {known}"
            )
        return self._cameras[camera_id]

    @property
    def cameras(self) -> tuple[Camera, ...]:
        """All cameras."""
        return tuple(self._cameras.values())

    def ignite_at(
        self, lat_wgs84: float, lon_wgs84: float, *, start_s: float | None = None, growth: Growth = "fast", max_kw: float = 5000.0
    ) -> Blaze:
        """Start a fire on the ground of the map; every camera with a free line of sight sees it."""
        east, north, _ = enu_m(SITE_LAT, SITE_LON, lat_wgs84, lon_wgs84)
        begins = time.monotonic() - self._epoch_s if start_s is None else start_s
        blaze = Blaze(np.array([east, north, 0.1]), begins, growth, max_kw)
        self._world.fires.append(blaze)
        return blaze

    def put_out(self) -> None:
        """End all fires."""
        self._world.fires.clear()

    def fault(self, kind: FaultKind, camera_id: str, length_s: float | None = None) -> None:
        """Let a fault begin now; without a length it stays until `lift` (a reboot: 20 s)."""
        self.camera(camera_id)
        self._in_loop(self._act(Fault(kind, camera_id, 0.0, length_s)))

    def lift(self, kind: FaultKind, camera_id: str) -> None:
        """End a fault now."""
        self._in_loop(self._lift(kind, self.camera(camera_id)))

    def _in_loop(self, work: Coroutine[Any, Any, None]) -> None:
        """Carry out `work` in the station's loop and wait for it, at most 10 s."""
        if self._loop is None:
            work.close()
            raise EdgedError("simulated station: not started", zh="模拟站:尚未启动")
        asyncio.run_coroutine_threadsafe(work, self._loop).result(STOP_S)

    def _run(self) -> None:
        with guard("simulated station"):
            asyncio.run(self._main())
        self._ready.set()

    async def _main(self) -> None:
        self._loop = asyncio.get_running_loop()
        try:
            for camera in self._cameras.values():
                await self._open(camera)
        except ConfigError as fault:
            self._fault = fault
        else:
            self._hold(self._look_after())
            for f in self.settings.faults:
                self._hold(self._scheduled(Fault(f.kind, f.camera_id, f.at_s, f.length_s)))
            self._ready.set()
            await self._end.wait()
        for camera in self._cameras.values():
            self._shut(camera)
        tasks = tuple(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _open(self, camera: Camera) -> None:
        """Listen on both ports; a port that was 0 keeps its number from then on. Raises ConfigError."""
        doors = self._doors[camera.settings.id]
        for name, serve, port in (("http_port", serve_http, camera.http_port), ("rtsp_port", serve_rtsp, camera.rtsp_port)):
            try:
                server = await asyncio.start_server(self._door(camera, serve), HOST, port, limit=MAX_HEAD)
            except OSError as fault:
                raise ConfigError(
                    f"simulated camera {camera.settings.id}: {name} {port} cannot be opened ({fault.strerror}): "
                    "stop what uses it, or set it to 0",
                    zh=f"模拟摄像机 {camera.settings.id}:端口 {port} 无法打开({fault.strerror}),请停用占用者或设为 0",
                ) from fault
            setattr(camera, name, server.sockets[0].getsockname()[1])
            doors.servers.append(server)

    def _door(self, camera: Camera, serve: Serve) -> Callable[[asyncio.StreamReader, asyncio.StreamWriter], None]:
        wires = self._doors[camera.settings.id].wires

        async def talk(wire: Wire) -> None:
            try:
                with guard(f"simulated camera {camera.settings.id}"), contextlib.suppress(OSError, EOFError, TimeoutError):
                    await serve(camera, wire)
            finally:
                wires.discard(wire)
                await wire.close()

        def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            wire = Wire(reader, writer, camera.faults)
            if camera.faults.has("reset") or len(wires) >= MAX_CONNECTIONS:
                wire.reset()
                return
            wires.add(wire)
            self._hold(talk(wire))

        return connected

    def _hold(self, work: Coroutine[Any, Any, None]) -> None:
        """Run `work` as a task of the station's loop and keep it until it ends."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _shut(self, camera: Camera) -> None:
        doors = self._doors[camera.settings.id]
        for server in doors.servers:
            server.close()
        doors.servers.clear()
        for wire in tuple(doors.wires):
            wire.reset()

    async def _look_after(self) -> None:
        while True:
            for camera in self._cameras.values():
                with guard(f"simulated camera {camera.settings.id}"):
                    camera.watch_scene()
            await asyncio.sleep(1.0)

    async def _scheduled(self, fault: Fault) -> None:
        await asyncio.sleep(max(0.0, fault.at_s - (time.monotonic() - self._epoch_s)))
        await self._act(fault)

    async def _act(self, fault: Fault) -> None:
        camera = self._cameras[fault.camera_id]
        log.info("simulated camera %s: %s begins", fault.camera_id, fault.kind)
        camera.begin(fault.kind)
        if fault.kind == "reboot":
            self._shut(camera)
        if fault.kind in ("reset", "wrong-password"):
            for wire in tuple(self._doors[fault.camera_id].wires):
                wire.reset()
        length = fault.length_s if fault.length_s is not None else REBOOT_S if fault.kind == "reboot" else None
        if length is not None:
            self._hold(self._lift_after(length, fault.kind, camera))

    async def _lift_after(self, length_s: float, kind: FaultKind, camera: Camera) -> None:
        await asyncio.sleep(length_s)
        with guard(f"simulated camera {camera.settings.id}"):
            await self._lift(kind, camera)

    async def _lift(self, kind: FaultKind, camera: Camera) -> None:
        if not camera.faults.has(kind):
            return
        log.info("simulated camera %s: %s ends", camera.settings.id, kind)
        camera.end(kind)
        if kind == "reboot":
            await self._open(camera)

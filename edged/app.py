"""Composition root of control: builds the rooms, holds the roster, and sees the daemon through start, reload and stop.

Nothing here decides: core does. Nothing here blocks: the journal has a thread, MQTT has a thread, cameras have processes.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from edged.assembly import guarded, identity_of, is_watched, kept, plan_of, rules_of
from edged.camera.secret import read_login
from edged.camera.settings import CameraSettings
from edged.cameraviews import CameraViews
from edged.clock import Clock
from edged.clock import now as wall
from edged.config.load import Loaded, changes, load
from edged.config.secret import read_secret
from edged.control import ControlServer, Roles
from edged.core import view as core_view
from edged.core.step import restore, with_rules
from edged.desk import Desk
from edged.eyes import Ears, Eyes
from edged.geometry.air import stepped
from edged.heads import Heads
from edged.logs import Secrets
from edged.messages import Message
from edged.model.command import AirKnown, Command, Drill, Reply, SecondLook, Verify, WatchOn
from edged.model.errors import EdgedError, StoreError
from edged.model.event import Event, HeadMoved, HealthChanged, Noticed, Sighted, Tick
from edged.model.journal import Entry
from edged.operators import Operators
from edged.output.base import BROKER
from edged.output.mqtt.output import LANES, MqttOutput
from edged.overload import CpuShare, Load, LoopLag, Overload
from edged.pictures import Pictures
from edged.pump import Pump
from edged.queries import queries
from edged.roundkeeper import FILE as ROUNDS
from edged.roundkeeper import RoundKeeper
from edged.service import Notifier, Service, watchdog_s
from edged.store.delivery import CursorAhead
from edged.store.inputlog import Header, InputLog
from edged.store.journal import Journal
from edged.supervise import Supervised, guard
from edged.survey import inputs_of
from edged.visits import Visits
from edged.watchdog import Facts
from edged.watchedshare import FILE, WatchedShare, worker
from edged.why import Why

log = logging.getLogger("edged.app")
TICK_S, HEADS_S, PROBE_S, LOAD_S, FREE_S = 0.5, 0.2, 3.0, 1.0, 600.0
AIR_S = 10.0
EPOCH_PAUSE_S, DRAIN_S, TASK_STOP_S = 3600.0, 4.0, 3.0


@dataclass(frozen=True, slots=True)
class Paths:
    """Where the daemon's files are."""

    station: Path
    state_dir: Path
    socket: Path


class Daemon:
    """One run of control."""

    def __init__(self, paths: Paths, secrets: Secrets, clock: Clock = wall) -> None:
        self._paths, self._secrets, self._clock = paths, secrets, clock
        self._loaded = load(paths.station, paths.state_dir)
        guarded(self._loaded.settings)
        self._lag = LoopLag()
        self._cpu = CpuShare(os.cpu_count() or 1)
        self._overload = Overload()
        self._extinction: float | None = None
        self._journal_ok: float | None = None
        self._epoch_began = float("-inf")
        self._thread = ThreadPoolExecutor(1, "journal")
        self._ended: asyncio.Future[None]

    async def run(self) -> None:
        """Run until SIGTERM. Raises StoreError, ConfigError or OutputError where the daemon cannot do its work."""
        self._ended = asyncio.get_running_loop().create_future()
        self._tell_faults(self._loaded)
        self._hide_secrets(self._loaded)
        settings = self._loaded.settings
        consumers = [BROKER] + [one.name for one in settings.mqtt.consumers if one.required and one.delivery == "cursor"]
        loop = asyncio.get_running_loop()
        open_journal = partial(
            Journal.open, self._paths.state_dir / "journal.db", settings.station.id, settings.store, self._clock, consumers
        )
        journal = self._journal = await loop.run_in_executor(self._thread, open_journal)
        try:
            await self._run(journal)
        finally:
            await loop.run_in_executor(self._thread, journal.close)
            self._thread.shutdown()

    async def _run(self, journal: Journal) -> None:
        settings, loop = self._loaded.settings, asyncio.get_running_loop()
        rules = rules_of(settings, self._loaded.site)
        epoch, _, _ = await loop.run_in_executor(self._thread, journal.newest, "real")
        rows = await loop.run_in_executor(self._thread, lambda: list(journal.fold()))
        header = Header(settings.station.id, hashlib.sha256(repr(rules).encode()).hexdigest()[:16], {"epoch": epoch})
        events = InputLog.open(self._paths.state_dir / "input", settings.store, lambda: header)
        self._pump = Pump(restore(rules, epoch, rows), journal, events, self._clock, self._thread, self._carry_out, self._committed)
        self._start_output(journal)
        self._rounds = RoundKeeper(self._paths.state_dir / ROUNDS, settings.store, self._clock)
        self._pictures = Pictures(self._mqtt.media, self._to_eye)
        self._views = CameraViews(self._clock, self._mqtt.camera_state)
        self._visits = Visits(self._paths.state_dir, settings.store, self._clock, lambda: self._pump.state, self._pump.post)
        self._heads = Heads(self._clock, self._to_eye, lambda m: self._eyes.to_fleet(m), self._post, rules.tz, self._stands)
        self._operators = Operators(
            settings.station.language, self._camera, self._heads.taken, lambda turn: self._eyes.to_fleet(turn), self._mqtt.reply
        )
        ears = Ears(
            post=self._post,
            turned=self._heads.turned,
            moved=self._moved,
            eye_started=self._heads.eye_started,
            sighted=self._sighted,
            stream_found=self._views.stream,
            health=self._health,
            camera_event=self._mqtt.camera_event,
            picture=self._pictures.taken,
            spots=self._rounds.put,
            held_back=self._visits.held_back,
        )
        self._eyes = Eyes(
            ears, self._clock, self._paths.state_dir, settings.detection, settings.fleet, self._cpu, settings.recorder
        )  # fmt: skip
        self._service = Service(Notifier(os.environ.get("NOTIFY_SOCKET")), self._reload, self._facts, watchdog_s=watchdog_s(os.environ))
        run_worker = worker(self._paths.station, self._paths.state_dir, extinction_per_km=lambda: self._extinction)
        self._share = WatchedShare(self._paths.state_dir / FILE, run_worker, self._seeing, self._mqtt.coverage)
        self._want_share()
        why = Why(lambda: self._pump.state, self._clock, self._visits, lambda: self._loaded.cameras)
        asked = queries(lambda: self._pump.state, self._clock, self._own, self._position, self._rounds.read, why)
        self._socket = ControlServer(self._paths.socket, self._pump.ask, asked, Roles(settings.roles()))
        self._service.listen()
        self._tell_opening(journal)
        for sight in self._pump.state.book.sight.values():
            if sight.camera_id in rules.lookouts:
                self._views.sight(sight)
        self._heads.set_plans(plan_of(camera, rules) for camera in self._loaded.cameras if is_watched(camera))
        await self._socket.start()
        self._eyes.start(self._loaded.cameras)
        self._mqtt.start(self._mqtt_ended)
        roster = [
            Supervised("pump", self._pump.run, vital=True),
            Supervised("ticks", self._ticks, vital=True),
            Supervised("heads", self._head_ticks, vital=True),
            Supervised("journal probe", self._probe),
            Supervised("loop lag", self._lag.run),
            Supervised("overload", self._watch_load),
            Supervised("housekeeping", self._free),
            Supervised("coverage", self._share.run),
            Supervised("kept sightings", self._visits.run),
            Supervised("temperature rounds", self._keep_rounds),
            Supervised("air", self._watch_air),
        ]
        tasks = [asyncio.create_task(task.run(), name=task.name) for task in roster]
        serving = asyncio.create_task(self._service.run(), name="service")
        self._service.ready(self._status_line())
        log.info("edged watches %d cameras of station %s, epoch %s", len(self._loaded.cameras), settings.station.id, epoch)
        try:
            done, _ = await asyncio.wait([serving, self._ended, *tasks], return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            await self._stop([serving, *tasks])
            await loop.run_in_executor(self._thread, events.close)

    async def _stop(self, tasks: Sequence[asyncio.Task[None]]) -> None:
        await self._socket.stop()
        await self._eyes.stop()
        await self._end_tasks(tasks)
        await self._drain()
        if not await asyncio.to_thread(self._mqtt.stop):
            log.error("stop: MQTT did not end in time")
        await self._drain()
        self._reader.close()
        await asyncio.to_thread(self._rounds.close)
        await self._visits.stop()

    async def _end_tasks(self, tasks: Sequence[asyncio.Task[None]]) -> None:
        """Cancel what runs. A task that does not take it is told once more and then left: rows wait to be written."""
        left = set(tasks)
        for _ in range(2):
            for task in left:
                task.cancel()
            if left:
                _, left = await asyncio.wait(left, timeout=TASK_STOP_S)
        for task in left:
            log.error("stop: %s did not end in time", task.get_name())

    async def _drain(self) -> None:
        """Carry what waits. Twice at a stop: what MQTT took in meanwhile was acknowledged to its sender and must not be forgotten."""
        try:
            await asyncio.wait_for(self._pump.drain(), DRAIN_S)
        except (TimeoutError, StoreError) as fault:
            log.error("stop: the journal took no more rows (%s); what waited is in the input log", fault or f"{DRAIN_S:.0f} s")

    def _start_output(self, journal: Journal) -> None:
        settings, loop = self._loaded.settings, asyncio.get_running_loop()
        desk = Desk(
            journal,
            self._thread,
            self._clock,
            self._pump.post_from_thread,
            lambda order: loop.call_soon_threadsafe(self._operators.order, order),
            lambda: self._mqtt.wake(),
            lambda fault: asyncio.run_coroutine_threadsafe(self._guarded_epoch(fault), loop),
        )
        self._reader = journal.reader()
        self._mqtt = MqttOutput(settings.mqtt, settings.radio, identity_of(settings), self._reader, desk, self._clock)

    # What core ordered, after its rows are on disk.

    def _carry_out(self, command: Command) -> None:
        match command:
            case Reply():
                self._mqtt.reply(command)
            case WatchOn():
                self._heads.watch(command)
            case Drill(camera_id=camera_id) | AirKnown(camera_id=camera_id):
                self._eyes.to_eye(camera_id, command)
            case Verify(alarm_id=alarm_id):
                alarm = self._pump.state.book.alarms.get(alarm_id)
                self._pictures.show(alarm, alarm_id, self._heads.lent_to(alarm_id) or command.camera_id)
            case SecondLook():
                self._heads.second_look(command)

    def _committed(self, entries: Sequence[Entry]) -> None:
        self._mqtt.wake()
        for entry in entries:
            row = entry.row
            if row.alarm is not None:
                self._pictures.announced(row.lane, row.alarm)
                log.log(
                    logging.WARNING if row.alarm.active_at is not None and not row.alarm.test else logging.INFO,
                    "alarm %s #%s %s: %s %s",
                    row.alarm.display_id,
                    row.alarm.slot or "-",
                    row.change,
                    row.alarm.words.place,
                    row.alarm.radio_s,
                    extra={"alarm_id": row.alarm.alarm_id},
                )
            elif row.kind in ("sight", "notice", "hazard"):
                log.warning("%s %s: %s", row.kind, row.change, row.data.get("message") or row.data)
                sight = self._pump.state.book.sight.get(str(row.data.get("camera_id", "")))
                if sight is not None and sight.camera_id in self._pump.state.rules.lookouts:
                    self._views.sight(sight)
            elif row.kind == "weather":
                log.log(logging.INFO if row.severity_level == 4 else logging.WARNING, "weather %s: %s", row.change, row.data["message"])
        self._service.status(self._status_line())

    def _stands(self, camera_id: str, alarm_id: str) -> None:
        if (alarm := self._pump.state.book.alarms.get(alarm_id)) is not None and alarm.state != "suspect":
            self._pictures.show(alarm, alarm_id, camera_id)

    def _to_eye(self, camera_id: str, message: Message) -> None:
        self._eyes.to_eye(camera_id, message)

    def _tell_air(self, air: dict[str, Any]) -> None:
        self._mqtt.air({name: value for name, value in air.items() if name not in ("age_s", "by_beacons")})
        assumed = "extinction_per_km" in air["assumed"]
        extinction = None if assumed else stepped(air["extinction_per_km"], self._extinction)
        if extinction != self._extinction:
            self._extinction = extinction
            self._want_share()

    # What the children say, besides core.

    def _post(self, event: Event) -> None:
        """Give an event to core, and let it be heard by what is kept beside the journal."""
        self._pump.post(event)
        with guard("kept sightings"):
            self._visits.hear(event)

    def _sighted(self, event: Sighted) -> None:
        self._pictures.sighted(event.sighting)
        self._mqtt.overlay(event.sighting)

    def _health(self, event: HealthChanged) -> None:
        self._heads.health(event)
        self._views.health(event)

    def _moved(self, event: HeadMoved) -> None:
        self._heads.moved(event)
        self._views.moved(event)

    # Roster.

    async def _ticks(self) -> None:
        while True:
            self._pump.post(Tick())
            await asyncio.sleep(TICK_S)

    async def _keep_rounds(self) -> None:
        await self._rounds.recall(tuple(self._pump.state.rules.rounds), self._pump.post)
        await self._rounds.run()

    async def _watch_air(self) -> None:
        """Let upstream and coverage know of the air, where it is another one than they know."""
        told: tuple[object, ...] = ()
        while True:
            air = core_view.air(self._pump.state, self._clock())
            coarse = (round(air["air_temp_c"]), round(air["extinction_per_km"], 1), air["extinction_from"], air["assumed"], air["source"])
            if coarse != told:
                told = coarse
                self._tell_air(air)
            await asyncio.sleep(AIR_S)

    async def _head_ticks(self) -> None:
        while True:
            self._heads.tick()
            await asyncio.sleep(HEADS_S)

    async def _probe(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await loop.run_in_executor(self._thread, self._journal.probe)
            self._journal_ok = self._clock().mono_s
            await asyncio.sleep(PROBE_S)

    async def _guarded_epoch(self, fault: CursorAhead) -> None:
        with guard("a new epoch"):
            await self._cursor_ahead(fault)

    async def _cursor_ahead(self, fault: CursorAhead) -> None:
        """A named consumer knows rows that this journal never had: it was restored from an older copy, so its numbers must not go on."""
        now = self._clock().mono_s
        if now - self._epoch_began < EPOCH_PAUSE_S:
            return
        self._epoch_began = now
        log.error("%s: a new epoch begins", fault)
        loop = asyncio.get_running_loop()
        begin = partial(self._journal.begin_epoch, "cursor_ahead", {fault.lane: fault.sequence})
        try:
            entries = await loop.run_in_executor(self._thread, begin)
        except StoreError:
            self._epoch_began = float("-inf")
            raise
        await self._pump.replace_state(lambda state: replace(state, epoch=entries[0].epoch))
        self._committed(entries)

    async def _watch_load(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(LOAD_S)
            measures = self._overload.judge(loop.time(), Load(self._lag.worst(loop.time()), self._cpu.share()))
            if measures is not None:
                self._eyes.slow(measures.max_fps)
                text = f"overload: eyes judge {measures.max_fps or 'all'} frames a second"
                self._pump.post(Noticed("system", "overload", text, 3 if measures.max_fps else 4, {"max_fps": measures.max_fps}))

    async def _free(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(FREE_S)
            for late in await loop.run_in_executor(self._thread, self._journal.expire, self._clock()):
                log.error("tell %s (%s) was not handed over before its deadline: %s", late.tell_id, late.path, late.text_s)
            while True:
                freed = await loop.run_in_executor(self._thread, self._journal.free, self._clock())
                if not freed.more:
                    break

    def _facts(self) -> Facts:
        now = asyncio.get_running_loop().time()
        sight = self._pump.state.book.sight
        blind = lambda camera_id: camera_id in sight and not sight[camera_id].sees  # noqa: E731
        mqtt, ticked = self._mqtt.advanced_at(), self._pump.ticked_mono_s
        return Facts(self._lag.worst(now), self._journal_ok, mqtt, False, self._eyes.facts(blind), ticked)

    def _mqtt_ended(self, fault: BaseException) -> None:
        self._pump.post_from_thread(Noticed("system", "mqtt_ended", str(fault), 1))
        self._ended.get_loop().call_soon_threadsafe(self._end, fault)

    def _end(self, fault: BaseException) -> None:
        if not self._ended.done():
            self._ended.set_exception(fault)

    # Reload.

    async def _reload(self) -> str:
        loaded = await asyncio.to_thread(load, self._paths.station, self._paths.state_dir)
        guarded(loaded.settings)
        self._tell_faults(loaded)
        self._hide_secrets(loaded)
        settings, waiting = kept(self._loaded.settings, loaded.settings)
        loaded = replace(loaded, settings=settings)
        what = changes(self._loaded, loaded)
        if what:
            rules = rules_of(settings, loaded.site)
            await self._pump.replace_state(lambda state: with_rules(state, rules))
            self._heads.set_plans(plan_of(camera, rules) for camera in loaded.cameras if is_watched(camera))
            now = loaded.settings
            self._eyes.change(what.added, what.removed, what.changed, now.detection, now.fleet, now.recorder)
            for camera_id in (*what.removed, *(camera.id for camera in what.changed if not camera.enabled)):
                self._views.gone(camera_id)
                self._mqtt.camera_gone(camera_id)
            self._socket.roles = Roles(settings.roles())
            self._mqtt.set_people(settings.roles(), settings.weather.sources)
        self._loaded = loaded
        self._want_share()
        if waiting:
            text = f"reload: {', '.join(waiting)} changed in station.yaml and stay as they are until a restart: systemctl restart edged"
            log.warning("%s", text)
            self._pump.post(Noticed("system", "restart_needed", text, 3, {"sections": list(waiting)}))
        return self._status_line()

    def _tell_opening(self, journal: Journal) -> None:
        """Say upstream how the journal was found, where it was not as it was left."""
        found = journal.opening
        if found.cause is not None and found.cause != "first":
            text = f"journal: a new epoch begins ({found.cause}): {found.carried} rows carried over, {found.lost} lost"
            self._pump.post(Noticed("system", "journal_epoch", text, 2, {"cause": found.cause, "set_aside": found.set_aside}))

    def _tell_faults(self, loaded: Loaded) -> None:
        for fault in loaded.faults:
            log.log(logging.WARNING if fault.severity == "warning" else logging.ERROR, "%s", fault)
        for entry in loaded.entries:
            if entry.state != "current":
                log.error("%s: %s: %s (`edged check` shows the line)", entry.file, entry.entry, entry.words.en)

    def _hide_secrets(self, loaded: Loaded) -> None:
        for camera in loaded.cameras:
            try:
                self._secrets.add(read_login(camera).password)
            except EdgedError as fault:
                log.error("camera %s: %s", camera.id, fault)
        if loaded.settings.mqtt.password_file is not None:
            self._secrets.add(read_secret(loaded.settings.mqtt.password_file, loaded.folder).get_secret_value())

    # How much is watched.

    def _want_share(self) -> None:
        loaded, extinction = self._loaded, self._extinction
        self._share.want(lambda: inputs_of(loaded.settings, loaded.site, extinction_per_km=extinction))

    def _seeing(self) -> dict[str, bool | None]:
        status = core_view.status(self._pump.state, self._clock())
        return {camera["camera_id"]: camera["sees"] for camera in status["cameras"]}

    # Words.

    def _camera(self, camera_id: str) -> CameraSettings | None:
        return next((camera for camera in self._loaded.cameras if camera.id == camera_id), None)

    def _status_line(self) -> str:
        status = core_view.status(self._pump.state, self._clock())
        open_alarms = len(status["open_alarms"])
        sees = f"{status['seeing']}/{status['lookouts']} lookouts see"
        stale = sum(entry.state != "current" for entry in self._loaded.entries)
        return f"{sees}, {open_alarms} open alarms, {status['armed']} armed" + (f", {stale} entries not current" if stale else "")

    async def _position(self) -> dict[str, Any]:
        """Return where journal and cursors stand: {newest: {lane: [epoch, sequence]}, cursors: {consumer: {lane: sequence}}}."""
        names = [BROKER, *(one.name for one in self._loaded.settings.mqtt.consumers)]

        def read() -> dict[str, Any]:
            newest = {lane: self._journal.newest(lane)[:2] for lane in LANES}
            cursors = {name: {lane: (self._journal.cursor(name, lane) or ("", 0))[1] for lane in LANES} for name in names}
            return {"newest": newest, "cursors": cursors}

        return await asyncio.get_running_loop().run_in_executor(self._thread, read)

    def _own(self) -> dict[str, Any]:
        """Return what only the shell knows, for `edged status`."""
        now = asyncio.get_running_loop().time()
        return {
            "children": self._eyes.children(),
            "heads": self._heads.shown(),
            "recorder": self._eyes.recordings.shown(),
            "mqtt_up": self._mqtt.up,
            "loop_lag_s": round(self._lag.worst(now), 3),
            "journal_failing": self._pump.failing,
            "starved": self._service.starved,
            **self._share.shown(),
            "entries": [
                {"entry": one.entry, "file": one.file, "state": one.state, "en": one.words.en, "zh": one.words.zh}
                for one in self._loaded.entries
                if one.state != "current"
            ],
            "faults": {camera.id: fault for camera in self._loaded.cameras if (fault := self._views.fault(camera.id))},
            "faults_zh": {camera.id: fault for camera in self._loaded.cameras if (fault := self._views.fault(camera.id, "zh"))},
        }

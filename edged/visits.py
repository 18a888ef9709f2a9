"""Keeps what eyes saw and why it was held back: hears events beside core, asks core's state what it made of them, writes in a thread.

Nothing here may delay the pump or an alarm: hearing is a few dictionary steps, writing is a thread's, and what cannot be written is lost.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path

from edged.clock import Clock
from edged.core.book import Book
from edged.core.recurrent import Proposal, recurrent
from edged.core.step import State
from edged.core.visits import Key, add, begun, judged, judgement, key_of, usable
from edged.model.alarm import Alarm
from edged.model.errors import StoreError
from edged.model.event import Event, Noticed, Sighted, ViewHeld, WatchedView
from edged.model.sighting import Sighting
from edged.model.view import HeadPolygon, Watched
from edged.model.visit import CELL_S, BlindRun, Judgement, Visit, WatchCell
from edged.store.settings import StoreSettings
from edged.store.sightings import NAME, SightingReader, SightingStore

log = logging.getLogger("edged.sightings")
SCAN_S, WRITE_S, FREE_S, PROPOSE_S = 1.0, 15.0, 3600.0, 6 * 3600.0
NOTICE_DAYS = 7
LIVELY_S = 5.0
"""What core makes of a visit is asked for so long after its last sighting."""
ENDED_S = 60.0
"""A visit that nothing was heard of for so long is written and forgotten; its track's number goes on meaning it in the file."""
MOST_VISITS, MOST_CELLS, MOST_RUNS = 3000, 3000, 1000
BLIND_S, SILENT_S = 30.0, 30.0
"""Shorter stretches without a judged picture are part of a tour; without any report at all for so long, the eye did not work."""


@dataclass(slots=True)
class _Watching:
    """How one head is watched now. `blind_from`: since when it judges nothing, UTC, with its seconds by cause."""

    heard_mono_s: float
    heard_at: datetime
    blind_from: datetime | None = None
    causes: dict[str, float] = field(default_factory=dict)


class Visits:
    """Hears in the loop's thread. `state` gives core's present state, `post` takes a notice."""

    def __init__(
        self, state_dir: Path, settings: StoreSettings, clock: Clock, state: Callable[[], State], post: Callable[[Event], None]
    ) -> None:
        self.reader = SightingReader(state_dir / NAME)
        self.lost = 0
        self._settings, self._clock, self._state, self._post = settings, clock, state, post
        self._store = SightingStore(state_dir / NAME, settings)
        self._thread = ThreadPoolExecutor(1, "sightings")
        self._visits: dict[Key, Visit] = {}
        self._heard: dict[Key, float] = {}
        self._changed: set[Key] = set()
        self._areas: dict[str, tuple[HeadPolygon, ...]] = {}
        self._cells: dict[tuple[str, str, int], WatchCell] = {}
        self._watching: dict[str, _Watching] = {}
        self._runs: dict[tuple[str, datetime], BlindRun] = {}
        self._said: dict[str, Judgement] = {}
        self._book: Book | None = None
        self._failing: str | None = None

    def hear(self, event: Event) -> None:
        """Take in what core is given."""
        if self._settings.sightings_mb == 0:
            return
        match event:
            case Sighted(sighting=s):
                self._seen(s, held=False)
            case WatchedView(watched=report):
                self._watched(report)
            case ViewHeld(view=view):
                self._areas[view.camera_id] = view.areas

    def held_back(self, s: Sighting) -> None:
        """Take in what an eye held back."""
        if self._settings.sightings_mb > 0:
            self._seen(s, held=True)

    async def run(self) -> None:
        """Scan, write, free and propose until cancelled."""
        loop = asyncio.get_running_loop()
        written, freed, proposed = loop.time(), loop.time() + 60.0 - FREE_S, loop.time() + 300.0 - PROPOSE_S
        while True:
            await asyncio.sleep(SCAN_S)
            if self._settings.sightings_mb == 0:
                continue
            self.scan()
            now = loop.time()
            if now - written >= WRITE_S:
                written = now
                await self.write()
            if now - freed >= FREE_S:
                freed = now
                await self._in_thread(partial(self._store.free, self._clock()))
            if now - proposed >= PROPOSE_S:
                proposed = now
                await self.propose()

    async def stop(self) -> None:
        """Write what is left, at most a few seconds long."""
        try:
            async with asyncio.timeout(3.0):
                self.scan()
                await self.write()
                await self._in_thread(self._store.close)
        except TimeoutError:
            log.error("stop: the kept sightings could not be written in time")
        self._thread.shutdown(wait=False, cancel_futures=True)

    def scan(self) -> None:
        """Ask core's state what it makes of the visits that are on, and of alarms that people spoke about."""
        state, now = self._state(), self._clock()
        lively = {key: self._visits[key] for key, heard in self._heard.items() if now.mono_s - heard <= LIVELY_S}
        for key, visit in judged(state, now, lively).items():
            if visit != self._visits[key]:
                self._visits[key] = visit
                self._changed.add(key)
        if state.book is not self._book:
            before = self._book
            self._book = state.book
            for alarm in _new(before, state.book):
                self._said[alarm.alarm_id] = judgement(alarm)

    async def write(self) -> None:
        """Write what changed. What cannot be written and is over is lost, and said once."""
        now = self._clock()
        changed, visits = self._changed, [self._visits[key] for key in self._changed]
        cells, runs, said = list(self._cells.values()), list(self._runs.values()), list(self._said.values())
        runs += [run for name, watching in self._watching.items() if (run := _run(name, watching)) is not None]
        self._changed, self._cells, self._runs, self._said = set(), {}, {}, {}
        for key in [key for key, heard in self._heard.items() if now.mono_s - heard > ENDED_S]:
            del self._visits[key], self._heard[key]
        if (visits or cells or runs or said) and not await self._in_thread(partial(self._store.put, visits, cells, runs, said)):
            self._changed |= changed & self._visits.keys()
            self.lost += len(changed - self._visits.keys()) + len(cells)

    async def propose(self) -> None:
        """Tell, at most once a week, which sources came again and were not proposed before."""
        now = self._clock()
        try:
            found, known = await asyncio.to_thread(lambda: (self.proposals(), self.reader.proposed()))
        except StoreError as fault:
            log.warning("%s", fault)
            return
        new = [one for one in found if one.key not in known]
        lately = any(timedelta(0) <= now.utc - at < timedelta(days=NOTICE_DAYS) for at in known.values())
        if not new or lately or not await self._in_thread(partial(self._store.propose, [one.key for one in new], now.utc)):
            return
        places = ", ".join(f"{one.camera_id} {one.place or f'{one.pan_deg:.1f},{one.tilt_deg:.1f}'} ({one.days} days)" for one in new[:5])
        text = f"{len(new)} places are hot again and again and never burnt: {places}: look at `edged why --proposals`"
        zh = f"{len(new)} 处反复出现热源且未起火: {places}: 请看 edged why --proposals"
        self._post(
            Noticed("system", "known_heat_proposed", text, 4, {"count": len(new), "zh": zh, "places": [one.key for one in new[:20]]})
        )

    def proposals(self) -> list[Proposal]:
        """Return what is proposed now. Blocks: call it in a thread. Raises StoreError."""
        state, now = self._state(), self._clock()
        since = now.utc - timedelta(days=self._settings.sightings_days)
        visits, _ = self.reader.visits(since, now.utc + timedelta(days=1), lambda _: True, 20_000, notable=True)
        return recurrent(visits, self.reader.judgements(), self._settings.recurrent_days, state.rules.tz)

    def today(self) -> date:
        """Return the station's date."""
        return self._clock().utc.astimezone(self._state().rules.tz).date()

    def live(self) -> list[Visit]:
        """Return the visits that are on, written or not."""
        return list(self._visits.values())

    def _seen(self, s: Sighting, *, held: bool) -> None:
        if not usable(s):
            return
        key = key_of(s)
        visit = self._visits.get(key)
        if visit is not None and s.captured_at.timestamp() < visit.first_seen_at.timestamp() - CELL_S:
            visit = None
        if visit is None and len(self._visits) >= MOST_VISITS:
            self.lost += 1
            return
        self._visits[key] = add(visit or begun(s), s, self._areas.get(s.camera_id, ()), held=held)
        self._heard[key] = self._clock().mono_s
        self._changed.add(key)

    def _watched(self, report: Watched) -> None:
        now = self._clock()
        known = self._watching.get(report.camera_id)
        if known is None:
            known = self._watching[report.camera_id] = _Watching(now.mono_s, now.utc)
        elif now.mono_s - known.heard_mono_s > SILENT_S:
            self._end(report.camera_id, known)
            self._keep(BlindRun(report.camera_id, known.heard_at, now.utc, "stopped"))
        blind = sum(seconds for _, seconds in report.blind_s)
        watched = max(0.0, min(report.until_mono_s - report.from_mono_s - blind, 60.0)) if report.judged_frames else 0.0
        self._cell(report, watched, now.utc)
        if report.judged_frames:
            self._end(report.camera_id, known)
        else:
            known.blind_from = known.blind_from or known.heard_at
            for cause, seconds in report.blind_s:
                known.causes[cause] = known.causes.get(cause, 0.0) + seconds
        known.heard_mono_s, known.heard_at = now.mono_s, now.utc

    def _cell(self, report: Watched, watched_s: float, at: datetime) -> None:
        cell = int(at.timestamp() // CELL_S)
        key = (report.camera_id, report.view_id or "", cell)
        before = self._cells.get(key)
        if before is None:
            if len(self._cells) >= MOST_CELLS:
                return
            before = WatchCell(key[0], key[1], datetime.fromtimestamp(cell * CELL_S, UTC), 0.0, None)
        blind = dict(before.blind_s)
        for cause, seconds in report.blind_s:
            blind[cause] = blind.get(cause, 0.0) + seconds
        last = at if report.judged_frames else before.last_at
        self._cells[key] = replace(before, watched_s=before.watched_s + watched_s, last_at=last, blind_s=tuple(blind.items()))

    def _end(self, camera_id: str, watching: _Watching) -> None:
        if (run := _run(camera_id, watching)) is not None:
            self._keep(run)
        watching.blind_from, watching.causes = None, {}

    def _keep(self, run: BlindRun) -> None:
        if len(self._runs) < MOST_RUNS:
            self._runs[(run.camera_id, run.from_at)] = run

    async def _in_thread(self, work: Callable[[], None]) -> bool:
        """Do it in the writing thread. False where it failed, which is said once until it succeeds again."""
        try:
            await asyncio.get_running_loop().run_in_executor(self._thread, work)
        except StoreError as fault:
            if self._failing is None:
                log.error("%s; sightings of this time are not kept, alarms are not affected", fault)
            self._failing = str(fault)
            return False
        if self._failing is not None:
            log.warning("sightings are kept again; %d records were lost", self.lost)
            self._failing = None
        return True


def _run(camera_id: str, watching: _Watching) -> BlindRun | None:
    begin = watching.blind_from
    if begin is None or (watching.heard_at - begin).total_seconds() < BLIND_S:
        return None
    causes: Mapping[str, float] = watching.causes or {"stopped": 1.0}
    return BlindRun(camera_id, begin, watching.heard_at, max(causes, key=lambda cause: causes[cause]))


def _new(before: Book | None, now: Book) -> list[Alarm]:
    """Return the alarms that differ from those of an earlier book."""
    old = {} if before is None else {**before.cleared, **before.alarms}
    return [alarm for name, alarm in {**now.cleared, **now.alarms}.items() if old.get(name) is not alarm]

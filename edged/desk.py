"""Control's side of the outputs: what they ask for is carried out on control's threads.

Everything here may be called from any thread and returns at once. Journal calls go to the journal's own thread.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from concurrent.futures import Executor, Future
from typing import Literal

from edged.clock import Clock
from edged.model.errors import StoreError
from edged.model.event import Event, RadioReported
from edged.model.journal import Lane
from edged.output.base import PtzOrder, TellOutcome
from edged.store.delivery import CursorAhead
from edged.store.journal import Journal

log = logging.getLogger("edged.output")
_LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}


class Desk:
    """Implements `edged.output.base.Control`.

    `post` queues an event for core; `ptz` carries out an operator's order in the loop; `moved` is called when a cursor or a tell changed,
    so that the outputs look into the journal again; `ahead` when a consumer has read further than the journal goes.
    """

    def __init__(
        self,
        journal: Journal,
        thread: Executor,
        clock: Clock,
        post: Callable[[Event], None],
        ptz: Callable[[PtzOrder], object],
        moved: Callable[[], None],
        ahead: Callable[[CursorAhead], object],
    ) -> None:
        self._journal, self._thread, self._clock = journal, thread, clock
        self._post, self._ptz, self._moved, self._ahead = post, ptz, moved, ahead

    def advance(self, consumer: str, lane: Lane, epoch: str, sequence: int) -> None:
        """Move a cursor."""
        self._submit(f"cursor of {consumer}", lambda: self._journal.advance(consumer, lane, epoch, sequence))

    def on_event(self, event: Event) -> None:
        """Step this event; a radio's report is kept with its tell as well."""
        if isinstance(event, RadioReported):
            at = self._clock().utc
            self._submit(
                f"report of {event.tell_id}",
                lambda: self._journal.tell_done(event.tell_id, event.result, event.detail, at, event.radio, event.report_id),
            )
        self._post(event)

    def on_ptz(self, order: PtzOrder) -> None:
        """Carry out an operator's order to a head."""
        self._ptz(order)

    def tell_done(self, tell_id: str, outcome: TellOutcome, detail: str) -> None:
        """Note that a tell was handed over or expired."""
        at = self._clock().utc
        self._submit(f"tell {tell_id}", lambda: self._journal.tell_done(tell_id, outcome, detail, at))

    def log(self, level: Literal["debug", "info", "warning", "error"], text: str) -> None:
        """Write a line to the log."""
        log.log(_LEVELS[level], "%s", text)

    def _submit(self, what: str, work: Callable[[], object]) -> None:
        def done(future: Future[object]) -> None:
            fault = future.exception()
            if isinstance(fault, CursorAhead):
                self._ahead(fault)
            elif isinstance(fault, StoreError):
                log.error("%s: %s", what, fault)
            elif fault is not None:
                log.error("%s: %s", what, fault, exc_info=fault)
            else:
                self._moved()

        self._thread.submit(work).add_done_callback(done)

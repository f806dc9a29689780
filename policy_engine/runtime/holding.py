"""Takes up what waits, when its time has come: this process as a worker of its store.

The store says what waits and when it should be looked at: at the end of a rung or of a ladder, and
at once where somebody has signed, confirmed or rejected, which is written in the transaction of
that. A worker notices what is new, parks it, and takes it up when parking calls. Any number of
workers may share a store: who takes up what another has finds it as it stands.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from datetime import datetime

from policy_engine.foundation.errors import PolicyEngineError
from policy_engine.runtime.parking import Parking
from policy_engine.runtime.store import Status, Store

NOTICE_SECONDS = 0.25
"""How often a worker asks the store for what is new."""

_SETTLE_EVERY = 40
"""And every so many times, for what a dead gate has left behind."""

_log = logging.getLogger(__name__)


class Holding:
    """The worker of one gate. `take_up` decides an action afresh; `settle` sees to the dead."""

    def __init__(
        self,
        store: Store,
        parking: Parking,
        take_up: Callable[[str], Status],
        settle: Callable[[], object],
    ) -> None:
        self._store = store
        self._parking = parking
        self._take_up = take_up
        self._settle = settle
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="holding", daemon=True)

    def start(self) -> None:
        """Begins to work, in threads of its own."""
        self._parking.work(self._taken_up, self._store.waiting)
        self._thread.start()

    def close(self) -> None:
        """Ends the work, once what is being taken up is done with."""
        self._ended.set()
        self._thread.join()
        self._parking.close()

    def _taken_up(self, id_: str) -> datetime | None:
        """Takes an action up; when to look at it again, or None where it is settled."""
        if self._take_up(id_) not in (Status.HELD, Status.PROPOSED):
            return None
        return self._store.due(id_)

    def _watch(self) -> None:
        turn = 0
        while not self._ended.is_set():
            try:
                for id_, due in self._store.unnoticed():
                    self._parking.park(id_, due)
                    self._store.notice(id_, due)
                if turn % _SETTLE_EVERY == 0:
                    self._settle()
            except PolicyEngineError:
                _log.exception("a worker could not ask the store what waits; it tries again")
            turn += 1
            self._ended.wait(NOTICE_SECONDS)

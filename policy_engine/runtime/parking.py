"""When an action that waits is taken up again: by a clock, by a wake, by whichever worker lives.

The gate's store says what waits; parking only says when to look at it. So nothing here decides:
to take an action up too early or twice finds it as it stands, and what parking loses, since it is
not part of the gate's transactions, a worker finds again in what the store says.

    park(id, at) ─────▶ no later than `at` ─┐
    wake(id) ─────────▶ as soon as may be ──┼─▶ take_up(id) ─▶ when to look again, or None
    what waits, looked through every 30 s ──┘
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Protocol

from policy_engine.runtime.ports import Clock

TakeUp = Callable[[str], datetime | None]
"""Takes an action up; gives when to look at it again, or None where it is settled.

Is called at least once, perhaps by two workers at a time, so it must bear both.
"""

WhatWaits = Callable[[], Iterable[tuple[str, datetime]]]
"""All actions that wait in the gate's store, each with when it should be looked at.

What it does not give is settled, and no longer taken up.
"""

REVIEW = timedelta(seconds=30)
"""How often a worker looks through all that waits; what failed is tried again as often."""

_MOST_AT_ONCE = 16
_LONGEST_SLEEP = 1.0
"""Seconds. The machine's clock may be set while a thread sleeps."""

_SOON = datetime.min.replace(tzinfo=UTC)
_log = logging.getLogger(__name__)


class Parking(Protocol):
    """Keeps when to take up what waits. May be shared among threads.

    Times have their offset from UTC. What cannot be kept raises `StoreError`; the caller may go
    on, since a worker's next review finds the action all the same.
    """

    def park(self, id: str, at: datetime) -> None:
        """Has an action, which the store has already, taken up no later than `at`.

        Parked again, it is taken up by the earlier time, and perhaps by both.
        """

    def wake(self, id: str) -> None:
        """Has an action taken up as soon as may be, and once more where that is going on now."""

    def drop(self, id: str) -> None:
        """Says that an action is settled, so that it need not be taken up again."""

    def work(self, take_up: TakeUp, waiting: WhatWaits) -> None:
        """Makes this process a worker; returns at once. Only once, until `close`."""

    def close(self) -> None:
        """Ends the work. What is parked goes on waiting."""


class Polling:
    """Parking in memory: one thread, a clock, and what the gate's store says waits.

    Nothing is lost with the process, since a worker begins with a look through all that waits. A
    wake reaches this process only; workers in others notice at their next review.
    """

    def __init__(self, clock: Clock, review: timedelta = REVIEW) -> None:
        self._clock = clock
        self._review = review
        self._changed = threading.Condition()
        self._due: dict[str, datetime] = {}
        self._running: set[str] = set()
        self._thread: threading.Thread | None = None
        self._open = True

    def park(self, id: str, at: datetime) -> None:
        with self._changed:
            self._due |= earlier({id: at}, self._due)
            self._changed.notify()

    def wake(self, id: str) -> None:
        self.park(id, _SOON)

    def drop(self, id: str) -> None:
        with self._changed:
            self._due.pop(id, None)

    def work(self, take_up: TakeUp, waiting: WhatWaits) -> None:
        assert self._thread is None, "this is a worker already"
        self._thread = threading.Thread(
            target=self._watch, args=(take_up, waiting), name="parking", daemon=True
        )
        self._thread.start()

    def close(self) -> None:
        with self._changed:
            self._open = False
            self._changed.notify()
        if self._thread is not None:
            self._thread.join()

    def _watch(self, take_up: TakeUp, waiting: WhatWaits) -> None:
        next_review = _SOON
        with ThreadPoolExecutor(_MOST_AT_ONCE, thread_name_prefix="parking") as workers:
            while self._open:
                now = self._clock.now()
                # A clock that was set back must not put the next review off.
                if not now < next_review <= now + self._review:
                    self._look_through(waiting)
                    next_review = now + self._review
                for id_ in self._claimed(next_review):
                    workers.submit(self._take, take_up, id_)
            workers.shutdown(cancel_futures=True)

    def _look_through(self, waiting: WhatWaits) -> None:
        with self._changed:
            parked = set(self._due)
        try:
            found = dict(waiting())
        except Exception:  # noqa: BLE001 — foreign code; the next review may go better
            _log.exception("what waits could not be looked through")
            return
        with self._changed:
            for settled in parked - found.keys():
                self._due.pop(settled, None)
            self._due |= earlier(found, self._due)

    def _claimed(self, next_review: datetime) -> list[str]:
        """What is due now; where nothing is, sleeps once and gives nothing."""
        with self._changed:
            now = self._clock.now()
            waiting = {id_: at for id_, at in self._due.items() if id_ not in self._running}
            due = [id_ for id_, at in waiting.items() if at <= now]
            if due:
                self._running.update(due)
                for id_ in due:
                    del self._due[id_]
            elif self._open:
                soonest = min(waiting.values(), default=next_review)
                seconds = (min(soonest, next_review) - now).total_seconds()
                self._changed.wait(min(max(seconds, 0.0), _LONGEST_SLEEP))
            return due

    def _take(self, take_up: TakeUp, id_: str) -> None:
        again = attempt(take_up, id_, self._clock, self._review)
        with self._changed:
            self._running.discard(id_)
            if again is not None:
                self._due |= earlier({id_: again}, self._due)
            self._changed.notify()


def attempt(take_up: TakeUp, id: str, clock: Clock, review: timedelta) -> datetime | None:
    """Takes an action up; where that fails, it is looked at again with the next review.

    So it is where the answer is a time that has come: to look again at once would find the same.
    """
    try:
        again = take_up(id)
    except Exception:  # noqa: BLE001 — foreign code; the action must not be lost
        _log.exception("the action %s could not be taken up", id)
        return clock.now() + review
    now = clock.now()
    return again if again is None or again > now else now + review


def earlier(found: Mapping[str, datetime], parked: Mapping[str, datetime]) -> dict[str, datetime]:
    """What is parked not at all, or later than it should be looked at."""
    return {id_: at for id_, at in found.items() if id_ not in parked or at < parked[id_]}

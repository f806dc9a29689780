"""Group commit: threads that write at the same time share one commit.

One thread at a time has the turn, and with it the connection; its writes are a unit, all or
nothing. Whoever ends while others wait hands the open transaction on, and the next unit stands
behind a mark of its own; whoever finds nobody waiting, or the batch full, commits for all. Nobody
is told that a unit was kept before the commit that holds it is durable, and a commit that fails
fails every unit of its batch. A unit may read what earlier ones of its batch wrote: either all of
them are kept or it is not kept itself.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from policy_engine.foundation.database.port import WAIT_SECONDS, Answer, Connection
from policy_engine.foundation.errors import StoreError

_MOST_UNITS = 128
_OLDEST_SECONDS = 0.02


class _Place:
    """One thread's place, in the queue and then in a batch. It is woken once in each."""

    __slots__ = ("_gate", "failure", "has_turn")

    def __init__(self) -> None:
        self._gate = threading.Lock()
        self._gate.acquire()
        self.failure: StoreError | None = None
        self.has_turn = False

    def wait(self, seconds: float) -> bool:
        """Whether it was woken in time. Raises the failure it was woken with."""
        if not self._gate.acquire(timeout=seconds):
            return False
        if self.failure is not None:
            raise StoreError(str(self.failure)) from self.failure
        return True

    def wake(self, failure: StoreError | None = None) -> None:
        self.failure = failure
        self._gate.release()


@dataclass(slots=True)
class _Batch:
    """The units of one open transaction that are to be kept."""

    began: float
    kept: list[_Place] = field(default_factory=list)

    @property
    def full(self) -> bool:
        return len(self.kept) >= _MOST_UNITS or time.monotonic() - self.began > _OLDEST_SECONDS


class Batches:
    """The units of all threads of this process, over one connection."""

    def __init__(self, connection: Connection) -> None:
        self.undone = 0
        """How many units or batches were undone: what was read in them may never have been."""
        self.begun = 0
        """How many batches were begun: while one runs, nobody else writes to the store."""
        self._connection = connection
        self._mutex = threading.Lock()
        """Guards the queue and whether the turn is taken."""
        self._queue: deque[_Place] = deque()
        self._taken = False
        self._owner: int | None = None
        self._place = _Place()
        self._batch: _Batch | None = None
        self._spoiled = False
        self.afterwards: list[Callable[[], None]] = []
        """Of the unit that has the turn."""

    def inside(self) -> bool:
        """Whether the calling thread is in a unit."""
        return self._owner == threading.get_ident()

    def enter(self, afterwards: list[Callable[[], None]]) -> None:
        """Waits for the turn and begins a unit. Raises `StoreError` where that cannot be.

        `afterwards` is the unit's own list of what is to be done once it is durable.
        """
        place = self._turn()
        try:
            if self._batch is None:
                self._connection.begin()
                self.begun += 1
                self._batch = _Batch(time.monotonic())
            else:
                self._connection.mark()
        except BaseException as error:
            self._broken(error)
            raise
        self._place, self._spoiled, self.afterwards = place, False, afterwards
        self._owner = threading.get_ident()

    def run(self, statement: str, values: Sequence[object] = ()) -> Answer:
        """Runs a statement of this thread's unit, which is spoiled where that fails."""
        if self._spoiled:
            raise StoreError(f"{self._connection.place}: a statement before this one has failed")
        try:
            return self._connection.run(statement, values)
        except BaseException:
            self._spoiled = True
            raise

    def keep(self) -> None:
        """Ends the unit; returns once it is durable. Raises `StoreError` where it is not kept."""
        if self._spoiled:
            self.undo()
            raise StoreError(f"{self._connection.place}: a statement failed, so nothing is kept")
        assert self._batch is not None
        place, self._owner = self._place, None
        self._batch.kept.append(place)
        self._hand_on()
        if not place.wait(WAIT_SECONDS):
            raise StoreError(f"{self._connection.place}: nobody knows whether this was kept")

    def undo(self) -> None:
        """Ends the unit as if it had never been."""
        assert self._batch is not None
        self._owner = None
        self.undone += 1
        try:
            if self._batch.kept:
                self._connection.back()
            else:
                self._batch = None
                self._connection.rollback()
        except StoreError as error:
            self._broken(error)
            return
        self._hand_on()

    def close(self) -> None:
        """Closes the connection, in its turn; whatever is open in this thread's unit is undone."""
        if self.inside():
            self._connection.close()
            return
        self._turn()
        self._connection.close()
        self._pass_on()

    # The turn

    def _turn(self) -> _Place:
        """This thread's, and nobody else's, when it returns."""
        place = _Place()
        try:
            with self._mutex:
                if not self._taken:
                    self._taken = place.has_turn = True
                    return place
                self._queue.append(place)
            if place.wait(WAIT_SECONDS):
                return place
        except StoreError:
            raise
        except BaseException:  # an interrupt, perhaps of one whose turn it has just become
            if self._withdraw(place):
                self._hand_on()
            raise
        if not self._withdraw(place):
            raise StoreError(f"{self._connection.place}: busy for {WAIT_SECONDS} seconds")
        place.wait(WAIT_SECONDS)  # it was woken meanwhile
        return place

    def _withdraw(self, place: _Place) -> bool:
        """Leaves the queue; True where it is its turn already."""
        with self._mutex:
            if place in self._queue:
                self._queue.remove(place)
            return place.has_turn

    def _next(self) -> _Place | None:
        """Who waits longest, now with the turn; the mutex is held."""
        if not self._queue:
            return None
        follower = self._queue.popleft()
        follower.has_turn = True
        return follower

    def _hand_on(self) -> None:
        """Gives the turn and the open transaction to the next, or commits it first."""
        if self._batch is not None and not self._batch.full:
            with self._mutex:
                follower = self._next()
            if follower is not None:
                follower.wake()
                return
        try:
            if self._batch is not None:
                self._commit(self._batch)
        finally:
            self._pass_on()

    def _pass_on(self) -> None:
        """Gives the turn, with no transaction open, to the next."""
        with self._mutex:
            follower = self._next()
            self._taken = follower is not None
        if follower is not None:
            follower.wake()

    # The end of a batch

    def _commit(self, batch: _Batch) -> None:
        """Commits for all and tells them. Each raises for itself what went wrong."""
        try:
            self._connection.commit()
        except StoreError as error:
            self._lose(error)
        except BaseException:
            self._lose(StoreError(f"{self._connection.place}: nobody knows whether this was kept"))
            raise
        else:
            self._batch = None
            for place in batch.kept:
                place.wake()

    def _broken(self, error: BaseException) -> None:
        """A transaction could not be begun or gone on with: who waits for the same is told."""
        failure = error if isinstance(error, StoreError) else None
        begun = self._batch is not None
        self._lose(failure or StoreError(f"{self._connection.place}: the batch was interrupted"))
        if failure is not None and not begun:
            with self._mutex:
                waiting = tuple(self._queue)
                self._queue.clear()
            for place in waiting:
                place.wake(failure)
        self._pass_on()

    def _lose(self, failure: StoreError) -> None:
        """Undoes the whole batch."""
        batch, self._batch = self._batch, None
        self.undone += 1
        self._connection.rollback()
        for place in batch.kept if batch is not None else ():
            place.wake(failure)

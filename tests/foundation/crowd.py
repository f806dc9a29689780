"""Threads that write at the same time, in an order that the test decides."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from unittest import mock

from policy_engine.foundation.database import Database, batches

Body = Callable[[], object]
COUNTER = "CREATE TABLE counter (number INTEGER NOT NULL)"
PATIENCE = 20


def together(
    database: Database, bodies: Sequence[Body], oldest: float = PATIENCE
) -> list[BaseException | None]:
    """Runs each body in a transaction of a thread of its own, all in one batch, in this order.

    Gives what each `with` ended in. The first keeps the turn until all others wait for it; the
    batch is full when it is `oldest` seconds old.
    """
    with mock.patch.object(batches, "_OLDEST_SECONDS", oldest):
        return _together(database, bodies)


def _together(database: Database, bodies: Sequence[Body]) -> list[BaseException | None]:
    ended: list[BaseException | None] = [None] * len(bodies)
    all_wait = threading.Event()

    def run(number: int, body: Body) -> None:
        try:
            with database.transaction():
                if number == 0:
                    entered.set()
                    assert all_wait.wait(PATIENCE)
                body()
        except BaseException as error:  # noqa: BLE001 — it is what the test asks for
            ended[number] = error

    entered = threading.Event()
    threads = [
        threading.Thread(target=run, args=(number, body)) for number, body in enumerate(bodies)
    ]
    threads[0].start()
    assert entered.wait(PATIENCE)
    for waiting, thread in enumerate(threads[1:], start=1):
        thread.start()
        until(lambda waiting=waiting: len(database._batches._queue) == waiting)
    all_wait.set()
    for thread in threads:
        thread.join(PATIENCE)
    return ended


def until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < end, "it took too long"
        time.sleep(0.001)


def commits(database: Database) -> list[str]:
    """A list that grows by one with each commit from now on."""
    done: list[str] = []
    commit = database._connection.commit

    def counted() -> None:
        done.append("commit")
        commit()

    database._connection.commit = counted
    return done

"""A worker process for the tests of parking, and the store that it shares with them.

    python -m tests.runtime.parking_worker STORE ACTIONS [BEHAVIOUR]

works until it is killed. It says `ready` when it works; as a worker that `hangs` it says
`hanging` when it has begun to take an action up, and never ends that.
"""

from __future__ import annotations

import os
import sqlite3
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from policy_engine.runtime.parking_dbos import DbosParking
from policy_engine.runtime.ports import Clock, SystemClock


class FakeStore:
    """Actions that wait till their time, or till they are signed; each is executed once."""

    def __init__(self, file: Path, clock: Clock) -> None:
        self._file = file
        self._clock = clock
        with self._open() as store:
            store.execute("CREATE TABLE IF NOT EXISTS actions (id TEXT PRIMARY KEY, at TEXT)")
            store.execute("CREATE TABLE IF NOT EXISTS calls (id TEXT, worker INTEGER)")
            store.execute("CREATE TABLE IF NOT EXISTS executions (id TEXT, worker INTEGER)")

    def hold(self, *actions: tuple[str, datetime]) -> None:
        with self._open() as store:
            rows = [(id_, at.isoformat()) for id_, at in actions]
            store.executemany("INSERT INTO actions VALUES (?, ?)", rows)

    def sign(self, id_: str) -> None:
        """Has an action, if it still waits, wait no longer than till now."""
        with self._open() as store:
            now = self._clock.now().isoformat()
            store.execute("UPDATE actions SET at = ? WHERE id = ?", (now, id_))

    def waiting(self) -> list[tuple[str, datetime]]:
        rows = self.rows("actions")
        return [(id_, datetime.fromisoformat(at)) for id_, at in rows]

    def take_up(self, id_: str) -> datetime | None:
        """Executes an action whose time has come, in one transaction with forgetting it."""
        self.note("calls", id_)
        with self._open() as store:
            row = store.execute("SELECT at FROM actions WHERE id = ?", (id_,)).fetchone()
            if row is None:
                return None
            at = datetime.fromisoformat(row[0])
            if self._clock.now() < at:
                return at
            store.execute("DELETE FROM actions WHERE id = ?", (id_,))
            store.execute("INSERT INTO executions VALUES (?, ?)", (id_, os.getpid()))
            return None

    def note(self, table: str, id_: str) -> None:
        with self._open() as store:
            store.execute(f"INSERT INTO {table} VALUES (?, ?)", (id_, os.getpid()))  # noqa: S608 — a table above

    def rows(self, table: str) -> list[tuple[Any, ...]]:
        with self._open() as store:
            return store.execute(f"SELECT * FROM {table}").fetchall()  # noqa: S608 — a table above

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        store = sqlite3.connect(self._file, timeout=30, isolation_level=None)
        try:
            store.execute("PRAGMA synchronous = OFF")
            store.execute("BEGIN IMMEDIATE")
            yield store
            store.execute("COMMIT")
        finally:
            store.close()


def main() -> None:
    parked_at, actions, behaviour = (*sys.argv[1:], "")[:3]
    clock = SystemClock()
    store = FakeStore(Path(actions), clock)
    parking = DbosParking(parked_at, clock)

    def hang(id_: str) -> datetime | None:
        store.note("calls", id_)
        sys.stdout.write("hanging\n")
        threading.Event().wait()
        return None

    parking.work(hang if behaviour == "hangs" else store.take_up, store.waiting)
    sys.stdout.write("ready\n")
    threading.Event().wait()


if __name__ == "__main__":
    main()

"""Durable appends a second of a row of 440 bytes, by 1, 8 and 64 threads.

    python -m benchmarks.gate.appends [URL]

`alone` is a lock and a commit for each row; `shared` is the store's own transaction, in which those
who write at the same time share a commit. The rounds of both alternate and the best of each is
printed, since machines are shared and disks moody. With SQLite, and with PostgreSQL where a
`postgresql://` URL of an empty database is given.
"""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

from policy_engine.foundation.database import Database

_THREADS = (1, 8, 64)
_ROUNDS = 3
_SECONDS = 2.0
_BODY = "x" * 440
_TABLE = "CREATE TABLE appends (number INTEGER PRIMARY KEY, body TEXT NOT NULL)"
_INSERT = "INSERT INTO appends VALUES (?, ?)"

_Append = Callable[[int], object]


def main() -> None:
    """Prints the figures, a line each."""
    with TemporaryDirectory(dir=Path.cwd()) as folder:
        _measure("SQLite", str(Path(folder) / "s.db"))
    for url in sys.argv[1:]:
        _measure("PostgreSQL", url)


def _measure(title: str, store: str) -> None:
    numbers = count(1)
    with closing(Database(store)) as database:
        database.execute(_TABLE)
        for threads in _THREADS:
            alone, shared = 0.0, 0.0
            for _ in range(_ROUNDS):
                with _one_commit_each(store) as append:
                    alone = max(alone, _rate(append, numbers, threads))
                shared = max(shared, _rate(_sharing(database), numbers, threads))
            print(
                f"{title:<11} {threads:>2} threads  alone {alone:>7,.0f}/s  "
                f"shared {shared:>7,.0f}/s  {shared / alone:.1f} times",
                flush=True,
            )
        ((stored,),) = database.rows("SELECT count(*) FROM appends")
        assert stored == next(numbers) - 1


def _sharing(database: Database) -> _Append:
    def append(number: int) -> None:
        with database.transaction():
            database.execute(_INSERT, (number, _BODY))

    return append


@contextmanager
def _one_commit_each(store: str) -> Iterator[_Append]:
    lock = threading.Lock()
    with closing(Database(store)) as database:

        def append(number: int) -> None:
            with lock, database.transaction():
                database.execute(_INSERT, (number, _BODY))

        yield append


def _rate(append: _Append, numbers: Iterator[int], threads: int) -> float:
    """Appends a second of so many threads together."""
    started = time.perf_counter()
    done = [0] * threads

    def run(thread: int) -> None:
        while time.perf_counter() < started + _SECONDS:
            append(next(numbers))
            done[thread] += 1

    running = [threading.Thread(target=run, args=(thread,)) for thread in range(threads)]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()
    return sum(done) / (time.perf_counter() - started)


if __name__ == "__main__":
    main()

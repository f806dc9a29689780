"""A process that writes to a store until it is told to stop, or killed.

    python -m tests.foundation.writer STORE NAME THREADS UNITS

Each unit is two rows of `pairs` and one more in the counter; what a line was printed for is kept.
With `--file-limit BYTES` no file may grow beyond that, as on a disk that is full.
"""

from __future__ import annotations

import argparse
import resource
import signal
import threading

from policy_engine.foundation.database import Database
from policy_engine.foundation.errors import StoreError

TABLES = (
    "CREATE TABLE IF NOT EXISTS pairs (id TEXT NOT NULL, half INTEGER NOT NULL, filler TEXT)",
    "CREATE TABLE IF NOT EXISTS counter (number INTEGER NOT NULL)",
)
FILLER = "x" * 440


def write(database: Database, id_: str) -> None:
    with database.transaction():
        database.execute("INSERT INTO pairs VALUES (?, 1, ?)", (id_, FILLER))
        ((number,),) = database.rows("SELECT number FROM counter")
        assert isinstance(number, int)
        database.execute("UPDATE counter SET number = ?", (number + 1,))
        database.execute("INSERT INTO pairs VALUES (?, 2, ?)", (id_, FILLER))


def prepare(store: str) -> Database:
    database = Database(store)
    with database.transaction():
        for table in TABLES:
            database.execute(table)
        if not database.rows("SELECT 1 FROM counter"):
            database.execute("INSERT INTO counter VALUES (0)")
    return database


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("store")
    parser.add_argument("name")
    parser.add_argument("threads", type=int)
    parser.add_argument("units", type=int)
    parser.add_argument("--file-limit", type=int)
    asked = parser.parse_args()
    database = prepare(asked.store)
    said = threading.Lock()
    if asked.file_limit:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (asked.file_limit, resource.RLIM_INFINITY))

    def run(thread: int) -> None:
        for unit in range(asked.units):
            id_ = f"{asked.name}-{thread}-{unit}"
            try:
                write(database, id_)
            except StoreError as error:
                line = f"failed {error}"
            else:
                line = f"kept {id_}"
            with said:
                print(line, flush=True)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(asked.threads)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if asked.file_limit:
        resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY,) * 2)
        write(database, "after")
        print("kept after", flush=True)


if __name__ == "__main__":
    main()

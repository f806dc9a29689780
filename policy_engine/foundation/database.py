"""One SQLite file, opened so that what is committed stays: WAL, full sync, one writer at a time.

A `Database` may be shared among threads. Transactions take the write lock at once (`BEGIN
IMMEDIATE`), so two processes never decide on the same state; an inner transaction is part of the
outer one.
"""

from __future__ import annotations

import sqlite3
import threading
import weakref
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from policy_engine.foundation.errors import StoreError

_PREFIX = "sqlite:///"
_BUSY_MILLISECONDS = 30_000


def store_path(store: str | Path) -> Path:
    """The file of `sqlite:///relative.db`, `sqlite:////absolute.db` or a plain path."""
    text = str(store)
    if text.startswith(_PREFIX):
        text = text.removeprefix(_PREFIX)
    elif "://" in text:
        raise StoreError(f"{text}: only sqlite:/// stores are known")
    if not text or text == ":memory:":
        raise StoreError("a store is a file, so that nothing is lost with the process")
    return Path(text)


class Database:
    """An open store. `must_exist` refuses to create one."""

    def __init__(self, store: str | Path, *, must_exist: bool = False) -> None:
        self.path = store_path(store)
        if must_exist and not self.path.is_file():
            raise StoreError(f"there is no store at {self.path}")
        self._lock = threading.RLock()
        self._depth = 0
        self.undone = 0
        """How many transactions were undone: what was read in them may never have been."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._connection = sqlite3.connect(
                self.path, isolation_level=None, check_same_thread=False
            )
            self._connection.execute(f"PRAGMA busy_timeout = {_BUSY_MILLISECONDS}")
            self._connection.execute("PRAGMA journal_mode = WAL")
            self._connection.execute("PRAGMA synchronous = FULL")
            self._connection.execute("PRAGMA foreign_keys = ON")
        except (sqlite3.Error, OSError) as error:
            raise StoreError(f"{self.path} cannot be opened as a store: {error}") from error
        # Whoever forgets to close a store leaves no open file behind.
        weakref.finalize(self, self._connection.close)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing, alone in the file. Raises `StoreError` where it cannot be kept."""
        with self._lock:
            if self._depth == 0:
                self._run("BEGIN IMMEDIATE")
            self._depth += 1
            try:
                yield
            except BaseException:  # whatever ends it early, and it goes on up
                self._depth -= 1
                if self._depth == 0:
                    self._undo()
                raise
            self._depth -= 1
            if self._depth == 0:
                try:
                    self._run("COMMIT")
                except StoreError:
                    self._undo()
                    raise

    def execute(self, statement: str, values: Sequence[object] = ()) -> int:
        """Runs one statement; gives the number of rows it changed."""
        with self._lock:
            return self._run(statement, values).rowcount

    def rows(self, query: str, values: Sequence[object] = ()) -> list[tuple[object, ...]]:
        """All rows of a query."""
        with self._lock:
            return self._run(query, values).fetchall()

    def close(self) -> None:
        with self._lock:
            self._connection.close()

    def _undo(self) -> None:
        self.undone += 1
        if self._connection.in_transaction:
            self._connection.rollback()

    def _run(self, statement: str, values: Sequence[object] = ()) -> sqlite3.Cursor:
        try:
            return self._connection.execute(statement, values)
        except sqlite3.Error as error:
            raise StoreError(f"{self.path}: {error}") from error

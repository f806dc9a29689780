"""SQLite in a file, opened so that what is committed stays: WAL, full sync."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from policy_engine.foundation.database.port import WAIT_SECONDS, Answer
from policy_engine.foundation.errors import StoreError

_PREFIX = "sqlite:///"
_ASKS_EVERY = 0.001
"""Seconds."""


def store_path(store: str | Path) -> Path:
    """The file of `sqlite:///relative.db`, `sqlite:////absolute.db` or a plain path."""
    text = str(store)
    if text.startswith(_PREFIX):
        text = text.removeprefix(_PREFIX)
    elif "://" in text:
        raise StoreError(f"{text.partition('://')[0]}:// is no file: sqlite:/// is")
    if not text or text == ":memory:":
        raise StoreError("a store is a file, so that nothing is lost with the process")
    return Path(text)


class SqliteConnection:
    """A connection to the file at `path`. `reads_only`: it cannot write."""

    def __init__(self, path: Path, *, reads_only: bool = False) -> None:
        self._path = path
        self._reads_only = reads_only
        self._exists = reads_only
        """A file that was there is not made again: what it held would be forgotten in silence."""
        self._opened: sqlite3.Connection | None = None
        self._marked = False
        self._closed = False

    @property
    def place(self) -> str:
        return str(self._path)

    @property
    def in_transaction(self) -> bool:
        return self._opened is not None and self._opened.in_transaction

    def begin(self) -> None:
        """Asks again and again: SQLite itself asks so seldom that others always come first."""
        self._marked = False
        try:
            _patiently(self._opened or self._open(), "BEGIN IMMEDIATE")
        except sqlite3.Error as error:
            raise StoreError(f"{self.place}: {error}") from error

    def commit(self) -> None:
        self.run("COMMIT")

    def rollback(self) -> None:
        try:
            if self._opened is not None:
                self._opened.rollback()
        except sqlite3.Error:
            self._drop()

    def mark(self) -> None:
        if self._marked:
            self.run("RELEASE unit")
        self.run("SAVEPOINT unit")
        self._marked = True

    def back(self) -> None:
        self.run("ROLLBACK TO unit")

    def run(self, statement: str, values: Sequence[object] = ()) -> Answer:
        try:
            cursor = (self._opened or self._open()).execute(statement, values)
            return Answer(cursor.rowcount, cursor.fetchall())
        except sqlite3.Error as error:
            raise StoreError(f"{self.place}: {error}") from error

    def columns(self, table: str) -> list[str]:
        query = """SELECT name FROM pragma_table_info(?) WHERE EXISTS
            (SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?) ORDER BY cid"""
        return [str(name) for (name,) in self.run(query, (table, table)).rows]

    def close(self) -> None:
        self._closed = True
        self._drop()

    def _open(self) -> sqlite3.Connection:
        if self._closed:
            raise StoreError(f"{self.place}: the store is closed")
        try:
            if not self._exists:
                self._path.parent.mkdir(parents=True, exist_ok=True)
            opened = sqlite3.connect(
                f"{self._path.absolute().as_uri()}?mode={'rw' if self._exists else 'rwc'}",
                timeout=WAIT_SECONDS,
                isolation_level=None,
                check_same_thread=False,
                uri=True,
            )
            for setting in self._settings():
                _patiently(opened, setting)
        except (sqlite3.Error, OSError) as error:
            raise StoreError(f"{self.place} cannot be opened as a store: {error}") from error
        self._exists = True
        self._opened = opened
        return opened

    def _settings(self) -> tuple[str, ...]:
        if self._reads_only:
            return ("PRAGMA query_only = ON",)
        return (
            "PRAGMA journal_mode = WAL",
            "PRAGMA synchronous = FULL",
            "PRAGMA foreign_keys = ON",
            "PRAGMA busy_timeout = 0",  # `begin` waits
        )

    def _drop(self) -> None:
        opened, self._opened = self._opened, None
        if opened is not None:
            with suppress(sqlite3.Error):
                opened.close()


def _patiently(connection: sqlite3.Connection, statement: str) -> None:
    """Runs a statement that only one connection at a time can run, once it is its turn.

    Nor does SQLite wait by itself where several open a new file at once.
    """
    end = time.monotonic() + WAIT_SECONDS
    while True:
        try:
            connection.execute(statement)
            return
        except sqlite3.Error as error:
            busy = getattr(error, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_BUSY
            if not busy or time.monotonic() > end:
                raise
        time.sleep(_ASKS_EVERY)

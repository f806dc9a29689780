"""A store that threads and processes share: one writer at a time, one commit for many.

A `Database` may be shared among threads. A transaction is alone in the store, so no two threads,
processes or hosts decide on the same state; an inner transaction is part of the outer one.
"""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

from policy_engine.foundation.database.batches import Batches
from policy_engine.foundation.database.port import Connection
from policy_engine.foundation.database.sqlite import SqliteConnection, store_path
from policy_engine.foundation.errors import StoreError


class Database:
    """An open store: a path, `sqlite:///file.db` or `postgresql://user:password@host/database`.

    `must_exist` refuses to create a file. Raises `StoreError` where the store cannot be opened,
    and later where it cannot be read or written; the next use tries again.
    """

    def __init__(self, store: str | Path, *, must_exist: bool = False) -> None:
        self._connection, self._reading = _connections(store, must_exist)
        self._batches = Batches(self._connection)
        self._read_lock = threading.Lock()
        # Whoever forgets to close a store leaves no connection behind.
        weakref.finalize(self, _close, self._connection, self._reading)
        self._connection.run("SELECT 1")

    @property
    def place(self) -> str:
        """Where the store is, in words that may be shown."""
        return self._connection.place

    @property
    def undone(self) -> int:
        """How many transactions were undone: what was read in them may never have been."""
        return self._batches.undone

    @property
    def state(self) -> tuple[int, int] | None:
        """The same as long as only transactions of this process that are kept change anything.

        What one has read stands in the next that finds the same, but for what was written in
        between. None outside a transaction.
        """
        if not self._batches.inside():
            return None
        return self._batches.begun, self._batches.undone

    @property
    def in_transaction(self) -> bool:
        """Whether the calling thread is in a transaction, and so reads what is not kept yet."""
        return self._batches.inside()

    def transaction(self) -> AbstractContextManager[None]:
        """All or nothing, alone in the store, and durable when it ends.

        Several threads may share one commit. So a body may read what bodies before it wrote that
        is not durable yet: they are kept together, or the body is not kept either. A body that
        raises, or in which a statement failed, is undone by itself. Raises `StoreError` where it
        cannot be kept, or where nobody knows whether it was.
        """
        return _WITHIN if self._batches.inside() else _Unit(self._batches)

    def afterwards(self, do: Callable[[], None]) -> None:
        """Runs `do` in this thread once the transaction it is in is durable, else never.

        It must not raise: what was kept stays kept. Raises `StoreError` outside a transaction.
        """
        if not self._batches.inside():
            raise StoreError(f"{self.place}: there is no transaction to come after")
        self._batches.afterwards.append(do)

    def execute(self, statement: str, values: Sequence[object] = ()) -> int:
        """Runs one statement; gives the number of rows it changed."""
        if self._batches.inside():
            return self._batches.run(statement, values).changed
        with self.transaction():
            return self._batches.run(statement, values).changed

    def rows(self, query: str, values: Sequence[object] = ()) -> list[tuple[object, ...]]:
        """All rows of a query. Outside a transaction only what is kept is seen."""
        if self._batches.inside():
            return self._batches.run(query, values).rows
        with self._read_lock:
            return self._reading.run(query, values).rows

    def has_table(self, name: str) -> bool:
        """Whether the store holds a table of this name, as far as it is kept."""
        with self._read_lock:
            return bool(self._reading.columns(name))

    def columns(self, table: str) -> list[str]:
        """The columns of a table, as far as it is kept; none where there is no such table."""
        with self._read_lock:
            return self._reading.columns(table)

    def close(self) -> None:
        self._batches.close()
        with self._read_lock:
            self._reading.close()


class _Unit:
    """The outermost transaction of a thread."""

    __slots__ = ("_afterwards", "_batches")

    def __init__(self, batches: Batches) -> None:
        self._batches = batches
        self._afterwards: list[Callable[[], None]] = []

    def __enter__(self) -> None:
        try:
            self._batches.enter(self._afterwards)
        except BaseException:  # an interrupt may come when the turn is taken already
            self._undo()
            raise

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is not None:  # whatever ends it early, and it goes on up
            self._undo()
            return
        self._batches.keep()
        for do in self._afterwards:
            do()

    def _undo(self) -> None:
        if self._batches.inside():
            self._batches.undo()


_WITHIN = nullcontext()


def is_postgres(store: str | Path) -> bool:
    """Whether a store is on a server: `postgresql://…` or `postgres://…`. Else it is a file."""
    return str(store).startswith(("postgresql://", "postgres://"))


def place_of(store: str | Path) -> str:
    """Where a store is, in words that may be shown: a path, or a server without its password."""
    return _connections(store, must_exist=False)[0].place


def _connections(store: str | Path, must_exist: bool) -> tuple[Connection, Connection]:
    """One that writes, and one that reads what is kept meanwhile."""
    if is_postgres(store):
        from policy_engine.foundation.database.postgres import PostgresConnection

        return PostgresConnection(str(store)), PostgresConnection(str(store), reads_only=True)
    path = store_path(store)
    if must_exist and not path.is_file():
        raise StoreError(f"there is no store at {path}")
    return SqliteConnection(path), SqliteConnection(path, reads_only=True)


def _close(*connections: Connection) -> None:
    for connection in connections:
        connection.close()

"""What a store asks of a kind of database: one connection, in the dialect of SQLite.

Statements have `?` marks and the types INTEGER, TEXT and BLOB; a kind that says otherwise
translates. Text is compared by its bytes. Every failure is a `StoreError` of one line.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol

WAIT_SECONDS = 30
"""How long anybody waits for another writer, of this process or of another."""


class Answer(NamedTuple):
    """What came of a statement: how many rows it changed, and the rows that it gave."""

    changed: int
    rows: list[tuple[object, ...]]


class Connection(Protocol):
    """A connection that is made when it is first used, and anew once it is lost.

    It belongs to one thread at a time.
    """

    @property
    def place(self) -> str:
        """Where the store is, in words that may be shown: no password."""
        ...

    def begin(self) -> None:
        """Opens a transaction that is the only writer of the store, in all processes."""
        ...

    def commit(self) -> None:
        """What was written is on disk when this returns. The error says what is known."""
        ...

    def rollback(self) -> None:
        """Undoes the transaction, if one is open. Never raises `StoreError`."""
        ...

    def mark(self) -> None:
        """Sets the point to which `back` returns; there is one at a time."""
        ...

    def back(self) -> None:
        """Undoes what came after the mark. Raises where the transaction itself is gone."""
        ...

    def run(self, statement: str, values: Sequence[object] = ()) -> Answer:
        """Runs one statement; outside a transaction it is one of its own."""
        ...

    def columns(self, table: str) -> list[str]:
        """The columns of a table in their order; none where there is no such table, or a view."""
        ...

    def close(self) -> None:
        """For good: whatever comes later raises."""
        ...

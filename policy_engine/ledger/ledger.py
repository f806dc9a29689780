"""The ledger in the store: appends in the transaction that is open, reads in order.

An entry is on disk, fully synced, when the transaction commits; what was not recorded did not
happen, since the gate records before it acts.
"""

from __future__ import annotations

import json
import secrets
import uuid
from collections.abc import Iterator, Mapping
from typing import Any, cast

from policy_engine.foundation.canonical import canonical_text, decode, timestamp_text
from policy_engine.foundation.database import Database
from policy_engine.foundation.errors import LedgerError
from policy_engine.ledger.chain import GENESIS, Record, digest_of_texts
from policy_engine.runtime.ports import Clock

_TABLES = (
    """CREATE TABLE IF NOT EXISTS ledger (
        number INTEGER PRIMARY KEY, at TEXT NOT NULL, kind TEXT NOT NULL,
        body TEXT NOT NULL, previous TEXT NOT NULL, digest TEXT NOT NULL)""",
    "CREATE TABLE IF NOT EXISTS ledger_salt (salt BLOB NOT NULL)",
)
_PAGE = 1000


class Ledger:
    """One record book. Implements the gate's `Recorder`."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._known_end: tuple[object, int, str] = (None, 0, GENESIS)
        """The latest entry as of a state of the store."""
        with database.transaction():
            for statement in _TABLES:
                database.execute(statement)
            if not database.rows("SELECT 1 FROM ledger_salt"):
                salt = secrets.token_bytes(32)
                database.execute("INSERT INTO ledger_salt VALUES (?)", (salt,))
            if self.head() is None:
                self.record("opened", {"ledger": uuid.uuid4().hex, "format": 1})

    @property
    def salt(self) -> bytes:
        """What seals secrets; kept beside the chain and not in it, so that it can be destroyed."""
        return cast(bytes, self._database.rows("SELECT salt FROM ledger_salt")[0][0])

    def record(self, kind: str, body: Mapping[str, object]) -> None:
        """Appends an entry."""
        text = canonical_text(body)
        with self._database.transaction():
            last, previous = self._end()
            number, at = last + 1, timestamp_text(self._clock.now())
            digest = digest_of_texts(number, at, kind, text, previous)
            self._database.execute(
                "INSERT INTO ledger VALUES (?, ?, ?, ?, ?, ?)",
                (number, at, kind, text, previous, digest),
            )
            self._known_end = (self._database.state, number, digest)

    def _end(self) -> tuple[int, str]:
        """The number and the digest of the latest entry."""
        state, number, digest = self._known_end
        if state == self._database.state:
            return number, digest
        rows = self._database.rows("SELECT number, digest FROM ledger ORDER BY number DESC LIMIT 1")
        return cast("tuple[int, str]", rows[0]) if rows else (0, GENESIS)

    def head(self) -> Record | None:
        """The latest entry."""
        rows = self._database.rows(f"{_SELECT} ORDER BY number DESC LIMIT 1")
        return _record(rows[0]) if rows else None


class LedgerReader:
    """Reads a ledger without writing a byte to it. Raises `LedgerError` where there is none."""

    def __init__(self, database: Database) -> None:
        self._database = database
        if not database.has_table("ledger"):
            raise LedgerError(f"{database.place} holds no ledger")

    def count(self) -> int:
        return cast(int, self._database.rows("SELECT count(*) FROM ledger")[0][0])

    def records(self) -> Iterator[Record]:
        """All entries in order, a page at a time. Raises `LedgerError` for one that is no JSON."""
        last = -(2**63)
        while True:
            query = f"{_SELECT} WHERE number >= ? ORDER BY number LIMIT ?"
            rows = self._database.rows(query, (last, _PAGE))
            for row in rows:
                yield _record(row)
            if len(rows) < _PAGE:
                return
            last = cast(int, rows[-1][0]) + 1


_SELECT = "SELECT number, at, kind, body, previous, digest FROM ledger"


def _record(row: tuple[object, ...]) -> Record:
    number, at, kind, body, previous, digest = cast("tuple[Any, ...]", row)
    try:
        decoded = decode(json.loads(body))
        written = canonical_text(decoded)
    except (ValueError, TypeError, ArithmeticError, RecursionError) as error:
        raise LedgerError(f"entry {number} of the ledger cannot be read: {error}") from error
    texts = (at, kind, previous, digest)
    if written != body or not isinstance(decoded, dict) or any(type(t) is not str for t in texts):
        raise LedgerError(f"entry {number} of the ledger is not in canonical form")
    return Record(number, at, kind, decoded, previous, digest)

"""PostgreSQL: a store for several hosts. Needs the extra `runtime`.

One lock of the database server, which ends with the transaction, makes each transaction the only
writer of its store; a store is a schema. Statements are written as for SQLite and translated here.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from contextlib import suppress
from functools import lru_cache
from urllib.parse import urlsplit

from policy_engine.foundation.database.port import WAIT_SECONDS, Answer
from policy_engine.foundation.errors import StoreError

try:
    import psycopg
    from psycopg.conninfo import conninfo_to_dict
    from psycopg.pq import TransactionStatus
except ImportError as error:
    raise StoreError(
        "PostgreSQL needs its driver: pip install 'agent-policy-engine[runtime]'"
    ) from error

_CONNECT_SECONDS = 10
_SILENT_SECONDS = 10
"""After how long a network that answers nothing counts as gone."""
_SETTINGS = {
    "synchronous_commit": "on",
    "default_transaction_isolation": "read committed",
    "lock_timeout": f"{WAIT_SECONDS}s",
    "statement_timeout": f"{WAIT_SECONDS}s",
    # A host that freezes in a transaction must not keep all others waiting for ever.
    "idle_in_transaction_session_timeout": f"{WAIT_SECONDS}s",
}
_TYPES = {"INTEGER": "BIGINT", "BLOB": "BYTEA", "TEXT": 'TEXT COLLATE "C"'}
_QUOTED_OR_MARK = re.compile(r"'[^']*'|\"[^\"]*\"|\?")
_TYPE = re.compile(r"\b(INTEGER|BLOB|TEXT)\b")


class PostgresConnection:
    """A connection to the database at `url`. `reads_only`: it cannot write."""

    def __init__(self, url: str, *, reads_only: bool = False) -> None:
        self._url = url
        self._place = _place(url)
        self._reads_only = reads_only
        self._opened: psycopg.Connection[tuple[object, ...]] | None = None
        self._begin = b""
        self._marked = False
        self._closed = False

    @property
    def place(self) -> str:
        return self._place

    @property
    def in_transaction(self) -> bool:
        opened = self._opened
        return (
            opened is not None
            and not opened.closed
            and opened.info.transaction_status is not TransactionStatus.IDLE
        )

    def begin(self) -> None:
        self._marked = False
        self._run_idle(None)

    def commit(self) -> None:
        opened = self._opened
        if opened is None or not self.in_transaction:
            raise StoreError(f"{self.place}: the connection was lost before the commit")
        try:
            answer = opened.execute("COMMIT").statusmessage
        except psycopg.Error as error:
            if opened.closed:
                told = "the connection was lost during the commit"
                text = f"{self.place}: {told}, so nobody knows whether this was kept"
                raise StoreError(text) from error
            raise self._failure(error) from error
        if answer != "COMMIT":  # it is a rollback where a statement has failed
            raise StoreError(f"{self.place}: a statement failed, so nothing is kept")

    def rollback(self) -> None:
        try:
            if self.in_transaction and self._opened is not None:
                self._opened.execute("ROLLBACK")
        except psycopg.Error:
            self._drop()

    def mark(self) -> None:
        self._run_open(b"RELEASE unit; SAVEPOINT unit" if self._marked else b"SAVEPOINT unit")
        self._marked = True

    def back(self) -> None:
        self._run_open(b"ROLLBACK TO unit")

    def run(self, statement: str, values: Sequence[object] = ()) -> Answer:
        given = [int(value) if isinstance(value, bool) else value for value in values]
        if self.in_transaction:
            return self._run_open(translated(statement), given)
        return self._run_idle(translated(statement), given)

    def columns(self, table: str) -> list[str]:
        query = """SELECT attname FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
            WHERE attrelid = to_regclass(?) AND relkind IN ('r', 'p')
            AND attnum > 0 AND NOT attisdropped ORDER BY attnum"""
        return [str(name) for (name,) in self.run(query, (table,)).rows]

    def close(self) -> None:
        self._closed = True
        self._drop()

    def _run_open(self, statement: bytes, values: Sequence[object] | None = None) -> Answer:
        """Runs a statement in the open transaction, which is gone with its connection."""
        if not self.in_transaction or self._opened is None:
            raise StoreError(f"{self.place}: the connection was lost in a transaction")
        try:
            return _answer(self._opened, statement, values)
        except psycopg.Error as error:
            raise self._failure(error) from error

    def _run_idle(self, statement: bytes | None, values: Sequence[object] | None = None) -> Answer:
        """Runs a query by itself, or begins a transaction (`None`).

        A connection may have been lost while nobody used it. Neither has an effect that could come
        twice, so it is tried again, once.
        """
        for tries_again in (self._opened is not None, False):
            opened = self._connected()
            try:
                return _answer(opened, self._begin if statement is None else statement, values)
            except psycopg.Error as error:
                if not (opened.closed and tries_again):
                    raise self._failure(error) from error
        raise AssertionError("the second try ends in one way or the other")

    def _connected(self) -> psycopg.Connection[tuple[object, ...]]:
        if self._closed:
            raise StoreError(f"{self.place}: the store is closed")
        if self._opened is not None and not self._opened.closed:
            return self._opened
        try:
            self._opened = opened = psycopg.connect(
                self._url,
                autocommit=True,
                connect_timeout=_CONNECT_SECONDS,
                keepalives_idle=_SILENT_SECONDS,
                tcp_user_timeout=_SILENT_SECONDS * 1000,
            )
            settings = dict(_SETTINGS)
            if self._reads_only:
                settings["default_transaction_read_only"] = "on"
            for name, value in settings.items():
                opened.execute("SELECT set_config(%s, %s, false)", (name, value))
            schema = opened.execute("SELECT current_schema()").fetchall()[0][0]
            self._begin = b"BEGIN; SELECT pg_advisory_xact_lock(%d)" % _lock_of(str(schema))
        except psycopg.Error as error:
            self._drop()
            problem = _line(error)
            raise StoreError(f"{self.place} cannot be opened as a store: {problem}") from error
        return opened

    def _failure(self, error: psycopg.Error) -> StoreError:
        lost = self._opened is None or self._opened.closed
        told = "the connection was lost: " if lost else ""
        return StoreError(f"{self.place}: {told}{_line(error)}")

    def _drop(self) -> None:
        opened, self._opened = self._opened, None
        if opened is not None:
            with suppress(psycopg.Error):
                opened.close()


@lru_cache(maxsize=512)
def translated(statement: str) -> bytes:
    """A statement in SQLite's dialect, as psycopg and PostgreSQL read it."""
    statement = statement.replace("%", "%%")
    if statement.lstrip().upper().startswith("CREATE TABLE"):
        statement = _TYPE.sub(lambda found: _TYPES[found[0]], statement)
    marked = _QUOTED_OR_MARK.sub(lambda found: "%s" if found[0] == "?" else found[0], statement)
    return marked.encode()


def _answer(
    opened: psycopg.Connection[tuple[object, ...]],
    statement: bytes,
    values: Sequence[object] | None,
) -> Answer:
    cursor = opened.execute(statement, values)
    return Answer(cursor.rowcount, cursor.fetchall() if cursor.description else [])


def _place(url: str) -> str:
    """The URL without its password and its settings, one of which may be a password."""
    try:
        conninfo_to_dict(url)
        parts = urlsplit(url)
    except (psycopg.Error, ValueError):
        # What the driver says of it would show the password.
        raise StoreError("the address of a PostgreSQL store cannot be read") from None
    _, _, host = parts.netloc.rpartition("@")
    return f"postgresql://{host}{parts.path}"


def _lock_of(schema: str) -> int:
    """The number of a store's lock on the server: one for each schema of a database."""
    digest = hashlib.sha256(f"policy engine store {schema}".encode()).digest()
    return int.from_bytes(digest[:8], "big", signed=True)


def _line(error: psycopg.Error) -> str:
    return " ".join(str(error).split()) or type(error).__name__

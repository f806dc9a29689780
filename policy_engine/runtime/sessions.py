"""What the store has of sessions: their requests, what they have seen, and who belongs together.

A session only ever grows; so what was read of it is remembered, and only what is new is read.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple, cast

from policy_engine.decision.session import SeenOutput, Session
from policy_engine.foundation.database import Database
from policy_engine.runtime.keeping import read, write

_TABLES = (
    """CREATE TABLE IF NOT EXISTS sessions (
        id TEXT PRIMARY KEY, request TEXT, attributes TEXT NOT NULL,
        complete INTEGER NOT NULL DEFAULT 1, root TEXT REFERENCES sessions (id))""",
    "CREATE INDEX IF NOT EXISTS sessions_by_root ON sessions (root)",
    """CREATE TABLE IF NOT EXISTS outputs (
        session TEXT NOT NULL REFERENCES sessions (id), position INTEGER NOT NULL,
        task TEXT NOT NULL, input TEXT NOT NULL, value TEXT NOT NULL,
        PRIMARY KEY (session, position))""",
)


class _Remembered(NamedTuple):
    """The part of a session that has been read already."""

    position: int
    outputs: tuple[SeenOutput, ...]


_MOST_SESSIONS = 256


class Sessions:
    """Reads and writes the sessions of one store. Callers open the transactions."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._seen: dict[str, _Remembered] = {}
        self._undone = 0
        with database.transaction():
            for statement in _TABLES:
                database.execute(statement)

    def add(
        self, session: Session, attributes: Mapping[str, object], root: str | None = None
    ) -> None:
        """Keeps a new session; `root` is the first of those from which it branches off."""
        self._database.execute(
            "INSERT INTO sessions (id, request, attributes, root) VALUES (?, ?, ?, ?)",
            (session.id, session.request, write(attributes), root),
        )
        if root is not None:
            self._database.execute("UPDATE sessions SET root = id WHERE id = ?", (root,))

    def root(self, id_: str | None) -> str | None:
        """The first session of a family; None for one without a family."""
        if id_ is None:
            return None
        rows = self._database.rows("SELECT root FROM sessions WHERE id = ?", (id_,))
        return cast("str | None", rows[0][0]) if rows else None

    def family(self, root: str) -> frozenset[str]:
        """The ids of all sessions that branched off from this one, and its own."""
        rows = self._database.rows("SELECT id FROM sessions WHERE root = ?", (root,))
        return frozenset(str(id_) for (id_,) in rows)

    def seen_by(self, root: str) -> tuple[frozenset[str], bool]:
        """The tasks that a family has called, and whether that is all it has seen."""
        rows = self._database.rows(
            """SELECT DISTINCT task FROM outputs
               WHERE session IN (SELECT id FROM sessions WHERE root = ?)""",
            (root,),
        )
        gaps = self._database.rows(
            "SELECT 1 FROM sessions WHERE root = ? AND complete = 0 LIMIT 1", (root,)
        )
        return frozenset(str(task) for (task,) in rows), not gaps

    def attributes(self, id_: str | None) -> Mapping[str, object]:
        """What is said of a session by whoever opened it."""
        if id_ is None:
            return {}
        rows = self._database.rows("SELECT attributes FROM sessions WHERE id = ?", (id_,))
        return cast("dict[str, object]", read(str(rows[0][0]))) if rows else {}

    def get(self, id_: str | None, labels: Iterable[str] = ()) -> Session | None:
        """A session as the store has it, in a copy of the caller's own."""
        if id_ is None:
            return None
        rows = self._database.rows("SELECT request, complete FROM sessions WHERE id = ?", (id_,))
        if not rows:
            return None
        request, complete = cast("tuple[str | None, int]", rows[0])
        outputs = self._outputs(id_)
        return Session.of(request, outputs, id=id_, complete=bool(complete), labels=labels)

    def _outputs(self, id_: str) -> tuple[SeenOutput, ...]:
        """What a session has seen. It only grows, so only what is new is read.

        What a transaction remembers may not be kept yet, so nobody outside of one builds on it.
        """
        if not self._database.in_transaction:
            return self._with_newer(id_, _Remembered(0, ())).outputs
        if self._undone != self._database.undone:
            self._undone = self._database.undone
            self._seen.clear()
        if id_ not in self._seen and len(self._seen) >= _MOST_SESSIONS:
            self._seen.clear()
        known = self._with_newer(id_, self._seen.get(id_, _Remembered(0, ())))
        self._seen[id_] = known
        return known.outputs

    def _with_newer(self, id_: str, known: _Remembered) -> _Remembered:
        rows = self._database.rows(
            """SELECT position, task, input, value FROM outputs
               WHERE session = ? AND position > ? ORDER BY position""",
            (id_, known.position),
        )
        if not rows:
            return known
        new = [
            SeenOutput(task, cast("dict[str, object]", read(input_)), read(value))
            for _, task, input_, value in cast("list[tuple[Any, ...]]", rows)
        ]
        return _Remembered(cast(int, rows[-1][0]), (*known.outputs, *new))

    def keep_output(
        self, id_: str, task: str, input_: Mapping[str, object], output: object
    ) -> None:
        """Adds a call and its output (plain data) to a session."""
        self._database.execute(
            """INSERT INTO outputs SELECT ?, coalesce(max(position), 0) + 1, ?, ?, ?
               FROM outputs WHERE session = ?""",
            (id_, task, write(input_), write(output), id_),
        )

    def mark_incomplete(self, id_: str) -> None:
        self._database.execute("UPDATE sessions SET complete = 0 WHERE id = ?", (id_,))

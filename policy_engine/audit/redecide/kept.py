"""What the store beside a record has in full, where the record has digests. Read only.

Nothing of it is believed: whoever uses it holds it against the record. What is missing, or cannot
be read, is None.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple, cast

from policy_engine.audit.reading import instant
from policy_engine.decision.action import Action
from policy_engine.decision.session import SeenOutput
from policy_engine.foundation.canonical import read_canonical
from policy_engine.foundation.database import Database
from policy_engine.runtime.store import action_of

_TABLES = ("actions", "sessions", "outputs", "ledger_salt")
_UNREADABLE = (ValueError, TypeError, KeyError, AttributeError, ArithmeticError, RecursionError)


@dataclass(frozen=True, slots=True)
class KeptAction:
    """An action as the store has it now."""

    action: Action
    facts: Mapping[str, object]
    session: str | None
    proposed_at: datetime
    acted_at: datetime | None
    is_approved: bool
    """Whether all who were asked had signed at some time."""
    output: tuple[object, ...]
    """What came back, in a tuple of one; empty where nothing did."""
    is_nested: bool
    """Whether a tool proposed it while it ran."""


class KeptSession(NamedTuple):
    """A session as the store has it."""

    request: str | None
    attributes: Mapping[str, object]


class Kept:
    """The store of a record."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._tables = {name for name in _TABLES if database.has_table(name)}

    @property
    def salt(self) -> bytes | None:
        """What seals the digests of the record; None where it was destroyed."""
        rows = self._rows("ledger_salt", "SELECT salt FROM ledger_salt")
        salt = rows[0][0] if rows else None
        return salt if isinstance(salt, bytes) else None

    def action(self, id_: str) -> KeptAction | None:
        rows = self._rows(
            "actions",
            """SELECT id, body, facts, session, proposed_at, acted_at, approved, output, root
               FROM actions WHERE id = ?""",
            id_,
        )
        try:
            return _action(rows[0]) if rows else None
        except _UNREADABLE:
            return None

    def session(self, id_: str) -> KeptSession | None:
        query = "SELECT request, attributes FROM sessions WHERE id = ?"
        rows = self._rows("sessions", query, id_)
        try:
            return KeptSession(rows[0][0], _object(rows[0][1])) if rows else None
        except _UNREADABLE:
            return None

    def seen(self, session: str) -> list[SeenOutput] | None:
        """The calls of a session and what they returned, in their order."""
        rows = self._rows(
            "outputs",
            "SELECT task, input, value FROM outputs WHERE session = ? ORDER BY position",
            session,
        )
        try:
            return [
                SeenOutput(task, _object(told), read_canonical(value)) for task, told, value in rows
            ]
        except _UNREADABLE:
            return None

    def _rows(self, table: str, query: str, *values: object) -> list[tuple[Any, ...]]:
        found = self._database.rows(query, values) if table in self._tables else []
        return cast("list[tuple[Any, ...]]", found)


def _action(row: tuple[Any, ...]) -> KeptAction:
    id_, body, facts, session, proposed_at, acted_at, approved, output, root = row
    proposed, action = instant(proposed_at), action_of(cast("dict[str, Any]", _object(body)))
    if proposed is None or not isinstance(action.task, str):
        raise ValueError("it does not say when what was proposed")
    return KeptAction(
        action,
        _object(facts),
        session,
        proposed,
        None if acted_at is None else instant(acted_at),
        bool(approved),
        () if output is None else (read_canonical(output),),
        root != id_,
    )


def _object(text: str) -> Mapping[str, object]:
    value = read_canonical(text)
    if not isinstance(value, dict):
        raise ValueError("it is no object")
    return cast("dict[str, object]", value)

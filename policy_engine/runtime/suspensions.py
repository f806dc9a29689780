"""The kill switch: who and what may do nothing for now, from the next decision on.

A suspension names an agent, a person, a task or a session; whatever was allowed, signed or is held
is denied as long as it stands, also for everybody who acts in a chain with the suspended. What runs
already is not stopped: nobody can know how.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from policy_engine.decision.action import Human
from policy_engine.foundation.canonical import timestamp_text
from policy_engine.foundation.database import Database
from policy_engine.foundation.errors import GateError
from policy_engine.runtime.executors import writable
from policy_engine.runtime.ports import Clock, Recorder

_TABLE = """CREATE TABLE IF NOT EXISTS suspensions (
    name TEXT PRIMARY KEY, signer TEXT NOT NULL, reason TEXT NOT NULL, at TEXT NOT NULL)"""

KINDS = ("agent", "human", "task", "session")


@dataclass(frozen=True, slots=True)
class Suspension:
    """Who or what is suspended (`agent bot-7`), by whom, why and since when."""

    name: str
    by: str
    reason: str
    at: datetime


class Suspensions:
    """Those of one store, and their place in the record."""

    def __init__(self, database: Database, recorder: Recorder, clock: Clock) -> None:
        self._database = database
        self._recorder = recorder
        self._clock = clock
        self._names: frozenset[str] = frozenset()
        self._as_of: object = None
        """The state of the store as of which they are known."""
        with database.transaction():
            database.execute(_TABLE)

    def names(self) -> frozenset[str]:
        """Who and what is suspended now."""
        state = self._database.state
        if state is None or state != self._as_of:
            self._names = frozenset(str(name) for (name,) in self._database.rows(_NAMES))
            self._as_of = state
        return self._names

    def listed(self) -> tuple[Suspension, ...]:
        """All of them, oldest first."""
        rows = cast("list[tuple[Any, ...]]", self._database.rows(_ALL))
        return tuple(
            Suspension(name, by, reason, datetime.fromisoformat(at))
            for name, by, reason, at in rows
        )

    def suspend(self, name: str, by: Human, reason: str) -> None:
        """From the next decision on. Suspending again keeps the first suspension."""
        body = _said(name, by, reason)
        with self._database.transaction():
            now = timestamp_text(self._clock.now())
            added = self._database.execute(
                "INSERT INTO suspensions VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
                (name, body["by"], body["reason"], now),
            )
            self._as_of = None
            if added:
                self._recorder.record("suspended", body)

    def lift(self, name: str, by: Human, reason: str) -> None:
        """Ends a suspension. Raises `GateError` where there is none of this name."""
        body = _said(name, by, reason)
        with self._database.transaction():
            if not self._database.execute("DELETE FROM suspensions WHERE name = ?", (name,)):
                raise GateError(f"`{name}` is not suspended")
            self._as_of = None
            self._recorder.record("lifted", body)


_NAMES = "SELECT name FROM suspensions"
_ALL = "SELECT name, signer, reason, at FROM suspensions ORDER BY at, name"


def _said(name: str, by: Human, reason: str) -> dict[str, object]:
    """The record of it. Raises `GateError` for what names nothing, or comes from nobody."""
    kind, _, id_ = name.partition(" ")
    if kind not in KINDS or not id_.strip() or writable(name) != name:
        raise GateError(f"`{name}` names nothing: write `agent ID`, `human`, `task` or `session`")
    if not isinstance(by, Human):
        raise GateError("only people suspend, and only people lift")
    if not reason.strip():
        raise GateError("the record keeps why: give a reason")
    return {"name": name, "by": by.id, "reason": writable(reason)}

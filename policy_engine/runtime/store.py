"""What the gate remembers between two moments: sessions, actions, asks, signatures, rejections.

Everything is in the store, nothing only in memory, so an action can wait for people through any
number of restarts. Bodies are kept here in full, since the gate must be able to act on them; the
ledger has digests of what is secret.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any, NamedTuple, cast

from policy_engine.decision.action import SIMPLE, Action, Agent, Human, Principal, described
from policy_engine.decision.clearance import Clearance
from policy_engine.decision.code.binding import principal_text, quoted
from policy_engine.decision.outcome import Decision, Obligation
from policy_engine.decision.session import SeenOutput, Session
from policy_engine.foundation.canonical import canonical_text, decode, timestamp_text
from policy_engine.foundation.database import Database
from policy_engine.runtime.keeping import NO_PLAIN_FORM
from policy_engine.values.plain import plain

_TABLES = (
    """CREATE TABLE IF NOT EXISTS sessions (
        id TEXT PRIMARY KEY, request TEXT, attributes TEXT NOT NULL,
        complete INTEGER NOT NULL DEFAULT 1, root TEXT REFERENCES sessions (id))""",
    "CREATE INDEX IF NOT EXISTS sessions_by_root ON sessions (root)",
    """CREATE TABLE IF NOT EXISTS outputs (
        session TEXT NOT NULL REFERENCES sessions (id), position INTEGER NOT NULL,
        task TEXT NOT NULL, input TEXT NOT NULL, value TEXT NOT NULL,
        PRIMARY KEY (session, position))""",
    """CREATE TABLE IF NOT EXISTS actions (
        id TEXT PRIMARY KEY, key TEXT, session TEXT REFERENCES sessions (id),
        task TEXT NOT NULL, body TEXT NOT NULL, facts TEXT NOT NULL, looked_up INTEGER NOT NULL,
        digest TEXT NOT NULL, proposal TEXT NOT NULL, status TEXT NOT NULL,
        proposed_at TEXT NOT NULL, acted_at TEXT, approved INTEGER NOT NULL DEFAULT 0,
        output TEXT, detail TEXT, reported INTEGER NOT NULL DEFAULT 0, obligations TEXT,
        owner TEXT, due TEXT, noticed INTEGER NOT NULL DEFAULT 0)""",
    "CREATE UNIQUE INDEX IF NOT EXISTS actions_by_key ON actions (key) WHERE key IS NOT NULL",
    "CREATE INDEX IF NOT EXISTS actions_held ON actions (session) WHERE status = 'held'",
    """CREATE INDEX IF NOT EXISTS actions_under_way ON actions (acted_at)
        WHERE status = 'executing'""",
    "CREATE INDEX IF NOT EXISTS actions_by_task ON actions (task, proposed_at)",
    """CREATE TABLE IF NOT EXISTS proposals (
        action TEXT NOT NULL REFERENCES actions (id), proposal TEXT NOT NULL,
        PRIMARY KEY (action, proposal))""",
)


_NOTHING = (None, NO_PLAIN_FORM)


class Status(Enum):
    """Where an action stands."""

    PROPOSED = "proposed"
    HELD = "held"
    EXECUTING = "executing"
    EXECUTED = "executed"
    WITHHELD = "withheld"
    """Carried out; its output failed a validation and was kept back."""
    FAILED = "failed"
    UNKNOWN = "unknown"
    DENIED = "denied"


@dataclass(frozen=True, slots=True)
class Stored:
    """An action as the store has it."""

    id: str
    session: str | None
    action: Action
    facts: Mapping[str, object]
    looked_up: bool
    """Whether the facts came from the gate's own look-up, which is then asked again."""
    digest: str
    proposal: str
    status: Status
    proposed_at: datetime
    output: object
    detail: str | None
    reported: bool
    """Whether somebody else makes the call, and reports what came of it."""
    obligations: tuple[Obligation, ...]
    """What is due before its output is released, by the decision that let it begin."""
    acted_at: datetime | None
    """Since when it may have happened."""
    owner: str | None
    """The gate that began it."""


class _Remembered(NamedTuple):
    """The part of a session that has been read already."""

    position: int
    outputs: tuple[SeenOutput, ...]


_MOST_SESSIONS = 256


class Store:
    """Reads and writes one database. Callers open the transactions."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._sessions: dict[str, _Remembered] = {}
        self._undone = 0
        with database.transaction():
            for statement in _TABLES:
                database.execute(statement)

    # Sessions

    def add_session(
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

    def session(self, id_: str | None, labels: Iterable[str] = ()) -> Session | None:
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
            self._sessions.clear()
        if id_ not in self._sessions and len(self._sessions) >= _MOST_SESSIONS:
            self._sessions.clear()
        known = self._with_newer(id_, self._sessions.get(id_, _Remembered(0, ())))
        self._sessions[id_] = known
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

    # Actions

    def add(
        self,
        action: Action,
        session: str | None,
        facts: Mapping[str, object],
        *,
        looked_up: bool,
        decision: Decision,
        key: str | None,
        reported: bool,
    ) -> str:
        """Keeps a proposed action; gives its id."""
        id_ = uuid.uuid4().hex[:12]
        self._database.execute(
            """INSERT INTO actions (id, key, session, task, body, facts, looked_up, digest,
               proposal, status, proposed_at, reported)
               VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)""",
            (
                id_,
                key,
                session,
                action.task,
                body_text(action),
                write(facts),
                looked_up,
                decision.action,
                decision.proposal,
                Status.PROPOSED.value,
                timestamp_text(decision.at),
                reported,
            ),
        )
        self._propose(id_, decision.proposals)
        return id_

    def begin(
        self,
        action: Action,
        session: str | None,
        facts: Mapping[str, object],
        *,
        looked_up: bool,
        clearance: Clearance,
        proposal: str,
        key: str | None,
        reported: bool,
        owner: str,
    ) -> Stored:
        """Keeps an action that may happen from now on: proposed, allowed and begun at once.

        `proposal` is empty where nobody will ask for it again: nothing can reject what has begun.
        """
        id_, at = uuid.uuid4().hex[:12], timestamp_text(clearance.at)
        self._database.execute(
            """INSERT INTO actions (id, key, session, task, body, facts, looked_up, digest,
               proposal, status, proposed_at, acted_at, reported, obligations, owner)
               VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 'executing', ?, ?, ?, '[]', ?)""",
            (
                id_,
                key,
                session,
                action.task,
                body_text(action),
                write(facts) if facts else "{}",
                looked_up,
                clearance.action,
                proposal,
                at,
                at,
                reported,
                owner,
            ),
        )
        return Stored(
            id_,
            session,
            action,
            facts,
            looked_up,
            clearance.action,
            proposal,
            Status.EXECUTING,
            clearance.at,
            None,
            None,
            reported,
            (),
            clearance.at,
            owner,
        )

    def by_id(self, id_: str) -> Stored | None:
        return self._one("id = ?", id_)

    def by_key(self, key: str) -> Stored | None:
        return self._one("key = ?", key)

    def held_twin(self, session: str | None, digest: str) -> Stored | None:
        """The same action of the same session, where it already waits."""
        if session is None:
            return None
        return self._one("status = 'held' AND session = ? AND digest = ?", session, digest)

    def held(self) -> list[Stored]:
        """All actions that wait for people, oldest first."""
        return self._many("status = 'held' ORDER BY proposed_at, id")

    def set_status(
        self, id_: str, status: Status, *, detail: str | None = None, output: object = None
    ) -> None:
        self._database.execute(
            "UPDATE actions SET status = ?, detail = ?, output = ? WHERE id = ?",
            (status.value, detail, None if output in _NOTHING else write(output), id_),
        )

    def under_way(self) -> list[Stored]:
        """All actions that may have happened and have no outcome yet, oldest first."""
        return self._many("status = 'executing' ORDER BY acted_at, id")

    def take_over(self, id_: str, owner: str, new: str) -> bool:
        """An action under way goes from one gate to another; False where it has gone already."""
        return bool(
            self._database.execute(
                """UPDATE actions SET owner = ?
                   WHERE id = ? AND owner = ? AND status = 'executing'""",
                (new, id_, owner),
            )
        )

    def settle(
        self, id_: str, status: Status, *, detail: str | None = None, output: object = None
    ) -> bool:
        """The outcome of what is under way; False where it has one already, which stays."""
        written = None if output in _NOTHING else write(output)
        return bool(
            self._database.execute(
                """UPDATE actions SET status = ?, detail = ?, output = ?
                   WHERE id = ? AND status = 'executing'""",
                (status.value, detail, written, id_),
            )
        )

    def hold(self, id_: str, due: datetime) -> None:
        """It waits, and should be looked at again by then; a worker has yet to notice."""
        self._database.execute(
            "UPDATE actions SET status = 'held', detail = NULL, due = ?, noticed = 0 WHERE id = ?",
            (timestamp_text(due), id_),
        )

    def wake(self, id_: str, now: datetime) -> None:
        """Something was said about what waits: it should be looked at now."""
        self._database.execute(
            "UPDATE actions SET due = ?, noticed = 0 WHERE id = ?", (timestamp_text(now), id_)
        )

    def due(self, id_: str) -> datetime | None:
        """When what waits should be looked at."""
        rows = self._database.rows(
            "SELECT due FROM actions WHERE id = ? AND status = 'held'", (id_,)
        )
        return time_of(str(rows[0][0])) if rows and rows[0][0] is not None else None

    def waiting(self) -> list[tuple[str, datetime]]:
        """All that waits, and when it should be looked at."""
        return self._dues("status = 'held' AND due IS NOT NULL")

    def unnoticed(self) -> list[tuple[str, datetime]]:
        """What waits and was held, or spoken about, since a worker last noticed it."""
        return self._dues("noticed = 0 AND status = 'held' AND due IS NOT NULL")

    def notice(self, id_: str, due: datetime) -> None:
        """A worker knows of it, unless something was said meanwhile."""
        self._database.execute(
            "UPDATE actions SET noticed = 1 WHERE id = ? AND due = ?", (id_, timestamp_text(due))
        )

    def _dues(self, condition: str) -> list[tuple[str, datetime]]:
        rows = self._database.rows(f"SELECT id, due FROM actions WHERE {condition}")  # noqa: S608 — conditions are literals above
        return [(str(id_), time_of(str(due))) for id_, due in rows]

    def note_approved(self, id_: str) -> None:
        """All who were asked have signed, whatever comes after."""
        self._database.execute("UPDATE actions SET approved = 1 WHERE id = ?", (id_,))

    def act(self, id_: str, decision: Decision, owner: str) -> None:
        """From now on the action may have happened, by the hand of this gate."""
        self._database.execute(
            """UPDATE actions SET acted_at = ?, status = ?, detail = NULL, obligations = ?,
               owner = ? WHERE id = ?""",
            (
                timestamp_text(decision.at),
                Status.EXECUTING.value,
                write([list(owed) for owed in decision.obligations]),
                owner,
                id_,
            ),
        )

    def _propose(self, id_: str, proposals: tuple[str, ...]) -> None:
        """What rejections of it are bound to: one for everybody who does it."""
        for proposal in dict.fromkeys(proposals):
            self._database.execute("INSERT INTO proposals VALUES (?, ?)", (id_, proposal))

    def rebind(self, id_: str, decision: Decision) -> None:
        """The policy reads the same action otherwise now: what was signed was another reading."""
        self._database.execute(
            "UPDATE actions SET digest = ?, proposal = ? WHERE id = ?",
            (decision.action, decision.proposal, id_),
        )
        self._database.execute("DELETE FROM proposals WHERE action = ?", (id_,))
        self._propose(id_, decision.proposals)

    def set_facts(self, id_: str, facts: Mapping[str, object]) -> None:
        self._database.execute("UPDATE actions SET facts = ? WHERE id = ?", (write(facts), id_))

    def _one(self, condition: str, *values: object) -> Stored | None:
        found = self._many(condition, *values)
        return found[0] if found else None

    def _many(self, condition: str, *values: object) -> list[Stored]:
        rows = self._database.rows(f"SELECT {_COLUMNS} FROM actions WHERE {condition}", values)  # noqa: S608 — conditions are literals above
        return [_stored(cast("tuple[Any, ...]", row)) for row in rows]


_COLUMNS = """id, session, body, facts, looked_up, digest, proposal, status, proposed_at,
    output, detail, reported, obligations, acted_at, owner"""


def _stored(row: tuple[Any, ...]) -> Stored:
    id_, session, body, facts, looked_up, digest, proposal, status, at, output, detail, *more = row
    reported, owed, acted_at, owner = more
    return Stored(
        id_,
        session,
        action_of(cast("dict[str, Any]", read(body))),
        cast("dict[str, object]", read(facts)),
        bool(looked_up),
        digest,
        proposal,
        Status(status),
        time_of(at),
        None if output is None else read(output),
        detail,
        bool(reported),
        tuple(Obligation(*pair) for pair in json.loads(owed or "[]")),
        time_of(acted_at) if acted_at is not None else None,
        owner,
    )


def body_text(action: Action) -> str:
    """An action as the store has it; `action_of` reads it back."""
    if action.simple is not SIMPLE or action.context or action.on_behalf_of is not None:
        return write(_body(action))
    domain = "null" if action.domain is None else quoted(action.domain)
    return (
        f'{{"chain":[],"context":{{}},"domain":{domain},"input":{write(action.input)},'
        f'"on_behalf_of":null,"principal":{principal_text(action.principal)},'
        f'"task":{quoted(action.task)}}}'
    )


def _body(action: Action) -> dict[str, object]:
    behalf = action.on_behalf_of
    return {
        "principal": described(action.principal),
        "on_behalf_of": described(behalf) if behalf else None,
        "chain": [described(member) for member in action.chain],
        "domain": action.domain,
        "task": action.task,
        "input": dict(action.input),
        "context": dict(action.context),
    }


def action_of(body: dict[str, Any]) -> Action:
    """The action of a body as the store has it."""
    behalf = body["on_behalf_of"]
    return Action(
        _principal(body["principal"]),
        body["task"],
        body["input"],
        body["context"],
        Human(behalf["id"], **behalf["attributes"]) if behalf else None,
        body["domain"],
        tuple(_principal(member) for member in body["chain"]),
    )


def _principal(body: dict[str, Any]) -> Principal:
    make = Agent if body["kind"] == "agent" else Human
    return make(body["id"], **body["attributes"])


def write(value: object) -> str:
    return canonical_text(plain(value))


def read(text: str) -> object:
    """Data as they were written."""
    return decode(json.loads(text))


def time_of(text: str) -> datetime:
    return datetime.fromisoformat(text)

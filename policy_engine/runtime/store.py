"""What the gate remembers of actions between two moments.

Everything is in the store, nothing only in memory, so an action can wait for people through any
number of restarts. Bodies are kept here in full, since the gate must be able to act on them; the
ledger has digests of what is secret.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any, cast

from policy_engine.decision.action import SIMPLE, Action, Agent, Human, Principal, described
from policy_engine.decision.clearance import Clearance
from policy_engine.decision.code.binding import principal_text, quoted
from policy_engine.decision.outcome import Decision, Obligation
from policy_engine.foundation.canonical import timestamp_text
from policy_engine.foundation.database import Database
from policy_engine.runtime.keeping import NO_PLAIN_FORM, read, write
from policy_engine.runtime.sessions import Sessions

_TABLES = (
    """CREATE TABLE IF NOT EXISTS actions (
        id TEXT PRIMARY KEY, key TEXT, session TEXT REFERENCES sessions (id),
        task TEXT NOT NULL, body TEXT NOT NULL, facts TEXT NOT NULL, looked_up INTEGER NOT NULL,
        digest TEXT NOT NULL, proposal TEXT NOT NULL, status TEXT NOT NULL,
        proposed_at TEXT NOT NULL, acted_at TEXT, approved INTEGER NOT NULL DEFAULT 0,
        output TEXT, detail TEXT, reported INTEGER NOT NULL DEFAULT 0, obligations TEXT,
        owner TEXT, due TEXT, noticed INTEGER NOT NULL DEFAULT 0, root TEXT NOT NULL)""",
    "CREATE UNIQUE INDEX IF NOT EXISTS actions_by_key ON actions (key) WHERE key IS NOT NULL",
    "CREATE INDEX IF NOT EXISTS actions_held ON actions (session) WHERE status = 'held'",
    "CREATE INDEX IF NOT EXISTS actions_undecided ON actions (id) WHERE status = 'proposed'",
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
    root: str
    """The action whose tool proposed it, and so on up to the first; else its own id."""


class Store:
    """Reads and writes one database. Callers open the transactions."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.sessions = Sessions(database)
        with database.transaction():
            for statement in _TABLES:
                database.execute(statement)

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
        root: str | None,
    ) -> str:
        """Keeps a proposed action; gives its id. `root` is that of the call that it is part of."""
        id_ = uuid.uuid4().hex[:12]
        self._database.execute(
            """INSERT INTO actions (id, key, session, task, body, facts, looked_up, digest,
               proposal, status, proposed_at, reported, root)
               VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)""",
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
                root or id_,
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
        root: str | None,
        owner: str,
    ) -> Stored:
        """Keeps an action that may happen from now on: proposed, allowed and begun at once.

        `proposal` is empty where nobody will ask for it again: nothing can reject what has begun.
        """
        id_, at = uuid.uuid4().hex[:12], timestamp_text(clearance.at)
        self._database.execute(
            """INSERT INTO actions (id, key, session, task, body, facts, looked_up, digest,
               proposal, status, proposed_at, acted_at, reported, obligations, owner, root)
               VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 'executing', ?, ?, ?, '[]', ?, ?)""",
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
                root or id_,
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
            root or id_,
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

    def undecided(self, before: datetime) -> list[Stored]:
        """What was proposed before a time and has been neither decided nor held."""
        found = self._many("status = 'proposed' ORDER BY proposed_at, id")
        return [stored for stored in found if stored.proposed_at < before]

    def drop(self, id_: str, detail: str) -> bool:
        """Denies what was never decided; False where it has been meanwhile."""
        return bool(
            self._database.execute(
                """UPDATE actions SET status = 'denied', detail = ?
                   WHERE id = ? AND status = 'proposed'""",
                (detail, id_),
            )
        )

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
    output, detail, reported, obligations, acted_at, owner, root"""


def _stored(row: tuple[Any, ...]) -> Stored:
    id_, session, body, facts, looked_up, digest, proposal, status, at, output, detail, *more = row
    reported, owed, acted_at, owner, root = more
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
        root,
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


def time_of(text: str) -> datetime:
    return datetime.fromisoformat(text)

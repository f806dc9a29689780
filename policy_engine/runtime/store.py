"""What the gate remembers between two moments: sessions, actions, asks, signatures, rejections.

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
from typing import Any, NamedTuple, cast

from policy_engine.decision.action import Action, Agent, Human, described
from policy_engine.decision.evidence import CLOCK, Approval, Asked, Evidence, Rejection
from policy_engine.decision.outcome import Ask, Decision
from policy_engine.decision.session import SeenOutput, Session
from policy_engine.foundation.canonical import canonical_text, decode, timestamp_text
from policy_engine.foundation.database import Database
from policy_engine.runtime.keeping import NO_PLAIN_FORM
from policy_engine.runtime.ports import Roles
from policy_engine.values.plain import plain

_TABLES = (
    """CREATE TABLE IF NOT EXISTS sessions (
        id TEXT PRIMARY KEY, request TEXT, complete INTEGER NOT NULL DEFAULT 1)""",
    """CREATE TABLE IF NOT EXISTS outputs (
        session TEXT NOT NULL REFERENCES sessions (id), position INTEGER NOT NULL,
        task TEXT NOT NULL, input TEXT NOT NULL, value TEXT NOT NULL,
        PRIMARY KEY (session, position))""",
    """CREATE TABLE IF NOT EXISTS actions (
        id TEXT PRIMARY KEY, key TEXT UNIQUE, session TEXT REFERENCES sessions (id),
        body TEXT NOT NULL, facts TEXT NOT NULL, looked_up INTEGER NOT NULL,
        digest TEXT NOT NULL, proposal TEXT NOT NULL, status TEXT NOT NULL,
        proposed_at TEXT NOT NULL, output TEXT, detail TEXT)""",
    "CREATE INDEX IF NOT EXISTS actions_by_status ON actions (status)",
    """CREATE TABLE IF NOT EXISTS asks (
        action TEXT NOT NULL REFERENCES actions (id), rule TEXT NOT NULL,
        rule_digest TEXT NOT NULL, role TEXT NOT NULL, quorum INTEGER NOT NULL,
        facts_digest TEXT NOT NULL, at TEXT NOT NULL, PRIMARY KEY (action, rule, rule_digest))""",
    """CREATE TABLE IF NOT EXISTS approvals (
        action TEXT NOT NULL REFERENCES actions (id), rule TEXT NOT NULL,
        rule_digest TEXT NOT NULL, signer TEXT NOT NULL, action_digest TEXT NOT NULL,
        facts_digest TEXT NOT NULL, at TEXT NOT NULL, used INTEGER NOT NULL DEFAULT 0,
        PRIMARY KEY (action, rule, rule_digest, action_digest, facts_digest, signer))""",
    """CREATE TABLE IF NOT EXISTS rejections (
        proposal TEXT NOT NULL, signer TEXT NOT NULL, at TEXT NOT NULL, reason TEXT NOT NULL)""",
    "CREATE INDEX IF NOT EXISTS rejections_by_proposal ON rejections (proposal)",
)


_NOTHING = (None, NO_PLAIN_FORM)


class Status(Enum):
    """Where an action stands."""

    PROPOSED = "proposed"
    HELD = "held"
    EXECUTING = "executing"
    EXECUTED = "executed"
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


@dataclass(frozen=True, slots=True)
class StoredAsk:
    """What people were asked to sign: one rule, as it read then, with the facts as they were."""

    rule: str
    rule_digest: str
    role: str
    quorum: int
    facts_digest: str
    at: datetime
    signed: tuple[str, ...]


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

    def add_session(self, session: Session) -> None:
        """Keeps a new session."""
        self._database.execute(
            "INSERT INTO sessions (id, request) VALUES (?, ?)", (session.id, session.request)
        )

    def session(self, id_: str | None) -> Session | None:
        """A session as the store has it, in a copy of the caller's own."""
        rows = self._database.rows("SELECT request, complete FROM sessions WHERE id = ?", (id_,))
        if not rows or id_ is None:
            return None
        request, complete = cast("tuple[str | None, int]", rows[0])
        return Session.of(request, self._outputs(id_), id=id_, complete=bool(complete))

    def _outputs(self, id_: str) -> tuple[SeenOutput, ...]:
        """What a session has seen. It only grows, so only what is new is read."""
        if self._undone != self._database.undone:
            self._undone = self._database.undone
            self._sessions.clear()
        known = self._sessions.get(id_, _Remembered(0, ()))
        rows = self._database.rows(
            """SELECT position, task, input, value FROM outputs
               WHERE session = ? AND position > ? ORDER BY position""",
            (id_, known.position),
        )
        if rows:
            new = [
                SeenOutput(task, cast("dict[str, object]", _read(input_)), _read(value))
                for _, task, input_, value in cast("list[tuple[Any, ...]]", rows)
            ]
            known = _Remembered(cast(int, rows[-1][0]), (*known.outputs, *new))
            if len(self._sessions) >= _MOST_SESSIONS:
                self._sessions.clear()
            self._sessions[id_] = known
        return known.outputs

    def keep_output(
        self, id_: str, task: str, input_: Mapping[str, object], output: object
    ) -> None:
        """Adds a call and its output (plain data) to a session."""
        self._database.execute(
            """INSERT INTO outputs SELECT ?, coalesce(max(position), 0) + 1, ?, ?, ?
               FROM outputs WHERE session = ?""",
            (id_, task, _write(input_), _write(output), id_),
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
    ) -> str:
        """Keeps a proposed action; gives its id."""
        id_ = uuid.uuid4().hex[:12]
        self._database.execute(
            """INSERT INTO actions (id, key, session, body, facts, looked_up, digest, proposal,
               status, proposed_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)""",
            (
                id_,
                key,
                session,
                _write(_body(action)),
                _write(facts),
                looked_up,
                decision.action,
                decision.proposal,
                Status.PROPOSED.value,
                timestamp_text(decision.at),
            ),
        )
        return id_

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
            (status.value, detail, None if output in _NOTHING else _write(output), id_),
        )

    def rebind(self, id_: str, digest: str, proposal: str) -> None:
        """The policy reads the same action otherwise now: what was signed was another reading."""
        self._database.execute(
            "UPDATE actions SET digest = ?, proposal = ? WHERE id = ?", (digest, proposal, id_)
        )

    def set_facts(self, id_: str, facts: Mapping[str, object]) -> None:
        self._database.execute("UPDATE actions SET facts = ? WHERE id = ?", (_write(facts), id_))

    # Asks and signatures

    def ask(self, id_: str, ask: Ask, facts_digest: str, now: datetime) -> None:
        """Notes that people are asked; a first ask of the same rule keeps its time."""
        self._database.execute(
            """INSERT INTO asks VALUES (?, ?, ?, ?, ?, ?, ?)
               ON CONFLICT DO UPDATE SET facts_digest = excluded.facts_digest""",
            (
                id_,
                ask.rule,
                ask.rule_digest,
                ask.role,
                ask.quorum,
                facts_digest,
                timestamp_text(now),
            ),
        )

    def asks(self, id_: str) -> list[StoredAsk]:
        rows = self._database.rows(
            """SELECT rule, rule_digest, role, quorum, facts_digest, at FROM asks
               WHERE action = ? ORDER BY rule, at""",
            (id_,),
        )
        return [
            StoredAsk(
                rule, digest, role, quorum, facts, _time(at), self._signed(id_, rule, digest, facts)
            )
            for rule, digest, role, quorum, facts, at in cast("list[tuple[Any, ...]]", rows)
        ]

    def sign(self, stored: Stored, ask: StoredAsk, signer: str, now: datetime) -> bool:
        """Keeps a signature; False where this person has signed this ask before."""
        changed = self._database.execute(
            """INSERT INTO approvals (action, rule, rule_digest, signer, action_digest,
               facts_digest, at) VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING""",
            (
                stored.id,
                ask.rule,
                ask.rule_digest,
                signer,
                stored.digest,
                ask.facts_digest,
                timestamp_text(now),
            ),
        )
        return changed == 1

    def reject(self, proposal: str, signer: str, reason: str, now: datetime) -> None:
        self._database.execute(
            "INSERT INTO rejections VALUES (?, ?, ?, ?)",
            (proposal, signer, timestamp_text(now), reason),
        )

    def evidence(self, stored: Stored, roles: Roles, now: datetime) -> tuple[Evidence, ...]:
        """All that has been said about an action; signers' roles are looked up anew."""
        found: list[Evidence] = [
            Asked(stored.digest, ask.rule, ask.rule_digest, ask.at) for ask in self.asks(stored.id)
        ]
        rows = self._database.rows(
            """SELECT signer, rule, rule_digest, action_digest, facts_digest, at FROM approvals
               WHERE action = ? AND used = 0""",
            (stored.id,),
        )
        for by, rule, rule_digest, action, facts, at in cast("list[tuple[str, ...]]", rows):
            held = roles.human_roles(by, stored.action.domain)
            found.append(Approval(by, held, action, facts, rule, rule_digest, _time(at)))
        rows = self._database.rows(
            "SELECT signer, at, reason FROM rejections WHERE proposal = ?", (stored.proposal,)
        )
        for by, at, reason in cast("list[tuple[str, str, str]]", rows):
            if now < _time(at) + CLOCK:
                found.append(Rejection(by, stored.proposal, _time(at), reason))
        return tuple(found)

    def use_approvals(self, id_: str) -> None:
        """Marks all signatures of an action as used; in the transaction of its intent."""
        self._database.execute("UPDATE approvals SET used = 1 WHERE action = ?", (id_,))

    def _signed(self, id_: str, rule: str, rule_digest: str, facts: str) -> tuple[str, ...]:
        rows = self._database.rows(
            """SELECT signer FROM approvals WHERE action = ? AND rule = ? AND rule_digest = ?
               AND facts_digest = ? AND used = 0
               AND action_digest = (SELECT digest FROM actions WHERE id = ?) ORDER BY signer""",
            (id_, rule, rule_digest, facts, id_),
        )
        return tuple(str(signer) for (signer,) in rows)

    def _one(self, condition: str, *values: object) -> Stored | None:
        found = self._many(condition, *values)
        return found[0] if found else None

    def _many(self, condition: str, *values: object) -> list[Stored]:
        rows = self._database.rows(
            f"""SELECT id, session, body, facts, looked_up, digest, proposal, status, proposed_at,
                output, detail FROM actions WHERE {condition}""",  # noqa: S608 — conditions are literals above
            values,
        )
        return [_stored(cast("tuple[Any, ...]", row)) for row in rows]


def _stored(row: tuple[Any, ...]) -> Stored:
    id_, session, body, facts, looked_up, digest, proposal, status, at, output, detail = row
    return Stored(
        id_,
        session,
        _action(cast("dict[str, Any]", _read(body))),
        cast("dict[str, object]", _read(facts)),
        bool(looked_up),
        digest,
        proposal,
        Status(status),
        _time(at),
        None if output is None else _read(output),
        detail,
    )


def _body(action: Action) -> dict[str, object]:
    behalf = action.on_behalf_of
    return {
        "principal": described(action.principal),
        "on_behalf_of": described(behalf) if behalf else None,
        "domain": action.domain,
        "task": action.task,
        "input": dict(action.input),
        "context": dict(action.context),
    }


def _action(body: dict[str, Any]) -> Action:
    principal, behalf = body["principal"], body["on_behalf_of"]
    make = Agent if principal["kind"] == "agent" else Human
    return Action(
        make(principal["id"], **principal["attributes"]),
        body["task"],
        body["input"],
        body["context"],
        Human(behalf["id"], **behalf["attributes"]) if behalf else None,
        body["domain"],
    )


def _write(value: object) -> str:
    return canonical_text(plain(value))


def _read(text: str) -> object:
    return decode(json.loads(text))


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text)

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

from policy_engine.decision.action import Action, Agent, Human, Principal, described
from policy_engine.decision.evidence import (
    CLOCK,
    Approval,
    Asked,
    Confirmation,
    Evidence,
    Rejection,
)
from policy_engine.decision.outcome import Ask, Decision
from policy_engine.decision.session import SeenOutput, Session
from policy_engine.foundation.canonical import canonical_text, decode, timestamp_text
from policy_engine.foundation.database import Database
from policy_engine.language.policy import Party
from policy_engine.runtime.keeping import NO_PLAIN_FORM
from policy_engine.runtime.ports import Roles
from policy_engine.values.plain import plain

_TABLES = (
    """CREATE TABLE IF NOT EXISTS sessions (
        id TEXT PRIMARY KEY, request TEXT, attributes TEXT NOT NULL,
        complete INTEGER NOT NULL DEFAULT 1)""",
    """CREATE TABLE IF NOT EXISTS outputs (
        session TEXT NOT NULL REFERENCES sessions (id), position INTEGER NOT NULL,
        task TEXT NOT NULL, input TEXT NOT NULL, value TEXT NOT NULL,
        PRIMARY KEY (session, position))""",
    """CREATE TABLE IF NOT EXISTS actions (
        id TEXT PRIMARY KEY, key TEXT UNIQUE, session TEXT REFERENCES sessions (id),
        task TEXT NOT NULL, body TEXT NOT NULL, facts TEXT NOT NULL, looked_up INTEGER NOT NULL,
        digest TEXT NOT NULL, proposal TEXT NOT NULL, status TEXT NOT NULL,
        proposed_at TEXT NOT NULL, acted_at TEXT, approved INTEGER NOT NULL DEFAULT 0,
        output TEXT, detail TEXT)""",
    "CREATE INDEX IF NOT EXISTS actions_by_status ON actions (status)",
    "CREATE INDEX IF NOT EXISTS actions_by_task ON actions (task, proposed_at)",
    """CREATE TABLE IF NOT EXISTS asks (
        action TEXT NOT NULL REFERENCES actions (id), rule TEXT NOT NULL,
        rule_digest TEXT NOT NULL, parties TEXT NOT NULL,
        facts_digest TEXT NOT NULL, at TEXT NOT NULL, PRIMARY KEY (action, rule, rule_digest))""",
    """CREATE TABLE IF NOT EXISTS approvals (
        action TEXT NOT NULL REFERENCES actions (id), rule TEXT NOT NULL,
        rule_digest TEXT NOT NULL, signer TEXT NOT NULL, action_digest TEXT NOT NULL,
        facts_digest TEXT NOT NULL, at TEXT NOT NULL, used INTEGER NOT NULL DEFAULT 0,
        PRIMARY KEY (action, rule, rule_digest, action_digest, facts_digest, signer))""",
    """CREATE TABLE IF NOT EXISTS rejections (
        proposal TEXT NOT NULL, signer TEXT NOT NULL, at TEXT NOT NULL, reason TEXT NOT NULL)""",
    """CREATE TABLE IF NOT EXISTS proposals (
        action TEXT NOT NULL REFERENCES actions (id), proposal TEXT NOT NULL,
        PRIMARY KEY (action, proposal))""",
    """CREATE TABLE IF NOT EXISTS confirmations (
        action TEXT NOT NULL REFERENCES actions (id), signer TEXT NOT NULL,
        action_digest TEXT NOT NULL, at TEXT NOT NULL, used INTEGER NOT NULL DEFAULT 0)""",
    "CREATE INDEX IF NOT EXISTS rejections_by_proposal ON rejections (proposal)",
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


@dataclass(frozen=True, slots=True)
class StoredAsk:
    """What people were asked to sign: one rule, as it read then, with the facts as they were."""

    rule: str
    rule_digest: str
    parties: tuple[Party, ...]
    """Whose turn it is: so many people of each role, all different."""
    facts_digest: str
    at: datetime
    signed: tuple[str, ...] = ()
    """Who has, as far as it counts now."""

    @property
    def roles(self) -> frozenset[str]:
        return frozenset(party.role for party in self.parties)

    @property
    def quorum(self) -> int:
        return sum(party.quorum for party in self.parties)


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

    def add_session(self, session: Session, attributes: Mapping[str, object]) -> None:
        """Keeps a new session."""
        self._database.execute(
            "INSERT INTO sessions (id, request, attributes) VALUES (?, ?, ?)",
            (session.id, session.request, _write(attributes)),
        )

    def attributes(self, id_: str | None) -> Mapping[str, object]:
        """What is said of a session by whoever opened it."""
        rows = self._database.rows("SELECT attributes FROM sessions WHERE id = ?", (id_,))
        return cast("dict[str, object]", read(str(rows[0][0]))) if rows else {}

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
                SeenOutput(task, cast("dict[str, object]", read(input_)), read(value))
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
            """INSERT INTO actions (id, key, session, task, body, facts, looked_up, digest,
               proposal, status, proposed_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)""",
            (
                id_,
                key,
                session,
                action.task,
                _write(_body(action)),
                _write(facts),
                looked_up,
                decision.action,
                decision.proposal,
                Status.PROPOSED.value,
                timestamp_text(decision.at),
            ),
        )
        self._propose(id_, decision.proposals)
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

    def note_approved(self, id_: str) -> None:
        """All who were asked have signed, whatever comes after."""
        self._database.execute("UPDATE actions SET approved = 1 WHERE id = ?", (id_,))

    def act(self, id_: str, now: datetime) -> None:
        """From now on the action may have happened."""
        self._database.execute(
            "UPDATE actions SET acted_at = ? WHERE id = ?", (timestamp_text(now), id_)
        )

    def _propose(self, id_: str, proposals: tuple[str, ...]) -> None:
        """What rejections of it are bound to: one for everybody who does it."""
        self._database.execute("DELETE FROM proposals WHERE action = ?", (id_,))
        for proposal in dict.fromkeys(proposals):
            self._database.execute("INSERT INTO proposals VALUES (?, ?)", (id_, proposal))

    def rebind(self, id_: str, decision: Decision) -> None:
        """The policy reads the same action otherwise now: what was signed was another reading."""
        self._database.execute(
            "UPDATE actions SET digest = ?, proposal = ? WHERE id = ?",
            (decision.action, decision.proposal, id_),
        )
        self._propose(id_, decision.proposals)

    def set_facts(self, id_: str, facts: Mapping[str, object]) -> None:
        self._database.execute("UPDATE actions SET facts = ? WHERE id = ?", (_write(facts), id_))

    # Asks and signatures

    def ask(self, id_: str, ask: Ask, facts_digest: str, now: datetime) -> None:
        """Notes that people are asked; a first ask of the same rule keeps its time."""
        self._database.execute(
            """INSERT INTO asks VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE
               SET facts_digest = excluded.facts_digest, parties = excluded.parties""",
            (
                id_,
                ask.rule,
                ask.rule_digest,
                _write([[party.role, party.quorum] for party in ask.parties]),
                facts_digest,
                timestamp_text(now),
            ),
        )

    def asks(self, id_: str) -> list[StoredAsk]:
        rows = self._database.rows(
            """SELECT rule, rule_digest, parties, facts_digest, at FROM asks
               WHERE action = ? ORDER BY rule, at""",
            (id_,),
        )
        return [
            StoredAsk(
                rule,
                digest,
                tuple(Party(role, quorum) for role, quorum in json.loads(parties)),
                facts,
                _time(at),
            )
            for rule, digest, parties, facts, at in cast("list[tuple[Any, ...]]", rows)
        ]

    def sign(self, stored: Stored, ask: StoredAsk, signer: str, now: datetime) -> None:
        """Keeps a signature, instead of an earlier one of this person that no longer counts."""
        self._database.execute(
            """INSERT INTO approvals (action, rule, rule_digest, signer, action_digest,
               facts_digest, at) VALUES (?, ?, ?, ?, ?, ?, ?)
               ON CONFLICT DO UPDATE SET at = excluded.at""",
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

    def reject(self, id_: str, signer: str, reason: str, now: datetime) -> None:
        """A no to what everybody who does it has proposed."""
        self._database.execute(
            "INSERT INTO rejections SELECT proposal, ?, ?, ? FROM proposals WHERE action = ?",
            (signer, timestamp_text(now), reason, id_),
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
            """SELECT signer, at, reason, proposal FROM rejections WHERE proposal IN
               (SELECT proposal FROM proposals WHERE action = ?)""",
            (stored.id,),
        )
        for by, at, reason, proposal in cast("list[tuple[str, str, str, str]]", rows):
            if now < _time(at) + CLOCK:
                found.append(Rejection(by, proposal, _time(at), reason))
        rows = self._database.rows(
            "SELECT signer, action_digest, at FROM confirmations WHERE action = ? AND used = 0",
            (stored.id,),
        )
        for by, action, at in cast("list[tuple[str, str, str]]", rows):
            found.append(Confirmation(by, action, _time(at)))
        return tuple(found)

    def confirm(self, stored: Stored, signer: str, now: datetime) -> None:
        """Keeps the user's own yes."""
        self._database.execute(
            "INSERT INTO confirmations (action, signer, action_digest, at) VALUES (?, ?, ?, ?)",
            (stored.id, signer, stored.digest, timestamp_text(now)),
        )

    def use_approvals(self, id_: str) -> None:
        """Marks all that was said for an action as used; in the transaction of its intent."""
        self._database.execute("UPDATE approvals SET used = 1 WHERE action = ?", (id_,))
        self._database.execute("UPDATE confirmations SET used = 1 WHERE action = ?", (id_,))

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
        action_of(cast("dict[str, Any]", read(body))),
        cast("dict[str, object]", read(facts)),
        bool(looked_up),
        digest,
        proposal,
        Status(status),
        _time(at),
        None if output is None else read(output),
        detail,
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


def _write(value: object) -> str:
    return canonical_text(plain(value))


def read(text: str) -> object:
    """Data as they were written."""
    return decode(json.loads(text))


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text)

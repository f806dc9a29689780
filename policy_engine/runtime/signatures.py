"""What people were asked, and what they said: asks, signatures, rejections, the user's own yes."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any, Protocol, cast

from policy_engine.decision.action import Action
from policy_engine.decision.evidence import (
    CLOCK,
    Approval,
    Asked,
    Confirmation,
    Evidence,
    Rejection,
)
from policy_engine.decision.outcome import Ask
from policy_engine.foundation.canonical import timestamp_text
from policy_engine.foundation.database import Database
from policy_engine.language.policy import Party
from policy_engine.runtime.keeping import write
from policy_engine.runtime.store import Stored, time_of

_TABLES = (
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
    """CREATE TABLE IF NOT EXISTS confirmations (
        action TEXT NOT NULL REFERENCES actions (id), signer TEXT NOT NULL,
        action_digest TEXT NOT NULL, at TEXT NOT NULL, used INTEGER NOT NULL DEFAULT 0)""",
    "CREATE INDEX IF NOT EXISTS rejections_by_proposal ON rejections (proposal)",
    "CREATE INDEX IF NOT EXISTS rejections_by_time ON rejections (at)",
)


class Rights(Protocol):
    """As what the signers of one ask count."""

    def counted(
        self, signatures: Iterable[tuple[str, datetime]], action: Action
    ) -> list[frozenset[str]]: ...


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
    until: datetime | None = None
    """When their turn ends, where that is known."""

    @property
    def roles(self) -> frozenset[str]:
        return frozenset(party.role for party in self.parties)

    @property
    def quorum(self) -> int:
        return sum(party.quorum for party in self.parties)


class Signatures:
    """Reads and writes what was said. Callers open the transactions."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._any_rejection = True
        self._as_of: object = None
        """The state of the store as of which that is known."""
        with database.transaction():
            for statement in _TABLES:
                database.execute(statement)

    def ask(self, id_: str, ask: Ask, facts_digest: str, now: datetime) -> None:
        """Notes that people are asked; a first ask of the same rule keeps its time."""
        self._database.execute(
            """INSERT INTO asks VALUES (?, ?, ?, ?, ?, ?)
               ON CONFLICT (action, rule, rule_digest) DO UPDATE
               SET facts_digest = excluded.facts_digest, parties = excluded.parties""",
            (
                id_,
                ask.rule,
                ask.rule_digest,
                write([[party.role, party.quorum] for party in ask.parties]),
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
                time_of(at),
            )
            for rule, digest, parties, facts, at in cast("list[tuple[Any, ...]]", rows)
        ]

    def sign(self, stored: Stored, ask: StoredAsk, signer: str, now: datetime) -> None:
        """Keeps a signature, instead of an earlier one of this person that no longer counts."""
        self._database.execute(
            """INSERT INTO approvals (action, rule, rule_digest, signer, action_digest,
               facts_digest, at) VALUES (?, ?, ?, ?, ?, ?, ?)
               ON CONFLICT (action, rule, rule_digest, action_digest, facts_digest, signer)
               DO UPDATE SET at = excluded.at""",
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
        self._as_of = None
        self._database.execute(
            "INSERT INTO rejections SELECT proposal, ?, ?, ? FROM proposals WHERE action = ?",
            (signer, timestamp_text(now), reason, id_),
        )

    def evidence(self, stored: Stored, rights: Rights, now: datetime) -> tuple[Evidence, ...]:
        """All that has been said about an action; signers' roles are looked up anew."""
        found: list[Evidence] = [
            Asked(stored.digest, ask.rule, ask.rule_digest, ask.at) for ask in self.asks(stored.id)
        ]
        rows = self._database.rows(
            """SELECT signer, rule, rule_digest, action_digest, facts_digest, at FROM approvals
               WHERE action = ? AND used = 0 ORDER BY rule, rule_digest, at, signer""",
            (stored.id,),
        )
        of_one_ask = groupby(cast("list[tuple[str, ...]]", rows), key=lambda row: row[1:3])
        for (rule, rule_digest), signatures in of_one_ask:
            given = list(signatures)
            held = rights.counted([(row[0], time_of(row[5])) for row in given], stored.action)
            for (by, _, _, action, facts, at), roles in zip(given, held, strict=True):
                found.append(Approval(by, roles, action, facts, rule, rule_digest, time_of(at)))
        rows = self._database.rows("SELECT proposal FROM proposals WHERE action = ?", (stored.id,))
        found += self.rejections([str(proposal) for (proposal,) in rows], now)
        rows = self._database.rows(
            "SELECT signer, action_digest, at FROM confirmations WHERE action = ? AND used = 0",
            (stored.id,),
        )
        for by, action, at in cast("list[tuple[str, str, str]]", rows):
            found.append(Confirmation(by, action, time_of(at)))
        return tuple(found)

    def any_rejection(self, now: datetime) -> bool:
        """Whether any no to anything may still hold."""
        state = self._database.state
        if state is None or state != self._as_of:
            since = timestamp_text(now - CLOCK - timedelta(seconds=1))  # texts differ in fractions
            rows = self._database.rows("SELECT 1 FROM rejections WHERE at > ? LIMIT 1", (since,))
            self._any_rejection, self._as_of = bool(rows), state
        return self._any_rejection

    def rejections(self, proposals: Sequence[str], now: datetime) -> tuple[Rejection, ...]:
        """Each no to one of these proposals that still holds."""
        if not proposals:
            return ()
        marks = ", ".join("?" * len(proposals))
        rows = self._database.rows(
            f"SELECT signer, at, reason, proposal FROM rejections WHERE proposal IN ({marks})",  # noqa: S608 — marks are question marks
            proposals,
        )
        found = (
            Rejection(by, proposal, time_of(at), reason)
            for by, at, reason, proposal in cast("list[tuple[str, str, str, str]]", rows)
        )
        return tuple(rejection for rejection in found if now < rejection.at + CLOCK)

    def confirm(self, stored: Stored, signer: str, now: datetime) -> None:
        """Keeps the user's own yes."""
        self._database.execute(
            "INSERT INTO confirmations (action, signer, action_digest, at) VALUES (?, ?, ?, ?)",
            (stored.id, signer, stored.digest, timestamp_text(now)),
        )

    def use(self, id_: str, action_digest: str | None) -> tuple[str, ...]:
        """Marks all that was said for an action as used, in the transaction of its intent.

        Gives who had confirmed it as it is.
        """
        self._database.execute("UPDATE approvals SET used = 1 WHERE action = ?", (id_,))
        rows = self._database.rows(
            """SELECT DISTINCT signer FROM confirmations
               WHERE action = ? AND action_digest = ? AND used = 0""",
            (id_, action_digest),
        )
        self._database.execute("UPDATE confirmations SET used = 1 WHERE action = ?", (id_,))
        return tuple(sorted(str(signer) for (signer,) in rows))

"""Stand-ins: a person lends the right to sign in a role to another, until a day that is named.

What is lent stays the lender's: it is worth nothing once the lender has lost the role or taken it
back, where the lender has an interest in the action, and beside the lender's own signature, so one
right never counts twice towards a quorum. It cannot be lent on. A signature counts that was given
while the right was lent, though the day has passed when the action is taken up.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from policy_engine.decision.action import Action, Human, person_key
from policy_engine.foundation.canonical import timestamp_text
from policy_engine.foundation.database import Database
from policy_engine.foundation.errors import GateError
from policy_engine.runtime.executors import writable
from policy_engine.runtime.ports import Clock, Recorder, Roles

_TABLE = """CREATE TABLE IF NOT EXISTS stand_ins (
    lender TEXT NOT NULL, holder TEXT NOT NULL, role TEXT NOT NULL, domain TEXT NOT NULL,
    since TEXT NOT NULL, until TEXT NOT NULL, reason TEXT NOT NULL,
    over INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (lender, holder, role, domain))"""


@dataclass(frozen=True, slots=True)
class StandIn:
    """`holder` may sign as `role` for `lender`, from `since` to before `until`."""

    lender: str
    holder: str
    role: str
    domain: str | None
    since: datetime
    until: datetime
    reason: str
    over: bool
    """Whether somebody has noticed that it ended."""


class StandIns:
    """Those of one store, and their place in the record."""

    def __init__(self, database: Database, recorder: Recorder, clock: Clock, roles: Roles) -> None:
        self._database = database
        self._recorder = recorder
        self._clock = clock
        self._roles = roles
        with database.transaction():
            database.execute(_TABLE)

    def lend(
        self, role: str, by: Human, to: Human, until: datetime, domain: str | None, reason: str
    ) -> None:
        """Lends a role that `by` holds. Lending again sets another end.

        Raises `GateError` for a role that `by` does not hold as such, an end that has passed or has
        no offset from UTC, and where nothing would be lent.
        """
        now = self._clock.now()
        if not isinstance(by, Human) or not isinstance(to, Human):
            raise GateError("only people lend, and only people stand in")
        if person_key(by.id) == person_key(to.id):
            raise GateError(f"`{by.id}` cannot stand in for themselves")
        if until.utcoffset() is None or until <= now:
            raise GateError("a stand-in ends at a time to come, given with its offset from UTC")
        if not reason.strip():
            raise GateError("the record keeps why: give a reason")
        if role not in self._roles.human_roles(by.id, domain):
            raise GateError(f"`{by.id}` does not hold the role {role}, so cannot lend it")
        row = (role, by.id, to.id, domain, writable(reason))
        with self._database.transaction():
            self._database.execute(
                """INSERT INTO stand_ins (lender, holder, role, domain, since, until, reason)
                   VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT
                   (lender, holder, role, domain) DO UPDATE
                   SET until = excluded.until, reason = excluded.reason, over = 0""",
                (
                    by.id,
                    to.id,
                    role,
                    domain or "",
                    timestamp_text(now),
                    timestamp_text(until),
                    writable(reason),
                ),
            )
            body = dict(zip(("role", "by", "to", "domain", "reason"), row, strict=True))
            self._recorder.record("lent", {**body, "until": until})

    def take_back(self, role: str, by: Human, to: Human, domain: str | None) -> None:
        """Ends it at once, also for signatures that are not used yet."""
        with self._database.transaction():
            ended = self._database.execute(
                """DELETE FROM stand_ins
                   WHERE lender = ? AND holder = ? AND role = ? AND domain = ?""",
                (by.id, to.id, role, domain or ""),
            )
            if not ended:
                raise GateError(f"`{to.id}` does not stand in for `{by.id}` as {role}")
            body = {"role": role, "by": by.id, "to": to.id, "domain": domain}
            self._recorder.record("taken_back", body)

    def end_those_over(self) -> None:
        """Notes which have ended, so that a clock that goes back lends nothing anew."""
        now = self._clock.now()
        with self._database.transaction():
            for row in self._database.rows(f"{_ALL} WHERE over = 0"):
                right = _stand_in(cast("tuple[Any, ...]", row))
                if right.until <= now:
                    self._database.execute(
                        """UPDATE stand_ins SET over = 1
                           WHERE lender = ? AND holder = ? AND role = ? AND domain = ?""",
                        (right.lender, right.holder, right.role, right.domain or ""),
                    )

    def listed(self) -> tuple[StandIn, ...]:
        """All that have not been taken back, also those that have ended."""
        rows = self._database.rows(f"{_ALL} ORDER BY since, lender, holder, role")
        return tuple(_stand_in(cast("tuple[Any, ...]", row)) for row in rows)

    def roles_of(
        self, who: str, at: datetime, action: Action, signed: Iterable[str] = ()
    ) -> frozenset[str]:
        """The roles as which a person can sign at a time, own and lent.

        `signed`: who has signed by then, whose rights are used up.
        """
        own = self._roles.human_roles(who, action.domain)
        used = {person_key(name) for name in signed}
        lent = [right for right in self._lent(who, at, action, used) if not right.over]
        return own | {right.role for right in lent}

    def lenders(self, who: str, action: Action, roles: Iterable[str]) -> tuple[str, ...]:
        """From whom a person has what they lack themselves to sign as one of these roles."""
        wanted = frozenset(roles)
        if wanted & self._roles.human_roles(who, action.domain):
            return ()
        lent = self._lent(who, self._clock.now(), action, set())
        return tuple(sorted({right.lender for right in lent if right.role in wanted}))

    def counted(
        self, signatures: Iterable[tuple[str, datetime]], action: Action
    ) -> list[frozenset[str]]:
        """The roles as which each of the signers of one ask counts, in the order given.

        Whose own signature is there has lent nothing, and what is lent counts for one signer.
        """
        given = list(signatures)
        used = {person_key(name) for name, _ in given}
        found = []
        for name, at in given:
            # What was signed under it stands, though it is over by now.
            lent = self._lent(name, at, action, used)
            used |= {person_key(right.lender) for right in lent}
            own = self._roles.human_roles(name, action.domain)
            found.append(own | {right.role for right in lent})
        return found

    def _lent(self, who: str, at: datetime, action: Action, used: set[str]) -> list[StandIn]:
        rows = self._database.rows(f"{_ALL} WHERE domain = ?", (action.domain or "",))
        rights = (_stand_in(cast("tuple[Any, ...]", row)) for row in rows)
        return [
            right
            for right in rights
            if person_key(right.holder) == person_key(who)
            and right.since <= at < right.until
            and person_key(right.lender) not in action.interested
            and person_key(right.lender) not in used
            and right.role in self._roles.human_roles(right.lender, action.domain)
        ]


_ALL = "SELECT lender, holder, role, domain, since, until, reason, over FROM stand_ins"


def _stand_in(row: tuple[Any, ...]) -> StandIn:
    lender, holder, role, domain, since, until, reason, over = row
    start, end = datetime.fromisoformat(since), datetime.fromisoformat(until)
    return StandIn(lender, holder, role, domain or None, start, end, reason, bool(over))

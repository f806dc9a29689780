"""People at the gate: what they are asked, and what their yes and no are worth.

A signature covers the action, the facts and the rules as they were when people were asked, and
nothing else. Nobody decides about what they proposed or what is done on their behalf.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from policy_engine.decision.action import Human, Principal
from policy_engine.decision.outcome import Outcome
from policy_engine.foundation.database import Database
from policy_engine.foundation.diagnostics import Code
from policy_engine.foundation.errors import ApprovalError
from policy_engine.runtime import codes
from policy_engine.runtime.accounts import Accounts
from policy_engine.runtime.decisions import Decisions
from policy_engine.runtime.executors import writable
from policy_engine.runtime.ports import Clock, Recorder, Roles
from policy_engine.runtime.store import Status, Store, Stored, StoredAsk


@dataclass(frozen=True, slots=True)
class Waiting:
    """An action that waits for people, as an approver may see it."""

    id: str
    since: datetime
    principal: Principal
    on_behalf_of: Human | None
    task: str
    shown: Mapping[str, str]
    """Input and facts, secrets masked."""
    digest: str
    asks: tuple[StoredAsk, ...]
    """Empty where every signature is there and the action only has to be taken up again."""


class People:
    """Lists what waits, takes signatures and rejections."""

    def __init__(
        self,
        database: Database,
        store: Store,
        decisions: Decisions,
        roles: Roles,
        recorder: Recorder,
        clock: Clock,
        accounts: Accounts,
    ) -> None:
        self._database = database
        self._store = store
        self._decisions = decisions
        self._roles = roles
        self._recorder = recorder
        self._clock = clock
        self._accounts = accounts

    def pending(self) -> list[Waiting]:
        """What waits, oldest first; what can no longer be allowed is ended."""
        waiting = []
        for stored in self._store.held():
            with self._database.transaction():
                decision = self._decisions.settled(stored)
                if decision.outcome is Outcome.ESCALATE:
                    self._decisions.ask(stored, decision)
            if decision.outcome is not Outcome.DENY:
                asks = self._decisions.current_asks(stored.id, decision)
                waiting.append(self._as_shown(stored, asks))
        return waiting

    def approve(self, id_: str, by: Human, reason: str) -> tuple[str, ...]:
        """Signs every ask of an action that this person may sign; gives their rules."""
        self._settle(id_)
        reason = writable(reason)
        with self._database.transaction():
            stored, roles, asks = self._eligible(id_, by)
            signed = [
                ask
                for ask in asks
                if ask.role in roles and self._store.sign(stored, ask, by.id, self._clock.now())
            ]
            if not signed:
                raise _refusal(codes.MAY_NOT_SIGN, f"`{by.id}` has signed already")
            for ask in signed:
                self._recorder.record("approved", _signature(stored, ask, by, reason))
            return tuple(ask.rule for ask in signed)

    def reject(self, id_: str, by: Human, reason: str) -> None:
        """Ends an action, and the same proposal for 24 hours."""
        if not reason.strip():
            raise ApprovalError("a rejection needs a reason, which the record will keep")
        self._settle(id_)
        reason = writable(reason)
        with self._database.transaction():
            stored, _, _ = self._eligible(id_, by)
            self._store.reject(stored.proposal, by.id, reason, self._clock.now())
            self._store.set_status(id_, Status.DENIED, detail=f"rejected by {by.id}: {reason}")
            body = {"action": id_, "by": by.id, "reason": reason, "proposal": stored.proposal}
            self._recorder.record("rejected", body)

    def _settle(self, id_: str) -> None:
        """In a transaction of its own, so that an end is kept though the request is refused."""
        with self._database.transaction():
            stored = self._decisions.known(id_)
            if stored.status is Status.HELD:
                self._decisions.settled(stored)

    def _eligible(
        self, id_: str, by: Human
    ) -> tuple[Stored, frozenset[str], tuple[StoredAsk, ...]]:
        """The waiting action, this person's roles and the current asks, if the person counts."""
        stored = self._decisions.known(id_)
        if stored.status is not Status.HELD:
            why = f" ({stored.detail})" if stored.detail else ""
            state = f"the action {id_} is {stored.status.value}{why}"
            raise _refusal(codes.NOT_WAITING, state)
        if by.id in stored.action.people:
            raise _refusal(
                codes.MAY_NOT_SIGN,
                f"`{by.id}` proposed this action or is the person on whose behalf it was "
                "proposed, and cannot decide about it",
            )
        asks = self._decisions.current_asks(id_, self._decisions.fresh(stored))
        if not asks:
            text = f"the action {id_} asks for nothing that people were shown; see what is pending"
            raise _refusal(codes.NOT_WAITING, text)
        roles = self._roles.human_roles(by.id, stored.action.domain)
        wanted = sorted({ask.role for ask in asks})
        if roles.isdisjoint(wanted):
            text = f"`{by.id}` holds none of the roles that are asked: {', '.join(wanted)}"
            raise _refusal(codes.MAY_NOT_SIGN, text)
        return stored, roles, asks

    def _as_shown(self, stored: Stored, asks: tuple[StoredAsk, ...]) -> Waiting:
        action = stored.action
        return Waiting(
            id=stored.id,
            since=stored.proposed_at,
            principal=action.principal,
            on_behalf_of=action.on_behalf_of,
            task=action.task,
            shown=self._accounts.shown(action, stored.facts),
            digest=stored.digest,
            asks=asks,
        )


def _signature(stored: Stored, ask: StoredAsk, by: Human, reason: str) -> dict[str, object]:
    return {
        "action": stored.id,
        "by": by.id,
        "rule": ask.rule,
        "rule_digest": ask.rule_digest,
        "action_digest": stored.digest,
        "facts_digest": ask.facts_digest,
        "reason": reason,
    }


def _refusal(code: Code, text: str) -> ApprovalError:
    return ApprovalError(f"{code.id}: {text}")

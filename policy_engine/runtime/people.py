"""People at the gate: what they are asked, and what their yes and no are worth.

A signature covers the action, the facts and the rules as they were when people were asked, and
nothing else. Nobody decides about what they proposed or what is done on their behalf.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from policy_engine.decision.action import Human, Principal, person_key
from policy_engine.decision.outcome import Decision, Outcome
from policy_engine.foundation.database import Database
from policy_engine.foundation.diagnostics import Code
from policy_engine.foundation.errors import ApprovalError
from policy_engine.runtime import codes
from policy_engine.runtime.accounts import Accounts
from policy_engine.runtime.decisions import Decisions
from policy_engine.runtime.executors import writable
from policy_engine.runtime.ports import Clock, Recorder
from policy_engine.runtime.signatures import Signatures, StoredAsk
from policy_engine.runtime.stand_ins import StandIns
from policy_engine.runtime.store import Status, Store, Stored


@dataclass(frozen=True, slots=True)
class Waiting:
    """An action that waits for people, as an approver may see it."""

    id: str
    ticket: str
    """What a person signs: `gate.approve(waiting.ticket, …)`. Covers exactly what is shown."""
    since: datetime
    principal: Principal
    on_behalf_of: Human | None
    task: str
    input: Mapping[str, str]
    """One line a member, spelled as the tool would get it, secrets masked."""
    facts: Mapping[str, str]
    asks: tuple[StoredAsk, ...]
    """Empty where no signature is missing (any more)."""
    chain: tuple[Principal, ...] = ()
    """Who delegated it, outermost first."""
    unconfirmed: bool = False
    """Whether the person for whom it is done has yet to say yes: `gate.confirm(…)`."""


class People:
    """Lists what waits, takes signatures and rejections."""

    def __init__(
        self,
        database: Database,
        store: Store,
        signatures: Signatures,
        decisions: Decisions,
        stand_ins: StandIns,
        recorder: Recorder,
        clock: Clock,
        accounts: Accounts,
    ) -> None:
        self._database = database
        self._store = store
        self._signatures = signatures
        self._decisions = decisions
        self._stand_ins = stand_ins
        self._recorder = recorder
        self._clock = clock
        self._accounts = accounts

    def pending(self) -> list[Waiting]:
        """What waits, by priority of its task and then oldest first; what has ended is left out."""
        waiting = []
        for listed in sorted(self._store.held(), key=lambda held: -self._priority(held)):
            with self._database.transaction():
                stored = self._decisions.known(listed.id)
                if stored.status is not Status.HELD:
                    continue
                decision = self._decisions.settled(stored)
            if decision.outcome is not Outcome.DENY:
                asks = self._decisions.current_asks(stored.id, decision)
                ticket = self._decisions.ticket(stored.id, decision)
                waiting.append(self._as_shown(stored, decision, ticket, asks))
        return waiting

    def _priority(self, stored: Stored) -> int:
        return self._accounts.priority(str(stored.action.task))

    def approve(self, ticket: str, by: Human, reason: str) -> tuple[str, ...]:
        """Signs every ask of an action that this person may sign; gives their rules."""
        return self.approve_all((ticket,), by, reason)[ticket]

    def approve_all(
        self, tickets: tuple[str, ...], by: Human, reason: str
    ) -> dict[str, tuple[str, ...]]:
        """Signs a list of actions, all or none."""
        for ticket in tickets:
            self.settle(ticket)
        with self._database.transaction():
            return {ticket: self._signed(ticket, by, writable(reason)) for ticket in tickets}

    def _signed(self, ticket: str, by: Human, reason: str) -> tuple[str, ...]:
        id_, _, _ = ticket.partition("-")
        with self._database.transaction():
            stored, roles, asks = self._eligible(id_, ticket, by)
            who = person_key(by.id)
            signed = [
                ask for ask in asks if ask.roles & roles and who not in map(person_key, ask.signed)
            ]
            if not signed:
                raise _refusal(codes.MAY_NOT_SIGN, f"`{by.id}` has signed already")
            for ask in signed:
                self._signatures.sign(stored, ask, by.id, self._clock.now())
                self._recorder.record("approved", self._signature(stored, ask, by, reason))
            self._store.wake(stored.id, self._clock.now())
            decision = self._decisions.as_asked(stored)
            if decision.approved and not decision.asks:
                self._store.note_approved(id_)
            return tuple(ask.rule for ask in signed)

    def reject(self, ticket: str, by: Human, reason: str) -> None:
        """Ends an action, and the same proposal for 24 hours.

        So may whoever may sign it, and who is asked to confirm it.
        """
        if not reason.strip():
            raise ApprovalError("a rejection needs a reason, which the record will keep")
        id_ = self.settle(ticket)
        reason = writable(reason)
        with self._database.transaction():
            stored = self._stoppable(id_, ticket, by)
            self._signatures.reject(id_, by.id, reason, self._clock.now())
            self._store.set_status(id_, Status.DENIED, detail=f"rejected by {by.id}: {reason}")
            proposal = self._accounts.seal(stored.proposal)
            body = {"action": id_, "by": by.id, "reason": reason, "proposal": proposal}
            self._recorder.record("rejected", body)

    def confirm(self, ticket: str, by: Human) -> None:
        """The session's own user says yes to exactly the action that was shown."""
        id_ = self.settle(ticket)
        with self._database.transaction():
            stored = self._confirmable(id_, ticket, by)
            self._signatures.confirm(stored, by.id, self._clock.now())
            body = {"action": id_, "by": by.id, "action_digest": self._accounts.seal(stored.digest)}
            self._recorder.record("confirmed", body)
            self._store.wake(stored.id, self._clock.now())

    def _confirmable(self, id_: str, ticket: str, by: Human) -> Stored:
        """The action that waits for this person's own yes."""
        decision = self._decisions.as_asked(self._decisions.known(id_))
        stored = self._decisions.known(id_)
        if stored.status is not Status.HELD or not decision.wants_confirmation:
            raise _refusal(codes.NOT_WAITING, f"the action {id_} waits for no confirmation")
        user = stored.action.on_behalf_of
        if not isinstance(by, Human) or user is None or by.id != user.id:
            who = f"`{user.id}`" if user else "the person on whose behalf it is done"
            raise _refusal(codes.MAY_NOT_SIGN, f"only {who} can confirm this action")
        if ticket != self._decisions.ticket(id_, decision):
            text = f"the action {id_} is not what this ticket was for; look at it again"
            raise _refusal(codes.NOT_SHOWN, text)
        return stored

    def _stoppable(self, id_: str, ticket: str, by: Human) -> Stored:
        """The action that waits for this person, as one who may sign or as one who confirms."""
        decision = self._decisions.as_asked(self._decisions.known(id_))
        user = self._decisions.known(id_).action.on_behalf_of
        is_user = isinstance(by, Human) and user is not None and by.id == user.id
        if is_user and decision.wants_confirmation:
            return self._confirmable(id_, ticket, by)
        return self._eligible(id_, ticket, by, met_too=True)[0]

    def settle(self, ticket: str) -> str:
        """In a transaction of its own, so that an end is kept though the request is refused."""
        id_, _, _ = ticket.partition("-")
        with self._database.transaction():
            self._stand_ins.end_those_over()
            stored = self._decisions.known(id_)
            if stored.status is Status.HELD:
                self._decisions.settled(stored)
        return id_

    def _eligible(
        self, id_: str, ticket: str, by: Human, *, met_too: bool = False
    ) -> tuple[Stored, frozenset[str], tuple[StoredAsk, ...]]:
        """The waiting action, this person's roles and the current asks, if the person counts.

        `met_too`: also asks that have all their signatures, since whoever may sign may stop.
        """
        if not isinstance(by, Human):
            raise _refusal(codes.MAY_NOT_SIGN, "only people decide about actions")
        decision = self._decisions.as_asked(self._decisions.known(id_))
        stored = self._decisions.known(id_)
        if stored.status is not Status.HELD:
            why = f" ({stored.detail})" if stored.detail else ""
            state = f"the action {id_} is {stored.status.value}{why}"
            raise _refusal(codes.NOT_WAITING, state)
        if person_key(by.id) in stored.action.interested:
            own = person_key(by.id) == person_key(stored.action.principal.id)
            why = "proposed this action" if own else "is whom this action is done for"
            raise _refusal(codes.MAY_NOT_SIGN, f"`{by.id}` {why} and cannot decide about it")
        if ticket != self._decisions.ticket(id_, decision):
            text = f"the action {id_} is not what this ticket was for; look at what is pending"
            if ticket == id_:
                text = f"{id_} is an action; people sign the ticket that they were shown"
            raise _refusal(codes.NOT_SHOWN, text)
        asks = self._decisions.current_asks(id_, decision, met_too=met_too)
        if not asks:
            raise _refusal(codes.NOT_WAITING, f"the action {id_} has every signature it needs")
        signed = {name for ask in asks for name in ask.signed}
        roles = self._stand_ins.roles_of(by.id, self._clock.now(), stored.action, signed)
        wanted = sorted({role for ask in asks for role in ask.roles})
        if roles.isdisjoint(wanted):
            text = f"`{by.id}` holds none of the roles that are asked: {', '.join(wanted)}"
            raise _refusal(codes.MAY_NOT_SIGN, text)
        return stored, roles, asks

    def _as_shown(
        self, stored: Stored, decision: Decision, ticket: str, asks: tuple[StoredAsk, ...]
    ) -> Waiting:
        action = stored.action
        return Waiting(
            id=stored.id,
            ticket=ticket,
            since=stored.proposed_at,
            principal=self._accounts.shown_principal(action.principal),
            on_behalf_of=action.on_behalf_of and Human(action.on_behalf_of.id),
            task=action.task,
            input=self._accounts.shown_input(action, decision.input),
            facts=self._accounts.shown_facts(stored.facts),
            asks=asks,
            chain=tuple(self._accounts.shown_principal(member) for member in action.chain),
            unconfirmed=decision.wants_confirmation,
        )

    def _signature(
        self, stored: Stored, ask: StoredAsk, by: Human, reason: str
    ) -> dict[str, object]:
        return {
            "action": stored.id,
            "by": by.id,
            "rule": ask.rule,
            "rule_digest": ask.rule_digest,
            "action_digest": self._accounts.seal(stored.digest),
            "facts_digest": self._accounts.seal(ask.facts_digest),
            "reason": reason,
            "stands_in_for": list(self._stand_ins.lenders(by.id, stored.action, ask.roles)),
        }


def _refusal(code: Code, text: str) -> ApprovalError:
    return ApprovalError(f"{code.id}: {text}")

"""From a proposal to the answer: decided, validated, held for people, or let through.

A new action that is allowed at once is decided, kept and begun in one transaction. Whatever else is
needed first takes the longer way: validations, outside of any transaction; then people; and each
time a fresh decision, in the transaction of what follows from it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial

from policy_engine.decision.action import Action, named
from policy_engine.decision.evidence import ValidationResult
from policy_engine.decision.intake import taken_in
from policy_engine.decision.outcome import Decision, Outcome
from policy_engine.decision.session import Session
from policy_engine.foundation.database import Database
from policy_engine.foundation.errors import GateError
from policy_engine.runtime.calls import Begun, Calls
from policy_engine.runtime.checking import Checking
from policy_engine.runtime.decisions import Decisions
from policy_engine.runtime.flow import Flow, Work
from policy_engine.runtime.keeping import plain_facts
from policy_engine.runtime.ports import Clock, Executor, LookUp
from policy_engine.runtime.result import Result
from policy_engine.runtime.results import Results
from policy_engine.runtime.store import Status, Store, Stored


class Proposals:
    """Takes actions in, and takes up again what waits."""

    def __init__(
        self,
        database: Database,
        store: Store,
        decisions: Decisions,
        checking: Checking,
        calls: Calls,
        results: Results,
        executor: Executor,
        facts: LookUp,
        clock: Clock,
    ) -> None:
        self._clock = clock
        self._database = database
        self._store = store
        self._decisions = decisions
        self._checking = checking
        self._calls = calls
        self._results = results
        self._executor = executor
        self._facts = facts

    def submit(
        self,
        action: Action,
        session: Session | None,
        facts: Mapping[str, object] | None,
        key: str | None,
        *,
        reported: bool = False,
    ) -> Flow[Result]:
        """Decides a new action and, where it is allowed, performs it.

        `reported`: or lets somebody else perform it, who then reports what came of it.
        """
        action = taken_in(action)
        self.memory(session)
        looked_up = facts is None
        known: Mapping[str, object]
        if facts is None:
            known = yield Work(partial(self._looked_up, action, session.id if session else None))
        else:
            known = plain_facts(facts)
        with self._database.transaction():
            memory = self.memory(session)
            decision = self._decisions.bare(action, memory, known)
            if decision.action is None:
                self._decisions.record("-", action, memory, known, decision)
                return Result(None, Status.DENIED, decision)
            earlier = self._earlier(decision, action, session, key, reported)
            if earlier is None:
                id_ = self._store.add(
                    action,
                    session.id if session else None,
                    known,
                    looked_up=looked_up,
                    decision=decision,
                    key=key,
                    reported=reported,
                )
                stored = self._decisions.known(id_)
                at_once = decision.outcome in (Outcome.ALLOW, Outcome.DENY)
                settled = self._settled(stored, session, decision, ()) if at_once else None
        if earlier is not None:
            facts = None if looked_up else known
            return (yield from self.resume(earlier.id, session, facts))
        if settled is None:
            return (yield from self._proceed(id_, session, known))
        return (yield from self._finished(settled))

    def resume(
        self, id_: str, session: Session | None, facts: Mapping[str, object] | None
    ) -> Flow[Result]:
        """Takes up an action that waits: decides afresh and performs it where that allows."""
        stored = self._decisions.known(id_)
        if session is not None and (
            not isinstance(session, Session) or session.id != stored.session
        ):
            raise GateError(f"the action {id_} belongs to another session")
        self.memory(session)
        if stored.status not in (Status.HELD, Status.PROPOSED):
            return Result(id_, stored.status, None, stored.output, detail=stored.detail)
        known: Mapping[str, object] = stored.facts
        if facts is not None:
            known = plain_facts(facts)
        elif stored.looked_up:
            known = yield Work(partial(self._looked_up, stored.action, stored.session))
        return (yield from self._proceed(id_, session, known))

    def memory(self, session: Session | None) -> Session | None:
        """What the store has of a session: the truth, whatever was done to the caller's copy."""
        if session is None:
            return None
        memory = self._decisions.session(session.id)
        if memory is None or memory.request != session.request:
            raise GateError("this session was not opened at this gate: use gate.open(request)")
        return memory

    def _proceed(
        self, id_: str, session: Session | None, facts: Mapping[str, object]
    ) -> Flow[Result]:
        validated = yield from self._checking.before(self._decisions.known(id_), facts)
        with self._database.transaction():
            stored = self._decisions.known(id_)
            if stored.status not in (Status.HELD, Status.PROPOSED):
                return Result(id_, stored.status, None, stored.output, detail=stored.detail)
            decision = self._decisions.fresh(stored, facts, validated)
            if facts != stored.facts:
                self._store.set_facts(id_, facts)
                stored = replace(stored, facts=facts)
            settled = self._settled(stored, session, decision, validated)
        return (yield from self._finished(settled))

    def _finished(self, settled: Result | Begun) -> Flow[Result]:
        """What has begun is performed here, unless somebody else does that and reports."""
        if isinstance(settled, Result):
            return settled
        if settled.stored.reported:
            return Result(settled.stored.id, Status.EXECUTING, settled.decision)
        return (yield from self._calls.perform(settled))

    def _settled(
        self,
        stored: Stored,
        session: Session | None,
        decision: Decision,
        validated: tuple[ValidationResult, ...],
    ) -> Result | Begun:
        """What a decision comes to, in its transaction: an answer, or the call has begun."""
        memory = self._decisions.session(stored.session)
        self._decisions.record(stored.id, stored.action, memory, stored.facts, decision)
        if decision.outcome is Outcome.ESCALATE or decision.unconfirmed:
            self._results.keep(stored.id, validated)
            self._decisions.hold(stored, decision)
            ticket = self._decisions.ticket(stored.id, decision)
            return Result(stored.id, Status.HELD, decision, ticket=ticket)
        if decision.outcome is not Outcome.ALLOW:
            self._store.set_status(stored.id, Status.DENIED, detail=decision.reasons[0].title)
            return Result(stored.id, Status.DENIED, decision)
        if not stored.reported and not self._executor.can(stored.action.task):
            return self._calls.no_tool(stored, decision)
        by = "report" if stored.reported else self._executor.name
        return self._calls.intend(stored, session, decision, by)

    def _looked_up(self, action: Action, session: str | None) -> Mapping[str, object]:
        """The gate's own look-up; where it fails, the facts are not known."""
        said, now = self._store.attributes(session), self._clock.now()
        try:
            return plain_facts(self._facts(action, attributes=said, now=now))
        except Exception:  # noqa: BLE001 — foreign code; no fact is the restrictive reading
            return {}

    def _earlier(
        self,
        decision: Decision,
        action: Action,
        session: Session | None,
        key: str | None,
        reported: bool,
    ) -> Stored | None:
        """The action that this key stands for; without a key, the same one that already waits."""
        assert decision.action is not None
        if key is None:
            twin = self._store.held_twin(session.id if session else None, decision.action)
            return twin if twin is not None and twin.reported == reported else None
        keyed = self._store.by_key(key)
        if keyed is not None and keyed.reported != reported:
            raise GateError(f"the key {key} stands for an action that is performed another way")
        if keyed is not None and not _is_same(keyed, action, decision):
            raise GateError(
                f"the key {key} stands for another action; give what has changed another key "
                "(a session file: another `session`)"
            )
        return keyed


def _is_same(keyed: Stored, action: Action, decision: Decision) -> bool:
    """Whether a key stands for this action; an edit of the policy makes it no other."""
    if keyed.digest == decision.action:
        return True
    return keyed.proposal == decision.proposal and _for_whom(keyed.action) == _for_whom(action)


def _for_whom(action: Action) -> object:
    behalf = action.on_behalf_of
    return behalf and behalf.id, action.domain, [named(member) for member in action.chain]

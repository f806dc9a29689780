"""From a proposal to the answer: decided, validated, held for people, or let through.

A new action that is allowed at once is decided, kept and begun in one transaction. Whatever else is
needed first takes the longer way: validations, outside of any transaction; then people; and each
time a fresh decision, in the transaction of what follows from it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial

from policy_engine.decision.action import Action, named, proposal_digest
from policy_engine.decision.circumstances import Circumstances
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
        known: Mapping[str, object]
        if facts is not None:
            known = plain_facts(facts)
        elif self._facts.knows_nothing_of(action):
            known = {}
        else:
            self.memory(session)
            known = yield Work(partial(self._looked_up, action, session.id if session else None))
        new = _New(action, session, known, facts is None, key, reported)
        with self._database.transaction():
            taken = self._taken(new)
        if not isinstance(taken, _Unsettled):
            return (yield from self._finished(taken))
        if taken.is_new:
            return (yield from self._proceed(taken.id, session, known))
        return (yield from self.resume(taken.id, session, None if new.looked_up else known))

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
        if stored.status is Status.EXECUTING and self._calls.tell_again(id_):
            stored = self._decisions.known(id_)
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

    def _taken(self, new: _New) -> Result | Begun | _Unsettled:
        """A new action, decided and kept; in one transaction."""
        memory = self.memory(new.session)
        given = self._decisions.circumstances(new.action, memory, new.facts)
        begun = self._at_once(new, memory, given)
        if begun is not None:
            return begun
        decision, given = self._decisions.bare(new.action, given)
        if decision.action is None:
            self._decisions.record("-", new.action, memory, new.facts, decision)
            self._decisions.compare("-", new.action, given, decision)
            return Result(None, Status.DENIED, decision)
        earlier = self._earlier(new, decision)
        if earlier is not None:
            return _Unsettled(earlier.id, is_new=False)
        id_ = self._store.add(
            new.action,
            new.session_id,
            new.facts,
            looked_up=new.looked_up,
            decision=decision,
            key=new.key,
            reported=new.reported,
            root=given.root,
        )
        self._decisions.compare(id_, new.action, given, decision)
        if decision.outcome not in (Outcome.ALLOW, Outcome.DENY):
            return _Unsettled(id_, is_new=True)
        return self._settled(self._decisions.known(id_), new.session, decision, ())

    def _at_once(self, new: _New, memory: Session | None, given: Circumstances) -> Begun | None:
        """A new action that nothing stands against, begun; None where it takes the longer way."""
        action, key = new.action, new.key
        if not new.reported and not self._executor.can(action.task):
            return None
        clearance = self._decisions.cleared(action, given)
        if clearance is None or self._is_known(new, clearance.action):
            return None
        stored = self._store.begin(
            action,
            new.session_id,
            new.facts,
            looked_up=new.looked_up,
            clearance=clearance,
            proposal="" if key is None else proposal_digest(action, clearance.input),
            key=key,
            reported=new.reported,
            root=given.root,
            owner=self._calls.owner(),
        )
        self._decisions.record_clearance(stored, memory, clearance)
        self._decisions.compare(stored.id, action, given, clearance)
        in_full = partial(self._decisions.in_full, action, given)
        return self._calls.intended(stored, new.session, clearance, in_full, self._by(stored))

    def _is_known(self, new: _New, digest: str) -> bool:
        """Whether its key stands for an action already, or the same one waits."""
        if new.key is not None:
            return self._store.by_key(new.key) is not None
        return self._store.held_twin(new.session_id, digest) is not None

    def _by(self, stored: Stored) -> str:
        """How it will be performed, in the words of the record."""
        return "report" if stored.reported else self._executor.name

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
            return Result(settled.stored.id, Status.EXECUTING, settled.answer)
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
        return self._calls.intend(stored, session, decision, self._by(stored))

    def _looked_up(self, action: Action, session: str | None) -> Mapping[str, object]:
        """The gate's own look-up; where it fails, the facts are not known."""
        said, now = self._store.sessions.attributes(session), self._clock.now()
        try:
            return plain_facts(self._facts(action, attributes=said, now=now))
        except Exception:  # noqa: BLE001 — foreign code; no fact is the restrictive reading
            return {}

    def _earlier(self, new: _New, decision: Decision) -> Stored | None:
        """The action that this key stands for; without a key, the same one that already waits."""
        assert decision.action is not None
        key = new.key
        if key is None:
            twin = self._store.held_twin(new.session_id, decision.action)
            return twin if twin is not None and twin.reported == new.reported else None
        keyed = self._store.by_key(key)
        if keyed is not None and keyed.reported != new.reported:
            raise GateError(f"the key {key} stands for an action that is performed another way")
        if keyed is not None and not _is_same(keyed, new.action, decision):
            raise GateError(
                f"the key {key} stands for another action; give what has changed another key "
                "(a session file: another `session`)"
            )
        return keyed


@dataclass(frozen=True, slots=True)
class _New:
    """An action that is proposed, with all that came with it."""

    action: Action
    session: Session | None
    facts: Mapping[str, object]
    looked_up: bool
    key: str | None
    reported: bool

    @property
    def session_id(self) -> str | None:
        return self.session.id if self.session else None


@dataclass(frozen=True, slots=True)
class _Unsettled:
    """An action of the store that has to be gone on with."""

    id: str
    is_new: bool


def _is_same(keyed: Stored, action: Action, decision: Decision) -> bool:
    """Whether a key stands for this action; an edit of the policy makes it no other."""
    if keyed.digest == decision.action:
        return True
    return keyed.proposal == decision.proposal and _for_whom(keyed.action) == _for_whom(action)


def _for_whom(action: Action) -> object:
    behalf = action.on_behalf_of
    return behalf and behalf.id, action.domain, [named(member) for member in action.chain]

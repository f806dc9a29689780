"""Fresh decisions about what the store has, and their place in the record.

Between two moments everything may have changed: facts, roles, signatures, the policy itself. So
nothing is ever carried over; an action in the store is decided anew each time it is looked at.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from policy_engine.decision.action import Action, proposal_digest
from policy_engine.decision.circumstances import Circumstances
from policy_engine.decision.clearance import Clearance
from policy_engine.decision.evidence import Evidence
from policy_engine.decision.history import History
from policy_engine.decision.outcome import Decision, Outcome
from policy_engine.decision.session import Session
from policy_engine.foundation.errors import GateError
from policy_engine.language.policy import PolicySet
from policy_engine.runtime.accounts import Accounts, ask_account
from policy_engine.runtime.asked import Asked
from policy_engine.runtime.nesting import root_here
from policy_engine.runtime.past import Past
from policy_engine.runtime.ports import Clock, Decider, Recorder
from policy_engine.runtime.results import Results
from policy_engine.runtime.shadows import Shadow
from policy_engine.runtime.signatures import Signatures, StoredAsk
from policy_engine.runtime.stand_ins import StandIns
from policy_engine.runtime.store import Status, Store, Stored
from policy_engine.runtime.suspensions import Suspensions

LONGEST = timedelta(hours=24)
"""What waits is looked at that often, whatever it waits for."""


class Decisions:
    """Decides and records. Callers open the transactions."""

    def __init__(
        self,
        store: Store,
        signatures: Signatures,
        decider: Decider,
        stand_ins: StandIns,
        recorder: Recorder,
        clock: Clock,
        accounts: Accounts,
        past: Past,
        results: Results,
        suspensions: Suspensions,
        policy: PolicySet,
        shadow: Shadow | None,
    ) -> None:
        self._shadow = shadow
        self._suspensions = suspensions
        self._labels = {n: t.output.labels for n, t in policy.tasks.items() if t.output}
        self._past = past
        self._results = results
        self._store = store
        self._signatures = signatures
        self._decider = decider
        self._stand_ins = stand_ins
        self._recorder = recorder
        self._clock = clock
        self._accounts = accounts

    def known(self, id_: str) -> Stored:
        """An action of the store. Raises `GateError` where there is none."""
        stored = self._store.by_id(id_)
        if stored is None:
            raise GateError(f"the store knows no action {id_}")
        return stored

    def session(self, id_: str | None) -> Session | None:
        """What a session has seen, and the labels of what its relatives have."""
        root = self._store.sessions.root(id_)
        if root is None:
            return self._store.sessions.get(id_)
        tasks, complete = self._store.sessions.seen_by(root)
        labels = {label for task in tasks for label in self._labels.get(task, ())}
        memory = self._store.sessions.get(id_, labels)
        if memory is not None and not complete:
            memory.mark_incomplete()
        return memory

    def cleared(self, action: Action, given: Circumstances) -> Clearance | None:
        """What a new action needs that is allowed at once; None where there is more to say."""
        clearance = self._decider.clear(action, given)
        if clearance is None or not self._signatures.any_rejection(given.now):
            return clearance
        proposal = proposal_digest(action, clearance.input)
        return None if self._signatures.rejections((proposal,), given.now) else clearance

    def bare(self, action: Action, given: Circumstances) -> tuple[Decision, Circumstances]:
        """A decision about a new action, and in which circumstances: nothing was said about it
        yet, but people may have rejected the like."""
        decision = self._decider.decide_in(action, given)
        rejections = self._signatures.rejections(decision.proposals, given.now)
        if not rejections:
            return decision, given
        given = replace(given, evidence=rejections)
        return self._decider.decide_in(action, given), given

    def compare(
        self, id_: str, action: Action, given: Circumstances, answer: Decision | Clearance
    ) -> None:
        """Lets the shadow, where there is one, answer too. Changes nothing."""
        if self._shadow is not None:
            self._shadow.beside(id_, Asked.of(action, given), answer)

    def in_full(self, action: Action, given: Circumstances) -> Decision:
        """The whole decision of what was cleared, in the circumstances in which it was."""
        return self._decider.decide_in(action, given)

    def fresh(
        self,
        stored: Stored,
        facts: Mapping[str, object] | None = None,
        more: tuple[Evidence, ...] = (),
    ) -> Decision:
        """A decision with all that has been said about the action since it was proposed."""
        memory = self.session(stored.session)
        facts = stored.facts if facts is None else facts
        evidence = self._signatures.evidence(stored, self._stand_ins, self._clock.now())
        decision = self._decide(stored.action, memory, facts, (*evidence, *more), stored)
        if decision.action is None or decision.proposal is None or decision.action == stored.digest:
            return decision
        self._store.rebind(stored.id, decision)
        return self.fresh(self.known(stored.id), facts, more)

    def as_sent(self, stored: Stored) -> Mapping[str, object]:
        """The input of an action as its tool gets it."""
        input_ = self.fresh(stored).input
        return stored.action.input if input_ is None else input_

    def as_asked(self, stored: Stored) -> Decision:
        """A fresh decision for people to look at: validations count as they last came out."""
        return self.fresh(stored, more=self._results.of(stored.id, self._clock.now()))

    def ticket(self, id_: str, decision: Decision) -> str:
        """What a signature covers, in short: this action, these facts, these rules."""
        rules = sorted((ask.rule, ask.rule_digest) for ask in (*decision.asks, *decision.approved))
        covered = [decision.action, decision.facts, rules]
        return f"{id_}-{self._accounts.seal(covered)[:16]}"

    def settled(self, stored: Stored) -> Decision:
        """A fresh decision about a held action: denied, it ends; else its people are asked."""
        decision = self.as_asked(stored)
        if decision.outcome is Outcome.DENY:
            memory = self.session(stored.session)
            self.record(stored.id, stored.action, memory, stored.facts, decision)
            detail = decision.reasons[0].title
            self._store.set_status(stored.id, Status.DENIED, detail=detail)
        elif decision.outcome is Outcome.ESCALATE:
            self.hold(stored, decision)
        return decision

    def hold(self, stored: Stored, decision: Decision) -> None:
        """It waits for people, who are asked what they have not been asked yet.

        It is looked at again when a turn or a ladder ends, and at the latest after `LONGEST`.
        """
        self._ask(stored, decision)
        running = self.as_asked(stored)
        ends = [at for a in running.asks for at in (a.until, a.deadline) if at and at > running.at]
        self._store.hold(stored.id, min([*ends, running.at + LONGEST]))

    def _ask(self, stored: Stored, decision: Decision) -> None:
        known = {
            (a.rule, a.rule_digest, a.facts_digest, a.parties)
            for a in self._signatures.asks(stored.id)
        }
        new = [
            a
            for a in decision.asks
            if (a.rule, a.rule_digest, decision.facts, a.parties) not in known
        ]
        for ask in new:
            self._signatures.ask(stored.id, ask, decision.facts, decision.at)
        if new:
            # Now that the clock of the first ask runs, its end is known.
            asked = {(a.rule, a.rule_digest) for a in new}
            running = self.as_asked(stored).asks
            told = ask_account([a for a in running if (a.rule, a.rule_digest) in asked])
            sealed = self._accounts.seal(decision.facts)
            body = {"action": stored.id, "asks": told, "facts_digest": sealed}
            self._recorder.record("held", body)

    def current_asks(
        self, id_: str, decision: Decision, *, met_too: bool = False
    ) -> tuple[StoredAsk, ...]:
        """What people were asked and is still asked: by whose turn it is now, and who signed."""
        asks = (*decision.asks, *decision.approved) if met_too else decision.asks
        current = {(ask.rule, ask.rule_digest): ask for ask in asks}
        found = []
        for ask in self._signatures.asks(id_):
            now = current.get((ask.rule, ask.rule_digest))
            if now is not None and ask.facts_digest == decision.facts:
                until = now.until or now.deadline
                found.append(replace(ask, parties=now.parties, signed=now.signed, until=until))
        return tuple(found)

    def record(
        self,
        id_: str,
        action: Action,
        session: Session | None,
        facts: Mapping[str, object],
        decision: Decision,
    ) -> None:
        """Puts a decision on the record."""
        body = self._accounts.decision(id_, action, session, facts, decision)
        self._recorder.record("decided", body)

    def record_clearance(
        self, stored: Stored, session: Session | None, clearance: Clearance
    ) -> None:
        """Puts on the record what was allowed at once."""
        action, facts = stored.action, stored.facts
        body = self._accounts.clearance(stored.id, action, session, facts, clearance)
        self._recorder.record("decided", body)

    def _decide(
        self,
        action: Action,
        session: Session | None,
        facts: Mapping[str, object],
        evidence: tuple[Evidence, ...],
        own: Stored,
    ) -> Decision:
        given = self.circumstances(action, session, facts, evidence, own)
        return self._decider.decide_in(action, given)

    def circumstances(
        self,
        action: Action,
        session: Session | None,
        facts: Mapping[str, object],
        evidence: tuple[Evidence, ...] = (),
        own: Stored | None = None,
    ) -> Circumstances:
        """All that a decision rests on now; `own` is the action as the store has it already."""
        now = self._clock.now()
        id_, root = (own.id, own.root) if own is not None else (None, root_here())
        return self._decider.circumstances(
            action,
            session=session,
            facts=facts,
            evidence=evidence,
            now=now,
            history=self.history(action, id_, now, session.id if session else None),
            attributes=self.attributes(session),
            root=root,
            suspended=self._suspensions.names(),
        )

    def history(
        self, action: Action, own: str | None, now: datetime, session: str | None
    ) -> History:
        """What a decision about this action needs of the past."""
        root = self._store.sessions.root(session)
        family = self._store.sessions.family(root) if root is not None else frozenset[str]()
        return self._past.of(str(action.task), now, own, session, family)

    def attributes(self, session: Session | None) -> Mapping[str, object]:
        """What is said of the session by whoever opened it."""
        return self._store.sessions.attributes(session.id if session else None)

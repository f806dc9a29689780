"""The gate owns the call: a tool runs because the gate ran it, never because nobody objected.

    proposed ─▶ decided ─┬─ allow ─────────────────▶ intent recorded ─▶ call ─▶ outcome recorded
                         ├─ validate ─▶ validations run ─▶ decided again
                         ├─ escalate ─▶ held ─▶ signed ─▶ decided again ─▶ …
                         └─ deny

Validations run before people are asked, so an approver sees what was checked. The decision that
lets an action pass, the use of its approvals and the intent to act are one transaction; the
call comes after it. Whatever goes wrong before that point, nothing runs; whatever goes wrong
after it is recorded as failed or, where nobody can know, as unknown, and is not tried again unless
the task says that it may be. The flow itself stands in `proposals` and `calls`; this is its front.
"""

from __future__ import annotations

import inspect
import uuid
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from functools import partial
from typing import TypeVar

from policy_engine.decision.action import Action, Human, Principal
from policy_engine.decision.session import Session
from policy_engine.foundation.database import Database
from policy_engine.foundation.errors import GateError, InputError
from policy_engine.language.policy import PolicySet
from policy_engine.runtime.accounts import Accounts
from policy_engine.runtime.aftermath import Aftermath
from policy_engine.runtime.alive import Alive
from policy_engine.runtime.calls import Calls
from policy_engine.runtime.checking import Checking
from policy_engine.runtime.conversation import Opening
from policy_engine.runtime.decisions import Decisions
from policy_engine.runtime.executors import Tool, Tools, writable
from policy_engine.runtime.flow import Flow, run, run_async
from policy_engine.runtime.holding import Holding
from policy_engine.runtime.keeping import plain_facts
from policy_engine.runtime.notices import Channel, Letters
from policy_engine.runtime.outbox import Outbox
from policy_engine.runtime.parking import Parking, Polling
from policy_engine.runtime.past import Past
from policy_engine.runtime.people import People, Waiting
from policy_engine.runtime.ports import Clock, Decider, Executor, LookUp, Recorder, Roles
from policy_engine.runtime.presence import Presence
from policy_engine.runtime.proposals import Proposals
from policy_engine.runtime.reports import Reports
from policy_engine.runtime.result import Result
from policy_engine.runtime.results import Results
from policy_engine.runtime.sending import Sending
from policy_engine.runtime.shadows import Shadow
from policy_engine.runtime.signatures import Signatures
from policy_engine.runtime.stand_ins import StandIn, StandIns
from policy_engine.runtime.store import Status, Store
from policy_engine.runtime.suspensions import Suspension, Suspensions

_Tool = TypeVar("_Tool", bound=Tool)

_MOST_AT_ONCE = 64
"""How many flows of async callers may be in worker threads; the others wait their turn."""


class Gate:
    """Proceeds only on approval. Made by `Engine.gate`; may be shared among threads."""

    def __init__(
        self,
        *,
        database: Database,
        decider: Decider,
        roles: Roles,
        recorder: Recorder,
        executor: Executor,
        facts: LookUp,
        clock: Clock,
        accounts: Accounts,
        alive: Alive,
        policy: PolicySet,
        outbox: Outbox,
        channels: Iterable[Channel] = (),
        shadow: Shadow | None = None,
    ) -> None:
        _refuse_other_calls(executor)
        self._database = database
        self._store = store = Store(database)
        self._recorder = recorder
        self._clock = clock
        self._holding: Holding | None = None
        self._executor = executor
        self._policy = policy
        self._accounts = accounts
        self._workers = ThreadPoolExecutor(_MOST_AT_ONCE, thread_name_prefix="gate")
        signatures = Signatures(database)
        results = Results(database)
        past = Past(database, policy)
        self._suspensions = suspensions = Suspensions(database, recorder, clock)
        self._stand_ins = stand_ins = StandIns(database, recorder, clock, roles)
        decisions = Decisions(
            store,
            signatures,
            decider,
            stand_ins,
            recorder,
            clock,
            accounts,
            past,
            results,
            suspensions,
            policy,
            shadow,
        )
        self._sending = self._sender(outbox, decisions, channels)
        checking = Checking(database, decider, decisions, recorder, clock, policy)
        self._presence = presence = Presence(alive)
        calls = Calls(database, store, signatures, recorder, accounts, checking, presence, policy)
        self._aftermath = Aftermath(
            database, store, decisions, calls, recorder, executor, clock, presence, policy
        )
        self._proposals = Proposals(
            database, store, decisions, checking, calls, results, executor, facts, clock
        )
        self._reports = Reports(decisions, calls)
        self._people = People(
            database, store, signatures, decisions, stand_ins, recorder, clock, accounts
        )

    def open(
        self,
        request: str | None,
        *,
        id: str | None = None,
        attributes: Mapping[str, object] | None = None,
    ) -> Session:
        """A durable session for one conversation; an id that is known is continued.

        `request` is the user's own words, `attributes` is what the host vouches for (`session has`
        in the policy). Raises `GateError` where a known session has another request or, if some
        are given, other attributes.
        """
        said = plain_facts(attributes or {})
        for what, text in (("request", request), ("id", id)):
            _refuse_unwritable(f"the {what} of a session", text)
        session = Session(request, id=id or uuid.uuid4().hex[:12])
        with self._database.transaction():
            known = self._store.sessions.get(session.id)
            if known is not None:
                if known.request != request:
                    raise GateError(f"the session {id} has another request")
                if attributes is not None and said != self._store.sessions.attributes(session.id):
                    raise GateError(f"the session {id} has other attributes")
                return known.copy()
            self._recorder.record("session", self._accounts.session(session, said))
            self._store.sessions.add(session, said)
            return session

    def branch(self, session: Session) -> Session:
        """A durable session for a sub-agent of this one: the same request, nothing seen yet.

        What either sees of labelled outputs, both have seen, and what holds during a session holds
        for both together.
        """
        with self._database.transaction():
            memory = self._proposals.memory(session)
            assert memory is not None and memory.id is not None
            below = Session(memory.request, id=uuid.uuid4().hex[:12])
            said = self._store.sessions.attributes(memory.id)
            body = {**self._accounts.session(below, said), "branched_from": memory.id}
            self._recorder.record("session", body)
            root = self._store.sessions.root(memory.id) or memory.id
            self._store.sessions.add(below, said, root)
            return below

    def session(
        self,
        principal: Principal,
        *,
        request: str | None = None,
        id: str | None = None,
        on_behalf_of: Human | None = None,
        domain: str | None = None,
        attributes: Mapping[str, object] | None = None,
    ) -> Opening:
        """A conversation of one principal: `with` gives a `Conversation`, `async with` its twin.

        `request`, `id` and `attributes` are those of `open`; the rest is part of every action.
        """
        opened = partial(self.open, request, id=id, attributes=attributes)
        return Opening(self, opened, principal, on_behalf_of, domain)

    def task(self, name: str) -> Callable[[_Tool], _Tool]:
        """Registers the function that performs a task: `@gate.task("issue_refund")`.

        Raises `GateError` for a task that the policy does not know, that has its tool already, or
        where the gate was made with an executor of its own.
        """

        def registered(tool: _Tool) -> _Tool:
            if not isinstance(self._executor, Tools):
                raise GateError("this gate performs tasks by an executor of its own")
            if name not in self._policy.tasks:
                raise GateError(f"the policy knows no task {name}")
            self._executor.add(name, tool)
            return tool

        return registered

    def submit(
        self,
        action: Action,
        *,
        session: Session | None = None,
        facts: Mapping[str, object] | None = None,
        key: str | None = None,
    ) -> Result:
        """Decides an action and, where it is allowed, performs it.

        `facts` default to what the gate's own look-up finds. The same `key` never acts twice: a
        second submission gives what became of the first, or takes it up where it waits. Raises
        `GateError` for a session of another gate, and for a key that stood for another action,
        `InputError` for a key that is no text.
        """
        return run(self._submitted(action, session, facts, key), self._executor)

    async def submit_async(
        self,
        action: Action,
        *,
        session: Session | None = None,
        facts: Mapping[str, object] | None = None,
        key: str | None = None,
    ) -> Result:
        """The same from an event loop, which goes on meanwhile; async tools are awaited on it."""
        flow = self._submitted(action, session, facts, key)
        return await run_async(flow, self._executor, self._workers)

    def resume(
        self,
        id: str,
        *,
        session: Session | None = None,
        facts: Mapping[str, object] | None = None,
    ) -> Result:
        """Takes up an action that waits: decides afresh and performs it where that allows.

        What has been settled stays settled: its result is given again, nothing runs twice.
        """
        return run(self._proposals.resume(id, session, facts), self._executor)

    async def resume_async(
        self,
        id: str,
        *,
        session: Session | None = None,
        facts: Mapping[str, object] | None = None,
    ) -> Result:
        """The same from an event loop."""
        flow = self._proposals.resume(id, session, facts)
        return await run_async(flow, self._executor, self._workers)

    def _submitted(
        self,
        action: Action,
        session: Session | None,
        facts: Mapping[str, object] | None,
        key: str | None,
    ) -> Flow[Result]:
        _refuse_unwritable("a key", key)
        return self._proposals.submit(action, session, facts, key)

    def propose(
        self,
        action: Action,
        *,
        session: Session | None = None,
        facts: Mapping[str, object] | None = None,
        key: str | None = None,
    ) -> Result:
        """The first of two steps, where a framework makes the call itself.

        As `submit`, but nothing is called: where the status is `executing`, the intent is on the
        record, and whoever proposed may now call the tool once and must then report. What was held
        is let through by `resume`.
        """
        _refuse_unwritable("a key", key)
        flow = self._proposals.submit(action, session, facts, key, reported=True)
        return run(flow, self._executor)

    def report(
        self,
        id: str,
        output: object = None,
        *,
        session: Session | None = None,
        milliseconds: int = 0,
    ) -> Result:
        """The second step: what the tool returned. `output` of the result is what may be seen.

        The first report counts. Raises `GateError` for an action that was not let through, or that
        the gate performs itself.
        """
        self._proposals.memory(session)
        return run(self._reports.output(id, session, output, milliseconds), self._executor)

    def report_failure(self, id: str, problem: str, *, session: Session | None = None) -> Result:
        """The second step, where the tool failed."""
        return self._reports.failure(id, session, problem)

    def report_unknown(self, id: str, problem: str, *, session: Session | None = None) -> Result:
        """The second step, where nobody knows whether it happened."""
        return self._reports.unknown(id, session, problem)

    def pending(self) -> list[Waiting]:
        """Actions that wait for people, by priority of their task and then oldest first."""
        return self._people.pending()

    def approve(self, ticket: str, *, by: Human, reason: str = "") -> tuple[str, ...]:
        """A person signs every ask of an action that this person may sign; gives their rules.

        `ticket` is that of the `Waiting` or `Result` that the person was shown, so a signature
        covers nothing else: where action, facts or rules have changed since, it is refused. `by`
        is whom the caller has authenticated. Raises `ApprovalError` where there is nothing that
        this person may sign.
        """
        return self._people.approve(ticket, by, reason)

    def confirm(self, ticket: str, *, by: Human) -> None:
        """The person on whose behalf an action is done says yes to exactly this one.

        Consent, used once, and never an approval. Raises `ApprovalError` for anybody else, and
        where nothing waits for it.
        """
        self._people.confirm(ticket, by)

    def approve_all(
        self, tickets: Iterable[str], *, by: Human, reason: str = ""
    ) -> Mapping[str, tuple[str, ...]]:
        """One act for a list: the rules signed, by ticket. All of them, or none is signed.

        Raises `ApprovalError` for the first ticket that this person may not sign.
        """
        return self._people.approve_all(tuple(tickets), by, reason)

    def reject(self, ticket: str, *, by: Human, reason: str) -> None:
        """A person who may sign, or is asked to confirm, says no: the action ends, and the same
        one for 24 hours.

        Raises `ApprovalError` for anybody else, and where no reason is given.
        """
        self._people.reject(ticket, by, reason)

    def lend(
        self,
        role: str,
        *,
        by: Human,
        to: Human,
        until: datetime,
        domain: str | None = None,
        reason: str,
    ) -> None:
        """A person lends the right to sign in a role, until a day that is named.

        It stays theirs: worthless where they have an interest, have signed, or lose the role.
        Raises `GateError` for what cannot be lent.
        """
        self._stand_ins.lend(role, by, to, until, domain, reason)

    def take_back(self, role: str, *, by: Human, to: Human, domain: str | None = None) -> None:
        """Ends what was lent, at once. Raises `GateError` where nothing was."""
        self._stand_ins.take_back(role, by, to, domain)

    def stand_ins(self) -> tuple[StandIn, ...]:
        """Who may sign for whom, also what has ended and was not taken back."""
        return self._stand_ins.listed()

    def suspend(self, name: str, *, by: Human, reason: str) -> None:
        """Stops an `agent ID`, `human ID`, `task NAME` or `session ID` from the next decision on.

        What is held stays held and is denied when it is taken up. `by` is whom the caller has
        authenticated; the reason goes on the record. Raises `GateError` for other names.
        """
        self._suspensions.suspend(name, by, reason)

    def lift(self, name: str, *, by: Human, reason: str) -> None:
        """Ends a suspension. Raises `GateError` where there is none of this name."""
        self._suspensions.lift(name, by, reason)

    def suspended(self) -> tuple[Suspension, ...]:
        """Who and what is suspended, oldest first."""
        return self._suspensions.listed()

    def settle(self) -> tuple[Result, ...]:
        """Settles what was under way in gates that have ended; gives what became of it.

        Its outcome is unknown, but for tasks that `may be retried`, which are called again under
        the same idempotency key. Workers do this by themselves.
        """
        return run(self._aftermath.settle(), self._executor)

    def work(self, parking: Parking | None = None) -> None:
        """Makes this process a worker: it takes up what waits when its time has come.

        Whatever was signed is executed here, whoever proposed it, as far as this gate has a tool
        for it; asks that have ended are denied; what was under way in gates that have ended is
        settled; people learn what they are asked. Returns at once. `parking` defaults to a clock
        of this process over the store.
        """
        if self._holding is not None:
            raise GateError("this gate is a worker already")
        holding = Holding(self._store, parking or Polling(self._clock), self._taken_up, self.settle)
        holding.start()
        self._holding = holding
        self._sending.start()

    def _taken_up(self, id_: str) -> Status:
        """One action that waits, as far as this gate may bring it."""
        stored = self._store.by_id(id_)
        if stored is None:
            return Status.DENIED
        if stored.reported or not self._executor.can(stored.action.task):
            self._people.settle(id_)
            return stored.status
        return self.resume(id_).status

    def _sender(self, outbox: Outbox, decisions: Decisions, channels: Iterable[Channel]) -> Sending:
        letters = Letters(decisions, self._accounts, self._policy)
        return Sending(self._database, outbox, letters, self._recorder, self._clock, channels)

    def close(self) -> None:
        """Closes the store. What waits goes on waiting in it."""
        if self._holding is not None:
            self._holding.close()
        self._sending.close()
        self._workers.shutdown()
        self._presence.end()
        self._database.close()


def _refuse_other_calls(executor: Executor) -> None:
    """An executor that cannot be called would leave every outcome unknown: found out at once."""
    try:
        inspect.signature(executor.call).bind("task", {}, "key")
    except TypeError as error:
        raise GateError(f"an executor is called with task, input and key: {error}") from error
    except ValueError:
        return  # it has no signature that could be read


def _refuse_unwritable(what: str, text: str | None) -> None:
    if text is not None and (not isinstance(text, str) or writable(text) != text):
        raise InputError(f"{what} must be text that can be written down")

"""The gate owns the call: a tool runs because the gate ran it, never because nobody objected.

    proposed ─▶ decided ─┬─ allow ─────────────────▶ intent recorded ─▶ call ─▶ outcome recorded
                         ├─ validate ─▶ validations run ─▶ decided again
                         ├─ escalate ─▶ held ─▶ signed ─▶ decided again ─▶ …
                         └─ deny

Validations run before people are asked, so an approver sees what was checked. The decision that
lets an action pass, the use of its approvals and the intent to act are one transaction; the
call comes after it. Whatever goes wrong before that point, nothing runs; whatever goes wrong
after it is recorded as failed or, where nobody can know, as unknown, and is never tried again.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace

from policy_engine.decision.action import Action, Human, named
from policy_engine.decision.evidence import ValidationResult
from policy_engine.decision.intake import taken_in
from policy_engine.decision.outcome import Decision, Outcome
from policy_engine.decision.session import Session
from policy_engine.foundation.database import Database
from policy_engine.foundation.diagnostics import Code
from policy_engine.foundation.errors import GateError, InputError
from policy_engine.language.policy import PolicySet
from policy_engine.runtime import codes
from policy_engine.runtime.accounts import Accounts
from policy_engine.runtime.decisions import Decisions
from policy_engine.runtime.executors import LONGEST_TEXT, ToolFailed, ToolHangs, writable
from policy_engine.runtime.keeping import (
    NO_PLAIN_FORM,
    as_plain,
    given_back,
    plain_facts,
    snapshot,
)
from policy_engine.runtime.past import Past
from policy_engine.runtime.people import People, Waiting
from policy_engine.runtime.ports import Clock, Decider, Executor, LookUp, Recorder, Roles
from policy_engine.runtime.results import Results
from policy_engine.runtime.store import Status, Store, Stored

_MOST_ATTEMPTS = 100
"""However often a policy lets a validation be tried again."""


@dataclass(frozen=True, slots=True)
class Result:
    """What became of an action."""

    id: str | None
    status: Status
    decision: Decision | None
    """None where an earlier submission with the same key has already settled it."""
    output: object = None
    code: Code | None = None
    detail: str | None = None
    ticket: str | None = None
    """For what is held: what people sign, `gate.approve(result.ticket, …)`."""


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
        policy: PolicySet,
    ) -> None:
        self._database = database
        self._store = store = Store(database)
        self._policy = policy
        retries = max((rule.retries for rule in policy.rules.values()), default=0)
        self._attempts = min(1 + retries, _MOST_ATTEMPTS)
        self._decider = decider
        self._recorder = recorder
        self._executor = executor
        self._facts = facts
        self._clock = clock
        self._accounts = accounts
        self._results = results = Results(database)
        past = Past(database, policy)
        self._decisions = Decisions(store, decider, roles, recorder, clock, accounts, past, results)
        self._people = People(database, store, self._decisions, roles, recorder, clock, accounts)

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
            known = self._store.session(session.id)
            if known is not None:
                if known.request != request:
                    raise GateError(f"the session {id} has another request")
                if attributes is not None and said != self._store.attributes(session.id):
                    raise GateError(f"the session {id} has other attributes")
                return known.copy()
            self._recorder.record("session", self._accounts.session(session, said))
            self._store.add_session(session, said)
            return session

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
        _refuse_unwritable("a key", key)
        action = taken_in(action)
        memory = self._memory(session)
        looked_up = facts is None
        facts = self._looked_up(action, memory) if facts is None else plain_facts(facts)
        preview = self._decisions.bare(action, memory, facts)
        if preview.action is None:
            with self._database.transaction():
                self._decisions.record("-", action, memory, facts, preview)
            return Result(None, Status.DENIED, preview)
        with self._database.transaction():
            earlier = self._earlier(preview, action, session, key)
            if earlier is None:
                id_ = self._store.add(
                    action,
                    session.id if session else None,
                    facts,
                    looked_up=looked_up,
                    decision=preview,
                    key=key,
                )
        if earlier is not None:
            return self.resume(earlier.id, session=session, facts=None if looked_up else facts)
        return self._proceed(id_, session, facts)

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
        stored = self._decisions.known(id)
        if session is not None and (
            not isinstance(session, Session) or session.id != stored.session
        ):
            raise GateError(f"the action {id} belongs to another session")
        self._memory(session)
        if stored.status not in (Status.HELD, Status.PROPOSED):
            return Result(id, stored.status, None, stored.output, detail=stored.detail)
        if facts is not None:
            facts = plain_facts(facts)
        elif stored.looked_up:
            facts = self._looked_up(stored.action, self._store.session(stored.session))
        else:
            facts = stored.facts
        return self._proceed(id, session, facts)

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

    def reject(self, ticket: str, *, by: Human, reason: str) -> None:
        """A person who may sign says no: the action ends, and the same one for 24 hours.

        Raises `ApprovalError` for anybody else, and where no reason is given.
        """
        self._people.reject(ticket, by, reason)

    def close(self) -> None:
        """Closes the store. What waits goes on waiting in it."""
        self._database.close()

    def _proceed(self, id_: str, session: Session | None, facts: Mapping[str, object]) -> Result:
        validated = self._validated(self._decisions.known(id_), facts)
        with self._database.transaction():
            stored = self._decisions.known(id_)
            if stored.status not in (Status.HELD, Status.PROPOSED):
                return Result(id_, stored.status, None, stored.output, detail=stored.detail)
            decision = self._decisions.fresh(stored, facts, validated)
            if facts != stored.facts:
                self._store.set_facts(id_, facts)
                stored = replace(stored, facts=facts)
            memory = self._store.session(stored.session)
            self._decisions.record(id_, stored.action, memory, facts, decision)
            if decision.outcome is Outcome.ESCALATE or decision.unconfirmed:
                return self._hold(stored, decision, validated)
            if decision.outcome is not Outcome.ALLOW:
                self._store.set_status(id_, Status.DENIED, detail=decision.reasons[0].title)
                return Result(id_, Status.DENIED, decision)
            if not self._executor.can(stored.action.task):
                return self._fail(stored, decision, codes.NO_TOOL, "no tool for this task")
            self._intend(stored, decision)
        return self._execute(stored, session, decision)

    def _validated(
        self, stored: Stored, facts: Mapping[str, object]
    ) -> tuple[ValidationResult, ...]:
        """Runs what must be validated first, unless the action is denied anyway.

        What fails and may be retried is tried again, as often as the policy says.
        """
        known: tuple[ValidationResult, ...] = ()
        for attempt in range(1, self._attempts + 1):
            decision = self._decisions.fresh(stored, facts, known)
            if decision.outcome is Outcome.DENY or not decision.validations:
                break
            results = self._run(stored, facts, decision.validations)
            known += tuple(replace(result, attempt=attempt) for result in results)
        return known

    def _run(
        self,
        stored: Stored,
        facts: Mapping[str, object],
        names: tuple[str, ...],
        output: tuple[object, ...] = (),
    ) -> tuple[ValidationResult, ...]:
        """Runs validations and records what came of them."""
        now = self._clock.now()
        memory = self._store.session(stored.session)
        results = self._decider.validate(
            names,
            stored.action,
            session=memory,
            facts=facts,
            now=now,
            history=self._decisions.history(stored.action, stored.id, now),
            attributes=self._decisions.attributes(memory),
            output=output,
        )
        with self._database.transaction():
            for result in results:
                body = {
                    "action": stored.id,
                    "validation": result.validation,
                    "passed": result.passed,
                    "problem": result.problem,
                }
                self._recorder.record("validated", body)
        return results

    def _hold(
        self, stored: Stored, decision: Decision, validated: tuple[ValidationResult, ...]
    ) -> Result:
        self._results.keep(stored.id, validated)
        self._store.set_status(stored.id, Status.HELD)
        self._decisions.ask(stored, decision)
        ticket = self._decisions.ticket(stored.id, decision)
        return Result(stored.id, Status.HELD, decision, ticket=ticket)

    def _intend(self, stored: Stored, decision: Decision) -> None:
        """From here on the action may have happened. In the transaction of the decision."""
        self._store.use_approvals(stored.id)
        self._store.act(stored.id, decision.at)
        self._store.set_status(stored.id, Status.EXECUTING)
        if stored.session is not None and decision.input is not None:
            # What a call carries out counts from now on, whenever and whether it comes back.
            self._store.keep_output(stored.session, stored.action.task, decision.input, None)
        self._recorder.record(
            "intent",
            {
                "action": stored.id,
                "action_digest": self._accounts.seal(decision.action),
                "policy": decision.policy,
                "approvals": [
                    {
                        "by": by,
                        "rule": ask.rule,
                        "rule_digest": ask.rule_digest,
                        "facts_digest": self._accounts.seal(decision.facts),
                    }
                    for ask in decision.approved
                    for by in ask.signed
                ],
                "by": self._executor.name,
            },
        )

    def _execute(self, stored: Stored, session: Session | None, decision: Decision) -> Result:
        started = time.perf_counter()
        assert decision.input is not None
        try:
            output = self._executor.call(stored.action.task, decision.input)
        except ToolFailed as error:
            return self._failed(stored, decision, error)
        except ToolHangs as error:
            return self._lost(stored, decision, self._words(stored, decision, error))
        except Exception as error:  # noqa: BLE001 — an executor out of its contract may have acted
            return self._lost(stored, decision, f"the executor broke: {type(error).__name__}")
        elapsed = round((time.perf_counter() - started) * 1000)
        output = snapshot(output)
        kept = as_plain(output)
        problem = self._owed(stored, decision, kept)
        if problem is not None:
            return self._withhold(stored, decision, kept, elapsed, problem)
        with self._database.transaction():
            self._recorder.record("executed", self._accounts.output(stored.id, kept, elapsed))
            self._store.set_status(stored.id, Status.EXECUTED, output=kept)
            self._remember(stored, decision, kept)
        if session is not None:
            session.record(
                stored.action.task, None if kept is NO_PLAIN_FORM else kept, decision.input
            )
        if kept is NO_PLAIN_FORM:
            detail = "the output has no plain form, so it was not kept"
            code = codes.NOT_RECORDABLE
            return Result(stored.id, Status.EXECUTED, decision, output, code, detail)
        return Result(stored.id, Status.EXECUTED, decision, given_back(output, kept))

    def _owed(self, stored: Stored, decision: Decision, kept: object) -> str | None:
        """Why the output may not be released: an obligation of the decision that is not met."""
        names = tuple(dict.fromkeys(owed.validation for owed in decision.obligations))
        if not names:
            return None
        if kept is NO_PLAIN_FORM:
            return "the output has no plain form that could be validated"
        policy = self._policy
        retries = {
            name: max(
                policy.rules[o.rule].retries for o in decision.obligations if o.validation == name
            )
            for name in names
        }
        for attempt in range(1 + max(retries.values())):
            results = self._run(stored, stored.facts, names, (kept,))
            failed = [r for r in results if not r.passed]
            names = tuple(r.validation for r in failed if retries[r.validation] > attempt)
            lost = [r for r in failed if retries[r.validation] <= attempt]
            if lost:
                return f"`{lost[0].validation}`: {lost[0].problem}"
            if not names:
                break
        return None

    def _withhold(
        self, stored: Stored, decision: Decision, kept: object, elapsed: int, problem: str
    ) -> Result:
        """It has happened; what it returned stays here."""
        with self._database.transaction():
            self._recorder.record("executed", self._accounts.output(stored.id, kept, elapsed))
            self._recorder.record("withheld", {"action": stored.id, "problem": problem})
            self._store.set_status(stored.id, Status.WITHHELD, detail=problem)
        code = codes.WITHHELD
        return Result(stored.id, Status.WITHHELD, decision, None, code, problem)

    def _failed(self, stored: Stored, decision: Decision, error: ToolFailed) -> Result:
        detail = self._words(stored, decision, error)
        with self._database.transaction():
            return self._fail(stored, decision, codes.TOOL_FAILED, detail)

    def _words(self, stored: Stored, decision: Decision, error: ToolFailed | ToolHangs) -> str:
        """What an error says, where that cannot be what nobody may hear."""
        if self._accounts.holds_secrets(stored.action, stored.facts):
            return f"{error.kind} (its words are withheld: they could hold a secret)"
        if decision.obligations:
            return f"{error.kind} (its words are withheld: nothing validates them)"
        return writable(str(error)[:LONGEST_TEXT])

    def _fail(self, stored: Stored, decision: Decision, code: Code, detail: str) -> Result:
        with self._database.transaction():
            self._store.set_status(stored.id, Status.FAILED, detail=detail)
            body = {"action": stored.id, "code": code.id, "problem": detail}
            self._recorder.record("failed", body)
        return Result(stored.id, Status.FAILED, decision, None, code, detail)

    def _lost(self, stored: Stored, decision: Decision, problem: str) -> Result:
        """Nobody knows whether it happened; what it would have returned is missing from now on."""
        problem = writable(problem[:LONGEST_TEXT])
        with self._database.transaction():
            self._store.set_status(stored.id, Status.UNKNOWN, detail=problem)
            body = {"action": stored.id, "code": codes.TOOL_HANGS.id, "problem": problem}
            self._recorder.record("unknown", body)
            self._remember(stored, decision, NO_PLAIN_FORM)
        return Result(stored.id, Status.UNKNOWN, decision, None, codes.TOOL_HANGS, problem)

    def _remember(self, stored: Stored, decision: Decision, kept: object) -> None:
        """Adds what came back from a call to its session."""
        assert decision.input is not None
        if stored.session is not None:
            output = None if kept is NO_PLAIN_FORM else kept
            self._store.keep_output(stored.session, stored.action.task, decision.input, output)
            if kept is NO_PLAIN_FORM:
                self._store.mark_incomplete(stored.session)

    def _looked_up(self, action: Action, session: Session | None) -> Mapping[str, object]:
        """The gate's own look-up; where it fails, the facts are not known."""
        said, now = self._decisions.attributes(session), self._clock.now()
        try:
            return plain_facts(self._facts(action, attributes=said, now=now))
        except Exception:  # noqa: BLE001 — foreign code; no fact is the restrictive reading
            return {}

    def _memory(self, session: Session | None) -> Session | None:
        """What the store has of a session: the truth, whatever was done to the caller's copy."""
        if session is None:
            return None
        memory = self._store.session(session.id)
        if memory is None or memory.request != session.request:
            raise GateError("this session was not opened at this gate: use gate.open(request)")
        return memory

    def _earlier(
        self, preview: Decision, action: Action, session: Session | None, key: str | None
    ) -> Stored | None:
        """The action that this key stands for; without a key, the same one that already waits."""
        assert preview.action is not None
        if key is None:
            return self._store.held_twin(session.id if session else None, preview.action)
        keyed = self._store.by_key(key)
        if keyed is not None and not _is_same(keyed, action, preview):
            raise GateError(
                f"the key {key} stands for another action; give what has changed another key "
                "(a session file: another `session`)"
            )
        return keyed


def _refuse_unwritable(what: str, text: str | None) -> None:
    if text is not None and (not isinstance(text, str) or writable(text) != text):
        raise InputError(f"{what} must be text that can be written down")


def _is_same(keyed: Stored, action: Action, preview: Decision) -> bool:
    """Whether a key stands for this action; an edit of the policy makes it no other."""
    if keyed.digest == preview.action:
        return True
    return keyed.proposal == preview.proposal and _for_whom(keyed.action) == _for_whom(action)


def _for_whom(action: Action) -> object:
    behalf = action.on_behalf_of
    return behalf and behalf.id, action.domain, [named(member) for member in action.chain]

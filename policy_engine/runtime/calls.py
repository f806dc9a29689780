"""From the intent to the outcome: the call of an allowed action, and what is kept of it.

The intent is recorded in the transaction of the decision that allows the action, and the call comes
after it. So whatever goes wrong before that point, nothing runs; whatever goes wrong after it is
recorded as failed or, where nobody can know, as unknown, and is never tried again.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import partial

from policy_engine.decision.clearance import Clearance
from policy_engine.decision.evidence import ValidationResult
from policy_engine.decision.outcome import Decision, Obligation
from policy_engine.decision.session import Session
from policy_engine.foundation.database import Database
from policy_engine.foundation.diagnostics import Code
from policy_engine.foundation.errors import PolicyEngineError, StoreError
from policy_engine.language.policy import PolicySet
from policy_engine.runtime import codes
from policy_engine.runtime.accounts import Accounts
from policy_engine.runtime.checking import Checking
from policy_engine.runtime.executors import LONGEST_TEXT, ToolFailed, ToolHangs, writable
from policy_engine.runtime.flow import Flow, Perform, Work
from policy_engine.runtime.keeping import NO_PLAIN_FORM, as_plain, given_back, snapshot
from policy_engine.runtime.ports import Recorder
from policy_engine.runtime.presence import Presence
from policy_engine.runtime.result import Answer, Result
from policy_engine.runtime.signatures import Signatures
from policy_engine.runtime.store import Status, Store, Stored


@dataclass(frozen=True, slots=True)
class Begun:
    """An action whose intent is recorded: from now on it may have happened."""

    stored: Stored
    session: Session | None
    """The caller's own copy, which learns what comes back."""
    input: Mapping[str, object]
    """As the tool gets it."""
    obligations: tuple[Obligation, ...]
    answer: Answer | None
    """None where it was let through earlier, and its outcome is only now told."""


class Calls:
    """Records intents, calls tools, records outcomes."""

    def __init__(
        self,
        database: Database,
        store: Store,
        signatures: Signatures,
        recorder: Recorder,
        accounts: Accounts,
        checking: Checking,
        presence: Presence,
        policy: PolicySet,
    ) -> None:
        self._untold: dict[str, Callable[[], Result]] = {}
        """By action, the outcome of what has ended and is not on the record yet."""
        self._presence = presence
        self._database = database
        self._store = store
        self._signatures = signatures
        self._recorder = recorder
        self._accounts = accounts
        self._checking = checking
        self._policy = policy

    def owner(self) -> str:
        """The name under which this gate begins actions, with the lock that shows it alive."""
        self._presence.show()
        return self._presence.name

    def intend(self, stored: Stored, session: Session | None, decision: Decision, by: str) -> Begun:
        """From here on the action may have happened. In the transaction of the decision.

        `by` says how it will be performed: by a tool, from a recording, by somebody who reports.
        """
        confirmed = self._signatures.use(stored.id, decision.action)
        self._store.act(stored.id, decision, self.owner())
        return self.intended(stored, session, decision, decision, by, confirmed)

    def intended(
        self,
        stored: Stored,
        session: Session | None,
        let: Decision | Clearance,
        answer: Answer,
        by: str,
        confirmed: tuple[str, ...] = (),
    ) -> Begun:
        """The intent of an action that the store has as begun, on the record; `let` allows it.

        `confirmed` are the people for whom it is done who said yes to it.
        """
        assert let.input is not None
        if stored.session is not None:
            # What a call carries out counts from now on, whenever and whether it comes back.
            self._store.sessions.keep_output(stored.session, stored.action.task, let.input, None)
        sealed = self._accounts.seal(let.facts)
        self._recorder.record(
            "intent",
            {
                "action": stored.id,
                "action_digest": self._accounts.seal(let.action),
                "policy": let.policy,
                "approvals": [
                    {
                        "by": signer,
                        "rule": ask.rule,
                        "rule_digest": ask.rule_digest,
                        "facts_digest": sealed,
                    }
                    for ask in let.approved
                    for signer in ask.signed
                ],
                "confirmations": list(confirmed),
                "by": by,
            },
        )
        return Begun(stored, session, let.input, let.obligations, answer)

    def perform(self, begun: Begun) -> Flow[Result]:
        """Calls the tool of an action whose intent is recorded, and records what came of it."""
        stored, started = begun.stored, time.perf_counter()
        try:
            output = yield Perform(stored.action.task, begun.input, stored.id, stored.root)
        except ToolFailed as error:
            return self.failed(begun, error)
        except ToolHangs as error:
            return self.lost(begun, self._words(begun, error))
        except Exception as error:  # noqa: BLE001 — an executor out of its contract may have acted
            return self.lost(begun, f"the executor broke: {type(error).__name__}")
        except GeneratorExit:
            with suppress(StoreError):  # then it is told later
                self.lost(begun, "whoever waited for it was interrupted")
            raise
        elapsed = round((time.perf_counter() - started) * 1000)
        try:
            return (yield from self.returned(begun, output, elapsed))
        except PolicyEngineError:
            raise
        except BaseException as error:  # it has acted, and what came of it may not be told yet
            if not self.tell_again(stored.id):
                self.lost(begun, f"its output was not taken in: {type(error).__name__}")
            raise

    def returned(self, begun: Begun, output: object, elapsed: int) -> Flow[Result]:
        """Records an output that took `elapsed` milliseconds; releases it where that is allowed."""
        output = snapshot(output)
        kept = as_plain(output)
        problem = yield from self._owed(begun, kept)
        if problem is not None:
            return self._told(begun, partial(self._withhold, begun, kept, elapsed, problem))
        return self._told(begun, partial(self._release, begun, output, kept, elapsed))

    def _release(self, begun: Begun, output: object, kept: object, elapsed: int) -> Result:
        stored = begun.stored
        with self._database.transaction():
            if not self._store.settle(stored.id, Status.EXECUTED, output=kept):
                return self._settled_before(begun)
            self._recorder.record("executed", self._accounts.output(stored.id, kept, elapsed))
            self._remember(begun, kept)
        if begun.session is not None:
            seen = None if kept is NO_PLAIN_FORM else kept
            begun.session.record(stored.action.task, seen, begun.input)
        if kept is NO_PLAIN_FORM:
            detail = "the output has no plain form, so it was not kept"
            code = codes.NOT_RECORDABLE
            return Result(stored.id, Status.EXECUTED, begun.answer, output, code, detail)
        return Result(stored.id, Status.EXECUTED, begun.answer, given_back(output, kept))

    def failed(self, begun: Begun, error: ToolFailed) -> Result:
        """The tool said that it could not."""
        return self._told(begun, partial(self._failed, begun, self._words(begun, error)))

    def _failed(self, begun: Begun, detail: str) -> Result:
        with self._database.transaction():
            if not self._store.settle(begun.stored.id, Status.FAILED, detail=detail):
                return self._settled_before(begun)
            return self._fail(begun.stored, begun.answer, codes.TOOL_FAILED, detail)

    def no_tool(self, stored: Stored, decision: Decision) -> Result:
        """It was allowed, and nobody here can do it: nothing was called."""
        detail = "no tool for this task"
        self._store.set_status(stored.id, Status.FAILED, detail=detail)
        return self._fail(stored, decision, codes.NO_TOOL, detail)

    def lost(self, begun: Begun, problem: str) -> Result:
        """Nobody knows whether it happened; what it would have returned is missing from now on."""
        return self._told(begun, partial(self._lost, begun, writable(problem[:LONGEST_TEXT])))

    def _lost(self, begun: Begun, problem: str) -> Result:
        stored = begun.stored
        with self._database.transaction():
            if not self._store.settle(stored.id, Status.UNKNOWN, detail=problem):
                return self._settled_before(begun)
            body = {"action": stored.id, "code": codes.TOOL_HANGS.id, "problem": problem}
            self._recorder.record("unknown", body)
            self._remember(begun, NO_PLAIN_FORM)
        return Result(stored.id, Status.UNKNOWN, begun.answer, None, codes.TOOL_HANGS, problem)

    def _told(self, begun: Begun, tell: Callable[[], Result]) -> Result:
        """Records an outcome. Where the store takes none now, it is told again later, so that
        nothing that is known is lost as long as this process lives."""
        id_ = begun.stored.id
        self._untold[id_] = tell
        result = tell()
        self._untold.pop(id_, None)
        return result

    def tell_again(self, id_: str | None = None) -> tuple[Result, ...]:
        """Records the outcomes (or that of one action) for which the store had no room before."""
        waiting = [id_] if id_ is not None else list(self._untold)
        found = []
        for each in waiting:
            tell = self._untold.get(each)
            if tell is not None:
                found.append(tell())
                self._untold.pop(each, None)
        return tuple(found)

    def _owed(self, begun: Begun, kept: object) -> Flow[str | None]:
        """Why the output may not be released: an obligation of the decision that is not met."""
        names = tuple(dict.fromkeys(owed.validation for owed in begun.obligations))
        if not names:
            return None
        if kept is NO_PLAIN_FORM:
            return "the output has no plain form that could be validated"
        retries = {name: self._retries(name, begun) for name in names}
        for attempt in range(1 + max(retries.values())):
            stored = begun.stored
            check = partial(self._checking.run, stored, stored.facts, names, (kept,))
            results: Iterable[ValidationResult] = yield Work(check)
            failed = [result for result in results if not result.passed]
            names = tuple(r.validation for r in failed if retries[r.validation] > attempt)
            lost = [r for r in failed if retries[r.validation] <= attempt]
            if lost:
                return f"`{lost[0].validation}`: {lost[0].problem}"
            if not names:
                break
        return None

    def _retries(self, validation: str, begun: Begun) -> int:
        """How often it may be tried again; never by a rule that the policy no longer has."""
        owed = [o.rule for o in begun.obligations if o.validation == validation]
        return max(self._policy.rules[r].retries if r in self._policy.rules else 0 for r in owed)

    def _withhold(self, begun: Begun, kept: object, elapsed: int, problem: str) -> Result:
        """It has happened; what it returned stays here."""
        id_ = begun.stored.id
        with self._database.transaction():
            if not self._store.settle(id_, Status.WITHHELD, detail=problem):
                return self._settled_before(begun)
            self._recorder.record("executed", self._accounts.output(id_, kept, elapsed))
            self._recorder.record("withheld", {"action": id_, "problem": problem})
        return Result(id_, Status.WITHHELD, begun.answer, None, codes.WITHHELD, problem)

    def _words(self, begun: Begun, error: ToolFailed | ToolHangs) -> str:
        """What an error says, where that cannot be what nobody may hear."""
        if self._accounts.holds_secrets(begun.stored.action, begun.stored.facts):
            return f"{error.kind} (its words are withheld: they could hold a secret)"
        if begun.obligations:
            return f"{error.kind} (its words are withheld: nothing validates them)"
        return writable(str(error)[:LONGEST_TEXT])

    def _fail(self, stored: Stored, answer: Answer | None, code: Code, detail: str) -> Result:
        body = {"action": stored.id, "code": code.id, "problem": detail}
        self._recorder.record("failed", body)
        return Result(stored.id, Status.FAILED, answer, None, code, detail)

    def _settled_before(self, begun: Begun) -> Result:
        """Somebody else has said what became of it: that stays, and this comes too late."""
        stored = self._store.by_id(begun.stored.id)
        assert stored is not None
        return Result(stored.id, stored.status, begun.answer, stored.output, detail=stored.detail)

    def _remember(self, begun: Begun, kept: object) -> None:
        """Adds what came back from a call to its session."""
        session = begun.stored.session
        if session is not None:
            output = None if kept is NO_PLAIN_FORM else kept
            self._store.sessions.keep_output(session, begun.stored.action.task, begun.input, output)
            if kept is NO_PLAIN_FORM:
                self._store.sessions.mark_incomplete(session)

"""Replays a ledger, entry by entry.

The first decision that is recorded of an action is decided again, with what its entry has: who,
with which roles, for whom, which input, context and facts, what is said of the session, and the
validations that had run by then. What was said by others than the policy stays as it is: a
person's rejection, a suspension, the word of a Casbin policy.

What the record has not is not known, and the answer may be `unknown`: secrets are sealed, the
user's request and the outputs of tools are digests, and so on. Where the candidate has a rule word
for word as it was then, the record says whether it applied (`unchanged.py`). The past that limits
and windows see is the replayed past: of what the record says that was carried out, only what the
candidate would have let happen.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import cast

from policy_engine.audit.reading import instant, members, objects, text
from policy_engine.audit.replay.bounds import bounded
from policy_engine.audit.replay.candidate import Candidate
from policy_engine.audit.replay.cases import Answered, Case, counted
from policy_engine.audit.replay.entries import Entry, entry_of
from policy_engine.audit.replay.events import Events
from policy_engine.audit.replay.examples import Examples
from policy_engine.audit.replay.flips import DENY, NO_TASK, NUMBERS
from policy_engine.audit.replay.source import Unreads
from policy_engine.audit.replay.tally import Tally
from policy_engine.audit.replay.unchanged import Unchanged
from policy_engine.decision.circumstances import Circumstances
from policy_engine.decision.codes import NEEDS_CONFIRMATION
from policy_engine.decision.evidence import ValidationResult
from policy_engine.decision.history import History, Status
from policy_engine.decision.question import Question
from policy_engine.foundation.errors import InputError, LedgerError
from policy_engine.language.policy import PolicySet
from policy_engine.ledger.record import Record

_NO_ID = "-"
"""The gate's word for an action that it refused before it could be kept."""


@dataclass(slots=True)
class _Check:
    """A validation that ran before the first decision."""

    name: str
    passed: bool
    at: datetime


@dataclass(slots=True)
class _Sessions:
    """What is said of sessions, and which of them belong together."""

    attributes: dict[str, Mapping[str, object]] = field(default_factory=dict)
    roots: dict[str, str] = field(default_factory=dict)

    def add(self, body: Mapping[str, object]) -> None:
        id_, above = text(body, "session"), text(body, "branched_from")
        if id_ is None:
            return
        said = members(body, "attributes")
        if said:
            self.attributes[id_] = said
        if above is not None:
            self.roots[id_] = self.root(above)

    def root(self, id_: str) -> str:
        return self.roots.get(id_, id_)


class Recorded:
    """What of a ledger has been replayed so far."""

    def __init__(self, candidate: Candidate, was: Iterable[PolicySet], most: int) -> None:
        """`was` are policy sets by which the past was decided, as far as they are at hand; so many
        actions (`most`) of each flip are told."""
        self._unchanged = Unchanged(candidate, was)
        self.candidate = candidate
        self.tally = Tally()
        self.examples = Examples(candidate, most)
        self.unreads = Unreads()
        self.with_past = 0
        self._events = Events(candidate)
        self._sessions = _Sessions()
        self._checks: dict[str, list[_Check]] = {}
        self._open: set[str] = set()
        """Actions that have been decided once and may be again: those that waited."""

    def take(self, record: Record) -> None:
        """Takes the next entry."""
        tell = _KINDS.get(record.kind)
        if tell is None:
            return
        at = instant(record.at)
        if at is None:
            self.unreads.add(f"entry {record.number}", "its time cannot be read")
            return
        if record.is_erased:
            self.unreads.add(f"entry {record.number}", "what it told was erased")
            return
        try:
            tell(self, record, at)
        except LedgerError as error:
            self.unreads.add(f"entry {record.number}", str(error))

    def _session(self, record: Record, at: datetime) -> None:
        self._sessions.add(record.body)

    def _validated(self, record: Record, at: datetime) -> None:
        id_, name = text(record.body, "action"), text(record.body, "validation")
        if id_ is not None and name is not None and id_ not in self._open:
            check = _Check(name, record.body.get("passed") is True, at)
            self._checks.setdefault(id_, []).append(check)

    def _decided(self, record: Record, at: datetime) -> None:
        id_ = text(record.body, "action")
        if id_ in self._open and id_ is not None:
            self._decided_again(record, id_)
            return
        checks = self._checks.pop(id_ or _NO_ID, [])
        try:
            session = text(record.body, "session")
            said = self._sessions.attributes.get(session or "", {})
            root = None if session is None else self._sessions.root(session)
            unchanged = self._unchanged.since(text(record.body, "policy"))
            entry = entry_of(self.candidate, unchanged, record, at, root, said)
        except InputError as error:
            self.unreads.add(f"entry {record.number}", str(error))
            return
        found = self._answered(entry, checks)
        self.tally.add(counted(self.candidate, entry.case, found))
        if id_ is not None and id_ != _NO_ID:
            is_held = waits(record)
            if is_held:
                self._open.add(id_)
            self._events.decided(id_, entry.case, found.answer, waits=is_held)

    def _decided_again(self, record: Record, id_: str) -> None:
        """After people had their say: that is not replayed, but it may have ended there."""
        if not waits(record):
            self._open.discard(id_)
            if text(record.body, "outcome") != "allow":
                self._events.ended(id_, "denied")

    def _answered(self, entry: Entry, checks: list[_Check]) -> Answered:
        candidate, case = self.candidate, entry.case
        task = case.action.task
        if task not in candidate.policy.tasks:
            self.examples.add(case, Answered(NO_TASK, ()), case.circumstances(History()))
            return Answered(NO_TASK, ())
        history = History()
        if task in candidate.questions:
            self.with_past += 1
            history = self._events.history(case.now)
        given = self._with(checks, case, case.circumstances(history))
        if entry.said_by_others:
            found = Answered(DENY, ())
        elif entry.is_whole and task not in candidate.questions:
            verdict = candidate.prepared.verdicts.first("complete", case.action, case.roles, given)
            found = Answered(NUMBERS[verdict.outcome.word], verdict.rules)
        else:
            found = bounded(candidate.program, case.action, given, entry)
        self.examples.add(case, found, given)
        return found

    def _with(self, checks: list[_Check], case: Case, given: Circumstances) -> Circumstances:
        """The same with the validations that had run, as if they were of this policy."""
        if not checks:
            return given
        question, attempts = Question(self.candidate.program, case.action, given), dict[str, int]()
        evidence = []
        for check in checks:
            attempts[check.name] = attempts.get(check.name, 0) + 1
            evidence.append(
                ValidationResult(
                    check.name,
                    # Of an action with secrets there is no digest; then both have none.
                    cast(str, question.action_digest),
                    question.facts_digest,
                    self.candidate.policy.digest,
                    check.passed,
                    at=check.at,
                    attempt=attempts[check.name],
                )
            )
        return replace(given, evidence=tuple(evidence))

    def _intent(self, record: Record, at: datetime) -> None:
        id_ = text(record.body, "action")
        if id_ is not None:
            self._open.discard(id_)
            self._events.begun(id_, at, approved=bool(objects(record.body, "approvals")))

    def _ended(self, record: Record, at: datetime) -> None:
        id_ = text(record.body, "action")
        if id_ is not None:
            self._open.discard(id_)
            self._checks.pop(id_, None)
            self._events.ended(id_, ENDS[record.kind])


def waits(record: Record) -> bool:
    """Whether the gate holds what it decided so, and decides it again."""
    outcome = text(record.body, "outcome")
    if outcome != "validate":
        return outcome == "escalate"
    open_ = [one for one in objects(record.body, "reasons") if text(one, "outcome") == outcome]
    return all(text(one, "code") == NEEDS_CONFIRMATION.id for one in open_)


ENDS: Mapping[str, Status] = {
    "executed": "executed",
    "withheld": "withheld",
    "failed": "failed",
    "unknown": "unknown",
    "rejected": "denied",
}
_Tell = Callable[[Recorded, Record, datetime], None]
_KINDS: Mapping[str, _Tell] = {
    "session": Recorded._session,
    "validated": Recorded._validated,
    "decided": Recorded._decided,
    "intent": Recorded._intent,
    **dict.fromkeys(ENDS, Recorded._ended),
}

"""Runs a policy's own tests: the scenario as written, decided by the real decision rule.

What a test does not give is empty and complete: a session that has seen nothing else, a past in
which nothing else happened, no roles, no facts. Its time is fixed (`EPOCH`) unless the test says
one, so a test never changes its mind.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from policy_engine.decision.action import Action, Agent, Human, Principal
from policy_engine.decision.circumstances import Circumstances
from policy_engine.decision.decide import decide
from policy_engine.decision.evidence import (
    Approval,
    Asked,
    Confirmation,
    Evidence,
    Rejection,
    ValidationResult,
)
from policy_engine.decision.history import History, PastAction, Status
from policy_engine.decision.outcome import Decision
from policy_engine.decision.program import Program
from policy_engine.decision.question import Question
from policy_engine.decision.session import Session
from policy_engine.language.policy import GivenCall, PolicySet, Test
from policy_engine.language.tree_tests import PastStage

EPOCH = datetime(2026, 1, 1, 12, tzinfo=UTC)

_FIRST = datetime.min.replace(tzinfo=UTC)
_SESSION = "test"

_STATUS: Mapping[PastStage, Status] = {
    "executed": "executed",
    "attempted": "proposed",
    "approved": "proposed",
    "denied": "denied",
    "failed": "failed",
    "running": "running",
    "unknown": "unknown",
    "withheld": "withheld",
}


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """What came of a test; `problems` is empty where it came out as expected."""

    test: Test
    decision: Decision
    problems: tuple[str, ...]

    @property
    def passed(self) -> bool:
        return not self.problems


def rehearse(program: Program, test: Test) -> Rehearsal:
    """Decides the scenario of a test and compares."""
    decision = _decided(program, test)
    return Rehearsal(test, decision, tuple(_problems(test, decision)))


def _decided(program: Program, test: Test) -> Decision:
    action = Action(
        _principal(test),
        test.task,
        test.input,
        test.context,
        Human(test.behalf) if test.behalf is not None else None,
    )
    bare = Circumstances(
        test.now or EPOCH,
        program.policy.including(test.roles, test.kind),
        _session(test),
        test.facts,
        history=History(tuple(_past(test, test.now or EPOCH))),
        attributes=test.session,
    )
    evidence = tuple(_evidence(test, Question(program, action, bare), bare.now))
    return decide(program, action, replace(bare, evidence=evidence))


def _principal(test: Test) -> Principal:
    make = Agent if test.kind == "agent" else Human
    return make(test.principal, **test.attributes)


def _session(test: Test) -> Session:
    """What came back in this session, from longest ago to now."""
    session = Session(test.request if test.request is not None else "", id=_SESSION)
    for call in sorted(test.calls, key=lambda call: call.ago, reverse=True):
        for value in call.returned:
            session.record(call.task, value, call.input)
    return session


def _past(test: Test, now: datetime) -> Iterator[PastAction]:
    for call in test.calls:
        past = PastAction(
            call.task,
            call.input,
            _by(call, test),
            _before(now, call.ago),
            _STATUS[call.stage],
            approved=call.stage == "approved",
            output=call.returned,
            context=test.context,
            session=_SESSION,
        )
        yield from (past for _ in range(call.number))


def _by(call: GivenCall, test: Test) -> Principal:
    """Somebody else comes without attributes; the test says only those of its own principal."""
    if call.by is None or call.by == (test.kind, test.principal):
        return _principal(test)
    kind, id_ = call.by
    return Agent(id_) if kind == "agent" else Human(id_)


def _before(now: datetime, ago: timedelta) -> datetime:
    return now - ago if now - _FIRST > ago else _FIRST


def _evidence(test: Test, question: Question, now: datetime) -> Iterator[Evidence]:
    action, proposal = question.action_digest, question.proposal_digest
    policy, facts = question.program.policy, question.facts_digest
    if action is None or proposal is None:
        return
    last = 1 + max((rule.retries for rule in policy.rules.values()), default=0)
    for name, passed in test.validations.items():
        problem, attempt = ("", 1) if passed else ("failed", last)
        yield ValidationResult(
            name, action, facts, policy.digest, passed, problem, at=now, attempt=attempt
        )
    for name, digest in _asking(policy):
        if test.asked is not None:
            yield Asked(action, name, digest, _before(now, test.asked))
        for signature in test.approvals:
            held = policy.including(signature.roles, "human")
            at = _before(now, signature.ago)
            yield Approval(signature.by, held, action, facts, name, digest, at)
    for by, ago in test.rejections:
        yield Rejection(by, proposal, _before(now, ago))
    for by, ago in test.confirmations:
        yield Confirmation(by, action, _before(now, ago))


def _asking(policy: PolicySet) -> Iterator[tuple[str, str]]:
    """Name and digest of whatever asks people."""
    for rule in policy.rules.values():
        if rule.ladder:
            yield rule.name, rule.digest
    for waiver in policy.waivers.values():
        yield waiver.name, waiver.digest


def _problems(test: Test, decision: Decision) -> Iterator[str]:
    if decision.outcome.word != test.outcome:
        yield f"expected {test.outcome}, the answer is {decision.outcome.word}"
        return
    asked = {party.role for ask in decision.asks for party in ask.parties}
    if not test.approvers <= asked:
        yield f"expected {_listed(test.approvers)} to be asked, not {_listed(asked)}"
    missing = test.because - decision.rules
    if missing:
        yield f"expected because of {_listed(missing)}, it is because of {_listed(decision.rules)}"


def _listed(names: frozenset[str] | set[str]) -> str:
    return ", ".join(f"`{name}`" for name in sorted(names)) or "no rule"

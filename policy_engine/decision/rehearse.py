"""Runs a policy's own tests: the scenario as written, decided by the real decision rule.

What a test does not give is empty and complete: a session that has seen nothing else, no roles,
no facts. Its time is fixed (`EPOCH`) unless the test says one, so a test never changes its mind.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from policy_engine.decision.action import Action, Agent, Human
from policy_engine.decision.circumstances import Circumstances
from policy_engine.decision.decide import decide
from policy_engine.decision.evidence import Approval, Evidence, ValidationResult
from policy_engine.decision.outcome import Decision
from policy_engine.decision.program import Program
from policy_engine.decision.question import Question
from policy_engine.decision.session import Session
from policy_engine.language.policy import Test

EPOCH = datetime(2026, 1, 1, 12, tzinfo=UTC)


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
    make = Agent if test.kind == "agent" else Human
    action = Action(make(test.principal, **test.attributes), test.task, test.input, test.context)
    session = Session(test.request if test.request is not None else "")
    for task, input_, value in test.outputs:
        session.record(task, value, input_)
    bare = Circumstances(
        test.now or EPOCH, program.policy.including(test.roles, test.kind), session, test.facts
    )
    evidence = tuple(_evidence(test, Question(program, action, bare), bare.now))
    return decide(
        program, action, Circumstances(bare.now, bare.roles, session, test.facts, evidence)
    )


def _evidence(test: Test, question: Question, now: datetime) -> Iterator[Evidence]:
    action, policy = question.action_digest, question.program.policy
    if action is None:
        return
    for name, passed in test.validations.items():
        problem = "" if passed else "failed"
        yield ValidationResult(name, action, question.facts_digest, policy.digest, passed, problem)
    for by, roles in test.approvals:
        held = policy.including(roles, "human")
        for rule in policy.rules.values():
            yield Approval(by, held, action, question.facts_digest, rule.name, rule.digest, now)


def _problems(test: Test, decision: Decision) -> Iterator[str]:
    if decision.outcome.word != test.outcome:
        yield f"expected {test.outcome}, the answer is {decision.outcome.word}"
        return
    asked = {ask.role for ask in decision.asks}
    if test.approver is not None and test.approver not in asked:
        yield f"expected `{test.approver}` to be asked, not {_listed(asked)}"
    missing = test.because - decision.rules
    if missing:
        yield f"expected because of {_listed(missing)}, it is because of {_listed(decision.rules)}"


def _listed(names: frozenset[str] | set[str]) -> str:
    return ", ".join(f"`{name}`" for name in sorted(names)) or "no rule"

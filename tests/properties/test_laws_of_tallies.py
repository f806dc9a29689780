"""A tally answers what counting answers: of limits, and of questions about the past."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from hypothesis import given

from policy_engine.decision import limits
from policy_engine.decision.history import History
from policy_engine.decision.limits import usage
from policy_engine.decision.past import Occurrences
from policy_engine.decision.program import Program, compile_policy
from policy_engine.decision.question import Question
from policy_engine.language import checked as c
from policy_engine.language.walk import all_of
from tests.properties.draws import drawn
from tests.properties.profile import examples
from tests.properties.tallied import Asked, asked

QUESTIONS = (c.Happened, c.PastTally, c.NoneSince)


@contextmanager
def counting() -> Iterator[None]:
    """Nothing is tallied."""
    of_limits, of_questions = limits.counted, Occurrences.tallied
    limits.counted = lambda *_: None
    Occurrences.tallied = lambda *_: None  # type: ignore[method-assign]
    try:
        yield
    finally:
        limits.counted, Occurrences.tallied = of_limits, of_questions  # type: ignore[method-assign]


def answers(one: Asked, program: Program, history: History) -> list[str]:
    """How every limit stands, and what every question comes to, for everybody who acts."""
    circumstances = one.scenario.bare()
    object.__setattr__(circumstances, "history", history)
    question = Question(program, one.scenario.action(), circumstances)
    rules = program.tasks[one.scenario.task].narrowing
    asked_ = [
        program.conditions.compile(node)
        for rule in one.policy.rules.values()
        for condition in rule.conditions
        for node in all_of(condition.expression)
        if isinstance(node, QUESTIONS)
    ]
    return [
        repr(answer)
        for actor in question.actors
        for answer in (
            *(usage(rule, actor) for rule in rules if rule.limit is not None),
            *(closure(actor.frame) for closure in asked_),
        )
    ]


def counted(one: Asked, program: Program, history: History) -> list[str]:
    with counting():
        return answers(one, program, history)


@examples(150)
@given(drawn(asked))
def test_tallying_is_counting(one: Asked) -> None:
    """Asked again, since the first question about a short window is counted."""
    program, history = compile_policy(one.policy), History(one.past)
    expected = counted(one, program, history)
    assert [answers(one, program, history) for _ in range(3)] == [expected] * 3


@examples(100)
@given(drawn(asked))
def test_what_is_added_is_tallied_too(one: Asked) -> None:
    """A history that is extended answers like one made at once, and the old one as before."""
    program = compile_policy(one.policy)
    made: list[History] = []
    for number in range(0, len(one.past), 3):
        more = one.past[number : number + 3]
        made.append(made[-1].extended(*more) if made else History(more))
        for _ in range(2):
            answers(one, program, made[-1])
    for number, history in enumerate(made, 1):
        expected = counted(one, program, History(one.past[: 3 * number]))
        assert answers(one, program, history) == expected

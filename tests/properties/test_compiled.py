"""Generated functions answer what `decide` answers: the outcome, and the rules that give it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given

from policy_engine.decision import question
from policy_engine.decision.action import Action
from policy_engine.decision.circumstances import Circumstances
from policy_engine.decision.code import function, vectors
from policy_engine.decision.code.interpreter import ProgramInterpreter
from policy_engine.decision.code.program import function_of_task, verdicts_of
from policy_engine.decision.code.verdicts import Verdicts
from policy_engine.decision.decide import decide
from policy_engine.decision.history import History
from policy_engine.decision.program import Program, compile_policy
from policy_engine.decision.question import Question
from policy_engine.decision.verdict import Verdict, verdict_of
from policy_engine.language.policy import PolicySet
from tests.properties.crossings import crossings, wrapped
from tests.properties.drafts import Written, built
from tests.properties.draws import Draw, drawn
from tests.properties.pieces import Piece, piece
from tests.properties.profile import FACTOR, examples
from tests.properties.scenarios import Scenario, scenario
from tests.properties.strategies import draft
from tests.properties.test_equivalence import Trial

MANY_A_TRIAL = 40

PARTS = 4
"""The large run is that many tests, so that several cores share it."""
POLICIES = 14 * FACTOR
"""Policies of each part."""
DRAWN = 16
CROSSED = 300
"""Actions by each policy: so many are drawn, so many are made of these."""
WAYS = 3
"""Ways to write the functions of a policy; each has a quick and a complete one."""


def trial(draw: Draw) -> Trial:
    """A policy, and many actions, most of the kind that generated code decides itself."""
    drawn_ = draft(draw)
    policy = built(drawn_)
    scenarios = [scenario(draw, policy) for _ in range(MANY_A_TRIAL)]
    said = [some(draw, policy) for _ in scenarios]
    plain = (plainer(draw, one, yes) for one, yes in zip(scenarios, said, strict=True))
    return Trial(drawn_, policy, tuple(plain))


def some(draw: Draw, policy: PolicySet) -> tuple[Piece, ...]:
    """Confirmations, some of them of something else or too old."""
    return tuple(piece(draw, policy, ("confirm",)) for _ in range(draw.pick([0, 0, 1, 2])))


def plainer(draw: Draw, one: Scenario, evidence: tuple[Piece, ...] = ()) -> Scenario:
    """Mostly without other evidence, delegation and suspensions."""
    if draw.once_in(8):
        return one
    context = {n: v for n, v in one.context.items() if not isinstance(v, (list, dict))}
    return replace(
        one,
        pieces=evidence,
        suspended=frozenset(),
        chain=(),
        chain_roles=(),
        context=context,
        on_behalf_of=None,
        roles=one.roles if one.roles is not None else frozenset(),
    )


@examples(150)
@given(drawn(trial))
def test_generated_functions_decide_like_the_interpreter(one: Trial) -> None:
    check(one)


@examples(60)
@given(drawn(trial))
def test_bit_vectors_decide_like_the_interpreter(one: Trial) -> None:
    """Though the rules are few, every level of them is decided by vectors."""
    before, function.MANY = function.MANY, 1
    try:
        check(one)
    finally:
        function.MANY = before


def check(one: Trial) -> None:
    program = compile_policy(one.policy)
    verdicts = verdicts_of(program)
    for each in one.scenarios:
        action, circumstances = each.action(), each.circumstances(one.policy)
        compare(program, verdicts, action, circumstances)


def compare(program: Program, verdicts: Verdicts, action: Action, given_: Circumstances) -> None:
    decision = decide(program, action, given_)
    assert verdicts.binding(action) == decision.action
    rules = tuple(sorted(decision.rules))
    whole = verdicts.whole[action.task](action, given_.roles, given_)
    assert (whole.outcome, whole.rules) == (decision.outcome, rules)
    assert whole.unconfirmed is decision.unconfirmed
    quick = verdicts.quick[action.task](action, given_.roles, given_)
    assert quick.outcome == decision.outcome
    assert quick.unconfirmed is decision.unconfirmed
    assert set(quick.rules) <= set(rules)


@pytest.mark.parametrize("part", range(PARTS))
def test_a_hundred_thousand_decisions(part: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same at large: of all parts together, so many answers of generated functions are those
    of `decide`, and nearly half of them or more are their own."""
    for name in ("digest", "action_digest", "proposal_digest"):
        # Names that evidence is bound to; here is none, and they take half of the time.
        monkeypatch.setattr(question, name, lambda *_: "")
    answers, own = 0, 0
    for seed in range(part, PARTS * POLICIES, PARTS):
        more, left = run(Draw(seed), monkeypatch)
        answers, own = answers + more, own + more - left
    assert answers * PARTS >= 100_000 * FACTOR
    assert own / answers > 0.4


def run(draw: Draw, monkeypatch: pytest.MonkeyPatch) -> tuple[int, int]:
    """How many answers by one policy agree, and how many were left to the interpreter."""
    policy = built(draft(draw).plus(*thresholds(draw)))
    program = compile_policy(policy)
    asked = Answered(program)
    ways = [verdicts(program, asked) for _ in ways_of_writing(monkeypatch, program)]
    base = [bare(draw, scenario(draw, policy)) for _ in range(DRAWN)]
    answers = 0
    for one in crossings(draw, base, CROSSED):
        action = replace(one.action(), input=wrapped(draw, one.input))
        given_ = one.bare()
        known = asked.about(action, given_)
        for way in ways:
            whole = way.first("complete", action, given_.roles, given_)
            assert whole == known, one
            quick = way.first("verdict", action, given_.roles, given_)
            assert (quick.outcome, quick.unconfirmed) == (known.outcome, known.unconfirmed), one
            assert set(quick.rules) <= set(known.rules), one
            answers += 2
    return answers, asked.left


def thresholds(draw: Draw) -> list[Written]:
    """Rules that compare an input with a constant by order, as people write them and chance seldom
    does: what tables of ranges are made of."""
    found: list[Written] = []
    for number in range(draw.number(0, 6)):
        bounds = [
            f"{draw.pick(('amount', 'count'))} {draw.pick(('<', '<=', '>', '>=', '==', '!='))} "
            f"{draw.pick((-3, 0, 1, 5, 500))}"
            for _ in range(draw.number(1, 2))
        ]
        form, who = draw.pick(("permit", "forbid")), draw.pick(("any agent", "clerk", "any human"))
        rest = f"\n  {form} {who} to pay when {' and '.join(bounds)}"
        found.append(Written("rule", f"bound{number}", rest, form, ("pay",)))
    return found


def ways_of_writing(monkeypatch: pytest.MonkeyPatch, program: Program) -> Iterator[None]:
    """Test after test; with bit vectors on each level; and with these kept as coarse as can be."""
    for many, ranges in ((function.MANY, vectors.MOST_RANGES), (1, vectors.MOST_RANGES), (1, 2)):
        with monkeypatch.context() as patch:
            patch.setattr(function, "MANY", many)
            patch.setattr(vectors, "MOST_RANGES", ranges)
            yield


def verdicts(program: Program, asked: Answered) -> Verdicts:
    """With functions that are written at once."""
    functions = {name: function_of_task(program, name) for name in program.tasks}
    return Verdicts(program.policy.digest, functions.get, asked)


class Answered(ProgramInterpreter):
    """An interpreter that is asked about each action once, and counts what is left to it."""

    def __init__(self, program: Program) -> None:
        super().__init__(lambda: program)
        self._whole = program
        self.left = 0

    def about(self, action: Action, given: Circumstances) -> Verdict:
        """The answer to an action; what is asked afterwards is about the same."""
        decision = decide(self._whole, action, given)
        rules = tuple(sorted(decision.rules))
        unconfirmed = decision.unconfirmed
        self._known = verdict_of(decision.outcome, rules, decision.policy, unconfirmed=unconfirmed)
        self._made: Question | None = None
        return self._known

    def verdict(self, action: Action, roles: Any, given: Circumstances) -> Verdict:
        self.left += 1
        return self._known

    def question(self, action: Action, roles: Any, given: Circumstances) -> Question:
        self._made = self._made or super().question(action, roles, given)
        return self._made


def bare(draw: Draw, one: Scenario) -> Scenario:
    """Without evidence and session, mostly of the kind that generated code decides."""
    short = replace(one, pieces=(), session=None, facts=one.facts if draw.once_in(3) else {})
    history = one.history if draw.once_in(4) else draw.pick([None, History()])
    return plainer(draw, replace(short, history=history))

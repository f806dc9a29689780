"""Law 16: the engine answers what the reference evaluator answers, and for the same reasons."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from hypothesis import given

from policy_engine.decision.decide import decide
from policy_engine.decision.history import History
from policy_engine.decision.outcome import Decision
from policy_engine.decision.program import compile_policy
from policy_engine.language.policy import PolicySet
from tests.properties.cases import contributions, observed
from tests.properties.drafts import Draft, built
from tests.properties.draws import Draw, drawn
from tests.properties.pasts import Now, past_action
from tests.properties.pieces import piece, pieces
from tests.properties.profile import examples
from tests.properties.scenarios import Scenario, scenario
from tests.properties.shown import Shown
from tests.properties.strategies import draft, of_forms
from tests.reference import evaluator
from tests.reference.evaluator import Answer
from tests.reference.rules import Contribution


@dataclass(frozen=True, repr=False)
class Trial(Shown):
    """One policy and several things to decide by it."""

    draft: Draft
    policy: PolicySet = field(repr=False)
    scenarios: tuple[Scenario, ...]


def trial(draw: Draw) -> Trial:
    drawn_ = draft(draw)
    policy = built(drawn_)
    return Trial(drawn_, policy, tuple(scenario(draw, policy) for _ in range(4)))


FOCUS = {
    "limits": ("limit",),
    "checks": ("require", "require", "require", "confirm"),
    "people": ("escalate", "forbid", "only when", "limit", "require"),
}


def focused(draw: Draw) -> Trial:
    """Rules of a few forms, and much that bears on them."""
    focus = draw.pick(list(FOCUS))
    some = of_forms(draw, draft(draw), *FOCUS[focus])
    policy = built(some)
    return Trial(some, policy, tuple(_busy(draw, policy, focus) for _ in range(4)))


def _busy(draw: Draw, policy: PolicySet, focus: str) -> Scenario:
    one = replace(scenario(draw, policy, 60), suspended=frozenset())
    now = Now(one.now, one.principal, one.task, one.input)
    if focus == "limits":
        past = [past_action(draw, policy, now, 60) for _ in range(draw.number(4, 9))]
        return replace(one, history=History(past))
    if focus == "checks":
        said = ("check", "check", "check", "confirm", "approval", "asked")
        many = [piece(draw, policy, said) for _ in range(draw.number(2, 10))]
        return replace(one, pieces=tuple(many))
    return replace(one, pieces=pieces(draw, policy, draw.number(2, 8)))


@examples(200)
@given(drawn(trial))
def test_the_engine_and_the_reference_agree(one: Trial) -> None:
    """Fast = reference, in outcome, in every (rule, code, outcome) that was contributed or would
    have been by what is observed, and in what must be checked afterwards."""
    compare(one)


@examples(150)
@given(drawn(focused))
def test_the_engine_and_the_reference_count_and_ask_alike(one: Trial) -> None:
    """The same of limits, of checks and of people, with much to count, to pass and to sign."""
    compare(one)


def compare(one: Trial) -> None:
    program = compile_policy(one.policy)
    for each in one.scenarios:
        action, circumstances = each.action(), each.circumstances(one.policy)
        slow = evaluator.decide(one.policy, action, circumstances)
        fast = decide(program, action, circumstances)
        assert same(fast, slow), each
        if not is_misfit(slow.contributions):
            bound = evaluator.digests(one.policy, action, circumstances)
            assert (fast.action, fast.proposal, fast.facts) == bound


def same(fast: Decision, slow: Answer) -> bool:
    assert fast.outcome == slow.outcome
    assert compared(contributions(fast)) == compared(slow.contributions)
    assert set(fast.obligations) == slow.obligations
    if not is_misfit(slow.contributions):
        assert observed(fast) == slow.observed
    return True


def compared(found: frozenset[Contribution]) -> frozenset[Contribution]:
    """All of them; but what does not fit is denied whatever evidence is bound to."""
    if is_misfit(found):
        return frozenset(one for one in found if one[1] in UNBOUND)
    return found


def is_misfit(found: frozenset[Contribution]) -> bool:
    return any(code in ("D504", "D505") for _, code, _ in found)


UNBOUND = ("D501", "D502", "D503", "D504", "D505", "D511", "D513", "D514", "D517", "D518", "D519")

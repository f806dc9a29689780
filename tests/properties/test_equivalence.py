"""Law 9: the engine answers what the reference evaluator answers, and for the same reasons."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from policy_engine.decision.decide import decide
from policy_engine.decision.outcome import Decision
from policy_engine.decision.program import compile_policy
from tests.properties.profile import examples
from tests.properties.scenarios import Scenario, scenario
from tests.properties.strategies import Draft, built, drafts
from tests.reference import evaluator
from tests.reference.evaluator import Contribution


@st.composite
def worlds(draw: st.DrawFn) -> tuple[Draft, list[Scenario]]:
    draft = draw(drafts())
    policy = built(draft)
    return draft, [scenario(draw, policy) for _ in range(4)]


def contributions(decision: Decision) -> frozenset[Contribution]:
    return frozenset((r.rule, r.code.id, r.outcome) for r in decision.reasons)


def compared(found: frozenset[Contribution]) -> frozenset[Contribution]:
    """All of them; but what does not fit is denied whatever evidence is bound to."""
    if any(code in ("D504", "D505") for _, code, _ in found):
        return frozenset(one for one in found if one[1] in UNBOUND)
    return found


UNBOUND = ("D501", "D502", "D503", "D504", "D505", "D511")


@examples(200)
@given(worlds())
def test_the_engine_and_the_reference_agree(world: tuple[Draft, list[Scenario]]) -> None:
    """Fast = reference, in outcome and in every (rule, code, outcome) that was contributed."""
    draft, scenarios = world
    policy = built(draft)
    program = compile_policy(policy)
    for one in scenarios:
        action, circumstances = one.action(), one.circumstances(policy)
        slow = evaluator.decide(policy, action, circumstances)
        fast = decide(program, action, circumstances)
        assert fast.outcome == slow.outcome, one
        assert compared(contributions(fast)) == compared(slow.contributions), one

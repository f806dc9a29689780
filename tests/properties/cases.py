"""A policy and something to decide by it: what the laws are asked of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from hypothesis import strategies as st

from policy_engine.decision.decide import decide
from policy_engine.decision.outcome import Decision, Outcome
from policy_engine.decision.program import compile_policy
from policy_engine.language.policy import PolicySet
from tests.properties.drafts import Draft, built
from tests.properties.draws import Draw, drawn
from tests.properties.scenarios import Scenario, scenario
from tests.properties.shown import Shown
from tests.properties.strategies import draft
from tests.reference.rules import Contribution


@dataclass(frozen=True, repr=False)
class Case(Shown):
    """`draw` is what is left of chance, for whatever a law adds."""

    draft: Draft
    policy: PolicySet = field(repr=False)
    scenario: Scenario
    draw: Draw = field(repr=False)

    @property
    def answer(self) -> Decision:
        return answer(self.policy, self.scenario)

    def under(self, other: Draft) -> Decision:
        """The answer by another policy, with the evidence that is planned made for it."""
        return answer(built(other), self.scenario)


Cases = st.SearchStrategy[Case]


def cases(oddity: int = 30, *, kept: Callable[[Draw, Draft], Draft] | None = None) -> Cases:
    """Random ones; `kept` says what is made of a random policy."""

    def case(draw: Draw) -> Case:
        whole = draft(draw)
        some = kept(draw, whole) if kept else whole
        policy = built(some)
        return Case(some, policy, scenario(draw, policy, oddity), draw)

    return drawn(case)


def answer(policy: PolicySet, one: Scenario, **changes: object) -> Decision:
    """The engine's decision, with the evidence that the scenario plans for this policy."""
    changed = replace(one, **changes)  # type: ignore[arg-type]
    return decide(compile_policy(policy), changed.action(), changed.circumstances(policy))


def contributions(decision: Decision) -> frozenset[Contribution]:
    return frozenset((r.rule, r.code.id, r.outcome) for r in decision.reasons)


def observed(decision: Decision) -> frozenset[Contribution]:
    return frozenset((r.rule, r.code.id, r.outcome) for r in decision.observed)


def asking(decision: Decision) -> set[str | None]:
    """Rules and exceptions that still want signatures, or no longer do because time is up."""
    return {
        reason.rule
        for reason in decision.reasons
        if reason.outcome is Outcome.ESCALATE or reason.code.id == "D510"
    }

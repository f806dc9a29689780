"""Which rules the tests of a policy set ever bring into play.

Reads what came of the tests and decides nothing itself. Rules and exceptions count; guarantees
do not, since they decide nothing. A rule that contributed was seen by a test; whether the test
would notice its absence is another question, which `mutation` answers.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from policy_engine.decision.outcome import Decision
from policy_engine.decision.rehearse import Rehearsal
from policy_engine.foundation.source import Span
from policy_engine.language.policy import PolicySet, Rule, Test, Waiver


@dataclass(frozen=True, slots=True)
class RuleCoverage:
    """One rule or exception, and the tests that brought it into play."""

    name: str
    title: str | None
    span: Span
    contributed: tuple[Test, ...]
    """Tests in which it had a reason, an obligation, or a signature to ask for or to rest on."""
    decided: tuple[Test, ...]
    """Tests whose outcome is its contribution, or in which something is due because of it."""

    @property
    def covered(self) -> bool:
        return bool(self.contributed)


@dataclass(frozen=True, slots=True)
class Coverage:
    """All rules and exceptions of a policy set, by name."""

    rules: tuple[RuleCoverage, ...]

    @property
    def covered(self) -> int:
        """How many of them some test brought into play."""
        return sum(rule.covered for rule in self.rules)

    @property
    def share(self) -> float:
        """From 0 to 1; 1 where there are no rules."""
        return self.covered / len(self.rules) if self.rules else 1.0

    @property
    def uncovered(self) -> tuple[RuleCoverage, ...]:
        return tuple(rule for rule in self.rules if not rule.covered)

    @property
    def undecided(self) -> tuple[RuleCoverage, ...]:
        """Those that never decided a test, though some may have contributed."""
        return tuple(rule for rule in self.rules if not rule.decided)


def coverage(policy: PolicySet, rehearsals: Iterable[Rehearsal]) -> Coverage:
    """What the tests cover; `rehearsals` is what came of them."""
    contributed: dict[str, list[Test]] = {}
    decided: dict[str, list[Test]] = {}
    for rehearsal in rehearsals:
        for name in contributing(rehearsal.decision):
            contributed.setdefault(name, []).append(rehearsal.test)
        due = {obligation.rule for obligation in rehearsal.decision.obligations}
        for name in rehearsal.decision.rules | due:
            decided.setdefault(name, []).append(rehearsal.test)
    statements: dict[str, Rule | Waiver] = {**policy.rules, **policy.waivers}
    return Coverage(
        tuple(
            RuleCoverage(
                name,
                rule.title,
                rule.span,
                tuple(contributed.get(name, ())),
                tuple(decided.get(name, ())),
            )
            for name, rule in sorted(statements.items())
        )
    )


def contributing(decision: Decision) -> frozenset[str]:
    """The rules and exceptions that had a say in a decision, also where another one outweighed it.

    Rules under observation count: they said what they would have contributed.
    """
    found = {reason.rule for reason in (*decision.reasons, *decision.observed) if reason.rule}
    found.update(obligation.rule for obligation in decision.obligations)
    found.update(ask.rule for ask in (*decision.asks, *decision.approved))
    return frozenset(found)

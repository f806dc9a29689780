"""Every small mistake that could stand in a policy set, one at a time.

A mutant is the checked policy set with one statement changed; no text is read again. Digests
stay as they were, so evidence of a test keeps its hold. The same policy gives the same mutants.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal, TypeAlias

from policy_engine.analysis.changes import Change, of_define, of_rule, of_table, of_waiver
from policy_engine.analysis.operators import Operator
from policy_engine.foundation.source import Span
from policy_engine.language.policy import Define, PolicySet, Rule, Table, Waiver

Kind: TypeAlias = Literal["rules", "waivers", "defines", "tables"]


@dataclass(frozen=True, slots=True)
class Mutant:
    """One mistake in one statement of a policy set."""

    operator: Operator
    kind: Kind
    """Which mapping of the policy set the statement stands in."""
    name: str
    """The rule, exception, definition or table."""
    place: Span
    description: str
    """One sentence: "`amount > 200` became `amount >= 200`"."""
    help: str
    """What test would notice it."""
    becomes: Rule | Waiver | Define | Table | None
    """The statement with the mistake; None: left out."""

    def within(self, policy: PolicySet) -> PolicySet:
        """The policy set, or any part of it that has the statement, with the mistake."""
        statements: Mapping[str, Any] = getattr(policy, self.kind)
        if self.becomes is not None:
            return _changed(policy, **{self.kind: {**statements, self.name: self.becomes}})
        rest = {name: item for name, item in statements.items() if name != self.name}
        if self.kind != "rules":
            return _changed(policy, **{self.kind: rest})
        waivers = {n: w for n, w in policy.waivers.items() if w.rule != self.name}
        return _changed(policy, rules=rest, waivers=waivers)


def mutants(policy: PolicySet) -> tuple[Mutant, ...]:
    """All mutants of a policy set, by place."""
    found = [
        *_mutants("rules", policy.rules, of_rule),
        *_mutants("waivers", policy.waivers, of_waiver),
        *_mutants("defines", policy.defines, of_define),
        *_mutants("tables", policy.tables, of_table),
    ]
    return tuple(sorted(found, key=lambda m: (m.place.source.name, m.place.start)))


def _mutants(kind: Kind, statements: Mapping[str, Any], changes: Any) -> Iterator[Mutant]:
    for name, statement in statements.items():
        change: Change[Any]
        for change in changes(statement):
            yield Mutant(
                change.operator,
                kind,
                name,
                change.place,
                change.said,
                change.help or change.operator.help,
                change.becomes,
            )


def _changed(policy: PolicySet, **statements: Any) -> PolicySet:
    digest = policy.digest
    return replace(policy, **statements, digested=lambda: digest)

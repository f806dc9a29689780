"""The policy that is tried on the past, made ready: for one action and for batches of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from policy_engine.audit.replay.bands import amount_inputs
from policy_engine.audit.stages import attempts
from policy_engine.decision.columns.decide import Prepared
from policy_engine.decision.columns.holders import RolesOf
from policy_engine.decision.program import Program, compile_policy
from policy_engine.language import checked as c
from policy_engine.language.policy import PolicySet
from policy_engine.language.walk import all_of
from policy_engine.runtime.past import Question, questions


@dataclass(frozen=True)
class Candidate:
    """A policy set, and who knows the roles that the past does not say."""

    policy: PolicySet
    roles: RolesOf | None = None

    @cached_property
    def program(self) -> Program:
        """Its program."""
        return compile_policy(self.policy)

    @cached_property
    def prepared(self) -> Prepared:
        """The program, ready for columns."""
        return Prepared(self.program)

    @cached_property
    def questions(self) -> Mapping[str, Question]:
        """By task, what its rules ask of the past; tasks that ask nothing are not in it."""
        return {name: one for name, one in questions(self.policy).items() if one.tasks}

    @cached_property
    def remembered(self) -> frozenset[str]:
        """The tasks whose past somebody asks about."""
        return frozenset().union(*(one.tasks for one in self.questions.values()))

    @cached_property
    def asks_attempts(self) -> bool:
        """Whether some rule asks about actions that were never carried out."""
        return bool(attempts(self.policy))

    @cached_property
    def amounts(self) -> tuple[str, ...]:
        """The inputs that are counted by size."""
        return amount_inputs(self.policy)

    @cached_property
    def timeless(self) -> frozenset[str]:
        """The rules whose answer does not depend on the past."""
        tests = [one.output.where for one in self.policy.tasks.values() if one.output is not None]
        if any(self._asks_past(test) for test in tests if test is not None):
            return frozenset()
        return frozenset(
            name
            for name, rule in self.policy.rules.items()
            if rule.limit is None
            and not any(self._asks_past(condition.expression) for condition in rule.conditions)
        )

    def _asks_past(self, body: c.Checked) -> bool:
        """Whether an expression asks about the past, through definitions too."""
        bodies, seen = [body], set[str]()
        for one in bodies:
            for node in all_of(one):
                if isinstance(node, (c.Happened, c.PastTally, c.NoneSince)):
                    return True
                if isinstance(node, c.Apply) and node.define not in seen:
                    seen.add(node.define)
                    bodies.append(self.policy.defines[node.define].body)
        return False

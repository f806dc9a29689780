"""Looks up what a decision needs to know, through the tasks that the policy names for it.

`fact order: Order from get_order(order_id)`: just before a decision about a task whose rules need
the fact, the gate itself calls `get_order`. What the host hands in is not looked up; what fails, or
needs what is not known, stays unknown, so that rules restrict.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from policy_engine.decision.action import Action
from policy_engine.decision.circumstances import Circumstances
from policy_engine.decision.program import Program
from policy_engine.decision.question import Question
from policy_engine.decision.truth import Unknown
from policy_engine.language.policy import Fact, PolicySet
from policy_engine.language.tasks import facts_used
from policy_engine.runtime.executors import ToolFailed, ToolHangs
from policy_engine.runtime.keeping import NO_PLAIN_FORM, as_plain, plain_facts
from policy_engine.runtime.ports import Executor, Facts

_UNKNOWN = object()


class Lookups:
    """The facts of one policy set: first what the host knows, then what tools can tell."""

    def __init__(self, program: Program, executor: Executor, host: Facts) -> None:
        self._program = program
        self._policy = policy = program.policy
        self._executor = executor
        self._host = host
        self._needed = {task: _needed(task, policy) for task in policy.tasks}

    def knows_nothing_of(self, action: Action) -> bool:
        """Whether neither the host nor a task has anything to say for it."""
        return self._host is no_facts and not self._needed.get(str(action.task))

    def __call__(
        self, action: Action, *, attributes: Mapping[str, object], now: datetime
    ) -> Mapping[str, object]:
        known = plain_facts(self._host(action))
        for name in self._needed.get(str(action.task), ()):
            fact = self._policy.facts[name]
            if name not in known and fact.source is not None:
                given = Circumstances(now=now, facts=known, attributes=attributes)
                value = self._looked_up(fact, Question(self._program, action, given))
                if value is not _UNKNOWN:
                    known[name] = value
        return known

    def _looked_up(self, fact: Fact, question: Question) -> object:
        """What the task of a fact returns; the question knows what its arguments may read."""
        assert fact.source is not None
        fields = self._policy.tasks[fact.source].inputs
        conditions = self._program.conditions
        values = [question.evaluate(conditions.settled(node)) for node in fact.arguments]
        is_known = not any(isinstance(value, Unknown) for value in values)
        if not is_known or not self._executor.can(fact.source):
            return _UNKNOWN
        input_ = {field.name: value for field, value in zip(fields, values, strict=True)}
        try:
            found = as_plain(self._executor.call(fact.source, input_))
        except (ToolFailed, ToolHangs):
            return _UNKNOWN
        return _UNKNOWN if found is None or found is NO_PLAIN_FORM else found


def _needed(task: str, policy: PolicySet) -> tuple[str, ...]:
    """The facts that the rules about a task rest on, each after those it is looked up with."""
    found: set[str] = set()
    for rule in policy.rules.values():
        if task in rule.tasks:
            bodies = [condition.expression for condition in rule.conditions]
            bodies += [rule.limit.bound] if rule.limit else []
            for waiver in policy.waivers.values():
                if waiver.rule == rule.name:
                    bodies += [condition.expression for condition in waiver.conditions]
            bodies += [
                check.condition
                for name in rule.validations
                if (check := policy.validations.get(name)) and check.condition is not None
            ]
            for body in bodies:
                found |= facts_used(body, policy.defines, policy.facts)
    ordered: list[str] = []
    while len(ordered) < len(found):
        ready = [
            name
            for name in sorted(found - set(ordered))
            if not (_facts_below(policy.facts[name], policy) & found) - set(ordered)
        ]
        ordered += ready
    return tuple(ordered)


def _facts_below(fact: Fact, policy: PolicySet) -> frozenset[str]:
    """The facts that a fact is looked up with, and those that these are."""
    below = (facts_used(node, policy.defines, policy.facts) for node in fact.arguments)
    return frozenset().union(*below)


def no_facts(action: Action) -> Mapping[str, object]:
    """What a host hands in that knows nothing besides."""
    return {}

"""How far past actions must have come for what a policy asks about them."""

from __future__ import annotations

from collections.abc import Iterator

from policy_engine.language import checked as c
from policy_engine.language.policy import PolicySet
from policy_engine.language.tree_expressions import Stage
from policy_engine.language.walk import all_of


def stages(policy: PolicySet) -> dict[Stage, frozenset[str]]:
    """By stage (`executed`, `denied`, `approved` …), the tasks that some condition asks about."""
    found: dict[Stage, frozenset[str]] = {}
    for one in _occurrences(policy):
        found[one.stage] = found.get(one.stage, frozenset()) | one.tasks
    return found


def attempts(policy: PolicySet) -> frozenset[str]:
    """The tasks of which it matters what was proposed, though it was never carried out."""
    asked = (tasks for stage, tasks in stages(policy).items() if stage not in _CARRIED_OUT)
    return frozenset().union(*asked)


_CARRIED_OUT = frozenset(("executed", "failed"))


def _occurrences(policy: PolicySet) -> Iterator[c.Occurrence]:
    for body in _expressions(policy):
        for node in all_of(body):
            if isinstance(node, (c.Happened, c.PastTally)):
                yield node.occurrence
            elif isinstance(node, c.NoneSince):
                yield from (node.occurrence, node.since)


def _expressions(policy: PolicySet) -> Iterator[c.Checked]:
    for waiver in policy.waivers.values():
        yield from (condition.expression for condition in waiver.conditions)
    for rule in policy.rules.values():
        yield from (condition.expression for condition in rule.conditions)
        if rule.limit is not None:
            yield rule.limit.bound
    yield from (define.body for define in policy.defines.values())
    for validation in policy.validations.values():
        if validation.condition is not None:
            yield validation.condition
    for task in policy.tasks.values():
        if task.output is not None and task.output.where is not None:
            yield task.output.where

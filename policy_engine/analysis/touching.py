"""Which tasks a change of one statement can make a difference to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from policy_engine.language import checked as c
from policy_engine.language.policy import PolicySet, Rule, Waiver
from policy_engine.language.walk import all_of


def touched(policy: PolicySet, kind: str, name: str) -> frozenset[str]:
    """The tasks of a rule, of the rule of an exception, or of all that rests on a definition."""
    if kind == "rules":
        return policy.rules[name].tasks
    if kind == "waivers":
        return policy.rules[policy.waivers[name].rule].tasks
    if name in used(policy, _everywhere(policy)):
        return frozenset(policy.tasks)
    found: set[str] = set()
    for rule in policy.rules.values():
        about: list[Rule | Waiver] = [rule]
        about += [w for w in policy.waivers.values() if w.rule == rule.name]
        if name in used(policy, (e for statement in about for e in _expressions(statement))):
            found |= rule.tasks
    return frozenset(found)


def used(policy: PolicySet, expressions: Iterable[c.Checked]) -> frozenset[str]:
    """The definitions and tables that expressions rest on, directly or through others."""
    found: set[str] = set()
    waiting = list(expressions)
    while waiting:
        for node in all_of(waiting.pop()):
            if isinstance(node, c.Lookup):
                found.add(node.table)
            elif isinstance(node, c.Apply) and node.define not in found:
                found.add(node.define)
                waiting.append(policy.defines[node.define].body)
    return frozenset(found)


def _everywhere(policy: PolicySet) -> Iterator[c.Checked]:
    """What is evaluated whatever the task is: what outputs are trusted, what facts are asked."""
    for task in policy.tasks.values():
        if task.output is not None and task.output.where is not None:
            yield task.output.where
    for fact in policy.facts.values():
        yield from fact.arguments


def _expressions(statement: Rule | Waiver) -> Iterator[c.Checked]:
    for condition in statement.conditions:
        yield condition.expression
    if isinstance(statement, Rule) and statement.limit is not None:
        yield statement.limit.bound
        yield from statement.limit.per

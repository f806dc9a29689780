"""The plain reading of a workload's rules, one after the other: what every engine must answer."""

from __future__ import annotations

from collections.abc import Iterable

from benchmarks.decisions.rules import Request, Rule


def allows(rules: Iterable[Rule], request: Request) -> bool:
    """Whether a permit applies and no forbid does."""
    permitted = False
    for rule in rules:
        if applies(rule, request):
            if not rule.permits:
                return False
            permitted = True
    return permitted


def deciding(rules: Iterable[Rule], request: Request) -> tuple[str, ...]:
    """The names of all rules that the answer is owed to, in order of name."""
    found = [rule for rule in rules if applies(rule, request)]
    forbids = [rule for rule in found if not rule.permits]
    return tuple(sorted(rule.name for rule in forbids or found))


def applies(rule: Rule, request: Request) -> bool:
    """Whether all that the rule asks for holds."""
    if rule.task is not None and rule.task != request.task:
        return False
    if rule.role is not None and rule.role not in request.roles:
        return False
    if rule.bound is not None and (request.amount <= rule.bound) != rule.permits:
        return False
    if rule.regions and request.region not in rule.regions:
        return False
    return rule.pii is None or rule.pii == request.pii

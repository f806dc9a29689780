"""Vakt: a guard over policies in memory, checked by rules."""

from __future__ import annotations

from vakt import (
    ALLOW_ACCESS,
    DENY_ACCESS,
    Guard,
    Inquiry,
    MemoryStorage,
    Policy,
    RulesChecker,
)
from vakt.rules import Any, AnyIn, Eq, Greater, In, LessOrEqual

from benchmarks.decisions.rules import Rule
from benchmarks.decisions.workload import Workload


class Engine:
    """Roles are an attribute of the subject."""

    largest = 1_000

    def load(self, workload: Workload) -> None:
        storage = MemoryStorage()
        for rule in workload.rules:
            storage.add(_policy(rule))
        self._guard = Guard(storage, RulesChecker())
        self._requests = [
            Inquiry(
                subject={"roles": list(request.roles)},
                action=request.task,
                resource="desk",
                context={"amount": request.amount, "region": request.region, "pii": request.pii},
            )
            for request in workload.requests
        ]

    def decide(self, number: int) -> bool:
        return bool(self._guard.is_allowed(self._requests[number]))


def _policy(rule: Rule) -> Policy:
    context: dict[str, object] = {}
    if rule.bound is not None:
        context["amount"] = LessOrEqual(rule.bound) if rule.permits else Greater(rule.bound)
    if rule.regions:
        context["region"] = In(*rule.regions)
    if rule.pii is not None:
        context["pii"] = Eq(rule.pii)
    return Policy(
        rule.name,
        actions=[Eq(rule.task) if rule.task is not None else Any()],
        subjects=[{"roles": AnyIn(rule.role) if rule.role is not None else Any()}],
        resources=[Any()],
        context=context,
        effect=ALLOW_ACCESS if rule.permits else DENY_ACCESS,
    )

"""PyCasbin's `FastEnforcer`, which looks rules up by two parts of the request: task and domain.

There is one domain, since the enforcer's index needs two levels. Policies of Casbin are texts, so
amounts, regions and flag are compared by a function of our own, registered as its documentation
shows: faster than the same in Casbin's expressions.
"""

from __future__ import annotations

import casbin
from casbin.model import FastModel

from benchmarks.decisions.rules import Rule
from benchmarks.decisions.workload import LARGEST, REGIONS, Workload

_MODEL = """
[request_definition]
r = sub, task, dom, amount, region, pii

[policy_definition]
p = sub, task, dom, rule, eft

[role_definition]
g = _, _

[policy_effect]
e = some(where (p.eft == allow)) && !some(where (p.eft == deny))

[matchers]
m = fits(p.rule, r.amount, r.region, r.pii) && (p.sub == "anybody" || g(r.sub, p.sub))
"""

_KEYS = (1, 2)
"""The places of task and domain in requests and rules."""


class Engine:
    """Who holds a role is Casbin's own `g`. To load 10,000 rules takes it most of a minute."""

    largest = 1_000

    def load(self, workload: Workload) -> None:
        model = FastModel(_KEYS)
        model.load_model_from_text(_MODEL)
        self._enforcer = casbin.FastEnforcer(model, cache_key_order=_KEYS)
        bounds = {rule.name: _bounds(rule) for rule in workload.rules}

        def fits(rule: str, amount: int, region: str, pii: bool) -> bool:
            low, high, regions, flags = bounds[rule]
            return low <= amount <= high and region in regions and pii in flags

        self._enforcer.add_function("fits", fits)
        for rule in workload.rules:
            effect = "allow" if rule.permits else "deny"
            row = [rule.role or "anybody", rule.task, "desk", rule.name, effect]
            self._enforcer.model.add_policy("p", "p", row)
        members = [[user, role] for user, held in workload.members.items() for role in held]
        self._enforcer.add_grouping_policies(members)
        self._requests = [
            (request.user, request.task, "desk", request.amount, request.region, request.pii)
            for request in workload.requests
        ]

    def decide(self, number: int) -> bool:
        return bool(self._enforcer.enforce(*self._requests[number]))


def _bounds(rule: Rule) -> tuple[int, int, frozenset[str], frozenset[bool]]:
    bound = rule.bound
    return (
        0 if rule.permits or bound is None else bound + 1,
        bound if rule.permits and bound is not None else LARGEST,
        frozenset(rule.regions or REGIONS),
        frozenset({True, False} if rule.pii is None else {rule.pii}),
    )

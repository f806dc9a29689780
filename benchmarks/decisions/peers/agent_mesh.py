"""The policy engine of `agentmesh`, from the Agent Governance Toolkit, and its audit log.

Its conditions know no `not` and no roles: the flag is compared as a number, and the roles are part
of the context.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)
    from agentmesh.governance.audit import AuditLog
    from agentmesh.governance.policy import Policy, PolicyEngine, PolicyRule

from benchmarks.decisions.rules import Rule
from benchmarks.decisions.workload import Workload


class Engine:
    """Scans all rules on each call; a request takes milliseconds from a thousand rules on."""

    largest = 1_000

    def load(self, workload: Workload) -> None:
        rules = [
            PolicyRule(
                name=rule.name,
                condition=" and ".join(_conditions(rule)),
                action="allow" if rule.permits else "deny",
            )
            for rule in workload.rules
        ]
        self._engine = PolicyEngine(conflict_strategy="deny_overrides")
        self._engine.load_policy(
            Policy(name="bench", agents=["*"], rules=rules, default_action="deny")
        )
        self._users = [request.user for request in workload.requests]
        self._contexts = [
            {
                "task": request.task,
                "amount": request.amount,
                "region": request.region,
                "pii": request.pii,
                "roles": dict.fromkeys(request.roles, True),
            }
            for request in workload.requests
        ]
        self._log = AuditLog()

    def decide(self, number: int) -> bool:
        return bool(self._engine.evaluate(self._users[number], self._contexts[number]).allowed)

    def decide_recorded(self, number: int) -> bool:
        """The same, and one entry in the toolkit's Merkle log, in memory."""
        user, context = self._users[number], self._contexts[number]
        decision = self._engine.evaluate(user, context)
        self._log.log(
            event_type="tool_invocation",
            agent_did=user,
            action=context["task"],
            data={name: context[name] for name in ("amount", "region", "pii")},
            outcome="success" if decision.allowed else "denied",
            policy_decision=decision.action,
        )
        return bool(decision.allowed)


def _conditions(rule: Rule) -> Iterator[str]:
    if rule.task is not None:
        yield f"task == '{rule.task}'"
    if rule.role is not None:
        yield f"roles.{rule.role}"
    if rule.bound is not None:
        yield f"amount {'<=' if rule.permits else '>'} {rule.bound}"
    if rule.regions:
        yield f"region in [{', '.join(repr(region) for region in rule.regions)}]"
    if rule.pii is not None:
        yield "pii" if rule.pii else "pii < 1"

"""Cedar's evaluator in Rust through `cedarpy`, with policies and entities parsed beforehand."""

from __future__ import annotations

import json
from collections.abc import Iterator

import cedarpy

from benchmarks.decisions.rules import Rule
from benchmarks.decisions.workload import Workload


class Engine:
    """Users are entities whose parents are their roles; amount, region and flag are context."""

    largest = 10_000

    def load(self, workload: Workload) -> None:
        self._policies = cedarpy.PolicySet.from_str(text_of(workload))
        self._entities = cedarpy.Entities.from_json_str(entities_of(workload))
        self._requests = [
            {
                "principal": f'User::"{request.user}"',
                "action": f'Action::"{request.task}"',
                "resource": 'Desk::"desk"',
                "context": json.dumps(
                    {"amount": request.amount, "region": request.region, "pii": request.pii}
                ),
            }
            for request in workload.requests
        ]

    def decide(self, number: int) -> bool:
        answer = cedarpy.is_authorized(self._requests[number], self._policies, self._entities)
        return bool(answer.allowed)


def text_of(workload: Workload) -> str:
    """The rules as Cedar policies."""
    return "".join(map(_policy, workload.rules))


def entities_of(workload: Workload) -> str:
    """The users and their roles as Cedar's JSON."""
    roles = [{"uid": _uid("Role", role), "attrs": {}, "parents": []} for role in workload.roles]
    users = [
        {"uid": _uid("User", user), "attrs": {}, "parents": [_uid("Role", role) for role in held]}
        for user, held in workload.members.items()
    ]
    return json.dumps([*roles, *users])


def _uid(kind: str, name: str) -> dict[str, str]:
    return {"type": kind, "id": name}


def _policy(rule: Rule) -> str:
    principal = f'principal in Role::"{rule.role}"' if rule.role else "principal"
    action = f'action == Action::"{rule.task}"' if rule.task else "action"
    effect = "permit" if rule.permits else "forbid"
    return f"{effect}({principal}, {action}, resource) when {{ {' && '.join(_when(rule))} }};\n"


def _when(rule: Rule) -> Iterator[str]:
    if rule.bound is not None:
        yield f"context.amount {'<=' if rule.permits else '>'} {rule.bound}"
    if rule.regions:
        yield f"{json.dumps(rule.regions)}.contains(context.region)"
    if rule.pii is not None:
        yield "context.pii" if rule.pii else "!context.pii"

"""What is decided in the benchmarks: rules, people and requests, drawn from a seed.

The same seed gives the same workload everywhere. Half of the requests are allowed, which the
oracle (`oracle.py`) says; every engine gets its rules and requests from here, in its own form.

Eight rules of ten permit a role to use a task, up to an amount and in some regions; five of them
only where there is no personal data (PII). One of ten forbids an amount above a bound to
everybody, and one of ten forbids personal data in some regions. A forbid outweighs all permits;
what no rule permits is denied.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from random import Random
from typing import TypeAlias

from benchmarks.decisions import oracle
from benchmarks.decisions.rules import Request, Rule

SEED = 7
REGIONS = tuple(f"region-{n}" for n in range(12))
LARGEST = 10_000
"""The largest amount that is asked for."""

_USERS = 1_000


@dataclass(frozen=True, slots=True)
class Workload:
    """`members` are the roles that each user holds, one to three."""

    name: str
    roles: tuple[str, ...]
    tasks: tuple[str, ...]
    members: dict[str, tuple[str, ...]]
    rules: tuple[Rule, ...]
    requests: tuple[Request, ...]
    allowed: tuple[bool, ...]
    """What the oracle answers to each request."""
    nested: bool = False
    """Whether the flag about personal data stands in a record of the input, not beside it."""


Make: TypeAlias = Callable[[int, int], Workload]
"""Draws a workload of so many rules and requests."""


def spread(rules: int, requests: int = 2_000) -> Workload:
    """So many rules, ten to a task: how policies grow with what there is to do."""
    return _drawn(f"{rules} rules", rules, max(4, rules // 10), requests)


def crowded(rules: int, requests: int = 2_000) -> Workload:
    """So many rules, all of them about one task: the hardest case for an index by task."""
    return _drawn(f"{rules} rules on one task", rules, 1, requests)


def nested(rules: int, requests: int = 2_000) -> Workload:
    """As `spread`, but the flag stands in a record."""
    drawn = spread(rules, requests)
    return replace(drawn, name=f"{rules} rules, a record in the input", nested=True)


def everywhere(rules: int, requests: int = 2_000) -> Workload:
    """As `spread`, but one forbid of ten is about any task."""
    return _drawn(f"{rules} rules, some on any task", rules, max(4, rules // 10), requests, 0.1)


def _drawn(name: str, rules: int, tasks: int, requests: int, any_task: float = 0.0) -> Workload:
    random = Random(SEED)
    roles = tuple(f"role_{n}" for n in range(max(4, math.isqrt(rules))))
    names = tuple(f"task_{n}" for n in range(tasks))
    members = {
        f"user-{n}": tuple(random.sample(roles, random.randint(1, 3))) for n in range(_USERS)
    }
    drawn = tuple(_rule(n, names, roles, any_task, random) for n in range(rules))
    asked = _half_allowed(drawn, names, members, requests, random)
    allowed = tuple(oracle.allows(drawn, request) for request in asked)
    return Workload(name, roles, names, members, drawn, asked, allowed)


def _rule(
    number: int, tasks: tuple[str, ...], roles: tuple[str, ...], any_task: float, random: Random
) -> Rule:
    """Kinds in turn, so that each task has some of each."""
    kind = random.randrange(10)
    task: str | None = tasks[number % len(tasks)]
    regions = tuple(sorted(random.sample(REGIONS, random.randint(2, 5))))
    if kind < 8:
        role = random.choice(roles)
        most = random.randrange(100, LARGEST, 10)
        return Rule(f"rule_{number}", True, role, task, most, regions, False if kind < 5 else None)
    if random.random() < any_task:
        task = None
    if kind == 8:
        bound = random.randrange(LARGEST // 2, LARGEST, 10)
        return Rule(f"rule_{number}", False, None, task, bound, (), None)
    return Rule(f"rule_{number}", False, None, task, None, regions, True)


def _half_allowed(
    rules: tuple[Rule, ...],
    tasks: tuple[str, ...],
    members: dict[str, tuple[str, ...]],
    requests: int,
    random: Random,
) -> tuple[Request, ...]:
    wanted = {True: requests // 2, False: requests - requests // 2}
    found: list[Request] = []
    for request in _candidates(rules, tasks, members, random):
        answer = oracle.allows(rules, request)
        if wanted[answer]:
            wanted[answer] -= 1
            found.append(request)
        if not any(wanted.values()):
            break
    return tuple(found)


def _candidates(
    rules: tuple[Rule, ...],
    tasks: tuple[str, ...],
    members: dict[str, tuple[str, ...]],
    random: Random,
) -> Iterator[Request]:
    """In turn anything, and something that a permit is about."""
    users = sorted(members)
    holders: dict[str, list[str]] = {}
    for user in users:
        for role in members[user]:
            holders.setdefault(role, []).append(user)
    permits = [rule for rule in rules if rule.permits and rule.role in holders]
    while True:
        user, region = random.choice(users), random.choice(REGIONS)
        pii = random.random() < 0.5
        amount = random.randint(1, LARGEST)
        yield Request(user, members[user], random.choice(tasks), amount, region, pii)
        rule = random.choice(permits)
        user, region = random.choice(holders[rule.role or ""]), random.choice(rule.regions)
        pii = rule.pii is None and random.random() < 0.5
        amount = random.randint(1, rule.bound or 1)
        yield Request(user, members[user], rule.task or tasks[0], amount, region, pii)

"""A workload with all that decides it, checked before anything is timed.

Every engine answers all requests; an answer that is not the oracle's is an error, since what
answers wrongly may well be fast.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from benchmarks.decisions import hand, oracle, ours
from benchmarks.decisions.hand import Decide
from benchmarks.decisions.workload import Make, Workload
from policy_engine import Action, Engine


class Disagreement(Exception):
    """An engine does not answer what the oracle answers."""


@dataclass(frozen=True, slots=True)
class Stage:
    """`pairs` are the requests as actions and roles."""

    workload: Workload
    engine: Engine
    pairs: list[tuple[Action, frozenset[str]]]
    hand: Decide


@cache
def stage(make: Make, rules: int, requests: int) -> Stage:
    """The stage of a workload. Raises `Disagreement`."""
    workload = make(rules, requests)
    engine = ours.engine_of(workload)
    pairs = ours.actions_of(workload)
    by_hand = hand.written(workload)
    agrees("hand-written", workload, lambda n: by_hand(*pairs[n]))
    agrees("verdict", workload, lambda n: engine.verdict(*pairs[n]).allowed)
    names = [oracle.deciding(workload.rules, request) for request in workload.requests]
    for number, pair in enumerate(pairs):
        found = engine.deciding(*pair).rules
        if found != names[number]:
            raise Disagreement(f"deciding, {workload.name}, request {number}: {found}")
    return Stage(workload, engine, pairs, by_hand)


def agrees(name: str, workload: Workload, decide: Callable[[int], bool]) -> None:
    """Asks everything once. Raises `Disagreement` with the first request answered otherwise."""
    for number, expected in enumerate(workload.allowed):
        if decide(number) != expected:
            request = workload.requests[number]
            raise Disagreement(f"{name}, {workload.name}: {request} should be {expected}")

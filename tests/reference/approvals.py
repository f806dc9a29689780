"""Whether the people who are asked have signed, each in the turn of their rung."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from itertools import permutations

from policy_engine.decision.evidence import Approval, Asked
from policy_engine.language.policy import Ladder, Rung
from tests.reference.people import person

LIVES = timedelta(hours=24)


class Standing(Enum):
    """How far the people have come."""

    MET = "met"
    OPEN = "open"
    ENDED = "ended"


@dataclass(frozen=True)
class Requirement:
    """A ladder, and what was said about it: evidence for this action, these facts, this rule."""

    ladder: Ladder
    asks: Sequence[Asked]
    approvals: Sequence[Approval]
    interested: frozenset[str]


def standing(requirement: Requirement, now: datetime) -> Standing:
    """“A rung that was met in its turn stays met; where none was, and the last turn is over, the
    requirement denies, whatever others sign.”"""
    live = [
        item
        for item in requirement.approvals
        if item.at <= now
        and now - item.at < LIVES
        and person(item.by) not in requirement.interested
    ]
    first = min((ask.at for ask in requirement.asks), default=None)
    if first is None:
        # “Before anybody is asked, only the first rung can be signed.”
        return Standing.MET if is_filled(requirement.ladder[0], live) else Standing.OPEN
    passed = timedelta(0)
    for rung in requirement.ladder:
        # “Each from the end of the one before until its time is over.”
        until = passed + rung.within
        if is_filled(rung, [item for item in live if passed <= item.at - first < until]):
            return Standing.MET
        passed = until
    return Standing.ENDED if now - first >= passed else Standing.OPEN


def is_filled(rung: Rung, signed: Iterable[Approval]) -> bool:
    """“Different people fill all its places, one each.” Every way to seat them is tried."""
    holds: dict[str, set[str]] = {}
    for item in signed:
        holds.setdefault(person(item.by), set()).update(item.roles)
    places = [party.role for party in rung.parties for _ in range(party.quorum)]
    return any(
        all(role in holds[one] for one, role in zip(seated, places, strict=True))
        for seated in permutations(holds, len(places))
    )

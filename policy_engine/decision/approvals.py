"""Whether the people whom a ladder asks have approved.

A rung is met by different people, one for each of its places, who hold the role of their place,
were shown exactly this action, these facts and this rule, signed while it was their turn and not
too long ago, and have no interest in the action. The first ask starts the clock; when it has run
past the last rung, the answer is deny.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NamedTuple

from policy_engine.decision.action import person_key
from policy_engine.decision.evidence import CLOCK, Approval, Asked
from policy_engine.decision.outcome import Ask, Outcome
from policy_engine.decision.question import Question
from policy_engine.language.policy import Ladder, Rung

_LAST = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class _Turn:
    """When the people of a rung may sign: from `start` (None: ever since) to before `end`."""

    rung: Rung
    start: datetime | None
    end: datetime | None

    def has(self, at: datetime) -> bool:
        return (self.start is None or self.start <= at) and (self.end is None or at < self.end)


class Signer(NamedTuple):
    """One person, whatever spelling they signed with."""

    name: str
    roles: frozenset[str]


def contribution_of_ladder(
    ladder: Ladder, name: str, digest: str, question: Question
) -> tuple[Ask, Outcome]:
    """What is still asked for, and the outcome of it: allow (met), escalate or deny (run out).

    `name` and `digest` are those of the rule or exception to which the ladder belongs.
    """
    first = _first_asked(name, digest, question)
    turns = list(_turns(ladder, first))
    approvals = list(_approvals(name, digest, question))
    deadline = turns[-1].end if first is not None else None
    for number, turn in enumerate(turns):
        signers = _signers(approvals, turn)
        if _met(turn.rung, signers.values()):
            return _ask(name, digest, ladder, number, turn, signers, deadline), Outcome.ALLOW
    now = question.circumstances.now
    number = next(
        (n for n, turn in enumerate(turns) if turn.end is None or now < turn.end), len(turns)
    )
    ended = number == len(turns)
    turn = turns[-1] if ended else turns[number]
    signers = _signers(approvals, turn)
    ask = _ask(name, digest, ladder, min(number, len(ladder) - 1), turn, signers, deadline)
    return ask, Outcome.DENY if ended else Outcome.ESCALATE


def _first_asked(name: str, digest: str, question: Question) -> datetime | None:
    asked = [
        item.at
        for item in question.circumstances.evidence
        if isinstance(item, Asked)
        and item.action == question.action_digest
        and (item.rule, item.rule_digest) == (name, digest)
    ]
    return min(asked, default=None)


def _turns(ladder: Ladder, first: datetime | None) -> Iterator[_Turn]:
    """Before anybody is asked only the first rung has a turn."""
    if first is None:
        yield _Turn(ladder[0], None, None)
        return
    start = first.astimezone(UTC)
    for rung in ladder:
        end = start + rung.within if _LAST - start > rung.within else _LAST
        yield _Turn(rung, start, end)
        start = end


def _approvals(name: str, digest: str, question: Question) -> Iterator[Approval]:
    """The live signatures under exactly this, of people without an interest in it."""
    now, interested = question.circumstances.now, question.action.interested
    for item in question.circumstances.evidence:
        if (
            isinstance(item, Approval)
            and item.action == question.action_digest
            and item.facts == question.facts_digest
            and (item.rule, item.rule_digest) == (name, digest)
            and item.at <= now
            and now - item.at < CLOCK
            and person_key(item.by) not in interested
        ):
            yield item


def _signers(approvals: Iterable[Approval], turn: _Turn) -> dict[str, Signer]:
    """Who signed in this turn and holds one of the roles that are asked, each person once."""
    found: dict[str, Signer] = {}
    for item in sorted(approvals, key=lambda item: item.by):
        roles = item.roles & turn.rung.roles
        if roles and turn.has(item.at):
            key = person_key(item.by)
            known = found.get(key)
            found[key] = Signer(item.by, roles | known.roles if known else roles)
    return found


def _met(rung: Rung, signers: Iterable[Signer]) -> bool:
    """Whether different people fill all places: a matching of places and people (Kuhn)."""
    people = list(signers)
    places = [party.role for party in rung.parties for _ in range(party.quorum)]
    if len(people) < len(places):
        return False
    place_of: dict[int, int] = {}
    return all(_seat(place, places, people, place_of, set()) for place in range(len(places)))


def _seat(
    place: int,
    places: list[str],
    people: list[Signer],
    place_of: dict[int, int],
    tried: set[int],
) -> bool:
    """Finds somebody for a place, moving others to another one where that helps."""
    for number, person in enumerate(people):
        if number not in tried and places[place] in person.roles:
            tried.add(number)
            other = place_of.get(number)
            if other is None or _seat(other, places, people, place_of, tried):
                place_of[number] = place
                return True
    return False


def _ask(
    name: str,
    digest: str,
    ladder: Ladder,
    number: int,
    turn: _Turn,
    signers: Mapping[str, Signer],
    deadline: datetime | None,
) -> Ask:
    signed = tuple(sorted(signer.name for signer in signers.values()))
    return Ask(name, digest, ladder[number:], signed, deadline, turn.end)

"""One action of the past, decided again by itself.

With what is said of it and nothing else, as `policy decide` would: what is not known is refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from policy_engine.audit.replay.bands import Band, band_of
from policy_engine.audit.replay.candidate import Candidate
from policy_engine.audit.replay.flips import ALLOW, DENY, NO_TASK, NUMBERS, cell_of
from policy_engine.audit.replay.tally import Counted
from policy_engine.decision.action import Action, named
from policy_engine.decision.circumstances import Circumstances
from policy_engine.decision.history import History, PastAction, Status
from policy_engine.decision.session import Session

_BY_DEFAULT: Mapping[int, Status] = {ALLOW: "executed", DENY: "denied"}
_RAN: frozenset[Status] = frozenset({"running", "executed", "withheld", "failed", "unknown"})


@dataclass(frozen=True, slots=True)
class Case:
    """An action, what was said to it then, and what is known besides."""

    place: str
    """Where it stands: `row 7`, `line 7`, `entry 7`."""
    action: Action
    recorded: int
    now: datetime
    roles: frozenset[str] | None = None
    facts: Mapping[str, object] = field(default_factory=dict)
    attributes: Mapping[str, object] = field(default_factory=dict)
    session: Session | None = None
    chain_roles: tuple[frozenset[str] | None, ...] = ()
    """Of those who delegated it, as far as they are known."""
    status: Status | None = None
    """What became of it; None: what the recorded outcome lets expect."""

    def circumstances(self, history: History | None) -> Circumstances:
        """All that it is decided with."""
        return Circumstances(
            self.now,
            self.roles,
            self.session,
            self.facts,
            (),
            history,
            self.attributes,
            self.chain_roles,
        )


class Answered(NamedTuple):
    """What the candidate says to an action."""

    answer: int
    rules: tuple[str, ...]


def answered(candidate: Candidate, case: Case, history: History | None) -> Answered:
    """The candidate's answer to an action."""
    action = case.action
    if action.task not in candidate.policy.tasks:
        return Answered(NO_TASK, ())
    given = case.circumstances(history)
    verdict = candidate.prepared.verdicts.first("complete", action, case.roles, given)
    return Answered(NUMBERS[verdict.outcome.word], verdict.rules)


def counted(candidate: Candidate, case: Case, found: Answered) -> Counted:
    """An answer as it is counted."""
    return Counted(
        cell_of(case.recorded, found.answer),
        case.action.task,
        named(case.action.principal),
        found.rules,
        bands_of(candidate, case.action.input),
    )


def bands_of(candidate: Candidate, input_: Mapping[str, object]) -> tuple[Band, ...]:
    """The bands of all amounts of an input."""
    found = (band_of(name, input_[name]) for name in candidate.amounts if name in input_)
    return tuple(band for band in found if band is not None)


def became(recorded: int, answer: int, status: Status) -> Status:
    """What of an action, which came to `status`, is still sure after another answer.

    What is now denied was not carried out. What now has another answer than then, and would not
    simply have run as it did, may or may not have been: nobody knows what people, validations and
    tools would have made of it.
    """
    if answer in (DENY, NO_TASK):
        return "denied"
    if answer == recorded or (answer == ALLOW and status in _RAN):
        return status
    return "unknown"


def remembered(case: Case, found: Answered) -> PastAction:
    """The action as later ones see it."""
    action = case.action
    status = case.status or _BY_DEFAULT.get(case.recorded, "proposed")
    return PastAction(
        action.task,
        action.input,
        action.principal,
        case.now,
        became(case.recorded, found.answer, status),
        context=action.context,
        session=case.session.id if case.session is not None else None,
        chain=action.chain,
    )

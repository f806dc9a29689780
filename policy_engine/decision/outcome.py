"""What the engine answers: an outcome and all its reasons."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from functools import total_ordering
from typing import TYPE_CHECKING, NamedTuple

from policy_engine.decision import codes
from policy_engine.foundation.diagnostics import Code, Label
from policy_engine.foundation.source import Span

if TYPE_CHECKING:
    from policy_engine.language.policy import Ladder, Party


@total_ordering
class Outcome(Enum):
    """The answer. Larger is stricter; answers are joined by taking the largest.

    An outcome is neither true nor false, so that nobody acts on `if decision.outcome:`.
    """

    ALLOW = 0
    VALIDATE = 1
    ESCALATE = 2
    DENY = 3

    @property
    def word(self) -> str:
        return self.name.lower()

    def __lt__(self, other: object) -> bool:
        if not isinstance(other, Outcome):
            return NotImplemented
        return bool(self.value < other.value)

    def __bool__(self) -> bool:
        raise TypeError("an outcome is neither true nor false; compare it with Outcome.ALLOW")

    def __str__(self) -> str:
        return self.word


@dataclass(frozen=True, slots=True)
class Reason:
    """One contribution to a decision, also where another one outweighed it.

    `labels` point at the places of the policy and carry the values that mattered; values of
    secret fields are not among them.
    """

    code: Code
    outcome: Outcome
    title: str
    rule: str | None = None
    labels: tuple[Label, ...] = ()
    unknown: str | None = None
    """Why a condition could not be decided, where that is why the rule applies."""
    would_change: str | None = None
    hint: str | None = None
    """What the rule says could be done about it."""
    instead: str | None = None
    """Another task that serves the purpose."""
    controls: tuple[str, ...] = ()
    """What the rule satisfies, such as `eu_ai_act.art_14`."""
    not_before: datetime | None = None
    """Until then it will not change, and from then on it will, if nothing else happens."""

    @property
    def span(self) -> Span | None:
        return self.labels[0].span if self.labels else None

    @property
    def place(self) -> str | None:
        return self.span.place if self.span else None


@dataclass(frozen=True, slots=True)
class Ask:
    """People who must approve, for a rule or for an exception of one."""

    rule: str
    """The name of the rule or the exception."""
    rule_digest: str
    rungs: Ladder
    """Whose turn it is, and whose it will be after them."""
    signed: tuple[str, ...]
    deadline: datetime | None
    """When the ask ends in deny; None where nobody has been asked yet."""
    until: datetime | None = None
    """When the turn of the first rung ends."""

    @property
    def parties(self) -> tuple[Party, ...]:
        """Who may sign now: all different people."""
        return self.rungs[0].parties

    @property
    def role(self) -> str:
        """The role of the first party; of most asks it is the only one."""
        return self.parties[0].role

    @property
    def quorum(self) -> int:
        """How many people it takes."""
        return self.rungs[0].quorum


class Obligation(NamedTuple):
    """A validation that must pass before the output of the task is released."""

    rule: str
    validation: str


@dataclass(frozen=True, slots=True)
class Decision:
    """The answer to one action."""

    outcome: Outcome
    reasons: tuple[Reason, ...]
    policy: str
    """Digest of the policy set."""
    action: str | None
    """Digest of the action; None where its input has no canonical form."""
    proposal: str | None
    """Digest of principal, task and input: what a rejection is bound to."""
    facts: str
    """Digest of the facts it was decided with."""
    at: datetime
    asks: tuple[Ask, ...] = ()
    """Unmet approval requirements, also where something else denies."""
    approved: tuple[Ask, ...] = ()
    """Approval requirements that are met, and by whom."""
    validations: tuple[str, ...] = ()
    """Validations that must still run."""
    roles: frozenset[str] | None = None
    """The roles it was decided with; None where they are not known."""
    chain_roles: tuple[frozenset[str] | None, ...] = ()
    """The same of each who delegated it, in the order of its chain."""
    input: Mapping[str, object] | None = None
    """The input in the engine's terms: what runs, if anything runs. None where it does not fit."""
    obligations: tuple[Obligation, ...] = ()
    """What is still due once the task has been carried out."""
    proposals: tuple[str, ...] = ()
    """The same for everybody in the chain, last who acts in the end."""
    observed: tuple[Reason, ...] = ()
    """What rules under observation would have contributed."""

    @property
    def allowed(self) -> bool:
        """Whether the answer is allow."""
        return self.outcome is Outcome.ALLOW

    @property
    def unconfirmed(self) -> bool:
        """Whether nothing but the user's own confirmation is missing to go on."""
        open_ = [reason for reason in self.reasons if reason.outcome is self.outcome]
        wanted = all(reason.code is codes.NEEDS_CONFIRMATION for reason in open_)
        return self.outcome is Outcome.VALIDATE and wanted

    @property
    def wants_confirmation(self) -> bool:
        """Whether the user's own confirmation is missing, and not in vain."""
        missing = any(reason.code is codes.NEEDS_CONFIRMATION for reason in self.reasons)
        return missing and self.outcome is not Outcome.DENY

    @property
    def rules(self) -> frozenset[str]:
        """The rules whose contribution is the outcome."""
        return frozenset(r.rule for r in self.reasons if r.rule and r.outcome is self.outcome)

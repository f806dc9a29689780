"""The story of one action, from the entries that name it. Finished and immutable.

The words are those of `decision`; here they stand for what the record has of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

from policy_engine.decision.evidence import CLOCK

NOT_RECORDED = "(not recorded)"


class Standing(Enum):
    """What became of an action, as far as the record goes. In the order in which it is told."""

    RAN = "executed"
    SIGNED = "executed_after_signature"
    WAITS = "waiting"
    REFUSED = "denied"
    REJECTED = "rejected"
    FAILED = "failed"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Mattered:
    """A place in the policy, the text that stands there, and what it came to (`500 > 200`)."""

    text: str
    value: str
    place: str | None


@dataclass(frozen=True, slots=True)
class Reason:
    """A reason that decided: its own outcome is that of the decision."""

    code: str
    outcome: str
    rule: str | None
    title: str
    place: str | None
    values: tuple[Mattered, ...]
    unknown: str | None
    would_change: str | None


@dataclass(frozen=True, slots=True)
class Approval:
    """A person's signature for one rule; `asked` is when people were asked for it."""

    by: str
    rule: str
    at: datetime
    asked: datetime | None
    reason: str

    @property
    def waited(self) -> timedelta | None:
        return None if self.asked is None else self.at - self.asked


@dataclass(frozen=True, slots=True)
class Ask:
    """People who were asked, because of one rule, and those who have signed."""

    rule: str
    role: str
    quorum: int
    since: datetime
    reason: Reason | None
    signed: tuple[Approval, ...]
    lapsed: bool = False
    """Whether nobody is asked any more, since the policy or the facts have changed."""

    @property
    def missing(self) -> int:
        """How many signatures are still to come."""
        return max(0, self.quorum - len({approval.by for approval in self.signed}))

    @property
    def due(self) -> datetime:
        """When the ask ends in a refusal."""
        return self.since + CLOCK


@dataclass(frozen=True, slots=True)
class Rejection:
    """A person's no."""

    by: str
    at: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class Validation:
    """A validation that ran."""

    name: str
    passed: bool
    problem: str


@dataclass(frozen=True, slots=True)
class Story:
    """One proposed action and what became of it."""

    entry: int
    """The number of the first entry that names it."""
    action: str
    standing: Standing
    proposed: datetime
    task: str
    principal: str
    kind: str
    on_behalf_of: str | None
    input: Mapping[str, object]
    policy: str | None
    """Digest of the policy set that decided last."""
    outcome: str | None
    """The outcome of the latest decision."""
    decisions: int
    reasons: tuple[Reason, ...]
    """Of the latest decision, those that decided."""
    asks: tuple[Ask, ...]
    """What people were asked, by rule; of each rule the last ask."""
    approvals: tuple[Approval, ...]
    rejection: Rejection | None
    validations: tuple[Validation, ...]
    performed_by: str | None
    """Who performed it (`tool`), or that an output was played back (`recorded`)."""
    ended: datetime | None
    """When it was executed, failed, was given up, rejected or refused."""
    milliseconds: int | None
    """How long the tool took."""
    code: str | None
    problem: str | None
    """Why it failed, or why nobody knows."""

    @property
    def waited(self) -> timedelta | None:
        """From the first ask to people's last word, or to the end of their time.

        None where nobody was asked and where people have not answered yet.
        """
        if not self.asks or self.standing is Standing.WAITS:
            return None
        since = min(ask.since for ask in self.asks)
        if self.rejection is not None:
            return self.rejection.at - since
        if self.standing is Standing.REFUSED and self.ended is not None:
            return min(self.ended, *(ask.due for ask in self.asks)) - since
        last = max((approval.at for approval in self.approvals), default=None)
        return None if last is None else last - since

    @property
    def turnaround(self) -> timedelta | None:
        """From the proposal to the execution, people's time included."""
        if self.ended is None or self.standing not in (Standing.RAN, Standing.SIGNED):
            return None
        return self.ended - self.proposed

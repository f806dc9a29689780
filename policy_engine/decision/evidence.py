"""What has been said and checked about an action, and what exactly it was said of.

Everything is bound by digest: evidence for one action, policy or set of facts is none for another.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeAlias

CLOCK = timedelta(hours=24)
"""How long an approval and a confirmation live, and how long a rejection holds."""


class _Dated:
    """Evidence with a time, which has its offset from UTC."""

    __slots__ = ()

    at: datetime

    def __post_init__(self) -> None:
        if self.at.utcoffset() is None:
            raise ValueError("the time of evidence needs its offset from UTC")


@dataclass(frozen=True, slots=True)
class Approval(_Dated):
    """A person's signature under one action, for one rule, seeing these facts.

    `roles` are the signer's, as the directory has them at the time of the decision.
    """

    by: str
    roles: frozenset[str]
    action: str
    facts: str
    rule: str
    """Or the waiver that it is for; so is the digest."""
    rule_digest: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Rejection(_Dated):
    """A person's no; holds for the same principal, task and input, whatever the policy."""

    by: str
    proposal: str
    at: datetime
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Asked(_Dated):
    """When people were first asked about an action because of a rule: its clock starts here."""

    action: str
    rule: str
    rule_digest: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Confirmation(_Dated):
    """The session's own user said yes to exactly this action. It is no approval."""

    by: str
    action: str
    at: datetime


@dataclass(frozen=True, slots=True)
class ValidationResult:
    """A validation that ran; serves one policy, action and set of facts."""

    validation: str
    action: str
    facts: str
    policy: str
    passed: bool
    problem: str = ""
    at: datetime | None = None
    """When it ran; None: nobody knows, so it is not fresh."""
    attempt: int = 1
    """The first, second, … time that it was tried for this action."""

    def __post_init__(self) -> None:
        if self.at is not None and self.at.utcoffset() is None:
            raise ValueError("the time of evidence needs its offset from UTC")


Evidence: TypeAlias = Approval | Rejection | Asked | Confirmation | ValidationResult

"""Evidence, as far as it is about this action: everything is bound by digest."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from policy_engine.decision.evidence import (
    Approval,
    Asked,
    Confirmation,
    Evidence,
    Rejection,
    ValidationResult,
)
from policy_engine.language.policy import Rule, Waiver
from tests.reference.approvals import Requirement, Standing, standing

LIVES = timedelta(hours=24)
"""Approvals, confirmations and rejections."""


@dataclass(frozen=True)
class Bound:
    """`action` and `proposal` are None where the action cannot be written down."""

    evidence: tuple[Evidence, ...]
    action: str | None
    proposal: str | None
    proposals: frozenset[str]
    """One for each: “it holds for everybody in the chain and for who acts in the end”."""
    facts: str
    policy: str
    interested: frozenset[str]
    now: datetime

    def of(self, kind: type) -> list:
        if self.action is None:
            return []
        return [item for item in self.evidence if isinstance(item, kind)]

    def standing(self, about: Rule | Waiver) -> Standing:
        """“A signature counts where it was given for this action, these facts, this rule or
        exception”; asks to all but the facts."""
        own = (self.action, about.name, about.digest)
        asks = [a for a in self.of(Asked) if (a.action, a.rule, a.rule_digest) == own]
        approvals = [
            a
            for a in self.of(Approval)
            if (a.action, a.rule, a.rule_digest) == own and a.facts == self.facts
        ]
        return standing(Requirement(about.ladder, asks, approvals, self.interested), self.now)

    def is_rejected(self) -> bool:
        """“holds for 24 hours whatever happens to the policy”; also where the clock of who said it
        runs ahead."""
        return any(
            item.proposal in self.proposals and self.now - item.at < LIVES
            for item in self.of(Rejection)
        )

    def is_confirmed(self) -> bool:
        """“Bound to the digest of the action, for 24 hours.”"""
        return any(
            item.action == self.action and timedelta(0) <= self.now - item.at < LIVES
            for item in self.of(Confirmation)
        )

    def checked(self, validation: str, rule: Rule) -> tuple[bool, bool]:
        """Whether a validation has failed for good, and whether it has passed.

        “With `retry n`, a failure of the first n attempts is no result yet; the next one has failed
        for good. Any failure for good counts, whatever else has passed.”
        """
        results = [
            item
            for item in self.of(ValidationResult)
            if (item.validation, item.action, item.facts, item.policy)
            == (validation, self.action, self.facts, self.policy)
            and self._is_fresh(item, rule)
        ]
        failed = any(not item.passed and item.attempt > rule.retries for item in results)
        return failed, any(item.passed for item in results)

    def _is_fresh(self, item: ValidationResult, rule: Rule) -> bool:
        """“With `fresh for D`, results that are older than D, of unknown age or from the future do
        not count.”"""
        if rule.fresh_for is None:
            return True
        return item.at is not None and timedelta(0) <= self.now - item.at <= rule.fresh_for

"""Whether the people whom a rule asks have approved.

One requirement counts distinct people who hold the role, were shown exactly this action, these
facts and this rule, signed in time, and are neither the principal nor the person on whose behalf
it acts. The first ask starts the clock; when it has run out with too few signatures, the
requirement denies.
"""

from __future__ import annotations

from datetime import UTC, datetime

from policy_engine.decision.action import person_key
from policy_engine.decision.evidence import CLOCK, Approval, Asked
from policy_engine.decision.outcome import Ask, Outcome
from policy_engine.decision.question import Question
from policy_engine.language.policy import Rule


def contribution_of_approvals(rule: Rule, question: Question) -> tuple[Ask, Outcome]:
    """What is still asked for, and the outcome of it: allow (met), escalate or deny (run out)."""
    assert rule.requirement is not None
    evidence = question.circumstances.evidence
    now = question.circumstances.now
    asked = [
        item.at
        for item in evidence
        if isinstance(item, Asked)
        and item.action == question.action_digest
        and (item.rule, item.rule_digest) == (rule.name, rule.digest)
    ]
    first = min(asked, default=None)
    signers = {
        person_key(item.by): item.by
        for item in evidence
        if isinstance(item, Approval)
        and item.action == question.action_digest
        and item.facts == question.facts_digest
        and (item.rule, item.rule_digest) == (rule.name, rule.digest)
        and rule.requirement.role in item.roles
        and person_key(item.by) not in question.action.interested
        and item.at <= now
        and now - item.at < CLOCK
        and (first is None or item.at - first < CLOCK)
    }
    ask = Ask(
        rule.name,
        rule.digest,
        rule.requirement.role,
        rule.requirement.quorum,
        tuple(sorted(signers.values())),
        _deadline(first),
    )
    if len(signers) >= rule.requirement.quorum:
        return ask, Outcome.ALLOW
    ended = first is not None and now - first >= CLOCK
    return ask, Outcome.DENY if ended else Outcome.ESCALATE


def _deadline(first: datetime | None) -> datetime | None:
    """When the ask ends; the calendar's last instant where it has no such day."""
    if first is None:
        return None
    return first + CLOCK if _LAST - first > CLOCK else _LAST


_LAST = datetime.max.replace(tzinfo=UTC)

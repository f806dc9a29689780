"""One action while its entries are read: each kind of entry adds its part.

The kinds are those that the gate writes (`decided`, `validated`, `held`, `approved`, `rejected`,
`confirmed`, `intent`, `executed`, `withheld`, `failed`, `unknown`); what a body lacks is left open.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from policy_engine.audit.reading import instant, members, objects, text, whole
from policy_engine.audit.story import (
    NOT_RECORDED,
    Approval,
    Ask,
    Confirmation,
    Evidence,
    Mattered,
    Reason,
    Rejection,
    Standing,
    Story,
    Validation,
)
from policy_engine.decision.codes import NEEDS_CONFIRMATION
from policy_engine.ledger.record import Record


@dataclass(slots=True)
class _OpenAsk:
    """What people are asked, while its entries are read."""

    rule: str
    rule_digest: str | None
    facts_digest: str | None
    role: str
    quorum: int
    since: datetime
    reason: Reason | None
    deadline: datetime | None
    signed: list[Approval] = field(default_factory=list)
    lapsed: bool = False
    passed: datetime | None = None

    def finished(self) -> Ask:
        return Ask(
            rule=self.rule,
            role=self.role,
            quorum=self.quorum,
            since=self.since,
            reason=self.reason,
            signed=tuple(self.signed),
            lapsed=self.lapsed,
            deadline=self.deadline,
            passed=self.passed,
        )


@dataclass(slots=True)
class Draft:
    """One action while its entries are read."""

    action: str
    proposed: datetime
    first: int
    last: int
    decision: Record | None = None
    standing: Standing | None = None
    latest: Mapping[str, object] = field(default_factory=dict)
    decisions: int = 0
    reasons: tuple[Reason, ...] = ()
    observed: tuple[Reason, ...] = ()
    asks: dict[str, _OpenAsk] = field(default_factory=dict)
    passed: list[_OpenAsk] = field(default_factory=list)
    """Those whose turn has gone on to others."""
    approvals: list[Approval] = field(default_factory=list)
    rejection: Rejection | None = None
    confirmation: Confirmation | None = None
    unconfirmed: bool = False
    validations: list[Validation] = field(default_factory=list)
    used: bool = False
    performed_by: str | None = None
    ended: datetime | None = None
    milliseconds: int | None = None
    code: str | None = None
    problem: str | None = None

    @property
    def started(self) -> bool:
        """Whether anything was decided or done, rather than only checked."""
        return self.standing is not None

    def finished(self) -> Story:
        latest, principal = self.latest, members(self.latest, "principal")
        return Story(
            evidence=self._evidence(),
            action=self.action,
            standing=self.standing or Standing.UNKNOWN,
            proposed=self.proposed,
            task=text(latest, "task") or NOT_RECORDED,
            principal=text(principal, "id") or NOT_RECORDED,
            kind=text(principal, "kind") or "agent",
            on_behalf_of=text(latest, "on_behalf_of"),
            input=members(latest, "input"),
            policy=text(latest, "policy"),
            outcome=text(latest, "outcome"),
            decisions=self.decisions,
            reasons=self.reasons,
            observed=self.observed,
            asks=tuple(ask.finished() for ask in (*self.passed, *self.asks.values())),
            approvals=tuple(self.approvals),
            rejection=self.rejection,
            confirmation=self.confirmation,
            unconfirmed=self.unconfirmed,
            validations=tuple(self.validations),
            performed_by=self.performed_by,
            ended=self.ended,
            milliseconds=self.milliseconds,
            code=self.code,
            problem=self.problem,
        )

    def _evidence(self) -> Evidence:
        decision = self.decision
        if decision is None:
            return Evidence(self.first, self.last, None, None)
        return Evidence(self.first, self.last, decision.number, decision.leaf)


Tell = Callable[[Draft, Mapping[str, object], datetime], None]


def _decided(draft: Draft, body: Mapping[str, object], at: datetime) -> None:
    outcome = text(body, "outcome")
    draft.latest = body
    draft.decisions += 1
    every = [_reason(item) for item in objects(body, "reasons")]
    draft.observed = tuple(_reason(item) for item in objects(body, "observed"))
    draft.reasons = tuple(reason for reason in every if reason.outcome == outcome)
    yes_is_missing = any(reason.code == NEEDS_CONFIRMATION.id for reason in every)
    draft.unconfirmed = yes_is_missing and outcome in ("validate", "escalate")
    draft.standing = _after_decision(outcome, draft.reasons)
    draft.ended = at if draft.standing is Standing.REFUSED else None
    if draft.standing is not Standing.REFUSED:
        _settle_asks(draft)


def _settle_asks(draft: Draft) -> None:
    """What the latest decision neither asks for nor has signatures for is asked no more."""
    asking = {reason.rule for reason in draft.reasons if reason.outcome == "escalate"}
    for ask in draft.asks.values():
        ask.lapsed = ask.rule not in asking and bool(ask.finished().missing)


def _after_decision(outcome: str | None, reasons: tuple[Reason, ...]) -> Standing:
    """An allowed action whose intent is not recorded may have happened; all else is refused.

    Where nothing is missing but the user's yes, the gate holds what it would validate.
    """
    if outcome == "validate" and reasons:
        only_yes = all(reason.code == NEEDS_CONFIRMATION.id for reason in reasons)
        return Standing.WAITS if only_yes else Standing.REFUSED
    return _AFTER_DECISION.get(outcome or "", Standing.REFUSED)


_AFTER_DECISION = {"allow": Standing.UNKNOWN, "escalate": Standing.WAITS}


def _validated(draft: Draft, body: Mapping[str, object], at: datetime) -> None:
    name = text(body, "validation") or NOT_RECORDED
    passed = body.get("passed") is True
    draft.validations.append(Validation(name, passed, text(body, "problem") or ""))


def _held(draft: Draft, body: Mapping[str, object], at: datetime) -> None:
    because = {reason.rule: reason for reason in draft.reasons}
    facts = text(body, "facts_digest")
    for item in objects(body, "asks"):
        rule, digest = text(item, "rule") or NOT_RECORDED, text(item, "rule_digest")
        role, quorum = text(item, "role") or NOT_RECORDED, whole(item, "quorum") or 1
        earlier = draft.asks.get(rule)
        since, reason = at, because.get(rule)
        deadline = instant(text(item, "deadline") or "")
        if earlier is not None and earlier.rule_digest == digest:
            reason = reason or earlier.reason
            if earlier.role == role:
                since = earlier.since
            else:
                earlier.passed = at
                draft.passed.append(earlier)
        draft.asks[rule] = _OpenAsk(rule, digest, facts, role, quorum, since, reason, deadline)
    draft.standing = Standing.WAITS


def _approved(draft: Draft, body: Mapping[str, object], at: datetime) -> None:
    rule = text(body, "rule") or NOT_RECORDED
    ask = draft.asks.get(rule)
    by, reason = text(body, "by") or NOT_RECORDED, text(body, "reason") or ""
    approval = Approval(by, rule, at, ask.since if ask else None, reason)
    draft.approvals.append(approval)
    if ask is not None and ask.facts_digest == text(body, "facts_digest"):
        ask.signed.append(approval)


def _rejected(draft: Draft, body: Mapping[str, object], at: datetime) -> None:
    by, reason = text(body, "by") or NOT_RECORDED, text(body, "reason") or ""
    draft.rejection = Rejection(by, at, reason)
    draft.standing, draft.ended = Standing.REJECTED, at


def _confirmed(draft: Draft, body: Mapping[str, object], at: datetime) -> None:
    draft.confirmation = Confirmation(text(body, "by") or NOT_RECORDED, at)
    draft.unconfirmed = False


def _intended(draft: Draft, body: Mapping[str, object], at: datetime) -> None:
    draft.used = bool(objects(body, "approvals"))
    draft.performed_by = text(body, "by")
    draft.standing, draft.ended = Standing.UNKNOWN, None


def _executed(draft: Draft, body: Mapping[str, object], at: datetime) -> None:
    alone = Standing.RAN if draft.confirmation is None else Standing.CONFIRMED
    draft.standing = Standing.SIGNED if draft.used else alone
    draft.ended, draft.milliseconds = at, whole(body, "ms")


def _withheld(draft: Draft, body: Mapping[str, object], at: datetime) -> None:
    draft.standing, draft.problem = Standing.WITHHELD, text(body, "problem")


def _failed(draft: Draft, body: Mapping[str, object], at: datetime) -> None:
    draft.standing = Standing.FAILED
    _went_wrong(draft, body, at)


def _lost(draft: Draft, body: Mapping[str, object], at: datetime) -> None:
    draft.standing = Standing.UNKNOWN
    _went_wrong(draft, body, at)


def _went_wrong(draft: Draft, body: Mapping[str, object], at: datetime) -> None:
    draft.ended = at
    draft.code, draft.problem = text(body, "code"), text(body, "problem")


KINDS: Mapping[str, Tell] = {
    "decided": _decided,
    "validated": _validated,
    "held": _held,
    "approved": _approved,
    "rejected": _rejected,
    "confirmed": _confirmed,
    "intent": _intended,
    "executed": _executed,
    "withheld": _withheld,
    "failed": _failed,
    "unknown": _lost,
}


def _reason(body: Mapping[str, object]) -> Reason:
    return Reason(
        text(body, "code") or "",
        text(body, "outcome") or "",
        text(body, "rule"),
        text(body, "title") or NOT_RECORDED,
        text(body, "place"),
        tuple(
            Mattered(text(item, "text") or "", text(item, "value") or "", text(item, "place"))
            for item in objects(body, "values")
        ),
        text(body, "unknown"),
        text(body, "would_change"),
    )

"""One action while its entries are read: each kind of entry adds its part.

The kinds are those that the gate writes (`decided`, `validated`, `held`, `approved`, `rejected`,
`intent`, `executed`, `failed`, `unknown`); what a body lacks is left open.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from policy_engine.audit.reading import members, objects, text, whole
from policy_engine.audit.story import (
    NOT_RECORDED,
    Approval,
    Ask,
    Mattered,
    Reason,
    Rejection,
    Standing,
    Story,
    Validation,
)


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
    signed: list[Approval] = field(default_factory=list)
    lapsed: bool = False

    def finished(self) -> Ask:
        signed = tuple(self.signed)
        return Ask(self.rule, self.role, self.quorum, self.since, self.reason, signed, self.lapsed)


@dataclass(slots=True)
class Draft:
    """One action while its entries are read."""

    entry: int
    action: str
    proposed: datetime
    standing: Standing | None = None
    latest: Mapping[str, object] = field(default_factory=dict)
    decisions: int = 0
    reasons: tuple[Reason, ...] = ()
    asks: dict[str, _OpenAsk] = field(default_factory=dict)
    approvals: list[Approval] = field(default_factory=list)
    rejection: Rejection | None = None
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
            entry=self.entry,
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
            asks=tuple(ask.finished() for ask in self.asks.values()),
            approvals=tuple(self.approvals),
            rejection=self.rejection,
            validations=tuple(self.validations),
            performed_by=self.performed_by,
            ended=self.ended,
            milliseconds=self.milliseconds,
            code=self.code,
            problem=self.problem,
        )


Tell = Callable[[Draft, Mapping[str, object], datetime], None]


def _decided(draft: Draft, body: Mapping[str, object], at: datetime) -> None:
    outcome = text(body, "outcome")
    draft.latest = body
    draft.decisions += 1
    draft.reasons = tuple(
        _reason(item) for item in objects(body, "reasons") if text(item, "outcome") == outcome
    )
    draft.standing = _AFTER_DECISION.get(outcome or "", Standing.REFUSED)
    draft.ended = at if draft.standing is Standing.REFUSED else None
    if draft.standing is not Standing.REFUSED:
        _settle_asks(draft)


def _settle_asks(draft: Draft) -> None:
    """What the latest decision neither asks for nor has signatures for is asked no more."""
    asking = {reason.rule for reason in draft.reasons if reason.outcome == "escalate"}
    for ask in draft.asks.values():
        ask.lapsed = ask.rule not in asking and bool(ask.finished().missing)


_AFTER_DECISION = {"allow": Standing.UNKNOWN, "escalate": Standing.WAITS}
"""An allowed action whose intent is not recorded may have happened; all else is refused."""


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
        if earlier is not None and earlier.rule_digest == digest:
            since, reason = earlier.since, reason or earlier.reason
        draft.asks[rule] = _OpenAsk(rule, digest, facts, role, quorum, since, reason)
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


def _intended(draft: Draft, body: Mapping[str, object], at: datetime) -> None:
    draft.used = bool(objects(body, "approvals"))
    draft.performed_by = text(body, "by")
    draft.standing, draft.ended = Standing.UNKNOWN, None


def _executed(draft: Draft, body: Mapping[str, object], at: datetime) -> None:
    draft.standing = Standing.SIGNED if draft.used else Standing.RAN
    draft.ended, draft.milliseconds = at, whole(body, "ms")


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
    "intent": _intended,
    "executed": _executed,
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

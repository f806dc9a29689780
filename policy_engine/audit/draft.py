"""One action while its entries are read: each kind of entry adds its part.

`KINDS` are those that tell of an action; what a body lacks is left open. Of a body only what a
story needs is kept, so that many actions fit into memory.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import lru_cache
from typing import cast

from policy_engine.audit.reading import instant, members, objects, text, whole
from policy_engine.audit.story import (
    NOT_RECORDED,
    Approval,
    Ask,
    Confirmation,
    Evidence,
    Mattered,
    Notice,
    Reason,
    Rejection,
    Sealed,
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


@dataclass(frozen=True, slots=True)
class _Proposal:
    """What a decision says was proposed, and what it said to that."""

    task: str = NOT_RECORDED
    principal: str = NOT_RECORDED
    kind: str = "agent"
    on_behalf_of: str | None = None
    input: Mapping[str, object] = field(default_factory=dict)
    policy: str | None = None
    outcome: str | None = None


@dataclass(slots=True, eq=False)
class _More:
    """What most actions have nothing of: people's words, checks, and calls that were repeated."""

    asks: dict[str, _OpenAsk] = field(default_factory=dict)
    passed: list[_OpenAsk] = field(default_factory=list)
    """Those whose turn has gone on to others."""
    approvals: list[Approval] = field(default_factory=list)
    validations: list[Validation] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)
    retried: list[datetime] = field(default_factory=list)


_NOTHING = _More()
"""Of an action that has none of it; nobody adds to it."""


@dataclass(slots=True)
class Draft:
    """One action while its entries are read."""

    action: str
    proposed: datetime
    entries: list[int] = field(default_factory=list)
    decided: Sealed | None = None
    executed: int | None = None
    standing: Standing | None = None
    latest: _Proposal = _Proposal()
    decisions: int = 0
    reasons: tuple[Reason, ...] = ()
    observed: tuple[Reason, ...] = ()
    rejection: Rejection | None = None
    confirmation: Confirmation | None = None
    unconfirmed: bool = False
    used: bool = False
    performed_by: str | None = None
    ended: datetime | None = None
    milliseconds: int | None = None
    code: str | None = None
    problem: str | None = None
    more: _More = _NOTHING
    abandoned: bool = False

    def take(self, record: Record, tell: Tell, at: datetime) -> None:
        """Takes the next entry that names the action."""
        self.entries.append(record.number)
        if record.kind == "decided":
            self.decided = Sealed(record.number, record.at, record.kind, record.digest)
        elif record.kind == "executed":
            self.executed = record.number
        tell(self, record.body, at)

    def with_more(self) -> _More:
        """To add to."""
        if self.more is _NOTHING:
            self.more = _More()
        return self.more

    @property
    def started(self) -> bool:
        """Whether anything was decided or done, rather than only checked."""
        return self.standing is not None

    def finished(self) -> Story:
        latest, more = self.latest, self.more
        asks = tuple(ask.finished() for ask in (*more.passed, *more.asks.values()))
        return Story(
            evidence=Evidence(tuple(self.entries), self.decided, self.executed),
            action=self.action,
            standing=self._standing(asks),
            proposed=self.proposed,
            task=latest.task,
            principal=latest.principal,
            kind=latest.kind,
            on_behalf_of=latest.on_behalf_of,
            input=latest.input,
            policy=latest.policy,
            outcome=latest.outcome,
            decisions=self.decisions,
            reasons=self.reasons,
            observed=self.observed,
            asks=asks,
            approvals=tuple(more.approvals),
            rejection=self.rejection,
            confirmation=self.confirmation,
            unconfirmed=self.unconfirmed,
            validations=tuple(more.validations),
            performed_by=self.performed_by,
            ended=self.ended,
            milliseconds=self.milliseconds,
            code=self.code,
            problem=self.problem,
            notices=tuple(more.notices),
            retried=tuple(more.retried),
            abandoned=self.abandoned,
        )

    def _standing(self, asks: tuple[Ask, ...]) -> Standing:
        """What waits though nobody has anything left to say to it is ready."""
        if self.standing is not Standing.WAITS or self.unconfirmed:
            return self.standing or Standing.UNKNOWN
        open_ = [ask for ask in asks if not ask.lapsed and ask.passed is None]
        is_ready = all(not ask.missing for ask in open_) and (open_ or self.confirmation)
        return Standing.READY if is_ready else Standing.WAITS


Tell = Callable[[Draft, Mapping[str, object], datetime], None]


def _decided(draft: Draft, body: Mapping[str, object], at: datetime) -> None:
    outcome = text(body, "outcome")
    draft.latest = _proposal(body, outcome)
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


def _proposal(body: Mapping[str, object], outcome: str | None) -> _Proposal:
    principal = members(body, "principal")
    return _Proposal(
        text(body, "task") or NOT_RECORDED,
        text(principal, "id") or NOT_RECORDED,
        text(principal, "kind") or "agent",
        text(body, "on_behalf_of"),
        members(body, "input"),
        text(body, "policy"),
        outcome,
    )


def _settle_asks(draft: Draft) -> None:
    """What the latest decision neither asks for nor has signatures for is asked no more."""
    asking = {reason.rule for reason in draft.reasons if reason.outcome == "escalate"}
    for ask in draft.more.asks.values():
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
    draft.with_more().validations.append(Validation(name, passed, text(body, "problem") or ""))


def _held(draft: Draft, body: Mapping[str, object], at: datetime) -> None:
    more, because = draft.with_more(), {reason.rule: reason for reason in draft.reasons}
    facts = text(body, "facts_digest")
    for item in objects(body, "asks"):
        rule, digest = text(item, "rule") or NOT_RECORDED, text(item, "rule_digest")
        role, quorum = text(item, "role") or NOT_RECORDED, whole(item, "quorum") or 1
        earlier = more.asks.get(rule)
        since, reason = at, because.get(rule)
        deadline = instant(text(item, "deadline") or "")
        if earlier is not None and earlier.rule_digest == digest:
            reason = reason or earlier.reason
            if earlier.role == role:
                since = earlier.since
            else:
                earlier.passed = at
                more.passed.append(earlier)
        more.asks[rule] = _OpenAsk(rule, digest, facts, role, quorum, since, reason, deadline)
    draft.standing = Standing.WAITS


def _approved(draft: Draft, body: Mapping[str, object], at: datetime) -> None:
    rule = text(body, "rule") or NOT_RECORDED
    ask = draft.more.asks.get(rule)
    by, reason = text(body, "by") or NOT_RECORDED, text(body, "reason") or ""
    approval = Approval(by, rule, at, ask.since if ask else None, reason)
    draft.with_more().approvals.append(approval)
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


def _retried(draft: Draft, body: Mapping[str, object], at: datetime) -> None:
    draft.with_more().retried.append(at)


def _abandoned(draft: Draft, body: Mapping[str, object], at: datetime) -> None:
    """It ends before it was decided: denied, and no rule is the reason."""
    draft.latest = replace(draft.latest, task=text(body, "task") or draft.latest.task)
    draft.standing, draft.abandoned = Standing.REFUSED, True
    _went_wrong(draft, body, at)


def _notified(draft: Draft, body: Mapping[str, object], at: datetime) -> None:
    draft.with_more().notices.append(_notice(body, at, None))


def _undelivered(draft: Draft, body: Mapping[str, object], at: datetime) -> None:
    draft.with_more().notices.append(_notice(body, at, text(body, "problem") or NOT_RECORDED))


def _notice(body: Mapping[str, object], at: datetime, problem: str | None) -> Notice:
    roles = body.get("roles")
    return Notice(
        kind=text(body, "kind") or NOT_RECORDED,
        channel=text(body, "channel") or NOT_RECORDED,
        roles=tuple(r for r in roles if isinstance(r, str)) if isinstance(roles, list) else (),
        at=at,
        attempts=whole(body, "attempts"),
        problem=problem,
    )


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
    "retried": _retried,
    "abandoned": _abandoned,
    "notified": _notified,
    "undelivered": _undelivered,
}


_MATTERED = ("text", "value", "place")
_REASON = ("code", "outcome", "rule", "title", "place", "unknown", "would_change")


def _reason(body: Mapping[str, object]) -> Reason:
    """Few reasons are many times the same: one object stands for all that are."""
    values = tuple([tuple(map(item.get, _MATTERED)) for item in objects(body, "values")])
    said = (*map(body.get, _REASON), values)
    try:
        return _shared(said)
    except TypeError:  # a list, where a text should stand
        return _told(said)


def _told(said: tuple[object, ...]) -> Reason:
    *texts, values = said
    code, outcome, rule, title, place, unknown, would_change = map(_text, texts)
    mattered = tuple(
        Mattered(_text(item) or "", _text(value) or "", _text(at))
        for item, value, at in cast("tuple[tuple[object, object, object], ...]", values)
    )
    name = title or NOT_RECORDED
    return Reason(code or "", outcome or "", rule, name, place, mattered, unknown, would_change)


_shared = lru_cache(maxsize=4096)(_told)


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None

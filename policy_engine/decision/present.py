"""A decision as a person reads it: the answer, then each reason at its place in the policy."""

from __future__ import annotations

from collections.abc import Iterator

from policy_engine.decision.action import Action
from policy_engine.decision.outcome import Ask, Decision, Outcome, Reason
from policy_engine.foundation.canonical import timestamp_text
from policy_engine.foundation.render import Segment, excerpt, visible

STYLES = {
    Outcome.ALLOW: "allow",
    Outcome.VALIDATE: "validate",
    Outcome.ESCALATE: "escalate",
    Outcome.DENY: "deny",
}


def headline(action: Action, decision: Decision) -> Iterator[Segment]:
    """`ESCALATE  bot-7 · issue_refund   policy 7f3ac9`."""
    yield Segment(f"{decision.outcome.name:<9}", STYLES[decision.outcome])
    yield Segment(f" {visible(str(action.principal.id))} · {visible(str(action.task))}", "strong")
    yield Segment(f"   policy {decision.policy[:6]}\n", "frame")


def reasons(decision: Decision, *, every: bool = False) -> Iterator[Segment]:
    """The reasons of the outcome; with `every`, also those that another one outweighs."""
    for reason in decision.reasons:
        if every or reason.outcome is decision.outcome:
            yield Segment("\n")
            yield from _reason(reason, decision)


def _reason(reason: Reason, decision: Decision) -> Iterator[Segment]:
    style = STYLES[reason.outcome]
    yield Segment(f"{reason.outcome.word}[{reason.rule or reason.code.id}]", style)
    yield Segment(f": {visible(reason.title)}\n", "strong")
    trailer = []
    if reason.unknown:
        trailer.append(("note", "what is unknown restricts"))
    for ask in decision.asks:
        if ask.rule == reason.rule and reason.outcome is Outcome.ESCALATE:
            trailer.append(("needs", needs(ask)))
    if reason.would_change:
        trailer.append(("would change it", reason.would_change))
    if reason.outcome is not Outcome.ALLOW:
        trailer.append(("code", f"{reason.code.id} {reason.code.name}"))
    yield from excerpt(reason.labels, trailer, style)


def needs(ask: Ask) -> str:
    """Who must sign, who has, and until when."""
    who = f"{ask.quorum} of {ask.role}" if ask.quorum > 1 else f"one of {ask.role}"
    signed = f", signed so far: {', '.join(ask.signed)}" if ask.signed else ""
    end = timestamp_text(ask.deadline) if ask.deadline else "24 hours after the ask"
    return f"{who}{signed}; denied if not by {end}"

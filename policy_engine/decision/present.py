"""A decision as a person reads it: the answer, then each reason at its place in the policy."""

from __future__ import annotations

from collections.abc import Iterator

from policy_engine.decision import codes
from policy_engine.decision.action import Action
from policy_engine.decision.evidence import CLOCK
from policy_engine.decision.outcome import Ask, Decision, Outcome, Reason
from policy_engine.decision.wording import worded_parties
from policy_engine.foundation.canonical import timestamp_text
from policy_engine.foundation.render import Segment, excerpt, visible
from policy_engine.language.policy import Rung
from policy_engine.values.durations import plain_duration

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


def for_agent(action: Action, decision: Decision) -> Iterator[Segment]:
    """What the agent itself is told: what stands against it in its author's words, and what to do.

    No values, lists, places or names of people: who may be told these is not for us to say.
    """
    told = "".join(c if c.isalnum() or c in "_-." else "?" for c in str(action.task)[:80])
    yield Segment(f"{decision.outcome.word}: {told}\n", STYLES[decision.outcome])
    if decision.allowed:
        return
    for reason in decision.reasons:
        if reason.outcome is decision.outcome:
            yield Segment(f"- {visible(_TOLD.get(reason.code) or reason.title)}\n")
            for word, text in (
                ("hint", reason.hint),
                ("instead", reason.instead),
                ("not before", reason.not_before and timestamp_text(reason.not_before)),
            ):
                if text:
                    yield Segment(f"  {word}: {visible(text)}\n")


_TOLD = {
    codes.NOT_PERMITTED: "no rule permits this here",
    codes.REJECTED: "a person has rejected this",
    codes.SUSPENDED: "this is suspended for now",
    codes.BUSY: "another is at work on this",
    codes.CASBIN: "another policy beside this one does not allow it",
}
"""What is said where the reason itself would name people or roles."""


def _reason(reason: Reason, decision: Decision) -> Iterator[Segment]:
    style = STYLES[reason.outcome]
    yield Segment(f"{reason.outcome.word}[{reason.rule or reason.code.id}]", style)
    yield Segment(f": {visible(reason.title)}\n", "strong")
    yield from excerpt(reason.labels, list(_trailer(reason, decision)), style)


def _trailer(reason: Reason, decision: Decision) -> Iterator[tuple[str, str]]:
    """What is said below the places, each line with the word before its colon."""
    if reason.unknown:
        yield "note", "what is unknown restricts"
    for ask in decision.asks:
        if ask.rule == reason.rule and reason.outcome is Outcome.ESCALATE:
            yield "needs", needs(ask)
    for word, text in (
        ("would change it", reason.would_change),
        ("hint", reason.hint),
        ("instead", reason.instead),
        ("not before", reason.not_before and timestamp_text(reason.not_before)),
    ):
        if text:
            yield word, text
    for control in reason.controls:
        yield "control", control
    if reason.outcome is not Outcome.ALLOW:
        yield "code", f"{reason.code.id} {reason.code.name}"


def needs(ask: Ask) -> str:
    """Who must sign, who has, until when, and who is asked after them."""
    who = worded_parties(ask.parties)
    signed = f", signed so far: {', '.join(ask.signed)}" if ask.signed else ""
    first, *later = ask.rungs
    if not later:
        # The one rung of an ask that says nothing about its time.
        within = "24 hours" if first.within == CLOCK else plain_duration(first.within)
        end = timestamp_text(ask.deadline) if ask.deadline else f"{within} after the ask"
        return f"{who}{signed}; denied if not by {end}"
    turn = f"until {timestamp_text(ask.until)}" if ask.until else _within(first)
    rest = "".join(f", then {_after(rung)} {_within(rung)}" for rung in later)
    return f"{who} {turn}{signed}{rest}, then deny"


def _after(rung: Rung) -> str:
    """Those of a later rung: a role alone where one person of it is enough."""
    if rung.quorum == 1:
        return rung.parties[0].role
    return worded_parties(rung.parties)


def _within(rung: Rung) -> str:
    return f"within {plain_duration(rung.within)}"

"""The report in a few plain sentences, for whoever reads nothing else. Plain text, no markup.

Each sentence stands on figures that the report also shows. A name in them is shown as one
harmless line.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from policy_engine.audit.handed import Asked, Confirmations, Told
from policy_engine.audit.measures import Share, Tally
from policy_engine.audit.operations import Operations
from policy_engine.audit.report import Report
from policy_engine.audit.story import Standing
from policy_engine.audit.summary import RuleUse, Summary
from policy_engine.audit.words import (
    DID,
    counted,
    duration,
    listed,
    moment,
    percent,
    place_text,
    sentence,
    shown,
    zone_name,
)
from policy_engine.runtime.executors import Recorded

_MOST_NAMES = 4


def statement(report: Report) -> tuple[str, ...]:
    """What happened, under which policy, what was stopped and why, who answered, and whether the
    record can be believed."""
    summary = report.summary
    said = [*_happened(report)] if summary.stories else ["No action was proposed."]
    return (*said, _integrity(report))


def _happened(report: Report) -> Iterator[str]:
    summary = report.summary
    yield _covered(summary)
    yield _outcomes(summary.tally)
    yield from _played(summary)
    yield from _stopped(summary)
    yield from _handed(report)
    yield from consent(summary.confirmations)
    yield from _suspended(summary.operations)


def _covered(summary: Summary) -> str:
    first = min(story.proposed for story in summary.stories)
    last = max(story.proposed for story in summary.stories)
    agents = counted(len(summary.agents), "agent")
    talks = counted(summary.sessions, "conversation")
    if summary.branches:
        talks += f" (with {counted(summary.branches, 'session')} of sub-agents)"
    versions = counted(len(summary.policies), "policy version")
    files = sorted({file for version in summary.policies for file in version.files})
    named = f" ({_few([shown(file, 60) for file in files])})" if files else ""
    return (
        f"From {moment(first, summary.zone)} to {moment(last, summary.zone)}"
        f" ({zone_name(summary.zone)}), {agents} proposed"
        f" {counted(summary.tally.total, 'action')} in {talks}, under {versions}{named}."
    )


def _outcomes(tally: Tally) -> str:
    parts = [
        f"{DID[standing](tally[standing])} ({percent(Share(tally[standing], tally.total))})"
        for standing in Standing
        if tally[standing]
    ]
    return f"Of these, {listed(parts)}."


def _played(summary: Summary) -> Iterator[str]:
    played = sum(story.performed_by == Recorded.name for story in summary.stories)
    if played:
        actions = counted(played, "action")
        yield f"No tool was called for {actions}: recorded outputs were given back instead."


def _stopped(summary: Summary) -> Iterator[str]:
    """The rule that refused most, and the one that held most."""
    if not summary.tally.stopped:
        yield "Nothing was refused or rejected."
    refusing = max(summary.rules, key=lambda use: use.refused, default=None)
    if refusing is not None and refusing.refused:
        yield f"The most frequent reason for a refusal: {_reason(refusing, refusing.refused)}"
    holding = max(summary.rules, key=lambda use: use.asked, default=None)
    if holding is not None and holding.asked:
        yield f"The most frequent reason to ask people: {_reason(holding, holding.asked)}"


def _reason(use: RuleUse, times: int) -> str:
    where = f", {place_text(use.place)}" if use.place else ""
    name = f"rule {shown(use.rule, 60)}{where}" if use.rule else f"code {shown(use.code, 60)}"
    title = sentence(shown(use.title, 200)).replace("`", "")
    return f"“{title}” ({name}): {counted(times, 'action')}."


def _handed(report: Report) -> Iterator[str]:
    """What people were asked, and what they did about it."""
    summary, late = report.summary, report.overdue
    held = sum(bool(story.asks) for story in summary.stories)
    if not held:
        yield "Nothing was handed to people."
        return
    roles = [f"{shown(one.role, 60)} ({one.asks:,})" for one in summary.asked]
    asks = counted(sum(one.asks for one in summary.asked), "ask")
    handed = counted(held, "action was", "actions were")
    yield f"{handed} handed to people, in {asks}: {_few(roles)}."
    if summary.people:
        did = [
            f"{shown(person.name, 60)} (signed {person.signed:,}, rejected {person.rejected:,})"
            for person in summary.people
        ]
        yield f"The answers are those of {_few(did)}."
    else:
        yield "Nobody has signed or rejected anything."
    if late:
        yield _overdue(summary.tally[Standing.WAITS], late)
    if summary.metrics.waiting is not None:
        waiting = summary.metrics.waiting
        median, longest = duration(waiting.median), duration(waiting.longest)
        yield f"The median wait of an action for people was {median}, the longest {longest}."


def _overdue(waits: int, late: int) -> str:
    which = "" if late == waits else f" for {late:,} of them"
    return f"{counted(waits, 'still waits', 'still wait')}; the time to answer is over{which}."


def consent(found: Confirmations) -> Iterator[str]:
    """What the people for whom something was done said to it."""
    if found.given:
        actions = counted(found.given, "action was", "actions were")
        those = "the person" if found.people == 1 else f"the {found.people:,} people"
        done = "it was" if found.given == 1 else "they were"
        yield f"{actions} confirmed by {those} for whom {done} done."
    if found.missing:
        yield f"{counted(found.missing, 'action waits', 'actions wait')} for such a yes."


def notices(told: Told, asked: Sequence[Asked]) -> str:
    """Whether those who were asked were told, in a sentence or two."""
    asks = sum(one.asks for one in asked)
    if not told.delivered and not told.given_up:
        return "The record has no notice to anybody: it does not show that those asked were told."
    said = f"Of {counted(asks, 'ask')}, people were told of {told.asks:,} by the gate"
    if told.waiting is not None:
        median, longest = duration(told.waiting.median), duration(told.waiting.longest)
        said += f", in the median {median} after the ask, at the latest {longest}"
    if told.given_up:
        said += f"; {counted(told.given_up, 'notice was', 'notices were')} given up"
    return f"{said}."


def _suspended(found: Operations) -> Iterator[str]:
    if found.suspensions:
        names = _few(list(dict.fromkeys(shown(one.name, 60) for one in found.suspensions)))
        stopped = counted(
            sum(one.stopped for one in found.suspensions), "action was", "actions were"
        )
        yield f"Suspended for a time: {names}; {stopped} refused for it."
    if found.erasures:
        entries = counted(len(found.erasures), "entry", "entries")
        yield f"What {entries} told was erased."


def _integrity(report: Report) -> str:
    verification = report.verification
    entries = counted(verification.entries, "entry", "entries")
    if not verification.holds:
        findings = counted(len(verification.findings), "finding")
        return (
            f"The record does not hold ({entries} checked, {findings}):"
            " nothing that is said here can be relied on."
        )
    end = (
        "its end was compared with a head that was written down earlier"
        if report.pinned
        else "its end was not compared with anything kept elsewhere"
    )
    return f"The record holds: {entries} checked, none altered, removed or put in later; {end}."


def _few(names: list[str]) -> str:
    """The first few names, and how many more there are."""
    if len(names) <= _MOST_NAMES + 1:
        return listed(names)
    return listed([*names[:_MOST_NAMES], f"{len(names) - _MOST_NAMES:,} more"])

"""The top of the page: the whole in a few sentences, and whether it can be believed."""

from __future__ import annotations

from collections.abc import Iterator

from policy_engine.audit import plots
from policy_engine.audit.markup import Html, code, prose, tag
from policy_engine.audit.measures import Tally
from policy_engine.audit.report import Report
from policy_engine.audit.statement import statement
from policy_engine.audit.story import Standing
from policy_engine.audit.summary import Summary
from policy_engine.audit.words import (
    LABELS,
    asked_period,
    counted,
    headline,
    sentence,
    stretch,
    zone_name,
)
from policy_engine.foundation.diagnostics import Severity
from policy_engine.ledger.authorised import Finding

_MOST_FINDINGS = 12


def opening(report: Report) -> Html:
    """The headline, the picture of the whole, the summary and the seal."""
    summary = report.summary
    ran, rest = headline(summary.tally)
    picture = [_overview(summary.tally)] if summary.stories else []
    return tag(
        "header",
        tag("p", "Audit report: what the agents did", class_="eyebrow"),
        tag("h1", f"{ran} ", tag("span", rest) if rest else None),
        tag("p", sentence(_circumstances(summary)), class_="lead"),
        *picture,
        *_summary(report),
        _seal(report),
        class_="top",
    )


def _circumstances(summary: Summary) -> str:
    parts = []
    if summary.stories:
        first = min(story.proposed for story in summary.stories)
        last = max(story.ended or story.proposed for story in summary.stories)
        parts.append(f"{stretch(first, last, summary.zone)} ({zone_name(summary.zone)})")
        parts.append(counted(summary.sessions, "conversation"))
        parts.append(counted(len(summary.agents), "agent"))
        parts.append(counted(len(summary.policies), "policy version"))
    parts.append(asked_period(summary.period, summary.zone))
    return " · ".join(parts)


def _overview(tally: Tally) -> Html:
    entries = [
        tag("li", plots.swatch(s), tag("span", tag("strong", f"{tally[s]:,}"), f" {LABELS[s]}"))
        for s in Standing
        if tally[s]
    ]
    bar = plots.whole_bar(tally, "What became of the actions")
    return tag("div", bar, tag("ul", *entries, class_="legend"))


def _summary(report: Report) -> Iterator[Html]:
    """All sentences but the last, which the seal says in full."""
    sentences = statement(report)[:-1]
    if report.summary.stories:
        yield tag("h2", "In short")
        yield tag("ul", *[tag("li", said) for said in sentences], class_="short")


def _seal(report: Report) -> Html:
    verification = report.verification
    entries = counted(verification.entries, "entry", "entries")
    head: list[Html | str] = ["Head ", code(verification.head)]
    if verification.holds:
        said = (
            f" {entries} checked: none was altered, removed or put in later, and every execution"
            " follows a decision that allowed exactly that action."
        )
        word, class_ = "The record holds.", "seal holds"
        if report.pinned:
            head.append(", and its end was compared with ")
            head.append(code(report.pinned))
            head.append(": nothing was cut off.")
        else:
            head.append(". Written down elsewhere, it proves later that nothing was cut off.")
    else:
        said = f" {entries} checked; what is said below cannot be relied on."
        word, class_ = "The record does not hold.", "seal breaks"
    first = tag("p", tag("strong", word), said)
    last = tag("p", *head, class_="head")
    return tag("div", first, _findings(verification.findings), last, class_=class_)


def _findings(findings: tuple[Finding, ...]) -> Html | None:
    found = sorted(findings, key=lambda f: f.code.severity is Severity.WARNING)
    items = [tag("li", *_finding(finding)) for finding in found[:_MOST_FINDINGS]]
    if len(found) > _MOST_FINDINGS:
        items.append(tag("li", f"and {len(found) - _MOST_FINDINGS:,} more"))
    return tag("ul", *items) if items else None


def _finding(finding: Finding) -> Iterator[Html | str]:
    yield code(finding.code.id)
    yield " "
    yield prose(finding.text)

"""The report as one HTML page that needs nothing else: no scripts, no fonts, nothing fetched.

Written for people who do not write policies: first the whole in one sentence, then whether the
record can be believed, then figures, plots, the story of every action that did not simply run,
and tables. Whatever stands in the record was written by agents and by whoever writes to them; it
reaches the page as text only (see `markup`), and the page's own content policy forbids the rest.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib import resources

from policy_engine.audit import plots, tables
from policy_engine.audit.markup import Html, code, foreign, tag
from policy_engine.audit.measures import Share, Spread, Tally
from policy_engine.audit.report import Report
from policy_engine.audit.story import Standing, Story
from policy_engine.audit.summary import Group, Summary
from policy_engine.audit.telling import Standpoint, card
from policy_engine.audit.words import (
    LABELS,
    asked_period,
    counted,
    duration,
    headline,
    moment,
    of,
    percent,
    stretch,
    zone_name,
)
from policy_engine.foundation.diagnostics import Severity
from policy_engine.ledger.verify import Finding, Verification
from policy_engine.runtime.executors import Recorded

MOST_CARDS = 20
_MOST_BARS = 12
_MOST_FINDINGS = 12
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"


def page(report: Report) -> str:
    """The whole document. Times are those of the summary's zone."""
    head = tag(
        "head",
        Html('<meta charset="utf-8">'),
        tag("meta", http_equiv="Content-Security-Policy", content=_POLICY),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("title", " ".join(headline(report.summary.tally))),
        tag("style", Html(_style())),
    )
    body = tag("body", tag("main", *_sections(report)))
    return f"<!doctype html>\n{tag('html', head, body, lang='en')}\n"


def _style() -> str:
    return resources.files(__package__).joinpath("page.css").read_text(encoding="utf-8")


def _sections(report: Report) -> Iterator[Html]:
    summary = report.summary
    yield _top(report)
    if summary.stories:
        yield tag("section", *_figures(summary))
        yield tag("section", *_plots(summary))
        yield tag("section", *_stories(report))
        yield tag("section", *_tables(summary))
    yield _foot(report)


# The top: the whole in one sentence, and whether it can be believed


def _top(report: Report) -> Html:
    summary = report.summary
    ran, rest = headline(summary.tally)
    picture = [_overview(summary.tally)] if summary.stories else []
    return tag(
        "header",
        tag("p", "What the agents did", class_="eyebrow"),
        tag("h1", f"{ran} ", tag("span", rest) if rest else None),
        tag("p", _circumstances(summary), class_="lead"),
        *picture,
        _seal(report.verification),
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
        tag("li", plots.swatch(s), tag("span", tag("b", f"{tally[s]:,}"), f" {LABELS[s]}"))
        for s in Standing
        if tally[s]
    ]
    bar = plots.whole_bar(tally, "What became of the actions")
    return tag("div", bar, tag("ul", *entries, class_="legend"))


def _seal(verification: Verification) -> Html:
    entries = counted(verification.entries, "entry", "entries")
    if verification.holds:
        said = (
            f" All {entries} were checked: none was altered, removed or put in later, and every"
            " execution follows a decision that allowed exactly that action."
        )
        word, class_ = "The record holds.", "seal holds"
    else:
        said = f" {entries} were checked, and what they say below cannot be relied on."
        word, class_ = "The record does not hold.", "seal breaks"
    head = tag(
        "p",
        "Head ",
        code(verification.head),
        ". Written down elsewhere, it proves later that nothing was cut off or replaced.",
        class_="head",
    )
    return tag(
        "div", tag("p", tag("strong", word), said), _findings(verification), head, class_=class_
    )


def _findings(verification: Verification) -> Html | None:
    found = sorted(verification.findings, key=lambda f: f.code.severity is Severity.WARNING)
    items = [tag("li", *_finding(finding)) for finding in found[:_MOST_FINDINGS]]
    if len(found) > _MOST_FINDINGS:
        items.append(tag("li", f"and {len(found) - _MOST_FINDINGS:,} more"))
    return tag("ul", *items) if items else None


def _finding(finding: Finding) -> Iterator[Html | str]:
    yield code(finding.code.id)
    yield " "
    yield foreign(finding.text, 400)


# Figures and plots


def _figures(summary: Summary) -> Iterator[Html]:
    metrics, tally = summary.metrics, summary.tally
    stopped = Share(tally[Standing.REFUSED] + tally[Standing.REJECTED], tally.total)
    yield tag("h2", "In figures")
    yield tag(
        "dl",
        _tile("Stopped before anything happened", percent(stopped), f"{of(stopped)} proposed"),
        _tile("Success", percent(metrics.success), f"{of(metrics.success)} started"),
        _tile(
            "Ran on their own", percent(metrics.unattended), f"{of(metrics.unattended)} that ran"
        ),
        _spread("Waiting for people", metrics.waiting, "nobody had to answer"),
        _spread("From proposal to execution", metrics.turnaround, "nothing ran"),
        _tile(
            "Checks passed",
            percent(metrics.validations),
            f"{of(metrics.validations)} validations"
            if metrics.validations.whole
            else "no validation ran",
        ),
        class_="tiles",
    )
    played = sum(story.performed_by == Recorded.name for story in summary.stories)
    if played:
        said = "gave back a recorded output: no tool was called for it"
        many = "gave back recorded outputs: no tool was called for them"
        yield tag("p", f"{counted(played, f'action {said}', f'actions {many}')}.", class_="more")


def _tile(name: str, figure: str, detail: str) -> Html:
    return tag(
        "div",
        tag("dt", name),
        tag("dd", figure, class_="figure"),
        tag("dd", detail, class_="detail"),
        class_="tile",
    )


def _spread(name: str, spread: Spread | None, nothing: str) -> Html:
    if spread is None:
        return _tile(name, "–", nothing)
    detail = f"median; longest {duration(spread.longest)}"
    return _tile(name, duration(spread.median), detail)


def _plots(summary: Summary) -> Iterator[Html]:
    yield tag("h2", "By task")
    yield tag("p", "What the agents wanted to do, and what became of it.", class_="lead")
    bars = plots.stacked_bars(_bars(summary.tasks), "Actions by task")
    yield tag("div", bars, _legend(summary.tally), class_="panel")
    if len(summary.timeline.buckets) > 1:
        yield tag("h2", "Over time")
        yield tag("p", f"By the time of proposal, {zone_name(summary.zone)}.", class_="lead")
        drawn = plots.columns(summary.timeline, "Actions over time")
        yield tag("div", drawn, _legend(summary.tally), class_="panel")


def _bars(found: tuple[Group, ...]) -> list[tuple[str, Tally]]:
    rows = [(group.name, group.tally) for group in found[:_MOST_BARS]]
    rest = found[_MOST_BARS:]
    if rest:
        together = Tally({s: sum(group.tally[s] for group in rest) for s in Standing})
        rows.append((f"{len(rest):,} other tasks", together))
    return rows


def _legend(tally: Tally) -> Html:
    entries = [tag("li", plots.swatch(s), LABELS[s]) for s in Standing if tally[s]]
    return tag("ul", *entries, class_="legend")


# Stories and tables

_TOLD = {
    Standing.WAITS: "Waiting for people",
    Standing.UNKNOWN: "Outcome unknown",
    Standing.FAILED: "Failed",
    Standing.REFUSED: "Refused by the policy",
    Standing.REJECTED: "Rejected by people",
    Standing.SIGNED: "Ran after people signed",
}
"""What is told action by action, in the order in which somebody should look at it."""


def _stories(report: Report) -> Iterator[Html]:
    summary, at = report.summary, Standpoint(report.summary.zone, report.written)
    if not any(summary.tally[standing] for standing in _TOLD):
        return
    yield tag("h2", "Action by action")
    lead = "Every action that did not simply run, and why. The other ones are counted above."
    yield tag("p", lead, class_="lead")
    for standing, title in _TOLD.items():
        told = [story for story in summary.stories if story.standing is standing]
        if told:
            yield tag("h3", f"{title} ({len(told):,})")
            yield from _cards(told, at)


def _cards(told: list[Story], at: Standpoint) -> Iterator[Html]:
    """What waits is told oldest first, all else newest first."""
    ordered = told if told[0].standing is Standing.WAITS else told[::-1]
    kept = [card(story, at) for story in ordered[:MOST_CARDS]]
    yield tag("div", *kept, class_="cards")
    if len(told) > MOST_CARDS:
        yield tag("p", f"and {len(told) - MOST_CARDS:,} more", class_="more")


def _tables(summary: Summary) -> Iterator[Html]:
    yield tag("h2", "In tables")
    yield tables.rules(summary.rules)
    if summary.people:
        yield tables.people(summary.people)
    if any(story.approvals for story in summary.stories):
        yield tables.signatures(summary)
    yield tables.groups("By task", "task", summary.tasks, lambda name: foreign(name, 120))
    yield tables.groups("By agent", "agent", summary.agents, lambda name: foreign(name, 120))
    yield tables.groups("By policy version", "policy", summary.policies, tables.version)


def _foot(report: Report) -> Html:
    summary = report.summary
    counting = (
        "An action counts in the period in which it was proposed, with what became of it up to the"
        " last entry of the record. For rules it counts once, by its latest decision; “held for"
        " people” counts the actions that a rule ever held, also those that went on since."
        " Success is the share of started actions that ended well. Waiting is measured from the"
        " first ask to people's last word."
    )
    written = f"Written {moment(report.written, summary.zone)} ({zone_name(summary.zone)})"
    reached = (
        f", from a record that reaches to {moment(summary.last, summary.zone)}"
        if (summary.last)
        else ""
    )
    unreadable = (
        f" {counted(summary.unreadable, 'entry', 'entries')} could not be read and counted nowhere."
        if summary.unreadable
        else ""
    )
    return tag("footer", tag("p", counting), tag("p", f"{written}{reached}.{unreadable}"))

"""The report as one HTML page that needs nothing else: no scripts, no fonts, nothing fetched.

Written for people who do not write policies: first the whole in one sentence, then whether the
record can be believed, then figures, plots, the story of every action that did not simply run,
and tables. Whatever stands in the record was written by agents and by whoever writes to them; it
reaches the page as text only (see `markup`), and the page's own content policy forbids the rest.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib import resources

from policy_engine.audit import tables
from policy_engine.audit.figures import figures, pictures
from policy_engine.audit.markup import Html, foreign, tag
from policy_engine.audit.opening import opening
from policy_engine.audit.report import Report
from policy_engine.audit.story import Standing, Story
from policy_engine.audit.summary import Summary
from policy_engine.audit.telling import Standpoint, card
from policy_engine.audit.words import counted, headline, moment, zone_name

MOST_CARDS = 15
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
    yield opening(report)
    if summary.stories:
        yield tag("section", *figures(summary))
        yield tag("section", *pictures(summary))
        yield tag("section", *_stories(report))
        yield tag("section", *_tables(summary))
    yield _foot(report)


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

"""The report as one HTML page that needs nothing else: no scripts, no fonts, nothing fetched.

Written for people who do not write policies: first the whole in a few sentences and whether the
record can be believed, then figures, who did what, what was stopped and why, what people were
asked, what the report does not show, samples with their evidence, and how to check it. Whatever
stands in the record was written by agents and by whoever writes to them; it reaches the page as
text only (see `markup`), and the page's own content policy forbids the rest.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib import resources

from policy_engine.audit import proving, tables
from policy_engine.audit.closing import checking, foot, missing, signing
from policy_engine.audit.control_page import by_control
from policy_engine.audit.controls import Controls
from policy_engine.audit.figures import by_agent, by_task, figures, over_time
from policy_engine.audit.markup import Html, tag
from policy_engine.audit.opening import opening
from policy_engine.audit.operations_page import around
from policy_engine.audit.proof_page import checkpoints, folded
from policy_engine.audit.proving import Proofs
from policy_engine.audit.report import Report
from policy_engine.audit.samples import Samples, samples
from policy_engine.audit.statement import consent, notices
from policy_engine.audit.story import Standing, Story
from policy_engine.audit.summary import Summary
from policy_engine.audit.telling import Standpoint, card
from policy_engine.audit.words import headline

_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"


def page(report: Report, controls: Controls | None = None, proofs: Proofs = proving.NONE) -> str:
    """The whole document, by control too where `controls` are given, with what proves its samples.

    Times are those of the summary's zone.
    """
    head = tag(
        "head",
        Html('<meta charset="utf-8">'),
        tag("meta", http_equiv="Content-Security-Policy", content=_POLICY),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("title", " ".join(headline(report.summary.tally))),
        tag("style", Html(_style())),
    )
    body = tag("body", tag("main", *_sections(report, controls, proofs)))
    return f"<!doctype html>\n{tag('html', head, body, lang='en')}\n"


def sampled(report: Report, controls: Controls | None = None) -> tuple[Story, ...]:
    """The actions that the page tells one by one, each once."""
    chosen = [story for told in samples(report.summary.stories).of.values() for story in told]
    of_controls = [s for control in controls.controls for s in control.samples] if controls else []
    return tuple({story.entry: story for story in (*chosen, *of_controls)}.values())


def _style() -> str:
    return resources.files(__package__).joinpath("page.css").read_text(encoding="utf-8")


def _sections(report: Report, controls: Controls | None, proofs: Proofs) -> Iterator[Html]:
    summary = report.summary
    yield opening(report)
    told = samples(summary.stories)
    if controls is not None:
        yield from by_control(controls, told.entries, summary.zone, proofs)
    if summary.stories:
        yield tag("section", *figures(summary))
        yield tag("section", *by_task(summary))
        yield tag("section", *by_agent(summary))
        yield tag("section", *over_time(summary))
        yield tag("section", *_rules(summary, told))
        yield tag("section", *_people(summary, told))
        yield tag("section", *_policies(summary))
    yield tag("section", *around(summary.operations, summary.zone, report.written))
    yield tag("section", *missing(report))
    if summary.stories:
        yield tag("section", *_samples(report, told, proofs))
    yield tag("section", *checkpoints(proofs))
    yield tag("section", *checking(report, proofs))
    yield signing()
    yield foot(report)


# What was stopped, and what people were asked


def _rules(summary: Summary, told: Samples) -> Iterator[Html]:
    yield tag("h2", "What stopped actions, and why")
    stopping = [use for use in summary.rules if use.stopped]
    if not stopping:
        yield tag("p", "No rule refused or held anything.", class_="lead")
    else:
        lead = (
            "Each rule in its own sentence. An action counts for every rule that refused or held"
            " it, so that the numbers may add up to more than there are actions."
        )
        yield tag("p", lead, class_="lead")
        yield tables.stopping(stopping, told.by_rule, told.entries)
    passing = [use for use in summary.rules if use.decided.get("allow")]
    if passing:
        yield tables.passing(passing)
    if summary.observed:
        yield tables.observed(summary.observed)


def _people(summary: Summary, told: Samples) -> Iterator[Html]:
    yield tag("h2", "What was handed to people")
    if not summary.asked:
        yield tag("p", "No action needed a signature.", class_="lead")
    else:
        lead = (
            "Who was asked, what came of it, and how long that took. An action that everybody has"
            " signed is ready, and waits for nobody: it runs when the agent takes it up again."
        )
        yield tag("p", lead, class_="lead")
        yield tables.asked(summary.asked, summary.zone)
        yield tag("p", notices(summary.told, summary.asked), class_="more")
    if summary.people:
        yield tables.people(summary.people)
    if any(story.approvals or story.rejection for story in summary.stories):
        yield tables.answers(summary, told.entries)
    yield from _consent(summary)


def _consent(summary: Summary) -> Iterator[Html]:
    """The user's own yes, which is no signature."""
    said = " ".join(consent(summary.confirmations))
    if said:
        yield tag("p", f"{said} Such a yes is no signature.", class_="more")


def _policies(summary: Summary) -> Iterator[Html]:
    yield tag("h2", "Under which policies")
    lead = "A policy version is named by a digest of what it says: another text, another digest."
    yield tag("p", lead, class_="lead")
    yield tables.versions(summary.policies, summary.zone)


# Samples

_TOLD = {
    Standing.WAITS: "Waiting for people",
    Standing.READY: "Ready, not taken up yet",
    Standing.UNKNOWN: "Outcome unknown",
    Standing.FAILED: "Failed",
    Standing.WITHHELD: "Ran, and the output was withheld",
    Standing.REFUSED: "Refused by the policy",
    Standing.REJECTED: "Rejected by people",
    Standing.SIGNED: "Ran after people signed",
    Standing.CONFIRMED: "Ran after the user said yes",
    Standing.RAN: "Ran alone",
}
"""In the order in which somebody should look at it."""


def _samples(report: Report, told: Samples, proofs: Proofs) -> Iterator[Html]:
    at = Standpoint(report.summary.zone, report.written)
    yield tag("h2", "Samples, with their evidence")
    lead = (
        "Of each ending some actions, of as many different rules as there is room for. The entries"
        " can be looked up in the record. The JSON form of this report tells every action that did"
        " not simply run."
    )
    yield tag("p", lead, class_="lead")
    for standing, title in _TOLD.items():
        shown, number = told.of[standing], report.summary.tally[standing]
        if shown:
            yield tag("h3", f"{title} ({number:,})")
            yield tag(
                "div", *[card(story, at, folded(proofs, story)) for story in shown], class_="cards"
            )
        if number > len(shown):
            yield tag("p", f"and {number - len(shown):,} more", class_="more")

"""What a report does not show, said by itself: an honest reader would ask.

Some gaps are those of every record, others come from what this one has or lacks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from policy_engine.audit.report import Report
from policy_engine.audit.story import NOT_RECORDED, REPORTED, Standing
from policy_engine.audit.words import counted
from policy_engine.runtime.executors import Recorded


@dataclass(frozen=True, slots=True)
class Gap:
    """Something that cannot be concluded from the report, and why."""

    what: str
    why: str


def gaps(report: Report) -> tuple[Gap, ...]:
    """What is particular to this record comes first."""
    own = [gap for find in _OWN for gap in find(report)]
    return (*own, *_EVERYWHERE)


def _broken(report: Report) -> Iterator[Gap]:
    if not report.verification.holds:
        why = "The record does not hold, so figures and stories may be wrong or incomplete."
        yield Gap("What really happened", why)


def _unreadable(report: Report) -> Iterator[Gap]:
    number = report.summary.unreadable
    if number:
        entries = counted(number, "entry", "entries")
        are = "is" if number == 1 else "are"
        yield Gap(
            "All that was recorded", f"{entries} could not be read and {are} counted nowhere."
        )


def _end(report: Report) -> Iterator[Gap]:
    if report.pinned is None:
        why = (
            "Entries cut off at the end leave no trace in what remains. Only a head that was"
            " written down elsewhere shows it, and none was given (--head)."
        )
        yield Gap("Whether the record goes to its end", why)


def _played(report: Report) -> Iterator[Gap]:
    number = sum(story.performed_by == Recorded.name for story in report.summary.stories)
    if number:
        said = counted(number, "action", "actions")
        why = f"{said} played back recorded outputs: no tool was called, nothing had an effect."
        yield Gap("That something was really done", why)


def _reported(report: Report) -> Iterator[Gap]:
    number = sum(story.performed_by == REPORTED for story in report.summary.stories)
    if number:
        actions = counted(number, "action was", "actions were")
        why = (
            f"{actions} carried out by whoever proposed them, who told the gate what came of it."
            " The gate made no such call and saw no such outcome."
        )
        yield Gap("That what was reported is what happened", why)


def _repeated(report: Report) -> Iterator[Gap]:
    number = sum(bool(story.retried) for story in report.summary.stories)
    if number:
        actions = counted(number, "action was", "actions were")
        why = (
            f"{actions} called again after a process had ended, under the same key. Whether the"
            " tool did twice what it was asked for twice is not in the record."
        )
        yield Gap("That what was called again happened once", why)


def _undecided(report: Report) -> Iterator[Gap]:
    number = sum(story.abandoned for story in report.summary.stories)
    if number:
        actions = counted(number, "action", "actions")
        why = (
            f"The process that proposed {actions} ended before the decision. They count as refused,"
            " and nothing was done."
        )
        yield Gap("What the policy says to what was never decided", why)


def _unknown(report: Report) -> Iterator[Gap]:
    number = report.summary.tally[Standing.UNKNOWN]
    if number:
        why = "They were begun, and the record does not say how that ended. Ask the tools' owners."
        yield Gap(f"Whether {counted(number, 'action')} happened", why)


def _overdue(report: Report) -> Iterator[Gap]:
    number = report.overdue
    if number:
        why = (
            f"For {counted(number, 'action')} the time to answer is over. The refusal is recorded"
            " when somebody next looks; until then the action counts as waiting. Where the record"
            " has no deadline, 24 hours are taken."
        )
        yield Gap("That what waits can still run", why)


def _people(report: Report) -> Iterator[Gap]:
    summary = report.summary
    if summary.asked and not summary.people:
        why = "Nobody has answered, so nothing is known about how people decide or how fast."
        yield Gap("Whether people do their part", why)


def _notices(report: Report) -> Iterator[Gap]:
    told, asks = report.summary.told, sum(one.asks for one in report.summary.asked)
    if told.asks < asks:
        untold = f"For {asks - told.asks:,} of {counted(asks, 'ask')}"
        why = f"{untold}, the record has no notice to those who were asked."
        yield Gap("Whether people knew that they were asked", why)


def _validations(report: Report) -> Iterator[Gap]:
    if report.summary.stories and not report.summary.metrics.validations.whole:
        yield Gap("Whether inputs or outputs were right", "No validation ran in the period.")


def _nameless(report: Report) -> Iterator[Gap]:
    number = sum(story.principal == NOT_RECORDED for story in report.summary.stories)
    if number:
        yield Gap(f"Who proposed {counted(number, 'action')}", "The record does not name them.")


def _clock(report: Report) -> Iterator[Gap]:
    number = report.summary.set_back
    if number:
        why = (
            f"{counted(number, 'entry has', 'entries have')} a time before that of the entry"
            " before: the clock was set back. Their order is sure, the spans of time are not."
        )
        yield Gap("How long everything took", why)


_OWN: tuple[Callable[[Report], Iterator[Gap]], ...] = (
    _broken,
    _unreadable,
    _end,
    _played,
    _reported,
    _repeated,
    _undecided,
    _unknown,
    _overdue,
    _people,
    _notices,
    _validations,
    _nameless,
    _clock,
)

_EVERYWHERE = (
    Gap(
        "What agents did elsewhere",
        "The record has what was proposed to the gate. A tool that an agent can reach without"
        " the gate leaves nothing here.",
    ),
    Gap(
        "Whether the policy is right",
        "The report shows what the policy decided, not whether it should have. It is evidence for"
        " a control, never compliance with it.",
    ),
    Gap(
        "Whether what was said is true",
        "Who acts, for whom, the facts and the time are taken as the host gave them.",
    ),
    Gap(
        "What outputs and requests contained",
        "The record keeps keyed digests of them, and of everything secret.",
    ),
    Gap(
        "Which rules never came up",
        "A rule stands in the record where it decided, or would have, and nowhere else.",
    ),
)

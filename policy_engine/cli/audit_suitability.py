"""`policy audit suitability`: which tasks deserve more room, and which less."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing
from textwrap import wrap

import click

from policy_engine.audit.doubts import Doubt, Verified
from policy_engine.audit.measures import Share
from policy_engine.audit.story import Standing
from policy_engine.audit.suitability import (
    Advice,
    Ending,
    Figures,
    Limits,
    Most,
    Suitability,
    Suited,
    Task,
    suitability,
)
from policy_engine.audit.suitability_words import (
    TITLES,
    advice_sentence,
    limits_sentence,
    played_sentence,
    reasons_of,
    why_kept,
)
from policy_engine.audit.words import SHORT, counted, duration, shown
from policy_engine.cli import output
from policy_engine.cli.audit_period import period_of, period_options, zone_of
from policy_engine.cli.doubts import show_doubts
from policy_engine.cli.exit_codes import Exit
from policy_engine.cli.options import end, ends_cleanly, format_option, store_option
from policy_engine.foundation.canonical import decimal_text
from policy_engine.foundation.database import Database
from policy_engine.ledger.ledger import LedgerReader

_WIDEST = 160
_WIDTH = 100
_MOST_ROWS = 100
_DEFAULTS = Limits()
_STYLES = {Advice.LESS: "deny", Advice.MORE: "allow", Advice.KEEP: "strong", Advice.UNTOLD: "frame"}
_PERCENT = click.IntRange(0, 100)


@click.command("suitability", short_help="Which tasks deserve more room, and which less.")
@store_option
@period_options
@click.option(
    "--fewest",
    type=click.IntRange(min=1),
    default=_DEFAULTS.fewest,
    show_default=True,
    help="Of fewer cases nothing is told.",
)
@click.option(
    "--approved",
    type=_PERCENT,
    default=_DEFAULTS.approved,
    show_default=True,
    help="More room: so many percent of what people were asked must be signed.",
)
@click.option(
    "--trouble",
    type=_PERCENT,
    default=_DEFAULTS.trouble,
    show_default=True,
    help="More room: at most so many percent may go wrong or be corrected.",
)
@click.option(
    "--back",
    type=click.IntRange(1, 100),
    default=_DEFAULTS.back,
    show_default=True,
    help="Less room: from so many percent on that go wrong or are rejected.",
)
@format_option
@ends_cleanly
def command(
    store: str,
    start: str | None,
    until: str | None,
    zone: str,
    fewest: int,
    approved: int,
    trouble: int,
    back: int,
    form: str,
) -> None:
    """Suggest which tasks agents do well enough for more room, and which people should take back.

    By task and who did it, with the figures behind it. It is advice from the record: it changes
    nothing, and writes nothing to the store. Exits 6 where the record does not hold.
    """
    period = period_of(start, until, zone_of(zone))
    limits = Limits(fewest, approved, trouble, back)
    with closing(Database(store, must_exist=True)) as database:
        reader = LedgerReader(database)
        with output.progress("reading", reader.count()) as bar:
            verified = Verified(reader)
            found = suitability(
                verified.records(),
                limits=limits,
                period=period,
                progress=lambda: output.advance(bar),
            )
            doubts = verified.doubts()
    if form == "json":
        output.show_json(_account(found, doubts))
    else:
        _show(found)
        show_doubts(doubts, verified.entries)
    end(Exit.FINDINGS if doubts else Exit.DONE)


# On the terminal


def _show(found: Suitability) -> None:
    if not found.tasks:
        output.say("the record has no action of this period")
    told = [task for task in found.tasks if task.whole.advice in _CHANGES or _others(task)]
    for task in told[:_MOST_ROWS]:
        whole = task.whole
        output.say(f"{shown(whole.name, _WIDEST)}: {TITLES[whole.advice]}", _STYLES[whole.advice])
        _say(advice_sentence(whole.figures, whole.advice, found.limits))
        for one in _others(task):
            said = advice_sentence(one.figures, one.advice, found.limits)
            _say(f"{shown(one.name, _WIDEST)}: {said}")
    if told:
        output.say()
    if found.tasks:
        _unchanged([task.whole for task in found.tasks if task not in told], found.limits)
        _tables(found)
        played = sum(task.whole.figures.played_back for task in found.tasks)
        if played:
            _say(played_sentence(played))
        _say(f"{limits_sentence(found.limits)} This is advice; nothing was changed.")
    for number, what in ((found.unreadable, "not read"), (found.erased, "erased")):
        if number:
            output.say(f"{what}: {counted(number, 'entry', 'entries')}", "escalate")


_CHANGES = (Advice.LESS, Advice.MORE)


def _others(task: Task) -> list[Suited]:
    """Those for whom something else is suggested than for the task as a whole."""
    apart = (task.whole.advice, Advice.UNTOLD)
    return [one for one in task.principals if one.advice not in apart]


def _unchanged(wholes: Sequence[Suited], limits: Limits) -> None:
    """The tasks that stay as they are."""
    if wholes:
        rows = [
            (
                shown(one.name, _WIDEST),
                f"{one.figures.cases:,}",
                why_kept(one.figures, one.advice, limits),
            )
            for one in wholes[:_MOST_ROWS]
        ]
        output.table("Tasks that stay as they are", ("task", "#cases", "why"), rows)
        if len(wholes) > len(rows):
            output.say(f"and {len(wholes) - len(rows):,} more", "frame")
        output.say()


def _say(text: str) -> None:
    for line in wrap(text, _WIDTH, initial_indent="  ", subsequent_indent="  "):
        output.say(line)


def _tables(found: Suitability) -> None:
    rows = list(_rows(found))
    some = rows[:_MOST_ROWS]
    columns = ("#actions", "#cases", "#ran", "#alone", *(f"#{SHORT[one]}" for one in _WRONG))
    worked = [(name, *_worked(figures)) for name, figures in some]
    output.table("What ran", ("task", *columns, "#failed checks"), worked)
    output.say()
    asked = [(name, *_asked(figures)) for name, figures in some if figures.answered]
    if asked:
        ends = ("#signed", "#rejected", "#no answer", "#corrected")
        output.table(
            "What people were asked, by action", ("task", *ends, "#usual wait", "#all waits"), asked
        )
        output.say()
    if len(rows) > len(some):
        output.say(f"and {len(rows) - len(some):,} more", "frame")


_WRONG = (Standing.FAILED, Standing.UNKNOWN, Standing.WITHHELD)


def _rows(found: Suitability) -> Iterator[tuple[str, Figures]]:
    """Each task, and below it who did it."""
    for task in found.tasks:
        yield shown(task.whole.name, _WIDEST), task.whole.figures
        for one in task.principals:
            yield f"  {shown(one.name, _WIDEST)}", one.figures


def _worked(figures: Figures) -> list[str]:
    tally, failed = figures.tally, figures.validations.part
    numbers = (tally.total, figures.cases, tally.ran, figures.alone.part)
    wrong = (tally[one] for one in _WRONG)
    return [f"{number:,}" for number in (*numbers, *wrong, failed)]


def _asked(figures: Figures) -> list[str]:
    ends, waiting = figures.endings, figures.waiting
    numbers = (ends[Ending.APPROVED], ends[Ending.REJECTED], ends[Ending.EXPIRED])
    return [
        *(f"{number:,}" for number in (*numbers, figures.corrected)),
        duration(waiting.median if waiting is not None else None),
        duration(figures.waited),
    ]


# As data


def _account(found: Suitability, doubts: Sequence[Doubt]) -> dict[str, object]:
    limits = found.limits
    return {
        "limits": {
            "fewest": limits.fewest,
            "approved": limits.approved,
            "trouble": limits.trouble,
            "back": limits.back,
        },
        "unreadable": found.unreadable,
        "erased": found.erased,
        "tasks": [
            {
                **_suited("task", task.whole, limits),
                "principals": [_suited("principal", one, limits) for one in task.principals],
            }
            for task in found.tasks
        ],
        "doubts": [one.as_json() for one in doubts],
    }


def _suited(what: str, one: Suited, limits: Limits) -> dict[str, object]:
    return {
        what: one.name,
        "advice": one.advice.value,
        "sentence": advice_sentence(one.figures, one.advice, limits),
        "reasons": reasons_of(one.figures),
        "figures": _figures(one.figures),
    }


def _figures(figures: Figures) -> dict[str, object]:
    tally, waiting = figures.tally, figures.waiting
    return {
        "actions": tally.total,
        "cases": figures.cases,
        "carried_out": tally.ran,
        "without_a_person": _share(figures.alone),
        "asked": {ending.value: number for ending, number in figures.endings.items()},
        "approved": _share(figures.approved),
        "failed_validations": _share(figures.validations),
        "failed": tally[Standing.FAILED],
        "unknown": tally[Standing.UNKNOWN],
        "withheld": tally[Standing.WITHHELD],
        "corrected": figures.corrected,
        "played_back": figures.played_back,
        "waiting": {
            "count": waiting.count if waiting is not None else 0,
            "median_seconds": waiting.median.total_seconds() if waiting is not None else None,
            "total_seconds": figures.waited.total_seconds(),
        },
        "most_approved": [_most(one) for one in figures.most],
    }


def _share(share: Share) -> dict[str, object]:
    return {"part": share.part, "whole": share.whole, "percent": share.percent}


def _most(most: Most) -> dict[str, object]:
    return {
        "input": most.input,
        "at_most": decimal_text(most.amount),
        "currency": most.currency,
    }

"""`policy audit constraint`: what was carried out against a constraint."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from datetime import tzinfo
from typing import TYPE_CHECKING

import click

from policy_engine.audit.doubts import Doubt, Verified, placed
from policy_engine.audit.period import Period
from policy_engine.audit.words import counted, moment, place_text, shown
from policy_engine.cli import output
from policy_engine.cli.audit_period import period_of, period_options, zone_of
from policy_engine.cli.doubts import show_doubts
from policy_engine.cli.exit_codes import Exit
from policy_engine.cli.options import (
    directory_option,
    end,
    ends_cleanly,
    format_option,
    loaded,
    policy_option,
    roles_by,
    store_option,
)
from policy_engine.engine import Engine
from policy_engine.foundation.canonical import timestamp_text
from policy_engine.foundation.database import Database
from policy_engine.language.policy import PolicySet
from policy_engine.ledger.ledger import LedgerReader

if TYPE_CHECKING:
    from policy_engine.audit.constraints import Kept, Violation

_WIDEST = 160
_LONGEST = 200
_MOST_ROWS = 100


@click.command("constraint", short_help="What was done against a constraint.")
@click.argument("name")
@policy_option
@store_option
@directory_option
@click.option(
    "--was",
    multiple=True,
    metavar="PATH",
    help="Policies by which the past was decided, to tell more of it.",
)
@period_options
@format_option
@ends_cleanly
def command(
    name: str,
    policies: tuple[str, ...],
    store: str,
    directory: str | None,
    was: tuple[str, ...],
    start: str | None,
    until: str | None,
    zone: str,
    form: str,
) -> None:
    """Find what was carried out against the constraint NAME, also before it was written.

    Reads the record alone, and writes nothing to the store. What is secret is sealed there, so of
    some actions it may not be possible to tell. Exits 6 where the constraint was violated, an entry
    could not be read, or the record does not hold.
    """
    clock = zone_of(zone)
    period = period_of(start, until, clock)
    engine = loaded(policies, directory, form)
    before = [loaded((one,), None, form).policy for one in was]
    found, doubts, entries = _read(engine, directory, name, store, before, period)
    if form == "json":
        output.show_json(_account(found, doubts))
    else:
        _show(found, clock)
        show_doubts(doubts, entries)
    end(Exit.FINDINGS if found.has_findings or doubts else Exit.DONE)


def _read(
    engine: Engine,
    directory: str | None,
    name: str,
    store: str,
    was: Sequence[PolicySet],
    period: Period,
) -> tuple[Kept, Sequence[Doubt], int]:
    """NumPy and Arrow are imported here, and not by whoever only looks at the help."""
    try:
        from policy_engine.audit.constraints import constraint_of, kept_to
        from policy_engine.audit.replay.candidate import Candidate
    except ImportError as error:
        output.complain(str(error))
        end(Exit.FAILURE)
    constraint_of(engine.policy, name)
    candidate = Candidate(engine.policy, roles_by(engine) if directory is not None else None)
    with closing(Database(store, must_exist=True)) as database:
        reader = LedgerReader(database)
        with output.progress("reading", reader.count()) as bar:
            verified = Verified(reader)
            found = kept_to(
                candidate,
                name,
                verified.records(),
                was=was,
                period=period,
                progress=lambda: output.advance(bar),
            )
            return found, verified.doubts(), verified.entries


# On the terminal


def _show(found: Kept, zone: tzinfo) -> None:
    title = f": {found.title}" if found.title else ""
    output.say(shown(f"constraint {found.constraint}{title}", _LONGEST), "strong")
    output.say(f"policy {found.policy[:6]}", "frame")
    output.say()
    untold = sum(one.actions for one in found.untold)
    output.say(
        f"{counted(found.carried_out, 'action')} of its tasks carried out:"
        f" {len(found.violations):,} against it, {found.fine:,} not, {untold:,} cannot be told",
        "deny" if found.violations else "",
    )
    if found.settled:
        output.say(f"{found.settled:,} of those not against it by the decision of then", "frame")
    if found.others:
        output.say(f"{counted(found.others, 'action')} of other tasks", "frame")
    output.say()
    for one in found.violations[:_MOST_ROWS]:
        _violation(one, zone)
    _more(len(found.violations))
    _untold(found)


def _violation(one: Violation, zone: tzinfo) -> None:
    who = shown(f"{one.principal} · {one.task} · {one.end}", _LONGEST)
    output.say(f"entry {one.entry}, {moment(one.at, zone)}: {who}", "deny")
    for value in one.values:
        said = f"{shown(value.text, _WIDEST)}: {shown(value.value, _WIDEST)}"
        output.say(f"  {said}  {place_text(value.place)}".rstrip())
    output.say(f"  action {shown(one.action, _WIDEST)}", "frame")
    output.say()


def _untold(found: Kept) -> None:
    if found.untold:
        rows = [
            (shown(one.why, _LONGEST), f"{one.actions:,}", f"{one.entry}")
            for one in found.untold[:_MOST_ROWS]
        ]
        output.table("Cannot be told", ("why", "#actions", "#first entry"), rows)
        _more(len(found.untold))
        output.say()
    for task, number in found.unknown_tasks[:_MOST_ROWS]:
        said = counted(number, "action")
        output.say(f"not declared by this policy: {shown(task, _WIDEST)}, {said}", "escalate")
    _more(len(found.unknown_tasks))
    for place, why in found.first_unread:
        output.say(f"not read: {shown(placed(place, why), _LONGEST)}", "escalate")
    if found.unread > len(found.first_unread):
        output.say(f"and {found.unread - len(found.first_unread):,} more", "frame")


def _more(number: int) -> None:
    if number > _MOST_ROWS:
        output.say(f"and {number - _MOST_ROWS:,} more", "frame")


def _account(found: Kept, doubts: Sequence[Doubt]) -> dict[str, object]:
    return {
        "constraint": found.constraint,
        "title": found.title,
        "policy": found.policy,
        "carried_out": found.carried_out,
        "fine": found.fine,
        "settled_by_the_decision_of_then": found.settled,
        "violations": [
            {
                "entry": one.entry,
                "at": timestamp_text(one.at),
                "action": one.action,
                "task": one.task,
                "principal": one.principal,
                "end": one.end,
                "values": [
                    {"text": value.text, "value": value.value, "place": value.place}
                    for value in one.values
                ],
            }
            for one in found.violations
        ],
        "cannot_be_told": [
            {"why": one.why, "actions": one.actions, "first_entry": one.entry}
            for one in found.untold
        ],
        "other_tasks": found.others,
        "unknown_tasks": [
            {"task": task, "actions": number} for task, number in found.unknown_tasks
        ],
        "unread": {
            "number": found.unread,
            "first": [{"place": one.place, "why": one.why} for one in found.first_unread],
        },
        "doubts": [one.as_json() for one in doubts],
    }

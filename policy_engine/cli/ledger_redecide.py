"""`policy ledger verify --redecide`: whether every recorded decision follows again."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import click

from policy_engine.audit.redecide.redecide import redecide
from policy_engine.audit.redecide.tally import Redecision
from policy_engine.cli import output
from policy_engine.cli.findings import show_findings
from policy_engine.cli.options import counted, loaded
from policy_engine.foundation.database import Database
from policy_engine.language.policy import PolicySet
from policy_engine.ledger.ledger import LedgerReader

redecide_option = click.option(
    "--redecide",
    "policies",
    multiple=True,
    metavar="POLICY",
    help="Decide again what was decided under this policy, a file or a folder; may be given "
    "several times.",
)


def policies_of(paths: Iterable[str], form: str) -> list[PolicySet]:
    """The policy sets, each by itself; errors in one end the command with their exit code."""
    return [loaded((path,), None, form).policy for path in paths]


def decided_again(database: Database, policies: Sequence[PolicySet]) -> Redecision | None:
    """What comes of the decisions under these policies; None where there are no policies."""
    if not policies:
        return None
    reader = LedgerReader(database)
    with output.progress("deciding again", reader.count()) as bar:
        records = reader.records()
        return redecide(records, database, policies, lambda _: output.advance(bar))


def show(again: Redecision) -> None:
    """On the terminal."""
    show_findings(again.findings)
    number = counted(again.follow, "decision")
    follow = f"{number} follows" if again.follow == 1 else f"{number} follow"
    if again.findings:
        output.say(f"{follow} again; {counted(len(again.findings), 'finding')}", "deny")
    else:
        output.say(f"{follow} again", "allow" if again.follow else "frame")
    for why, some, first in again.undecided:
        output.say(f"not decided again: {counted(some, 'decision')} (entry {first} first): {why}")
    for policy, some in again.others:
        number = counted(some, "decision")
        output.say(f"not decided again: {number} under policy {policy}: give that policy too")

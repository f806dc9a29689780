"""`policy ledger`: the record itself."""

from __future__ import annotations

import re
from contextlib import closing

import click

from policy_engine.cli import output
from policy_engine.cli.exit_codes import Exit
from policy_engine.cli.options import end, ends_cleanly, format_option, store_option
from policy_engine.foundation.database import Database
from policy_engine.foundation.render import Segment
from policy_engine.ledger.ledger import LedgerReader
from policy_engine.ledger.verify import Verification, verify as verify_records


@click.group("ledger")
def command() -> None:
    """The record of everything that was decided and done."""


@command.command("verify")
@store_option
@click.option("--head", metavar="DIGEST", help="A head that was written down earlier.")
@format_option
@ends_cleanly
def verify(store: str, head: str | None, form: str) -> None:
    """Verify the record: nothing altered, removed or added, every execution authorised.

    The head that is printed pins all that came before: keep it elsewhere, and give it as --head
    later, to prove that nothing was cut off or replaced. Exits 6 where something is found.
    """
    if head is not None and not re.fullmatch("[0-9a-f]{64}", head):
        raise click.BadParameter("a head is 64 hexadecimal digits", param_hint="--head")
    with closing(Database(store, must_exist=True)) as database:
        reader = LedgerReader(database)
        with output.progress("verifying", reader.count()) as bar:
            result = verify_records(
                reader.records(), pinned=head, progress=lambda _: output.advance(bar)
            )
    if form == "json":
        output.show_json(_account(result))
    else:
        _show(result)
    end(Exit.DONE if result.holds else Exit.FINDINGS)


def _show(result: Verification) -> None:
    for finding in result.findings:
        style = finding.code.severity.value
        output.show([Segment(f"{style}[{finding.code.id}]", style), Segment(f": {finding.text}\n")])
    holds = "the record holds" if result.holds else "the record does not hold"
    output.say(f"{holds}: {result.entries} entries", "allow" if result.holds else "deny")
    output.say(f"head {result.head}", "frame")


def _account(result: Verification) -> dict[str, object]:
    return {
        "holds": result.holds,
        "entries": result.entries,
        "head": result.head,
        "findings": [
            {"code": f.code.id, "entry": f.number, "text": f.text} for f in result.findings
        ],
    }

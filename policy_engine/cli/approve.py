"""`policy approve`: a person signs."""

from __future__ import annotations

import click

from policy_engine.cli import output
from policy_engine.cli.options import (
    by_option,
    directory_option,
    ends_cleanly,
    loaded,
    opened_gate,
    policy_option,
    store_option,
)
from policy_engine.decision.action import Human


@click.command("approve")
@click.argument("ticket")
@policy_option
@store_option
@directory_option
@by_option
@click.option("--reason", default="", help="Why; the record keeps it.")
@ends_cleanly
def command(
    ticket: str, policies: tuple[str, ...], store: str, directory: str | None, by: str, reason: str
) -> None:
    """Sign the waiting action of TICKET, as `policy pending` shows it.

    The ticket covers exactly what was shown: where that has changed since, nothing is signed.

    Whoever can write the store can sign as anybody: guard the file as you would a seal.
    """
    with opened_gate(loaded(policies, directory), store) as gate:
        rules = gate.approve(ticket, by=Human(by), reason=reason)
    output.say(f"{by} approved {ticket} for {', '.join(rules)}", "allow")

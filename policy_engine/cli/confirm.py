"""`policy confirm`: the user says yes to exactly one action."""

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


@click.command("confirm")
@click.argument("ticket")
@policy_option
@store_option
@directory_option
@by_option
@ends_cleanly
def command(
    ticket: str, policies: tuple[str, ...], store: str, directory: str | None, by: str
) -> None:
    """Confirm the waiting action of TICKET, as `policy pending` shows it.

    Only the person on whose behalf it is done can; it is consent, and never an approval.
    """
    with opened_gate(loaded(policies, directory), store) as gate:
        gate.confirm(ticket, by=Human(by))
    output.say(f"{by} confirmed {ticket}", "allow")

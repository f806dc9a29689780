"""`policy reject`: a person says no."""

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


@click.command("reject")
@click.argument("ticket")
@policy_option
@store_option
@directory_option
@by_option
@click.option("--reason", required=True, help="Why; the record keeps it.")
@ends_cleanly
def command(
    ticket: str, policies: tuple[str, ...], store: str, directory: str | None, by: str, reason: str
) -> None:
    """Refuse the waiting action of TICKET. The same proposal stays refused for 24 hours."""
    with opened_gate(loaded(policies, directory), store) as gate:
        gate.reject(ticket, by=Human(by), reason=reason)
    output.say(f"{by} rejected {ticket}", "deny")
